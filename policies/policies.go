// Package policies is what people and law have settled, as data: what must be kept and why, from which confidence on the machine may act,
// how long windows are, who approves, and the clocks of each regime. It decides nothing about a record by itself; plans and
// lineage ask it.
//
// A policy file is YAML:
//
//	retain:
//	  - {basis: "tax law, 10 years", months: 120, article: "art. 17(3)(b)", match: {dataset: "shop/invoices*"}}
//	act: {find: 0.5, change: 0.95, categories: {contact.phone: {change: 0.99}}}
//	cost: {miss: 10, categories: {health: 50, location: 3}}
//	noise:
//	  - {match: {source: etl, field: "*_checksum"}, as: none.hash, reason: "sums of files", until: 2027-06-30}
//	tolerance: {percent: 10, at-least: 10}
//	windows: {cool-down: 7d, minimum: 1d, export: 14d}
//	limits: {hub: 200}
//	single-approver: false
//	holidays: [2026-12-25]
//	recipients:
//	  - {name: "Mailer Ltd", contract: "DPA 12", tell: mailer, within: 7d, gets: [{dataset: "shop/customers", category: contact.email}]}
//
// Several files are read one after the other: rules, noise, recipients and holidays add up, everything else is as the last one says.
package policies

import (
	"path"
	"slices"
	"strings"
	"time"

	"vestige/internal/errkind"
	"vestige/pii"
)

// Policy is everything settled. The zero value settles nothing; start from Default.
type Policy struct {
	Retain         []Rule      `yaml:"retain" json:"retain"`
	Act            Act         `yaml:"act" json:"act"`
	Cost           Cost        `yaml:"cost" json:"cost"`
	Noise          []Noise     `yaml:"noise" json:"noise,omitempty"`
	Tolerance      Tolerance   `yaml:"tolerance" json:"tolerance"`
	Windows        Windows     `yaml:"windows" json:"windows"`
	Limits         Limits      `yaml:"limits" json:"limits"`
	SingleApprover bool        `yaml:"single-approver" json:"singleApprover"`  // who asked for a plan may approve it
	Restored       string      `yaml:"restored" json:"restored"`               // what is done with what comes back from before an erasure: ask, erase
	Holidays       []Date      `yaml:"holidays" json:"holidays"`               // beside those of the regime
	Recipients     []Recipient `yaml:"recipients" json:"recipients,omitempty"` // who was given data, and is told of an erasure
}

// What Restored can be: a person approves that it is erased again, or the approval of the first erasure counts for it.
const (
	Ask        = "ask"
	EraseAgain = "erase"
)

// Rule keeps what it matches, for a reason.
type Rule struct {
	Basis   string `yaml:"basis" json:"basis"`               // in words that the person will read
	Months  int    `yaml:"months" json:"months"`             // from the record's own date; 0 for no end
	Article string `yaml:"article" json:"article,omitempty"` // the exception of the regime that allows it
	Match   Match  `yaml:"match" json:"match"`
}

// Match says what a rule is about; all that is set must hold. Patterns are matched segment by segment: "*" stands for any part of one
// segment, "**" for any number of them. Datasets and sources have segments between slashes, fields and categories between dots.
type Match struct {
	Source   string       `yaml:"source" json:"source,omitempty"`
	Dataset  string       `yaml:"dataset" json:"dataset,omitempty"` // source/dataset, or the dataset alone where Source is set
	Field    string       `yaml:"field" json:"field,omitempty"`     // the rule keeps fields, and says nothing of whole records
	Category pii.Category `yaml:"category" json:"category,omitempty"`
	Tag      string       `yaml:"tag" json:"tag,omitempty"`
}

// Act says from which confidence on the machine may act without a decision.
type Act struct {
	Find       float64                    `yaml:"find" json:"find"`     // a field proposed above it is searched
	Change     float64                    `yaml:"change" json:"change"` // a record is changed over fields and references at or above it
	Categories map[pii.Category]Threshold `yaml:"categories" json:"categories,omitempty"`
}

// Threshold is that of a category and all below it; an absent one is the general one.
type Threshold struct {
	Find   *float64 `yaml:"find" json:"find,omitempty"`
	Change *float64 `yaml:"change" json:"change,omitempty"`
}

// Tolerance bounds how far counts may move between approval and the last look.
type Tolerance struct {
	Percent int   `yaml:"percent" json:"percent"`
	AtLeast int64 `yaml:"at-least" json:"atLeast"`
}

// Windows are spans of a request's life.
type Windows struct {
	CoolDown Days `yaml:"cool-down" json:"coolDown"` // between soft delete and erasure
	Minimum  Days `yaml:"minimum" json:"minimum"`    // below which a late request does not shrink the cool-down
	Export   Days `yaml:"export" json:"export"`      // in which an export can be fetched
}

// Limits keep a closure from spreading.
type Limits struct {
	Hub int `yaml:"hub" json:"hub"` // an identifier in more records of one dataset than this does not lead on
}

// Basis is why something is kept.
type Basis struct {
	Text    string `json:"text"`
	Article string `json:"article,omitempty"`
	Months  int    `json:"months"` // 0 for no end
}

// Until gives the end of a basis for a record of that date, the zero time where it has none. It is the last moment of a day.
func (b Basis) Until(from time.Time) time.Time {
	if b.Months == 0 {
		return time.Time{}
	}
	return endOf(addMonths(from, b.Months))
}

// Default gives the policy that holds where no file says otherwise.
func Default() *Policy {
	const day = Days(24 * time.Hour)
	return &Policy{
		Act:       Act{Find: 0.5, Change: 0.95},
		Cost:      Cost{Miss: 10},
		Tolerance: Tolerance{Percent: 10, AtLeast: 10},
		Windows:   Windows{CoolDown: 7 * day, Minimum: day, Export: 14 * day},
		Limits:    Limits{Hub: 200},
		Restored:  Ask,
	}
}

// Basis gives why a record of the dataset, or a field of it, is kept: of all rules that match the one that keeps it longest. A rule
// with a category keeps a record that has a field of it. ok is false where nothing keeps it.
func (p *Policy) Basis(at pii.Ref, categories []pii.Category, tags ...string) (basis Basis, ok bool) {
	for _, r := range p.Retain {
		if !r.Match.Matches(at, categories, tags) {
			continue
		}
		if !ok || (basis.Months != 0 && (r.Months == 0 || r.Months > basis.Months)) {
			basis, ok = Basis{r.Basis, r.Article, r.Months}, true
		}
	}
	return basis, ok
}

// Matches tells whether the rule is about a place that holds the categories.
func (m Match) Matches(at pii.Ref, categories []pii.Category, tags []string) bool {
	switch {
	case m.Source != "" && !glob(m.Source, at.Source, "/"),
		m.Dataset != "" && m.Source != "" && !glob(m.Dataset, at.Dataset, "/"),
		m.Dataset != "" && m.Source == "" && !glob(m.Dataset, at.Source+"/"+at.Dataset, "/"),
		m.Field != "" && (at.Field == "" || !glob(m.Field, at.Field, ".")),
		m.Category != "" && !slices.ContainsFunc(categories, m.Category.Covers),
		m.Tag != "" && !slices.ContainsFunc(tags, func(t string) bool { return glob(m.Tag, t, "/") }):
		return false
	}
	return true
}

// Find gives the confidence above which fields of the category are searched.
func (p *Policy) Find(c pii.Category) float64 {
	return p.threshold(c, p.Act.Find, func(t Threshold) *float64 { return t.Find })
}

// Change gives the confidence from which on records are changed over fields of the category.
func (p *Policy) Change(c pii.Category) float64 {
	return p.threshold(c, p.Act.Change, func(t Threshold) *float64 { return t.Change })
}

// threshold gives what the most special category says that covers c and says something.
func (p *Policy) threshold(c pii.Category, general float64, of func(Threshold) *float64) float64 {
	best := -1
	for d, t := range p.Act.Categories {
		if v := of(t); v != nil && d.Covers(c) && len(d) > best {
			general, best = *v, len(d)
		}
	}
	return general
}

// glob matches segment by segment; "**" matches any number of segments.
func glob(pattern, name, separator string) bool {
	return globs(strings.Split(pattern, separator), strings.Split(name, separator))
}

func globs(pattern, name []string) bool {
	for i, p := range pattern {
		if p == "**" {
			rest := pattern[i+1:]
			for k := i; k <= len(name); k++ {
				if globs(rest, name[k:]) {
					return true
				}
			}
			return false
		}
		if i >= len(name) {
			return false
		}
		if ok, err := path.Match(p, name[i]); err != nil || !ok {
			return false
		}
	}
	return len(pattern) == len(name)
}

// Validate says what in the policy cannot be meant so.
func (p *Policy) Validate() error {
	for i, r := range p.Retain {
		if err := r.validate(); err != "" {
			return errkind.New(errkind.Invalid, "retain[%d]: %s", i, err)
		}
	}
	if !probability(p.Act.Find) || !probability(p.Act.Change) || p.Act.Change < p.Act.Find {
		return errkind.New(errkind.Invalid, "act: find and change are between 0 and 1, and change is not below find")
	}
	for c := range p.Act.Categories {
		if !known(c) {
			return errkind.New(errkind.Invalid, "act.categories: no category %q", c)
		}
		if f, ch := p.Find(c), p.Change(c); !probability(f) || !probability(ch) || ch < f {
			return errkind.New(errkind.Invalid, "act.categories.%s: find and change are between 0 and 1, and change is not below find", c)
		}
	}
	if err := p.Cost.validate(); err != nil {
		return err
	}
	for i, n := range p.Noise {
		if err := n.Validate(); err != nil {
			return errkind.Wrap(errkind.Invalid, err, "noise[%d]", i)
		}
	}
	switch {
	case p.Tolerance.Percent < 0 || p.Tolerance.Percent > 100 || p.Tolerance.AtLeast < 0:
		return errkind.New(errkind.Invalid, "tolerance: percent is 0 to 100, at-least is not negative")
	case p.Windows.Minimum > p.Windows.CoolDown:
		return errkind.New(errkind.Invalid, "windows: minimum is longer than cool-down")
	case p.Restored != Ask && p.Restored != EraseAgain:
		return errkind.New(errkind.Invalid, "restored: ask or erase")
	case p.Limits.Hub < 1:
		return errkind.New(errkind.Invalid, "limits: hub is at least 1")
	case p.recipientsWrong() != "":
		return errkind.New(errkind.Invalid, "%s", p.recipientsWrong())
	}
	return nil
}

func (r Rule) validate() string {
	switch {
	case strings.TrimSpace(r.Basis) == "":
		return "a basis must be named"
	case r.Months < 0:
		return "months is not negative; 0 is without end"
	}
	return r.Match.validate()
}

func (m Match) validate() string {
	for _, pattern := range []string{m.Source, m.Dataset, m.Field, m.Tag} {
		if _, err := path.Match(strings.ReplaceAll(pattern, "**", "*"), ""); err != nil {
			return "a pattern has an open bracket"
		}
	}
	switch {
	case m == Match{}:
		return "match says nothing, so the rule would be about everything"
	case m.Dataset != "" && m.Source == "" && !strings.Contains(m.Dataset, "/"):
		return "match.dataset is written source/dataset where match.source is not set"
	case m.Category != "" && !known(m.Category):
		return "match.category is not in the taxonomy"
	}
	return ""
}

func probability(x float64) bool { return x >= 0 && x <= 1 }

// known tells whether the taxonomy has the category or one below it.
func known(c pii.Category) bool {
	return slices.ContainsFunc(pii.Categories(), func(i pii.CategoryInfo) bool { return c.Covers(i.Category) })
}
