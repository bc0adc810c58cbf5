package catalog

import (
	"context"
	"fmt"
)

// notes says of each term that can match nothing why, and what was perhaps meant. Categories are checked always, names only where nothing was
// found.
func (c *Catalog) notes(ctx context.Context, idx *index, ask question, total int64) (notes []string, err error) {
	ask.expr.each(func(t *term, _ bool) {
		if err != nil || ctx.Err() != nil {
			return
		}
		var note string
		if note, err = idx.note(t, total); note != "" {
			notes = append(notes, note)
		}
	})
	return notes, err
}

func (x *index) note(t *term, total int64) (string, error) {
	switch {
	case t.key == "category" && !knownCategory(t.value):
		note := "no category is named " + clip(t.value)
		if s := nearCategory(t.value); s != "" {
			note += "; did you mean " + s + "?"
		}
		return note, nil
	case total > 0 || t.star:
		return "", nil
	case t.key == "":
		return x.noteWords(t)
	case t.key == "source" || t.key == "schema":
		return x.noteName(t.key, t.key, t.value)
	case t.key == "dataset" && len(t.words) == 1:
		return x.noteName("dataset", "dataset", t.words[0])
	case t.key == "field" && len(t.words) == 1:
		return x.noteName("field", "field", t.words[0])
	}
	return "", nil
}

func (x *index) noteWords(t *term) (string, error) {
	for _, w := range t.words {
		if note, err := x.noteName("words", "name", w); note != "" || err != nil {
			return note, err
		}
	}
	return "", nil
}

func (x *index) noteName(field, what, word string) (string, error) {
	if ok, err := x.has(field, word); ok || err != nil {
		return "", err
	}
	s, err := x.near(field, word)
	if err != nil || s == "" {
		return fmt.Sprintf("no %s has %s", what, clip(word)), err
	}
	return fmt.Sprintf("no %s has %s; did you mean %s?", what, clip(word), s), nil
}
