package connectortest

import (
	"bytes"
	"context"
	"fmt"
	"iter"
	"math"
	"runtime"
	"slices"
	"strings"
	"time"

	"go.uber.org/goleak"

	"vestige/connectors"
	"vestige/internal/clock"
	"vestige/internal/errkind"
	"vestige/pii"
)

func readChecks() []check {
	return []check{
		{"read/exact", readExact},
		{"read/projection", readProjection},
		{"read/keys-and-limit", readKeysAndLimit},
		{"read/paging", readPaging},
		{"read/empty", readEmpty},
		{"read/keys", readKeys},
		{"read/digests", readDigests},
		{"read/equal-records", readEqualRecords},
		{"read/as-data", readAsData},
		{"read/break", readBreak},
		{"read/cancel", readCancel},
		{"read/ends", readEnds},
		{"read/changes-nothing", readChangesNothing},
		{"read/bounded", readBounded},
	}
}

// everything is a dataset with one field of each type and the values that get lost.
func everything() Dataset {
	d := Dataset{Name: "everything", Fields: []Field{
		{Name: "id", Type: pii.Text}, {Name: "words", Type: pii.Text}, {Name: "number", Type: pii.Int}, {Name: "ratio", Type: pii.Float},
		{Name: "yes", Type: pii.Bool}, {Name: "at", Type: pii.Time}, {Name: "blob", Type: pii.Bytes}, {Name: "doc", Type: pii.JSON},
	}, Key: []string{"id"}}
	words := []any{"plain", "", nil, " spaces ", "tab\tnew\nline\r\nend", "zero\x00byte", "emoji 👩‍👩‍👧 é e\u0301 \u00a0", `quote " ' \ , ;`, "null", "NULL", "\\N", strings.Repeat("long ", 1<<18), "=1+1", "ünïcödé"}
	numbers := []any{0, -1, nil, 42, int64(math.MaxInt64), int64(math.MinInt64), 9007199254740993}
	ratios := []any{"0.5", "-1.25", nil, "1234567.875", "3.141592653589793"}
	times := []any{"2026-02-03T04:05:06Z", nil, "1969-12-31T23:59:59.5Z", "2026-02-03T04:05:06.000001Z"}
	blobs := []any{[]byte{0, 1, 255, 254}, nil, []byte{}, []byte("text")}
	docs := []any{`{"a":[1,2,{"b":null}]}`, nil, `[]`, `{ "spaced" : 1.0 , "e":"\u00e9" }`}
	for i := range words {
		d.Rows = append(d.Rows, R(fmt.Sprint("r", i), words[i], numbers[i%len(numbers)], ratios[i%len(ratios)], []any{"true", "false", nil}[i%3],
			times[i%len(times)], blobs[i%len(blobs)], docs[i%len(docs)]))
	}
	return d
}

// readExact: reading gives exactly what was put in, each type and NULL apart from "".
func readExact(b *bench) {
	r := b.start(Fixture{Datasets: []Dataset{everything()}})
	want := r.fixed("everything")
	equal(b, "the system's own client, of what the fixture says", r.Peek(r.real)["everything"], want.Rows)
	got, gaps := r.read("everything")
	if len(gaps) > 0 {
		b.Errorf("there are gaps: %v", gaps)
	}
	for i, f := range want.Fields {
		var g, w []Row
		for _, rec := range got {
			g = append(g, Row{rec.row[0], rec.row[i]})
		}
		for _, row := range want.Rows {
			w = append(w, Row{row[0], row[i]})
		}
		equal(b, "the field "+f.Name, g, w)
	}
}

// readProjection: fields come in the order asked for, and no others.
func readProjection(b *bench) {
	r := b.start(Fixture{Datasets: []Dataset{accounts()}})
	names := []string{r.named("note"), r.named("mail")}
	q := connectors.Query{Dataset: r.dataset("accounts"), Fields: names}
	var got []Row
	for batch, err := range r.driver(connectors.Scan).Read(context.Background(), q) {
		if err != nil {
			b.Fatalf("reading: %v", err)
		}
		var columns []string
		for _, c := range batch.Columns() {
			columns = append(columns, c.Field.Name)
		}
		if !slices.Equal(columns, names) {
			b.Fatalf("the columns are %q, asked for were %q", columns, names)
		}
		part := make([]record, batch.Len())
		for i := range part {
			part[i].row = make(Row, 2)
		}
		fill(part, batch, 0, names[0])
		fill(part, batch, 1, names[1])
		got = append(got, rows(part)...)
	}
	var want []Row
	for _, row := range r.fixed("accounts").Rows {
		want = append(want, Row{row[2], row[0]})
	}
	equal(b, "two fields", got, want)
}

// readKeysAndLimit: with keys exactly their records come, and a key that is not there is none; with a limit no more than that many.
func readKeysAndLimit(b *bench) {
	r := b.start(Fixture{Datasets: []Dataset{people(50, 2)}})
	all, _ := r.read("people")
	read := func(q connectors.Query) []record {
		q.Dataset = r.dataset("people")
		got, _ := r.records("people", r.driver(connectors.Scan).Read(context.Background(), q))
		return got
	}
	if len(all) > 0 && all[0].key != nil {
		odd := make(pii.Key, len(all[0].key))
		for i := range odd {
			odd[i] = pii.NewValue("987654321")
		}
		got := read(connectors.Query{Keys: []pii.Key{all[33].key, odd, all[4].key}})
		equal(b, "two keys and one that is not there", rows(got), []Row{all[4].row, all[33].row})
		if got := read(connectors.Query{Keys: []pii.Key{}}); len(got) != 0 {
			b.Errorf("an empty list of keys gives %d records, want none", len(got))
		}
	}
	for _, limit := range []int{1, 7, 50, 60} {
		got := read(connectors.Query{Limit: int64(limit)})
		equal(b, fmt.Sprintf("a limit of %d", limit), rows(got), rows(all[:min(limit, 50)]))
	}
}

// readPaging: whatever the size of batches, each record comes once.
func readPaging(b *bench) {
	r := b.start(Fixture{Datasets: []Dataset{people(101, 3)}})
	for _, size := range []int{1, 2, 10, 100, 101, 1000} {
		q := connectors.Query{Dataset: r.dataset("people"), Batch: size}
		got, _ := r.records("people", r.driver(connectors.Scan).Read(context.Background(), q))
		equal(b, fmt.Sprintf("in batches of %d", size), rows(got), r.fixed("people").Rows)
	}
}

// readEmpty: a dataset without records gives none, and is discovered with its fields.
func readEmpty(b *bench) {
	b.need(NeedEmpty)
	d := accounts()
	d.Rows = nil
	r := b.start(Fixture{Datasets: []Dataset{d}})
	if got, gaps := r.read("accounts"); len(got)+len(gaps) > 0 {
		b.Errorf("an empty dataset gives %d records and %d gaps", len(got), len(gaps))
	}
	r.field("accounts", "mail")
}

// readKeys: keys, where there are any, are unique, the same on a second read, and there whatever fields are asked for.
func readKeys(b *bench) {
	r := b.start(Fixture{Datasets: []Dataset{people(60, 4)}})
	keys := func(q connectors.Query) (out []string) {
		q.Dataset = r.dataset("people")
		got, _ := r.records("people", r.driver(connectors.Scan).Read(context.Background(), q))
		for _, rec := range got {
			if len(rec.key) != len(r.dataset("people").Key) {
				b.Fatalf("a record's key has %d parts, the dataset's %d", len(rec.key), len(r.dataset("people").Key))
			}
			out = append(out, rec.key.ID())
		}
		return out
	}
	first := keys(connectors.Query{})
	if len(r.dataset("people").Key) == 0 {
		return
	}
	seen := map[string]bool{}
	for _, k := range first {
		if seen[k] {
			b.Errorf("two records have one key")
		}
		seen[k] = true
	}
	if !slices.Equal(first, keys(connectors.Query{})) {
		b.Errorf("a second read gives other keys, or another order")
	}
	if !slices.Equal(first, keys(connectors.Query{Fields: []string{r.named("note")}})) {
		b.Errorf("reading another field alone gives other keys")
	}
}

// readDigests: a record has one digest whatever fields are asked for, and different records have different ones.
func readDigests(b *bench) {
	r := b.start(Fixture{Datasets: []Dataset{people(60, 5)}})
	digests := func(fields ...string) (out []pii.Digest) {
		q := connectors.Query{Dataset: r.dataset("people"), Fields: fields}
		got, _ := r.records("people", r.driver(connectors.Scan).Read(context.Background(), q))
		for _, rec := range got {
			out = append(out, rec.digest)
		}
		return out
	}
	all := digests()
	if !slices.Equal(all, digests(r.named("note"))) || !slices.Equal(all, digests(r.named("mail"), r.named("id"))) {
		b.Errorf("a record's digest depends on the fields asked for")
	}
	seen := map[pii.Digest]bool{}
	for _, d := range all {
		if seen[d] || d == (pii.Digest{}) {
			b.Errorf("different records have one digest, or none")
		}
		seen[d] = true
	}
}

// readEqualRecords: records that are equal in all fields are each yielded, whether or not anything tells them apart.
func readEqualRecords(b *bench) {
	b.need(NeedKeyless)
	d := Dataset{Name: "visits", Fields: F("mail", "page")}
	for i := range 9 {
		d.Rows = append(d.Rows, R(mail(i/3), "home"))
	}
	r := b.start(Fixture{Datasets: []Dataset{d}})
	got, _ := r.read("visits")
	equal(b, "equal records", rows(got), d.Rows)
	keyed := len(r.dataset("visits").Key) > 0
	for i := range got {
		for k := range i {
			if !keyed && bytes.Equal(got[i].row[0], got[k].row[0]) && got[i].digest != got[k].digest {
				b.Errorf("equal records have different digests, and no key")
			}
		}
	}
}

// language is values that look like what systems understand.
var language = []string{"'; DROP TABLE accounts; --", `" OR "1"="1`, "' OR '1'='1", "%", "_", "*", "?", "$1", ":1", "NULL", "${HOME}", "{{.}}", "\\", "a'b", `a"b`, "../../x", "1; DELETE", "$(id)", "`id`", "0x41", "1 OR 1=1", "(((", "[a-z]", "person_1@example.org"}

// readAsData: values that look like the system's language are found and erased as what they are, and nothing else is.
func readAsData(b *bench) {
	d := Dataset{Name: "accounts", Fields: F("mail", "note"), Key: []string{"mail"}}
	for _, v := range append([]string{"person1@example.org", "personX1@example.org", "1", "plain", "A", "a", "41"}, language...) {
		d.Rows = append(d.Rows, R(v, "note of "+v))
	}
	r := b.start(Fixture{Datasets: []Dataset{d}})
	want := r.Peek(r.real)
	equal(b, "what the fixture says", want["accounts"], d.Rows)
	_, erases := r.Spec.Type.(connectors.Eraser)
	for _, v := range language {
		r.locatesOnly("accounts", "mail", v)
		if !erases {
			continue
		}
		r.erase(unit(r.act("accounts", pii.Delete, r.where("accounts", "mail", v).target())))
		want = want.edit("accounts", drop(0, v))
		r.holds("after erasing one value", want)
	}
}

// locatesOnly fails the check where a Locator finds more or less than the one record with a value.
func (r *rig) locatesOnly(name, field, v string) {
	r.Helper()
	l, ok := r.driver(connectors.Scan).(connectors.Locator)
	m := pii.Match{Dataset: r.dataset(name), Terms: []pii.Term{{Field: r.named(field), Mode: pii.Exact, Values: []pii.Value{pii.NewValue(v)}}}}
	if !ok || !l.CanLocate(m) {
		return
	}
	if n := len(list(r, l.Locate(context.Background(), m))); n != 1 {
		r.Errorf("locating a value that looks like language (%q) finds %d records, want 1", v, n)
	}
}

// sequences gives every sequence that the connector has over a dataset, as sequences of nothing but errors.
func (r *rig) sequences(name string) map[string]func(context.Context) iter.Seq[error] {
	d, ds := r.driver(connectors.Scan), r.dataset(name)
	m := pii.Match{Dataset: ds, Terms: []pii.Term{{Field: r.named("word"), Mode: pii.Exact, Values: []pii.Value{pii.NewValue("word")}}}}
	out := map[string]func(context.Context) iter.Seq[error]{
		"Discover": func(ctx context.Context) iter.Seq[error] { return errs(d.Discover(ctx)) },
		"Read": func(ctx context.Context) iter.Seq[error] {
			return errs(d.Read(ctx, connectors.Query{Dataset: ds, Batch: 10}))
		},
	}
	if s, ok := d.(connectors.Sampler); ok {
		out["Sample"] = func(ctx context.Context) iter.Seq[error] {
			return errs(s.Sample(ctx, connectors.Query{Dataset: ds, Batch: 10}, 3000))
		}
	}
	if l, ok := d.(connectors.Locator); ok && l.CanLocate(m) {
		out["Locate"] = func(ctx context.Context) iter.Seq[error] { return errs(l.Locate(ctx, m)) }
	}
	if s, ok := d.(connectors.Searcher); ok {
		out["Search"] = func(ctx context.Context) iter.Seq[error] {
			return errs(s.Search(ctx, ds, pii.Needles{Terms: []pii.Term{{Mode: pii.Exact, Values: m.Terms[0].Values}}}))
		}
	}
	if e, ok := d.(connectors.Exporter); ok {
		out["Export"] = func(ctx context.Context) iter.Seq[error] { return errs(e.Export(ctx, m)) }
	}
	return out
}

func errs[V any](seq iter.Seq2[V, error]) iter.Seq[error] {
	return func(yield func(error) bool) {
		for _, err := range seq {
			if !yield(err) {
				return
			}
		}
	}
}

// readBreak: breaking out of a sequence early, many times, leaves no goroutine behind and no connection taken.
func readBreak(b *bench) {
	r := b.start(Fixture{Datasets: []Dataset{large(3000)}})
	sequences := r.sequences("large")
	for name, seq := range sequences {
		for err := range seq(context.Background()) {
			if err != nil {
				b.Errorf("%s: %v", name, err)
			}
		}
	}
	running := goleak.IgnoreCurrent()
	for name, seq := range sequences {
		for range 20 {
			for err := range seq(context.Background()) {
				if err != nil {
					b.Errorf("%s: %v", name, err)
				}
				break
			}
		}
	}
	if err := goleak.Find(running); err != nil {
		b.Errorf("a sequence that was broken out of leaves: %v", err)
	}
	got, _ := r.read("large")
	if len(got) != 3000 {
		b.Errorf("afterwards a full read gives %d records, want 3000", len(got))
	}
}

// readCancel: when the context ends a sequence ends within a second, with the context's error.
func readCancel(b *bench) {
	r := b.start(Fixture{Datasets: []Dataset{large(3000)}})
	for name, seq := range r.sequences("large") {
		ctx, cancel := context.WithCancel(context.Background())
		n, last, ended := 0, error(nil), clock.Now()
		for err := range seq(ctx) {
			if n++; n == 1 {
				cancel()
				ended = clock.Now()
			}
			if last = err; err != nil {
				break
			}
		}
		cancel()
		if took := clock.Since(ended); took > time.Second {
			b.Errorf("%s goes on for %v after its context ended", name, took)
		}
		if n > 1 && errkind.Of(last) != errkind.Canceled || n == 1 && name == "Read" {
			b.Errorf("%s ends with %v after its context ended, want ctx.Err()", name, last)
		}
		if err := first(seq(ctx)); errkind.Of(err) != errkind.Canceled {
			b.Errorf("%s with a context that has ended begins with %v, want ctx.Err()", name, err)
		}
	}
}

func first(seq iter.Seq[error]) error {
	for err := range seq {
		return err
	}
	return nil
}

// readEnds: after an error a sequence yields nothing more.
func readEnds(b *bench) {
	r := b.start(Fixture{Datasets: []Dataset{large(3000)}})
	for name, seq := range r.sequences("large") {
		for at := range 3 {
			ctx, cancel := context.WithCancel(context.Background())
			failed, n := false, 0
			for err := range seq(ctx) {
				if failed {
					b.Errorf("%s yields something after an error", name)
				}
				failed = err != nil
				if n++; n > at {
					cancel()
				}
			}
			cancel()
		}
	}
}

// readChangesNothing: whatever reads, changes nothing.
func readChangesNothing(b *bench) {
	r := b.start(Fixture{Datasets: []Dataset{large(200), accounts()}})
	before := r.Peek(r.real)
	for name, seq := range r.sequences("large") {
		for err := range seq(context.Background()) {
			if err != nil {
				b.Errorf("%s: %v", name, err)
			}
		}
	}
	if p, ok := r.driver(connectors.Scan).(connectors.Profiler); ok {
		if _, err := p.Profile(context.Background(), r.dataset("large")); err != nil && errkind.Of(err) != errkind.Unsupported {
			b.Errorf("profile: %v", err)
		}
	}
	r.unchanged("after reading in every way", before)
}

// readBounded: a dataset that is larger than the room given streams in bounded memory.
func readBounded(b *bench) {
	const room = 48 << 20
	n, d := b.meet().records, large(b.meet().records)
	for _, row := range d.Rows {
		row[2] = bytes.Repeat([]byte("word "), b.meet().word/5+1)
	}
	r := b.start(Fixture{Datasets: []Dataset{d}})
	ds := r.dataset("large")
	before, seen, next := heap(), 0, 0
	for batch, err := range r.driver(connectors.Scan).Read(context.Background(), connectors.Query{Dataset: ds}) {
		if err != nil {
			b.Fatalf("reading: %v", err)
		}
		if batch.Len() > 10_000 || batch.Size() > 16<<20 {
			b.Fatalf("a batch has %d records in %d bytes", batch.Len(), batch.Size())
		}
		if seen += batch.Len(); seen < next {
			continue
		}
		next += n / 8
		if now := heap(); now > before+room {
			b.Fatalf("after %d records %d bytes more are held than before", seen, now-before)
		}
	}
	if seen != n {
		b.Errorf("%d records are read, want %d", seen, n)
	}
}

// heap gives the bytes that are in use.
func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
