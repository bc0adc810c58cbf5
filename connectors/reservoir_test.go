package connectors_test

import (
	"fmt"
	"iter"
	"slices"
	"strconv"
	"testing"

	"vestige/connectors"
	"vestige/pii"
)

// counted yields batches of 500 records that hold their number, n of them.
func counted(n int) iter.Seq2[*pii.Batch, error] {
	return func(yield func(*pii.Batch, error) bool) {
		b := pii.NewBatch(pii.Ref{Dataset: "numbers"}, []pii.Field{{Name: "n", Column: "n", Type: pii.Int}})
		for from := 0; from < n; from += 500 {
			b.Reset()
			for i := from; i < min(from+500, n); i++ {
				b.AppendInt(0, int64(i))
				b.EndRecord(nil, pii.Digest{})
			}
			if !yield(b, nil) {
				return
			}
		}
	}
}

// kept gives the numbers that a reservoir keeps.
func kept(t *testing.T, of, n int, seed uint64) (out []int) {
	t.Helper()
	for b, err := range connectors.Reservoir(counted(of), connectors.Query{Seed: seed}, n) {
		if err != nil {
			t.Fatal(err)
		}
		c := b.Column("n")
		for i := range b.Len() {
			text, _ := c.Value(i)
			v, err := strconv.Atoi(string(text))
			if err != nil {
				t.Fatal(err)
			}
			out = append(out, v)
		}
	}
	return out
}

// TestReservoir keeps as many records as are asked for, each once, in their order and from everywhere, where far more were replaced than are kept.
func TestReservoir(t *testing.T) {
	got := kept(t, 300_000, 1000, 7)
	if len(got) != 1000 || !slices.IsSorted(got) || len(slices.Compact(slices.Clone(got))) != 1000 {
		t.Fatalf("kept are %d records: %v …", len(got), got[:min(len(got), 20)])
	}
	var tenths [10]int
	for _, v := range got {
		tenths[v/30_000]++
	}
	for i, n := range tenths {
		if n < 50 || n > 160 { // 100 are expected, with a deviation of 9.5
			t.Errorf("of the tenth %d of all records %d of the 1000 are", i, n)
		}
	}
	if again := kept(t, 300_000, 1000, 7); !slices.Equal(got, again) {
		t.Error("one seed keeps different records")
	}
	if other := kept(t, 300_000, 1000, 8); slices.Equal(got, other) {
		t.Error("different seeds keep the same records")
	}
	if few := kept(t, 3, 1000, 7); fmt.Sprint(few) != "[0 1 2]" {
		t.Errorf("of three records kept are %v", few)
	}
}
