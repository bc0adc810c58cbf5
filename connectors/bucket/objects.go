package bucket

import (
	"context"
	"io"
)

// object is one entry of a bucket as it is listed.
type object struct {
	Key     string
	Size    int64
	Version string // changes whenever the bytes may have changed: modification time and inode of a file, the ETag of an object
	Fault   string // a gap's code where it cannot be read: a folder without permission, a symbolic link
	Links   uint64 // names that the bytes have; more than one and they outlive this name
}

// file is an object opened for reading. Seek goes to where a sample begins.
type file interface {
	io.ReadSeekCloser
	// Stat gives the object as it is now, by the open file.
	Stat() (object, error)
}

// draft is a new version of an object that is being written beside it.
type draft interface {
	io.Writer
	// Commit puts the draft in the object's place if that still is as it was when the draft was begun; conflict otherwise.
	Commit(ctx context.Context) error
	// Discard forgets the draft; after Commit it does nothing.
	Discard()
}

// objects is what the connector needs of a store of objects. Keys are separated by slashes.
type objects interface {
	// List gives all objects in a stable order, and what cannot be read with its Fault. The order is that of a walk through folders.
	List(ctx context.Context, f func(object) error) error
	Open(ctx context.Context, key string) (file, error)
	// Replace begins a new version of o.
	Replace(ctx context.Context, o object) (draft, error)
	// Delete removes o if it still is as it was listed; conflict otherwise.
	Delete(ctx context.Context, o object) error
	// Prune removes those of the folders that are empty, the deepest first; a store without folders does nothing.
	Prune(ctx context.Context, dirs []string)
	// Writable tells, without writing, why the object could not be replaced by one of the size; "" where it can. The code is a finding's.
	Writable(o object, size int64) (code, text string)
	// Clean removes drafts that a crash has left behind.
	Clean(ctx context.Context) error
	Close() error
}
