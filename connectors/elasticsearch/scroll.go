package elasticsearch

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"vestige/internal/errkind"
)

// patience is how long a page that nobody wants any more is waited for.
const patience = 300 * time.Millisecond

// fetched is a page, or why there is none.
type fetched struct {
	page page
	err  error
}

// snapshot reads an index as it is at one moment. While one page is taken in, the next is on its way.
func (r *reading) snapshot(ctx context.Context, x *index) error {
	who, err := r.d.c.who(ctx)
	if err != nil {
		return err
	}
	var p pager = &pit{d: r.d, x: x, size: firstPage}
	if who.opensearch { // its snapshots lose documents where an order has ties
		p = &scroll{d: r.d, x: x}
	}
	if r.q.Limit > 0 {
		p.atMost(int(min(r.q.Limit, largestPage)))
	}
	ctx, cancel := context.WithCancel(ctx)
	var pending chan fetched
	defer func() {
		if pending != nil {
			wait := time.NewTimer(patience)
			select { // a connection whose answer is read to its end is used again
			case f := <-pending:
				pending <- f
			case <-wait.C:
			case <-ctx.Done():
			}
			wait.Stop()
			cancel()
			<-pending
		}
		cancel()
		p.close(context.WithoutCancel(ctx))
	}()
	got, err := p.next(ctx)
	for err == nil && len(got.hits) > 0 {
		next := make(chan fetched, 1)
		pending = next
		go func() {
			p, err := p.next(ctx)
			next <- fetched{p, err}
		}()
		for i := range got.hits {
			if err := r.add(ctx, &got.hits[i]); err != nil {
				return err
			}
		}
		f := <-pending
		pending = nil
		got, err = f.page, f.err
	}
	return err
}

// pager gives the pages of an index, the last of them empty.
type pager interface {
	next(ctx context.Context) (page, error)
	close(ctx context.Context)
	atMost(n int)
}

// adapt gives the size of the next page by the last one's.
func adapt(size int, last page) int {
	if len(last.hits) == 0 {
		return size
	}
	fit := len(last.hits) * pageBytes / max(last.bytes, 1)
	return max(1, min(fit, size*4, largestPage))
}

// pit reads by a point in time in the order of the shards' own documents.
type pit struct {
	d     *Driver
	x     *index
	id    string
	size  int
	bytes int // of the last page, and a little more
	after []byte
	done  bool
}

const keepAlive = "5m"

func (p *pit) atMost(n int) { p.size = min(p.size, max(n, 1)) }

func (p *pit) next(ctx context.Context) (page, error) {
	if p.done {
		return page{}, nil
	}
	if p.id == "" {
		text, err := p.d.c.do(ctx, call{method: http.MethodPost, path: at(p.x.name, "_pit") + "?keep_alive=" + keepAlive})
		if err != nil {
			return page{}, err
		}
		opened, err := parse(text)
		if err != nil {
			return page{}, err
		}
		p.id = opened.pit
	}
	for {
		got, err := p.ask(ctx)
		if errors.Is(err, errTooLarge) && p.size > 1 {
			p.size = max(1, p.size/4)
			continue
		}
		if err != nil {
			return got, err
		}
		if got.pit != "" {
			p.id = got.pit
		}
		if n := len(got.hits); n > 0 {
			p.after = got.hits[n-1].sort
		}
		p.done = len(got.hits) < p.size
		p.size = adapt(p.size, got)
		return got, nil
	}
}

func (p *pit) ask(ctx context.Context) (page, error) {
	after := ""
	if p.after != nil {
		after = `,"search_after":` + string(p.after)
	}
	id, err := json.Marshal(p.id)
	if err != nil {
		return page{}, malformed()
	}
	text, err := p.d.c.do(ctx, call{method: http.MethodPost, path: "/_search", expect: p.bytes, body: fmt.Appendf(nil, `{"size":%d,"track_total_hits":false,"seq_no_primary_term":true,"pit":{"id":%s,"keep_alive":"%s"},"sort":["_shard_doc"]%s}`,
		p.size, id, keepAlive, after)})
	if err != nil {
		return page{}, err
	}
	p.bytes = len(text) + len(text)/16
	return parse(text)
}

// close lets the server drop the old files, which hold what is erased meanwhile.
func (p *pit) close(ctx context.Context) {
	if p.id != "" {
		if id, err := json.Marshal(map[string]string{"id": p.id}); err == nil {
			_, _ = p.d.c.do(ctx, call{method: http.MethodDelete, path: "/_pit", body: id, once: true})
		}
	}
}

// scroll reads pages of one size, which cannot be changed on the way: the statistics say what fits.
type scroll struct {
	d    *Driver
	x    *index
	id   string
	size int
}

func (s *scroll) atMost(n int) { s.size = max(n, 1) }

func (s *scroll) next(ctx context.Context) (page, error) {
	if s.id != "" {
		body, err := json.Marshal(map[string]string{"scroll_id": s.id, "scroll": keepAlive})
		if err != nil {
			return page{}, malformed()
		}
		// A scroll cannot be asked again for a page that was lost on the way.
		text, err := s.d.c.do(ctx, call{method: http.MethodPost, path: "/_search/scroll", body: body, once: true})
		if err != nil {
			return page{}, err
		}
		return parse(text)
	}
	if s.size == 0 {
		s.size = firstPage
		st, err := s.d.stats(ctx, s.x.name)
		if err != nil && errkind.Of(err) != errkind.Permission {
			return page{}, err
		}
		if st.docs > 0 { // packed, a document is about a third of what comes
			s.size = int(max(1, min(largestPage, pageBytes/max(1, 3*st.bytes/st.docs))))
		}
	}
	p, err := s.d.search(ctx, s.x.name, "&scroll="+keepAlive, fmt.Sprintf(`{"size":%d,"sort":["_doc"]}`, s.size))
	s.id = p.scroll
	return p, err
}

func (s *scroll) close(ctx context.Context) {
	if s.id != "" {
		if body, err := json.Marshal(map[string]string{"scroll_id": s.id}); err == nil {
			_, _ = s.d.c.do(ctx, call{method: http.MethodDelete, path: "/_search/scroll", body: body, once: true})
		}
	}
}

// blockSize is how many operations a block spans; it holds no more documents than that.
const blockSize = 1000

// blocks reads an index shard by shard in blocks of operation numbers, from behind the cursor on. A snapshot's place means nothing in another one;
// these numbers do, as long as the index is the same.
func (r *reading) blocks(ctx context.Context, x *index, from cursor) error {
	st, err := r.d.stats(ctx, x.name)
	if err != nil {
		return err
	}
	for _, sh := range st.shards {
		begin := int64(0)
		switch {
		case sh.number < from.shard:
			continue
		case sh.number == from.shard:
			begin = from.seq + 1
		}
		for ; begin <= sh.max; begin += blockSize {
			p, err := r.d.search(ctx, x.name, fmt.Sprintf("&preference=_shards:%d", sh.number),
				fmt.Sprintf(`{"size":%d,"track_total_hits":false,"sort":["_seq_no"],"query":{"constant_score":{"filter":{"range":{"_seq_no":{"gte":%d,"lt":%d}}}}}}`, blockSize, begin, begin+blockSize))
			if err != nil {
				return err
			}
			for i := range p.hits {
				if err := r.add(ctx, &p.hits[i]); err != nil {
					return err
				}
			}
		}
	}
	return nil
}
