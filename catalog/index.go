package catalog

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/blevesearch/bleve/v2"
	"github.com/blevesearch/bleve/v2/document"
	"github.com/blevesearch/bleve/v2/index/scorch"
	"github.com/blevesearch/bleve/v2/search/query"
	bleveindex "github.com/blevesearch/bleve_index_api"

	"vestige/internal/errkind"
)

// index is the Bleve index. It holds one document for each dataset and one for the references of each child dataset (the graph, each a stored
// blob under its id "n/…" or "e/…"), and one for each field and dataset to be searched ("f/…", "d/…"). The revision up to which it follows the
// store stands in the same snapshot, so that a crash loses both or neither.
type index struct {
	path string
	b    bleve.Index
	post *postings // nil until somebody searches; changed under Catalog.syncMu

	outline outline

	mu   sync.Mutex
	last chan struct{} // closed once the last batch is on disk; nil where nothing was written
}

// layout names what documents look like; an index of another layout has to be rebuilt.
const layout = "1"

var (
	revisionKey = []byte("vestige.revision")
	layoutKey   = []byte("vestige.layout")
)

// settings: writes are not awaited, since revision and documents are persisted together and the store has them all; an index that another
// process holds is an error and not a hang. They are not kept in the index.
func settings() map[string]any {
	return map[string]any{"unsafe_batch": true, "bolt_timeout": "2s"}
}

func newIndex(path string) (*index, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, errkind.Wrap(errkind.Permission, err, "make the index")
	}
	m := bleve.NewIndexMapping()
	m.DefaultMapping = bleve.NewDocumentDisabledMapping()
	b, err := bleve.NewUsing(path, m, scorch.Name, scorch.Name, nil)
	if err != nil {
		return nil, errkind.Wrap(errkind.Internal, err, "make the index")
	}
	batch := b.NewBatch()
	batch.SetInternal(layoutKey, []byte(layout))
	batch.SetInternal(revisionKey, make([]byte, 8))
	err = b.Batch(batch)
	if e := b.Close(); err == nil {
		err = e
	}
	if err != nil {
		return nil, errkind.Wrap(errkind.Internal, err, "make the index")
	}
	return openIndex(path)
}

// openIndex opens the index at path: NotFound where there is none, Transient where another process holds it, Conflict where it cannot be used.
func openIndex(path string) (*index, error) {
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return nil, errkind.Coded(errkind.NotFound, "index-stale", "there is no index")
	}
	b, err := openBleve(path)
	if err != nil {
		return nil, err
	}
	x := &index{path: path, b: b}
	if was, err := x.internal(layoutKey); err != nil || string(was) != layout {
		_ = x.close()
		return nil, errkind.Coded(errkind.Conflict, "index-stale", "the index was written by another version")
	}
	return x, nil
}

func openBleve(path string) (b bleve.Index, err error) {
	defer recovered(&err)
	b, err = bleve.OpenUsing(path, settings())
	switch {
	case err == nil:
		return b, nil
	case err.Error() == "timeout":
		return nil, errkind.Coded(errkind.Transient, "index-held", "another process holds the index")
	}
	return nil, errkind.Coded(errkind.Conflict, "index-stale", "the index cannot be opened")
}

// recovered turns a panic over a broken index file into an error: its bytes are mapped into memory and trusted by the library.
func recovered(err *error) {
	if r := recover(); r != nil {
		*err = errkind.Coded(errkind.Conflict, "index-stale", "the index is broken")
	}
}

// patience is how long close waits for the disk; what is lost is followed again.
const patience = 10 * time.Second

func (x *index) close() error {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.last != nil && x.there() {
		select {
		case <-x.last:
		case <-time.After(patience):
		}
	}
	return errkind.Wrap(errkind.Internal, x.b.Close(), "close the index")
}

// there tells whether the index still stands in its directory; an open one would answer from files that were removed.
func (x *index) there() bool {
	_, err := os.Stat(filepath.Join(x.path, "store", "root.bolt"))
	return err == nil
}

func (x *index) internal(key []byte) (v []byte, err error) {
	defer recovered(&err)
	v, err = x.b.GetInternal(key)
	return v, errkind.Wrap(errkind.Internal, err, "read the index")
}

// revision gives the store's revision that the index follows.
func (x *index) revision() (int64, error) {
	b, err := x.internal(revisionKey)
	return parseRevision(b), err
}

func parseRevision(b []byte) int64 {
	if len(b) != 8 {
		return -1
	}
	return int64(binary.BigEndian.Uint64(b))
}

// write applies a batch that brings the index to a revision.
func (x *index) write(batch *bleve.Batch, to int64) (err error) {
	defer recovered(&err)
	batch.SetInternal(revisionKey, binary.BigEndian.AppendUint64(nil, uint64(to)))
	done := make(chan struct{})
	batch.SetPersistedCallback(func(error) { close(done) })
	x.mu.Lock()
	defer x.mu.Unlock()
	x.last = done
	return errkind.Wrap(errkind.Internal, x.b.Batch(batch), "write the index")
}

// change is what the store says of one dataset since the index last followed it.
type change struct {
	id   string // of the graph document
	doc  []byte // nil where it was removed
	docs []searchDoc
}

// follow applies changes, and takes away the search documents of the datasets that no longer have them.
func (x *index) follow(changes []change, to int64) error {
	batch := x.b.NewBatch()
	for _, ch := range changes {
		if ch.id[0] == 'n' {
			old, err := x.membersOf(ch.id)
			if err != nil {
				return err
			}
			for _, id := range old {
				batch.Delete(id)
			}
		}
		if ch.doc == nil {
			batch.Delete(ch.id)
			continue
		}
		d := document.NewDocument(ch.id)
		d.AddField(keyword("graph", "y"))
		d.AddField(document.NewTextFieldCustom("doc", nil, ch.doc, bleveindex.StoreField, nil))
		if err := batch.IndexAdvanced(d); err != nil {
			return errkind.Wrap(errkind.Internal, err, "write the index")
		}
		for _, s := range ch.docs {
			if err := batch.IndexAdvanced(s.document()); err != nil {
				return errkind.Wrap(errkind.Internal, err, "write the index")
			}
		}
	}
	if err := x.write(batch, to); err != nil {
		return err
	}
	if x.post != nil {
		x.post.apply(changes)
	}
	x.outline.note(changes)
	return nil
}

// membersOf gives the ids of the search documents of a dataset.
func (x *index) membersOf(node string) (ids []string, err error) {
	defer recovered(&err)
	q := query.NewTermQuery(node)
	q.SetField("of")
	req := bleve.NewSearchRequestOptions(q, 100_000, 0, false)
	req.Score = "none"
	res, err := x.b.Search(req)
	if err != nil {
		return nil, errkind.Wrap(errkind.Internal, err, "read the index")
	}
	for _, h := range res.Hits {
		ids = append(ids, h.ID)
	}
	return ids, nil
}

// graphDoc is one document of the graph as the index has it.
type graphDoc struct {
	id  string
	doc []byte
}

// snapshot is the index at one moment.
type snapshot struct{ r bleveindex.IndexReader }

func (x *index) snapshot() (s *snapshot, err error) {
	defer recovered(&err)
	adv, err := x.b.Advanced()
	if err != nil {
		return nil, errkind.Wrap(errkind.Internal, err, "read the index")
	}
	r, err := adv.Reader()
	return &snapshot{r}, errkind.Wrap(errkind.Internal, err, "read the index")
}

func (s *snapshot) close() { _ = s.r.Close() }

// graph reads every document of the graph, with the revision of the same snapshot.
func (s *snapshot) graph(ctx context.Context) (docs []graphDoc, revision int64, err error) {
	revision, err = s.each(ctx, func(d graphDoc) { docs = append(docs, d) })
	return docs, revision, err
}

// each visits every document of the graph, and gives the revision of the same snapshot.
func (s *snapshot) each(ctx context.Context, visit func(graphDoc)) (revision int64, err error) {
	defer recovered(&err)
	at, err := s.r.GetInternal(revisionKey)
	if err != nil {
		return 0, errkind.Wrap(errkind.Internal, err, "read the index")
	}
	return parseRevision(at), eachOf(ctx, s.r, "graph", "y", func(id bleveindex.IndexInternalID, _ uint64) error {
		d, err := readDoc(s.r, id)
		if err == nil {
			visit(d)
		}
		return err
	})
}

func readDoc(r bleveindex.IndexReader, at bleveindex.IndexInternalID) (d graphDoc, err error) {
	if d.id, err = r.ExternalID(at); err != nil {
		return d, errkind.Wrap(errkind.Internal, err, "read the index")
	}
	stored, err := r.Document(d.id)
	if err != nil || stored == nil {
		return d, errkind.Coded(errkind.Conflict, "index-stale", "the index lost a document")
	}
	n := 0
	stored.VisitFields(func(f bleveindex.Field) {
		if f.Name() == "doc" {
			d.doc = append([]byte(nil), f.Value()...)
			n++
		}
	})
	if n != 1 {
		return d, errkind.Coded(errkind.Conflict, "index-stale", "a document of the index has %s", fmt.Sprintf("%d bodies", n))
	}
	return d, nil
}
