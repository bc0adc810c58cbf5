package catalog

import (
	"cmp"
	"context"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync"

	"vestige/internal/db"
	"vestige/internal/errkind"
	"vestige/lineage"
)

// errStale is the refusal to answer from an index that is not what the store says.
func errStale(why string) error {
	return errkind.Coded(errkind.Conflict, "index-stale", "the index is not what the store says (%s): run vestige reindex", why)
}

// live gives the index, or why there is none. The caller holds c.mu.
func (c *Catalog) live() (*index, error) {
	if c.idx == nil {
		return nil, errStale(c.why)
	}
	if !c.idx.there() {
		return nil, errStale("it was removed")
	}
	return c.idx, nil
}

// Graph reads the whole lineage graph from the index, and from nowhere else. It is a Conflict, coded index-stale, where revision, count or
// digest of the documents read are not those kept in the store.
func (c *Catalog) Graph(ctx context.Context) (*lineage.Graph, error) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	idx, err := c.live()
	if err != nil {
		return nil, err
	}
	want, snapshot, err := c.snapshot(ctx, idx)
	if err != nil {
		return nil, err
	}
	defer snapshot.close()
	docs, at, err := snapshot.graph(ctx)
	switch {
	case err != nil:
		return nil, errStale("it cannot be read")
	case at != want.Revision:
		return nil, errStale("it follows another revision")
	}
	if err := want.compare(docs); err != nil {
		return nil, err
	}
	return assemble(docs, at)
}

// snapshot brings the index forward and gives it as it is then, with what the store says of that revision.
func (c *Catalog) snapshot(ctx context.Context, idx *index) (revision, *snapshot, error) {
	c.syncMu.Lock()
	defer c.syncMu.Unlock()
	want, err := c.bring(ctx, idx)
	if err != nil {
		return want, nil, err
	}
	s, err := idx.snapshot()
	return want, s, err
}

// compare refuses documents whose number or digest is not what the store keeps.
func (r revision) compare(docs []graphDoc) error {
	if int64(len(docs)) != r.Docs {
		return errStale("it has another number of documents")
	}
	var digest sum
	for _, d := range docs {
		digest = digest.add(hashDoc(d.id, d.doc))
	}
	if digest != r.Digest {
		return errStale("a document is not the one that was written")
	}
	return nil
}

// assemble decodes the documents, on every core, since a cold plan waits for it.
func assemble(docs []graphDoc, at int64) (*lineage.Graph, error) {
	nodes, edges := make([]lineage.Node, len(docs)), make([][]lineage.Edge, len(docs))
	workers := max(1, min(runtime.GOMAXPROCS(0), len(docs)/64))
	errs := make([]error, workers)
	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() {
			for i := w; i < len(docs) && errs[w] == nil; i += workers {
				if docs[i].id[0] == 'n' {
					errs[w] = decode(docs[i].doc, &nodes[i])
				} else {
					errs[w] = decode(docs[i].doc, &edges[i])
				}
			}
		})
	}
	wg.Wait()
	for _, err := range errs {
		if err != nil {
			return nil, err
		}
	}
	return ordered(docs, nodes, edges, at), nil
}

// sync brings the index forward to what is committed in the store. The caller holds c.mu for reading.
func (c *Catalog) sync(ctx context.Context) error {
	c.syncMu.Lock()
	defer c.syncMu.Unlock()
	if c.idx == nil {
		return nil
	}
	_, err := c.bring(ctx, c.idx)
	return err
}

// portion is how many graph documents one batch of the index carries.
const portion = 256

// bring follows the store to its end and gives what the store says of the revision reached; where the index is ahead that is an earlier one.
func (c *Catalog) bring(ctx context.Context, idx *index) (revision, error) {
	at, err := idx.revision()
	if err != nil {
		return revision{}, err
	}
	for {
		now, to, changes, err := c.changes(ctx, at)
		if err != nil || now.Revision <= at {
			return now, err
		}
		if err := idx.follow(changes, to); err != nil {
			return now, err
		}
		if at = to; at == now.Revision {
			return now, nil
		}
	}
}

// changes reads the next documents behind a revision, what the store says of all, and the revision that an index has reached with them.
func (c *Catalog) changes(ctx context.Context, after int64) (now revision, to int64, changes []change, err error) {
	err = c.read(ctx, func(tx db.Tx) error {
		now, err = scanRevision(tx.QueryRow(ctx, "SELECT revision, docs, digest FROM catalog_revision WHERE id = 1"))
		if err != nil || now.Revision <= after {
			return err
		}
		changes, to, err = changedDocs(ctx, tx, after)
		if err != nil {
			return err
		}
		if len(changes) < portion {
			to = now.Revision
		}
		return c.describe(ctx, tx, changes)
	})
	return now, to, changes, err
}

func changedDocs(ctx context.Context, tx db.Tx, after int64) (changes []change, last int64, err error) {
	changes, err = collect(ctx, tx, func(row db.Row) (ch change, err error) {
		var hash string
		err = row.Scan(&ch.id, &last, &hash, &ch.doc)
		if hash == "" {
			ch.doc = nil
		}
		return ch, err
	}, "SELECT id, revision, hash, doc FROM graph_doc WHERE revision > $1 ORDER BY revision LIMIT $2", after, portion)
	return changes, last, err
}

// describe adds the search documents of the datasets among the changes.
func (c *Catalog) describe(ctx context.Context, tx db.Tx, changes []change) error {
	for i := range changes {
		ch := &changes[i]
		if ch.doc == nil || ch.id[0] != 'n' {
			continue
		}
		var n lineage.Node
		if err := decode(ch.doc, &n); err != nil {
			return err
		}
		states, decided, err := c.statesOf(ctx, tx, &n)
		if err != nil {
			return err
		}
		ch.docs = searchDocs(&n, states, decided)
	}
	return nil
}

func (c *Catalog) statesOf(ctx context.Context, tx db.Tx, n *lineage.Node) (map[string]State, map[string]bool, error) {
	ref := n.Dataset.Ref
	states, decided := map[string]State{}, map[string]bool{}
	rows, err := collect(ctx, tx, func(row db.Row) (p [2]string, err error) { return p, row.Scan(&p[0], &p[1]) },
		"SELECT name, state FROM field WHERE source = $1 AND dataset = $2", ref.Source, ref.Dataset)
	if err != nil {
		return nil, nil, err
	}
	for _, p := range rows {
		states[p[0]] = State(p[1])
	}
	at, err := c.decisionsAt(ctx, tx, ref)
	for name, d := range at {
		decided[name] = d.Reopened
	}
	return states, decided, err
}

// Reindex builds the index anew from the store and puts it in the old one's place. Searches go on meanwhile; the new index answers as the
// old one did when it was whole.
func (c *Catalog) Reindex(ctx context.Context) error {
	c.rebuild.Lock()
	defer c.rebuild.Unlock()
	fresh := c.path() + ".new"
	if err := os.RemoveAll(fresh); err != nil {
		return errkind.Wrap(errkind.Permission, err, "rebuild the index")
	}
	idx, err := newIndex(fresh)
	if err != nil {
		return err
	}
	_, err = c.bring(ctx, idx)
	if e := idx.close(); err == nil {
		err = e
	}
	if err != nil {
		_ = os.RemoveAll(fresh)
		return err
	}
	return c.replace(fresh)
}

func (c *Catalog) replace(fresh string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.idx != nil {
		_ = c.idx.close() // it is thrown away
		c.idx, c.why = nil, "it is being replaced"
	}
	if err := os.RemoveAll(c.path()); err != nil {
		return errkind.Wrap(errkind.Permission, err, "replace the index")
	}
	if err := os.Rename(fresh, c.path()); err != nil {
		return errkind.Wrap(errkind.Permission, err, "replace the index")
	}
	idx, err := openIndex(c.path())
	if err != nil {
		c.why = err.Error()
		return err
	}
	c.idx = idx
	return nil
}

// ordered puts nodes and edges in the order of their references, so that equal estates give equal graphs.
func ordered(docs []graphDoc, nodes []lineage.Node, edges [][]lineage.Edge, at int64) *lineage.Graph {
	g := &lineage.Graph{Revision: at}
	for i := range docs {
		if docs[i].id[0] == 'n' {
			g.Nodes = append(g.Nodes, nodes[i])
		}
		g.Edges = append(g.Edges, edges[i]...)
	}
	return sorted(g)
}

func sorted(g *lineage.Graph) *lineage.Graph {
	slices.SortFunc(g.Nodes, func(a, b lineage.Node) int { return compareRefs(a.Dataset.Ref, b.Dataset.Ref) })
	slices.SortFunc(g.Edges, func(a, b lineage.Edge) int { return cmp.Or(compareRefs(a.From, b.From), strings.Compare(a.ID, b.ID)) })
	return g.Index()
}
