package pii_test

import (
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"vestige/pii"
)

// cell is a value of a record as the test keeps it.
type cell struct {
	record int
	null   bool
	text   string
	path   string
}

func cells(c *pii.Column) (out []cell) {
	for i := range c.Len() {
		v, r := c.Value(i)
		out = append(out, cell{r, v == nil, string(v), c.Path(i)})
	}
	return out
}

func TestBatch(t *testing.T) {
	t.Parallel()
	b := pii.NewBatch(pii.Ref{Source: "s", Dataset: "d"}, []pii.Field{{Name: "id", Column: "id"}, {Name: "doc.tags[]", Column: "doc", Path: "tags[]"}})
	b.Append(0, []byte("1"))
	b.AppendAt(1, []byte("a"), "tags[0]")
	b.AppendAt(1, []byte(""), "tags[1]")
	b.EndRecord(pii.Key{pii.NewValue("1")}, pii.Digest{1})
	b.Append(0, nil)
	b.EndRecord(nil, pii.Digest{2})
	late := b.AddColumn(pii.Field{Name: "doc.late", Column: "doc", Path: "late"})
	b.Append(0, []byte("3"))
	b.AppendAt(1, []byte("c"), "tags[0]")
	b.Append(late, []byte("x"))
	b.EndRecord(pii.Key{pii.NewValue("3")}, pii.Digest{3})

	for name, want := range map[string][]cell{
		"id":         {{0, false, "1", ""}, {1, true, "", ""}, {2, false, "3", ""}},
		"doc.tags[]": {{0, false, "a", "tags[0]"}, {0, false, "", "tags[1]"}, {2, false, "c", "tags[0]"}},
		"doc.late":   {{2, false, "x", "late"}},
	} {
		if got := cells(b.Column(name)); !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v", name, got, want)
		}
	}
	if b.Len() != 3 || b.Key(1) != nil || b.Digest(2) != (pii.Digest{3}) || b.Column("none") != nil || b.Size() != 5 {
		t.Errorf("%d records of %d bytes", b.Len(), b.Size())
	}
	if got := fmt.Sprint(b); got != "[batch of s/d: 3 records, 3 columns]" {
		t.Error(got)
	}
}

func TestBatchOfGap(t *testing.T) {
	t.Parallel()
	b := pii.GapBatch(pii.Gap{Code: "denied", At: pii.Ref{Source: "s", Dataset: "d", Field: "f"}})
	if b.Len() != 0 || b.Gap == nil || b.Dataset != (pii.Ref{Source: "s", Dataset: "d"}) {
		t.Errorf("%+v", b)
	}
}

// A batch gives back what was put into it, whatever the number of values in a record, also after Reset.
func TestBatchModel(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		b := pii.NewBatch(pii.Ref{Source: "s"}, []pii.Field{{Name: "0"}, {Name: "1"}})
		for range rapid.IntRange(1, 2).Draw(t, "fills") {
			b.Reset()
			want := make([][]cell, 3)
			columns := len(b.Columns())
			for r := range rapid.IntRange(0, 70).Draw(t, "records") {
				if columns == 2 && rapid.IntRange(0, 20).Draw(t, "add") == 0 {
					b.AddColumn(pii.Field{Name: "2"})
					columns = 3
				}
				for i := range columns {
					for k := range rapid.SampledFrom([]int{0, 1, 1, 1, 1, 2}).Draw(t, "values") {
						c := cell{record: r, null: rapid.IntRange(0, 3).Draw(t, "null") == 0}
						if !c.null {
							c.text = rapid.StringN(0, 3, 8).Draw(t, "text")
						}
						if k > 0 {
							c.path = "p"
						}
						v := []byte(c.text)
						if c.null {
							v = nil
						}
						b.AppendAt(i, v, c.path)
						want[i] = append(want[i], c)
					}
				}
				b.EndRecord(nil, pii.Digest{byte(r)})
			}
			for i := range columns {
				if got := cells(&b.Columns()[i]); !slices.Equal(got, want[i]) {
					t.Fatalf("column %d: %v, want %v", i, got, want[i])
				}
			}
		}
	})
}

func TestSelectAndCopy(t *testing.T) {
	t.Parallel()
	b := pii.NewBatch(pii.Ref{Source: "s"}, []pii.Field{{Name: "a"}, {Name: "b"}})
	for _, v := range []string{"1", "2", "3"} {
		b.Append(0, []byte(v))
		b.AppendAt(1, []byte(v+"x"), "p")
		b.AppendAt(1, nil, "q")
		b.EndRecord(pii.Key{pii.NewValue(v)}, pii.Digest{v[0]})
	}
	s := b.Select([]string{"b", "missing"})
	if s.Len() != 3 || len(s.Columns()) != 2 || s.Columns()[1].Len() != 0 || s.Columns()[0].Len() != 6 {
		t.Errorf("%v", s)
	}
	c := pii.NewBatch(b.Dataset, nil)
	c.Copy(b, 2)
	c.Copy(b, 0)
	if want := []cell{{0, false, "3x", "p"}, {0, true, "", "q"}, {1, false, "1x", "p"}, {1, true, "", "q"}}; !slices.Equal(cells(c.Column("b")), want) {
		t.Errorf("%v", cells(c.Column("b")))
	}
	if !c.Key(0).Equal(pii.Key{pii.NewValue("3")}) || c.Digest(1) != (pii.Digest{'1'}) {
		t.Error("keys and digests go with their records")
	}
}
