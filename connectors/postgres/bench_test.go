package postgres_test

import (
	"context"
	"fmt"
	"io"
	"strings"
	"testing"

	"vestige/connectors"
	"vestige/connectors/postgres"
	"vestige/internal/testenv"
	"vestige/pii"
)

// BenchmarkScan reads 200 tables of 20 columns and 2,000 records through the connector, and by one connection's COPY in binary form to nowhere. The ratio is what the
// connector costs beside it.
func BenchmarkScan(b *testing.B) {
	dsn := testenv.Postgres(b)
	c := owned(b, dsn)
	var cols, values []string
	for i := range 20 {
		cols = append(cols, fmt.Sprintf("c%d %s", i, []string{"text", "bigint", "double precision", "text", "timestamptz", "numeric(12,2)"}[i%6]))
		values = append(values, []string{"'person'||i||'@example.com'", "i*7919", "i*0.25", "md5(i::text)", "'2024-01-01Z'::timestamptz+i*interval '1 hour'", "i*1.01"}[i%6])
	}
	for n := range 200 {
		must(b, c, fmt.Sprintf("CREATE TABLE t%d (id bigint PRIMARY KEY, %s)", n, strings.Join(cols, ", ")),
			fmt.Sprintf("INSERT INTO t%d SELECT i, %s FROM generate_series(1, 2000) i", n, strings.Join(values, ", ")))
	}
	must(b, c, "ANALYZE")
	granted(b, c, "CREATE ROLE")
	s, err := connectors.Open(b.Context(), connectors.Env{}, "wide", postgres.Spec(), config(dsn))
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	var ds []pii.Dataset
	b.Run("discover", func(b *testing.B) {
		for b.Loop() {
			ds = nil
			for d, err := range s.Discover(b.Context()) {
				if err != nil {
					b.Fatal(err)
				}
				ds = append(ds, d)
			}
		}
	})
	reader := client(b, as(dsn, "scan"))
	var bare, source float64
	b.Run("copy", func(b *testing.B) {
		for b.Loop() {
			for n := range 200 {
				if _, err := reader.PgConn().CopyTo(context.Background(), io.Discard, fmt.Sprintf("COPY t%d TO STDOUT (FORMAT binary)", n)); err != nil {
					b.Fatal(err)
				}
			}
		}
		bare = float64(b.Elapsed()) / float64(b.N)
	})
	read := func(b *testing.B, q connectors.Query) {
		for b.Loop() {
			n := 0
			for _, d := range ds {
				q.Dataset = d
				for batch, err := range s.Read(b.Context(), q) {
					if err != nil {
						b.Fatal(err)
					}
					n += batch.Len()
				}
			}
			if n != 400_000 {
				b.Fatal(n)
			}
		}
	}
	b.Run("bare", func(b *testing.B) {
		b.ReportAllocs()
		read(b, connectors.Query{Bare: true, Batch: 2048})
		source = float64(b.Elapsed()) / float64(b.N)
		b.ReportMetric(source/bare, "×copy")
	})
	b.Run("keyed", func(b *testing.B) {
		b.ReportAllocs()
		read(b, connectors.Query{Batch: 2048})
		b.ReportMetric(float64(b.Elapsed())/float64(b.N)/bare, "×copy")
	})
	b.Run("sample", func(b *testing.B) {
		for b.Loop() {
			for _, d := range ds {
				for _, err := range s.Sample(b.Context(), connectors.Query{Dataset: d, Bare: true}, 500) {
					if err != nil {
						b.Fatal(err)
					}
				}
			}
		}
		b.ReportMetric(float64(b.Elapsed())/float64(b.N)/bare, "×copy")
	})
}
