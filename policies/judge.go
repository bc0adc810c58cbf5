package policies

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"vestige/internal/errkind"
	"vestige/pii"
)

// Cost says what a mistake costs, with a false alarm as the unit. From it follows how sure the machine must be before it asks anybody: a field is
// proposed where leaving it would cost more than looking at it.
type Cost struct {
	Miss       float64                  `yaml:"miss" json:"miss"` // as many false alarms
	Categories map[pii.Category]float64 `yaml:"categories" json:"categories,omitempty"`
}

// Of gives what it costs to miss a category: what the most special one says that covers it.
func (c Cost) Of(k pii.Category) float64 {
	miss, best := c.Miss, -1
	for d, v := range c.Categories {
		if d.Covers(k) && len(d) > best {
			miss, best = v, len(d)
		}
	}
	return miss
}

// Threshold gives the probability from which a field is proposed. With probability p a field is personal, and leaving it costs p misses;
// with 1-p it is not, and asking costs a false alarm.
func (c Cost) Threshold(k pii.Category) float64 { return 1 / (1 + c.Of(k)) }

// Proposes tells as what a field is proposed: the likeliest kind of personal data, where it is likely enough for what missing it costs.
func (c Cost) Proposes(p pii.Proposal) (kind pii.Category, ok bool) {
	if kind = p.Category; !kind.Personal() {
		kind = p.Suspect
	}
	return kind, kind.Personal() && p.Personal >= c.Threshold(kind)
}

// most is the dearest miss that can be stated.
const most = 10_000

func (c Cost) validate() error {
	bad := func(v float64) bool { return !(v > 0 && v <= most) }
	if bad(c.Miss) {
		return errkind.New(errkind.Invalid, "cost: a miss costs more than nothing, and at most %d false alarms", most)
	}
	for k, v := range c.Categories {
		if !known(k) {
			return errkind.New(errkind.Invalid, "cost.categories: no category %q", k)
		}
		if bad(v) {
			return errkind.New(errkind.Invalid, "cost.categories.%s: a miss costs more than nothing, and at most %d false alarms", k, most)
		}
	}
	return nil
}

// Noise is a rule that takes proposals for something harmless. It is about proposals alone: no decision is touched by it.
type Noise struct {
	Match  Match        `yaml:"match" json:"match"`           // with a category: what is proposed
	Below  float64      `yaml:"below" json:"below,omitempty"` // only proposals under this confidence; 0 for any
	As     pii.Category `yaml:"as" json:"as"`                 // none.code …; none.other where nothing is said
	Reason string       `yaml:"reason" json:"reason"`
	Until  Date         `yaml:"until" json:"until,omitzero"` // its last day; without one it holds until somebody ends it
}

// Kind gives what the rule takes fields for.
func (n Noise) Kind() pii.Category {
	if n.As == "" {
		return "none.other"
	}
	return n.As
}

// Holds tells whether the rule is in force at a time.
func (n Noise) Holds(now time.Time) bool {
	return n.Until == (Date{}) || !now.After(n.End())
}

// End gives the last moment of the rule, the zero time where it has none.
func (n Noise) End() time.Time {
	if n.Until == (Date{}) {
		return time.Time{}
	}
	return endOf(time.Date(n.Until.Year, n.Until.Month, n.Until.Day, 0, 0, 0, 0, time.UTC))
}

// Applies tells whether the rule is about a field that is proposed so.
func (n Noise) Applies(at pii.Ref, proposed pii.Category, confidence float64) bool {
	return n.Match.Matches(at, []pii.Category{proposed}, nil) && (n.Below == 0 || confidence < n.Below)
}

// Text says in one sentence what the rule does.
func (n Noise) Text() string {
	var parts []string
	say := func(what, value string) {
		if value != "" {
			parts = append(parts, what+" "+value)
		}
	}
	say("named", n.Match.Field)
	say("in", n.Match.Dataset)
	say("of", n.Match.Source)
	say("proposed as", string(n.Match.Category))
	if n.Below > 0 {
		parts = append(parts, "below "+strconv.FormatFloat(n.Below, 'g', -1, 64))
	}
	return "fields " + strings.Join(parts, " ") + " are " + string(n.Kind())
}

// Validate says what in the rule cannot be meant so.
func (n Noise) Validate() error {
	bad := func(text string) error { return errkind.Coded(errkind.Invalid, "bad-rule", "%s", text) }
	info, ok := n.Kind().Info()
	switch text := n.Match.validate(); {
	case text != "":
		return bad(text)
	case n.Match.Tag != "":
		return bad("match.tag says nothing of a field")
	case !ok || info.Category.Personal() || !slices.Contains(strings.Split(string(n.Kind()), "."), "none"):
		return bad("as is a kind of what is harmless: none.code, none.key, none.hash, none.other …")
	case strings.TrimSpace(n.Reason) == "":
		return bad("a rule needs a reason")
	case len(n.Reason) > 1000:
		return bad("a reason has at most 1,000 bytes")
	case !probability(n.Below):
		return bad("below is between 0 and 1")
	}
	return nil
}
