package app

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"

	"vestige/audit"
	"vestige/catalog"
	"vestige/connectors"
	"vestige/internal/errkind"
	"vestige/lineage"
	"vestige/pii"
	"vestige/plans"
)

// looker asks each source for the records that it holds.
type looker map[string]*connectors.Source

// Look asks the source that a match is about.
func (l looker) Look(ctx context.Context, m pii.Match) iter.Seq2[*pii.Found, error] {
	if s := l[m.Dataset.Ref.Source]; s != nil {
		return s.Locate(ctx, m)
	}
	gap := pii.Gap{Code: "no-such-source", At: m.Dataset.Ref, Text: "the source is no longer configured", Records: -1}
	return func(yield func(*pii.Found, error) bool) { yield(&pii.Found{Dataset: m.Dataset.Ref, Gap: &gap}, nil) }
}

// Place is a dataset that holds records of a person in one way, with the route that led there.
type Place struct {
	Dataset pii.Ref         `json:"dataset"`
	Name    string          `json:"name"`    // as people read it
	Holding lineage.Holding `json:"holding"` // hers, shared, mentions, held-by-another, unsure
	Records int64           `json:"records"`
	Fields  []string        `json:"fields,omitempty"` // where she was hit
	Links   []lineage.Link  `json:"links"`            // of the shortest route
	Route   string          `json:"route"`            // the same in words
}

// Known is how many identifiers of a category became known, without a value.
type Known struct {
	Category pii.Category `json:"category"`
	Count    int          `json:"count"`
	Single   bool         `json:"single"`        // they single her out
	Why      string       `json:"why,omitempty"` // why they do not
}

// Whereabouts is where a person is.
type Whereabouts struct {
	Records   int64              `json:"records"`
	Places    []Place            `json:"places"`
	Known     []Known            `json:"known"`
	Questions []lineage.Question `json:"questions"`
	Gaps      []pii.Gap          `json:"gaps"`
	Undecided []pii.Gap          `json:"undecided"` // fields that nobody decided, with the records behind them
	Looks     int                `json:"looks"`
}

// Find looks for a person in every source, and stores nothing of her. The look is in the log before it is made.
func (a *App) Find(ctx context.Context, by string, ids []pii.Identifier) (*Whereabouts, error) {
	g, cl, err := a.closure(ctx, by, ids)
	if err != nil {
		return nil, err
	}
	return whereabouts(g, cl), nil
}

// closure finds a person's records. The look is in the log before it is made.
func (a *App) closure(ctx context.Context, by string, ids []pii.Identifier) (*lineage.Graph, *lineage.Closure, error) {
	g, err := a.Engine.Graph(ctx)
	if err != nil {
		return nil, nil, err
	}
	start, err := plans.Normalise(g, ids)
	if err != nil {
		return nil, nil, err
	}
	facts := map[string]any{"identifiers": len(ids), "revision": g.Revision}
	if err := a.Record(ctx, audit.Entry{Actor: by, Action: "person.find", Facts: audit.Facts(facts)}); err != nil {
		return nil, nil, err
	}
	lim := lineage.Limits{Find: a.Policy.Act.Find, Change: a.Policy.Change, Hub: a.Policy.Limits.Hub}
	answers := map[string]pii.Verdict{}
	if _, err := a.Engine.Decisions(ctx, answers); err != nil {
		return nil, nil, err
	}
	cl, err := lineage.Close(ctx, g, looker(a.Sources), lim, start, answers)
	if err != nil {
		return nil, nil, err
	}
	return g, cl, nil
}

func whereabouts(g *lineage.Graph, cl *lineage.Closure) *Whereabouts {
	w := &Whereabouts{Questions: cl.Questions, Gaps: cl.Gaps, Looks: cl.Looked, Places: places(g, cl), Known: known(cl)}
	for _, p := range w.Places {
		w.Records += p.Records
	}
	for _, at := range slices.SortedFunc(maps.Keys(cl.Undecided), compareRefs) {
		w.Undecided = append(w.Undecided, pii.Gap{Code: "undecided-field", At: at, Text: lineage.ToDecide(g, at), Records: cl.Undecided[at]})
	}
	return w
}

func compareRefs(a, b pii.Ref) int { return cmp.Compare(a.String(), b.String()) }

// places gathers records by dataset and holding.
func places(g *lineage.Graph, cl *lineage.Closure) []Place {
	type id struct {
		at      pii.Ref
		holding lineage.Holding
	}
	by := map[id]*Place{}
	for _, r := range cl.Records {
		k := id{r.Dataset, r.Holding}
		if by[k] == nil {
			by[k] = &Place{Dataset: r.Dataset, Name: NameOf(g, r.Dataset), Holding: r.Holding, Links: r.Via}
		}
		p := by[k]
		p.Records += int64(max(r.Equals, 1))
		if len(r.Via) < len(p.Links) {
			p.Links = r.Via
		}
		for _, h := range r.Hits {
			if !slices.Contains(p.Fields, h.Field) {
				p.Fields = append(p.Fields, h.Field)
			}
		}
	}
	var out []Place
	for _, p := range by {
		slices.Sort(p.Fields)
		p.Route = Route(g, p.Links)
		out = append(out, *p)
	}
	slices.SortFunc(out, func(a, b Place) int {
		return cmp.Or(cmp.Compare(a.Dataset.String(), b.Dataset.String()), cmp.Compare(a.Holding, b.Holding))
	})
	return out
}

func known(cl *lineage.Closure) (out []Known) {
	for _, k := range cl.Known {
		x := Known{Category: k.Category, Single: k.Single, Why: k.Why}
		i := slices.IndexFunc(out, func(o Known) bool { x.Count = o.Count; return o == x })
		if i < 0 {
			x.Count = 0
			out, i = append(out, x), len(out)
		}
		out[i].Count++
	}
	slices.SortFunc(out, func(a, b Known) int {
		return cmp.Or(cmp.Compare(a.Category, b.Category), cmp.Compare(a.Why, b.Why))
	})
	return out
}

// NameOf gives the name of a dataset as people read it.
func NameOf(g *lineage.Graph, at pii.Ref) string {
	if n := g.Node(at.Of()); n != nil {
		return at.Source + "/" + strings.TrimPrefix(catalog.DisplayDataset(n), at.Source+"/")
	}
	return at.String()
}

// Route tells a chain of links in words: "e-mail given → users.mail → orders.user_id".
func Route(g *lineage.Graph, links []lineage.Link) string {
	var out []string
	for _, l := range links {
		if s := step(l); len(out) == 0 || out[len(out)-1] != s {
			out = append(out, s)
		}
	}
	return strings.Join(out, " → ")
}

func step(l lineage.Link) string {
	at := l.Dataset.Dataset
	if l.Field != "" {
		at += "." + l.Field
	}
	switch l.How {
	case "given":
		return string(l.Category) + " given"
	case "text":
		return "in the text of " + at
	case "name":
		return "by name in " + at
	}
	return at
}

// ParseIdentifier reads "category=value"; a short word stands for the category that ends in it where there is one such alone. "dataset#field=value" is a number that means something
// in that field.
func ParseIdentifier(s string) (pii.Identifier, error) {
	name, value, ok := strings.Cut(s, "=")
	if !ok || strings.TrimSpace(value) == "" {
		return pii.Identifier{}, errkind.Coded(errkind.Invalid, "identifier", "an identifier is written category=value, for example contact.email=…")
	}
	if at, err := pii.ParseRef(strings.TrimSpace(name)); err == nil && at.Field != "" && !strings.Contains(at.Source, "@") {
		return pii.Identifier{Category: "identity.number", Value: pii.NewValue(strings.TrimSpace(value)), Domain: at.String()}, nil
	}
	c, domain, err := category(strings.TrimSpace(name))
	if err != nil {
		return pii.Identifier{}, err
	}
	return pii.Identifier{Category: c, Value: pii.NewValue(strings.TrimSpace(value)), Domain: domain}, nil
}

// category finds the category meant; "category@domain" names the value domain of a local identifier.
func category(name string) (pii.Category, string, error) {
	name, domain, _ := strings.Cut(name, "@")
	short := map[string]pii.Category{"email": "contact.email", "phone": "contact.phone", "device": "online.device_id", "customer": "identity.customer_number", "name": "identity.name"}
	if c := short[strings.ToLower(name)]; c != "" {
		return c, domain, nil
	}
	var ends []string
	for _, info := range pii.Categories() {
		if string(info.Category) == name {
			return info.Category, domain, nil
		}
		if strings.HasSuffix(string(info.Category), "."+name) {
			ends = append(ends, string(info.Category))
		}
	}
	if len(ends) == 1 {
		return pii.Category(ends[0]), domain, nil
	}
	return "", "", errkind.Coded(errkind.Invalid, "category", "no category is named %q; %s", name, meantCategory(name, ends))
}

func meantCategory(name string, ends []string) string {
	var all []string
	for _, info := range pii.Categories() {
		all = append(all, string(info.Category))
	}
	if m := nearest(name, all); m != "" {
		return fmt.Sprintf("did you mean %q?", m)
	}
	if len(ends) > 0 {
		return "it may be " + strings.Join(ends, " or ")
	}
	return "\"vestige classifiers\" lists them"
}
