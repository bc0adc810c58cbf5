package model

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"maps"
	"slices"
	"strings"
)

// id is an identifier in its normal form, the same wherever it stands.
type id string

// normal brings a value into the form in which two of them are compared.
func normal(category, v string) id {
	switch category {
	case "contact.email":
		v = strings.ToLower(strings.TrimSpace(v))
	case "contact.phone":
		v = digits(v)
	}
	return id(category + " " + v)
}

func digits(v string) string {
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, v)
}

// singling are the categories whose values can single a person out everywhere.
var singling = []string{"contact.email", "contact.phone"}

// held is an identifier in a record.
type held struct {
	id    id
	whose Whose
}

// world is an estate with what is computed of it.
type world struct {
	*Estate
	digests map[string]id // of every address that stands anywhere in plain form
	all     map[id]bool   // every identifier that stands anywhere by itself, and the one given
	past    map[id][]term // for which times an identifier was whose, where a dataset says so
	holders map[id][]spot // where records that stand for persons hold an identifier as their own
	parent  map[node]node // classes of records and identifiers that are of one person
	depth   int
}

// term is a time for which an identifier was that of the record's person; days as texts.
type term struct {
	spot
	from, to string
}

type spot struct {
	t *Table
	r *Row
}

// node is a record that stands for a person, or an identifier.
type node struct {
	r  *Row
	id id
}

func (e *Estate) world(start id) *world {
	w := &world{Estate: e, digests: map[string]id{}, all: map[id]bool{start: true}, past: map[id][]term{}, holders: map[id][]spot{}, parent: map[node]node{}}
	w.digest(start)
	w.each(func(t *Table, r *Row) {
		for _, f := range t.Fields {
			if v := t.Get(r, f.Name); v != nil && f.Category == "contact.email" && f.Form == "" {
				w.digest(normal(f.Category, *v))
			}
		}
	})
	w.each(func(t *Table, r *Row) {
		for _, h := range w.ids(t, r) {
			w.all[h.id] = true
			if from, to, ok := t.window(r); ok {
				w.past[h.id] = append(w.past[h.id], term{spot{t, r}, from, to})
			}
			if t.Person && h.whose == Own {
				w.holders[h.id] = append(w.holders[h.id], spot{t, r})
			}
		}
	})
	w.join()
	return w
}

func (w *world) each(f func(t *Table, r *Row)) {
	for _, t := range w.Tables {
		for _, r := range t.Rows {
			f(t, r)
		}
	}
}

// window gives the time that a record says it is about; an open end is empty.
func (t *Table) window(r *Row) (from, to string, ok bool) {
	if len(t.Window) != 2 {
		return "", "", false
	}
	if v := t.Get(r, t.Window[1]); v != nil {
		to = *v
	}
	return *t.Get(r, t.Window[0]), to, true
}

// digest makes an address known by its digest too.
func (w *world) digest(address id) {
	sum := sha256.Sum256([]byte(strings.TrimPrefix(string(address), "contact.email ")))
	w.digests[hex.EncodeToString(sum[:])] = address
}

// ids gives the identifiers that stand in a record by themselves, those inside of documents included.
func (w *world) ids(t *Table, r *Row) (out []held) {
	for i, f := range t.Fields {
		if v := r.Cells[i].V; v != nil && f.Type == "json" {
			out = append(out, inDocument(f, *v)...)
		} else if v != nil && slices.Contains(singling, f.Category) {
			out = append(out, held{w.identifier(f, *v), f.Whose})
		}
	}
	return out
}

func (w *world) identifier(f Field, v string) id {
	if f.Form == "" {
		return normal(f.Category, v)
	}
	if known, ok := w.digests[v]; ok {
		return known
	}
	return id("digest " + v)
}

func inDocument(f Field, text string) (out []held) {
	var doc any
	if json.Unmarshal([]byte(text), &doc) != nil {
		return nil
	}
	for _, in := range f.Insides {
		for _, v := range walk(doc, strings.Split(in.Name, ".")) {
			if slices.Contains(singling, in.Category) {
				out = append(out, held{normal(in.Category, v), in.Whose})
			}
		}
	}
	return out
}

// walk gives the texts at a path of a document.
func walk(doc any, path []string) (out []string) {
	if len(path) == 0 {
		if s, ok := doc.(string); ok {
			return []string{s}
		}
		return nil
	}
	name, list := strings.CutSuffix(path[0], "[]")
	members, _ := doc.(map[string]any)
	if name == "{@}" {
		return slices.Sorted(maps.Keys(members))
	}
	if !list {
		return walk(members[name], path[1:])
	}
	elements, _ := members[name].([]any)
	for _, e := range elements {
		out = append(out, walk(e, path[1:])...)
	}
	return out
}

// single tells whether an identifier singles a person out: no two records that are evidently of two persons hold it as their own.
func (w *world) single(i id) bool {
	at := w.holders[i]
	for _, a := range at {
		for _, b := range at {
			if a.r != b.r && (a.t == b.t || contradict(a, b)) {
				return false
			}
		}
	}
	return !function(i)
}

// function tells whether an address is that of a function rather than of a person.
func function(i id) bool {
	return strings.HasPrefix(string(i), "contact.email noreply@") || strings.HasPrefix(string(i), "contact.email support@")
}

// contradict tells whether two records say that they are of two persons: another name, or another date of birth.
func contradict(a, b spot) bool {
	differ := func(x, y string) bool { return x != "" && y != "" && x != y }
	return differ(a.name(), b.name()) || differ(a.of("demographic.birth_date"), b.of("demographic.birth_date"))
}

func (s spot) name() string {
	if full := s.of("identity.name"); full != "" {
		return full
	}
	return strings.TrimSpace(s.of("identity.given_name") + " " + s.of("identity.family_name"))
}

func (s spot) of(category string) string {
	for i, f := range s.t.Fields {
		if v := s.r.Cells[i].V; f.Category == category && v != nil {
			return *v
		}
	}
	return ""
}

// join puts the records that stand for persons and the identifiers that single them out into classes, one class a person.
func (w *world) join() {
	w.each(func(t *Table, r *Row) {
		for _, h := range w.ids(t, r) {
			if h.whose == Own && t.Person && w.single(h.id) {
				w.union(node{r: r}, node{id: h.id})
			}
		}
	})
}

func (w *world) find(n node) node {
	for {
		p, ok := w.parent[n]
		if !ok || p == n {
			return n
		}
		n = p
	}
}

func (w *world) union(a, b node) {
	if x, y := w.find(a), w.find(b); x != y {
		w.parent[x] = y
	}
}
