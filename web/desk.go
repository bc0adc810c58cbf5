package web

import (
	"context"
	"hash/fnv"
	"strconv"
	"strings"

	"vestige/accounts"
	"vestige/audit"
	"vestige/catalog"
	"vestige/internal/db"
	"vestige/internal/errkind"
	"vestige/pii"
)

// wish is a decision that somebody wants to make, over what she has seen.
type wish struct {
	At       pii.Ref
	Verdict  pii.Verdict
	Category pii.Category
	Reason   string
	Seen     string // the stamp of what she saw; empty for a decision over whatever there is
}

// made is what came of a batch of wishes.
type made struct {
	Batch   string             `json:"batch"` // names it for an undo
	Entries []catalog.Decision `json:"decisions"`
}

// stampOf names what a person sees of a field when she decides: the version of the decision, and what the machine proposes. Either changing makes it
// another one.
func stampOf(e catalog.Entry) string {
	h := fnv.New32a()
	_, _ = h.Write([]byte(e.Proposal.Category))
	return strconv.FormatInt(e.Version, 10) + "-" + strconv.FormatUint(uint64(h.Sum32()), 36)
}

// meanwhile is the conflict of two people: what she saw is not what there is.
type meanwhile struct {
	error
	Now  catalog.Entry
	Wish wish
}

func (m *meanwhile) Unwrap() error { return m.error }

// decide makes decisions, all of them or none, with whatever else belongs to them. Each is in the log in the same unit of work.
func (s *Server) decide(ctx context.Context, a accounts.Actor, wishes []wish, also ...func(db.Tx) error) (out made, err error) {
	versions := make([]int64, len(wishes))
	for i := range wishes {
		w := &wishes[i]
		if versions[i], err = s.seen(ctx, w); err != nil {
			return out, err
		}
	}
	out.Batch = catalog.Batch()
	err = s.svc.DB.Write(ctx, func(tx db.Tx) error {
		out.Entries = nil
		for i, w := range wishes {
			d, err := s.decideOne(ctx, tx, a, w, catalog.BatchID(out.Batch, i), versions[i])
			if err != nil {
				return err
			}
			out.Entries = append(out.Entries, d)
		}
		for _, do := range also {
			if err := do(tx); err != nil {
				return err
			}
		}
		return nil
	})
	if errkind.Code(err) == "decided-meanwhile" && len(wishes) == 1 {
		if now, ferr := s.svc.Catalog.Field(ctx, wishes[0].At); ferr == nil {
			err = &meanwhile{err, now, wishes[0]}
		}
	}
	if err == nil {
		s.wake()
		err = s.svc.Catalog.CatchUp(ctx, likeAtOnce)
	}
	return out, err
}

// likeAtOnce is how many datasets with like fields are judged anew before a decision is answered; the rest follow at once.
const likeAtOnce = 8

// seen checks a wish against what there is, and gives the version that it is over.
func (s *Server) seen(ctx context.Context, w *wish) (int64, error) {
	if w.At.Field == "" {
		return 0, errkind.Coded(errkind.Invalid, "bad-reference", "a place is written source/dataset#field")
	}
	e, err := s.svc.Catalog.Field(ctx, w.At)
	if err != nil {
		return 0, err
	}
	if w.Seen != "" && w.Seen != stampOf(e) {
		return 0, &meanwhile{errkind.Coded(errkind.Conflict, "decided-meanwhile", "someone else decided on it meanwhile, or a scan proposes something else: look again, then decide"), e, *w}
	}
	if w.Verdict == pii.Accept && w.Category == "" {
		w.Category = e.Judged.Category
	}
	if w.Verdict == pii.Changed && w.Category == "" {
		return 0, errkind.Coded(errkind.Invalid, "no-such-category", "a change names the category that it is")
	}
	return e.Version, nil
}

func (s *Server) decideOne(ctx context.Context, tx db.Tx, a accounts.Actor, w wish, id string, version int64) (catalog.Decision, error) {
	d, err := s.svc.Catalog.DecideAt(ctx, tx, pii.Decision{ID: id, Field: w.At, Verdict: w.Verdict, Category: w.Category, Reason: w.Reason, By: a.Name}, version)
	if err != nil {
		return d, err
	}
	facts := map[string]any{"verdict": d.Verdict, "category": d.Category}
	if a.Token != "" {
		facts["token"] = a.Token
	}
	return d, s.svc.Audit.Append(ctx, tx, audit.Entry{Actor: a.Name, Action: "catalog.decide", Object: "field:" + w.At.String(), Facts: audit.Facts(facts)})
}

// undo takes a batch back.
func (s *Server) undo(ctx context.Context, a accounts.Actor, batch string) (undone, kept int, err error) {
	err = s.svc.DB.Write(ctx, func(tx db.Tx) error {
		if undone, kept, err = s.svc.Catalog.UndoAll(ctx, tx, batch, a.Name); err != nil {
			return err
		}
		return s.svc.Audit.Append(ctx, tx, audit.Entry{Actor: a.Name, Action: "catalog.undo", Object: batch, Facts: audit.Facts(map[string]any{"undone": undone, "kept": kept})})
	})
	if err == nil {
		s.wake()
		err = s.svc.Catalog.CatchUp(ctx, likeAtOnce)
	}
	return undone, kept, err
}

// wake has what follows from decisions worked out, soon, and once for many.
func (s *Server) wake() {
	select {
	case s.decided <- struct{}{}:
	default:
	}
}

// follow works out what follows from decisions (references between fields of one kind) until the context ends.
func (s *Server) follow(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-s.decided:
			if s.svc.Relate == nil {
				continue
			}
			if err := s.svc.Relate(ctx); err != nil && ctx.Err() == nil {
				s.cfg.Log.ErrorContext(ctx, "references could not be worked out anew", "code", errkind.Code(err))
			}
		}
	}
}

// verdictOf reads a verdict as it stands in a form.
func verdictOf(text string) (pii.Verdict, error) {
	switch v := pii.Verdict(text); v {
	case pii.Accept, pii.Reject, pii.Changed, pii.Defer:
		return v, nil
	}
	return "", errkind.Coded(errkind.Invalid, "no-such-verdict", "a verdict is accept, reject, change or defer")
}

// wishOf reads a wish from a form or from what a program sends.
func wishOf(at, verdict, category, reason, seen string) (w wish, err error) {
	ref, err := place(at, true)
	if err != nil {
		return w, err
	}
	v, err := verdictOf(verdict)
	if err != nil {
		return w, err
	}
	reason = strings.TrimSpace(reason)
	switch {
	case v == pii.Reject && reason == "":
		return w, errkind.Coded(errkind.Invalid, "no-reason", "a rejection needs a reason")
	case len(reason) > 1000:
		return w, errkind.Coded(errkind.Invalid, "long-reason", "a reason has at most 1,000 bytes")
	}
	c := pii.Category(strings.TrimSpace(category))
	if c != "" {
		if _, ok := c.Info(); !ok {
			return w, errkind.Coded(errkind.Invalid, "no-such-category", "there is no such category")
		}
	}
	if v == pii.Defer {
		c = ""
	}
	return wish{ref, v, c, reason, seen}, nil
}

// secondReview begins the reason of a deferral that asks a second person to look.
const secondReview = "second review: "

// reasonsOf are what a rejection mostly says; a digit chooses one in Review.
var reasonsOf = []string{"test or example data", "codes of things, not of people", "of a company, not of a person", "free of personal data by its definition", "a technical identifier", "already pseudonymous, and the key is destroyed", "a constant or a default", "wrongly recognised"}
