package relational_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"vestige/connectors"
	"vestige/connectors/relational"
	"vestige/internal/errkind"
	"vestige/pii"
)

// generous is a shelf with the abilities that a system may have besides: it writes all values in upper case, has a default, and gives rows one by one.
type generous struct {
	*shelf
	fallback relational.Value
	known    bool
	streamed int
	wide     int // values that were kept of rows that were streamed
}

func (g *generous) Spell(_ context.Context, _ *relational.Column, v relational.Value) (relational.Value, error) {
	return strings.ToUpper(v.(string)), nil
}

func (g *generous) Default(context.Context, *relational.Table, *relational.Column) (relational.Value, bool, error) {
	return g.fallback, g.known, nil
}

func (g *generous) Stream(ctx context.Context, t *relational.Table, columns []string, tuples [][]relational.Value, only []string, see func(relational.Row) error) error {
	rows, err := g.Where(ctx, t, columns, tuples)
	for _, r := range rows {
		slim := r
		slim.Values = make([]relational.Value, len(r.Values))
		for _, name := range only {
			slim.Values[t.Place(name)] = r.Values[t.Place(name)]
			g.wide++
		}
		if g.streamed++; err == nil {
			err = see(slim)
		}
	}
	return err
}

func check(t *testing.T, s relational.System, acts ...pii.Act) []pii.Finding {
	t.Helper()
	got, err := relational.NewWorld(s, "shop", "the shelf").Check(t.Context(), pii.Unit{Acts: acts})
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func sum(list []pii.Finding, code, dataset string) (n int64) {
	for _, f := range list {
		if f.Code == code && f.Dataset.Dataset == dataset {
			n += f.Records
		}
	}
	return n
}

func TestDefaultsAreFollowed(t *testing.T) {
	for what, c := range map[string]struct {
		fallback     relational.Value
		known        bool
		constraining int64
	}{
		"to somebody":           {"p2", true, 0},
		"to nobody":             {"p9", true, 1},
		"to the one that goes":  {"p1", true, 1},
		"NULL":                  {nil, true, 0},
		"another one each time": {nil, false, 0},
	} {
		g := &generous{shelf: library(3, pii.SetDefault, pii.NoAction, false), fallback: c.fallback, known: c.known}
		list := check(t, g, act("people", pii.Delete, target("p1")))
		if sum(list, connectors.FindingCascade, "orders") != 1 || sum(list, connectors.FindingConstraint, "orders") != c.constraining {
			t.Errorf("a default that leads %s meets %+v", what, list)
		}
	}
}

func TestValuesThatTheSystemSpellsItsOwnWay(t *testing.T) {
	g := &generous{shelf: library(2, pii.Cascade, pii.NoAction, false)}
	a := act("people", pii.Pseudonymise, target("p1", pii.Change{Field: "mail", Old: pii.NewValue("person1@example.com"), New: pii.NewValue("subject")}))
	if list := check(t, g, a); sum(list, connectors.FindingAffected, "people") != 1 {
		t.Errorf("the first time meets %+v", list)
	}
	g.rows["people"][1][1] = "SUBJECT"
	if list := check(t, g, a); sum(list, connectors.FindingDone, "people") != 1 || sum(list, connectors.FindingAffected, "people") != 0 {
		t.Errorf("the second time meets %+v", list)
	}
	g.rows["people"][1][1] = "another"
	if list := check(t, g, a); sum(list, connectors.FindingConflict, "people") != 1 {
		t.Errorf("another value meets %+v", list)
	}
}

func TestCascadesKeepOnlyWhatOthersReferTo(t *testing.T) {
	g := &generous{shelf: library(50, pii.Cascade, pii.NoAction, false)}
	var targets []pii.Target
	for _, id := range []string{"p1", "p2", "p3"} {
		targets = append(targets, target(id))
	}
	if list := check(t, g, act("people", pii.Delete, targets...)); sum(list, connectors.FindingCascade, "orders") != 3 {
		t.Errorf("the cascade meets %+v", list)
	}
	if g.streamed == 0 || g.wide > 2*g.streamed {
		t.Errorf("%d rows are streamed, with %d values", g.streamed, g.wide)
	}
}

// taking deletes from a shelf, at once or in two steps. wide has it delete a row more than was asked for, as a collation might.
type taking struct {
	*shelf
	wide         bool
	taken, plain int
}

func (h *taking) Take(_ context.Context, t *relational.Table, keys []pii.Key) (out []relational.Row, _ error) {
	h.rows[t.Dataset] = slices.DeleteFunc(h.rows[t.Dataset], func(values []relational.Value) bool {
		r := h.row(t, values)
		if !h.wide && !slices.ContainsFunc(keys, func(k pii.Key) bool { return k.ID() == r.ID }) {
			return false
		}
		out = append(out, r)
		return true
	})
	h.taken += len(out)
	return out, nil
}

func (h *taking) Delete(_ context.Context, p relational.Planned) (int64, error) {
	h.plain += len(p.Rows)
	return int64(len(p.Rows)), nil
}

func (h *taking) Update(context.Context, relational.Planned) (int64, error) { return 0, nil }
func (h *taking) Refresh(context.Context, pii.Dataset) error                { return nil }

// TestRowsAreTakenAtOnce deletes rows to which nobody refers by one question in place of two, and finds every surprise in what they were.
func TestRowsAreTakenAtOnce(t *testing.T) {
	do := func(h *taking, acts ...pii.Act) (pii.Receipt, error) {
		got, err := relational.NewWorld(h.shelf, "shop", "the shelf").Do(t.Context(), pii.Unit{Acts: acts}, h)
		if err != nil {
			return pii.Receipt{}, err
		}
		return got[len(got)-1], nil
	}
	h := &taking{shelf: library(5, pii.NoAction, pii.NoAction, false)}
	first := h.row(h.tables["orders"], h.rows["orders"][0])
	seen := target("o1")
	seen.Key, seen.Digest = first.Key, first.Digest
	if got, err := do(h, act("orders", pii.Delete, seen, target("nothing"))); err != nil || got.Affected != 1 || got.FoundDone != 1 || h.taken != 1 || len(h.rows["orders"]) != 4 {
		t.Errorf("%+v, %v, with %d taken", got, err, h.taken)
	}
	other := h.row(h.tables["orders"], h.rows["orders"][0])
	changed := pii.Target{Key: other.Key, Digest: first.Digest}
	if _, err := do(h, act("orders", pii.Delete, changed)); errkind.Code(err) != connectors.FindingConflict {
		t.Errorf("a row that has changed is taken: %v", err)
	}
	h = &taking{shelf: library(5, pii.NoAction, pii.NoAction, false), wide: true}
	if _, err := do(h, act("orders", pii.Delete, seen)); errkind.Code(err) != connectors.FindingConflict {
		t.Errorf("a row that nobody asked for is taken: %v", err)
	}
	h = &taking{shelf: library(5, pii.Cascade, pii.NoAction, false)}
	a := act("people", pii.Delete, target("p1"))
	a.Effects = []pii.Effect{{Dataset: pii.Ref{Source: "shop", Dataset: "orders"}, Method: pii.Delete, Records: 1}}
	if got, err := do(h, a); err != nil || got.Affected != 1 || h.taken != 0 || h.plain != 1 {
		t.Errorf("a row that others refer to: %+v, %v, %d taken, %d planned", got, err, h.taken, h.plain)
	}
}
