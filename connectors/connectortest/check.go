package connectortest

import (
	"context"
	"strings"

	"vestige/connectors"
	"vestige/pii"
)

func checkChecks() []check {
	return []check{
		{"check/changes-nothing", checkChangesNothing},
		{"check/counts", checkCounts},
		{"check/blocks", checkBlocks},
		{"statements/no-values", statementsNoValues},
	}
}

// mixed is a unit that deletes two records, changes one, and has one that is gone already.
func (r *rig) mixed() pii.Unit {
	r.Helper()
	gone := r.where("accounts", "mail", "ann%")
	r.erase(unit(r.act("accounts", pii.Delete, gone.target())))
	bob := r.where("accounts", "mail", "bob@example.com")
	return unit(
		r.act("accounts", pii.Delete, r.where("accounts", "mail", "x.ann@example.com").target(), gone.target(), r.where("accounts", "mail", "joann@example.com").target()),
		r.act("accounts", pii.Nullify, bob.target(r.change("accounts", "name", bob))),
	)
}

// checkChangesNothing: looking at what a unit would meet changes nothing.
func checkChangesNothing(b *bench) {
	able[connectors.Preflighter](b, "check")
	able[connectors.Eraser](b, "erase")
	b.need(NeedNulls)
	r := b.start(Fixture{Datasets: []Dataset{accounts()}})
	u := r.mixed()
	before := r.Peek(r.real)
	if _, err := as[connectors.Preflighter](r, connectors.Erase).Check(context.Background(), u); err != nil {
		b.Errorf("check: %v", err)
	}
	r.unchanged("after Check", before)
}

// tally adds up what findings or receipts count for a dataset.
type tally map[pii.Ref][2]int64

func (t tally) add(ref pii.Ref, affected, done int64) {
	t[ref] = [2]int64{t[ref][0] + affected, t[ref][1] + done}
}

// checkCounts: what Check counts is what Erase of the same unit then receipts, and nothing blocks that succeeds.
func checkCounts(b *bench) {
	able[connectors.Preflighter](b, "check")
	able[connectors.Eraser](b, "erase")
	b.need(NeedNulls)
	r := b.start(Fixture{Datasets: []Dataset{accounts()}})
	u := r.mixed()
	findings, err := as[connectors.Preflighter](r, connectors.Erase).Check(context.Background(), u)
	if err != nil {
		b.Fatalf("check: %v", err)
	}
	predicted, done := tally{}, tally{}
	for _, f := range findings {
		switch f.Code {
		case connectors.FindingAffected:
			predicted.add(f.Dataset, f.Records, 0)
		case connectors.FindingDone:
			predicted.add(f.Dataset, 0, f.Records)
		}
		if f.Blocking {
			b.Errorf("the finding %s blocks a unit that nothing is in the way of: %s", f.Code, f.Text)
		}
	}
	for _, receipt := range r.erase(u) {
		done.add(receipt.Dataset, receipt.Affected, receipt.FoundDone)
	}
	for ref, want := range done {
		if predicted[ref] != want {
			b.Errorf("%s: Check counts %d to change and %d done, Erase %d and %d", ref, predicted[ref][0], predicted[ref][1], want[0], want[1])
		}
	}
	if got := done[r.ref("accounts")]; got[0]+got[1] != 4 {
		b.Errorf("the receipts count %d records changed and %d done, the unit has 4", got[0], got[1])
	}
}

// checkBlocks: a unit that Erase would refuse has a finding that blocks.
func checkBlocks(b *bench) {
	able[connectors.Preflighter](b, "check")
	able[connectors.Eraser](b, "erase")
	r := b.start(Fixture{Datasets: []Dataset{accounts()}})
	target := r.where("accounts", "mail", subject).target()
	target.Digest[0] ^= 1
	findings, err := as[connectors.Preflighter](r, connectors.Erase).Check(context.Background(), unit(r.act("accounts", pii.Delete, target)))
	if err != nil {
		b.Fatalf("check: %v", err)
	}
	for _, f := range findings {
		if f.Blocking {
			return
		}
	}
	b.Errorf("a record that has changed since does not block: %v", findings)
}

// statementsNoValues: what a plan shows has placeholders where values stand.
func statementsNoValues(b *bench) {
	able[connectors.Statementer](b, "statements")
	able[connectors.Eraser](b, "erase")
	r := b.start(Fixture{Datasets: []Dataset{accounts()}})
	ann := r.where("accounts", "mail", subject)
	u := unit(r.act("accounts", pii.Delete, ann.target()), r.act("accounts", pii.Pseudonymise, ann.target(r.change("accounts", "name", ann, marker))))
	got := as[connectors.Statementer](r, connectors.Erase).Statements(u)
	if len(got) == 0 {
		b.Errorf("a unit has no statements")
	}
	for _, s := range got {
		for _, v := range []string{subject, marker, string(ann.row[1])} {
			if strings.Contains(s, v) {
				b.Errorf("a statement shows a value")
			}
		}
	}
}
