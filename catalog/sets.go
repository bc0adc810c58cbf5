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
		where := " WHERE ($1 = '' OR source = $1) AND ($2 = '' OR lower(name) LIKE $2 ESCAPE '!')"
		if f.Source != "" {
			where = " WHERE source = $1 AND ($2 = '' OR lower(name) LIKE $2 ESCAPE '!')"
		}
		if f.Gaps {
			where += " AND gaps > 0"
		}
		args := []any{f.Source, f.like()}
		if err := tx.QueryRow(ctx, "SELECT count(*) FROM dataset_count"+where, args...).Scan(&all); err != nil {
			return err
		}
		out, err = c.setsIn(ctx, tx, f, where, args, after)
		return err
	})
	if len(out) > f.Limit {
		out = out[:f.Limit]
		last := out[f.Limit-1]
		next = strconv.FormatInt(last.Counts.PII, 10) + ":" + last.Ref.String()
	}
	return out, all, next, err
}

func (f SetFilter) like() string {
	if f.Name == "" {
		return ""
	}
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

func (c *Catalog) setsIn(ctx context.Context, tx db.Tx, f SetFilter, where string, args []any, after setAt) ([]Set, error) {
	order := " ORDER BY source, personal DESC, name"
	switch {
	case f.ByName && after.some:
		args = append(args, after.ref.Source, after.ref.Dataset)
		where += " AND (source, name) > ($3, $4)"
	case after.some:
		args = append(args, after.ref.Source, after.personal, after.ref.Dataset)
		where += " AND (source > $3 OR source = $3 AND (personal < $4 OR personal = $4 AND name > $5))"
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
	}, "SELECT brief, fields, personal, proposed, deferred, accepted, rejected, clean, unexamined, gone FROM dataset_count"+where+order+" LIMIT "+strconv.Itoa(f.Limit+1), args...)
}
