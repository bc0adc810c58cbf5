// Package model says what a closure, ownership and a correct erasure are, over datasets small enough to hold in memory: written from the design and not
// from the product's code, by brute force, slow, and short enough to be checked by reading. The product is compared with it over random estates.
//
// There are three opinions of every estate, and they have to agree:
//
//   - the truth by construction. The generator (generate.go, scenes.go) writes each record for somebody, and notes of each cell which of its text is about whom;
//   - the model (persons.go, closure.go), which is told neither. It has the datasets, and of each field and reference what a careful person would say of it: that a field
//     holds addresses of mail, of the record's own person; that a reference names an agent. From these it computes who is who and whose is what;
//   - the product, which gets the same datasets in real systems, works out roles and owners by itself, and carries its erasures out.
//
// The tests first hold the model against the truth: a model that disagrees with what was written down is a fault of the model, or an estate whose truth nobody could know.
// Then they hold the product's closure against the model's (closure_test.go), and what an erasure leaves in the systems against what judge.go allows (erasure_test.go).
// An estate on which they differ is made smaller for as long as they still do, and kept in testdata/kept, which every later run replays first.
//
// Four sentences are the whole of it:
//
//   - in a dataset whose records stand for persons each record is another person; records of different datasets are of one person where they hold the same
//     identifier as their own and that identifier is nobody else's;
//   - a record belongs to whom its owning references name; without any, to whom its own identifiers single out; without either, to those whose records have it;
//   - a record of hers alone goes; of one that she shares, and of one that is another's or nobody's, what is about her goes and the rest stays;
//   - nothing else changes.
package model

// Person is one person of an estate, by number.
type Person int

// Estate is some datasets with the truth about them.
type Estate struct {
	Tables  []*Table `json:"tables"`
	People  int      `json:"people"`
	Subject Person   `json:"subject"` // whose erasure is asked for
	Start   string   `json:"start"`   // the identifier that the request gives
	StartIs string   `json:"startIs"` // its category
	Mails   []string `json:"mails"`   // of each person
	Names   []string `json:"names"`
}

// Table is one dataset.
type Table struct {
	System string   `json:"system"`
	Name   string   `json:"name"`
	Form   string   `json:"form"` // table, ndjson, csv or log; view for a view
	Person bool     `json:"person,omitempty"`
	Fields []Field  `json:"fields"`
	Key    []string `json:"key,omitempty"`
	Unique []string `json:"unique,omitempty"` // fields that are unique, each by itself
	Refs   []Ref    `json:"refs,omitempty"`
	Checks []string `json:"checks,omitempty"`
	Window []string `json:"window,omitempty"` // the two fields that say from when to when an address was its person's
	When   string   `json:"when,omitempty"`   // the field that says of when a record is
	View   string   `json:"view,omitempty"`   // the statement of a view
	Rows   []*Row   `json:"rows"`
}

// Whose says whose the identifiers of a field are.
type Whose string

// The two there are.
const (
	Own   Whose = "own"   // the record's own person's
	Named Whose = "named" // somebody whom the record names
)

// Field is a column. Of one that holds documents, Insides are the paths that hold something.
type Field struct {
	Name     string  `json:"name"`
	Type     string  `json:"type"`               // int, text, date, json
	Category string  `json:"category,omitempty"` // as the product writes it; "" for nothing personal
	Form     string  `json:"form,omitempty"`     // sha256: the identifier is there as its digest
	Whose    Whose   `json:"whose,omitempty"`
	Text     bool    `json:"text,omitempty"` // free text, in which anybody can be named
	NotNull  bool    `json:"notNull,omitempty"`
	Insides  []Field `json:"insides,omitempty"` // names are paths: contacts[].mail
}

// Kind is what a reference says of the records at its two ends.
type Kind string

// The kinds. Has is the one that leads upward: what is referred to belongs to those who refer to it, an address, a joint account.
const (
	Owns     Kind = "owns"     // the record belongs to whom the other one belongs to
	Shared   Kind = "shared"   // so it does, besides another
	Mentions Kind = "mentions" // the record names the person
	Has      Kind = "has"
	Nothing  Kind = "nothing" // a reference to something of nobody's
)

// Ref is a reference from fields of a table to those of another one.
type Ref struct {
	Fields   []string `json:"fields"`
	To       string   `json:"to"` // system/name
	ToFields []string `json:"toFields"`
	Kind     Kind     `json:"kind"`
	Declared bool     `json:"declared,omitempty"`
	OnDelete string   `json:"onDelete,omitempty"` // as SQL writes it
	If       string   `json:"if,omitempty"`       // it holds where this field has the value Is
	Is       string   `json:"is,omitempty"`
}

// Row is one record, with whom it was written for.
type Row struct {
	Cells  []Cell   `json:"cells"`
	Owners []Person `json:"owners,omitempty"`
	Common bool     `json:"common,omitempty"` // all it says is what its owners have in common: it stays, asked about or not
}

// Cell is one value; nil is NULL. Parts are the pieces of it that are about somebody.
type Cell struct {
	V     *string `json:"v"`
	Parts []Part  `json:"parts,omitempty"`
}

// Part is a piece of a value and whom it is about.
type Part struct {
	Text   string   `json:"text"`
	Of     []Person `json:"of"`
	Local  bool     `json:"local,omitempty"`  // a number that means something in its own system only
	Single bool     `json:"single,omitempty"` // it singles the person out
}

// Ref gives how others refer to the table.
func (t *Table) Ref() string { return t.System + "/" + t.Name }

// At gives the position of a field, -1 where there is none.
func (t *Table) At(field string) int {
	for i, f := range t.Fields {
		if f.Name == field {
			return i
		}
	}
	return -1
}

// Get gives the value of a field of a record, nil where it is NULL.
func (t *Table) Get(r *Row, field string) *string { return r.Cells[t.At(field)].V }

// Table gives the table of that reference, nil where there is none.
func (e *Estate) Table(ref string) *Table {
	for _, t := range e.Tables {
		if t.Ref() == ref {
			return t
		}
	}
	return nil
}
