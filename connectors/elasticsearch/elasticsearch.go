// Package elasticsearch reaches the documents of an Elasticsearch or OpenSearch cluster. Indexes of one pattern (rollover numbers, dates) and
// like mapping, and the backing indexes of a data stream, are one dataset: logs-2026.11.20 and logs-2026.11.21 are "logs-{}".
//
// A record is a document; its key is the concrete index, the _id and the routing, which together are the only safe address: the same _id may live twice
// under two routings, and an alias may filter. Its fields are the paths of its _source, as the bytes of the document have them. What the mapping adds
// (multi-fields, aliases, copies, runtime fields) is not in the document and no field.
//
// Two things shape the package. A query that cannot see a value answers 200 with no hits, so an index is asked only for what a trial on its own
// documents has shown it to find, and everything else is read. And a _source is bytes: it is hashed and rewritten as it stands, never through a filter.
package elasticsearch

import (
	"context"
	_ "embed"
	"strings"
	"sync"

	"vestige/connectors"
	"vestige/internal/errkind"
)

//go:embed doc.md
var documentation string

// Driver reads and erases in one cluster.
type Driver struct {
	env      connectors.Env
	c        *client
	patterns []string // of the indexes that belong to the source
	span     int64    // spanSize, but in tests

	keeps bool // leaves deleted documents to the cluster's own merges

	mu     sync.Mutex
	trials map[string]bool // by index, field and mapping: whether a query finds what is there
}

var (
	_ connectors.Driver      = (*Driver)(nil)
	_ connectors.Sampler     = (*Driver)(nil)
	_ connectors.Profiler    = (*Driver)(nil)
	_ connectors.Locator     = (*Driver)(nil)
	_ connectors.Eraser      = (*Driver)(nil)
	_ connectors.Preflighter = (*Driver)(nil)
	_ connectors.Statementer = (*Driver)(nil)
	_ connectors.Residuer    = (*Driver)(nil)
)

// Spec describes the connector.
func Spec() connectors.Spec {
	return connectors.Spec{
		Name: "elasticsearch", Title: "Elasticsearch or OpenSearch", Doc: documentation, Type: (*Driver)(nil), Open: open,
		Options: []connectors.Option{
			{Name: "url", Doc: "Where the cluster answers; several addresses of one cluster are separated by commas.", Required: true, Example: "https://search.example.com:9200"},
			{Name: "user", Doc: "The name to log in with.", PerRole: true, Example: "vestige_scan"},
			{Name: "password", Doc: "Its password.", Secret: true, PerRole: true},
			{Name: "api_key", Doc: "An encoded API key, in place of user and password.", Secret: true, PerRole: true},
			{Name: "ca", Doc: "A PEM file with the authorities to trust, in place of the system's; relative to the configuration file."},
			{Name: "indexes", Doc: "Which indexes belong to the source: names and wildcards, separated by commas.", Default: "*", Example: "shop-*,logs-*"},
			{Name: "timeout", Doc: "How long the cluster may take to answer one call.", Default: "60s"},
			{Name: "expunge", Doc: "Whether a purge merges the segments that hold deleted documents, which takes half a minute: on, or off, which leaves it to the cluster.", Default: "on", Example: "off"},
			{Name: "compress", Doc: "Whether answers are packed on the way: slower near the cluster, faster far from it.", Default: "no"},
		},
	}
}

func open(ctx context.Context, env connectors.Env, cfg connectors.Config) (connectors.Driver, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	known := map[string]bool{}
	for _, o := range Spec().Options {
		known[o.Name] = true
		if o.Required && cfg[o.Name].Len() == 0 {
			return nil, errkind.Coded(errkind.Invalid, "missing-option", "elasticsearch needs the option %q", o.Name)
		}
	}
	for name := range cfg {
		if !known[name] {
			return nil, errkind.Coded(errkind.Invalid, "unknown-option", "elasticsearch has no option %q", name)
		}
	}
	c, err := dial(env, cfg)
	if err != nil {
		return nil, err
	}
	d := &Driver{env: env, c: c, span: spanSize, trials: map[string]bool{}, keeps: cfg["expunge"].Reveal() == "off"}
	if how := cfg["expunge"].Reveal(); how != "" && how != "on" && how != "off" {
		return nil, errkind.New(errkind.Invalid, "expunge is on or off")
	}
	for p := range strings.SplitSeq(cfg["indexes"].Reveal(), ",") {
		if p = strings.TrimSpace(p); p != "" {
			d.patterns = append(d.patterns, p)
		}
	}
	if len(d.patterns) == 0 {
		d.patterns = []string{"*"}
	}
	return d, nil
}

// Close lets the connections go.
func (d *Driver) Close() error {
	d.c.close()
	return nil
}

// The fields of a document's address, which every dataset has.
const (
	indexField   = "_index"
	idField      = "_id"
	routingField = "_routing"
)

// addressed tells whether a field is a part of the address and not of the document.
func addressed(name string) bool {
	return name == indexField || name == idField || name == routingField
}
