// Package mysql reaches servers of the family of MySQL: MySQL itself and MariaDB.
//
// It reads in one snapshot (START TRANSACTION READ ONLY, WITH CONSISTENT SNAPSHOT), streams rows as they come, and asks for a table in the order of its key.
// What a collation takes for equal is compared once more byte by byte, since é is not e to whoever bears the name. It writes through transactions of its own,
// and tries them again where the server gives way to another (a deadlock, a lock that is not had in time). A context that ends stops the statement in the server
// too, through a second connection: the client alone would only look away. What a server says of an error is never passed on, since it quotes values.
package mysql

import (
	"context"
	_ "embed"
	"net"
	"strings"
	"sync"
	"time"

	client "github.com/go-sql-driver/mysql"

	"vestige/connectors"
	"vestige/internal/errkind"
	"vestige/pii"
)

//go:embed doc.md
var documentation string

// Driver reads and erases in the databases (schemas) of one server.
type Driver struct {
	env      connectors.Env
	cfg      *client.Config
	database string
	schemas  []string // further ones; "*" for all
	rebuild  string
	limit    time.Duration
	lock     time.Duration

	mu     sync.Mutex
	idle   []*conn
	cache  map[string]*layout // as last discovered, by dataset
	closed bool
	ending sync.WaitGroup // statements that are being stopped
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
		Name:          "mysql",
		Title:         "MySQL and MariaDB",
		Doc:           documentation,
		Type:          (*Driver)(nil),
		Transactional: true,
		Open:          open,
		Options: []connectors.Option{
			{Name: "host", Doc: "the server's name or address", Default: "127.0.0.1", PerRole: true, Example: "db.example.com"},
			{Name: "port", Doc: "the server's port", Default: "3306", PerRole: true, Example: "3306"},
			{Name: "socket", Doc: "the path of a Unix socket, instead of host and port", PerRole: true, Example: "/run/mysqld/mysqld.sock"},
			{Name: "user", Doc: "the user to connect as", Required: true, PerRole: true, Example: "vestige_scan"},
			{Name: "password", Doc: "the user's password", Secret: true, PerRole: true},
			{Name: "database", Doc: "the database whose tables have plain names; without it every table is called database.table", Example: "shop"},
			{Name: "schemas", Doc: "further databases, separated by commas; * for all. Without a database all are read", Example: "crm,archive"},
			{Name: "tls", Doc: "off, preferred (encrypted where the server can), required (encrypted, the certificate not looked at) or verify", Default: "preferred", Example: "verify"},
			{Name: "tls_ca", Doc: "a file with the certificates that the server's may be signed by; without it those of this machine", Example: "ca.pem"},
			{Name: "statement_timeout", Doc: "how long one statement may run in the server", Default: "30m", Example: "5m"},
			{Name: "lock_timeout", Doc: "how long to wait for another transaction's lock", Default: "5s", Example: "10s"},
			{Name: "connect_timeout", Doc: "how long to wait for a connection", Default: "10s", Example: "3s"},
			{Name: "rebuild", Doc: "whether a purge rebuilds a table, which removes what deleted rows left in unused parts of its file: on, off, or auto where the table is not large", Default: "auto", Example: "off"},
			{Name: "read_only", Doc: "never write", Default: "false", Example: "true"},
		},
	}
}

func open(_ context.Context, env connectors.Env, cfg connectors.Config) (connectors.Driver, error) {
	d := &Driver{env: env, cache: map[string]*layout{}, database: cfg["database"].Reveal()}
	for _, s := range strings.Split(cfg["schemas"].Reveal(), ",") {
		if s = strings.TrimSpace(s); s != "" {
			d.schemas = append(d.schemas, s)
		}
	}
	c := client.NewConfig()
	c.User, c.Passwd, c.DBName = cfg["user"].Reveal(), cfg["password"].Reveal(), d.database
	c.Net, c.Addr = "tcp", net.JoinHostPort(cfg["host"].Reveal(), cfg["port"].Reveal())
	if socket := cfg["socket"].Reveal(); socket != "" {
		c.Net, c.Addr = "unix", socket
	}
	c.ClientFoundRows, c.CheckConnLiveness, c.Logger = true, true, &client.NopLogger{}
	if err := d.times(c, cfg); err != nil {
		return nil, err
	}
	if d.rebuild = strings.ToLower(cfg["rebuild"].Reveal()); d.rebuild != "auto" && d.rebuild != "on" && d.rebuild != "off" {
		return nil, errkind.New(errkind.Invalid, "rebuild is auto, on or off")
	}
	d.cfg = c
	return d, d.secure(cfg)
}

// times reads the limits. A socket that gives nothing for longer than a statement may run is dead.
func (d *Driver) times(c *client.Config, cfg connectors.Config) error {
	for name, into := range map[string]*time.Duration{"statement_timeout": &d.limit, "lock_timeout": &d.lock, "connect_timeout": &c.Timeout} {
		t, err := time.ParseDuration(cfg[name].Reveal())
		if err != nil || t <= 0 {
			return errkind.New(errkind.Invalid, "%s is a duration as 5s", name)
		}
		*into = t
	}
	c.ReadTimeout, c.WriteTimeout = d.limit+d.lock, d.limit
	return nil
}

// Close closes the connections; those still in use close when they are given back.
func (d *Driver) Close() error {
	d.mu.Lock()
	d.closed = true
	idle := d.idle
	d.idle = nil
	d.mu.Unlock()
	for _, c := range idle {
		_ = c.dc.Close()
	}
	d.ending.Wait()
	return nil
}

// place is a table's schema and name.
type place struct{ schema, table string }

// name writes the table for SQL.
func (p place) name() string {
	if p.schema == "" {
		return quote(p.table)
	}
	return quote(p.schema) + "." + quote(p.table)
}

// display gives a dataset's name: the plain one of a table of the configured database unless it has a dot, else schema.table, the schema quoted where it has one itself.
func (d *Driver) display(p place) string {
	if p.schema == d.database && !strings.Contains(p.table, ".") {
		return p.table
	}
	if strings.ContainsAny(p.schema, ".`") {
		return quote(p.schema) + "." + p.table
	}
	return p.schema + "." + p.table
}

// resolve is the inverse of display. It needs no driver but for the configured database.
func (d *Driver) resolve(dataset string) place {
	if strings.HasPrefix(dataset, "`") {
		if end := strings.Index(dataset, "`."); end > 0 {
			return place{strings.ReplaceAll(dataset[1:end], "``", "`"), dataset[end+2:]}
		}
	}
	if schema, table, ok := strings.Cut(dataset, "."); ok {
		return place{schema, table}
	}
	if d == nil {
		return place{"", dataset}
	}
	return place{d.database, dataset}
}

func (d *Driver) ref(p place) pii.Ref { return pii.Ref{Source: d.env.Name, Dataset: d.display(p)} }

// quote writes a name as SQL does.
func quote(name string) string { return "`" + strings.ReplaceAll(name, "`", "``") + "`" }
