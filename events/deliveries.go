package events

import (
	"context"
	"encoding/json"
	"time"

	"vestige/internal/clock"
	"vestige/internal/db"
	"vestige/internal/errkind"
)

// Delivery is one message to one channel, and how it fares.
type Delivery struct {
	ID       string  `json:"id"`
	Channel  string  `json:"channel"`
	Kind     string  `json:"kind"`
	Made     int64   `json:"made"`
	Count    int64   `json:"events"`
	State    string  `json:"state"` // waiting, done, dead
	Attempts int64   `json:"attempts"`
	Due      int64   `json:"due,omitempty"`
	Ended    int64   `json:"ended,omitempty"`
	Code     string  `json:"code,omitempty"` // of the last failure
	Events   []Event `json:"items,omitempty"`

	body []byte
}

const selectDelivery = "SELECT id, channel, kind, made, events, body, state, attempts, due, ended, code FROM outbox_delivery"

func scanDelivery(row db.Row) (d Delivery, err error) {
	err = row.Scan(&d.ID, &d.Channel, &d.Kind, &d.Made, &d.Count, &d.body, &d.State, &d.Attempts, &d.Due, &d.Ended, &d.Code)
	return d, err
}

// Fares gives a delivery as it stands in a unit of work.
func Fares(ctx context.Context, tx db.Tx, id string) (Delivery, error) {
	return scanDelivery(tx.QueryRow(ctx, selectDelivery+" WHERE id = $1", id))
}

// Deliveries gives deliveries in a state, or in any where it is empty, the newest first; before, where it is not 0, is the time before which they were made.
func (o *Outbox) Deliveries(ctx context.Context, state string, before int64, limit int) (out []Delivery, err error) {
	if before == 0 {
		before = 1 << 62
	}
	err = o.db.Read(ctx, func(tx db.Tx) error {
		out, err = collect(ctx, tx, scanDelivery, selectDelivery+" WHERE ($1 = '' OR state = $1) AND made < $2 ORDER BY made DESC, id LIMIT $3", state, before, limit)
		return err
	})
	return out, err
}

// Delivery gives one delivery with its events.
func (o *Outbox) Delivery(ctx context.Context, id string) (d Delivery, err error) {
	err = o.db.Read(ctx, func(tx db.Tx) error {
		d, err = scanDelivery(tx.QueryRow(ctx, selectDelivery+" WHERE id = $1", id))
		return err
	})
	if errkind.Of(err) == errkind.NotFound {
		return d, errkind.Coded(errkind.NotFound, "no-such-delivery", "there is no such delivery")
	}
	var m Message
	if err == nil {
		err = json.Unmarshal(d.body, &m)
	}
	d.Events = m.Events
	return d, err
}

// States counts deliveries by state.
func (o *Outbox) States(ctx context.Context) (map[string]int64, error) {
	out := map[string]int64{}
	err := o.db.Read(ctx, func(tx db.Tx) error {
		type count struct {
			state string
			n     int64
		}
		all, err := collect(ctx, tx, func(row db.Row) (c count, err error) { err = row.Scan(&c.state, &c.n); return c, err },
			"SELECT state, COUNT(*) FROM outbox_delivery GROUP BY state")
		for _, c := range all {
			out[c.state] = c.n
		}
		return err
	})
	return out, err
}

// Again has a delivery tried from the start, soon.
func (o *Outbox) Again(ctx context.Context, tx db.Tx, id string) error {
	n, err := tx.Exec(ctx, "UPDATE outbox_delivery SET state = 'waiting', attempts = 0, due = $1, ended = 0 WHERE id = $2 AND state <> 'done'", clock.Micros(), id)
	if err == nil && n == 0 {
		err = errkind.Coded(errkind.NotFound, "no-such-delivery", "there is no such delivery that was not taken")
	}
	return err
}

// keptFor is how long deliveries are kept once they are over.
const keptFor = 30 * 24 * time.Hour

// Prune forgets deliveries that were over long ago.
func (o *Outbox) Prune(ctx context.Context) error {
	return o.db.Write(ctx, func(tx db.Tx) error {
		_, err := tx.Exec(ctx, "DELETE FROM outbox_delivery WHERE ended > 0 AND ended < $1", clock.Now().Add(-keptFor).UnixMicro())
		return err
	})
}
