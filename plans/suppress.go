package plans

import (
	"context"

	"vestige/audit"
	"vestige/consent"
	"vestige/internal/clock"
	"vestige/internal/db"
	"vestige/internal/errkind"
	"vestige/lineage"
	"vestige/pii"
)

// refusal gathers what is remembered of an erasure when its keys are destroyed: fingerprints of what singles each subject out, of the records that went, and of the
// places where an identifier stays by plan. What may be another's by now, or was hers for a time only, is not remembered.
func (e *Engine) refusal(ctx context.Context, s *Status) (consent.Refusal, error) {
	out := consent.Refusal{Request: s.Request, Kind: consent.Erasure}
	if s.Kind != Erasure {
		return out, nil
	}
	all, err := e.everything(ctx, s)
	if err != nil {
		return out, err
	}
	looks, err := e.looks(ctx, s)
	if err != nil {
		return out, err
	}
	out.People = people(all)
	for _, l := range looks {
		for _, st := range l.open.Steps {
			if !acts(&l.open, st) {
				continue
			}
			for _, t := range l.sealed.Steps[st.ID] {
				if t.Digest != (pii.Digest{}) {
					out.Gone = append(out.Gone, consent.Record{Dataset: st.Dataset, Key: t.Key, Digest: t.Digest})
				}
			}
		}
		for _, hs := range [][]Holder{l.sealed.Kept, l.sealed.Held} {
			for _, h := range hs {
				out.Stays = append(out.Stays, consent.Record{Dataset: h.Dataset, Key: h.Key, Digest: h.Digest, Fields: h.Fields})
			}
		}
	}
	return out, nil
}

func people(all *Sealed) (out []consent.Person) {
	bound := map[string]bool{}
	for _, b := range all.Bound {
		bound[string(b.Category)+"\x00"+b.Domain+"\x00"+b.Value.Reveal()] = true
	}
	sure := func(ids []pii.Identifier) (known []pii.Identifier) {
		for _, id := range ids {
			if !bound[string(id.Category)+"\x00"+id.Domain+"\x00"+id.Value.Reveal()] && (id.Category.Global() || id.Domain != "") {
				known = append(known, id)
			}
		}
		return known
	}
	if len(all.Subjects) == 0 {
		return []consent.Person{{Subject: 1, Known: sure(all.Known)}}
	}
	for _, s := range all.Subjects {
		if known := sure(s.Known); !s.Left && len(known) > 0 {
			out = append(out, consent.Person{Subject: s.N, Known: known})
		}
	}
	return out
}

// suppress remembers an erasure in the unit of work that closes it.
func (e *Engine) suppress(ctx context.Context, tx db.Tx, r consent.Refusal) error {
	if len(r.People) == 0 {
		return nil
	}
	r.At = clock.Micros()
	return e.Suppressions().Add(ctx, tx, r)
}

// Suppressions gives what is remembered of those who were erased or opted out.
func (e *Engine) Suppressions() *consent.Suppressions { return consent.New(e.DB, e.Keys) }

// Suppressed tells of each identifier whether somebody with it was erased or opted out. A local one has a value domain, or one that it alone can be of. What does
// not have the shape of its category is nobody's.
func (e *Engine) Suppressed(ctx context.Context, ids []pii.Identifier) ([]bool, error) {
	var g *lineage.Graph
	var asked []pii.Identifier
	var at []int
	for i, id := range ids {
		if g == nil && !id.Category.Global() && id.Domain == "" {
			var err error
			if g, err = e.Catalog.Graph(ctx); err != nil {
				return nil, err
			}
		}
		norm, err := Normalise(g, []pii.Identifier{id})
		switch {
		case errkind.Code(err) == "no-such-shape":
			continue
		case err != nil:
			return nil, err
		}
		asked, at = append(asked, norm[0]), append(at, i)
	}
	yes, err := e.Suppressions().Has(ctx, asked)
	if err != nil {
		return nil, err
	}
	out := make([]bool, len(ids))
	for k, i := range at {
		out[i] = yes[k]
	}
	return out, nil
}

// Unsuppress takes the suppression of identifiers off, for a person who came back and wants to be known; who did it and why is in the log.
func (e *Engine) Unsuppress(ctx context.Context, ids []pii.Identifier, reason, by string) (n int64, err error) {
	g, err := e.Catalog.Graph(ctx)
	if err != nil {
		return 0, err
	}
	norm, err := Normalise(g, ids)
	if err != nil {
		return 0, err
	}
	err = e.DB.Write(ctx, func(tx db.Tx) error {
		if n, err = e.Suppressions().Lift(ctx, tx, norm); err != nil {
			return err
		}
		return e.Audit.Append(ctx, tx, audit.Entry{Actor: by, Action: "suppression.lift", Facts: audit.Facts(map[string]any{"identifiers": len(ids), "fingerprints": n, "reason": reason})})
	})
	return n, err
}
