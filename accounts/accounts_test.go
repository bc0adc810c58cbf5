package accounts_test

import (
	"context"
	"crypto/ed25519"
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"vestige/accounts"
	"vestige/audit"
	"vestige/forms"
	"vestige/internal/clock"
	"vestige/internal/db"
	"vestige/internal/errkind"
	"vestige/internal/keys"
	"vestige/pii"
	"vestige/store"
)

const word = "seven wet otters"

type fixture struct {
	*accounts.Service
	t   *testing.T
	db  db.DB
	log *audit.Log
}

func open(t *testing.T) fixture {
	t.Helper()
	dir := t.TempDir()
	st, err := store.Open(t.Context(), store.Options{Dir: dir, Command: "test", Schemas: []db.Schema{keys.Schema(), audit.Schema(), accounts.Schema()}})
	must(t, err)
	t.Cleanup(func() { _ = st.Close() })
	file := filepath.Join(dir, "master.key")
	must(t, keys.NewFile(file))
	master, err := keys.OpenMaster(t.Context(), "file:"+file, dir)
	must(t, err)
	_, private, err := ed25519.GenerateKey(nil)
	must(t, err)
	log, err := audit.New(st.DB(), "vestige/test", private)
	must(t, err)
	return fixture{accounts.New(st.DB(), keys.NewRing(master, keys.Table{}, forms.Version), log), t, st.DB(), log}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func code(t *testing.T, err error, want string) {
	t.Helper()
	if errkind.Code(err) != want {
		t.Errorf("the error is %v, want the code %s", err, want)
	}
}

func pw(s string) pii.Secret { return pii.NewValue(s) }

// admin makes the first account, and signs it in.
func (f fixture) admin() accounts.Actor {
	f.t.Helper()
	link, err := f.First(f.t.Context())
	must(f.t, err)
	_, err = f.Open(f.t.Context(), link, accounts.Opening{Name: "Ada", Password: pw(word)})
	must(f.t, err)
	return f.in("ada")
}

func (f fixture) in(name string) accounts.Actor {
	f.t.Helper()
	token, _, err := f.SignIn(f.t.Context(), accounts.SignIn{Name: name, Password: pw(word)})
	must(f.t, err)
	a, err := f.Session(f.t.Context(), token)
	must(f.t, err)
	return a
}

func (f fixture) join(by accounts.Actor, name string, roles ...accounts.Role) accounts.Actor {
	f.t.Helper()
	link, err := f.Invite(f.t.Context(), by.Name, name, roles)
	must(f.t, err)
	_, err = f.Open(f.t.Context(), link, accounts.Opening{Password: pw(word)})
	must(f.t, err)
	return f.in(name)
}

func TestFirstStart(t *testing.T) {
	f := open(t)
	old, err := f.First(t.Context())
	must(t, err)
	link, err := f.First(t.Context())
	must(t, err)
	_, err = f.Peek(t.Context(), old)
	code(t, err, "no-such-link")
	for _, bad := range []string{"short", "aaaaaaaaaaaaaaaa", "abcdefghijklm", strings.Repeat("x y", 100)} {
		_, err = f.Open(t.Context(), link, accounts.Opening{Name: "ada", Password: pw(bad)})
		code(t, err, "weak-password")
	}
	_, err = f.Open(t.Context(), link, accounts.Opening{Name: "<b>", Password: pw(word)})
	code(t, err, "bad-name")
	u, err := f.Open(t.Context(), link, accounts.Opening{Name: "ada", Password: pw(word)})
	must(t, err)
	if !accounts.Has(u.Roles, accounts.ManageAccounts) || accounts.Has(u.Roles, accounts.Approve) {
		t.Errorf("the first one may %v", u.Roles)
	}
	_, err = f.Open(t.Context(), link, accounts.Opening{Name: "eve", Password: pw(word)})
	code(t, err, "no-such-link")
	if again, err := f.First(t.Context()); again != "" || err != nil {
		t.Errorf("there is a second first link: %v", err)
	}
}

func TestSignIn(t *testing.T) {
	f := open(t)
	f.admin()
	first, _, err := f.SignIn(t.Context(), accounts.SignIn{Name: " ADA ", Password: pw(word)})
	must(t, err)
	second, _, err := f.SignIn(t.Context(), accounts.SignIn{Name: "ada", Password: pw(word), Replaces: first})
	must(t, err)
	if first == second {
		t.Error("a session keeps its token over a sign-in")
	}
	_, err = f.Session(t.Context(), first)
	code(t, err, "not-signed-in")
	for _, in := range []accounts.SignIn{{Name: "ada", Password: pw("seven wet otter")}, {Name: "eve", Password: pw(word)}, {Name: "' OR 1=1", Password: pw(word)}, {Name: "ada", Password: pw(strings.Repeat(word, 10_000))}} {
		_, _, err := f.SignIn(t.Context(), in)
		code(t, err, "not-signed-in")
	}
	for range 4 {
		_, _, _ = f.SignIn(t.Context(), accounts.SignIn{Name: "ada", Password: pw("wrong wrong wrong")})
	}
	_, _, err = f.SignIn(t.Context(), accounts.SignIn{Name: "ada", Password: pw(word)})
	code(t, err, "account-waits")
}

// TestAStrangerLocksNobodyOut: guesses make the place that they come from wait, and a guesser with very many places those where nobody has signed in.
func TestAStrangerLocksNobodyOut(t *testing.T) {
	f := open(t)
	a := f.admin()
	home, guesser := "198.51.100.7", "2001:db8:0:1::9"
	_, _, err := f.SignIn(t.Context(), accounts.SignIn{Name: "ada", Password: pw(word), Address: home})
	must(t, err)
	for range 5 {
		_, _, err = f.SignIn(t.Context(), accounts.SignIn{Name: "ada", Password: pw("wrong wrong wrong"), Address: guesser})
		code(t, err, "not-signed-in")
	}
	for _, at := range []string{guesser, "2001:db8:0:1:ffff::1"} { // the same network
		_, _, err = f.SignIn(t.Context(), accounts.SignIn{Name: "ada", Password: pw(word), Address: at})
		code(t, err, "account-waits")
	}
	for _, at := range []string{home, "203.0.113.5"} {
		_, _, err = f.SignIn(t.Context(), accounts.SignIn{Name: "ada", Password: pw(word), Address: at})
		must(t, err)
	}
	must(t, f.db.Write(t.Context(), func(tx db.Tx) error {
		_, err := tx.Exec(t.Context(), "INSERT INTO account_try (account, place, failed, locked, known, at) VALUES ($1, 'many', 100, 0, 0, $2)", a.ID, clock.Micros())
		return err
	}))
	_, _, err = f.SignIn(t.Context(), accounts.SignIn{Name: "ada", Password: pw(word), Address: "192.0.2.1"})
	code(t, err, "account-waits")
	_, _, err = f.SignIn(t.Context(), accounts.SignIn{Name: "ada", Password: pw(word), Address: home})
	must(t, err)
	must(t, f.db.Read(t.Context(), func(tx db.Tx) error {
		n := 0
		err := tx.QueryRow(t.Context(), "SELECT count(*) FROM account_try WHERE place LIKE '%198.51%'").Scan(&n)
		if n != 0 {
			t.Error("an address is kept as it is")
		}
		return err
	}))
}

func TestSecondFactor(t *testing.T) {
	f := open(t)
	a := f.admin()
	e, err := f.Enrol(t.Context(), a.ID, "Vestige")
	must(t, err)
	if len(e.Image) < 200 {
		t.Error("there is no picture of it")
	}
	now := clock.Now()
	code(t, f.Confirm(t.Context(), a.ID, e.Secret, accounts.CodeAt(e.Secret, now.Add(time.Hour))), "bad-code")
	must(t, f.Confirm(t.Context(), a.ID, e.Secret, accounts.CodeAt(e.Secret, now)))
	_, _, err = f.SignIn(t.Context(), accounts.SignIn{Name: "ada", Password: pw(word)})
	code(t, err, "not-signed-in")
	_, _, err = f.SignIn(t.Context(), accounts.SignIn{Name: "ada", Password: pw(word), Code: accounts.CodeAt(e.Secret, now)})
	code(t, err, "not-signed-in") // used when it was confirmed
	next := accounts.CodeAt(e.Secret, now.Add(30*time.Second))
	_, _, err = f.SignIn(t.Context(), accounts.SignIn{Name: "ada", Password: pw(word), Code: next})
	must(t, err)
	code(t, f.Drop(t.Context(), a.ID, next), "bad-code")
	must(t, f.db.Read(t.Context(), func(tx db.Tx) error {
		var sealed []byte
		err := tx.QueryRow(t.Context(), "SELECT sealed FROM account").Scan(&sealed)
		if strings.Contains(string(sealed), e.Secret.Reveal()) || len(sealed) == 0 {
			t.Error("the store has the second factor as it is")
		}
		return err
	}))
}

func TestTokens(t *testing.T) {
	f := open(t)
	a := f.admin()
	_, _, err := f.NewToken(t.Context(), a, "nightly", []accounts.Role{accounts.Approver}, time.Hour)
	code(t, err, "not-your-role")
	_, _, err = f.NewToken(t.Context(), a, "nightly", []accounts.Role{accounts.Administrator}, time.Hour)
	code(t, err, "not-your-role")
	_, _, err = f.NewToken(t.Context(), a, "nightly", []accounts.Role{accounts.Steward}, 1000*24*time.Hour)
	code(t, err, "bad-expiry")
	token, made, err := f.NewToken(t.Context(), a, "nightly", []accounts.Role{accounts.Steward, accounts.Operator}, time.Hour)
	must(t, err)
	bot, err := f.Bearer(t.Context(), token)
	must(t, err)
	if bot.Name != "ada" || bot.Session != "" || !bot.May(accounts.Decide) || bot.May(accounts.ManageAccounts) {
		t.Errorf("the token acts as %+v", bot)
	}
	_, _, err = f.NewToken(t.Context(), bot, "another", []accounts.Role{accounts.Steward}, time.Hour)
	code(t, err, "needs-session")
	must(t, f.SetRoles(t.Context(), "ada", a.ID, []accounts.Role{accounts.Steward, accounts.Administrator}))
	if bot, err = f.Bearer(t.Context(), token); err != nil || bot.May(accounts.WorkRequests) {
		t.Errorf("it keeps a role that its owner has lost: %v", err)
	}
	other := f.join(a, "bob", accounts.Viewer)
	code(t, f.Revoke(t.Context(), other, other.ID, made.ID), "no-such-token")
	must(t, f.Revoke(t.Context(), a, a.ID, made.ID))
	_, err = f.Bearer(t.Context(), token)
	code(t, err, "not-signed-in")
}

func TestPeopleComeAndGo(t *testing.T) {
	f := open(t)
	a := f.admin()
	b := f.join(a, "bob", accounts.Viewer, accounts.Auditor)
	code(t, f.SetRoles(t.Context(), "ada", a.ID, []accounts.Role{accounts.Viewer}), "last-administrator")
	code(t, f.End(t.Context(), "ada", a.ID), "last-administrator")
	_, err := f.Session(t.Context(), "nothing")
	code(t, err, "not-signed-in")
	again := f.in("bob")
	code(t, f.SetPassword(t.Context(), again, pw("not this one, no"), pw("eight dry badgers")), "wrong-password")
	must(t, f.SetPassword(t.Context(), again, pw(word), pw("eight dry badgers")))
	if all, err := f.Sessions(t.Context(), b.ID); err != nil || len(all) != 1 {
		t.Errorf("%d sessions outlive a password, %v", len(all), err)
	}
	link, err := f.Invite(t.Context(), "ada", "bob", nil)
	must(t, err)
	if l, err := f.Peek(t.Context(), link); err != nil || !l.Reset || len(l.Roles) != 2 {
		t.Errorf("a link for one who is there is %+v, %v", l, err)
	}
	must(t, f.End(t.Context(), "ada", b.ID))
	_, err = f.Open(t.Context(), link, accounts.Opening{Password: pw(word)})
	code(t, err, "account-ended")
	_, _, err = f.SignIn(t.Context(), accounts.SignIn{Name: "bob", Password: pw("eight dry badgers")})
	code(t, err, "not-signed-in")
	_, err = f.Invite(t.Context(), "ada", "bob", []accounts.Role{accounts.Viewer})
	code(t, err, "account-ended")
}

// TestNothingIsKeptAsItIs looks for passwords, tokens and links in every row and every entry of the log.
func TestNothingIsKeptAsItIs(t *testing.T) {
	f := open(t)
	a := f.admin()
	token, _, err := f.NewToken(t.Context(), a, "nightly", []accounts.Role{accounts.Steward}, time.Hour)
	must(t, err)
	link, err := f.Invite(t.Context(), "ada", "bob", []accounts.Role{accounts.Viewer})
	must(t, err)
	session, _, err := f.SignIn(t.Context(), accounts.SignIn{Name: "ada", Password: pw(word)})
	must(t, err)
	_, err = f.log.Sequence(t.Context())
	must(t, err)
	var all strings.Builder
	must(t, f.db.Read(t.Context(), func(tx db.Tx) error {
		entries, err := f.log.Entries(t.Context(), tx, audit.Filter{First: true})
		if err != nil || len(entries) < 4 {
			t.Errorf("the log has %d entries, %v", len(entries), err)
		}
		if err := json.NewEncoder(&all).Encode(entries); err != nil {
			return err
		}
		return dump(t.Context(), tx, &all)
	}))
	for _, s := range []string{word, token, strings.TrimPrefix(token, "vestige_"), link, session} {
		if strings.Contains(all.String(), s) {
			t.Errorf("something of %d bytes is kept as it is", len(s))
		}
	}
}

func dump(ctx context.Context, tx db.Tx, to *strings.Builder) error {
	for _, sql := range []string{"SELECT password, name FROM account", "SELECT hash, id FROM account_session", "SELECT hash, name FROM account_token", "SELECT hash, name FROM account_link"} {
		rows, err := tx.Query(ctx, sql)
		if err != nil {
			return err
		}
		for rows.Next() {
			var a, b string
			if err := rows.Scan(&a, &b); err != nil {
				return err
			}
			to.WriteString(a + " " + b + "\n")
		}
		if err := rows.Close(); err != nil {
			return err
		}
	}
	return nil
}

// TestTheTableOfRights holds the separation of duty: nobody approves by a right to work, and an auditor changes nothing.
func TestTheTableOfRights(t *testing.T) {
	changing := []accounts.Right{accounts.Decide, accounts.HandleAlerts, accounts.WorkRequests, accounts.Approve, accounts.StopAll, accounts.ManageAccounts, accounts.ManageScans}
	for _, r := range changing {
		for _, role := range []accounts.Role{accounts.Viewer, accounts.Auditor} {
			if accounts.Has([]accounts.Role{role}, r) {
				t.Errorf("a %s has the right %s", role, r)
			}
		}
	}
	for _, g := range accounts.Grants() {
		if accounts.Has([]accounts.Role{accounts.Signaller}, g.Right) != (g.Right == accounts.SignalChange) {
			t.Errorf("a signaller and the right %s", g.Right)
		}
	}
	for _, role := range accounts.Roles() {
		if role.Role == accounts.Signaller { // a machine, that looks at nothing
			continue
		}
		if one := []accounts.Role{role.Role}; accounts.Has(one, accounts.Approve) && accounts.Has(one, accounts.WorkRequests) {
			t.Errorf("a %s asks and approves", role.Role)
		}
		if !accounts.Has([]accounts.Role{role.Role}, accounts.Self) || accounts.Has([]accounts.Role{role.Role}, accounts.ReadCatalog) == (role.Role == accounts.Application) {
			t.Errorf("a %s cannot look, or a program can", role.Role)
		}
	}
	if accounts.Has(nil, accounts.Self) || accounts.Has(nil, accounts.ReadCatalog) || accounts.Has([]accounts.Role{"root"}, accounts.Decide) {
		t.Error("one without a role has a right")
	}
}
