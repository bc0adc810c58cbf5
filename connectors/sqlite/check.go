package sqlite

import (
	"context"
	"os"
	"path/filepath"

	"vestige/connectors"
	"vestige/connectors/relational"
	"vestige/internal/errkind"
	"vestige/pii"
)

// Check thinks a unit through in a read-only transaction, with the code by which Erase predicts, and says what it would meet.
func (d *Driver) Check(ctx context.Context, u pii.Unit) (findings []pii.Finding, err error) {
	err = d.think(ctx, func(w *relational.World) error {
		findings, err = w.Check(ctx, u)
		return err
	})
	if err != nil {
		return nil, err
	}
	more, err := d.privileges(ctx, u)
	return append(findings, more...), err
}

// think thinks something through in one snapshot.
func (d *Driver) think(ctx context.Context, about func(*relational.World) error) error {
	c, err := d.take(ctx, reading)
	if err != nil {
		return err
	}
	if _, err = c.exec(ctx, "BEGIN"); err == nil {
		err = about(newEraser(d, c).world)
	}
	if err == nil {
		_, err = c.exec(context.WithoutCancel(ctx), "ROLLBACK")
	}
	if err != nil {
		c.drop()
		return err
	}
	c.put()
	return nil
}

// privileges finds out whether the files may be written to, by taking the write lock and giving it back.
func (d *Driver) privileges(ctx context.Context, u pii.Unit) (out []pii.Finding, err error) {
	if len(u.Acts) == 0 {
		return nil, nil
	}
	at := u.Acts[0].Dataset.Ref
	add := func(code string, text string, blocks bool) {
		out = append(out, pii.Finding{Code: code, Dataset: at, Text: text, Blocking: blocks})
	}
	for _, schema := range d.schemas() {
		if info, err := os.Stat(filepath.Dir(d.file(schema))); err == nil && info.Mode().Perm()&0o222 == 0 {
			add(connectors.FindingPrivilege, "the folder of "+schema+" is not writable, and SQLite keeps its journal there", true)
		}
	}
	c, err := d.dial(ctx, writing)
	if err == nil {
		if _, err = c.exec(ctx, "BEGIN IMMEDIATE"); err == nil {
			_, err = c.exec(context.WithoutCancel(ctx), "ROLLBACK")
		}
		c.drop()
	}
	switch errkind.Of(err) {
	case errkind.Permission:
		add(connectors.FindingPrivilege, "the database may not be written to", true)
		return out, nil
	case errkind.Transient:
		add("locked", "another connection holds the database's lock", false)
		return out, nil
	}
	return out, err
}
