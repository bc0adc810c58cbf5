package layered

import (
	"math"
	"slices"
)

// settle gives every place its height in the column: stacked first, then moved towards the median of its neighbours as far as its column allows.
func (d *drawing) settle() {
	for _, col := range d.columns {
		y := 0.0
		for _, p := range col {
			d.places[p].y = y
			y += d.places[p].height + d.gaps.Row
		}
	}
	for pass := range 8 {
		for k := range d.columns {
			c := k
			if pass%2 == 1 {
				c = len(d.columns) - 1 - k
			}
			d.align(c, pass)
		}
	}
	least := math.Inf(1)
	for _, p := range d.places {
		least = min(least, p.y)
	}
	for i := range d.places {
		d.places[i].y -= least
	}
}

// align moves the places of a column to where they want to be, keeping order and distance: places that push one another share the shift.
func (d *drawing) align(column, pass int) {
	type block struct {
		wish   float64 // of its first place's top
		weight float64
		height float64
		places []int
	}
	var blocks []block
	for _, p := range d.columns[column] {
		b := block{wish: d.wish(p, pass), weight: 1, height: d.places[p].height + d.gaps.Row, places: []int{p}}
		for len(blocks) > 0 {
			last := blocks[len(blocks)-1]
			if last.wish+last.height <= b.wish {
				break
			}
			total := last.weight + b.weight
			b = block{
				wish: (last.wish*last.weight + (b.wish-last.height)*b.weight) / total, weight: total,
				height: last.height + b.height, places: append(last.places, b.places...),
			}
			blocks = blocks[:len(blocks)-1]
		}
		blocks = append(blocks, b)
	}
	for _, b := range blocks {
		y := b.wish
		for _, p := range b.places {
			d.places[p].y = y
			y += d.places[p].height + d.gaps.Row
		}
	}
}

// wish is where a place would stand if it were alone: level with the median of its neighbours.
func (d *drawing) wish(p, pass int) float64 {
	near := d.places[p].before
	if pass%2 == 1 {
		near = d.places[p].after
	}
	if len(near) == 0 {
		return d.places[p].y
	}
	var at []float64
	for _, q := range near {
		at = append(at, d.places[q].y+d.places[q].height/2)
	}
	slices.Sort(at)
	mid := at[len(at)/2]
	if len(at)%2 == 0 {
		mid = (mid + at[len(at)/2-1]) / 2
	}
	return mid - d.places[p].height/2
}

// draw turns places into points.
func (d *drawing) draw(boxes []Box, edges []Edge, crossings int) Drawing {
	out := Drawing{Boxes: make([]Point, len(boxes)), Lines: make([][]Point, len(edges)), Turned: d.turned, Crossings: crossings}
	left, wide := make([]float64, len(d.columns)), make([]float64, len(d.columns))
	x := 0.0
	for c, col := range d.columns {
		for _, p := range col {
			wide[c] = max(wide[c], d.places[p].width)
			out.Height = max(out.Height, d.places[p].y+d.places[p].height)
		}
		left[c] = x
		x += wide[c] + d.gaps.Column
	}
	out.Width = max(0, x-d.gaps.Column)
	for i := range boxes {
		out.Boxes[i] = Point{left[d.places[i].column], d.places[i].y}
	}
	for i, chain := range d.chains {
		out.Lines[i] = d.line(chain, left, wide)
		if d.turned[i] {
			slices.Reverse(out.Lines[i])
		}
	}
	return out
}

// line leads an edge from the right side of its first box to the left side of its last.
func (d *drawing) line(chain []int, left, wide []float64) (out []Point) {
	for k, p := range chain {
		at := d.places[p]
		y := at.y + at.height/2
		switch {
		case k == 0:
			out = append(out, Point{left[at.column] + at.width, y}, Point{left[at.column] + wide[at.column], y})
		case k == len(chain)-1:
			out = append(out, Point{left[at.column], y})
		default:
			out = append(out, Point{left[at.column], y}, Point{left[at.column] + wide[at.column], y})
		}
	}
	return out
}
