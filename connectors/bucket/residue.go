package bucket

import (
	"context"

	"vestige/connectors"
	"vestige/pii"
)

// Rungs says what remains of an object's old bytes.
func (d *Driver) Rungs(pii.Dataset) []connectors.Rung {
	return []connectors.Rung{
		{Name: "logical", Reached: "by-erase", Text: "the object no longer holds the records"},
		{Name: "physical", Reached: "unknown", Text: "blocks of the old file may stay on the disk until the file system uses them again"},
		{Name: "versions", Reached: "unknown", Text: "a folder has no versions of its own; snapshots of the file system are outside of the connector"},
		{Name: "backups", Reached: "unknown", Text: "backups are outside of the connector"},
	}
}

// Purge removes drafts that a crash has left behind; a file system has nothing else that could be done at once.
func (d *Driver) Purge(ctx context.Context, _ []pii.Dataset) ([]pii.Receipt, error) {
	d.writes.Lock()
	defer d.writes.Unlock()
	return nil, d.objs.Clean(ctx)
}
