package accounts

import (
	"context"
	"net/netip"
	"time"

	"vestige/internal/clock"
	"vestige/internal/db"
	"vestige/internal/errkind"
)

// How many wrong attempts are looked at before the next ones wait: of one account from one place, and of one account from all places from which
// nobody has signed in yet. The second keeps a guesser with many addresses from having as many guesses; it never stops the person, who comes from
// where she has been before.
const (
	triesHere  = 5
	triesTotal = 100
	triesKept  = 30 * 24 * time.Hour
)

// try is what is known of an account and a place.
type try struct {
	account, place        string
	failed, locked, known int64
}

// placeOf names where an attempt comes from: an address, or of a long one the network of the house, since a house has very many.
func placeOf(account, address string) string {
	ip, err := netip.ParseAddr(address)
	if err == nil && ip.Unmap().Is6() {
		p, _ := ip.Prefix(64) // of 128 bits there are 64
		address = p.String()
	}
	return hashOf("place\x00" + account + "\x00" + address)
}

func tried(ctx context.Context, tx db.Tx, account, address string) (try, error) {
	t := try{account: account, place: placeOf(account, address)}
	err := tx.QueryRow(ctx, "SELECT failed, locked, known FROM account_try WHERE account = $1 AND place = $2", account, t.place).Scan(&t.failed, &t.locked, &t.known)
	if errkind.Of(err) == errkind.NotFound {
		err = nil
	}
	return t, err
}

// waits says whether an attempt is looked at at all.
func (t try) waits(ctx context.Context, tx db.Tx) error {
	tooMany := errkind.Coded(errkind.Permission, "account-waits", "too many attempts were wrong; try again in a few minutes")
	now := clock.Micros()
	if t.locked > now {
		return tooMany
	}
	if t.known > 0 {
		return nil
	}
	n := int64(0)
	err := tx.QueryRow(ctx, "SELECT CAST(COALESCE(SUM(failed), 0) AS BIGINT) FROM account_try WHERE account = $1 AND known = 0 AND at > $2", t.account, now-time.Hour.Microseconds()).Scan(&n)
	if err == nil && n >= triesTotal {
		return tooMany
	}
	return err
}

// put keeps what came of an attempt, and forgets what is long ago.
func (t try) put(ctx context.Context, tx db.Tx) error {
	now := clock.Micros()
	if _, err := tx.Exec(ctx, "DELETE FROM account_try WHERE at < $1", now-triesKept.Microseconds()); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, `INSERT INTO account_try (account, place, failed, locked, known, at) VALUES ($1, $2, $3, $4, $5, $6)
		ON CONFLICT (account, place) DO UPDATE SET failed = excluded.failed, locked = excluded.locked, known = excluded.known, at = excluded.at`, t.account, t.place, t.failed, t.locked, t.known, now)
	return err
}

// wrong counts a wrong attempt; from the fifth on the next waits, twice as long each time.
func (t try) wrong(ctx context.Context, tx db.Tx) (int64, error) {
	t.failed++
	if t.failed >= triesHere {
		t.locked = clock.Micros() + (time.Minute << min(t.failed-triesHere, 6)).Microseconds()
	}
	return t.failed, t.put(ctx, tx)
}

// right forgets what was wrong here.
func (t try) right(ctx context.Context, tx db.Tx) error {
	t.failed, t.locked, t.known = 0, 0, clock.Micros()
	return t.put(ctx, tx)
}
