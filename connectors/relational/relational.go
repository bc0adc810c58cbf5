// Package relational is what connectors of relational databases share: a unit of an erasure, thought through over tables, keys and foreign keys. Erase and
// Check of a connector use the same World, so that what is predicted is what is then done.
//
// A connector implements three things on an open transaction.
//
// System reads: how a table stands (Table), who refers to it (Children), rows by their keys (Keyed) and by the values of columns (Where), and what is to be
// known of single values (Text, Store, Fold). All lookups are given many keys at once; World asks in portions of at most Portion. When the transaction is
// one of an erasure, Keyed and Where lock the rows that they give (FOR UPDATE, or whatever the system has), so that nothing moves between the
// thought and the deed. When it is one of a check, it is read-only.
//
// Hands write: Delete and Update do exactly what a Planned says, in the order of its rows, and give how many rows the system counted.
//
// The transaction itself (begin, defer the constraints, commit, retry) stays the connector's:
//
//	func (d *Driver) Erase(ctx context.Context, u pii.Unit) ([]pii.Receipt, error) {
//		tx := d.begin(ctx)                                     // with SET CONSTRAINTS ALL DEFERRED where there is such a thing
//		w := relational.NewWorld(system{tx, locking: true}, d.env.Name, "PostgreSQL")
//		receipts, err := w.Do(ctx, u, hands{tx})
//		…                                                      // commit, or roll back; then Proof and At of the receipts
//	}
//
//	func (d *Driver) Check(ctx context.Context, u pii.Unit) ([]pii.Finding, error) {
//		tx := d.beginReadOnly(ctx)
//		defer tx.rollback()
//		return relational.NewWorld(system{tx}, d.env.Name, "PostgreSQL").Check(ctx, u)
//	}                                                              // and the connector adds what it knows of privileges and locks
//
// More abilities are optional: Checker computes CHECK constraints beforehand, Nester changes what stands inside of a column that is no JSON document
// (an element of an array), Keyless finds the rows of tables without a key, Speller tells what a column makes of what is put into it, Defaulter computes a
// column's default, Streamer gives the rows of columns' values one by one, Writer tells where triggers write, Taker deletes rows and tells what they were at once.
package relational

import (
	"context"

	"vestige/pii"
)

// Portion is how many keys or tuples a System is asked for at once.
const Portion = 500

// Value is a value as the system's client gives and takes it; nil is NULL. World looks into none: it asks System.
type Value = any

// System is an open transaction, seen as tables.
type System interface {
	// Table gives how a dataset stands now; not found where there is none. Of an act's dataset it uses the Key that the dataset was discovered with.
	// It is asked once a world and dataset.
	Table(ctx context.Context, d pii.Dataset) (*Table, error)
	// Children gives the foreign keys of all tables that lead to this one, from itself and from other schemas too.
	Children(ctx context.Context, t *Table) ([]Reference, error)
	// Keyed gives the rows with these keys, in any order and each once. Keys that nothing has are left out; more rows than were asked for (a collation that does
	// not tell two keys apart) do no harm: World compares Row.Key.
	Keyed(ctx context.Context, t *Table, keys []pii.Key) ([]Row, error)
	// Where gives the rows whose columns equal one of the tuples by the system's own =, each once and in any order. No tuple holds a NULL. Columns are of t.Columns,
	// and their values came from Row.Values or Store of a column that refers to this one, or is referred to by it.
	Where(ctx context.Context, t *Table, columns []string, tuples [][]Value) ([]Row, error)
	// Digest gives what a row of these values has as Row.Digest, and as the digest that Read gives.
	Digest(t *Table, values []Value) pii.Digest
	// Text writes a value in the canonical form that Read gives; nil for NULL.
	Text(c *Column, v Value) []byte
	// Store makes the value that a column holds when text, which is not nil, is put in place of old.
	Store(c *Column, old Value, text []byte) (Value, error)
	// Fold gives a string that is equal for values which the column cannot tell apart (by its collation, say). Where the system's own comparison cannot be had
	// here, the canonical text is right: a fold too fine lets the transaction find a clash in place of the check.
	Fold(c *Column, v Value) string
	// Triggers names what runs by itself when rows of the table change.
	Triggers(ctx context.Context, t *Table) ([]string, error)
}

// Checker computes the CHECK constraints that name a column whose value changes, over rows as they would be. It gives how many rows break one; what cannot
// be computed so is left to the transaction.
type Checker interface {
	Broken(ctx context.Context, t *Table, before, after [][]Value) (int64, error)
}

// Nester changes what stands inside of a column's value that is no JSON document. ok is false for a column whose values are JSON, or plain.
type Nester interface {
	Edit(c *Column, text []byte, changes []pii.Change) (next []byte, ok bool, err error)
}

// Keyless finds the rows of a table without a key whose digest is wanted. Equal rows are all given; where nothing tells them apart, their ID is "".
type Keyless interface {
	Digested(ctx context.Context, t *Table, want map[pii.Digest]bool) ([]Row, error)
}

// Speller tells how a column writes what is put into it: 2.5 in a NUMERIC(6,2) is 2.50 from then on. Without it a value is taken to stay as Store made it.
type Speller interface {
	// Spell gives the value that the column holds once v has been put there: rounded, padded, in the system's own spelling. A value that the column refuses is a conflict.
	Spell(ctx context.Context, c *Column, v Value) (Value, error)
}

// Defaulter computes what SET DEFAULT puts into a column. Without it that is not known, and the rows are taken to change in an unknown way.
type Defaulter interface {
	// Default gives the column's default; ok is false where it is another one each time (a sequence, the time).
	Default(ctx context.Context, t *Table, c *Column) (v Value, ok bool, err error)
}

// Streamer is Where for rows of which there may be very many, as those that a cascade takes. Without it Where is asked, and all are held at once.
type Streamer interface {
	// Stream gives rows as Where does, but only the columns named; the other values are nil, and the digest may be none. It stops where see gives an error.
	Stream(ctx context.Context, t *Table, columns []string, tuples [][]Value, only []string, see func(Row) error) error
}

// Writer tells where a table's triggers may write.
type Writer interface {
	// Writes gives the datasets, by the trigger's name as Triggers gives it.
	Writes(ctx context.Context, t *Table) (map[string][]string, error)
}

// Hands do what was planned, in the order of the rows. They give how many rows the system counted, without what it did by itself; any other number than that of the
// rows undoes the unit.
type Hands interface {
	Delete(ctx context.Context, p Planned) (int64, error)
	Update(ctx context.Context, p Planned) (int64, error)
	// Refresh makes anew what the system derives from a table (statistics, materialised views).
	Refresh(ctx context.Context, d pii.Dataset) error
}

// Taker deletes the rows with these keys and gives what they were, as Keyed gives rows, but for their values: Hands that can have it so by one statement where Keyed and Delete are two.
// It is asked where nothing else follows from a row's going.
type Taker interface {
	Take(ctx context.Context, t *Table, keys []pii.Key) ([]Row, error)
}

// Table is how a dataset stands in the system now.
type Table struct {
	Dataset    string // as in pii.Ref
	Columns    []Column
	Key        []string // names of what Row.Key is made of; none for a table without key
	Unique     []Unique // the primary key included; partial ones and those over expressions left out
	References []Reference
	Hides      *pii.Field // by which its records are soft-deleted; nil where there is none. It is not part of a row's digest
	Moments    string     // how that field writes a moment, as time.Format takes it
	Refuses    error      // why its records cannot be changed by themselves: a view, say
	Own        any        // the connector's

	places map[string]int
}

// Column is one column of a table.
type Column struct {
	Name      string
	NotNull   bool
	Generated bool // computed by the system, or for another reason not to be written
	Own       any  // the connector's: its type
}

// Unique is columns whose values together are unique.
type Unique struct {
	Columns    []string
	NullsEqual bool // NULL clashes with NULL
}

// Reference is a foreign key: columns of the child hold what columns of the parent hold. The names are those of the tables' Columns.
type Reference struct {
	Child, Parent      string // datasets
	From, To           []string
	OnDelete, OnUpdate pii.Action // Restrict where the system looks at once and has no way to defer it
	// Deferred tells that NO ACTION is looked at when the transaction ends, as this one is set up; else it is when a statement ends.
	Deferred bool
	// Sets is the columns that SET NULL and SET DEFAULT on deletion set; nil for all of From.
	Sets []string
	// Indexed tells that the child's rows are found without reading all of them.
	Indexed bool
}

// Row is a row as it stands.
type Row struct {
	Values []Value // in the order of Table.Columns
	Key    pii.Key
	Digest pii.Digest
	ID     string // tells the row from all others of its table in this transaction (key, ctid); "" where only its values do
	Own    any    // what the connector needs to find exactly this row again
}

// Change is the new values of a row's columns.
type Change map[string]Value

// Planned is what an act will do.
type Planned struct {
	Act     pii.Act
	Table   *Table // nil for methods that touch no record
	Rows    []Row  // of a Delete: those that refer to others of the act first, as far as they do not in a circle
	Changes []Change
	Knot    int   // of a Delete: from this row on they refer to one another in a circle; len(Rows) where none do
	Done    int64 // targets that are as the act leaves them
	Unsure  bool  // the system does more by itself than can be counted beforehand
}

// Column gives the column of that name, nil where there is none.
func (t *Table) Column(name string) *Column {
	if i := t.Place(name); i >= 0 {
		return &t.Columns[i]
	}
	return nil
}

// Place gives where a column stands in Row.Values, -1 where there is none.
func (t *Table) Place(name string) int {
	if i, ok := t.places[name]; ok || t.places != nil {
		if ok {
			return i
		}
		return -1
	}
	for i := range t.Columns {
		if t.Columns[i].Name == name {
			return i
		}
	}
	return -1
}

// index lets Place answer at once.
func (t *Table) index() {
	t.places = make(map[string]int, len(t.Columns))
	for i, c := range t.Columns {
		t.places[c.Name] = i
	}
}
