package catalog

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"vestige/internal/db"
	"vestige/internal/errkind"
	"vestige/lineage"
	"vestige/pii"
)

// State is where a field stands between machine and people.
type State string

// The states of a field.
const (
	Unexamined State = "unexamined" // nobody looked, and the examination says why
	Clean      State = "clean"      // examined, and nothing personal proposed above Find
	Proposed   State = "proposed"   // a machine proposes personal data; a contradicted decision is proposed again
	Deferred   State = "deferred"   // a person saw it and put it off; it counts as proposed
	Accepted   State = "accepted"   // a person says what it holds
	Rejected   State = "rejected"   // a person says that it holds nothing personal
	Gone       State = "gone"       // its dataset was missed by a scan
)

// Entry is a field with everything that is known of it.
type Entry struct {
	Ref        pii.Ref       `json:"ref"`
	Type       pii.FieldType `json:"type"`
	Category   pii.Category  `json:"category"` // decided, else proposed
	Confidence float64       `json:"confidence"`
	State      State         `json:"state"`
	Proposal   pii.Proposal  `json:"proposal"` // as the machine saw it
	Judged     Judgement     `json:"judged"`   // what that counts as
	Decision   *Decision     `json:"decision,omitempty"`
	Version    int64         `json:"version"` // of the decision, an undone one included: DecideAt refuses one over another version
}

// Filter chooses entries. Empty parts choose all.
type Filter struct {
	Source   string
	Dataset  string
	States   []State
	Category pii.Category // covers its segments
	Min      float64      // least confidence
	After    pii.Ref      // entries behind this one
	Limit    int          // 0 for all

	behind, to pii.Ref // datasets behind the one, up to the other
}

func state(n *lineage.Node, f *lineage.FieldNode, d Decision) State {
	switch {
	case n.Gone != 0:
		return Gone
	case d.holds() && d.Verdict == pii.Reject:
		return Rejected
	case d.holds() && d.Verdict != pii.Defer:
		return Accepted
	case d.holds():
		return Deferred
	case f.Put, sparse(f):
		return Proposed
	case !f.Examined:
		return Unexamined
	}
	return Clean
}

// sparse tells whether personal data was found within a field that is itself of another kind.
func sparse(f *lineage.FieldNode) bool {
	for _, c := range f.Contains {
		if c.Category.Personal() && c.Confidence >= Find {
			return true
		}
	}
	return false
}

// together is how many rows one statement inserts.
const together = 32

// insert writes rows of as many values each as there are columns, several in a statement: what a statement costs beside its rows is most of it.
func insert(ctx context.Context, tx db.Tx, head, tail string, columns int, values []any) error {
	for part := range slices.Chunk(values, together*columns) {
		if _, err := tx.Exec(ctx, head+" VALUES "+places(len(part)/columns, columns)+tail, part...); err != nil {
			return err
		}
	}
	return nil
}

// places writes ($1, $2), ($3, $4).
func places(rows, columns int) string {
	var b strings.Builder
	for i := range rows * columns {
		switch {
		case i == 0:
			b.WriteString("(")
		case i%columns == 0:
			b.WriteString("), (")
		default:
			b.WriteString(", ")
		}
		b.WriteString("$" + strconv.Itoa(i+1))
	}
	b.WriteString(")")
	return b.String()
}

func putFields(ctx context.Context, tx db.Tx, rows []any) error {
	return insert(ctx, tx, "INSERT INTO field (source, dataset, name, type, stable, category, confidence, state, likeness, grp, proposal)", "", 11, rows)
}

// fieldRow gives the values of a field's row.
func fieldRow(ref pii.Ref, f *lineage.FieldNode, s State, like int64, p pii.Proposal) ([]any, error) {
	p.Field = ref.In(f.Field.Name)
	doc, err := encode(p)
	category, confidence := counts(f)
	return []any{ref.Source, ref.Dataset, f.Field.Name, string(f.Field.Type), f.Field.Stable, string(category), confidence, string(s), like, groupOf(f.Field.Name, f.Field.Type, category, confidence, s), doc}, err
}

func (c *Catalog) proposalsOf(ctx context.Context, tx db.Tx, ref pii.Ref) (map[string]pii.Proposal, error) {
	docs, err := collect(ctx, tx, scanBytes, "SELECT proposal FROM field WHERE source = $1 AND dataset = $2", ref.Source, ref.Dataset)
	props := make(map[string]pii.Proposal, len(docs))
	for _, doc := range docs {
		var p pii.Proposal
		if err := decode(doc, &p); err != nil {
			return nil, err
		}
		props[p.Field.Field] = p
	}
	return props, err
}

const selectEntry = "SELECT source, dataset, name, type, category, confidence, state, proposal FROM field"

func scanEntry(row db.Row) (e Entry, err error) {
	var typ, category, state string
	var doc []byte
	err = row.Scan(&e.Ref.Source, &e.Ref.Dataset, &e.Ref.Field, &typ, &category, &e.Confidence, &state, &doc)
	e.Type, e.Category, e.State = pii.FieldType(typ), pii.Category(category), State(state)
	if err == nil {
		err = decode(doc, &e.Proposal)
	}
	return e, err
}

// Field gives one field.
func (c *Catalog) Field(ctx context.Context, ref pii.Ref) (e Entry, err error) {
	err = c.read(ctx, func(tx db.Tx) error { e, err = c.field(ctx, tx, ref); return err })
	return e, err
}

func (c *Catalog) field(ctx context.Context, tx db.Tx, ref pii.Ref) (Entry, error) {
	e, err := scanEntry(tx.QueryRow(ctx, selectEntry+" WHERE source = $1 AND dataset = $2 AND name = $3", ref.Source, ref.Dataset, ref.Field))
	if errkind.Of(err) == errkind.NotFound {
		return e, errkind.Coded(errkind.NotFound, "no-such-field", "the catalog has no field %s", ref)
	}
	if err != nil {
		return e, err
	}
	one := []Entry{e}
	if err := c.attach(ctx, tx, one); err != nil {
		return e, err
	}
	e = one[0]
	if l := e.Judged.Like; l != nil {
		l.Examples, err = c.examples(ctx, tx, e.likeness(), ref)
		e.Judged.Evidence[0].Text = l.Text()
	}
	return e, err
}

// Proposals gives fields with evidence and decision, ordered by reference: those in the states asked for, all others included where none is.
func (c *Catalog) Proposals(ctx context.Context, f Filter) (es []Entry, err error) {
	err = c.read(ctx, func(tx db.Tx) error { es, err = c.proposals(ctx, tx, f); return err })
	return es, err
}

// where gives the condition of a filter with its arguments: what is not asked for is no part of it, so that an index serves what is.
func (f Filter) where() (string, []any) {
	var w conditions
	w.is("source", f.Source)
	w.is("dataset", f.Dataset)
	if len(f.States) > 0 {
		marks := make([]string, len(f.States))
		for i, s := range f.States {
			marks[i] = w.arg(string(s))
		}
		w.add("state IN (" + strings.Join(marks, ", ") + ")")
	}
	if f.Min > 0 {
		w.add("confidence >= " + w.arg(f.Min))
	}
	if f.After != (pii.Ref{}) {
		w.add("(source, dataset, name) > (" + w.arg(f.After.Source) + ", " + w.arg(f.After.Dataset) + ", " + w.arg(f.After.Field) + ")")
	}
	if f.to != (pii.Ref{}) {
		w.add("(source, dataset) > (" + w.arg(f.behind.Source) + ", " + w.arg(f.behind.Dataset) + ") AND (source, dataset) <= (" + w.arg(f.to.Source) + ", " + w.arg(f.to.Dataset) + ")")
	}
	return w.String(), w.args
}

// eachSets is how many datasets Each reads at once.
const eachSets = 200

// Each visits what Proposals gives, some datasets at a time and each of them whole, so that all of an estate takes no more memory than a part. Each
// part is as of one moment of its own: whoever takes it in slowly keeps nothing of the store from being changed.
func (c *Catalog) Each(ctx context.Context, f Filter, visit func([]Entry) error) error {
	for {
		es, more, err := c.eachPart(ctx, &f)
		if err != nil || !more {
			return err
		}
		if err := visit(es); err != nil {
			return err
		}
	}
}

// eachPart reads the part behind the one that f has come to.
func (c *Catalog) eachPart(ctx context.Context, f *Filter) (es []Entry, more bool, err error) {
	return es, more, c.read(ctx, func(tx db.Tx) error {
		var w conditions
		w.is("source", f.Source)
		w.is("name", f.Dataset)
		w.add("(source, name) > (" + w.arg(f.to.Source) + ", " + w.arg(f.to.Dataset) + ")")
		refs, err := collect(ctx, tx, scanSet, "SELECT source, name FROM dataset_count"+w.String()+" ORDER BY source, name LIMIT "+strconv.Itoa(eachSets), w.args...)
		if err != nil || len(refs) == 0 {
			return err
		}
		f.behind, f.to, more = f.to, refs[len(refs)-1], true
		es, err = c.proposals(ctx, tx, *f)
		return err
	})
}

// Count gives how many fields of a source, or of all where it is empty, stand in one of the states.
func (c *Catalog) Count(ctx context.Context, source string, states []State) (n int, err error) {
	err = c.read(ctx, func(tx db.Tx) error {
		where, args := Filter{Source: source, States: states}.where()
		return tx.QueryRow(ctx, "SELECT count(*) FROM field"+where, args...).Scan(&n)
	})
	return n, err
}

func scanSet(row db.Row) (r pii.Ref, err error) { return r, row.Scan(&r.Source, &r.Dataset) }

func (c *Catalog) proposals(ctx context.Context, tx db.Tx, f Filter) ([]Entry, error) {
	where, args := f.where()
	if f.Category == "" && f.Limit > 0 {
		where += " ORDER BY source, dataset, name LIMIT " + strconv.Itoa(f.Limit)
	} else {
		where += " ORDER BY source, dataset, name"
	}
	rows, err := tx.Query(ctx, selectEntry+where, args...)
	if err != nil {
		return nil, err
	}
	es, err := filtered(rows, f)
	if err != nil {
		return nil, err
	}
	return es, c.attach(ctx, tx, es)
}

func filtered(rows db.Rows, f Filter) ([]Entry, error) {
	defer func() { _ = rows.Close() }()
	var es []Entry
	for rows.Next() && (f.Limit == 0 || len(es) < f.Limit) {
		e, err := scanEntry(rows)
		if err != nil {
			return nil, err
		}
		if f.admits(e) {
			es = append(es, e)
		}
	}
	return es, rows.Err()
}

func (f Filter) admits(e Entry) bool {
	return f.Category == "" || f.Category.Covers(e.Category)
}

// attach gives each entry its decision, with one query for each dataset among them, and judges it by what people have said until now.
func (c *Catalog) attach(ctx context.Context, tx db.Tx, es []Entry) error {
	if err := c.decided(ctx, tx, es); err != nil {
		return err
	}
	likes := map[int64]bool{}
	for i := range es {
		likes[es[i].likeness()] = true
	}
	j, err := c.court(ctx, tx, likes)
	if err != nil {
		return err
	}
	for i := range es {
		es[i].judge(j)
	}
	return nil
}

func (e *Entry) likeness() int64 { return likeness(e.Ref.Field, string(e.Type), e.Proposal.Category) }

// judge fills in what the proposal counts as, and, where nobody has decided, what the field therefore is.
func (e *Entry) judge(j *court) {
	p := &e.Proposal
	f := lineage.FieldNode{Field: pii.Field{Name: e.Ref.Field, Type: e.Type}, Category: p.Category, Confidence: p.Confidence, Dense: p.Dense, Contains: p.Contains,
		Examined: p.Examined.How != "" && p.Examined.How != "none"}
	var d Decision
	if e.Decision != nil {
		d = *e.Decision
	}
	e.Judged = j.judge(e.Ref, &f, p, d.says())
	if e.State == Gone || d.holds() || p.Field == (pii.Ref{}) {
		return
	}
	e.Judged.lay(&f)
	e.Category, e.Confidence = counts(&f)
	if e.State == Unexamined {
		f.Examined = false
	}
	e.State = state(&lineage.Node{}, &f, d)
}

func (c *Catalog) decided(ctx context.Context, tx db.Tx, es []Entry) error {
	for part := range slices.Chunk(es, 500) {
		var w conditions
		marks := make([]string, len(part))
		for i := range part {
			marks[i] = w.arg("field:" + part[i].Ref.String())
		}
		ds, err := collect(ctx, tx, scanDecision, selectDecision+" WHERE target IN ("+strings.Join(marks, ", ")+")", w.args...)
		if err != nil {
			return err
		}
		at := make(map[string]*Decision, len(ds))
		for i := range ds {
			at[ds[i].target] = &ds[i]
		}
		for i := range part {
			if d := at["field:"+part[i].Ref.String()]; d != nil {
				if part[i].Version = d.Version; d.Verdict != "" {
					part[i].Decision = d
				}
			}
		}
	}
	return nil
}
