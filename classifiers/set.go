package classifiers

import (
	"slices"
	"strings"
	"sync"

	"vestige/internal/errkind"
	"vestige/pii"
)

// Options are choices of a whole set.
type Options struct {
	// Examples makes known examples and reserved ranges (example.com, 555-01xx, test cards) count as real values: for tests and the demo.
	Examples bool
	// Unlearned leaves out what was learned from labelled schemas, for the command that learns it.
	Unlearned bool
}

// Set is classifiers made ready to run. It is safe for concurrent use.
type Set struct {
	all     []*Classifier
	byName  map[string]int
	opts    Options
	sparse  *triggers // those looked for inside texts
	dense   *triggers // all that have At
	lexicon *lexicon
	version int
	maxLen  int
	scratch sync.Pool // *scan
	pairs   []pair    // of rates, each once
	pairOf  []int     // by classifier
	priors  []float64 // by classifier
	places  []int     // of its category among those of all classifiers
	kinds   int       // categories of all classifiers
}

// NewSet validates the classifiers and prepares their triggers and names.
func NewSet(cs []Classifier, opts Options) (*Set, error) {
	s := &Set{byName: map[string]int{}, opts: opts}
	for i := range cs {
		c := cs[i]
		if err := validate(&c); err != nil {
			return nil, err
		}
		if _, dup := s.byName[c.Name]; dup {
			return nil, errkind.New(errkind.Invalid, "classifier %q: the name is taken", c.Name)
		}
		s.byName[c.Name] = i
		s.all = append(s.all, &c)
		s.version += c.Version
		s.maxLen = max(s.maxLen, c.MaxLen)
	}
	s.sparse = newTriggers(s.all, func(c *Classifier) bool { return c.Sparse })
	s.dense = newTriggers(s.all, func(*Classifier) bool { return true })
	s.lexicon = newLexicon(s.all)
	s.tabulate()
	s.scratch.New = func() any { return &scan{} }
	return s, nil
}

// tabulate prepares what weighing asks of each classifier.
func (s *Set) tabulate() {
	places, pairs := map[pii.Category]int{}, map[pair]int{}
	for _, c := range s.all {
		s.places, s.priors = append(s.places, place(places, c.Category)), append(s.priors, prior(c))
		s.pairOf = append(s.pairOf, place(pairs, rates(c)))
	}
	s.kinds, s.pairs = len(places), make([]pair, len(pairs))
	for p, i := range pairs {
		s.pairs[i] = p
	}
}

// place gives the number of a key, the next one where it is new.
func place[K comparable](of map[K]int, k K) int {
	if _, ok := of[k]; !ok {
		of[k] = len(of)
	}
	return of[k]
}

func validate(c *Classifier) error {
	bad := func(what string) error { return errkind.New(errkind.Invalid, "classifier %q: %s", c.Name, what) }
	_, known := c.Category.Info()
	t := c.Triggers
	switch {
	case c.Name == "" || strings.Trim(c.Name, "abcdefghijklmnopqrstuvwxyz0123456789_") != "":
		return bad("the name must be of lower-case letters, digits and _")
	case c.Doc == "":
		return bad("it has no Doc")
	case !known:
		return bad("its category is not in the taxonomy")
	case c.Version < 1:
		return bad("its version must be 1 or more")
	case c.Chance < 0 || c.Chance > 1 || c.Cover < 0 || c.Cover > 1:
		return bad("Chance and Cover are shares")
	case c.At != nil && t.Bytes == "" && t.Digits == 0 && len(t.Words)+len(t.Forms)+len(t.Behind) == 0 && !t.Title && !t.Starts:
		return bad("it has At and no trigger")
	case strings.Contains(t.Bytes, " "):
		return bad("a space is no trigger")
	case c.At != nil && (c.MaxLen <= 0 || c.MaxLen > 4096):
		return bad("MaxLen must be between 1 and 4096")
	case c.Sparse && c.At == nil:
		return bad("it is sparse and has no At")
	case c.At == nil && c.Whole == nil && c.Column == nil && len(c.Names) == 0:
		return bad("nothing can ever suggest it")
	}
	return nil
}

// All gives the classifiers, in order.
func (s *Set) All() []*Classifier { return slices.Clone(s.all) }

// Version is the sum of the classifiers' versions and the engine's: it rises when any result may have changed.
func (s *Set) Version() int { return s.version + engineVersion }

const engineVersion = 2

// Overlap is how many bytes of a stream have to be seen again around a cut, on either side, for the cut to change nothing.
func (s *Set) Overlap() int { return 4*s.maxLen + 64 }

// Options gives the choices the set was made with.
func (s *Set) Options() Options { return s.opts }

// Classifier gives the classifier of that name, nil where there is none.
func (s *Set) Classifier(name string) *Classifier {
	i, ok := s.byName[name]
	if !ok {
		return nil
	}
	return s.all[i]
}
