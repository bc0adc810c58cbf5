package dictionary_test

import (
	"testing"

	"vestige/classifiers/dictionary"
)

func TestFind(t *testing.T) {
	for word, want := range map[string]dictionary.Kind{
		"Ann": dictionary.Given, "MÜLLER": dictionary.Family, "köln": dictionary.City, "New York": dictionary.City, "Thomas": dictionary.Given | dictionary.Family,
	} {
		if got := dictionary.Find([]byte(word)).Kinds; got&want != want {
			t.Errorf("%s: kinds %b, want %b", word, got, want)
		}
	}
	for _, word := range []string{"", "x", "Xyzzyq", "\xff\xfe\xfd", "The parcel"} {
		if e := dictionary.Find([]byte(word)); e.Kinds != 0 {
			t.Errorf("%q is known as %+v", word, e)
		}
	}
	if n := testing.AllocsPerRun(100, func() { dictionary.Find([]byte("Jürgen")) }); n > 0 {
		t.Errorf("a look-up allocates %v times", n)
	}
}
