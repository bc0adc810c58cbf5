package catalog

import (
	"context"
	"fmt"
	"strings"

	"vestige/internal/clock"
	"vestige/internal/db"
	"vestige/lineage"
	"vestige/pii"
)

// believed is the confidence from which new evidence contradicts a decision, and the overlap of two sketches from which
// two fields of one type hold the same values.
const (
	believed = 0.8
	alike    = 0.5
)

// rehome brings decisions to the fields that the node has now: those whose field was renamed move with it. The system's own id of a field
// goes before its name, so that two fields that changed names keep their decisions.
func (c *Catalog) rehome(ctx context.Context, tx db.Tx, n *lineage.Node) error {
	moves, err := c.movesByStable(ctx, tx, n)
	if err != nil {
		return err
	}
	more, err := c.movesBySketch(ctx, tx, n, moves)
	if err != nil {
		return err
	}
	for _, m := range more {
		moves[m.target] = m
	}
	return c.move(ctx, tx, n.Dataset.Ref.Of(), moves)
}

// movesByStable gives decisions of the source whose field has another place now, keyed by where they were, with the new place in Field.
func (c *Catalog) movesByStable(ctx context.Context, tx db.Tx, n *lineage.Node) (map[string]Decision, error) {
	moves, now := map[string]Decision{}, map[string]string{}
	args, marks := []any{n.Dataset.Ref.Source}, []string{}
	for _, f := range n.Fields {
		if s := f.Field.Stable; s != "" && now[s] == "" {
			now[s] = f.Field.Name
			args, marks = append(args, s), append(marks, fmt.Sprintf("$%d", len(args)+1))
		}
	}
	if len(marks) == 0 {
		return moves, nil
	}
	ds, err := collect(ctx, tx, scanDecision,
		selectDecision+" WHERE source = $1 AND verdict <> '' AND stable IN ("+strings.Join(marks, ", ")+")", args...)
	if err != nil {
		return nil, err
	}
	for _, d := range ds {
		to := n.Dataset.Ref.In(now[d.stable])
		if d.Field == to {
			continue
		}
		if still, err := c.stillThere(ctx, tx, d, n.Dataset.Ref.Of()); err != nil {
			return nil, err
		} else if still {
			continue
		}
		d.Field = to
		moves[d.target] = d
	}
	return moves, nil
}

// stillThere tells whether the field decided on stands in another dataset under the same id, which then is unique there only.
func (c *Catalog) stillThere(ctx context.Context, tx db.Tx, d Decision, here pii.Ref) (bool, error) {
	if d.Field.Of() == here {
		return false, nil
	}
	ids, err := collect(ctx, tx, scanText, `SELECT f.stable FROM field f JOIN dataset d ON d.source = f.source AND d.name = f.dataset
		WHERE f.source = $1 AND f.dataset = $2 AND f.name = $3 AND d.gone = 0`, d.Field.Source, d.Field.Dataset, d.Field.Field)
	return len(ids) > 0 && ids[0] == d.stable, err
}

// movesBySketch gives decisions of the dataset whose field is gone while a new one has its type and its values.
func (c *Catalog) movesBySketch(ctx context.Context, tx db.Tx, n *lineage.Node, moved map[string]Decision) ([]Decision, error) {
	ref := n.Dataset.Ref.Of()
	at, err := c.decisionsAt(ctx, tx, ref)
	if err != nil {
		return nil, err
	}
	had, err := collect(ctx, tx, scanText, "SELECT name FROM field WHERE source = $1 AND dataset = $2", ref.Source, ref.Dataset)
	if err != nil {
		return nil, err
	}
	known := map[string]bool{}
	for _, name := range had {
		known[name] = true
	}
	var moves []Decision
	for name, d := range at {
		if _, done := moved[d.target]; done || d.Verdict == "" || d.stable != "" || n.Field(name) != nil || !known[name] {
			continue
		}
		best, err := c.mostAlike(ctx, tx, n, d, func(f string) bool { return !known[f] && at[f].Verdict == "" })
		if err != nil {
			return nil, err
		}
		if best != "" {
			d.Field = ref.In(best)
			known[best] = true
			moves = append(moves, d)
		}
	}
	return moves, nil
}

func (c *Catalog) mostAlike(ctx context.Context, tx db.Tx, n *lineage.Node, d Decision, free func(string) bool) (string, error) {
	old, err := c.sketchesAt(ctx, tx, d.Field)
	if err != nil || len(old) == 0 {
		return "", err
	}
	best, most := "", alike
	for _, f := range n.Fields {
		if !free(f.Field.Name) || string(f.Field.Type) != d.typ {
			continue
		}
		now, err := c.sketchesAt(ctx, tx, d.Field.In(f.Field.Name))
		if err != nil {
			return "", err
		}
		if s := resemblance(old, now); s >= most {
			best, most = f.Field.Name, s
		}
	}
	return best, nil
}

// move takes the decisions from their places and puts them at the new ones. What was decided of a field whose place another took is kept
// in the history alone.
func (c *Catalog) move(ctx context.Context, tx db.Tx, ref pii.Ref, moves map[string]Decision) error {
	if len(moves) == 0 {
		return nil
	}
	at, err := c.decisionsAt(ctx, tx, ref)
	if err != nil {
		return err
	}
	for target := range moves {
		if err := c.teach(ctx, tx, target, Decision{}); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, "DELETE FROM decision WHERE target = $1", target); err != nil {
			return err
		}
	}
	for target, d := range moves {
		if other, taken := at[d.Field.Field]; taken && other.Verdict != "" && moves[other.target].target == "" {
			gone := Event{ID: newID(), Action: Superseded, Target: other.target, Decision: other.Decision, At: clock.Micros()}
			if err := c.putEvent(ctx, tx, &gone); err != nil {
				return err
			}
		}
		d.target = "field:" + d.Field.String()
		e := Event{ID: newID(), Action: Moved, Target: d.target, Decision: d.Decision, At: clock.Micros(), Undoes: target}
		if err := c.putEvent(ctx, tx, &e); err != nil {
			return err
		}
		if err := c.putCurrent(ctx, tx, d, d.ID); err != nil {
			return err
		}
	}
	return nil
}

// contradict reopens decisions that new evidence speaks against: the machine is sure of something that it did not see when they were made.
func (c *Catalog) contradict(ctx context.Context, tx db.Tx, n *lineage.Node, props map[string]pii.Proposal) error {
	at, err := c.decisionsAt(ctx, tx, n.Dataset.Ref)
	if err != nil {
		return err
	}
	for i := range n.Fields {
		f := &n.Fields[i]
		d, ok := at[f.Field.Name]
		if !ok || !d.contradicted(f, props[f.Field.Name].Examined) {
			continue
		}
		d.Reopened = true
		d.Version++
		e := Event{ID: newID(), Action: Reopened, Target: d.target, Decision: d.Decision, At: clock.Micros()}
		if err := c.putEvent(ctx, tx, &e); err != nil {
			return err
		}
		if err := c.putCurrent(ctx, tx, d, d.ID); err != nil {
			return err
		}
		text := fmt.Sprintf("decided as %s, now looks like %s: the decision does not hold until someone decides again", d.Category, f.Category)
		if err := c.PutAlert(ctx, tx, Alert{Code: "reopened", At: d.Field, Text: text}); err != nil {
			return err
		}
	}
	return nil
}

func (d Decision) contradicted(f *lineage.FieldNode, e pii.Examination) bool {
	switch {
	case !d.holds(), d.Verdict == pii.Defer, !f.Examined, e.Values == 0, e.How == "name", f.Confidence < believed:
		return false
	case f.Category == d.Proposed, f.Category.Covers(d.Category), d.Category.Covers(f.Category):
		return false
	case d.Verdict == pii.Reject:
		return f.Category.Personal()
	}
	return true
}
