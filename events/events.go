// Package events tells the outside what has happened: by mail, by webhook, by a command. It knows no domain.
//
// An event is put into the outbox in the unit of work that it is about, once for each channel that wants it, so that neither is there without the
// other. Events of a channel are gathered into deliveries, since a scan that finds a hundred things is one message. A delivery is tried until it is
// taken, each time later than the time before, and is dead after the last attempt, until somebody has it tried again. It may arrive twice; its id
// is the same then. No event holds a value of anybody's data, and of a failure only its code is kept.
package events

import (
	"context"
	"crypto/rand"
	_ "embed"
	"encoding/hex"
	"encoding/json"
	"slices"
	"time"

	"vestige/internal/clock"
	"vestige/internal/db"
	"vestige/internal/errkind"
)

//go:embed schema.sql
var schema string

// Schema gives the tables of this room.
func Schema() db.Schema { return db.SchemaOf("events", schema) }

// Event is one thing that has happened.
type Event struct {
	Type   string `json:"type"`   // alert.opened
	Code   string `json:"code"`   // stable
	Source string `json:"source"` // by which channels choose
	Where  string `json:"where"`  // source/dataset#field
	Text   string `json:"text"`
	At     int64  `json:"at"`
	// Data is what a Sender puts in when it sends; it is never kept.
	Data json.RawMessage `json:"data,omitempty"`
}

// Erased is the type of an event by which somebody is told that a person's data was erased.
const Erased = "person.erased"

// Channel is one way to the outside.
type Channel struct {
	Name    string
	Kind    string   // mail, webhook, command
	Codes   []string // of events that go this way; all where there is none
	Sources []string // likewise
	Sender  Sender
}

// Sender takes a message to where it is wanted. An error means that it is tried again; one of the kind Invalid or NotFound, that it is not.
type Sender interface {
	Send(ctx context.Context, m Message) error
}

// Message is what a delivery carries.
type Message struct {
	ID     string  `json:"-"` // the same at every attempt
	Made   int64   `json:"-"`
	Events []Event `json:"events"`
}

// wants tells whether an event goes this way.
func (c *Channel) wants(e Event) bool {
	return (len(c.Codes) == 0 || slices.Contains(c.Codes, e.Code)) && (len(c.Sources) == 0 || slices.Contains(c.Sources, e.Source))
}

// Outbox keeps what is to be told until it has been. It is safe for concurrent use.
type Outbox struct {
	db       db.DB
	channels []Channel
}

// New makes an outbox with its channels.
func New(store db.DB, channels []Channel) *Outbox { return &Outbox{db: store, channels: channels} }

// Channels gives the channels there are.
func (o *Outbox) Channels() []Channel { return o.channels }

func newID(kind string) string {
	var b [12]byte
	_, _ = rand.Read(b[:])
	return kind + "_" + hex.EncodeToString(b[:])
}

// Put lays an event down for every channel that wants it, when the unit of work commits.
func (o *Outbox) Put(ctx context.Context, tx db.Tx, e Event) error {
	if e.At == 0 {
		e.At = clock.Micros()
	}
	doc, err := json.Marshal(e)
	if err != nil {
		return errkind.Wrap(errkind.Internal, err, "encode an event")
	}
	for i := range o.channels {
		if !o.channels[i].wants(e) {
			continue
		}
		if _, err := tx.Exec(ctx, "INSERT INTO outbox_event (id, channel, at, doc) VALUES ($1, $2, $3, $4)", newID("evt"), o.channels[i].Name, e.At, doc); err != nil {
			return err
		}
	}
	return nil
}

// Send lays a delivery of one event down for one channel, and gives the id by which its fate is known.
func (o *Outbox) Send(ctx context.Context, tx db.Tx, channel string, e Event) (id string, err error) {
	i := slices.IndexFunc(o.channels, func(c Channel) bool { return c.Name == channel })
	if i < 0 {
		return "", errkind.Coded(errkind.NotFound, "no-such-channel", "the configuration has no channel %s", channel)
	}
	if e.At == 0 {
		e.At = clock.Micros()
	}
	return o.lay(ctx, tx, &o.channels[i], Message{Events: []Event{e}})
}

// most is how many events one delivery has.
const most = 200

// Gather makes deliveries of what has been laid down.
func (o *Outbox) Gather(ctx context.Context) error {
	for i := range o.channels {
		for more := true; more; {
			err := o.db.Write(ctx, func(tx db.Tx) (err error) { more, err = o.gather(ctx, tx, &o.channels[i]); return err })
			if err != nil {
				return err
			}
		}
	}
	return nil
}

type laid struct {
	id  string
	doc []byte
}

func (o *Outbox) gather(ctx context.Context, tx db.Tx, c *Channel) (more bool, err error) {
	all, err := collect(ctx, tx, func(row db.Row) (l laid, err error) { err = row.Scan(&l.id, &l.doc); return l, err },
		"SELECT id, doc FROM outbox_event WHERE channel = $1 ORDER BY at, id LIMIT $2", c.Name, most)
	if err != nil || len(all) == 0 {
		return false, err
	}
	var m Message
	for _, l := range all {
		var e Event
		if err := json.Unmarshal(l.doc, &e); err != nil {
			return false, errkind.Wrap(errkind.Internal, err, "decode an event")
		}
		m.Events = append(m.Events, e)
		if n, err := tx.Exec(ctx, "DELETE FROM outbox_event WHERE id = $1", l.id); err != nil || n == 0 { // another machine has gathered it
			return false, err
		}
	}
	_, err = o.lay(ctx, tx, c, m)
	return len(all) == most, err
}

// lay makes a delivery of a message.
func (o *Outbox) lay(ctx context.Context, tx db.Tx, c *Channel, m Message) (id string, err error) {
	body, err := json.Marshal(m)
	if err != nil {
		return "", errkind.Wrap(errkind.Internal, err, "encode a delivery")
	}
	id = newID("msg")
	_, err = tx.Exec(ctx, "INSERT INTO outbox_delivery (id, channel, kind, made, events, body, state, attempts, due, ended, code) VALUES ($1, $2, $3, $4, $5, $6, 'waiting', 0, $4, 0, '')",
		id, c.Name, c.Kind, clock.Micros(), int64(len(m.Events)), body)
	return id, err
}

// waits are how long after a failed attempt the next one is made; after the last there is none.
var waits = [...]time.Duration{5 * time.Second, 5 * time.Minute, 30 * time.Minute, 2 * time.Hour, 5 * time.Hour, 10 * time.Hour, 14 * time.Hour, 20 * time.Hour, 24 * time.Hour}

// Attempts is how often a delivery is tried before it is dead.
const Attempts = int64(len(waits)) + 1

// Deliver tries what is due, and gives how many were taken.
func (o *Outbox) Deliver(ctx context.Context) (taken int, err error) {
	for {
		d, ok, err := o.claim(ctx)
		if err != nil || !ok {
			return taken, err
		}
		done, err := o.try(ctx, d)
		if err != nil {
			return taken, err
		}
		if done {
			taken++
		}
	}
}

// lease is how long one attempt may take before another process makes the next.
const lease = 2 * time.Minute

// claim takes the next delivery that is due; nobody else tries it meanwhile.
func (o *Outbox) claim(ctx context.Context) (d Delivery, ok bool, err error) {
	err = o.db.Write(ctx, func(tx db.Tx) error {
		now := clock.Micros()
		all, err := collect(ctx, tx, scanDelivery, selectDelivery+" WHERE state = 'waiting' AND due <= $1 ORDER BY due, id LIMIT 1", now)
		if err != nil || len(all) == 0 {
			return err
		}
		d = all[0]
		n, err := tx.Exec(ctx, "UPDATE outbox_delivery SET attempts = attempts + 1, due = $1 WHERE id = $2 AND attempts = $3", now+lease.Microseconds(), d.ID, d.Attempts)
		d.Attempts++
		ok = n == 1
		return err
	})
	return d, ok, err
}

// try sends a delivery once, and keeps what came of it.
func (o *Outbox) try(ctx context.Context, d Delivery) (done bool, err error) {
	sent := o.send(ctx, d)
	if ctx.Err() != nil { // the process ends: the attempt does not count
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		defer cancel()
		return false, o.db.Write(ctx, func(tx db.Tx) error {
			_, err := tx.Exec(ctx, "UPDATE outbox_delivery SET attempts = attempts - 1, due = $1 WHERE id = $2", clock.Micros(), d.ID)
			return err
		})
	}
	state, due, ended, code := "done", int64(0), clock.Micros(), ""
	if sent != nil {
		code = errkind.Code(sent)
		final := errkind.Of(sent) == errkind.Invalid || errkind.Of(sent) == errkind.NotFound
		if state = "dead"; d.Attempts < Attempts && !final {
			state, due, ended = "waiting", clock.Now().Add(waits[d.Attempts-1]).UnixMicro(), 0
		}
	}
	return sent == nil, o.db.Write(ctx, func(tx db.Tx) error {
		_, err := tx.Exec(ctx, "UPDATE outbox_delivery SET state = $1, due = $2, ended = $3, code = $4 WHERE id = $5", state, due, ended, code, d.ID)
		return err
	})
}

func (o *Outbox) send(ctx context.Context, d Delivery) error {
	i := slices.IndexFunc(o.channels, func(c Channel) bool { return c.Name == d.Channel })
	if i < 0 {
		return errkind.Coded(errkind.NotFound, "no-such-channel", "the configuration has no such channel any more")
	}
	m := Message{ID: d.ID, Made: d.Made}
	if err := json.Unmarshal(d.body, &m); err != nil {
		return errkind.Coded(errkind.Invalid, "bad-delivery", "the delivery cannot be read")
	}
	ctx, cancel := context.WithTimeout(ctx, lease/2)
	defer cancel()
	return o.channels[i].Sender.Send(ctx, m)
}

// collect scans every row of a query.
func collect[T any](ctx context.Context, tx db.Tx, scan func(db.Row) (T, error), sql string, args ...any) (all []T, err error) {
	rows, err := tx.Query(ctx, sql, args...)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		v, err := scan(rows)
		if err != nil {
			return nil, err
		}
		all = append(all, v)
	}
	return all, rows.Err()
}
