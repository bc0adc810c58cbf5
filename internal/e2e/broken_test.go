package e2e_test

import (
	"context"
	"iter"
	"path/filepath"
	"slices"

	"vestige/connectors"
	"vestige/connectors/sqlite"
	"vestige/internal/app"
	"vestige/internal/demo/company"
	"vestige/pii"
)

// broken is the connector of the company's databases with one thing that it does for a difficulty taken away.
type broken struct {
	*sqlite.Driver
	describe func(*pii.Dataset) // changes what is said of a dataset
	apart    bool               // each act of a unit by itself
}

func (b *broken) Discover(ctx context.Context) iter.Seq2[pii.Dataset, error] {
	return func(yield func(pii.Dataset, error) bool) {
		for d, err := range b.Driver.Discover(ctx) {
			if b.describe != nil {
				b.describe(&d)
			}
			if !yield(d, err) {
				return
			}
		}
	}
}

func (b *broken) Erase(ctx context.Context, u pii.Unit) (out []pii.Receipt, err error) {
	if !b.apart {
		return b.Driver.Erase(ctx, u)
	}
	for _, a := range u.Acts {
		got, err := b.Driver.Erase(ctx, pii.Unit{ID: u.ID, Acts: []pii.Act{a}})
		if err != nil {
			return nil, err
		}
		out = append(out, got...)
	}
	return out, nil
}

// breaking takes something from the connector of both databases.
func breaking(describe func(*pii.Dataset), apart bool) setting {
	return setting{opened: func(a *app.App) {
		for name, file := range map[string]string{"shop": company.ShopFile, "crm": company.CRMFile} {
			if a.Sources[name] == nil || a.Sources[name].Spec().Name != "sqlite" {
				panic("the company's source " + name + " is no database")
			}
			spec := a.Sources[name].Spec()
			open := spec.Open
			spec.Type = &broken{Driver: (*sqlite.Driver)(nil)} // what answers without being open
			spec.Open = func(ctx context.Context, env connectors.Env, cfg connectors.Config) (connectors.Driver, error) {
				d, err := open(ctx, env, cfg)
				if err != nil {
					return nil, err
				}
				return &broken{d.(*sqlite.Driver), describe, apart}, nil
			}
			env := connectors.Env{Log: a.Log, Base: a.Config.Base}
			src, err := connectors.Open(context.Background(), env, name, spec, connectors.Config{"path": pii.NewValue(filepath.Join(a.Config.Base, file))})
			if err != nil {
				panic(err)
			}
			_ = a.Sources[name].Close()
			a.Sources[name] = src
		}
	}}
}

// noRowid hides that SQLite tells the rows of a table without key apart by a number of its own.
func noRowid(d *pii.Dataset) {
	if slices.Equal(d.Key, []string{"rowid"}) {
		d.Key = nil
		d.Fields = slices.DeleteFunc(d.Fields, func(f pii.Field) bool { return f.Name == "rowid" })
	}
}

// viewsAsTables says of a view that it is a table with records of its own.
func viewsAsTables(d *pii.Dataset) {
	if d.Kind == pii.View {
		d.Kind, d.Reads = pii.Table, nil
	}
}

// notGenerated says of a generated column that it can be written.
func notGenerated(d *pii.Dataset) {
	for i := range d.Fields {
		d.Fields[i].Generated = false
	}
}

// noAction hides the references of one action.
func noAction(action pii.Action) func(*pii.Dataset) {
	return func(d *pii.Dataset) {
		d.References = slices.DeleteFunc(d.References, func(r pii.Reference) bool { return r.OnDelete == action })
	}
}
