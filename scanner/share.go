package scanner

import (
	"context"
	"slices"
	"strconv"
	"time"

	"vestige/catalog"
	"vestige/connectors"
	"vestige/internal/db"
	"vestige/internal/errkind"
	"vestige/pii"
)

// partSize is how many datasets are one part of a shared scan: what a machine that dies loses.
const partSize = 8

// Hold is asked in every unit of work of a part: an error ends the part, because somebody else has it now.
type Hold func(ctx context.Context, tx db.Tx) error

// Share begins a scan that many machines do together, or goes on with one that was left: it discovers the datasets and lays them down in parts, and enqueue
// is called in the same unit of work. Each part is then done by Part, wherever that is, and Finish ends the scan when none is left.
func (s *Scanner) Share(ctx context.Context, src *connectors.Source, opt Options, tell func(Event), enqueue func(tx db.Tx, run string, parts int64) error) (*Shared, error) {
	if tell == nil {
		tell = func(Event) {}
	}
	sc := &scan{Scanner: s, src: src, opt: opt.withDefaults(), tell: tell}
	if err := sc.begin(ctx); err != nil {
		return nil, err
	}
	parts, err := sc.parts(ctx)
	if err != nil {
		_, err = sc.fail(err)
		return nil, err
	}
	err = s.store.Write(ctx, func(tx db.Tx) error {
		p := sc.report.Progress
		p.Datasets = p.Done + countOf(parts)
		if err := sc.run.Share(ctx, tx, parts); err != nil {
			return err
		}
		if err := enqueue(tx, sc.run.ID, int64(len(parts))); err != nil {
			return err
		}
		return sc.run.Save(ctx, tx, p)
	})
	return &Shared{sc}, err
}

func countOf(parts [][]pii.Dataset) (n int64) {
	for _, p := range parts {
		n += int64(len(p))
	}
	return n
}

// parts discovers what the run is not through with; what is new is in the report.
func (sc *scan) parts(ctx context.Context) (parts [][]pii.Dataset, err error) {
	sc.tell(Event{Source: sc.src.Name(), Stage: "discovering"})
	var all []pii.Dataset
	for d, err := range sc.src.Discover(ctx) {
		if err != nil {
			return nil, err
		}
		if sc.seen[d.Ref] || !sc.run.Scope.Has(d.Ref.Dataset) {
			continue
		}
		_, known, err := sc.before(ctx, d.Ref)
		if err != nil {
			return nil, err
		}
		if !known {
			sc.report.New = append(sc.report.New, d.Ref)
		}
		all = append(all, d)
	}
	return slices.Collect(slices.Chunk(all, partSize)), nil
}

// Shared is a scan that many machines do.
type Shared struct{ sc *scan }

// Progress says how far all machines together are, and how many parts are left.
func (s *Shared) Progress(ctx context.Context) (left int, err error) {
	parts, err := s.sc.run.Left(ctx)
	if err != nil {
		return 0, err
	}
	now, err := s.sc.cat.Run(ctx, s.sc.run.ID)
	if err != nil {
		return 0, err
	}
	s.sc.mu.Lock()
	s.sc.report.Progress = now.Progress
	s.sc.mu.Unlock()
	s.sc.tell(s.sc.event(pii.Ref{Source: s.sc.src.Name()}, "reading"))
	return len(parts), nil
}

// Finish ends the scan. Parts that are left are gaps of their datasets: nobody could do them.
func (s *Shared) Finish(ctx context.Context) (Report, error) {
	if _, err := s.Progress(ctx); err != nil {
		return s.sc.report, err
	}
	nodes, err := s.sc.cat.Nodes(ctx, s.sc.src.Name())
	if err != nil {
		return s.sc.report, err
	}
	for _, n := range nodes {
		if n.Gone == 0 {
			s.sc.report.Gaps = append(s.sc.report.Gaps, n.Gaps...)
		}
	}
	return s.sc.end(ctx)
}

// Part examines one part of a shared scan. One that was done already, or whose run has ended, is nothing to do.
func (s *Scanner) Part(ctx context.Context, src *connectors.Source, opt Options, run string, part int64, hold Hold) error {
	r, err := s.cat.Run(ctx, run)
	if errkind.Of(err) == errkind.NotFound || err == nil && r.Ended != 0 {
		return nil
	}
	if err != nil {
		return err
	}
	datasets, err := r.Part(ctx, part)
	if err != nil {
		return err
	}
	opt.Full, opt.Again = opt.Full || r.Scope.Full, opt.Again || r.Scope.Again
	sc := &scan{Scanner: s, src: src, opt: opt.withDefaults(), tell: func(Event) {}, run: r, hold: hold, seen: map[pii.Ref]bool{}}
	return sc.all(ctx, func(yield func(pii.Dataset, error) bool) {
		for _, d := range datasets {
			if !yield(d, nil) {
				return
			}
		}
	})
}

// held is the beginning of a unit of work: a process that does a part alone may write, any other one is asked.
func (sc *scan) held(ctx context.Context, tx db.Tx) error {
	if sc.hold == nil {
		return nil
	}
	return sc.hold(ctx, tx)
}

// spend adds to the progress in the store what a unit of work of a part has cost. It comes last, since the row of the run is locked from then on.
func (sc *scan) spend(ctx context.Context, tx db.Tx, p catalog.Progress) error {
	if sc.hold == nil {
		return sc.run.Save(ctx, tx, sc.sofar(p))
	}
	return sc.run.Add(ctx, tx, p)
}

// sofar gives the progress with what is about to be added.
func (sc *scan) sofar(p catalog.Progress) catalog.Progress {
	sc.mu.Lock()
	defer sc.mu.Unlock()
	sum := sc.report.Progress
	sum.Add(p)
	return sum
}

// Args writes the options as a job carries them.
func (o Options) Args() map[string]string {
	return map[string]string{
		"full": strconv.FormatBool(o.Full), "again": strconv.FormatBool(o.Again), "sample": strconv.Itoa(o.Sample), "bytes": strconv.FormatInt(o.Bytes, 10),
		"workers": strconv.Itoa(o.Workers), "timeout": o.Timeout.String(), "seed": strconv.FormatUint(o.Seed, 10),
	}
}

// OptionsOf reads what Args wrote.
func OptionsOf(args map[string]string) (o Options, err error) {
	note := func(e error) {
		if e != nil && err == nil {
			err = errkind.New(errkind.Invalid, "the options of a part of a scan cannot be read")
		}
	}
	var e error
	o.Full, e = strconv.ParseBool(args["full"])
	note(e)
	o.Again, e = strconv.ParseBool(args["again"])
	note(e)
	o.Sample, e = strconv.Atoi(args["sample"])
	note(e)
	o.Bytes, e = strconv.ParseInt(args["bytes"], 10, 64)
	note(e)
	o.Workers, e = strconv.Atoi(args["workers"])
	note(e)
	o.Timeout, e = time.ParseDuration(args["timeout"])
	note(e)
	o.Seed, e = strconv.ParseUint(args["seed"], 10, 64)
	note(e)
	return o, err
}
