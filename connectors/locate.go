package connectors

import (
	"context"
	"iter"
	"slices"

	"vestige/forms"
	"vestige/pii"
)

// Locate finds the records of a match: by the system's own means where that is exact and cheaper, else in one read for all terms and all
// subjects. A record that satisfies several terms is found once, with all its hits. Of a dataset without a key each distinct record is found
// once, and Equals says how many there are.
func (s *Source) Locate(ctx context.Context, m pii.Match) iter.Seq2[*pii.Found, error] {
	d, err := s.driver(ctx, Scan)
	if err != nil {
		return failed[*pii.Found](err)
	}
	l, ok := d.(Locator)
	if !ok || !l.CanLocate(m) {
		return s.compare(ctx, m)
	}
	inside := slices.ContainsFunc(m.Want, func(name string) bool { return m.Dataset.Field(name) == nil })
	if !inside {
		return guard(ctx, s, l.Locate(ctx, m))
	}
	if len(m.Dataset.Key) == 0 {
		return s.compare(ctx, m)
	}
	bare := m
	bare.Want = nil
	return s.filled(ctx, m, guard(ctx, s, l.Locate(ctx, bare)))
}

// filled adds the wanted values to what was found without them.
func (s *Source) filled(ctx context.Context, m pii.Match, seq iter.Seq2[*pii.Found, error]) iter.Seq2[*pii.Found, error] {
	return func(yield func(*pii.Found, error) bool) {
		var waiting []*pii.Found
		flush := func() bool {
			err := s.fill(ctx, m, waiting)
			if err != nil {
				yield(nil, err)
				return false
			}
			for _, f := range waiting {
				if !yield(f, nil) {
					return false
				}
			}
			waiting = nil
			return true
		}
		for f, err := range seq {
			if err != nil {
				yield(nil, err)
				return
			}
			if waiting = append(waiting, f); len(waiting) >= 256 && !flush() {
				return
			}
		}
		flush()
	}
}

func (s *Source) fill(ctx context.Context, m pii.Match, found []*pii.Found) error {
	byKey := map[string]*pii.Found{}
	var keys []pii.Key
	for _, f := range found {
		if f.Gap == nil {
			byKey[f.Key.ID()] = f
			keys = append(keys, f.Key)
		}
	}
	if len(keys) == 0 {
		return nil
	}
	for b, err := range s.Read(ctx, Query{Dataset: m.Dataset, Fields: m.Want, Keys: keys}) {
		if err != nil {
			return err
		}
		for i := range b.Len() {
			if f := byKey[b.Key(i).ID()]; f != nil {
				f.Fields = Wanted(b, i, m.Want)
			}
		}
	}
	return nil
}

// Search looks for needles in every field of a dataset, whatever its category; what stands in a document is found at its path.
func (s *Source) Search(ctx context.Context, d pii.Dataset, n pii.Needles) iter.Seq2[*pii.Found, error] {
	a, ok, err := as[Searcher](ctx, s, Scan)
	if err != nil {
		return failed[*pii.Found](err)
	}
	if ok {
		return guard(ctx, s, a.Search(ctx, d, n))
	}
	return s.compare(ctx, pii.Match{Dataset: d, Terms: n.Terms})
}

// Compare is how a match is answered without the system's help: read and compare. Verification uses it to not depend on an index.
func (s *Source) Compare(ctx context.Context, m pii.Match) iter.Seq2[*pii.Found, error] {
	return s.compare(ctx, m)
}

func (s *Source) compare(ctx context.Context, m pii.Match) iter.Seq2[*pii.Found, error] {
	return func(yield func(*pii.Found, error) bool) {
		c := comparison{match: m, matcher: forms.Compile(m.Terms), keyless: len(m.Dataset.Key) == 0, yield: yield}
		if len(m.Keys) > 0 && !c.byKeys(ctx, s) {
			return
		}
		if len(m.Terms) > 0 && !c.all(ctx, s) {
			return
		}
		c.equals()
	}
}

// comparison is one pass over a dataset's records.
type comparison struct {
	match   pii.Match
	matcher *forms.Matcher
	keyless bool
	yield   func(*pii.Found, error) bool

	done     map[string]bool            // keys already found by key
	distinct map[pii.Digest]*pii.Found  // of a dataset without key
	order    []*pii.Found               // the distinct ones in the order found
	hits     map[int][]pii.Hit          // by record of the batch
	inside   map[int]map[place]struct{} // by record: what is already found inside a document
}

// place is a value of a term within the documents of a column.
type place struct {
	column      string
	term, value int
}

func (c *comparison) byKeys(ctx context.Context, s *Source) bool {
	c.done = map[string]bool{}
	for keys := range slices.Chunk(c.match.Keys, 256) {
		for b, err := range s.Read(ctx, Query{Dataset: c.match.Dataset, Keys: keys, Fields: c.fields()}) {
			if err != nil || b.Gap != nil {
				if !c.pass(b, err) {
					return false
				}
				continue
			}
			c.look(b)
			for i := range b.Len() {
				c.done[b.Key(i).ID()] = true
				if !c.found(b, i) {
					return false
				}
			}
		}
	}
	return true
}

func (c *comparison) all(ctx context.Context, s *Source) bool {
	for b, err := range s.Read(ctx, Query{Dataset: c.match.Dataset, Fields: c.fields()}) {
		if err != nil || b.Gap != nil {
			if !c.pass(b, err) {
				return false
			}
			continue
		}
		c.look(b)
		for i := range b.Len() {
			if len(c.hits[i]) == 0 || c.done != nil && c.done[b.Key(i).ID()] {
				continue
			}
			if !c.found(b, i) {
				return false
			}
		}
	}
	return true
}

// pass hands an error or a gap on.
func (c *comparison) pass(b *pii.Batch, err error) bool {
	if err != nil {
		c.yield(nil, err)
		return false
	}
	return c.yield(&pii.Found{Dataset: c.match.Dataset.Ref, Gap: b.Gap}, nil)
}

// fields are those to be read; nil for all.
func (c *comparison) fields() []string {
	out := []string{}
	for _, t := range c.match.Terms {
		if t.Field == "" {
			return nil
		}
		out = append(out, t.Field)
	}
	out = append(out, c.match.Want...)
	slices.Sort(out)
	return slices.Compact(out)
}

// look fills hits: the columns inside documents first, so that the raw column adds only what is in none of them.
func (c *comparison) look(b *pii.Batch) {
	c.hits, c.inside = map[int][]pii.Hit{}, map[int]map[place]struct{}{}
	cols := b.Columns()
	for k := range cols {
		if cols[k].Field.Path != "" {
			c.column(&cols[k])
		}
	}
	for k := range cols {
		if cols[k].Field.Path == "" {
			c.column(&cols[k])
		}
	}
}

func (c *comparison) column(col *pii.Column) {
	name, inside := col.Field.Name, col.Field.Path != ""
	if !c.matcher.Wants(name) {
		return
	}
	raw := documents(col.Field)
	for i := range col.Len() {
		v, record := col.Value(i)
		if v == nil {
			continue
		}
		c.matcher.Match(name, col.Path(i), v, func(h pii.Hit) {
			what := place{col.Field.Column, h.Term, h.Value}
			if inside {
				if c.inside[record] == nil {
					c.inside[record] = map[place]struct{}{}
				}
				c.inside[record][what] = struct{}{}
			} else if _, found := c.inside[record][what]; found && raw && c.match.Terms[h.Term].Field == "" {
				return
			}
			c.hits[record] = append(c.hits[record], h)
		})
	}
}

// found yields record i, or counts it where nothing tells it from its equals.
func (c *comparison) found(b *pii.Batch, i int) bool {
	digest := b.Digest(i)
	if c.keyless {
		if f := c.distinct[digest]; f != nil {
			f.Equals++
			return true
		}
	}
	f := &pii.Found{Dataset: c.match.Dataset.Ref, Key: b.Key(i), Digest: digest, Hits: c.hits[i], Fields: Wanted(b, i, c.match.Want)}
	if !c.keyless {
		return c.yield(f, nil)
	}
	if c.distinct == nil {
		c.distinct = map[pii.Digest]*pii.Found{}
	}
	f.Equals = 1
	c.distinct[digest] = f
	c.order = append(c.order, f)
	return true
}

func (c *comparison) equals() {
	for _, f := range c.order {
		if !c.yield(f, nil) {
			return
		}
	}
}

// Wanted gives the values of the fields asked for of record i.
func Wanted(b *pii.Batch, i int, want []string) map[string][]pii.Located {
	if len(want) == 0 {
		return nil
	}
	out := make(map[string][]pii.Located, len(want))
	for _, name := range want {
		c := b.Column(name)
		if c == nil {
			continue
		}
		for k, to := c.Of(i); k < to; k++ {
			l := pii.Located{Path: c.Path(k)}
			if v, _ := c.Value(k); v != nil {
				l.Value = pii.NewValue(string(v))
			}
			out[name] = append(out[name], l)
		}
	}
	return out
}
