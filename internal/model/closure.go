package model

import (
	"fmt"
	"slices"
	"strings"
)

// Holding says how a record stands to a person, in the product's words.
type Holding string

// The holdings that a closure has to tell. A record of somebody else's that merely holds what both have, a telephone, is Not hers.
const (
	Not      Holding = ""
	Hers     Holding = "hers"
	Joint    Holding = "shared"
	Mention  Holding = "mentions"
	Doubtful Holding = "unsure" // the product asks; the model never does
)

// Truth gives the holdings as the estate was written.
func (e *Estate) Truth(p Person) map[*Row]Holding {
	out := map[*Row]Holding{}
	for _, t := range e.Tables {
		for _, r := range t.Rows {
			if h := r.truth(p); h != Not && t.Form != "view" {
				out[r] = h
			}
		}
	}
	return out
}

func (r *Row) truth(p Person) Holding {
	switch mine := slices.Contains(r.Owners, p); {
	case mine && r.Common:
		return Not
	case mine && len(r.Owners) > 1:
		return Joint
	case mine:
		return Hers
	}
	for _, c := range r.Cells {
		for _, part := range c.Parts {
			if part.Single && slices.Contains(part.Of, p) {
				return Mention
			}
		}
	}
	return Not
}

// Close computes the holdings of the person whom an identifier names, from the datasets alone.
func (e *Estate) Close(category, start string) map[*Row]Holding {
	given := normal(category, start)
	w := e.world(given)
	she := w.find(node{id: given})
	out := map[*Row]Holding{}
	w.each(func(t *Table, r *Row) {
		if t.Form == "view" {
			return
		}
		owners, common := w.owners(t, r)
		switch mine := slices.Contains(owners, she); {
		case mine && common: // it is as much the others'
		case mine && len(owners) > 1:
			out[r] = Joint
		case mine:
			out[r] = Hers
		case slices.Contains(w.named(t, r), she):
			out[r] = Mention
		}
	})
	return out
}

// owners gives the persons to whom a record belongs: whom its owning references name; else whom its own identifiers single out; else those whose records
// have it. Of those who have in common the only identifier that it holds none can take it from the others.
func (w *world) owners(t *Table, r *Row) (out []node, common bool) {
	if w.depth > 12 {
		return nil, false // a circle of references owns nothing
	}
	w.depth++
	defer func() { w.depth-- }()
	for _, ref := range t.Refs {
		if ref.Kind != Owns && ref.Kind != Shared {
			continue
		}
		for _, p := range w.parents(t, r, ref) {
			more, _ := w.owners(w.Table(ref.To), p)
			out = add(out, more...)
		}
	}
	switch {
	case len(out) > 0:
		return out, false
	case t.Person:
		return []node{w.find(node{r: r})}, false
	}
	if out, common = w.byIdentifiers(t, r); len(out) > 0 {
		return out, common
	}
	return w.byHaving(t, r), false
}

// byIdentifiers asks the identifiers that a record holds as its own.
func (w *world) byIdentifiers(t *Table, r *Row) (out []node, common bool) {
	var all []node
	for _, h := range w.ids(t, r) {
		switch {
		case h.whose != Own || function(h.id):
		case w.then(t, r, h.id) != nil:
			return w.then(t, r, h.id), false
		case w.single(h.id):
			out = add(out, w.find(node{id: h.id}))
		default:
			for _, s := range w.holders[h.id] {
				all = add(all, w.find(node{r: s.r}))
			}
		}
	}
	if len(out) > 0 {
		return out, false
	}
	return all, len(all) > 0
}

// then gives whose an identifier was at the time that a record is of, nil where nothing says so.
func (w *world) then(t *Table, r *Row, i id) (out []node) {
	if t.When == "" || t.Get(r, t.When) == nil {
		return nil
	}
	at := *t.Get(r, t.When)
	for _, p := range w.past[i] {
		if p.from <= at && (p.to == "" || at < p.to) {
			more, _ := w.owners(p.t, p.r)
			out = add(out, more...)
		}
	}
	return out
}

// byHaving gives those whose records refer to this one as something they have.
func (w *world) byHaving(t *Table, r *Row) (out []node) {
	for _, c := range w.Tables {
		for _, ref := range c.Refs {
			if ref.Kind != Has || ref.To != t.Ref() {
				continue
			}
			for _, child := range c.Rows {
				if slices.Contains(w.parents(c, child, ref), r) {
					more, _ := w.owners(c, child)
					out = add(out, more...)
				}
			}
		}
	}
	return out
}

// parents gives the records to which a record refers.
func (w *world) parents(t *Table, r *Row, ref Ref) (out []*Row) {
	to := w.Table(ref.To)
	for _, p := range to.Rows {
		same := ref.holds(t, r)
		for i, f := range ref.Fields {
			a, b := t.Get(r, f), to.Get(p, ref.ToFields[i])
			same = same && a != nil && b != nil && *a == *b
		}
		if same {
			out = append(out, p)
		}
	}
	return out
}

// holds tells whether a reference is one of the record's: always, or where another field says what it leads to.
func (ref Ref) holds(t *Table, r *Row) bool {
	if ref.If == "" {
		return true
	}
	v := t.Get(r, ref.If)
	return v != nil && *v == ref.Is
}

// named gives the persons whom a record names: by a field or a reference that is for it, or in its text.
func (w *world) named(t *Table, r *Row) (out []node) {
	_, to, _ := t.window(r)
	for _, h := range w.ids(t, r) {
		if w.single(h.id) && to == "" && w.then(t, r, h.id) == nil { // what was another's then names nobody now
			out = add(out, w.find(node{id: h.id}))
		}
	}
	for _, ref := range t.Refs {
		if ref.Kind == Mentions && w.Table(ref.To).Person {
			for _, p := range w.parents(t, r, ref) {
				more, _ := w.owners(w.Table(ref.To), p)
				out = add(out, more...)
			}
		}
	}
	for i, f := range t.Fields {
		if v := r.Cells[i].V; f.Text && v != nil {
			for i := range w.all {
				if w.single(i) && says(*v, i) {
					out = add(out, w.find(node{id: i}))
				}
			}
		}
	}
	return out
}

// says tells whether a text holds an identifier: the same characters, and before and after them none that would make it a longer one.
func says(text string, i id) bool {
	category, v, _ := strings.Cut(string(i), " ")
	text = strings.ToLower(text)
	if category == "contact.phone" {
		v = "+" + v
	}
	for at := 0; ; {
		k := strings.Index(text[at:], v)
		if k < 0 {
			return false
		}
		from, to := at+k, at+k+len(v)
		if !(from > 0 && within(text[from-1])) && !(to < len(text) && longer(text[to:])) {
			return true
		}
		at = from + 1
	}
}

// within are the characters that an address can go on with.
func within(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || strings.IndexByte("._%+-", c) >= 0
}

// longer tells whether what follows belongs to the address: a full stop ends a sentence, and goes on with a name.
func longer(rest string) bool {
	if rest[0] == '.' {
		return len(rest) > 1 && within(rest[1])
	}
	return within(rest[0])
}

func add(out []node, more ...node) []node {
	for _, n := range more {
		if !slices.Contains(out, n) {
			out = append(out, n)
		}
	}
	return out
}

// Differ lists the records of which two opinions differ: "shop/users 1: hers, not mentions".
func (e *Estate) Differ(got, want map[*Row]Holding) (out []string) {
	for _, t := range e.Tables {
		for _, r := range t.Rows {
			if got[r] != want[r] {
				out = append(out, fmt.Sprintf("%s %s: %q, not %q", t.Ref(), t.label(r), got[r], want[r]))
			}
		}
	}
	return out
}

// label names a record by its first values.
func (t *Table) label(r *Row) string {
	var out []string
	for i := range min(3, len(r.Cells)) {
		if v := r.Cells[i].V; v != nil {
			out = append(out, *v)
		}
	}
	return strings.Join(out, "|")
}

// Holds tells whether a text stands in one of the record's values.
func (r *Row) Holds(text string) bool {
	return slices.ContainsFunc(r.Cells, func(c Cell) bool { return c.V != nil && strings.Contains(*c.V, text) })
}
