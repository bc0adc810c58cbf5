package mysql

import (
	"context"
	"slices"

	"vestige/connectors"
	"vestige/connectors/relational"
	"vestige/internal/errkind"
	"vestige/pii"
)

// Check thinks a unit through in a read-only transaction, with the code by which Erase predicts, and says what it would meet.
func (d *Driver) Check(ctx context.Context, u pii.Unit) (out []pii.Finding, err error) {
	err = d.think(ctx, func(c *conn, w *relational.World) error {
		if out, err = w.Check(ctx, u); err != nil {
			return err
		}
		if _, err := c.exec(ctx, "ROLLBACK"); err != nil {
			return err
		}
		more, err := c.privileges(ctx, u)
		out = append(out, more...)
		return err
	})
	return out, err
}

// Image gives what Undo of a soft delete will need, and changes nothing.
func (d *Driver) Image(ctx context.Context, u pii.Unit) (image []byte, err error) {
	err = d.think(ctx, func(c *conn, w *relational.World) error {
		if image, err = w.Image(ctx, u); err == nil {
			_, err = c.exec(ctx, "ROLLBACK")
		}
		return err
	})
	return image, err
}

// think thinks something through in a read-only transaction, which about ends.
func (d *Driver) think(ctx context.Context, about func(*conn, *relational.World) error) error {
	c, err := d.take(ctx)
	if err != nil {
		return err
	}
	if err = c.snapshot(ctx); err == nil {
		err = about(c, relational.NewWorld(&system{c: c}, d.env.Name, "MySQL"))
	}
	if err != nil {
		c.drop()
		return err
	}
	c.put()
	return nil
}

// privileges asks the server how it would do each act, which it tells only to who may do it, and says what holds of the tables as such.
func (c *conn) privileges(ctx context.Context, u pii.Unit) (out []pii.Finding, err error) {
	for i, act := range u.Acts {
		if slices.ContainsFunc(u.Acts[:i], func(a pii.Act) bool { return a.Dataset.Ref == act.Dataset.Ref && a.Method == act.Method }) {
			continue
		}
		for _, k := range act.Dataset.Constraints {
			if k.Kind == noTransactions || k.Kind == keepsHistory {
				out = append(out, pii.Finding{Code: k.Kind, Dataset: act.Dataset.Ref, Text: k.Text})
			}
		}
		query := c.try(act)
		if query == "" {
			continue
		}
		_, err := c.all(ctx, query)
		switch errkind.Of(err) {
		case errkind.Permission:
			out = append(out, pii.Finding{Code: connectors.FindingPrivilege, Dataset: act.Dataset.Ref, Text: "the credentials do not allow to " + string(act.Method) + " here", Blocking: true})
		case errkind.Transient, errkind.Canceled:
			if err != nil {
				return nil, err
			}
		}
	}
	return out, nil
}

// try is a statement that only asks how an act would be done.
func (c *conn) try(act pii.Act) string {
	name := c.d.resolve(act.Dataset.Ref.Dataset).name()
	set := func(column string) string {
		return "EXPLAIN UPDATE " + name + " SET " + quote(column) + " = " + quote(column) + " WHERE FALSE"
	}
	switch act.Method {
	case pii.Delete:
		return "EXPLAIN DELETE FROM " + name + " WHERE FALSE"
	case pii.SoftDelete:
		return set(act.Dataset.Hides())
	case pii.Nullify, pii.Redact, pii.Pseudonymise, pii.Detach, pii.Rewrite:
		for _, t := range act.Targets {
			for _, ch := range t.Changes {
				if f := act.Dataset.Field(ch.Field); f != nil && f.Path == "" {
					return set(f.Column)
				}
			}
		}
	}
	return ""
}
