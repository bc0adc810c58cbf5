package catalog

import (
	"context"
	"runtime"
	"slices"
	"strings"
	"sync"

	"vestige/lineage"
	"vestige/pii"
)

// outline is the graph without most of its fields, which pictures of the estate are made from: a graph of a million fields takes a gigabyte, its outline a tenth of
// it. It is read from the index once, compared with what the store says as the whole graph is, and follows the index from then on.
type outline struct {
	mu     sync.Mutex // one reader at a time
	nodes  map[string]lineage.Node
	edges  map[string][]lineage.Edge
	graph  *lineage.Graph // nil where something has changed since it was put together
	behind []change       // that the index was told of meanwhile; nil where nobody has asked for the outline, or not for long. Changed under Catalog.syncMu
}

// patient is how many changes wait for somebody to ask for the outline; behind more of them it is read anew.
const patient = 20_000

// note keeps what the index is told of.
func (o *outline) note(changes []change) {
	if o.behind == nil || len(o.behind)+len(changes) > patient {
		o.behind = nil
		return
	}
	for _, ch := range changes {
		o.behind = append(o.behind, change{id: ch.id, doc: ch.doc})
	}
}

// Outline gives the lineage graph with the fields alone that say what a dataset is: of each kind of identifier the first, those of value domains, and all where names
// are filled in from them. Whole says what is counted of the others. It is a Conflict, coded index-stale, as [Catalog.Graph] is. Nobody changes what is given.
func (c *Catalog) Outline(ctx context.Context) (*lineage.Graph, error) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	idx, err := c.live()
	if err != nil {
		return nil, err
	}
	o := &idx.outline
	o.mu.Lock()
	defer o.mu.Unlock()
	for {
		if o.nodes == nil {
			if err := c.readOutline(ctx, idx); err != nil {
				return nil, err
			}
		}
		now, changes, err := c.outlined(ctx, idx)
		switch {
		case err != nil:
			return nil, err
		case changes == nil: // too much has happened since
			o.nodes = nil
		default:
			return o.follow(changes, now.Revision)
		}
	}
}

// outlined brings the index forward and takes what the outline has not followed yet.
func (c *Catalog) outlined(ctx context.Context, idx *index) (revision, []change, error) {
	c.syncMu.Lock()
	defer c.syncMu.Unlock()
	now, err := c.bring(ctx, idx)
	changes := idx.outline.behind
	if err == nil && changes != nil {
		idx.outline.behind = []change{}
	}
	return now, changes, err
}

// readOutline reads the outline from a snapshot of the index; what the index is told of from then on is kept until it is followed.
func (c *Catalog) readOutline(ctx context.Context, idx *index) error {
	c.syncMu.Lock()
	want, err := c.bring(ctx, idx)
	var s *snapshot
	if err == nil {
		s, err = idx.snapshot()
	}
	idx.outline.behind = []change{}
	c.syncMu.Unlock()
	if err != nil {
		return err
	}
	defer s.close()
	o := &idx.outline
	o.nodes, o.edges, o.graph = map[string]lineage.Node{}, map[string][]lineage.Edge{}, nil
	if err := o.read(ctx, s, want); err != nil {
		o.nodes = nil
		return err
	}
	return nil
}

// read takes the documents of a snapshot as they come, decodes them on every core, and compares them with what the store says of all.
func (o *outline) read(ctx context.Context, s *snapshot, want revision) error {
	var mu sync.Mutex
	var digest sum
	var count int64
	var failed error
	docs := make(chan graphDoc, 64)
	var workers sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		workers.Go(func() {
			for d := range docs {
				h := hashDoc(d.id, d.doc)
				p, err := pieceOf(d.id, d.doc)
				mu.Lock()
				o.take(p)
				digest, count = digest.add(h), count+1
				if err != nil {
					failed = err
				}
				mu.Unlock()
			}
		})
	}
	at, err := s.each(ctx, func(d graphDoc) { docs <- d })
	close(docs)
	workers.Wait()
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case err != nil || failed != nil:
		return errStale("it cannot be read")
	case at != want.Revision:
		return errStale("it follows another revision")
	case count != want.Docs:
		return errStale("it has another number of documents")
	case digest != want.Digest:
		return errStale("a document is not the one that was written")
	}
	return nil
}

// piece is what the outline has of one document.
type piece struct {
	id    string
	node  lineage.Node
	edges []lineage.Edge
	gone  bool
}

func pieceOf(id string, doc []byte) (p piece, err error) {
	p.id, p.gone = id, doc == nil
	switch {
	case p.gone:
	case id[0] == 'n':
		var n lineage.Node
		err = decode(doc, &n)
		p.node = thin(&n)
	default:
		err = decode(doc, &p.edges)
	}
	return p, err
}

func (o *outline) take(p piece) {
	switch {
	case p.id[0] == 'n' && p.gone:
		delete(o.nodes, p.id)
	case p.id[0] == 'n':
		o.nodes[p.id] = p.node
	case p.gone:
		delete(o.edges, p.id)
	default:
		o.edges[p.id] = p.edges
	}
}

// thin leaves of a dataset what its outline says.
func thin(n *lineage.Node) lineage.Node {
	d := n.Dataset
	w := wholeOf(n)
	out := lineage.Node{Dataset: pii.Dataset{Ref: d.Ref, Kind: d.Kind, Reads: d.Reads}, Person: n.Person, Gone: n.Gone, Island: n.Island, Whole: &w}
	named := strings.Contains(d.Ref.Dataset, "{")
	var seen []pii.Category
	for i := range n.Fields {
		f := &n.Fields[i]
		first := f.Dense && f.Category.Identifier() && f.Confidence >= Find && !slices.Contains(seen, f.Category)
		if first {
			seen = append(seen, f.Category)
		}
		if first || named || f.Domain != "" {
			out.Fields = append(out.Fields, lineage.FieldNode{Field: pii.Field{Name: f.Field.Name}, Category: f.Category, Confidence: f.Confidence, Dense: f.Dense, Contains: f.Contains, Domain: f.Domain})
		}
	}
	return out
}

// wholeOf counts what a dataset holds of people, and how sensitive the worst is.
func wholeOf(n *lineage.Node) (w lineage.Summary) {
	w.Fields = len(n.Fields)
	level := func(k pii.Category) int { i, _ := k.Info(); return max(1, i.Sensitivity) }
	for i := range n.Fields {
		f, top := &n.Fields[i], 0
		if f.Category.Personal() && f.Confidence >= Find {
			top = level(f.Category)
		}
		for _, k := range alsoOf(f) {
			top = max(top, level(k))
		}
		if top > 0 {
			w.Personal++
		}
		w.Top = max(w.Top, top)
	}
	return w
}

// follow brings the outline forward. What is given stays as it is; where datasets have changed and none has come or gone, most of it is shared with what was given before.
func (o *outline) follow(changes []change, at int64) (*lineage.Graph, error) {
	var again []lineage.Node
	whole := o.graph == nil
	for _, ch := range changes {
		p, err := pieceOf(ch.id, ch.doc)
		if err != nil {
			o.nodes = nil
			return nil, err
		}
		_, known := o.nodes[p.id]
		whole = whole || p.gone || p.id[0] != 'n' || !known
		o.take(p)
		again = append(again, p.node)
	}
	switch {
	case whole:
		o.graph = o.assemble(at)
	case len(again) > 0 || o.graph.Revision != at:
		o.graph = o.graph.With(again, at)
	}
	return o.graph, nil
}

func (o *outline) assemble(at int64) *lineage.Graph {
	g := &lineage.Graph{Revision: at, Nodes: make([]lineage.Node, 0, len(o.nodes))}
	for _, n := range o.nodes {
		g.Nodes = append(g.Nodes, n)
	}
	for _, es := range o.edges {
		g.Edges = append(g.Edges, es...)
	}
	return sorted(g)
}
