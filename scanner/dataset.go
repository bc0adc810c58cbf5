package scanner

import (
	"context"
	"iter"

	"vestige/catalog"
	"vestige/connectors"
	"vestige/internal/db"
	"vestige/internal/errkind"
	"vestige/lineage"
	"vestige/pii"
)

// dataset examines one dataset, unless it is as it was.
func (sc *scan) dataset(ctx context.Context, d pii.Dataset) error {
	old, known, err := sc.before(ctx, d.Ref)
	if err != nil {
		return err
	}
	if !known {
		sc.mu.Lock()
		sc.report.New = append(sc.report.New, d.Ref)
		sc.mu.Unlock()
	}
	if known && !sc.opt.Again && sc.unchanged(&old, &d) {
		return sc.skip(ctx, d.Ref)
	}
	ex := newExam(sc, d)
	ex.read(ctx)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	f := ex.find(&old, known)
	ex.done()
	return sc.keep(ctx, f)
}

func (sc *scan) before(ctx context.Context, ref pii.Ref) (lineage.Node, bool, error) {
	if sc.fresh {
		return lineage.Node{}, false, nil
	}
	n, err := sc.cat.Node(ctx, ref)
	if errkind.Of(err) == errkind.NotFound {
		return n, false, nil
	}
	return n, err == nil, err
}

// unchanged tells whether schema, content and classifiers are those of the last examination, and that one read enough.
func (sc *scan) unchanged(old *lineage.Node, d *pii.Dataset) bool {
	if d.Version == "" || old.Dataset.Version != d.Version || old.Dataset.Schema != d.Schema || old.Gone != 0 || len(old.Gaps) > 0 {
		return false
	}
	for i := range old.Fields {
		if old.Fields[i].Version != sc.set.Version() || (sc.opt.Full && !old.Fields[i].Full) {
			return false
		}
	}
	return true
}

// skip marks a dataset as done, together with others.
func (sc *scan) skip(ctx context.Context, ref pii.Ref) error {
	f := &finding{skipped: true, spent: catalog.Progress{Done: 1, Skipped: 1}}
	f.node.Dataset.Ref = ref
	return sc.keep(ctx, f)
}

func (sc *scan) event(ref pii.Ref, stage string) Event {
	sc.mu.Lock()
	defer sc.mu.Unlock()
	p := sc.report.Progress
	return Event{Source: sc.src.Name(), Dataset: ref, Stage: stage, Datasets: p.Datasets, Done: p.Done, Records: p.Records, Bytes: p.Bytes}
}

func (r *Report) told(sc *scan, n lineage.Node, proposals []pii.Proposal) {
	e := sc.event(n.Dataset.Ref, "done")
	for _, p := range proposals {
		if p.Category.Personal() && p.Confidence >= catalog.Find {
			e.Found = append(e.Found, p)
		}
	}
	sc.tell(e)
	for i := range n.Gaps {
		g := sc.event(n.Dataset.Ref, "gap")
		g.Gap = &n.Gaps[i]
		sc.tell(g)
	}
}

// alerts raises new fields with personal data in a dataset that was known, and what could not be read.
func (sc *scan) alerts(ctx context.Context, tx db.Tx, f *finding) error {
	for _, g := range f.node.Gaps {
		if err := sc.cat.PutAlert(ctx, tx, catalog.Alert{Code: g.Code, At: g.At, Text: g.Text, Opened: f.began}); err != nil {
			return err
		}
	}
	if !f.known {
		return nil
	}
	if err := sc.mended(ctx, tx, f); err != nil {
		return err
	}
	waiting, err := sc.cat.Waiting(ctx, tx, f.node.Dataset.Ref)
	if err != nil {
		return err
	}
	if err := sc.drift(ctx, tx, f, waiting); err != nil {
		return err
	}
	for _, p := range f.proposals {
		category, waits := waiting[p.Field.Field]
		if f.old.Field(p.Field.Field) != nil || !waits {
			continue
		}
		a := catalog.Alert{Code: "new-field", At: p.Field, Text: "a new field is proposed to hold " + string(category), Opened: f.began}
		if err := sc.cat.PutAlert(ctx, tx, a); err != nil {
			return err
		}
	}
	return nil
}

// batch is how many records are asked for at once: so many that what a statement costs beside its rows hardly counts.
const batch = 2048

// records gives the records that an examination looks at, and whether they are all there are.
func (sc *scan) records(ctx context.Context, d pii.Dataset) (seq iter.Seq2[*pii.Batch, error], full bool) {
	q := connectors.Query{Dataset: d, Seed: sc.opt.Seed, Batch: batch, Bare: true}
	if sc.opt.Full || d.Bytes <= sc.opt.Bytes && sc.few(ctx, d) {
		return sc.src.Read(ctx, q), true
	}
	return sc.src.Sample(ctx, q, sc.opt.Sample), false
}

// few tells whether a dataset has no more records than a sample. Where the system does not know how many it has, they are counted that far.
func (sc *scan) few(ctx context.Context, d pii.Dataset) bool {
	if d.Records >= 0 || len(d.Fields) == 0 {
		return d.Records >= 0 && d.Records <= int64(sc.opt.Sample)
	}
	n := 0
	q := connectors.Query{Dataset: d, Fields: []string{d.Fields[0].Name}, Limit: int64(sc.opt.Sample) + 1, Batch: batch, Bare: true}
	for b, err := range sc.src.Read(ctx, q) {
		if err != nil || b.Gap != nil {
			return false
		}
		n += b.Len()
	}
	return n <= sc.opt.Sample
}
