package app

import (
	"crypto/tls"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"vestige/connectors"
	"vestige/internal/errkind"
	"vestige/watch"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
)

// ConfigName is the file that is read where nothing else is said.
const ConfigName = "vestige.yaml"

// Config is a vestige.yaml. Paths in it are relative to the folder that it stands in.
type Config struct {
	File           string            `json:"file"`
	Base           string            `json:"base"` // the folder of the file
	Data           string            `json:"data"` // the data directory
	Store          string            `json:"-"`    // postgres://… where many machines share the work, as written; "" for a file in Data
	Sources        map[string]Source `json:"sources"`
	Policies       []string          `json:"policies,omitempty"`
	Classifiers    []string          `json:"classifiers,omitempty"` // files of classifiers of this installation's own
	SingleApprover bool              `json:"singleApprover"`
	MasterKey      string            `json:"masterKey,omitempty"` // env:NAME, file:PATH or exec:COMMAND
	Listen         string            `json:"listen"`
	Hosts          []string          `json:"hosts,omitempty"`   // names under which the catalog is reached, besides those of loopback
	TLSCert        string            `json:"tlsCert,omitempty"` // files of PEM; with them the catalog can be served elsewhere than on loopback
	TLSKey         string            `json:"tlsKey,omitempty"`
	// Examples makes reserved domains, fictional telephones and test cards count as people's data: for a company of invented people.
	Examples  bool              `json:"examples,omitempty"`
	Schedules []watch.Schedule  `json:"schedules,omitempty"`
	Notify    map[string]Notify `json:"notify,omitempty"`  // who is told of alerts, and how
	Stale     time.Duration     `json:"-"`                 // after which a source without a schedule counts as not looked at
	Address   string            `json:"address,omitempty"` // of the catalog, for links in messages
}

// Source is the configuration of one source. An option of a section "erase:" is "erase.NAME" here.
type Source struct {
	Name    string              `json:"name"`
	Type    string              `json:"type"`
	Options map[string]string   `json:"options"`           // as written: a setting env:, file: or exec: is resolved when the source is opened
	Backups []connectors.Backup `json:"backups,omitempty"` // made outside of it, and for how long each is kept
	Drill   string              `json:"drill,omitempty"`   // whether, or in which dataset, a drill may plant somebody
	secret  map[string]bool
}

// Shown gives the options as they may be shown: a secret that stands in the file itself is not.
func (s Source) Shown() map[string]string {
	out := maps.Clone(s.Options)
	for name := range out {
		if s.secret[name] && !indirect(out[name]) {
			out[name] = "(hidden)"
		}
	}
	return out
}

// LoadConfig reads a configuration file. What it cannot mean is refused with line and column.
func LoadConfig(file string, specs []connectors.Spec) (*Config, error) {
	text, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, errkind.Coded(errkind.NotFound, "no-config", "no configuration %s: make one with \"vestige init\", or name it with --config", file)
	}
	if err != nil {
		return nil, errkind.Wrap(errkind.Permission, err, "read the configuration")
	}
	return ParseConfig(file, text, specs)
}

// ParseConfig reads the text of a configuration; file is what errors call it, and where paths start from.
func ParseConfig(file string, text []byte, specs []connectors.Spec) (*Config, error) {
	whole, err := filepath.Abs(file)
	if err != nil {
		return nil, errkind.Wrap(errkind.Invalid, err, "configuration")
	}
	c := &Config{File: whole, Base: filepath.Dir(whole), Data: "data", Listen: "127.0.0.1:7070", Sources: map[string]Source{}, Notify: map[string]Notify{}}
	r := reader{file: file, specs: specs}
	doc, err := parser.ParseBytes(text, 0)
	if err != nil {
		return nil, r.syntax(err)
	}
	if len(doc.Docs) > 1 {
		return nil, errkind.Coded(errkind.Invalid, "config", "%s: there is a second document in the file", file)
	}
	if len(doc.Docs) == 1 && doc.Docs[0].Body != nil {
		r.config(c, doc.Docs[0].Body)
	}
	c.Data = c.path(c.Data)
	if r.err == nil && (c.TLSCert == "") != (c.TLSKey == "") {
		return c, errkind.Coded(errkind.Invalid, "config", "%s: tls-cert and tls-key are given together", file)
	}
	for i, p := range c.Policies {
		c.Policies[i] = c.path(p)
	}
	for i, p := range c.Classifiers {
		c.Classifiers[i] = c.path(p)
	}
	return c, r.err
}

// path makes a path of the file absolute.
func (c *Config) path(p string) string {
	if filepath.IsAbs(p) {
		return p
	}
	return filepath.Join(c.Base, p)
}

// reader turns a document into a configuration; it keeps the first error.
type reader struct {
	file  string
	specs []connectors.Spec
	err   error
}

func (r *reader) syntax(err error) error {
	var at yaml.Error
	if errors.As(err, &at) && at.GetToken() != nil {
		p := at.GetToken().Position
		return errkind.Coded(errkind.Invalid, "config", "%s:%d:%d: %s", r.file, p.Line, p.Column, at.GetMessage())
	}
	return errkind.Coded(errkind.Invalid, "config", "%s: %v", r.file, err)
}

func (r *reader) fail(n ast.Node, format string, args ...any) {
	if r.err == nil {
		p := n.GetToken().Position
		r.err = errkind.Coded(errkind.Invalid, "config", "%s:%d:%d: %s", r.file, p.Line, p.Column, fmt.Sprintf(format, args...))
	}
}

// each calls f for every key of a mapping.
func (r *reader) each(n ast.Node, what string, f func(key string, at *ast.MappingValueNode)) {
	var values []*ast.MappingValueNode
	switch n := n.(type) {
	case *ast.MappingNode:
		values = n.Values
	case *ast.MappingValueNode:
		values = []*ast.MappingValueNode{n}
	case *ast.NullNode:
	default:
		r.fail(n, "%s is written as keys and values", what)
	}
	for _, v := range values {
		f(v.Key.GetToken().Value, v)
	}
}

// unknown refuses a key, and names the one that was meant.
func (r *reader) unknown(n ast.Node, what, key string, known []string) {
	if meant := nearest(key, known); meant != "" {
		r.fail(n, "%s has no key %q; did you mean %q?", what, key, meant)
		return
	}
	r.fail(n, "%s has no key %q; there are %s", what, key, strings.Join(known, ", "))
}

func (r *reader) config(c *Config, n ast.Node) {
	keys := map[string]func(v ast.Node){
		"data":            func(v ast.Node) { c.Data = r.text(v, "data") },
		"store":           func(v ast.Node) { c.Store = r.text(v, "store") },
		"sources":         func(v ast.Node) { r.sources(c, v) },
		"policies":        func(v ast.Node) { c.Policies = r.list(v, "policies") },
		"classifiers":     func(v ast.Node) { c.Classifiers = r.list(v, "classifiers") },
		"single-approver": func(v ast.Node) { c.SingleApprover = r.yes(v, "single-approver") },
		"master-key":      func(v ast.Node) { c.MasterKey = r.masterKey(v) },
		"listen":          func(v ast.Node) { c.Listen = r.text(v, "listen") },
		"hosts":           func(v ast.Node) { c.Hosts = r.list(v, "hosts") },
		"tls-cert":        func(v ast.Node) { c.TLSCert = r.text(v, "tls-cert") },
		"tls-key":         func(v ast.Node) { c.TLSKey = r.text(v, "tls-key") },
		"examples":        func(v ast.Node) { c.Examples = r.yes(v, "examples") },
		"schedules":       func(v ast.Node) { r.schedules(c, v) },
		"notify":          func(v ast.Node) { r.notify(c, v) },
		"stale":           func(v ast.Node) { c.Stale = r.duration(v, "stale") },
		"address":         func(v ast.Node) { c.Address = r.text(v, "address") },
	}
	known := slices.Sorted(maps.Keys(keys))
	r.each(n, "the configuration", func(key string, at *ast.MappingValueNode) {
		if set := keys[key]; set != nil {
			set(at.Value)
			return
		}
		r.unknown(at.Key, "the configuration", key, known)
	})
}

func (r *reader) sources(c *Config, n ast.Node) {
	r.each(n, "sources", func(name string, at *ast.MappingValueNode) {
		if name == "" || strings.ContainsAny(name, "/#%") {
			r.fail(at.Key, "a source's name is not empty and holds none of / # %%")
			return
		}
		c.Sources[name] = r.source(name, at)
	})
}

// source reads one source: its type first, since that says which options there are.
func (r *reader) source(name string, at *ast.MappingValueNode) Source {
	s := Source{Name: name, Options: map[string]string{}, secret: map[string]bool{}}
	r.each(at.Value, "source "+name, func(key string, v *ast.MappingValueNode) {
		if key == "type" {
			s.Type = r.text(v.Value, "type")
		}
	})
	i := slices.IndexFunc(r.specs, func(spec connectors.Spec) bool { return spec.Name == s.Type })
	if i < 0 {
		r.noType(at, s)
		return s
	}
	spec := r.specs[i]
	r.each(at.Value, "source "+name, func(key string, v *ast.MappingValueNode) { r.option(&s, spec, key, v) })
	for _, o := range spec.Options {
		s.secret[o.Name] = o.Secret
		for _, role := range []connectors.Role{connectors.Scan, connectors.Erase, connectors.Export} {
			s.secret[string(role)+"."+o.Name] = o.Secret
		}
		if _, set := s.Options[o.Name]; o.Required && !set {
			r.fail(at.Key, "source %s needs the option %q", name, o.Name)
		}
	}
	return s
}

func (r *reader) noType(at *ast.MappingValueNode, s Source) {
	var names []string
	for _, spec := range r.specs {
		names = append(names, spec.Name)
	}
	switch meant := nearest(s.Type, names); {
	case s.Type == "":
		r.fail(at.Key, "source %s needs a type: %s", s.Name, strings.Join(names, ", "))
	case meant != "":
		r.fail(at.Key, "source %s: no connector is named %q; did you mean %q?", s.Name, s.Type, meant)
	default:
		r.fail(at.Key, "source %s: no connector is named %q; there are %s", s.Name, s.Type, strings.Join(names, ", "))
	}
}

// option reads one key of a source, or a section with the credentials of a role.
func (r *reader) option(s *Source, spec connectors.Spec, key string, v *ast.MappingValueNode) {
	known, perRole := []string{"type", "read_only", "drill", "backups", "scan", "erase", "export"}, []string{}
	for _, o := range spec.Options {
		known = append(known, o.Name)
		if o.PerRole {
			perRole = append(perRole, o.Name)
		}
	}
	switch {
	case key == "type":
	case key == "backups":
		r.each(v.Value, key, func(name string, inner *ast.MappingValueNode) {
			b, err := connectors.ParseBackup(name, r.text(inner.Value, name))
			if err != nil {
				r.fail(inner.Value, "%v", err)
			}
			s.Backups = append(s.Backups, b)
		})
	case key == "drill":
		s.Drill = r.text(v.Value, key)
	case key == "scan" || key == "erase" || key == "export":
		r.each(v.Value, key, func(name string, inner *ast.MappingValueNode) {
			if !slices.Contains(perRole, name) {
				r.unknown(inner.Key, "the section "+key+" of "+spec.Name, name, perRole)
				return
			}
			s.Options[key+"."+name] = r.text(inner.Value, name)
		})
	case slices.Contains(known, key):
		s.Options[key] = r.text(v.Value, key)
	default:
		r.unknown(v.Key, "a source of type "+spec.Name, key, known)
	}
}

func (r *reader) text(n ast.Node, what string) string {
	switch n := n.(type) {
	case *ast.StringNode:
		return n.Value
	case *ast.LiteralNode:
		return strings.TrimSpace(n.Value.Value)
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode:
		return n.GetToken().Value
	}
	r.fail(n, "%s is one value", what)
	return ""
}

func (r *reader) list(n ast.Node, what string) (out []string) {
	s, ok := n.(*ast.SequenceNode)
	if !ok {
		r.fail(n, "%s is a list", what)
		return nil
	}
	for _, v := range s.Values {
		out = append(out, r.text(v, what))
	}
	return out
}

func (r *reader) yes(n ast.Node, what string) bool {
	b, ok := n.(*ast.BoolNode)
	if !ok {
		r.fail(n, "%s is true or false", what)
		return false
	}
	return b.Value
}

func (r *reader) masterKey(n ast.Node) string {
	s := r.text(n, "master-key")
	if r.err == nil && !indirect(s) {
		r.fail(n, "master-key never stands in the file itself: write env:NAME, file:PATH or exec:COMMAND")
	}
	return s
}

// TLS gives what the catalog is served with, nil where no certificate is named. The files are read again when they change, so that a renewed
// certificate needs no restart.
func (c *Config) TLS() (*tls.Config, error) {
	if c.TLSCert == "" {
		return nil, nil
	}
	load := func() (*tls.Certificate, error) {
		cert, err := tls.LoadX509KeyPair(c.path(c.TLSCert), c.path(c.TLSKey))
		if err != nil {
			return nil, errkind.Coded(errkind.Invalid, "config", "tls-cert and tls-key cannot be read, or do not belong together")
		}
		return &cert, nil
	}
	if _, err := load(); err != nil {
		return nil, err
	}
	return &tls.Config{MinVersion: tls.VersionTLS12, NextProtos: []string{"h2", "http/1.1"}, GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return load() }}, nil
}
