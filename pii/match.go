package pii

// Mode says how a term's values are compared.
type Mode uint8

// The modes.
const (
	// Equal: the whole value, in the normal form of the term's category, equals one of the term's.
	Equal Mode = iota
	// Within: one of the term's values stands inside the value as a token of its own ("ann@x" is not within "joann@x").
	Within
	// Exact: the value equals byte by byte; for keys and references.
	Exact
)

// Term asks one field (or, with an empty Field, every field) for some values.
type Term struct {
	Field    string
	Mode     Mode
	Category Category
	Forms    []string // names of the relatives compared besides the plain form (forms.All lists them): sha256, md5, base64 …
	Values   []Value  // in normal form of the category
	Loose    bool     // Within only: a value counts within a longer token too. Nothing wants that but tests that show what tokens are for
	Near     []string // Within only: the value counts only beside one of these words; for numbers that are not distinctive by themselves
}

// Match asks a dataset for the records that satisfy any of the terms, or for those with the keys.
type Match struct {
	Dataset Dataset
	Terms   []Term
	Keys    []Key
	Want    []string // fields whose values Found.Fields carries
}

// Needles asks every field of a dataset, whatever its category, for values; see Term with an empty Field.
type Needles struct {
	Terms []Term
}

// Hit is one occurrence of a term's value in a record.
type Hit struct {
	Term  int    // index into Match.Terms
	Value int    // index into its Values
	Form  string // the relative that matched, "" for the plain form
	Field string // Field.Name
	Path  string // the concrete path inside the document, "" for a plain column
	Start int    // bytes of the occurrence within the field's value
	End   int
}

// Found is a record that a match found.
type Found struct {
	Dataset Ref
	Key     Key
	Digest  Digest
	Equals  int // of a dataset without a key: how many records are equal to this one, itself included; 0 or 1 where it is alone
	Hits    []Hit
	Fields  map[string][]Located // the fields that Want asked for
	Gap     *Gap                 // in place of a record: what could not be looked at
}

// Located is a value with its concrete path.
type Located struct {
	Path  string
	Value Value
}

// Method is how a step changes, or does not change, the records it is about.
type Method string

// The methods. A driver acts on Delete, Update, SoftDelete, Refresh and Purge; the planner's finer words are kinds of Update and are
// carried for receipts.
const (
	Delete       Method = "delete"
	SoftDelete   Method = "soft-delete"
	Detach       Method = "detach"       // her slot of a shared record is emptied
	Nullify      Method = "nullify"      // a field becomes NULL
	Redact       Method = "redact"       // her occurrences in a text are replaced
	Pseudonymise Method = "pseudonymise" // a value is replaced by an unlinkable one that satisfies the constraints
	Rewrite      Method = "rewrite"      // an object is written again without her parts
	Retain       Method = "retain"       // kept, with a basis
	RestrictUse  Method = "restrict"     // kept, and not used for anything else
	ExportOut    Method = "export"
	Notify       Method = "notify"
	Refresh      Method = "refresh" // statistics, materialised views
	Purge        Method = "purge"   // a rung of the ladder: what deleted data physically leaves behind
	Ask          Method = "ask"
)

// Unit is one bounded batch of acts, in order, in one transaction where the system has them.
type Unit struct {
	ID   string
	Acts []Act
}

// Act is one method at one dataset.
type Act struct {
	Dataset Dataset
	Method  Method
	Targets []Target
	Effects []Effect // what the system will do by itself, as predicted
	At      int64    // of a SoftDelete: the moment that its records are marked with, in microseconds since 1970; 0 for the present one
}

// Target is one record of an act. A Digest that is set is compared before the act: a record that has changed since is a conflict. An act without
// key acts on Equals records equal to Digest, all or none.
type Target struct {
	Key     Key
	Digest  Digest
	Equals  int
	Changes []Change // empty for Delete
}

// Change is one replacement inside a record. Field is the name of a column (Path empty) or Path is concrete within its document.
// With Start == End == 0 the whole value is replaced, else the bytes of the span. A NULL New with a whole value makes it NULL, or removes the
// member or element where it stands in a document. Member is set where the name of the object's member at Path holds the value: the member is removed, name and all.
type Change struct {
	Field  string
	Path   string
	Start  int
	End    int
	Old    Value // what stands there, compared before
	New    Value
	Member bool
}

// Effect is what a system does by itself when a record goes.
type Effect struct {
	Dataset Ref
	Method  Method
	Records int64
}

// Receipt is what an act did.
type Receipt struct {
	Unit      string `json:"unit"`
	Dataset   Ref    `json:"dataset"`
	Method    Method `json:"method"`
	Affected  int64  `json:"affected"`
	FoundDone int64  `json:"foundDone"` // records that were already as the method leaves them
	Proof     string `json:"proof"`     // the system's own transaction or version id, never a value
	At        int64  `json:"at"`        // microseconds since 1970
	// Image is what Undo needs to take a soft delete back. It holds values: the caller seals it, and no encoding prints it.
	Image Value `json:"-"`
}

// Finding is what a preflight found about a unit.
type Finding struct {
	Code     string `json:"code"` // stable; docs/findings.md
	Dataset  Ref    `json:"dataset"`
	Text     string `json:"text"`
	Records  int64  `json:"records"`
	Blocking bool   `json:"blocking"`
	Method   Method `json:"method,omitempty"` // of what a system will do by itself
}
