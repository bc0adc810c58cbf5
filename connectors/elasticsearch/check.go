package elasticsearch

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"vestige/connectors"
	"vestige/internal/errkind"
	"vestige/pii"
)

// Check looks at the documents of a unit as Erase would, and at what would keep it from writing: blocks, privileges, pipelines.
func (d *Driver) Check(ctx context.Context, u pii.Unit) ([]pii.Finding, error) {
	w, err := d.plan(ctx, u)
	if k := errkind.Of(err); err != nil && (k == errkind.Unsupported || k == errkind.Invalid || k == errkind.NotFound) {
		return []pii.Finding{{Code: connectors.FindingConstraint, Dataset: u.Acts[0].Dataset.Ref, Text: err.Error(), Blocking: true}}, nil
	}
	if errkind.Of(err) == errkind.Permission && err != nil {
		return []pii.Finding{{Code: connectors.FindingPrivilege, Dataset: u.Acts[0].Dataset.Ref, Text: err.Error(), Blocking: true}}, nil
	}
	if err != nil {
		return nil, err
	}
	var out []pii.Finding
	for i, act := range u.Acts {
		n := map[state]int64{}
		for _, s := range w.slots {
			if slices.Contains(s.acts, i) {
				n[s.state]++
			}
		}
		out = append(out, pii.Finding{Code: connectors.FindingAffected, Dataset: act.Dataset.Ref, Text: "documents that will change", Records: n[waiting]})
		if n[alreadyDone] > 0 {
			out = append(out, pii.Finding{Code: connectors.FindingDone, Dataset: act.Dataset.Ref, Text: "documents that are done already", Records: n[alreadyDone]})
		}
		if n[changedSince] > 0 {
			out = append(out, pii.Finding{Code: connectors.FindingConflict, Dataset: act.Dataset.Ref, Text: "documents that are no longer what was found", Records: n[changedSince], Blocking: true})
		}
	}
	return w.obstacles(ctx, out)
}

// obstacles adds what would keep the indexes from being written to.
func (w *work) obstacles(ctx context.Context, out []pii.Finding) ([]pii.Finding, error) {
	for dataset, members := range w.members {
		ref := pii.Ref{Source: w.d.env.Name, Dataset: dataset}
		for _, x := range members {
			for _, b := range x.blocked() {
				if b == "write" || b == "read_only" || b == "read_only_allow_delete" {
					out = append(out, pii.Finding{Code: codeBlocked, Dataset: ref, Text: "an index has the block " + b + ", which refuses deleting documents too", Blocking: true})
				}
			}
		}
		missing, err := w.d.lacks(ctx, members)
		if err != nil {
			return nil, err
		}
		if len(missing) > 0 {
			out = append(out, pii.Finding{Code: connectors.FindingPrivilege, Dataset: ref, Text: "the user lacks the privileges " + strings.Join(missing, ", "), Blocking: true})
		}
		filtered, err := w.d.filtered(ctx)
		if err != nil {
			return nil, err
		}
		if filtered(members) {
			out = append(out, pii.Finding{Code: gapFiltered, Dataset: ref, Text: "the user's role hides documents or fields: writing a document again would lose the hidden fields", Blocking: true})
		}
	}
	return out, nil
}

// lacks gives the privileges that the user has not for some of the indexes; none where the cluster has no security.
func (d *Driver) lacks(ctx context.Context, members []*index) (missing []string, err error) {
	names := make([]string, len(members))
	for i, x := range members {
		names[i] = x.name
	}
	wanted := []string{"read", "index", "delete"}
	body, err := json.Marshal(map[string]any{"index": []any{map[string]any{"names": names, "privileges": wanted}}})
	if err != nil {
		return nil, malformed()
	}
	text, err := d.c.do(ctx, call{method: http.MethodPost, path: "/_security/user/_has_privileges", body: body})
	switch errkind.Of(err) {
	case errkind.Canceled, errkind.Transient:
		return nil, err
	}
	var got struct{ Index map[string]map[string]bool }
	if err != nil || decoded(text, &got) != nil {
		return nil, ctx.Err()
	}
	for _, p := range wanted {
		for _, has := range got.Index {
			if granted, said := has[p]; said && !granted && !slices.Contains(missing, p) {
				missing = append(missing, p)
			}
		}
	}
	return missing, nil
}

// Statements shows the calls of a unit, with placeholders where values stand.
func (d *Driver) Statements(u pii.Unit) []string {
	var out []string
	for _, act := range u.Acts {
		what := `{"index":{"_index":?,"_id":?,"routing":?,"if_seq_no":?,"if_primary_term":?}} and the document as it was, with %d values changed`
		n := 0
		for _, t := range act.Targets {
			n += len(t.Changes)
		}
		line := fmt.Sprintf(what, n)
		if act.Method == pii.Delete {
			line = `{"delete":{"_index":?,"_id":?,"routing":?,"if_seq_no":?,"if_primary_term":?}}`
		}
		out = append(out, fmt.Sprintf("POST /_bulk on %s, %d × %s", act.Dataset.Ref.Dataset, len(act.Targets), line))
	}
	return append(out, "POST /INDEX/_refresh")
}
