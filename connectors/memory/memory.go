// Package memory is the smallest connector that has every ability: its system is some tables in the memory of the process. It is the one
// to copy when a new connector is written (docs/connector.md), the system that tests of other rooms stand on, and the measure of the
// suite in connectors/connectortest: made with Faults it misbehaves in one way at a time, and the suite has to notice.
//
// The files are those of every connector: memory.go has the Spec and what is opened, and each ability has a file of its own. system.go is
// the system itself with its own client, faults.go what can be planted.
package memory

import (
	"context"
	"log/slog"

	"vestige/connectors"
	"vestige/internal/errkind"
	"vestige/pii"
)

// Name is the name of the system that Config finds, unless it says otherwise.
const Name = "here"

// Driver reaches a System.
type Driver struct {
	sys    *System
	source string
	log    *slog.Logger
	denied string // the table that its credentials do not let it touch
}

// Everything a driver can do; docs/connector.md says which of them a first version needs.
var (
	_ connectors.Driver      = (*Driver)(nil)
	_ connectors.Sampler     = (*Driver)(nil)
	_ connectors.Profiler    = (*Driver)(nil)
	_ connectors.Locator     = (*Driver)(nil)
	_ connectors.Eraser      = (*Driver)(nil)
	_ connectors.Undoer      = (*Driver)(nil)
	_ connectors.Imager      = (*Driver)(nil)
	_ connectors.Exporter    = (*Driver)(nil)
	_ connectors.Searcher    = (*Driver)(nil)
	_ connectors.Preflighter = (*Driver)(nil)
	_ connectors.Statementer = (*Driver)(nil)
	_ connectors.Residuer    = (*Driver)(nil)
)

// Spec describes the connector to this system.
func (s *System) Spec() connectors.Spec {
	return s.faults.spec(connectors.Spec{
		Name:          "memory",
		Title:         "Memory of the process",
		Doc:           about,
		Transactional: true,
		Options: []connectors.Option{
			{Name: "name", Doc: "the name of the system", Default: Name, Example: Name},
			{Name: "password", Doc: "what the system asks for", Secret: true, PerRole: true},
		},
		Open: s.open,
		Type: (*Driver)(nil),
	})
}

// Spec describes the connector to a system of its own, which is empty.
func Spec() connectors.Spec { return New(Faults{}).Spec() }

const about = `Tables in the memory of the process, for trying things and for tests.

## Permissions

The password that the system was made with, if any. Who has it may read and erase.

## Erasure

A unit is one transaction. Records are deleted, fields set to NULL, replaced whole or in part, and documents edited in place. A table
with a field for soft deletes hides records and brings them back. References act as they are declared.

## Limits

Everything is gone when the process ends. There are no views, triggers or partitions.
`

// open makes a driver. There is nothing to connect to: a system by another name is one that does not answer.
func (s *System) open(ctx context.Context, env connectors.Env, cfg connectors.Config) (connectors.Driver, error) {
	switch {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case cfg["name"].Reveal() != Name:
		return nil, errkind.Coded(s.faults.absent(), "no-answer", "open memory: no system answers by that name")
	case cfg["password"].Reveal() != s.password && (s.limited == "" || cfg["password"].Reveal() != s.limited):
		return nil, errkind.Coded(s.faults.password(), "refused", "open memory: the password is refused")
	}
	if err := s.faults.next("Open"); err != nil {
		return nil, err
	}
	s.faults.leak(s.faults.LeakOnClose)
	d := &Driver{sys: s, source: env.Name, log: env.Log}
	if cfg["password"].Reveal() != s.password {
		d.denied = s.denied
	}
	return d, nil
}

// Close has nothing to close.
func (d *Driver) Close() error { return nil }

// ref gives the reference of a table.
func (d *Driver) ref(name string) pii.Ref { return pii.Ref{Source: d.source, Dataset: name} }

// table gives the table of a dataset as it is now.
func (d *Driver) table(ds pii.Dataset) (*table, error) {
	t := d.sys.now(ds.Ref.Dataset)
	if t == nil && d.sys.faults.MissingIsEmpty {
		return &table{}, nil
	}
	if t == nil {
		return nil, errkind.Coded(errkind.NotFound, "no-such-dataset", "there is no such dataset")
	}
	return t, d.permitted(ds.Ref.Dataset)
}

// permitted tells whether the credentials let the driver touch a table.
func (d *Driver) permitted(table string) error {
	if d.denied == "" || d.denied != table {
		return nil
	}
	return errkind.Coded(errkind.Permission, "privilege", "the credentials do not allow that table")
}
