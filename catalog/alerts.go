package catalog

import (
	"context"
	"math"
	"strconv"
	"strings"

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

	Owner        string `json:"owner,omitempty"`   // who looks after it
	Snoozed      int64  `json:"snoozed,omitempty"` // until when nobody wants to hear of it
	Snoozer      string `json:"snoozer,omitempty"`
	SnoozeReason string `json:"snoozeReason,omitempty"`
}

func alertID(code string, at pii.Ref) string { return code + ":" + at.String() }

// OnAlert has f called in the unit of work in which an alert is opened, or opened anew; not where it is only seen again. It is set before the
// catalog is used.
func (c *Catalog) OnAlert(f func(context.Context, db.Tx, Alert) error) { c.opened = f }

// PutAlert raises an alert, or raises it again where it was closed.
func (c *Catalog) PutAlert(ctx context.Context, tx db.Tx, a Alert) error {
	if a.Code == "" {
		return errkind.Coded(errkind.Invalid, "no-code", "an alert needs a code")
	}
	a.ID, a.Opened = alertID(a.Code, a.At), clock.Micros()
	old, err := collect(ctx, tx, scanInt, "SELECT closed FROM alert WHERE id = $1", a.ID)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `INSERT INTO alert (id, code, source, dataset, field, text, opened, seen, closed, actor, reason)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $7, 0, '', '') ON CONFLICT (id) DO UPDATE SET text = excluded.text, seen = excluded.seen,
		opened = CASE WHEN alert.closed = 0 THEN alert.opened ELSE excluded.opened END, closed = 0, actor = '', reason = '',
		snoozed = CASE WHEN alert.closed = 0 THEN alert.snoozed ELSE 0 END`,
		a.ID, a.Code, a.At.Source, a.At.Dataset, a.At.Field, a.Text, a.Opened)
	if err != nil || c.opened == nil || len(old) > 0 && old[0] == 0 {
		return err
	}
	return c.opened(ctx, tx, a)
}

// CloseAlert says who closed an alert and why. Closing a closed one changes nothing.
func (c *Catalog) CloseAlert(ctx context.Context, tx db.Tx, id, by, reason string) error {
	if err := c.knownAlert(ctx, tx, id); err != nil {
		return err
	}
	return c.closeAlert(ctx, tx, id, by, reason)
}

func (c *Catalog) knownAlert(ctx context.Context, tx db.Tx, id string) error {
	ids, err := collect(ctx, tx, scanText, "SELECT id FROM alert WHERE id = $1", id)
	if err == nil && len(ids) == 0 {
		err = errkind.Coded(errkind.NotFound, "no-such-alert", "the catalog has no such alert")
	}
	return err
}

func (c *Catalog) closeAlert(ctx context.Context, tx db.Tx, id, by, reason string) error {
	_, err := tx.Exec(ctx, "UPDATE alert SET closed = $1, actor = $2, reason = $3, snoozed = 0 WHERE id = $4 AND closed = 0", clock.Micros(), by, reason, id)
	return err
}

// Settled closes the open alerts of a code that hold no more: those of the source (of all where it is empty) that still does not tell of.
func (c *Catalog) Settled(ctx context.Context, tx db.Tx, code, source string, still func(pii.Ref) bool) error {
	open, err := collect(ctx, tx, scanAlert, selectAlert+" WHERE closed = 0 AND code = $1 AND ($2 = '' OR source = $2)", code, source)
	for _, a := range open {
		if err == nil && !still(a.At) {
			err = c.closeAlert(ctx, tx, a.ID, "vestige", "it is no longer so")
		}
	}
	return err
}

// SnoozeAlert says that nobody wants to hear of an open alert until a time, and why. A time that is past wakes it.
func (c *Catalog) SnoozeAlert(ctx context.Context, tx db.Tx, id, by, reason string, until int64) error {
	if err := c.knownAlert(ctx, tx, id); err != nil {
		return err
	}
	if until <= clock.Micros() {
		until, reason = 0, ""
	}
	n, err := tx.Exec(ctx, "UPDATE alert SET snoozed = $1, snoozer = $2, snooze_reason = $3 WHERE id = $4 AND closed = 0", until, by, reason, id)
	if err == nil && n == 0 {
		err = errkind.Coded(errkind.Conflict, "alert-closed", "the alert is closed")
	}
	return err
}

// OwnAlert says who looks after an alert; "" for nobody.
func (c *Catalog) OwnAlert(ctx context.Context, tx db.Tx, id, owner string) error {
	if err := c.knownAlert(ctx, tx, id); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, "UPDATE alert SET owner = $1 WHERE id = $2", owner, id)
	return err
}

// WakeAlerts ends the snoozes whose time is over, and tells of those alerts again.
func (c *Catalog) WakeAlerts(ctx context.Context, tx db.Tx) error {
	due, err := collect(ctx, tx, scanAlert, selectAlert+" WHERE closed = 0 AND snoozed > 0 AND snoozed <= $1", clock.Micros())
	for _, a := range due {
		if err != nil {
			return err
		}
		if _, err = tx.Exec(ctx, "UPDATE alert SET snoozed = 0, snooze_reason = '' WHERE id = $1", a.ID); err == nil && c.opened != nil {
			err = c.opened(ctx, tx, a)
		}
	}
	return err
}

// AlertFilter says which alerts are wanted. The zero filter is all that are open and not snoozed.
type AlertFilter struct {
	Code    string
	Source  string
	Owner   string
	Closed  bool   // closed ones too
	Snoozed bool   // snoozed ones too
	After   string // the Next of the page before
	Limit   int    // 0 for all
}

// where gives the condition of a filter; the code is left out where counts by code are wanted.
func (f AlertFilter) where() *conditions {
	w := &conditions{}
	if !f.Closed {
		w.add("closed = 0")
	}
	if !f.Snoozed {
		w.add("snoozed <= " + w.arg(clock.Micros()))
	}
	w.is("source", f.Source)
	w.is("owner", f.Owner)
	return w
}

// AlertsBy gives the alerts of a filter, the newest first, and the cursor of the next page.
func (c *Catalog) AlertsBy(ctx context.Context, f AlertFilter) (as []Alert, next string, err error) {
	if f.Limit == 0 {
		f.Limit = 1 << 30
	}
	w := f.where()
	w.is("code", f.Code)
	if opened, id := afterAlert(f.After); opened != math.MaxInt64 {
		at := w.arg(opened)
		w.add("opened <= " + at + " AND (opened < " + at + " OR id > " + w.arg(id) + ")")
	}
	err = c.read(ctx, func(tx db.Tx) error {
		as, err = collect(ctx, tx, scanAlert, selectAlert+w.String()+" ORDER BY opened DESC, id LIMIT "+strconv.Itoa(f.Limit+1), w.args...)
		return err
	})
	if len(as) > f.Limit {
		as = as[:f.Limit]
		last := as[len(as)-1]
		next = strconv.FormatInt(last.Opened, 10) + "." + last.ID
	}
	return as, next, err
}

func afterAlert(cursor string) (opened int64, id string) {
	at, id, _ := strings.Cut(cursor, ".")
	opened, err := strconv.ParseInt(at, 10, 64)
	if err != nil {
		return math.MaxInt64, ""
	}
	return opened, id
}

// AlertCodes counts the alerts of a filter by code, whatever code it names.
func (c *Catalog) AlertCodes(ctx context.Context, f AlertFilter) (out []Count, err error) {
	w := f.where()
	err = c.read(ctx, func(tx db.Tx) error {
		out, err = collect(ctx, tx, func(row db.Row) (n Count, err error) { err = row.Scan(&n.Value, &n.Count); return n, err },
			"SELECT code, COUNT(*) FROM alert"+w.String()+" GROUP BY code ORDER BY COUNT(*) DESC, code", w.args...)
		return err
	})
	return out, err
}

// Alert gives an alert by its id.
func (c *Catalog) Alert(ctx context.Context, id string) (a Alert, err error) {
	err = c.read(ctx, func(tx db.Tx) error {
		if err := c.knownAlert(ctx, tx, id); err != nil {
			return err
		}
		a, err = scanAlert(tx.QueryRow(ctx, selectAlert+" WHERE id = $1", id))
		return err
	})
	return a, err
}

// Alerts gives the open alerts that are not snoozed, or all where closed is wanted too, the newest first.
func (c *Catalog) Alerts(ctx context.Context, closed bool) ([]Alert, error) {
	as, _, err := c.AlertsBy(ctx, AlertFilter{Closed: closed, Snoozed: closed})
	return as, err
}

const selectAlert = "SELECT id, code, source, dataset, field, text, opened, seen, closed, actor, reason, owner, snoozed, snoozer, snooze_reason FROM alert"

func scanAlert(row db.Row) (a Alert, err error) {
	err = row.Scan(&a.ID, &a.Code, &a.At.Source, &a.At.Dataset, &a.At.Field, &a.Text, &a.Opened, &a.Seen, &a.Closed, &a.By, &a.Reason,
		&a.Owner, &a.Snoozed, &a.Snoozer, &a.SnoozeReason)
	return a, err
}
