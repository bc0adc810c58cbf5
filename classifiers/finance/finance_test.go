package finance_test

import (
	"os"
	"testing"

	"vestige/classifiers/classifiertest"
	"vestige/classifiers/finance"
)

func TestClassifiers(t *testing.T) {
	classifiertest.Run(t, finance.All(), os.DirFS("testdata"))
}
