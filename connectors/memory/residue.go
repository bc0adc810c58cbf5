package memory

import (
	"context"

	"vestige/connectors"
	"vestige/internal/clock"
	"vestige/pii"
)

// Rungs says what stays behind. It may be asked of a nil driver.
func (d *Driver) Rungs(pii.Dataset) []connectors.Rung {
	return []connectors.Rung{
		{Name: "logical", Reached: "by-erase", Text: "the records are gone from the tables"},
		{Name: "physical", Reached: "by-system", Text: "the memory is used again after the collector has run"},
		{Name: "versions", Reached: "by-system", Text: "who is still reading sees the tables as they were until the read ends"},
		{Name: "backups", Reached: "by-erase", Text: "there are none"},
	}
}

// Purge has nothing to do, and says so for each dataset.
func (d *Driver) Purge(ctx context.Context, datasets []pii.Dataset) ([]pii.Receipt, error) {
	if err := d.begin(ctx, "Purge"); err != nil {
		return nil, err
	}
	var out []pii.Receipt
	for _, ds := range datasets {
		if _, err := d.table(ds); err != nil {
			return nil, err
		}
		d.sys.faults.purged(d.sys, ds.Ref.Dataset)
		out = append(out, pii.Receipt{Dataset: ds.Ref, Method: pii.Purge, At: clock.Micros()})
	}
	return out, nil
}
