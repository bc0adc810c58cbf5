package watch_test

import (
	"context"
	"crypto/ed25519"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"vestige/audit"
	"vestige/catalog"
	"vestige/classifiers"
	kinds "vestige/classifiers/all"
	"vestige/connectors"
	"vestige/connectors/memory"
	"vestige/events"
	"vestige/internal/db"
	"vestige/internal/errkind"
	"vestige/jobs"
	"vestige/pii"
	"vestige/scanner"
	"vestige/store"
	"vestige/store/storetest"
	"vestige/watch"
)

// world is a watch over one source of tables in memory.
type world struct {
	*watch.Service
	t      *testing.T
	st     *store.Store
	cat    *catalog.Catalog
	sys    *memory.System
	scan   *scanner.Scanner
	source *connectors.Source
	outbox *events.Outbox
	box    *box

	mu   sync.Mutex
	gate func(context.Context) // called when a dataset is done
}

// box is a channel whose messages stay in memory.
type box struct {
	mu    sync.Mutex
	got   []events.Message
	fails []error // of the next attempts
}

// Send takes a message, or fails as it was told.
func (b *box) Send(_ context.Context, m events.Message) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.fails) > 0 {
		err := b.fails[0]
		b.fails = b.fails[1:]
		return err
	}
	b.got = append(b.got, m)
	return nil
}

func (b *box) codes() (out []string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, m := range b.got {
		for _, e := range m.Events {
			out = append(out, e.Code)
		}
	}
	return out
}

func schemas() []db.Schema {
	return []db.Schema{catalog.Schema(), audit.Schema(), jobs.Schema(), events.Schema(), watch.Schema()}
}

// each runs a test on every kind of store.
func each(t *testing.T, f func(t *testing.T, w *world)) {
	storetest.Each(t, func(t *testing.T, s *store.Store) { f(t, over(t, s)) }, schemas()...)
}

func over(t *testing.T, st *store.Store) *world {
	t.Helper()
	w := &world{t: t, st: st, sys: memory.New(memory.Faults{}), box: &box{}, gate: func(context.Context) {}}
	var err error
	w.cat, err = catalog.Open(t.Context(), st.DB(), t.TempDir())
	w.must(err)
	t.Cleanup(func() { _ = w.cat.Close() })
	set, err := classifiers.NewSet(kinds.All(), classifiers.Options{Examples: true})
	w.must(err)
	w.scan = scanner.New(w.cat, st.DB(), set, []byte("0123456789abcdef"), "k1", slog.New(slog.DiscardHandler))
	w.source, err = connectors.Open(t.Context(), connectors.Env{Log: slog.New(slog.DiscardHandler)}, "shop", w.sys.Spec(), nil)
	w.must(err)
	t.Cleanup(func() { _ = w.source.Close() })
	_, private, err := ed25519.GenerateKey(nil)
	w.must(err)
	log, err := audit.New(st.DB(), "vestige/test", private)
	w.must(err)
	w.outbox = events.New(st.DB(), []events.Channel{{Name: "box", Kind: "command", Sender: w.box}})
	w.Service = watch.New(watch.Deps{DB: st.DB(), Catalog: w.cat, Audit: log, Outbox: w.outbox, Every: 20 * time.Millisecond,
		Sources: func() []string { return []string{"shop"} },
		Relate:  func(ctx context.Context) error { _, err := w.scan.Relate(ctx); return err },
		Scan:    w.run,
	})
	return w
}

// run is what an application does with a run that was asked for.
func (w *world) run(ctx context.Context, _, _, run string) (scanner.Report, error) {
	return w.Do(ctx, run, func(ctx context.Context) (scanner.Report, error) {
		return w.scan.Scan(ctx, w.source, scanner.Options{Run: run, Workers: 1}, func(e scanner.Event) {
			if e.Stage == "done" && e.Dataset.Dataset != "" {
				w.mu.Lock()
				gate := w.gate
				w.mu.Unlock()
				gate(ctx)
			}
		})
	})
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatalf("%+v", err)
	}
}

// people makes a table of n people.
func (w *world) people(name string, n int) {
	w.sys.Create(memory.Table{Name: name, Key: []string{"id"}, Fields: []pii.Field{{Name: "id", Column: "id", Type: pii.Int}, {Name: "email", Column: "email", Type: pii.Text}}})
	for i := range n {
		w.sys.Insert(name, [][]byte{fmt.Appendf(nil, "%d", 52_000+37*i), fmt.Appendf(nil, "anna.meyer%d@example.com", i)})
	}
}

// work starts Work, and gives what ends it.
func (w *world) work() (stop func()) {
	ctx, cancel := context.WithCancel(w.t.Context())
	done := make(chan error, 1)
	go func() { done <- w.Work(ctx) }()
	return func() {
		cancel()
		if err := <-done; err != nil {
			w.t.Error(err)
		}
	}
}

// until waits for a run to be as it is wanted.
func (w *world) until(what string, is func() bool) {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.t.Context(), 2*time.Minute)
	defer cancel()
	t := time.NewTicker(20 * time.Millisecond)
	defer t.Stop()
	for !is() {
		select {
		case <-ctx.Done():
			w.t.Fatalf("never: %s", what)
		case <-t.C:
		}
	}
}

func (w *world) state(id string) *catalog.Run {
	w.t.Helper()
	r, err := w.cat.Run(w.t.Context(), id)
	w.must(err)
	return r
}

func (w *world) open() (out []string) {
	w.t.Helper()
	as, err := w.cat.Alerts(w.t.Context(), false)
	w.must(err)
	for _, a := range as {
		out = append(out, a.Code+" "+a.At.String())
	}
	slices.Sort(out)
	return out
}

// due moves a schedule's next time, as if the clock had moved.
func (w *world) due(name string, at time.Time) {
	w.t.Helper()
	w.must(w.st.DB().Write(w.t.Context(), func(tx db.Tx) error {
		_, err := tx.Exec(w.t.Context(), "UPDATE watch_schedule SET due = $1 WHERE name = $2", at.UnixMicro(), name)
		return err
	}))
}

// TestAScheduledScanIsDoneAndTold goes from a schedule that is due to a message about what the scan found.
func TestAScheduledScanIsDoneAndTold(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.people("users", 40)
		x, err := w.PutSchedule(t.Context(), "ada", watch.Schedule{Name: "hourly", Cron: "0 * * * *", Enabled: true}, -1)
		w.must(err)
		if x.Due == 0 || x.Version != 1 {
			t.Fatalf("%+v", x)
		}
		w.due("hourly", time.Now().Add(-time.Second))
		stop := w.work()
		w.until("the message", func() bool { return slices.Contains(w.box.codes(), "unmapped") })
		stop()
		runs, err := w.cat.Runs(t.Context(), "shop", 10)
		w.must(err)
		if len(runs) != 1 || runs[0].Origin != "schedule:hourly" || runs[0].Outcome != "done" || runs[0].Progress.Personal == 0 {
			t.Errorf("%+v", runs)
		}
		if slices.Contains(w.box.codes(), "schedule-missed") {
			t.Error("a scan in time was told as missed")
		}
		for _, m := range w.box.got {
			if text := events.Text(m.Events, "https://vestige.example"); strings.Contains(text, "@example.com") {
				t.Errorf("a message holds a value: %s", text)
			}
		}
	})
}

// TestWhatWasMissedIsTold lets a schedule be due five times while nobody is there: one scan makes up for it.
func TestWhatWasMissedIsTold(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.people("users", 5)
		_, err := w.PutSchedule(t.Context(), "ada", watch.Schedule{Name: "hourly", Cron: "0 * * * *", Enabled: true}, -1)
		w.must(err)
		w.due("hourly", time.Now().UTC().Truncate(time.Hour).Add(-5*time.Hour))
		n, err := w.Tick(t.Context())
		w.must(err)
		again, err := w.Tick(t.Context())
		w.must(err)
		if n != 1 || again != 0 {
			t.Errorf("%d, then %d schedules were due", n, again)
		}
		open, err := w.cat.Open(t.Context())
		w.must(err)
		if len(open) != 1 || open[0].State != catalog.RunWaiting {
			t.Errorf("%+v", open)
		}
		if got := w.open(); !slices.Contains(got, "schedule-missed shop") {
			t.Errorf("%v", got)
		}
		x, err := w.Schedule(t.Context(), "hourly")
		w.must(err)
		if x.Missed < 5 || x.Due <= time.Now().UnixMicro() {
			t.Errorf("%+v", x)
		}
	})
}

// TestARunIsPausedResumedAndCancelled stops a run in the middle, lets another process go on with it, and ends a second one.
func TestARunIsPausedResumedAndCancelled(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		const all = 24
		for i := range all {
			w.people(fmt.Sprintf("t%02d", i), 3)
		}
		reached := make(chan struct{}, all)
		w.gate = func(ctx context.Context) {
			reached <- struct{}{}
			<-ctx.Done()
		}
		stop := w.work()
		r, err := w.Now(t.Context(), "ada", "shop", catalog.Scope{})
		w.must(err)
		<-reached
		next, err := w.Now(t.Context(), "ben", "shop", catalog.Scope{})
		w.must(err)
		if same, err := w.Now(t.Context(), "eve", "shop", catalog.Scope{}); err != nil || same.ID != next.ID || next.ID == r.ID {
			t.Errorf("asked for twice while it waits: %+v %v", same, err)
		}
		w.must(w.Pause(t.Context(), "ada", r.ID))
		w.until("paused", func() bool { return w.state(r.ID).State == catalog.RunPaused })
		<-reached // the run that waited is next, and is stopped in the middle by the end of the process
		stop()
		before := w.state(r.ID).Progress.Done
		if before == 0 || before == all {
			t.Fatalf("%d datasets were done", before)
		}
		w.mu.Lock()
		w.gate = func(context.Context) {}
		w.mu.Unlock()
		w.must(w.Resume(t.Context(), "ada", r.ID))
		stop = w.work()
		w.until("ended", func() bool { return w.state(r.ID).State == catalog.RunEnded })
		if got := w.state(r.ID); got.Outcome != "done" || got.Progress.Done != all || got.Progress.Datasets != all {
			t.Errorf("after it went on: %+v", got)
		}
		w.until("the other ended", func() bool { return w.state(next.ID).State == catalog.RunEnded })
		stop()
		second, err := w.Now(t.Context(), "ada", "shop", catalog.Scope{Again: true})
		w.must(err)
		w.must(w.Cancel(t.Context(), "ada", second.ID))
		if got := w.state(second.ID); got.Outcome != "cancelled" {
			t.Errorf("%+v", got)
		}
		if err := w.Cancel(t.Context(), "ada", second.ID); errkind.Of(err) != errkind.Conflict {
			t.Errorf("cancelled twice: %v", err)
		}
	})
}

// TestAnotherProcessGoesOn has a process end in the middle of a run, as on a restart.
func TestAnotherProcessGoesOn(t *testing.T) {
	st := storetest.SQLite(t, schemas()...)
	w := over(t, st)
	for i := range 24 {
		w.people(fmt.Sprintf("t%02d", i), 3)
	}
	reached := make(chan struct{}, 24)
	w.gate = func(ctx context.Context) {
		reached <- struct{}{}
		<-ctx.Done()
	}
	stop := w.work()
	r, err := w.Now(t.Context(), "ada", "shop", catalog.Scope{})
	w.must(err)
	<-reached
	stop()
	if got := w.state(r.ID); got.State != catalog.RunRunning {
		t.Fatalf("%+v", got)
	}
	next := over(t, st)
	next.sys, next.source = w.sys, w.source
	defer next.work()()
	next.until("ended", func() bool { return next.state(r.ID).State == catalog.RunEnded })
	if got := next.state(r.ID); got.Outcome != "done" || got.Progress.Done != 24 {
		t.Errorf("%+v", got)
	}
}

// TestASignalRescansOneDataset tells of one dataset and sees that it alone is read, and that nothing counts as gone.
func TestASignalRescansOneDataset(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.people("users", 20)
		w.people("other", 20)
		defer w.work()()
		first, err := w.Now(t.Context(), "ada", "shop", catalog.Scope{})
		w.must(err)
		w.until("the first scan", func() bool { return w.state(first.ID).State == catalog.RunEnded })
		w.people("fresh", 20)
		w.people("unseen", 20)
		r, err := w.Changed(t.Context(), "pipeline", "shop", "fresh")
		w.must(err)
		w.until("the signal's scan", func() bool { return w.state(r.ID).State == catalog.RunEnded })
		got := w.state(r.ID)
		if got.Progress.Done != 1 || got.Outcome != "done" {
			t.Errorf("%+v", got)
		}
		names, err := w.cat.Names(t.Context(), "shop")
		w.must(err)
		if !slices.Equal(names, []string{"fresh", "other", "users"}) {
			t.Errorf("%v", names)
		}
		if _, err := w.Changed(t.Context(), "pipeline", "nowhere", ""); errkind.Of(err) != errkind.NotFound {
			t.Errorf("a signal of a source that is not there: %v", err)
		}
		c, err := w.Compare(t.Context(), r.ID, first.ID)
		w.must(err)
		if c.New != 2 || c.Same != 4 || c.Gone != 0 || !slices.Equal(c.NewSets, []string{"fresh"}) {
			t.Errorf("%+v", c)
		}
	})
}

// TestWhatFailedIsTriedAgain has one dataset that cannot be read at first.
func TestWhatFailedIsTriedAgain(t *testing.T) {
	w := over(t, storetest.SQLite(t, schemas()...))
	w.people("good", 20)
	w.people("users", 20)
	w.sys.FailNext("Read", errkind.New(errkind.Transient, "planted"))
	w.sys.FailNext("Sample", errkind.New(errkind.Transient, "planted"))
	defer w.work()()
	r, err := w.Now(t.Context(), "ada", "shop", catalog.Scope{})
	w.must(err)
	w.until("the scan", func() bool { return w.state(r.ID).State == catalog.RunEnded })
	if got := w.state(r.ID); got.Outcome != "incomplete" {
		t.Fatalf("%+v", got)
	}
	again, err := w.Retry(t.Context(), "ada", r.ID)
	w.must(err)
	w.until("the second scan", func() bool { return w.state(again.ID).State == catalog.RunEnded })
	got := w.state(again.ID)
	if got.Outcome != "done" || got.Progress.Done != 1 || !strings.HasPrefix(got.Origin, "retry:") {
		t.Errorf("%+v", got)
	}
	if _, err := w.Retry(t.Context(), "ada", again.ID); errkind.Code(err) != "nothing-failed" {
		t.Errorf("%v", err)
	}
	for _, a := range w.open() {
		if strings.HasPrefix(a, "unreachable") {
			t.Errorf("still open: %s", a)
		}
	}
}

// TestAlertsAreSnoozedOwnedAndWokenUp follows one alert.
func TestAlertsAreSnoozedOwnedAndWokenUp(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		at := pii.Ref{Source: "shop", Dataset: "users"}
		put := func() {
			storetest.Write(t, w.st, func(tx db.Tx) error {
				return w.cat.PutAlert(t.Context(), tx, catalog.Alert{Code: "island", At: at, Text: "nothing leads to it"})
			})
		}
		put()
		put()
		as, _, err := w.cat.AlertsBy(t.Context(), catalog.AlertFilter{Limit: 1})
		w.must(err)
		id := as[0].ID
		now := time.Now()
		storetest.Write(t, w.st, func(tx db.Tx) error {
			if err := w.cat.OwnAlert(t.Context(), tx, id, "dana"); err != nil {
				return err
			}
			return w.cat.SnoozeAlert(t.Context(), tx, id, "dana", "after the migration", now.Add(time.Hour).UnixMicro())
		})
		put()
		if got := w.open(); len(got) != 0 {
			t.Errorf("snoozed, and shown: %v", got)
		}
		as, _, err = w.cat.AlertsBy(t.Context(), catalog.AlertFilter{Snoozed: true, Owner: "dana"})
		w.must(err)
		if len(as) != 1 || as[0].SnoozeReason != "after the migration" || as[0].Owner != "dana" {
			t.Fatalf("%+v", as)
		}
		storetest.Write(t, w.st, func(tx db.Tx) error {
			if _, err := tx.Exec(t.Context(), "UPDATE alert SET snoozed = $1", now.Add(-time.Second).UnixMicro()); err != nil {
				return err
			}
			return w.cat.WakeAlerts(t.Context(), tx)
		})
		if got := w.open(); len(got) != 1 {
			t.Errorf("awake, and not shown: %v", got)
		}
		w.must(w.outbox.Gather(t.Context()))
		_, err = w.outbox.Deliver(t.Context())
		w.must(err)
		if got := w.box.codes(); len(got) != 2 { // when it was opened, and when it woke
			t.Errorf("told: %v", got)
		}
	})
}

// TestPagesOfAlerts reads alerts page by page.
func TestPagesOfAlerts(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		storetest.Write(t, w.st, func(tx db.Tx) error {
			for i := range 25 {
				a := catalog.Alert{Code: []string{"gone", "island"}[i%2], At: pii.Ref{Source: "shop", Dataset: fmt.Sprintf("t%02d", i)}, Text: "x"}
				if err := w.cat.PutAlert(t.Context(), tx, a); err != nil {
					return err
				}
			}
			return nil
		})
		seen, after := map[string]bool{}, ""
		for range 10 {
			as, next, err := w.cat.AlertsBy(t.Context(), catalog.AlertFilter{Code: "gone", Limit: 5, After: after})
			w.must(err)
			for _, a := range as {
				seen[a.ID] = true
			}
			if after = next; next == "" {
				break
			}
		}
		if len(seen) != 13 {
			t.Errorf("%d of 13 were seen", len(seen))
		}
		codes, err := w.cat.AlertCodes(t.Context(), catalog.AlertFilter{Source: "shop"})
		w.must(err)
		if len(codes) != 2 || codes[0] != (catalog.Count{Value: "gone", Count: 13}) {
			t.Errorf("%+v", codes)
		}
	})
}
