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
