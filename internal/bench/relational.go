package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"

	"vestige/internal/testenv"
)

// postgreSQL measures scans of a PostgreSQL beside one connection's COPY in binary form of every table, to nowhere.
func postgreSQL(ctx context.Context, dir string, z scale) ([]figure, error) {
	return with(ctx, "PostgreSQL", func(t *stand) ([]figure, error) {
		dsn := testenv.Postgres(t)
		c, err := pgconn.Connect(ctx, dsn)
		if err != nil {
			return nil, err
		}
		defer func() { _ = c.Close(ctx) }()
		tables := z.of(200)
		for n := range tables {
			if err := c.Exec(ctx, postgresTable(n)).Close(); err != nil {
				return nil, err
			}
		}
		if err := c.Exec(ctx, "VACUUM ANALYZE").Close(); err != nil {
			return nil, err
		}
		w := wide{what: "PostgreSQL", bare: "COPY in binary form on one connection", tables: tables, task: task{Connector: "postgres", Config: map[string]string{"dsn": dsn}, Temp: dir}}
		return w.contest(ctx, dir, z, func() error {
			for n := range tables {
				if _, err := c.CopyTo(ctx, io.Discard, fmt.Sprintf("COPY t%d TO STDOUT (FORMAT binary)", n)); err != nil {
					return err
				}
			}
			return nil
		})
	})
}

func postgresTable(n int) string {
	kinds := []struct{ typ, value string }{
		{"text", "'person'||i||'@example.com'"}, {"bigint", "i*7919"}, {"double precision", "i*0.25"}, {"text", "substr(md5(i::text||random()), 1, 16)"},
		{"text", "'The parcel of order '||i||' has not arrived yet'"}, {"integer", "i%7"}, {"timestamptz", "'2024-01-01Z'::timestamptz+i*interval '977 s'"},
		{"text", "'+1 202 555 01'||lpad((i%100)::text, 2, '0')"}, {"text", "'state'||i%5"}, {"numeric(12,2)", "NULL"},
	}
	var cols, values []string
	for i := range columns {
		k := kinds[i%len(kinds)]
		cols, values = append(cols, fmt.Sprintf("c%d %s", i, k.typ)), append(values, k.value)
	}
	return fmt.Sprintf("CREATE TABLE t%d (id bigint PRIMARY KEY, %s); INSERT INTO t%d SELECT i, %s FROM generate_series(1, %d) i", n, strings.Join(cols, ", "), n, strings.Join(values, ", "), rows)
}

// mariaDB measures scans of a MariaDB beside its own client, whose output goes nowhere.
func mariaDB(ctx context.Context, dir string, z scale) ([]figure, error) {
	return with(ctx, "MariaDB", func(t *stand) ([]figure, error) {
		client, err := exec.LookPath("mariadb")
		if err != nil {
			testenv.MustRun(t, "mariadb")
		}
		d := testenv.MariaDB(t)
		tables := z.of(200)
		script, err := mariaTables(ctx, d.Open(t), tables)
		if err != nil {
			return nil, err
		}
		port := strconv.Itoa(d.Port)
		w := wide{what: "MariaDB", bare: "SELECT * by its own client", tables: tables, task: task{Connector: "mysql", Temp: dir, Config: map[string]string{
			"host": d.Host, "port": port, "user": d.User, "password": d.Password, "database": d.Name,
		}}}
		return w.contest(ctx, dir, z, func() error {
			return exec.CommandContext(ctx, client, "--no-defaults", "--skip-ssl", "--quick", "-N", "-h", d.Host, "-P", port, "-u", d.User, "-p"+d.Password, "-e", script, d.Name).Run()
		})
	})
}

// mariaTables makes the tables and gives what reads them.
func mariaTables(ctx context.Context, db *sql.DB, tables int) (script string, err error) {
	kinds := []struct{ typ, value string }{
		{"VARCHAR(60)", "CONCAT('person',seq,'@example.com')"}, {"BIGINT", "seq*7919"}, {"DOUBLE", "seq*0.25"}, {"VARCHAR(20)", "SUBSTR(MD5(CONCAT(seq,RAND())),1,16)"},
		{"VARCHAR(80)", "CONCAT('The parcel of order ',seq,' has not arrived yet')"}, {"INT", "seq%7"}, {"DATETIME", "'2024-01-01' + INTERVAL seq*977 SECOND"},
		{"VARCHAR(20)", "CONCAT('+1 202 555 01',LPAD(seq%100,2,'0'))"}, {"VARCHAR(10)", "CONCAT('state',seq%5)"}, {"DECIMAL(12,2)", "NULL"},
	}
	var cols, values []string
	for i := range columns {
		k := kinds[i%len(kinds)]
		cols, values = append(cols, fmt.Sprintf("c%d %s", i, k.typ)), append(values, k.value)
	}
	for n := range tables {
		_, e := db.ExecContext(ctx, fmt.Sprintf("CREATE TABLE t%d (id INT PRIMARY KEY, %s); INSERT INTO t%d SELECT seq, %s FROM seq_1_to_%d; ANALYZE TABLE t%d", n, strings.Join(cols, ", "), n, strings.Join(values, ", "), rows, n))
		err = errors.Join(err, e)
		script += fmt.Sprintf("SELECT * FROM t%d;", n)
	}
	return script, err
}
