package elasticsearch

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"hash/maphash"
	"iter"
	"net/http"
	"strconv"
	"strings"

	"vestige/connectors"
	"vestige/internal/doc"
	"vestige/internal/errkind"
	"vestige/pii"
)

const (
	pageBytes   = 4 << 20 // what a page of documents is to have
	firstPage   = 50      // documents, while nothing is known of their size: a server of little memory dies of 100 large ones
	largestPage = 2000
	batchBytes  = 1 << 20
	keysAtOnce  = 256
)

// errDone ends a read whose consumer has had enough; it is never seen outside.
var errDone = errors.New("done")

// Read yields the documents of every index of the dataset, index by index.
func (d *Driver) Read(ctx context.Context, q connectors.Query) iter.Seq2[*pii.Batch, error] {
	return func(yield func(*pii.Batch, error) bool) {
		r := d.reading(q, yield)
		err := r.run(ctx)
		if err == nil {
			err = r.flush(ctx)
		}
		if err != nil && !errors.Is(err, errDone) {
			yield(nil, err)
		}
	}
}

// reading turns documents into batches.
type reading struct {
	d      *Driver
	q      connectors.Query
	yield  func(*pii.Batch, error) bool
	batch  *pii.Batch
	cols   map[string]int // by field: the column of the batch, -1 for one that is not wanted
	all    bool
	max    int
	count  int64
	walker doc.Walker
	next   string // the cursor behind all that was taken in
	seed   maphash.Seed
	shown  string    // the index whose name is in value
	value  pii.Value // shared by the keys of its documents
}

func (d *Driver) reading(q connectors.Query, yield func(*pii.Batch, error) bool) *reading {
	r := &reading{d: d, q: q, yield: yield, cols: map[string]int{}, all: q.Fields == nil, max: q.Batch}
	if r.max <= 0 || r.max > 10_000 {
		r.max = 1024
	}
	var fields []pii.Field
	if names := q.Fields; names != nil {
		for _, name := range names {
			f := connectors.PathField("", name, pii.Text)
			if own := q.Dataset.Field(name); own != nil {
				f = *own
			}
			fields = append(fields, f)
		}
	} else {
		fields = q.Dataset.Fields
	}
	for i, f := range fields {
		r.cols[f.Name] = i
	}
	r.batch = pii.NewBatch(q.Dataset.Ref, fields)
	return r
}

func (r *reading) run(ctx context.Context) error {
	members, err := r.d.members(ctx, r.q.Dataset.Ref.Dataset)
	if err != nil {
		return err
	}
	if r.q.Keys != nil {
		return r.byKeys(ctx, members, r.q.Keys)
	}
	from, err := parseCursor(r.q.From)
	if err != nil {
		return err
	}
	for _, x := range members {
		if from.index != "" && x.name < from.index {
			continue
		}
		if err := r.index(ctx, x, from); err != nil {
			return err
		}
	}
	return nil
}

// index reads one index, from its beginning or from a cursor in it.
func (r *reading) index(ctx context.Context, x *index, from cursor) error {
	if code, text := x.unreadable(); code != "" {
		return r.gap(ctx, code, text)
	}
	stale, err := r.d.refresh(ctx, x)
	if err == nil && stale {
		err = r.gap(ctx, gapStale, "the index shows new documents only when it is refreshed, which the user may not do (privilege maintenance)")
	}
	if err != nil {
		return err
	}
	err = r.snapshot(ctx, x, from)
	if errkind.Of(err) == errkind.Permission && err != nil {
		return r.gap(ctx, gapDenied, "the index may not be read")
	}
	if err == nil && x.source == sourceExcluded {
		return r.gap(ctx, gapExcluded, "documents come without the fields that _source leaves out; the index may hold their values")
	}
	return err
}

// refresh makes what was written visible to searches. stale tells that this is not allowed and does not happen by itself.
func (d *Driver) refresh(ctx context.Context, x *index) (stale bool, err error) {
	_, err = d.c.do(ctx, call{method: http.MethodPost, path: at(x.name, "_refresh")})
	switch errkind.Of(err) {
	case errkind.Permission:
		return x.setting("index.refresh_interval") == "-1", nil
	case errkind.Canceled, errkind.Transient:
		return false, err
	}
	return false, nil
}

// strict lets a search fail rather than leave something out.
const strict = "?allow_partial_search_results=false&ignore_unavailable=false&allow_no_indices=false&seq_no_primary_term=true"

// search asks one index; a part of it that does not answer is an error.
func (d *Driver) search(ctx context.Context, name, query, body string) (page, error) {
	path := "/_search"
	if name != "" {
		path = at(name, "_search") + strict + query
	}
	var p page
	_, err := d.c.do(ctx, call{method: http.MethodPost, path: path, body: []byte(body), check: func(text []byte) (err error) {
		p, err = parse(text)
		return err
	}})
	return p, err
}

// add takes a document in.
func (r *reading) add(ctx context.Context, h *hit) error {
	r.put(h)
	r.count++
	if r.batch.Len() >= r.max || r.batch.Size() >= batchBytes {
		if err := r.flush(ctx); err != nil {
			return err
		}
	}
	if r.q.Limit > 0 && r.count >= r.q.Limit {
		if err := r.flush(ctx); err != nil {
			return err
		}
		return errDone
	}
	return nil
}

func (r *reading) put(h *hit) {
	if h.index != r.shown || r.value.Null() {
		r.shown, r.value = h.index, pii.NewValue(h.index)
	}
	if i, ok := r.cols[indexField]; ok {
		r.batch.Append(i, []byte(h.index))
	}
	if i, ok := r.cols[idField]; ok {
		r.batch.Append(i, []byte(h.id))
	}
	if i, ok := r.cols[routingField]; ok && h.hasRouting {
		r.batch.Append(i, []byte(h.routing))
	}
	_ = r.walker.Walk(h.source, func(l doc.Leaf) bool {
		r.leaf(&l)
		return true
	})
	if r.q.Bare {
		r.batch.EndRecord(nil, pii.Digest{})
		return
	}
	key := pii.Key{r.value, pii.NewValue(h.id), {}}
	if h.hasRouting {
		key[2] = pii.NewValue(h.routing)
	}
	r.batch.EndRecord(key, sha256.Sum256(h.source))
}

func (r *reading) leaf(l *doc.Leaf) {
	i, ok := r.cols[l.Name]
	if !ok {
		if i = -1; r.all && !addressed(l.Name) {
			i = r.batch.AddColumn(connectors.PathField("", l.Name, kindType(l.Kind)))
		}
		r.cols[l.Name] = i
	}
	if i < 0 || addressed(l.Name) {
		return
	}
	path := l.Path
	if path == l.Name {
		path = ""
	}
	r.batch.AppendAt(i, l.Value, path)
}

func (r *reading) flush(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if r.batch.Len() == 0 {
		return nil
	}
	r.batch.Next = r.next
	if !r.yield(r.batch, nil) {
		return errDone
	}
	r.batch.Reset()
	return nil
}

// gap yields what was read so far and then the gap.
func (r *reading) gap(ctx context.Context, code, text string) error {
	if err := r.flush(ctx); err != nil {
		return err
	}
	if !r.yield(pii.GapBatch(pii.Gap{Code: code, At: r.q.Dataset.Ref, Text: text, Records: -1}), nil) {
		return errDone
	}
	return nil
}

// byKeys asks for documents by their addresses, which needs no refresh.
func (r *reading) byKeys(ctx context.Context, members []*index, keys []pii.Key) error {
	for len(keys) > 0 {
		part := keys[:min(keysAtOnce, len(keys))]
		keys = keys[len(part):]
		hits, err := r.d.fetch(ctx, members, part)
		if err != nil {
			return err
		}
		for i := range hits {
			if hits[i].found {
				if err := r.add(ctx, &hits[i]); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// address is a document's place as _mget and _bulk want it.
type address struct {
	Index   string `json:"_index"`
	ID      string `json:"_id"`
	Routing string `json:"routing,omitempty"`
}

// addressOf reads a key; ok is false where it is none of the indexes'.
func addressOf(members []*index, k pii.Key) (a address, ok bool) {
	if len(k) != 3 || k[1].Len() == 0 {
		return a, false
	}
	a = address{k[0].Reveal(), k[1].Reveal(), k[2].Reveal()}
	for _, x := range members {
		ok = ok || x.name == a.Index && !x.closed
	}
	return a, ok && len(a.ID) <= 512
}

// fetch gives the documents of keys, in their order; one that is not there is a hit that was not found.
func (d *Driver) fetch(ctx context.Context, members []*index, keys []pii.Key) ([]hit, error) {
	out := make([]hit, len(keys))
	var docs []address
	var places []int
	for i, k := range keys {
		if a, ok := addressOf(members, k); ok {
			docs, places = append(docs, a), append(places, i)
		}
	}
	if len(docs) == 0 {
		return out, ctx.Err()
	}
	body, err := json.Marshal(map[string]any{"docs": docs})
	if err != nil {
		return nil, malformed()
	}
	var p page
	_, err = d.c.do(ctx, call{method: http.MethodPost, path: "/_mget", body: body, most: roomFor(len(docs)), check: func(text []byte) (err error) {
		if p, err = parse(text); err == nil && len(p.hits) != len(docs) {
			err = malformed()
		}
		for _, h := range p.hits {
			if err == nil && h.failed != "" {
				err = itemError(0, h.failed)
			}
		}
		return err
	}})
	if errors.Is(err, errTooLarge) && len(keys) > 1 {
		return d.halves(ctx, members, keys)
	}
	if err != nil {
		return nil, err
	}
	for i, h := range p.hits {
		out[places[i]] = h
	}
	return out, nil
}

func (d *Driver) halves(ctx context.Context, members []*index, keys []pii.Key) ([]hit, error) {
	a, err := d.fetch(ctx, members, keys[:len(keys)/2])
	if err != nil {
		return nil, err
	}
	b, err := d.fetch(ctx, members, keys[len(keys)/2:])
	return append(a, b...), err
}

// cursor is where to go on: behind an operation of a shard of an index.
type cursor struct {
	index string
	shard int
	seq   int64
}

func (c cursor) String() string { return fmt.Sprintf("%s#%d#%d", c.index, c.shard, c.seq) }

func parseCursor(text string) (cursor, error) {
	if text == "" {
		return cursor{}, nil
	}
	parts := strings.Split(text, "#")
	if len(parts) == 3 {
		shard, err1 := strconv.Atoi(parts[1])
		seq, err2 := strconv.ParseInt(parts[2], 10, 64)
		if err1 == nil && err2 == nil {
			return cursor{parts[0], shard, seq}, nil
		}
	}
	return cursor{}, errkind.New(errkind.Invalid, "the cursor is none of this system: index#shard#number")
}
