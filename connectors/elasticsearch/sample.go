package elasticsearch

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"

	"vestige/connectors"
	"vestige/internal/errkind"
	"vestige/pii"
)

const (
	drawsAtOnce = 50 // documents of a page of a sample
	draws       = 12 // rounds, where many numbers belong to no document any more
)

// Sample asks for documents by random numbers of operations: each document has one, and the cost does not grow with the index.
func (d *Driver) Sample(ctx context.Context, q connectors.Query, n int) iter.Seq2[*pii.Batch, error] {
	return func(yield func(*pii.Batch, error) bool) {
		r := d.reading(q, yield)
		err := r.sample(ctx, n)
		if err == nil {
			err = r.flush(ctx)
		}
		if err != nil && !errors.Is(err, errDone) {
			yield(nil, err)
		}
	}
}

// drawn is a shard to draw from.
type drawn struct {
	x    *index
	sh   shard
	seen map[int64]bool
}

func (r *reading) sample(ctx context.Context, n int) error {
	members, err := r.d.members(ctx, r.q.Dataset.Ref.Dataset)
	if err != nil || n <= 0 {
		return err
	}
	var shards []*drawn
	total, numbers := int64(0), int64(0)
	for _, x := range members {
		if code, text := x.unreadable(); code != "" {
			if err := r.gap(ctx, code, text); err != nil {
				return err
			}
			continue
		}
		st, err := r.d.stats(ctx, x.name)
		if errkind.Of(err) == errkind.Permission && err != nil {
			return r.scored(ctx, members, n)
		}
		if err != nil {
			return err
		}
		for _, sh := range st.shards {
			total, numbers = total+sh.docs, numbers+sh.max+1
			shards = append(shards, &drawn{x: x, sh: sh, seen: map[int64]bool{}})
		}
	}
	switch {
	case total <= int64(n):
		for _, x := range members {
			if err := r.index(ctx, x, cursor{}); err != nil {
				return err
			}
		}
		return nil
	case numbers > 8*total: // most numbers belong to nothing any more
		return r.scored(ctx, members, n)
	}
	return r.draw(ctx, shards, numbers, total, n)
}

// draw takes numbers until there are enough documents.
func (r *reading) draw(ctx context.Context, shards []*drawn, numbers, total int64, n int) error {
	random := rand.New(rand.NewPCG(r.q.Seed, 0xe1a57))
	got := 0
	for round := 0; round < draws && got < n; round++ {
		want := int(int64(n-got)*numbers/max(total, 1)) + 1
		picked := map[*drawn][]int64{}
		for range want {
			k := random.Int64N(numbers)
			for _, s := range shards {
				if k -= s.sh.max + 1; k < 0 {
					seq := k + s.sh.max + 1
					if !s.seen[seq] {
						s.seen[seq] = true
						picked[s] = append(picked[s], seq)
					}
					break
				}
			}
		}
		for _, s := range shards {
			for part := range slices.Chunk(picked[s], drawsAtOnce) {
				m, err := r.take(ctx, s, part, n-got)
				if got += m; err != nil || got >= n {
					return err
				}
			}
		}
	}
	return nil
}

// take reads the documents that have some numbers of a shard.
func (r *reading) take(ctx context.Context, s *drawn, numbers []int64, most int) (int, error) {
	terms := make([]string, len(numbers))
	for i, k := range numbers {
		terms[i] = strconv.FormatInt(k, 10)
	}
	p, err := r.d.search(ctx, s.x.name, fmt.Sprintf("&preference=_shards:%d", s.sh.number),
		fmt.Sprintf(`{"size":%d,"track_total_hits":false,"sort":["_seq_no"],"query":{"constant_score":{"filter":{"terms":{"_seq_no":[%s]}}}}}`, len(numbers), strings.Join(terms, ",")))
	if err != nil {
		return 0, err
	}
	hits := p.hits[:min(len(p.hits), most)]
	for i := range hits {
		if err := r.add(ctx, &hits[i]); err != nil {
			return i, err
		}
	}
	return len(hits), nil
}

// scored lets the server choose, which looks at every document.
func (r *reading) scored(ctx context.Context, members []*index, n int) error {
	for i, x := range members {
		if code, _ := x.unreadable(); code != "" {
			continue
		}
		share := max(1, n/len(members))
		if i == 0 {
			share = n - share*(len(members)-1)
		}
		p, err := r.d.search(ctx, x.name, "", fmt.Sprintf(`{"size":%d,"track_total_hits":false,"query":{"function_score":{"random_score":{"seed":%d,"field":"_seq_no"}}}}`,
			max(1, min(share, largestPage)), r.q.Seed%(1<<31)))
		if err != nil {
			return err
		}
		for i := range p.hits {
			if err := r.add(ctx, &p.hits[i]); err != nil {
				return err
			}
		}
	}
	return nil
}

// Profile gives counts and the version, and by one aggregation an index how many values its keywords have. No document is read.
func (d *Driver) Profile(ctx context.Context, ds pii.Dataset) (connectors.Profile, error) {
	members, err := d.members(ctx, ds.Ref.Dataset)
	if err != nil {
		return connectors.Profile{}, err
	}
	out := connectors.Profile{Fields: map[string]connectors.FieldProfile{}}
	version := sha256.New()
	for _, x := range members {
		if code, _ := x.unreadable(); code != "" {
			return out, errkind.New(errkind.Unsupported, "an index of the dataset cannot be read")
		}
		st, err := d.stats(ctx, x.name)
		if err != nil {
			if errkind.Of(err) == errkind.Permission {
				return out, errkind.New(errkind.Unsupported, "the statistics may not be read")
			}
			return out, err
		}
		_, _ = fmt.Fprintln(version, x.uuid, x.schema, st.shards)
		var count struct{ Count int64 }
		if err := d.c.get(ctx, at(x.name, "_count"), &count); err != nil { // the statistics count nested parts as well
			return out, err
		}
		out.Records += count.Count
	}
	out.Version = hex.EncodeToString(version.Sum(nil)[:16])
	if len(members) == 1 { // distinct values of several indexes do not add up
		err = d.distinct(ctx, members[0], ds, out.Fields)
	}
	return out, err
}

// distinct asks for the number of values of the keywords.
func (d *Driver) distinct(ctx context.Context, x *index, ds pii.Dataset, into map[string]connectors.FieldProfile) error {
	aggs := map[string]any{}
	var names []string
	for _, f := range ds.Fields {
		if l, ok := x.leaves[dotted(f.Name)]; ok && (l.way == byTerm || l.way == byNumber) && len(l.nested) == 0 && len(names) < 60 {
			aggs[strconv.Itoa(len(names))] = map[string]any{"cardinality": map[string]any{"field": l.ask}}
			names = append(names, f.Name)
		}
	}
	if len(names) == 0 {
		return nil
	}
	body, err := json.Marshal(map[string]any{"size": 0, "track_total_hits": false, "aggs": aggs})
	if err != nil {
		return malformed()
	}
	text, err := d.c.do(ctx, call{method: "POST", path: at(x.name, "_search"), body: body})
	if err != nil {
		if errkind.Of(err) == errkind.Invalid {
			return nil // a keyword without doc values
		}
		return err
	}
	var got struct {
		Aggregations map[string]struct{ Value int64 }
	}
	if err := decoded(text, &got); err != nil {
		return err
	}
	for i, name := range names {
		into[name] = connectors.FieldProfile{Distinct: got.Aggregations[strconv.Itoa(i)].Value, Nulls: -1}
	}
	return nil
}
