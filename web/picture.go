package web

import (
	"cmp"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"vestige/catalog"
	"vestige/lineage"
	"vestige/pii"
	"vestige/web/layered"
)

// picture is a graph as SVG: every number is ready to be an attribute.
type picture struct {
	Width, Height int
	Boxes         []box
	Lines         []line
	Edges         []*lineage.Edge // the same as text
	Cut           bool
}

// box is a dataset, or what is folded.
type box struct {
	X, Y, W, H float64
	Href       string
	Name       string
	Source     string
	Detail     string
	Title      string
	Top        int
	Class      string
}

// line is the references between two datasets.
type line struct {
	Path     string
	Class    string
	Title    string
	Href     string // of the reference, where it is one alone
	From, To int    // the boxes that it joins
}

// The sizes of boxes.
const (
	boxWidth  = 208.0
	boxHeight = 46.0
	margin    = 14.0
	nameRunes = 27
)

func label(n *lineage.Node) string { return catalog.DisplayDataset(n) }

// draw places what was chosen; arrows run from parent to child, which is how a person is followed through an estate.
func draw(g *lineage.Graph, sel selection, a ask) picture {
	index, boxes := map[pii.Ref]int{}, make([]layered.Box, 0, len(sel.nodes)+len(sel.folds))
	p := picture{Cut: sel.cut}
	for i, n := range sel.nodes {
		index[n.Dataset.Ref] = i
		boxes = append(boxes, layered.Box{Width: boxWidth, Height: boxHeight})
		p.Boxes = append(p.Boxes, boxOf(n, a))
	}
	pairs, edges := bundle(g, index, &p)
	for _, f := range sel.folds {
		i, of := len(boxes), index[f.of.Dataset.Ref]
		boxes = append(boxes, layered.Box{Width: boxWidth, Height: 30})
		p.Boxes = append(p.Boxes, foldBox(f, a))
		e := layered.Edge{From: of, To: i}
		if f.parents {
			e = layered.Edge{From: i, To: of}
		}
		edges, pairs = append(edges, e), append(pairs, nil)
	}
	d := layered.Lay(boxes, edges, layered.Gaps{Column: 84, Row: 14})
	p.Width, p.Height = int(d.Width+2*margin), int(d.Height+2*margin)
	for i := range p.Boxes {
		p.Boxes[i].X, p.Boxes[i].Y, p.Boxes[i].W, p.Boxes[i].H = d.Boxes[i].X+margin, d.Boxes[i].Y+margin, boxes[i].Width, boxes[i].Height
	}
	for i, points := range d.Lines {
		if len(points) > 0 {
			l := lineOf(points, pairs[i])
			l.From, l.To = edges[i].From, edges[i].To
			p.Lines = append(p.Lines, l)
		}
	}
	return p
}

// bundle puts the references between two datasets into one arrow.
func bundle(g *lineage.Graph, index map[pii.Ref]int, p *picture) (pairs [][]*lineage.Edge, edges []layered.Edge) {
	at := map[layered.Edge]int{}
	for _, e := range among(g, index) {
		to, from := index[e.To], index[e.From]
		p.Edges = append(p.Edges, e)
		pair := layered.Edge{From: to, To: from}
		k, ok := at[pair]
		if !ok {
			k = len(edges)
			at[pair], edges, pairs = k, append(edges, pair), append(pairs, nil)
		}
		pairs[k] = append(pairs[k], e)
	}
	return pairs, edges
}

// among gives the references between datasets of a picture.
func among[V any](g *lineage.Graph, in map[pii.Ref]V) (out []*lineage.Edge) {
	for ref := range in {
		for _, e := range append(g.Out(ref), g.Shown(ref)...) {
			if _, there := in[e.To]; there && e.From == ref {
				out = append(out, e)
			}
		}
	}
	slices.SortFunc(out, func(a, b *lineage.Edge) int {
		switch {
		case a.From != b.From && a.From.Less(b.From):
			return -1
		case a.From != b.From:
			return 1
		}
		return cmp.Or(strings.Compare(a.ID, b.ID), strings.Compare(a.To.String(), b.To.String()))
	})
	return out
}

func boxOf(n *lineage.Node, a ask) box {
	count, top := personalFields(n)
	all := len(n.Fields)
	if n.Whole != nil {
		all = n.Whole.Fields
	}
	next := a
	next.Root, next.Unfold = n.Dataset.Ref, false
	b := box{
		Href: next.href(), Name: short(label(n), nameRunes), Source: n.Dataset.Ref.Source, Title: n.Dataset.Ref.Source + "/" + label(n), Top: top,
		Detail: fmt.Sprintf("%d of %d personal", count, all),
	}
	if count == 0 {
		b.Detail, b.Class = "nothing personal", "plain"
	}
	if n.Person >= 0.5 {
		b.Class = "person"
		b.Title += ": one record is one person"
	}
	if n.Dataset.Ref == a.Root {
		b.Class += " root"
		b.Href = at(n.Dataset.Ref)
	}
	return b
}

func foldBox(f fold, a ask) box {
	next := a
	next.Unfold = true
	return box{Href: next.href(), Name: fmt.Sprintf("+ %d more", f.count), Detail: fmt.Sprintf("%d personal", f.personal), Class: "fold", Title: "unfold"}
}

// lineOf bends an arrow softly between columns.
func lineOf(points []layered.Point, edges []*lineage.Edge) line {
	var b strings.Builder
	for i, q := range points {
		x, y := q.X+margin, q.Y+margin
		if i == 0 {
			b.WriteString("M" + fix(x) + " " + fix(y))
			continue
		}
		last := points[i-1]
		if last.Y == q.Y {
			b.WriteString("L" + fix(x) + " " + fix(y))
			continue
		}
		mid := (last.X+q.X)/2 + margin
		b.WriteString("C" + fix(mid) + " " + fix(last.Y+margin) + " " + fix(mid) + " " + fix(y) + " " + fix(x) + " " + fix(y))
	}
	l := line{Path: b.String(), Class: "fold"}
	for i, e := range edges {
		if i == 0 {
			l.Class = lineClass(e)
		}
		l.Title += edgeText(e) + "\n"
	}
	if len(edges) == 1 && edges[0].ID != "" {
		l.Href = "/reference?id=" + url.QueryEscape(edges[0].ID)
	}
	return l
}

func lineClass(e *lineage.Edge) string {
	class := string(e.Kind)
	switch {
	case e.Copy:
		class += " copy"
	case !e.Declared && !e.Decided:
		class += " inferred"
	}
	return class
}

// edgeText says a reference in words.
func edgeText(e *lineage.Edge) string {
	if len(e.Fields) == 0 {
		return "made from it (told: " + e.Told + ")"
	}
	how := "inferred, " + strconv.FormatFloat(e.Confidence, 'f', 2, 64)
	switch {
	case e.Copy:
		how = "a copy, " + strconv.FormatFloat(e.Confidence, 'f', 2, 64)
	case e.Decided:
		how = "decided"
	case e.Declared:
		how = "declared"
	case e.Told != "":
		how = "told: " + e.Told
	}
	return strings.Join(e.Fields, ", ") + " → " + strings.Join(e.ToFields, ", ") + " (" + string(e.Kind) + ", " + how + ")"
}

func fix(x float64) string { return strconv.FormatFloat(x, 'f', 1, 64) }
