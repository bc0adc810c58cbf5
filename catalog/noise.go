package catalog

import (
	"context"
	"slices"
	"strconv"

	"vestige/internal/clock"
	"vestige/internal/db"
	"vestige/internal/errkind"
	"vestige/pii"
	"vestige/policies"
)

// NoiseRule is a rule that takes proposals for something harmless, of a policy file or written by a steward.
type NoiseRule struct {
	policies.Noise
	ID      string `json:"id"`
	By      string `json:"by,omitempty"` // "" for one of a policy file, which is changed there
	At      int64  `json:"at,omitempty"`
	Ended   int64  `json:"ended,omitempty"`
	EndedBy string `json:"endedBy,omitempty"`
}

// Over tells whether its last day is past.
func (r NoiseRule) Over() bool { return !r.Holds(clock.Now()) }

// Noise gives every rule: those of the policy, then those of stewards, the latest first; ended ones last.
func (c *Catalog) Noise(ctx context.Context) (out []NoiseRule, err error) {
	err = c.read(ctx, func(tx db.Tx) error { out, err = c.noiseRules(ctx, tx); return err })
	slices.SortStableFunc(out, func(a, b NoiseRule) int {
		if (a.Ended == 0) != (b.Ended == 0) {
			return map[bool]int{true: -1, false: 1}[a.Ended == 0]
		}
		return int(max(-1, min(1, b.At-a.At)))
	})
	return out, err
}

func (c *Catalog) noiseRules(ctx context.Context, tx db.Tx) (out []NoiseRule, err error) {
	for i, n := range c.policy.Noise {
		out = append(out, NoiseRule{Noise: n, ID: "policy-" + strconv.Itoa(i+1)})
	}
	written, err := collect(ctx, tx, scanNoise, "SELECT doc FROM noise_rule ORDER BY id")
	return append(out, written...), err
}

func scanNoise(row db.Row) (r NoiseRule, err error) {
	var doc []byte
	if err = row.Scan(&doc); err == nil {
		err = decode(doc, &r)
	}
	return r, err
}

// PutNoise writes a rule, and has what it is about judged anew.
func (c *Catalog) PutNoise(ctx context.Context, tx db.Tx, n policies.Noise, by string) (NoiseRule, error) {
	r := NoiseRule{Noise: n, ID: newID(), By: by, At: clock.Micros()}
	if by == "" {
		return r, errkind.Coded(errkind.Invalid, "no-actor", "a rule names who made it")
	}
	if err := n.Validate(); err != nil {
		return r, err
	}
	if r.Over() {
		return r, errkind.Coded(errkind.Invalid, "bad-rule", "the last day of the rule is past")
	}
	return r, c.storeNoise(ctx, tx, r)
}

// EndNoise ends a rule that a steward wrote.
func (c *Catalog) EndNoise(ctx context.Context, tx db.Tx, id, by string) (NoiseRule, error) {
	r, err := c.writtenNoise(ctx, tx, id)
	if err != nil || r.Ended != 0 {
		return r, err
	}
	r.Ended, r.EndedBy = clock.Micros(), by
	return r, c.storeNoise(ctx, tx, r)
}

// RenewNoise says until when a rule holds that somebody has looked at again; the zero date is without end.
func (c *Catalog) RenewNoise(ctx context.Context, tx db.Tx, id, by string, until policies.Date) (NoiseRule, error) {
	r, err := c.writtenNoise(ctx, tx, id)
	if err != nil {
		return r, err
	}
	if r.Ended != 0 {
		return r, errkind.Coded(errkind.Conflict, "rule-ended", "the rule was ended: write it anew")
	}
	if r.Until, r.By, r.At = until, by, clock.Micros(); r.Over() {
		return r, errkind.Coded(errkind.Invalid, "bad-rule", "the last day of the rule is past")
	}
	return r, c.storeNoise(ctx, tx, r)
}

func (c *Catalog) writtenNoise(ctx context.Context, tx db.Tx, id string) (NoiseRule, error) {
	rs, err := collect(ctx, tx, scanNoise, "SELECT doc FROM noise_rule WHERE id = $1", id)
	if err == nil && len(rs) == 0 {
		return NoiseRule{}, errkind.Coded(errkind.NotFound, "no-such-rule", "no steward wrote such a rule; those of a policy file are changed there")
	}
	if err != nil {
		return NoiseRule{}, err
	}
	return rs[0], nil
}

func (c *Catalog) storeNoise(ctx context.Context, tx db.Tx, r NoiseRule) error {
	doc, err := encode(r)
	if err != nil {
		return err
	}
	until := int64(0)
	if end := r.End(); !end.IsZero() {
		until = end.UnixMicro()
	}
	if _, err := tx.Exec(ctx, `INSERT INTO noise_rule (id, until, ended, doc) VALUES ($1, $2, $3, $4) ON CONFLICT (id) DO UPDATE SET
		until = excluded.until, ended = excluded.ended, doc = excluded.doc`, r.ID, until, r.Ended, doc); err != nil {
		return err
	}
	return c.noiseDue(ctx, tx, r.Noise)
}

// noiseDue has the datasets judged anew that have a field of the rule.
func (c *Catalog) noiseDue(ctx context.Context, tx db.Tx, n policies.Noise) error {
	n.Match.Category, n.Below = "", 0 // what a field is proposed as may have changed by the rule itself
	var last pii.Ref
	return c.eachField(ctx, tx, n, func(e Entry) error {
		if e.Ref.Of() == last {
			return nil
		}
		last = e.Ref.Of()
		return c.setDue(ctx, tx, last)
	})
}

// eachField gives the fields that a rule is about, without their evidence.
func (c *Catalog) eachField(ctx context.Context, tx db.Tx, n policies.Noise, f func(Entry) error) error {
	es, err := c.fieldsOfRule(ctx, tx, n)
	for _, e := range es {
		if err == nil {
			err = f(e)
		}
	}
	return err
}

func (c *Catalog) fieldsOfRule(ctx context.Context, tx db.Tx, n policies.Noise) (es []Entry, err error) {
	rows, err := tx.Query(ctx, "SELECT source, dataset, name, category, confidence, state FROM field WHERE state <> 'gone' ORDER BY source, dataset, name")
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var e Entry
		var category, state string
		if err := rows.Scan(&e.Ref.Source, &e.Ref.Dataset, &e.Ref.Field, &category, &e.Confidence, &state); err != nil {
			return nil, err
		}
		if e.Category, e.State = pii.Category(category), State(state); n.Applies(e.Ref, e.Category, e.Confidence) {
			es = append(es, e)
		}
	}
	return es, rows.Err()
}

// Trial is what a rule would do to the fields as they are.
type Trial struct {
	Fields   int64   `json:"fields"`   // that the rule is about
	Silenced int64   `json:"silenced"` // proposed now, and not with the rule
	Against  int64   `json:"against"`  // of which people have decided that they are personal: they stay so
	Agreed   int64   `json:"agreed"`   // of which people have decided that they are not
	Some     []Entry `json:"some"`     // of those silenced
	Contrary []Entry `json:"contrary"` // of those decided against it
}

// trialRows is how many fields a trial names of each sort.
const trialRows = 20

// TryNoise says what a rule would do, and does nothing.
func (c *Catalog) TryNoise(ctx context.Context, n policies.Noise) (t Trial, err error) {
	t.Some, t.Contrary = []Entry{}, []Entry{}
	if err := n.Validate(); err != nil {
		return t, err
	}
	err = c.read(ctx, func(tx db.Tx) error {
		return c.eachField(ctx, tx, n, func(e Entry) error {
			t.Fields++
			switch e.State {
			case Accepted:
				if t.Against++; len(t.Contrary) < trialRows {
					t.Contrary = append(t.Contrary, e)
				}
			case Rejected:
				t.Agreed++
			case Proposed, Deferred:
				if t.Silenced++; len(t.Some) < trialRows {
					t.Some = append(t.Some, e)
				}
			}
			return nil
		})
	})
	return t, err
}

// EndOfNoise ends the rules whose last day is past.
func (c *Catalog) EndOfNoise(ctx context.Context, tx db.Tx) error {
	past, err := collect(ctx, tx, scanNoise, "SELECT doc FROM noise_rule WHERE ended = 0 AND until > 0 AND until < $1", clock.Micros())
	for _, r := range past {
		if r.Ended = clock.Micros(); err == nil {
			err = c.storeNoise(ctx, tx, r)
		}
	}
	if err == nil && slices.ContainsFunc(c.policy.Noise, func(n policies.Noise) bool { return !n.Holds(clock.Now()) }) {
		_, err = c.judgeBy(ctx, tx)
	}
	return err
}
