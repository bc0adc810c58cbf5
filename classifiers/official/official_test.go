package official_test

import (
	"os"
	"testing"

	"vestige/classifiers/classifiertest"
	"vestige/classifiers/official"
)

func TestClassifiers(t *testing.T) {
	classifiertest.Run(t, official.All(), os.DirFS("testdata"))
}
