package plans_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"vestige/events"
	"vestige/internal/clock"
	"vestige/internal/db"
	"vestige/pii"
	"vestige/plans"
	"vestige/policies"
)

// telling is a sender that puts in whom a message is about, as the product does.
type telling struct {
	events.Sender
	w *world
}

// Send sends.
func (s telling) Send(ctx context.Context, m events.Message) (err error) {
	for i := range m.Events {
		if m.Events[i].Data, err = s.w.engine.Notice(ctx, m.Events[i].Where, m.Events[i].Source); err != nil {
			return err
		}
	}
	return s.Sender.Send(ctx, m)
}

// TestTelling erases somebody whose data two recipients were given, one of them by a webhook that is away at first: both are told once, in words that name her to
// those who know her and to nobody else, nothing of her is kept for it, and the request ends when both have been, not before.
func TestTelling(t *testing.T) {
	e := newEstate(40, "")
	w := newWorld(t, e.sources()...)
	var mu sync.Mutex
	var bodies []string
	away := true
	server := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		if away {
			rw.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		b, _ := io.ReadAll(r.Body)
		bodies = append(bodies, string(b))
	}))
	t.Cleanup(server.Close)
	hook := &events.Webhook{URL: server.URL, Secret: pii.NewValue(strings.Repeat("s", 32))}
	outbox := events.New(w.store.DB(), []events.Channel{{Name: "mailer", Kind: "webhook", Codes: []string{"erasure"}, Sender: telling{hook, w}}})
	w.engine.Outbox = outbox
	w.policy.Recipients = []policies.Recipient{
		{Name: "Mailer Ltd", Contract: "DPA 12", Tell: "mailer", Gets: []policies.Match{{Category: "contact.email"}}},
		{Name: "Scanner Bros", Tell: policies.Manual, Gets: []policies.Match{{Dataset: "shop/customers"}}},
		{Name: "Nobody", Tell: policies.Manual, Gets: []policies.Match{{Source: "elsewhere"}}},
	}
	w.must(w.policy.Validate())
	s := w.approve(w.plan(plans.Erasure, mailOf(her)))
	if len(s.Open.Tell) != 2 || s.Open.Tell[0].Recipient != "Mailer Ltd" || s.Open.Tell[0].Records == 0 {
		t.Fatalf("%+v", s.Open.Tell)
	}
	if r := w.run(s.ID); r.State != plans.Attesting || r.Again == 0 {
		t.Fatalf("%+v", r)
	}
	if files := w.holds(mailOf(her)); len(files) > 0 {
		t.Errorf("her address stands in %v", files)
	}
	if files := w.holds(digestOf(mailOf(her))); len(files) > 0 {
		t.Errorf("a digest of her address stands in %v", files)
	}
	told := w.told(s.ID)
	if told["Mailer Ltd"].State != "waiting" || told["Mailer Ltd"].Code != "http-503" || told["Scanner Bros"].State != "asked" {
		t.Fatalf("%+v", told)
	}
	w.must(w.engine.Confirm(t.Context(), s.ID, "Scanner Bros", "olga", "by letter"))
	if err := w.engine.Confirm(t.Context(), s.ID, "Scanner Bros", "olga", "again"); err == nil {
		t.Error("she is told twice")
	}
	if err := w.engine.Confirm(t.Context(), s.ID, "Nobody", "olga", "by letter"); err == nil {
		t.Error("one who was given nothing is told")
	}
	if r := w.run(s.ID); r.State != plans.Attesting {
		t.Fatalf("the request ends before all have been told: %+v", r)
	}
	mu.Lock()
	away = false
	mu.Unlock()
	all, err := outbox.Deliveries(t.Context(), "waiting", 0, 10)
	w.must(err)
	w.must(w.store.DB().Write(t.Context(), func(tx db.Tx) error {
		_, err := tx.Exec(t.Context(), "UPDATE outbox_delivery SET due = 0 WHERE id = $1", all[0].ID)
		return err
	}))
	if r := w.run(s.ID); r.State != plans.Closed {
		t.Fatalf("%+v", r)
	}
	if len(bodies) != 1 || !strings.Contains(bodies[0], digestOf(mailOf(her))) || strings.Contains(bodies[0], mailOf(her)) {
		t.Errorf("told was %q", bodies)
	}
	var body struct {
		Type string
		Data struct {
			Notices []struct{ Data plans.Notice }
		}
	}
	w.must(json.Unmarshal([]byte(bodies[0]), &body))
	if n := body.Data.Notices[0].Data; body.Type != events.Erased || n.Contract != "DPA 12" || n.Due <= clock.Micros() || len(n.People) != 1 || len(n.Categories) != 1 {
		t.Errorf("%+v", body)
	}
	file, err := w.engine.Attestation(t.Context(), s.ID)
	w.must(err)
	public, err := w.engine.AttestationKey(t.Context())
	w.must(err)
	a, err := plans.ReadAttestation(file, public)
	w.must(err)
	if len(a.Told) != 2 || a.Told[0].Delivery != all[0].ID || a.Told[0].At == 0 || a.Told[1].Actor != "olga" || a.Told[1].Text != "by letter" {
		t.Errorf("attested is %+v", a.Told)
	}
	if _, err := w.engine.Notice(t.Context(), s.ID, "Mailer Ltd"); err == nil {
		t.Error("after the end it is still known whom it was about")
	}
}

func (w *world) told(plan string) map[string]plans.Told {
	w.t.Helper()
	all, err := w.engine.Told(w.t.Context(), plan)
	w.must(err)
	out := map[string]plans.Told{}
	for _, x := range all {
		out[x.Recipient] = x
	}
	return out
}

func digestOf(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:])
}
