package watch_test

import (
	"testing"
	"time"

	"vestige/catalog"
	"vestige/internal/errkind"
	"vestige/store/storetest"
	"vestige/watch"
)

func day(t *testing.T, text string) time.Time {
	t.Helper()
	at, err := time.Parse("2006-01-02 15:04", text)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

// TestWhenASchedule is due, over the days on which clocks change, too.
func TestWhenAScheduleIsDue(t *testing.T) {
	for _, c := range []struct{ cron, zone, from, want string }{
		{"15 2 * * *", "", "2026-11-21 01:00", "2026-11-21 02:15"},
		{"15 2 * * *", "", "2026-11-21 02:15", "2026-11-22 02:15"},
		{"15 2 * * *", "Europe/Berlin", "2026-11-21 00:00", "2026-11-21 01:15"},
		{"15 2 * * *", "Europe/Berlin", "2026-07-21 00:00", "2026-07-21 00:15"},
		{"0 9 * * 1-5", "America/New_York", "2026-11-20 20:00", "2026-11-23 14:00"},
		{"@hourly", "", "2026-11-21 01:00", "2026-11-21 02:00"},
		{"0 0 29 2 *", "", "2026-11-21 01:00", "2028-02-29 00:00"},
		{"30 4 * * *", "Europe/Berlin", "2026-03-28 20:00", "2026-03-29 02:30"}, // after the clocks went forward
	} {
		x := watch.Schedule{Name: "x", Cron: c.cron, Zone: c.zone}
		if err := x.Validate(); err != nil {
			t.Fatal(err)
		}
		got, err := x.After(day(t, c.from))
		if err != nil || !got.Equal(day(t, c.want)) {
			t.Errorf("%s %s after %s: %v, %v; want %s", c.cron, c.zone, c.from, got, err, c.want)
		}
	}
}

// TestTheHourThatClocksSkip and the one that they repeat: a daily scan is due once a day, however the clocks go.
func TestTheHourThatClocksSkipAndRepeat(t *testing.T) {
	x := watch.Schedule{Name: "x", Cron: "30 2 * * *", Zone: "Europe/Berlin"}
	for _, from := range []string{"2026-03-26 12:00", "2026-10-22 12:00"} {
		days := map[string]int{}
		last := day(t, from)
		for range 6 {
			next, err := x.After(last)
			if err != nil || !next.After(last) || next.Sub(last) > 49*time.Hour {
				t.Fatalf("after %v: %v, %v", last, next, err)
			}
			days[next.Format(time.DateOnly)]++
			last = next
		}
		for d, n := range days {
			if n > 1 {
				t.Errorf("on %s it is due %d times", d, n)
			}
		}
	}
}

func TestMaintenanceWindows(t *testing.T) {
	for _, c := range []struct {
		quiet    []string
		at, want string
	}{
		{[]string{"08:00-18:00"}, "2026-11-20 09:30", "2026-11-20 18:00"},
		{[]string{"08:00-18:00"}, "2026-11-20 18:00", "2026-11-20 18:00"},
		{[]string{"08:00-18:00"}, "2026-11-20 07:59", "2026-11-20 07:59"},
		{[]string{"22:00-06:00"}, "2026-11-20 23:00", "2026-11-21 06:00"},
		{[]string{"22:00-06:00"}, "2026-11-21 03:00", "2026-11-21 06:00"},
		{[]string{"Mon-Fri 08:00-18:00"}, "2026-11-21 09:00", "2026-11-21 09:00"}, // a Saturday
		{[]string{"Fri 22:00-06:00"}, "2026-11-21 05:00", "2026-11-21 06:00"},
		{[]string{"08:00-12:00", "12:00-14:00"}, "2026-11-20 09:00", "2026-11-20 14:00"},
		{[]string{"Sat,Sun 00:00-24:00"}, "2026-11-21 09:00", "2026-11-23 00:00"},
		{[]string{"Sat-Mon 10:00-11:00"}, "2026-11-22 10:30", "2026-11-22 11:00"},
	} {
		x := watch.Schedule{Name: "x", Cron: "@daily", Quiet: c.quiet}
		if err := x.Validate(); err != nil {
			t.Fatal(err)
		}
		if got := x.Awake(day(t, c.at)); !got.Equal(day(t, c.want)) {
			t.Errorf("%v at %s: until %v, want %s", c.quiet, c.at, got, c.want)
		}
	}
}

func TestWhatIsNoSchedule(t *testing.T) {
	for code, x := range map[string]watch.Schedule{
		"bad-name": {Name: "<b>", Cron: "@daily"}, "bad-cron": {Name: "x", Cron: "now and then"}, "bad-zone": {Name: "x", Cron: "@daily", Zone: "../etc/passwd"},
		"bad-window": {Name: "x", Cron: "@daily", Quiet: []string{"noon"}},
	} {
		if err := x.Validate(); errkind.Code(err) != code {
			t.Errorf("%+v: %v, want %s", x, err, code)
		}
	}
	for _, cron := range []string{"* * * * * *", "60 * * * *", "", "0 0 32 * *"} {
		if (&watch.Schedule{Name: "x", Cron: cron}).Validate() == nil {
			t.Errorf("%q is taken for a time", cron)
		}
	}
}

// TestSchedulesOfTheConfiguration come and go with it, and keep their time over a restart.
func TestSchedulesOfTheConfiguration(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		file := []watch.Schedule{{Name: "nightly", Cron: "0 2 * * *", Enabled: true}, {Name: "weekly", Cron: "@weekly", Enabled: true, Scope: catalog.Scope{Full: true}}}
		w.must(w.Adopt(t.Context(), file))
		w.due("nightly", day(t, "2026-01-01 02:00"))
		w.must(w.Adopt(t.Context(), file[:1]))
		all, err := w.Schedules(t.Context())
		w.must(err)
		if len(all) != 1 || all[0].Due != day(t, "2026-01-01 02:00").UnixMicro() || !all[0].File {
			t.Fatalf("%+v", all)
		}
		if _, err := w.PutSchedule(t.Context(), "ada", watch.Schedule{Name: "nightly", Cron: "@daily"}, -1); errkind.Code(err) != "schedule-in-file" {
			t.Errorf("a schedule of the configuration was changed: %v", err)
		}
		x, err := w.PutSchedule(t.Context(), "ada", watch.Schedule{Name: "mine", Cron: "@daily", Sources: []string{"shop"}}, 0)
		w.must(err)
		if _, err := w.PutSchedule(t.Context(), "ben", watch.Schedule{Name: "mine", Cron: "@hourly"}, 0); errkind.Code(err) != "changed-meanwhile" {
			t.Errorf("two at once: %v", err)
		}
		_, err = w.PutSchedule(t.Context(), "ben", watch.Schedule{Name: "mine", Cron: "@hourly"}, x.Version)
		w.must(err)
		w.must(w.Adopt(t.Context(), file))
		w.must(w.RemoveSchedule(t.Context(), "ada", "mine"))
		if all, _ = w.Schedules(t.Context()); len(all) != 2 {
			t.Errorf("%+v", all)
		}
	})
}

// TestAWindowHoldsARunBack has a schedule due within a window of its own.
func TestAWindowHoldsARunBack(t *testing.T) {
	w := over(t, storetest.SQLite(t, schemas()...))
	now := time.Now().UTC()
	window := now.Add(-time.Hour).Format("15:04") + "-" + now.Add(2*time.Hour).Format("15:04")
	_, err := w.PutSchedule(t.Context(), "ada", watch.Schedule{Name: "x", Cron: "* * * * *", Enabled: true, Quiet: []string{window}}, -1)
	w.must(err)
	w.due("x", now.Add(-time.Second))
	_, err = w.Tick(t.Context())
	w.must(err)
	open, err := w.cat.Open(t.Context())
	w.must(err)
	if len(open) != 1 || open[0].Later <= now.UnixMicro() || open[0].Note == "" {
		t.Fatalf("%+v", open)
	}
	if got, err := w.cat.Claim(t.Context(), "me", 0); err != nil || got != nil {
		t.Errorf("claimed in a window: %+v %v", got, err)
	}
	w.must(w.Resume(t.Context(), "ada", open[0].ID))
	if got, err := w.cat.Claim(t.Context(), "me", 0); err != nil || got == nil {
		t.Errorf("not claimed though somebody wants it now: %+v %v", got, err)
	}
}

// TestPreview says what patterns fit.
func TestPreview(t *testing.T) {
	w := over(t, storetest.SQLite(t, schemas()...))
	for _, name := range []string{"hr.staff", "hr.pay", "shop.users", "shop.users_tmp"} {
		w.people(name, 1)
	}
	defer w.work()()
	r, err := w.Now(t.Context(), "ada", "shop", catalog.Scope{})
	w.must(err)
	w.until("the scan", func() bool { return w.state(r.ID).State == catalog.RunEnded })
	for _, c := range []struct {
		in       catalog.Scope
		fit      int
		problems int
	}{
		{catalog.Scope{}, 4, 0}, {catalog.Scope{Include: []string{"hr"}}, 2, 0}, {catalog.Scope{Include: []string{"HR.*", "*users"}}, 3, 0},
		{catalog.Scope{Exclude: []string{"*_tmp", "zzz*"}}, 3, 1}, {catalog.Scope{Include: []string{"h?.pay"}}, 1, 0}, {catalog.Scope{Include: []string{"h"}}, 0, 1},
	} {
		got, err := w.Preview(t.Context(), "shop", c.in)
		w.must(err)
		if got.All != 4 || got.Fit != c.fit || len(got.Within) != c.fit || len(got.Without) != 4-c.fit || len(got.Problems) != c.problems {
			t.Errorf("%+v: %+v", c.in, got)
		}
	}
}
