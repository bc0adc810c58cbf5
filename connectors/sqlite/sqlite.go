// Package sqlite reaches SQLite databases: a file, and further files attached to it.
//
// It reads through connections that cannot write (mode=ro, query_only) and never keeps a writer waiting for its consumer, and writes through connections
// of their own that destroy what they delete (secure_delete). A table is read in the order of its rowid, which is also the key of a table that declares
// none; a table WITHOUT ROWID in the order of its primary key. What SQLite says of an error is never passed on, since it may quote values.
package sqlite

import (
	"context"
	_ "embed"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"vestige/connectors"
	"vestige/internal/errkind"
	"vestige/pii"
)

//go:embed doc.md
var documentation string

// Driver reads and erases in one database file and those attached to it.
type Driver struct {
	env     connectors.Env
	path    string
	attach  map[string]string // by schema name
	secure  bool
	vacuum  string
	timeout time.Duration

	mu      sync.Mutex
	idle    map[access][]*conn
	layouts map[string]seenLayout // by dataset
	closed  bool
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
		Name:          "sqlite",
		Title:         "SQLite",
		Doc:           documentation,
		Type:          (*Driver)(nil),
		Transactional: true,
		Open:          open,
		Options: []connectors.Option{
			{Name: "path", Doc: "the database file", Required: true, PerRole: true, Example: "shop.db"},
			{Name: "attach", Doc: "further files as name=path, separated by commas; their tables are called name.table", Example: "archive=archive.db"},
			{Name: "secure_delete", Doc: "overwrite deleted content with zeros", Default: "on", Example: "on"},
			{Name: "vacuum", Doc: "whether a purge rebuilds the file, which removes copies that pages keep in unused parts: on, off, or auto where the file is not large", Default: "auto", Example: "off"},
			{Name: "busy_timeout", Doc: "how long to wait for another connection's lock", Default: "5s", Example: "10s"},
			{Name: "read_only", Doc: "never write", Default: "false", Example: "true"},
		},
	}
}

func open(_ context.Context, env connectors.Env, cfg connectors.Config) (connectors.Driver, error) {
	d := &Driver{env: env, attach: map[string]string{}, idle: map[access][]*conn{}, layouts: map[string]seenLayout{}}
	d.path = d.absolute(cfg["path"].Reveal())
	for _, part := range strings.Split(cfg["attach"].Reveal(), ",") {
		name, path, ok := strings.Cut(strings.TrimSpace(part), "=")
		if name == "" && !ok {
			continue
		}
		if !ok || name == "" || name == "main" || name == "temp" || strings.ContainsAny(name, ".\"") {
			return nil, errkind.New(errkind.Invalid, "attach is written name=path")
		}
		d.attach[name] = d.absolute(path)
	}
	timeout, err := time.ParseDuration(cfg["busy_timeout"].Reveal())
	if err != nil || timeout < 0 {
		return nil, errkind.New(errkind.Invalid, "busy_timeout is a duration as 5s")
	}
	d.timeout = timeout
	switch strings.ToLower(cfg["secure_delete"].Reveal()) {
	case "on", "true", "yes", "1":
		d.secure = true
	case "off", "false", "no", "0":
	default:
		return nil, errkind.New(errkind.Invalid, "secure_delete is on or off")
	}
	if d.vacuum = strings.ToLower(cfg["vacuum"].Reveal()); d.vacuum != "auto" && d.vacuum != "on" && d.vacuum != "off" {
		return nil, errkind.New(errkind.Invalid, "vacuum is auto, on or off")
	}
	return d, nil
}

func (d *Driver) absolute(path string) string {
	if filepath.IsAbs(path) || d.env.Base == "" {
		return path
	}
	return filepath.Join(d.env.Base, path)
}

// present finds out what SQLite would not tell apart: a missing file, no permission, a folder. The files are never opened for it, since closing them
// again would release SQLite's own locks.
func (d *Driver) present() error {
	for _, schema := range d.schemas() {
		info, err := os.Stat(d.file(schema))
		switch {
		case os.IsNotExist(err):
			return errkind.Coded(errkind.NotFound, "no-such-file", "the database file of %s does not exist", schema)
		case os.IsPermission(err):
			return errkind.Coded(errkind.Permission, "cannot-open", "the database file of %s may not be read", schema)
		case err != nil || info.IsDir():
			return errkind.Coded(errkind.Invalid, "not-a-database", "the database file of %s is not a file", schema)
		}
	}
	return nil
}

// schemas gives main and the attached ones by name.
func (d *Driver) schemas() []string {
	return append([]string{"main"}, slices.Sorted(maps.Keys(d.attach))...)
}

func (d *Driver) file(schema string) string {
	if schema == "main" {
		return d.path
	}
	return d.attach[schema]
}

// display gives the dataset's name of a table: the plain one in main, schema.table elsewhere, and main.table where the plain name would be taken for that.
func (d *Driver) display(schema, table string) string {
	if schema != "main" {
		return schema + "." + table
	}
	if prefix, _, ok := strings.Cut(table, "."); ok && (prefix == "main" || d.attach[prefix] != "") {
		return "main." + table
	}
	return table
}

// resolve is the inverse of display.
func (d *Driver) resolve(dataset string) (schema, table string) {
	if prefix, rest, ok := strings.Cut(dataset, "."); ok && (prefix == "main" || d.attach[prefix] != "") {
		return prefix, rest
	}
	return "main", dataset
}

func (d *Driver) ref(schema, table string) pii.Ref {
	return pii.Ref{Source: d.env.Name, Dataset: d.display(schema, table)}
}

// Close closes the connections; those still in use close when they are given back.
func (d *Driver) Close() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.closed = true
	for _, conns := range d.idle {
		for _, c := range conns {
			c.drop()
		}
	}
	clear(d.idle)
	return nil
}

// quote writes a name as SQL does.
func quote(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

// millis writes a duration for a pragma.
func millis(t time.Duration) string { return strconv.FormatInt(t.Milliseconds(), 10) }
