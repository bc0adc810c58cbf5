package layered_test

import (
	"reflect"
	"testing"

	"pgregory.net/rapid"

	"vestige/web/layered"
)

var gaps = layered.Gaps{Column: 60, Row: 12}

func boxes(n int) []layered.Box {
	out := make([]layered.Box, n)
	for i := range out {
		out[i] = layered.Box{Width: 100, Height: 40}
	}
	return out
}

func TestChain(t *testing.T) {
	d := layered.Lay(boxes(3), []layered.Edge{{0, 1}, {1, 2}}, gaps)
	want := []layered.Point{{0, 0}, {160, 0}, {320, 0}}
	if !reflect.DeepEqual(d.Boxes, want) || d.Width != 420 || d.Height != 40 {
		t.Errorf("a chain stands at %v in %v × %v, want %v", d.Boxes, d.Width, d.Height, want)
	}
}

func TestParentStandsAmidItsChildren(t *testing.T) {
	d := layered.Lay(boxes(4), []layered.Edge{{0, 1}, {0, 2}, {0, 3}}, gaps)
	if d.Boxes[0].Y != d.Boxes[2].Y {
		t.Errorf("the parent stands at %v, its middle child at %v", d.Boxes[0], d.Boxes[2])
	}
}

func TestCrossingsAreUndone(t *testing.T) {
	d := layered.Lay(boxes(6), []layered.Edge{{0, 5}, {1, 4}, {2, 3}}, gaps)
	if d.Crossings != 0 {
		t.Errorf("three parallel edges cross %d times", d.Crossings)
	}
}

func TestCircle(t *testing.T) {
	d := layered.Lay(boxes(3), []layered.Edge{{0, 1}, {1, 2}, {2, 0}, {1, 1}}, gaps)
	if !d.Turned[2] || d.Turned[0] || d.Turned[1] {
		t.Errorf("of a circle the edge that closes it is turned, not %v", d.Turned)
	}
	if len(d.Lines[3]) != 0 {
		t.Errorf("an edge to itself has a line %v", d.Lines[3])
	}
}

// TestAnyGraph holds of every graph: no two boxes overlap, arrows run to the right unless they were turned, and the picture is always the same.
func TestAnyGraph(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 30).Draw(t, "boxes")
		node := rapid.IntRange(0, n-1)
		edges := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) layered.Edge { return layered.Edge{From: node.Draw(t, "from"), To: node.Draw(t, "to")} }), 0, 60).Draw(t, "edges")
		d := layered.Lay(boxes(n), edges, gaps)
		for i, a := range d.Boxes {
			for _, b := range d.Boxes[:i] {
				if a.X == b.X && max(a.Y, b.Y) < min(a.Y, b.Y)+40+gaps.Row-0.001 {
					t.Fatalf("boxes at %v and %v are too near", a, b)
				}
			}
			if a.X < 0 || a.Y < -0.001 || a.X+100 > d.Width+0.001 || a.Y+40 > d.Height+0.001 {
				t.Fatalf("a box at %v is outside of %v × %v", a, d.Width, d.Height)
			}
		}
		for i, e := range edges {
			if e.From != e.To && (d.Boxes[e.From].X < d.Boxes[e.To].X) == d.Turned[i] {
				t.Fatalf("edge %v runs from %v to %v, turned %v", e, d.Boxes[e.From], d.Boxes[e.To], d.Turned[i])
			}
		}
		if !reflect.DeepEqual(d, layered.Lay(boxes(n), edges, gaps)) {
			t.Fatal("the same graph gives another picture")
		}
	})
}
