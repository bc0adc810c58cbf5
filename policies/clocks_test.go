package policies_test

import (
	"slices"
	"sync"
	"testing"
	"time"
	_ "time/tzdata" // zones, on machines that have none

	"vestige/internal/errkind"
	"vestige/policies"

	"pgregory.net/rapid"
)

var regimes = sync.OnceValues(policies.Regimes)

func regime(t rapid.TB, name string) *policies.Regime {
	all, err := regimes()
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range all {
		if r.Name == name {
			return r
		}
	}
	t.Fatalf("no regime %s", name)
	return nil
}

func due(t rapid.TB, name string, kind policies.Type, received time.Time, holidays ...policies.Date) policies.Deadline {
	d, err := policies.Due(regime(t, name), kind, received, holidays...)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func day(s string) time.Time {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		panic(err)
	}
	return t.Add(15 * time.Hour)
}

func TestDeadlinesOfTheLaw(t *testing.T) {
	for _, c := range []struct {
		regime   string
		kind     policies.Type
		received string
		ack      string
		respond  string
		extended string
	}{
		{"uk_gdpr", policies.Erasure, "2027-01-31", "", "2027-03-01", "2027-04-30"},               // 28 February is a Sunday
		{"uk_gdpr", policies.Access, "2026-11-25", "", "2026-12-29", "2027-02-25"},                // Christmas, a weekend, and Boxing Day on Monday
		{"gdpr", policies.Erasure, "2026-11-21", "", "2026-12-21", "2027-02-22"},                  // the extended end is a Sunday
		{"gdpr", policies.Erasure, "2024-01-31", "", "2024-02-29", "2024-04-30"},                  // a leap year
		{"gdpr", policies.Erasure, "2023-01-31", "", "2023-02-28", "2023-05-01"},                  // 30 April is a Sunday
		{"gdpr", policies.Access, "2026-12-31", "", "2027-02-01", "2027-03-31"},                   // 31 January is a Sunday
		{"gdpr", policies.Objection, "2024-02-29", "", "2024-03-29", "2024-05-29"},                // not the end of March
		{"ccpa", policies.Erasure, "2026-11-21", "2026-12-07", "2027-01-05", "2027-02-19"},        // Thanksgiving within the ten
		{"ccpa", policies.OptOut, "2026-12-18", "", "2027-01-12", ""},                             // Christmas and New Year
		{"ccpa", policies.KnowCategories, "2026-06-01", "2026-06-15", "2026-07-16", "2026-08-30"}, // 90 days end on a Sunday, and stay there
	} {
		d := due(t, c.regime, c.kind, day(c.received))
		for what, pair := range map[string][2]string{
			"acknowledge": {date(d.Acknowledge), c.ack}, "respond": {date(d.Respond), c.respond}, "extended": {date(d.Extended), c.extended},
		} {
			if pair[0] != pair[1] {
				t.Errorf("%s %s received %s: %s by %q, want %q", c.regime, c.kind, c.received, what, pair[0], pair[1])
			}
		}
	}
}

func date(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Format(time.DateOnly)
}

func TestTheDayOfReceiptIsThatOfThePlace(t *testing.T) {
	at := time.Date(2026, 6, 30, 23, 30, 0, 0, time.UTC)
	for zone, want := range map[string]string{"UTC": "2026-07-30", "Europe/Berlin": "2026-08-03", "America/Los_Angeles": "2026-07-30"} {
		place, err := time.LoadLocation(zone)
		if err != nil {
			t.Fatal(err)
		}
		d := due(t, "gdpr", policies.Erasure, at.In(place)) // 1 August is a Saturday
		if date(d.Respond) != want || d.Respond.Add(time.Microsecond).Hour() != 0 {
			t.Errorf("%s: %v, want the end of %s", zone, d.Respond, want)
		}
	}
}

func TestARightThatTheRegimeDoesNotHave(t *testing.T) {
	if _, err := policies.Due(regime(t, "ccpa"), policies.Objection, day("2026-01-01")); errkind.Code(err) != "no-such-right" {
		t.Errorf("got %v", err)
	}
	if _, err := policies.FindRegime("nowhere"); errkind.Code(err) != "no-such-regime" {
		t.Errorf("got %v", err)
	}
}

// received draws a moment of thirty years, ends of months and leap days more often than others.
func received(t *rapid.T) time.Time {
	d := time.Date(2015, 1, 1, 0, 0, 0, 0, time.UTC).AddDate(0, 0, rapid.IntRange(0, 30*365).Draw(t, "day"))
	if rapid.Bool().Draw(t, "at the end of its month") {
		d = time.Date(d.Year(), d.Month()+1, 0, 0, 0, 0, 0, time.UTC)
	}
	return d.Add(time.Duration(rapid.IntRange(0, 24*60-1).Draw(t, "minute")) * time.Minute)
}

func holidays(t *rapid.T, near time.Time) (days []policies.Date) {
	for range rapid.IntRange(0, 12).Draw(t, "holidays") {
		y, m, d := near.AddDate(0, 0, rapid.IntRange(0, 120).Draw(t, "after")).Date()
		days = append(days, policies.Date{Year: y, Month: m, Day: d})
	}
	return days
}

func working(t time.Time, holidays []policies.Date) bool {
	y, m, d := t.Date()
	return t.Weekday() != time.Saturday && t.Weekday() != time.Sunday && !slices.Contains(holidays, policies.Date{Year: y, Month: m, Day: d})
}

func midnight(t time.Time) time.Time { return t.Truncate(24 * time.Hour) }

// TestAMonthIsAMonth counts day by day, without the arithmetic of the product.
func TestAMonthIsAMonth(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		at := received(t)
		free := holidays(t, at)
		got := due(t, "gdpr", policies.Erasure, at, free...)
		nominal, next := midnight(at), at.Month()%12+1
		for nominal.Month() != next {
			nominal = nominal.Add(24 * time.Hour)
		}
		for nominal.Day() < at.Day() && nominal.Add(24*time.Hour).Month() == next {
			nominal = nominal.Add(24 * time.Hour)
		}
		for !working(nominal, free) {
			nominal = nominal.Add(24 * time.Hour)
		}
		if !midnight(got.Respond).Equal(nominal) {
			t.Fatalf("received %s: by %s, counted %s", date(at), date(got.Respond), date(nominal))
		}
		if !working(got.Extended, free) || !got.Extended.After(got.Respond) || !got.Inform.Equal(got.Respond) {
			t.Fatalf("received %s: extended to %s", date(at), date(got.Extended))
		}
	})
}

func TestLaterReceiptIsNeverDueEarlier(t *testing.T) {
	all, err := policies.Regimes()
	if err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, func(t *rapid.T) {
		at := received(t)
		free := holidays(t, at)
		after := at.Add(time.Duration(rapid.IntRange(0, 72).Draw(t, "hours")) * time.Hour)
		for _, r := range all {
			for _, kind := range r.Types() {
				a, b := due(t, r.Name, kind, at, free...), due(t, r.Name, kind, after, free...)
				if b.Respond.Before(a.Respond) || b.Extended.Before(a.Extended) || b.Acknowledge.Before(a.Acknowledge) || !a.Respond.After(at) {
					t.Fatalf("%s %s: %s is due %s, %s is due %s", r.Name, kind, date(at), date(a.Respond), date(after), date(b.Respond))
				}
			}
		}
	})
}

func TestBusinessDaysAreCounted(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		at := received(t)
		free := append(holidays(t, at), regime(t, "ccpa").Holidays...)
		got := due(t, "ccpa", policies.OptOut, at, free...)
		n := 0
		for d := midnight(at).Add(24 * time.Hour); !d.After(midnight(got.Respond)); d = d.Add(24 * time.Hour) {
			if working(d, free) {
				n++
			}
		}
		if n != 15 || !working(got.Respond, free) {
			t.Fatalf("received %s: by %s, %d business days", date(at), date(got.Respond), n)
		}
		if e := due(t, "ccpa", policies.Erasure, at); midnight(e.Respond).Sub(midnight(at)) != 45*24*time.Hour || midnight(e.Extended).Sub(midnight(at)) != 90*24*time.Hour {
			t.Fatalf("received %s: %s and %s are not 45 and 90 days", date(at), date(e.Respond), date(e.Extended))
		}
	})
}

func TestBadRegimesAreRefused(t *testing.T) {
	for _, text := range []string{
		"name: x\ntitle: X\nclocks: [{types: [erasure], respond: {months: 1, days: 3}}]\n",
		"name: x\ntitle: X\nclocks: [{types: [erasure], respond: {}}]\n",
		"name: x\ntitle: X\nclocks: [{types: [forgetting], respond: {months: 1}}]\n",
		"name: x\ntitle: X\nclocks: [{types: [erasure, erasure], respond: {months: 1}}]\n",
		"name: X Y\ntitle: X\nclocks: [{types: [erasure], respond: {months: 1}}]\n",
		"name: x\ntitle: X\nclock: []\n",
	} {
		if _, err := policies.ReadRegime("x.yaml", []byte(text)); errkind.Of(err) != errkind.Invalid {
			t.Errorf("%q gives %v", text, err)
		}
	}
}
