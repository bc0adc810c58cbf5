package model

import "slices"

// Shrink makes an estate smaller for as long as it still fails: without a table, half of the records of one, a record, a field that is nobody's key. An estate whose truth the
// model does not know any more is none that could judge, and is not taken.
func (e *Estate) Shrink(fails func(*Estate) bool) *Estate {
	left := 400 // tries
	for smaller := true; smaller; {
		smaller = false
		for _, try := range e.smaller() {
			if left--; left < 0 {
				return e
			}
			if try.sound() && fails(try) {
				e, smaller = try, true
				break
			}
		}
	}
	return e
}

// sound tells whether truth and model agree, and every reference leads to a record.
func (e *Estate) sound() bool {
	for _, t := range e.Tables {
		for _, ref := range t.Refs {
			to := e.Table(ref.To)
			if to == nil {
				return false
			}
			w := &world{Estate: e}
			for _, r := range t.Rows {
				if v := t.Get(r, ref.Fields[0]); v != nil && len(w.parents(t, r, ref)) == 0 {
					return false
				}
			}
		}
	}
	return len(e.Differ(e.Truth(e.Subject), e.Close(e.StartIs, e.Start))) == 0
}

// smaller gives the estates that lack one thing, large things first.
func (e *Estate) smaller() (out []*Estate) {
	for i := range slices.Backward(e.Tables) {
		out = append(out, e.with(slices.Delete(slices.Clone(e.Tables), i, i+1)))
	}
	for i, t := range e.Tables {
		if n := len(t.Rows); n > 3 {
			out = append(out, e.rows(i, t.Rows[:n/2]), e.rows(i, t.Rows[n/2:]))
		}
	}
	for i, t := range e.Tables {
		for k := range t.Refs {
			c := *t
			c.Refs = slices.Delete(slices.Clone(t.Refs), k, k+1)
			out = append(out, e.table(i, &c))
		}
		for k := range t.Rows {
			out = append(out, e.rows(i, slices.Delete(slices.Clone(t.Rows), k, k+1)))
		}
	}
	for i, t := range e.Tables {
		for k := range t.Fields {
			if c := t.without(k); c != nil {
				out = append(out, e.table(i, c))
			}
		}
	}
	return out
}

func (e *Estate) with(tables []*Table) *Estate {
	c := *e
	c.Tables = tables
	return &c
}

func (e *Estate) table(i int, t *Table) *Estate {
	tables := slices.Clone(e.Tables)
	tables[i] = t
	return e.with(tables)
}

func (e *Estate) rows(i int, rows []*Row) *Estate {
	c := *e.Tables[i]
	c.Rows = rows
	return e.table(i, &c)
}

// without gives a table without a field that no key and no reference needs, nil where one does.
func (t *Table) without(k int) *Table {
	name := t.Fields[k].Name
	personal := []string{"contact.street", "contact.email", "identity.name"}
	if t.Form != "table" || slices.Contains(personal, t.Fields[k].Category) || slices.Contains(t.Key, name) || slices.Contains(t.Unique, name) || slices.Contains(t.Window, name) || t.When == name {
		return nil
	}
	if slices.ContainsFunc(t.Refs, func(r Ref) bool { return slices.Contains(r.Fields, name) || r.If == name }) {
		return nil
	}
	c := *t
	c.Fields = slices.Delete(slices.Clone(t.Fields), k, k+1)
	c.Rows = nil
	for _, r := range t.Rows {
		s := *r
		s.Cells = slices.Delete(slices.Clone(r.Cells), k, k+1)
		c.Rows = append(c.Rows, &s)
	}
	return &c
}
