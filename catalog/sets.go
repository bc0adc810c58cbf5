package catalog

import (
	"context"
	"strconv"
	"strings"

	"vestige/internal/db"
	"vestige/internal/errkind"
	"vestige/lineage"
	"vestige/pii"
)

// Set is a dataset in a list: its node, and what is counted of its fields.
type Set struct {
	Node lineage.Node
	Counts
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
		next = strconv.FormatInt(last.PII, 10) + ":" + last.Node.Dataset.Ref.Of().String()
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
	type row struct {
		ref pii.Ref
		Counts
	}
	rows, err := collect(ctx, tx, func(r db.Row) (x row, err error) {
		err = r.Scan(&x.ref.Source, &x.ref.Dataset, &x.Fields, &x.PII, &x.Proposed, &x.Deferred, &x.Accepted, &x.Rejected, &x.Clean, &x.Unexamined, &x.Gone)
		return x, err
	}, "SELECT source, name, fields, personal, proposed, deferred, accepted, rejected, clean, unexamined, gone FROM dataset_count"+where+order+" LIMIT "+strconv.Itoa(f.Limit+1), args...)
	if err != nil {
		return nil, err
	}
	out := make([]Set, 0, len(rows))
	for _, x := range rows {
		s := Set{Counts: x.Counts}
		s.Datasets = 1
		docs, err := collect(ctx, tx, scanBytes, "SELECT doc FROM graph_doc WHERE id = $1 AND hash <> ''", nodeID(x.ref))
		if err != nil {
			return nil, err
		}
		if len(docs) == 0 {
			continue
		}
		if err := decode(docs[0], &s.Node); err != nil {
			return nil, err
		}
		out = append(out, s)
	}
	return out, nil
}
