package plans_test

import (
	"context"
	"flag"
	"os"
	"testing"

	"pgregory.net/rapid"

	"vestige/connectors/memory"
	"vestige/internal/errkind"
	"vestige/plans"
)

// check draws the same forty cases each time; where VESTIGE_DEEP is set, four hundred others.
func check(t *testing.T, is func(*rapid.T)) {
	settings := map[string]string{"rapid.checks": "40", "rapid.seed": "1"}
	if os.Getenv("VESTIGE_DEEP") != "" {
		settings = map[string]string{"rapid.checks": "400"}
	}
	for name, value := range settings {
		f := flag.Lookup(name)
		was := f.Value.String()
		_ = f.Value.Set(value)
		defer func() { _ = f.Value.Set(was) }()
	}
	rapid.Check(t, is)
}

// TestStopsAndFaults erases the same person with stops and faults wherever they fall: the end is the one of an erasure without any.
func TestStopsAndFaults(t *testing.T) {
	want := func() string {
		e, w, s := ready(t)
		w.approve(s)
		w.run(s.ID)
		return e.content()
	}()
	check(t, func(rt *rapid.T) {
		e, w, s := ready(t)
		w.approve(s)
		away := errkind.Coded(errkind.Transient, "away", "the system is away")
		moved := errkind.Coded(errkind.Conflict, "changed-since", "a record has changed since it was found")
		for _, sys := range []*memory.System{e.shop, e.desk} {
			for _, method := range []string{"Check", "Erase", "Purge", "Locate"} {
				kinds := []error{nil, away, away}
				if method == "Erase" {
					kinds = append(kinds, moved)
				}
				for range rapid.IntRange(0, 2).Draw(rt, method) {
					sys.FailNext(method, rapid.SampledFrom(kinds).Draw(rt, "fault"))
				}
			}
		}
		for runs := 0; w.show(s.ID).State != plans.Closed; runs++ {
			if runs > 40 {
				rt.Fatalf("the plan stays %s: %s", w.show(s.ID).State, w.show(s.ID).Reason)
			}
			if st := w.show(s.ID); st.State == plans.Superseded {
				s = w.approve(w.show(st.Next))
			}
			stopAt := rapid.IntRange(1, 30).Draw(rt, "stop at event")
			ctx, stop := context.WithCancel(t.Context())
			n := 0
			_, err := w.engine.Run(ctx, s.ID, func(plans.Event) {
				if n++; n == stopAt {
					stop()
				}
			})
			stop()
			if err != nil && errkind.Of(err) != errkind.Canceled {
				rt.Fatalf("a run ended with %v", err)
			}
		}
		if got := e.content(); got != want {
			rt.Fatalf("the end is another one:\n%s", got)
		}
		finished(t, e, w, s.ID)
	})
}
