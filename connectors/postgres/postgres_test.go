package postgres_test

import (
	"bytes"
	"context"
	"encoding/hex"
	"fmt"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"vestige/connectors"
	"vestige/connectors/connectortest"
	"vestige/connectors/postgres"
	"vestige/internal/testenv"
	"vestige/pii"
)

// TestConnector runs the suite on PostgreSQL 15 under exactly the privileges of doc.md: one role that scans, one that erases.
func TestConnector(t *testing.T) { connectortest.Run(t, starter(testenv.Postgres)) }

// TestConnector17 is the same on PostgreSQL 17.
func TestConnector17(t *testing.T) {
	if testing.Short() {
		t.Skip("short: on 15 alone")
	}
	connectortest.Run(t, starter(testenv.Postgres17))
}

var declared = map[pii.FieldType]string{
	pii.Text: "text", pii.Int: "bigint", pii.Float: "double precision", pii.Bool: "boolean", pii.Time: "timestamptz", pii.Bytes: "bytea", pii.JSON: "json",
}

func quote(s string) string { return `"` + strings.ReplaceAll(s, `"`, `""`) + `"` }

func quoteAll(names []string) string {
	out := make([]string, len(names))
	for i, n := range names {
		out[i] = quote(n)
	}
	return strings.Join(out, ", ")
}

// create writes a fixture's table as SQL.
func create(d connectortest.Dataset) string {
	var parts []string
	for _, f := range d.Fields {
		part := quote(f.Name) + " " + declared[f.Type]
		if f.NotNull {
			part += " NOT NULL"
		}
		parts = append(parts, part)
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
	return "CREATE TABLE " + quote(d.Name) + " (" + strings.Join(parts, ", ") + ")"
}

// client is the system's own client.
func client(t testing.TB, dsn string) *pgx.Conn {
	t.Helper()
	c, err := pgx.Connect(context.Background(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close(context.Background()) })
	return c
}

func must(t testing.TB, c *pgx.Conn, statements ...string) {
	t.Helper()
	for _, s := range statements {
		if _, err := c.PgConn().Exec(context.Background(), s).ReadAll(); err != nil {
			t.Fatalf("%s: %v", s, err)
		}
	}
}

// documented gives the statements of the documentation that contain a word, for a database.
func documented(t testing.TB, database string, words ...string) (out []string) {
	t.Helper()
	text, err := os.ReadFile("doc.md")
	if err != nil {
		t.Fatal(err)
	}
	for i, block := range strings.Split(string(text), "```") {
		sql, ok := strings.CutPrefix(block, "sql\n")
		for _, w := range words {
			if i%2 == 1 && ok && strings.Contains(sql, w) {
				for _, s := range strings.Split(strings.TrimSpace(sql), ";\n") {
					out = append(out, strings.Replace(s, "DATABASE shop", "DATABASE "+quote(database), 1))
				}
			}
		}
	}
	if len(out) == 0 {
		t.Fatalf("the documentation has no statement for %v", words)
	}
	return out
}

var rolesMade sync.Mutex

// owned gives a client that makes tables as the owner of a shop, and the roles that a shop has. Roles belong to the server, so one that is there is left as it is.
func owned(t testing.TB, dsn string) *pgx.Conn {
	t.Helper()
	rolesMade.Lock()
	defer rolesMade.Unlock()
	c := client(t, dsn)
	for _, s := range append([]string{"CREATE ROLE shop_owner"}, documented(t, "shop", "CREATE ROLE")...) {
		if strings.HasPrefix(s, "CREATE ROLE") {
			name := strings.Fields(s)[2]
			must(t, c, "DO $$ BEGIN IF NOT EXISTS (SELECT 1 FROM pg_roles WHERE rolname='"+name+"') THEN "+s+"; END IF; END $$")
		}
	}
	must(t, c, "GRANT ALL ON SCHEMA public TO shop_owner", "SET ROLE shop_owner")
	return c
}

// granted gives the privileges of the documentation.
func granted(t testing.TB, c *pgx.Conn, words ...string) {
	t.Helper()
	must(t, c, "RESET ROLE")
	for _, s := range documented(t, c.Config().Database, words...) {
		if !strings.HasPrefix(s, "CREATE ROLE") {
			must(t, c, s)
		}
	}
	must(t, c, "SELECT pg_stat_force_next_flush()")
}

// as gives the connection string of a role of the documentation.
func as(dsn, role string) string {
	u, _ := url.Parse(dsn)
	u.User = url.UserPassword("vestige_"+role, role+"-password")
	return u.String()
}

// config is a source's configuration with a role each.
func config(dsn string) connectors.Config {
	return connectors.Config{"dsn": pii.NewValue(as(dsn, "scan")), "erase.dsn": pii.NewValue(as(dsn, "erase"))}
}

// perRole is the specification for a suite that hands the configuration of all roles to each.
func perRole() connectors.Spec {
	spec := postgres.Spec()
	open := spec.Open
	spec.Open = func(ctx context.Context, env connectors.Env, cfg connectors.Config) (connectors.Driver, error) {
		if own, ok := cfg["erase.dsn"]; ok && env.Role == connectors.Erase {
			cfg["dsn"] = own
		}
		return open(ctx, env, cfg)
	}
	return spec
}

func starter(server func(testing.TB) string) connectortest.Start {
	return func(t *testing.T, f connectortest.Fixture) connectortest.System {
		t.Helper()
		dsn := server(t)
		c := owned(t, dsn)
		for _, d := range f.Datasets {
			must(t, c, create(d))
			insert(t, c, d)
		}
		granted(t, c, "CREATE ROLE")
		denied, _ := url.Parse(as(dsn, "scan"))
		denied.User = url.UserPassword("vestige_scan", "another-password")
		return connectortest.System{
			Spec:   perRole(),
			Config: config(dsn),
			Name:   func(dataset string) string { return "public." + dataset },
			Peek:   func(t *testing.T) connectortest.Content { t.Helper(); return peek(t, c, f) },
			Absent: connectors.Config{"dsn": pii.NewValue("postgres://vestige_scan@127.0.0.1:1/none?sslmode=disable")},
			Denied: connectors.Config{"dsn": pii.NewValue(denied.String())},
			Break: func(t *testing.T, name string) {
				t.Helper()
				must(t, c, "REVOKE SELECT ON "+quote(name)+" FROM vestige_scan")
			},
			Reads:         func(t *testing.T) int64 { t.Helper(); return reads(t, c) },
			Limited:       limited(t, c, dsn, f),
			GrantPlanting: func(t *testing.T) { t.Helper(); granted(t, c, "GRANT INSERT") },
			Server:        address(dsn),
			Proxied:       func(addr string) connectors.Config { return proxied(dsn, addr) },
			NetworkLimit:  20 * time.Second,
			Hold:          func(t *testing.T, name string) func() { t.Helper(); return hold(t, dsn, name) },
			Running:       func(t *testing.T) int { t.Helper(); return running(t, c) },
			Lacks:         []connectortest.Need{connectortest.NeedNUL, connectortest.NeedType(pii.AnyOne)},
		}
	}
}

func address(dsn string) string {
	u, _ := url.Parse(dsn)
	return u.Host
}

// proxied is the configuration that reaches the server elsewhere and waits for nothing long.
func proxied(dsn, addr string) connectors.Config {
	u, _ := url.Parse(dsn)
	u.Host = addr
	cfg := config(u.String())
	for name, limit := range map[string]string{"connect_timeout": "1s", "statement_timeout": "2s", "lock_timeout": "1s", "silence_timeout": "3s"} {
		cfg[name] = pii.NewValue(limit)
	}
	return cfg
}

// limited makes roles of their own with the privileges of the documentation, of which those on the forbidden table are taken away again.
func limited(t *testing.T, c *pgx.Conn, dsn string, f connectortest.Fixture) connectors.Config {
	t.Helper()
	if !slices.ContainsFunc(f.Datasets, func(d connectortest.Dataset) bool { return d.Name == connectortest.ForbiddenName }) {
		return nil
	}
	out := connectors.Config{}
	for role, option := range map[string]string{"scan": "dsn", "erase": "erase.dsn"} {
		name := "limited_" + c.Config().Database + "_" + role
		for _, s := range documented(t, c.Config().Database, "CREATE ROLE vestige_"+role) {
			must(t, c, strings.ReplaceAll(s, "vestige_"+role, name))
		}
		t.Cleanup(func() { must(t, c, "DROP OWNED BY "+name+" CASCADE", "DROP ROLE "+name) })
		must(t, c, "REVOKE ALL ON "+connectortest.ForbiddenName+" FROM "+name)
		u, _ := url.Parse(dsn)
		u.User = url.UserPassword(name, role+"-password")
		out[option] = pii.NewValue(u.String())
	}
	return out
}

// hold locks a table for everybody else.
func hold(t *testing.T, dsn, name string) func() {
	t.Helper()
	c := client(t, dsn)
	must(t, c, "BEGIN", "LOCK TABLE "+quote(name)+" IN ACCESS EXCLUSIVE MODE")
	return func() { must(t, c, "ROLLBACK") }
}

// running counts what the server does for the roles of the connector.
func running(t *testing.T, c *pgx.Conn) (n int) {
	t.Helper()
	const query = "SELECT count(*) FROM pg_stat_activity WHERE state='active' AND datname=current_database() AND usename LIKE 'vestige%'"
	if err := c.QueryRow(context.Background(), query).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

func reads(t *testing.T, c *pgx.Conn) (n int64) {
	t.Helper()
	if err := c.QueryRow(context.Background(), "SELECT coalesce(sum(seq_tup_read+coalesce(idx_tup_fetch,0)),0)::bigint FROM pg_stat_user_tables").Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

// insert copies rows in PostgreSQL's text form.
func insert(t testing.TB, c *pgx.Conn, d connectortest.Dataset) {
	t.Helper()
	var b bytes.Buffer
	escape := strings.NewReplacer(`\`, `\\`, "\t", `\t`, "\n", `\n`, "\r", `\r`)
	for _, row := range d.Rows {
		for i, v := range row {
			if i > 0 {
				b.WriteByte('\t')
			}
			switch {
			case v == nil:
				b.WriteString(`\N`)
			case d.Fields[i].Type == pii.Bytes:
				b.WriteString(`\\x` + hex.EncodeToString(v))
			default:
				b.WriteString(escape.Replace(string(v)))
			}
		}
		b.WriteByte('\n')
	}
	if _, err := c.PgConn().CopyFrom(context.Background(), &b, "COPY "+quote(d.Name)+" FROM STDIN"); err != nil {
		t.Fatal(err)
	}
}

// peek reads everything as text by pgx.
func peek(t *testing.T, c *pgx.Conn, f connectortest.Fixture) connectortest.Content {
	t.Helper()
	out := connectortest.Content{}
	for _, d := range f.Datasets {
		cols := make([]string, len(d.Fields))
		for i, field := range d.Fields {
			cols[i] = quote(field.Name)
		}
		got := c.PgConn().ExecParams(context.Background(), "SELECT "+strings.Join(cols, ", ")+" FROM "+quote(d.Name), nil, nil, nil, nil).Read()
		if got.Err != nil {
			t.Fatal(got.Err)
		}
		for _, r := range got.Rows {
			row := make(connectortest.Row, len(cols))
			for i, v := range r {
				if v != nil {
					row[i] = canonical(t, d.Fields[i].Type, v)
				}
			}
			out[d.Name] = append(out[d.Name], row)
		}
	}
	return out
}

func canonical(t *testing.T, f pii.FieldType, v []byte) []byte {
	t.Helper()
	switch f {
	case pii.Bool:
		return fmt.Append([]byte{}, string(v) == "t")
	case pii.Float:
		n, _ := strconv.ParseFloat(string(v), 64)
		return strconv.AppendFloat(nil, n, 'f', -1, 64)
	case pii.Bytes:
		raw, err := hex.DecodeString(strings.TrimPrefix(string(v), `\x`))
		if err != nil {
			t.Fatal(err)
		}
		return append([]byte{}, raw...)
	case pii.Time:
		at, err := time.Parse("2006-01-02 15:04:05.999999-07", string(v))
		if err != nil {
			t.Fatal(err)
		}
		return at.UTC().AppendFormat(nil, time.RFC3339Nano)
	}
	return append([]byte{}, v...)
}
