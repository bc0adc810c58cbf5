package postgres

import (
	"context"
	"net"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"vestige/internal/errkind"
	"vestige/pii"
)

// access says what a connection may do.
type access bool

const (
	reading access = false
	writing access = true
)

// conn is one session with the settings on which the canonical text of values depends. It drives the protocol beneath pgx, so that a row costs no more
// than its values.
type conn struct {
	d  *Driver
	as access
	pc *pgconn.PgConn

	ready map[string]bool // statements that the session has prepared
	spare *pii.Batch      // of the last bare read, for its memory
}

// take gives an idle session or opens one, when there is room; put gives it back.
func (d *Driver) take(ctx context.Context, as access) (*conn, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	wait, cancel := context.WithTimeout(ctx, d.config.ConnectTimeout)
	defer cancel()
	select {
	case d.room <- struct{}{}:
	case <-wait.Done():
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		return nil, errkind.Coded(errkind.Transient, "busy", "all connections of the source are in use")
	}
	c, err := d.obtain(ctx, as)
	if err != nil {
		<-d.room
	}
	return c, err
}

func (d *Driver) obtain(ctx context.Context, as access) (*conn, error) {
	for {
		d.mu.Lock()
		if d.closed {
			d.mu.Unlock()
			return nil, errkind.New(errkind.Invalid, "the database is closed")
		}
		n := len(d.idle[as])
		if n == 0 {
			d.mu.Unlock()
			return d.dial(ctx, as)
		}
		c := d.idle[as][n-1]
		d.idle[as] = d.idle[as][:n-1]
		d.mu.Unlock()
		if c.pc.CheckConn() == nil { //nolint:staticcheck // Ping would cost a round trip for each statement
			return c, nil
		}
		c.close()
	}
}

func (c *conn) put() {
	defer func() { <-c.d.room }()
	if c.pc.IsClosed() || c.pc.IsBusy() || c.pc.TxStatus() != 'I' {
		c.close()
		return
	}
	c.d.mu.Lock()
	defer c.d.mu.Unlock()
	if c.d.closed {
		c.close()
		return
	}
	c.d.idle[c.as] = append(c.d.idle[c.as], c)
}

// drop ends a session whose statement nobody waits for any more, in the server too.
func (c *conn) drop() {
	if !c.pc.IsClosed() && c.pc.IsBusy() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		_ = c.pc.CancelRequest(ctx)
		cancel()
	}
	c.close()
	<-c.d.room
}

func (c *conn) close() {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	_ = c.pc.Close(ctx)
	select {
	case <-c.pc.CleanupDone():
	case <-ctx.Done():
	}
}

// Close closes the sessions; those still in use close when they are given back.
func (d *Driver) Close() error {
	d.mu.Lock()
	idle := d.idle
	d.idle, d.closed = map[access][]*conn{}, true
	d.mu.Unlock()
	for _, list := range idle {
		for _, c := range list {
			c.close()
		}
	}
	return nil
}

// settings make a session give values in one form, and keep a reading one from writing, from taking more than one processor, and from leaving out records that a
// policy hides: reading those is an error.
func (d *Driver) settings(as access) string {
	out := "SET TIME ZONE 'UTC'; SET datestyle='ISO, YMD'; SET intervalstyle='postgres'; SET extra_float_digits=1; SET bytea_output='hex'; SET row_security=off;" +
		"SET synchronize_seqscans=off; SET standard_conforming_strings=on; SET lock_timeout=" + millis(d.lock) + "; SET statement_timeout=" + millis(d.statement) + ";"
	if as == reading {
		return out + "SET max_parallel_workers_per_gather=0; SET jit=off; SET default_transaction_isolation='repeatable read'; SET default_transaction_read_only=on"
	}
	return out + "SET idle_in_transaction_session_timeout=" + millis(d.silence)
}

func millis(t time.Duration) string { return strconv.FormatInt(t.Milliseconds(), 10) }

func (d *Driver) dial(ctx context.Context, as access) (*conn, error) {
	cfg := d.config.Copy()
	dialer := cfg.DialFunc
	cfg.DialFunc = func(ctx context.Context, network, address string) (net.Conn, error) {
		nc, err := dialer(ctx, network, address)
		if err != nil || d.silence <= 0 {
			return nc, err
		}
		return &impatient{Conn: nc, limit: d.silence}, nil
	}
	pc, err := pgconn.ConnectConfig(ctx, cfg)
	if err != nil {
		return nil, connecting(ctx, err)
	}
	c := &conn{d: d, as: as, pc: pc}
	if err := c.exec(ctx, d.settings(as)); err != nil {
		c.close()
		return nil, err
	}
	return c, nil
}

// impatient is a connection that is given up when the other side says nothing for too long: a half-open one would be waited for until the system's own
// time, which is hours.
type impatient struct {
	net.Conn
	limit time.Duration
}

// Read closes the connection when nothing comes within the limit.
func (c *impatient) Read(b []byte) (int, error) {
	timer := time.AfterFunc(c.limit, func() { _ = c.Conn.Close() })
	defer timer.Stop()
	return c.Conn.Read(b)
}

// Write closes the connection when nothing is taken within the limit.
func (c *impatient) Write(b []byte) (int, error) {
	timer := time.AfterFunc(c.limit, func() { _ = c.Conn.Close() })
	defer timer.Stop()
	return c.Conn.Write(b)
}

// exec runs statements without parameters.
func (c *conn) exec(ctx context.Context, sql string) error {
	return c.kind(ctx, c.pc.Exec(ctx, sql).Close())
}

// change runs one statement and gives the number of rows that it changed by itself, cascades and triggers left out.
func (c *conn) change(ctx context.Context, sql string, args []param) (int64, error) {
	values, oids := bind(args)
	tag, err := c.pc.ExecParams(ctx, sql, values, oids, nil, nil).Close()
	return tag.RowsAffected(), c.kind(ctx, err)
}

// all reads a short result as text.
func (c *conn) all(ctx context.Context, sql string, args ...param) ([][][]byte, error) {
	values, oids := bind(args)
	got := c.pc.ExecParams(ctx, sql, values, oids, nil, nil).Read()
	return got.Rows, c.kind(ctx, got.Err)
}

// often is all for a statement that a session is asked again and again: it is planned once. A transaction that has failed cannot prepare, and need not.
func (c *conn) often(ctx context.Context, name, sql string, args ...param) ([][][]byte, error) {
	values, oids := bind(args)
	if !c.ready[name] {
		if _, err := c.pc.Prepare(ctx, name, sql, oids); err != nil {
			return nil, c.kind(ctx, err)
		}
		if c.ready == nil {
			c.ready = map[string]bool{}
		}
		c.ready[name] = true
	}
	got := c.pc.ExecPrepared(ctx, name, values, nil, nil).Read()
	return got.Rows, c.kind(ctx, got.Err)
}

// param is a parameter as text; its type is that of the oid, or what the statement makes of it where that is 0.
type param struct {
	text []byte // nil for NULL
	oid  uint32
}

func text(s string) param { return param{[]byte(s), 0} }

func bind(args []param) (values [][]byte, oids []uint32) {
	for _, a := range args {
		values, oids = append(values, a.text), append(oids, a.oid)
	}
	return values, oids
}
