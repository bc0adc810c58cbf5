package plans

import (
	"cmp"
	"slices"

	"vestige/lineage"
	"vestige/pii"
)

// merger makes one closure of many.
type merger struct {
	out  lineage.Closure
	at   map[string]int
	gaps map[pii.Gap]bool
}

// merged joins the closures of all subjects that are planned. A record that several of them reached is there once: it goes where it is somebody's own, and
// what it says of each goes where it is nobody's.
func (m *many) merged() *lineage.Closure {
	x := &merger{out: lineage.Closure{Undecided: map[pii.Ref]int64{}}, at: map[string]int{}, gaps: map[pii.Gap]bool{}}
	for who, cl := range m.closed {
		switch {
		case cl == nil:
			continue
		case len(cl.Records) == 0:
			m.batch.Nothing = append(m.batch.Nothing, m.all[who].N)
		default:
			m.batch.Planned++
		}
		x.add(cl)
	}
	slices.Sort(m.batch.Nothing)
	slices.SortFunc(m.batch.Left, func(a, b Left) int { return cmp.Compare(a.Subject, b.Subject) })
	return x.finish()
}

func (x *merger) add(cl *lineage.Closure) {
	places := make([]int, len(cl.Records))
	for i, r := range cl.Records {
		places[i] = x.record(r)
	}
	for i, r := range cl.Records {
		if to := x.out.Records[places[i]]; to == r && r.Owner >= 0 {
			to.Owner = places[r.Owner]
		}
	}
	for _, ref := range cl.Referrers {
		ref.To = places[ref.To]
		x.out.Referrers = append(x.out.Referrers, ref)
	}
	for _, g := range cl.Gaps {
		if !x.gaps[g] {
			x.gaps[g] = true
			x.out.Gaps = append(x.out.Gaps, g)
		}
	}
	for _, d := range cl.Decided {
		i := slices.IndexFunc(x.out.Decided, func(o lineage.Decided) bool { return o.Decision == d.Decision })
		if i < 0 {
			x.out.Decided = append(x.out.Decided, d)
		} else {
			x.out.Decided[i].Records += d.Records
		}
	}
	for at, n := range cl.Undecided {
		x.out.Undecided[at] += n
	}
	x.out.Known = append(x.out.Known, cl.Known...)
	x.out.Attributes = append(x.out.Attributes, cl.Attributes...)
	x.out.Looked += cl.Looked
}

var standing = []lineage.Holding{lineage.HeldByOther, lineage.Unsure, lineage.Mention, lineage.Joint, lineage.Hers}

// record puts a record in, or adds what another subject is to it, and gives its place. Until the end Owner counts places.
func (x *merger) record(r *lineage.Record) int {
	id := bareID(r)
	i, ok := x.at[id]
	if !ok {
		x.at[id] = len(x.out.Records)
		x.out.Records = append(x.out.Records, r)
		return x.at[id]
	}
	have := x.out.Records[i]
	if slices.Index(standing, r.Holding) > slices.Index(standing, have.Holding) {
		have, r = r, have
		x.out.Records[i] = have
	}
	if have.Holding == lineage.Hers || r.Holding != lineage.Mention && r.Holding != lineage.Joint {
		return i // of what is another's own nothing is to be changed
	}
	for _, h := range r.Hits {
		if !slices.ContainsFunc(have.Hits, func(o pii.Hit) bool {
			return o.Field == h.Field && o.Path == h.Path && o.Start == h.Start && o.End == h.End
		}) {
			have.Hits = append(have.Hits, h)
		}
	}
	for _, in := range r.Insides {
		if !slices.Contains(have.Insides, in) {
			have.Insides = append(have.Insides, in)
		}
	}
	return i
}

// finish orders the records, as a closure of one subject does.
func (x *merger) finish() *lineage.Closure {
	n := len(x.out.Records)
	order, at := make([]int, n), make([]int, n)
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(i, j int) int {
		a, b := x.out.Records[i], x.out.Records[j]
		return cmp.Or(cmp.Compare(a.Dataset.String(), b.Dataset.String()), a.Key.Compare(b.Key), slices.Compare(a.Digest[:], b.Digest[:]))
	})
	sorted := make([]*lineage.Record, n)
	for to, from := range order {
		sorted[to], at[from] = x.out.Records[from], to
	}
	for _, r := range sorted {
		if r.Owner >= 0 {
			r.Owner = at[r.Owner]
		}
	}
	kept := x.out.Referrers[:0]
	for _, ref := range x.out.Referrers {
		id := bareID(&lineage.Record{Dataset: ref.Record.Dataset, Key: ref.Record.Key, Digest: ref.Record.Digest})
		if i, ok := x.at[id]; ok && x.out.Records[i].Holding == lineage.Hers {
			continue
		}
		ref.To = at[ref.To]
		kept = append(kept, ref)
	}
	slices.SortFunc(x.out.Decided, func(a, b lineage.Decided) int { return cmp.Compare(a.Decision, b.Decision) })
	x.out.Referrers, x.out.Records = kept, sorted
	return &x.out
}
