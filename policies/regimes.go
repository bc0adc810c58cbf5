package policies

import (
	"embed"
	"io/fs"
	"path"
	"regexp"
	"strings"

	"vestige/internal/errkind"
)

// Type is what a request asks for.
type Type string

// The types. A regime has clocks for those that it knows.
const (
	Access         Type = "access"
	Portability    Type = "portability"
	Erasure        Type = "erasure"
	Rectification  Type = "rectification"
	Restriction    Type = "restriction"
	Objection      Type = "objection"
	OptOut         Type = "opt-out" // of sale or sharing
	LimitUse       Type = "limit-use"
	KnowCategories Type = "know-categories"
	Withdrawal     Type = "withdraw-consent"
)

// Types gives all of them.
func Types() []Type {
	return []Type{Access, Portability, Erasure, Rectification, Restriction, Objection, OptOut, LimitUse, KnowCategories, Withdrawal}
}

// Regime is a law as a table. Those embedded are files in regimes; a user adds another by a file of the same form.
type Regime struct {
	Name       string      `yaml:"name" json:"name"` // gdpr
	Title      string      `yaml:"title" json:"title"`
	Source     string      `yaml:"source" json:"source"` // where the law says so
	Clocks     []Clock     `yaml:"clocks" json:"clocks"`
	Pause      bool        `yaml:"pause" json:"pause"` // the clock stands while the person is asked for what is needed
	Exceptions []Exception `yaml:"exceptions" json:"exceptions"`
	Notes      []string    `yaml:"notes" json:"notes,omitempty"`
	Holidays   []Date      `yaml:"holidays" json:"holidays,omitempty"`
}

// Clock is how long some types of request may take.
type Clock struct {
	Types       []Type `yaml:"types" json:"types"`
	Acknowledge Span   `yaml:"acknowledge" json:"acknowledge,omitzero"`
	Respond     Span   `yaml:"respond" json:"respond"`
	Extend      Span   `yaml:"extend" json:"extend,omitzero"` // beyond Respond, counted from receipt
}

// Exception is a ground on which data is kept although its erasure was asked for.
type Exception struct {
	Article string `yaml:"article" json:"article"`
	Basis   string `yaml:"basis" json:"basis"`
}

//go:embed regimes/*.yaml
var embedded embed.FS

// Regimes gives the regimes that come with the product, ordered by name.
func Regimes() ([]*Regime, error) {
	files, err := fs.Glob(embedded, "regimes/*.yaml")
	if err != nil {
		return nil, err
	}
	var all []*Regime
	for _, file := range files {
		text, err := embedded.ReadFile(file)
		if err != nil {
			return nil, err
		}
		r, err := ReadRegime(path.Base(file), text)
		if err != nil {
			return nil, err
		}
		all = append(all, r)
	}
	return all, nil
}

// FindRegime gives the embedded regime of that name.
func FindRegime(name string) (*Regime, error) {
	all, err := Regimes()
	if err != nil {
		return nil, err
	}
	var names []string
	for _, r := range all {
		if r.Name == name {
			return r, nil
		}
		names = append(names, r.Name)
	}
	return nil, errkind.Coded(errkind.NotFound, "no-such-regime", "no regime of that name; there are %s", strings.Join(names, ", "))
}

var nameRE = regexp.MustCompile(`^[a-z][a-z0-9_]*$`)

// ReadRegime reads the text of a regime's file; name is what errors call it.
func ReadRegime(name string, text []byte) (*Regime, error) {
	var r Regime
	if err := Decode(name, text, &r); err != nil {
		return nil, err
	}
	if !nameRE.MatchString(r.Name) || r.Title == "" || len(r.Clocks) == 0 {
		return nil, errkind.New(errkind.Invalid, "%s: a regime has a name of a-z, 0-9 and _, a title and clocks", name)
	}
	seen := map[Type]bool{}
	for i, c := range r.Clocks {
		if !c.Respond.valid() || (c.Acknowledge != Span{} && !c.Acknowledge.valid()) || (c.Extend != Span{} && !c.Extend.valid()) {
			return nil, errkind.New(errkind.Invalid, "%s: clocks[%d]: a span has one of months, days and business-days", name, i)
		}
		for _, t := range c.Types {
			if !knownType(t) || seen[t] {
				return nil, errkind.New(errkind.Invalid, "%s: clocks[%d]: type %q is unknown, or has two clocks", name, i, t)
			}
			seen[t] = true
		}
	}
	return &r, nil
}

func knownType(t Type) bool {
	for _, k := range Types() {
		if k == t {
			return true
		}
	}
	return false
}

// Types gives the types of request that the regime has clocks for.
func (r *Regime) Types() (types []Type) {
	for _, c := range r.Clocks {
		types = append(types, c.Types...)
	}
	return types
}

func (r *Regime) clock(t Type) (Clock, bool) {
	for _, c := range r.Clocks {
		for _, k := range c.Types {
			if k == t {
				return c, true
			}
		}
	}
	return Clock{}, false
}
