package catalog

import (
	"context"
	"math"
	"slices"

	"vestige/internal/clock"
	"vestige/internal/db"
	"vestige/lineage"
	"vestige/pii"
	"vestige/policies"
)

// Judgement is what a proposal counts as: what the machine saw, with what people said of like fields and the rules for noise as further evidence,
// held against what a mistake costs.
type Judgement struct {
	Category   pii.Category `json:"category"`
	Confidence float64      `json:"confidence"`
	Personal   float64      `json:"personal"`           // how sure it is that the field holds any personal data
	From       float64      `json:"from"`               // from which Personal on it is proposed: 1/(1+Miss)
	Miss       float64      `json:"miss"`               // what missing it costs, in false alarms
	Put        bool         `json:"proposed"`           // it is proposed as personal data
	Evidence   []pii.Nat    `json:"evidence,omitempty"` // beside that of the proposal
	Like       *Lesson      `json:"like,omitempty"`     // what people said of like fields
	Rule       string       `json:"rule,omitempty"`     // the id of the rule that takes it for noise

	swayed bool
	quiet  bool // a rule takes what its text contains for noise, too
}

// court is what is needed to judge some fields: what people said of those like them, the rules in force, and the costs.
type court struct {
	cost    policies.Cost
	noise   []NoiseRule
	lessons map[int64]tally
}

// Judge has the catalog propose by a policy: its costs, and its rules for noise. Where they are not those by which the fields were judged last,
// all are judged anew. It is called before the catalog is used.
func (c *Catalog) Judge(ctx context.Context, p *policies.Policy) error {
	c.policy = p
	c.queue.forget()
	var another bool
	err := c.read(ctx, func(tx db.Tx) error {
		_, now, err := c.judgedBy(ctx, tx)
		another = now
		return err
	})
	if err == nil && another {
		err = c.db.Write(ctx, func(tx db.Tx) error { _, err := c.judgeBy(ctx, tx); return err })
	}
	if err != nil {
		return err
	}
	return c.CatchUp(ctx, atOnce)
}

// Cost gives what a mistake costs, by which fields are proposed.
func (c *Catalog) Cost() policies.Cost { return c.policy.Cost }

// judgedBy gives the digest of the policy as it is in force now, and whether the fields were judged by another.
func (c *Catalog) judgedBy(ctx context.Context, tx db.Tx) (digest string, another bool, err error) {
	doc, err := encode(struct {
		Cost  policies.Cost
		Noise []policies.Noise
	}{c.policy.Cost, slices.DeleteFunc(slices.Clone(c.policy.Noise), func(n policies.Noise) bool { return !n.Holds(clock.Now()) })})
	if err != nil {
		return "", false, err
	}
	var was string
	err = tx.QueryRow(ctx, "SELECT policy FROM judged WHERE id = 1").Scan(&was)
	digest = hashDoc("policy", doc).String()
	return digest, was != digest, err
}

// judgeBy has all fields judged anew where the policy is another one.
func (c *Catalog) judgeBy(ctx context.Context, tx db.Tx) (another bool, err error) {
	digest, another, err := c.judgedBy(ctx, tx)
	if err != nil || !another {
		return another, err
	}
	if _, err := tx.Exec(ctx, "UPDATE judged SET policy = $1 WHERE id = 1", digest); err != nil {
		return true, err
	}
	if err := c.relearn(ctx, tx); err != nil {
		return true, err
	}
	return true, c.allDue(ctx, tx)
}

// court gathers what judging fields of the likenesses needs.
func (c *Catalog) court(ctx context.Context, tx db.Tx, likes map[int64]bool) (*court, error) {
	rules, err := c.noiseRules(ctx, tx)
	if err != nil {
		return nil, err
	}
	j := &court{cost: c.policy.Cost}
	for _, r := range rules {
		if r.Ended == 0 && r.Holds(clock.Now()) {
			j.noise = append(j.noise, r)
		}
	}
	j.lessons, err = c.lessonsOf(ctx, tx, likes)
	return j, err
}

// courtOf gathers it for the fields of a node.
func (c *Catalog) courtOf(ctx context.Context, tx db.Tx, n *lineage.Node) (*court, error) {
	likes := map[int64]bool{}
	for i := range n.Fields {
		likes[likenessOf(&n.Fields[i])] = true
	}
	return c.court(ctx, tx, likes)
}

// judge says what a field counts as that the machine sees as f and proposes as p. own is what was decided of the field itself, which is no evidence for it.
func (j *court) judge(ref pii.Ref, f *lineage.FieldNode, p *pii.Proposal, own pii.Category) Judgement {
	v := Judgement{Category: f.Category, Confidence: f.Confidence}
	if p.Category == f.Category {
		v.Personal = p.Personal
	}
	kind := f.Category
	if f.Category.Personal() {
		v.Personal = max(v.Personal, f.Confidence)
	} else if p.Suspect != "" && p.Category == f.Category {
		kind = p.Suspect
	}
	kind = v.learn(j.lessons[likenessOf(f)].without(own), kind)
	v.silence(j.noise, ref, kind)
	v.Miss, v.From = j.cost.Of(kind), j.cost.Threshold(kind)
	v.Put = kind.Personal() && v.Personal >= v.From
	if v.Put && !v.Category.Personal() {
		v.Category, v.Confidence = kind, v.Personal
	}
	return v
}

// learn weighs what people said of like fields, and gives the kind that the field is taken for if it is personal.
func (v *Judgement) learn(t tally, kind pii.Category) pii.Category {
	most, all := t.most()
	if all == 0 {
		return kind
	}
	said := most != kind && t[most] > t[kind] // they say something else
	if said {
		kind = most
	}
	l := &Lesson{Category: kind, For: t[kind], Of: all}
	rest := 1 - v.Confidence
	if !v.Category.Personal() {
		rest = v.Personal
	}
	v.Personal = shift(v.Personal, lessonNats(t.personal(), all-t.personal()))
	switch l.Nats = lessonNats(l.For, l.Of-l.For); {
	case said:
		if c := taught(rest, l.Nats); v.Category.Personal() || c >= .5 {
			v.Category, v.Confidence = kind, c
		}
	case v.Category.Personal():
		v.Confidence = taught(v.Confidence, l.Nats)
	default:
		v.Confidence = round(1 - v.Personal)
	}
	if v.Category.Personal() {
		v.Personal = max(v.Personal, v.Confidence)
	}
	v.Like, v.swayed = l, true
	v.Evidence = append(v.Evidence, pii.Nat{Text: l.Text(), Nats: l.Nats})
	return kind
}

// silence weighs the first rule that takes the field for noise.
func (v *Judgement) silence(rules []NoiseRule, ref pii.Ref, kind pii.Category) {
	sure := v.Confidence
	if !v.Category.Personal() {
		sure = v.Personal
	}
	for i := range rules {
		r := &rules[i]
		if !r.Applies(ref, kind, sure) {
			continue
		}
		v.Personal = shift(v.Personal, -noiseNats)
		v.Category, v.Confidence = r.Kind(), round(1-v.Personal)
		v.Rule, v.swayed, v.quiet = r.ID, true, true
		v.Evidence = append(v.Evidence, pii.Nat{Text: "rule: " + r.Text() + " (" + r.Reason + ")", Nats: -noiseNats})
		return
	}
}

// lay puts a judgement into the field of a node. What is merely suspected stays beside what is likelier, so that nothing is searched or changed over it.
func (v *Judgement) lay(f *lineage.FieldNode) {
	f.Put, f.Swayed, f.Suspect, f.Suspected = v.Put, v.swayed, "", 0
	if v.quiet {
		f.Contains = nil
	}
	switch suspected := v.Put && v.Category.Personal() && !f.Category.Personal() && v.Confidence < Find; {
	case suspected:
		f.Suspect, f.Suspected = v.Category, v.Confidence
	case v.swayed:
		if f.Category != v.Category {
			f.Dense = v.Category != "text.personal"
		}
		f.Category, f.Confidence = v.Category, v.Confidence
	}
}

// counts gives what a field of a node counts as to people.
func counts(f *lineage.FieldNode) (pii.Category, float64) {
	if f.Suspect != "" && !f.Decided {
		return f.Suspect, f.Suspected
	}
	return f.Category, f.Confidence
}

// Waits tells whether a field of a node is proposed to hold personal data, and nobody has decided.
func Waits(f *lineage.FieldNode) bool { return !f.Decided && (f.Put || sparse(f)) }

// Waiting gives the fields of a dataset that are proposed to hold personal data and wait for a decision, with what they are proposed as.
func (c *Catalog) Waiting(ctx context.Context, tx db.Tx, ref pii.Ref) (map[string]pii.Category, error) {
	out := map[string]pii.Category{}
	_, err := collect(ctx, tx, func(r db.Row) (struct{}, error) {
		var name, category string
		err := r.Scan(&name, &category)
		out[name] = pii.Category(category)
		return struct{}{}, err
	}, "SELECT name, category FROM field WHERE source = $1 AND dataset = $2 AND state = $3", ref.Source, ref.Dataset, string(Proposed))
	return out, err
}

// shift moves a probability by nats.
func shift(p, nats float64) float64 {
	p = min(max(p, least), 1-least)
	odds := p / (1 - p) * math.Exp(nats)
	return round(odds / (1 + odds))
}

// least is what is left for what nobody thought of.
const least = .005

func round(p float64) float64 { return math.Round(p*1000) / 1000 }

// Find is the confidence from which a proposal is searched, where no policy says otherwise.
const Find = 0.5
