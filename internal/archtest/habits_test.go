package archtest_test

import (
	"go/ast"
	"os"
	"slices"
	"strings"
	"testing"
)

func TestPackageComments(t *testing.T) {
	for _, p := range packages(t) {
		longest := ""
		for _, f := range p.files {
			if text := f.ast.Doc.Text(); len(text) > len(longest) {
				longest = text
			}
		}
		name := p.files[0].ast.Name.Name
		if len(longest) < 60 || (name != "main" && !strings.HasPrefix(longest, "Package ")) {
			t.Errorf("%s has no comment that teaches what it is for", p.path)
		}
	}
}

// longest is how many lines a file may have: longer ones are the ones that their authors regret. A file of tests, which is read case by
// case, may be longer.
const longest, longestTest = 500, 700

func TestFilesAreShort(t *testing.T) {
	for _, p := range packages(t) {
		for _, f := range p.files {
			if limit := map[bool]int{false: longest, true: longestTest}[f.test]; f.lines > limit && !f.generated() {
				t.Errorf("%s has %d lines, cut it where it has two subjects", f.name, f.lines)
			}
		}
	}
}

// forbidden are calls that have one place.
var forbidden = []struct {
	call    string
	allowed []string
	tests   bool // forbidden in tests as well
	why     string
}{
	{"time.Now", []string{"internal/clock"}, false, "now comes from internal/clock, so that a test can move it in every process at once"},
	{"time.Since", []string{"internal/clock"}, false, "now comes from internal/clock: use clock.Since"},
	{"time.Until", []string{"internal/clock"}, false, "now comes from internal/clock"},
	{"fmt.Print*", []string{"cmd/vestige"}, false, "only the command writes to its user; everybody else returns, or logs"},
	{"slog.Default", nil, false, "a logger is passed in"},
	{"slog.SetDefault", []string{"cmd/vestige"}, false, "a logger is passed in"},
	{"time.Sleep", nil, true, "wait for what is to happen, not for a while"},
}

func TestForbiddenCalls(t *testing.T) {
	for _, p := range packages(t) {
		for _, f := range p.files {
			for _, rule := range forbidden {
				if f.generated() || (f.test && !rule.tests) || (free(p.path) && !rule.tests) || slices.Contains(rule.allowed, p.path) {
					continue
				}
				for _, at := range f.calls(rule.call) {
					t.Errorf("%s calls %s: %s", at, rule.call, rule.why)
				}
			}
		}
	}
}

func TestNoInit(t *testing.T) {
	for _, p := range packages(t) {
		for _, f := range p.files {
			for _, d := range f.ast.Decls {
				if fn, ok := d.(*ast.FuncDecl); ok && fn.Recv == nil && fn.Name.Name == "init" {
					t.Errorf("%s: an init function runs for everybody who imports the package; make a value, or a list in a function", f.at(fn))
				}
			}
		}
	}
}

func TestNothingIsLeftUndone(t *testing.T) {
	words := []string{"TO" + "DO", "FIX" + "ME", "X" + "XX"}
	for _, p := range packages(t) {
		for _, f := range p.files {
			for _, group := range f.ast.Comments {
				for _, w := range words {
					if slices.Contains(strings.FieldsFunc(group.Text(), func(r rune) bool { return r < 'A' || r > 'Z' }), w) {
						t.Errorf("%s: %s: what is missing is an issue, not a comment", f.at(group), w)
					}
				}
			}
		}
	}
}

// revealers gives the packages that may call Value.Reveal, with the reason.
func revealers(t *testing.T) map[string]string {
	t.Helper()
	text, err := os.ReadFile("reveal.txt")
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for line := range strings.Lines(string(text)) {
		if line = strings.TrimSpace(line); line == "" || line[0] == '#' {
			continue
		}
		name, reason, _ := strings.Cut(line, " ")
		if out[name] = strings.TrimSpace(reason); out[name] == "" {
			t.Errorf("reveal.txt has no reason for %s", name)
		}
	}
	return out
}

func TestReveal(t *testing.T) {
	allowed, used := revealers(t), map[string]bool{}
	for _, p := range packages(t) {
		if free(p.path) {
			continue
		}
		for _, f := range p.files {
			if f.test {
				continue
			}
			for _, at := range f.calls(".Reveal") {
				used[p.path] = true
				if allowed[p.path] == "" {
					t.Errorf("%s looks inside of a Value: say in internal/archtest/reveal.txt why %s must", at, p.path)
				}
			}
		}
	}
	for name := range allowed {
		if !used[name] {
			t.Errorf("reveal.txt lists %s, which does not call Reveal", name)
		}
	}
}
