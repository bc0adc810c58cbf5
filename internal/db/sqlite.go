package db

import (
	"context"
	"database/sql"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"time"

	"vestige/internal/errkind"

	_ "modernc.org/sqlite" // the database/sql driver "sqlite"
)

// SQLiteDB is a store in one file: one connection that writes, a few that read. What it deletes it overwrites, and after
// Truncate the write-ahead log holds nothing of it either.
type SQLiteDB struct {
	path  string
	write *sql.DB
	read  *sql.DB

	mu     sync.Mutex
	others []*sql.DB
	ready  prepared // used by who holds the connection that writes
	loose  bool     // that connection does not wait for the disk; of the same
}

var _ DB = (*SQLiteDB)(nil)

// acquire bounds the wait for the one connection that writes, so that a Write within a Write is an error and not a hang.
const acquire = 30 * time.Second

// OpenSQLite opens the file, and creates it, readable for its owner alone, where it does not exist.
func OpenSQLite(ctx context.Context, path string) (*SQLiteDB, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, errkind.Wrap(errkind.Permission, err, "open the store")
	}
	_ = f.Close()
	d := &SQLiteDB{path: path}
	if d.write, err = d.open(1, false); err == nil {
		d.read, err = d.open(4, true)
	}
	if err == nil {
		err = d.write.PingContext(ctx)
	}
	if err != nil {
		_ = d.Close()
		return nil, stripSQLite(ctx, err)
	}
	return d, nil
}

// dsn sets what every connection to the file must have: durable commits, overwritten deletions, kept references.
func (d *SQLiteDB) dsn(readOnly bool) string {
	path := filepath.ToSlash(d.path)
	if filepath.VolumeName(d.path) != "" {
		path = "///" + path
	}
	dsn := "file:" + (&url.URL{Path: path}).EscapedPath() + "?_pragma=busy_timeout(20000)&_pragma=journal_mode(WAL)&_pragma=wal_autocheckpoint(4000)" +
		"&_pragma=synchronous(FULL)&_pragma=secure_delete(ON)&_pragma=foreign_keys(1)&_pragma=trusted_schema(0)"
	if readOnly {
		return dsn + "&_pragma=query_only(1)"
	}
	return dsn + "&_txlock=immediate"
}

func (d *SQLiteDB) open(conns int, readOnly bool) (*sql.DB, error) {
	pool, err := sql.Open("sqlite", d.dsn(readOnly))
	if err != nil {
		return nil, err
	}
	pool.SetMaxOpenConns(conns)
	pool.SetMaxIdleConns(conns)
	return pool, nil
}

// Pool opens one more writing pool over the same file, for the job engine alone, whose polling must not wait behind units of work.
// It is closed with the store.
func (d *SQLiteDB) Pool(conns int) (*sql.DB, error) {
	pool, err := d.open(conns, false)
	if err != nil {
		return nil, stripSQLite(context.Background(), err)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.others = append(d.others, pool)
	return pool, nil
}

// Path gives the file.
func (d *SQLiteDB) Path() string { return d.path }

// Dialect gives SQLite.
func (d *SQLiteDB) Dialect() Dialect { return SQLite }

// Close closes every connection; the last one empties the write-ahead log.
func (d *SQLiteDB) Close() error {
	if d.write != nil {
		d.unprepare()
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	var first error
	for _, pool := range append(d.others, d.read, d.write) {
		if pool == nil {
			continue
		}
		if err := pool.Close(); err != nil && first == nil {
			first = stripSQLite(context.Background(), err)
		}
	}
	d.others = nil
	return first
}

// Truncate leaves no byte of what was deleted before in any file: it builds the database anew and cuts the write-ahead log to
// nothing. secure_delete alone is not enough, since a row that once moved to another page when the tree was balanced leaves a copy in
// the unused part of the first. It waits for readers of older snapshots, and is Transient where they outlast it.
func (d *SQLiteDB) Truncate(ctx context.Context) error {
	if _, err := d.write.ExecContext(ctx, "VACUUM"); err != nil {
		return stripSQLite(ctx, err)
	}
	var busy, logged, moved int
	row := d.write.QueryRowContext(ctx, "PRAGMA wal_checkpoint(TRUNCATE)")
	if err := row.Scan(&busy, &logged, &moved); err != nil {
		return stripSQLite(ctx, err)
	}
	if busy != 0 {
		return errkind.Coded(errkind.Transient, "busy", "the write-ahead log is still being read")
	}
	return nil
}

// Read runs f over one snapshot.
func (d *SQLiteDB) Read(ctx context.Context, f func(Tx) error) error {
	tx, err := d.read.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return stripSQLite(ctx, err)
	}
	defer func() { _ = tx.Rollback() }()
	return f(&sqliteTx{tx: tx})
}

// Write runs f in the one transaction that writes.
func (d *SQLiteDB) Write(ctx context.Context, f func(Tx) error) error { return d.unit(ctx, f, false) }

// WriteLoose runs f in the one transaction that writes, and leaves it to the next one to wait for the disk.
func (d *SQLiteDB) WriteLoose(ctx context.Context, f func(Tx) error) error {
	return d.unit(ctx, f, true)
}

func (d *SQLiteDB) unit(ctx context.Context, f func(Tx) error, loose bool) error {
	t, err := d.commit(ctx, f, loose)
	if err != nil {
		return err
	}
	t.run()
	return nil
}

func (d *SQLiteDB) acquire(ctx context.Context) (*sql.Conn, error) {
	wait, cancel := context.WithTimeout(ctx, acquire)
	defer cancel()
	conn, err := d.write.Conn(wait)
	if err != nil && ctx.Err() == nil && wait.Err() != nil {
		return nil, errkind.Coded(errkind.Transient, "busy", "another unit of work holds the store")
	}
	if err != nil {
		return nil, stripSQLite(ctx, err)
	}
	return conn, nil
}

// commit gives the connection back whatever f does, and before the hooks, which may write.
func (d *SQLiteDB) commit(ctx context.Context, f func(Tx) error, loose bool) (*sqliteTx, error) {
	conn, err := d.acquire(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { _ = conn.Close() }()
	if err := d.sync(ctx, conn, loose); err != nil {
		return nil, stripSQLite(ctx, err)
	}
	tx, err := conn.BeginTx(ctx, nil)
	if err != nil {
		return nil, stripSQLite(ctx, err)
	}
	defer func() { _ = tx.Rollback() }()
	t := &sqliteTx{tx: tx, conn: conn, ready: &d.ready, begun: ctx}
	if err := f(t); err != nil {
		return nil, err
	}
	if err := tx.Commit(); err != nil {
		return nil, stripSQLite(ctx, err)
	}
	return t, nil
}

// sync says whether a commit waits for the disk. A connection that is opened anew waits, whatever is noted of the last one.
func (d *SQLiteDB) sync(ctx context.Context, conn *sql.Conn, loose bool) error {
	if d.loose == loose {
		return nil
	}
	text := "PRAGMA synchronous = FULL"
	if loose {
		d.loose, text = true, "PRAGMA synchronous = NORMAL"
	}
	_, err := conn.ExecContext(ctx, text)
	d.loose = loose || err != nil
	return err
}

type sqliteTx struct {
	tx    *sql.Tx
	conn  *sql.Conn // of one that writes
	ready *prepared
	begun context.Context // its end rolls the transaction back
	hooks
}

func (t *sqliteTx) Exec(ctx context.Context, text string, args ...any) (int64, error) {
	var res sql.Result
	var err error
	if t.ready != nil {
		res, err = t.ready.exec(ctx, t.begun, t.conn, text, args)
	} else {
		res, err = t.tx.ExecContext(ctx, text, args...)
	}
	if err != nil {
		return 0, stripSQLite(ctx, err)
	}
	n, err := res.RowsAffected()
	return n, stripSQLite(ctx, err)
}

func (t *sqliteTx) Query(ctx context.Context, text string, args ...any) (Rows, error) {
	rows, err := t.tx.QueryContext(ctx, text, args...) //nolint:rowserrcheck // who reads them asks, by Rows.Err
	if err != nil {
		return nil, stripSQLite(ctx, err)
	}
	return &sqliteRows{ctx, rows}, nil
}

func (t *sqliteTx) QueryRow(ctx context.Context, text string, args ...any) Row {
	return sqliteRow{ctx, t.tx.QueryRowContext(ctx, text, args...)}
}

func (t *sqliteTx) Dialect() Dialect { return SQLite }
func (t *sqliteTx) Native() any      { return t.tx }

type sqliteRow struct {
	ctx context.Context
	row *sql.Row
}

func (r sqliteRow) Scan(dest ...any) error { return stripSQLite(r.ctx, r.row.Scan(dest...)) }

type sqliteRows struct {
	ctx  context.Context
	rows *sql.Rows
}

func (r *sqliteRows) Next() bool             { return r.rows.Next() }
func (r *sqliteRows) Scan(dest ...any) error { return stripSQLite(r.ctx, r.rows.Scan(dest...)) }
func (r *sqliteRows) Err() error             { return stripSQLite(r.ctx, r.rows.Err()) }
func (r *sqliteRows) Close() error           { return stripSQLite(r.ctx, r.rows.Close()) }

// hooks are what runs after a commit.
type hooks struct{ after []func() }

// AfterCommit keeps f for later.
func (h *hooks) AfterCommit(f func()) { h.after = append(h.after, f) }

func (h *hooks) run() {
	for _, f := range h.after {
		f()
	}
}
