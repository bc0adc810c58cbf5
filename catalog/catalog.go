// Package catalog knows every dataset and field of the estate: what was examined, what the machine proposes, what people decided, what
// is amiss. The store is the truth; an index beside it answers searches and holds the lineage graph from which plans are built.
//
// Each change of a dataset or a reference writes a document of the graph into the store, under a new revision, and keeps count and
// digest of all documents. The index follows by revision once the change is committed. [Catalog.Graph] reads the documents from the
// index alone and compares revision, count and digest with the store, so that nobody plans on an index that is stale or was altered;
// [Catalog.Reindex] builds it anew.
//
// Machines write proposals and people write decisions. A scan lays the decisions over what it found and never overwrites one.
package catalog

import (
	"context"
	_ "embed"
	"encoding/json"
	"os"
	"path/filepath"
	"sync"
	"time"

	"vestige/internal/db"
	"vestige/internal/errkind"
	"vestige/policies"
)

//go:embed schema.sql
var schema string

// Schema gives the catalog's tables, for the store's migrations.
func Schema() db.Schema { return db.SchemaOf("catalog", schema) }

// Catalog is the open catalog. All methods are safe for concurrent use; those that take a Tx are part of its unit of work.
type Catalog struct {
	db  db.DB
	dir string

	mu  sync.RWMutex // held for writing while the index is replaced
	idx *index       // nil where there is none
	why string       // why there is none

	absent bool // there was none at all when the catalog was opened

	opened func(context.Context, db.Tx, Alert) error // told of alerts
	policy *policies.Policy                          // by which it proposes

	rebuild sync.Mutex // one Reindex at a time
	syncMu  sync.Mutex // one follower at a time; taken under mu
	wake    chan struct{}
	stop    context.CancelFunc
	stopped chan struct{}

	countMu  sync.Mutex
	counted  int64 // revision of counters
	counters []combo

	memory memory
	queue  queue
}

// Open opens the catalog of a store whose tables are there, and the index in dir, which is made where the store is still empty. An index
// that is behind is brought forward; one that is missing or cannot be opened is reported by Graph and Search, until Reindex.
func Open(ctx context.Context, store db.DB, dir string) (*Catalog, error) {
	c := &Catalog{db: store, policy: policies.Default(), dir: dir, wake: make(chan struct{}, 1), stopped: make(chan struct{}), counted: -1}
	at, err := c.revision(ctx)
	if err != nil {
		return nil, err
	}
	if err := c.countAnew(ctx); err != nil {
		return nil, err
	}
	if err := c.ownersAnew(ctx); err != nil {
		return nil, err
	}
	if err := c.openIndex(at); err != nil {
		return nil, err
	}
	if err := c.forgetAhead(at); err != nil {
		return nil, err
	}
	run, stop := context.WithCancel(context.WithoutCancel(ctx))
	c.stop = stop
	go c.follow(run)
	if err := c.sync(ctx); err != nil {
		_ = c.Close()
		return nil, err
	}
	return c, nil
}

func (c *Catalog) path() string { return filepath.Join(c.dir, "index") }

func (c *Catalog) openIndex(at revision) error {
	switch idx, err := openIndex(c.path()); {
	case err == nil:
		c.idx = idx
	case errkind.Of(err) == errkind.NotFound && at.Revision == 0:
		c.idx, err = newIndex(c.path())
		return err
	case errkind.Of(err) == errkind.Transient:
		return err
	default:
		c.why, c.absent = err.Error(), errkind.Of(err) == errkind.NotFound
	}
	return nil
}

// forgetAhead begins an index anew that is ahead of its store: a power cut took what was stored last, or the store comes from a backup. Revisions are given again
// there, so that what the index has of them is not what the store will have.
func (c *Catalog) forgetAhead(at revision) error {
	if c.idx == nil {
		return nil
	}
	has, err := c.idx.revision()
	if err != nil || has <= at.Revision {
		return err
	}
	_ = c.idx.close() // it is thrown away
	if c.idx = nil; os.RemoveAll(c.path()) != nil {
		c.why = "it is ahead of the store, and could not be removed"
		return nil
	}
	c.idx, err = newIndex(c.path())
	return err
}

// Absent tells whether the store has a catalog and this directory had no index at all: it was taken away, or the machine is new among many.
func (c *Catalog) Absent() bool { return c.absent }

// Close waits for the index to be written and closes it. The store stays open.
func (c *Catalog) Close() error {
	c.stop()
	<-c.stopped
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.idx == nil {
		return nil
	}
	err := c.idx.close()
	c.idx, c.why = nil, "the catalog is closed"
	return err
}

// pause is how long nothing must have been stored before the index takes a step forward, and longest how long it waits for that: many commits in a row, as those of a
// scan, make few and large segments. A reader does not wait for it: it brings the index forward by itself.
const pause, longest = time.Second, 5 * time.Second

// follow brings the index forward after commits until the catalog is closed; what it cannot do now, the next reader tries again.
func (c *Catalog) follow(ctx context.Context) {
	defer close(c.stopped)
	for {
		select {
		case <-ctx.Done():
			return
		case <-c.wake:
		}
		if !c.quiet(ctx) {
			return
		}
		_ = c.catchUpAll(ctx)
		c.mu.RLock()
		_ = c.sync(ctx)
		c.mu.RUnlock()
	}
}

// quiet waits until nothing more is stored. It is false where the catalog is closed.
func (c *Catalog) quiet(ctx context.Context) bool {
	end, rest := time.NewTimer(longest), time.NewTimer(pause)
	defer end.Stop()
	defer rest.Stop()
	for {
		select {
		case <-ctx.Done():
			return false
		case <-end.C:
			return true
		case <-rest.C:
			return true
		case <-c.wake:
			rest.Reset(pause)
		}
	}
}

func (c *Catalog) wakeUp() {
	select {
	case c.wake <- struct{}{}:
	default:
	}
}

// read runs f on a snapshot of the store.
func (c *Catalog) read(ctx context.Context, f func(db.Tx) error) error { return c.db.Read(ctx, f) }

// collect scans every row of a query.
func collect[T any](ctx context.Context, tx db.Tx, scan func(db.Row) (T, error), sql string, args ...any) ([]T, error) {
	rows, err := tx.Query(ctx, sql, args...)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	var all []T
	for rows.Next() {
		v, err := scan(rows)
		if err != nil {
			return nil, err
		}
		all = append(all, v)
	}
	return all, rows.Err()
}

// encode gives the one form in which a document is stored: the JSON of a struct, whose members always come in the same order.
func encode(v any) ([]byte, error) {
	b, err := json.Marshal(v)
	return b, errkind.Wrap(errkind.Internal, err, "encode a catalog document")
}

func decode(b []byte, v any) error {
	if len(b) == 0 {
		return nil
	}
	return errkind.Wrap(errkind.Internal, json.Unmarshal(b, v), "decode a catalog document")
}
