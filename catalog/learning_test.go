package catalog_test

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"vestige/catalog"
	"vestige/internal/db"
	"vestige/internal/errkind"
	"vestige/pii"
	"vestige/policies"
)

// suspects puts a field that is likelier harmless, and personal with a probability.
func suspects(b *bundle, ref string, typ pii.FieldType, personal float64, suspect pii.Category) {
	b.t.Helper()
	at := parse(ref)
	n, ps := node(at.Of().String(), at.Field+" none.code "+fmt.Sprint(1-personal))
	n.Fields[0].Field.Type = typ
	ps[0].Personal, ps[0].Suspect = personal, suspect
	b.write(func(tx db.Tx) error { return b.PutDataset(b.ctx, tx, n, ps) })
}

func policy(t *testing.T, text string) *policies.Policy {
	t.Helper()
	p := policies.Default()
	if err := p.Add("test.yaml", []byte(text)); err != nil {
		t.Fatal(err)
	}
	return p
}

// TestCostDecidesWhatIsProposed holds one posterior against several costs: a field is proposed exactly where leaving it would cost more than asking.
func TestCostDecidesWhatIsProposed(t *testing.T) {
	b := open(t)
	suspects(b, "shop/a#code", "text", .2, "contact.phone")
	suspects(b, "shop/b#code2x", "text", .05, "health.diagnosis")
	b.put("shop/c", "mail contact.email .6")
	for _, c := range []struct {
		policy string
		want   map[string]catalog.State
	}{
		{"cost: {miss: 10}", map[string]catalog.State{"shop/a#code": "proposed", "shop/b#code2x": "clean", "shop/c#mail": "proposed"}},                              // from .091
		{"cost: {miss: 3}", map[string]catalog.State{"shop/a#code": "clean", "shop/b#code2x": "clean", "shop/c#mail": "proposed"}},                                  // from .25
		{"cost: {miss: 0.5}", map[string]catalog.State{"shop/a#code": "clean", "shop/b#code2x": "clean", "shop/c#mail": "clean"}},                                   // from .667
		{"cost: {miss: 10, categories: {health: 19}}", map[string]catalog.State{"shop/a#code": "proposed", "shop/b#code2x": "proposed", "shop/c#mail": "proposed"}}, // from .05
	} {
		p := policy(t, c.policy)
		b.must(b.Judge(b.ctx, p))
		for ref, want := range c.want {
			e := b.field(ref)
			from := 1 / (1 + p.Cost.Of(e.Judged.Category))
			if e.State != want || math.Abs(e.Judged.From-p.Cost.Threshold(e.Judged.Category)) > 1e-9 || e.Judged.Put != (want == catalog.Proposed) {
				t.Errorf("%s: %s is %s (%v from %v), want %s", c.policy, ref, e.State, e.Judged.Personal, from, want)
			}
		}
		found := b.names("is:pii")
		for ref, want := range c.want {
			if got := slices.Contains(strings.Fields(found), ref); got != (want == catalog.Proposed) {
				t.Errorf("%s: is:pii finds %s", c.policy, found)
			}
		}
	}
	n, err := b.Node(b.ctx, parse("shop/a"))
	b.must(err)
	if f := n.Field("code"); f.Category != "none.code" || f.Suspect != "contact.phone" {
		t.Errorf("in the graph a suspicion counts as %s: something would be searched over it", f.Category)
	}
	b.decide(pii.Decision{Field: parse("shop/a#code"), Verdict: pii.Accept, By: "dana"})
	if e := b.field("shop/a#code"); e.Category != "contact.phone" || e.State != catalog.Accepted {
		t.Errorf("an accepted suspicion is %s, %s", e.Category, e.State)
	}
}

func evidence(e catalog.Entry) string {
	var out []string
	for _, n := range e.Judged.Evidence {
		out = append(out, fmt.Sprintf("%s %+.1f", n.Text, n.Nats))
	}
	return strings.Join(out, "; ")
}

// TestLikeFieldsLearn decides on fields and looks at one that is like them, in another source.
func TestLikeFieldsLearn(t *testing.T) {
	b := open(t)
	for i := range 4 {
		b.put(fmt.Sprintf("shop/t%d", i), "eMail contact.email .7")
	}
	b.put("crm/people", "e_mail contact.email .7")
	b.put("crm/other", "e_mail contact.email .7 int")
	like := func() catalog.Entry { b.must(b.CatchUp(b.ctx, 100)); return b.field("crm/people#e_mail") }
	before := like()
	if before.Judged.Evidence != nil || before.Confidence != .7 {
		t.Fatalf("before anybody decided: %s", evidence(before))
	}
	var ids []string
	decide := func(table int, v pii.Verdict, k pii.Category) {
		d := pii.Decision{ID: fmt.Sprintf("d%d", len(ids)), Field: parse(fmt.Sprintf("shop/t%d#eMail", table)), Verdict: v, Category: k, Reason: "so it is", By: "dana"}
		ids = append(ids, d.ID)
		b.decide(d)
	}
	decide(0, pii.Accept, "")
	one := like()
	if want := "contact.email: decided so for 1 like field (shop/t0#eMail) +1.5"; evidence(one) != want || one.Confidence != .913 {
		t.Errorf("after one: %q at %v, want %q at .913", evidence(one), one.Confidence, want)
	}
	if raw := one.Proposal; raw.Category != "contact.email" || raw.Confidence != .7 || len(raw.Nats) != len(before.Proposal.Nats) {
		t.Errorf("what the machine saw was rewritten: %+v", raw)
	}
	if e := b.field("crm/other#e_mail"); e.Judged.Evidence != nil {
		t.Errorf("a field of another type learned: %s", evidence(e))
	}
	decide(1, pii.Accept, "")
	decide(2, pii.Accept, "")
	if three := like(); three.Judged.Like.Nats <= one.Judged.Like.Nats || three.Confidence > .94 {
		t.Errorf("after three: %s at %v: like fields propose, they do not act", evidence(three), three.Confidence)
	}
	decide(0, pii.Reject, "")
	decide(1, pii.Reject, "")
	decide(3, pii.Accept, "")
	if even := like(); even.Judged.Like.Nats != 0 || even.Confidence != .7 {
		t.Errorf("two against two say %s, at %v", evidence(even), even.Confidence)
	}
	if e := b.field("shop/t0#eMail"); e.State != catalog.Rejected || e.Category != "none.other" {
		t.Errorf("what was decided is %s, %s", e.State, e.Category)
	}
	for _, id := range slices.Backward(ids) {
		b.write(func(tx db.Tx) error { return b.Undo(b.ctx, tx, id, "dana") })
	}
	if after := like(); after.Judged.Evidence != nil || after.Confidence != .7 || after.Category != before.Category || after.State != before.State {
		t.Errorf("undone it is %s at %v, %s", evidence(after), after.Confidence, after.State)
	}
}

// TestRejectionsCountAgainst has people reject what is proposed until a like field is proposed no more, and correct what was missed until one is.
func TestRejectionsCountAgainst(t *testing.T) {
	b := open(t)
	for i := range 9 {
		b.put(fmt.Sprintf("shop/t%d", i), "colour identity.name .55", "svnr none.code .97")
	}
	for i := range 8 {
		b.decide(pii.Decision{Field: parse(fmt.Sprintf("shop/t%d#colour", i)), Verdict: pii.Reject, Reason: "colours of things", By: "dana"})
		b.decide(pii.Decision{Field: parse(fmt.Sprintf("shop/t%d#svnr", i)), Verdict: pii.Changed, Category: "government_id.us_ssn", Reason: "insured people", By: "dana"})
	}
	b.must(b.CatchUp(b.ctx, 100))
	if e := b.field("shop/t8#colour"); e.State != catalog.Clean || e.Judged.Put || !strings.Contains(evidence(e), "decided otherwise for 8 like fields") {
		t.Errorf("rejected eight times, the ninth is %s at %v: %s", e.State, e.Judged.Personal, evidence(e))
	}
	if e := b.field("shop/t8#svnr"); e.State != catalog.Proposed || e.Category != "government_id.us_ssn" || e.Confidence >= catalog.Find {
		t.Errorf("missed eight times, the ninth is %s of %s at %v: %s", e.State, e.Category, e.Confidence, evidence(e))
	}
	if got := b.names("is:unmapped"); got != "shop/t8#svnr" {
		t.Errorf("a search finds %q unmapped", got)
	}
	groups, err := b.Groups(b.ctx, catalog.GroupFilter{})
	b.must(err)
	if len(groups) != 1 || groups[0].Name != "svnr" {
		t.Errorf("the queue has %v", groups)
	}
}

// TestNoiseRule tries a rule, writes it, lets it end, and looks at what was decided all the while.
func TestNoiseRule(t *testing.T) {
	b := open(t)
	b.put("etl/loads", "file_checksum online.device_id .8", "row_checksum online.device_id .9", "mail contact.email .9")
	b.put("shop/loads", "file_checksum online.device_id .8")
	b.decide(accept("etl/loads#row_checksum"))
	rule := policies.Noise{Match: policies.Match{Source: "etl", Field: "*_checksum"}, As: "none.hash", Reason: "sums of files"}
	trial, err := b.TryNoise(b.ctx, rule)
	b.must(err)
	if trial.Fields != 2 || trial.Silenced != 1 || trial.Against != 1 || len(trial.Contrary) != 1 || trial.Contrary[0].Ref.Field != "row_checksum" {
		t.Errorf("a trial says %+v", trial)
	}
	if e := b.field("etl/loads#file_checksum"); e.State != catalog.Proposed {
		t.Errorf("a trial made it %s", e.State)
	}
	var r catalog.NoiseRule
	b.write(func(tx db.Tx) (err error) { r, err = b.PutNoise(b.ctx, tx, rule, "dana"); return err })
	b.must(b.CatchUp(b.ctx, 100))
	e := b.field("etl/loads#file_checksum")
	if e.State != catalog.Clean || e.Category != "none.hash" || e.Judged.Rule != r.ID || !strings.Contains(evidence(e), "rule: fields named *_checksum of etl are none.hash (sums of files) -12.0") {
		t.Errorf("with the rule it is %s of %s: %s", e.State, e.Category, evidence(e))
	}
	if got := b.names("is:pii"); got != "etl/loads#mail etl/loads#row_checksum shop/loads#file_checksum" {
		t.Errorf("with the rule is:pii finds %q: what was decided, and other sources, stay", got)
	}
	b.reopen()
	if e := b.field("etl/loads#file_checksum"); e.State != catalog.Clean {
		t.Errorf("opened anew it is %s", e.State)
	}
	b.write(func(tx db.Tx) (err error) { _, err = b.EndNoise(b.ctx, tx, r.ID, "dana"); return err })
	b.must(b.CatchUp(b.ctx, 100))
	if e := b.field("etl/loads#file_checksum"); e.State != catalog.Proposed || e.Judged.Rule != "" {
		t.Errorf("without the rule it is %s: %s", e.State, evidence(e))
	}
	rule.Until = policies.Date{Year: 2001, Month: 1, Day: 1}
	err = b.db.Write(b.ctx, func(tx db.Tx) error { _, err := b.PutNoise(b.ctx, tx, rule, "dana"); return err })
	if errkind.Code(err) != "bad-rule" {
		t.Errorf("a rule of the past: %v", err)
	}
}

// TestNoiseOfPolicy has the rules of a policy file in force, and what they silence back when the file changes.
func TestNoiseOfPolicy(t *testing.T) {
	b := open(t)
	b.put("etl/loads", "file_checksum online.device_id .8")
	b.must(b.Judge(b.ctx, policy(t, `noise: [{match: {source: etl, category: online.device_id}, below: 0.85, as: none.hash, reason: "sums of files"}]`)))
	if e := b.field("etl/loads#file_checksum"); e.State != catalog.Clean || e.Judged.Rule != "policy-1" {
		t.Errorf("it is %s: %s", e.State, evidence(e))
	}
	b.put("etl/loads", "file_checksum online.device_id .9")
	if e := b.field("etl/loads#file_checksum"); e.State != catalog.Proposed {
		t.Errorf("above the rule's confidence it is %s", e.State)
	}
	b.must(b.Judge(b.ctx, policies.Default()))
	if e := b.field("etl/loads#file_checksum"); e.State != catalog.Proposed || e.Judged.Evidence != nil {
		t.Errorf("without the rule it is %s: %s", e.State, evidence(e))
	}
}
