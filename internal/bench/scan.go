package main

import (
	"context"
	"database/sql"
	"fmt"
	"path/filepath"
	"strings"

	_ "modernc.org/sqlite" // the driver that the connector reads with too

	"vestige/catalog"
	"vestige/connectors"
	"vestige/connectors/sqlite"
	"vestige/internal/clock"
	"vestige/pii"
	"vestige/scanner"
	"vestige/store"
)

const columns, rows = 20, 2000

// scan measures a full scan of a database of many tables beside a bare SELECT * of all of them by the same driver.
func scan(ctx context.Context, dir string, small bool) ([]figure, error) {
	tables := 200
	if small {
		tables = 20
	}
	path := filepath.Join(dir, "wide.db")
	db, err := sql.Open("sqlite", path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = db.Close() }()
	if err := fill(ctx, db, tables); err != nil {
		return nil, err
	}
	bare, err := timed(func() error { return selectAll(ctx, db, tables) })
	if err != nil {
		return nil, err
	}
	src, err := connectors.Open(ctx, connectors.Env{Temp: dir}, "wide", sqlite.Spec(), connectors.Config{"path": pii.NewValue(path)})
	if err != nil {
		return nil, err
	}
	defer func() { _ = src.Close() }()
	read, err := timed(func() error { return readAll(ctx, src) })
	if err != nil {
		return nil, err
	}
	full, err := timed(func() error { return scanInto(ctx, src, filepath.Join(dir, "data")) })
	if err != nil {
		return nil, err
	}
	what := fmt.Sprintf("%d tables × %d columns × %d rows", tables, columns, rows)
	return []figure{
		atMost("full scan of "+what+", in bare SELECT *, by the wall", full.wall/bare.wall, 1.5, " ×"),
		plain("the same by processor time", full.cpu/bare.cpu, " ×"),
		plain("reading alone through Source as a scan does, discovery included, by the wall", read.wall/bare.wall, " ×"),
		plain("bare SELECT * of all tables", bare.wall, " s"),
		plain("full scan", full.wall, " s"),
	}, nil
}

// took is how long something was done.
type took struct{ wall, cpu float64 }

func timed(f func() error) (took, error) {
	start, used := clock.Now(), processor()
	err := f()
	return took{clock.Since(start).Seconds(), (processor() - used).Seconds()}, err
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

// scanInto scans a source wholly into a new catalog.
func scanInto(ctx context.Context, src *connectors.Source, dir string) (err error) {
	s, err := store.Open(ctx, store.Options{Dir: dir, Command: "bench", Schemas: schemas()})
	if err != nil {
		return err
	}
	defer func() { _ = s.Close() }()
	c, err := catalog.Open(ctx, s.DB(), dir)
	if err != nil {
		return err
	}
	defer func() { _ = c.Close() }()
	set, err := newSet()
	if err != nil {
		return err
	}
	r, err := scanner.New(c, s.DB(), set, []byte("a key for sketches"), "bench", quiet()).Scan(ctx, src, scanner.Options{Full: true}, nil)
	if err == nil && r.Outcome != "done" {
		return fmt.Errorf("the scan is %s, with %d gaps", r.Outcome, len(r.Gaps))
	}
	if err != nil {
		return err
	}
	_, err = c.Search(ctx, "is:pii", catalog.Page{Limit: 1}) // which waits for the index
	return err
}
