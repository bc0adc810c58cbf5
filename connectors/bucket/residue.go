package bucket

import (
	"context"
	"fmt"

	"vestige/connectors"
	"vestige/internal/clock"
	"vestige/pii"
)

// Rungs says what remains of an object's old bytes.
func (d *Driver) Rungs(pii.Dataset) []connectors.Rung {
	if d == nil || d.objs == nil {
		return []connectors.Rung{
			{Name: "logical", Reached: "by-erase", Text: "the object no longer holds the records"},
			{Name: "physical", Reached: "unknown", Text: "what a disk or a service keeps of old bytes cannot be seen from here"},
			{Name: "versions", Reached: "by-erase", Text: "old versions of an object in a bucket that hold the records are removed; of a folder, snapshots are outside of the connector"},
			{Name: "backups", Reached: "unknown", Text: "backups are outside of the connector"},
		}
	}
	return d.objs.Rungs()
}

// Purge removes what may hold old bytes and belongs to nobody any more: drafts that a crash has left behind, uploads that were never finished.
func (d *Driver) Purge(ctx context.Context, datasets []pii.Dataset) ([]pii.Receipt, error) {
	d.writes.Lock()
	defer d.writes.Unlock()
	removed, err := d.objs.Purge(ctx)
	if err != nil || removed == 0 || len(datasets) == 0 {
		return nil, err
	}
	return []pii.Receipt{{Dataset: datasets[0].Ref, Method: pii.Purge, Proof: fmt.Sprintf("%d unfinished uploads aborted", removed), At: clock.Micros()}}, nil
}
