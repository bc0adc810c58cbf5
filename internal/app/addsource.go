package app

import (
	"bytes"
	"cmp"
	"context"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"vestige/audit"
	"vestige/connectors"
	"vestige/internal/db"
	"vestige/internal/errkind"
	"vestige/pii"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
)

// AddSource writes a source into the configuration file, whose comments and order stay as they are. A secret is never written: it is named by env: or
// file:, of which only those may be named that are this source's by their name, and it must open the source before anything is written. The App
// itself does not change: whoever serves opens it anew.
func (a *App) AddSource(ctx context.Context, by string, s Source) error {
	if a.Config.Sources[s.Name].Name != "" {
		return errkind.Coded(errkind.Conflict, "source-there", "there is a source of this name already")
	}
	i := slices.IndexFunc(Specs(), func(x connectors.Spec) bool { return x.Name == s.Type })
	if i < 0 {
		return errkind.Coded(errkind.Invalid, "no-such-connector", "no connector has this name")
	}
	spec := Specs()[i]
	if err := a.Config.mayName(spec, s); err != nil {
		return err
	}
	file, err := filepath.EvalSymlinks(a.Config.File)
	if err != nil {
		return errkind.Coded(errkind.NotFound, "no-config", "there is no configuration file to write to")
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return errkind.Wrap(errkind.Permission, err, "read the configuration")
	}
	next, err := withSource(file, text, spec, s)
	if err != nil {
		return err
	}
	if err := a.reaches(ctx, spec, s); err != nil {
		return err
	}
	err = a.DB.Write(ctx, func(tx db.Tx) error {
		if err := a.Catalog.PutSource(ctx, tx, s.Name, s.Type); err != nil {
			return err
		}
		return a.Audit.Append(ctx, tx, audit.Entry{Actor: by, Action: "source.add", Object: s.Name, Facts: audit.Facts(map[string]any{"type": s.Type})})
	})
	if err != nil {
		return err
	}
	return replaceFile(file, next)
}

// mayName refuses settings that reach for what is not this source's: the interface is used from elsewhere, and what is read here is sent to the system
// that is named beside it.
func (c *Config) mayName(spec connectors.Spec, s Source) error {
	for name, text := range s.Options {
		i := slices.IndexFunc(spec.Options, func(o connectors.Option) bool { return o.Name == name })
		switch {
		case i < 0:
			return errkind.Coded(errkind.Invalid, "no-such-option", "the connector has no such option")
		case !spec.Options[i].Secret && indirect(text):
			return errkind.Coded(errkind.Invalid, "indirect-option", "the option %s is written as it is", name)
		case spec.Options[i].Secret && !c.owned(s.Name, text):
			return errkind.Coded(errkind.Invalid, "secret-option", "the option %s is secret and never stands in the file: name it by env:%s… or file:secrets/%s…", name, envOf(s.Name), s.Name)
		}
	}
	return nil
}

// envOf gives what the names of a source's variables of the environment begin with.
func envOf(source string) string {
	return "VESTIGE_" + strings.ToUpper(strings.ReplaceAll(source, "-", "_")) + "_"
}

// owned tells whether a setting names a secret that is the source's by its name, and that nothing else of the configuration names.
func (c *Config) owned(source, text string) bool {
	kind, rest, _ := strings.Cut(text, ":")
	others := []string{c.MasterKey, c.Store}
	for _, n := range c.Notify {
		others = append(others, n.Secret)
	}
	for _, o := range c.Sources {
		others = append(others, slices.Collect(maps.Values(o.Options))...)
	}
	switch {
	case slices.Contains(others, text):
		return false
	case kind == "env":
		return strings.HasPrefix(rest, envOf(source)) && rest != "VESTIGE_MASTER_KEY"
	case kind == "file":
		return strings.HasPrefix(rest, "secrets/"+source+"_") && !strings.ContainsAny(strings.TrimPrefix(rest, "secrets/"), `/\`)
	}
	return false
}

// reaching is how long a new source may take to show its first dataset.
const reaching = 20 * time.Second

// reaches opens the source as the file will have it, and looks at the first dataset.
func (a *App) reaches(ctx context.Context, spec connectors.Spec, s Source) error {
	cfg, err := a.Config.resolve(ctx, s)
	if err != nil {
		return errkind.Coded(errkind.Invalid, "no-setting", "the secret is not there yet: %v; make it, then send the form again", err)
	}
	src, err := connectors.Open(ctx, connectors.Env{Log: slog.New(slog.DiscardHandler), Base: a.Config.Base, Temp: a.temp}, s.Name, spec, cfg)
	if err != nil {
		return err
	}
	defer func() { _ = src.Close() }()
	ctx, stop := context.WithTimeout(ctx, reaching)
	defer stop()
	for _, err := range src.DiscoverBut(ctx, func(*pii.Dataset) bool { return true }) {
		return err
	}
	return nil
}

// withSource gives the text of a configuration with one source more.
func withSource(file string, text []byte, spec connectors.Spec, s Source) ([]byte, error) {
	before, err := ParseConfig(file, text, Specs())
	if err != nil {
		return nil, errkind.Coded(errkind.Conflict, "config", "the configuration file was changed and is wrong now: mend it first")
	}
	if _, ok := before.Sources[s.Name]; ok {
		return nil, errkind.Coded(errkind.Conflict, "source-there", "the configuration file has a source of this name already")
	}
	next := insertSource(text, spec, s)
	after, err := ParseConfig(file, next, Specs())
	if err == nil {
		got := after.Sources[s.Name]
		delete(after.Sources, s.Name)
		if got.Type == s.Type && maps.Equal(got.Options, s.Options) && reflect.DeepEqual(before, after) {
			return next, nil
		}
	}
	return nil, errkind.Coded(errkind.Unsupported, "by-hand", "the configuration file is written in a way that only a person should change: put the lines into it by hand")
}

// insertSource puts the lines of a source where the others end. What comes of it is parsed and compared before it is used.
func insertSource(text []byte, spec connectors.Spec, s Source) []byte {
	lines := strings.Split(strings.TrimRight(string(text), "\n"), "\n")
	if len(bytes.TrimSpace(text)) == 0 {
		lines = nil
	}
	section, following := sectionOf(text, "sources")
	if section == nil {
		return joined(append(append(lines, "sources:"), linesOf(spec, s, "  ")...))
	}
	at, indent := section.Key.GetToken().Position.Line, "  "
	switch v := section.Value.(type) {
	case *ast.MappingNode:
		if v.IsFlowStyle && len(v.Values) == 0 {
			lines[at-1] = strings.Replace(lines[at-1], " "+between(lines[at-1]), "", 1)
			break
		}
		if len(v.Values) > 0 {
			at, indent = endOf(lines, following), spaces(v.Values[0].Key.GetToken().Position.Column-1)
		}
	case *ast.MappingValueNode:
		at, indent = endOf(lines, following), spaces(v.Key.GetToken().Position.Column-1)
	}
	return joined(slices.Insert(lines, at, linesOf(spec, s, indent)...))
}

// between gives the braces of an empty mapping as they stand in a line.
func between(line string) string {
	i, j := strings.IndexByte(line, '{'), strings.IndexByte(line, '}')
	if i < 0 || j < i {
		return "{}"
	}
	return line[i : j+1]
}

func spaces(n int) string { return strings.Repeat(" ", max(0, n)) }

func joined(lines []string) []byte { return []byte(strings.Join(lines, "\n") + "\n") }

// sectionOf finds a section of the file, and the line on which the next one begins, 0 where it is the last.
func sectionOf(text []byte, name string) (at *ast.MappingValueNode, following int) {
	doc, err := parser.ParseBytes(text, 0)
	if err != nil || len(doc.Docs) == 0 {
		return nil, 0
	}
	var all []*ast.MappingValueNode
	switch n := doc.Docs[0].Body.(type) {
	case *ast.MappingNode:
		all = n.Values
	case *ast.MappingValueNode:
		all = []*ast.MappingValueNode{n}
	}
	for i, v := range all {
		if v.Key.GetToken().Value != name {
			continue
		}
		if i+1 < len(all) {
			following = all[i+1].Key.GetToken().Position.Line
		}
		return v, following
	}
	return nil, 0
}

// endOf gives the line behind the last one of a section: comments that are not indented, and empty lines, belong to what follows.
func endOf(lines []string, following int) int {
	at := len(lines)
	if following > 0 {
		at = following - 1
	}
	for at > 0 && (strings.TrimSpace(lines[at-1]) == "" || strings.HasPrefix(lines[at-1], "#")) {
		at--
	}
	return at
}

// linesOf gives a source as it stands in the file, its options in the order of the connector.
func linesOf(spec connectors.Spec, s Source, indent string) []string {
	out := []string{indent + s.Name + ":", indent + "  type: " + s.Type}
	for _, o := range spec.Options {
		if text, ok := s.Options[o.Name]; ok {
			out = append(out, indent+"  "+o.Name+": "+strconv.Quote(text))
		}
	}
	return out
}

// replaceFile puts a text in the place of a file, whole or not at all.
func replaceFile(file string, text []byte) error {
	info, err := os.Stat(file)
	if err != nil {
		return errkind.Wrap(errkind.Permission, err, "write the configuration")
	}
	tmp, err := os.CreateTemp(filepath.Dir(file), ".vestige-*.yaml")
	if err != nil {
		return errkind.Coded(errkind.Permission, "config-kept", "the folder of the configuration file cannot be written to by this server: put the lines into it by hand")
	}
	_, err = tmp.Write(text)
	err = cmp.Or(err, tmp.Sync(), tmp.Chmod(info.Mode().Perm()), tmp.Close())
	if err == nil {
		err = os.Rename(tmp.Name(), file)
	}
	if err != nil {
		_ = os.Remove(tmp.Name())
		return errkind.Wrap(errkind.Permission, err, "write the configuration")
	}
	return nil
}
