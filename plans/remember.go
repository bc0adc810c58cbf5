package plans

import (
	"context"
	"slices"

	"vestige/audit"
	"vestige/internal/db"
	"vestige/internal/errkind"
	"vestige/lineage"
	"vestige/pii"
)

// remember makes an answer a decision for everybody whose data stands at the places, where it is one that says something of the field or of the reference and nothing of
// one person. It tells whether a reference was decided on.
func (e *Engine) remember(ctx context.Context, tx db.Tx, a Answer, places []lineage.Doubt) (referred bool, err error) {
	for _, at := range places {
		if !slices.Contains(at.Remember, a.Verdict) {
			return false, errkind.Coded(errkind.Invalid, "not-remembered", "this answer is about one person, and counts for nobody else: answer without having it remembered")
		}
		d := pii.Decision{Edge: at.Decision, Verdict: a.Verdict, Reason: a.Reason, By: a.By}
		if lineage.IsDoubt(at.Decision) {
			d.Edge, d.Question = "", at.Decision
		}
		referred = referred || d.Edge != ""
		if err := e.Catalog.Decide(ctx, tx, d); err != nil {
			return false, err
		}
		object := "question:" + d.Question
		if d.Edge != "" {
			object = "edge:" + d.Edge
		}
		facts := audit.Facts(map[string]any{"verdict": a.Verdict, "at": at.Dataset.In(at.Field).String(), "request": a.Request})
		if err := e.Audit.Append(ctx, tx, audit.Entry{Actor: a.By, Action: "catalog.decide", Object: object, Facts: facts}); err != nil {
			return false, err
		}
	}
	return referred, nil
}

// Decisions gives what was decided for everybody on references and on kinds of question, by id, and adds what was said of the latter to the answers of a request.
func (e *Engine) Decisions(ctx context.Context, answers map[string]pii.Verdict) (map[string]pii.Decision, error) {
	all, err := e.Catalog.Remembered(ctx)
	out := make(map[string]pii.Decision, len(all))
	for id, d := range all {
		if out[id] = d.Decision; d.Question != "" {
			answers[id] = d.Verdict
		}
	}
	return out, err
}
