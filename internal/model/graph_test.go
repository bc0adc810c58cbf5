package model_test

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"

	"vestige/connectors"
	"vestige/connectors/memory"
	"vestige/internal/model"
	"vestige/lineage"
	"vestige/pii"
)

// helper is what both a test and a draw of rapid are.
type helper interface {
	Helper()
	Fatalf(format string, args ...any)
	Errorf(format string, args ...any)
}

func ok(t helper, err error) {
	t.Helper()
	if err != nil {
		t.Fatalf("%+v", err)
	}
}

// inMemory puts every table of an estate into systems in the memory of the process, files too.
func inMemory(t helper, e *model.Estate) map[string]*connectors.Source {
	systems := map[string]*memory.System{}
	for _, tb := range e.Tables {
		if tb.Form == "view" {
			continue
		}
		if systems[tb.System] == nil {
			systems[tb.System] = memory.New(memory.Faults{})
		}
		systems[tb.System].Create(memoryTable(tb))
		for _, r := range tb.Rows {
			row := make([][]byte, len(r.Cells))
			for i, c := range r.Cells {
				if c.V != nil {
					row[i] = []byte(*c.V)
				}
			}
			systems[tb.System].Insert(tb.Name, row)
		}
	}
	out := map[string]*connectors.Source{}
	for name, sys := range systems {
		s, err := connectors.Open(context.Background(), connectors.Env{Log: slog.New(slog.DiscardHandler)}, name, sys.Spec(), nil)
		ok(t, err)
		out[name] = s
	}
	return out
}

func memoryTable(tb *model.Table) memory.Table {
	out := memory.Table{Name: tb.Name, Key: tb.Key}
	for _, u := range tb.Unique {
		out.Unique = append(out.Unique, []string{u})
	}
	for _, f := range tb.Fields {
		out.Fields = append(out.Fields, column(tb, f))
	}
	for _, r := range tb.Refs {
		if r.Declared {
			_, to, _ := strings.Cut(r.To, "/")
			out.References = append(out.References, pii.Reference{To: pii.Ref{Dataset: to}, Fields: r.Fields, ToFields: r.ToFields, OnDelete: action(r.OnDelete)})
		}
	}
	return out
}

func action(sql string) pii.Action {
	switch sql {
	case "CASCADE":
		return pii.Cascade
	case "SET NULL":
		return pii.SetNull
	}
	return pii.Restrict
}

func column(tb *model.Table, f model.Field) pii.Field {
	kind := map[string]pii.FieldType{"int": pii.Int, "text": pii.Text, "date": pii.Text, "json": pii.JSON}[f.Type]
	return pii.Field{Name: f.Name, Column: f.Name, Type: kind, NotNull: f.NotNull, Indexed: slices.Contains(tb.Key, f.Name)}
}

// graph is what a right scan, and a steward who has decided on every field, know of an estate. Whose a record is, and which of two references owns it, they leave
// to the product.
func graph(t helper, e *model.Estate, sources map[string]*connectors.Source) *lineage.Graph {
	t.Helper()
	g := &lineage.Graph{}
	for _, name := range slices.Sorted(maps.Keys(sources)) {
		for d, err := range sources[name].Discover(context.Background()) {
			ok(t, err)
			if n := node(t, e, d); n != nil {
				g.Nodes = append(g.Nodes, *n)
			}
		}
	}
	g.Edges = append(guesses(e, g), lineage.Declared(g.Nodes)...)
	lineage.Assign(g.Nodes, g.Edges)
	return g.Index()
}

// tableOf gives the table that a dataset was loaded from: files are named after theirs.
func tableOf(e *model.Estate, d pii.Ref) *model.Table {
	name := strings.ToLower(d.Dataset)
	for _, t := range e.Tables {
		if t.System == d.Source && (name == t.Name || strings.HasSuffix(name, "."+t.Name) || strings.HasPrefix(name, t.Name+".")) {
			return t
		}
	}
	return nil
}

func node(t helper, e *model.Estate, d pii.Dataset) *lineage.Node {
	t.Helper()
	tb := tableOf(e, d.Ref)
	if tb == nil {
		t.Fatalf("the dataset %s is of no table", d.Ref)
	}
	n := &lineage.Node{Dataset: d}
	for i, f := range tb.Fields {
		n.Fields = append(n.Fields, fields(tb, d, i, f)...)
	}
	slices.SortFunc(n.Fields, func(a, b lineage.FieldNode) int { return strings.Compare(a.Field.Name, b.Field.Name) })
	return n
}

func fields(tb *model.Table, d pii.Dataset, i int, f model.Field) []lineage.FieldNode {
	at := column(tb, f)
	if had := d.Field(f.Name); had != nil {
		at = *had
	} else if tb.Form != "table" && tb.Form != "view" {
		at.Column, at.Path = "", f.Name
	}
	fn := lineage.FieldNode{Field: at, Category: pii.Category(f.Category), Form: f.Form, Confidence: 1, Dense: !f.Text && f.Type != "json", Examined: true, Full: true, Values: int64(len(tb.Rows))}
	if f.Category == "" {
		fn.Category = "none.other"
	}
	seen := map[string]bool{}
	fn.Values = 0
	for _, r := range tb.Rows {
		if v := r.Cells[i].V; v != nil {
			fn.Values++
			seen[*v] = true
		}
	}
	fn.Distinct = int64(len(seen))
	fn.Unique = fn.Values > 0 && fn.Distinct == fn.Values
	out := []lineage.FieldNode{fn}
	for _, in := range f.Insides {
		inside := pii.Field{Name: f.Name + "." + in.Name, Column: f.Name, Path: in.Name, Type: pii.Text}
		out = append(out, lineage.FieldNode{Field: inside, Category: pii.Category(in.Category), Confidence: 1, Dense: true, Examined: true, Full: true, Values: fn.Values, Distinct: fn.Distinct})
	}
	return out
}

// guesses are the references that nobody declared and a scan inferred.
func guesses(e *model.Estate, g *lineage.Graph) (out []lineage.Edge) {
	at := map[string]pii.Ref{}
	for i := range g.Nodes {
		at[tableOf(e, g.Nodes[i].Dataset.Ref).Ref()] = g.Nodes[i].Dataset.Ref
	}
	for _, t := range e.Tables {
		for _, r := range t.Refs {
			if !r.Declared {
				from, to := at[t.Ref()], at[r.To]
				var when *lineage.When
				if r.If != "" {
					when = &lineage.When{Field: r.If, Values: []string{strings.ToLower(r.Is)}}
				}
				out = append(out, lineage.Edge{When: when, ID: lineage.EdgeID(from, r.Fields, to, r.ToFields), From: from, Fields: r.Fields, To: to, ToFields: r.ToFields, Confidence: 0.99})
			}
		}
	}
	return out
}

// told gives the holdings of a closure, by record of the estate.
func told(t helper, e *model.Estate, c *lineage.Closure) map[*model.Row]model.Holding {
	t.Helper()
	out := map[*model.Row]model.Holding{}
	for _, r := range c.Records {
		h := model.Holding(r.Holding)
		if r.Holding == lineage.HeldByOther {
			h = model.Not
		}
		rows := rowsOf(e, r)
		if len(rows) == 0 {
			t.Fatalf("a record of %s is none of the estate", r.Dataset)
		}
		for _, row := range rows {
			out[row] = h
		}
	}
	return out
}

// rowsOf finds the rows that a record of a closure stands for: several where nothing tells them apart.
func rowsOf(e *model.Estate, r *lineage.Record) (out []*model.Row) {
	tb := tableOf(e, r.Dataset)
	for _, row := range tb.Rows {
		same := true
		for _, f := range tb.Fields {
			had, v := r.Fields[f.Name], tb.Get(row, f.Name)
			if len(had) > 0 && !had[0].Value.Null() && f.Type != "json" {
				same = same && v != nil && had[0].Value.Reveal() == *v
			}
		}
		for i, k := range tb.Key {
			same = same && len(r.Key) == len(tb.Key) && r.Key[i].Reveal() == *tb.Get(row, k)
		}
		if same {
			out = append(out, row)
		}
	}
	return out
}

// given is what the request names the person by.
func given(e *model.Estate) []pii.Identifier {
	return []pii.Identifier{{Category: pii.Category(e.StartIs), Value: pii.NewValue(e.Start)}}
}

var limits = lineage.Limits{Find: 0.5, Change: func(pii.Category) float64 { return 0.95 }, Hub: 200}

// closes compares the product's closure with the model's.
func closes(t helper, e *model.Estate) []string {
	t.Helper()
	sources := inMemory(t, e)
	g := graph(t, e, sources)
	c, err := lineage.Close(context.Background(), g, look(sources), limits, given(e), nil)
	ok(t, err)
	got, want := told(t, e, c), e.Close(e.StartIs, e.Start)
	namesakes(e, got, want)
	out := e.Differ(got, want)
	for _, gap := range c.Gaps {
		out = append(out, fmt.Sprintf("gap %s at %s", gap.Code, gap.At))
	}
	return out
}

// namesakes leaves out the questions about a full name that stands alone, which may be a namesake's, and about what holds nothing but a telephone of several: asking is right.
func namesakes(e *model.Estate, got, want map[*model.Row]model.Holding) {
	for r, h := range got {
		if h == model.Doubtful && want[r] == model.Not && (r.Common || r.Holds(e.Names[e.Subject])) {
			delete(got, r)
		}
	}
}
