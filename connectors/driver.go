// Package connectors reaches other systems. driver.go is what an implementer writes; source.go is what everyone else uses: nobody but a
// Source holds a driver, and a driver is never wrapped in a driver. docs/connector.md shows how to write one.
package connectors

import (
	"context"
	"iter"
	"log/slog"

	"vestige/pii"
)

// Driver is what every system must provide. It is safe for concurrent use.
//
// A sequence that yields an error ends with it, and that error is one of the whole system: what cannot be read in part is an item (Discover
// yields the dataset with its Gap; a Batch or a Found can carry a Gap in place of records). When the context ends, a sequence ends within a second with ctx.Err().
type Driver interface {
	// Discover yields each dataset once, views and what cannot be read included, the system's own schemas left out.
	Discover(ctx context.Context) iter.Seq2[pii.Dataset, error]
	// Read yields the records of a query in a stable order. A Batch is valid until the next one. The digest of a record covers what the system holds of
	// it, whatever fields the query asks for.
	Read(ctx context.Context, q Query) iter.Seq2[*pii.Batch, error]
	Close() error
}

// Query asks for records of one dataset.
type Query struct {
	Dataset pii.Dataset
	Fields  []string  // names of columns, in the order wanted; nil for all. Paths inside documents are opened by Source, or by a driver of documents
	Keys    []pii.Key // nil for all
	Limit   int64     // records, 0 for all
	Seed    uint64    // of a sample
	From    string    // resume after this cursor, as Batch order allows; "" from the start. Scans begin a dataset anew: docs/decisions/0020-resume-and-queue.md
	Batch   int       // records per batch wanted, 0 for the driver's own
	Bare    bool      // only values are wanted: a driver may leave out keys and digests
}

// Sampler yields about n records spread over the dataset, never merely the first; different seeds differ.
// Without it, Source keeps a reservoir over Read.
type Sampler interface {
	Sample(ctx context.Context, q Query, n int) iter.Seq2[*pii.Batch, error]
}

// Profiler gives the system's own statistics and reads no record. Without it there is no profile, and the scanner samples.
type Profiler interface {
	Profile(ctx context.Context, d pii.Dataset) (Profile, error)
}

// Profile is what a system knows of a dataset by itself.
type Profile struct {
	Records int64
	Version string                  // as Dataset.Version, after looking
	Fields  map[string]FieldProfile // by name of column
}

// FieldProfile is what a system knows of a column.
type FieldProfile struct {
	Distinct int64 // -1 unknown
	Nulls    int64 // -1 unknown
}

// Locator finds the records of a match through the system's own means. It must equal reading and comparing over the forms listed in the match.
// It is asked only for what CanLocate says; otherwise Source reads and compares.
type Locator interface {
	// CanLocate tells, without I/O, whether Locate of m is exact and cheaper than reading all.
	CanLocate(m pii.Match) bool
	Locate(ctx context.Context, m pii.Match) iter.Seq2[*pii.Found, error]
}

// Eraser changes records. Without it every dataset is a gap no-eraser.
type Eraser interface {
	// Methods gives what can be done to a dataset's records, without I/O: pii.Delete and pii.Update kinds (Nullify, Redact, Pseudonymise, Detach), SoftDelete, Refresh, Purge.
	Methods(d pii.Dataset) []pii.Method
	// Erase does one unit, in order, in one transaction where the system has them: all or nothing. It acts on exactly the targets; a record already as
	// the method leaves it is counted as found done; a target whose digest differs is a conflict, which undoes the unit. One receipt an act.
	Erase(ctx context.Context, u pii.Unit) ([]pii.Receipt, error)
}

// Undoer takes back a soft delete during the cool-down, from the image that it made.
type Undoer interface {
	Undo(ctx context.Context, u pii.Unit, image []byte) ([]pii.Receipt, error)
}

// Imager gives, before a soft delete, the image from which Undo takes it back, and changes nothing: it is kept before the act, so that nothing is lost where
// the process ends between the two. Without it the image is the receipt's.
type Imager interface {
	Image(ctx context.Context, u pii.Unit) ([]byte, error)
}

// Exporter yields the records of a match for an export. Without it, Locate and then Read.
type Exporter interface {
	Export(ctx context.Context, m pii.Match) iter.Seq2[*pii.Batch, error]
}

// Searcher looks for needles in every field of a dataset, whatever its category. Without it, Source reads all and looks.
type Searcher interface {
	Search(ctx context.Context, d pii.Dataset, n pii.Needles) iter.Seq2[*pii.Found, error]
}

// Preflighter looks at what a unit would meet: privileges, constraints, locks, cascades, counts. It changes nothing. Without it: a finding "unchecked".
type Preflighter interface {
	Check(ctx context.Context, u pii.Unit) ([]pii.Finding, error)
}

// Statementer shows the statements that a unit will run, with placeholders where values stand. Without it a plan shows the acts in words.
type Statementer interface {
	Statements(u pii.Unit) []string
}

// Residuer gives the rungs of the ladder that the system has, and does them: what deleted data physically leaves behind.
type Residuer interface {
	// Rungs gives, without I/O, what remains after an erasure and when it goes.
	Rungs(d pii.Dataset) []Rung
	// Purge does what can be done at once (a truncating checkpoint, statistics made anew).
	Purge(ctx context.Context, datasets []pii.Dataset) ([]pii.Receipt, error)
}

// Rung is one level of the ladder logical, physical, versions, backups at a dataset.
type Rung struct {
	Name    string `json:"name"`    // logical, physical, versions, backups …
	Reached string `json:"reached"` // by-erase, by-purge, by-system, by-expiry, never, unknown
	Text    string `json:"text"`
	State   string `json:"state,omitempty"` // after an erasure, as Ladder found it: reached, waiting, kept, unknown
	Due     int64  `json:"due,omitempty"`   // when one that waits is reached, microseconds since 1970; 0 where nobody can tell
	Proof   string `json:"proof,omitempty"` // what was seen; never a value
}

// Role is what a connection is opened for; each may have credentials of its own.
type Role string

// The roles.
const (
	Scan   Role = "scan"
	Erase  Role = "erase"
	Export Role = "export"
)

// Spec is all that is known of a connector without running it: `vestige connectors`, the documentation and the forms come from it.
type Spec struct {
	Name    string   // the folder's name
	Title   string   // for people: "SQLite"
	Doc     string   // markdown with the sections Permissions, Erasure, Limits
	Options []Option // what a source of this type is configured by
	// Open makes a driver. cfg has only declared options, with defaults filled in.
	Open func(ctx context.Context, env Env, cfg Config) (Driver, error)
	// Type is a nil driver of the concrete type, from which abilities are read.
	Type Driver
	// Transactional tells that a unit of several acts is done as a whole or not at all, and that later acts see what earlier ones did.
	Transactional bool
}

// Option is one key of a source's configuration.
type Option struct {
	Name     string
	Doc      string
	Default  string
	Required bool
	Secret   bool // printed as a Value is
	PerRole  bool // may stand under scan:, erase: and export:
	Example  string
}

// Config is a source's configuration, by option.
type Config map[string]pii.Secret

// Env is what a driver gets from outside.
type Env struct {
	Log  *slog.Logger
	Name string // the source's name, for Ref.Source
	Role Role
	Base string // the folder that relative paths start from
	Temp string // a folder for temporary files of the process
}
