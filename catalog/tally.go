package catalog

import (
	"context"
	"slices"
	"strings"

	"vestige/internal/db"
	"vestige/internal/errkind"
	"vestige/pii"
)

// Judged is how often people agreed with what the machine proposed: the precision of one kind of proposal, as it is in this estate.
type Judged struct {
	Proposed pii.Category `json:"proposed"`
	Accepted int64        `json:"accepted"` // as it was proposed
	Changed  int64        `json:"changed"`  // to another category
	Rejected int64        `json:"rejected"`
	Deferred int64        `json:"deferred"`
}

// Precision gives the share of proposals that people accepted, of those that they accepted, changed or rejected; -1 where there are none.
func (j Judged) Precision() float64 {
	if n := j.Accepted + j.Changed + j.Rejected; n > 0 {
		return float64(j.Accepted) / float64(n)
	}
	return -1
}

// Judged counts what holds now of all decisions on fields, by what was proposed when they were made.
func (c *Catalog) Judged(ctx context.Context) (out []Judged, err error) {
	err = c.read(ctx, func(tx db.Tx) error {
		out, err = remembered(ctx, c, tx, "judged", func() ([]Judged, error) { return judgedIn(ctx, tx) })
		return err
	})
	return slices.Clone(out), err
}

func judgedIn(ctx context.Context, tx db.Tx) (out []Judged, err error) {
	at := map[pii.Category]*Judged{}
	rows, err := tx.Query(ctx, "SELECT proposed, verdict, count(*) FROM decision WHERE field <> '' AND verdict <> '' GROUP BY proposed, verdict")
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var proposed, verdict string
		var n int64
		if err := rows.Scan(&proposed, &verdict, &n); err != nil {
			return nil, err
		}
		k := pii.Category(proposed)
		if at[k] == nil {
			at[k] = &Judged{Proposed: k}
		}
		at[k].add(pii.Verdict(verdict), n)
	}
	for _, j := range at {
		out = append(out, *j)
	}
	slices.SortFunc(out, func(a, b Judged) int { return strings.Compare(string(a.Proposed), string(b.Proposed)) })
	return out, rows.Err()
}

func (j *Judged) add(v pii.Verdict, n int64) {
	switch v {
	case pii.Accept:
		j.Accepted += n
	case pii.Changed:
		j.Changed += n
	case pii.Reject:
		j.Rejected += n
	case pii.Defer:
		j.Deferred += n
	}
}

// Reference gives one reference with what was decided of it, and the version that the next decision is over.
func (c *Catalog) Reference(ctx context.Context, id string) (r Reference, version int64, err error) {
	err = c.read(ctx, func(tx db.Tx) error {
		found, err := c.edgesWith(ctx, tx, "WHERE id = $1", id)
		if err != nil {
			return err
		}
		if len(found) == 0 {
			return errkind.Coded(errkind.NotFound, "no-such-reference", "the catalog has no such reference")
		}
		r = found[0]
		d, err := c.decisionOn(ctx, tx, "edge:"+id)
		version = d.Version
		return err
	})
	return r, version, err
}
