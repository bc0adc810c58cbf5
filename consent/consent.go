// Package consent keeps what people have refused. Of everybody who was erased, or who opted out, there stays a suppression: fingerprints of her identifiers, made
// with a key of their own, by which it is noticed when she comes back. A fingerprint says yes or no to a value that somebody has; it gives none away.
//
//	err = db.Write(ctx, func(tx db.Tx) error { return s.Add(ctx, tx, consent.Erased{Request: id, At: now, …}) })
//	yes, err := s.Has(ctx, ids)      // an application asks before it writes to somebody
//	w, err := s.Watch(ctx, since)    // a scan asks of every value that it reads
package consent

import (
	"context"
	_ "embed" // for the schema
	"encoding/json"
	"slices"

	"vestige/internal/db"
	"vestige/internal/errkind"
	"vestige/internal/keys"
	"vestige/pii"
)

//go:embed schema.sql
var schema string

// Schema gives the tables of this room.
func Schema() db.Schema { return db.SchemaOf("consent", schema) }

// Kind is why somebody is suppressed.
type Kind string

// The kinds of suppression.
const (
	Erasure Kind = "erased"
	OptOut  Kind = "opted-out"
)

// Kinds of records that are remembered.
const (
	gone  = "gone"
	stays = "stays"
)

// Suppressions keeps fingerprints. It is safe for concurrent use.
type Suppressions struct {
	db   db.DB
	keys *keys.Ring
}

// New gives the suppressions of a store.
func New(d db.DB, r *keys.Ring) *Suppressions { return &Suppressions{d, r} }

// Record is a record of a system, by what tells it from others.
type Record struct {
	Dataset pii.Ref
	Key     pii.Key
	Digest  pii.Digest
	Fields  []string // of one that stays: in which fields an identifier does; nil for all
}

// Person is one who is suppressed, by what singles her out.
type Person struct {
	Subject int // among those of the request, from 1
	Known   []pii.Identifier
}

// Refusal is what is to be remembered of a request that has ended.
type Refusal struct {
	Request string
	Kind    Kind
	At      int64 // microseconds since 1970
	People  []Person
	Gone    []Record // as they were when they were erased
	Stays   []Record // in which an identifier stays: kept by law, or held by another
}

// Add remembers a refusal, in the unit of work that ends its request.
func (s *Suppressions) Add(ctx context.Context, tx db.Tx, r Refusal) error {
	prints, err := s.keys.Prints(ctx, tx, keys.Suppression)
	if err != nil {
		return err
	}
	for _, p := range r.People {
		for _, id := range p.Known {
			c, b := plain(id.Category, id.Domain, []byte(id.Value.Reveal()))
			_, err := tx.Exec(ctx, `INSERT INTO suppression (fingerprint, request, subject, kind, category, domain, at) VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING`,
				prints.Present(c, b), r.Request, max(1, p.Subject), string(r.Kind), string(id.Category), id.Domain, r.At)
			if err != nil {
				return err
			}
		}
	}
	for _, rec := range r.Gone {
		if err := s.remember(ctx, tx, prints, r.Request, gone, whole(rec), rec); err != nil {
			return err
		}
	}
	for _, rec := range r.Stays {
		if err := s.remember(ctx, tx, prints, r.Request, stays, place(rec), rec); err != nil {
			return err
		}
	}
	return nil
}

func (s *Suppressions) remember(ctx context.Context, tx db.Tx, prints *keys.Prints, request, kind string, name []byte, rec Record) error {
	fields := ""
	if rec.Fields != nil {
		b, err := json.Marshal(rec.Fields)
		if err != nil {
			return err
		}
		fields = string(b)
	}
	_, err := tx.Exec(ctx, "INSERT INTO suppression_record (fingerprint, request, kind, fields) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING", prints.Present(recordKind, name), request, kind, fields)
	return err
}

// recordKind keeps fingerprints of records apart from those of values.
const recordKind pii.Category = "record"

// whole names a record as it is: the same one, unchanged.
func whole(r Record) []byte {
	return append([]byte(r.Dataset.String()+"\x00"+r.Key.ID()+"\x00"), r.Digest[:]...)
}

// place names a record whatever it holds by now; one without a key is nothing but what it holds.
func place(r Record) []byte {
	if len(r.Key) == 0 {
		return whole(r)
	}
	return []byte(r.Dataset.String() + "\x00" + r.Key.ID())
}

// plain gives what the fingerprint of an identifier is made of. A local one is compared inside its value domain, by whatever category it is known there.
func plain(c pii.Category, domain string, normal []byte) (pii.Category, []byte) {
	if c.Global() {
		return c, normal
	}
	return "local", append([]byte(domain+"\x00"), normal...)
}

// Has tells of each identifier, in normal form, whether somebody with it is suppressed.
func (s *Suppressions) Has(ctx context.Context, ids []pii.Identifier) (out []bool, err error) {
	out = make([]bool, len(ids))
	err = s.db.Write(ctx, func(tx db.Tx) error { // the key is made on first use
		prints, err := s.keys.Prints(ctx, tx, keys.Suppression)
		if err != nil {
			return err
		}
		for i, id := range ids {
			c, b := plain(id.Category, id.Domain, []byte(id.Value.Reveal()))
			for _, f := range prints.All(c, b) {
				var n int64
				if err := tx.QueryRow(ctx, "SELECT COUNT(*) FROM suppression WHERE fingerprint = $1", f).Scan(&n); err != nil {
					return err
				}
				out[i] = out[i] || n > 0
			}
		}
		return nil
	})
	return out, err
}

// Subject is one of those who were erased.
type Subject struct {
	Request string `json:"request"`
	N       int    `json:"subject"`
	At      int64  `json:"at"` // when the erasure was complete
}

// Watch holds the fingerprints of the erased in memory, for asking of every value that is read.
type Watch struct {
	prints  *keys.Prints
	by      map[string][]Subject
	domains map[string]bool
	globals map[pii.Category]bool
	db      db.DB
}

// Watch gives the fingerprints of what was erased since a time, 0 for ever.
func (s *Suppressions) Watch(ctx context.Context, since int64) (w *Watch, err error) {
	w = &Watch{db: s.db, by: map[string][]Subject{}, domains: map[string]bool{}, globals: map[pii.Category]bool{}}
	err = s.db.Write(ctx, func(tx db.Tx) error {
		if w.prints, err = s.keys.Prints(ctx, tx, keys.Suppression); err != nil {
			return err
		}
		rows, err := tx.Query(ctx, "SELECT fingerprint, request, subject, category, domain, at FROM suppression WHERE kind = $1 AND at >= $2 ORDER BY at, request, subject", string(Erasure), since)
		if err != nil {
			return err
		}
		defer func() { _ = rows.Close() }()
		for rows.Next() {
			var f, category, domain string
			var x Subject
			if err := rows.Scan(&f, &x.Request, &x.N, &category, &domain, &x.At); err != nil {
				return err
			}
			w.by[f] = append(w.by[f], x)
			if c := pii.Category(category); c.Global() {
				w.globals[c] = true
			} else {
				w.domains[domain] = true
			}
		}
		return rows.Err()
	})
	return w, err
}

// Asks tells whether values of a category, or of a value domain, can be of one who was erased.
func (w *Watch) Asks(c pii.Category, domain string) bool {
	return c.Global() && w.globals[c] || !c.Global() && domain != "" && w.domains[domain]
}

// Empty tells whether nobody is watched for.
func (w *Watch) Empty() bool { return len(w.by) == 0 }

// Hit gives those who had a value, in normal form; of several the one who was erased last is the last.
func (w *Watch) Hit(c pii.Category, domain string, normal []byte) (out []Subject) {
	c, normal = plain(c, domain, normal)
	for _, f := range w.prints.All(c, normal) {
		out = append(out, w.by[f]...)
	}
	return out
}

// Was tells of a record whether it was erased exactly as it is now, and in which fields an identifier of an erased person stays by plan (all: in every one).
func (w *Watch) Was(ctx context.Context, r Record) (erased, all bool, fields []string, err error) {
	err = w.db.Read(ctx, func(tx db.Tx) error {
		for _, f := range w.prints.All(recordKind, whole(r)) {
			var n int64
			if err := tx.QueryRow(ctx, "SELECT COUNT(*) FROM suppression_record WHERE fingerprint = $1 AND kind = $2", f, gone).Scan(&n); err != nil {
				return err
			}
			erased = erased || n > 0
		}
		for _, f := range w.prints.All(recordKind, place(r)) {
			var text string
			err := tx.QueryRow(ctx, "SELECT fields FROM suppression_record WHERE fingerprint = $1 AND kind = $2 ORDER BY fields LIMIT 1", f, stays).Scan(&text)
			switch {
			case errkind.Of(err) == errkind.NotFound && err != nil:
				continue
			case err != nil:
				return err
			case text == "":
				all = true
				continue
			}
			var more []string
			if err := json.Unmarshal([]byte(text), &more); err != nil {
				return err
			}
			fields = slices.Concat(fields, more)
		}
		return nil
	})
	return erased, all, fields, err
}

// Lift takes the suppression of identifiers off: the person came back, and wants to be known. It gives how many fingerprints went.
func (s *Suppressions) Lift(ctx context.Context, tx db.Tx, ids []pii.Identifier) (n int64, err error) {
	prints, err := s.keys.Prints(ctx, tx, keys.Suppression)
	if err != nil {
		return 0, err
	}
	for _, id := range ids {
		c, b := plain(id.Category, id.Domain, []byte(id.Value.Reveal()))
		for _, f := range prints.All(c, b) {
			k, err := tx.Exec(ctx, "DELETE FROM suppression WHERE fingerprint = $1", f)
			if err != nil {
				return n, err
			}
			n += k
		}
	}
	return n, nil
}
