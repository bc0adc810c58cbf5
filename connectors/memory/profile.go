package memory

import (
	"context"

	"vestige/connectors"
	"vestige/pii"
)

// Profile gives what the system counts by itself: its records. It knows nothing of the values.
func (d *Driver) Profile(ctx context.Context, ds pii.Dataset) (connectors.Profile, error) {
	t, err := d.open(ctx, "Profile", ds)
	if err != nil {
		return connectors.Profile{}, err
	}
	p := connectors.Profile{Records: int64(len(t.rows)), Version: d.sys.version(), Fields: map[string]connectors.FieldProfile{}}
	for _, f := range t.Fields {
		p.Fields[f.Name] = connectors.FieldProfile{Distinct: -1, Nulls: -1}
	}
	d.sys.faults.profiled(d.sys, t)
	return p, nil
}
