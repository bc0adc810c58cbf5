package plans

import (
	"context"
	"iter"
	"slices"
	"strings"
	"sync"

	"vestige/lineage"
	"vestige/pii"
)

// gather lets many closures look at once. Each is the closure of one subject and knows of no other; when all of them wait for a look, those at one dataset are
// asked of it together, and each is given what its own terms found. A dataset that has to be read whole is so read once for all of them.
type gather struct {
	look lineage.Looker

	mu      sync.Mutex
	active  int // closures that have not ended
	waiting map[string][]*wanting
	count   int // of those that wait
	bell    chan struct{}
	passes  int
}

// wanting is a look of one closure on its way.
type wanting struct {
	m     pii.Match
	found []*pii.Found
	err   error
	done  chan struct{}
}

func newGather(look lineage.Looker) *gather {
	return &gather{look: look, waiting: map[string][]*wanting{}, bell: make(chan struct{}, 1)}
}

// closures runs a function for each of n subjects, side by side, with looks gathered.
func (g *gather) closures(ctx context.Context, n int, do func(i int)) {
	g.active = n
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() {
			do(i)
			g.mu.Lock()
			g.active--
			g.ring()
			g.mu.Unlock()
		})
	}
	for g.next(ctx) {
	}
	all.Wait()
}

// ring wakes the one who looks, when every closure that goes on waits.
func (g *gather) ring() {
	if g.count >= g.active {
		select {
		case g.bell <- struct{}{}:
		default:
		}
	}
}

// Look waits until all wait, and gives what was found of this match.
func (g *gather) Look(_ context.Context, m pii.Match) iter.Seq2[*pii.Found, error] {
	return func(yield func(*pii.Found, error) bool) {
		w := &wanting{m: m, done: make(chan struct{})}
		g.mu.Lock()
		k := shapeOf(m)
		g.waiting[k] = append(g.waiting[k], w)
		g.count++
		g.ring()
		g.mu.Unlock()
		<-w.done
		for _, f := range w.found {
			if !yield(f, nil) {
				return
			}
		}
		if w.err != nil {
			yield(nil, w.err)
		}
	}
}

// shapeOf names what can be asked at once: of a system that looks single values up by an index, these apart from what needs all to be read.
func shapeOf(m pii.Match) string {
	exact := len(m.Terms) == 0 || !slices.ContainsFunc(m.Terms, func(t pii.Term) bool { return t.Mode != pii.Exact })
	return m.Dataset.Ref.String() + map[bool]string{true: "\x00="}[exact]
}

// next does the look for which most closures wait, once all wait; those that are ahead of the others are caught up with. It is false when no closure goes on.
func (g *gather) next(ctx context.Context) bool {
	for {
		g.mu.Lock()
		if g.active == 0 {
			g.mu.Unlock()
			return false
		}
		if g.count >= g.active {
			break
		}
		g.mu.Unlock()
		<-g.bell
	}
	most := ""
	for k, ws := range g.waiting {
		if most == "" || len(ws) > len(g.waiting[most]) || len(ws) == len(g.waiting[most]) && k < most {
			most = k
		}
	}
	ws := g.waiting[most]
	delete(g.waiting, most)
	g.count -= len(ws)
	g.passes++
	g.mu.Unlock()
	g.pass(ctx, ws)
	for _, w := range ws {
		close(w.done)
	}
	return true
}

// pass asks one dataset for all that wait, and hands out what was found.
func (g *gather) pass(ctx context.Context, ws []*wanting) {
	j := newJoint(ws)
	for f, err := range g.look.Look(ctx, j.m) {
		if err != nil {
			for _, w := range ws {
				w.err = err
			}
			return
		}
		j.hand(f)
	}
}

// joint is several matches at one dataset as one, with who asked for what.
type joint struct {
	m      pii.Match
	ws     []*wanting
	whose  map[[2]int][]asker // by term and value of the joint match
	byKey  map[string][]asker // by key
	wanted []map[string]bool  // the fields that each asked for
}

type asker struct{ who, term, value int }

func newJoint(ws []*wanting) *joint {
	j := &joint{m: pii.Match{Dataset: ws[0].m.Dataset}, ws: ws, whose: map[[2]int][]asker{}, byKey: map[string][]asker{}}
	terms, values, wants := map[string]int{}, map[string]int{}, map[string]bool{}
	for who, w := range ws {
		want := map[string]bool{}
		for _, name := range w.m.Want {
			want[name] = true
			if !wants[name] {
				wants[name] = true
				j.m.Want = append(j.m.Want, name)
			}
		}
		j.wanted = append(j.wanted, want)
		for _, k := range w.m.Keys {
			id := k.ID()
			if j.byKey[id] == nil {
				j.m.Keys = append(j.m.Keys, k)
			}
			j.byKey[id] = append(j.byKey[id], asker{who: who})
		}
		for at, t := range w.m.Terms {
			j.term(who, at, t, terms, values)
		}
	}
	return j
}

// term adds the values of a term to those of its like.
func (j *joint) term(who, at int, t pii.Term, terms, values map[string]int) {
	name := strings.Join([]string{t.Field, string(rune('0' + int(t.Mode))), string(t.Category), strings.Join(t.Forms, ","), strings.Join(t.Near, ","), map[bool]string{true: "loose"}[t.Loose]}, "\x00")
	i, ok := terms[name]
	if !ok {
		i = len(j.m.Terms)
		terms[name] = i
		like := t
		like.Values = nil
		j.m.Terms = append(j.m.Terms, like)
	}
	for v, value := range t.Values {
		k := name + "\x00\x00" + value.Reveal()
		n, ok := values[k]
		if !ok {
			n = len(j.m.Terms[i].Values)
			values[k] = n
			j.m.Terms[i].Values = append(j.m.Terms[i].Values, value)
		}
		j.whose[[2]int{i, n}] = append(j.whose[[2]int{i, n}], asker{who, at, v})
	}
}

// hand gives a record to those whose terms or keys it satisfies, to each with its own hits. What could not be looked at is told to all.
func (j *joint) hand(f *pii.Found) {
	if f.Gap != nil {
		for _, w := range j.ws {
			w.found = append(w.found, f)
		}
		return
	}
	hits := map[int][]pii.Hit{}
	var order []int
	add := func(who int) {
		if _, ok := hits[who]; !ok {
			hits[who] = nil
			order = append(order, who)
		}
	}
	if len(f.Key) > 0 && len(j.byKey) > 0 {
		for _, a := range j.byKey[f.Key.ID()] {
			add(a.who)
		}
	}
	for _, h := range f.Hits {
		for _, a := range j.whose[[2]int{h.Term, h.Value}] {
			own := h
			own.Term, own.Value = a.term, a.value
			add(a.who)
			hits[a.who] = append(hits[a.who], own)
		}
	}
	for _, who := range order {
		one := *f
		one.Hits = hits[who]
		one.Fields = j.fields(who, f)
		j.ws[who].found = append(j.ws[who].found, &one)
	}
}

// fields gives those of a record that one of them asked for.
func (j *joint) fields(who int, f *pii.Found) map[string][]pii.Located {
	if len(j.wanted[who]) == 0 || f.Fields == nil {
		return nil
	}
	if len(j.wanted[who]) >= len(f.Fields) && !lacks(j.wanted[who], f.Fields) {
		return f.Fields // thousands who share a name are given one map
	}
	out := make(map[string][]pii.Located, len(j.wanted[who]))
	for name, vs := range f.Fields {
		if j.wanted[who][name] {
			out[name] = vs
		}
	}
	return out
}

// lacks tells whether a record has a field that is not wanted.
func lacks(wanted map[string]bool, fields map[string][]pii.Located) bool {
	for name := range fields {
		if !wanted[name] {
			return true
		}
	}
	return false
}
