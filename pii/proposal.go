package pii

// Nat is one piece of evidence and what it adds to the log-odds of a category, in nats. Text names counts and words, never a value.
type Nat struct {
	Text string  `json:"text"` // `name "mail"`, "48 of 50 values valid"
	Nats float64 `json:"nats"`
}

// Share is a shape or a category with the share of values that have it.
type Share struct {
	Name  string  `json:"name"`
	Share float64 `json:"share"`
}

// Proposal is what the machine concludes of a field. Only machines write proposals.
type Proposal struct {
	Field      Ref      `json:"field"`
	Category   Category `json:"category"`
	Confidence float64  `json:"confidence"` // calibrated, 0 to 1
	// Personal is how sure it is that the field holds any personal data, and Suspect which kind is likeliest, whatever Category says.
	Personal float64  `json:"personal"`
	Suspect  Category `json:"suspect,omitempty"`
	// Dense tells that the field is of the category; otherwise its text contains some.
	Dense bool `json:"dense"`
	// Contains lists the categories found inside text, with the share of values that hold one.
	Contains []Contained `json:"contains,omitempty"`
	// Form is the relative in which values stand ("sha256"), "" for plain ones.
	Form     string      `json:"form,omitempty"`
	Nats     []Nat       `json:"nats,omitempty"`
	Examined Examination `json:"examined"`
}

// Contained is a category found inside the text of a field.
type Contained struct {
	Category   Category `json:"category"`
	Confidence float64  `json:"confidence"`
	Share      float64  `json:"share"` // of the values seen
	// Key is the value of the field By beside which the values of this one are wholly of the category: "billing_email" in meta_key, beside meta_value.
	Key string `json:"key,omitempty"`
	By  string `json:"by,omitempty"`
}

// Examination is the record that a field was looked at, or why not.
type Examination struct {
	At       int64   `json:"at"`       // microseconds since 1970
	How      string  `json:"how"`      // full, sample, profile, name, none
	Reason   string  `json:"reason"`   // a gap's code where it was not looked at
	Values   int64   `json:"values"`   // seen, NULL left out
	Nulls    int64   `json:"nulls"`    //
	Distinct int64   `json:"distinct"` // estimate over what was read
	Unique   bool    `json:"unique"`   // every value seen was another
	Version  int     `json:"version"`  // of the classifiers
	Shapes   []Share `json:"shapes,omitempty"`
	// Normal tells that a full read at At found every value in normal form of the category.
	Normal bool  `json:"normal"`
	MaxLen int   `json:"maxLen"`
	Sum    Stats `json:"stats"`
}

// Stats are figures of numbers and times, for references and dates; they say nothing of one value alone.
type Stats struct {
	Ints      int64 `json:"ints"` // values that are whole numbers
	Min       int64 `json:"min"`  // of whole numbers, rounded outwards to two digits
	Max       int64 `json:"max"`
	Monotone  bool  `json:"monotone"` // never falling in the order read
	Times     int64 `json:"times"`    // values that are dates or times
	FirstTime int64 `json:"firstTime"`
	LastTime  int64 `json:"lastTime"`
}

// Verdict is what a person says.
type Verdict string

// The verdicts.
const (
	Accept  Verdict = "accept"
	Reject  Verdict = "reject"
	Changed Verdict = "change"
	Defer   Verdict = "defer"
)

// Decision is what a person says of a field, a reference or a question. Only people write decisions; no scan overwrites one.
type Decision struct {
	ID       string   `json:"id"`
	Field    Ref      `json:"field"`              // of a field
	Edge     string   `json:"edge,omitempty"`     // or of a reference
	Question string   `json:"question,omitempty"` // or of a question
	Verdict  Verdict  `json:"verdict"`
	Category Category `json:"category,omitempty"` // of an accepted or changed field
	Kind     string   `json:"kind,omitempty"`     // of an accepted or changed reference: owns, mentions, shared, derives
	Reason   string   `json:"reason,omitempty"`
	By       string   `json:"by"`
	At       int64    `json:"at"`
}
