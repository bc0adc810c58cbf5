package memory_test

import (
	"testing"

	"vestige/connectors"
	"vestige/connectors/connectortest"
	"vestige/connectors/memory"
	"vestige/pii"
)

func TestConnector(t *testing.T) {
	connectortest.Run(t, start(memory.Faults{}))
}

const password = "correct horse"

// start makes a system with the faults that holds a fixture.
func start(f memory.Faults) connectortest.Start {
	return func(_ *testing.T, fixture connectortest.Fixture) connectortest.System {
		sys := memory.New(f)
		sys.Protect(password)
		sys.Limit("limited horse", connectortest.ForbiddenName)
		for _, d := range fixture.Datasets {
			sys.Create(table(d))
			rows := make([][][]byte, len(d.Rows))
			for i, row := range d.Rows {
				rows[i] = row
			}
			sys.Insert(d.Name, rows...)
		}
		return connectortest.System{
			Spec:    sys.Spec(),
			Config:  connectors.Config{"password": pii.NewValue(password)},
			Peek:    func(*testing.T) connectortest.Content { return peek(sys, fixture) },
			Break:   func(_ *testing.T, name string) { sys.Break(name) },
			Denied:  connectors.Config{"password": pii.NewValue("wrong horse")},
			Absent:  connectors.Config{"name": pii.NewValue("nowhere"), "password": pii.NewValue(password)},
			Limited: connectors.Config{"password": pii.NewValue("limited horse")},
			Reads:   func(*testing.T) int64 { return sys.Reads() },
		}
	}
}

// table declares a fixture's dataset in the system's words, which are those of pii.
func table(d connectortest.Dataset) memory.Table {
	t := memory.Table{Name: d.Name, Key: d.Key, Unique: d.Unique, SoftDelete: d.SoftDelete}
	for _, f := range d.Fields {
		t.Fields = append(t.Fields, pii.Field{Name: f.Name, Column: f.Name, Type: f.Type, NotNull: f.NotNull})
	}
	for _, r := range d.References {
		t.References = append(t.References, pii.Reference{To: pii.Ref{Dataset: r.To}, Fields: r.Fields, ToFields: r.ToFields, OnDelete: r.OnDelete})
	}
	return t
}

func peek(sys *memory.System, f connectortest.Fixture) connectortest.Content {
	out := connectortest.Content{}
	for _, d := range f.Datasets {
		for _, row := range sys.Rows(d.Name) {
			out[d.Name] = append(out[d.Name], row)
		}
	}
	return out
}
