package demographic_test

import (
	"os"
	"testing"

	"vestige/classifiers/classifiertest"
	"vestige/classifiers/demographic"
)

func TestClassifiers(t *testing.T) {
	classifiertest.Run(t, demographic.All(), os.DirFS("testdata"))
}
