package accounts

import (
	"context"
	"time"

	"vestige/internal/clock"
	"vestige/internal/db"
	"vestige/internal/errkind"
	"vestige/pii"
)

// How long a link waits to be opened.
const (
	firstFor  = 24 * time.Hour
	inviteFor = 7 * 24 * time.Hour
)

// Link is an invitation as it is known before it is opened.
type Link struct {
	Name    string `json:"name,omitempty"`
	Roles   []Role `json:"roles"`
	By      string `json:"by"`
	Made    int64  `json:"made"`
	Expires int64  `json:"expires"`
	First   bool   `json:"first"` // of the first administrator, who chooses her name
	Reset   bool   `json:"reset"` // the account is there, and gets a new password

	hash string
}

// First makes the link of the first administrator, where there is no account yet; otherwise it gives none. An earlier one that nobody opened no
// longer works: the last one printed is the one that counts.
func (s *Service) First(ctx context.Context) (token string, err error) {
	err = s.db.Write(ctx, func(tx db.Tx) error {
		var n int64
		if err := tx.QueryRow(ctx, "SELECT count(*) FROM account").Scan(&n); err != nil || n > 0 {
			return err
		}
		if _, err := tx.Exec(ctx, "DELETE FROM account_link WHERE name = ''"); err != nil {
			return err
		}
		token, err = s.link(ctx, tx, Link{Roles: []Role{Steward, Operator, Administrator}, By: "vestige", Expires: clock.Micros() + firstFor.Microseconds()})
		return err
	})
	return token, err
}

// Invite makes a link by which somebody sets the password of an account of that name: of a new one with these roles, or of one that is there, whose
// roles stay and whose second factor is taken off.
func (s *Service) Invite(ctx context.Context, by, name string, roles []Role) (token string, err error) {
	if name, err = ParseName(name); err != nil {
		return "", err
	}
	err = s.db.Write(ctx, func(tx db.Tx) error {
		u, err := named(ctx, tx, name)
		switch {
		case err == nil && u.Ended != 0:
			return errkind.Coded(errkind.Conflict, "account-ended", "an account of this name has ended, and its name stays taken")
		case err == nil:
			roles = u.Roles
		case errkind.Of(err) != errkind.NotFound:
			return err
		}
		if _, err := tx.Exec(ctx, "DELETE FROM account_link WHERE name = $1", name); err != nil {
			return err
		}
		if token, err = s.link(ctx, tx, Link{Name: name, Roles: roles, By: by, Expires: clock.Micros() + inviteFor.Microseconds()}); err != nil {
			return err
		}
		return s.say(ctx, tx, by, "account.invite", name, map[string]any{"roles": roles})
	})
	return token, err
}

func (s *Service) link(ctx context.Context, tx db.Tx, l Link) (string, error) {
	token, hash := secret()
	_, err := tx.Exec(ctx, "INSERT INTO account_link (hash, name, roles, by_whom, made, expires) VALUES ($1, $2, $3, $4, $5, $6)", hash, l.Name, joinRoles(l.Roles), l.By, clock.Micros(), l.Expires)
	return token, err
}

// Peek tells what a link is for, without using it.
func (s *Service) Peek(ctx context.Context, token string) (l Link, err error) {
	err = s.db.Read(ctx, func(tx db.Tx) error { l, err = peek(ctx, tx, token); return err })
	return l, err
}

func peek(ctx context.Context, tx db.Tx, token string) (l Link, err error) {
	l.hash = hashOf(token)
	var roles string
	err = tx.QueryRow(ctx, "SELECT name, roles, by_whom, made, expires FROM account_link WHERE hash = $1", l.hash).Scan(&l.Name, &roles, &l.By, &l.Made, &l.Expires)
	if errkind.Of(err) == errkind.NotFound || (err == nil && l.Expires < clock.Micros()) {
		return Link{}, errkind.Coded(errkind.NotFound, "no-such-link", "this link was used, has expired, or never was")
	}
	if err != nil {
		return l, err
	}
	l.Roles, l.First = splitRoles(roles), l.Name == ""
	if _, err := named(ctx, tx, l.Name); err == nil {
		l.Reset = true
	} else if errkind.Of(err) != errkind.NotFound {
		return l, err
	}
	return l, nil
}

// Opening is what the one who opens a link says.
type Opening struct {
	Name     string // of the first administrator; otherwise the link has it
	Password pii.Secret
}

// Open uses a link: the account is made, or gets the new password; every session of it ends.
func (s *Service) Open(ctx context.Context, token string, o Opening) (u User, err error) {
	l, err := s.Peek(ctx, token)
	if err != nil {
		return u, err
	}
	name := l.Name
	if l.First {
		if name, err = ParseName(o.Name); err != nil {
			return u, err
		}
	}
	if err := checkPassword(o.Password, name); err != nil {
		return u, err
	}
	phc, err := s.encode(ctx, o.Password)
	if err != nil {
		return u, err
	}
	err = s.db.Write(ctx, func(tx db.Tx) error {
		n, err := tx.Exec(ctx, "DELETE FROM account_link WHERE hash = $1 AND expires >= $2", l.hash, clock.Micros())
		if err != nil {
			return err
		}
		if n != 1 {
			return errkind.Coded(errkind.NotFound, "no-such-link", "this link was used, has expired, or never was")
		}
		u, err = s.settle(ctx, tx, l, name, phc)
		return err
	})
	return u, err
}

// settle makes the account, or gives it the new password.
func (s *Service) settle(ctx context.Context, tx db.Tx, l Link, name, phc string) (User, error) {
	u, err := named(ctx, tx, name)
	switch {
	case err == nil && (u.Ended != 0 || l.First):
		return u, errkind.Coded(errkind.Conflict, "account-ended", "an account of this name has ended, and its name stays taken")
	case err == nil:
		if _, err := tx.Exec(ctx, "DELETE FROM account_try WHERE account = $1", u.ID); err != nil {
			return User{}, err
		}
		if err := s.change(ctx, tx, u, "UPDATE account SET version = version + 1, failed = 0, locked = 0, step = 0, sealed = NULL, password = $1 WHERE id = $2 AND version = $3", phc, u.ID, u.version); err != nil {
			return u, err
		}
		if _, err := tx.Exec(ctx, "DELETE FROM account_session WHERE account = $1", u.ID); err != nil {
			return u, err
		}
		return u, s.say(ctx, tx, name, "account.password", name, map[string]any{"link": true, "by": l.By})
	case errkind.Of(err) != errkind.NotFound:
		return u, err
	}
	u = User{ID: newID(), Name: name, Roles: l.Roles, Made: clock.Micros()}
	if _, err := tx.Exec(ctx, `INSERT INTO account (id, name, roles, password, step, failed, locked, made, seen, ended, version) VALUES ($1, $2, $3, $4, 0, 0, 0, $5, 0, 0, 1)`,
		u.ID, u.Name, joinRoles(u.Roles), phc, u.Made); err != nil {
		return u, err
	}
	return u, s.say(ctx, tx, name, "account.new", name, map[string]any{"roles": u.Roles, "by": l.By})
}

func named(ctx context.Context, tx db.Tx, name string) (User, error) {
	return scanUser(tx.QueryRow(ctx, selectUser+" WHERE name = $1", name))
}

// Links gives the invitations that nobody has opened yet.
func (s *Service) Links(ctx context.Context) (out []Link, err error) {
	err = s.db.Read(ctx, func(tx db.Tx) error {
		out, err = collect(ctx, tx, func(row db.Row) (l Link, err error) {
			var roles string
			err = row.Scan(&l.Name, &roles, &l.By, &l.Made, &l.Expires)
			l.Roles, l.First = splitRoles(roles), l.Name == ""
			return l, err
		}, "SELECT name, roles, by_whom, made, expires FROM account_link WHERE expires >= $1 ORDER BY name", clock.Micros())
		return err
	})
	return out, err
}
