// Package accounts keeps the product's own users: who they are, what they may do, and how they show it.
//
// A person has a name, a password (argon2id), a second factor where she has set one up, and roles. The table in roles.go says what each role may
// do; it is the documentation, and what the router enforces. There is no password that somebody else has known: the first administrator and
// everybody she invites open a link that works once and choose their own.
//
//	link, err := svc.First(ctx)                         // printed by the first start
//	user, err := svc.Open(ctx, link, Opening{…})        // the link is used up
//	session, err := svc.SignIn(ctx, SignIn{…})          // a token for the cookie
//	actor, err := svc.Session(ctx, token)               // for each call
//
// Passwords, tokens, links and sessions are kept as hashes, second factors sealed under a key of their own: who reads the store can sign in as
// nobody. Every change is in the audit log, in the same unit of work.
package accounts

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"encoding/hex"
	"regexp"
	"strings"

	"vestige/audit"
	"vestige/internal/clock"
	"vestige/internal/db"
	"vestige/internal/errkind"
	"vestige/internal/keys"
)

//go:embed schema.sql
var schema string

// Schema gives the tables of this room.
func Schema() db.Schema { return db.SchemaOf("accounts", schema) }

// User is an account, without anything that opens it.
type User struct {
	ID     string `json:"id"`
	Name   string `json:"name"`
	Roles  []Role `json:"roles"`
	Second bool   `json:"second"` // has a second factor
	Made   int64  `json:"made"`
	Seen   int64  `json:"seen,omitempty"`   // when she last signed in
	Locked int64  `json:"locked,omitempty"` // until when guesses are not looked at
	Ended  int64  `json:"ended,omitempty"`

	password string
	sealed   []byte
	step     int64
	failed   int64
	version  int64
}

// Actor is who makes a call.
type Actor struct {
	ID        string // of the account; empty for one who has none
	Name      string
	Roles     []Role
	Session   string // its id, where the call came with one
	Token     string // its id, where the call came with one
	Anonymous bool
}

// May tells whether the actor has a right.
func (a Actor) May(r Right) bool {
	if r == Self && a.Anonymous {
		return false
	}
	return Has(a.Roles, r)
}

// Service is the accounts of a store. It is safe for concurrent use.
type Service struct {
	db    db.DB
	keys  *keys.Ring
	log   *audit.Log
	slots chan struct{} // how many passwords are checked at once: each takes memory
}

// New makes the service.
func New(d db.DB, ring *keys.Ring, log *audit.Log) *Service {
	return &Service{db: d, keys: ring, log: log, slots: make(chan struct{}, 4)}
}

// nobody is the answer to every failed attempt, whatever it failed at.
func nobody() error {
	return errkind.Coded(errkind.Permission, "not-signed-in", "name, password or code is not right")
}

// say writes an entry of the log in the caller's unit of work.
func (s *Service) say(ctx context.Context, tx db.Tx, by, action, object string, facts map[string]any) error {
	return s.log.Append(ctx, tx, audit.Entry{Actor: by, Action: action, Object: object, Facts: audit.Facts(facts)})
}

// secret makes a token: 256 bits that are shown once and kept as a hash.
func secret() (token, hash string) {
	b := make([]byte, 32)
	_, _ = rand.Read(b) // never fails
	token = base64.RawURLEncoding.EncodeToString(b)
	return token, hashOf(token)
}

func hashOf(token string) string {
	h := sha256.Sum256([]byte(token))
	return hex.EncodeToString(h[:])
}

func newID() string {
	b := make([]byte, 8)
	_, _ = rand.Read(b) // never fails
	return hex.EncodeToString(b)
}

var nameRule = regexp.MustCompile(`^[a-z][a-z0-9._-]{1,39}$`)

// ParseName brings a name into its one form.
func ParseName(name string) (string, error) {
	name = strings.ToLower(strings.TrimSpace(name))
	if !nameRule.MatchString(name) {
		return "", errkind.Coded(errkind.Invalid, "bad-name", "a name has 2 to 40 of a-z, 0-9, dot, dash and underline, and begins with a letter")
	}
	return name, nil
}

const selectUser = "SELECT id, name, roles, password, sealed, step, failed, locked, made, seen, ended, version FROM account"

func scanUser(row db.Row) (u User, err error) {
	var roles string
	err = row.Scan(&u.ID, &u.Name, &roles, &u.password, &u.sealed, &u.step, &u.failed, &u.Locked, &u.Made, &u.Seen, &u.Ended, &u.version)
	u.Roles, u.Second = splitRoles(roles), len(u.sealed) > 0
	if u.Locked < clock.Micros() {
		u.Locked = 0
	}
	return u, err
}

func collect[T any](ctx context.Context, tx db.Tx, scan func(db.Row) (T, error), sql string, args ...any) ([]T, error) {
	rows, err := tx.Query(ctx, sql, args...)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	out := []T{}
	for rows.Next() {
		v, err := scan(rows)
		if err != nil {
			return nil, err
		}
		out = append(out, v)
	}
	return out, rows.Err()
}

// Users gives every account, by name.
func (s *Service) Users(ctx context.Context) (all []User, err error) {
	err = s.db.Read(ctx, func(tx db.Tx) error { all, err = collect(ctx, tx, scanUser, selectUser+" ORDER BY name"); return err })
	return all, err
}

// User gives one account.
func (s *Service) User(ctx context.Context, id string) (u User, err error) {
	err = s.db.Read(ctx, func(tx db.Tx) error { u, err = user(ctx, tx, id); return err })
	return u, err
}

func user(ctx context.Context, tx db.Tx, id string) (User, error) {
	u, err := scanUser(tx.QueryRow(ctx, selectUser+" WHERE id = $1", id))
	if errkind.Of(err) == errkind.NotFound {
		return u, errkind.Coded(errkind.NotFound, "no-such-account", "there is no such account")
	}
	return u, err
}

// SetRoles gives an account other roles. The last administrator stays one.
func (s *Service) SetRoles(ctx context.Context, by, id string, roles []Role) error {
	return s.db.Write(ctx, func(tx db.Tx) error {
		u, err := user(ctx, tx, id)
		if err != nil {
			return err
		}
		if err := s.change(ctx, tx, u, "UPDATE account SET version = version + 1, roles = $1 WHERE id = $2 AND version = $3", joinRoles(roles), u.ID, u.version); err != nil {
			return err
		}
		if err := staffed(ctx, tx); err != nil {
			return err
		}
		return s.say(ctx, tx, by, "account.roles", u.Name, map[string]any{"before": u.Roles, "after": roles})
	})
}

// End closes an account with its sessions and tokens; its name stays taken, since the log speaks of it.
func (s *Service) End(ctx context.Context, by, id string) error {
	return s.db.Write(ctx, func(tx db.Tx) error {
		u, err := user(ctx, tx, id)
		if err != nil {
			return err
		}
		if err := s.change(ctx, tx, u, "UPDATE account SET version = version + 1, ended = $1, password = '', sealed = NULL WHERE id = $2 AND version = $3", clock.Micros(), u.ID, u.version); err != nil {
			return err
		}
		if err := staffed(ctx, tx); err != nil {
			return err
		}
		for _, table := range []string{"account_session", "account_token"} {
			if _, err := tx.Exec(ctx, "DELETE FROM "+table+" WHERE account = $1", u.ID); err != nil {
				return err
			}
		}
		return s.say(ctx, tx, by, "account.end", u.Name, nil)
	})
}

// change writes over an account that nobody else has changed since it was read.
func (s *Service) change(ctx context.Context, tx db.Tx, _ User, sql string, args ...any) error {
	n, err := tx.Exec(ctx, sql, args...)
	if err == nil && n != 1 {
		return errkind.Coded(errkind.Conflict, "changed-meanwhile", "the account was changed meanwhile: look again")
	}
	return err
}

// staffed refuses to leave nobody who manages accounts.
func staffed(ctx context.Context, tx db.Tx) error {
	all, err := collect(ctx, tx, scanUser, selectUser+" WHERE ended = 0")
	if err != nil {
		return err
	}
	for _, u := range all {
		if Has(u.Roles, ManageAccounts) {
			return nil
		}
	}
	return errkind.Coded(errkind.Conflict, "last-administrator", "somebody has to stay who manages accounts")
}
