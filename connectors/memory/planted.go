package memory

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"vestige/connectors"
	"vestige/internal/errkind"
	"vestige/pii"
)

// This file has what each fault does, one function a place where one is planted.

func (f *Faults) ended(ctx context.Context) error {
	if f.IgnoreContext {
		return nil
	}
	return ctx.Err()
}

func (f *Faults) names(order []string, tables map[string]*table) []string {
	out := slices.Clone(order)
	if f.HideEmpty {
		out = slices.DeleteFunc(out, func(name string) bool { return len(tables[name].rows) == 0 })
	}
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
	if f.SameVersion {
		ds.Version = "1"
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

func (f *Faults) equals(n int) int {
	if f.CountNoEquals {
		return 0
	}
	return n
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

// leaves tells whether references of a child are not looked at.
func (f *Faults) leaves(child, parent string) bool { return f.LeaveOrphans && child != parent }

func (f *Faults) join(key pii.Key) string {
	if !f.JoinKeys {
		return key.ID()
	}
	joined := ""
	for _, v := range key {
		joined += v.Reveal()
	}
	return joined
}

// alone looks at the references of a table to itself after one of its rows.
func (w *work) alone(name string) error {
	t := w.tables[name]
	own := slices.ContainsFunc(t.References, func(r pii.Reference) bool { return r.To.Dataset == name })
	if w.d.sys.faults.RowByRow && own {
		return w.orphans()
	}
	return nil
}

func (f *Faults) fold(m pii.Method, id string) string {
	if f.CaseBlind && m == pii.Delete {
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

// quoted is the text of an error about a value.
func (f *Faults) quoted(text string, v []byte) string {
	if f.TypeHoldsValue {
		return text + ": " + string(v)
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
func (f *Faults) counted(a pii.Act, r *pii.Receipt) {
	if f.CountGone && a.Method == pii.Delete && len(a.Dataset.Key) > 0 {
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

func (d *Driver) logged(u pii.Unit, receipts []pii.Receipt) {
	if !d.sys.faults.LogHoldsKey {
		return
	}
	for i, a := range u.Acts {
		if i < len(receipts) && receipts[i].Affected == 0 {
			continue
		}
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
		s.changes++
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

// equalOnly gives the rows that a target of a keyless table means.
func (f *Faults) equalOnly(key pii.Key, found []*row) []*row {
	if f.EraseOneOfEquals && key == nil && len(found) > 1 {
		return found[:1]
	}
	return found
}

// once leaves out rows that are equal to one before.
func (f *Faults) once(t *table, rows []*row) []*row {
	if !f.OnceEach || len(t.Key) > 0 {
		return rows
	}
	seen := map[pii.Digest]bool{}
	return slices.DeleteFunc(slices.Clone(rows), func(r *row) bool {
		again := seen[t.digest(r)]
		seen[t.digest(r)] = true
		return again
	})
}

// edited changes what became of a value.
func (f *Faults) edited(v, next []byte, changes []pii.Change) []byte {
	switch {
	case f.TidyDocuments && changes[0].Path != "":
		var tidy bytes.Buffer
		if json.Compact(&tidy, next) == nil {
			return tidy.Bytes()
		}
	case f.RoundNumbers && changes[0].Path == "" && changes[0].End == 0:
		if _, err := strconv.ParseFloat(string(next), 64); err == nil && bytes.Contains(next, []byte(".")) {
			return bytes.TrimRight(next, "0")
		}
	case f.ShiftSpans && len(changes) > 1 && changes[0].End > 0:
		next = slices.Clone(v)
		for _, c := range changes {
			next = slices.Replace(next, min(c.Start, len(next)), min(c.End, len(next)), data(c.New)...)
		}
	}
	return next
}

// alsoHidden gives a row that is hidden together with another.
func (f *Faults) alsoHidden(t *table, r *row) *row {
	i := slices.IndexFunc(t.rows, func(o *row) bool { return o.id == r.id })
	if !f.HideMore || i+1 >= len(t.rows) {
		return nil
	}
	return t.rows[i+1]
}

// order gives the acts of a unit as they are done.
func (f *Faults) order(acts []pii.Act) []pii.Act {
	if f.LastActFirst {
		acts = slices.Clone(acts)
		slices.Reverse(acts)
	}
	return acts
}

// receipts gives the receipts in the order of the unit's acts.
func (f *Faults) receipts(r []pii.Receipt) []pii.Receipt {
	if f.LastActFirst {
		slices.Reverse(r)
	}
	return r
}

// kept tells whether a unit that failed stays.
func (f *Faults) kept(ctx context.Context, acts int) bool {
	return (f.HalfUnit && acts > 0) || (f.KeepHalf && ctx.Err() != nil)
}

func (f *Faults) looked(s *System, u pii.Unit) {
	if f.CheckWrites && len(u.Acts) > 1 {
		s.spoil(u.Acts[0].Dataset.Ref.Dataset)
	}
}

func (f *Faults) blocks(findings []pii.Finding) []pii.Finding {
	if f.CheckHopes {
		return slices.DeleteFunc(findings, func(f pii.Finding) bool { return f.Blocking && f.Code != connectors.FindingPrivilege })
	}
	return findings
}

// planting gives what is added in place of one row.
func (f *Faults) planting(row [][]byte) [][][]byte {
	if f.PlantTwice {
		return [][][]byte{row, row}
	}
	return [][][]byte{row}
}
