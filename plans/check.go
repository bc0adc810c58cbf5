package plans

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"vestige/audit"
	"vestige/catalog"
	"vestige/forms"
	"vestige/internal/clock"
	"vestige/internal/db"
	"vestige/internal/errkind"
	"vestige/lineage"
	"vestige/pii"
)

// Residue is what a look afterwards still finds.
type Residue struct {
	At       pii.Ref      `json:"at"` // a field
	Category pii.Category `json:"category"`
	Form     string       `json:"form,omitempty"` // the relative in which it stands
	Records  int64        `json:"records"`
}

// Report is the outcome of a look afterwards, which does not use the plan's map.
type Report struct {
	At       int64     `json:"at"`
	Round    int64     `json:"round"`
	Searched int       `json:"searched"` // datasets
	Expected int64     `json:"expected"` // records found that the plan named beforehand as kept or held by another
	Residues []Residue `json:"residues"`
	Skipped  []pii.Gap `json:"skipped"` // datasets that were not searched, and why
}

// Verify searches every dataset of every configured source for everything that is known to single her out, whatever the plan says of where it is. It
// changes nothing but the catalog's alerts, and keeps its report. It needs the sealed part: a request that has ended cannot be verified again this way.
func (e *Engine) Verify(ctx context.Context, id string, progress func(Event)) (*Report, error) {
	s, err := e.Show(ctx, id)
	if err != nil {
		return nil, err
	}
	l, err := e.everything(ctx, s)
	if err != nil {
		return nil, err
	}
	g, err := e.Catalog.Graph(ctx)
	if err != nil {
		return nil, err
	}
	c := &checker{Engine: e, s: s, all: l, plain: described(l), spoken: lineage.NewSpoken(g), tell: progress, out: &Report{Round: s.Round, Residues: []Residue{}, Skipped: []pii.Gap{}}, stays: map[string][]string{}}
	c.expect()
	for _, name := range e.names() {
		if err := c.searchSource(ctx, name); err != nil {
			return nil, err
		}
	}
	slices.SortFunc(c.out.Residues, func(a, b Residue) int {
		return cmp.Or(cmp.Compare(a.At.String(), b.At.String()), cmp.Compare(a.Category, b.Category), cmp.Compare(a.Form, b.Form))
	})
	c.out.At = clock.Micros()
	return c.out, e.keepReport(ctx, s, c.out)
}

func (e *Engine) names() (out []string) {
	for name := range e.Sources {
		out = append(out, name)
	}
	slices.Sort(out)
	return out
}

// everything joins the sealed part of the plan with those of its last looks.
func (e *Engine) everything(ctx context.Context, s *Status) (*Sealed, error) {
	parts, err := e.parts(ctx, s)
	if err != nil {
		return nil, err
	}
	out := &Sealed{}
	for i, p := range parts {
		if i == 0 && len(parts) > 1 {
			out.Start = p.Start
			continue // what stays is as the last look found it
		}
		out.Start, out.Known, out.Bound = p.Start, union(out.Known, p.Known), union(out.Bound, p.Bound)
		out.Kept, out.Held = append(out.Kept, p.Kept...), append(out.Held, p.Held...)
		out.Subjects = joinSubjects(out.Subjects, p.Subjects)
	}
	return out, nil
}

// parts gives the sealed part of the plan and those of its last looks.
func (e *Engine) parts(ctx context.Context, s *Status) ([]*Sealed, error) {
	all, err := e.looks(ctx, s)
	if err != nil {
		return nil, err
	}
	_, first, err := e.unsealed(ctx, s.ID)
	out := []*Sealed{first}
	for _, l := range all {
		out = append(out, l.sealed)
	}
	return out, err
}

// union gives the identifiers of both, each once.
func union(a, b []pii.Identifier) []pii.Identifier {
	name := func(x pii.Identifier) string {
		return string(x.Category) + "\x00" + x.Domain + "\x00" + x.Value.Reveal()
	}
	have := make(map[string]bool, len(a)+len(b))
	for _, x := range a {
		have[name(x)] = true
	}
	for _, x := range b {
		if !have[name(x)] {
			have[name(x)] = true
			a = append(a, x)
		}
	}
	return a
}

// checker is one look afterwards.
type checker struct {
	*Engine
	s      *Status
	all    *Sealed
	plain  []description   // who is known by a name and a date of birth alone
	spoken *lineage.Spoken // whose numbers the texts mean
	tell   func(Event)
	out    *Report
	stays  map[string][]string // records that the plan named beforehand, with the fields of which it did; nil for all
}

func (c *checker) expect() {
	for _, h := range slices.Concat(c.all.Kept, c.all.Held) {
		if len(h.Key) > 0 {
			c.stays[h.Dataset.String()+"\x00k"+h.Key.ID()] = h.Fields
		}
		c.stays[h.Dataset.String()+"\x00d"+string(h.Digest[:])] = h.Fields
	}
}

// named tells whether the plan named the record beforehand as one in whose field an identifier of hers stays.
func (c *checker) named(f *pii.Found, field string) bool {
	for _, id := range []string{"\x00k" + f.Key.ID(), "\x00d" + string(f.Digest[:])} {
		fields, ok := c.stays[f.Dataset.String()+id]
		if ok && (fields == nil || slices.Contains(fields, field)) {
			return true
		}
	}
	return false
}

// searchSource asks the system itself what datasets it has: one that came since the last scan is searched too.
func (c *checker) searchSource(ctx context.Context, name string) error {
	src := c.source(name)
	nodes, err := c.Catalog.Nodes(ctx, name)
	if err != nil {
		return err
	}
	for d, err := range src.Discover(ctx) {
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err != nil:
			c.skip(pii.Gap{Code: "unreachable", At: pii.Ref{Source: name}, Text: "the source could not be searched: " + errkind.Code(err), Records: -1})
			return nil
		case d.Kind == pii.View && !slices.Contains(src.Methods(d), pii.Refresh):
			continue // it shows what its tables hold; one that is refreshed holds a copy
		case d.Gap != nil:
			c.skip(*d.Gap)
			continue
		}
		i := slices.IndexFunc(nodes, func(n lineage.Node) bool { return n.Dataset.Ref == d.Ref })
		var n *lineage.Node
		if i >= 0 {
			n = &nodes[i]
		}
		if err := c.searchDataset(ctx, d, n); err != nil {
			return err
		}
	}
	return nil
}

func (c *checker) skip(g pii.Gap) { c.out.Skipped = append(c.out.Skipped, g) }

func (c *checker) searchDataset(ctx context.Context, d pii.Dataset, n *lineage.Node) error {
	if c.tell != nil {
		c.tell(Event{Plan: c.s.ID, State: c.s.State, What: "search", At: d.Ref, Done: c.out.Searched})
	}
	found := map[Residue]int64{}
	src := c.source(d.Ref.Source)
	everywhere, inFields := c.terms(&d, n)
	seen := map[string]bool{}
	look := func(terms []pii.Term, f *pii.Found) {
		if f.Gap != nil {
			c.skip(*f.Gap)
			return
		}
		c.weigh(terms, f, found, seen)
	}
	var codes []*pii.Found
	for f, err := range src.Search(ctx, d, pii.Needles{Terms: everywhere}) {
		if err != nil {
			return c.unsearched(ctx, d.Ref, err)
		}
		if n != nil && slices.ContainsFunc(f.Hits, func(h pii.Hit) bool { return lineage.MayChance(n.Field(h.Field), everywhere[h.Term].Category) }) {
			codes = append(codes, f)
			continue
		}
		look(everywhere, f)
	}
	if err := c.told(ctx, n, everywhere, codes); err != nil {
		return c.unsearched(ctx, d.Ref, err)
	}
	for _, f := range codes {
		look(everywhere, f)
	}
	if err := c.searchDescribed(ctx, src, d, look); err != nil {
		return c.unsearched(ctx, d.Ref, err)
	}
	if len(inFields) > 0 {
		for f, err := range src.Compare(ctx, pii.Match{Dataset: d, Terms: inFields}) {
			if err != nil {
				return c.unsearched(ctx, d.Ref, err)
			}
			look(inFields, f)
		}
	}
	c.out.Searched++
	for r, count := range found {
		r.Records = count
		c.out.Residues = append(c.out.Residues, r)
	}
	return nil
}

// told leaves out of records what is chance: a code that, as a whole, has the digits of a telephone. The fields in question are read for it.
func (c *checker) told(ctx context.Context, n *lineage.Node, terms []pii.Term, codes []*pii.Found) error {
	if len(codes) == 0 {
		return nil
	}
	m := pii.Match{Dataset: n.Dataset}
	for i := range n.Fields {
		for _, t := range terms {
			if f := &n.Fields[i]; lineage.MayChance(f, t.Category) {
				m.Terms, m.Want = append(m.Terms, pii.Term{Field: f.Field.Name, Mode: pii.Within, Category: t.Category, Values: t.Values}), append(m.Want, f.Field.Name)
			}
		}
	}
	chance := map[string]bool{}
	at := func(f *pii.Found, h pii.Hit) string {
		return f.Key.ID() + string(f.Digest[:]) + fmt.Sprint("\x00", h.Field, h.Path, h.Start, h.End)
	}
	for f, err := range c.source(n.Dataset.Ref.Source).Compare(ctx, m) {
		if err != nil {
			return err
		}
		for _, h := range f.Hits {
			chance[at(f, h)] = chance[at(f, h)] || lineage.Whole(f, h)
		}
	}
	for _, f := range codes {
		f.Hits = slices.DeleteFunc(f.Hits, func(h pii.Hit) bool {
			return lineage.MayChance(n.Field(h.Field), terms[h.Term].Category) && chance[at(f, h)]
		})
	}
	return nil
}

func (c *checker) unsearched(ctx context.Context, at pii.Ref, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	c.skip(pii.Gap{Code: "unsearched", At: at, Text: "the dataset could not be searched to its end: " + errkind.Code(err), Records: -1})
	return nil
}

// weigh counts the hits of one record that the plan did not name beforehand.
func (c *checker) weigh(terms []pii.Term, f *pii.Found, found map[Residue]int64, seen map[string]bool) {
	expected := false
	for _, h := range f.Hits {
		if c.named(f, h.Field) {
			expected = true
			continue
		}
		r := Residue{At: f.Dataset.In(h.Field), Category: terms[h.Term].Category, Form: h.Form}
		k := fmt.Sprint(r.At, r.Category, r.Form, "\x00") + f.Key.ID() + string(f.Digest[:])
		if !seen[k] {
			seen[k] = true
			found[r] += int64(max(1, f.Equals))
		}
	}
	if expected {
		c.out.Expected += int64(max(1, f.Equals))
	}
}

// terms makes what is looked for: global identifiers and distinctive local ones everywhere in all forms; other local ones in every field of their value
// domain, and in text and documents beside a word that names them.
func (c *checker) terms(d *pii.Dataset, n *lineage.Node) (everywhere, inFields []pii.Term) {
	add := func(to *[]pii.Term, t pii.Term, v pii.Value) {
		for i := range *to {
			if o := &(*to)[i]; o.Field == t.Field && o.Category == t.Category && len(o.Near) == len(t.Near) {
				o.Values = append(o.Values, v)
				return
			}
		}
		t.Values = []pii.Value{v}
		*to = append(*to, t)
	}
	texts := textsOf(d, n)
	for _, k := range c.all.Known {
		if k.Value.Len() == 0 {
			continue
		}
		global := k.Category.Global() || lineage.Distinctive(k.Value.Reveal())
		switch {
		case global:
			add(&everywhere, pii.Term{Mode: pii.Within, Category: k.Category, Forms: forms.All()[1:]}, k.Value)
		case k.Value.Len() >= 3 && (n == nil || c.spoken.Only(n, k.Domain)):
			for _, f := range texts {
				add(&inFields, pii.Term{Field: f, Mode: pii.Within, Category: k.Category, Near: lineage.NumberWords()}, k.Value)
			}
		}
		if global || n == nil {
			continue
		}
		for _, f := range n.Fields {
			if f.Domain != "" && f.Domain == k.Domain {
				add(&inFields, pii.Term{Field: f.Field.Name, Mode: pii.Exact, Category: k.Category}, k.Value)
			}
		}
	}
	return everywhere, inFields
}

// textsOf gives the fields of text; of a dataset that came since the last scan, all that are text.
func textsOf(d *pii.Dataset, n *lineage.Node) (out []string) {
	if n != nil {
		return lineage.Textual(n)
	}
	for _, f := range d.Fields {
		if f.Type == pii.Text {
			out = append(out, f.Name)
		}
	}
	return out
}

// keepReport stores a report and raises an alert for each residue.
func (e *Engine) keepReport(ctx context.Context, s *Status, rep *Report) error {
	text, err := json.Marshal(rep)
	if err != nil {
		return err
	}
	return e.DB.Write(ctx, func(tx db.Tx) error {
		_, err := tx.Exec(ctx, "INSERT INTO plan_check (plan, n, at, report) SELECT $1, COALESCE(MAX(n), 0) + 1, $2, $3 FROM plan_check WHERE plan = $4", s.ID, rep.At, string(text), s.ID)
		if err != nil {
			return err
		}
		for _, r := range rep.Residues {
			err := e.Catalog.PutAlert(ctx, tx, catalog.Alert{Code: "residue", At: r.At, Text: fmt.Sprintf("%d records still hold %s of an erased person (%s)", r.Records, r.Category, s.Request)})
			if err != nil {
				return err
			}
		}
		return e.Audit.Append(ctx, tx, audit.Entry{Actor: "vestige", Subject: s.Request, Action: "plan.verify", Object: s.ID,
			Facts: audit.Facts(map[string]any{"searched": rep.Searched, "expected": rep.Expected, "residues": len(rep.Residues), "skipped": len(rep.Skipped)})})
	})
}

// Reports gives the looks afterwards, the first one first.
func (e *Engine) Reports(ctx context.Context, id string) (out []Report, err error) {
	err = e.DB.Read(ctx, func(tx db.Tx) error {
		out, err = reports(ctx, tx, id)
		return err
	})
	return out, err
}

func reports(ctx context.Context, tx db.Tx, id string) (out []Report, err error) {
	err = each(ctx, tx, func(r db.Rows) error {
		var text string
		if err := r.Scan(&text); err != nil {
			return err
		}
		var rep Report
		err := json.Unmarshal([]byte(text), &rep)
		out = append(out, rep)
		return err
	}, "SELECT report FROM plan_check WHERE plan = $1 ORDER BY n", id)
	return out, err
}
