package scanner

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"vestige/catalog"
	"vestige/classifiers"
	"vestige/pii"
)

// pair is two fields of a dataset of which one says what the other holds: meta_key and meta_value, an attribute and its value. What stands under each
// key is examined as a field of its own.
type pair struct {
	key, value string // fields
	under      map[string]*column
	order      []string
	plain, odd int64 // keys that look like names, and others
}

// mostKeys is how many keys are told apart; keyRecords is how many records have to share one, so that it is a name and nobody's value.
const (
	mostKeys   = 128
	keyRecords = 3
)

var (
	valueWords = []string{"value", "val", "content", "wert", "inhalt"}
	keyWords   = []string{"key", "name", "attribute", "attr", "property", "prop", "field", "option", "setting", "param", "parameter", "schluessel", "merkmal", "eigenschaft", "feld", "attribut"}
)

// pairOf finds the two fields by their names: they are called alike but for "key" and "value".
func pairOf(fields []pii.Field) *pair {
	for _, v := range fields {
		rest, ok := without(v, valueWords)
		if !ok {
			continue
		}
		for _, k := range fields {
			other, ok := without(k, keyWords)
			if ok && k.Name != v.Name && (other == rest || other == "" || rest == "") {
				return &pair{key: k.Name, value: v.Name, under: map[string]*column{}}
			}
		}
	}
	return nil
}

// without gives the words of a column's name but one of the set.
func without(f pii.Field, set []string) (rest string, ok bool) {
	if f.Path != "" || f.Type != pii.Text && f.Type != pii.AnyOne {
		return "", false
	}
	words := strings.FieldsFunc(f.Name, func(r rune) bool { return !unicode.IsLetter(r) })
	if len(words) == 1 {
		words = camel(words[0])
	}
	for i, w := range words {
		if slices.Contains(set, strings.ToLower(w)) {
			return strings.ToLower(strings.Join(slices.Delete(slices.Clone(words), i, i+1), " ")), true
		}
	}
	return "", false
}

// camel parts metaValue.
func camel(name string) (words []string) {
	start := 0
	for i, r := range name {
		if i > start && unicode.IsUpper(r) {
			words, start = append(words, name[start:i]), i
		}
	}
	return append(words, name[start:])
}

// take counts the values of a batch under their keys.
func (p *pair) take(ex *exam, b *pii.Batch) {
	k, v := b.Column(p.key), b.Column(p.value)
	if k == nil || v == nil || k.Len() != v.Len() {
		return
	}
	for i := range k.Len() {
		key, _ := k.Value(i)
		if key = bytes.TrimSpace(key); !nameLike(key) {
			p.odd++
			continue
		}
		p.plain++
		c := p.under[string(key)]
		if c == nil {
			if len(p.under) >= mostKeys {
				continue
			}
			name := string(key)
			c = ex.blank(classifiers.Context{Ref: ex.d.Ref.In(p.value), Field: pii.Field{Name: name, Column: p.value, Type: pii.Text}, Dataset: &ex.d})
			c.ready()
			p.under[name], p.order = c, append(p.order, name)
		}
		value, _ := v.Value(i)
		c.gather.Value(value)
	}
}

// nameLike tells whether a key is written as names of fields are, so that it is nobody's address or number.
func nameLike(key []byte) bool {
	digits := 0
	for i, b := range key {
		switch {
		case b >= 'a' && b <= 'z', b >= 'A' && b <= 'Z', b == '_':
		case i > 0 && (b == '.' || b == '-' || b == ':' || b == '/' || b == ' '):
		case i > 0 && b >= '0' && b <= '9':
			digits++
		default:
			return false
		}
	}
	return len(key) > 0 && len(key) <= 64 && digits <= 3
}

// into writes what stands under the keys into the proposal of the field of values, unless that is of one kind anyway, or the keys are somebody's values.
func (p *pair) into(ex *exam, ps []pii.Proposal) {
	at := slices.IndexFunc(ps, func(o pii.Proposal) bool { return o.Field.Field == p.value })
	key := slices.IndexFunc(ps, func(o pii.Proposal) bool { return o.Field.Field == p.key })
	if at < 0 || key < 0 || p.odd*4 > p.plain || ps[key].Category.Personal() && ps[key].Confidence >= catalog.Find || ps[at].Dense && ps[at].Category.Personal() && ps[at].Confidence >= .95 {
		return
	}
	found := p.found(ex)
	if len(found) == 0 {
		return
	}
	o := &ps[at]
	for _, c := range found {
		o.Nats = append(o.Nats, pii.Nat{Text: fmt.Sprintf("under the key %q values are %s", c.Key, c.Category)})
		o.Confidence = max(o.Confidence, c.Confidence)
	}
	if o.Category != "text.personal" {
		o.Confidence = found[0].Confidence
	}
	o.Category, o.Dense, o.Form, o.Contains = "text.personal", false, "", append(found, o.Contains...)
}

// found weighs the values under each key as if the keys were fields beside one another.
func (p *pair) found(ex *exam) (out []pii.Contained) {
	var first []pii.Proposal
	var stats []*classifiers.Stats
	var names []string
	total := int64(0)
	for _, name := range p.order {
		s := p.under[name].gather.Stats()
		if total += s.Values; s.Values < keyRecords {
			continue
		}
		w := ex.set.Weigh(s)
		w.Field = ex.d.Ref.In(name)
		first, stats, names = append(first, w), append(stats, s), append(names, name)
	}
	if len(first) == 0 {
		return nil
	}
	for i, w := range ex.set.Again(first, stats, &ex.d) {
		if w.Dense && w.Form == "" && w.Category.Personal() && w.Confidence >= catalog.Find {
			out = append(out, pii.Contained{Category: w.Category, Confidence: w.Confidence, Share: float64(stats[i].Values) / float64(total), Key: names[i], By: p.key})
		}
	}
	slices.SortFunc(out, func(a, b pii.Contained) int {
		return cmp.Or(cmp.Compare(b.Confidence, a.Confidence), cmp.Compare(a.Key, b.Key))
	})
	return out
}
