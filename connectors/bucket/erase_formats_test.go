package bucket_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/parquet-go/parquet-go"

	"vestige/connectors"
	"vestige/pii"
)

type visit struct {
	ID   int64   `parquet:"id"`
	Mail *string `parquet:"mail,optional"`
	Note string  `parquet:"note,dict"`
	Seen []seen  `parquet:"seen,list"`
}

type seen struct {
	By string `parquet:"by"`
}

// visits gives a Parquet file of groups with ten rows each; ann stands in rows 3 and 13 as her own, in a text of row 25 and in a list of row 37.
func visits(t *testing.T, groups int) []byte {
	t.Helper()
	var b bytes.Buffer
	w := parquet.NewGenericWriter[visit](&b, parquet.Compression(&parquet.Zstd), parquet.BloomFilters(parquet.SplitBlockFilter(10, "mail")))
	for g := range groups {
		for i := range 10 {
			n := g*10 + i
			mail := fmt.Sprintf("p%d@example.com", n)
			v := visit{ID: int64(n), Mail: &mail, Note: "a note", Seen: []seen{{"x"}, {mail}}}
			switch n {
			case 3, 13:
				*v.Mail = ann
				v.Seen[1].By = "y"
			case 25:
				v.Note = "told ann@example.com, twice"
			case 37:
				v.Seen[1].By = ann
			}
			if _, err := w.Write([]visit{v}); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.Flush(); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// count gives the number of records, and the codes of gaps.
func count(t *testing.T, s *connectors.Source, d pii.Dataset) (n int, gaps string) {
	t.Helper()
	for b, err := range s.Read(t.Context(), connectors.Query{Dataset: d}) {
		switch {
		case err != nil:
			t.Fatal(err)
		case b.Gap != nil:
			gaps += b.Gap.Code
		default:
			n += b.Len()
		}
	}
	return n, gaps
}

// TestRewriteContainers deletes and redacts in formats that the decoder writes again, twice each: the second time nothing is left to do.
func TestRewriteContainers(t *testing.T) {
	for _, c := range []struct {
		file     string
		content  []byte
		hers     int
		contains []string // of what is left after a redaction
	}{
		{"visits.parquet", visits(t, 6), 4, nil},
	} {
		for _, method := range []pii.Method{pii.Delete, pii.Redact} {
			t.Run(c.file+"/"+string(method), func(t *testing.T) {
				dir := t.TempDir()
				path := filepath.Join(dir, c.file)
				put(t, path, c.content)
				s := source(t, dir)
				d := datasets(t, s)[c.file]
				if d.Gap != nil {
					t.Fatal(d.Gap)
				}
				found := find(t, s, d, ann)
				if len(found) != c.hers {
					t.Fatalf("%d records found", len(found))
				}
				before, gaps := count(t, s, d)
				u := deleting(d, found)
				if method == pii.Redact {
					u = redacting(d, found)
				}
				for round := range 2 {
					findings, err := s.Check(t.Context(), u)
					if err != nil {
						t.Fatal(err)
					}
					receipts, err := s.Erase(t.Context(), u)
					if err != nil {
						t.Fatalf("round %d: %v", round, err)
					}
					if r := receipts[0]; findings[0].Records != r.Affected || r.Affected+r.FoundDone != int64(c.hers) || (round == 1) != (r.Affected == 0) {
						t.Errorf("round %d: %v, %+v", round, findings, r)
					}
				}
				if left := find(t, source(t, dir), d, ann); len(left) > 0 {
					t.Errorf("%d records are left", len(left))
				}
				want := before
				if method == pii.Delete {
					want -= c.hers
				}
				if after, more := count(t, source(t, dir), d); after != want || gaps+more != "" {
					t.Errorf("%d records before, %d after, gaps %s%s", before, after, gaps, more)
				}
				b, err := os.ReadFile(path)
				if err != nil {
					t.Fatal(err)
				}
				for _, text := range c.contains {
					if method == pii.Redact && !bytes.Contains(b, []byte(text)) {
						t.Errorf("%q is lost", text)
					}
				}
			})
		}
	}
}
