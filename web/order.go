package web

import (
	"fmt"

	"vestige/plans"
	"vestige/web/layered"
)

// orderSteps is up to how many steps the order of a plan is drawn; beyond, the table says it better.
const orderSteps = 80

// orderOf pictures which step of a plan waits for which. Steps that wait for nothing, and for which nothing waits, are in no picture.
func orderOf(steps []plans.Step) (p picture) {
	index := map[string]int{}
	joined := map[string]bool{}
	for _, st := range steps {
		for _, before := range st.After {
			joined[st.ID], joined[before] = true, true
		}
	}
	var boxes []layered.Box
	for _, st := range steps {
		if !joined[st.ID] {
			continue
		}
		index[st.ID] = len(boxes)
		boxes = append(boxes, layered.Box{Width: boxWidth, Height: boxHeight})
		p.Boxes = append(p.Boxes, box{Href: "#step-" + st.ID, Name: short(st.Dataset.Dataset, nameRunes), Source: st.Dataset.Source, Detail: fmt.Sprintf("%s %s, %s", st.ID, st.Method, plural(st.Records, "record", "records")),
			Title: st.ID + ": " + st.Dataset.String(), Class: "plain"})
	}
	if len(boxes) == 0 || len(boxes) > orderSteps {
		return picture{}
	}
	var edges []layered.Edge
	for _, st := range steps {
		for _, before := range st.After {
			if from, ok := index[before]; ok {
				edges = append(edges, layered.Edge{From: from, To: index[st.ID]})
			}
		}
	}
	d := layered.Lay(boxes, edges, layered.Gaps{Column: 64, Row: 12})
	p.Width, p.Height = int(d.Width+2*margin), int(d.Height+2*margin)
	for i := range p.Boxes {
		p.Boxes[i].X, p.Boxes[i].Y, p.Boxes[i].W, p.Boxes[i].H = d.Boxes[i].X+margin, d.Boxes[i].Y+margin, boxWidth, boxHeight
	}
	for i, points := range d.Lines {
		if len(points) > 0 {
			l := lineOf(points, nil)
			l.From, l.To, l.Title = edges[i].From, edges[i].To, "then"
			p.Lines = append(p.Lines, l)
		}
	}
	return p
}
