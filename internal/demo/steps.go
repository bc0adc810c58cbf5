package demo

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"vestige/catalog"
	"vestige/internal/app"
	"vestige/internal/demo/company"
	"vestige/internal/errkind"
	"vestige/lineage"
	"vestige/pii"
	"vestige/plans"
	"vestige/policies"
	"vestige/requests"
	"vestige/scanner"
)

const me = "demo"

func (w *walk) scan(ctx context.Context) error {
	w.Print("\n%s\n", w.Bold("Scan"))
	var rows [][]string
	gaps := 0
	for _, name := range slices.Sorted(maps.Keys(w.app.Sources)) {
		r, err := w.app.ScanOne(ctx, me, w.app.Sources[name], scanner.Options{}, func(e scanner.Event) {
			w.Progress("reading %s: %d of %d datasets, %d records   %s", name, e.Done, e.Datasets, e.Records, e.Dataset.Dataset)
		})
		if err != nil {
			return err
		}
		gaps += len(r.Gaps)
		rows = append(rows, []string{name, fmt.Sprint(r.Progress.Datasets), fmt.Sprint(r.Progress.Fields), fmt.Sprint(r.Progress.Records), fmt.Sprint(len(r.Gaps))})
	}
	w.Progress("relating …")
	rel, err := w.app.Scanner.Relate(ctx)
	if err != nil {
		return err
	}
	w.Table([]string{"source", "datasets", "fields", "records", "gaps"}, rows)
	return w.showFields(ctx, rel)
}

func (w *walk) showFields(ctx context.Context, rel scanner.Related) error {
	r, err := w.app.Catalog.Search(ctx, "is:pii", catalog.Page{Limit: 1, Facets: true})
	if err != nil {
		return err
	}
	var kinds []string
	for _, f := range r.Facets {
		if f.Name == "category" {
			for i, v := range f.Values {
				if i < 6 {
					kinds = append(kinds, fmt.Sprintf("%s %d", v.Value, v.Count))
				}
			}
		}
	}
	w.Print("  %s hold personal data: %s …\n", w.Bold(fmt.Sprintf("%d fields", r.Total)), strings.Join(kinds, ", "))
	w.Print("  %d references, %d of them declared by nobody; %d silent copies. No field was decided by a person.\n", rel.References, rel.Inferred, rel.Copies)
	return nil
}

func (w *walk) find(ctx context.Context) error {
	w.Print("\n%s  %s, of whom only %s is given\n", w.Bold("Find"), w.who.Name, w.who.Start.Value)
	w.Progress("looking …")
	found, err := w.app.Find(ctx, me, start(w.who))
	if err != nil {
		return err
	}
	ps := slices.Clone(found.Places)
	slices.SortStableFunc(ps, func(a, b app.Place) int { return cmp.Compare(len(b.Links), len(a.Links)) })
	var rows [][]string
	for _, p := range ps[:min(len(ps), 12)] {
		rows = append(rows, []string{short(p.Name, 34), fmt.Sprint(p.Records), string(p.Holding), short(p.Route, 90)})
	}
	w.Table([]string{"dataset", "records", "holding", "route"}, rows)
	if more := len(ps) - len(rows); more > 0 {
		w.Print("  %s\n", w.Dim(fmt.Sprintf("… and %d places with shorter routes", more)))
	}
	by := map[lineage.Holding]int64{}
	for _, p := range ps {
		by[p.Holding] += p.Records
	}
	w.Print("  %s in %d places: %d hers, %d shared, %d mention her, %d held by another\n", w.Bold(fmt.Sprintf("%d records", found.Records)), len(ps),
		by[lineage.Hers], by[lineage.Joint], by[lineage.Mention], by[lineage.HeldByOther])
	return nil
}

func short(s string, n int) string {
	r := []rune(s)
	if len(r) <= n {
		return s
	}
	return string(r[:n/2-1]) + "…" + string(r[len(r)-n/2:])
}

func (w *walk) makePlan(ctx context.Context) (err error) {
	w.Progress("planning …")
	if w.plan, err = w.ask(ctx, policies.Erasure, w.who); err != nil {
		return err
	}
	o := &w.plan.Open
	w.Print("\n%s  %d steps, %d gaps, %d questions; %s\n", w.Bold("Plan"), len(o.Steps), len(o.Gaps), len(o.Questions), w.Dim("hash "+w.plan.Hash[:16]+"…"))
	var rows [][]string
	for _, s := range o.Steps {
		note := strings.Join(s.Fields, ", ")
		if s.Basis != "" {
			note = "kept: " + s.Basis
		} else if stmts := statements(s.Statements); len(stmts) > 0 {
			note = strings.Join(stmts, "; ")
		}
		rows = append(rows, []string{string(s.Method), fmt.Sprint(s.Records), short(s.Dataset.String(), 34), short(strings.Join(strings.Fields(note), " "), 84)})
	}
	w.Table([]string{"method", "records", "dataset", "statement"}, rows[:min(len(rows), 34)])
	if more := len(rows) - 34; more > 0 {
		w.Print("  %s\n", w.Dim(fmt.Sprintf("… and %d steps more in plan.json", more)))
	}
	for _, g := range o.Gaps {
		w.Print("  %s %s: %s\n", w.Warn("gap "+g.Code), g.At, g.Text)
	}
	for _, q := range o.Questions {
		w.Print("  %s %s\n", w.Warn("question"), q.Text)
	}
	return w.write("plan.json", w.plan)
}

// ask opens a request of a person and has it planned.
func (w *walk) ask(ctx context.Context, what policies.Type, s company.Subject) (*plans.Status, error) {
	r, err := w.app.Requests.Intake(ctx, requests.Intake{Type: what, Regime: "gdpr", Identifiers: start(s), Verified: "invented", Channel: "demo", By: me})
	if err != nil {
		return nil, err
	}
	return w.app.Requests.Plan(ctx, r.ID, me)
}

// statements leaves out what only frames a transaction.
func statements(all []string) (out []string) {
	for _, s := range all {
		if word, _, _ := strings.Cut(s, " "); word != "BEGIN" && word != "COMMIT" && word != "PRAGMA" {
			out = append(out, s)
		}
	}
	return out
}

func (w *walk) write(name string, v any) error {
	b, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return errkind.Wrap(errkind.Internal, err, "write %s", name)
	}
	return errkind.Wrap(errkind.Permission, os.WriteFile(filepath.Join(w.Dir, name), append(b, '\n'), 0o644), "write %s", name)
}

func (w *walk) carryOut(ctx context.Context) error {
	w.Print("\n%s\n", w.Bold("Approve, run, verify, attest"))
	if _, err := w.app.Requests.Approve(ctx, w.plan.Request, w.plan.Hash, me); err != nil {
		return err
	}
	w.line(true, "approved by its hash, by the one who asked: the policy says single-approver")
	r, err := w.app.Requests.Run(ctx, w.plan.Request, func(e plans.Event) { w.Progress("%s %s %d/%d %s", e.State, e.What, e.Done, e.Total, e.At) })
	if err != nil {
		return err
	}
	if r.State != plans.Closed {
		w.line(false, "the plan is %s: %s", r.State, r.Reason)
		return errkind.Coded(errkind.Conflict, "not-closed", "the request could not be closed: %s", r.Reason)
	}
	reports, err := w.app.Engine.Reports(ctx, w.plan.ID)
	if err != nil || len(reports) == 0 {
		return errkind.Wrap(errkind.NotFound, err, "no report of the look afterwards")
	}
	w.report = &reports[len(reports)-1]
	return w.showDone(ctx)
}

func (w *walk) showDone(ctx context.Context) error {
	s, err := w.app.Engine.Show(ctx, w.plan.ID)
	if err != nil {
		return err
	}
	var affected, done int64
	for _, u := range s.Units {
		for _, r := range u.Receipts {
			affected, done = affected+r.Affected, done+r.FoundDone
		}
	}
	w.line(true, "%d records changed or gone in %d units, each all or nothing", affected, len(s.Units))
	w.line(len(w.report.Residues) == 0, "looked again without the plan's map: %d datasets searched, %d residues, %d skipped", w.report.Searched, len(w.report.Residues), len(w.report.Skipped))
	file, err := w.app.Engine.Attestation(ctx, w.plan.ID)
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(w.Dir, "attestation.json"), file, 0o644); err != nil {
		return errkind.Wrap(errkind.Permission, err, "write the attestation")
	}
	public, err := w.app.Engine.AttestationKey(ctx)
	if err != nil {
		return err
	}
	_, err = plans.ReadAttestation(file, public)
	w.line(err == nil, "signed attestation, checked with the public key alone; the request's key is destroyed")
	return err
}

// export gives another person her data.
func (w *walk) export(ctx context.Context) error {
	other := w.another()
	st, err := w.ask(ctx, policies.Access, other)
	if err != nil {
		return err
	}
	for _, q := range st.Open.Questions {
		if st, err = w.app.Requests.Answer(ctx, plans.Answer{Request: st.Request, ID: q.ID, Verdict: pii.Reject, Reason: "not without a proof", By: me}); err != nil {
			return err
		}
	}
	if _, err := w.app.Requests.Approve(ctx, st.Request, st.Hash, me); err != nil {
		return err
	}
	recipient, err := w.NewKey(filepath.Join(w.Dir, "export.key"))
	if err != nil {
		return err
	}
	info, err := w.app.Requests.Export(ctx, st.Request, plans.ExportTo{Path: filepath.Join(w.Dir, "export.age"), Recipients: []string{recipient}, By: me})
	if err != nil {
		return err
	}
	w.line(true, "export of %s: %.1f kB, encrypted before it reached the disk, for export.key; gone after %s", other.Name, float64(info.Bytes)/1024, time.UnixMicro(info.Expires).UTC().Format(time.DateOnly))
	return nil
}

// another gives the person with the most records who is neither her nor an employee.
func (w *walk) another() (out company.Subject) {
	most := -1
	for _, s := range w.company.Truth.Subjects {
		if s.Agent || s.ID == w.who.ID || !s.Start.Single {
			continue
		}
		if n := len(w.company.Truth.Of(s.ID)); n > most {
			out, most = s, n
		}
	}
	return out
}

func (w *walk) proof(ctx context.Context) error {
	cp, err := w.app.Audit.Export(ctx, filepath.Join(w.Dir, "audit"))
	if err != nil {
		return err
	}
	w.line(true, "audit log: %d entries in a Merkle tree, exported; \"vestige audit verify\" checks it without us", cp.Size)
	return nil
}

// kept says what stays and why.
func (w *walk) kept() {
	for _, s := range w.plan.Open.Steps {
		if s.Method == pii.Retain {
			until := ""
			if s.Until > 0 {
				until = ", until " + time.UnixMicro(s.Until).UTC().Format(time.DateOnly)
			}
			w.Print("  %s %d records of %s: %s%s\n", w.Warn("kept"), s.Records, s.Dataset, s.Basis, until)
		}
	}
	by := map[string][]string{}
	for _, p := range w.plan.Open.Held {
		by[p.Why] = append(by[p.Why], fmt.Sprintf("%s %d", short(p.Dataset.String(), 30), p.Records))
	}
	for _, why := range slices.Sorted(maps.Keys(by)) {
		w.Print("  %s %s: %s\n", w.Warn("untouched"), why, strings.Join(by[why], ", "))
	}
}
