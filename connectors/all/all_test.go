package all_test

import (
	"os"
	"slices"
	"strings"
	"testing"

	"vestige/connectors"
	"vestige/connectors/all"
)

// TestEveryFolderIsListed names the line that a new connector needs.
func TestEveryFolderIsListed(t *testing.T) {
	entries, err := os.ReadDir("..")
	if err != nil {
		t.Fatal(err)
	}
	specs := all.All()
	for _, e := range entries {
		name := e.Name()
		if !e.IsDir() || name == "all" || name == "relational" || strings.HasSuffix(name, "test") {
			continue
		}
		if !slices.ContainsFunc(specs, func(s connectors.Spec) bool { return s.Name == name }) {
			t.Errorf("the connector %s is not listed: add the line %s.Spec() to All", name, name)
		}
	}
}

// TestSpecsAreComplete looks at what the documentation and the forms are made from.
func TestSpecsAreComplete(t *testing.T) {
	specs := all.All()
	if !slices.IsSortedFunc(specs, func(a, b connectors.Spec) int { return strings.Compare(a.Name, b.Name) }) {
		t.Error("the connectors are not ordered by name")
	}
	for _, s := range specs {
		if s.Title == "" || s.Open == nil || s.Type == nil {
			t.Errorf("%s has no title, type or way to open", s.Name)
		}
		for _, section := range []string{"## Permissions", "## Erasure", "## Limits"} {
			if !strings.Contains(s.Doc, section) {
				t.Errorf("the documentation of %s has no section %q", s.Name, section)
			}
		}
		for _, o := range s.Options {
			if o.Doc == "" {
				t.Errorf("the option %s of %s is not explained", o.Name, s.Name)
			}
		}
	}
}
