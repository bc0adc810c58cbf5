package accounts

import (
	"context"
	"slices"
	"strings"
	"time"

	"vestige/internal/clock"
	"vestige/internal/db"
	"vestige/internal/errkind"
)

// prefix begins every machine token, so that a scanner for secrets knows one when it sees it.
const prefix = "vestige_"

// longestToken is how long a token can last.
const longestToken = 366 * 24 * time.Hour

// Token lets a program act for an account, with some of its roles, until a day.
type Token struct {
	ID      string `json:"id"`
	Name    string `json:"name"`
	Roles   []Role `json:"roles"`
	Made    int64  `json:"made"`
	Seen    int64  `json:"seen,omitempty"`
	Expires int64  `json:"expires"`
	Account string `json:"-"`
}

// NewToken makes a token and gives it, once: only its hash is kept. Its roles are among those of the one who makes it, and it loses those that she
// loses.
func (s *Service) NewToken(ctx context.Context, by Actor, name string, roles []Role, lasts time.Duration) (token string, t Token, err error) {
	name = strings.TrimSpace(name)
	switch {
	case by.Session == "":
		return "", t, errkind.Coded(errkind.Permission, "needs-session", "a token is made by a person who is signed in, not by another token")
	case name == "" || len(name) > 80:
		return "", t, errkind.Coded(errkind.Invalid, "bad-name", "a token has a name of up to 80 characters, that says what it is for")
	case lasts <= 0 || lasts > longestToken:
		return "", t, errkind.Coded(errkind.Invalid, "bad-expiry", "a token lasts for a day to a year")
	}
	for _, r := range roles {
		if !slices.Contains(by.Roles, r) || r == Administrator {
			return "", t, errkind.Coded(errkind.Permission, "not-your-role", "a token has some of your own roles, and never that of an administrator")
		}
	}
	secretText, _ := secret()
	token = prefix + secretText
	now := clock.Micros()
	t = Token{ID: newID(), Name: name, Roles: roles, Made: now, Expires: now + lasts.Microseconds(), Account: by.ID}
	err = s.db.Write(ctx, func(tx db.Tx) error {
		if _, err := tx.Exec(ctx, "INSERT INTO account_token (hash, id, account, name, roles, made, seen, expires) VALUES ($1, $2, $3, $4, $5, $6, 0, $7)",
			hashOf(token), t.ID, t.Account, t.Name, joinRoles(t.Roles), t.Made, t.Expires); err != nil {
			return err
		}
		return s.say(ctx, tx, by.Name, "account.token", t.ID, map[string]any{"roles": roles, "expires": t.Expires})
	})
	return token, t, err
}

const selectToken = "SELECT id, account, name, roles, made, seen, expires FROM account_token"

func scanToken(row db.Row) (t Token, err error) {
	var roles string
	err = row.Scan(&t.ID, &t.Account, &t.Name, &roles, &t.Made, &t.Seen, &t.Expires)
	t.Roles = splitRoles(roles)
	return t, err
}

// Tokens gives the tokens of an account that still work.
func (s *Service) Tokens(ctx context.Context, account string) (out []Token, err error) {
	err = s.db.Read(ctx, func(tx db.Tx) error {
		out, err = collect(ctx, tx, scanToken, selectToken+" WHERE account = $1 AND expires >= $2 ORDER BY made DESC", account, clock.Micros())
		return err
	})
	return out, err
}

// Revoke ends a token of an account.
func (s *Service) Revoke(ctx context.Context, by Actor, account, id string) error {
	return s.remove(ctx, by, account, id, "account_token", "account.revoke", "no-such-token")
}

// Bearer gives who holds a machine token.
func (s *Service) Bearer(ctx context.Context, token string) (a Actor, err error) {
	if !strings.HasPrefix(token, prefix) {
		return a, errkind.Coded(errkind.Permission, "not-signed-in", "this is no token of ours")
	}
	hash, now := hashOf(token), clock.Micros()
	var t Token
	var u User
	err = s.db.Read(ctx, func(tx db.Tx) error {
		if t, err = scanToken(tx.QueryRow(ctx, selectToken+" WHERE hash = $1", hash)); err != nil {
			return err
		}
		u, err = user(ctx, tx, t.Account)
		return err
	})
	switch {
	case errkind.Of(err) == errkind.NotFound, err == nil && (t.Expires < now || u.Ended != 0):
		return a, errkind.Coded(errkind.Permission, "not-signed-in", "the token has expired, was revoked, or never was")
	case err != nil:
		return a, err
	}
	if now-t.Seen > seenStep.Microseconds() {
		err = s.db.Write(ctx, func(tx db.Tx) error {
			_, err := tx.Exec(ctx, "UPDATE account_token SET seen = $1 WHERE hash = $2", now, hash)
			return err
		})
	}
	roles := slices.DeleteFunc(slices.Clone(t.Roles), func(r Role) bool { return !slices.Contains(u.Roles, r) })
	return Actor{ID: u.ID, Name: u.Name, Roles: roles, Token: t.ID}, err
}
