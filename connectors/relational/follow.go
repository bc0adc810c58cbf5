package relational

import (
	"context"
	"slices"

	"vestige/connectors"
	"vestige/internal/errkind"
	"vestige/pii"
)

// remove follows what the system does when rows go that have been marked.
func (w *World) remove(ctx context.Context, t *Table, rows []Row) error {
	refs, err := w.Children(ctx, t)
	if err != nil {
		return err
	}
	for _, ref := range refs {
		tuples := w.referred(t, rows, ref.To)
		switch {
		case len(tuples) == 0:
			continue
		case ref.OnDelete == pii.NoAction && ref.Deferred:
			w.owed = append(w.owed, owed{ref, tuples})
			continue
		case ref.OnDelete == pii.NoAction:
			w.now = append(w.now, owed{ref, tuples})
			continue
		}
		if ref.OnDelete == pii.Cascade {
			err = w.cascade(ctx, ref, tuples)
		} else {
			err = w.actions(ctx, ref, ref.OnDelete, tuples, nil)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// heldAtMost is how many rows that change by themselves a unit remembers at once; a unit that changes more has to be made of smaller ones.
const heldAtMost = 1_000_000

// cascade follows the deletion of those that refer to keys. Of each it keeps what others may refer to, and of those to whom nobody does nothing but that they go.
func (w *World) cascade(ctx context.Context, ref Reference, tuples [][]Value) error {
	var kids []Row
	child, others, err := w.referring(ctx, ref, tuples, func(child *Table, kid Row, leaf bool) error {
		w.effects[effect{child.Dataset, pii.Delete}]++
		w.unsure = w.unsure || w.changed[child.Dataset][kid.ID] != nil
		w.mark(child, kid)
		if !leaf {
			kids = append(kids, w.overlay(child, kid))
		}
		return w.hold(1) // of a leaf, that it went
	})
	defer func() { w.held -= len(kids) }()
	if err != nil || len(others) == 0 || len(kids) == 0 {
		return err
	}
	return w.remove(ctx, child, kids)
}

// hold counts the rows that are held.
func (w *World) hold(n int) error {
	if w.held += n; w.held > heldAtMost {
		return errkind.Coded(errkind.Unsupported, "too-many-effects", "%s would change more than %d records by itself at once", w.title, heldAtMost)
	}
	return nil
}

// referring looks at the rows that refer to keys now, one by one. leaf tells see that nobody refers to them.
func (w *World) referring(ctx context.Context, ref Reference, tuples [][]Value, see func(child *Table, kid Row, leaf bool) error) (*Table, []Reference, error) {
	t, err := w.Table(ctx, pii.Dataset{Ref: w.Ref(ref.Child)})
	if err != nil {
		return nil, nil, err
	}
	others, err := w.Children(ctx, t)
	if err != nil {
		return nil, nil, err
	}
	only := slices.Clone(ref.From)
	for _, o := range others {
		only = append(only, o.To...)
	}
	return t, others, w.stream(ctx, t, ref.From, tuples, only, func(kid Row) error {
		if w.gone[t.Dataset][kid.ID] || w.moves(t, kid, w.changed[t.Dataset][kid.ID], ref.From) {
			return nil
		}
		return see(t, kid, len(others) == 0)
	})
}

// actions finds those that refer to keys, and does to them what the foreign key says.
func (w *World) actions(ctx context.Context, ref Reference, act pii.Action, tuples [][]Value, to []Value) error {
	var kids []Row
	child, _, err := w.referring(ctx, ref, tuples, func(_ *Table, kid Row, _ bool) error {
		kids = append(kids, kid)
		return w.hold(1)
	})
	defer func() { w.held -= len(kids) }()
	if err != nil {
		return err
	}
	return w.follow(ctx, ref, act, child, kids, to)
}

// referred gives the rows' keys as a foreign key refers to them, each once; a NULL nobody refers to.
func (w *World) referred(t *Table, rows []Row, to []string) [][]Value {
	var out [][]Value
	seen := map[string]bool{}
	for _, r := range rows {
		tuple, ok := t.tuple(r.Values, to)
		if !ok {
			continue
		}
		if f := w.fold(t, to, tuple); !seen[f] {
			seen[f] = true
			out = append(out, tuple)
		}
	}
	return out
}

// follow does one action of a foreign key to the children; to is the parent's new key where it was changed.
func (w *World) follow(ctx context.Context, ref Reference, act pii.Action, child *Table, kids []Row, to []Value) error {
	n := int64(len(kids))
	switch {
	case n == 0:
		return nil
	case act == pii.Restrict || act == pii.NoAction || act == "":
		w.Add(Trouble{connectors.FindingReferred, child.Dataset, "records refer to one that is to go, and forbid it", n})
		return nil
	case act == pii.SetNull:
		w.effects[effect{child.Dataset, pii.Nullify}] += n
	default:
		w.effects[effect{child.Dataset, pii.Rewrite}] += n
	}
	for _, kid := range kids {
		if err := w.carry(ctx, ref, act, child, kid, to); err != nil {
			return err
		}
	}
	return nil
}

// carry notes that a foreign key's action changes a child's columns, and follows those who refer to them.
func (w *World) carry(ctx context.Context, ref Reference, act pii.Action, child *Table, kid Row, to []Value) error {
	ch := Change{}
	for i, name := range ref.From {
		if to == nil && ref.Sets != nil && !slices.Contains(ref.Sets, name) {
			continue
		}
		ch[name] = nil
		if act == pii.Cascade {
			ch[name] = to[i]
		}
		if act == pii.SetDefault {
			if err := w.byDefault(ctx, child, name, ch); err != nil {
				return err
			}
		}
		if c := child.Column(name); ch[name] == nil && c != nil && c.NotNull && (act == pii.SetNull || act == pii.SetDefault && !w.unsure) {
			w.constraint(child, "a reference would become NULL and may not", 1)
		}
	}
	kid = w.overlay(child, kid)
	if tuple, whole := child.tuple(child.become(kid.Values, ch), ref.From); whole && act == pii.SetDefault && !w.unsure {
		w.expects = append(w.expects, expected{child, ref, [][]Value{tuple}})
	}
	err := w.dependents(ctx, child, kid, ch)
	w.note(child, kid, ch)
	return err
}

// byDefault gives a column its default, where that is the same each time.
func (w *World) byDefault(ctx context.Context, child *Table, name string, ch Change) error {
	key := child.Dataset + "\x00" + name
	have, known := w.defaults[key]
	if d, ok := w.sys.(Defaulter); ok && !known && child.Column(name) != nil {
		var err error
		if have.value, have.ok, err = d.Default(ctx, child, child.Column(name)); err != nil {
			return err
		}
		w.defaults[key] = have
	}
	ch[name] = have.value
	w.unsure = w.unsure || !have.ok
	return nil
}

// dependents follows the references of other rows to a key that changes.
func (w *World) dependents(ctx context.Context, t *Table, at Row, ch Change) error {
	refs, err := w.Children(ctx, t)
	if err != nil {
		return err
	}
	for _, ref := range refs {
		values, ok := t.tuple(at.Values, ref.To)
		if !ok || !w.moves(t, at, ch, ref.To) {
			continue
		}
		switch {
		case ref.OnUpdate == pii.NoAction && ref.Deferred:
			w.owed = append(w.owed, owed{ref, [][]Value{values}})
			continue
		case ref.OnUpdate == pii.NoAction:
			w.now = append(w.now, owed{ref, [][]Value{values}})
			continue
		}
		to, _ := t.tuple(t.become(at.Values, ch), ref.To)
		if err := w.actions(ctx, ref, ref.OnUpdate, [][]Value{values}, to); err != nil {
			return err
		}
	}
	return nil
}

// Settle looks, at the end of a unit, for what still refers to records that went, and for references that lead nowhere.
func (w *World) Settle(ctx context.Context) error {
	if err := w.pay(ctx, &w.owed); err != nil {
		return err
	}
	for _, e := range w.expects {
		if err := w.lead(ctx, e.child, e.Reference, e.tuples); err != nil {
			return err
		}
	}
	w.expects = nil
	return nil
}

// pay looks whether anybody still refers to keys of which that is owed.
func (w *World) pay(ctx context.Context, debts *[]owed) error {
	due := *debts
	*debts = nil
	for _, o := range due {
		n := int64(0)
		child, _, err := w.referring(ctx, o.Reference, o.tuples, func(*Table, Row, bool) error { n++; return nil })
		if err != nil {
			return err
		}
		if n > 0 {
			w.Add(Trouble{connectors.FindingReferred, child.Dataset, "records still refer to one that is to go", n})
		}
	}
	return nil
}
