package memory

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"iter"

	"vestige/pii"
)

// Discover yields the tables in the order in which they were made.
func (d *Driver) Discover(ctx context.Context) iter.Seq2[pii.Dataset, error] {
	return func(yield func(pii.Dataset, error) bool) {
		if err := d.begin(ctx, "Discover"); err != nil {
			yield(pii.Dataset{}, err)
			return
		}
		for _, name := range d.sys.names() {
			if d.permitted(name) != nil && d.sys.faults.HideForbidden {
				continue
			}
			if err := d.sys.faults.ended(ctx); err != nil {
				yield(pii.Dataset{}, err)
				return
			}
			if t := d.sys.now(name); t != nil && !yield(d.describe(t), nil) {
				return
			}
		}
	}
}

// names gives the tables' names; the system's own table is not one of them.
func (s *System) names() []string {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.faults.names(s.order, s.tables)
}

// describe says what a table is.
func (d *Driver) describe(t *table) pii.Dataset {
	ds := pii.Dataset{
		Ref:     d.ref(t.Name),
		Kind:    pii.Table,
		Fields:  t.Fields,
		Key:     t.Key,
		Unique:  t.Unique,
		Records: int64(len(t.rows)),
		Bytes:   -1,
		Version: d.sys.version(),
		Schema:  t.schema(),
	}
	for _, r := range t.References {
		r.From, r.To = d.ref(t.Name), d.ref(r.To.Dataset)
		ds.References = append(ds.References, r)
	}
	if t.SoftDelete != "" {
		ds.Constraints = append(ds.Constraints, pii.Constraint{Kind: pii.Hiding, Fields: []string{t.SoftDelete}})
	}
	if err := d.permitted(t.Name); err != nil {
		ds.Gap = &pii.Gap{Code: "permission", At: ds.Ref, Text: err.Error(), Records: -1}
	}
	d.sys.faults.describe(&ds)
	return ds
}

// schema is a digest of the structure alone.
func (t *table) schema() string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%q %v %q %q %v", t.Name, t.Fields, t.Key, t.Unique, t.References))
	return hex.EncodeToString(sum[:8])
}
