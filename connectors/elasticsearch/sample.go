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
	"strconv"

	"vestige/connectors"
	"vestige/internal/errkind"
	"vestige/pii"
)

// countedAtMost is how many documents an index may have for the server to be asked to count its values.
const countedAtMost = 2_000_000

// Sample asks for documents by random numbers of operations: each document has one, and the cost does not grow with the index.
func (d *Driver) Sample(ctx context.Context, q connectors.Query, n int) iter.Seq2[*pii.Batch, error] {
	return func(yield func(*pii.Batch, error) bool) {
		q.Limit = int64(n) // the statistics may know of fewer documents than there are by now
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

func (r *reading) sample(ctx context.Context, n int) error {
	members, err := r.d.members(ctx, r.q.Dataset.Ref.Dataset)
	if err != nil || n <= 0 {
		return err
	}
	u := &urn{d: r.d, random: rand.New(rand.NewPCG(r.q.Seed, 0xe1a57))}
	for _, x := range members {
		if code, text := x.unreadable(); code != "" {
			if err := r.gap(ctx, code, text); err != nil {
				return err
			}
			continue
		}
		if err := u.add(ctx, x); err != nil {
			return err
		}
	}
	if u.total <= int64(n) {
		for _, x := range members {
			if code, _ := x.unreadable(); code != "" {
				continue
			}
			if err := r.index(ctx, x, cursor{}); err != nil {
				return err
			}
		}
		return nil
	}
	return u.draw(ctx, n, func(h *hit) error { return r.add(ctx, h) })
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
	if len(members) == 1 && out.Records <= countedAtMost { // distinct values of several indexes do not add up
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
