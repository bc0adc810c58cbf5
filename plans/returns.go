package plans

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"vestige/audit"
	"vestige/catalog"
	"vestige/connectors"
	"vestige/consent"
	"vestige/forms"
	"vestige/internal/clock"
	"vestige/internal/db"
	"vestige/internal/errkind"
	"vestige/lineage"
	"vestige/pii"
)

// Verdict says what a record is in which an erased identifier stands again.
type Verdict string

// The verdicts. Each is the code of an alert.
const (
	Restored Verdict = "restored" // it is from before the erasure: a backup, an import, a late event brought it
	Renewed  Verdict = "renewed"  // it is from after it: the person came back
	Returned Verdict = "returned" // nothing tells which
)

// Returns is what came back of those who were erased.
type Returns struct {
	At       int64         `json:"at"`
	Since    int64         `json:"since,omitempty"`
	Searched int           `json:"searched"` // datasets
	Values   int64         `json:"values"`   // that were asked of
	Places   []ReturnPlace `json:"places"`
	Skipped  []pii.Gap     `json:"skipped"`
	People   []ReturnOf    `json:"people"`
}

// ReturnPlace is a dataset in which something came back.
type ReturnPlace struct {
	Dataset  pii.Ref  `json:"dataset"`
	Restored int64    `json:"restored"`
	Renewed  int64    `json:"renewed"`
	Returned int64    `json:"returned"`
	Requests []string `json:"requests"` // by which they were erased
}

// ReturnOf is one who was erased and of whom something came back.
type ReturnOf struct {
	consent.Subject
	Restored int64            `json:"restored"`
	Renewed  int64            `json:"renewed"`
	Returned int64            `json:"returned"`
	Known    []pii.Identifier `json:"-"` // as they stand in what came back; in memory alone
}

// Again tells whether she can be erased again without asking: all that came back is from before her erasure.
func (r *ReturnOf) Again() bool { return r.Restored > 0 && r.Renewed == 0 && r.Returned == 0 }

// Returned looks for people who were erased since a time (0: ever) in one source, or in all where it is empty. Every value of an identifier is asked of the
// fingerprints while it is read; no value was kept to look for. An alert stands for each dataset and verdict, and goes when what it tells of has gone.
func (e *Engine) Returned(ctx context.Context, source string, since int64) (*Returns, error) {
	w, err := e.Suppressions().Watch(ctx, since)
	if err != nil {
		return nil, err
	}
	s := &sweep{Engine: e, w: w, people: map[consent.Subject]*ReturnOf{}, out: &Returns{Since: since, Places: []ReturnPlace{}, Skipped: []pii.Gap{}, People: []ReturnOf{}}}
	if !w.Empty() {
		if s.g, err = e.Catalog.Graph(ctx); err != nil {
			return nil, err
		}
		for i := range s.g.Nodes {
			n := &s.g.Nodes[i]
			if source != "" && n.Dataset.Ref.Source != source || n.Gone != 0 || n.Dataset.Kind == pii.View || e.Sources[n.Dataset.Ref.Source] == nil {
				continue
			}
			if err := s.dataset(ctx, n); err != nil {
				return nil, err
			}
		}
	}
	s.byLoad()
	return s.out, s.finish(ctx, source)
}

// sweep is one look for what came back.
type sweep struct {
	*Engine
	w      *consent.Watch
	g      *lineage.Graph
	out    *Returns
	found  []back
	people map[consent.Subject]*ReturnOf
}

// back is a record that came back, as one of those who were erased sees it.
type back struct {
	dataset pii.Ref
	of      consent.Subject
	verdict Verdict
}

// asked is a field whose values are asked of, and those that were found.
type askedField struct {
	f    *lineage.FieldNode
	term pii.Term
	of   [][]consent.Subject // by value of the term
	seen map[string]bool
}

// dataset reads the identifier fields of a dataset, and looks the records up in which one of an erased person stands.
func (s *sweep) dataset(ctx context.Context, n *lineage.Node) error {
	fields := map[string]*askedField{}
	q := connectors.Query{Dataset: n.Dataset, Bare: true}
	for i := range n.Fields {
		f := &n.Fields[i]
		c, ok := s.asks(f)
		if !ok {
			continue
		}
		mode := pii.Equal
		if !c.Global() {
			mode = pii.Exact
		}
		fields[f.Field.Name] = &askedField{f: f, term: pii.Term{Field: f.Field.Name, Mode: mode, Category: c}, seen: map[string]bool{}}
		q.Fields = append(q.Fields, f.Field.Name)
	}
	if len(fields) == 0 {
		return nil
	}
	s.out.Searched++
	for b, err := range s.source(n.Dataset.Ref.Source).Read(ctx, q) {
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err != nil:
			s.skip(pii.Gap{Code: "unsearched", At: n.Dataset.Ref, Text: "what came back could not be looked for to the end: " + errkind.Code(err), Records: -1})
			return nil
		case b.Gap != nil:
			s.skip(*b.Gap)
			continue
		}
		cols := b.Columns()
		for k := range cols {
			if a := fields[cols[k].Field.Name]; a != nil {
				s.column(a, &cols[k])
			}
		}
	}
	return s.records(ctx, n, fields)
}

// asks tells whether a field is asked, and of what category its values are.
func (s *sweep) asks(f *lineage.FieldNode) (pii.Category, bool) {
	if f.Form != "" || strings.Contains(f.Field.Path, "{") {
		return "", false
	}
	if f.Category.Global() {
		return f.Category, f.Dense && f.Confidence >= s.Policy.Act.Find && s.w.Asks(f.Category, "")
	}
	return "identity.number", s.w.Asks("identity.number", f.Domain)
}

func (s *sweep) skip(g pii.Gap) { s.out.Skipped = append(s.out.Skipped, g) }

func (s *sweep) column(a *askedField, col *pii.Column) {
	for i := range col.Len() {
		v, _ := col.Value(i)
		if len(v) == 0 {
			continue
		}
		s.out.Values++
		norm := v
		if a.term.Category.Global() {
			var ok bool
			if norm, ok = forms.Normal(a.term.Category, v); !ok {
				continue
			}
		}
		if of := s.w.Hit(a.term.Category, a.f.Domain, norm); len(of) > 0 && !a.seen[string(norm)] {
			a.seen[string(norm)] = true
			a.term.Values, a.of = append(a.term.Values, pii.NewValue(string(norm))), append(a.of, of)
		}
	}
}

// records judges the records in which something was found.
func (s *sweep) records(ctx context.Context, n *lineage.Node, fields map[string]*askedField) error {
	m := pii.Match{Dataset: n.Dataset, Want: lineage.TimeFields(n)}
	var at []*askedField
	for _, name := range sortedNames(fields) {
		if a := fields[name]; len(a.term.Values) > 0 {
			m.Terms, at = append(m.Terms, a.term), append(at, a)
		}
	}
	if len(m.Terms) == 0 {
		return nil
	}
	for f, err := range s.source(n.Dataset.Ref.Source).Locate(ctx, m) {
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err != nil:
			s.skip(pii.Gap{Code: "unsearched", At: n.Dataset.Ref, Text: "what came back could not be looked up: " + errkind.Code(err), Records: -1})
			return nil
		case f.Gap != nil:
			s.skip(*f.Gap)
			continue
		}
		if err := s.record(ctx, n, f, at); err != nil {
			return err
		}
	}
	return nil
}

func sortedNames(fields map[string]*askedField) (out []string) {
	for name := range fields {
		out = append(out, name)
	}
	slices.Sort(out)
	return out
}

// record judges one record for each of those who were erased and have an identifier in it.
func (s *sweep) record(ctx context.Context, n *lineage.Node, f *pii.Found, at []*askedField) error {
	erased, all, stay, err := s.w.Was(ctx, consent.Record{Dataset: f.Dataset, Key: f.Key, Digest: f.Digest})
	if err != nil || all && !erased {
		return err
	}
	seen := map[consent.Subject]bool{}
	for _, h := range f.Hits {
		if h.Term >= len(at) || h.Value >= len(at[h.Term].of) || slices.Contains(stay, h.Field) && !erased {
			continue
		}
		a := at[h.Term]
		id := pii.Identifier{Category: a.term.Category, Value: a.term.Values[h.Value], Domain: a.f.Domain}
		if id.Category.Global() {
			id.Domain = ""
		}
		of := a.of[h.Value][len(a.of[h.Value])-1] // of several erasures, the latest
		p := s.people[of]
		if p == nil {
			p = &ReturnOf{Subject: of}
			s.people[of] = p
		}
		p.Known = union(p.Known, []pii.Identifier{id})
		if !seen[of] {
			seen[of] = true
			s.found = append(s.found, back{f.Dataset, of, verdict(n, f, of, erased)})
		}
	}
	return nil
}

// verdict tells by the record itself whether it is from before an erasure: it is the one that was erased, or its own times say so. "" where nothing does.
func verdict(n *lineage.Node, f *pii.Found, of consent.Subject, erased bool) Verdict {
	if erased {
		return Restored
	}
	born, newest := lineage.Age(n, f, clock.Micros())
	switch {
	case born > of.At, born == 0 && newest > of.At:
		return Renewed
	case newest > 0:
		return Restored
	}
	return ""
}

// byLoad judges what says nothing of itself by what came with it: in its dataset, else in its source. Where some of that is restored and none is renewed, the
// same load brought it.
func (s *sweep) byLoad() {
	name := func(b back, whole bool) string {
		if whole {
			return b.dataset.Source
		}
		return b.dataset.String()
	}
	for _, whole := range []bool{false, true} {
		old, fresh := map[string]bool{}, map[string]bool{}
		for _, b := range s.found {
			old[name(b, whole)] = old[name(b, whole)] || b.verdict == Restored
			fresh[name(b, whole)] = fresh[name(b, whole)] || b.verdict == Renewed
		}
		for i, b := range s.found {
			if b.verdict == "" && old[name(b, whole)] && !fresh[name(b, whole)] {
				s.found[i].verdict = Restored
			}
		}
	}
	for i := range s.found {
		if s.found[i].verdict == "" {
			s.found[i].verdict = Returned
		}
	}
}

// finish counts, and raises and settles alerts.
func (s *sweep) finish(ctx context.Context, source string) error {
	places := map[pii.Ref]*ReturnPlace{}
	for _, b := range s.found {
		p := places[b.dataset]
		if p == nil {
			p = &ReturnPlace{Dataset: b.dataset}
			places[b.dataset] = p
		}
		of := s.people[b.of]
		switch b.verdict {
		case Restored:
			p.Restored, of.Restored = p.Restored+1, of.Restored+1
		case Renewed:
			p.Renewed, of.Renewed = p.Renewed+1, of.Renewed+1
		default:
			p.Returned, of.Returned = p.Returned+1, of.Returned+1
		}
		if !slices.Contains(p.Requests, b.of.Request) {
			p.Requests = append(p.Requests, b.of.Request)
		}
	}
	for _, p := range places {
		slices.Sort(p.Requests)
		s.out.Places = append(s.out.Places, *p)
	}
	slices.SortFunc(s.out.Places, func(a, b ReturnPlace) int { return strings.Compare(a.Dataset.String(), b.Dataset.String()) })
	for _, p := range s.people {
		if p.Restored+p.Renewed+p.Returned > 0 {
			s.out.People = append(s.out.People, *p)
		}
	}
	slices.SortFunc(s.out.People, func(a, b ReturnOf) int { return cmp.Or(cmp.Compare(a.Request, b.Request), cmp.Compare(a.N, b.N)) })
	s.out.At = clock.Micros()
	return s.DB.Write(ctx, func(tx db.Tx) error { return s.alerts(ctx, tx, source) })
}

func (s *sweep) alerts(ctx context.Context, tx db.Tx, source string) error {
	by := map[Verdict]map[pii.Ref]string{Restored: {}, Renewed: {}, Returned: {}}
	for _, p := range s.out.Places {
		whom := "erased by " + strings.Join(p.Requests[:min(3, len(p.Requests))], ", ")
		if n := len(p.Requests) - 3; n > 0 {
			whom += fmt.Sprintf(" and %d more", n)
		}
		if p.Restored > 0 {
			by[Restored][p.Dataset] = fmt.Sprintf("%d records from before an erasure are back (%s)", p.Restored, whom)
		}
		if p.Renewed > 0 {
			by[Renewed][p.Dataset] = fmt.Sprintf("%d records are of people who came back after their erasure (%s)", p.Renewed, whom)
		}
		if p.Returned > 0 {
			by[Returned][p.Dataset] = fmt.Sprintf("%d records hold identifiers of erased people, and nothing tells since when (%s)", p.Returned, whom)
		}
	}
	for code, at := range by {
		for ref, text := range at {
			if err := s.Catalog.PutAlert(ctx, tx, catalog.Alert{Code: string(code), At: ref, Text: text}); err != nil {
				return err
			}
		}
		if len(s.out.Skipped) > 0 || s.out.Since > 0 {
			continue // what was not looked at may still be so
		}
		if err := s.Catalog.Settled(ctx, tx, string(code), source, func(r pii.Ref) bool { _, ok := at[r]; return ok }); err != nil {
			return err
		}
	}
	if len(s.out.Places) == 0 {
		return nil
	}
	return s.Audit.Append(ctx, tx, audit.Entry{Actor: "vestige", Action: "person.returned", Object: source,
		Facts: audit.Facts(map[string]any{"datasets": len(s.out.Places), "people": len(s.out.People), "searched": s.out.Searched})})
}
