package catalog

import (
	"context"

	"vestige/internal/db"
	"vestige/pii"
)

// Item is what a run found of one dataset.
type Item struct {
	Dataset string      `json:"dataset"`
	State   string      `json:"state"` // read, gap, gone
	Records int64       `json:"records"`
	Bytes   int64       `json:"bytes"`
	Micros  int64       `json:"micros"`
	At      int64       `json:"at"` // when the run began
	Run     string      `json:"run"`
	Gaps    []pii.Gap   `json:"gaps,omitempty"`
	Fields  []ItemField `json:"fields,omitempty"`
}

// ItemField is a field as a run found it.
type ItemField struct {
	Name       string       `json:"name"`
	Type       string       `json:"type,omitempty"`
	Category   pii.Category `json:"category,omitempty"` // where it is proposed or decided
	Confidence float64      `json:"confidence,omitempty"`
}

// itemDoc is what of an item is one document.
type itemDoc struct {
	Gaps   []pii.Gap   `json:"gaps,omitempty"`
	Fields []ItemField `json:"fields,omitempty"`
}

// Item keeps what the run found of a dataset, in the unit of work that stores it.
func (r *Run) Item(ctx context.Context, tx db.Tx, it Item) error {
	doc, err := encode(itemDoc{it.Gaps, it.Fields})
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `INSERT INTO run_item (run, source, dataset, at, state, records, bytes, micros, doc) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
		ON CONFLICT (run, dataset) DO UPDATE SET state = excluded.state, records = excluded.records, bytes = excluded.bytes, micros = excluded.micros, doc = excluded.doc`,
		r.ID, r.Source, it.Dataset, r.Started, it.State, it.Records, it.Bytes, it.Micros, doc)
	return err
}

// ItemFilter says which items of a run are wanted, by name of dataset.
type ItemFilter struct {
	State string
	After string // the dataset after which the page begins
	Limit int    // 0 for all
}

const selectItem = "SELECT dataset, state, records, bytes, micros, at, run, doc FROM run_item"

func scanItem(row db.Row) (it Item, err error) {
	var raw []byte
	var doc itemDoc
	if err = row.Scan(&it.Dataset, &it.State, &it.Records, &it.Bytes, &it.Micros, &it.At, &it.Run, &raw); err == nil {
		err = decode(raw, &doc)
	}
	it.Gaps, it.Fields = doc.Gaps, doc.Fields
	return it, err
}

// Items gives what a run found, dataset by dataset; what had not changed is not among it.
func (c *Catalog) Items(ctx context.Context, run string, f ItemFilter) (out []Item, err error) {
	if f.Limit == 0 {
		f.Limit = 1 << 30
	}
	err = c.read(ctx, func(tx db.Tx) error {
		var w conditions
		w.add("run = " + w.arg(run))
		w.is("state", f.State)
		w.add("dataset > " + w.arg(f.After))
		out, err = collect(ctx, tx, scanItem, selectItem+w.String()+" ORDER BY dataset LIMIT "+w.arg(f.Limit), w.args...)
		return err
	})
	return out, err
}

// Slowest gives the datasets that took a run longest.
func (c *Catalog) Slowest(ctx context.Context, run string, n int) (out []Item, err error) {
	err = c.read(ctx, func(tx db.Tx) error {
		out, err = collect(ctx, tx, scanItem, selectItem+" WHERE run = $1 AND micros > 0 ORDER BY micros DESC, dataset LIMIT $2", run, n)
		return err
	})
	return out, err
}

// AsOf gives every dataset of a source as it was known when a run had been through, by name.
func (c *Catalog) AsOf(ctx context.Context, r *Run) (map[string]Item, error) {
	var all []Item
	err := c.read(ctx, func(tx db.Tx) (err error) {
		all, err = collect(ctx, tx, scanItem, selectItem+` WHERE source = $1 AND at <= $2
			AND NOT EXISTS (SELECT 1 FROM run_item n WHERE n.source = run_item.source AND n.dataset = run_item.dataset AND n.at > run_item.at AND n.at <= $2)`, r.Source, r.Started)
		return err
	})
	out := make(map[string]Item, len(all))
	for _, it := range all {
		out[it.Dataset] = it
	}
	return out, err
}

// keptItems is for how many runs of a source what they found is kept; older finds stay where they are the latest of their dataset.
const keptItems = 200

// pruneItems forgets what runs long ago found and later ones found anew.
func (r *Run) pruneItems(ctx context.Context, tx db.Tx) error {
	_, err := tx.Exec(ctx, `DELETE FROM run_item WHERE source = $1 AND at < (SELECT MIN(started) FROM (SELECT started FROM run WHERE source = $1 ORDER BY started DESC LIMIT $2) newest)
		AND EXISTS (SELECT 1 FROM run_item n WHERE n.source = run_item.source AND n.dataset = run_item.dataset AND n.at > run_item.at
			AND n.at <= (SELECT MIN(started) FROM (SELECT started FROM run WHERE source = $1 ORDER BY started DESC LIMIT $2) newest))`, r.Source, keptItems)
	return err
}

// Ended gives the latest runs that have ended, of a source or of all where it is empty, that began before a time; 0 for any.
func (c *Catalog) Ended(ctx context.Context, source string, before int64, limit int) (rs []Run, err error) {
	if before == 0 {
		before = 1 << 62
	}
	err = c.read(ctx, func(tx db.Tx) error {
		rs, err = collect(ctx, tx, scanRun, selectRun+" WHERE ended > 0 AND ($1 = '' OR source = $1) AND started < $2 ORDER BY started DESC, id LIMIT $3", source, before, limit)
		return err
	})
	return rs, err
}
