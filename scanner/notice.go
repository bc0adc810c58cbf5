package scanner

import (
	"context"
	"fmt"

	"vestige/catalog"
	"vestige/internal/db"
	"vestige/lineage"
	"vestige/pii"
)

// item is what a run keeps of a finding, by which it is compared with others.
func (f *finding) item() catalog.Item {
	it := catalog.Item{Dataset: f.node.Dataset.Ref.Dataset, State: "read", Records: f.spent.Records, Bytes: f.spent.Bytes, Micros: f.spent.Micros, Gaps: f.node.Gaps}
	if len(f.node.Gaps) > 0 {
		it.State = "gap"
	}
	for i := range f.node.Fields {
		n := &f.node.Fields[i]
		x := catalog.ItemField{Name: n.Field.Name, Type: orType(n.Field)}
		if n.Confidence >= catalog.Find {
			x.Category, x.Confidence = n.Category, n.Confidence
		}
		it.Fields = append(it.Fields, x)
	}
	return it
}

func orType(f pii.Field) string {
	if f.Native != "" {
		return f.Native
	}
	return string(f.Type)
}

// personal counts the fields of a finding that are proposed to hold personal data.
func (f *finding) personal() (n int64) {
	for _, p := range f.proposals {
		if p.Category.Personal() && p.Confidence >= catalog.Find {
			n++
		}
	}
	return n
}

// drift raises fields that are not what they were: of another type, or proposed to hold personal data where the same classifiers found none before.
func (sc *scan) drift(ctx context.Context, tx db.Tx, f *finding, waiting map[string]pii.Category) error {
	for i := range f.node.Fields {
		now := &f.node.Fields[i]
		was := f.old.Field(now.Field.Name)
		if was == nil || f.old.Gone != 0 {
			continue
		}
		if text := drifted(was, now, waiting[now.Field.Name], sc.set.Version()); text != "" {
			if err := sc.cat.PutAlert(ctx, tx, catalog.Alert{Code: "drift", At: f.node.Dataset.Ref.In(now.Field.Name), Text: text}); err != nil {
				return err
			}
		}
	}
	return nil
}

func drifted(was, now *lineage.FieldNode, proposed pii.Category, version int) string {
	if a, b := orType(was.Field), orType(now.Field); a != b && a != "" && b != "" {
		return fmt.Sprintf("its type was %s and is %s", a, b)
	}
	if proposed == "" || was.Decided || !was.Examined || was.Values == 0 || was.Version != version {
		return ""
	}
	if !was.Category.Personal() && was.Suspect == "" {
		return "it held nothing personal at the last scan, and is proposed to hold " + string(proposed)
	}
	return ""
}

// mended closes what was amiss with a dataset and is no longer: that it was gone, or could not be read.
func (sc *scan) mended(ctx context.Context, tx db.Tx, f *finding) error {
	at := f.node.Dataset.Ref
	codes := map[string]pii.Ref{}
	for _, g := range f.old.Gaps {
		codes[g.Code] = g.At
	}
	for _, g := range f.node.Gaps {
		delete(codes, g.Code)
	}
	if f.old.Gone != 0 {
		codes["gone"] = at
	}
	for code, where := range codes {
		if err := sc.cat.Settled(ctx, tx, code, at.Source, func(r pii.Ref) bool { return r != where }); err != nil {
			return err
		}
	}
	return nil
}

// manyGone is how many datasets must be missed, at least and as a part of those known, before their absence is one event of the source.
const (
	manyGone  = 5
	shareGone = 0.2
)

// conclude raises what only a whole scan shows: that much of the source has vanished, or that less of it is examined than before; and closes what holds no more.
func (sc *scan) conclude(ctx context.Context, tx db.Tx, missing []pii.Ref) error {
	at := pii.Ref{Source: sc.src.Name()}
	for _, ref := range missing {
		if err := sc.run.Item(ctx, tx, catalog.Item{Dataset: ref.Dataset, State: "gone"}); err != nil {
			return err
		}
	}
	known := sc.report.Progress.Done + int64(len(missing))
	if n := len(missing); n >= manyGone && float64(n) >= shareGone*float64(known) {
		a := catalog.Alert{Code: "mass-disappearance", At: at, Text: fmt.Sprintf("%d of %d datasets were not found by a scan", n, known)}
		if err := sc.cat.PutAlert(ctx, tx, a); err != nil {
			return err
		}
	}
	for _, code := range []string{"unreachable", "scan-stale"} {
		if err := sc.cat.Settled(ctx, tx, code, at.Source, func(r pii.Ref) bool { return r != at }); err != nil {
			return err
		}
	}
	return sc.coverage(ctx, tx, at)
}

// lessCoverage is by how much the share of examined fields must fall before it is told.
const lessCoverage = 0.02

// coverage compares how much of the source is examined with what it was after the last whole scan.
func (sc *scan) coverage(ctx context.Context, tx db.Tx, at pii.Ref) error {
	fields, examined, err := sc.cat.Coverage(ctx, tx, at.Source)
	if err != nil {
		return err
	}
	p := &sc.report.Progress
	p.Known, p.Examined = fields, examined
	last, err := sc.cat.LastWhole(ctx, tx, at.Source)
	if err != nil || last == nil || last.Progress.Known == 0 || fields == 0 {
		return err
	}
	before, now := float64(last.Progress.Examined)/float64(last.Progress.Known), float64(examined)/float64(fields)
	if before-now < lessCoverage {
		return sc.cat.Settled(ctx, tx, "coverage-fallen", at.Source, func(pii.Ref) bool { return now < before })
	}
	return sc.cat.PutAlert(ctx, tx, catalog.Alert{Code: "coverage-fallen", At: at, Text: fmt.Sprintf("%d of %d fields are examined, %.1f %%; it was %.1f %%", examined, fields, now*100, before*100)})
}

// settle raises copies that nobody declared, and closes what is no longer so of what all sources together show.
func (s *Scanner) settle(ctx context.Context, tx db.Tx, w *world, edges []lineage.Edge, islands []pii.Ref) error {
	copies, alone, open := map[pii.Ref]bool{}, map[pii.Ref]bool{}, map[pii.Ref]bool{}
	for _, e := range edges {
		if !e.Copy || e.Declared || e.Decided {
			continue
		}
		copies[e.From] = true
		if err := s.cat.PutAlert(ctx, tx, catalog.Alert{Code: "silent-copy", At: e.From, Text: "it holds what stands in " + e.To.String() + ", and nothing declares the copy"}); err != nil {
			return err
		}
	}
	for _, r := range islands {
		alone[r] = true
	}
	for _, n := range w.nodes {
		for _, f := range n.Fields {
			if n.Gone == 0 && catalog.Waits(&f) {
				open[n.Dataset.Ref] = true
			}
		}
	}
	for code, still := range map[string]map[pii.Ref]bool{"silent-copy": copies, "island": alone, "unmapped": open} {
		if err := s.cat.Settled(ctx, tx, code, "", func(r pii.Ref) bool { return still[r.Of()] || r.Field != "" }); err != nil {
			return err
		}
	}
	return nil
}
