package classifiers_test

import (
	"math/rand/v2"
	"testing"

	"vestige/classifiers"
)

// TestWordMap holds look-ups in texts against a map of words that Fold made small.
func TestWordMap(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	alphabet := []string{"a", "b", "Z", "É", "é", "ß", "×", "Ø", "ą", "-", "'", "e", "E", "7"}
	word := func() (w []byte) {
		for range 1 + rng.IntN(20) {
			w = append(w, alphabet[rng.IntN(len(alphabet))]...)
		}
		return w
	}
	known := map[string]int{}
	for n := range 500 {
		w := word()
		if n%2 == 0 {
			w = w[:min(len(w), 3)]
		}
		low := make([]byte, len(w))
		classifiers.Fold(low, w)
		known[string(low)] = n
	}
	m := classifiers.NewWordMap(known)
	hits := 0
	for range 20_000 {
		w := word()
		if rng.IntN(2) == 0 {
			w = w[:min(len(w), 1+rng.IntN(4))]
		}
		low := make([]byte, len(w))
		classifiers.Fold(low, w)
		want, in := known[string(low)]
		if got, ok := m.Get(w); ok != in || got != want {
			t.Fatalf("%q: %d %v, want %d %v", w, got, ok, want, in)
		}
		if in {
			hits++
		}
	}
	if hits < 100 {
		t.Errorf("only %d of the words are in the map: the test says little", hits)
	}
	if _, ok := m.Get(nil); ok {
		t.Error("the empty word is in the map")
	}
	if n := testing.AllocsPerRun(100, func() { m.Get([]byte("éab")) }); n > 0 {
		t.Errorf("a look-up allocates %v times", n)
	}
}
