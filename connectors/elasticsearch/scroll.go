package elasticsearch

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"hash/maphash"
	"net/http"
	"strconv"
	"time"

	"vestige/internal/errkind"
)

const (
	patience  = 10 * time.Second // how long a page that nobody wants any more is waited for: cutting it off would cost the connection
	keepAlive = "5m"
	// spanSize is how many operations of a shard are read in one go. What is behind a cursor is read again up to so many of them.
	spanSize = 100_000
)

// span is a part of the operations of a shard. The numbers of operations mean the same in each snapshot, which a place in a snapshot does not.
type span struct {
	shard    int   // -1 for all
	from, to int64 // to is not in it; -1 where there is no end
}

// within restricts a search to the span.
func (s span) within() string {
	switch {
	case s.to >= 0:
		return fmt.Sprintf(`,"query":{"constant_score":{"filter":{"range":{"_seq_no":{"gte":%d,"lt":%d}}}}}`, s.from, s.to)
	case s.from > 0:
		return fmt.Sprintf(`,"query":{"constant_score":{"filter":{"range":{"_seq_no":{"gte":%d}}}}}`, s.from)
	}
	return ""
}

func (s span) preference() string {
	if s.shard < 0 {
		return ""
	}
	return "&preference=_shards:" + strconv.Itoa(s.shard)
}

// snapshot reads an index behind a cursor, shard by shard as each is at one moment, and a small one as a whole.
func (r *reading) snapshot(ctx context.Context, x *index, from cursor) error {
	st, err := r.d.stats(ctx, x.name)
	if errkind.Of(err) == errkind.Permission && err != nil {
		st, err = r.d.measured(ctx, x)
	}
	if err != nil {
		return err
	}
	numbers, last := map[int]int64{}, int64(0)
	for _, sh := range st.shards {
		numbers[sh.number] = sh.max + 1
		last += sh.max + 1
	}
	if from.index != x.name && last <= r.d.span && len(st.shards) == x.shards() {
		if err := r.spans(ctx, x, []span{{-1, 0, -1}}); err != nil {
			return err
		}
		r.next = cursor{x.name, x.shards(), 0}.String()
		return nil
	}
	var all []span
	for k := range x.shards() { // one that is away is in no statistics, and is asked all the same
		begin := int64(0)
		switch {
		case from.index == x.name && k < from.shard:
			continue
		case from.index == x.name && k == from.shard:
			begin = from.seq + 1
		}
		for ; begin+r.d.span < numbers[k]; begin += r.d.span {
			all = append(all, span{k, begin, begin + r.d.span})
		}
		all = append(all, span{k, begin, -1}) // with what came meanwhile
	}
	return r.spans(ctx, x, all)
}

// spans reads parts of an index. Where a snapshot is lost on the way, the rest of its span is read by numbers.
func (r *reading) spans(ctx context.Context, x *index, all []span) error {
	who, err := r.d.c.who(ctx)
	if err != nil {
		return err
	}
	size := min(r.d.firstPage(ctx, x), x.window())
	if r.q.Limit > 0 {
		size = int(min(int64(size), r.q.Limit))
	}
	for len(all) > 0 {
		p := &pager{d: r.d, x: x, spans: all, size: size, opensearch: who.opensearch}
		seen, err := r.pages(ctx, p)
		if err == nil {
			return nil
		}
		if all = p.spans; !lost(err) || len(all) == 0 {
			return err
		}
		if err := r.rest(ctx, x, all[0], seen); err != nil {
			return err
		}
		r.passed(x, all[0])
		all = all[1:]
	}
	return nil
}

// lost tells of an error that the snapshot is gone, or cannot be gone on with, and not the index.
func lost(err error) bool {
	return errors.Is(err, errTooLarge) || errors.Is(err, errLost)
}

// errLost is joined to the error of a page that cannot be asked for a second time.
var errLost = errors.New("lost")

// passed notes that a span has been read.
func (r *reading) passed(x *index, s span) {
	switch {
	case s.shard < 0:
	case s.to < 0:
		r.next = cursor{x.name, s.shard + 1, -1}.String()
	default:
		r.next = cursor{x.name, s.shard, s.to - 1}.String()
	}
}

// pages takes in what a pager gives. While one page is taken in, the next is on its way. It gives what it has seen of a span that it did not finish.
func (r *reading) pages(ctx context.Context, p *pager) (seen map[uint64]struct{}, err error) {
	ctx, cancel := context.WithCancel(ctx)
	var pending chan fetched
	defer func() {
		if pending != nil {
			abandon(ctx, cancel, pending)
		}
		cancel()
		p.close(context.WithoutCancel(ctx))
	}()
	seen, seed := map[uint64]struct{}{}, maphash.MakeSeed()
	got, err := p.next(ctx)
	for err == nil && !got.end {
		next := make(chan fetched, 1)
		pending = next
		go func() {
			p, err := p.next(ctx)
			next <- fetched{p, err}
		}()
		for i := range got.hits {
			h := &got.hits[i]
			seen[maphash.String(seed, h.id)^maphash.Comparable(seed, h.seq)] = struct{}{}
			if err := r.add(ctx, h); err != nil {
				return seen, err
			}
		}
		if got.last {
			r.passed(p.x, got.span)
			clear(seen)
		}
		f := <-pending
		pending = nil
		got, err = f.page, f.err
	}
	r.seed = seed
	return seen, err
}

// fetched is a page, or why there is none.
type fetched struct {
	page page
	err  error
}

// abandon lets a page go. A connection whose answer is read to its end is used again.
func abandon(ctx context.Context, cancel context.CancelFunc, pending chan fetched) {
	wait := time.NewTimer(patience)
	defer wait.Stop()
	select {
	case <-pending:
		return
	case <-wait.C:
	case <-ctx.Done():
	}
	cancel()
	<-pending
}

// pager gives the pages of spans: by a point in time in the order of the shard's own documents, on OpenSearch, whose points in time lose documents where an order
// has ties, by a scroll. The answers use two buffers in turn: a page is valid until the one after the next.
type pager struct {
	d          *Driver
	x          *index
	spans      []span // the first is being read
	size       int
	opensearch bool

	id    string
	of    int // the shard that the point in time is of
	after []byte
	room  [2]bytes.Buffer
	turn  int
}

// adapt gives the size of the next page by the last one's.
func (x *index) adapt(size int, last page) int {
	if len(last.hits) == 0 {
		return size
	}
	fit := len(last.hits) * pageBytes / max(last.bytes, 1)
	return max(1, min(fit, size*4, x.window()))
}

// window is how many documents a page may have.
func (x *index) window() int {
	n, err := strconv.Atoi(x.setting("index.max_result_window"))
	if err != nil || n < 1 {
		return largestPage
	}
	return min(n, largestPage)
}

func (p *pager) next(ctx context.Context) (page, error) {
	if len(p.spans) == 0 {
		return page{end: true}, nil
	}
	for {
		got, err := p.ask(ctx)
		if errors.Is(err, errTooLarge) && p.size > 1 && !p.opensearch {
			p.size = max(1, p.size/4)
			continue
		}
		if err != nil {
			return got, err
		}
		got.span = p.spans[0]
		if got.last = len(got.hits) < p.size; got.last {
			p.spans, p.after = p.spans[1:], nil
			if p.opensearch || len(p.spans) > 0 && p.spans[0].shard != p.of {
				p.close(ctx)
			}
		}
		if !p.opensearch || got.last { // a scroll's pages have one size
			p.size = p.x.adapt(p.size, got)
		}
		return got, nil
	}
}

// ask asks for the next page of the first span.
func (p *pager) ask(ctx context.Context) (got page, err error) {
	q := call{method: http.MethodPost, path: "/_search", into: &p.room[p.turn%2], most: roomFor(p.size)}
	q.check = func(text []byte) (err error) {
		got, err = parse(text)
		return err
	}
	s := p.spans[0]
	switch {
	case p.opensearch && p.id != "":
		q.path, q.once = "/_search/scroll", true
		q.body = fmt.Appendf(nil, `{"scroll_id":%s,"scroll":"%s"}`, quoted(p.id), keepAlive)
	case p.opensearch:
		q.path = at(p.x.name, "_search") + strict + s.preference() + "&scroll=" + keepAlive
		q.body = fmt.Appendf(nil, `{"size":%d,"sort":["_doc"]%s}`, p.size, s.within())
	default:
		if err := p.open(ctx, s); err != nil {
			return got, err
		}
		after := ""
		if p.after != nil {
			after = `,"search_after":` + string(p.after)
		}
		q.body = fmt.Appendf(nil, `{"size":%d,"track_total_hits":false,"seq_no_primary_term":true,"pit":{"id":%s,"keep_alive":"%s"},"sort":["_shard_doc"]%s%s}`, p.size, quoted(p.id), keepAlive, after, s.within())
	}
	_, err = p.d.c.do(ctx, q)
	if k := errkind.Of(err); err != nil && p.id != "" && (k == errkind.NotFound || k == errkind.Transient && q.once) {
		return got, errors.Join(err, errLost)
	}
	if err != nil {
		return got, err
	}
	p.turn++
	p.id = cmp.Or(got.pit, got.scroll, p.id)
	if n := len(got.hits); n > 0 {
		p.after = bytes.Clone(got.hits[n-1].sort)
	}
	return got, nil
}

// open takes a point in time of the shard, if there is none yet.
func (p *pager) open(ctx context.Context, s span) error {
	if p.id != "" {
		return nil
	}
	var opened page
	_, err := p.d.c.do(ctx, call{method: http.MethodPost, path: at(p.x.name, "_pit") + "?keep_alive=" + keepAlive + s.preference(), check: func(text []byte) (err error) {
		opened, err = parse(text)
		return err
	}})
	p.id, p.of = opened.pit, s.shard
	return err
}

// close lets the server drop the old files, which hold what is erased meanwhile.
func (p *pager) close(ctx context.Context) {
	if p.id == "" {
		return
	}
	path, name := "/_pit", "id"
	if p.opensearch {
		path, name = "/_search/scroll", "scroll_id"
	}
	_, _ = p.d.c.do(ctx, call{method: http.MethodDelete, path: path, body: fmt.Appendf(nil, `{"%s":%s}`, name, quoted(p.id)), once: true})
	p.id = ""
}

// quoted writes a text as JSON.
func quoted(s string) []byte {
	text, err := json.Marshal(s)
	if err != nil {
		return []byte(`""`)
	}
	return text
}

// roomFor bounds an answer of so many documents. One alone may be as large as a server takes.
func roomFor(documents int) int64 {
	if documents > 1 {
		return pageLimit
	}
	return bodyLimit
}

// firstPage gives the size of the first page, by the segment with the largest documents: a server of little memory dies of 100 large ones.
func (d *Driver) firstPage(ctx context.Context, x *index) int {
	var segments []struct {
		Docs string `json:"docs.count"`
		Size string
	}
	if d.c.get(ctx, at("_cat", "segments", x.name)+"?format=json&bytes=b&h=docs.count,size", &segments) != nil {
		return firstPage
	}
	largest, most := int64(0), firstPage
	for _, s := range segments {
		docs, _ := strconv.ParseInt(s.Docs, 10, 64)
		size, _ := strconv.ParseInt(s.Size, 10, 64)
		if docs > 0 && (docs >= 100 || size/docs > 64<<10) { // a few small documents say nothing
			largest = max(largest, size/docs)
		}
		if docs >= 10_000 {
			most = largestPage
		}
	}
	if largest == 0 {
		return firstPage
	}
	return int(max(1, min(int64(most), pageBytes/(3*largest)))) // packed, a document is about a third of what comes
}

// rest reads a span by the numbers of its operations, but for what was seen of it.
func (r *reading) rest(ctx context.Context, x *index, s span, seen map[uint64]struct{}) error {
	shards := []int{s.shard}
	if s.shard < 0 {
		shards = shards[:0]
		for k := range x.shards() {
			shards = append(shards, k)
		}
	}
	size := min(firstPage, x.window())
	for _, k := range shards {
		at := span{k, s.from, s.to}
		for {
			p, err := r.d.search(ctx, x.name, at.preference(), fmt.Sprintf(`{"size":%d,"track_total_hits":false,"sort":["_seq_no"]%s}`, size, at.within()))
			if errors.Is(err, errTooLarge) && size > 1 {
				size = max(1, size/4)
				continue
			}
			if errors.Is(err, errTooLarge) {
				p, err = r.skip(ctx, x, at)
			}
			if err != nil {
				return err
			}
			for i := range p.hits {
				h := &p.hits[i]
				at.from = h.seq + 1
				if _, again := seen[maphash.String(r.seed, h.id)^maphash.Comparable(r.seed, h.seq)]; again || h.source == nil {
					continue
				}
				if err := r.add(ctx, h); err != nil {
					return err
				}
			}
			if len(p.hits) < size {
				break
			}
			size = x.adapt(size, p)
		}
	}
	return nil
}

// skip passes by a document that is too large to be taken in.
func (r *reading) skip(ctx context.Context, x *index, at span) (page, error) {
	p, err := r.d.search(ctx, x.name, at.preference(), `{"size":1,"track_total_hits":false,"_source":false,"sort":["_seq_no"]`+at.within()+`}`)
	if err == nil {
		err = r.gap(ctx, gapTooLarge, "a document is too large to be taken in")
	}
	return p, err
}
