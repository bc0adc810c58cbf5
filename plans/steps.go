package plans

import (
	"cmp"
	"slices"
	"strings"

	"vestige/forms"
	"vestige/lineage"
	"vestige/pii"
)

// group is the records of one dataset with one fate: a step in the making.
type group struct {
	dataset pii.Ref
	method  pii.Method
	targets []pii.Target
	recs    []int
	fields  []string
	basis   Basis
}

// methods of fates, in the order in which they run within a source: first what changes, then what goes, children before parents.
var methodOf = map[fate]pii.Method{goes: pii.Delete, shell: pii.Pseudonymise, detached: pii.Detach, redacted: pii.Redact, kept: pii.Retain}

// plan puts the open and the sealed part together.
func (b *builder) plan() *Plan {
	in := b.in
	o := Open{
		Version: 1, Request: in.Request, Kind: in.Kind, Regime: in.Regime, Revision: in.Graph.Revision, Made: in.Now, Deadline: in.Deadline, Tolerance: in.Tolerance,
		CoolDown: in.CoolDown, Approvers: in.Approvers, Previous: in.Previous, Questions: b.questions(), Decided: b.decided(), Batch: in.Batch,
	}
	s := &Sealed{Salt: in.Salt, Start: in.Start, Subjects: in.Subjects, Was: in.Was, Steps: map[string][]pii.Target{}}
	b.identifiers(&o, s)
	b.spelled(s)
	b.steps(&o, s)
	b.places(&o, s)
	b.gaps(&o)
	b.rungs(&o)
	b.recipients(&o)
	o.Lint = lint(&o, b)
	o.Commitment = Commit(s.Salt, s.Encode())
	return &Plan{Open: o, Hash: HashOf(&o), Sealed: s}
}

// questions gives those that are open; a plan with one cannot complete.
func (b *builder) questions() []lineage.Question {
	return append([]lineage.Question{}, b.in.Closure.Questions...)
}

func (b *builder) decided() (out []Decided) {
	for _, d := range b.in.Closure.Decided {
		of := b.in.Decisions[d.Decision]
		out = append(out, Decided{d, of.By, of.At})
	}
	return out
}

// identifiers counts what is known of the subject and keeps the values for verification.
func (b *builder) identifiers(o *Open, s *Sealed) {
	n := map[pii.Category]int{}
	for _, k := range b.in.Closure.Known {
		n[k.Category]++
		if k.Single {
			s.Known = append(s.Known, k.Identifier)
			if !k.Start && (k.Passing() || k.Confidence < b.in.Change(k.Category)) {
				s.Bound = append(s.Bound, k.Identifier)
			}
		} else {
			s.Shared = append(s.Shared, k.Identifier)
		}
	}
	for _, a := range b.in.Closure.Attributes {
		s.Traits = append(s.Traits, a.Identifier)
	}
	for c, k := range n {
		o.Subject = append(o.Subject, Count{c, k})
	}
	slices.SortFunc(o.Subject, func(a, b Count) int { return cmp.Compare(a.Category, b.Category) })
}

// spelled keeps how her identifiers and attributes stand in the records that are hers, where that is not the normal form.
func (b *builder) spelled(s *Sealed) {
	known := map[string]bool{}
	for _, ids := range [][]pii.Identifier{s.Known, s.Traits} {
		for _, id := range ids {
			known[string(id.Category)+"\x00"+id.Value.Reveal()] = true
		}
	}
	seen := map[string]bool{}
	for _, r := range b.recs {
		if r.Holding != lineage.Hers {
			continue
		}
		n := b.in.Graph.Node(r.Dataset)
		for i := range n.Fields {
			f := &n.Fields[i]
			for _, v := range r.Fields[f.Field.Name] {
				norm, ok := forms.Normal(f.Category, []byte(v.Value.Reveal()))
				k := string(f.Category) + "\x00" + v.Value.Reveal()
				if ok && !seen[k] && !known[k] && known[string(f.Category)+"\x00"+string(norm)] {
					seen[k] = true
					s.Spelled = append(s.Spelled, pii.Identifier{Category: f.Category, Value: v.Value})
				}
			}
		}
	}
}

// steps orders the groups and writes each as a step.
func (b *builder) steps(o *Open, s *Sealed) {
	groups := b.groups()
	order := b.order(groups)
	o.Steps = slices.Grow(o.Steps, len(order))
	last := map[string][]string{}
	for i, gi := range order {
		g, id := groups[gi], stepID(i)
		n := b.in.Graph.Node(g.dataset)
		st := Step{
			ID: id, Dataset: g.dataset, Method: g.method, Records: int64(count(g.targets)), Fields: g.fields, Key: append([]string{}, n.Dataset.Key...), Why: b.routes(g.recs),
			Basis: g.basis.Text, Until: g.basis.Until, Undo: undoOf(g.method, b.in.Kind), Categories: b.categories(g.dataset), Look: b.lookOf(g.recs),
		}
		if g.method != pii.Retain && b.in.Kind == Erasure {
			st.After = slices.Clone(last[g.dataset.Source])
			last[g.dataset.Source] = []string{id}
			methods := []pii.Method{g.method}
			if b.hides(n.Dataset, g.method) {
				methods, st.Undo = []pii.Method{pii.SoftDelete, g.method}, undoOf(pii.SoftDelete, b.in.Kind)
			}
			for _, m := range methods {
				if b.in.Statements != nil {
					st.Statements = append(st.Statements, b.in.Statements(g.dataset.Source, pii.Unit{ID: id, Acts: []pii.Act{{Dataset: n.Dataset, Method: m, Targets: g.targets}}})...)
				}
			}
		}
		o.Steps = append(o.Steps, st)
		s.Steps[id] = g.targets
	}
}

// hides tells whether records that are to be deleted are soft-deleted at the start of the plan's cool-down.
func (b *builder) hides(d pii.Dataset, m pii.Method) bool {
	return m == pii.Delete && b.in.CoolDown > b.in.Now && b.in.Methods != nil && slices.Contains(b.in.Methods(d), pii.SoftDelete)
}

// lookOf says how the records of a step were found: over references alone, or by reading all of the dataset and comparing.
func (b *builder) lookOf(recs []int) string {
	for _, i := range recs {
		if via := b.recs[i].Via; len(via) == 0 || via[len(via)-1].How != "reference" {
			return "full read"
		}
	}
	return "reference"
}

func count(ts []pii.Target) (n int) {
	for _, t := range ts {
		n += max(1, t.Equals)
	}
	return n
}

func undoOf(m pii.Method, k Kind) string {
	switch {
	case k == Export, m == pii.Retain:
		return "nothing is changed"
	case m == pii.SoftDelete:
		return "until the cool-down ends"
	}
	return "by cancelling before it runs; not after"
}

// groups collects records by dataset and fate, and gives what has no way of being erased as gaps of its own later.
func (b *builder) groups() []*group {
	by := map[string]*group{}
	var keys []string
	get := func(d pii.Ref, m pii.Method, basis Basis) *group {
		k := d.String() + "\x00" + string(m) + "\x00" + basis.Text
		if by[k] == nil {
			by[k] = &group{dataset: d, method: m, basis: basis}
			keys = append(keys, k)
		}
		return by[k]
	}
	for i, r := range b.recs {
		m, ok := b.methodFor(i, r)
		if !ok {
			continue
		}
		g := get(r.Dataset, m, b.basis[i])
		t := pii.Target{Key: r.Key, Digest: r.Digest, Equals: r.Equals}
		if m != pii.Delete && m != pii.Retain && m != pii.ExportOut {
			t.Changes = b.changes[i]
			g.note(t.Changes)
		}
		if m == pii.ExportOut && r.Holding == lineage.Mention {
			t.Changes = members(r)
		}
		g.targets, g.recs = append(g.targets, t), append(g.recs, i)
	}
	b.extras(get)
	slices.Sort(keys)
	var out []*group
	for _, k := range keys {
		out = append(out, by[k])
	}
	return out
}

// members gives the parts of a record of many people that are hers, as an export reads them.
func members(r *lineage.Record) (out []pii.Change) {
	for _, in := range r.Insides {
		out = append(out, pii.Change{Field: in.Field, Path: in.Path, Member: true})
	}
	return out
}

// methodFor gives the method of a record, none where it is left alone.
func (b *builder) methodFor(i int, r *lineage.Record) (pii.Method, bool) {
	if b.in.Kind == Export {
		return pii.ExportOut, r.Holding == lineage.Hers || r.Holding == lineage.Joint || (r.Holding == lineage.Mention && len(r.Insides) > 0)
	}
	m, ok := methodOf[b.fate[i]]
	return m, ok
}

// note keeps which fields a step changes, so that the open part says so.
func (g *group) note(cs []pii.Change) {
	for _, c := range cs {
		f := c.Field
		if f == "" {
			f = "(document)"
		}
		if !slices.Contains(g.fields, f) {
			g.fields = append(g.fields, f)
		}
	}
	slices.Sort(g.fields)
}

// extras adds the references that have to let go of what is erased.
func (b *builder) extras(get func(pii.Ref, pii.Method, Basis) *group) {
	if b.in.Kind == Export {
		return
	}
	var keys []string
	for k := range b.extra {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	for _, k := range keys {
		x := b.extra[k]
		if len(x.changes) == 0 {
			continue
		}
		g := get(x.found.Dataset, pii.Nullify, Basis{})
		g.targets = append(g.targets, pii.Target{Key: x.found.Key, Digest: x.found.Digest, Equals: max(1, x.found.Equals), Changes: x.changes})
		g.note(x.changes)
	}
}

// order puts retained steps first, then changes, then deletions with children before the parents that they refer to; cycles are broken where
// they close, since a unit defers what its system can defer.
func (b *builder) order(groups []*group) []int {
	var out []int
	for _, pass := range []func(*group) bool{
		func(g *group) bool { return g.method == pii.Retain || g.method == pii.ExportOut },
		func(g *group) bool {
			return g.method != pii.Retain && g.method != pii.ExportOut && g.method != pii.Delete
		},
	} {
		for i, g := range groups {
			if pass(g) {
				out = append(out, i)
			}
		}
	}
	return append(out, b.deletions(groups)...)
}

func (b *builder) deletions(groups []*group) []int {
	at, all := map[pii.Ref]int{}, []int{}
	for i, g := range groups {
		if g.method == pii.Delete {
			at[g.dataset], all = i, append(all, i)
		}
	}
	// where references go in a circle, those come second that the system lets go by itself
	all = b.childrenFirst(groups, at, all, func(e *lineage.Edge) bool { return true })
	all = b.childrenFirst(groups, at, all, func(e *lineage.Edge) bool {
		return !e.Deferrable && e.OnDelete != pii.SetNull && e.OnDelete != pii.SetDefault && e.OnDelete != pii.Cascade
	})
	return b.childrenFirst(groups, at, all, func(e *lineage.Edge) bool { return e.OnDelete == pii.Restrict }) // which nothing defers
}

// childrenFirst orders deletions so that none comes before what refers to it by a reference that counts; beyond that the order given is kept.
func (b *builder) childrenFirst(groups []*group, at map[pii.Ref]int, all []int, counts func(*lineage.Edge) bool) (out []int) {
	done := make([]bool, len(groups))
	var visit func(i int)
	visit = func(i int) {
		if done[i] {
			return
		}
		done[i] = true
		for _, e := range b.in.Graph.In(groups[i].dataset) {
			if j, ok := at[e.From]; ok && e.Declared && counts(e) {
				visit(j)
			}
		}
		out = append(out, i)
	}
	for _, i := range all {
		visit(i)
	}
	return out
}

// routes groups the derivations of a step's records by the chain of fields and references.
func (b *builder) routes(recs []int) []Route {
	by := map[string]*Route{}
	var keys []string
	for _, i := range recs {
		via := b.recs[i].Via
		k := chain(via)
		if by[k] == nil {
			by[k] = &Route{Links: via}
			keys = append(keys, k)
		}
		by[k].Records++
	}
	slices.Sort(keys)
	out := []Route{}
	for _, k := range keys {
		out = append(out, *by[k])
	}
	return out
}

// chain writes a derivation as one string, equal for equal ones and only for them.
func chain(via []lineage.Link) string {
	var s strings.Builder
	for _, l := range via {
		for _, part := range [...]string{l.Dataset.Source, l.Dataset.Dataset, l.Dataset.Field, l.Field, string(l.Category), l.Edge, l.How} {
			s.WriteString(part)
			s.WriteByte(0)
		}
	}
	return s.String()
}

// places lists what is held by another and what names her in the records of others, and keeps both for verification.
func (b *builder) places(o *Open, s *Sealed) {
	held, mentions := map[pii.Ref]*Place{}, map[pii.Ref]*Place{}
	for i, r := range b.recs {
		switch {
		case r.Holding == lineage.HeldByOther:
			tally(held, r, "an identifier of hers is another person's own here")
			s.Held = append(s.Held, Holder{Dataset: r.Dataset, Key: r.Key, Digest: r.Digest})
		case r.Holding == lineage.Joint && b.fate[i] != kept && b.fate[i] != goes:
			tally(held, r, "the record is another person's too")
		case r.Holding == lineage.Mention && b.fate[i] == redacted:
			tally(mentions, r, "the record names her and is another's")
		}
		if fields, stays := b.stays(i, r); stays {
			s.Kept = append(s.Kept, Holder{Dataset: r.Dataset, Key: r.Key, Digest: r.Digest, Fields: fields})
		}
	}
	o.Held, o.Mentions = sorted(held), sorted(mentions)
}

// stays tells in which fields of a record that is not deleted her identifiers stay by plan: in all of one that a basis keeps; in the keys of a shell;
// in references that have to go on naming a shell.
func (b *builder) stays(i int, r *lineage.Record) (fields []string, stays bool) {
	switch b.fate[i] {
	case kept:
		return nil, true
	case goes:
		return nil, false
	case untouched:
		if r.Holding != lineage.Joint && r.Holding != lineage.Mention {
			return nil, false
		}
	}
	n := b.in.Graph.Node(r.Dataset)
	if b.fate[i] == shell {
		fields = append(fields, n.Dataset.Key...)
		for j := range n.Fields {
			if f := &n.Fields[j]; b.target(n, f) && !slices.Contains(fields, f.Field.Name) {
				fields = append(fields, f.Field.Name)
			}
		}
	}
	for _, e := range b.in.Graph.Out(r.Dataset) {
		names := slices.ContainsFunc(b.parents(r.Fields, e), func(p int) bool { return p != i && b.fate[p] == shell })
		changed := slices.ContainsFunc(b.changes[i], func(c pii.Change) bool { return slices.Contains(e.Fields, c.Field) })
		if names && !changed {
			fields = append(fields, e.Fields...)
		}
	}
	return fields, len(fields) > 0
}

func tally(at map[pii.Ref]*Place, r *lineage.Record, why string) {
	p := at[r.Dataset]
	if p == nil {
		p = &Place{Dataset: r.Dataset, Why: why, Links: r.Via}
		at[r.Dataset] = p
	}
	p.Records++
	for _, h := range r.Hits {
		if !slices.Contains(p.Fields, h.Field) {
			p.Fields = append(p.Fields, h.Field)
		}
	}
	slices.Sort(p.Fields)
}

func sorted(at map[pii.Ref]*Place) []Place {
	out := []Place{}
	for _, p := range at {
		out = append(out, *p)
	}
	slices.SortFunc(out, func(a, b Place) int { return strings.Compare(a.Dataset.String(), b.Dataset.String()) })
	return out
}
