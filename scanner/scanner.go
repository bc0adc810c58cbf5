// Package scanner turns sources into examinations, evidence, references and flows: it discovers datasets, reads some or all of each, has the
// classifiers weigh what stands in every field, keeps sketches of values that can be references, and stores it all in the catalog as it goes. A scan
// reads gently, says what it read and why it did not read the rest, skips what has not changed, and goes on where it was stopped.
package scanner

import (
	"context"
	"iter"
	"log/slog"
	"sync"
	"time"

	"vestige/catalog"
	"vestige/classifiers"
	"vestige/connectors"
	"vestige/internal/clock"
	"vestige/internal/db"
	"vestige/internal/errkind"
	"vestige/pii"
)

// Options are the budgets and ways of a scan. The zero value of each means the default beside it.
type Options struct {
	Full    bool          // read every record; otherwise datasets larger than Sample are sampled
	Sample  int           // records of a sample: 10,000
	Bytes   int64         // of values read per dataset: 256 MB in a sample, unlimited in a full read
	Workers int           // datasets read at once per source: 4
	Timeout time.Duration // per dataset: 5 minutes in a sample, none in a full read
	Again   bool          // read what has not changed too
	Seed    uint64        // of the samples
	Run     string        // the run, asked for before, that this is; its scope holds, and says too whether all is read
}

func (o Options) withDefaults() Options {
	if o.Sample == 0 {
		o.Sample = 10_000
	}
	if o.Workers == 0 {
		o.Workers = 4
	}
	if !o.Full && o.Bytes == 0 {
		o.Bytes = 256 << 20
	}
	if !o.Full && o.Timeout == 0 {
		o.Timeout = 5 * time.Minute
	}
	return o
}

// Event is one piece of progress.
type Event struct {
	Source   string
	Dataset  pii.Ref
	Stage    string // discovering, reading, done, skipped, gap, relating
	Datasets int64
	Done     int64
	Records  int64
	Bytes    int64
	Found    []pii.Proposal // personal fields of the dataset that is done
	Gap      *pii.Gap
}

// Report is what a scan of one source did.
type Report struct {
	Source   string           `json:"source"`
	Run      string           `json:"run"`
	Outcome  string           `json:"outcome"` // done, incomplete
	Progress catalog.Progress `json:"progress"`
	Gaps     []pii.Gap        `json:"gaps"`
	New      []pii.Ref        `json:"new"`  // datasets seen for the first time
	Gone     []pii.Ref        `json:"gone"` // datasets missed
}

// Scanner scans sources into one catalog. It is safe for concurrent use with different sources.
type Scanner struct {
	cat   *catalog.Catalog
	store db.DB
	set   *classifiers.Set
	key   []byte // of sketches
	keyID string
	log   *slog.Logger

	// Sources gives a source by name, nil where there is none: in those, relating looks up what sketches of samples cannot show. Where Sources is nil
	// nothing is looked up. It is set before the scanner is used.
	Sources func(name string) *connectors.Source

	// Relate holds it from reading the catalog to writing it, so that no scan's finding comes in between and is overwritten by an older one.
	related sync.RWMutex
}

// New makes a scanner. key is the sketch key, at least 16 bytes, and keyID its name.
func New(cat *catalog.Catalog, store db.DB, set *classifiers.Set, key []byte, keyID string, log *slog.Logger) *Scanner {
	return &Scanner{cat: cat, store: store, set: set, key: key, keyID: keyID, log: log}
}

// scan is the state of one scan of one source.
type scan struct {
	*Scanner
	src   *connectors.Source
	opt   Options
	tell  func(Event)
	run   *catalog.Run
	seen  map[pii.Ref]bool
	fresh bool          // the catalog has no dataset of the source yet
	same  pii.Ref       // the dataset discovered last, where it is as it was examined
	found chan *finding // on their way into the catalog
	hold  Hold          // of a part of a shared scan: nil where one process does it all

	spare spare // memory of examinations that are done

	mu     sync.Mutex
	report Report
	first  error
}

// Scan reads one source. What could not be read is in the report and in the catalog; an error is one of the whole source. tell may be nil.
func (s *Scanner) Scan(ctx context.Context, src *connectors.Source, opt Options, tell func(Event)) (Report, error) {
	if tell == nil {
		tell = func(Event) {}
	}
	sc := &scan{Scanner: s, src: src, opt: opt.withDefaults(), tell: tell}
	if err := sc.begin(ctx); err != nil {
		return Report{Source: src.Name(), Outcome: "failed"}, err
	}
	if err := sc.datasets(ctx); err != nil {
		if ctx.Err() != nil { // whatever a system says when it is cut off
			err = errkind.New(errkind.Canceled, "scan: %w", ctx.Err())
		}
		return sc.fail(err)
	}
	return sc.end(ctx)
}

func (sc *scan) begin(ctx context.Context) (err error) {
	err = sc.store.Write(ctx, func(tx db.Tx) error {
		return sc.cat.PutSource(ctx, tx, sc.src.Name(), sc.src.Spec().Name)
	})
	if err != nil {
		return err
	}
	if err = sc.beginRun(ctx); err != nil {
		return err
	}
	sc.report = Report{Source: sc.src.Name(), Run: sc.run.ID, Progress: sc.run.Progress, Gaps: []pii.Gap{}, New: []pii.Ref{}, Gone: []pii.Ref{}}
	if !sc.run.Resumed {
		sc.report.Progress = catalog.Progress{}
	}
	sc.report.Progress.Datasets = sc.report.Progress.Done // those that were only begun are counted when they are begun again
	if sc.report.Progress.Expected, err = sc.cat.Expected(ctx, sc.src.Name(), sc.run.Scope); err != nil {
		return err
	}
	if sc.seen, err = sc.run.Seen(ctx); err != nil {
		return err
	}
	sc.fresh, err = sc.run.First(ctx)
	return err
}

// beginRun starts the run that was asked for, or one of the whole source.
func (sc *scan) beginRun(ctx context.Context) (err error) {
	if sc.opt.Run == "" {
		sc.run, err = sc.cat.Begin(ctx, sc.src.Name())
		return err
	}
	if sc.run, err = sc.cat.BeginRun(ctx, sc.opt.Run); err != nil {
		return err
	}
	if sc.run.Scope.Full && !sc.opt.Full {
		sc.opt.Full, sc.opt.Bytes, sc.opt.Timeout = true, 0, 0
	}
	sc.opt.Again = sc.opt.Again || sc.run.Scope.Again
	return nil
}

// datasets discovers and examines.
func (sc *scan) datasets(ctx context.Context) error {
	sc.tell(Event{Source: sc.src.Name(), Stage: "discovering"})
	return sc.all(ctx, sc.src.DiscoverBut(ctx, func(d *pii.Dataset) bool {
		if !sc.run.Scope.Has(d.Ref.Dataset) {
			return true
		}
		old, known, err := sc.before(ctx, d.Ref)
		sc.same = pii.Ref{}
		if err == nil && known && !sc.seen[d.Ref] && !sc.opt.Again && sc.unchanged(&old, d) {
			sc.same = d.Ref
		}
		return sc.same == d.Ref
	}))
}

// all examines datasets, several at once, while one stores; the first error that is not of one dataset ends it.
func (sc *scan) all(ctx context.Context, datasets iter.Seq2[pii.Dataset, error]) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	failed := func(err error) {
		if err != nil {
			sc.stop(err)
			cancel()
		}
	}
	sc.found = make(chan *finding, most)
	var storing sync.WaitGroup
	storing.Go(func() { failed(sc.storeAll(ctx)) })
	err := sc.examine(ctx, datasets, failed)
	close(sc.found)
	storing.Wait()
	sc.mu.Lock()
	defer sc.mu.Unlock()
	if sc.first != nil {
		return sc.first
	}
	return err
}

// examine examines each dataset, and returns when all that was begun is done.
func (sc *scan) examine(ctx context.Context, datasets iter.Seq2[pii.Dataset, error], failed func(error)) error {
	var wg sync.WaitGroup
	defer wg.Wait()
	slots := make(chan struct{}, sc.opt.Workers)
	for d, err := range datasets {
		if err != nil {
			return err
		}
		if sc.seen[d.Ref] || !sc.run.Scope.Has(d.Ref.Dataset) {
			continue
		}
		sc.count(func(p *catalog.Progress) { p.Datasets++ })
		if sc.same == d.Ref {
			if err := sc.skip(ctx, d.Ref); err != nil {
				return err
			}
			continue
		}
		select {
		case slots <- struct{}{}:
		case <-ctx.Done():
			return ctx.Err()
		}
		wg.Go(func() {
			defer func() { <-slots }()
			failed(sc.dataset(ctx, d))
		})
	}
	return nil
}

func (sc *scan) stop(err error) {
	sc.mu.Lock()
	defer sc.mu.Unlock()
	if sc.first == nil {
		sc.first = err
	}
}

func (sc *scan) count(f func(*catalog.Progress)) {
	sc.mu.Lock()
	defer sc.mu.Unlock()
	f(&sc.report.Progress)
}

// fail leaves the run open, so that the next scan resumes it, unless there is nothing to resume.
func (sc *scan) fail(err error) (Report, error) {
	sc.report.Outcome = "failed"
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	_ = sc.store.Write(ctx, func(tx db.Tx) error {
		if errkind.Of(err) == errkind.Canceled {
			return sc.run.Save(ctx, tx, sc.report.Progress)
		}
		at := pii.Ref{Source: sc.src.Name()}
		alert := catalog.Alert{Code: "unreachable", At: at, Text: "the scan failed: " + errkind.Code(err)}
		if e := sc.cat.PutAlert(ctx, tx, alert); e != nil {
			return e
		}
		return sc.run.End(ctx, tx, errkind.Code(err))
	})
	return sc.report, err
}

// end notes what is missing and closes the run.
func (sc *scan) end(ctx context.Context) (Report, error) {
	missing, err := sc.run.Missing(ctx)
	if err != nil {
		return sc.report, err
	}
	sc.report.Outcome = "done"
	if len(sc.report.Gaps) > 0 {
		sc.report.Outcome = "incomplete"
	}
	err = sc.write(ctx, sc.store.Write, func(tx db.Tx) error {
		for _, ref := range missing {
			if err := sc.gone(ctx, tx, ref); err != nil {
				return err
			}
		}
		if err := sc.conclude(ctx, tx, missing); err != nil {
			return err
		}
		if err := sc.run.Save(ctx, tx, sc.report.Progress); err != nil {
			return err
		}
		return sc.run.End(ctx, tx, sc.report.Outcome)
	})
	sc.tell(Event{Source: sc.src.Name(), Stage: "done", Datasets: sc.report.Progress.Datasets, Done: sc.report.Progress.Done, Records: sc.report.Progress.Records, Bytes: sc.report.Progress.Bytes})
	return sc.report, err
}

// write is one unit of work of a scan; it waits for a Relate under way.
func (s *Scanner) write(ctx context.Context, unit func(context.Context, func(db.Tx) error) error, f func(db.Tx) error) error {
	s.related.RLock()
	defer s.related.RUnlock()
	return unit(ctx, f)
}

// gone marks a dataset that was there before, with an alert; it is not believed at once, and its decisions stay.
func (sc *scan) gone(ctx context.Context, tx db.Tx, ref pii.Ref) error {
	n, err := sc.cat.Node(ctx, ref)
	if err != nil || n.Gone != 0 {
		return err
	}
	sc.report.Gone = append(sc.report.Gone, ref)
	if err := sc.cat.Tombstone(ctx, tx, ref); err != nil {
		return err
	}
	return sc.cat.PutAlert(ctx, tx, catalog.Alert{Code: "gone", At: ref, Text: "the dataset is no longer there", Opened: clock.Micros()})
}
