package accounts

import (
	"context"
	"regexp"
	"strings"

	"vestige/internal/clock"
	"vestige/internal/db"
	"vestige/internal/errkind"
)

// View is a search that somebody keeps under a name; a shared one is seen by everybody, a watched one raises an alert for what is new in it.
type View struct {
	ID      string `json:"id"`
	Name    string `json:"name"`
	Query   string `json:"query"`
	Shared  bool   `json:"shared,omitempty"`
	Watched bool   `json:"watched,omitempty"`
	Made    int64  `json:"made"`
	Owner   string `json:"owner"` // the name of the account
	Mine    bool   `json:"mine"`

	Account string `json:"-"`
	Seen    []byte `json:"-"` // which hits a watched one had, as the one who watches writes it; nil before the first look
}

// viewsEach is how many views one account keeps.
const viewsEach = 100

// valued is what looks like somebody's data in a query: it would be kept, and shown to others.
var valued = regexp.MustCompile(`@|\d{6}`)

// NewView keeps a search.
func (s *Service) NewView(ctx context.Context, by Actor, v View) (View, error) {
	v.Name, v.Query = strings.TrimSpace(v.Name), strings.TrimSpace(v.Query)
	switch {
	case by.ID == "":
		return v, errkind.Coded(errkind.Permission, "not-signed-in", "a view belongs to somebody who has signed in")
	case v.Name == "" || len(v.Name) > 80:
		return v, errkind.Coded(errkind.Invalid, "bad-name", "a view has a name of up to 80 characters")
	case v.Query == "" || len(v.Query) > 1000:
		return v, errkind.Coded(errkind.Invalid, "bad-query", "a view has a query of up to 1,000 characters")
	case valued.MatchString(v.Query) || valued.MatchString(v.Name):
		return v, errkind.Coded(errkind.Invalid, "value-in-view", "this looks like somebody’s address or number: a view is kept, and holds names and kinds alone")
	}
	v.ID, v.Account, v.Made, v.Owner, v.Mine = newID(), by.ID, clock.Micros(), by.Name, true
	err := s.db.Write(ctx, func(tx db.Tx) error {
		n, taken := 0, 0
		if err := tx.QueryRow(ctx, "SELECT count(*) FROM account_view WHERE account = $1", by.ID).Scan(&n); err != nil {
			return err
		}
		if err := tx.QueryRow(ctx, "SELECT count(*) FROM account_view WHERE account = $1 AND name = $2", by.ID, v.Name).Scan(&taken); err != nil {
			return err
		}
		switch {
		case taken > 0:
			return errkind.Coded(errkind.Conflict, "name-taken", "you have a view of this name already")
		case n >= viewsEach:
			return errkind.Coded(errkind.Conflict, "too-many", "you have %d views already", viewsEach)
		}
		_, err := tx.Exec(ctx, "INSERT INTO account_view (id, account, name, query, shared, watched, made) VALUES ($1, $2, $3, $4, $5, $6, $7)", v.ID, v.Account, v.Name, v.Query, v.Shared, v.Watched, v.Made)
		if err != nil {
			return err
		}
		return s.say(ctx, tx, by.Name, "view.keep", v.ID, map[string]any{"shared": v.Shared, "watched": v.Watched})
	})
	return v, err
}

const selectView = `SELECT v.id, v.account, v.name, v.query, v.shared, v.watched, v.seen, v.made, a.name FROM account_view v JOIN account a ON a.id = v.account`

func scanView(row db.Row) (v View, err error) {
	err = row.Scan(&v.ID, &v.Account, &v.Name, &v.Query, &v.Shared, &v.Watched, &v.Seen, &v.Made, &v.Owner)
	return v, err
}

// Views gives the views of an account, and those that others share, by name.
func (s *Service) Views(ctx context.Context, account string) (out []View, err error) {
	err = s.db.Read(ctx, func(tx db.Tx) error {
		out, err = collect(ctx, tx, scanView, selectView+" WHERE v.account = $1 OR v.shared AND a.ended = 0 ORDER BY v.name, v.id", account)
		return err
	})
	for i := range out {
		out[i].Mine = out[i].Account == account
	}
	return out, err
}

// Watched gives every watched view of accounts that have not ended.
func (s *Service) Watched(ctx context.Context) (out []View, err error) {
	err = s.db.Read(ctx, func(tx db.Tx) error {
		out, err = collect(ctx, tx, scanView, selectView+" WHERE v.watched AND a.ended = 0 ORDER BY v.id")
		return err
	})
	return out, err
}

// SawView keeps which hits a watched view has now, in the caller's unit of work.
func (s *Service) SawView(ctx context.Context, tx db.Tx, id string, seen []byte) error {
	_, err := tx.Exec(ctx, "UPDATE account_view SET seen = $1 WHERE id = $2", seen, id)
	return err
}

// EndView forgets a view of the one who asks; of another's nothing is said, not even that there is one.
func (s *Service) EndView(ctx context.Context, by Actor, id string) error {
	return s.db.Write(ctx, func(tx db.Tx) error {
		n, err := tx.Exec(ctx, "DELETE FROM account_view WHERE id = $1 AND account = $2", id, by.ID)
		if err != nil {
			return err
		}
		if n == 0 {
			return errkind.Coded(errkind.NotFound, "no-such-view", "there is no such view")
		}
		return s.say(ctx, tx, by.Name, "view.end", id, nil)
	})
}
