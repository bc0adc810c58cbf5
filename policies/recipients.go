package policies

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"vestige/pii"
)

// Recipient is somebody to whom data is given: a processor, or a third party. She is told of an erasure (GDPR art. 19).
type Recipient struct {
	Name     string  `yaml:"name" json:"name"`
	Contract string  `yaml:"contract" json:"contract,omitempty"` // a reference, for people
	Gets     []Match `yaml:"gets" json:"gets"`                   // what she was given: any of these
	Tell     string  `yaml:"tell" json:"tell"`                   // the channel of notify: in the configuration, or manual
	Within   Days    `yaml:"within" json:"within"`               // by when she is to have been told; 7d where it is not said
	Send     string  `yaml:"send" json:"send,omitempty"`         // digests (the default) or values: how she is told whom it is about
	Answer   bool    `yaml:"answer" json:"answer,omitempty"`     // that the message was taken is not enough: somebody confirms her answer
}

// Manual is how a recipient is told by a person, outside of any channel.
const Manual = "manual"

// The ways in which a recipient is told whom a message is about.
const (
	Digests = "digests"
	Values  = "values"
)

// Term gives by when she is to have been told of what was erased then.
func (r Recipient) Term(from time.Time) time.Time {
	if r.Within == 0 {
		return from.Add(7 * 24 * time.Hour)
	}
	return from.Add(time.Duration(r.Within))
}

// Given tells which of the categories of a dataset a recipient was given; all of them where a rule names none.
func (r Recipient) Given(at pii.Ref, categories []pii.Category) (given []pii.Category, any bool) {
	for _, m := range r.Gets {
		if !m.Matches(at, categories, nil) {
			continue
		}
		any = true
		for _, c := range categories {
			if (m.Category == "" || m.Category.Covers(c)) && !slices.Contains(given, c) {
				given = append(given, c)
			}
		}
	}
	slices.Sort(given)
	return given, any
}

// wrong says what in a recipient cannot be meant so.
func (r Recipient) wrong() string {
	for _, m := range r.Gets {
		if what := m.validate(); what != "" {
			return what
		}
	}
	switch {
	case strings.TrimSpace(r.Name) == "" || strings.ContainsAny(r.Name, "/\r\n"):
		return "a recipient has a name, of one line and without a slash"
	case len(r.Gets) == 0:
		return "gets says what the recipient was given"
	case r.Tell == "":
		return "tell names a channel of notify:, or is manual"
	case r.Send != "" && r.Send != Digests && r.Send != Values:
		return "send is digests or values"
	}
	return ""
}

// recipientsWrong says what in the register cannot be meant so.
func (p *Policy) recipientsWrong() string {
	seen := map[string]bool{}
	for i, r := range p.Recipients {
		what := r.wrong()
		if what == "" && seen[r.Name] {
			what = "there are two of that name"
		}
		if what != "" {
			return fmt.Sprintf("recipients[%d]: %s", i, what)
		}
		seen[r.Name] = true
	}
	return ""
}
