package plans

import (
	"fmt"
	"slices"

	"vestige/connectors"
	"vestige/internal/errkind"
	"vestige/lineage"
	"vestige/pii"
	"vestige/policies"
)

var errSealed = errkind.New(errkind.Invalid, "the sealed part of the plan cannot be read")

// Basis is why something is kept, and until when (microseconds since 1970, 0 for no end).
type Basis struct {
	Text  string
	Until int64
}

// Input is all that a plan depends on.
type Input struct {
	Request   string
	Kind      Kind
	Regime    string
	Now       int64
	Deadline  int64
	CoolDown  int64
	Approvers string
	Previous  string // hash of the plan that this one replaces
	Graph     *lineage.Graph
	Closure   *lineage.Closure
	Start     []pii.Identifier
	Subjects  []Subject // of a batch, with what is known of each
	Batch     *Batch
	Was       lineage.Earlier            // what was known of the subject before something was erased
	Change    func(pii.Category) float64 // act.change
	Tolerance Tolerance
	Salt      []byte // random, at least 16 bytes; pseudonyms come from it too
	// Basis gives why records of a dataset are kept; ok is false where nothing keeps them.
	Basis func(d pii.Ref, categories []pii.Category) (Basis, bool)
	// Methods, Statements and Rungs are those of the sources, without I/O.
	Methods    func(d pii.Dataset) []pii.Method
	Statements func(source string, u pii.Unit) []string
	Rungs      func(d pii.Dataset) []connectors.Rung
	Accepted   map[string]string       // gaps accepted, by id, with the reason
	Decisions  map[string]pii.Decision // on references and kinds of question, by id
	Recipients []policies.Recipient
	Retain     []policies.Rule // the rules that Basis goes by
}

// Build makes the plan of a request from what the closure reached. It is pure.
func Build(in Input) (*Plan, error) {
	if len(in.Salt) < 16 {
		return nil, errkind.New(errkind.Invalid, "a plan needs at least 16 bytes of salt")
	}
	n := len(in.Closure.Records)
	b := &builder{in: in, recs: in.Closure.Records, fate: make([]fate, n), basis: make([]Basis, n), changes: map[int][]pii.Change{}, extra: map[string]*extra{}, holds: map[pii.Ref][]pii.Category{}, left: map[missing]map[string]bool{}}
	b.index()
	b.first()
	b.keep()
	b.settle()
	b.change()
	b.settle()
	b.empty()
	b.letGo()
	return b.plan(), nil
}

// fate is what becomes of a record.
type fate uint8

const (
	untouched fate = iota
	goes
	shell    // its key stays, since what stays refers to it
	detached // it is others' too
	redacted // it is another's and names her
	kept     // with a basis
)

// builder is the state of one Build.
type builder struct {
	in      Input
	recs    []*lineage.Record
	fate    []fate
	basis   []Basis
	changes map[int][]pii.Change
	extra   map[string]*extra // records outside the closure whose reference has to be emptied
	at      map[string][]int  // records by dataset, field and value
	byID    map[string]int    // records by dataset and key, or digest
	edges   map[string]*lineage.Edge
	holds   map[pii.Ref][]pii.Category  // what personal data a dataset holds, once asked
	locals  map[string]bool             // local identifiers of hers, by value domain and value
	left    map[missing]map[string]bool // records that no method reaches, where that was accepted
}

// extra is a record outside the closure that refers to one that goes.
type extra struct {
	found   *pii.Found
	changes []pii.Change
	edges   map[string]bool // the references let go
}

// index finds records by the value of a field, for following references among them.
func (b *builder) index() {
	b.at, b.byID, b.edges = make(map[string][]int, len(b.recs)), make(map[string]int, len(b.recs)), make(map[string]*lineage.Edge, len(b.in.Graph.Edges))
	for i := range b.in.Graph.Edges {
		b.edges[b.in.Graph.Edges[i].ID] = &b.in.Graph.Edges[i]
	}
	for i, r := range b.recs {
		b.byID[recordID(r.Dataset, r.Key, r.Digest)] = i
		for _, e := range b.in.Graph.In(r.Dataset) {
			for _, v := range r.Fields[e.ToFields[0]] {
				k := valueKey(r.Dataset, e.ToFields[0], v.Value)
				if !slices.Contains(b.at[k], i) {
					b.at[k] = append(b.at[k], i)
				}
			}
		}
	}
}

func recordID(d pii.Ref, k pii.Key, digest pii.Digest) string {
	return d.String() + "\x00" + k.ID() + string(digest[:])
}

func valueKey(d pii.Ref, field string, v pii.Value) string {
	return d.String() + "\x00" + field + "\x00" + v.Reveal()
}

// parents gives the records of the closure to which a record refers over an edge.
func (b *builder) parents(fields map[string][]pii.Located, e *lineage.Edge) (out []int) {
	if !e.Holds(fields) {
		return nil
	}
	for _, v := range fields[e.Fields[0]] {
		if v.Value.Null() {
			continue
		}
		for _, i := range b.at[valueKey(e.To, e.ToFields[0], v.Value)] {
			if agree(fields, b.recs[i].Fields, e) {
				out = append(out, i)
			}
		}
	}
	return out
}

func agree(child, parent map[string][]pii.Located, e *lineage.Edge) bool {
	for i := 1; i < len(e.Fields); i++ {
		c, p := child[e.Fields[i]], parent[e.ToFields[i]]
		if len(c) == 0 || len(p) == 0 || !c[0].Value.Equal(p[0].Value) {
			return false
		}
	}
	return true
}

// first gives every record the fate that its holding suggests; what was reached over something too unsure is left alone.
func (b *builder) first() {
	for i, r := range b.recs {
		if r.Confidence < b.in.Change(lastCategory(r)) {
			continue
		}
		switch r.Holding {
		case lineage.Hers:
			b.fate[i] = goes
		case lineage.Joint:
			if b.fate[i] = detached; b.link(r) {
				b.fate[i] = goes
			}
		case lineage.Mention:
			b.fate[i] = redacted
		}
	}
}

// link tells whether a shared record does nothing but join her to another person, and cannot let her go: it is declared to go with her, or she is part
// of its key. Of two ends it cannot keep one, and it says nothing else of the other.
func (b *builder) link(r *lineage.Record) bool {
	n, declared := b.in.Graph.Node(r.Dataset), false
	for _, e := range b.in.Graph.Out(r.Dataset) {
		if p := b.in.Graph.Node(e.To); p == nil || p.Person < 0.5 {
			continue
		}
		if len(b.hersAmong(b.parents(r.Fields, e))) == 0 {
			if b.nullable(e) {
				return false // it can stand with one owner alone
			}
			continue
		}
		if b.nullable(e) || e.OnDelete != pii.Cascade && !slices.Contains(n.Dataset.Key, e.Fields[0]) {
			return false
		}
		declared = true
	}
	return declared && lineage.JoinsOnly(b.in.Graph, n)
}

func lastCategory(r *lineage.Record) pii.Category {
	if len(r.Via) == 0 {
		return ""
	}
	return r.Via[len(r.Via)-1].Category
}

// keep finds the records that a basis keeps, and with them what belongs to them. Another's record that names her is kept as it is by the same basis: the physician in a file
// that has to be kept.
func (b *builder) keep() {
	for i, r := range b.recs {
		if b.fate[i] == untouched {
			continue
		}
		if basis, ok := b.in.Basis(r.Dataset, b.categories(r.Dataset)); ok {
			b.fate[i], b.basis[i] = kept, basis
		}
	}
	for changed := true; changed; {
		changed = false
		for i, r := range b.recs {
			if b.fate[i] == goes && r.Owner >= 0 && !r.Upward && b.fate[r.Owner] == kept && b.ownedOnlyBy(r) {
				b.fate[i], b.basis[i], changed = kept, b.basis[r.Owner], true
			}
		}
	}
	b.beyond()
}

// settle finds what stays for the sake of something else until nothing more does: a shell that no method makes stays too, and what it refers to.
func (b *builder) settle() {
	b.stay()
	for b.beyond() {
		b.stay()
	}
}

// ownedOnlyBy tells whether a record is hers through its owner alone, an invoice's line, and not by a reference to a person of its own.
func (b *builder) ownedOnlyBy(r *lineage.Record) bool {
	return !slices.ContainsFunc(b.in.Graph.Out(r.Dataset), func(e *lineage.Edge) bool {
		p := b.in.Graph.Node(e.To)
		return e.Kind == lineage.Owns && p != nil && p.Person >= 0.5
	})
}

// stay makes shells of records that should go while something that stays refers to them and cannot let go.
func (b *builder) stay() {
	for changed := true; changed; {
		changed = false
		for i, r := range b.recs {
			if b.fate[i] == goes || b.fate[i] == untouched && r.Holding != lineage.HeldByOther && r.Holding != lineage.Unsure {
				continue
			}
			for _, e := range b.in.Graph.Out(r.Dataset) {
				if e.Declared && !b.letsGo(i, e) {
					changed = b.shellAll(b.parents(r.Fields, e)) || changed
				}
			}
		}
		for _, ref := range b.in.Closure.Referrers {
			if e := b.edges[ref.Edge]; e != nil && e.OnDelete != pii.SetDefault && b.fate[ref.To] == goes && b.holdsOn(ref.Record, e) {
				changed = b.shellAll([]int{ref.To}) || changed
			}
		}
	}
}

// holdsOn tells whether a record that refers to one of hers goes on naming it: it has to name somebody, or it was accepted that nothing can empty the reference.
func (b *builder) holdsOn(f *pii.Found, e *lineage.Edge) bool {
	if b.lets(f, e) {
		return false
	}
	k := recordID(f.Dataset, f.Key, f.Digest)
	i, reached := b.byID[k]
	return !b.nullable(e) || (!reached || b.fate[i] == untouched) && b.leaves(missing{f.Dataset, pii.Nullify}, k) != ""
}

// lets tells whether a record that refers to one of hers goes itself, a link between her and somebody else, or can name its other owner in her place.
func (b *builder) lets(f *pii.Found, e *lineage.Edge) bool {
	i, ok := b.byID[recordID(f.Dataset, f.Key, f.Digest)]
	return ok && (b.fate[i] == goes || b.passes(i, e))
}

func (b *builder) shellAll(at []int) (changed bool) {
	for _, i := range at {
		if b.fate[i] == goes {
			b.fate[i], changed = shell, true
		}
	}
	return changed
}

// letsGo tells whether a record that stays can have the reference emptied: what is kept or another's own is not changed, and a field that must have a value cannot be.
func (b *builder) letsGo(i int, e *lineage.Edge) bool {
	if b.fate[i] == kept || b.fate[i] == untouched {
		return false
	}
	return b.nullable(e) || b.passes(i, e)
}

// passes tells whether a shared record can name its other owner in place of her.
func (b *builder) passes(i int, e *lineage.Edge) bool {
	n, p := b.in.Graph.Node(e.From), b.in.Graph.Node(e.To)
	return b.fate[i] == detached && len(e.Fields) == 1 && p != nil && p.Person >= 0.5 && b.other(b.recs[i], n, e)
}

// other tells whether the other owner of a shared record can stand where a reference names her: what names him means something there.
func (b *builder) other(r *lineage.Record, n *lineage.Node, e *lineage.Edge) bool {
	f := n.Field(e.Fields[0])
	return !r.Other.Null() && f != nil && f.Domain != "" && f.Domain == r.OtherIn && !slices.Contains(n.Dataset.Key, e.Fields[0])
}

// nullable tells whether one of an edge's fields may be NULL and is not part of the key.
func (b *builder) nullable(e *lineage.Edge) bool {
	n := b.in.Graph.Node(e.From)
	return n != nil && slices.ContainsFunc(e.Fields, func(f string) bool {
		fn := n.Field(f)
		return fn != nil && !fn.Field.NotNull && !fn.Field.Generated && !slices.Contains(n.Dataset.Key, f)
	})
}

// letGo empties, in records outside the closure and in those that stay as they are, the references to records that go.
func (b *builder) letGo() {
	for _, ref := range b.in.Closure.Referrers {
		e := b.edges[ref.Edge]
		if b.fate[ref.To] != goes || e == nil || e.OnDelete == pii.SetDefault {
			continue
		}
		k := recordID(ref.Record.Dataset, ref.Record.Key, ref.Record.Digest)
		if i, ok := b.byID[k]; ok && b.fate[i] != untouched {
			b.alsoWithout(i, e, ref.Record.Fields)
			continue
		}
		x := b.extra[k]
		if x == nil {
			x = &extra{found: ref.Record, edges: map[string]bool{}}
			b.extra[k] = x
		}
		if !x.edges[e.ID] {
			x.edges[e.ID] = true
			x.changes = append(x.changes, b.without(e, ref.Record.Fields)...)
		}
	}
}

// alsoWithout has the step of a record that stays, changed for something else, empty the reference too.
func (b *builder) alsoWithout(i int, e *lineage.Edge, fields map[string][]pii.Located) {
	if b.fate[i] != redacted && b.fate[i] != detached {
		return
	}
	for _, c := range b.without(e, fields) {
		if !slices.ContainsFunc(b.changes[i], func(had pii.Change) bool { return had.Field == c.Field }) {
			b.changes[i] = merge(append(b.changes[i], c))
		}
	}
}

// without makes the change that lets a reference go: the first of its fields that may be NULL becomes it.
func (b *builder) without(e *lineage.Edge, fields map[string][]pii.Located) []pii.Change {
	n := b.in.Graph.Node(e.From)
	for _, f := range e.Fields {
		if fn := n.Field(f); fn != nil && !fn.Field.NotNull && !slices.Contains(n.Dataset.Key, f) {
			return []pii.Change{{Field: fn.Field.Column, Old: oldOf(fields, f), New: pii.Value{}}}
		}
	}
	return nil
}

func oldOf(fields map[string][]pii.Located, name string) pii.Value {
	if vs := fields[name]; len(vs) == 1 {
		return vs[0].Value
	}
	return pii.Value{}
}

// categories lists what personal data a dataset holds.
func (b *builder) categories(d pii.Ref) []pii.Category {
	if out, ok := b.holds[d]; ok {
		return out
	}
	var out []pii.Category
	n := b.in.Graph.Node(d)
	for i := range n.Fields {
		if c := n.Fields[i].Category; c.Personal() && n.Fields[i].Confidence >= 0.5 && !slices.Contains(out, c) {
			out = append(out, c)
		}
	}
	slices.Sort(out)
	b.holds[d] = out
	return out
}

func stepID(i int) string { return fmt.Sprintf("s%02d", i+1) }
