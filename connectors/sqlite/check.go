package sqlite

import (
	"context"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"vestige/connectors"
	"vestige/internal/errkind"
	"vestige/pii"
)

// Check thinks a unit through in a read-only transaction, with the code by which Erase predicts, and says what it would meet.
func (d *Driver) Check(ctx context.Context, u pii.Unit) ([]pii.Finding, error) {
	c, err := d.take(ctx, reading)
	if err != nil {
		return nil, err
	}
	k := &checker{world: newWorld(d, c)}
	if err := k.look(ctx, u); err != nil {
		c.drop()
		return nil, err
	}
	c.put()
	err = k.privileges(ctx, u)
	return k.findings, err
}

// look thinks the acts through in one snapshot.
func (k *checker) look(ctx context.Context, u pii.Unit) error {
	if _, err := k.c.exec(ctx, "BEGIN"); err != nil {
		return err
	}
	for _, act := range u.Acts {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := k.act(ctx, act); err != nil {
			return err
		}
	}
	if err := k.settle(ctx); err != nil {
		return err
	}
	k.troubles()
	_, err := k.c.exec(context.WithoutCancel(ctx), "ROLLBACK")
	return err
}

// checker collects what a unit meets.
type checker struct {
	*world
	findings []pii.Finding
}

func (k *checker) add(code string, at pii.Ref, text string, n int64, blocks bool) {
	k.findings = append(k.findings, pii.Finding{Code: code, Dataset: at, Text: text, Records: n, Blocking: blocks})
}

func (k *checker) act(ctx context.Context, act pii.Act) error {
	p, err := k.plan(ctx, act)
	at := act.Dataset.Ref
	switch kind := errkind.Of(err); {
	case err != nil && (kind == errkind.Canceled || kind == errkind.Transient):
		return err
	case err != nil:
		k.add(errkind.Code(err), at, err.Error(), int64(len(act.Targets)), true)
		return nil
	case p.r == nil:
		return nil
	}
	k.add(connectors.FindingAffected, at, "records that will change", int64(len(p.rows)), false)
	if p.done > 0 {
		k.add(connectors.FindingDone, at, "records that are done already", p.done, false)
	}
	k.cascades()
	if len(p.rows) == 0 {
		return nil
	}
	if err := k.triggered(ctx, p); err != nil {
		return err
	}
	if act.Method == pii.Delete {
		return k.indexes(ctx, p.r)
	}
	return nil
}

func (k *checker) cascades() {
	byName := func(a, b effect) int { return strings.Compare(a.dataset+string(a.method), b.dataset+string(b.method)) }
	for _, e := range slices.SortedFunc(maps.Keys(k.effects), byName) {
		k.add(connectors.FindingCascade, k.refOf(e.dataset), "SQLite will "+string(e.method)+" by itself", k.effects[e], false)
		k.findings[len(k.findings)-1].Method = e.method
	}
}

func (k *checker) refOf(dataset string) pii.Ref {
	return pii.Ref{Source: k.d.env.Name, Dataset: dataset}
}

// triggered names the triggers of every table that the act changes, by cascades too.
func (k *checker) triggered(ctx context.Context, p planned) error {
	names := []string{p.r.dataset()}
	for e := range k.effects {
		if !slices.Contains(names, e.dataset) {
			names = append(names, e.dataset)
		}
	}
	slices.Sort(names)
	for _, name := range names {
		got, err := k.triggers(ctx, name)
		if err != nil {
			return err
		}
		for _, t := range got {
			k.add(connectors.FindingTrigger, k.refOf(name), "the trigger "+t.name+" will run", 0, false)
		}
	}
	return nil
}

// indexes finds references to the table whose child has no index to find its records by.
func (k *checker) indexes(ctx context.Context, r *reader) error {
	rels, err := k.related(ctx, r.l.schema, r.l.table)
	if err != nil {
		return err
	}
	for _, rel := range rels {
		got, err := k.c.number(ctx, `SELECT count(*) FROM pragma_index_list(?, ?) l, pragma_index_xinfo(l.name, ?) x
			WHERE x.seqno=0 AND l.partial=0 AND lower(x.name)=lower(?)`, rel.child, rel.schema, rel.schema, rel.from[0])
		if err != nil {
			return err
		}
		child, err := k.d.layout(ctx, k.c, k.d.display(rel.schema, rel.child))
		if err != nil {
			return err
		}
		if c := child.column(rel.from[0]); got == 0 && (c == nil || !child.alias(c)) {
			k.add(connectors.FindingNoIndex, k.d.ref(rel.schema, rel.child), "no index leads with the column "+rel.from[0], 0, false)
		}
	}
	return nil
}

// troubles adds what blocks, summed by its kind and dataset.
func (k *checker) troubles() {
	for i, t := range k.trouble {
		same := func(o trouble) bool { return o.code == t.code && o.dataset == t.dataset && o.text == t.text }
		if slices.ContainsFunc(k.trouble[:i], same) {
			continue
		}
		sum := int64(0)
		for _, o := range k.trouble {
			if same(o) {
				sum += o.records
			}
		}
		k.add(t.code, k.refOf(t.dataset), t.text, sum, true)
	}
}

// privileges finds out whether the files may be written to, by taking the write lock and giving it back.
func (k *checker) privileges(ctx context.Context, u pii.Unit) error {
	if len(u.Acts) == 0 {
		return nil
	}
	at := u.Acts[0].Dataset.Ref
	for _, schema := range k.d.schemas() {
		if info, err := os.Stat(filepath.Dir(k.d.file(schema))); err == nil && info.Mode().Perm()&0o222 == 0 {
			k.add(connectors.FindingPrivilege, at, "the folder of "+schema+" is not writable, and SQLite keeps its journal there", 0, true)
		}
	}
	c, err := k.d.dial(ctx, writing)
	if err == nil {
		if _, err = c.exec(ctx, "BEGIN IMMEDIATE"); err == nil {
			_, err = c.exec(context.WithoutCancel(ctx), "ROLLBACK")
		}
		c.drop()
	}
	switch errkind.Of(err) {
	case errkind.Permission:
		k.add(connectors.FindingPrivilege, at, "the database may not be written to", 0, true)
		return nil
	case errkind.Transient:
		k.add("locked", at, "another connection holds the database's lock", 0, false)
		return nil
	}
	return err
}
