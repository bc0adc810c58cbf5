package db

import (
	"context"
	"database/sql"
	"errors"
	"strings"

	"vestige/internal/errkind"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"modernc.org/sqlite"
)

// What a database says may quote the row it is about, so none of its text is passed on: only its code, the names of our own tables and
// constraints, and, where the statement itself is wrong, what it says of the statement, which holds no values.

// ended gives the error of a call whose context is over, or of a missing row; nil for any other.
func ended(ctx context.Context, err error) error {
	switch {
	case errors.Is(err, sql.ErrNoRows), errors.Is(err, pgx.ErrNoRows):
		return errkind.Coded(errkind.NotFound, "no-row", "no such row")
	case ctx.Err() != nil:
		return errkind.New(errkind.Canceled, "store: %w", ctx.Err())
	case errors.Is(err, sql.ErrTxDone), errors.Is(err, pgx.ErrTxClosed):
		return errkind.New(errkind.Internal, "the unit of work has ended")
	}
	return nil
}

func stripSQLite(ctx context.Context, err error) error {
	if err == nil {
		return nil
	}
	if e := ended(ctx, err); e != nil {
		return e
	}
	var se *sqlite.Error
	if !errors.As(err, &se) {
		return unnamed(err)
	}
	kind, code := sqliteKind(se.Code())
	return errkind.Coded(kind, code, "store: %sSQLite %d%s", sqliteWords(code), se.Code(), sqliteDetail(se))
}

// sqliteWords says what a person can see to.
func sqliteWords(code string) string {
	return map[string]string{
		"full":       "the disk is full: ",
		"io":         "the disk could not be read or written, is it full? ",
		"corrupt":    "the file is damaged: ",
		"permission": "the file cannot be written: ",
		"busy":       "another process holds the file: ",
	}[code]
}

func sqliteKind(code int) (errkind.Kind, string) {
	switch code {
	case 1555, 2067, 2579: // primary key, unique, rowid
		return errkind.Conflict, "unique"
	case 787, 3850:
		return errkind.Conflict, "foreign-key"
	case 275:
		return errkind.Invalid, "check"
	case 1299:
		return errkind.Invalid, "not-null"
	}
	switch code & 0xff {
	case 5, 6: // busy, locked
		return errkind.Transient, "busy"
	case 13:
		return errkind.Transient, "full"
	case 10:
		return errkind.Transient, "io"
	case 9:
		return errkind.Canceled, "interrupted"
	case 3, 8, 23:
		return errkind.Permission, "permission"
	case 11, 26:
		return errkind.Internal, "corrupt"
	}
	return errkind.Internal, ""
}

// sqliteDetail gives the columns of a broken constraint, or what is wrong with a statement.
func sqliteDetail(e *sqlite.Error) string {
	if _, of, ok := strings.Cut(e.Error(), " constraint failed: "); ok && e.Code() != 275 {
		return ": " + of
	}
	text := e.Error()
	if e.Code() == 1 && !strings.Contains(text, "fts5") && (strings.Contains(text, "no such ") || strings.Contains(text, "has no column") || strings.Contains(text, "syntax error")) {
		return ": " + text
	}
	return ""
}

func stripPostgres(ctx context.Context, err error) error {
	if err == nil {
		return nil
	}
	if e := ended(ctx, err); e != nil {
		return e
	}
	var pe *pgconn.PgError
	if errors.As(err, &pe) {
		kind, code := postgresKind(pe.Code)
		return errkind.Coded(kind, code, "store: PostgreSQL %s%s", pe.Code, postgresDetail(pe))
	}
	var ce *pgconn.ConnectError
	if errors.As(err, &ce) || pgconn.SafeToRetry(err) {
		return errkind.Coded(errkind.Transient, "unreachable", "the store's server cannot be reached")
	}
	return unnamed(err)
}

func postgresKind(state string) (errkind.Kind, string) {
	switch state {
	case "23505", "23P01":
		return errkind.Conflict, "unique"
	case "23503", "23001":
		return errkind.Conflict, "foreign-key"
	case "23514":
		return errkind.Invalid, "check"
	case "23502":
		return errkind.Invalid, "not-null"
	case "42501":
		return errkind.Permission, "permission"
	case "55P03", "57014", "57P01", "57P02", "57P03":
		return errkind.Transient, "busy"
	}
	switch state[:min(2, len(state))] {
	case "08", "40", "53", "58":
		return errkind.Transient, "busy"
	case "28":
		return errkind.Permission, "permission"
	case "22":
		return errkind.Invalid, "value"
	}
	return errkind.Internal, ""
}

func postgresDetail(e *pgconn.PgError) string {
	switch {
	case strings.HasPrefix(e.Code, "42"):
		return ": " + e.Message
	case e.ConstraintName != "":
		return ": " + e.TableName + " (" + e.ConstraintName + ")"
	case e.TableName != "":
		return ": " + e.TableName + "." + e.ColumnName
	}
	return ""
}

// unnamed covers what drivers say by themselves: a wrong destination of Scan, an argument of a wrong type. Both quote values.
func unnamed(err error) error {
	var scan pgx.ScanArgError
	if errors.As(err, &scan) {
		return errkind.Coded(errkind.Internal, "scan", "store: the value of column index %d does not fit its destination", scan.ColumnIndex)
	}
	text := err.Error()
	for _, word := range []string{"closed", "bad connection", "conn busy", "unexpected EOF", "broken pipe", "connection reset"} {
		if strings.Contains(text, word) {
			return errkind.Coded(errkind.Transient, "connection", "the connection to the store is lost")
		}
	}
	if name, _, ok := strings.Cut(strings.TrimPrefix(text, "sql: Scan error on "), ", name "); ok && strings.HasPrefix(name, "column index ") {
		return errkind.Coded(errkind.Internal, "scan", "store: the value of %s does not fit its destination", name)
	}
	return errkind.Coded(errkind.Internal, "driver", "store: a value does not fit (%T)", err)
}
