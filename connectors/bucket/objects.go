package bucket

import (
	"context"
	"io"

	"vestige/connectors"
	"vestige/pii"
)

// object is one entry of a bucket as it is listed.
type object struct {
	Key     string
	Size    int64
	Version string // changes whenever the bytes may have changed: modification time and inode of a file, ETag and version id of an object
	ID      string // of the version in a store that keeps versions, "" in one that does not
	Old     bool   // a version that is no longer the current one
	Fault   string // a gap's code where it cannot be read: a folder without permission, a symbolic link
	Shell   string // why there is nothing to be read of it but its key, which can be searched and removed all the same
	Links   uint64 // names that the bytes have; more than one and they outlive this name
}

// The shells.
const (
	shellMarker   = "delete-marker" // it hides nothing any more
	shellArchived = "archived"      // in a storage class that has to be restored first
	shellEmpty    = "empty"         // no bytes
)

// file is an object opened for reading. Seek goes to where a sample begins.
type file interface {
	io.ReadSeekCloser
	// Stat gives the object as it is now, by the open file.
	Stat() (object, error)
}

// draft is a new version of an object that is being written beside it.
type draft interface {
	io.Writer
	// Finish says that all is written: what is still held in memory may go to the store.
	Finish() error
	// Commit puts the draft in the object's place if that still is as it was when the draft was begun; conflict otherwise. The note is for the
	// receipt: what the store could not promise, "" where it kept all.
	Commit(ctx context.Context) (note string, err error)
	// Discard forgets the draft; after Commit it does nothing.
	Discard()
}

// objects is what the connector needs of a store of objects. Keys are separated by slashes.
type objects interface {
	// List gives all objects in a stable order, and what cannot be read with its Fault: those whose keys begin with the prefix and come after the
	// key "after". Old versions come with their key's current one. It holds no more of them at once than a page.
	List(ctx context.Context, prefix, after string, f func(object) error) error
	// Each gives those of the keys that are there, as List would.
	Each(ctx context.Context, keys []string, f func(object) error) error
	// Open opens the object as it was listed; conflict where it is another by now and the store can tell.
	Open(ctx context.Context, o object) (file, error)
	// Create makes an object at a key at which there is none; conflict otherwise.
	Create(ctx context.Context, key string, body []byte) error
	// Replace begins a new version of o.
	Replace(ctx context.Context, o object) (draft, error)
	// Delete removes o if it still is as it was listed; conflict otherwise. The note is as that of Commit.
	Delete(ctx context.Context, o object) (note string, err error)
	// Prune removes those of the folders that are empty, the deepest first; a store without folders does nothing.
	Prune(ctx context.Context, dirs []string)
	// Obstacles tells, without changing anything, what is in the way of replacing or removing the object, when the unit needs so many bytes.
	Obstacles(ctx context.Context, o object, room int64) ([]pii.Finding, error)
	// Gaps gives what of the store as a whole cannot be seen, by the name of a dataset to stand for it.
	Gaps(ctx context.Context) (map[string]pii.Gap, error)
	// Clean removes drafts that a crash has left behind.
	Clean(ctx context.Context) error
	// Purge removes what else may hold old bytes and belongs to nobody any more, and says how much that was.
	Purge(ctx context.Context) (removed int64, err error)
	Rungs() []connectors.Rung
	Close() error
}
