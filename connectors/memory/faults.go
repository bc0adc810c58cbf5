package memory

import (
	"slices"
	"sync"
	"sync/atomic"
)

// Faults make a system misbehave. Each field named here plants one fault that real connectors have had, and the suite must notice it by
// exactly one check; Fail queues errors for tests of other rooms. A connector that is copied from this one leaves this file out.
type Faults struct {
	// Fail has the errors that the next calls of a method (Open, Discover, Read, Sample, Profile, Locate, Search, Export, Check, Erase,
	// Undo, Purge) return, in order; nil lets a call through. Exhausted tells whether all were met.
	Fail map[string][]error

	DiscoverTwice    bool // a table is discovered twice
	LowerNames       bool // names are made lower-case
	OwnTables        bool // the system's own tables are discovered
	SameVersion      bool // the version of a table stays while records go
	HideEmpty        bool // a table without records is not discovered
	OnceEach         bool // of equal records one is read
	HideReferences   bool // foreign keys are not told
	ForgetGap        bool // what cannot be read is left out in silence
	DropNulls        bool // NULL becomes ""
	OwnOrder         bool // fields come in the table's order rather than the one asked for
	IgnoreLimit      bool // Limit is not honoured
	RepeatAtEdge     bool // with a batch size asked for, a record at a batch's edge comes twice
	KeysOfFields     bool // a record has its key only where the key's fields are asked for
	DigestOfFields   bool // a digest covers the fields asked for only
	LeakOnBreak      bool // breaking out of a sequence leaves a goroutine
	LeakOnClose      bool // a driver leaves a goroutine
	IgnoreContext    bool // sequences go on when the context ends
	GoOnAfterError   bool // something is yielded after an error
	HoldAll          bool // a large table comes as one batch
	OneReader        bool // a second reader at the same time is refused
	ReadsWrite       bool // Profile changes a record
	ProfileReads     bool // Profile reads all records
	MissingIsEmpty   bool // a missing table reads as an empty one
	DeniedIsInvalid  bool // a refused password is the wrong kind of error
	AbsentIsDenied   bool // a missing system is the wrong kind of error
	ErrorHoldsValue  bool // the text of a conflict has the value
	TypeHoldsValue   bool // the text of an error about a type has the value
	HideForbidden    bool // what the credentials do not allow is left out in silence
	EraseForbidden   bool // the credentials are not looked at when erasing
	LogHoldsKey      bool // a debug line has the key of a record that goes
	SampleFirst      bool // a sample is the first records
	SampleBlind      bool // every seed gives the same sample
	LocateNoForms    bool // Locate compares the plain form only
	LocateNoWant     bool // Locate does not give the fields wanted
	LocatePatterns   bool // Locate takes % for a pattern
	CountNoEquals    bool // Locate does not count the equals of a record without key
	SearchSome       bool // Search leaves out the first field
	SearchStale      bool // Search looks at what was there when it first looked
	ExportShort      bool // Export leaves out the last record
	CaseBlind        bool // keys are compared without regard to case when erasing
	ShiftSpans       bool // the spans of a text are replaced one after the other, by where they stood before
	TidyDocuments    bool // a document that is changed is written anew
	RoundNumbers     bool // a number loses the noughts at its end, which nobody remembers the next time
	HideMore         bool // a soft delete hides the record that comes next, too
	PlantTwice       bool // what is planted is there twice
	EraseOneOfEquals bool // of equal records one is deleted
	AcceptAnyMethod  bool // a method that there is not counts as done
	LastActFirst     bool // the acts of a unit are done in the reverse order, each with its own constraints
	OneGeneration    bool // a cascade ends after the first generation
	KeepHalf         bool // a unit that is stopped keeps what was done before
	JoinKeys         bool // the parts of a key are joined without saying where one ends
	RowByRow         bool // references of a table to itself are looked at after each row
	CountGone        bool // records with a key that are gone already are counted as affected
	HalfUnit         bool // a unit that fails keeps what was done before
	AcceptStale      bool // digests are not compared where a record is changed
	NullifyMore      bool // another field goes with the one to be nullified
	NullsAnywhere    bool // NOT NULL is not looked at, and the database holds a NULL
	LeaveOrphans     bool // a record goes although those of another table refer to it
	IgnoreEffects    bool // cascades are not compared with what was predicted
	LoseUpdates      bool // of two units at once one is forgotten
	CheckWrites      bool // Check of several acts changes a record
	CheckHopes       bool // Check leaves out what would block, but for missing privileges
	CheckMiscounts   bool // Check counts the records of an act without looking for them
	UndoAll          bool // Undo brings back records that it is not asked for
	StatementValues  bool // Statements show values
	PurgeRecords     bool // Purge takes a record with it
	NoLimitsInDoc    bool // the documentation lacks a section
	WrongName        bool // the connector's name is not that of its folder

	state *faultState
}

type faultState struct {
	mu      sync.Mutex
	readers atomic.Int64
	old     map[string]*table
	entered chan struct{}
}

func (f Faults) ready() Faults {
	fail := map[string][]error{}
	for k, v := range f.Fail {
		fail[k] = slices.Clone(v)
	}
	f.Fail, f.state = fail, &faultState{old: map[string]*table{}, entered: make(chan struct{}, 1)}
	return f
}

// Exhausted names the methods whose errors were not all met.
func (s *System) Exhausted() (left []string) {
	s.faults.state.mu.Lock()
	defer s.faults.state.mu.Unlock()
	for method, errs := range s.faults.Fail {
		if len(errs) > 0 {
			left = append(left, method)
		}
	}
	slices.Sort(left)
	return left
}

// FailNext queues errors for the next calls of a method.
func (s *System) FailNext(method string, errs ...error) {
	s.faults.state.mu.Lock()
	defer s.faults.state.mu.Unlock()
	s.faults.Fail[method] = append(s.faults.Fail[method], errs...)
}

// next takes the next planted error of a method.
func (f *Faults) next(method string) error {
	f.state.mu.Lock()
	defer f.state.mu.Unlock()
	errs := f.Fail[method]
	if len(errs) == 0 {
		return nil
	}
	f.Fail[method] = errs[1:]
	return errs[0]
}
