package connectortest

import (
	"context"

	"vestige/connectors"
	"vestige/internal/errkind"
	"vestige/pii"
)

func referenceChecks() []check {
	return []check{
		{"references/never-an-orphan", referencesNeverAnOrphan},
		{"references/cycles", referencesCycles},
		{"references/order", referencesOrder},
		{"references/cascade", referencesCascade},
		{"references/surprise", referencesSurprise},
	}
}

// byID gives the record of a family's dataset with that id.
func (r *rig) byID(name, id string) record { r.Helper(); return r.where(name, "id", id) }

// referencesNeverAnOrphan: a record that others refer to, and that their reference protects, is a conflict.
func referencesNeverAnOrphan(b *bench) {
	able[connectors.Eraser](b, "erase")
	b.need(NeedReferences)
	r := b.start(family())
	what := "deleting what an invoice refers to"
	err := r.refused(what, unit(r.act("parents", pii.Delete, r.byID("parents", "3").target())))
	isKind(b, what, err, errkind.Conflict)
}

// referencesCycles: records that refer to one another, or to themselves, go together; one of them alone is a conflict.
func referencesCycles(b *bench) {
	able[connectors.Eraser](b, "erase")
	b.need(NeedReferences)
	d := child("members", pii.NoAction, 2, 3, 1, 4, 1)
	d.References[0].To = "members"
	r := b.start(Fixture{Datasets: []Dataset{d}})
	what := "deleting one of a circle"
	isKind(b, what, r.refused(what, unit(r.act("members", pii.Delete, r.byID("members", "2").target()))), errkind.Conflict)
	act := r.act("members", pii.Delete)
	want := r.Peek(r.real)
	for _, id := range []string{"3", "1", "4", "5", "2"} {
		act.Targets = append(act.Targets, r.byID("members", id).target())
		want = want.edit("members", drop(0, id))
	}
	if got := r.erase(unit(act)); got[0].Affected != 5 {
		b.Errorf("deleting a circle of records affects %d, want 5", got[0].Affected)
	}
	r.holds("after deleting a circle", want)
}

// referencesOrder: a unit's acts are done in their order, so that children go before their parents.
func referencesOrder(b *bench) {
	able[connectors.Eraser](b, "erase")
	b.need(NeedReferences)
	r := b.start(family())
	want := r.Peek(r.real)
	got := r.erase(unit(
		r.act("invoices", pii.Delete, r.byID("invoices", "2").target()),
		r.act("parents", pii.Delete, r.byID("parents", "3").target()),
		r.act("parents", pii.Delete, r.byID("parents", "4").target()),
	))
	for _, receipt := range got {
		if receipt.Affected != 1 {
			b.Errorf("%s affects %d records, want 1", receipt.Dataset, receipt.Affected)
		}
	}
	want = want.edit("invoices", drop(0, "2")).edit("parents", drop(0, "3")).edit("parents", drop(0, "4"))
	r.holds("after child and parent", want)
}

// withEffects gives the unit that deletes the first parent, with what the system will do by itself.
func (r *rig) withEffects() pii.Unit {
	r.Helper()
	a := r.act("parents", pii.Delete, r.byID("parents", "1").target())
	a.Effects = []pii.Effect{
		{Dataset: r.ref("orders"), Method: pii.Delete, Records: 2},
		{Dataset: r.ref("lines"), Method: pii.Delete, Records: 2},
		{Dataset: r.ref("visits"), Method: pii.Nullify, Records: 1},
	}
	return unit(a)
}

// referencesCascade: what a system deletes and changes by itself is counted beforehand, in all generations, and happens as predicted.
func referencesCascade(b *bench) {
	able[connectors.Eraser](b, "erase")
	b.need(NeedReferences)
	r := b.start(family())
	want := r.Peek(r.real)
	u := r.withEffects()
	if p, ok := r.driver(connectors.Erase).(connectors.Preflighter); ok {
		findings, err := p.Check(context.Background(), u)
		if err != nil {
			b.Fatalf("check: %v", err)
		}
		got := map[pii.Ref]int64{}
		for _, f := range findings {
			if f.Code == connectors.FindingCascade {
				got[f.Dataset] += f.Records
			}
		}
		for _, e := range u.Acts[0].Effects {
			if got[e.Dataset] != e.Records {
				b.Errorf("Check counts %d records of %s that go or change by themselves, want %d", got[e.Dataset], e.Dataset, e.Records)
			}
		}
	}
	if got := r.erase(u); got[0].Affected != 1 {
		b.Errorf("the receipt of the parent counts %d records, want 1: what goes by itself is not the act's", got[0].Affected)
	}
	want = want.edit("parents", drop(0, "1")).edit("orders", drop(1, "1")).edit("lines", drop(1, "1")).edit("lines", drop(1, "2")).edit("visits", set(1, "1", 1))
	r.holds("after a cascade", want)
}

// referencesSurprise: where the system would do more or less by itself than was predicted, the unit is a conflict.
func referencesSurprise(b *bench) {
	able[connectors.Eraser](b, "erase")
	b.need(NeedReferences)
	r := b.start(family())
	for what, change := range map[string]func(*pii.Act){
		"a cascade that nobody predicted":  func(a *pii.Act) { a.Effects = nil },
		"a cascade larger than predicted":  func(a *pii.Act) { a.Effects[0].Records = 1 },
		"a cascade smaller than predicted": func(a *pii.Act) { a.Effects[2].Records = 5 },
	} {
		u := r.withEffects()
		change(&u.Acts[0])
		isKind(b, what, r.refused(what, u), errkind.Conflict)
	}
}
