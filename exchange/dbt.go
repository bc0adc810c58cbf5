package exchange

import (
	"bytes"
	"cmp"
	"encoding/json"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"

	"vestige/catalog"
	"vestige/internal/errkind"
	"vestige/pii"
)

// manifest is what is read of dbt's manifest.json.
type manifest struct {
	Nodes   map[string]dbtNode `json:"nodes"`
	Sources map[string]dbtNode `json:"sources"`
	Groups  map[string]struct {
		Name  string   `json:"name"`
		Owner dbtOwner `json:"owner"`
	} `json:"groups"`
}

type dbtOwner struct {
	Name  string `json:"name"`
	Email any    `json:"email"`
}

type dbtNode struct {
	Kind        string               `json:"resource_type"`
	Source      string               `json:"source_name"`
	Schema      string               `json:"schema"`
	Name        string               `json:"name"`
	Alias       string               `json:"alias"`
	Identifier  string               `json:"identifier"`
	Description string               `json:"description"`
	Group       string               `json:"group"`
	Meta        dbtMeta              `json:"meta"`
	Columns     map[string]dbtColumn `json:"columns"`
	Config      struct {
		Meta  dbtMeta `json:"meta"`
		Group string  `json:"group"`
	} `json:"config"`
	DependsOn struct {
		Nodes []string `json:"nodes"`
	} `json:"depends_on"`
}

// dbtMeta is what people write about a table or a column; owner is a convention of dbt's own documentation.
type dbtMeta struct {
	Owner   any `json:"owner" yaml:"owner"`
	Vestige struct {
		Schema   string `json:"schema" yaml:"schema"`
		Category string `json:"category" yaml:"category"`
		Verdict  string `json:"verdict" yaml:"verdict"`
		Reason   string `json:"reason" yaml:"reason"`
	} `json:"vestige" yaml:"vestige"`
}

type dbtColumn struct {
	Name        string  `json:"name" yaml:"name"`
	Description string  `json:"description" yaml:"description"`
	Meta        dbtMeta `json:"meta" yaml:"meta"`
}

// manifestOf reads a manifest: what its tables and columns say of themselves, and which is made from which.
func manifestOf(text []byte) (f file, err error) {
	var m manifest
	if err := json.Unmarshal(text, &m); err != nil || m.Nodes == nil && m.Sources == nil {
		return f, errkind.Coded(errkind.Invalid, "bad-file", "this is no manifest.json of dbt")
	}
	f.format = "dbt"
	all := maps.Clone(m.Sources)
	if all == nil {
		all = map[string]dbtNode{}
	}
	maps.Copy(all, m.Nodes)
	for _, id := range slices.Sorted(maps.Keys(all)) {
		n := all[id]
		if !n.table() {
			continue
		}
		f.node(id, n.name(), n.Description, m.owner(n), n.columns())
		for _, from := range n.DependsOn.Nodes {
			if p, ok := all[from]; ok && p.table() {
				f.flows = append(f.flows, flow{where: id, input: p.name(), output: n.name(), job: clip(id)})
			}
		}
	}
	if len(f.cards)+len(f.flows)+len(f.decisions) == 0 {
		return f, errkind.Coded(errkind.Invalid, "bad-file", "the manifest says nothing: it has no owner, no description, no model that depends on another, and no meta of vestige")
	}
	return f, nil
}

// table tells whether a node stands for a table: a source, a model, a snapshot, a seed.
func (n dbtNode) table() bool {
	return slices.Contains([]string{"", "source", "model", "snapshot", "seed"}, n.Kind) && n.name().Dataset != ""
}

func (n dbtNode) name() name {
	table := first(n.Identifier, n.Alias, n.Name)
	if n.Schema != "" && table != "" {
		table = n.Schema + "." + table
	}
	return name{Dataset: table}
}

func (n dbtNode) columns() (out []dbtColumn) {
	for _, k := range slices.Sorted(maps.Keys(n.Columns)) {
		c := n.Columns[k]
		c.Name = first(c.Name, k)
		out = append(out, c)
	}
	return out
}

// owner gives who answers for a node: its meta says so, or its group.
func (m manifest) owner(n dbtNode) string {
	for _, meta := range []dbtMeta{n.Meta, n.Config.Meta} {
		if o := ownerOf(meta.Owner); o != "" {
			return o
		}
	}
	g := first(n.Group, n.Config.Group)
	for _, id := range slices.Sorted(maps.Keys(m.Groups)) {
		if x := m.Groups[id]; g != "" && x.Name == g {
			return first(ownerOf(x.Owner.Name), ownerOf(x.Owner.Email), g)
		}
	}
	return ""
}

// ownerOf reads an owner, whom people write as a word or as a list.
func ownerOf(v any) string {
	switch v := v.(type) {
	case string:
		return words(v)
	case []any:
		var all []string
		for _, x := range v {
			if s := ownerOf(x); s != "" {
				all = append(all, s)
			}
		}
		return strings.Join(all, ", ")
	}
	return ""
}

func first(all ...string) string {
	for _, s := range all {
		if s != "" {
			return s
		}
	}
	return ""
}

// node adds what a table and its columns say.
func (f *file) node(where string, at name, description, owner string, columns []dbtColumn) {
	if owner != "" || words(description) != "" {
		f.cards = append(f.cards, card{where, at, said(owner), said(description)})
	}
	for _, c := range columns {
		at.Field = c.Name
		owner := ownerOf(c.Meta.Owner)
		if owner != "" || words(c.Description) != "" {
			f.cards = append(f.cards, card{where + ", column " + c.Name, at, said(owner), said(c.Description)})
		}
		if v := c.Meta.Vestige; v.Category != "" || v.Verdict != "" {
			d := decision{where + ", column " + c.Name, at, first(v.Verdict, string(pii.Changed)), v.Category, v.Reason}
			if v.Verdict == "" || v.Verdict == string(pii.Reject) {
				d.reason = first(v.Reason, "as dbt has it")
			}
			f.decisions = append(f.decisions, d)
		}
	}
}

// dbtFile is a file of dbt's sources.
type dbtFile struct {
	Version int         `yaml:"version"`
	Sources []dbtSource `yaml:"sources"`
}

type dbtSource struct {
	Name   string     `yaml:"name"`
	Schema string     `yaml:"schema,omitempty"`
	Tables []dbtTable `yaml:"tables"`
}

type dbtTable struct {
	Name        string      `yaml:"name"`
	Identifier  string      `yaml:"identifier,omitempty"`
	Description string      `yaml:"description,omitempty"`
	Meta        dbtMeta     `yaml:"meta,omitempty"`
	Columns     []dbtColumn `yaml:"columns,omitempty"`
}

// sourcesOf reads the YAML in which dbt's sources are described, as DBT writes it and as people do.
func sourcesOf(text []byte) (f file, err error) {
	var d dbtFile
	if err := yaml.Unmarshal(text, &d); err != nil {
		return f, errkind.Coded(errkind.Invalid, "bad-file", "this is no file of dbt's sources")
	}
	f.format = "dbt"
	for _, s := range d.Sources {
		for _, t := range s.Tables {
			at := name{Namespace: s.Name, Dataset: first(t.Identifier, t.Name)}
			if schema := first(t.Meta.Vestige.Schema, s.Schema); schema != "" {
				at.Dataset = schema + "." + at.Dataset
			}
			f.node("source "+s.Name+", table "+t.Name, at, t.Description, ownerOf(t.Meta.Owner), t.Columns)
		}
	}
	return f, nil
}

// DBT writes what is decided and proposed of personal data, with owners and descriptions, as a file of dbt's sources: each gives the fields, those of a dataset
// together (catalog.Each). What nobody decided has its state and no verdict, and where it is read again it decides nothing.
func DBT(to io.Writer, cards []catalog.Card, each func(visit func([]catalog.Entry) error) error) error {
	w := dbtWriter{said: map[pii.Ref]catalog.Card{}, left: map[pii.Ref]map[string]*catalog.Entry{}}
	for _, k := range cards {
		w.said[k.At] = k
		set := k.At.Of()
		if w.left[set] == nil {
			w.left[set] = map[string]*catalog.Entry{}
		}
		if k.At.Field != "" {
			w.left[set][k.At.Field] = nil
		}
	}
	w.b.WriteString("version: 2\nsources:\n")
	err := each(func(es []catalog.Entry) error {
		for i := 0; i < len(es); {
			i += w.dataset(es[i:])
		}
		_, err := w.b.WriteTo(to)
		return err
	})
	if err != nil {
		return err
	}
	w.rest("")
	_, err = w.b.WriteTo(to)
	return err
}

// dataset writes the fields of the first dataset, and gives how many there are.
func (w *dbtWriter) dataset(es []catalog.Entry) (n int) {
	set := es[0].Ref.Of()
	fields := w.left[set]
	if fields == nil {
		fields = map[string]*catalog.Entry{}
	}
	for n < len(es) && es[n].Ref.Of() == set {
		fields[es[n].Ref.Field] = &es[n]
		n++
	}
	if w.source != "" && set.Source != w.source {
		w.rest(w.source)
	}
	w.table(set, fields)
	return n
}

// rest writes what people said of datasets without such fields: of one source, or of all that are left.
func (w *dbtWriter) rest(source string) {
	for _, r := range slices.SortedFunc(maps.Keys(w.left), func(a, b pii.Ref) int {
		return cmp.Or(strings.Compare(a.Source, b.Source), strings.Compare(a.Dataset, b.Dataset))
	}) {
		if source == "" || r.Source == source {
			w.table(r, w.left[r])
		}
	}
}

type dbtWriter struct {
	b      bytes.Buffer
	source string // that is being written
	said   map[pii.Ref]catalog.Card
	left   map[pii.Ref]map[string]*catalog.Entry // what has cards and is not written yet
}

// quoted writes a text as JSON does, which YAML reads.
func quoted(s string) string {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	_ = e.Encode(s) // a string
	return strings.TrimSuffix(b.String(), "\n")
}

func (w *dbtWriter) table(r pii.Ref, fields map[string]*catalog.Entry) {
	if delete(w.left, r); r.Source != w.source {
		w.b.WriteString("  - name: " + quoted(r.Source) + "\n    tables:\n")
		w.source = r.Source
	}
	schema, table := "", r.Dataset
	if i := strings.LastIndexByte(table, '.'); i > 0 {
		schema, table = table[:i], table[i+1:]
	}
	w.b.WriteString("      - name: " + quoted(r.Dataset) + "\n        identifier: " + quoted(table) + "\n")
	k := w.said[r]
	if k.Description != "" {
		w.b.WriteString("        description: " + quoted(k.Description) + "\n")
	}
	var meta []string
	if k.Owner != "" {
		meta = append(meta, "owner: "+quoted(k.Owner))
	}
	if schema != "" {
		meta = append(meta, "vestige: {schema: "+quoted(schema)+"}")
	}
	if len(meta) > 0 {
		w.b.WriteString("        meta: {" + strings.Join(meta, ", ") + "}\n")
	}
	if len(fields) > 0 {
		w.b.WriteString("        columns:\n")
	}
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		w.column(r.In(name), fields[name])
	}
}

func (w *dbtWriter) column(at pii.Ref, e *catalog.Entry) {
	w.b.WriteString("          - name: " + quoted(at.Field) + "\n")
	k := w.said[at]
	if k.Description != "" {
		w.b.WriteString("            description: " + quoted(k.Description) + "\n")
	}
	var meta []string
	if k.Owner != "" {
		meta = append(meta, "owner: "+quoted(k.Owner))
	}
	if e != nil {
		text := "vestige: {state: " + quoted(string(e.State))
		if e.Decision != nil {
			text += ", category: " + quoted(string(e.Decision.Category)) + ", verdict: " + quoted(string(e.Decision.Verdict)) + ", reason: " + quoted(e.Decision.Reason)
		} else {
			text += ", proposed: " + quoted(string(e.Category))
		}
		meta = append(meta, text+"}")
	}
	if len(meta) > 0 {
		w.b.WriteString("            meta: {" + strings.Join(meta, ", ") + "}\n")
	}
}

// States are those of fields that go out.
func States() []catalog.State {
	return []catalog.State{catalog.Accepted, catalog.Rejected, catalog.Proposed, catalog.Deferred}
}
