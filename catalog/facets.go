package catalog

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"vestige/internal/db"
	"vestige/pii"
)

// combo is what facets count by, and how many fields have it. There are few of them however many fields there are, so that a query of nothing
// but facets is counted without reading the index.
type combo struct {
	Source   string
	Category pii.Category
	Also     string // further categories, joined by commas
	State    State
	Type     string
	Reopened bool
	n        int64
}

func (k combo) String() string {
	again := ""
	if k.Reopened {
		again = "y"
	}
	return strings.Join([]string{k.Source, string(k.Category), k.Also, string(k.State), k.Type, again}, "\x1f")
}

func parseCombo(s string) (k combo, ok bool) {
	p := strings.Split(s, "\x1f")
	if len(p) != 6 {
		return k, false
	}
	return combo{p[0], pii.Category(p[1]), p[2], State(p[3]), p[4], p[5] != "", 0}, true
}

func joinCategories(cs []pii.Category) string {
	parts := make([]string, len(cs))
	for i, c := range cs {
		parts[i] = string(c)
	}
	return strings.Join(parts, ",")
}

func (k combo) categories() []pii.Category {
	all := []pii.Category{k.Category}
	if k.Also == "" {
		return all
	}
	for _, c := range strings.Split(k.Also, ",") {
		if pii.Category(c) != k.Category {
			all = append(all, pii.Category(c))
		}
	}
	return all
}

// fromCounters counts a query by the counters alone; ok is false where it asks for more than facets.
func (c *Catalog) fromCounters(ctx context.Context, idx *index, ask question) (found []combo, ok bool, err error) {
	if !ask.facets || ask.kind != "field" || !ask.expr.countable() {
		return nil, false, nil
	}
	all, err := c.counts(ctx, idx)
	if err != nil {
		return nil, false, err
	}
	for _, k := range all {
		if ask.expr.holds(k) {
			found = append(found, k)
		}
	}
	return found, true, nil
}

// counts gives the counters of all fields at the index's revision, which are read once for each.
func (c *Catalog) counts(ctx context.Context, idx *index) ([]combo, error) {
	c.countMu.Lock()
	defer c.countMu.Unlock()
	at, err := idx.revision()
	if err != nil {
		return nil, err
	}
	if c.counted == at {
		return c.counters, nil
	}
	combos, stored, err := c.storedCombos(ctx)
	if err != nil {
		return nil, err
	}
	if stored != at { // the index is at another revision than the store is by now: it counts itself
		p, err := c.looked(ctx, idx)
		if err != nil {
			return nil, err
		}
		found, err := p.ask(question{expr: expr{all: []expr{}}, kind: "field"}, true)
		if err != nil {
			return nil, err
		}
		combos = found.combos
	}
	c.counted, c.counters = at, combos
	return c.counters, nil
}

// countable tells whether every term is one of what combos are made of.
func (e expr) countable() bool {
	ok := true
	e.each(func(t *term, _ bool) {
		switch t.key {
		case "is":
			ok = ok && t.value != "dataset" && t.value != "island"
		case "category", "type", "sensitivity", "article9":
		case "source":
			ok = ok && !t.star
		default:
			ok = false
		}
	})
	return ok
}

// holds evaluates a countable query on a combo.
func (e expr) holds(k combo) bool {
	switch {
	case e.term != nil:
		return e.term.holds(k)
	case e.not != nil:
		return !e.not.holds(k)
	case e.any != nil:
		return slices.ContainsFunc(e.any, func(x expr) bool { return x.holds(k) })
	}
	return !slices.ContainsFunc(e.all, func(x expr) bool { return !x.holds(k) })
}

func (t *term) holds(k combo) bool {
	switch t.key {
	case "is":
		return t.value == "field" || t.value == "identifier" && k.Category.Identifier() || t.value == "reopened" && k.Reopened ||
			slices.Contains(marks(k.State, k.Category), t.value)
	case "category":
		return slices.ContainsFunc(k.categories(), pii.Category(t.value).Covers)
	case "type":
		return k.Type == t.value
	case "source":
		return fold(k.Source) == t.value
	}
	info, _ := k.Category.Info()
	if t.key == "article9" {
		return info.Article9 == (t.value == "true")
	}
	return t.compares(float64(info.Sensitivity))
}

// facetsOf adds combos up by each property. A field counts for each category that it holds.
func facetsOf(combos []combo) []Facet {
	var source, category, state, typ = map[string]int64{}, map[string]int64{}, map[string]int64{}, map[string]int64{}
	for _, k := range combos {
		source[k.Source] += k.n
		state[string(k.State)] += k.n
		typ[k.Type] += k.n
		for _, c := range k.categories() {
			if c != "" {
				category[string(c)] += k.n
			}
		}
	}
	return []Facet{facet("source", source), facet("category", category), facet("state", state), facet("type", typ)}
}

func facet(name string, counts map[string]int64) Facet {
	f := Facet{Name: name}
	for v, n := range counts {
		f.Values = append(f.Values, Count{v, n})
	}
	slices.SortFunc(f.Values, func(a, b Count) int { return cmp.Or(cmp.Compare(b.Count, a.Count), strings.Compare(a.Value, b.Value)) })
	return f
}

// Kinds counts the fields that hold a kind of personal data, in one source.
type Kinds struct {
	Source   string
	Category pii.Category
	Fields   int64 // proposed, deferred or accepted
	Accepted int64
}

// Kinds counts personal data by source and category, in that order; a field counts for each category that it holds.
func (c *Catalog) Kinds(ctx context.Context) (out []Kinds, err error) {
	err = c.read(ctx, func(tx db.Tx) error {
		out, err = remembered(ctx, c, tx, "kinds", func() ([]Kinds, error) {
			combos, err := combosIn(ctx, tx)
			return kindsOf(combos), err
		})
		return err
	})
	return out, err
}

func kindsOf(combos []combo) (out []Kinds) {
	type place struct {
		source   string
		category pii.Category
	}
	at := map[place]*Kinds{}
	for _, k := range combos {
		if !personal(k.State, k.Category) {
			continue
		}
		for _, category := range k.categories() {
			p := place{k.Source, category}
			if at[p] == nil {
				at[p] = &Kinds{Source: k.Source, Category: category}
			}
			at[p].Fields += k.n
			if k.State == Accepted {
				at[p].Accepted += k.n
			}
		}
	}
	for _, x := range at {
		if x.Category.Personal() {
			out = append(out, *x)
		}
	}
	slices.SortFunc(out, func(a, b Kinds) int {
		return cmp.Or(strings.Compare(a.Source, b.Source), strings.Compare(string(a.Category), string(b.Category)))
	})
	return out
}
