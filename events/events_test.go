package events_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"mime"
	"net"
	"net/http"
	"net/http/httptest"
	"net/mail"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"vestige/events"
	"vestige/internal/db"
	"vestige/internal/errkind"
	"vestige/internal/testenv"
	"vestige/pii"
	"vestige/store"
	"vestige/store/storetest"
)

func event(code, where string) events.Event {
	return events.Event{Type: "alert.opened", Code: code, Source: "shop", Where: where, Text: "2 fields are proposed to hold personal data and not decided", At: 1_790_000_000_000_000}
}

func put(t *testing.T, st *store.Store, o *events.Outbox, es ...events.Event) {
	t.Helper()
	storetest.Write(t, st, func(tx db.Tx) error {
		for _, e := range es {
			if err := o.Put(t.Context(), tx, e); err != nil {
				return err
			}
		}
		return nil
	})
}

func deliver(t *testing.T, o *events.Outbox) int {
	t.Helper()
	if err := o.Gather(t.Context()); err != nil {
		t.Fatal(err)
	}
	n, err := o.Deliver(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// TestMail sends what a scan found as one letter, after the server had no time at first.
func TestMail(t *testing.T) {
	storetest.Each(t, func(t *testing.T, st *store.Store) {
		s := testenv.Mail(t)
		s.Refuse(1)
		o := events.New(st.DB(), []events.Channel{{Name: "stewards", Kind: "mail", Sender: &events.Mail{Server: s.At, From: "vestige@example.com", To: []string{"dana@example.com", "ben@example.com"}, Address: "https://vestige.example/"}}})
		put(t, st, o, event("unmapped", "shop/users"), event("unmapped", "shop/päckchen\r\nBcc: eve@example.net"), event("island", "shop/loose"))
		if n := deliver(t, o); n != 0 {
			t.Errorf("%d were taken", n)
		}
		late, err := o.Deliveries(t.Context(), "waiting", 0, 10)
		if err != nil || len(late) != 1 || late[0].Code != "smtp-451" || late[0].Attempts != 1 || late[0].Due <= late[0].Made || strings.Contains(fmt.Sprint(late), "dana@") {
			t.Fatalf("%+v %v", late, err)
		}
		hurry(t, st)
		if n := deliver(t, o); n != 1 || len(s.Letters()) != 1 {
			t.Fatalf("%d taken, %d letters", n, len(s.Letters()))
		}
		m, err := mail.ReadMessage(strings.NewReader(s.Letters()[0]))
		if err != nil {
			t.Fatal(err)
		}
		subject, _ := new(mime.WordDecoder).DecodeHeader(m.Header.Get("Subject"))
		body, _ := io.ReadAll(base64.NewDecoder(base64.StdEncoding, m.Body))
		if subject != "Vestige: 3 alerts" || m.Header.Get("Bcc") != "" || m.Header.Get("Message-Id") != "<"+late[0].ID+"@example.com>" {
			t.Errorf("%v", m.Header)
		}
		for _, want := range []string{"unmapped (2)", "island (1)", "shop/users", "https://vestige.example/alerts\n"} {
			if !strings.Contains(string(body), want) {
				t.Errorf("no %q in %s", want, body)
			}
		}
	}, events.Schema())
}

// hurry makes every delivery due.
func hurry(t *testing.T, st *store.Store) {
	t.Helper()
	storetest.Write(t, st, func(tx db.Tx) error {
		_, err := tx.Exec(t.Context(), "UPDATE outbox_delivery SET due = 0 WHERE state = 'waiting'")
		return err
	})
}

const secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

// TestWebhook checks a message as a receiver would: by its signature; one that is refused is tried again under the same id.
func TestWebhook(t *testing.T) {
	st := storetest.SQLite(t, events.Schema())
	var got []*http.Request
	var bodies [][]byte
	answers := []int{500, 302, 204}
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		got, bodies = append(got, r), append(bodies, b)
		w.Header().Set("Location", "/elsewhere")
		w.WriteHeader(answers[len(got)-1])
	}))
	defer srv.Close()
	o := events.New(st.DB(), []events.Channel{{Name: "hook", Kind: "webhook", Codes: []string{"island"}, Sender: &events.Webhook{URL: srv.URL, Secret: pii.NewValue(secret)}}})
	put(t, st, o, event("island", "shop/loose"), event("unmapped", "shop/users"))
	for range 3 {
		deliver(t, o)
		hurry(t, st)
	}
	if len(got) != 3 || got[0].Header.Get("webhook-id") != got[2].Header.Get("webhook-id") || got[0].Header.Get("webhook-id") == "" {
		t.Fatalf("%d calls", len(got))
	}
	key, _ := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, "whsec_"))
	for i, r := range got {
		if want := events.Sign(key, r.Header.Get("webhook-id"), r.Header.Get("webhook-timestamp"), bodies[i]); r.Header.Get("webhook-signature") != want || r.URL.Path != "/" {
			t.Errorf("call %d of %s is signed %s, want %s", i, r.URL.Path, r.Header.Get("webhook-signature"), want)
		}
	}
	var doc struct {
		Type string
		Data struct{ Alerts []events.Event }
	}
	if err := json.Unmarshal(bodies[2], &doc); err != nil || doc.Type != "alerts.opened" || len(doc.Data.Alerts) != 1 || doc.Data.Alerts[0].Code != "island" {
		t.Errorf("%s", bodies[2])
	}
	if done, _ := o.Deliveries(t.Context(), "done", 0, 10); len(done) != 1 || done[0].Attempts != 3 {
		t.Errorf("%+v", done)
	}
}

// TestTheSignatureIsThatOfTheStandard compares with the example that its specification gives.
func TestTheSignatureIsThatOfTheStandard(t *testing.T) {
	key, _ := base64.StdEncoding.DecodeString("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
	got := events.Sign(key, "msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", []byte(`{"test": 2432232314}`))
	if got != "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=" {
		t.Errorf("%s", got)
	}
}

// TestADeadLetter is one that nobody takes: it is tried ten times, shown, and tried again when somebody says so.
func TestADeadLetter(t *testing.T) {
	storetest.Each(t, func(t *testing.T, st *store.Store) {
		file := filepath.Join(t.TempDir(), "taken")
		o := events.New(st.DB(), []events.Channel{{Name: "pager", Kind: "command", Sender: &events.Command{Run: "test -e " + file + " && cat > " + file}}})
		put(t, st, o, event("gone", "shop/users"))
		for range events.Attempts {
			deliver(t, o)
			hurry(t, st)
		}
		dead, err := o.Deliveries(t.Context(), "dead", 0, 10)
		if err != nil || len(dead) != 1 || dead[0].Attempts != events.Attempts || dead[0].Code != "exit-1" {
			t.Fatalf("%+v %v", dead, err)
		}
		if err := os.WriteFile(file, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		if n := deliver(t, o); n != 0 {
			t.Error("a dead letter was tried")
		}
		storetest.Write(t, st, func(tx db.Tx) error { return o.Again(t.Context(), tx, dead[0].ID) })
		if n := deliver(t, o); n != 1 {
			t.Error("it was not taken")
		}
		if text, _ := os.ReadFile(file); !strings.Contains(string(text), `"code":"gone"`) {
			t.Errorf("%s", text)
		}
		d, err := o.Delivery(t.Context(), dead[0].ID)
		if err != nil || d.State != "done" || len(d.Events) != 1 {
			t.Errorf("%+v %v", d, err)
		}
		if _, err := o.Delivery(t.Context(), "msg_none"); errkind.Of(err) != errkind.NotFound {
			t.Errorf("%v", err)
		}
	}, events.Schema())
}

// sink takes nothing, and says why.
type sink struct {
	err   error
	calls int
}

// Send fails.
func (s *sink) Send(context.Context, events.Message) error { s.calls++; return s.err }

// TestWhatCannotBeMendedIsNotTriedAgain has a receiver that is gone, and a channel that is no longer configured.
func TestWhatCannotBeMendedIsNotTriedAgain(t *testing.T) {
	st := storetest.SQLite(t, events.Schema())
	s := &sink{err: errkind.Coded(errkind.NotFound, "http-410", "gone")}
	o := events.New(st.DB(), []events.Channel{{Name: "a", Sender: s}, {Name: "b", Sender: s, Sources: []string{"elsewhere"}}})
	put(t, st, o, event("gone", "shop/users"))
	deliver(t, o)
	hurry(t, st)
	deliver(t, o)
	if s.calls != 1 {
		t.Errorf("%d calls", s.calls)
	}
	put(t, st, o, event("gone", "shop/users"))
	if err := o.Gather(t.Context()); err != nil {
		t.Fatal(err)
	}
	deliver(t, events.New(st.DB(), nil))
	dead, err := o.Deliveries(t.Context(), "dead", 0, 10)
	if err != nil || len(dead) != 2 || !slices.ContainsFunc(dead, func(d events.Delivery) bool { return d.Code == "no-such-channel" }) {
		t.Errorf("%+v %v", dead, err)
	}
}

// TestManyEventsAreFewMessages has 450 events become three deliveries.
func TestManyEventsAreFewMessages(t *testing.T) {
	st := storetest.SQLite(t, events.Schema())
	s := &sink{}
	o := events.New(st.DB(), []events.Channel{{Name: "a", Sender: s}})
	var es []events.Event
	for i := range 450 {
		es = append(es, event("unmapped", fmt.Sprintf("shop/t%d", i)))
	}
	put(t, st, o, es...)
	if n := deliver(t, o); n != 3 || s.calls != 3 {
		t.Errorf("%d deliveries, %d calls", n, s.calls)
	}
	text := events.Text(es, "")
	if strings.Count(text, "\n") > 60 || !strings.Contains(text, "and 430 more") {
		t.Errorf("%s", text)
	}
}

// TestASlowServerIsLeft cuts the connection when the context ends.
func TestASlowServerIsLeft(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	m := &events.Mail{Server: l.Addr().String(), From: "a@example.com", To: []string{"b@example.com"}}
	if err := m.Send(ctx, events.Message{ID: "msg_1", Events: []events.Event{event("gone", "shop")}}); errkind.Of(err) != errkind.Transient {
		t.Errorf("%v", err)
	}
}
