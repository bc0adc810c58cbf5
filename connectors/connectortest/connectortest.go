// Package connectortest is the suite that defines a connector. A connector's test is one call:
//
//	func TestConnector(t *testing.T) {
//		connectortest.Run(t, func(t *testing.T, f connectortest.Fixture) connectortest.System {
//			path := create(t, f) // the fixture, made with the system's own client
//			return connectortest.System{
//				Spec:   sqlite.Spec(),
//				Config: connectors.Config{"path": pii.NewValue(path)},
//				Peek:   func(t *testing.T) connectortest.Content { return read(t, path) }, // again the system's own client
//			}
//		})
//	}
//
// start is called many times, each time with another fixture, and gives a live system that holds exactly that fixture. Peek reads the
// system without the driver: a driver does not mark its own work.
//
// What a system cannot hold at all (bytes in a CSV, references in a bucket) it lists in Lacks. The suite then leaves out the parts of
// fixtures that need it, or skips the check, and the skip says which need or ability is missing. Nothing is skipped for another reason.
//
// The suite is tested itself: connectors/memory can be made with faults, and each fails exactly the check that its name says.
package connectortest

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"vestige/connectors"
	"vestige/pii"
)

// Start makes a live system that holds the fixture, and cleans it up with t.Cleanup.
type Start func(t *testing.T, f Fixture) System

// System is a live system that holds a fixture.
type System struct {
	Spec   connectors.Spec
	Config connectors.Config
	// Driver is the connector opened on the system for every role. It is usually nil: then the suite opens Spec by itself, once a role, with
	// Config and the defaults of its options, and closes what it opened.
	Driver connectors.Driver
	// Peek reads the whole system by its own client.
	Peek func(t *testing.T) Content
	// Name gives the name in Ref.Dataset of a fixture's dataset; nil where it is the same.
	Name func(dataset string) string
	// Field gives the name under which a fixture's field is discovered; nil where it is the same.
	Field func(field string) string
	// Lacks is what the system cannot hold.
	Lacks []Need

	// Break makes the dataset, or one object or record in it, unreadable (a page overwritten, an object without permission); nil where that cannot be done.
	Break func(t *testing.T, dataset string)
	// Denied is a configuration whose credentials are refused; nil where there are none.
	Denied connectors.Config
	// Absent is a configuration that leads to a server which is not there (or to a missing file); nil where nothing can be absent.
	Absent connectors.Config
	// AbsentKind is what is expected of Absent: "transient" (the default) for a server, "not-found" for a file.
	AbsentKind string
	// LocatesBy says by what the connector locates where that is no field of any fixture ("keys of objects"): then CanLocate may refuse all of its matches.
	LocatesBy string
	// Reads counts the records that the system has read for its clients so far, by the system's own statistics; nil where it has none.
	Reads func(t *testing.T) int64

	// Limited is a configuration whose user has every privilege that the documentation asks for, but none on the dataset ForbiddenName (REVOKE ALL). It is
	// wanted of the fixtures that have a dataset of that name; nil where the system has no privileges.
	Limited connectors.Config
	// GrantPlanting gives the role that erases what the documentation asks for planting beside that; nil where erasing has the right already.
	GrantPlanting func(t *testing.T)
	// Server is host:port of the system, and Proxied the configuration that reaches it at another address by the same protocol, with limits of a second or two on
	// connecting, statements and whatever else the source can limit; nil where no network lies between. NetworkLimit is how long the connector then
	// waits at most for a server that says nothing; 5 s where it is 0.
	Server       string
	Proxied      func(addr string) connectors.Config
	NetworkLimit time.Duration
	// Hold takes a lock by the system's own client that lets a read of the dataset wait in the server (LOCK TABLE … IN ACCESS EXCLUSIVE MODE) until release is called. Running
	// counts the statements that the server is doing for other clients now, those that wait included (pg_stat_activity, the process list), without its own: 0 where nobody asks for anything. nil
	// where there are none.
	Hold    func(t *testing.T, dataset string) (release func())
	Running func(t *testing.T) int
}

// ForbiddenName is the dataset on which the user of System.Limited has no privilege.
const ForbiddenName = "forbidden"

// Content is what Peek saw: the rows of each of the fixture's datasets, by the fixture's names, values in the order of the fixture's
// fields. The order of rows does not matter. A soft-deleted row is as its system's clients would see it.
type Content map[string][]Row

// Row is the values of a record in canonical form, by the order of fields: nil is NULL, text and bytes as they are, numbers as
// strconv writes them, booleans "true" and "false", times in RFC 3339 with as many digits as needed and Z, documents as they are.
type Row [][]byte

// Need is something that a fixture asks of a system.
type Need string

// The needs, besides "type:text", "type:int" … for each pii.FieldType.
const (
	NeedReferences   Need = "references"   // foreign keys with their actions
	NeedKeys         Need = "keys"         // declared keys: two records with equal keys cannot be
	NeedKeyless      Need = "keyless"      // datasets without any key
	NeedUnique       Need = "unique"       // further unique fields
	NeedNotNull      Need = "not-null"     // fields that may not be NULL
	NeedNulls        Need = "nulls"        // NULL apart from ""
	NeedNUL          Need = "nul"          // a zero byte in a text
	NeedLong         Need = "long"         // a value of 1 MiB
	NeedNames        Need = "names"        // any Unicode string as the name of a dataset or field
	NeedEmpty        Need = "empty"        // a dataset without records that still has fields
	NeedTransactions Need = "transactions" // a unit is all or nothing
	NeedSoftDelete   Need = "soft-delete"  // records can be hidden and brought back
)

// NeedType is the need of a type of fields.
func NeedType(t pii.FieldType) Need { return Need("type:" + string(t)) }

// Fixture is what a system is to hold, said without any system's words.
type Fixture struct {
	Datasets []Dataset
}

// Dataset is one table, collection or set of objects. Its references name datasets that come before it, or itself: then a row may refer to
// one that comes after it, so they are put in in one transaction with references looked at in its end, or before these are declared.
type Dataset struct {
	Name       string
	Fields     []Field
	Key        []string   // fields that tell records apart, none for a dataset without key
	Unique     [][]string // further unique sets of fields
	References []Reference
	Rows       []Row
	// SoftDelete names a field that a system with soft deletes uses for hiding records: NULL while a record is there.
	SoftDelete string
}

// Field is one column. Types are those of pii; a system chooses its own for each.
type Field struct {
	Name    string
	Type    pii.FieldType
	NotNull bool
}

// Reference is a foreign key to the key of another dataset.
type Reference struct {
	Fields   []string
	To       string
	ToFields []string
	OnDelete pii.Action
}

// Needs lists what the fixture asks of a system.
func (f Fixture) Needs() []Need {
	var out []Need
	add := func(yes bool, n Need) {
		if yes && !slices.Contains(out, n) {
			out = append(out, n)
		}
	}
	for _, d := range f.Datasets {
		add(len(d.Key) > 0, NeedKeys)
		add(len(d.Key) == 0, NeedKeyless)
		add(len(d.Unique) > 0, NeedUnique)
		add(len(d.References) > 0, NeedReferences)
		add(len(d.Rows) == 0, NeedEmpty)
		add(d.SoftDelete != "", NeedSoftDelete)
		add(hostile(d.Name), NeedNames)
		for i, field := range d.Fields {
			add(true, NeedType(field.Type))
			add(field.NotNull, NeedNotNull)
			add(hostile(field.Name), NeedNames)
			valueNeeds(d, i, add)
		}
	}
	return out
}

// valueNeeds adds what the values of column i ask for.
func valueNeeds(d Dataset, i int, add func(bool, Need)) {
	text := d.Fields[i].Type == pii.Text
	for _, row := range d.Rows {
		add(row[i] == nil, NeedNulls)
		add(text && strings.ContainsRune(string(row[i]), 0), NeedNUL)
		add(len(row[i]) >= 1<<20, NeedLong)
	}
}

// hostile tells whether a name has anything but lower-case letters, digits and underscores.
func hostile(name string) bool {
	return strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789_") != ""
}

// R makes a row of strings; nil is NULL.
func R(values ...any) Row {
	row := make(Row, len(values))
	for i, v := range values {
		switch v := v.(type) {
		case nil:
		case []byte:
			row[i] = v
		case string:
			row[i] = []byte(v)
		default:
			row[i] = fmt.Append(nil, v)
		}
	}
	return row
}

// F makes fields of type text.
func F(names ...string) []Field {
	out := make([]Field, len(names))
	for i, n := range names {
		out[i] = Field{Name: n, Type: pii.Text}
	}
	return out
}

// Run tells whether the connector that start gives is one.
func Run(t *testing.T, start Start) {
	known := &profile{records: 30_000, word: 2400}
	if testing.Short() {
		known.records, known.word = 20_000, 4
	}
	for _, c := range checks() {
		t.Run(c.name, func(t *testing.T) { c.run(&bench{T: t, real: t, begin: start, known: known}) })
	}
}

// T is the part of testing.TB that checks use, so that the suite can be tested by a recorder.
type T interface {
	Helper()
	Errorf(format string, args ...any)
	Fatalf(format string, args ...any)
	Skipf(format string, args ...any)
	Logf(format string, args ...any)
	Failed() bool
}
