package catalog

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"vestige/internal/clock"
	"vestige/internal/db"
	"vestige/internal/errkind"
	"vestige/lineage"
	"vestige/pii"
)

// Card says who answers for a dataset or a field, and what it is, in the words of people. No scan writes one.
type Card struct {
	At          pii.Ref `json:"at"`
	Owner       string  `json:"owner,omitempty"`
	Description string  `json:"description,omitempty"`
	Origin      string  `json:"origin"` // hand, csv, dbt, openlineage
	By          string  `json:"by"`
	Time        int64   `json:"time"`
}

// The longest that a card may say.
const (
	LongestOwner       = 200
	LongestDescription = 4000
)

// Validate refuses what no card can say.
func (k Card) Validate() error {
	switch {
	case k.At.Source == "" || k.At.Dataset == "":
		return errkind.Coded(errkind.Invalid, "bad-reference", "a place is written source/dataset, or source/dataset#field")
	case len(k.Owner) > LongestOwner:
		return errkind.Coded(errkind.Invalid, "long-owner", "an owner has at most %d bytes", LongestOwner)
	case len(k.Description) > LongestDescription:
		return errkind.Coded(errkind.Invalid, "long-description", "a description has at most %d bytes", LongestDescription)
	case strings.ContainsFunc(k.Owner, func(r rune) bool { return r < ' ' }):
		return errkind.Coded(errkind.Invalid, "bad-owner", "an owner stands on one line")
	}
	return nil
}

// PutCard writes a card over the one that there was. One that says nothing takes it away.
func (c *Catalog) PutCard(ctx context.Context, tx db.Tx, k Card) error {
	if err := k.Validate(); err != nil {
		return err
	}
	if k.Owner == "" && k.Description == "" {
		_, err := tx.Exec(ctx, "DELETE FROM card WHERE source = $1 AND dataset = $2 AND field = $3", k.At.Source, k.At.Dataset, k.At.Field)
		return err
	}
	if k.Time == 0 {
		k.Time = clock.Micros()
	}
	doc, err := encode(k)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `INSERT INTO card (source, dataset, field, doc, owner) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (source, dataset, field) DO UPDATE SET doc = excluded.doc, owner = excluded.owner`, k.At.Source, k.At.Dataset, k.At.Field, doc, k.Owner)
	return err
}

// ownersAnew fills in who answers for the places of cards that were written before owners had a column. Nothing else of a card is touched, nor one written meanwhile.
func (c *Catalog) ownersAnew(ctx context.Context) error {
	var n int64
	count := func(tx db.Tx) error {
		return tx.QueryRow(ctx, "SELECT count(*) FROM card WHERE owner IS NULL").Scan(&n)
	}
	if err := c.read(ctx, count); err != nil || n == 0 {
		return err
	}
	return c.db.Write(ctx, func(tx db.Tx) error {
		if err := db.Lock(ctx, tx, "catalog owners"); err != nil {
			return err
		}
		ks, err := collect(ctx, tx, scanOldCard, "SELECT source, dataset, field, doc FROM card WHERE owner IS NULL")
		for _, k := range ks {
			if err == nil {
				_, err = tx.Exec(ctx, "UPDATE card SET owner = $1 WHERE source = $2 AND dataset = $3 AND field = $4 AND owner IS NULL", k.Owner, k.At.Source, k.At.Dataset, k.At.Field)
			}
		}
		return err
	})
}

// scanOldCard reads a card with the place at which it stands.
func scanOldCard(row db.Row) (k Card, err error) {
	var at pii.Ref
	var doc []byte
	if err = row.Scan(&at.Source, &at.Dataset, &at.Field, &doc); err == nil {
		err = decode(doc, &k)
	}
	k.At = at
	return k, err
}

// Cards gives the cards of a dataset and its fields, of a source where the reference names no more, or all; ordered by place.
func (c *Catalog) Cards(ctx context.Context, of pii.Ref) (ks []Card, err error) {
	err = c.read(ctx, func(tx db.Tx) (err error) {
		var w conditions
		w.is("source", of.Source)
		w.is("dataset", of.Dataset)
		ks, err = collect(ctx, tx, scanDoc[Card], "SELECT doc FROM card"+w.String(), w.args...)
		return err
	})
	slices.SortFunc(ks, func(a, b Card) int { return compareRefs(a.At, b.At) })
	return ks, err
}

// CardsAfter gives a page of the cards of a source, or of all where it is empty, behind a place; ordered by place.
func (c *Catalog) CardsAfter(ctx context.Context, source string, after pii.Ref, limit int) (ks []Card, err error) {
	err = c.read(ctx, func(tx db.Tx) (err error) {
		var w conditions
		w.is("source", source)
		w.add("(source, dataset, field) > (" + w.arg(after.Source) + ", " + w.arg(after.Dataset) + ", " + w.arg(after.Field) + ")")
		ks, err = collect(ctx, tx, scanDoc[Card], "SELECT doc FROM card"+w.String()+" ORDER BY source, dataset, field LIMIT "+strconv.Itoa(limit), w.args...)
		return err
	})
	return ks, err
}

// PutFlow writes a flow that was told. Its ends are in the catalog.
func (c *Catalog) PutFlow(ctx context.Context, tx db.Tx, f lineage.Flow) error {
	if f.Input.Dataset == "" || f.Output.Dataset == "" || (f.Input.Field == "") != (f.Output.Field == "") || f.Input == f.Output {
		return errkind.Coded(errkind.Invalid, "bad-flow", "a flow leads from a dataset to another one, or from a field to another one")
	}
	if _, err := c.bump(ctx, tx); err != nil {
		return err
	}
	if f.At == 0 {
		f.At = clock.Micros()
	}
	doc, err := encode(f)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `INSERT INTO flow (id, input_source, input_dataset, output_source, output_dataset, doc) VALUES ($1, $2, $3, $4, $5, $6)
		ON CONFLICT (id) DO UPDATE SET doc = excluded.doc`, f.ID(), f.Input.Source, f.Input.Dataset, f.Output.Source, f.Output.Dataset, doc)
	return err
}

// EndFlow forgets a flow.
func (c *Catalog) EndFlow(ctx context.Context, tx db.Tx, id string) error {
	if _, err := c.bump(ctx, tx); err != nil {
		return err
	}
	res, err := collect(ctx, tx, scanText, "DELETE FROM flow WHERE id = $1 RETURNING id", id)
	if err == nil && len(res) == 0 {
		return errkind.Coded(errkind.NotFound, "no-such-flow", "nobody told of such a flow")
	}
	return err
}

// Flows gives what was told of a dataset, of a source where the reference names no more, or all; ordered by output and input.
func (c *Catalog) Flows(ctx context.Context, of pii.Ref) (fs []lineage.Flow, err error) {
	err = c.read(ctx, func(tx db.Tx) (err error) {
		var in, out conditions
		in.is("input_source", of.Source)
		in.is("input_dataset", of.Dataset)
		out.is("output_source", of.Source) // of the same arguments, by the same marks
		out.is("output_dataset", of.Dataset)
		fs, err = collect(ctx, tx, scanDoc[lineage.Flow], "SELECT doc FROM flow WHERE id IN (SELECT id FROM flow"+in.String()+" UNION SELECT id FROM flow"+out.String()+")", in.args...)
		return err
	})
	slices.SortFunc(fs, func(a, b lineage.Flow) int {
		if d := compareRefs(a.Output, b.Output); d != 0 {
			return d
		}
		return compareRefs(a.Input, b.Input)
	})
	return fs, err
}

func scanDoc[T any](row db.Row) (x T, err error) {
	var doc []byte
	if err = row.Scan(&doc); err == nil {
		err = decode(doc, &x)
	}
	return x, err
}
