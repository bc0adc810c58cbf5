package memory

import (
	"context"

	"vestige/connectors"
	"vestige/internal/errkind"
	"vestige/pii"
)

var _ connectors.Planter = (*Driver)(nil)

// Plant adds a row.
func (d *Driver) Plant(ctx context.Context, ds pii.Dataset, values map[string]pii.Value) error {
	if err := d.begin(ctx, "Plant"); err != nil {
		return err
	}
	t := d.sys.now(ds.Ref.Dataset)
	if t == nil {
		return errkind.New(errkind.NotFound, "there is no such table")
	}
	var row [][]byte
	for _, f := range t.Fields {
		if v := values[f.Name]; v.Null() {
			row = append(row, nil)
		} else {
			row = append(row, []byte(v.Reveal()))
		}
	}
	d.sys.Insert(ds.Ref.Dataset, d.sys.faults.planting(row)...)
	return nil
}
