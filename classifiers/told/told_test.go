package told_test

import (
	"os"
	"testing"

	"vestige/classifiers/classifiertest"
	"vestige/classifiers/told"
)

func TestClassifiers(t *testing.T) {
	classifiertest.Run(t, told.All(), os.DirFS("testdata"))
}
