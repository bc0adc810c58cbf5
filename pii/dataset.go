package pii

// DatasetKind says what a source holds records in.
type DatasetKind string

// The kinds of dataset.
const (
	Table   DatasetKind = "table"
	View    DatasetKind = "view"
	Index   DatasetKind = "index"   // a search index or a full-text table
	Objects DatasetKind = "objects" // the objects of a bucket that share one shape
)

// Dataset is what a source holds records in, as its system describes it.
type Dataset struct {
	Ref         Ref          `json:"ref"`
	Kind        DatasetKind  `json:"kind"`
	Fields      []Field      `json:"fields"`
	Key         []string     `json:"key,omitempty"`    // names of fields that tell records apart; empty where nothing does
	Unique      [][]string   `json:"unique,omitempty"` // further sets of fields declared unique
	References  []Reference  `json:"references,omitempty"`
	Constraints []Constraint `json:"constraints,omitempty"`
	Records     int64        `json:"records"`           // the system's own estimate, -1 where it has none
	Bytes       int64        `json:"bytes"`             // likewise
	Version     string       `json:"version"`           // changes when schema or content changes; "" where the system cannot tell
	Schema      string       `json:"schema"`            // digest of the structure alone
	Reads       []Ref        `json:"reads,omitempty"`   // of a view: the fields and datasets that it is made from
	Writes      []Ref        `json:"writes,omitempty"`  // datasets that its triggers write
	Gap         *Gap         `json:"gap,omitempty"`     // why it cannot be read, with everything known nevertheless
	Format      string       `json:"format,omitempty"`  // of objects: csv, ndjson, json, log …, with +gzip where packed
	Comment     string       `json:"comment,omitempty"` // the system's own
}

// Field gives the field of that name, nil where there is none.
func (d *Dataset) Field(name string) *Field {
	for i := range d.Fields {
		if d.Fields[i].Name == name {
			return &d.Fields[i]
		}
	}
	return nil
}

// FieldType is what kind of values a field has, the same in all systems.
type FieldType string

// The types of fields.
const (
	Text   FieldType = "text"
	Int    FieldType = "int"
	Float  FieldType = "float"
	Bool   FieldType = "bool"
	Time   FieldType = "time"
	Bytes  FieldType = "bytes"
	JSON   FieldType = "json" // a document; its insides are fields of their own
	AnyOne FieldType = "any"
)

// Field is a column, or a path inside a document. For a column, Name equals Column and Path is empty. For a path, Name is
// Column.Path ("profile.contact[].mail") and Path is what stands behind the column; where the whole record is the document, Column is empty.
//
// A path's grammar: members joined by dots, [] for every element of an array, {} for every member of an object whose member names are
// values themselves (see Dynamic). The pseudo-path {@} after a {} means the member names: "prefs.{@}" has the values "ann@example.com" …
// A dot, bracket, brace, at sign or backslash inside a member's name is escaped with a backslash.
type Field struct {
	Name      string    `json:"name"`
	Column    string    `json:"column"`
	Path      string    `json:"path,omitempty"`
	Type      FieldType `json:"type"`
	Native    string    `json:"native,omitempty"` // the system's own word for the type
	NotNull   bool      `json:"notNull,omitempty"`
	Generated bool      `json:"generated,omitempty"` // computed by the system from other fields: changes with them, cannot be written
	Indexed   bool      `json:"indexed,omitempty"`   // first in an index: equality is cheap
	NoCase    bool      `json:"noCase,omitempty"`    // the system compares it without regard to case
	Default   bool      `json:"default,omitempty"`   // it has a default
	Length    int       `json:"length,omitempty"`    // the longest value allowed, 0 for no limit
	Comment   string    `json:"comment,omitempty"`
	Stable    string    `json:"stable,omitempty"` // the system's own id of the field, where it has one
}

// Action is what a foreign key does when the record it refers to goes.
type Action string

// The actions of foreign keys, as in SQL.
const (
	NoAction   Action = "no action"
	Restrict   Action = "restrict"
	Cascade    Action = "cascade"
	SetNull    Action = "set null"
	SetDefault Action = "set default"
)

// Reference is an edge from the fields of one dataset (the child) to those of another (the parent) whose values denote the same thing,
// as the system declares it. What the scanner infers is a lineage.Edge.
type Reference struct {
	From       Ref      `json:"from"` // child dataset
	Fields     []string `json:"fields"`
	To         Ref      `json:"to"` // parent dataset
	ToFields   []string `json:"toFields"`
	OnDelete   Action   `json:"onDelete,omitempty"`
	OnUpdate   Action   `json:"onUpdate,omitempty"`
	Deferrable bool     `json:"deferrable,omitempty"`
}

// Hiding is the kind of constraint that names the field by which a system hides records and keeps them.
const Hiding = "soft-delete"

// Hides gives the field by which the dataset's records are soft-deleted, "" where there is none.
func (d *Dataset) Hides() string {
	for _, c := range d.Constraints {
		if c.Kind == Hiding && len(c.Fields) > 0 {
			return c.Fields[0]
		}
	}
	return ""
}

// Constraint is a rule that a changed record must satisfy and that is not a key or a reference.
type Constraint struct {
	Kind   string   `json:"kind"` // check, unique, not-null, exclude, trigger
	Fields []string `json:"fields,omitempty"`
	Text   string   `json:"text,omitempty"` // the system's own definition
}
