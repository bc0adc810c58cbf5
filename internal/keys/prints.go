package keys

import (
	"context"

	"vestige/internal/db"
	"vestige/pii"
)

// Prints makes fingerprints of many values under the keys of a purpose, which it holds while it is used. It is safe for concurrent use.
type Prints struct {
	ring    *Ring
	ids     []string
	keys    [][]byte
	present int
}

// Prints opens the keys of a purpose, the first one made where there is none.
func (r *Ring) Prints(ctx context.Context, tx db.Tx, p Purpose) (*Prints, error) {
	present, _, err := r.Standing(ctx, tx, p)
	if err != nil {
		return nil, err
	}
	stored, err := r.box.Keys(ctx, tx, p)
	if err != nil {
		return nil, err
	}
	out := &Prints{ring: r}
	for _, k := range stored {
		key, err := r.unwrap(k)
		if err != nil {
			return nil, err
		}
		if k.ID == present {
			out.present = len(out.ids)
		}
		out.ids, out.keys = append(out.ids, k.ID), append(out.keys, key)
	}
	return out, nil
}

// Present gives the fingerprint under the present key.
func (p *Prints) Present(c pii.Category, normal []byte) string {
	return p.ring.fingerprint(p.ids[p.present], p.keys[p.present], c, normal)
}

// All gives the fingerprints under every key, the older ones included.
func (p *Prints) All(c pii.Category, normal []byte) []string {
	out := make([]string, len(p.ids))
	for i := range p.ids {
		out[i] = p.ring.fingerprint(p.ids[i], p.keys[i], c, normal)
	}
	return out
}
