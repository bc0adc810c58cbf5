package identity_test

import (
	"os"
	"testing"

	"vestige/classifiers/classifiertest"
	"vestige/classifiers/identity"
)

func TestClassifiers(t *testing.T) {
	classifiertest.Run(t, identity.All(), os.DirFS("testdata"))
}

// TestNamesAsMachinesWriteThem are values of lists of passengers and of messages of laboratories.
func TestNamesAsMachinesWriteThem(t *testing.T) {
	t.Parallel()
	whole := identity.FullName().Whole
	for v, want := range map[string]bool{"NELSON/FATIMA": true, "Miller^Sarah": true, "SMITH/JOHN": true, "TEA/COFFEE": false, "In/Out": false, "a/b": false, "Main/Oak": false, "/": false} {
		if whole([]byte(v)) != want {
			t.Errorf("%q is taken for a name: %v", v, !want)
		}
	}
}
