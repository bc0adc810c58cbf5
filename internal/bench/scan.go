package main

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	_ "modernc.org/sqlite" // the driver that the connector reads with too

	"vestige/connectors"
	"vestige/internal/clock"
	"vestige/pii"
	"vestige/scanner"
)

const columns, rows = 20, 2000

// scan measures a full scan of a database of many tables beside a bare SELECT * of all of them by the same driver.
func scan(ctx context.Context, dir string, z scale) ([]figure, error) {
	tables := z.of(200)
	path := filepath.Join(dir, "wide.db")
	db, err := sql.Open("sqlite", path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = db.Close() }()
	if err := fill(ctx, db, tables); err != nil {
		return nil, err
	}
	w := wide{what: "SQLite", bare: "SELECT * by the same driver", tables: tables, task: task{Connector: "sqlite", Config: map[string]string{"path": path}, Temp: dir}}
	fs, err := w.contest(ctx, dir, z, func() error { return selectAll(ctx, db, tables) })
	return fs, err
}

// wide is an estate of many tables of 20 columns and 2,000 records on some system.
type wide struct {
	what, bare string
	tables     int
	task       task
}

// sampled is how many records of each table a sample of the benchmark has: a sample of the usual size would be the whole table.
const sampled = 500

// contest measures scans of the estate beside what is bare.
func (w *wide) contest(ctx context.Context, dir string, z scale, bare func() error) ([]figure, error) {
	var c contest
	var reads, again, samples []took
	peak := 0.0
	err := c.run(z.rounds(), func(int) (took, error) { return timed(os.Getpid(), bare) }, func(i int) (took, error) {
		t := w.task
		data := filepath.Join(dir, fmt.Sprintf("%s-%d", t.Connector, i))
		full := scanner.Options{Full: true}
		t.Steps = []step{{}, {Data: data, Options: full}, {Data: data, Options: full}, {Data: data + "-sample", Options: scanner.Options{Sample: sampled}}}
		out, err := apart(ctx, t)
		if err != nil {
			return took{}, err
		}
		reads, again, samples, peak = append(reads, out.Steps[0]), append(again, out.Steps[2]), append(samples, out.Steps[3]), max(peak, out.Peak)
		return out.Steps[1], nil
	})
	if err != nil {
		return nil, err
	}
	return w.figures(&c, reads, again, samples, peak), nil
}

func (w *wide) figures(c *contest, reads, again, samples []took, peak float64) []figure {
	what := fmt.Sprintf("%s, %d tables × %d columns × %d records: ", w.what, w.tables, columns, rows)
	fs := []figure{atMost(what+"full scan until all evidence is in the store, in "+w.bare+", by the wall", ratio(c.ours, c.bare, wall), 1.5, " ×")}
	return append(fs,
		atMost(what+fmt.Sprintf("scan by samples of %d records, in the same", sampled), ratio(samples, c.bare, wall), 1, " ×"),
		atMost(what+"second scan, nothing changed, in the same", ratio(again, c.bare, wall), 0.3, " ×"),
		plain(what+"full scan by processor time, the server's included, in the same", ratio(c.ours, c.bare, total), " ×"),
		plain(what+"full scan until a search sees all of it, in the same", ratios(c.ours, c.bare, func(t took) float64 { return t.Seen }, wall), " ×"),
		plain(what+"reading through the connector as a scan does, in the same", ratio(reads, c.bare, wall), " ×"),
		plain(what+w.bare, median(walls(c.bare)), " s"),
		plain(what+"full scan", median(walls(c.ours)), " s"),
		plain(what+"full scan, processor time of the scanning process", median(cpus(c.ours)), " s"),
		atMost(what+"peak memory of all these scans", peak, 300, " MB"),
	)
}

// timed does something. The family of the process with the number root, which this one is of, has the server.
func timed(root int, f func() error) (took, error) {
	start, used, all := clock.Now(), processor(), family(root)
	err := f()
	return took{Wall: clock.Since(start).Seconds(), CPU: (processor() - used).Seconds(), All: (family(root) - all).Seconds()}, err
}

// fill makes tables that hold something of everything.
func fill(ctx context.Context, db *sql.DB, tables int) error {
	kinds := []struct{ typ, value string }{
		{"TEXT", "'person'||i||'@example.com'"}, {"INTEGER", "i*7919"}, {"REAL", "i*0.25"}, {"TEXT", "hex(randomblob(8))"},
		{"TEXT", "'The parcel of order '||i||' has not arrived yet'"}, {"INTEGER", "i%7"}, {"TEXT", "date(1700000000+i*977,'unixepoch')"},
		{"TEXT", "'+1 202 555 01'||printf('%02d',i%100)"}, {"TEXT", "'state'||i%5"}, {"INTEGER", "NULL"},
	}
	var cols, values []string
	for i := range columns {
		k := kinds[i%len(kinds)]
		cols, values = append(cols, fmt.Sprintf("c%d %s", i, k.typ)), append(values, k.value)
	}
	for t := range tables {
		for _, s := range []string{
			fmt.Sprintf("CREATE TABLE t%d (id INTEGER PRIMARY KEY, %s)", t, strings.Join(cols, ", ")),
			fmt.Sprintf("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i < %d) INSERT INTO t%d SELECT i, %s FROM n", rows, t, strings.Join(values, ", ")),
		} {
			if _, err := db.ExecContext(ctx, s); err != nil {
				return err
			}
		}
	}
	return nil
}

func selectAll(ctx context.Context, db *sql.DB, tables int) error {
	values, into := make([]any, columns+1), make([]any, columns+1)
	for i := range values {
		into[i] = &values[i]
	}
	for t := range tables {
		if err := selectOne(ctx, db, t, into); err != nil {
			return err
		}
	}
	return nil
}

func selectOne(ctx context.Context, db *sql.DB, table int, into []any) error {
	found, err := db.QueryContext(ctx, fmt.Sprintf("SELECT * FROM t%d", table))
	if err != nil {
		return err
	}
	defer func() { _ = found.Close() }()
	for found.Next() {
		if err := found.Scan(into...); err != nil {
			return err
		}
	}
	return found.Err()
}

// readAll reads as a scan does, and looks at nothing.
func readAll(ctx context.Context, src *connectors.Source) error {
	var ds []pii.Dataset
	for d, err := range src.Discover(ctx) {
		if err != nil {
			return err
		}
		ds = append(ds, d)
	}
	for _, d := range ds {
		for _, err := range src.Read(ctx, connectors.Query{Dataset: d, Batch: 2048, Bare: true}) {
			if err != nil {
				return err
			}
		}
	}
	return nil
}
