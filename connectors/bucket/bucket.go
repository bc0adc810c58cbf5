// Package bucket reaches the objects of a bucket: on a server that speaks S3, or in a folder on a local disk. Objects with keys of one pattern are a dataset:
// events/dt=2026-03-01/part-0.ndjson is one of "events/dt={}/part-{}.ndjson". What stands at the holes of the pattern is a field of every
// record ("{1}", "{2}" …), so that a key with somebody's address in it is found as a column would be.
//
// A record is a row of a CSV, a line of NDJSON or of a log, an element of a JSON array, or a document. Its key is the object's key and its
// number in the object with a part of its digest: a record is still known when others before it have gone. All files are read by internal/decode.
//
// Erasing writes an object again without the parts that go, every other byte as it was, and puts it in place if the object is still the one
// that was read.
package bucket

import (
	"context"
	_ "embed"
	"path/filepath"
	"slices"
	"sync"

	"vestige/connectors"
	"vestige/internal/decode"
	"vestige/internal/errkind"
)

//go:embed doc.md
var documentation string

// Driver reads and erases in one bucket.
type Driver struct {
	env  connectors.Env
	objs objects
	pool *decode.Pool

	mu     sync.Mutex
	tree   *node      // the layout as last discovered
	writes sync.Mutex // one unit at a time
}

var (
	_ connectors.Driver      = (*Driver)(nil)
	_ connectors.Sampler     = (*Driver)(nil)
	_ connectors.Locator     = (*Driver)(nil)
	_ connectors.Eraser      = (*Driver)(nil)
	_ connectors.Preflighter = (*Driver)(nil)
	_ connectors.Statementer = (*Driver)(nil)
	_ connectors.Residuer    = (*Driver)(nil)
)

// Spec describes the connector.
func Spec() connectors.Spec {
	return connectors.Spec{
		Name: "bucket", Title: "Bucket or folder of objects", Doc: documentation, Type: (*Driver)(nil), Open: open,
		Options: []connectors.Option{
			{Name: "path", Doc: "The folder that holds the objects; relative to the configuration file. Either this or `bucket`.", Example: "./objects"},
			{Name: "bucket", Doc: "The name of a bucket on a server that speaks S3.", Example: "exports"},
			{Name: "prefix", Doc: "Only objects whose keys begin with it belong to the source.", Example: "crm/"},
			{Name: "endpoint", Doc: "The server's address; without it Amazon's for the region.", Example: "https://s3.example.com"},
			{Name: "region", Doc: "The bucket's region; without it the one of the environment, else us-east-1.", Example: "eu-central-1"},
			{Name: "access_key", Doc: "The id of an access key; without it the environment's own credentials are used.", PerRole: true, Example: "AKIAEXAMPLE"},
			{Name: "secret_key", Doc: "The secret of the access key.", Secret: true, PerRole: true, Example: "…"},
			{Name: "path_style", Doc: "`true` where the bucket's name stands in the path of an address and not in its host; this is so wherever `endpoint` is given, unless it says `false`.", Example: "true"},
			{Name: "timeout", Doc: "How long a server may say nothing before the connection is given up; 45s where it is not said. Each request is tried four times.", Example: "20s"},
		},
	}
}

func open(ctx context.Context, env connectors.Env, cfg connectors.Config) (connectors.Driver, error) {
	objs, err := openObjects(ctx, env, cfg)
	if err != nil {
		return nil, err
	}
	if env.Role == connectors.Erase {
		if err := objs.Clean(ctx); err != nil {
			_ = objs.Close()
			return nil, err
		}
	}
	return &Driver{env: env, objs: objs, pool: decode.NewPool(decode.Config{})}, nil
}

// openObjects opens a folder or a bucket on a server.
func openObjects(ctx context.Context, env connectors.Env, cfg connectors.Config) (objects, error) {
	remote := cfg["bucket"].Len() > 0
	for name := range cfg {
		if name != "path" && name != "bucket" && !slices.Contains(s3Options, name) {
			return nil, errkind.Coded(errkind.Invalid, "unknown-option", "bucket has no option %q", name)
		}
		if !remote && name != "path" && cfg[name].Len() > 0 {
			return nil, errkind.Coded(errkind.Invalid, "unknown-option", "the option %q is for a bucket on a server", name)
		}
	}
	path := cfg["path"].Reveal()
	switch {
	case path == "" && !remote:
		return nil, errkind.Coded(errkind.Invalid, "missing-option", `bucket needs the option "path" or the option "bucket"`)
	case path != "" && remote:
		return nil, errkind.Coded(errkind.Invalid, "unknown-option", `bucket takes either "path" or "bucket"`)
	case remote:
		s, err := openStore(ctx, cfg)
		if err != nil {
			return nil, err
		}
		return s, nil
	}
	if !filepath.IsAbs(path) {
		path = filepath.Join(env.Base, path)
	}
	f, err := openFolder(path)
	if err != nil {
		return nil, err
	}
	return f, nil
}

// Close ends the decoder's children and lets the folder go.
func (d *Driver) Close() error {
	_ = d.pool.Close()
	return d.objs.Close()
}

// layout gives the layout as last discovered; it is made where there is none yet.
func (d *Driver) layout(ctx context.Context) (*node, error) {
	d.mu.Lock()
	tree := d.tree
	d.mu.Unlock()
	if tree != nil {
		return tree, nil
	}
	return d.survey(ctx)
}
