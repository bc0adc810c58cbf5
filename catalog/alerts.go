package catalog

import (
	"context"

	"vestige/internal/clock"
	"vestige/internal/db"
	"vestige/internal/errkind"
	"vestige/pii"
)

// Alert is something that a person should look at: what is new, changed, gone, unmapped, unreachable or contradicted. There is one for each
// code and place; seen again while open it only gets younger.
type Alert struct {
	ID     string  `json:"id"`
	Code   string  `json:"code"` // stable: unmapped, reopened, gone, unreachable, residue …
	At     pii.Ref `json:"at"`
	Text   string  `json:"text"`
	Opened int64   `json:"opened"`
	Seen   int64   `json:"seen"`
	Closed int64   `json:"closed,omitempty"`
	By     string  `json:"by,omitempty"`
	Reason string  `json:"reason,omitempty"`
}

func alertID(code string, at pii.Ref) string { return code + ":" + at.String() }

// PutAlert raises an alert, or raises it again where it was closed.
func (c *Catalog) PutAlert(ctx context.Context, tx db.Tx, a Alert) error {
	if a.Code == "" {
		return errkind.Coded(errkind.Invalid, "no-code", "an alert needs a code")
	}
	_, err := tx.Exec(ctx, `INSERT INTO alert (id, code, source, dataset, field, text, opened, seen, closed, actor, reason)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $7, 0, '', '') ON CONFLICT (id) DO UPDATE SET text = excluded.text, seen = excluded.seen,
		opened = CASE WHEN alert.closed = 0 THEN alert.opened ELSE excluded.opened END, closed = 0, actor = '', reason = ''`,
		alertID(a.Code, a.At), a.Code, a.At.Source, a.At.Dataset, a.At.Field, a.Text, clock.Micros())
	return err
}

// CloseAlert says who closed an alert and why. Closing a closed one changes nothing.
func (c *Catalog) CloseAlert(ctx context.Context, tx db.Tx, id, by, reason string) error {
	ids, err := collect(ctx, tx, scanText, "SELECT id FROM alert WHERE id = $1", id)
	if err != nil {
		return err
	}
	if len(ids) == 0 {
		return errkind.Coded(errkind.NotFound, "no-such-alert", "the catalog has no such alert")
	}
	return c.closeAlert(ctx, tx, id, by, reason)
}

func (c *Catalog) closeAlert(ctx context.Context, tx db.Tx, id, by, reason string) error {
	_, err := tx.Exec(ctx, "UPDATE alert SET closed = $1, actor = $2, reason = $3 WHERE id = $4 AND closed = 0", clock.Micros(), by, reason, id)
	return err
}

// Alerts gives the open alerts, or all where closed is wanted too, the newest first.
func (c *Catalog) Alerts(ctx context.Context, closed bool) (as []Alert, err error) {
	err = c.read(ctx, func(tx db.Tx) error {
		as, err = collect(ctx, tx, scanAlert, `SELECT id, code, source, dataset, field, text, opened, seen, closed, actor, reason
			FROM alert WHERE closed = 0 OR $1 = 1 ORDER BY opened DESC, id`, map[bool]int{true: 1}[closed])
		return err
	})
	return as, err
}

func scanAlert(row db.Row) (a Alert, err error) {
	err = row.Scan(&a.ID, &a.Code, &a.At.Source, &a.At.Dataset, &a.At.Field, &a.Text, &a.Opened, &a.Seen, &a.Closed, &a.By, &a.Reason)
	return a, err
}
