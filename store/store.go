// Package store opens the one place where the truth is kept: a file in the data directory, or a PostgreSQL server when there are
// many machines. It applies the schemas of the rooms, holds the lock by which one process owns a data directory, and makes what was
// deleted physically gone. The SQL itself is in the rooms whose tables it is about (docs/decisions/0003-sql-in-rooms.md).
package store

import (
	"context"
	"os"
	"path/filepath"

	"vestige/internal/db"
	"vestige/internal/errkind"
)

// Options says where the store is. With a DSN it is on a PostgreSQL server, and Dir, which may be empty then, only holds what
// belongs to this process (its index, its keys).
type Options struct {
	Dir     string      // the data directory; created for its owner alone
	DSN     string      // postgres://…
	Command string      // what others read of the holder of the lock, for example "serve"
	Schemas []db.Schema // of the rooms whose tables are wanted
}

// Store is an open store.
type Store struct {
	dir  string
	db   engine
	lock *lock
}

// engine is what both databases have beyond units of work.
type engine interface {
	db.DB
	Truncate(ctx context.Context) error
	Close() error
}

// Open takes the lock of the data directory, opens the database and brings its tables up to date. Where another process owns the
// directory the error is a Conflict that wraps *HeldError.
func Open(ctx context.Context, o Options) (*Store, error) {
	s := &Store{dir: o.Dir}
	if err := s.takeDir(o); err != nil {
		return nil, err
	}
	var err error
	if o.DSN != "" {
		s.db, err = asEngine(db.OpenPostgres(ctx, o.DSN))
	} else {
		s.db, err = asEngine(db.OpenSQLite(ctx, filepath.Join(o.Dir, "vestige.db")))
	}
	if err == nil {
		err = migrate(ctx, s.db, append([]db.Schema{metaSchema()}, o.Schemas...))
	}
	if err != nil {
		_ = s.Close()
		return nil, err
	}
	return s, nil
}

// asEngine keeps a typed nil out of the interface.
func asEngine[T engine](e T, err error) (engine, error) {
	if err != nil {
		return nil, err
	}
	return e, nil
}

func (s *Store) takeDir(o Options) error {
	if o.Dir == "" && o.DSN == "" {
		return errkind.New(errkind.Invalid, "a store needs a data directory or a server")
	}
	if o.Dir == "" {
		return nil
	}
	if err := os.MkdirAll(o.Dir, 0o700); err != nil {
		return errkind.Wrap(errkind.Permission, err, "create the data directory")
	}
	var err error
	s.lock, err = takeLock(o.Dir, o.Command)
	return err
}

// DB gives the units of work. The job engine asks it for its pool by type.
func (s *Store) DB() db.DB { return s.db }

// Dir gives the data directory, "" where there is none.
func (s *Store) Dir() string { return s.dir }

// Destroyed makes what the units of work so far have deleted gone from the files, and returns only when it is.
func (s *Store) Destroyed(ctx context.Context) error {
	for {
		err := s.db.Truncate(ctx)
		if errkind.Code(err) != "busy" || ctx.Err() != nil {
			return err
		}
	}
}

// Close ends all connections and lets go of the data directory.
func (s *Store) Close() error {
	var err error
	if s.db != nil {
		err = s.db.Close()
	}
	if s.lock != nil {
		if e := s.lock.release(); err == nil {
			err = e
		}
	}
	return err
}
