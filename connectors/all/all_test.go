package all_test

import (
	"os"
	"slices"
	"testing"

	"vestige/connectors/all"
)

// notListed are folders beside this one that users cannot configure a source of.
var notListed = map[string]string{
	"all":           "it is this one",
	"connectortest": "it is the suite",
	"memory":        "it holds nothing when the process ends",
}

func TestEveryConnectorIsListed(t *testing.T) {
	var names []string
	for _, spec := range all.All() {
		names = append(names, spec.Name)
	}
	if !slices.IsSorted(names) {
		t.Errorf("the connectors are not in the order of their names: %q", names)
	}
	folders, err := os.ReadDir("..")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range folders {
		if f.IsDir() && notListed[f.Name()] == "" && !slices.Contains(names, f.Name()) {
			t.Errorf("add the line %s.Spec(), to All in connectors/all/all.go", f.Name())
		}
	}
	for _, name := range names {
		if _, err := os.Stat("../" + name); err != nil {
			t.Errorf("%s is listed and has no folder of that name", name)
		}
	}
}
