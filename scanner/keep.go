package scanner

import (
	"context"

	"vestige/catalog"
	"vestige/internal/clock"
	"vestige/internal/db"
	"vestige/lineage"
	"vestige/pii"
)

// finding is what an examination found, as it is stored. The counts and hashes that it was made from are gone by then.
type finding struct {
	node      lineage.Node
	old       lineage.Node
	known     bool
	skipped   bool // nothing was read, since nothing has changed
	proposals []pii.Proposal
	sketches  []catalog.Sketch
	began     int64
	spent     catalog.Progress
}

// find makes the finding of an examination that is over.
func (ex *exam) find(old *lineage.Node, known bool) *finding {
	f := &finding{old: *old, known: known, proposals: ex.proposals(), began: ex.began}
	f.node, f.sketches = ex.node(f.proposals), ex.sketches(f.proposals)
	f.spent = catalog.Progress{
		Done: 1, Fields: int64(len(f.node.Fields)), Records: ex.records, Values: ex.values, Bytes: ex.bytes,
		Gaps: int64(len(f.node.Gaps)), Micros: clock.Micros() - ex.began, Personal: f.personal(),
	}
	return f
}

// most is how many findings are stored in one unit of work.
const most = 16

// keep hands a finding to the one that stores them, and waits only where that one is far behind.
func (sc *scan) keep(ctx context.Context, f *finding) error {
	select {
	case sc.found <- f:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// storeAll stores findings until there are no more, as many in one unit of work as wait, since what a unit costs is mostly its end on the disk.
func (sc *scan) storeAll(ctx context.Context) error {
	for f := range sc.found {
		group := []*finding{f}
		for len(group) < most && len(sc.found) > 0 {
			group = append(group, <-sc.found)
		}
		if err := sc.storeGroup(ctx, group); err != nil {
			return err
		}
	}
	return nil
}

// storeGroup stores findings without waiting for the disk, which the end of the run does for all of them: what a power cut takes is examined again.
func (sc *scan) storeGroup(ctx context.Context, group []*finding) error {
	err := sc.write(ctx, sc.store.WriteLoose, func(tx db.Tx) error {
		if err := sc.held(ctx, tx); err != nil {
			return err
		}
		var spent catalog.Progress
		for _, f := range group {
			if err := sc.put(ctx, tx, f); err != nil {
				return err
			}
			spent.Add(f.spent)
		}
		return sc.spend(ctx, tx, spent)
	})
	if err != nil {
		return err
	}
	for _, f := range group {
		sc.stored(f)
	}
	return nil
}

// put stores one finding, and raises what a person should look at.
func (sc *scan) put(ctx context.Context, tx db.Tx, f *finding) error {
	if f.skipped {
		return sc.run.Mark(ctx, tx, f.node.Dataset.Ref)
	}
	if err := sc.cat.SketchPut(ctx, tx, f.sketches...); err != nil {
		return err
	}
	if err := sc.cat.PutDataset(ctx, tx, f.node, f.proposals); err != nil {
		return err
	}
	if err := sc.alerts(ctx, tx, f); err != nil {
		return err
	}
	if err := sc.run.Item(ctx, tx, f.item()); err != nil {
		return err
	}
	return sc.run.Mark(ctx, tx, f.node.Dataset.Ref)
}

// stored tells of a finding that is safe in the catalog.
func (sc *scan) stored(f *finding) {
	if f.skipped {
		sc.count(func(p *catalog.Progress) { p.Add(f.spent) })
		sc.tell(sc.event(f.node.Dataset.Ref, "skipped"))
		return
	}
	sc.mu.Lock()
	sc.report.Gaps = append(sc.report.Gaps, f.node.Gaps...)
	sc.mu.Unlock()
	sc.count(func(p *catalog.Progress) { p.Add(f.spent) })
	sc.report.told(sc, f.node, f.proposals)
}
