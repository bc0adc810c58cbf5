// Package masking makes a copy of a database or folder for tests and analytics in which nobody is to be found. The graph that leads from an identifier to
// every place of a person says here, turned round, what has to be changed everywhere at once.
//
// A run has a key. Under it every value of a kind has one replacement, in every dataset and spelling: references and joins hold, digests are digests of the
// replacement, and two copies made under different keys have nothing in common. Numbers and codes are permuted, not drawn, so that what is unique stays
// unique. The key is not kept unless somebody names one.
//
// A run reads the source twice. First what stands in its fields of names, addresses and identifiers is learnt, as hashes in memory; then each record is
// changed on its way to the target. Every text that is copied, also of a field that holds nothing personal, is looked through for what was learnt. Fields of
// which nobody knows what they hold are scrambled. At last the target is read, and searched for all that was learnt.
//
//	report, err := masking.Run(ctx, masking.Options{Graph: g, Set: kinds, Source: shop, Target: copy, Key: key})
package masking

import (
	"bytes"
	"context"
	"crypto/rand"
	"slices"
	"strings"

	"vestige/classifiers"
	"vestige/connectors"
	"vestige/internal/doc"
	"vestige/internal/errkind"
	"vestige/lineage"
	"vestige/pii"
)

// Options say what is copied where.
type Options struct {
	Graph  *lineage.Graph
	Set    *classifiers.Set
	Source *connectors.Source
	Target *connectors.Source
	Key    []byte                              // of the run; a new one that nobody keeps where it is nil
	Tell   func(part, dataset string, n int64) // progress: learn, copy, check
}

// Report is what a run did. It holds no value.
type Report struct {
	Source    string       `json:"source"`
	Target    string       `json:"target"`
	Datasets  []Count      `json:"datasets"`
	Fields    []*Treatment `json:"fields"`
	Left      []Left       `json:"left"` // what was not carried over
	Anonymity []Anonymity  `json:"anonymity"`
	Days      int          `json:"days"`    // that events were moved back
	Learnt    int          `json:"learnt"`  // values that were looked for everywhere
	Checked   int64        `json:"checked"` // values of the target that were searched for them
	Residue   []Residue    `json:"residue"`
}

// Count is how many records were copied.
type Count struct {
	Dataset pii.Ref `json:"dataset"`
	Records int64   `json:"records"`
}

// Left is something that is not in the target.
type Left struct {
	Dataset pii.Ref `json:"dataset"`
	Why     string  `json:"why"`
}

// Residue is a field of the target in which something learnt was found.
type Residue struct {
	Field  pii.Ref `json:"field"`
	Values int64   `json:"values"`
}

// run is a run that is under way.
type run struct {
	Options
	*maker
	report *Report
	fields map[string]map[string]*Treatment // by dataset and name
	nodes  map[string]*lineage.Node
	counts map[string]int64
	groups map[string]*groups
	plans  map[string]*plan
}

// plan is the treatments of a record's columns, in their order.
type plan struct {
	names []string
	ts    []*Treatment
	keys  []int // of each column: where the key stands beside which its values mean something, -1 for none
}

// Run makes the copy. It is a Conflict where the source was not scanned, or changed its shape since.
func Run(ctx context.Context, o Options) (*Report, error) {
	if o.Tell == nil {
		o.Tell = func(string, string, int64) {}
	}
	if o.Key == nil {
		o.Key = make([]byte, 32)
		_, _ = rand.Read(o.Key)
	}
	r := &run{Options: o, maker: newMaker(o.Key, o.Set), fields: map[string]map[string]*Treatment{}, nodes: map[string]*lineage.Node{}, counts: map[string]int64{}, groups: map[string]*groups{}, plans: map[string]*plan{},
		report: &Report{Source: o.Source.Name(), Target: o.Target.Name(), Datasets: []Count{}, Fields: []*Treatment{}, Left: []Left{}, Anonymity: []Anonymity{}, Residue: []Residue{}}}
	if err := r.choose(); err != nil {
		return nil, err
	}
	for _, part := range []func(context.Context) error{r.learn, r.copy, r.check} {
		if err := part(ctx); err != nil {
			return nil, err
		}
	}
	r.finish()
	return r.report, nil
}

func (r *run) choose() error {
	c := newChooser(r.Graph)
	for i := range r.Graph.Nodes {
		n := &r.Graph.Nodes[i]
		ref := n.Dataset.Ref
		if ref.Source != r.Source.Name() || n.Gone != 0 {
			continue
		}
		r.nodes[ref.Dataset] = n
		by := map[string]*Treatment{}
		for _, t := range c.choose(n) {
			by[t.field.Name] = t
			if n.Dataset.Kind != pii.View {
				r.report.Fields = append(r.report.Fields, t)
			}
		}
		r.fields[ref.Dataset] = by
		r.groups[ref.Dataset] = &groups{}
	}
	if len(r.nodes) == 0 {
		return errkind.Coded(errkind.Conflict, "not-scanned", "nothing is known of %s: vestige scan %s --full first", r.Source.Name(), r.Source.Name())
	}
	r.digested = c.digest
	return nil
}

// learn reads the fields of personal data, and the pools that values are drawn from.
func (r *run) learn(ctx context.Context) error {
	for name, n := range r.nodes {
		var fields []string
		for f, t := range r.fields[name] {
			if t.Way == Masked && t.Category.Personal() || t.Way == Drawn {
				fields = append(fields, f)
			} else if t.keyed != nil {
				fields = append(fields, f, t.by)
			}
		}
		if len(fields) == 0 || n.Dataset.Kind == pii.View || n.Dataset.Gap != nil {
			continue
		}
		slices.Sort(fields)
		fields = slices.Compact(fields)
		if err := r.learnFrom(ctx, n, fields); err != nil {
			return err
		}
		r.Tell("learn", name, int64(r.known.count()))
	}
	return nil
}

func (r *run) learnFrom(ctx context.Context, n *lineage.Node, fields []string) error {
	for b, err := range r.Source.Read(ctx, connectors.Query{Dataset: n.Dataset, Fields: fields, Bare: true}) {
		if err != nil {
			return err
		}
		cols := b.Columns()
		for i := range cols {
			t := r.fields[n.Dataset.Ref.Dataset][cols[i].Field.Name]
			if t == nil {
				continue
			}
			key := b.Column(t.by)
			for k := range cols[i].Len() {
				v, _ := cols[i].Value(k)
				switch {
				case len(v) == 0:
				case t.keyed != nil:
					if key != nil && k < key.Len() {
						name, _ := key.Value(k)
						if c := t.keyed[string(name)]; c != "" {
							r.known.add(c, v, r.digested[c])
						}
					}
				case t.Way != Masked && t.Way != Drawn:
				case t.Way == Drawn:
					t.take(v)
				default:
					r.known.add(t.Category, v, r.digested[t.Category])
				}
			}
		}
	}
	return nil
}

// mostPool is how many values a field's pool holds.
const mostPool = 4096

func (t *Treatment) take(v []byte) {
	if len(t.pool) >= mostPool || t.pooled[string(v)] {
		return
	}
	if t.pooled == nil {
		t.pooled = map[string]bool{}
	}
	t.pooled[string(v)] = true
	t.pool = append(t.pool, bytes.Clone(v))
}

func (r *run) copy(ctx context.Context) error {
	return r.Source.Copy(ctx, r.Target, connectors.Mask{
		Record:     r.record,
		Definition: r.definition,
		Left: func(dataset, why string) {
			r.report.Left = append(r.report.Left, Left{pii.Ref{Source: r.Source.Name(), Dataset: dataset}, why})
		},
		Told: func(dataset string, n int64) {
			r.counts[dataset] = n
			r.Tell("copy", dataset, n)
		},
	})
}

// definition tells whether a definition holds nothing of anybody.
func (r *run) definition(text string) bool {
	_, n := r.redact([]byte(text), false)
	return n == 0
}

// record masks one record.
func (r *run) record(dataset string, names []string, values [][]byte) error {
	if r.fields[dataset] == nil {
		return errkind.Coded(errkind.Conflict, "changed-since-scan", "%s is not known, or has changed since it was scanned: vestige scan %s --full first", dataset, r.Source.Name())
	}
	p := r.planOf(dataset, names)
	r.counts[dataset]++
	beside := p.beside(values)
	for i, v := range values {
		if v == nil {
			continue
		}
		if c := beside[i]; c != "" {
			values[i] = r.fitted(p.ts[i], r.value(c, v, p.ts[i].field.Length), v)
			continue
		}
		if p.ts[i] == nil {
			values[i] = r.code(v)
			continue
		}
		values[i] = r.treated(p.ts[i], v, dataset)
	}
	r.groups[dataset].add(r, p.ts, values)
	return nil
}

func (r *run) planOf(dataset string, names []string) *plan {
	if p := r.plans[dataset]; p != nil && slices.Equal(p.names, names) {
		return p
	}
	p := &plan{names: slices.Clone(names)}
	for _, name := range names {
		t, at := r.fields[dataset][name], -1
		if t != nil && t.by != "" {
			at = slices.Index(names, t.by)
		}
		p.ts, p.keys = append(p.ts, t), append(p.keys, at)
	}
	r.plans[dataset] = p
	return p
}

// beside gives, for each column of keys and values, what the key of this record says that the value is.
func (p *plan) beside(values [][]byte) []pii.Category {
	out := make([]pii.Category, len(values))
	for i, at := range p.keys {
		if at >= 0 {
			out[i] = p.ts[i].keyed[string(values[at])]
		}
	}
	return out
}

// treated masks one value.
func (r *run) treated(t *Treatment, v []byte, dataset string) []byte {
	if len(v) == 0 {
		return v
	}
	switch t.Way {
	case Masked:
		return r.fitted(t, r.value(t.Category, v, t.field.Length), v)
	case Keyed:
		if (t.field.Type == pii.Float || t.field.Type == pii.AnyOne) && bytes.IndexByte(v, '.') >= 0 && isNumber(v) {
			return r.about(v)
		}
		if out, n := movedAt(v, -r.shift); n > 0 && (n == len(v) || v[n] == 'T' || v[n] == ' ') {
			return append(out, v[n:]...) // a key may be a date
		}
		return r.code(v)
	case Digested:
		return r.digest(t.Category, v)
	case Redacted:
		return r.fitted(t, r.looked(t, v, true), v)
	case Shifted:
		if out, ok := r.event(v); ok {
			return out
		}
		return r.looked(t, v, true)
	case Drawn:
		return r.drawn(t, v, dataset)
	case Document:
		return r.opened(t, v, dataset)
	case Emptied:
		if len(v) <= 64 {
			return r.bytes(v)
		}
		return []byte{}
	}
	if t.field.Type == pii.Text || t.field.Type == pii.AnyOne {
		return r.fitted(t, r.looked(t, v, false), v)
	}
	return v
}

func isNumber(v []byte) bool { return strings.Trim(string(v), "-+.0123456789eE") == "" }

// looked redacts a text, and counts.
func (r *run) looked(t *Treatment, v []byte, all bool) []byte {
	out, n := r.redact(v, all)
	if n > 0 {
		t.Found++
	}
	return out
}

// fitted cuts what has become longer than the field allows.
func (r *run) fitted(t *Treatment, out, v []byte) []byte {
	if t.field.Length > 0 && len(out) > len(v) {
		if rs := []rune(string(out)); len(rs) > t.field.Length {
			return []byte(string(rs[:t.field.Length]))
		}
	}
	return out
}

// drawn gives a value of the field's own, by chance that the run key decides.
func (r *run) drawn(t *Treatment, v []byte, dataset string) []byte {
	if len(t.pool) < 2 {
		return v
	}
	seed := append(be(uint64(r.counts[dataset])), t.Field.Field...)
	return t.pool[r.number("draw", append(seed, v...))%uint64(len(t.pool))]
}

// opened masks the fields of a document.
func (r *run) opened(t *Treatment, v []byte, dataset string) []byte {
	out, err := r.document(v, func(l doc.Leaf) []byte {
		inner := r.fields[dataset][t.field.Column+"."+l.Name]
		if t.field.Column == "" || inner == nil {
			inner = r.fields[dataset][doc.FieldName(t.field.Column, l.Name)]
		}
		switch {
		case inner != nil && inner.Way != Document:
			return r.treated(inner, l.Value, dataset)
		case l.Kind == doc.Number:
			return nil
		}
		return r.looked(t, l.Value, true)
	})
	if err != nil {
		return r.looked(t, v, true) // a text like others
	}
	return out
}

// check reads the target and searches it for everything that was learnt.
func (r *run) check(ctx context.Context) error {
	found := map[pii.Ref]int64{}
	for d, err := range r.Target.DiscoverBut(ctx, func(*pii.Dataset) bool { return true }) {
		if err != nil {
			return err
		}
		if d.Kind == pii.View || d.Gap != nil {
			continue
		}
		for b, err := range r.Target.Read(ctx, connectors.Query{Dataset: d, Bare: true}) {
			if err != nil {
				return err
			}
			r.checkBatch(b, found)
		}
		r.Tell("check", d.Ref.Dataset, r.report.Checked)
	}
	for ref, n := range found {
		r.report.Residue = append(r.report.Residue, Residue{ref, n})
	}
	slices.SortFunc(r.report.Residue, func(a, b Residue) int { return strings.Compare(a.Field.String(), b.Field.String()) })
	return nil
}

func (r *run) checkBatch(b *pii.Batch, found map[pii.Ref]int64) {
	cols := b.Columns()
	for i := range cols {
		for k := range cols[i].Len() {
			v, _ := cols[i].Value(k)
			if r.report.Checked++; len(v) >= 5 && r.holds(v) {
				found[b.Dataset.In(cols[i].Field.Name)]++
			}
		}
	}
}

// holds tells whether a text holds a known identifier, or a whole name or street.
func (m *maker) holds(v []byte) (yes bool) {
	ws := wordsOf(v)
	for i := range ws {
		if m.phraseAt(ws[i:], m.known.hash(fold(ws[i]))) > 0 {
			return true
		}
	}
	for i := 0; i < len(v) && !yes; {
		j := i
		for j < len(v) && !separates(v[j]) {
			j++
		}
		t := bytes.Trim(v[i:j], ".:!*#/")
		if len(t) >= 5 && strings.Trim(string(t), "0123456789") != "" {
			yes = m.knownToken(t) != nil
		}
		i = j + 1
	}
	return yes
}

func (r *run) finish() {
	for _, name := range sorted(r.counts) {
		r.report.Datasets = append(r.report.Datasets, Count{pii.Ref{Source: r.Source.Name(), Dataset: name}, r.counts[name]})
		if a := r.groups[name]; a != nil {
			a.report(pii.Ref{Source: r.Source.Name(), Dataset: name}, r.report)
		}
	}
	slices.SortFunc(r.report.Fields, func(a, b *Treatment) int { return strings.Compare(a.Field.String(), b.Field.String()) })
	r.report.Days, r.report.Learnt = r.shift, r.known.count()
}
