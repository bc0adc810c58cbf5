package connectortest

import (
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
)

// Outcome is how a check ended.
type Outcome struct {
	Failed  bool
	Skipped bool
	Text    string // what it said first
}

// Record runs the suite, or those checks of it whose names begin so, without failing t, and tells how each check ended: for the test of the suite itself.
func Record(t *testing.T, start Start, only ...string) map[string]Outcome {
	out := map[string]Outcome{}
	known := &profile{records: 20_000, word: 4}
	for _, c := range checks() {
		if len(only) > 0 && !slices.ContainsFunc(only, func(name string) bool { return strings.HasPrefix(c.name, name) }) {
			continue
		}
		rec := &recorder{}
		t.Run(c.name, func(t *testing.T) {
			rec.watch(func() { c.run(&bench{T: rec, real: t, begin: start, known: known}) })
		})
		out[c.name] = rec.Outcome
	}
	return out
}

// recorder is a T that only takes notes.
type recorder struct {
	mu sync.Mutex
	Outcome
}

// watch runs a check until it ends, by itself or by Fatalf or Skipf; a panic is a failure.
func (r *recorder) watch(run func()) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer func() {
			if p := recover(); p != nil {
				r.Errorf("panic: %v", p)
			}
		}()
		run()
	}()
	<-done
}

// Helper does nothing.
func (r *recorder) Helper() {}

// Logf does nothing.
func (r *recorder) Logf(string, ...any) {}

// Errorf notes a failure.
func (r *recorder) Errorf(format string, args ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.Outcome.Failed {
		r.Text = fmt.Sprintf(format, args...)
	}
	r.Outcome.Failed = true
}

// Fatalf notes a failure and ends the check.
func (r *recorder) Fatalf(format string, args ...any) {
	r.Errorf(format, args...)
	runtime.Goexit()
}

// Skipf notes a skip and ends the check.
func (r *recorder) Skipf(format string, args ...any) {
	r.mu.Lock()
	r.Skipped, r.Text = true, fmt.Sprintf(format, args...)
	r.mu.Unlock()
	runtime.Goexit()
}

// Failed tells whether a failure was noted.
func (r *recorder) Failed() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.Outcome.Failed
}
