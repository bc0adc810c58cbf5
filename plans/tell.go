package plans

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"vestige/audit"
	"vestige/events"
	"vestige/internal/clock"
	"vestige/internal/db"
	"vestige/internal/errkind"
	"vestige/pii"
	"vestige/policies"
)

// Those to whom data was given are told of its erasure when it has been verified, and before the request ends: while whom it is about is still known here. The
// outbox holds no value: a message names plan and recipient, and what it says of the person is put in when it is sent.

// Tell is somebody who will be told of an erasure.
type Tell struct {
	Recipient  string         `json:"recipient"`
	Contract   string         `json:"contract,omitempty"`
	By         string         `json:"by"` // the channel, or manual
	Send       string         `json:"send,omitempty"`
	Answer     bool           `json:"answer,omitempty"`
	Datasets   []pii.Ref      `json:"datasets"`
	Categories []pii.Category `json:"categories"`
	Records    int64          `json:"records"`
	Within     int64          `json:"within"` // microseconds, from when she is told on
}

// Told is how far the telling of a recipient has come. Its states: waiting (for the channel), dead (the channel has given up), asked (somebody is to tell her, or to
// confirm her answer), told.
type Told struct {
	Recipient string `json:"recipient"`
	Contract  string `json:"contract,omitempty"`
	By        string `json:"by"`
	State     string `json:"state"`
	Due       int64  `json:"due"`
	At        int64  `json:"at,omitempty"`       // when she had been told
	Delivery  string `json:"delivery,omitempty"` // of the outbox: the receipt
	Code      string `json:"code,omitempty"`     // of the last failure
	Actor     string `json:"actor,omitempty"`    // who confirmed it
	Text      string `json:"text,omitempty"`     // and how
	Late      bool   `json:"late,omitempty"`
}

// The states of a telling.
const (
	toldWaiting = "waiting"
	toldDead    = "dead"
	toldAsked   = "asked"
	toldDone    = "told"
)

// recipients says who is told of what a plan erases: whoever was given something of it.
func (b *builder) recipients(o *Open) {
	if o.Kind != Erasure {
		return
	}
	for _, r := range b.in.Recipients {
		t := Tell{Recipient: r.Name, Contract: r.Contract, By: r.Tell, Send: cmp.Or(r.Send, policies.Digests), Answer: r.Answer || r.Tell == policies.Manual, Categories: []pii.Category{},
			Within: r.Term(time.UnixMicro(0)).UnixMicro()}
		for _, st := range o.Steps {
			given, any := r.Given(st.Dataset, b.personal(st.Dataset))
			if st.Method == pii.Retain || !any {
				continue
			}
			t.Records += st.Records
			if !slices.Contains(t.Datasets, st.Dataset) {
				t.Datasets = append(t.Datasets, st.Dataset)
			}
			for _, c := range given {
				if !slices.Contains(t.Categories, c) {
					t.Categories = append(t.Categories, c)
				}
			}
		}
		if len(t.Datasets) > 0 {
			slices.Sort(t.Categories)
			o.Tell = append(o.Tell, t)
		}
	}
}

// personal gives the categories of a dataset's fields.
func (b *builder) personal(at pii.Ref) (out []pii.Category) {
	n := b.in.Graph.Node(at)
	if n == nil {
		return nil
	}
	for _, f := range n.Fields {
		if f.Category.Personal() && !slices.Contains(out, f.Category) {
			out = append(out, f.Category)
		}
	}
	return out
}

// telling tells those to whom data was given, once each, and waits until all have been told.
func (r *run) telling(ctx context.Context) (*Result, error) {
	if len(r.s.Open.Tell) == 0 {
		return nil, nil
	}
	err := r.write(ctx, func(tx db.Tx) error {
		for _, t := range r.s.Open.Tell {
			if err := r.Engine.told(ctx, tx, r.s, t); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	if r.Outbox != nil {
		if _, err := r.Outbox.Deliver(ctx); err != nil {
			return nil, err
		}
	}
	all, err := r.taken(ctx)
	if err != nil {
		return nil, err
	}
	again, open := 5*time.Minute, []string{}
	for _, t := range all {
		if t.State == toldWaiting {
			again = 5 * time.Second
		}
		if t.State != toldDone {
			open = append(open, t.Recipient+" ("+t.State+")")
		}
	}
	if len(open) == 0 {
		return nil, nil
	}
	return &Result{Reason: "recipients are to be told: " + strings.Join(open, ", "), Again: again}, nil
}

// taken gives how far the telling has come, and keeps what was taken: the outbox forgets its deliveries after a time.
func (r *run) taken(ctx context.Context) (all []Told, err error) {
	return all, r.write(ctx, func(tx db.Tx) error {
		if all, err = r.tellings(ctx, tx, r.s); err != nil {
			return err
		}
		for _, t := range all {
			if t.State != toldDone {
				continue
			}
			if _, err := tx.Exec(ctx, "UPDATE plan_told SET at = $1 WHERE plan = $2 AND recipient = $3 AND at = 0", t.At, r.s.ID, t.Recipient); err != nil {
				return err
			}
		}
		return nil
	})
}

// told puts a message to a recipient into the outbox, unless that was done.
func (e *Engine) told(ctx context.Context, tx db.Tx, s *Status, t Tell) error {
	var n int64
	if err := tx.QueryRow(ctx, "SELECT COUNT(*) FROM plan_told WHERE plan = $1 AND recipient = $2", s.ID, t.Recipient).Scan(&n); err != nil || n > 0 {
		return err
	}
	due, delivery := clock.Micros()+t.Within, ""
	if t.By != policies.Manual {
		if e.Outbox == nil {
			return errkind.Coded(errkind.Invalid, "no-outbox", "nothing can be sent from here")
		}
		var err error
		text := fmt.Sprintf("Data of a person that you were given was erased here (%s); erase it too, by %s.", s.Request, time.UnixMicro(due).UTC().Format(time.DateOnly))
		if t.Contract != "" {
			text += " Contract: " + t.Contract + "."
		}
		delivery, err = e.Outbox.Send(ctx, tx, t.By, events.Event{Type: events.Erased, Code: "erasure", Source: t.Recipient, Where: s.ID, Text: text})
		if err != nil {
			return err
		}
	}
	_, err := tx.Exec(ctx, "INSERT INTO plan_told (plan, recipient, delivery, due, at, actor, text) VALUES ($1, $2, $3, $4, 0, '', '')", s.ID, t.Recipient, delivery, due)
	if err != nil {
		return err
	}
	return e.Audit.Append(ctx, tx, audit.Entry{Actor: "vestige", Subject: s.Request, Action: "recipient.tell", Object: s.ID, Facts: audit.Facts(map[string]any{"recipient": t.Recipient, "by": t.By, "delivery": delivery})})
}

// Told gives how far the telling of a plan's recipients has come.
func (e *Engine) Told(ctx context.Context, plan string) (out []Told, err error) {
	err = e.DB.Read(ctx, func(tx db.Tx) error {
		s, err := scanPlan(tx.QueryRow(ctx, selectPlan+" WHERE id = $1", plan))
		if err != nil {
			return err
		}
		out, err = e.tellings(ctx, tx, s)
		return err
	})
	return out, err
}

func (e *Engine) tellings(ctx context.Context, tx db.Tx, s *Status) (out []Told, err error) {
	rows := map[string]Told{}
	err = each(ctx, tx, func(r db.Rows) error {
		var t Told
		err := r.Scan(&t.Recipient, &t.Delivery, &t.Due, &t.At, &t.Actor, &t.Text)
		rows[t.Recipient] = t
		return err
	}, "SELECT recipient, delivery, due, at, actor, text FROM plan_told WHERE plan = $1", s.ID)
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	for _, open := range s.Open.Tell {
		t, ok := rows[open.Recipient]
		if !ok {
			continue
		}
		t.Contract, t.By, t.State = open.Contract, open.By, toldAsked
		if err := e.fares(ctx, tx, open, &t); err != nil {
			return nil, err
		}
		t.Late = t.State != toldDone && t.Due < clock.Micros() || t.At > t.Due
		out = append(out, t)
	}
	return out, nil
}

// fares looks what has become of a message.
func (e *Engine) fares(ctx context.Context, tx db.Tx, open Tell, t *Told) error {
	switch {
	case t.At > 0:
		t.State = toldDone
		return nil
	case t.Delivery == "" || e.Outbox == nil:
		return nil
	}
	d, err := events.Fares(ctx, tx, t.Delivery)
	if errkind.Of(err) == errkind.NotFound {
		return nil // it ended long ago, and nobody has confirmed anything
	}
	if err != nil {
		return err
	}
	t.Code = d.Code
	switch {
	case d.State == "dead":
		t.State = toldDead
	case d.State != "done":
		t.State = toldWaiting
	case !open.Answer:
		t.State, t.At = toldDone, d.Ended
	}
	return nil
}

// Confirm says that a recipient was told, or has answered, and how; also that it was impossible, and why (art. 19).
func (e *Engine) Confirm(ctx context.Context, plan, recipient, by, text string) error {
	if by == "" || strings.TrimSpace(text) == "" {
		return errkind.Coded(errkind.Invalid, "told", "somebody says that a recipient was told, and how")
	}
	return e.DB.Write(ctx, func(tx db.Tx) error {
		n, err := tx.Exec(ctx, "UPDATE plan_told SET at = $1, actor = $2, text = $3 WHERE plan = $4 AND recipient = $5 AND at = 0", clock.Micros(), by, text, plan, recipient)
		if err != nil {
			return err
		}
		if n == 0 {
			return errkind.Coded(errkind.NotFound, "no-such-recipient", "no recipient of that name waits to be told of this plan")
		}
		var request string
		if err := tx.QueryRow(ctx, "SELECT request FROM plan WHERE id = $1", plan).Scan(&request); err != nil {
			return err
		}
		return e.Audit.Append(ctx, tx, audit.Entry{Actor: by, Subject: request, Action: "recipient.told", Object: plan, Facts: audit.Facts(map[string]any{"recipient": recipient, "how": text})})
	})
}

// Notice is what a recipient is told of whom a message is about.
type Notice struct {
	Request    string           `json:"request"`
	Recipient  string           `json:"recipient"`
	Contract   string           `json:"contract,omitempty"`
	Right      string           `json:"right"` // erasure
	Due        int64            `json:"due"`
	Categories []pii.Category   `json:"categories"`
	People     [][]NoticePerson `json:"people"` // of each, what singles her out and the recipient was given
}

// NoticePerson is one identifier of a person: its SHA-256 in normal form, or where the register says so the value.
type NoticePerson struct {
	Category pii.Category `json:"category"`
	SHA256   string       `json:"sha256,omitempty"`
	Value    string       `json:"value,omitempty"`
}

// Notice gives what is to be told to a recipient. It is made when a message is sent, and kept nowhere.
func (e *Engine) Notice(ctx context.Context, plan, recipient string) (json.RawMessage, error) {
	var n *Notice
	err := e.DB.Read(ctx, func(tx db.Tx) error {
		s, err := scanPlan(tx.QueryRow(ctx, selectPlan+" WHERE id = $1", plan))
		if err != nil {
			return err
		}
		i := slices.IndexFunc(s.Open.Tell, func(t Tell) bool { return t.Recipient == recipient })
		if i < 0 {
			return errkind.Coded(errkind.NotFound, "no-such-recipient", "the plan has no such recipient")
		}
		sealed, err := e.sealedOf(ctx, tx, s)
		if err != nil {
			return err
		}
		n = notice(s, s.Open.Tell[i], sealed)
		return tx.QueryRow(ctx, "SELECT due FROM plan_told WHERE plan = $1 AND recipient = $2", plan, recipient).Scan(&n.Due)
	})
	if err != nil {
		return nil, err
	}
	out, err := json.Marshal(n)
	return out, errkind.Wrap(errkind.Internal, err, "encode a notice")
}

func notice(s *Status, t Tell, sealed *Sealed) *Notice {
	n := &Notice{Request: s.Request, Recipient: t.Recipient, Contract: t.Contract, Right: string(Erasure), Categories: t.Categories, People: [][]NoticePerson{}}
	people := [][]pii.Identifier{sealed.Known}
	if len(sealed.Subjects) > 0 {
		people = nil
		for _, x := range sealed.Subjects {
			if !x.Left {
				people = append(people, union(slices.Clone(x.Start), x.Known))
			}
		}
	}
	for _, ids := range people {
		one := []NoticePerson{}
		for _, id := range ids {
			if !slices.Contains(t.Categories, id.Category) {
				continue
			}
			p := NoticePerson{Category: id.Category}
			if t.Send == policies.Values {
				p.Value = id.Value.Reveal()
			} else {
				sum := sha256.Sum256([]byte(id.Value.Reveal()))
				p.SHA256 = hex.EncodeToString(sum[:])
			}
			one = append(one, p)
		}
		if len(one) > 0 {
			n.People = append(n.People, one)
		}
	}
	return n
}
