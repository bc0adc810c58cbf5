package mysql

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	client "github.com/go-sql-driver/mysql"

	"vestige/internal/errkind"
	"vestige/pii"
)

// conn is one connection, driven beneath database/sql so that a row costs no more than its values.
type conn struct {
	d       *Driver
	dc      driver.Conn
	id      int64
	mariadb bool
	spare   *pii.Batch // of the last bare read, for its memory
	folds   bool       // names of tables are compared without regard to case
}

// take gives an idle connection or opens one; put gives it back.
func (d *Driver) take(ctx context.Context) (*conn, error) {
	for {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		c, err := d.waiting()
		if err != nil {
			return nil, err
		}
		if c == nil {
			return d.dial(ctx)
		}
		if c.dc.(driver.SessionResetter).ResetSession(ctx) == nil {
			return c, nil
		}
		_ = c.dc.Close() // the server has closed it meanwhile
	}
}

func (d *Driver) waiting() (*conn, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed {
		return nil, errkind.New(errkind.Invalid, "the source is closed")
	}
	n := len(d.idle)
	if n == 0 {
		return nil, nil
	}
	c := d.idle[n-1]
	d.idle = d.idle[:n-1]
	return c, nil
}

func (c *conn) put() {
	c.d.mu.Lock()
	defer c.d.mu.Unlock()
	if c.d.closed || len(c.d.idle) >= 4 {
		_ = c.dc.Close()
		return
	}
	c.d.idle = append(c.d.idle, c)
}

// drop closes a connection whose state is not known. The server rolls back what was open in it.
func (c *conn) drop() { _ = c.dc.Close() }

// interrupt stops what a connection does in the server, which would otherwise go on to send rows that nobody wants, and keeps the connection.
func (c *conn) interrupt() error {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	dc, err := c.d.raw(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = dc.Close() }()
	_, err = dc.(driver.ExecerContext).ExecContext(ctx, "KILL QUERY "+strconv.FormatInt(c.id, 10), nil)
	return err
}

// kill stops a statement through another connection, and ends the connection that it ran on: its locks go with it.
func (d *Driver) kill(id int64) {
	defer d.ending.Done()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	dc, err := d.raw(ctx)
	if err != nil {
		return // the server's own time limit remains
	}
	defer func() { _ = dc.Close() }()
	for _, how := range []string{"KILL QUERY ", "KILL CONNECTION "} {
		_, _ = dc.(driver.ExecerContext).ExecContext(ctx, how+strconv.FormatInt(id, 10), nil)
	}
}

func (d *Driver) raw(ctx context.Context) (driver.Conn, error) {
	connector, err := client.NewConnector(d.cfg)
	if err != nil {
		return nil, errkind.New(errkind.Invalid, "the connection's options do not fit together")
	}
	dc, err := connector.Connect(ctx)
	return dc, kindIn(ctx, err)
}

// dial opens a connection with a session that is the same whatever the server's defaults are.
func (d *Driver) dial(ctx context.Context) (*conn, error) {
	dc, err := d.raw(ctx)
	if err != nil {
		return nil, err
	}
	c := &conn{d: d, dc: dc}
	got, err := c.all(ctx, "SELECT CONNECTION_ID(), VERSION(), @@lower_case_table_names")
	if err == nil {
		c.id, c.mariadb = asInt(got[0][0]), strings.Contains(asText(got[0][1]), "MariaDB")
		c.folds = asInt(got[0][2]) != 0
		err = c.session(ctx)
	}
	if err != nil {
		_ = dc.Close()
		return nil, err
	}
	return c, nil
}

// session sets what a result depends on: strict writing that lets zero dates be, UTC, limits of time, statistics as they are now.
func (c *conn) session(ctx context.Context) error {
	set := []string{"sql_mode='STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION,NO_AUTO_VALUE_ON_ZERO'", "time_zone='+00:00'", "foreign_key_checks=1", "unique_checks=1",
		"sql_safe_updates=0", "sql_select_limit=DEFAULT", "autocommit=1",
		"innodb_lock_wait_timeout=" + seconds(c.d.lock), "lock_wait_timeout=" + seconds(c.d.lock), "net_write_timeout=" + seconds(c.d.limit)}
	if c.mariadb {
		set = append(set, fmt.Sprintf("max_statement_time=%.3f", c.d.limit.Seconds()), "tx_isolation='REPEATABLE-READ'")
	} else {
		set = append(set, "max_execution_time="+strconv.FormatInt(c.d.limit.Milliseconds(), 10), "transaction_isolation='REPEATABLE-READ'", "information_schema_stats_expiry=0")
	}
	_, err := c.exec(ctx, "SET SESSION "+strings.Join(set, ", "))
	return err
}

func seconds(t time.Duration) string { return strconv.Itoa(max(1, int(t.Seconds()))) }

// exec runs a statement and gives the number of rows that it found, what foreign keys do by themselves left out.
func (c *conn) exec(ctx context.Context, query string) (int64, error) {
	stop := context.AfterFunc(ctx, c.stopping())
	r, err := c.dc.(driver.ExecerContext).ExecContext(ctx, query, nil)
	c.told(ctx, stop)
	if err != nil {
		return 0, kindIn(ctx, err)
	}
	return r.RowsAffected()
}

// stopping gives what to do when the context of a statement ends: the client closes its socket by itself, the server has to be told.
func (c *conn) stopping() func() {
	return func() {
		c.d.mu.Lock()
		defer c.d.mu.Unlock()
		if c.id != 0 && !c.d.closed {
			c.d.ending.Add(1)
			go c.d.kill(c.id)
		}
	}
}

// told unhooks what stopping has hooked to a context. A context closes its channel before it calls its functions: a statement that ends in between would never be stopped in the server.
func (c *conn) told(ctx context.Context, stop func() bool) {
	if stop() && ctx.Err() != nil {
		c.stopping()()
	}
}

// rows are what a query gives as it comes; values are valid until the next call of next.
type rows struct {
	c      *conn
	ctx    context.Context
	r      driver.Rows
	values []driver.Value
	stop   func() bool
	ended  bool
}

func (c *conn) query(ctx context.Context, query string) (*rows, error) {
	stop := context.AfterFunc(ctx, c.stopping())
	r, err := c.dc.(driver.QueryerContext).QueryContext(ctx, query, nil)
	if err != nil {
		c.told(ctx, stop)
		return nil, kindIn(ctx, err)
	}
	return &rows{c: c, ctx: ctx, r: r, values: make([]driver.Value, len(r.Columns())), stop: stop}, nil
}

func (r *rows) next() (bool, error) {
	err := r.r.Next(r.values)
	if err != nil {
		r.ended = true
	}
	if errors.Is(err, io.EOF) && r.ctx.Err() == nil {
		return false, nil
	}
	return err == nil, kindIn(r.ctx, err)
}

// close ends the rows. Those that were not read to their end are stopped in the server. It tells whether the connection is as good as before.
func (r *rows) close() (whole bool) {
	defer r.c.told(r.ctx, r.stop)
	switch {
	case r.ctx.Err() != nil:
		r.c.drop()
		_ = r.r.Close()
		return false
	case r.ended:
		_ = r.r.Close()
		return true
	}
	if r.c.interrupt() != nil {
		r.c.drop()
		_ = r.r.Close()
		return false
	}
	var said *client.MySQLError
	err := r.r.Close()
	if err == nil || errors.As(err, &said) {
		return true
	}
	r.c.drop()
	return false
}

// all reads a short result.
func (c *conn) all(ctx context.Context, query string) (out [][]driver.Value, err error) {
	r, err := c.query(ctx, query)
	if err != nil {
		return nil, err
	}
	defer r.close()
	for {
		ok, err := r.next()
		if !ok || err != nil {
			return out, err
		}
		out = append(out, kept(r.values))
	}
}

// is compares a name in the server's catalog, where that compares without regard to case whether its tables' names do or not.
func (c *conn) is(column, name string) string {
	out := column + "=" + text(name)
	if !c.folds {
		out += " AND CAST(" + column + " AS BINARY)=" + text(name)
	}
	return out
}

// kept copies values, whose bytes are the connection's own.
func kept(values []driver.Value) []driver.Value {
	out := make([]driver.Value, len(values))
	for i, v := range values {
		if b, ok := v.([]byte); ok {
			v = append([]byte{}, b...)
		}
		out[i] = v
	}
	return out
}

func asInt(v driver.Value) int64 {
	switch v := v.(type) {
	case int64:
		return v
	case uint64:
		return int64(min(v, 1<<63-1))
	case []byte:
		n, _ := strconv.ParseInt(string(v), 10, 64)
		return n
	}
	return 0
}

func asText(v driver.Value) string {
	switch v := v.(type) {
	case string:
		return v
	case []byte:
		return string(v)
	case nil:
		return ""
	}
	return fmt.Sprint(v)
}
