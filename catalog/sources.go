package catalog

import (
	"context"

	"vestige/internal/clock"
	"vestige/internal/db"
	"vestige/internal/errkind"
	"vestige/pii"
)

// SourceInfo is a source with what the catalog counts of it.
type SourceInfo struct {
	Name      string `json:"name"`
	Connector string `json:"connector"`
	Added     int64  `json:"added"`
	Scanned   int64  `json:"scanned,omitempty"` // when a scan last finished
	Counts
}

// Counts are how many fields stand in each state. Gone ones count there only.
type Counts struct {
	Datasets   int64 `json:"datasets"`
	Fields     int64 `json:"fields"`
	PII        int64 `json:"pii"` // proposed, deferred or accepted
	Proposed   int64 `json:"proposed"`
	Deferred   int64 `json:"deferred"`
	Accepted   int64 `json:"accepted"`
	Rejected   int64 `json:"rejected"`
	Clean      int64 `json:"clean"`
	Unexamined int64 `json:"unexamined"`
	Gone       int64 `json:"gone"`
}

func (n *Counts) add(s State, category pii.Category, k int64) {
	switch s {
	case Proposed:
		n.Proposed += k
	case Deferred:
		n.Deferred += k
	case Accepted:
		n.Accepted += k
	case Rejected:
		n.Rejected += k
	case Clean:
		n.Clean += k
	case Unexamined:
		n.Unexamined += k
	case Gone:
		n.Gone += k
		return
	}
	n.Fields += k
	if personal(s, category) {
		n.PII += k
	}
}

// personal tells whether a field of the state and category counts as personal data. A proposed one does whatever its category, since text may
// contain some.
func personal(s State, category pii.Category) bool {
	switch s {
	case Proposed:
		return true
	case Accepted, Deferred:
		return category.Personal()
	}
	return false
}

// PutSource adds a source, or gives it another connector.
func (c *Catalog) PutSource(ctx context.Context, tx db.Tx, name, connector string) error {
	if name == "" {
		return errkind.Coded(errkind.Invalid, "no-such-source", "a source needs a name")
	}
	_, err := tx.Exec(ctx, `INSERT INTO source (name, connector, added, scanned) VALUES ($1, $2, $3, 0)
		ON CONFLICT (name) DO UPDATE SET connector = excluded.connector`, name, connector, clock.Micros())
	return err
}

// Sources gives every source with its counts, ordered by name.
func (c *Catalog) Sources(ctx context.Context) (ss []SourceInfo, err error) {
	err = c.read(ctx, func(tx db.Tx) error {
		ss, err = collect(ctx, tx, func(row db.Row) (s SourceInfo, err error) {
			return s, row.Scan(&s.Name, &s.Connector, &s.Added, &s.Scanned)
		}, "SELECT name, connector, added, scanned FROM source ORDER BY name")
		if err != nil {
			return err
		}
		return c.count(ctx, tx, ss)
	})
	return ss, err
}

func (c *Catalog) count(ctx context.Context, tx db.Tx, ss []SourceInfo) error {
	at, err := remembered(ctx, c, tx, "sources", func() (map[string]Counts, error) { return countSources(ctx, tx) })
	for i := range ss {
		ss[i].Counts = at[ss[i].Name]
	}
	return err
}

func countSources(ctx context.Context, tx db.Tx) (map[string]Counts, error) {
	at := map[string]Counts{}
	combos, err := combosIn(ctx, tx)
	if err != nil {
		return nil, err
	}
	for _, k := range combos {
		n := at[k.Source]
		n.add(k.State, k.Category, k.n)
		at[k.Source] = n
	}
	type sets struct {
		source string
		n      int64
	}
	all, err := collect(ctx, tx, func(row db.Row) (s sets, err error) { return s, row.Scan(&s.source, &s.n) },
		"SELECT source, count(*) FROM dataset_count WHERE missed = 0 GROUP BY source")
	for _, s := range all {
		n := at[s.source]
		n.Datasets = s.n
		at[s.source] = n
	}
	return at, err
}
