package catalog

import (
	"context"
	"encoding/binary"
	"slices"

	"vestige/internal/db"
	"vestige/lineage"
	"vestige/pii"
)

// Sketch is the sketch of a field with the key that it was made under; sketches under different keys cannot be compared. It holds no value,
// and is still taken from where a person is erased.
type Sketch struct {
	lineage.Sketch
	Key    string `json:"key"`
	Values int64  `json:"values"` // read
	Full   bool   `json:"full"`   // from a full read, else from a sample
	At     int64  `json:"at"`
}

// SketchPut stores sketches, each in place of the field's earlier one of the same form; no two are of the same field and form.
func (c *Catalog) SketchPut(ctx context.Context, tx db.Tx, sketches ...Sketch) error {
	var rows []any
	for _, s := range sketches {
		hashes := s.Hashes
		if !slices.IsSorted(hashes) {
			hashes = slices.Clone(hashes)
			slices.Sort(hashes)
		}
		s.Hashes = nil
		facts, err := encode(s)
		if err != nil {
			return err
		}
		rows = append(rows, s.Field.Source, s.Field.Dataset, s.Field.Field, s.Form, s.Key, facts, packHashes(hashes))
	}
	return insert(ctx, tx, "INSERT INTO sketch (source, dataset, field, form, key_id, facts, hashes)",
		" ON CONFLICT (source, dataset, field, form) DO UPDATE SET key_id = excluded.key_id, facts = excluded.facts, hashes = excluded.hashes", 7, rows)
}

const selectSketch = "SELECT sketch.facts, sketch.hashes FROM sketch"

func scanSketch(row db.Row) (s Sketch, err error) {
	var facts, hashes []byte
	if err = row.Scan(&facts, &hashes); err == nil {
		err = decode(facts, &s)
	}
	s.Hashes = unpackHashes(hashes)
	return s, err
}

// Sketches gives the sketches of every field that still exists, of one source or of all where it is empty, ordered by field and form.
func (c *Catalog) Sketches(ctx context.Context, source string) (ss []Sketch, err error) {
	err = c.read(ctx, func(tx db.Tx) error {
		ss, err = collect(ctx, tx, scanSketch, selectSketch+` JOIN field ON field.source = sketch.source AND field.dataset = sketch.dataset
			AND field.name = sketch.field WHERE $1 = '' OR sketch.source = $1 ORDER BY sketch.source, sketch.dataset, sketch.field, sketch.form`, source)
		return err
	})
	return ss, err
}

func (c *Catalog) sketchesAt(ctx context.Context, tx db.Tx, ref pii.Ref) ([]Sketch, error) {
	return collect(ctx, tx, scanSketch, selectSketch+" WHERE source = $1 AND dataset = $2 AND field = $3", ref.Source, ref.Dataset, ref.Field)
}

// SketchRemove takes hashes, made under the key, out of every sketch, and tells how many it took. An erasure calls it with the fingerprints of
// the person's identifiers.
func (c *Catalog) SketchRemove(ctx context.Context, tx db.Tx, key string, hashes []uint64) (removed int, err error) {
	gone := make(map[uint64]bool, len(hashes))
	for _, h := range hashes {
		gone[h] = true
	}
	ss, err := collect(ctx, tx, scanSketch, selectSketch+" WHERE key_id = $1", key)
	if err != nil {
		return 0, err
	}
	for _, s := range ss {
		kept := slices.DeleteFunc(slices.Clone(s.Hashes), func(h uint64) bool { return gone[h] })
		if len(kept) == len(s.Hashes) {
			continue
		}
		removed += len(s.Hashes) - len(kept)
		s.Hashes = kept
		if err := c.SketchPut(ctx, tx, s); err != nil {
			return removed, err
		}
	}
	return removed, nil
}

// resemblance gives the share of values that two fields have in common, of the smaller one, over their comparable sketches.
func resemblance(a, b []Sketch) (most float64) {
	for _, x := range a {
		for _, y := range b {
			if x.Form != y.Form || x.Key != y.Key {
				continue
			}
			inX, inY, both := x.Shared(&y.Sketch)
			most = max(most, float64(both)/float64(max(1, min(inX, inY))))
		}
	}
	return most
}

// packHashes writes hashes in ascending order, each once.
func packHashes(hs []uint64) []byte {
	b := make([]byte, 0, len(hs)*8)
	for i, h := range hs {
		if i > 0 && h == hs[i-1] {
			continue
		}
		b = binary.BigEndian.AppendUint64(b, h)
	}
	return b
}

func unpackHashes(b []byte) []uint64 {
	hs := make([]uint64, 0, len(b)/8)
	for ; len(b) >= 8; b = b[8:] {
		hs = append(hs, binary.BigEndian.Uint64(b))
	}
	return hs
}
