package connectortest

import (
	"context"
	"iter"
	"sync"

	"go.uber.org/goleak"

	"vestige/connectors"
	"vestige/pii"
)

func lifeChecks() []check {
	return []check{
		{"life/concurrent", lifeConcurrent},
		{"life/close", lifeClose},
	}
}

// lifeConcurrent: all methods may be called at the same time; run with -race it finds what is shared.
func lifeConcurrent(b *bench) {
	r := b.start(Fixture{Datasets: []Dataset{large(600), accounts()}})
	ds := r.dataset("large")
	nextA, stopA := iter.Pull2(r.driver(connectors.Scan).Read(context.Background(), connectors.Query{Dataset: ds, Batch: 10}))
	defer stopA()
	nextB, stopB := iter.Pull2(r.driver(connectors.Scan).Read(context.Background(), connectors.Query{Dataset: ds, Batch: 10}))
	defer stopB()
	for range 5 {
		_, errA, okA := nextA()
		_, errB, okB := nextB()
		if errA != nil || errB != nil || !okA || !okB {
			b.Fatalf("two reads side by side end with %v and %v", errA, errB)
		}
	}
	stopA() // an open read may keep writers out
	stopB()
	act := r.act("accounts", pii.Delete, r.where("accounts", "mail", subject).target()) // here, since what fails in it ends the check, and nothing may run on then
	var wg sync.WaitGroup
	for name, seq := range r.sequences("large") {
		for range 3 {
			wg.Go(func() {
				for err := range seq(context.Background()) {
					if err != nil {
						b.Errorf("%s beside others: %v", name, err)
					}
				}
			})
		}
	}
	if e, ok := r.driver(connectors.Erase).(connectors.Eraser); ok {
		wg.Go(func() {
			if err := insist(e, unit(act)); err != nil {
				b.Errorf("Erase beside others: %v", err)
			}
		})
	}
	wg.Wait()
}

// lifeClose: closing leaves no goroutine, and closing twice is no error worth a panic.
func lifeClose(b *bench) {
	r := b.start(probe)
	running := goleak.IgnoreCurrent()
	for _, role := range []connectors.Role{connectors.Scan, connectors.Erase, connectors.Export} {
		d, err := r.open(role, r.Config)
		if err != nil {
			b.Fatalf("open for %s: %v", role, err)
		}
		drain(d.Discover(context.Background()))
		if err := d.Close(); err != nil {
			b.Errorf("close: %v", err)
		}
		_ = d.Close()
	}
	if err := goleak.Find(running); err != nil {
		b.Errorf("closing leaves: %v", err)
	}
}
