// Package audit is the log that can be checked without trusting who keeps it, and the signed statement about a closed request.
//
// Every act appends an entry in its own unit of work, so that there is no act without an entry and no entry without an act. A sequencer adds
// entries to a Merkle tree, whose state is signed as a checkpoint: who holds an old checkpoint sees whether an entry before it was changed,
// left out, put in or moved, and whether the tail was cut. Entries hold ids and counts, never a value of anybody's data, and a salt, so that
// nothing can be guessed from a hash.
//
// Export writes the log into files; VerifyDir checks them and needs nothing else. Sign and VerifyAttestation do the same for
// attestations.
package audit

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	_ "embed" // for the schema
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"

	"vestige/internal/clock"
	"vestige/internal/db"
	"vestige/internal/errkind"
)

//go:embed schema.sql
var schema string

// Schema gives the tables of the log.
func Schema() db.Schema { return db.SchemaOf("audit", schema) }

// Entry is one act: who did what to what, about whom. Actor and Subject are ids.
type Entry struct {
	Seq     int64           `json:"seq"` // its place in the tree; -1 until it has one
	At      int64           `json:"at"`  // microseconds since 1970; Append sets it where it is 0
	Actor   string          `json:"actor"`
	Subject string          `json:"subject,omitempty"` // the request's id
	Action  string          `json:"action"`            // dotted: "plan.approve"
	Object  string          `json:"object,omitempty"`
	Facts   json.RawMessage `json:"facts,omitempty"` // counts, hashes, codes, references
}

// leaf is what is hashed of an entry; the order of its fields is that of the bytes.
type leaf struct {
	Version int             `json:"v"`
	Salt    string          `json:"salt"`
	At      int64           `json:"at"`
	Actor   string          `json:"actor"`
	Subject string          `json:"subject,omitempty"`
	Action  string          `json:"action"`
	Object  string          `json:"object,omitempty"`
	Facts   json.RawMessage `json:"facts,omitempty"`
}

// Facts writes the facts of an entry as JSON. A pii.Value among them is written as its length.
func Facts(facts map[string]any) json.RawMessage {
	b, err := json.Marshal(facts)
	if err != nil {
		return json.RawMessage(`{"unwritable":true}`)
	}
	return b
}

// Log is the audit log of a store.
type Log struct {
	db     db.DB
	signer signer
	wake   chan struct{}
}

// New makes the log of a store. Origin names it in its checkpoints ("vestige/9f86d081"); key signs them.
func New(d db.DB, origin string, key ed25519.PrivateKey) (*Log, error) {
	s, err := newSigner(origin, key)
	if err != nil {
		return nil, err
	}
	return &Log{db: d, signer: s, wake: make(chan struct{}, 1)}, nil
}

// Append writes an entry in the caller's unit of work.
func (l *Log) Append(ctx context.Context, tx db.Tx, e Entry) error {
	if e.Actor == "" || e.Action == "" {
		return errkind.New(errkind.Invalid, "an audit entry has an actor and an action")
	}
	if e.At == 0 {
		e.At = clock.Micros()
	}
	random := make([]byte, 24)
	_, _ = rand.Read(random)
	text, err := json.Marshal(leaf{1, hex.EncodeToString(random[:16]), e.At, e.Actor, e.Subject, e.Action, e.Object, e.Facts})
	if err != nil {
		return errkind.New(errkind.Invalid, "the facts of an audit entry have to be JSON")
	}
	_, err = tx.Exec(ctx, "INSERT INTO audit_leaf (id, at, subject, action, leaf) VALUES ($1, $2, $3, $4, $5)",
		fmt.Sprintf("%016x%x", e.At, random[16:]), e.At, e.Subject, e.Action, text)
	if err != nil {
		return err
	}
	tx.AfterCommit(func() {
		select {
		case l.wake <- struct{}{}:
		default: // the sequencer will look anyway
		}
	})
	return nil
}

// Run is the sequencer: it adds entries to the tree as they come, and looks every half second for those of other processes. It ends
// with the context. An error that may pass is tried again; failed, where it is not nil, is told of each.
func (l *Log) Run(ctx context.Context, failed func(error)) {
	tick := time.NewTicker(500 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-l.wake:
		case <-tick.C:
		}
		if _, err := l.Sequence(ctx); err != nil && ctx.Err() == nil && failed != nil {
			failed(err)
		}
	}
}

// Filter chooses entries; empty parts choose all.
type Filter struct {
	Subject string
	Action  string
	After   int64 // entries behind this place
	First   bool  // from the first entry on, whatever After says
	Limit   int   // 0 for a thousand
}

// Entries gives entries of the tree in order.
func (l *Log) Entries(ctx context.Context, tx db.Tx, f Filter) (out []Entry, err error) {
	if f.First {
		f.After = -1
	}
	if f.Limit <= 0 {
		f.Limit = 1000
	}
	rows, err := tx.Query(ctx, `SELECT seq, leaf FROM audit_leaf WHERE seq > $1 AND ($2 = '' OR subject = $3) AND ($4 = '' OR action = $5)
		ORDER BY seq LIMIT $6`, f.After, f.Subject, f.Subject, f.Action, f.Action, f.Limit)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var seq int64
		var text []byte
		if err := rows.Scan(&seq, &text); err != nil {
			return nil, err
		}
		e, err := parseLeaf(text)
		if err != nil {
			return nil, err
		}
		e.Seq = seq
		out = append(out, e)
	}
	return out, rows.Err()
}

func parseLeaf(text []byte) (Entry, error) {
	var l leaf
	if err := json.Unmarshal(text, &l); err != nil {
		return Entry{}, errkind.Coded(errkind.Conflict, "audit-altered", "an entry of the audit log cannot be read")
	}
	return Entry{-1, l.At, l.Actor, l.Subject, l.Action, l.Object, l.Facts}, nil
}
