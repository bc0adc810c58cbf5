package mysql_test

import (
	"context"
	"database/sql"
	"encoding/hex"
	"fmt"
	"net"
	"strconv"
	"strings"
	"testing"
	"time"

	"vestige/connectors"
	"vestige/connectors/connectortest"
	"vestige/connectors/mysql"
	"vestige/internal/testenv"
	"vestige/pii"
)

// servers are those that the whole suite runs on; with -short the first only.
func servers() map[string]func(testing.TB) testenv.Database {
	out := map[string]func(testing.TB) testenv.Database{"mariadb": testenv.MariaDB}
	if !testing.Short() {
		out["mysql"] = testenv.MySQL
	}
	return out
}

func TestConnector(t *testing.T) {
	for name, database := range servers() {
		t.Run(name, func(t *testing.T) {
			connectortest.Run(t, func(t *testing.T, f connectortest.Fixture) connectortest.System { return start(t, database(t), f) })
		})
	}
}

// declared are the types of a fixture's fields; those of a key have to be short and told apart byte by byte.
var declared = map[pii.FieldType]string{
	pii.Text: "LONGTEXT", pii.Int: "BIGINT", pii.Float: "DOUBLE", pii.Bool: "BOOLEAN", pii.Time: "DATETIME(6)", pii.Bytes: "LONGBLOB", pii.AnyOne: "LONGTEXT",
}

func quote(s string) string { return "`" + strings.ReplaceAll(s, "`", "``") + "`" }

func quoteAll(names []string) string {
	out := make([]string, len(names))
	for i, n := range names {
		out[i] = quote(n)
	}
	return strings.Join(out, ", ")
}

func literal(s string) string {
	return "'" + strings.NewReplacer("\\", "\\\\", "'", "''").Replace(s) + "'"
}

// create writes a fixture's table as SQL.
func create(db testenv.Database, d connectortest.Dataset) string {
	short := map[string]bool{}
	for _, list := range append([][]string{d.Key}, d.Unique...) {
		for _, name := range list {
			short[name] = true
		}
	}
	exact := "utf8mb4_nopad_bin"
	if db.Server == "mysql" {
		exact = "utf8mb4_0900_bin"
	}
	var parts []string
	for _, f := range d.Fields {
		typ := declared[f.Type]
		switch {
		case f.Type == pii.JSON:
			typ = "LONGTEXT CHECK (JSON_VALID(" + quote(f.Name) + "))"
		case short[f.Name] && f.Type == pii.Text:
			typ = "VARCHAR(180) COLLATE " + exact
		}
		if f.NotNull {
			typ += " NOT NULL"
		}
		parts = append(parts, quote(f.Name)+" "+typ)
	}
	if len(d.Key) > 0 {
		parts = append(parts, "PRIMARY KEY ("+quoteAll(d.Key)+")")
	}
	for _, u := range d.Unique {
		parts = append(parts, "UNIQUE ("+quoteAll(u)+")")
	}
	for _, r := range d.References {
		part := "FOREIGN KEY (" + quoteAll(r.Fields) + ") REFERENCES " + quote(r.To) + " (" + quoteAll(r.ToFields) + ")"
		if r.OnDelete != "" {
			part += " ON DELETE " + strings.ToUpper(string(r.OnDelete))
		}
		parts = append(parts, part)
	}
	return "CREATE TABLE " + quote(d.Name) + " (" + strings.Join(parts, ", ") + ") ENGINE=InnoDB"
}

// written writes a fixture's value as SQL.
func written(f connectortest.Field, v []byte) string {
	switch {
	case v == nil:
		return "NULL"
	case f.Type == pii.Bytes:
		return "x'" + hex.EncodeToString(v) + "'"
	case f.Type == pii.Int, f.Type == pii.Float, f.Type == pii.Bool:
		return string(v)
	case f.Type == pii.Time:
		return literal(strings.TrimSuffix(strings.Replace(string(v), "T", " ", 1), "Z"))
	}
	return "CONVERT(x'" + hex.EncodeToString(v) + "' USING utf8mb4)"
}

func must(t testing.TB, db *sql.DB, query string) {
	t.Helper()
	if _, err := db.ExecContext(context.WithoutCancel(t.Context()), query); err != nil {
		t.Fatalf("%v: %.200s", err, query)
	}
}

// insert puts the rows in, many at once; rows of one table may refer to later ones.
func insert(t testing.TB, db *sql.DB, d connectortest.Dataset) {
	t.Helper()
	var rows []string
	size := 0
	flush := func() {
		if len(rows) > 0 {
			must(t, db, "SET foreign_key_checks=0, sql_mode=''; INSERT INTO "+quote(d.Name)+" VALUES "+strings.Join(rows, ",")+"; SET foreign_key_checks=1")
		}
		rows, size = nil, 0
	}
	for _, row := range d.Rows {
		values := make([]string, len(row))
		for i := range row {
			values[i] = written(d.Fields[i], row[i])
			size += len(values[i])
		}
		if rows = append(rows, "("+strings.Join(values, ",")+")"); len(rows) >= 2000 || size > 2<<20 {
			flush()
		}
	}
	flush()
}

// config is what the connector is opened with.
func config(d testenv.Database) connectors.Config {
	out := connectors.Config{}
	for k, v := range map[string]string{"host": d.Host, "port": strconv.Itoa(d.Port), "user": d.User, "password": d.Password, "database": d.Name} {
		out[k] = pii.NewValue(v)
	}
	return out
}

// with changes one option of a configuration.
func with(cfg connectors.Config, pairs ...string) connectors.Config {
	out := connectors.Config{}
	for k, v := range cfg {
		out[k] = v
	}
	for i := 0; i < len(pairs); i += 2 {
		out[pairs[i]] = pii.NewValue(pairs[i+1])
	}
	return out
}

func start(t *testing.T, d testenv.Database, f connectortest.Fixture) connectortest.System {
	t.Helper()
	db := d.Open(t)
	for _, ds := range f.Datasets {
		must(t, db, create(d, ds))
		insert(t, db, ds)
	}
	if strings.Contains(t.Name(), "discover/versions") {
		must(t, db, "DO SLEEP(1.1)") // the servers keep the time of the last change by the second
	}
	u := user(t, db, d, "erase", "*")
	return connectortest.System{
		Spec:   mysql.Spec(),
		Config: u,
		Peek:   func(t *testing.T) connectortest.Content { t.Helper(); return peek(t, db, f) },
		Absent: with(u, "port", "1"),
		Denied: with(u, "password", "not-the-password"),
		Break: func(t *testing.T, name string) {
			t.Helper()
			must(t, db, "ALTER TABLE "+quote(name)+" RENAME TO renamed; CREATE TABLE gone (id INT); CREATE VIEW "+quote(name)+" AS SELECT * FROM gone; DROP TABLE gone")
		},
		Name: func(name string) string {
			if strings.Contains(name, ".") {
				return d.Name + "." + name
			}
			return name
		},
		Reads:   func(t *testing.T) int64 { t.Helper(); return reads(t, db) },
		Limited: limited(t, db, d, f),
		Server:  net.JoinHostPort(d.Host, strconv.Itoa(d.Port)),
		Proxied: func(addr string) connectors.Config {
			host, port, _ := net.SplitHostPort(addr)
			return with(u, "host", host, "port", port, "connect_timeout", "1s", "statement_timeout", "2s", "lock_timeout", "1s")
		},
		NetworkLimit: 20 * time.Second,
		Hold:         func(t *testing.T, name string) func() { t.Helper(); return hold(t, db, name) },
		Running:      func(t *testing.T) int { t.Helper(); return running(t, db, u) },
	}
}

// user makes a user with exactly the rights that the documentation gives for a role, on all tables or on those that are named, and what to connect with.
func user(t *testing.T, db *sql.DB, d testenv.Database, role, tables string) connectors.Config {
	t.Helper()
	name := "u_" + d.Name + "_" + role
	if tables != "*" {
		name += "_l"
	}
	must(t, db, "CREATE USER '"+name+"'@'%' IDENTIFIED BY 'secret-of-"+name+"'")
	t.Cleanup(func() { must(t, db, "DROP USER '"+name+"'@'%'") })
	grant := granted(t, role)
	if tables == "*" {
		must(t, db, "GRANT "+grant+" ON "+d.Name+".* TO '"+name+"'@'%'")
	} else {
		must(t, db, "GRANT SHOW VIEW, TRIGGER, REFERENCES ON "+d.Name+".* TO '"+name+"'@'%'")
		must(t, db, "GRANT "+grant+" ON "+d.Name+"."+quote(tables)+" TO '"+name+"'@'%'")
	}
	return with(config(d), "user", name, "password", "secret-of-"+name)
}

// granted reads the rights of a role out of the documentation.
func granted(t *testing.T, role string) string {
	t.Helper()
	_, rest, ok := strings.Cut(mysql.Spec().Doc, "CREATE USER 'vestige_"+role+"'")
	_, rest, found := strings.Cut(rest, "GRANT ")
	rights, _, end := strings.Cut(rest, " ON shop.* TO 'vestige_"+role+"'@'%';")
	if !ok || !found || !end {
		t.Fatalf("the documentation grants nothing to %s", role)
	}
	return rights
}

func limited(t *testing.T, db *sql.DB, d testenv.Database, f connectortest.Fixture) connectors.Config {
	t.Helper()
	for _, ds := range f.Datasets {
		if ds.Name == connectortest.ForbiddenName {
			return user(t, db, d, "erase", "accounts")
		}
	}
	return nil
}

// hold locks a table for everybody else.
func hold(t *testing.T, db *sql.DB, name string) func() {
	t.Helper()
	c, err := db.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.ExecContext(t.Context(), "LOCK TABLES "+quote(name)+" WRITE"); err != nil {
		t.Fatal(err)
	}
	return func() {
		_, _ = c.ExecContext(context.WithoutCancel(t.Context()), "UNLOCK TABLES")
		_ = c.Close()
	}
}

// running counts what the server does for the user of the connector.
func running(t *testing.T, db *sql.DB, u connectors.Config) (n int) {
	t.Helper()
	query := "SELECT COUNT(*) FROM information_schema.processlist WHERE command <> 'Sleep' AND user = '" + u["user"].Reveal() + "'"
	if err := db.QueryRowContext(t.Context(), query).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

// reads counts the rows that InnoDB has read.
func reads(t *testing.T, db *sql.DB) int64 {
	t.Helper()
	rows, err := db.QueryContext(t.Context(), "SHOW GLOBAL STATUS WHERE Variable_name IN ('Innodb_rows_read','Rows_read')")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	var name string
	var n int64
	for rows.Next() {
		if err := rows.Scan(&name, &n); err != nil {
			t.Fatal(err)
		}
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return n
}

// peek reads everything by database/sql, times and booleans as the fixture writes them.
func peek(t *testing.T, db *sql.DB, f connectortest.Fixture) connectortest.Content {
	t.Helper()
	out := connectortest.Content{}
	for _, d := range f.Datasets {
		cols := make([]string, len(d.Fields))
		for i, field := range d.Fields {
			name := quote(field.Name)
			switch cols[i] = name; field.Type {
			case pii.Bool:
				cols[i] = "IF(" + name + " IS NULL, NULL, IF(" + name + ", 'true', 'false'))"
			case pii.Time:
				cols[i] = "CONCAT(REPLACE(TRIM(TRAILING '.' FROM TRIM(TRAILING '0' FROM CAST(" + name + " AS CHAR))), ' ', 'T'), 'Z')"
			}
		}
		rows, err := db.QueryContext(t.Context(), "SELECT "+strings.Join(cols, ", ")+" FROM "+quote(d.Name))
		if err != nil {
			t.Fatal(err)
		}
		for rows.Next() {
			values, into := make([]any, len(cols)), make([]any, len(cols))
			for i := range values {
				into[i] = &values[i]
			}
			if err := rows.Scan(into...); err != nil {
				t.Fatal(err)
			}
			row := make(connectortest.Row, len(cols))
			for i, v := range values {
				row[i] = canonical(v)
			}
			out[d.Name] = append(out[d.Name], row)
		}
		if err := rows.Err(); err != nil {
			t.Fatal(err)
		}
		_ = rows.Close()
	}
	return out
}

func canonical(v any) []byte {
	switch v := v.(type) {
	case nil:
		return nil
	case []byte:
		return append([]byte{}, v...)
	case float64:
		return strconv.AppendFloat(nil, v, 'f', -1, 64)
	}
	return fmt.Append([]byte{}, v)
}
