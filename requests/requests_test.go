package requests_test

import (
	"context"
	"crypto/ed25519"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"vestige/audit"
	"vestige/catalog"
	"vestige/classifiers"
	allclassifiers "vestige/classifiers/all"
	"vestige/connectors"
	"vestige/connectors/memory"
	"vestige/consent"
	"vestige/events"
	"vestige/forms"
	"vestige/internal/db"
	"vestige/internal/errkind"
	"vestige/internal/keys"
	"vestige/internal/testenv"
	"vestige/jobs"
	"vestige/pii"
	"vestige/plans"
	"vestige/policies"
	"vestige/requests"
	"vestige/scanner"
	"vestige/store"
	"vestige/store/storetest"
)

// desk is a service over one small system.
type desk struct {
	t       *testing.T
	dir     string
	store   *store.Store
	system  *memory.System
	engine  *plans.Engine
	service *requests.Service
}

func mail(i int) string { return fmt.Sprintf("person%d@example.com", i) }

func newDesk(t *testing.T, st *store.Store, dir string, more ...func(*memory.System)) *desk {
	t.Helper()
	d := &desk{t: t, dir: dir, store: st, system: memory.New(memory.Faults{})}
	text := func(n string) pii.Field { return pii.Field{Name: n, Column: n, Type: pii.Text} }
	d.system.Create(memory.Table{Name: "users", Key: []string{"id"}, Fields: []pii.Field{{Name: "id", Column: "id", Type: pii.Int, NotNull: true}, text("email"), text("note")}})
	for i := range 40 {
		d.system.Insert("users", [][]byte{[]byte(fmt.Sprint(7000 + 13*i)), []byte(mail(i)), []byte("likes tea")})
	}
	for _, add := range more {
		add(d.system)
	}
	ctx := t.Context()
	src, err := connectors.Open(ctx, connectors.Env{Log: slog.New(slog.DiscardHandler)}, "app", d.system.Spec(), connectors.Config{})
	d.must(err)
	cat, err := catalog.Open(ctx, st.DB(), t.TempDir())
	d.must(err)
	t.Cleanup(func() { _ = cat.Close() })
	path := filepath.Join(t.TempDir(), "master.key")
	d.must(keys.NewFile(path))
	master, err := keys.OpenMaster(ctx, "file:"+path, t.TempDir())
	d.must(err)
	ring := keys.NewRing(master, keys.Table{}, forms.Version)
	_, private, err := ed25519.GenerateKey(nil)
	d.must(err)
	log, err := audit.New(st.DB(), "vestige/test", private)
	d.must(err)
	set, err := classifiers.NewSet(allclassifiers.All(), classifiers.Options{Examples: true})
	d.must(err)
	sc := scanner.New(cat, st.DB(), set, make([]byte, 32), "k", slog.New(slog.DiscardHandler))
	_, err = sc.Scan(ctx, src, scanner.Options{Full: true}, nil)
	d.must(err)
	_, err = sc.Relate(ctx)
	d.must(err)
	policy := policies.Default()
	policy.Windows.CoolDown, policy.Windows.Minimum = 0, 0
	d.engine, err = plans.New(plans.Deps{DB: st.DB(), Catalog: cat, Sources: map[string]*connectors.Source{"app": src}, Keys: ring, Audit: log, Policy: policy, Destroyed: st.Destroyed,
		Wait: func(context.Context, time.Duration) error { return nil }})
	d.must(err)
	d.service = requests.New(d.engine)
	return d
}

func (d *desk) must(err error) {
	d.t.Helper()
	if err != nil {
		d.t.Fatalf("%+v", err)
	}
}

func (d *desk) intake(kind policies.Type, i int) *requests.Request {
	d.t.Helper()
	regime := "gdpr"
	if kind == policies.OptOut {
		regime = "ccpa"
	}
	r, err := d.service.Intake(d.t.Context(), requests.Intake{Type: kind, Regime: regime, By: "olga", Verified: "session", Received: time.Date(2026, 11, 21, 10, 0, 0, 0, time.UTC),
		Identifiers: []pii.Identifier{{Category: "contact.email", Value: pii.NewValue(strings.ToUpper(mail(i)))}}})
	d.must(err)
	return r
}

func eachDesk(t *testing.T, f func(t *testing.T, d *desk), more ...func(*memory.System)) {
	schemas := []db.Schema{keys.Schema(), audit.Schema(), jobs.Schema(), catalog.Schema(), consent.Schema(), plans.Schema(), requests.Schema(), events.Schema()}
	t.Run("sqlite", func(t *testing.T) {
		dir := t.TempDir()
		f(t, newDesk(t, storetest.Open(t, store.Options{Dir: dir, Command: "test", Schemas: schemas}), dir, more...))
	})
	t.Run("postgres", func(t *testing.T) {
		f(t, newDesk(t, storetest.Open(t, store.Options{DSN: testenv.Postgres(t), Command: "test", Schemas: schemas}), t.TempDir(), more...))
	})
}

func TestFromIntakeToClosed(t *testing.T) {
	eachDesk(t, func(t *testing.T, d *desk) {
		r := d.intake(policies.Erasure, 3)
		if r.State != requests.Scoping || r.Respond != time.Date(2026, 12, 21, 23, 59, 59, 999999000, time.UTC).UnixMicro() {
			t.Errorf("after intake the request is %s and due %s", r.State, time.UnixMicro(r.Respond).UTC())
		}
		p, err := d.service.Plan(t.Context(), r.ID, "olga")
		d.must(err)
		if _, err := d.service.Approve(t.Context(), r.ID, p.Hash, "olga"); errkind.Code(err) != "same-person" {
			t.Errorf("who asked approves: %v", err)
		}
		_, err = d.service.Approve(t.Context(), r.ID, p.Hash, "alma")
		d.must(err)
		res, err := d.service.Run(t.Context(), r.ID, nil)
		d.must(err)
		r, err = d.service.Show(t.Context(), r.ID)
		d.must(err)
		if r.State != requests.Closed || res.State != plans.Closed {
			t.Fatalf("the request is %s, its plan %s: %s", r.State, res.State, res.Reason)
		}
		hs, err := d.service.History(t.Context(), r.ID)
		d.must(err)
		var got []requests.State
		for _, h := range hs {
			got = append(got, h.State)
			if h.By == "" || h.At == 0 {
				t.Errorf("a change to %s has nobody, or no time", h.State)
			}
		}
		want := []requests.State{"received", "scoping", "planned", "approved", "exporting", "cooling", "executing", "checking", "attesting", "closed"}
		if !slices.Equal(got, want) {
			t.Errorf("the history is %v", got)
		}
		if len(d.system.Rows("users")) != 39 {
			t.Errorf("%d users are left", len(d.system.Rows("users")))
		}
		d.holdsNothing(r.ID, mail(3))
	})
}

// holdsNothing looks for a value in the files of the store, and for the request's key.
func (d *desk) holdsNothing(request, value string) {
	d.t.Helper()
	storetest.Read(d.t, d.store, func(tx db.Tx) error {
		if _, err := (keys.Table{}).GetKey(d.t.Context(), tx, keys.ID(keys.Request, request)); errkind.Of(err) != errkind.NotFound {
			d.t.Errorf("the key of the request is there: %v", err)
		}
		return nil
	})
	d.must(filepath.WalkDir(d.dir, func(path string, e os.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		if err == nil && strings.Contains(strings.ToLower(string(b)), value) {
			d.t.Errorf("%s holds the address", filepath.Base(path))
		}
		return err
	}))
}

func TestSecondRequestIsJoined(t *testing.T) {
	eachDesk(t, func(t *testing.T, d *desk) {
		first := d.intake(policies.Erasure, 4)
		second, err := d.service.Intake(t.Context(), requests.Intake{Type: policies.Erasure, By: "web", Identifiers: []pii.Identifier{{Category: "contact.email", Value: pii.NewValue(" " + mail(4) + " ")}}})
		d.must(err)
		if !second.Joined || second.ID != first.ID || second.Respond != first.Respond {
			t.Errorf("the second request is %s, the first %s", second.ID, first.ID)
		}
		if other := d.intake(policies.Access, 4); other.ID == first.ID {
			t.Error("a request of another type is joined")
		}
		if other := d.intake(policies.Erasure, 5); other.ID == first.ID {
			t.Error("a request of another person is joined")
		}
		_, err = d.service.Withdraw(t.Context(), first.ID, "olga", "she has thought better of it")
		d.must(err)
		if again := d.intake(policies.Erasure, 4); again.Joined {
			t.Error("a request is joined to one that has ended")
		}
	})
}

// TestJoiningIsNoWayAroundIdentity has an unchecked second request change nothing of what the first one still lacks.
// TestPersonIsKnownByNameAndBirthDate joins requests of one name and one date of birth, in whatever words, and never of one date of birth alone.
func TestPersonIsKnownByNameAndBirthDate(t *testing.T) {
	d := newDesk(t, storetest.Open(t, store.Options{Dir: t.TempDir(), Command: "test", Schemas: []db.Schema{keys.Schema(), audit.Schema(), jobs.Schema(), catalog.Schema(), consent.Schema(), plans.Schema(), requests.Schema(), events.Schema()}}), t.TempDir())
	intake := func(given ...string) (*requests.Request, error) {
		in := requests.Intake{Type: policies.Erasure, By: "olga", Verified: "passport"}
		for i := 0; i < len(given); i += 2 {
			in.Identifiers = append(in.Identifiers, pii.Identifier{Category: pii.Category(given[i]), Value: pii.NewValue(given[i+1])})
		}
		return d.service.Intake(t.Context(), in)
	}
	first, err := intake("identity.name", "Ann Lee", "demographic.birth_date", "1980-02-03")
	d.must(err)
	again, err := intake("demographic.birth_date", "03.02.1980", "identity.family_name", "LEE", "identity.given_name", "Ann")
	if d.must(err); again.ID != first.ID || !again.Joined {
		t.Error("a second request of one person is not joined to the first")
	}
	other, err := intake("identity.name", "Bob Ray", "demographic.birth_date", "1980-02-03")
	if d.must(err); other.Joined {
		t.Error("who was born on one day is taken for one person")
	}
	if p, err := d.service.Plan(t.Context(), first.ID, "olga"); err != nil || len(p.Open.Steps) > 0 {
		t.Errorf("a plan for somebody who is not known has steps: %v", err)
	}
	for _, given := range [][]string{{"identity.name", "Ann Lee"}, {"demographic.birth_date", "1980-02-03"}, {"identity.name", "Ann", "demographic.birth_date", "1980-02-03"}} {
		if _, err := intake(given...); errkind.Code(err) != "no-identifier" {
			t.Errorf("%s alone is enough: %v", given[0], err)
		}
	}
}

func TestJoiningIsNoWayAroundIdentity(t *testing.T) {
	eachDesk(t, func(t *testing.T, d *desk) {
		ask := requests.Intake{Type: policies.Erasure, By: "web", Identifiers: []pii.Identifier{{Category: "contact.email", Value: pii.NewValue(mail(6))}}}
		r, err := d.service.Intake(t.Context(), ask)
		d.must(err)
		ask.Verified = "says so"
		joined, err := d.service.Intake(t.Context(), ask)
		d.must(err)
		if joined.State != requests.Identifying || joined.ID != r.ID {
			t.Fatalf("a second request brings the first to %s", joined.State)
		}
		if _, err := d.service.Plan(t.Context(), r.ID, "olga"); errkind.Code(err) != "no-transition" {
			t.Errorf("a request whose identity is not sure is planned: %v", err)
		}
	})
}

func TestEnds(t *testing.T) {
	eachDesk(t, func(t *testing.T, d *desk) {
		r := d.intake(policies.Erasure, 8)
		_, err := d.service.Plan(t.Context(), r.ID, "olga")
		d.must(err)
		r, err = d.service.Deny(t.Context(), r.ID, "olga", "the identity was a false one")
		d.must(err)
		d.holdsNothing(r.ID, mail(8))
		if _, err := d.service.Plan(t.Context(), r.ID, "olga"); errkind.Of(err) != errkind.Conflict {
			t.Errorf("a denied request is planned: %v", err)
		}
		w := d.intake(policies.OptOut, 9)
		if _, err := d.service.Plan(t.Context(), w.ID, "olga"); errkind.Code(err) != "no-plan" {
			t.Errorf("opting out erases: %v", err)
		}
		w, err = d.service.Resolve(t.Context(), w.ID, "olga", "put on the list")
		if d.must(err); w.State != requests.Closed {
			t.Errorf("an opt-out ends %s", w.State)
		}
		d.holdsNothing(w.ID, mail(9))
	})
}

func TestWaiting(t *testing.T) {
	eachDesk(t, func(t *testing.T, d *desk) {
		r := d.intake(policies.Erasure, 10)
		_, err := d.service.Wait(t.Context(), r.ID, "olga", "which of two accounts")
		d.must(err)
		if _, err := d.service.Plan(t.Context(), r.ID, "olga"); err == nil {
			t.Error("a waiting request is planned")
		}
		r, err = d.service.Resume(t.Context(), r.ID, "olga", "she has answered")
		if d.must(err); r.State != requests.Scoping {
			t.Errorf("it goes on %s", r.State)
		}
	})
}

func TestRefusedIntake(t *testing.T) {
	d := newDesk(t, storetest.Open(t, store.Options{Dir: t.TempDir(), Command: "test", Schemas: []db.Schema{keys.Schema(), audit.Schema(), jobs.Schema(), catalog.Schema(), consent.Schema(), plans.Schema(), requests.Schema(), events.Schema()}}), t.TempDir())
	ids := []pii.Identifier{{Category: "contact.email", Value: pii.NewValue(mail(1))}}
	for code, in := range map[string]requests.Intake{
		"request-id":    {ID: "REQ-1", Type: policies.Erasure, By: "olga", Identifiers: ids},
		"request-type":  {Type: "forget", By: "olga", Identifiers: ids},
		"request-actor": {Type: policies.Erasure, Identifiers: ids},
		"no-identifier": {Type: policies.Erasure, By: "olga"},
		"no-such-shape": {Type: policies.Erasure, By: "olga", Identifiers: []pii.Identifier{{Category: "contact.email", Value: pii.NewValue("secret-shape")}}},
	} {
		_, err := d.service.Intake(t.Context(), in)
		if errkind.Code(err) != code || strings.Contains(err.Error(), "secret-shape") {
			t.Errorf("want %s, got %v", code, err)
		}
	}
	if all, err := d.service.List(t.Context(), true); err != nil || len(all) != 0 {
		t.Errorf("a refused intake leaves %d requests, %v", len(all), err)
	}
}
