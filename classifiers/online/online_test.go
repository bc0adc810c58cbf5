package online_test

import (
	"os"
	"testing"

	"vestige/classifiers/classifiertest"
	"vestige/classifiers/online"
)

func TestClassifiers(t *testing.T) {
	classifiertest.Run(t, online.All(), os.DirFS("testdata"))
}
