package lineage_test

import (
	"context"
	"fmt"
	"iter"
	"log/slog"
	"slices"
	"strings"
	"testing"

	"vestige/connectors"
	"vestige/connectors/memory"
	"vestige/lineage"
	"vestige/pii"
)

// estate is a few tables made by hand, in systems that the real connector reads, with what a scan would know of them.
type estate struct {
	t       testing.TB
	systems map[string]*memory.System
	sources map[string]*connectors.Source
	tables  []*table
}

type table struct {
	ref    pii.Ref
	fields []lineage.FieldNode
	refs   []pii.Reference
	guess  []lineage.Edge
	rows   [][]any
	key    int // how many of the first fields are its key
}

func newEstate(t testing.TB) *estate {
	return &estate{t: t, systems: map[string]*memory.System{}, sources: map[string]*connectors.Source{}}
}

// table makes one: "shop/users", and its fields as "name category", with more words for more: int, time, json, path (of a document's insides), form=…, under=FIELD=KEY=CATEGORY,
// ">shop/users.id" for a declared reference and "~shop/users.id" for an inferred one. The first field is the key.
func (e *estate) table(at string, fields ...string) *table {
	e.t.Helper()
	ref, err := pii.ParseRef(at)
	if err != nil {
		e.t.Fatal(err)
	}
	tb := &table{ref: ref, key: 1}
	for _, text := range fields {
		tb.fields = append(tb.fields, tb.field(strings.Fields(text)))
	}
	e.tables = append(e.tables, tb)
	return tb
}

func (tb *table) field(words []string) lineage.FieldNode {
	f := lineage.FieldNode{Field: pii.Field{Name: words[0], Column: words[0], Type: pii.Text}, Category: pii.Category(words[1]), Confidence: 1, Decided: true, Dense: true, Examined: true, Full: true}
	for _, w := range words[2:] {
		switch {
		case w == "int":
			f.Field.Type = pii.Int
		case w == "time":
			f.Field.Type = pii.Time
		case w == "json":
			f.Field.Type, f.Dense = pii.JSON, false
		case w == "path":
			f.Field.Column, f.Field.Path, _ = strings.Cut(words[0], ".")
		case strings.HasPrefix(w, "under="):
			by, rest, _ := strings.Cut(w[len("under="):], "=")
			key, category, _ := strings.Cut(rest, "=")
			f.Dense, f.Contains = false, append(f.Contains, pii.Contained{Category: pii.Category(category), Confidence: 1, Share: 0.5, Key: key, By: by})
		case strings.HasPrefix(w, "form="):
			f.Form = w[len("form="):]
		case strings.HasPrefix(w, "conf="):
			_, _ = fmt.Sscanf(w, "conf=%g", &f.Confidence)
			f.Decided = false
		case w[0] == '>', w[0] == '~':
			tb.refer(words[0], w)
		}
	}
	return f
}

func (tb *table) refer(field, to string) {
	at, parent, _ := strings.Cut(to[1:], ".")
	ref, _ := pii.ParseRef(at)
	r := pii.Reference{From: tb.ref, Fields: []string{field}, To: ref, ToFields: []string{parent}, OnDelete: pii.Restrict}
	if to[0] == '>' {
		tb.refs = append(tb.refs, r)
		return
	}
	tb.guess = append(tb.guess, lineage.Edge{ID: lineage.EdgeID(r.From, r.Fields, r.To, r.ToFields), From: r.From, Fields: r.Fields, To: r.To, ToFields: r.ToFields, Confidence: 0.99})
}

// add puts records in, values in the order of the columns; nil is NULL.
func (tb *table) add(values ...any) *table {
	tb.rows = append(tb.rows, values)
	return tb
}

// keyed gives it a key of so many fields.
func (tb *table) keyed(fields int) *table {
	tb.key = fields
	return tb
}

// open makes the systems and the graph.
func (e *estate) open() *lineage.Graph {
	e.t.Helper()
	g := &lineage.Graph{}
	for _, tb := range e.tables {
		sys := e.systems[tb.ref.Source]
		if sys == nil {
			sys = memory.New(memory.Faults{})
			e.systems[tb.ref.Source] = sys
		}
		columns := []pii.Field{}
		for _, f := range tb.fields {
			if f.Field.Path == "" {
				columns = append(columns, f.Field)
			}
		}
		var key []string
		for _, c := range columns[:tb.key] {
			key = append(key, c.Name)
		}
		sys.Create(memory.Table{Name: tb.ref.Dataset, Fields: columns, Key: key, References: tb.refs})
		for _, r := range tb.rows {
			sys.Insert(tb.ref.Dataset, bytesOf(r))
		}
		tb.count(columns)
		slices.SortFunc(tb.fields, func(a, b lineage.FieldNode) int { return strings.Compare(a.Field.Name, b.Field.Name) })
		g.Nodes = append(g.Nodes, lineage.Node{Dataset: pii.Dataset{Ref: tb.ref, Kind: pii.Table, Fields: columns, Key: key, References: tb.refs, Records: int64(len(tb.rows))}, Fields: tb.fields})
		g.Edges = append(g.Edges, tb.guess...)
	}
	g.Edges = append(g.Edges, lineage.Declared(g.Nodes)...)
	lineage.Assign(g.Nodes, g.Edges)
	for name, sys := range e.systems {
		s, err := connectors.Open(e.t.Context(), connectors.Env{Log: slog.New(slog.DiscardHandler)}, name, sys.Spec(), nil)
		if err != nil {
			e.t.Fatal(err)
		}
		e.t.Cleanup(func() { _ = s.Close() })
		e.sources[name] = s
	}
	return g.Index()
}

func bytesOf(values []any) [][]byte {
	row := make([][]byte, len(values))
	for i, v := range values {
		if v != nil {
			row[i] = []byte(fmt.Sprint(v))
		}
	}
	return row
}

// count gives the fields of columns the figures that an examination would.
func (tb *table) count(columns []pii.Field) {
	for i, c := range columns {
		seen := map[string]bool{}
		f := &tb.fields[slices.IndexFunc(tb.fields, func(f lineage.FieldNode) bool { return f.Field.Name == c.Name })]
		for _, r := range tb.rows {
			if r[i] != nil {
				f.Values++
				seen[fmt.Sprint(r[i])] = true
			}
		}
		f.Distinct = int64(len(seen))
		f.Unique = f.Values > 0 && f.Distinct == f.Values
	}
}

// Look finds records through the connectors.
func (e *estate) Look(ctx context.Context, m pii.Match) iter.Seq2[*pii.Found, error] {
	return e.sources[m.Dataset.Ref.Source].Locate(ctx, m)
}

func mail(address string) pii.Identifier {
	return pii.Identifier{Category: "contact.email", Value: pii.NewValue(address)}
}

var limits = lineage.Limits{Find: 0.5, Change: func(pii.Category) float64 { return 0.95 }, Hub: 200}

// close closes over the estate from an address, leaving parts out.
func (e *estate) close(g *lineage.Graph, from pii.Identifier, skip ...lineage.Part) *lineage.Closure {
	e.t.Helper()
	lim := limits
	lim.Skip = map[lineage.Part]bool{}
	for _, p := range skip {
		lim.Skip[p] = true
	}
	c, err := lineage.Close(e.t.Context(), g, e, lim, []pii.Identifier{from}, nil)
	if err != nil {
		e.t.Fatalf("%+v", err)
	}
	return c
}

// told writes what a closure says of each record: "hers shop/users 1", with what of it is to be changed.
func told(c *lineage.Closure) (out []string) {
	for _, r := range c.Records {
		line := fmt.Sprintf("%s %s %s", r.Holding, r.Dataset, r.Key[0].Reveal())
		var parts []string
		for _, h := range r.Hits {
			for _, v := range r.Fields[h.Field] {
				if v.Path == h.Path && h.End <= v.Value.Len() {
					parts = append(parts, v.Value.Reveal()[h.Start:h.End])
				}
			}
		}
		slices.Sort(parts)
		if parts = slices.Compact(parts); len(parts) > 0 && r.Holding == lineage.Mention {
			line += ": " + strings.Join(parts, ", ")
		}
		out = append(out, line)
	}
	slices.Sort(out)
	return out
}

func same(t *testing.T, got, want []string) {
	t.Helper()
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("got\n  %s\nwant\n  %s", strings.Join(got, "\n  "), strings.Join(want, "\n  "))
	}
}

func TestParts(t *testing.T) {
	t.Parallel()
	for name, c := range difficulties {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := newEstate(t)
			c.make(e)
			g := e.open()
			if c.start.Category == "" {
				c.start = mail("ann@example.com")
			}
			same(t, told(e.close(g, c.start)), c.want)
			if c.part == "" {
				return
			}
			if without := told(e.close(g, c.start, c.part)); slices.Equal(without, c.want) {
				t.Errorf("without %s it is the same", c.part)
			} else if c.without != nil {
				same(t, without, c.without)
			}
		})
	}
}
