package plans

import (
	"context"
	_ "embed" // for the schema
	"log/slog"
	"time"

	"vestige/audit"
	"vestige/catalog"
	"vestige/classifiers"
	"vestige/connectors"
	"vestige/events"
	"vestige/internal/clock"
	"vestige/internal/db"
	"vestige/internal/errkind"
	"vestige/internal/keys"
	"vestige/lineage"
	"vestige/pii"
	"vestige/policies"
)

//go:embed schema.sql
var schema string

// Schema gives the tables of this room.
func Schema() db.Schema { return db.SchemaOf("plans", schema) }

// Deps is what an engine works with.
type Deps struct {
	DB      db.DB
	Catalog *catalog.Catalog
	Sources map[string]*connectors.Source // by name, all that are configured
	Keys    *keys.Ring
	Audit   *audit.Log
	Policy  *policies.Policy
	Log     *slog.Logger
	Outbox  *events.Outbox // takes what recipients are told; nil where nobody can be told by a channel
	// Kinds finds what is other people's in the texts of an export; nil finds addresses of mail and telephones alone.
	Kinds *classifiers.Set
	// Destroyed makes what was deleted gone from the store's files (store.Destroyed).
	Destroyed func(ctx context.Context) error
	// Relate works out what follows from a decision on a reference; nil where nothing does.
	Relate func(ctx context.Context) error
	// Skip leaves parts of the closure out, so that tests can show what each is needed for.
	Skip map[lineage.Part]bool
	// Wait waits between attempts; nil waits for real.
	Wait func(ctx context.Context, d time.Duration) error
}

// Engine makes plans, has them approved, and carries them out. All it knows of the course of a plan is in the store, so that any process can go
// on where another one stopped. It is safe for concurrent use; of several runs of one plan the last begun is the one that acts.
type Engine struct{ Deps }

// New makes an engine.
func New(d Deps) (*Engine, error) {
	if d.DB == nil || d.Catalog == nil || d.Keys == nil || d.Audit == nil {
		return nil, errkind.New(errkind.Invalid, "an engine needs a store, a catalog, keys and an audit log")
	}
	if d.Policy == nil {
		d.Policy = policies.Default()
	}
	if d.Log == nil {
		d.Log = slog.New(slog.DiscardHandler)
	}
	if d.Destroyed == nil {
		d.Destroyed = func(context.Context) error { return nil }
	}
	if d.Relate == nil {
		d.Relate = func(context.Context) error { return nil }
	}
	if d.Wait == nil {
		d.Wait = clock.Wait
	}
	return &Engine{d}, nil
}

// State is where a plan is in its life.
type State string

// The states. Closed, Cancelled, Denied and Failed are terminal for the request, Superseded for the plan alone.
const (
	Planned    State = "planned"
	Approved   State = "approved"
	Exporting  State = "exporting"  // waits for the export that was asked for with it
	Cooling    State = "cooling"    // hidden where the system can hide, and undoable
	Executing  State = "executing"  // irreversible from here on
	Purging    State = "purging"    // what erased data leaves behind physically, and in sketches
	Checking   State = "checking"   // the look afterwards
	Attesting  State = "attesting"  //
	Closed     State = "closed"     //
	Blocked    State = "blocked"    // a person has to do something; Run goes on from Resume
	Superseded State = "superseded" // another plan took its place
	Cancelled  State = "cancelled"
	Denied     State = "denied"
	Failed     State = "failed"
)

// Terminal tells whether nothing comes after the state.
func (s State) Terminal() bool {
	return s == Closed || s == Cancelled || s == Denied || s == Failed || s == Superseded
}

// Ask is what a plan is asked for.
type Ask struct {
	Request     string
	Kind        Kind
	Regime      string
	Identifiers []pii.Identifier   // as people write them; brought into normal form here
	Subjects    [][]pii.Identifier // of a batch: those of each subject, in place of Identifiers
	Now         bool               // without a cool-down: what was erased before and came back
	Deadline    int64              // microseconds since 1970, 0 for none
	By          string
}

// Status is a plan as the store has it, without its sealed part.
type Status struct {
	ID        string     `json:"id"`
	Request   string     `json:"request"`
	Kind      Kind       `json:"kind"`
	State     State      `json:"state"`
	Resume    State      `json:"resume,omitempty"` // of a blocked one: where Run goes on
	Reason    string     `json:"reason,omitempty"` // a code, and what a person can do
	Hash      string     `json:"hash"`
	By        string     `json:"by"`
	Made      int64      `json:"made"`
	Updated   int64      `json:"updated"`
	Round     int64      `json:"round"`           // of looking and erasing
	Cool      int64      `json:"cool,omitempty"`  // until when it can be undone
	Due       int64      `json:"due,omitempty"`   // of one whose request was extended: until when
	Next      string     `json:"next,omitempty"`  // of a superseded one: the plan in its place
	Open      Open       `json:"open"`            //
	Approvals []Approval `json:"approvals"`       //
	Units     []UnitInfo `json:"units,omitempty"` //
}

// Deadline gives until when a plan has to be carried out, 0 for no end: its own deadline, or what its request was extended to.
func (s *Status) Deadline() int64 {
	if s.Due > 0 {
		return s.Due
	}
	return s.Open.Deadline
}

// Approval is who approved what.
type Approval struct {
	Hash   string `json:"hash"`
	By     string `json:"by"`
	At     int64  `json:"at"`
	Single bool   `json:"single"` // the one who asked for the plan approved it, as the policy allows
}

// UnitInfo is one bounded batch of a plan and what became of it.
type UnitInfo struct {
	ID       string        `json:"id"`
	Round    int64         `json:"round"`
	Seq      int64         `json:"seq"`
	Kind     string        `json:"kind"` // soft, erase, purge
	Source   string        `json:"source"`
	Parts    []Part        `json:"parts"`
	State    string        `json:"state"` // pending, intent, done, undone, blocked
	Token    int64         `json:"token"`
	Expected int64         `json:"expected"`
	Looks    int64         `json:"looks"`
	Reason   string        `json:"reason,omitempty"`
	Receipts []pii.Receipt `json:"receipts"`
	At       int64         `json:"at"`
}

// Part is the targets From … To of a step.
type Part struct {
	Step string `json:"step"`
	From int    `json:"from"`
	To   int    `json:"to"`
}

// Entry is one line of the journal.
type Entry struct {
	N      int64  `json:"n"`
	At     int64  `json:"at"`
	By     string `json:"by"`
	State  string `json:"state"` // a state, or what happened to a unit: intent, done, conflict, retry
	Unit   string `json:"unit,omitempty"`
	Token  int64  `json:"token,omitempty"`
	Reason string `json:"reason,omitempty"`
}

// Event is one piece of progress of a run.
type Event struct {
	Plan   string  `json:"plan"`
	State  State   `json:"state"`
	Unit   string  `json:"unit,omitempty"`
	At     pii.Ref `json:"at,omitzero"` // of a check: the dataset being searched
	What   string  `json:"what"`        // state, intent, done, retry, conflict, search
	Done   int     `json:"done"`
	Total  int     `json:"total"`
	Reason string  `json:"reason,omitempty"`
}

// Result is where a run came to.
type Result struct {
	State   State         `json:"state"`
	Reason  string        `json:"reason,omitempty"`
	Until   int64         `json:"until,omitempty"` // of a cooling one
	Next    string        `json:"next,omitempty"`  // of a superseded one
	Changes []Difference  `json:"changes,omitempty"`
	Batch   *Batch        `json:"batch,omitempty"` // of many: whom it is about, and who is left out
	Again   time.Duration `json:"-"`               // something may pass: run it again after this
}
