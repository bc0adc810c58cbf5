package connectortest

import (
	"context"

	"vestige/connectors"
	"vestige/internal/errkind"
	"vestige/pii"
)

func limitedChecks() []check {
	return []check{
		{"limited/gap", limitedGap},
		{"limited/erase", limitedErase},
	}
}

// limits gives a system with a dataset that the user of Limited may not touch, as that user.
func (b *bench) limits() *rig {
	b.Helper()
	forbidden := accounts()
	forbidden.Name = ForbiddenName
	r := b.start(Fixture{Datasets: []Dataset{accounts(), forbidden}})
	if r.Limited == nil {
		b.Skipf("the system lacks privileges: Limited is nil")
	}
	return r
}

// by gives a driver of a role that is opened by another configuration.
func (r *rig) by(role connectors.Role, cfg connectors.Config) connectors.Driver {
	r.Helper()
	d, err := r.open(role, cfg)
	if err != nil {
		r.Fatalf("open for %s: %v", role, err)
	}
	r.real.Cleanup(func() { _ = d.Close() })
	return d
}

// limitedGap: a dataset that the credentials do not let us read is discovered with the gap "permission"; a sequence of it is that gap or an error of that kind, and
// nothing else is touched by it.
func limitedGap(b *bench) {
	r := b.limits()
	d := r.by(connectors.Scan, r.Limited)
	var found []pii.Dataset
	for _, ds := range list(b, d.Discover(context.Background())) {
		switch {
		case ds.Ref == r.ref(ForbiddenName) && (ds.Gap == nil || ds.Gap.Code != "permission"):
			b.Errorf("%s is discovered without the gap \"permission\"", ds.Ref)
		case ds.Ref == r.ref("accounts") && ds.Gap != nil:
			b.Errorf("%s, which may be read, has the gap %q", ds.Ref, ds.Gap.Code)
		}
		found = append(found, ds)
	}
	for _, name := range []string{"accounts", ForbiddenName} {
		ds := pii.Dataset{}
		for _, f := range found {
			if f.Ref == r.ref(name) {
				ds = f
			}
		}
		if ds.Ref.Dataset == "" {
			b.Errorf("%s is not discovered", r.ref(name))
			continue
		}
		if name == "accounts" {
			records, _ := r.records(name, d.Read(context.Background(), connectors.Query{Dataset: ds}))
			equal(b, "reading beside the forbidden dataset", rows(records), r.fixed(name).Rows)
			continue
		}
		for batch, err := range d.Read(context.Background(), connectors.Query{Dataset: ds}) {
			if err != nil {
				isKind(b, "reading the forbidden dataset", err, errkind.Permission)
			} else if batch.Gap == nil && batch.Len() > 0 {
				b.Errorf("the forbidden dataset is read")
			}
		}
	}
}

// limitedErase: erasing where the credentials do not let us is a finding that blocks, and an error of the kind permission that changes nothing.
func limitedErase(b *bench) {
	able[connectors.Eraser](b, "erase")
	r := b.limits()
	u := unit(r.act(ForbiddenName, pii.Delete, r.where(ForbiddenName, "mail", subject).target()))
	d := r.by(connectors.Erase, r.Limited)
	if p, ok := d.(connectors.Preflighter); ok {
		findings, err := p.Check(context.Background(), u)
		blocks := false
		for _, f := range findings {
			blocks = blocks || f.Blocking && f.Code == connectors.FindingPrivilege
		}
		if err != nil || !blocks {
			b.Errorf("Check of what the credentials forbid gives %v and the error %v, want a finding %q that blocks", findings, err, connectors.FindingPrivilege)
		}
	}
	before := r.Peek(r.real)
	_, err := d.(connectors.Eraser).Erase(context.Background(), u)
	isKind(b, "erasing what the credentials forbid", err, errkind.Permission)
	r.unchanged("after an erasure that the credentials forbid", before)
}
