package connectortest

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"vestige/connectors"
	"vestige/internal/clock"
	"vestige/internal/errkind"
	"vestige/pii"
)

func againChecks() []check {
	return []check{
		{"again/twice", againTwice},
		{"again/spelling", againSpelling},
		{"again/interrupted", againInterrupted},
		{"again/two-subjects", againTwoSubjects},
	}
}

// againTwice: the same erasure a second time succeeds, affects nothing, and finds everything done.
func againTwice(b *bench) {
	able[connectors.Eraser](b, "erase")
	r := b.start(Fixture{Datasets: []Dataset{accounts()}})
	units := []pii.Unit{}
	for m, to := range r.changing("accounts") {
		who := r.where("accounts", "mail", neighbours[len(units)])
		units = append(units, unit(r.act("accounts", m, who.target(r.change("accounts", "name", who, to...)))))
	}
	units = append(units, unit(r.act("accounts", pii.Delete, r.where("accounts", "mail", "x.ann@example.com").target(), r.where("accounts", "mail", "bob@example.com").target())))
	for _, u := range units {
		m, n := u.Acts[0].Method, int64(len(u.Acts[0].Targets))
		if got := r.erase(u); got[0].Affected != n || got[0].FoundDone != 0 {
			b.Errorf("%s: affects %d and finds %d done, want %d and 0", m, got[0].Affected, got[0].FoundDone, n)
		}
		after := r.Peek(r.real)
		if got := r.erase(u); got[0].Affected != 0 || got[0].FoundDone != n {
			b.Errorf("%s again: affects %d and finds %d done, want 0 and %d", m, got[0].Affected, got[0].FoundDone, n)
		}
		r.unchanged(string(m)+" again", after)
	}
}

// spellings are texts that systems write in another way once they have them.
var spellings = map[string][]string{
	"count":  {"007", "+7", "7"},
	"share":  {"2.50", "1e2", "0.1000000000000000055"},
	"yes":    {"1", "TRUE", "false"},
	"seen":   {"2024-02-03T04:05:06.000Z", "2024-02-03T05:05:06+01:00", "2024-02-03 04:05:07", "2024-02-03T04:05:06.1234567Z"},
	"papers": {` { "b" : 1.0, "a" : 1e3 }`},
}

// againSpelling: a value that the system writes in its own way (2.50 as 2.5) is found done the second time, as any other; or it is refused the first time.
func againSpelling(b *bench) {
	able[connectors.Eraser](b, "erase")
	b.need(NeedKeys)
	r := b.start(Fixture{Datasets: []Dataset{typed()}})
	if _, ok := r.changing("typed")[pii.Pseudonymise]; !ok {
		b.Skipf("the connector lacks the method %q", pii.Pseudonymise)
	}
	for field, texts := range spellings {
		if r.fixed("typed").column(r.named(field)) < 0 {
			continue
		}
		for _, to := range texts {
			first := r.where("typed", "id", "1")
			u := unit(r.act("typed", pii.Pseudonymise, first.target(r.change("typed", field, first, to))))
			before := r.Peek(r.real)
			got, err := as[connectors.Eraser](r, connectors.Erase).Erase(context.Background(), u)
			if err != nil {
				isKind(b, "a spelling that is refused, in "+field, err, errkind.Conflict, errkind.Invalid, errkind.Unsupported)
				r.unchanged("after a spelling that is refused", before)
				continue
			}
			if n := got[0].Affected + got[0].FoundDone; n != 1 {
				b.Errorf("%s becomes %q: %d records are changed or done, want 1", field, to, n)
			}
			after := r.Peek(r.real)
			if got := r.erase(u); got[0].Affected != 0 || got[0].FoundDone != 1 {
				b.Errorf("%s becomes %q, again: affects %d and finds %d done, want 0 and 1", field, to, got[0].Affected, got[0].FoundDone)
			}
			r.unchanged("after another spelling again", after)
		}
	}
}

// fuse is a context that ends when it has been asked a number of times whether it has.
type fuse struct {
	context.Context
	mu     sync.Mutex
	left   int
	done   chan struct{}
	closed bool
}

func newFuse(left int) *fuse {
	return &fuse{Context: context.Background(), left: left, done: make(chan struct{})}
}

func (f *fuse) burn() {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.left--; f.left < 0 && !f.closed {
		f.closed = true
		close(f.done)
	}
}

// Done gives the channel, and burns.
func (f *fuse) Done() <-chan struct{} { f.burn(); return f.done }

// Err tells whether the fuse has burnt, and burns.
func (f *fuse) Err() error {
	f.burn()
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.closed {
		return context.Canceled
	}
	return nil
}

// Deadline is never.
func (f *fuse) Deadline() (time.Time, bool) { return time.Time{}, false }

// againInterrupted: stopped in the middle and run again, erasing comes to the same end; where there are transactions a stopped unit has done
// all or nothing.
func againInterrupted(b *bench) {
	able[connectors.Eraser](b, "erase")
	const part = 10
	fuses := []int{0, 1, 2, 3, 5, 8, 13, 21, 34, 55, 89, 144}
	r := b.start(Fixture{Datasets: []Dataset{people(part*len(fuses)+5, 13)}})
	all, _ := r.read("people")
	eraser := as[connectors.Eraser](r, connectors.Erase)
	want := r.Peek(r.real)
	whole := !slices.Contains(r.meet().lacks, NeedTransactions)
	for i, length := range fuses {
		act := r.act("people", pii.Delete)
		after := want
		for _, rec := range all[i*part : (i+1)*part] {
			act.Targets = append(act.Targets, rec.target())
			after = after.edit("people", drop(0, string(rec.row[0])))
		}
		before := len(r.Peek(r.real)["people"])
		_, err := eraser.Erase(newFuse(length), unit(act))
		if left := len(r.Peek(r.real)["people"]); whole && left != before && left != before-part {
			b.Errorf("stopped after %d looks at the context, a unit of %d has deleted %d", length, part, before-left)
		} else if err == nil && left != before-part {
			b.Errorf("stopped after %d looks at the context, a unit that says it is done is not", length)
		}
		r.erase(unit(act))
		want = after
		r.holds(fmt.Sprintf("stopped after %d looks at the context, and run again", length), want)
	}
}

// againTwoSubjects: two erasures at once both happen; one that the system puts off is tried again.
func againTwoSubjects(b *bench) {
	able[connectors.Eraser](b, "erase")
	r := b.start(Fixture{Datasets: []Dataset{people(60, 14)}})
	all, _ := r.read("people")
	eraser := as[connectors.Eraser](r, connectors.Erase)
	want := r.Peek(r.real)
	for i := range 10 {
		var wg sync.WaitGroup
		errs := make([]error, 2)
		for k := range 2 {
			rec := all[10+2*i+k]
			act := r.act("people", pii.Delete, rec.target())
			want = want.edit("people", drop(0, string(rec.row[0])))
			wg.Go(func() { errs[k] = insist(eraser, unit(act)) })
		}
		wg.Wait()
		for _, err := range errs {
			if err != nil {
				b.Errorf("two at once: %v", err)
			}
		}
	}
	r.holds("after two subjects at once", want)
}

// insist erases, and tries again what is put off. Where an object is written anew by compare-and-swap, the one who comes second has a conflict.
func insist(e connectors.Eraser, u pii.Unit) (err error) {
	for began := clock.Now(); clock.Since(began) < 20*time.Second; {
		_, err = e.Erase(context.Background(), u)
		if k := errkind.Of(err); err == nil || (k != errkind.Transient && k != errkind.Conflict) {
			return err
		}
	}
	return err
}
