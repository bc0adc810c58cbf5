package catalog

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"strings"

	"vestige/internal/db"
	"vestige/internal/errkind"
	"vestige/lineage"
	"vestige/pii"
)

// Set is a dataset in a list, with what is counted of its fields.
type Set struct {
	Ref     pii.Ref         `json:"ref"`
	Name    string          `json:"name"` // as people read it
	Kind    pii.DatasetKind `json:"kind"`
	Format  string          `json:"format,omitempty"`
	Records int64           `json:"records"`
	Bytes   int64           `json:"bytes"`
	Person  float64         `json:"person"`     // how sure it is that one record stands for one person
	Kinds   []pii.Category  `json:"categories"` // of personal data, the most sensitive first
	Gaps    []pii.Gap       `json:"gaps,omitempty"`
	Gone    int64           `json:"gone,omitempty"`
	Counts  Counts          `json:"-"`
}

// briefGaps is how many gaps of one dataset a list has.
const briefGaps = 20

// briefOf gives what a list says of a dataset.
func briefOf(n *lineage.Node) Set {
	d := n.Dataset
	s := Set{Ref: d.Ref.Of(), Name: DisplayDataset(n), Kind: d.Kind, Format: d.Format, Records: d.Records, Bytes: d.Bytes, Person: n.Person, Gaps: n.Gaps[:min(len(n.Gaps), briefGaps)], Gone: n.Gone, Kinds: []pii.Category{}}
	if n.Gone != 0 {
		return s
	}
	for i := range n.Fields {
		f := &n.Fields[i]
		if f.Confidence >= Find || f.Decided {
			s.holds(f.Category)
		}
		for _, k := range alsoOf(f) {
			s.holds(k)
		}
	}
	level := func(k pii.Category) int { i, _ := k.Info(); return i.Sensitivity }
	slices.SortFunc(s.Kinds, func(a, b pii.Category) int { return cmp.Or(cmp.Compare(level(b), level(a)), cmp.Compare(a, b)) })
	return s
}

func (s *Set) holds(k pii.Category) {
	if k.Personal() && !slices.Contains(s.Kinds, k) {
		s.Kinds = append(s.Kinds, k)
	}
}

// SetFilter chooses datasets. Empty parts choose all.
type SetFilter struct {
	Source string
	Name   string // a part of the name, whatever its case
	Gaps   bool   // those alone of which something could not be read
	ByName bool   // in the order of references, else by source and those with the most personal data first
	After  string // the cursor that the page before gave
	Limit  int    // 100 where 0
}

// Sets gives a page of datasets, how many there are altogether, and the cursor of the next page ("" on the last).
func (c *Catalog) Sets(ctx context.Context, f SetFilter) (out []Set, all int64, next string, err error) {
	if f.Limit <= 0 {
		f.Limit = 100
	}
	after, err := f.cursor()
	if err != nil {
		return nil, 0, "", err
	}
	err = c.read(ctx, func(tx db.Tx) error {
		w := f.where()
		all, err = remembered(ctx, c, tx, "sets:"+f.Source+"\x00"+f.Name+"\x00"+strconv.FormatBool(f.Gaps), func() (n int64, err error) {
			return n, tx.QueryRow(ctx, "SELECT count(*) FROM dataset_count"+w.String(), w.args...).Scan(&n)
		})
		if err != nil {
			return err
		}
		out, err = c.setsIn(ctx, tx, f, w, after)
		return err
	})
	if len(out) > f.Limit {
		out = out[:f.Limit]
		last := out[f.Limit-1]
		next = strconv.FormatInt(last.Counts.PII, 10) + ":" + last.Ref.String()
	}
	return out, all, next, err
}

// where gives what the datasets of all pages have in common.
func (f SetFilter) where() *conditions {
	w := &conditions{}
	w.is("source", f.Source)
	if f.Name != "" {
		w.add("lower(name) LIKE " + w.arg(f.like()) + " ESCAPE '!'")
	}
	if f.Gaps {
		w.add("gaps > 0")
	}
	return w
}

func (f SetFilter) like() string {
	return "%" + strings.NewReplacer("!", "!!", "%", "!%", "_", "!_").Replace(strings.ToLower(f.Name)) + "%"
}

// setAt is a place in the order of datasets.
type setAt struct {
	ref      pii.Ref
	personal int64
	some     bool
}

func (f SetFilter) cursor() (at setAt, err error) {
	if f.After == "" {
		return at, nil
	}
	n, ref, _ := strings.Cut(f.After, ":")
	at.some = true
	if at.personal, err = strconv.ParseInt(n, 10, 64); err == nil {
		at.ref, err = pii.ParseRef(ref)
	}
	if err != nil || at.ref.Dataset == "" {
		return at, errkind.Coded(errkind.Invalid, "bad-cursor", "the page to go on after is not one of this list")
	}
	return at, nil
}

func (c *Catalog) setsIn(ctx context.Context, tx db.Tx, f SetFilter, w *conditions, after setAt) ([]Set, error) {
	order := " ORDER BY source, personal DESC, name"
	switch {
	case f.ByName && after.some:
		w.add("(source, name) > (" + w.arg(after.ref.Source) + ", " + w.arg(after.ref.Dataset) + ")")
	case after.some:
		source, personal, name := w.arg(after.ref.Source), w.arg(after.personal), w.arg(after.ref.Dataset)
		w.add("source >= " + source + " AND (source > " + source + " OR personal < " + personal + " OR personal = " + personal + " AND name > " + name + ")")
	}
	if f.ByName {
		order = " ORDER BY source, name"
	}
	return collect(ctx, tx, func(r db.Row) (x Set, err error) {
		var doc []byte
		k := Counts{Datasets: 1}
		if err = r.Scan(&doc, &k.Fields, &k.PII, &k.Proposed, &k.Deferred, &k.Accepted, &k.Rejected, &k.Clean, &k.Unexamined, &k.Gone); err == nil {
			err = decode(doc, &x)
		}
		x.Counts = k
		return x, err
	}, "SELECT brief, fields, personal, proposed, deferred, accepted, rejected, clean, unexamined, gone FROM dataset_count"+w.String()+order+" LIMIT "+strconv.Itoa(f.Limit+1), w.args...)
}
