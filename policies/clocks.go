package policies

import (
	"slices"
	"time"

	"vestige/internal/errkind"
)

// Deadline is the clock of one request: days, each as its last moment in the time zone in which the request was received. A zero
// time is a step that the regime does not have.
type Deadline struct {
	Received    time.Time `json:"received"`
	Acknowledge time.Time `json:"acknowledge,omitzero"`
	Respond     time.Time `json:"respond"`
	Inform      time.Time `json:"inform,omitzero"`   // by when the person is told of an extension
	Extended    time.Time `json:"extended,omitzero"` // the end where it was extended
}

// Due gives the deadlines of a request of that type. The day of receipt, which is not counted, is the one in received's own time zone;
// holidays are those of the regime and the ones given.
func Due(r *Regime, t Type, received time.Time, holidays ...Date) (Deadline, error) {
	clock, ok := r.clock(t)
	if !ok {
		return Deadline{}, errkind.Coded(errkind.Invalid, "no-such-right", "%s has no clock for %s", r.Name, t)
	}
	c := calendar{append(slices.Clone(r.Holidays), holidays...)}
	d := Deadline{Received: received, Respond: c.end(received, clock.Respond)}
	if clock.Acknowledge != (Span{}) {
		d.Acknowledge = c.end(received, clock.Acknowledge)
	}
	if clock.Extend != (Span{}) {
		d.Inform, d.Extended = d.Respond, c.end(received, clock.Respond.plus(clock.Extend))
	}
	return d, nil
}

// Span is a length of time as the law counts it; only one of the three is set.
type Span struct {
	Months       int  `yaml:"months" json:"months,omitempty"`                  // of the calendar: the same date, or the last day of a shorter month
	Days         int  `yaml:"days" json:"days,omitempty"`                      // of the calendar
	BusinessDays int  `yaml:"business-days" json:"businessDays,omitempty"`     // neither Saturday, Sunday nor holiday
	WorkingEnd   bool `yaml:"ends-on-working-day" json:"workingEnd,omitempty"` // an end on any other day moves to the next working one
}

// plus gives the whole span from receipt where s was extended by t.
func (s Span) plus(t Span) Span {
	return Span{s.Months + t.Months, s.Days + t.Days, s.BusinessDays + t.BusinessDays, s.WorkingEnd || t.WorkingEnd}
}

func (s Span) valid() bool {
	set := 0
	for _, n := range []int{s.Months, s.Days, s.BusinessDays} {
		if n < 0 {
			return false
		}
		if n > 0 {
			set++
		}
	}
	return set == 1
}

// calendar knows which days people work on.
type calendar struct{ holidays []Date }

func (c calendar) working(t time.Time) bool {
	return t.Weekday() != time.Saturday && t.Weekday() != time.Sunday && !slices.Contains(c.holidays, dateOf(t))
}

func (c calendar) end(received time.Time, s Span) time.Time {
	t := addMonths(received, s.Months)
	t = addDays(t, s.Days)
	for n := s.BusinessDays; n > 0; {
		if t = addDays(t, 1); c.working(t) {
			n--
		}
	}
	for s.WorkingEnd && !c.working(t) {
		t = addDays(t, 1)
	}
	return endOf(t)
}

// addDays moves by days of the calendar; noon keeps clear of the hours that a change of clocks skips.
func addDays(t time.Time, days int) time.Time {
	y, m, d := t.Date()
	return time.Date(y, m, d+days, 12, 0, 0, 0, t.Location())
}

// addMonths gives the same date of a later month, or its last day where it is shorter.
func addMonths(t time.Time, months int) time.Time {
	y, m, d := t.Date()
	last := time.Date(y, m+time.Month(months)+1, 0, 12, 0, 0, 0, t.Location())
	if d > last.Day() {
		return last
	}
	return time.Date(y, m+time.Month(months), d, 12, 0, 0, 0, t.Location())
}

// endOf gives the last moment of the day, to the microsecond that the store keeps.
func endOf(t time.Time) time.Time {
	y, m, d := t.Date()
	return time.Date(y, m, d+1, 0, 0, 0, 0, t.Location()).Add(-time.Microsecond)
}
