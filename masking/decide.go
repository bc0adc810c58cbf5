package masking

import (
	"fmt"
	"slices"
	"strings"

	"vestige/lineage"
	"vestige/pii"
)

// Way is what happens to the values of a field.
type Way string

// The ways.
const (
	Clear    Way = "clear"    // copied; texts are looked through all the same, and what is known of anybody is replaced
	Masked   Way = "mask"     // each value replaced by another of its kind, the same one everywhere
	Keyed    Way = "key"      // a key or reference: permuted, so that joins hold
	Digested Way = "digest"   // the digest of what is put in the value's place
	Redacted Way = "redact"   // text: what stands in it of people is replaced
	Shifted  Way = "shift"    // dates of events: all moved by the same weeks
	Drawn    Way = "draw"     // another value that stands in the field, drawn by chance
	Document Way = "document" // each of its insides by itself
	Emptied  Way = "empty"    // bytes that nobody looked into
)

// Treatment is what happens to a field, and why.
type Treatment struct {
	Field    pii.Ref      `json:"field"`
	Way      Way          `json:"way"`
	Category pii.Category `json:"category,omitempty"`
	Why      string       `json:"why"`
	Quasi    bool         `json:"quasi,omitempty"` // a quasi-identifier: counted in the report of k-anonymity
	Found    int64        `json:"found,omitempty"` // values of a field left clear, or redacted, in which something was replaced

	field  pii.Field
	by     string                  // of a value beside a key: the field of the key
	keyed  map[string]pii.Category // by key: what stands beside it
	pool   [][]byte
	pooled map[string]bool
}

// quasi are the attributes that single nobody out alone and together often do.
var quasi = []pii.Category{"demographic.birth_date", "demographic.age", "demographic.gender", "demographic.nationality", "demographic.marital_status", "demographic.language",
	"contact.postcode", "contact.city", "contact.region", "contact.country", "employment.job_title", "education.grade", "demographic.birth_place"}

// plain are those of them that stay as they are.
var plain = []pii.Category{"demographic.age", "demographic.gender", "demographic.nationality", "demographic.marital_status", "demographic.language", "contact.country"}

// surely is how confident the machine has to be that a field holds nothing personal for it to stay clear.
const surely = .5

// chooser decides how the fields of a dataset are treated.
type chooser struct {
	g      *lineage.Graph
	linked map[pii.Ref]pii.Ref            // union-find over fields that references join
	of     map[pii.Ref]*lineage.FieldNode // of a component: the member that says most
	digest map[pii.Category]bool          // kinds of which digests stand somewhere
}

func newChooser(g *lineage.Graph) *chooser {
	c := &chooser{g: g, linked: map[pii.Ref]pii.Ref{}, of: map[pii.Ref]*lineage.FieldNode{}, digest: map[pii.Category]bool{}}
	for i := range g.Edges {
		e := &g.Edges[i]
		if !e.Declared && !e.Decided && e.Confidence < surely {
			continue
		}
		for k := range min(len(e.Fields), len(e.ToFields)) {
			c.join(e.From.In(e.Fields[k]), e.To.In(e.ToFields[k]))
		}
	}
	for i := range g.Nodes {
		n := &g.Nodes[i]
		for _, r := range n.Dataset.References {
			for k := range min(len(r.Fields), len(r.ToFields)) {
				c.join(r.From.In(r.Fields[k]), r.To.In(r.ToFields[k]))
			}
		}
	}
	for i := range g.Nodes {
		for k := range g.Nodes[i].Fields {
			c.weigh(&g.Nodes[i], &g.Nodes[i].Fields[k])
		}
	}
	return c
}

func (c *chooser) weigh(n *lineage.Node, f *lineage.FieldNode) {
	if f.Form != "" && f.Category.Personal() {
		c.digest[f.Category] = true
	}
	at := n.Dataset.Ref.In(f.Field.Name)
	if _, joined := c.linked[at]; !joined || !ownKind(f) {
		return
	}
	root := c.root(at)
	if was := c.of[root]; was == nil || f.Confidence > was.Confidence {
		c.of[root] = f
	}
}

// ownKind tells whether a field's category has values of a form of their own, and no mere numbers of somebody's.
func ownKind(f *lineage.FieldNode) bool {
	info, ok := f.Category.Info()
	return ok && f.Dense && f.Form == "" && f.Confidence >= surely && f.Category.Personal() && info.Scope != pii.LocalIdentifier && f.Category != "text.personal"
}

func (c *chooser) root(r pii.Ref) pii.Ref {
	for {
		up, ok := c.linked[r]
		if !ok || up == r {
			return r
		}
		r = up
	}
}

func (c *chooser) join(a, b pii.Ref) {
	for _, r := range []pii.Ref{a, b} {
		if _, ok := c.linked[r]; !ok {
			c.linked[r] = r
		}
	}
	c.linked[c.root(a)] = c.root(b)
}

// choose decides on every field of a dataset, those inside of documents included.
func (c *chooser) choose(n *lineage.Node) (out []*Treatment) {
	seen := map[string]bool{}
	for i := range n.Fields {
		f := &n.Fields[i]
		seen[f.Field.Name] = true
		out = append(out, c.treat(n, f.Field, f))
	}
	for _, f := range n.Dataset.Fields {
		if !seen[f.Name] {
			out = append(out, c.treat(n, f, nil))
		}
	}
	return out
}

func (c *chooser) treat(n *lineage.Node, f pii.Field, fn *lineage.FieldNode) *Treatment {
	t := &Treatment{Field: n.Dataset.Ref.In(f.Name), field: f}
	if fn != nil {
		t.Category = fn.Category
		if fn.Field.Type == pii.JSON {
			t.field.Type = pii.JSON
		}
	}
	for _, k := range containedIn(fn) {
		if k.By != "" && k.Category.Personal() {
			if t.keyed == nil {
				t.keyed = map[string]pii.Category{}
			}
			t.by, t.keyed[k.Key] = k.By, k.Category
		}
	}
	t.Quasi = slices.Contains(quasi, t.Category)
	t.Way, t.Why = c.way(n, t, fn)
	if t.Way == Clear && constrained(n, f.Name) && t.field.Type == pii.Text {
		t.Why += "; its values are of a list that the system keeps"
	}
	return t
}

func (c *chooser) way(n *lineage.Node, t *Treatment, fn *lineage.FieldNode) (Way, string) {
	f, at := t.field, t.Field
	_, joined := c.linked[at]
	key := joined || slices.Contains(n.Dataset.Key, f.Name) && f.Type != pii.Time
	examined := fn != nil && fn.Examined && (fn.Values > 0 || fn.Decided)
	switch {
	case f.Type == pii.JSON:
		return Document, "a document: each of its fields by itself"
	case f.Type == pii.Bool:
		return Clear, "yes or no"
	case fn != nil && fn.Form != "" && fn.Category.Personal():
		return Digested, "digests of " + string(fn.Category)
	case joined && c.of[c.root(at)] != nil && !(fn != nil && ownKind(fn)):
		t.Category = c.of[c.root(at)].Category
		return Masked, "a reference to a field of " + string(t.Category)
	case fn != nil && fn.Dense && fn.Category.Personal() && (fn.Confidence >= .2 || fn.Decided):
		return c.personal(n, t, fn, key)
	case fn != nil && len(fn.Contains) > 0:
		return Redacted, "text in which " + contained(fn) + " stand"
	case f.Type == pii.Text && constrained(n, f.Name) && (enum(n, f.Name) || few(fn)):
		return Drawn, "a list of values that the system keeps"
	case strings.EqualFold(f.Native, "year") || strings.HasPrefix(strings.ToLower(f.Native), "year("):
		return Clear, "a year"
	case key && !joined && len(n.Dataset.Key) > 1 && fn != nil && fn.Confidence >= surely && counted(fn.Category):
		return c.none(fn, fmt.Sprintf("a part of a key that is no number of anybody (%s)", fn.Category))
	case key && f.Type == pii.Text && c.listed(n, at, fn):
		return Clear, fmt.Sprintf("a key that is a word of a list (%s)", fn.Category)
	case key && f.Type != pii.Bytes:
		return Keyed, "a key or reference"
	case f.Type == pii.Bytes:
		return Emptied, "bytes that nobody looked into"
	case f.Type == pii.Time || fn != nil && fn.Category == "none.date" && fn.Confidence >= surely:
		return Shifted, "dates of events"
	case !examined:
		return unknown(f, "nobody has looked at its values")
	case fn.Decided && !fn.Category.Personal():
		return c.none(fn, "a person decided that it holds nothing personal")
	case fn.Confidence >= surely || fn.Category == "none.text" || fn.Category == "none.boolean":
		return c.none(fn, fmt.Sprintf("%s, by %d values", fn.Category, fn.Values))
	}
	return unknown(f, "the machine is not sure of what it holds")
}

func containedIn(fn *lineage.FieldNode) []pii.Contained {
	if fn == nil {
		return nil
	}
	return fn.Contains
}

func contained(fn *lineage.FieldNode) string {
	var names []string
	for _, k := range fn.Contains {
		if !slices.Contains(names, string(k.Category)) {
			names = append(names, string(k.Category))
		}
	}
	return strings.Join(names[:min(3, len(names))], ", ")
}

// personal is the way of a field of personal data.
func (c *chooser) personal(n *lineage.Node, t *Treatment, fn *lineage.FieldNode, key bool) (Way, string) {
	info, _ := fn.Category.Info()
	what := fmt.Sprintf("%s, confidence %.2f", fn.Category, fn.Confidence)
	if fn.Decided {
		what = string(fn.Category) + ", decided by a person"
	}
	switch {
	case fn.Category == "text.personal":
		return Redacted, "text about people"
	case slices.Contains(plain, fn.Category) && (fn.Confidence >= surely || fn.Decided):
		return Clear, what + ": it singles nobody out alone; see the report of k-anonymity"
	case t.field.Type == pii.Bytes && !key:
		return Emptied, what
	case info.Scope == pii.Attribute && (drawable(fn.Category) || constrained(n, t.field.Name) && few(fn)):
		return Drawn, what
	}
	return Masked, what
}

// drawable tells whether a category has no values that could be made: they are drawn from those that are there.
func drawable(c pii.Category) bool {
	if info, ok := c.Info(); ok && info.Article9 {
		return true
	}
	switch c {
	case "employment.job_title", "education.grade", "demographic.ethnicity", "demographic.political_opinion", "demographic.sexual_orientation", "demographic.trade_union", "finance.credit_score",
		"finance.card_expiry", "finance.card_part", "finance.card_security", "health.medication", "health.blood_type", "health.measurement", "criminal.record":
		return true
	}
	return false
}

// constrained tells whether the system holds a field to a list of values.
func constrained(n *lineage.Node, name string) bool {
	for _, k := range n.Dataset.Constraints {
		if k.Kind == "check" && slices.Contains(k.Fields, name) {
			return true
		}
	}
	return enum(n, name)
}

// enum tells whether a field's type is a list of words.
func enum(n *lineage.Node, name string) bool {
	for _, k := range n.Dataset.Constraints {
		if k.Kind == "enum" && slices.Contains(k.Fields, name) {
			return true
		}
	}
	f := n.Dataset.Field(name)
	return f != nil && (strings.HasPrefix(strings.ToLower(f.Native), "enum") || strings.HasPrefix(strings.ToLower(f.Native), "set("))
}

// few tells whether a field has few values, and each of them often.
func few(fn *lineage.FieldNode) bool {
	return fn != nil && fn.Distinct > 0 && fn.Distinct <= 64 && fn.Values >= 2*fn.Distinct
}

// many tells whether a field has too many values to be of a list: they are numbers of something, by which a copy could be laid beside its source.
func many(fn *lineage.FieldNode) bool { return fn.Distinct > 64 && 4*fn.Distinct > fn.Values }

// none is the way of a field that holds nothing personal.
func (c *chooser) none(fn *lineage.FieldNode, why string) (Way, string) {
	switch fn.Category {
	case "none.key", "none.hash":
		return Keyed, why
	case "none.code", "none.other":
		if fn.Field.Type == pii.Text && !fn.Decided && many(fn) {
			return Keyed, why + ", too many for a list"
		}
	}
	return Clear, why
}

// listed tells whether a key is a code of a list or the name of a thing, and all that refer to it are.
func (c *chooser) listed(n *lineage.Node, at pii.Ref, fn *lineage.FieldNode) bool {
	if !codeLike(fn) {
		return false
	}
	if _, joined := c.linked[at]; !joined {
		return true
	}
	root := c.root(at)
	for i := range c.g.Nodes {
		for k := range c.g.Nodes[i].Fields {
			f := &c.g.Nodes[i].Fields[k]
			r := c.g.Nodes[i].Dataset.Ref.In(f.Field.Name)
			if _, in := c.linked[r]; in && c.root(r) == root && !codeLike(f) {
				return false
			}
		}
	}
	return true
}

// counted tells whether a category is of numbers that count, measure or order.
func counted(c pii.Category) bool {
	return c == "none.count" || c == "none.amount" || c == "none.boolean"
}

func codeLike(fn *lineage.FieldNode) bool {
	if fn == nil || fn.Confidence < surely {
		return false
	}
	switch fn.Category {
	case "none.code", "none.product", "none.organisation", "none.text", "contact.country":
		return true
	}
	return false
}

// unknown is the way of a field of which nobody can tell what it holds: its values are scrambled.
func unknown(f pii.Field, why string) (Way, string) {
	if f.Type == pii.Time {
		return Shifted, why
	}
	return Keyed, why + ": scrambled"
}
