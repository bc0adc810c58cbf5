package elasticsearch

import (
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"

	"vestige/forms"
	"vestige/pii"
)

const (
	longestPattern = 900 // characters; a server refuses more than 1000
	phrasesAtMost  = 200
)

// query is a part of a request.
type query = map[string]any

// either joins queries of which one is enough.
func either(should []any) query {
	if len(should) == 1 {
		if q, ok := should[0].(query); ok {
			return q
		}
	}
	return query{"bool": query{"should": should, "minimum_should_match": 1}}
}

// clauses makes the queries that together find every document in which a value of the term stands; they may find more. ok is false where none do.
func (x *index) clauses(who product, t pii.Term, values []pii.Value) (out []any, ok bool) {
	if t.Field == idField {
		ids := make([]string, len(values))
		for i, v := range values {
			ids[i] = v.Reveal()
		}
		return []any{query{"ids": query{"values": ids}}}, t.Mode == pii.Exact && !slices.Contains(ids, "")
	}
	l, mapped := x.leafAt(t.Field)
	if !mapped {
		return nil, false
	}
	switch {
	case l.way == byTerm && t.Mode == pii.Exact:
		return l.terms(who, t.Field, values)
	case l.way == byTerm && t.Mode == pii.Equal && l.spelled:
		return l.patterns(who, t, values)
	case l.way == byNumber && (t.Mode == pii.Exact || t.Mode == pii.Equal && forms.Exactness(t.Category)):
		return l.whole(values, whole64)
	case l.way == byAddress && (t.Mode == pii.Exact || t.Mode == pii.Equal && t.Category == "online.ip"):
		return l.whole(values, networked)
	case l.way == byPhrase && t.Mode == pii.Exact && len(values) <= phrasesAtMost:
		return l.phrases(values), true
	}
	return nil, false
}

// inside puts a query into the nested objects that the leaf is in.
func (l leaf) inside(q query) query {
	for _, p := range slices.Backward(l.nested) {
		q = query{"nested": query{"path": p, "query": q}}
	}
	return q
}

// terms asks for values that the index has as they are, and for the documents whose values it ignored where one is that long.
func (l leaf) terms(who product, field string, values []pii.Value) (out []any, ok bool) {
	var short []string
	ignored := false
	for _, v := range values {
		if s := v.Reveal(); length(s) <= l.longest {
			short = append(short, s)
		} else {
			ignored = true
		}
	}
	if ignored {
		q, ok := l.ignored(who, field)
		if !ok {
			return nil, false
		}
		out = append(out, q)
	}
	for part := range slices.Chunk(short, valuesAtOnce) {
		out = append(out, l.inside(query{"terms": query{l.ask: part}}))
	}
	return out, true
}

// ignored asks for the documents with a value that the index left out because of its length. Elasticsearch notes them. On OpenSearch they are those without
// any value in the index, where a document has one at most.
func (l leaf) ignored(who product, field string) (query, bool) {
	switch {
	case !l.limited:
		return nil, false
	case !who.opensearch:
		return query{"term": query{"_ignored": l.ask}}, true
	case len(l.nested) > 0 || strings.ContainsAny(field, `.[\`):
		return nil, false
	}
	without := query{"must_not": []any{query{"exists": query{"field": l.ask}}}}
	if l.ask != l.path {
		without["filter"] = []any{query{"exists": query{"field": l.path}}}
	}
	return query{"bool": without}, true
}

// patterns asks for every spelling of values. A spelling may be longer than the value, so what was ignored is looked at too.
func (l leaf) patterns(who product, t pii.Term, values []pii.Value) (out []any, ok bool) {
	for _, v := range values {
		patterns, ok := forms.Patterns(t, []byte(v.Reveal()))
		if !ok {
			return nil, false
		}
		for _, p := range patterns {
			text := regexpOf(p)
			if length(text) > longestPattern {
				return nil, false
			}
			out = append(out, l.inside(query{"regexp": query{l.ask: query{"value": text, "flags": "NONE"}}}))
		}
	}
	if !l.limited || len(out) == 0 {
		return out, true
	}
	q, ok := l.ignored(who, t.Field)
	return append(out, q), ok
}

// regexpOf writes a pattern in the server's language.
func regexpOf(p forms.Pattern) string {
	var b strings.Builder
	for _, s := range p {
		switch len(s.Set) {
		case 0:
			b.WriteByte('.')
		case 1:
			writeRune(&b, s.Set[0])
		default:
			b.WriteByte('[')
			for _, r := range s.Set {
				writeRune(&b, r)
			}
			b.WriteByte(']')
		}
		switch {
		case s.Min == 1 && s.Max == 1:
		case s.Min == 0 && s.Max < 0:
			b.WriteByte('*')
		case s.Min == 1 && s.Max < 0:
			b.WriteByte('+')
		case s.Max < 0:
			b.WriteString("{" + strconv.Itoa(s.Min) + ",}")
		default:
			b.WriteString("{" + strconv.Itoa(s.Min) + "," + strconv.Itoa(s.Max) + "}")
		}
	}
	return b.String()
}

// writeRune writes a character that means itself, in a class or outside.
func writeRune(b *strings.Builder, r rune) {
	if r < 0x80 && r > ' ' && !(r >= '0' && r <= '9' || r|0x20 >= 'a' && r|0x20 <= 'z') {
		b.WriteByte('\\')
	}
	b.WriteRune(r)
}

// whole asks for values that the index keeps in a form of its own, where it does so with each of them.
func (l leaf) whole(values []pii.Value, kept func(string) bool) (out []any, ok bool) {
	var texts []string
	for _, v := range values {
		if !kept(v.Reveal()) {
			return nil, false
		}
		texts = append(texts, v.Reveal())
	}
	for part := range slices.Chunk(texts, valuesAtOnce) {
		out = append(out, l.inside(query{"terms": query{l.ask: part}}))
	}
	return out, true
}

func (l leaf) phrases(values []pii.Value) (out []any) {
	for _, v := range values {
		out = append(out, l.inside(query{"match_phrase": query{l.ask: query{"query": v.Reveal(), "zero_terms_query": "all"}}}))
	}
	return out
}

// whole64 tells whether a value is a number that the index keeps as it is: a fraction is cut off, and what is no number may be left out.
func whole64(v string) bool {
	_, err := strconv.ParseInt(v, 10, 64)
	return err == nil && v[0] != '+'
}

// networked tells whether a value is an address of the network.
func networked(v string) bool {
	a, err := netip.ParseAddr(v)
	return err == nil && a.Zone() == ""
}

// length counts as the server does.
func length(s string) int { return len(utf16.Encode([]rune(s))) }
