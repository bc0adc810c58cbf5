// Package layered places the boxes of a directed graph in columns, so that arrows run from left to right and cross as little as a few sweeps can
// manage: cycles are broken by turning an edge of each round, a box stands as far right as the longest path to it is long, edges that span columns
// are led through places of their own, columns are ordered by the median of their neighbours (twelve sweeps, the best order is kept), and boxes
// are then moved towards their neighbours. It is the method of Sugiyama, and it is deterministic: the same graph gives the same picture.
package layered

import (
	"cmp"
	"math"
	"slices"
)

// Edge goes from one box to another, by their indexes.
type Edge struct{ From, To int }

// Box is how large a box is.
type Box struct{ Width, Height float64 }

// Gaps are the distances kept free.
type Gaps struct{ Column, Row float64 }

// Point is a place of the drawing.
type Point struct{ X, Y float64 }

// Drawing is where everything stands.
type Drawing struct {
	Width, Height float64
	Boxes         []Point   // the upper left corner of each
	Lines         [][]Point // of each edge, from box to box; empty for one from a box to itself
	Turned        []bool    // edges that run from right to left, since they close a circle
	Crossings     int
}

// sweeps is how often columns are ordered anew.
const sweeps = 12

// place is a box, or a bend of an edge that spans columns.
type place struct {
	box    int // -1 for a bend
	column int
	height float64
	width  float64
	y      float64
	order  int
	before []int // places of the column to the left
	after  []int
}

type drawing struct {
	places  []place
	columns [][]int
	chains  [][]int // of each edge, its places from left to right
	turned  []bool
	gaps    Gaps
}

// Lay places the boxes.
func Lay(boxes []Box, edges []Edge, gaps Gaps) Drawing {
	d := &drawing{gaps: gaps, turned: turn(len(boxes), edges)}
	d.put(boxes, edges)
	crossings := d.arrange()
	d.settle()
	return d.draw(boxes, edges, crossings)
}

// turn finds the edges that close a circle, by walking in depth.
func turn(n int, edges []Edge) []bool {
	out, from := make([]bool, len(edges)), make([][]int, n)
	for i, e := range edges {
		from[e.From] = append(from[e.From], i)
	}
	state := make([]uint8, n)
	type frame struct{ node, next int }
	for root := range n {
		if state[root] != 0 {
			continue
		}
		stack := []frame{{root, 0}}
		state[root] = 1
		for len(stack) > 0 {
			f := &stack[len(stack)-1]
			if f.next == len(from[f.node]) {
				state[f.node] = 2
				stack = stack[:len(stack)-1]
				continue
			}
			i := from[f.node][f.next]
			f.next++
			switch to := edges[i].To; state[to] {
			case 0:
				state[to] = 1
				stack = append(stack, frame{to, 0})
			case 1:
				out[i] = true
			}
		}
	}
	return out
}

// ranks gives each box the length of the longest path to it.
func ranks(n int, edges []Edge, turned []bool) []int {
	rank, waits, next := make([]int, n), make([]int, n), make([][]int, n)
	for i, e := range edges {
		if e.From == e.To {
			continue
		}
		if turned[i] {
			e.From, e.To = e.To, e.From
		}
		next[e.From] = append(next[e.From], e.To)
		waits[e.To]++
	}
	var ready []int
	for i, w := range waits {
		if w == 0 {
			ready = append(ready, i)
		}
	}
	for len(ready) > 0 {
		at := ready[0]
		ready = ready[1:]
		for _, to := range next[at] {
			rank[to] = max(rank[to], rank[at]+1)
			if waits[to]--; waits[to] == 0 {
				ready = append(ready, to)
			}
		}
	}
	tighten(rank, next)
	return rank
}

// tighten moves a box without arrows into it next to what it points at.
func tighten(rank []int, next [][]int) {
	into := make([]bool, len(rank))
	for _, to := range next {
		for _, t := range to {
			into[t] = true
		}
	}
	for i, to := range next {
		if into[i] || len(to) == 0 {
			continue
		}
		least := math.MaxInt
		for _, t := range to {
			least = min(least, rank[t])
		}
		rank[i] = least - 1
	}
}

// put makes the places: one for each box, and bends for edges that span columns.
func (d *drawing) put(boxes []Box, edges []Edge) {
	rank := ranks(len(boxes), edges, d.turned)
	for i, b := range boxes {
		d.add(place{box: i, column: rank[i], height: b.Height, width: b.Width})
	}
	d.chains = make([][]int, len(edges))
	for i, e := range edges {
		if e.From == e.To {
			continue
		}
		if d.turned[i] {
			e.From, e.To = e.To, e.From
		}
		chain := []int{e.From}
		for c := rank[e.From] + 1; c < rank[e.To]; c++ {
			chain = append(chain, d.add(place{box: -1, column: c, height: 2}))
		}
		chain = append(chain, e.To)
		for k := 1; k < len(chain); k++ {
			a, b := chain[k-1], chain[k]
			d.places[a].after, d.places[b].before = append(d.places[a].after, b), append(d.places[b].before, a)
		}
		d.chains[i] = chain
	}
}

func (d *drawing) add(p place) int {
	for len(d.columns) <= p.column {
		d.columns = append(d.columns, nil)
	}
	i := len(d.places)
	p.order = len(d.columns[p.column])
	d.columns[p.column] = append(d.columns[p.column], i)
	d.places = append(d.places, p)
	return i
}

// arrange orders the columns by the mean place of their neighbours, to and fro, and keeps the order with the fewest crossings.
func (d *drawing) arrange() int {
	best, least := d.order(), d.crossings()
	for sweep := 0; sweep < sweeps && least > 0; sweep++ {
		for k := range d.columns {
			c, left := k, true
			if sweep%2 == 1 {
				c, left = len(d.columns)-1-k, false
			}
			d.sort(c, left)
		}
		if n := d.crossings(); n < least {
			best, least = d.order(), n
		}
	}
	for c, col := range best {
		d.columns[c] = col
		d.number(c)
	}
	return least
}

func (d *drawing) sort(column int, left bool) {
	key := map[int]float64{}
	for _, p := range d.columns[column] {
		near := d.places[p].after
		if left {
			near = d.places[p].before
		}
		key[p] = float64(d.places[p].order)
		if len(near) > 0 {
			sum := 0.0
			for _, q := range near {
				sum += float64(d.places[q].order)
			}
			key[p] = sum / float64(len(near))
		}
	}
	slices.SortStableFunc(d.columns[column], func(a, b int) int { return cmp.Compare(key[a], key[b]) })
	d.number(column)
}

func (d *drawing) number(column int) {
	for i, p := range d.columns[column] {
		d.places[p].order = i
	}
}

func (d *drawing) order() [][]int {
	out := make([][]int, len(d.columns))
	for i, c := range d.columns {
		out[i] = slices.Clone(c)
	}
	return out
}

// crossings counts pairs of edges between neighbouring columns that cross: inversions, by a tree of counts.
func (d *drawing) crossings() (n int) {
	for c := range d.columns {
		if c+1 == len(d.columns) {
			break
		}
		tree := make([]int, len(d.columns[c+1])+1)
		seen := 0
		for _, p := range d.columns[c] {
			var ends []int
			for _, q := range d.places[p].after {
				ends = append(ends, d.places[q].order)
			}
			for _, e := range ends {
				n += seen
				for i := e + 1; i > 0; i -= i & -i {
					n -= tree[i]
				}
			}
			for _, e := range ends {
				seen++
				for i := e + 1; i < len(tree); i += i & -i {
					tree[i]++
				}
			}
		}
	}
	return n
}
