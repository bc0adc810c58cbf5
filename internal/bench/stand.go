package main

import (
	"context"
	"fmt"
	"testing"
)

// stand stands in for a test where the servers of the tests are started: what would end a test ends the part of the benchmark.
type stand struct {
	testing.TB // nil: what is not written below is not used
	ctx        context.Context
	done       []func()
}

// absent is why a part cannot run here, fault why it failed.
type (
	absent string
	fault  string
)

// with runs a part that needs a server. Where that is not installed one figure says so.
func with(ctx context.Context, server string, f func(t *stand) ([]figure, error)) (fs []figure, err error) {
	t := &stand{ctx: ctx}
	defer func() {
		switch why := recover().(type) {
		case nil:
		case absent:
			fs = []figure{{name: "NOT MEASURED: " + server, value: string(why)}}
		case fault:
			err = fmt.Errorf("%s: %s", server, why)
		default:
			panic(why)
		}
	}()
	defer func() {
		for _, f := range t.done {
			f()
		}
	}()
	return f(t)
}

func (t *stand) Helper()                       {}
func (t *stand) Context() context.Context      { return t.ctx }
func (t *stand) Cleanup(f func())              { t.done = append([]func(){f}, t.done...) }
func (t *stand) Skipf(format string, a ...any) { panic(absent(fmt.Sprintf(format, a...))) }
func (t *stand) Fatalf(format string, a ...any) {
	panic(fault(fmt.Sprintf(format, a...)))
}
func (t *stand) Fatal(a ...any) { panic(fault(fmt.Sprint(a...))) }
