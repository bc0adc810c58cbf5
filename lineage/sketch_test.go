package lineage_test

import (
	"encoding/binary"
	"fmt"
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"vestige/lineage"
	"vestige/pii"
)

var sketchKey = []byte("0123456789abcdef")

// TestSipHash has vectors of the reference implementation: key 00 01 … 0f, input 00 01 … of growing length.
func TestSipHash(t *testing.T) {
	t.Parallel()
	var key, in [64]byte
	for i := range key {
		key[i], in[i] = byte(i), byte(i)
	}
	k0, k1 := binary.LittleEndian.Uint64(key[:]), binary.LittleEndian.Uint64(key[8:])
	want := []uint64{
		0x726fdb47dd0e0e31, 0x74f839c593dc67fd, 0x0d6c8009d9a94f5a, 0x85676696d7fb7e2d, 0xcf2794e0277187b7, 0x18765564cd99a68d, 0xcbc9466e58fee3ce, 0xab0200f58b01d137,
		0x93f5f5799a932462, 0x9e0082df0ba9e4b0, 0x7a5dbbc594ddb9f3, 0xf4b32f46226bada7, 0x751e8fbc860ee5fb, 0x14ea5627c0843d90, 0xf723ca908e7af2ee, 0xa129ca6149be45e5,
	}
	for n, w := range want {
		if got := lineage.SipHash(k0, k1, in[:n]); got != w {
			t.Errorf("of %d bytes: %016x, want %016x", n, got, w)
		}
	}
	if lineage.Fingerprint(key[:], in[:15]) != want[15] {
		t.Error("a fingerprint is another hash than that of the sketches")
	}
}

func sketch(values []string, size int) lineage.Sketch {
	s := lineage.NewSketcher(sketchKey, size)
	for _, v := range values {
		s.Add([]byte(v))
	}
	return s.Sketch(pii.Ref{Source: "s", Dataset: "d", Field: "f"}, "")
}

func numbered(prefix string, from, to int) (out []string) {
	for i := from; i < to; i++ {
		out = append(out, fmt.Sprint(prefix, i))
	}
	return out
}

// TestSketch compares a sketch with the set that it stands for: the same hashes whatever the order and however often, ascending, below the cut, none left out.
func TestSketch(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		values := rapid.SliceOfN(rapid.StringN(0, 8, 16), 0, 300).Draw(t, "values")
		size := rapid.IntRange(4, 100).Draw(t, "size")
		s := sketch(values, size)
		want := []uint64{}
		for _, v := range values {
			if h := lineage.Fingerprint(sketchKey, []byte(v)); h < s.Cut {
				want = append(want, h)
			}
		}
		slices.Sort(want)
		if want = slices.Compact(want); !slices.Equal(s.Hashes, want) || len(want) > size {
			t.Fatalf("%d hashes below the cut, want %d of at most %d", len(s.Hashes), len(want), size)
		}
		again := slices.Clone(values)
		slices.Reverse(again)
		if b := sketch(append(again, values...), size); b.Cut != s.Cut || !slices.Equal(b.Hashes, s.Hashes) {
			t.Fatal("another order gives another sketch")
		}
	})
}

// TestSketchEstimates has sketches of many values, which keep a share: how many there are and how many two have in common is told nearly.
func TestSketchEstimates(t *testing.T) {
	t.Parallel()
	a, b := sketch(numbered("u", 0, 50_000), 2000), sketch(numbered("u", 25_000, 30_000), 2000)
	if d := a.Distinct(); math.Abs(d-50_000) > 4000 {
		t.Errorf("%.0f distinct values, want nearly 50000", d)
	}
	inB, inA, both := b.Shared(&a)
	if both != inB || inB == 0 || inA <= inB {
		t.Errorf("of %d of the smaller and %d of the larger, %d are in both", inB, inA, both)
	}
	if whole := sketch(numbered("u", 0, 2000), 2000); whole.Cut != ^uint64(0) || whole.Distinct() != 2000 {
		t.Errorf("a small set is not kept whole: %d", len(whole.Hashes))
	}
	other := sketch(numbered("v", 0, 5000), 2000)
	if _, _, both := other.Shared(&a); both != 0 {
		t.Errorf("%d values in common of sets that have none", both)
	}
}

func BenchmarkSketcher(b *testing.B) {
	values := make([][]byte, 100_000)
	for i := range values {
		values[i] = fmt.Appendf(nil, "user%d@example.com", i)
	}
	b.SetBytes(20 * int64(len(values)))
	for b.Loop() {
		s := lineage.NewSketcher(sketchKey, 4096)
		for _, v := range values {
			s.Add(v)
		}
		_ = s.Sketch(pii.Ref{}, "")
	}
}
