package requests_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"vestige/events"
	"vestige/internal/db"
	"vestige/internal/errkind"
	"vestige/pii"
	"vestige/policies"
	"vestige/requests"
)

const oneDay = 24 * time.Hour

// received takes in a request that came some days ago under a law that gives 45 days, and 45 more.
func (d *desk) received(days int, i int) *requests.Request {
	d.t.Helper()
	r, err := d.service.Intake(d.t.Context(), requests.Intake{Type: policies.Erasure, Regime: "ccpa", By: "olga", Verified: "session", Received: time.Now().UTC().Add(-time.Duration(days) * oneDay),
		Identifiers: []pii.Identifier{{Category: "contact.email", Value: pii.NewValue(mail(i))}}})
	d.must(err)
	return r
}

// reminders gives what lies in the outbox.
func (d *desk) reminders() (out []string) {
	d.t.Helper()
	d.must(d.store.DB().Read(d.t.Context(), func(tx db.Tx) error {
		rows, err := tx.Query(d.t.Context(), "SELECT doc FROM outbox_event ORDER BY at, id")
		if err != nil {
			return err
		}
		defer func() { _ = rows.Close() }()
		for rows.Next() {
			var doc []byte
			if err := rows.Scan(&doc); err != nil {
				return err
			}
			out = append(out, string(doc))
		}
		return rows.Err()
	}))
	return out
}

// TestDeadlinesAreToldOnce has three requests, of which one has time, one is soon to be late and one is late; each is told of once for each deadline.
func TestDeadlinesAreToldOnce(t *testing.T) {
	eachDesk(t, func(t *testing.T, d *desk) {
		d.engine.Outbox = events.New(d.store.DB(), []events.Channel{{Name: "desk", Kind: "command", Codes: []string{"deadline"}}, {Name: "other", Kind: "command", Codes: []string{"unmapped"}}})
		far, soon, late := d.received(5, 1), d.received(44, 2), d.received(50, 3)
		if got := []requests.Sign{far.Sign(), soon.Sign(), late.Sign()}; !slices.Equal(got, []requests.Sign{requests.Far, requests.Soon, requests.Late}) {
			t.Errorf("signs %v", got)
		}
		for i, want := range []int{2, 0} {
			if n, err := d.service.Remind(t.Context()); err != nil || n != want {
				t.Errorf("look %d: told of %d: %v", i, n, err)
			}
		}
		got := d.reminders()
		if len(got) != 2 || !strings.Contains(got[0]+got[1], soon.ID+" (erasure, ccpa) is to be answered by") || !strings.Contains(got[0]+got[1], late.ID+" (erasure, ccpa) was to be answered by") {
			t.Errorf("%q", got)
		}
		extended, err := d.service.Extend(t.Context(), soon.ID, "olga", "many systems")
		d.must(err)
		if extended.Sign() != requests.Far || extended.Due() != extended.Extended || extended.Due() <= extended.Respond {
			t.Errorf("extended: %+v", extended)
		}
		if n, err := d.service.Remind(t.Context()); err != nil || n != 0 {
			t.Errorf("told of %d: %v", n, err)
		}
		if all, err := d.service.List(t.Context(), false); err != nil || all[0].ID != late.ID || all[1].ID != far.ID || all[2].ID != soon.ID {
			t.Errorf("the queue is not ordered by what is due: %v %v", all, err)
		}
	})
}

// TestExtensionsAreLimited refuses what the law does not give.
func TestExtensionsAreLimited(t *testing.T) {
	eachDesk(t, func(t *testing.T, d *desk) {
		late, open, out := d.received(50, 1), d.received(5, 2), d.intake(policies.OptOut, 3)
		_, err := d.service.Extend(t.Context(), open.ID, "olga", "many systems")
		d.must(err)
		for want, try := range map[string]func() (*requests.Request, error){
			"too-late":        func() (*requests.Request, error) { return d.service.Extend(t.Context(), late.ID, "olga", "x") },
			"extended":        func() (*requests.Request, error) { return d.service.Extend(t.Context(), open.ID, "olga", "x") },
			"no-extension":    func() (*requests.Request, error) { return d.service.Extend(t.Context(), out.ID, "olga", "x") },
			"reason":          func() (*requests.Request, error) { return d.service.Extend(t.Context(), open.ID, "olga", " ") },
			"no-such-request": func() (*requests.Request, error) { return d.service.Extend(t.Context(), "REQ-99999999", "olga", "x") },
		} {
			if _, err := try(); errkind.Code(err) != want {
				t.Errorf("%v, want %s", err, want)
			}
		}
		history, err := d.service.History(t.Context(), open.ID)
		d.must(err)
		if last := history[len(history)-1]; last.Reason != "extended: many systems" || last.State != last.Was {
			t.Errorf("%+v", last)
		}
	})
}

// TestAStandingClockIsNotTold has a request wait under a law that lets its clock stand meanwhile, and under one that does not.
func TestAStandingClockIsNotTold(t *testing.T) {
	eachDesk(t, func(t *testing.T, d *desk) {
		d.engine.Outbox = events.New(d.store.DB(), []events.Channel{{Name: "desk", Kind: "command"}})
		for i, regime := range []string{"uk_gdpr", "gdpr"} {
			r, err := d.service.Intake(t.Context(), requests.Intake{Type: policies.Erasure, Regime: regime, By: "olga", Verified: "session", Received: time.Now().UTC().Add(-60 * oneDay),
				Identifiers: []pii.Identifier{{Category: "contact.email", Value: pii.NewValue(mail(i))}}})
			d.must(err)
			_, err = d.service.Wait(t.Context(), r.ID, "olga", "which of two accounts")
			d.must(err)
			d.must(d.store.DB().Write(t.Context(), func(tx db.Tx) error { // it has waited for 45 days
				_, err := tx.Exec(t.Context(), "UPDATE request SET waits = $1 WHERE id = $2", time.Now().Add(-45*oneDay).UnixMicro(), r.ID)
				return err
			}))
			if n, err := d.service.Remind(t.Context()); err != nil || n != i {
				t.Errorf("%s: told of %d: %v", regime, n, err)
			}
		}
		d.must(d.store.DB().Write(t.Context(), func(tx db.Tx) error { // both were late when they began to wait
			_, err := tx.Exec(t.Context(), "UPDATE request SET waits = $1", time.Now().Add(-oneDay).UnixMicro())
			return err
		}))
		for i, want := range []int{1, 0} {
			if n, err := d.service.Remind(t.Context()); err != nil || n != want {
				t.Errorf("late before it waits, look %d: told of %d: %v", i, n, err)
			}
		}
		d.received(60, 5)
		r, err := d.service.Intake(t.Context(), requests.Intake{Type: policies.Access, Regime: "uk_gdpr", By: "olga", Verified: "session", Received: time.Now().UTC().Add(-60 * oneDay),
			Identifiers: []pii.Identifier{{Category: "contact.email", Value: pii.NewValue(mail(6))}}})
		d.must(err)
		if n, err := d.service.Remind(t.Context()); err != nil || n != 2 || r.Sign() != requests.Late {
			t.Errorf("told of %d: %v", n, err)
		}
	})
}

// TestLateRecipientsAreTold has one recipient who was to be told at once, and one for whom there is time.
func TestLateRecipientsAreTold(t *testing.T) {
	eachDesk(t, func(t *testing.T, d *desk) {
		d.engine.Outbox = events.New(d.store.DB(), []events.Channel{{Name: "desk", Kind: "command", Codes: []string{"recipient-late"}}})
		gets := []policies.Match{{Source: "app"}}
		d.engine.Policy.Recipients = []policies.Recipient{{Name: "Mailer Ltd", Tell: policies.Manual, Gets: gets, Within: 1}, {Name: "Scanner Bros", Tell: policies.Manual, Gets: gets}}
		r := d.received(1, 3)
		p, err := d.service.Plan(t.Context(), r.ID, "olga")
		d.must(err)
		_, err = d.service.Approve(t.Context(), r.ID, p.Hash, "alma")
		d.must(err)
		_, err = d.service.Run(t.Context(), r.ID, nil)
		d.must(err)
		for i, want := range []int{1, 0} {
			if n, err := d.service.Remind(t.Context()); err != nil || n != want {
				t.Errorf("look %d: told of %d: %v", i, n, err)
			}
		}
		if got := d.reminders(); len(got) != 1 || !strings.Contains(got[0], "Mailer Ltd was to be told of the erasure by") {
			t.Errorf("%q", got)
		}
		d.must(d.engine.Confirm(t.Context(), p.ID, "Mailer Ltd", "olga", "by letter"))
		_, err = d.service.Run(t.Context(), r.ID, nil)
		d.must(err)
		if n, err := d.service.Remind(t.Context()); err != nil || n != 0 {
			t.Errorf("told of %d: %v", n, err)
		}
	})
}

// TestAnExtendedDeadlineHoldsForThePlan extends a request that has a plan.
func TestAnExtendedDeadlineHoldsForThePlan(t *testing.T) {
	eachDesk(t, func(t *testing.T, d *desk) {
		r := d.received(44, 3)
		p, err := d.service.Plan(t.Context(), r.ID, "olga")
		d.must(err)
		r, err = d.service.Extend(t.Context(), r.ID, "olga", "many systems")
		d.must(err)
		now, err := d.engine.Show(t.Context(), p.ID)
		d.must(err)
		if now.Deadline() != r.Due() || now.Hash != p.Hash || p.Deadline() >= r.Due() {
			t.Errorf("the plan is due %d, the request %d, and its hash is %s, was %s", now.Deadline(), r.Due(), now.Hash, p.Hash)
		}
	})
}
