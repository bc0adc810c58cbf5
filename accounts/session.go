package accounts

import (
	"context"
	"time"

	"vestige/internal/clock"
	"vestige/internal/db"
	"vestige/internal/errkind"
	"vestige/pii"
)

// How long a session lasts: without a call, and at all.
const (
	idleFor  = 12 * time.Hour
	sessFor  = 7 * 24 * time.Hour
	seenStep = time.Minute // how exactly it is kept when it was last used
)

// SignIn is an attempt to sign in.
type SignIn struct {
	Name     string
	Password pii.Secret
	Code     string // of the second factor
	Client   string // what the session is listed as
	Address  string // where it comes from, by which wrong attempts are counted
	Replaces string // the session that the browser had before, which ends
}

// Session is one place where somebody is signed in.
type Session struct {
	ID      string `json:"id"`
	Client  string `json:"client"`
	Made    int64  `json:"made"`
	Seen    int64  `json:"seen"`
	Expires int64  `json:"expires"`
	Account string `json:"-"`
}

// fake is checked where no account has the name, so that the answer takes as long.
const fake = "$argon2id$v=19$m=19456,t=2,p=1$c29tZXNvbWVzb21lc29tZQ$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

// SignIn opens a session and gives its token, which is always a new one. After five wrong attempts from one place the next ones from there wait,
// longer each time, and are not looked at meanwhile; from elsewhere the person signs in as ever.
func (s *Service) SignIn(ctx context.Context, in SignIn) (token string, u User, err error) {
	name, err := ParseName(in.Name)
	if err != nil {
		name = ""
	}
	err = s.db.Read(ctx, func(tx db.Tx) error { u, err = named(ctx, tx, name); return err })
	known := err == nil && u.Ended == 0 && u.password != ""
	if err != nil && errkind.Of(err) != errkind.NotFound {
		return "", u, err
	}
	if known {
		if err := s.db.Read(ctx, func(tx db.Tx) error { return mayTry(ctx, tx, u.ID, in.Address) }); err != nil {
			return "", User{}, err
		}
	}
	phc := fake
	if known {
		phc = u.password
	}
	ok, err := s.matches(ctx, phc, in.Password)
	if err != nil {
		return "", u, err
	}
	if !known {
		return "", User{}, nobody()
	}
	return s.admit(ctx, u, in, ok)
}

// admit opens the session, or counts the failure: both in one unit of work with their entry of the log.
func (s *Service) admit(ctx context.Context, u User, in SignIn, ok bool) (token string, _ User, err error) {
	var refused error
	err = s.db.Write(ctx, func(tx db.Tx) error {
		now, err := user(ctx, tx, u.ID)
		if err != nil {
			return err
		}
		t, err := tried(ctx, tx, u.ID, in.Address)
		if err == nil {
			err = t.waits(ctx, tx)
		}
		if err != nil {
			return err
		}
		step := int64(0)
		refused = nobody()
		if ok && now.password == u.password && now.Ended == 0 {
			step, refused = s.code(ctx, tx, now, in.Code)
		}
		if refused != nil && errkind.Code(refused) != "not-signed-in" {
			return refused
		}
		if refused != nil {
			return s.wrong(ctx, tx, now, t)
		}
		if err := t.right(ctx, tx); err != nil {
			return err
		}
		token, err = s.begin(ctx, tx, now, in, step)
		return err
	})
	if err == nil {
		err = refused
	}
	if err != nil {
		return "", User{}, err
	}
	return token, u, nil
}

// mayTry says whether an attempt from a place is looked at.
func mayTry(ctx context.Context, tx db.Tx, account, address string) error {
	t, err := tried(ctx, tx, account, address)
	if err != nil {
		return err
	}
	return t.waits(ctx, tx)
}

func (s *Service) wrong(ctx context.Context, tx db.Tx, u User, t try) error {
	n, err := t.wrong(ctx, tx)
	if err != nil {
		return err
	}
	return s.say(ctx, tx, u.Name, "account.refused", u.Name, map[string]any{"attempt": n})
}

func (s *Service) failed(ctx context.Context, tx db.Tx, u User) error {
	n, wait := u.failed+1, int64(0)
	if n >= triesHere {
		wait = clock.Micros() + (time.Minute << min(n-triesHere, 6)).Microseconds()
	}
	if err := s.change(ctx, tx, u, "UPDATE account SET version = version + 1, failed = $1, locked = $2 WHERE id = $3 AND version = $4", n, wait, u.ID, u.version); err != nil {
		return err
	}
	return s.say(ctx, tx, u.Name, "account.refused", u.Name, map[string]any{"attempt": n})
}

func (s *Service) begin(ctx context.Context, tx db.Tx, u User, in SignIn, step int64) (string, error) {
	now := clock.Micros()
	if err := s.change(ctx, tx, u, "UPDATE account SET version = version + 1, failed = 0, locked = 0, seen = $1, step = $2 WHERE id = $3 AND version = $4", now, max(step, u.step), u.ID, u.version); err != nil {
		return "", err
	}
	if _, err := tx.Exec(ctx, "DELETE FROM account_session WHERE hash = $1 OR expires < $2", hashOf(in.Replaces), now); err != nil {
		return "", err
	}
	token, hash := secret()
	if _, err := tx.Exec(ctx, "INSERT INTO account_session (hash, id, account, client, made, seen, expires) VALUES ($1, $2, $3, $4, $5, $5, $6)",
		hash, newID(), u.ID, in.Client, now, now+sessFor.Microseconds()); err != nil {
		return "", err
	}
	return token, s.say(ctx, tx, u.Name, "account.sign-in", u.Name, map[string]any{"second": u.Second})
}

// Session gives who holds a token of SignIn.
func (s *Service) Session(ctx context.Context, token string) (a Actor, err error) {
	var x Session
	hash, now := hashOf(token), clock.Micros()
	var u User
	err = s.db.Read(ctx, func(tx db.Tx) error {
		if x, err = scanSession(tx.QueryRow(ctx, selectSession+" WHERE hash = $1", hash)); err != nil {
			return err
		}
		u, err = user(ctx, tx, x.Account)
		return err
	})
	switch {
	case errkind.Of(err) == errkind.NotFound, err == nil && (x.Expires < now || x.Seen+idleFor.Microseconds() < now || u.Ended != 0):
		return a, errkind.Coded(errkind.Permission, "not-signed-in", "the session has ended")
	case err != nil:
		return a, err
	}
	if now-x.Seen > seenStep.Microseconds() {
		err = s.db.Write(ctx, func(tx db.Tx) error {
			_, err := tx.Exec(ctx, "UPDATE account_session SET seen = $1 WHERE hash = $2", now, hash)
			return err
		})
	}
	return Actor{ID: u.ID, Name: u.Name, Roles: u.Roles, Session: x.ID}, err
}

const selectSession = "SELECT id, account, client, made, seen, expires FROM account_session"

func scanSession(row db.Row) (x Session, err error) {
	err = row.Scan(&x.ID, &x.Account, &x.Client, &x.Made, &x.Seen, &x.Expires)
	return x, err
}

// Sessions gives where an account is signed in, the latest first.
func (s *Service) Sessions(ctx context.Context, account string) (out []Session, err error) {
	err = s.db.Read(ctx, func(tx db.Tx) error {
		out, err = collect(ctx, tx, scanSession, selectSession+" WHERE account = $1 AND expires >= $2 ORDER BY seen DESC", account, clock.Micros())
		return err
	})
	return out, err
}

// SignOut ends one session of an account, by its id.
func (s *Service) SignOut(ctx context.Context, by Actor, account, id string) error {
	return s.remove(ctx, by, account, id, "account_session", "account.sign-out", "no-such-session")
}

// remove deletes a session or a token of an account, and of no other.
func (s *Service) remove(ctx context.Context, by Actor, account, id, table, action, missing string) error {
	return s.db.Write(ctx, func(tx db.Tx) error {
		n, err := tx.Exec(ctx, "DELETE FROM "+table+" WHERE account = $1 AND id = $2", account, id)
		if err != nil {
			return err
		}
		if n == 0 {
			return errkind.Coded(errkind.NotFound, missing, "the account has none of this id")
		}
		return s.say(ctx, tx, by.Name, action, id, nil)
	})
}

// SetPassword changes the own password; every other session ends.
func (s *Service) SetPassword(ctx context.Context, by Actor, old, next pii.Secret) error {
	u, err := s.User(ctx, by.ID)
	if err != nil {
		return err
	}
	if u.Locked > 0 {
		return errkind.Coded(errkind.Permission, "account-waits", "too many attempts were wrong; try again in a few minutes")
	}
	ok, err := s.matches(ctx, u.password, old)
	if err != nil {
		return err
	}
	if !ok {
		return cmpErr(s.db.Write(ctx, func(tx db.Tx) error { return s.failed(ctx, tx, u) }), errkind.Coded(errkind.Invalid, "wrong-password", "the present password is not right"))
	}
	if err := checkPassword(next, u.Name); err != nil {
		return err
	}
	phc, err := s.encode(ctx, next)
	if err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx db.Tx) error {
		if err := s.change(ctx, tx, u, "UPDATE account SET version = version + 1, failed = 0, password = $1 WHERE id = $2 AND version = $3", phc, u.ID, u.version); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, "DELETE FROM account_session WHERE account = $1 AND id <> $2", u.ID, by.Session); err != nil {
			return err
		}
		return s.say(ctx, tx, u.Name, "account.password", u.Name, nil)
	})
}

func cmpErr(err, otherwise error) error {
	if err != nil {
		return err
	}
	return otherwise
}

// matches checks a password while few others are being checked.
func (s *Service) matches(ctx context.Context, phc string, p pii.Secret) (ok bool, err error) {
	err = s.slot(ctx, func() { ok = len(p.Reveal()) <= maxLen && matches(phc, p) })
	return ok, err
}

func (s *Service) encode(ctx context.Context, p pii.Secret) (phc string, err error) {
	err = s.slot(ctx, func() { phc = encode(p) })
	return phc, err
}

func (s *Service) slot(ctx context.Context, f func()) error {
	select {
	case s.slots <- struct{}{}:
		defer func() { <-s.slots }()
		f()
		return nil
	case <-ctx.Done():
		return errkind.New(errkind.Canceled, "sign in: %w", ctx.Err())
	}
}
