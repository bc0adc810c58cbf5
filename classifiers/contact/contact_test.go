package contact_test

import (
	"os"
	"testing"

	"vestige/classifiers/classifiertest"
	"vestige/classifiers/contact"
)

func TestClassifiers(t *testing.T) {
	classifiertest.Run(t, contact.All(), os.DirFS("testdata"))
}
