package lineage

import (
	"encoding/binary"
	"fmt"
	"slices"
	"strings"

	"vestige/pii"
)

// When is the condition of a reference that leads to one of several datasets: another field of the record names which, as object mappers write it
// (commentable_type and commentable_id). Values are ways of writing the parent's own name, in lower case, or what many records share that stands there for it.
type When struct {
	Field  string   `json:"field"`
	Values []string `json:"values"`
}

// Holds tells whether a record refers to the parent by the edge: always, where the edge has no condition.
func (e *Edge) Holds(fields map[string][]pii.Located) bool {
	return e.When == nil || slices.ContainsFunc(fields[e.When.Field], func(v pii.Located) bool {
		return slices.Contains(e.When.Values, strings.ToLower(strings.TrimSpace(v.Value.Reveal())))
	})
}

// mostKinds is how many datasets a field may name as a kind.
const mostKinds = 40

// Kinds proposes the references whose parent another field of the record names: a pair of fields called x_type and x_id, where the sketch of the first
// holds the hash, under key, of a way of writing a dataset's name. They stand in place of what was inferred of the same field.
func Kinds(looks []Look, inferred []Edge, key []byte) []Edge {
	hash := func(s string) uint64 {
		return SipHash(binary.LittleEndian.Uint64(key), binary.LittleEndian.Uint64(key[8:]), []byte(s))
	}
	var out []Edge
	taken := map[pii.Ref]bool{}
	for i := range looks {
		c := &looks[i]
		t := kindOf(c, looks)
		if t == nil {
			continue
		}
		es, parents := kindEdges(c, t, looks, hash)
		if stem, ok := kindStem(t.Field.Field.Name, kindWords); (!ok || stem == "") && !heldBy(c, t, parents) {
			continue
		}
		for _, e := range es {
			out, taken[c.ref()] = append(out, e), true
		}
	}
	for _, e := range inferred {
		if !taken[e.From.In(e.Fields[0])] {
			out = append(out, e)
		}
	}
	return out
}

// kindOf gives the field that names the kind of what a field refers to, nil where there is none.
func kindOf(c *Look, looks []Look) *Look {
	stem, ok := kindStem(c.Field.Field.Name, keyWords)
	if !ok || c.Sketch == nil || !keyLike(c) || soleKey(c) || c.Node.Dataset.Kind == pii.View || declaredFields([]Look{*c})[c.ref()] {
		return nil // what numbers its own records refers to none
	}
	for i := range looks {
		t := &looks[i]
		if t.Node != c.Node || t.Sketch == nil || len(t.Sketch.Hashes) == 0 || len(t.Sketch.Hashes) > mostKinds || t.Field.Field.Type != pii.Text {
			continue
		}
		if s, ok := kindStem(t.Field.Field.Name, kindWords); ok && s == stem || strings.Join(words(t.Field.Field.Name), "_") == stem {
			return t // entity_type or entity, beside entity_id
		}
	}
	return nil
}

// NamesKind tells whether a field's name says that it names the kind of what another field refers to: of such a field few values are enough.
func NamesKind(name string) bool {
	_, ok := kindStem(name, kindWords)
	ws := words(name)
	return ok || len(ws) == 1 && slices.Contains(bareKinds, ws[0])
}

// bareKinds name a kind by themselves, beside a number that is called like them: entity and entity_id.
var bareKinds = []string{"entity", "object", "resource", "subject", "target", "record", "model", "item", "objekt", "entitaet", "objeto", "oggetto", "entidad", "entita", "entite"}

var kindWords = []string{"type", "typ", "class", "kind", "klasse", "art", "model", "table", "tabelle"}

// kindStem gives what stands before one of the words at the end of a name: nothing of a kind beside a ref_no.
func kindStem(name string, last []string) (string, bool) {
	ws := words(name)
	switch {
	case len(ws) == 0 || !slices.Contains(last, ws[len(ws)-1]), len(ws) == 1 && !slices.Contains(kindWords, ws[0]):
		return "", false
	case len(trimKeys(ws)) == 0:
		return "", true
	}
	return strings.Join(ws[:len(ws)-1], "_"), true
}

// heldBy tells whether the values of a field stand in the datasets that another field names: nearly all where it names one for each of its own values, and half of them where
// some of these name nothing that was scanned. A ref_no beside a type says by its name nothing of what it refers to.
func heldBy(c, t *Look, parents []*Look) bool {
	have, least := map[uint64]bool{}, minInclusion
	if len(parents) < len(t.Sketch.Hashes) {
		least = .5
	}
	cut := c.Sketch.Cut
	for _, p := range parents {
		cut = min(cut, p.Sketch.Cut)
	}
	for _, p := range parents {
		for _, h := range below(p.Sketch.Hashes, cut) {
			have[h] = true
		}
	}
	both, all := 0, below(c.Sketch.Hashes, cut)
	for _, h := range all {
		if have[h] {
			both++
		}
	}
	return both >= minDistinct && float64(both) >= least*float64(len(all))
}

// kindEdges gives the references to the datasets that a field of kinds names, and the keys they lead to.
func kindEdges(c, t *Look, looks []Look, hash func(string) uint64) (out []Edge, parents []*Look) {
	for i := range looks {
		p := &looks[i]
		if p.Node.Dataset.Ref.Source != c.Node.Dataset.Ref.Source || !soleKey(p) || p.Node == c.Node || p.Sketch == nil || !sameClass(c, p) {
			continue
		}
		var values []string
		for _, v := range classNames(p.Node.Dataset.Ref.Dataset) {
			if _, ok := slices.BinarySearch(t.Sketch.Hashes, hash(v)); ok {
				values = append(values, v)
			}
		}
		if len(values) == 0 {
			continue
		}
		e := inferred(c, p, []pii.Nat{{Text: "any two fields", Nats: prior}, {Text: fmt.Sprintf("%q names %q as what the record belongs to", t.Field.Field.Name, p.Node.Dataset.Ref.Dataset), Nats: 12}})
		e.When = &When{Field: t.Field.Field.Name, Values: values}
		out, parents = append(out, e), append(parents, p)
	}
	return out, parents
}

// classNames gives the ways in which object mappers write the name of a dataset as a class: support_tickets is SupportTicket, support_ticket, App\Models\SupportTicket.
func classNames(dataset string) (out []string) {
	ws := words(dataset[strings.LastIndexByte(dataset, '.')+1:])
	if len(ws) == 0 {
		return nil
	}
	single := append(slices.Clone(ws[:len(ws)-1]), singular(ws[len(ws)-1]))
	for _, w := range [][]string{ws, single} {
		camel := strings.Join(w, "")
		for _, s := range []string{camel, strings.Join(w, "_"), `app\models\` + camel, `app\` + camel, `app\entity\` + camel} {
			if !slices.Contains(out, s) {
				out = append(out, s)
			}
		}
	}
	return out
}
