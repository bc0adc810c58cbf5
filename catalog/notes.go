package catalog

import "fmt"

// notes says of each term that can match nothing why, and what was perhaps meant. Categories are checked always, names only where nothing was
// found.
func (q question) notes(p *postings, total int64) (notes []string) {
	q.expr.each(func(t *term, _ bool) {
		if note := p.note(t, total); note != "" {
			notes = append(notes, note)
		}
	})
	return notes
}

func (p *postings) note(t *term, total int64) string {
	switch {
	case t.key == "category" && !knownCategory(t.value):
		note := "no category is named " + clip(t.value)
		if s := nearCategory(t.value); s != "" {
			note += "; did you mean " + s + "?"
		}
		return note
	case total > 0 || t.star:
		return ""
	case t.key == "":
		return p.noteWords(t)
	case t.key == "source" || t.key == "schema":
		return p.noteName(t.key, t.key, t.value)
	case t.key == "dataset" && len(t.words) == 1:
		return p.noteName("dataset", "dataset", t.words[0])
	case t.key == "field" && len(t.words) == 1:
		return p.noteName("field", "field", t.words[0])
	}
	return ""
}

func (p *postings) noteWords(t *term) string {
	for _, w := range t.words {
		if note := p.noteName("words", "name", w); note != "" {
			return note
		}
	}
	return ""
}

func (p *postings) noteName(field, what, word string) string {
	if p.has(field, word) {
		return ""
	}
	s := p.near(field, word)
	if s == "" {
		return fmt.Sprintf("no %s has %s", what, clip(word))
	}
	return fmt.Sprintf("no %s has %s; did you mean %s?", what, clip(word), s)
}
