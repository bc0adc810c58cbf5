// Package postgres reaches PostgreSQL databases, version 14 and later.
//
// It reads through sessions that cannot write and that see one snapshot a statement: bare full reads by binary COPY, all others in the order of the key. Every
// value is fetched in PostgreSQL's binary form and written here, in one canonical text, or cast to text by the server; arrays, hstore and composite values are
// read as JSON, so that what stands inside of them has a path. It writes in transactions that lock what they think about, through connectors/relational. What
// PostgreSQL says of an error is never passed on, since it quotes values: only the SQLSTATE decides what is said.
package postgres

import (
	"context"
	_ "embed"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"vestige/connectors"
	"vestige/internal/errkind"
	"vestige/pii"
)

//go:embed doc.md
var documentation string

// Driver reads and erases in one database.
type Driver struct {
	env       connectors.Env
	config    *pgconn.Config
	schemas   []string // nil for all
	statement time.Duration
	lock      time.Duration
	silence   time.Duration // how long the server may say nothing
	vacuum    string
	room      chan struct{} // a place for each connection

	mu     sync.Mutex
	idle   map[access][]*conn
	known  map[uint32]*typ
	closed bool
}

var (
	_ connectors.Driver      = (*Driver)(nil)
	_ connectors.Sampler     = (*Driver)(nil)
	_ connectors.Profiler    = (*Driver)(nil)
	_ connectors.Locator     = (*Driver)(nil)
	_ connectors.Eraser      = (*Driver)(nil)
	_ connectors.Undoer      = (*Driver)(nil)
	_ connectors.Imager      = (*Driver)(nil)
	_ connectors.Preflighter = (*Driver)(nil)
	_ connectors.Statementer = (*Driver)(nil)
	_ connectors.Residuer    = (*Driver)(nil)
)

// Spec describes the connector.
func Spec() connectors.Spec {
	return connectors.Spec{
		Name:          "postgres",
		Title:         "PostgreSQL",
		Doc:           documentation,
		Type:          (*Driver)(nil),
		Transactional: true,
		Open:          open,
		Options: []connectors.Option{
			{Name: "dsn", Doc: "the whole connection string, in place of the options from host to sslmode", Secret: true, PerRole: true, Example: "postgres://vestige_scan@db.example/shop?sslmode=verify-full"},
			{Name: "host", Doc: "the server's name, or the folder of its socket", PerRole: true, Example: "db.example"},
			{Name: "port", Doc: "the server's port", Default: "5432", PerRole: true, Example: "5432"},
			{Name: "user", Doc: "the role to log in as", PerRole: true, Example: "vestige_scan"},
			{Name: "password", Doc: "its password", Secret: true, PerRole: true},
			{Name: "database", Doc: "the database", PerRole: true, Example: "shop"},
			{Name: "sslmode", Doc: "disable, allow, prefer, require, verify-ca or verify-full, as libpq understands them", Default: "prefer", PerRole: true, Example: "verify-full"},
			{Name: "schemas", Doc: "only these schemas, separated by commas; all but the system's own otherwise", Example: "public,shop"},
			{Name: "connect_timeout", Doc: "how long to wait for a connection", Default: "10s", Example: "5s"},
			{Name: "statement_timeout", Doc: "how long one statement may take in the server", Default: "30m", Example: "5m"},
			{Name: "lock_timeout", Doc: "how long to wait for a lock", Default: "10s", Example: "2s"},
			{Name: "silence_timeout", Doc: "how long the server may send nothing before the connection is given up", Default: "31m", Example: "6m"},
			{Name: "connections", Doc: "how many connections of a role are open at most", Default: "8", PerRole: true, Example: "4"},
			{Name: "vacuum", Doc: "what a purge does: on frees the space of deleted records, full writes their tables anew under an exclusive lock, off leaves it to autovacuum", Default: "on", Example: "full"},
		},
	}
}

func open(_ context.Context, env connectors.Env, cfg connectors.Config) (connectors.Driver, error) {
	d := &Driver{env: env, idle: map[access][]*conn{}}
	for name, into := range map[string]*time.Duration{"statement_timeout": &d.statement, "lock_timeout": &d.lock, "silence_timeout": &d.silence} {
		t, err := time.ParseDuration(cfg[name].Reveal())
		if err != nil || t < 0 {
			return nil, errkind.New(errkind.Invalid, "%s is a duration as 30s", name)
		}
		*into = t
	}
	places, err := strconv.Atoi(cfg["connections"].Reveal())
	if err != nil || places < 1 {
		return nil, errkind.New(errkind.Invalid, "connections is a number of at least 1")
	}
	d.room = make(chan struct{}, places)
	if d.vacuum = strings.ToLower(cfg["vacuum"].Reveal()); d.vacuum != "on" && d.vacuum != "full" && d.vacuum != "off" {
		return nil, errkind.New(errkind.Invalid, "vacuum is on, full or off")
	}
	for _, s := range strings.Split(cfg["schemas"].Reveal(), ",") {
		if s = strings.TrimSpace(s); s != "" {
			d.schemas = append(d.schemas, s)
		}
	}
	d.config, err = configure(cfg)
	return d, err
}

// configure makes pgconn's configuration. What its parser says of an error may quote the connection string.
func configure(cfg connectors.Config) (*pgconn.Config, error) {
	dsn := cfg["dsn"].Reveal()
	if dsn == "" {
		if cfg["host"].Len() == 0 {
			return nil, errkind.Coded(errkind.Invalid, "missing-option", "postgres needs the option dsn, or host")
		}
		var parts []string
		for _, name := range []string{"host", "port", "user", "password", "database", "sslmode"} {
			if v := cfg[name].Reveal(); v != "" {
				parts = append(parts, name+"='"+strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(v)+"'")
			}
		}
		dsn = strings.Join(parts, " ")
	}
	c, err := pgconn.ParseConfig(dsn)
	if err != nil {
		return nil, errkind.New(errkind.Invalid, "the connection options cannot be understood")
	}
	timeout, err := time.ParseDuration(cfg["connect_timeout"].Reveal())
	if err != nil || timeout <= 0 {
		return nil, errkind.New(errkind.Invalid, "connect_timeout is a duration as 10s")
	}
	c.ConnectTimeout = timeout
	c.RuntimeParams["application_name"] = "vestige"
	c.RuntimeParams["client_encoding"] = "UTF8"
	return c, nil
}

// display gives the dataset's name of a table: schema.table, the schema quoted where it holds a dot or a quote.
func display(schema, table string) string {
	if strings.ContainsAny(schema, `."`) {
		schema = quote(schema)
	}
	return schema + "." + table
}

// resolve is the inverse of display.
func resolve(dataset string) (schema, table string) {
	if !strings.HasPrefix(dataset, `"`) {
		schema, table, _ = strings.Cut(dataset, ".")
		return schema, table
	}
	for i := 1; i < len(dataset); i++ {
		if dataset[i] != '"' {
			continue
		}
		if i+1 < len(dataset) && dataset[i+1] == '"' {
			i++
			continue
		}
		return strings.ReplaceAll(dataset[1:i], `""`, `"`), strings.TrimPrefix(dataset[i+1:], ".")
	}
	return "", dataset
}

func (d *Driver) ref(schema, table string) pii.Ref {
	return pii.Ref{Source: d.env.Name, Dataset: display(schema, table)}
}

// quote writes a name as SQL does.
func quote(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

// names writes columns for SQL.
func names(list []string) string {
	quoted := make([]string, len(list))
	for i, n := range list {
		quoted[i] = quote(n)
	}
	return strings.Join(quoted, ", ")
}
