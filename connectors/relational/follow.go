package relational

import (
	"context"
	"slices"

	"vestige/connectors"
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
		child, kids, err := w.children(ctx, ref, tuples)
		if err != nil {
			return err
		}
		if err := w.follow(ctx, ref, ref.OnDelete, child, kids, nil); err != nil {
			return err
		}
	}
	return nil
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

// children gives the rows that refer to parents' keys now.
func (w *World) children(ctx context.Context, ref Reference, tuples [][]Value) (*Table, []Row, error) {
	t, err := w.Table(ctx, pii.Dataset{Ref: w.Ref(ref.Child)})
	if err != nil {
		return nil, nil, err
	}
	rows, err := w.where(ctx, t, ref.From, tuples)
	left := func(kid Row) bool { return w.moves(t, kid, w.changed[t.Dataset][kid.ID], ref.From) }
	return t, slices.DeleteFunc(rows, left), err
}

// follow does one action of a foreign key to the children; to is the parent's new key where it was changed.
func (w *World) follow(ctx context.Context, ref Reference, act pii.Action, child *Table, kids []Row, to []Value) error {
	kids = slices.DeleteFunc(kids, func(kid Row) bool { return w.gone[child.Dataset][kid.ID] })
	n := int64(len(kids))
	switch {
	case n == 0:
		return nil
	case act == pii.Restrict || act == pii.NoAction || act == "":
		w.Add(Trouble{connectors.FindingReferred, child.Dataset, "records refer to one that is to go, and forbid it", n})
		return nil
	case act == pii.Cascade && to == nil:
		w.effects[effect{child.Dataset, pii.Delete}] += n
		for i, kid := range kids {
			w.unsure = w.unsure || w.changed[child.Dataset][kid.ID] != nil
			w.mark(child, kid)
			kids[i] = w.overlay(child, kid)
		}
		return w.remove(ctx, child, kids)
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
		if c := child.Column(name); act == pii.SetNull && c != nil && c.NotNull {
			w.constraint(child, "a reference would become NULL and may not", 1)
		}
	}
	kid = w.overlay(child, kid)
	err := w.dependents(ctx, child, kid, ch)
	w.note(child, kid, ch)
	return err
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
		child, kids, err := w.children(ctx, ref, [][]Value{values})
		if err != nil {
			return err
		}
		if err := w.follow(ctx, ref, ref.OnUpdate, child, kids, to); err != nil {
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
		child, kids, err := w.children(ctx, o.Reference, o.tuples)
		if err != nil {
			return err
		}
		if len(kids) > 0 {
			w.Add(Trouble{connectors.FindingReferred, child.Dataset, "records still refer to one that is to go", int64(len(kids))})
		}
	}
	return nil
}
