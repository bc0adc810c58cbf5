package memory

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"vestige/connectors"
	"vestige/internal/errkind"
	"vestige/pii"
)

// Faults make a system misbehave. Each field named here plants one fault that real connectors have had, and the suite must notice it by
// exactly one check; Fail queues errors for tests of other rooms. A connector that is copied from this one leaves this file out.
type Faults struct {
	// Fail has the errors that the next calls of a method (Open, Discover, Read, Sample, Profile, Locate, Search, Export, Check, Erase,
	// Undo, Purge) return, in order; nil lets a call through. Exhausted tells whether all were met.
	Fail map[string][]error

	DiscoverTwice   bool // a table is discovered twice
	LowerNames      bool // names are made lower-case
	OwnTables       bool // the system's own tables are discovered
	HideReferences  bool // foreign keys are not told
	ForgetGap       bool // what cannot be read is left out in silence
	DropNulls       bool // NULL becomes ""
	OwnOrder        bool // fields come in the table's order rather than the one asked for
	IgnoreLimit     bool // Limit is not honoured
	RepeatAtEdge    bool // with a batch size asked for, a record at a batch's edge comes twice
	KeysOfFields    bool // a record has its key only where the key's fields are asked for
	DigestOfFields  bool // a digest covers the fields asked for only
	LeakOnBreak     bool // breaking out of a sequence leaves a goroutine
	LeakOnClose     bool // a driver leaves a goroutine
	IgnoreContext   bool // sequences go on when the context ends
	GoOnAfterError  bool // something is yielded after an error
	HoldAll         bool // a large table comes as one batch
	OneReader       bool // a second reader at the same time is refused
	ReadsWrite      bool // Profile changes a record
	ProfileReads    bool // Profile reads all records
	MissingIsEmpty  bool // a missing table reads as an empty one
	DeniedIsInvalid bool // a refused password is the wrong kind of error
	AbsentIsDenied  bool // a missing system is the wrong kind of error
	ErrorHoldsValue bool // the text of a conflict has the value
	LogHoldsKey     bool // a debug line has the key
	SampleFirst     bool // a sample is the first records
	SampleBlind     bool // every seed gives the same sample
	LocateNoForms   bool // Locate compares the plain form only
	LocateNoWant    bool // Locate does not give the fields wanted
	LocatePatterns  bool // Locate takes % for a pattern
	SearchSome      bool // Search leaves out the first field
	SearchStale     bool // Search looks at what was there when it first looked
	ExportShort     bool // Export leaves out the last record
	CaseBlind       bool // keys are compared without regard to case when erasing
	CountGone       bool // records that are gone already are counted as affected
	HalfUnit        bool // a unit that fails keeps what was done before
	AcceptStale     bool // digests are not compared
	NullifyMore     bool // another field goes with the one to be nullified
	NullsAnywhere   bool // NOT NULL is not looked at, and the database holds a NULL
	LeaveOrphans    bool // a record goes although others refer to it
	IgnoreEffects   bool // cascades are not compared with what was predicted
	LoseUpdates     bool // of two units at once one is forgotten
	CheckWrites     bool // Check changes a record
	CheckMiscounts  bool // Check counts the records of an act without looking for them
	UndoAll         bool // Undo brings back records that it is not asked for
	StatementValues bool // Statements show values
	PurgeRecords    bool // Purge takes a record with it
	NoLimitsInDoc   bool // the documentation lacks a section
	WrongName       bool // the connector's name is not that of its folder

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

func (f *Faults) ended(ctx context.Context) error {
	if f.IgnoreContext {
		return nil
	}
	return ctx.Err()
}

func (f *Faults) names(order []string) []string {
	out := slices.Clone(order)
	if f.DiscoverTwice && len(order) > 0 {
		out = append(out, order[0])
	}
	return out
}

// describe changes what Discover says of a table.
func (f *Faults) describe(ds *pii.Dataset) {
	if f.LowerNames {
		ds.Ref.Dataset = strings.ToLower(ds.Ref.Dataset)
	}
	if f.HideReferences {
		ds.References = nil
	}
}

func (f *Faults) gap(g *pii.Gap) *pii.Gap {
	if f.ForgetGap {
		return nil
	}
	return g
}

func (f *Faults) null(v []byte) []byte {
	if f.DropNulls && v == nil {
		return []byte{}
	}
	return v
}

func (f *Faults) fields(t *table, names []string) []string {
	if !f.OwnOrder || names == nil {
		return names
	}
	out := slices.Clone(names)
	slices.SortFunc(out, func(a, b string) int { return t.column(a) - t.column(b) })
	return out
}

// size gives the records of a batch.
func (f *Faults) size(q connectors.Query, rows int) int {
	switch {
	case f.HoldAll && rows > 15000:
		return rows
	case q.Batch > 0:
		return q.Batch
	}
	return batchRecords
}

// after gives the rows that are left after a batch of n.
func (f *Faults) after(q connectors.Query, rows []*row, n int) []*row {
	if f.RepeatAtEdge && q.Batch > 1 && n < len(rows) {
		return rows[n-1:]
	}
	return rows[n:]
}

func (f *Faults) key(t *table, q connectors.Query, key pii.Key) pii.Key {
	if f.KeysOfFields && q.Fields != nil && len(t.Key) > 0 && !slices.Contains(q.Fields, t.Key[0]) {
		return nil
	}
	return key
}

func (f *Faults) digest(t *table, q connectors.Query, r *row) pii.Digest {
	if f.DigestOfFields && q.Fields != nil {
		columns, _ := t.columns(q.Fields)
		var values [][]byte
		for _, c := range columns {
			values = append(values, r.values[c])
		}
		return digestOf(values, -1)
	}
	return t.digest(r)
}

func (f *Faults) leak(yes bool) {
	if yes {
		go func() { <-make(chan struct{}) }()
	}
}

// failed yields an error, and goes on where that is the fault.
func (f *Faults) failed(yield func(*pii.Batch, error) bool, err error) {
	if yield(nil, err) && f.GoOnAfterError {
		yield(pii.NewBatch(pii.Ref{}, nil), nil)
	}
}

// enter lets a reader in; leave lets it out.
func (f *Faults) enter() error {
	if f.state.readers.Add(1) > 1 && f.OneReader {
		return errkind.New(errkind.Transient, "another reader is there")
	}
	return nil
}

func (f *Faults) leave() { f.state.readers.Add(-1) }

func (f *Faults) profiled(s *System, t *table) {
	if f.ProfileReads {
		s.reads.Add(int64(len(t.rows)))
	}
	if f.ReadsWrite {
		s.spoil(t.Name)
	}
}

// spoil changes the first record of a table.
func (s *System) spoil(name string) {
	s.transaction(func(tables map[string]*table) bool {
		t := *tables[name]
		if len(t.rows) == 0 {
			return false
		}
		t.rows = slices.Clone(t.rows)
		first := *t.rows[0]
		first.values = slices.Clone(first.values)
		last := len(first.values) - 1
		first.values[last] = append(slices.Clone(first.values[last]), '1')
		t.rows[0] = &first
		tables[name] = &t
		return true
	})
}

func (f *Faults) sampled(t *table, n int, seed uint64) []*row {
	switch {
	case f.SampleFirst:
		from := int(seed % 3)
		return t.rows[min(from, len(t.rows)):min(n+from, len(t.rows))]
	case f.SampleBlind:
		return t.random(n, 1)
	}
	return t.random(n, seed)
}

func (f *Faults) terms(terms []pii.Term) []pii.Term {
	if !f.LocateNoForms {
		return terms
	}
	out := slices.Clone(terms)
	for i := range out {
		out[i].Forms = nil
	}
	return out
}

func (f *Faults) pattern(m pii.Match) bool {
	return f.LocatePatterns && slices.ContainsFunc(m.Terms, func(t pii.Term) bool {
		return slices.ContainsFunc(t.Values, func(v pii.Value) bool { return strings.Contains(v.Reveal(), "%") })
	})
}

func (f *Faults) want(fields []string) []string {
	if f.LocateNoWant {
		return nil
	}
	return fields
}

func (f *Faults) firstSearched() int {
	if f.SearchSome {
		return 1
	}
	return 0
}

func (f *Faults) exported(rows []*row) []*row {
	if f.ExportShort && len(rows) > 0 {
		return rows[:len(rows)-1]
	}
	return rows
}

// seen gives the table that Search looks at.
func (f *Faults) seen(t *table) *table {
	if !f.SearchStale {
		return t
	}
	f.state.mu.Lock()
	defer f.state.mu.Unlock()
	if f.state.old[t.Name] == nil {
		f.state.old[t.Name] = t
	}
	return f.state.old[t.Name]
}

func (f *Faults) fold(id string) string {
	if f.CaseBlind {
		return strings.ToLower(id)
	}
	return id
}

// text gives the text of a conflict.
func (f *Faults) text(text string, key pii.Key) string {
	if f.ErrorHoldsValue {
		return fmt.Sprintf("%s (%s)", text, key.ID())
	}
	return text
}

func (f *Faults) spec(s connectors.Spec) connectors.Spec {
	if f.NoLimitsInDoc {
		s.Doc, _, _ = strings.Cut(s.Doc, "## Limits")
	}
	if f.WrongName {
		s.Name = "ram"
	}
	return s
}

func (f *Faults) password() errkind.Kind {
	if f.DeniedIsInvalid {
		return errkind.Invalid
	}
	return errkind.Permission
}

func (f *Faults) absent() errkind.Kind {
	if f.AbsentIsDenied {
		return errkind.Permission
	}
	return errkind.Transient
}

// counted changes the receipt of an act.
func (f *Faults) counted(r *pii.Receipt) {
	if f.CountGone {
		r.Affected, r.FoundDone = r.Affected+r.FoundDone, 0
	}
}

// checked changes what Check counted.
func (f *Faults) checked(a pii.Act, r *pii.Receipt) {
	if f.CheckMiscounts {
		r.Affected, r.FoundDone = int64(len(a.Targets)), 0
	}
}

func (f *Faults) nullified(m pii.Method, r *row) {
	if f.NullifyMore && m == pii.Nullify {
		r.values[len(r.values)-1] = nil
	}
}

// marks gives the marks that Undo takes away.
func (f *Faults) marks(tables map[string]*table, marks []mark) []mark {
	if !f.UndoAll {
		return marks
	}
	for name, t := range tables {
		for _, r := range t.rows {
			marks = append(marks, mark{name, r.id})
		}
	}
	return marks
}

func (f *Faults) purged(s *System, name string) {
	if !f.PurgeRecords {
		return
	}
	s.transaction(func(tables map[string]*table) bool {
		t := *tables[name]
		t.rows = t.rows[:max(0, len(t.rows)-1)]
		tables[name] = &t
		return true
	})
}

// shown is what Statements adds to a statement.
func (d *Driver) shown(a pii.Act) string {
	if d == nil || !d.sys.faults.StatementValues || len(a.Targets) == 0 {
		return ""
	}
	return " -- " + a.Targets[0].Key.ID()
}

func (d *Driver) logged(u pii.Unit) {
	if !d.sys.faults.LogHoldsKey {
		return
	}
	for _, a := range u.Acts {
		for _, t := range a.Targets {
			d.log.Debug("erased", "key", t.Key.ID())
		}
	}
}

// change is a transaction. Where updates are lost, one that begins while another is at work ends on what it saw at its beginning.
func (s *System) change(act func(tables map[string]*table) (commit bool)) {
	if !s.faults.LoseUpdates {
		s.transaction(act)
		return
	}
	s.mu.RLock()
	tables := maps.Clone(s.tables)
	s.mu.RUnlock()
	s.faults.meet()
	if act(tables) {
		s.mu.Lock()
		s.tables = tables
		s.mu.Unlock()
	}
}

// meet waits a moment for another who comes here.
func (f *Faults) meet() {
	select {
	case f.state.entered <- struct{}{}:
		select {
		case f.state.entered <- struct{}{}: // the other has taken the first one
			select {
			case <-f.state.entered:
			default:
			}
		case <-time.After(20 * time.Millisecond):
			select {
			case <-f.state.entered:
			default:
			}
		}
	case <-f.state.entered:
	}
}
