package catalog

import (
	"context"
	"strconv"

	"vestige/internal/db"
	"vestige/internal/errkind"
	"vestige/lineage"
	"vestige/pii"
)

// Decision is what holds of a field, a reference or a question.
type Decision struct {
	pii.Decision
	Version  int64        `json:"version"`            // grows with each change; name it to refuse a decision over one not seen
	Reopened bool         `json:"reopened,omitempty"` // new evidence contradicts it: it no longer holds until someone decides again
	Proposed pii.Category `json:"proposed,omitempty"` // what the machine proposed when it was made

	target string
	stable string
	typ    string
}

// Action is what an event did.
type Action string

// The actions of events.
const (
	Decided    Action = "decide"
	Undone     Action = "undo"
	Moved      Action = "move"      // the field was renamed, and its decision went with it
	Reopened   Action = "reopen"    // new evidence contradicts the decision
	Superseded Action = "supersede" // another field took the place of the one decided
)

// Event is one entry of the history of decisions. Before is what held until then.
type Event struct {
	Seq      int64         `json:"seq"`
	ID       string        `json:"id"`
	Action   Action        `json:"action"`
	Decision pii.Decision  `json:"decision"`
	Before   *pii.Decision `json:"before,omitempty"`
	Undoes   string        `json:"undoes,omitempty"` // the event that an undo takes back
	By       string        `json:"by"`
	At       int64         `json:"at"`
	Target   string        `json:"target"`
}

// Query chooses decisions or events. Empty parts choose all.
type Query struct {
	Source string // of fields
	Target string // as Target writes it
	By     string
	After  int64  // events behind this sequence number
	Behind string // decisions about what comes behind this target
	Limit  int
}

// decisionsAtOnce is how many decisions, or events, are read at once: of those by one person some are read that nobody asked for.
const decisionsAtOnce = 1000

// rows is how many rows of the store are read at once, at most.
func (q Query) rows() int {
	if q.By == "" && q.Limit > 0 {
		return q.Limit
	}
	return decisionsAtOnce
}

// Target names what a decision is about: one string for a field, a reference or a question.
func Target(d pii.Decision) (string, error) {
	switch {
	case d.Field.Field != "" && d.Edge == "" && d.Question == "":
		return "field:" + d.Field.String(), nil
	case d.Edge != "" && d.Field == (pii.Ref{}) && d.Question == "":
		return "edge:" + d.Edge, nil
	case d.Question != "" && d.Edge == "":
		return "question:" + d.Question, nil
	}
	return "", errkind.Coded(errkind.Invalid, "no-target", "a decision is about one field, one reference or one question")
}

func (d Decision) holds() bool { return d.Verdict != "" && !d.Reopened }

// over lays the decision over what the machine says of a field.
func (d Decision) over(f *lineage.FieldNode) {
	if !d.holds() || d.Verdict == pii.Defer {
		return
	}
	if d.Verdict == pii.Reject {
		f.Dense, f.Contains, f.Role, f.Domain = true, nil, "", ""
	} else if f.Category != d.Category {
		f.Dense = d.Category != "text.personal"
	}
	f.Category, f.Confidence, f.Decided = d.Category, 1, true
	f.Put, f.Suspect, f.Suspected, f.Swayed = false, "", 0, false
}

// overEdge lays it over a reference; ok is false where it is rejected and so no part of the graph.
func (d Decision) overEdge(e *lineage.Edge) (ok bool) {
	switch {
	case !d.holds() || d.Verdict == pii.Defer:
		return true
	case d.Verdict == pii.Reject:
		return false
	}
	if d.Kind != "" {
		e.Kind = lineage.Role(d.Kind)
	}
	e.Decided, e.Confidence = true, 1
	return true
}

const selectDecision = "SELECT target, version, stable, type, proposed, reopened, doc FROM decision"

func scanDecision(row db.Row) (d Decision, err error) {
	var proposed string
	var doc []byte
	err = row.Scan(&d.target, &d.Version, &d.stable, &d.typ, &proposed, &d.Reopened, &doc)
	d.Proposed = pii.Category(proposed)
	if err == nil {
		err = decode(doc, &d.Decision)
	}
	return d, err
}

// decisionsAt gives what was decided of a dataset's fields, by name.
func (c *Catalog) decisionsAt(ctx context.Context, tx db.Tx, ref pii.Ref) (map[string]Decision, error) {
	ds, err := collect(ctx, tx, scanDecision, selectDecision+" WHERE source = $1 AND dataset = $2 AND field <> ''", ref.Source, ref.Dataset)
	at := make(map[string]Decision, len(ds))
	for _, d := range ds {
		at[d.Field.Field] = d
	}
	return at, err
}

func (c *Catalog) decisionOn(ctx context.Context, tx db.Tx, target string) (Decision, error) {
	ds, err := collect(ctx, tx, scanDecision, selectDecision+" WHERE target = $1", target)
	if err != nil || len(ds) == 0 {
		return Decision{target: target}, err
	}
	return ds[0], nil
}

// Decisions gives what holds now, ordered by what it is about.
func (c *Catalog) Decisions(ctx context.Context, q Query) (ds []Decision, err error) {
	err = c.read(ctx, func(tx db.Tx) error {
		for {
			var w conditions
			w.add("verdict <> ''")
			w.is("source", q.Source)
			w.is("target", q.Target)
			if q.Behind != "" {
				w.add("target > " + w.arg(q.Behind))
			}
			part, err := collect(ctx, tx, scanDecision, selectDecision+w.String()+" ORDER BY target LIMIT "+strconv.Itoa(q.rows()), w.args...)
			for _, d := range part {
				q.Behind = d.target
				if (q.By == "" || d.By == q.By) && (q.Limit == 0 || len(ds) < q.Limit) {
					ds = append(ds, d)
				}
			}
			if err != nil || len(part) < q.rows() || q.Limit > 0 && len(ds) == q.Limit {
				return err
			}
		}
	})
	return ds, err
}

// Remembered gives what holds of references and of kinds of question, by the id of either: what was decided for everybody, and not asked about again.
func (c *Catalog) Remembered(ctx context.Context) (map[string]Decision, error) {
	out := map[string]Decision{}
	return out, c.read(ctx, func(tx db.Tx) error {
		all, err := collect(ctx, tx, scanDecision, selectDecision+" WHERE verdict <> '' AND source = ''")
		for _, d := range all {
			if d.holds() && d.Verdict != pii.Defer {
				out[d.Edge+d.Question] = d
			}
		}
		return err
	})
}

// Events gives the history of decisions in order.
func (c *Catalog) Events(ctx context.Context, q Query) (es []Event, err error) {
	err = c.read(ctx, func(tx db.Tx) error {
		for {
			var w conditions
			w.add("seq > " + w.arg(q.After))
			w.is("target", q.Target)
			part, err := collect(ctx, tx, scanEvent, "SELECT seq, id, target, action, doc FROM decision_event"+w.String()+" ORDER BY seq LIMIT "+strconv.Itoa(decisionsAtOnce), w.args...)
			for _, e := range part {
				q.After = e.Seq
				if (q.Source == "" || e.Decision.Field.Source == q.Source) && (q.By == "" || e.By == q.By) && (q.Limit == 0 || len(es) < q.Limit) {
					es = append(es, e)
				}
			}
			if err != nil || len(part) < decisionsAtOnce || q.Limit > 0 && len(es) == q.Limit {
				return err
			}
		}
	})
	return es, err
}

func scanEvent(row db.Row) (e Event, err error) {
	var doc []byte
	var seq int64
	var id, target, action string
	if err = row.Scan(&seq, &id, &target, &action, &doc); err == nil {
		err = decode(doc, &e)
	}
	e.Seq, e.ID, e.Target, e.Action = seq, id, target, Action(action)
	return e, err
}

// putEvent appends to the history; the event's id and sequence number are set.
func (c *Catalog) putEvent(ctx context.Context, tx db.Tx, e *Event) error {
	row := tx.QueryRow(ctx, "UPDATE catalog_revision SET events = events + 1 WHERE id = 1 RETURNING events")
	if err := row.Scan(&e.Seq); err != nil {
		return err
	}
	doc, err := encode(e)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, "INSERT INTO decision_event (seq, id, target, action, doc) VALUES ($1, $2, $3, $4, $5)",
		e.Seq, e.ID, e.Target, string(e.Action), doc)
	return err
}

// putCurrent writes what holds of a target.
func (c *Catalog) putCurrent(ctx context.Context, tx db.Tx, d Decision, event string) error {
	doc, err := encode(d.Decision)
	if err != nil {
		return err
	}
	if err := c.teach(ctx, tx, d.target, d); err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `INSERT INTO decision (target, source, dataset, field, version, event, verdict, stable, type, proposed, reopened, doc, likeness, says)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14) ON CONFLICT (target) DO UPDATE SET
		source = excluded.source, dataset = excluded.dataset, field = excluded.field, version = excluded.version, event = excluded.event,
		verdict = excluded.verdict, stable = excluded.stable, type = excluded.type, proposed = excluded.proposed,
		reopened = excluded.reopened, doc = excluded.doc, likeness = excluded.likeness, says = excluded.says`, d.target, d.Field.Source, d.Field.Dataset, d.Field.Field, d.Version, event,
		string(d.Verdict), d.stable, d.typ, string(d.Proposed), d.Reopened, doc, d.likeness(), string(d.says()))
	return err
}
