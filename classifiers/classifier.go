// Package classifiers says what a field holds. A classifier is a value: data and two functions. One pass of the engine (set.go) finds the
// triggers of all of them, so that none scans a text by itself; weigh.go turns what they found into calibrated evidence, in nats.
package classifiers

import "vestige/pii"

// Classifier is one kind of personal data, or one class that competes with it.
type Classifier struct {
	Name     string       // also the name of its corpus, testdata/<name>.txt
	Doc      string       // one line, then what it misses and what it mistakes for it
	Category pii.Category // what a match is; "none.…" for a competing class
	Version  int          // raised when results change: fields examined by an older one are examined again
	Names    []string     // words that, as whole tokens of a field's name, suggest it; joined by a space they are a phrase; "?" behind marks a weak one
	Triggers Triggers     // where the engine calls At; a text without any is never looked at
	MaxLen   int          // longest candidate in bytes, for cutting streams
	// At gives the verified candidate around position i of the text; nil for kinds that only a whole column shows.
	At func(text []byte, i int) (Hit, bool)
	// Whole tells of a whole value, trimmed, whether it is of the kind; nil means At must cover all of it.
	Whole func(value []byte) bool
	// Lengths are those of the values that Whole can take, so that it is not asked about others; nil for any.
	Lengths []int
	// Column gives evidence that only a whole column shows; nil for none.
	Column func(s *Stats) Evidence
	Chance float64 // how often a random candidate of the right shape passes
	Cover  float64 // how many of the values of a real column pass; 0 stands for nearly all
	Prior  float64 // its log-probability before anything is seen, where it is rarer than others of its category; 0 for that of the category
	Sparse bool    // whether it is looked for inside texts
}

// Triggers say where a candidate can be.
type Triggers struct {
	Bytes  string // any of these bytes ("@")
	Digits int    // a run of digits and separators with at least so many digits; asked at the groups that can begin a candidate: not at one
	// that goes on from digits before it over - . / or :, nor behind three letters or digits
	Spots  []Spot   // what must stand around those bytes, digits and capitalised words, one of them; where none is named, anything may
	Words  []string // any of these words, without regard to case; beside Forms or Behind they are anchors, and At is not asked at them
	Title  bool     // a word that begins with a capital, and is no part of an identifier
	Except []string // words at which a classifier of Title finds nothing to begin: those that all such classifiers name are passed over
	Starts bool     // the beginning of every word and number; for classifiers that are given at run time
	Forms  []string // a token of one of these forms: 9 is a digit, A a capital, X either, anything else itself; At is asked at its first byte
	Behind []string // the same, but only where one of Words stands before it, at most anchorReach bytes away and on the line
}

// Hit is a verified candidate.
type Hit struct {
	Start int
	End   int
	Flags Flags
}

// Flags say more of a hit.
type Flags uint8

// The flags.
const (
	Example  Flags = 1 << iota // a known example or of a reserved range (example.com, 555-01xx); only the weighing discounts it, and not in tests and the demo
	Checked                    // a check digit was verified
	Labelled                   // a word beside it names it
)

// Evidence is what speaks for (or, negative, against) a category, in nats.
type Evidence struct {
	Nats []pii.Nat
}

// Stats are counts over the values of a column that were seen; see stats.go for how they are gathered.
type Stats struct {
	Field    Context
	Named    bool             // whether the field's name suggests the classifier that is asked
	Values   int64            // not NULL and not empty
	Nulls    int64            // NULL
	Empty    int64            // empty strings
	Distinct int64            // estimate
	Judged   int64            // distinct values that the classifiers looked at: all, until the column was settled
	Hits     map[string]Count // by classifier name
	Shapes   map[string]int64 // by shape
	Within   map[string]int64 // values of categories found inside, after overlaps were resolved, by classifier name
	Texture  Texture          // what the values look like, whatever they are
	Len      [2]int           // shortest and longest in bytes
	Num      pii.Stats        // of whole numbers and times

	weighed *weighing // by the first pass, for the second
	nobody  bool      // no field beside it is of a person
}

// Count is how many values a classifier matched.
type Count struct {
	Whole    int64 // values that are of the kind as a whole
	Within   int64 // values that hold one inside
	Sure     int64 // of those within, with a word beside them or a check digit
	Distinct int64 // distinct whole values that match, as far as they were told apart
	Checked  int64 // of the whole ones, with a verified check digit
	Example  int64 // of the whole ones, known examples
}

// Context is what is known of a field besides its values.
type Context struct {
	Ref       pii.Ref
	Field     pii.Field
	Dataset   *pii.Dataset   // nil for a bare column
	Neighbour []pii.Category // what other fields of the dataset were proposed to be, in the second pass
}
