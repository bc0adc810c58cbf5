package relational

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"vestige/connectors"
	"vestige/internal/doc"
	"vestige/internal/errkind"
	"vestige/pii"
)

// edited gives what a row's columns become by the changes of a target; an empty change where the row is so already. fits is false where
// something else stands there than the changes expect.
func (w *World) edited(ctx context.Context, t *Table, at Row, changes []pii.Change) (ch Change, fits bool, err error) {
	ch, fits = Change{}, true
	for column, list := range t.byColumn(changes) {
		c := t.Column(column)
		if c == nil {
			return nil, false, errkind.Coded(errkind.NotFound, "no-such-field", "the table %s has no such column", t.Dataset)
		}
		if c.Generated {
			return nil, false, errkind.Coded(errkind.Unsupported, "generated", "a generated column cannot be written")
		}
		old := at.Values[t.Place(column)]
		text, already, err := w.rewritten(c, w.sys.Text(c, old), list)
		switch {
		case already:
			continue
		case errkind.Of(err) == errkind.Conflict:
			already, err := w.so(ctx, c, old, list)
			if err != nil {
				return nil, false, err
			}
			fits = fits && already
			continue
		case err != nil:
			return nil, false, err
		}
		v, err := w.put(ctx, c, old, text)
		if err != nil {
			return nil, false, err
		}
		if !w.same(c, old, v) {
			ch[column] = v
		}
	}
	return ch, fits, nil
}

// put gives what a column holds once a text has been put there.
func (w *World) put(ctx context.Context, c *Column, old Value, text []byte) (Value, error) {
	if text == nil {
		return nil, nil
	}
	v, err := w.sys.Store(c, old, text)
	if s, ok := w.sys.(Speller); ok && err == nil {
		return s.Spell(ctx, c, v)
	}
	return v, err
}

// so tells whether a value is what the column has made of the one that a change puts there as a whole.
func (w *World) so(ctx context.Context, c *Column, old Value, changes []pii.Change) (bool, error) {
	last := changes[len(changes)-1]
	if _, ok := w.sys.(Speller); !ok || old == nil || last.New.Null() || last.Path != "" || last.Start != last.End {
		return false, nil
	}
	v, err := w.put(ctx, c, old, []byte(last.New.Reveal()))
	if k := errkind.Of(err); err != nil && (k == errkind.Conflict || k == errkind.Unsupported || k == errkind.Invalid) {
		return false, nil // nothing that the column can hold
	}
	return err == nil && w.same(c, old, v), err
}

// byColumn groups changes by the column that holds the field.
func (t *Table) byColumn(changes []pii.Change) map[string][]pii.Change {
	out := map[string][]pii.Change{}
	for _, c := range changes {
		column := t.Holder(c.Field)
		out[column] = append(out[column], c)
	}
	return out
}

// Holder gives the column of a field, which may be a path inside its documents.
func (t *Table) Holder(field string) string {
	if t.Place(field) >= 0 {
		return field
	}
	best := field
	for _, c := range t.Columns {
		if len(field) > len(c.Name) && strings.HasPrefix(field, c.Name) && strings.IndexByte(".[", field[len(c.Name)]) >= 0 && (best == field || len(c.Name) > len(best)) {
			best = c.Name
		}
	}
	return best
}

// rewritten makes the changes of one column. nil is NULL, before and after; already tells that the value is as the changes leave it.
func (w *World) rewritten(col *Column, text []byte, changes []pii.Change) (next []byte, already bool, err error) {
	inside := slices.ContainsFunc(changes, func(c pii.Change) bool { return c.Path != "" })
	switch first := changes[0]; {
	case inside && slices.ContainsFunc(changes, func(c pii.Change) bool { return c.Path == "" }):
		return nil, false, errkind.New(errkind.Invalid, "one column is changed as a document and as a whole")
	case inside:
		next, err = w.nested(col, text, changes)
		return next, err == nil && string(next) == string(text), err
	case first.Start == 0 && first.End == 0:
		return whole(text, changes[len(changes)-1])
	}
	return spliced(text, changes)
}

// nested makes changes inside of a document, or of whatever else the system nests.
func (w *World) nested(col *Column, text []byte, changes []pii.Change) ([]byte, error) {
	if n, ok := w.sys.(Nester); ok {
		if next, ok, err := n.Edit(col, text, changes); ok || err != nil {
			return next, err
		}
	}
	return doc.Edit(text, changes)
}

func whole(text []byte, c pii.Change) (next []byte, already bool, err error) {
	if c.New.Null() && text == nil || text != nil && !c.New.Null() && string(text) == c.New.Reveal() {
		return text, true, nil
	}
	if !c.Old.Null() && (text == nil || string(text) != c.Old.Reveal()) {
		return nil, false, stands()
	}
	if c.New.Null() {
		return nil, false, nil
	}
	return []byte(c.New.Reveal()), false, nil
}

// spliced replaces spans, which count the bytes of the value before any of them was replaced. Where they do not fit, the value may be as they
// left it: then each replacement stands where the ones before it have moved it to.
func spliced(text []byte, changes []pii.Change) (next []byte, already bool, err error) {
	changes = slices.Clone(changes)
	slices.SortStableFunc(changes, func(a, b pii.Change) int { return cmp.Compare(a.Start, b.Start) })
	changes = slices.CompactFunc(changes, func(a, b pii.Change) bool {
		return a.Start == b.Start && a.End == b.End && a.New.Equal(b.New)
	})
	end, moved := 0, 0
	done, fits := true, true
	for _, c := range changes {
		to := c.New.Reveal()
		if at := c.Start + moved; at < 0 || at+len(to) > len(text) || string(text[at:at+len(to)]) != to {
			done = false
		}
		moved += len(to) - (c.End - c.Start)
		if c.Start < end || c.End > len(text) || c.End < c.Start || !c.Old.Null() && string(text[c.Start:c.End]) != c.Old.Reveal() {
			fits = false
			continue
		}
		next = append(append(next, text[end:c.Start]...), to...)
		end = c.End
	}
	switch {
	case text == nil:
		return nil, true, nil
	case !fits && done:
		return text, true, nil
	case !fits:
		return nil, false, stands()
	}
	next = append(next, text[end:]...)
	return next, string(next) == string(text), nil
}

func stands() error {
	return errkind.Coded(errkind.Conflict, connectors.FindingConflict, "another value stands there than was found")
}
