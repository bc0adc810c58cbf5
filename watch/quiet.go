package watch

import (
	"strconv"
	"strings"
	"time"

	"vestige/internal/errkind"
)

// quiet is a maintenance window: a time of the week in which a source is not read. From is a time of day, and To one later or of the day after.
type quiet struct {
	days     [7]bool // on which it begins
	from, to int     // minutes of the day
}

var dayNames = []string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}

// parseQuiet reads "22:00-06:00", "Mon-Fri 08:00-18:30", "Sat,Sun 00:00-24:00".
func parseQuiet(text string) (q quiet, err error) {
	bad := errkind.Coded(errkind.Invalid, "bad-window", "a maintenance window is written “22:00-06:00” or “Mon-Fri 08:00-18:00”")
	words := strings.Fields(strings.ToLower(text))
	if len(words) == 1 {
		words = []string{"sun-sat", words[0]}
	}
	if len(words) != 2 {
		return q, bad
	}
	for _, part := range strings.Split(words[0], ",") {
		a, b, span := strings.Cut(part, "-")
		if !span {
			b = a
		}
		i, j := dayOf(a), dayOf(b)
		if i < 0 || j < 0 {
			return q, bad
		}
		for k := i; ; k = (k + 1) % 7 {
			q.days[k] = true
			if k == j {
				break
			}
		}
	}
	a, b, _ := strings.Cut(words[1], "-")
	var ok, also bool
	q.from, ok = minuteOf(a)
	q.to, also = minuteOf(b)
	if !ok || !also || q.from == q.to || q.from == 24*60 {
		return q, bad
	}
	return q, nil
}

func dayOf(word string) int {
	for i, name := range dayNames {
		if len(word) >= 3 && strings.HasPrefix(word, name) {
			return i
		}
	}
	return -1
}

func minuteOf(text string) (int, bool) {
	h, m, ok := strings.Cut(text, ":")
	hour, err := strconv.Atoi(h)
	minute, err2 := strconv.Atoi(m)
	n := hour*60 + minute
	return n, ok && err == nil && err2 == nil && hour >= 0 && minute >= 0 && minute < 60 && n <= 24*60
}

// until gives the end of the window that a time is in; the time itself where it is in none.
func (q quiet) until(t time.Time) time.Time {
	for _, back := range []int{0, 1} { // it began today or yesterday
		begin := time.Date(t.Year(), t.Month(), t.Day()-back, 0, q.from, 0, 0, t.Location())
		last := q.to
		if q.to < q.from {
			last += 24 * 60
		}
		end := time.Date(t.Year(), t.Month(), t.Day()-back, 0, last, 0, 0, t.Location())
		if q.days[begin.Weekday()] && !t.Before(begin) && t.Before(end) {
			return end
		}
	}
	return t
}

// awake gives the first time from t on that is in no window; after two weeks it no longer looks.
func awake(qs []quiet, t time.Time) time.Time {
	for range 64 {
		was := t
		for _, q := range qs {
			t = q.until(t)
		}
		if t.Equal(was) {
			return t
		}
	}
	return t
}
