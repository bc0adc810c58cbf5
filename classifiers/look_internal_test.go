package classifiers

import (
	"bytes"
	"math/rand/v2"
	"testing"
)

// TestLook compares the one pass over a value with counts made one after the other.
func TestLook(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 2))
	alphabet := []byte("aaabzAAZ019 .-@/:_\x00\x7f\xc3\xa4\xc3\x84\xff\tfFgG")
	shapes := map[uint64]string{}
	for n := range 3000 {
		v := make([]byte, 1+r.IntN(12)*n%700)
		for i := range v {
			v[i] = alphabet[r.IntN(len(alphabet))]
		}
		f, want := look(v), features{n: len(v)}
		symbols := []byte{}
		for i, b := range v {
			begins := i == 0 || !IsLetter(v[i-1])
			switch c := classOf[b]; {
			case c == lower || c == upper:
				want.letters++
				symbols = append(symbols, map[uint8]byte{lower: 'a', upper: 'A'}[c])
				if c == upper {
					want.uppers++
				}
				if begins {
					want.words++
				}
				if begins && (c == upper || b == 0xC3) {
					want.capital++
				}
			case c == digit:
				want.digits++
				symbols = append(symbols, '9')
			default:
				want.marks[b>>6&1] |= 1 << (b & 63)
				symbols = append(symbols, b)
			}
		}
		want.spaces = bytes.Count(v, []byte(" "))
		if f.letters != want.letters || f.uppers != want.uppers || f.words != want.words || f.capital != want.capital || f.digits != want.digits || f.marks != want.marks || f.spaces != want.spaces {
			t.Fatalf("of %q: %+v, want %+v", v, f, want)
		}
		if old, ok := shapes[f.shape]; ok && old != string(symbols) {
			t.Fatalf("%q and %q have one shape", old, symbols)
		}
		shapes[f.shape] = string(symbols)
		if again := look(append(symbols[:0:0], symbols...)); bytes.IndexByte(v, 0) < 0 && again.shape != f.shape {
			t.Fatalf("%q has another shape than %q", v, symbols)
		}
	}
}
