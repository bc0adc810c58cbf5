package connectortest

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"

	toxiproxy "github.com/Shopify/toxiproxy/v2"
	"github.com/rs/zerolog"

	"vestige/connectors"
	"vestige/internal/clock"
	"vestige/internal/errkind"
	"vestige/pii"
)

func networkChecks() []check {
	return []check{
		{"network/slow", networkSlow},
		{"network/cut-read", networkCutRead},
		{"network/half-open", networkHalfOpen},
		{"network/cut-erase", networkCutErase},
		{"network/cancel", networkCancel},
	}
}

// line is the way between the driver and its server, which can be made worse.
type line struct {
	*rig
	proxy *toxiproxy.Proxy
	limit time.Duration
}

// wire starts a system with something between it and the driver.
func (b *bench) wire(f Fixture) *line {
	b.Helper()
	if !b.meet().far {
		b.Skipf("the system lacks a network between it and the driver: Proxied is nil")
	}
	r := b.start(f)
	p := toxiproxy.NewProxy(toxiproxy.NewServer(toxiproxy.NewMetricsContainer(nil), zerolog.Nop()), "line", "127.0.0.1:0", r.Server)
	if err := p.Start(); err != nil {
		b.Fatalf("a proxy: %v", err)
	}
	r.real.Cleanup(p.Stop)
	l := &line{rig: r, proxy: p, limit: r.NetworkLimit}
	if l.limit == 0 {
		l.limit = 5 * time.Second
	}
	return l
}

// over gives a driver that reaches its server over the line.
func (l *line) over(role connectors.Role) connectors.Driver {
	l.Helper()
	return l.by(role, l.Proxied(l.proxy.Listen))
}

// toxic makes the line worse in one direction.
func (l *line) toxic(kind, direction, attributes string) {
	l.Helper()
	json := fmt.Sprintf(`{"type":%q,"stream":%q,"attributes":{%s}}`, kind, direction, attributes)
	if _, err := l.proxy.Toxics.AddToxicJson(strings.NewReader(json)); err != nil {
		l.Fatalf("a toxic: %v", err)
	}
}

// heal makes the line what it was; connections that hang are cut by it.
func (l *line) heal() { l.proxy.Toxics.ResetToxics(context.Background()) }

// cut breaks all connections, and lets new ones through.
func (l *line) cut() {
	l.Helper()
	l.proxy.Stop()
	if err := l.proxy.Start(); err != nil {
		l.Fatalf("the proxy again: %v", err)
	}
}

// within does something that is to end in time, whatever the line is like.
func (l *line) within(what string, do func(ctx context.Context)) {
	l.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	done := make(chan struct{})
	go func() { defer close(done); do(ctx) }()
	select {
	case <-done:
	case <-time.After(l.limit + 2*time.Second):
		l.Errorf("%s hangs beyond the source's limit of %s", what, l.limit)
		cancel()
		l.heal()
		<-done
	}
}

// spoilt tells how a sequence ended whose line was made worse: with everything or with an error that says to come again. Two ends are right.
func (l *line) spoilt(what string, got, want int, err error) {
	l.Helper()
	if err == nil && got != want {
		l.Errorf("%s gives %d records of %d and says that it is done", what, got, want)
	}
	if err != nil {
		isKind(l, what, err, errkind.Transient)
	}
}

// whole reads a dataset over the line, which has become good: all of it, maybe at the second try, since a connection that was kept may turn out to be dead.
func (l *line) whole(what string, d connectors.Driver, ds pii.Dataset, want int) {
	l.Helper()
	for try := 0; ; try++ {
		got, err := 0, error(nil)
		for batch, e := range d.Read(context.Background(), connectors.Query{Dataset: ds}) {
			if err = e; e == nil {
				got += batch.Len()
			}
		}
		if err != nil && try < 2 && errkind.Of(err) == errkind.Transient {
			continue
		}
		if err != nil || got != want {
			l.Errorf("%s: %d records of %d, and the error %v", what, got, want, err)
		}
		return
	}
}

// networkSlow: a line of 10 KB/s and 50 ms is slow, and that is all. A connector may also give up in time.
func networkSlow(b *bench) {
	l := b.wire(Fixture{Datasets: []Dataset{accounts()}})
	ds, d := l.dataset("accounts"), l.over(connectors.Scan)
	l.toxic("bandwidth", "downstream", `"rate":10`)
	l.toxic("latency", "upstream", `"latency":50`)
	l.within("reading over 10 KB/s", func(ctx context.Context) {
		got, err := 0, error(nil)
		for batch, e := range d.Read(ctx, connectors.Query{Dataset: ds}) {
			if err = e; e == nil {
				got += batch.Len()
			}
		}
		l.spoilt("reading over 10 KB/s", got, len(l.fixed("accounts").Rows), err)
	})
}

// spoiled reads a large dataset, of which the line is made worse after the first batch.
func (l *line) spoiled(what string, d connectors.Driver, ds pii.Dataset, n int, worse func()) {
	l.Helper()
	next, stop := iter.Pull2(d.Read(context.Background(), connectors.Query{Dataset: ds, Batch: 50}))
	batch, err, ok := next()
	if err != nil || !ok {
		stop()
		l.Fatalf("reading over a good line ends with %v", err)
	}
	got := batch.Len()
	worse()
	l.within(what, func(context.Context) {
		defer stop()
		for {
			batch, err, ok := next()
			if !ok || err != nil {
				l.spoilt(what, got, n, err)
				return
			}
			got += batch.Len()
		}
	})
}

// networkCutRead: a connection that is cut in the middle of a read is an error that says to come again, and coming again is enough.
func networkCutRead(b *bench) {
	const n = 20_000
	l := b.wire(Fixture{Datasets: []Dataset{large(n)}})
	ds, d := l.dataset("large"), l.over(connectors.Scan)
	l.spoiled("reading over a line that is cut", d, ds, n, l.cut)
	l.whole("reading again after a cut", d, ds, n)
}

// networkHalfOpen: a connection on which nothing comes any more, and which nobody closes, is given up within the source's limit.
func networkHalfOpen(b *bench) {
	const n = 20_000
	l := b.wire(Fixture{Datasets: []Dataset{large(n)}})
	ds, d := l.dataset("large"), l.over(connectors.Scan)
	l.spoiled("reading over a half-open line", d, ds, n, func() {
		l.toxic("timeout", "downstream", `"timeout":0`)
		l.toxic("timeout", "upstream", `"timeout":0`)
	})
	l.heal()
	l.whole("reading again when the line is good", d, ds, n)
}

// networkCutErase: a unit over a line that is cut after some bytes has happened or has not, wherever that was; run again it comes to the same end, and nothing is done twice.
func networkCutErase(b *bench) {
	able[connectors.Eraser](b, "erase")
	const part = 8
	places := []string{`upstream 1`, `upstream 400`, `upstream 1500`, `upstream 6000`, `downstream 100`, `downstream 600`, `downstream 2500`, `downstream 6000`}
	l := b.wire(Fixture{Datasets: []Dataset{people(part*len(places)+5, 23)}})
	all, _ := l.read("people")
	want := l.Peek(l.real)
	whole := !slices.Contains(l.meet().lacks, NeedTransactions)
	e := l.over(connectors.Erase).(connectors.Eraser)
	cuts := 0
	for i, place := range places {
		act := l.act("people", pii.Delete)
		after := want
		for _, rec := range all[i*part : (i+1)*part] {
			act.Targets = append(act.Targets, rec.target())
			after = after.edit("people", drop(0, string(rec.row[0])))
		}
		var direction, bytes string
		_, _ = fmt.Sscan(place, &direction, &bytes)
		l.toxic("limit_data", direction, `"bytes":`+bytes)
		var err error
		l.within("erasing over a line that is cut", func(ctx context.Context) { _, err = e.Erase(ctx, unit(act)) })
		l.heal()
		gone := len(want["people"]) - len(l.Peek(l.real)["people"])
		if err != nil {
			cuts++
			isKind(l, "erasing, cut at "+place, err, errkind.Transient)
		}
		if err == nil && gone != part || whole && gone != 0 && gone != part {
			l.Errorf("cut at %s, a unit of %d has deleted %d and ends with %v", place, part, gone, err)
		}
		l.anew(e, unit(act), part)
		want = after
		l.holds("cut at "+place+" and run again", want)
	}
	if cuts == 0 {
		l.Errorf("no cut was noticed: the driver does not go over the line")
	}
}

// anew does a unit again over the good line, until a connection is found that is not dead.
func (l *line) anew(e connectors.Eraser, u pii.Unit, n int64) {
	l.Helper()
	for began := clock.Now(); ; {
		receipts, err := e.Erase(context.Background(), u)
		if err != nil && errkind.Of(err) == errkind.Transient && clock.Since(began) < l.limit+2*time.Second {
			continue
		}
		if err != nil || receipts[0].Affected+receipts[0].FoundDone != n {
			l.Errorf("run again: %v and the error %v, want %d records in all", receipts, err, n)
		}
		return
	}
}

// networkCancel: a context that ends while the server lets us wait ends the statement in the server, too.
func networkCancel(b *bench) {
	r := b.start(Fixture{Datasets: []Dataset{accounts()}})
	if r.Hold == nil || r.Running == nil {
		b.Skipf("the system lacks statements that wait and can be counted: Hold or Running is nil")
	}
	ds, d := r.dataset("accounts"), r.driver(connectors.Scan)
	if _, gaps := r.read("accounts"); len(gaps) > 0 {
		b.Fatalf("the dataset has gaps")
	}
	patience := 2 * r.NetworkLimit // nothing of this takes a second, but on a machine that does much else
	if patience == 0 {
		patience = 30 * time.Second
	}
	waits := func() bool { return r.Running(r.real) > 0 }
	if !until(patience, func() bool { return !waits() }) { // the end of the statement before may still be counted
		b.Fatalf("the server does something for us, before anything is asked of it")
	}
	release := r.Hold(r.real, "accounts")
	defer release()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	ended := make(chan error, 1)
	go func() { ended <- failure(d.Read(ctx, connectors.Query{Dataset: ds})) }()
	if !until(patience, waits) {
		b.Errorf("a read of what is held does not wait in the server")
	}
	cancel()
	select {
	case err := <-ended:
		isKind(b, "a read whose context ends", err, errkind.Canceled)
	case <-time.After(patience):
		b.Errorf("a read goes on long after its context has ended")
	}
	if !until(patience, func() bool { return !waits() }) {
		b.Errorf("the statement goes on in the server after its context has ended")
	}
}

// until asks until it is so, or the time is over.
func until(limit time.Duration, so func() bool) bool {
	for began := clock.Now(); !so(); {
		if clock.Since(began) > limit {
			return false
		}
		<-time.After(10 * time.Millisecond)
	}
	return true
}
