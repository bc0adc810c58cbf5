package memory

import (
	"bytes"
	"maps"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"

	"vestige/pii"
)

// System is the system that the connector reaches, with its own client: Create, Insert, Rows. It stays what it is for a caller who looks
// at it: every change puts new slices in the place of old ones, so that a reader of the old ones is not disturbed.
type System struct {
	mu       sync.RWMutex
	faults   Faults
	password string
	limited  string // the password of one who may not touch the table denied
	denied   string
	tables   map[string]*table
	order    []string
	changes  int64
	ids      uint64
	reads    atomic.Int64
}

// Table is how a table is declared. References name their parents by Ref.Dataset alone.
type Table struct {
	Name       string
	Fields     []pii.Field
	Key        []string
	Unique     [][]string
	References []pii.Reference
	SoftDelete string // the field that is set when a record is hidden
}

// table is a table at one moment; it and its rows are never changed.
type table struct {
	Table
	rows   []*row
	broken bool // the row in the middle cannot be read
}

// row is a record. Its id is the system's own and never used again.
type row struct {
	id     uint64
	values [][]byte
}

// New makes an empty system.
func New(f Faults) *System {
	s := &System{faults: f.ready(), tables: map[string]*table{}}
	if f.OwnTables {
		s.Create(Table{Name: "memory_tables", Fields: []pii.Field{{Name: "name", Column: "name", Type: pii.Text}}})
	}
	return s
}

// Protect sets the password that is asked for from now on.
func (s *System) Protect(password string) { s.password = password }

// Limit lets another password in, for one who may do everything but touch the named table.
func (s *System) Limit(password, table string) { s.limited, s.denied = password, table }

// Create makes a table, or makes it anew.
func (s *System) Create(t Table) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.tables[t.Name] == nil {
		s.order = append(s.order, t.Name)
	}
	s.tables[t.Name] = &table{Table: t}
	s.changes++
}

// Insert adds rows, values in the order of the fields; nil is NULL. The system's own client is trusted: nothing is checked.
func (s *System) Insert(name string, rows ...[][]byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	t := *s.tables[name]
	t.rows = slices.Clone(t.rows)
	for _, values := range rows {
		s.ids++
		t.rows = append(t.rows, &row{id: s.ids, values: values})
	}
	s.tables[name] = &t
	s.changes++
}

// Rows gives all rows of a table.
func (s *System) Rows(name string) [][][]byte {
	t := s.now(name)
	if t == nil {
		return nil
	}
	out := make([][][]byte, 0, len(t.rows))
	for _, r := range t.rows {
		out = append(out, r.values)
	}
	return out
}

// Break makes the record in the middle of a table unreadable.
func (s *System) Break(name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	t := *s.tables[name]
	t.broken = true
	s.tables[name] = &t
}

// Reads gives the number of records read by clients so far.
func (s *System) Reads() int64 { return s.reads.Load() }

// now gives a table as it is now, nil where there is none.
func (s *System) now(name string) *table {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.tables[name]
}

// version changes with every change.
func (s *System) version() string {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return strconv.FormatInt(s.changes, 10)
}

// transaction gives a copy of all tables that act may change; they become the system's if it says so.
func (s *System) transaction(act func(tables map[string]*table) (commit bool)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	tables := maps.Clone(s.tables)
	if act(tables) {
		s.tables = tables
		s.changes++
	}
}

// column gives the index of a field, -1 where there is none.
func (t *table) column(field string) int {
	return slices.IndexFunc(t.Fields, func(f pii.Field) bool { return f.Name == field })
}

// key gives the key of a row, nil where the table has none.
func (t *table) key(r *row) pii.Key {
	if len(t.Key) == 0 {
		return nil
	}
	key := make(pii.Key, len(t.Key))
	for i, name := range t.Key {
		key[i] = value(r.values[t.column(name)])
	}
	return key
}

// digest covers all values but the mark of a soft delete, so that the delete that follows it still finds the record unchanged.
func (t *table) digest(r *row) pii.Digest {
	return digestOf(r.values, t.column(t.SoftDelete))
}

// value makes a Value of bytes; nil is NULL.
func value(b []byte) pii.Value {
	if b == nil {
		return pii.Value{}
	}
	return pii.NewValue(string(b))
}

// data makes bytes of a Value; NULL is nil.
func data(v pii.Value) []byte {
	if v.Null() {
		return nil
	}
	return []byte(v.Reveal())
}

// same compares two values; NULL equals NULL.
func same(a, b []byte) bool { return (a == nil) == (b == nil) && bytes.Equal(a, b) }
