package catalog

import (
	"context"
	"crypto/rand"
	"encoding/hex"

	"vestige/internal/clock"
	"vestige/internal/db"
	"vestige/internal/errkind"
	"vestige/lineage"
	"vestige/pii"
)

// Decide writes what a person says of a field, a reference or a question, over whatever was decided before. An empty ID and time are
// filled in; an accepted field without category takes the proposed one.
func (c *Catalog) Decide(ctx context.Context, tx db.Tx, d pii.Decision) error {
	_, err := c.decide(ctx, tx, d, -1)
	return err
}

// DecideAt is Decide by someone who has seen version (0 where nothing was decided yet): a conflict where another decision came between.
func (c *Catalog) DecideAt(ctx context.Context, tx db.Tx, d pii.Decision, version int64) (Decision, error) {
	return c.decide(ctx, tx, d, version)
}

func (c *Catalog) decide(ctx context.Context, tx db.Tx, d pii.Decision, version int64) (Decision, error) {
	target, err := Target(d)
	if err == nil {
		err = valid(d)
	}
	if err != nil {
		return Decision{}, err
	}
	if _, err := c.bump(ctx, tx); err != nil {
		return Decision{}, err
	}
	old, err := c.decisionOn(ctx, tx, target)
	if err != nil {
		return Decision{}, err
	}
	if version >= 0 && version != old.Version {
		return Decision{}, errkind.Coded(errkind.Conflict, "decided-meanwhile", "someone else decided on it meanwhile: look again, then decide")
	}
	if d.ID == "" {
		d.ID = newID()
	}
	if d.At == 0 {
		d.At = clock.Micros()
	}
	now := Decision{Decision: d, Version: old.Version + 1, target: target}
	if err := c.anchor(ctx, tx, &now); err != nil {
		return Decision{}, err
	}
	return now, c.apply(ctx, tx, now, old, Event{ID: now.ID, Action: Decided, By: d.By, At: d.At})
}

// valid refuses what no decision can be.
func valid(d pii.Decision) error {
	if d.By == "" {
		return errkind.Coded(errkind.Invalid, "no-actor", "a decision names who made it")
	}
	switch d.Verdict {
	case pii.Accept, pii.Changed, pii.Defer:
	case pii.Reject:
		if d.Reason == "" {
			return errkind.Coded(errkind.Invalid, "no-reason", "a rejection needs a reason")
		}
	default:
		return errkind.Coded(errkind.Invalid, "no-such-verdict", "a verdict is accept, reject, change or defer")
	}
	if d.Category != "" {
		if _, ok := d.Category.Info(); !ok {
			return errkind.Coded(errkind.Invalid, "no-such-category", "no category is named %s%s", d.Category, suggestCategory(string(d.Category)))
		}
	}
	switch lineage.Role(d.Kind) {
	case "", lineage.Owns, lineage.Mentions, lineage.Shared, lineage.Derives:
		return nil
	}
	return errkind.Coded(errkind.Invalid, "no-such-kind", "the kind of a reference is owns, mentions, shared or derives")
}

// anchor fills in what the decision is found again by, and what it says where the person left it to the proposal.
func (c *Catalog) anchor(ctx context.Context, tx db.Tx, d *Decision) error {
	switch {
	case d.Edge != "":
		if _, err := c.edge(ctx, tx, d.Edge); err != nil {
			return err
		}
		if d.Verdict == pii.Changed && d.Kind == "" {
			return errkind.Coded(errkind.Invalid, "no-such-kind", "a changed reference needs its kind")
		}
	case d.Field.Field != "" && d.Question == "":
		return c.anchorField(ctx, tx, d)
	}
	return nil
}

func (c *Catalog) anchorField(ctx context.Context, tx db.Tx, d *Decision) error {
	n, err := c.machine(ctx, tx, d.Field)
	if err != nil {
		return err
	}
	f := n.Field(d.Field.Field)
	if f == nil {
		return errkind.Coded(errkind.NotFound, "no-such-field", "the catalog has no field %s", d.Field)
	}
	d.stable, d.typ, d.Proposed = f.Field.Stable, string(f.Field.Type), f.Category
	if d.Verdict == pii.Accept && d.Category == "" {
		e, err := c.field(ctx, tx, d.Field)
		if err != nil {
			return err
		}
		if d.Category = e.Judged.Category; d.Category == "" {
			d.Category = f.Category
		}
	}
	switch {
	case d.Verdict == pii.Reject && d.Category == "":
		d.Category = "none.other"
	case d.Verdict == pii.Reject && d.Category.Personal():
		return errkind.Coded(errkind.Invalid, "no-such-verdict", "a rejected field holds nothing personal: use change for another category")
	}
	if d.Category == "" && d.Verdict != pii.Defer {
		return errkind.Coded(errkind.Invalid, "no-such-category", "nothing is proposed for %s: name the category", d.Field)
	}
	return nil
}

// apply writes event, current decision and what follows from it in the graph.
func (c *Catalog) apply(ctx context.Context, tx db.Tx, now, old Decision, e Event) error {
	e.Target, e.Decision = now.target, now.Decision
	if old.Verdict != "" {
		e.Before = &old.Decision
	}
	if err := c.putEvent(ctx, tx, &e); err != nil {
		return err
	}
	holds := now.ID
	if now.Verdict == "" {
		holds = e.ID
	}
	if err := c.putCurrent(ctx, tx, now, holds); err != nil {
		return err
	}
	switch {
	case now.Edge != "":
		edge, err := c.edge(ctx, tx, now.Edge)
		if err != nil {
			return err
		}
		return c.putEdgeDocs(ctx, tx, map[pii.Ref]bool{edge.From.Of(): true})
	case now.Field.Field != "" && now.Question == "":
		if err := c.closeAlert(ctx, tx, alertID("reopened", now.Field), now.By, "decided"); err != nil {
			return err
		}
		return c.relay(ctx, tx, now.Field)
	}
	return nil
}

// Undo takes back a decision by its ID: what held before it holds again. It is a conflict where something was decided since.
func (c *Catalog) Undo(ctx context.Context, tx db.Tx, id, by string) error {
	if _, err := c.bump(ctx, tx); err != nil {
		return err
	}
	es, err := collect(ctx, tx, scanEvent, "SELECT seq, id, target, action, doc FROM decision_event WHERE id = $1", id)
	if err != nil {
		return err
	}
	if len(es) == 0 || es[0].Action != Decided {
		return errkind.Coded(errkind.NotFound, "no-such-decision", "the catalog has no such decision")
	}
	ds, err := collect(ctx, tx, scanDecision, selectDecision+" WHERE event = $1", id)
	if err != nil {
		return err
	}
	if len(ds) == 0 {
		return errkind.Coded(errkind.Conflict, "decided-meanwhile", "something was decided on it since: undo that first")
	}
	old := ds[0]
	now := Decision{Version: old.Version + 1, target: old.target, stable: old.stable, typ: old.typ, Proposed: old.Proposed}
	event := Event{ID: newID(), Action: Undone, Undoes: id, By: by, At: clock.Micros()}
	if es[0].Before != nil {
		now.Decision = *es[0].Before
	}
	now.Field, now.Edge, now.Question = old.Field, old.Edge, old.Question
	return c.apply(ctx, tx, now, old, event)
}

func newID() string {
	var b [12]byte
	_, _ = rand.Read(b[:])
	return hex.EncodeToString(b[:])
}
