package catalog

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"sync"

	"vestige/internal/db"
	"vestige/pii"
	"vestige/policies"
)

// queue keeps the groups that wait for a decision, those first that would cost most to leave. It is read from the store once; from then on a look at it reads the
// rows alone that have changed since the last, so that who decides one field does not wait until all others are counted.
type queue struct {
	mu     sync.Mutex
	read   bool
	at     int64 // revision
	states map[State]*line
}

// line is what waits in one state. What is given out of it is never changed: another group stands in the place of one that has another count.
type line struct {
	groups map[string]*standing
	order  []*Group
}

// standing is a group with what its place in the queue is by.
type standing struct {
	group   *Group
	weight  float64
	sources []sourceCount // in their order
}

type sourceCount struct {
	source string
	n      int64
}

// waiting is a row of the queue: fields of one source that are alike.
type waiting struct {
	state State
	groupRow
	n int64
}

func scanWaiting(row db.Row) (x waiting, err error) {
	var text string
	if err = row.Scan(&x.state, &text, &x.n); err == nil {
		x.groupRow, _ = parseGroupRow(text)
	}
	return x, err
}

func (s *standing) find(source string) (int, bool) {
	return slices.BinarySearchFunc(s.sources, source, func(c sourceCount, source string) int { return strings.Compare(c.source, source) })
}

// forget has the queue read anew: what a mistake costs has changed, and with it the order.
func (q *queue) forget() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.read = false
}

// groups gives what a filter asks for, at the revision of the snapshot or a later one. Nobody changes what is given.
func (q *queue) groups(ctx context.Context, tx db.Tx, f GroupFilter, cost policies.Cost) ([]*Group, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	var at int64
	if err := tx.QueryRow(ctx, "SELECT revision FROM catalog_revision WHERE id = 1").Scan(&at); err != nil {
		return nil, err
	}
	if !q.read || at > q.at {
		if err := q.follow(ctx, tx, at, cost); err != nil {
			return nil, err
		}
	}
	if l := q.states[f.State]; l != nil {
		return l.part(f, cost), nil
	}
	return nil, nil
}

// follow reads what has changed since the queue was looked at last.
func (q *queue) follow(ctx context.Context, tx db.Tx, at int64, cost policies.Cost) error {
	since, states := q.at, q.states
	if !q.read {
		since, states = -1, map[State]*line{}
	}
	rows, err := collect(ctx, tx, scanWaiting, "SELECT state, grp, n FROM field_group WHERE changed > $1", since)
	if err != nil {
		return err
	}
	touched := map[State]map[string]bool{}
	for _, x := range rows {
		l := states[x.state]
		if l == nil {
			l = &line{groups: map[string]*standing{}}
			states[x.state] = l
		}
		if touched[x.state] == nil {
			touched[x.state] = map[string]bool{}
		}
		touched[x.state][l.put(x)] = true
	}
	for s, ids := range touched {
		states[s].place(ids, cost)
	}
	q.read, q.at, q.states = true, at, states
	return nil
}

// put counts a row, and names its group. The group is put in its place by [line.place].
func (l *line) put(x waiting) string {
	g := Group{Name: x.name, Type: pii.FieldType(x.typ), Category: pii.Category(x.category), Band: x.band, State: x.state}
	g.ID = g.id()
	s := l.groups[g.ID]
	if s == nil {
		s = &standing{group: &g}
		l.groups[g.ID] = s
	}
	i, found := s.find(x.source)
	switch {
	case found && x.n <= 0:
		s.sources = slices.Delete(s.sources, i, i+1)
	case found:
		s.sources[i].n = x.n
	case x.n > 0:
		s.sources = slices.Insert(s.sources, i, sourceCount{strings.Clone(x.source), x.n})
	}
	return g.ID
}

// place takes groups out of the order and puts them where they belong by what they count now.
func (l *line) place(ids map[string]bool, cost policies.Cost) {
	order := make([]*Group, 0, len(l.order)+len(ids))
	var moved []*Group
	for _, g := range l.order {
		if !ids[g.ID] {
			order = append(order, g)
		}
	}
	for id := range ids {
		s := l.groups[id]
		if len(s.sources) == 0 {
			delete(l.groups, id)
			continue
		}
		s.group = s.group.of(s.sources)
		s.weight = s.group.weight(cost)
		moved = append(moved, s.group)
	}
	slices.SortFunc(moved, l.compare)
	l.order = merged(order, moved, l.compare)
}

// of gives the group with what sources have of it.
func (g *Group) of(sources []sourceCount) *Group {
	next := *g
	next.Fields, next.Sources = 0, make([]string, len(sources))
	for i, s := range sources {
		next.Fields += s.n
		next.Sources[i] = s.source
	}
	return &next
}

// sureness is about how many fields of a band hold what is proposed.
var sureness = [...]float64{Weak: .2, Likely: .65, Strong: .9, Sure: .98}

// weight is what it would cost to leave a group: many fields that surely hold something sensitive, or something that is dear to miss.
func (g *Group) weight(cost policies.Cost) float64 {
	i, _ := g.Category.Info()
	return float64(i.Sensitivity+1) * float64(i.Sensitivity+1) * float64(g.Fields) * sureness[g.Band] * cost.Of(g.Category)
}

func (l *line) compare(a, b *Group) int {
	return heavier(a, b, l.groups[a.ID].weight, l.groups[b.ID].weight)
}

func heavier(a, b *Group, wa, wb float64) int {
	return cmp.Or(cmp.Compare(wb, wa), cmp.Compare(a.Name, b.Name), cmp.Compare(a.ID, b.ID))
}

// merged puts two sorted lists together. One is mostly much shorter than the other: its places are looked for by halves.
func merged(long, short []*Group, compare func(a, b *Group) int) []*Group {
	out := make([]*Group, 0, len(long)+len(short))
	for _, g := range short {
		i, _ := slices.BinarySearchFunc(long, g, compare)
		out = append(append(out, long[:i]...), g)
		long = long[i:]
	}
	return append(out, long...)
}

// part gives the groups that a filter asks for, in their order.
func (l *line) part(f GroupFilter, cost policies.Cost) (out []*Group) {
	if f.Source != "" {
		return l.inSource(f, cost)
	}
	if f.Category == "" {
		return l.order
	}
	for _, g := range l.order {
		if f.Category.Covers(g.Category) {
			out = append(out, g)
		}
	}
	return out
}

// inSource gives the groups with what one source has of them, which is another order.
func (l *line) inSource(f GroupFilter, cost policies.Cost) []*Group {
	type weighed struct {
		g      *Group
		weight float64
	}
	var all []weighed
	for _, s := range l.groups {
		if f.Category != "" && !f.Category.Covers(s.group.Category) {
			continue
		}
		if i, found := s.find(f.Source); found {
			g := s.group.of(s.sources[i : i+1])
			all = append(all, weighed{g, g.weight(cost)})
		}
	}
	slices.SortFunc(all, func(a, b weighed) int { return heavier(a.g, b.g, a.weight, b.weight) })
	out := make([]*Group, len(all))
	for i, x := range all {
		out[i] = x.g
	}
	return out
}
