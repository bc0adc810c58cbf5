package mysql_test

import (
	"fmt"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"vestige/connectors"
	"vestige/connectors/mysql"
	"vestige/internal/clock"
	"vestige/internal/testenv"
)

// BenchmarkScan reads 200 tables of 20 columns and 2,000 rows through the connector, values only, and by the server's own client in turn; it reports the ratio.
func BenchmarkScan(b *testing.B) {
	const tables, rows = 200, 2000
	client, err := exec.LookPath("mariadb")
	if err != nil {
		testenv.MustRun(b, "mariadb")
	}
	d := testenv.MariaDB(b)
	db := d.Open(b)
	var cols, values []string
	for i := range 20 {
		cols = append(cols, fmt.Sprintf("c%d %s", i, []string{"VARCHAR(60)", "BIGINT", "DOUBLE", "VARCHAR(20)"}[i%4]))
		values = append(values, []string{"CONCAT('person',seq,'@example.com')", "seq*7919", "seq*0.25", "HEX(seq*104729)"}[i%4])
	}
	var script strings.Builder
	for t := range tables {
		must(b, db, fmt.Sprintf("CREATE TABLE t%d (id INT PRIMARY KEY, %s); INSERT INTO t%d SELECT seq, %s FROM seq_1_to_%d", t, strings.Join(cols, ", "), t, strings.Join(values, ", "), rows))
		fmt.Fprintf(&script, "SELECT * FROM t%d;", t)
	}
	s, err := connectors.Open(b.Context(), connectors.Env{}, "wide", mysql.Spec(), config(d))
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	ours, theirs := time.Duration(0), time.Duration(0)
	for b.Loop() {
		at := clock.Now()
		if n := scan(b, s); n != tables*rows {
			b.Fatal(n)
		}
		ours += clock.Since(at)
		at = clock.Now()
		cmd := exec.Command(client, "--no-defaults", "--skip-ssl", "--quick", "-N", "-h", d.Host, "-P", strconv.Itoa(d.Port), "-u", d.User, "-p"+d.Password, "-e", script.String(), d.Name)
		if err := cmd.Run(); err != nil {
			b.Fatal(err)
		}
		theirs += clock.Since(at)
	}
	b.ReportMetric(float64(ours)/float64(theirs), "×client")
	b.ReportMetric(float64(ours.Milliseconds())/float64(b.N), "ms/ours")
	b.ReportMetric(float64(theirs.Milliseconds())/float64(b.N), "ms/client")
}

// scan discovers and reads everything.
func scan(b *testing.B, s *connectors.Source) (n int) {
	for ds, err := range s.Discover(b.Context()) {
		if err != nil {
			b.Fatal(err)
		}
		for batch, err := range s.Read(b.Context(), connectors.Query{Dataset: ds, Bare: true}) {
			if err != nil {
				b.Fatal(err)
			}
			n += batch.Len()
		}
	}
	return n
}
