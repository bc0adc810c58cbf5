package postgres

import (
	"context"
	"errors"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"

	"vestige/internal/errkind"
)

// kind gives an error a kind and a text of our own: PostgreSQL's messages and details quote values.
func (c *conn) kind(ctx context.Context, err error) error {
	if err == nil {
		return nil
	}
	if ended := ctx.Err(); ended != nil {
		return ended
	}
	return kind(err)
}

// connecting is kind for an error while a connection is made, when anything but a refusal may pass.
func connecting(ctx context.Context, err error) error {
	if ended := ctx.Err(); ended != nil {
		return ended
	}
	var pe *pgconn.PgError
	if errors.As(err, &pe) {
		return kind(pe)
	}
	return errkind.Coded(errkind.Transient, "unreachable", "the server cannot be reached")
}

func kind(err error) error {
	var pe *pgconn.PgError
	var known *errkind.Error
	switch {
	case err == nil:
		return nil
	case errors.As(err, &known):
		return err
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return err
	case !errors.As(err, &pe):
		return errkind.Coded(errkind.Transient, "unreachable", "the connection to the server broke")
	}
	for _, s := range states {
		if strings.HasPrefix(pe.Code, s.state) {
			return &errkind.Error{Kind: s.kind, Code: s.name, Text: s.text + " (SQLSTATE " + pe.Code + ")"}
		}
	}
	return errkind.New(errkind.Internal, "PostgreSQL refuses a statement (SQLSTATE %s)", pe.Code)
}

// states are the SQLSTATEs and their classes, longer ones before those they belong to.
var states = []struct {
	state string
	kind  errkind.Kind
	name  string
	text  string
}{
	{"23502", errkind.Conflict, "constraint", "a column may not be NULL"},
	{"23503", errkind.Conflict, "referred-to", "other records refer to the record, or it refers to none"},
	{"23001", errkind.Conflict, "referred-to", "other records refer to the record"},
	{"23505", errkind.Conflict, "constraint", "another record has the same unique values"},
	{"23514", errkind.Conflict, "constraint", "a CHECK constraint does not hold"},
	{"23P01", errkind.Conflict, "constraint", "an exclusion constraint does not hold"},
	{"23", errkind.Conflict, "constraint", "a constraint does not hold"},
	{"44", errkind.Conflict, "constraint", "a view's check option does not hold"},
	{"42P01", errkind.NotFound, "no-such-dataset", "a table does not exist"},
	{"3F000", errkind.NotFound, "no-such-dataset", "a schema does not exist"},
	{"42703", errkind.NotFound, "no-such-field", "a column does not exist"},
	{"42501", errkind.Permission, "permission", "the role may not do that"},
	{"428C9", errkind.Unsupported, "generated", "a generated column cannot be written"},
	{"42883", errkind.Unsupported, "no-function", "a function or operator does not exist"},
	{"42704", errkind.Unsupported, "no-function", "a type or another object does not exist"},
	{"28", errkind.Permission, "permission", "the server refuses the credentials"},
	{"3D000", errkind.NotFound, "no-such-database", "the database does not exist"},
	{"22", errkind.Conflict, "type", "a value does not fit a column's type"},
	{"25006", errkind.Permission, "not-writable", "the session or the server is read-only"},
	{"40001", errkind.Transient, "serialization", "another transaction was faster"},
	{"40P01", errkind.Transient, "deadlock", "two transactions waited for one another"},
	{"40", errkind.Transient, "aborted", "the transaction was rolled back"},
	{"55P03", errkind.Transient, "locked", "another transaction holds a lock for longer than lock_timeout"},
	{"55006", errkind.Transient, "locked", "another session uses what is wanted"},
	{"57014", errkind.Transient, "timeout", "the statement took longer than statement_timeout"},
	{"57", errkind.Transient, "unreachable", "the server is stopping or starting"},
	{"08", errkind.Transient, "unreachable", "the connection broke"},
	{"53", errkind.Transient, "no-space", "the server lacks connections, memory or disk"},
	{"25P03", errkind.Transient, "timeout", "the transaction was idle for too long"},
	{"HV", errkind.Unsupported, "unreachable", "the foreign server does not give the table"},
	{"58", errkind.Unsupported, "unreadable", "the server cannot read a file"},
	{"XX001", errkind.Unsupported, "corrupt", "a table is damaged"},
	{"XX002", errkind.Unsupported, "corrupt", "an index is damaged"},
	{"0A", errkind.Unsupported, "unsupported", "PostgreSQL cannot do that here"},
	{"P0", errkind.Conflict, "trigger", "a function of the database refuses"},
}

// partial tells whether an error is one of this dataset alone, so that it is a gap and the rest goes on.
func partial(err error) bool {
	switch errkind.Of(err) {
	case errkind.NotFound, errkind.Transient, errkind.Canceled:
		return false
	}
	return true
}
