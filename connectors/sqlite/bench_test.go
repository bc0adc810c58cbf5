package sqlite_test

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"vestige/connectors"
	"vestige/connectors/sqlite"
	"vestige/pii"
)

// BenchmarkScan reads whole tables of 20 columns, through the connector and by a bare SELECT * of the same client.
func BenchmarkScan(b *testing.B) {
	path := filepath.Join(b.TempDir(), "wide.db")
	db := open(b, path)
	var cols, values []string
	for i := range 20 {
		cols = append(cols, fmt.Sprintf("c%d %s", i, []string{"TEXT", "INTEGER", "REAL", "TEXT"}[i%4]))
		values = append(values, []string{"'person'||i||'@example.com'", "i*7919", "i*0.25", "hex(randomblob(8))"}[i%4])
	}
	for t := range 10 {
		for _, s := range []string{
			fmt.Sprintf("CREATE TABLE t%d (id INTEGER PRIMARY KEY, %s)", t, strings.Join(cols, ", ")),
			fmt.Sprintf("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i < 2000) INSERT INTO t%d SELECT i, %s FROM n", t, strings.Join(values, ", ")),
		} {
			if _, err := db.ExecContext(b.Context(), s); err != nil {
				b.Fatal(err)
			}
		}
	}
	s, err := connectors.Open(b.Context(), connectors.Env{}, "wide", sqlite.Spec(), connectors.Config{"path": pii.NewValue(path)})
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	var ds []pii.Dataset
	for d, err := range s.Discover(b.Context()) {
		if err != nil {
			b.Fatal(err)
		}
		ds = append(ds, d)
	}
	b.Run("bare", func(b *testing.B) {
		b.ReportAllocs()
		values, into := make([]any, 21), make([]any, 21)
		for i := range values {
			into[i] = &values[i]
		}
		for b.Loop() {
			for t := range 10 {
				rows, err := db.QueryContext(b.Context(), fmt.Sprintf("SELECT * FROM t%d", t))
				if err != nil {
					b.Fatal(err)
				}
				for rows.Next() {
					if err := rows.Scan(into...); err != nil {
						b.Fatal(err)
					}
				}
				if err := rows.Err(); err != nil {
					b.Fatal(err)
				}
				_ = rows.Close()
			}
		}
	})
	b.Run("source", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			n := 0
			for _, d := range ds {
				for batch, err := range s.Read(b.Context(), connectors.Query{Dataset: d}) {
					if err != nil {
						b.Fatal(err)
					}
					n += batch.Len()
				}
			}
			if n != 20000 {
				b.Fatal(n)
			}
		}
	})
}
