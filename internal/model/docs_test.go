package model_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var (
	testNamed   = regexp.MustCompile("`(Test[A-Za-z0-9]+)`")
	testWritten = regexp.MustCompile(`(?m)^func (Test[A-Za-z0-9]+)\(`)
)

// TestNamedTestsExist holds docs/correctness.md against the tests that there are, and the mistakes of the field against the page.
func TestNamedTestsExist(t *testing.T) {
	page, err := os.ReadFile("../../docs/correctness.md")
	ok(t, err)
	written, mistakes := map[string]bool{}, 0
	ok(t, filepath.WalkDir("../..", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		text, err := os.ReadFile(path)
		for _, m := range testWritten.FindAllStringSubmatch(string(text), -1) {
			written[m[1]] = true
			if strings.HasPrefix(m[1], "TestMistake") {
				mistakes++
				if !strings.Contains(string(page), m[1]) {
					t.Errorf("docs/correctness.md does not name %s", m[1])
				}
			}
		}
		return err
	}))
	for _, m := range testNamed.FindAllStringSubmatch(string(page), -1) {
		if !written[m[1]] {
			t.Errorf("docs/correctness.md names %s, which does not exist", m[1])
		}
	}
	if mistakes != 20 {
		t.Errorf("%d mistakes of the field are tests, want 20", mistakes)
	}
}
