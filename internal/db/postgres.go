package db

import (
	"context"

	"vestige/internal/errkind"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// PostgresDB is a store on a server that many machines share. A Write there is read-committed and runs beside others: what must not
// change between a look and an act is said in the act's WHERE, and the affected rows are compared.
type PostgresDB struct{ pool *pgxpool.Pool }

var _ DB = (*PostgresDB)(nil)

// OpenPostgres connects to the server that the connection string names.
func OpenPostgres(ctx context.Context, dsn string) (*PostgresDB, error) {
	config, err := pgxpool.ParseConfig(dsn)
	if err != nil {
		return nil, errkind.New(errkind.Invalid, "the connection string of the store cannot be read")
	}
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return nil, stripPostgres(ctx, err)
	}
	if err := pool.Ping(ctx); err != nil {
		pool.Close()
		return nil, stripPostgres(ctx, err)
	}
	return &PostgresDB{pool}, nil
}

// Pool gives the connections, for the job engine alone.
func (d *PostgresDB) Pool() *pgxpool.Pool { return d.pool }

// Dialect gives Postgres.
func (d *PostgresDB) Dialect() Dialect { return Postgres }

// Close closes every connection.
func (d *PostgresDB) Close() error { d.pool.Close(); return nil }

// Truncate does nothing: what a server keeps of deleted rows is a rung of its own ladder.
func (d *PostgresDB) Truncate(context.Context) error { return nil }

// Read runs f over one snapshot.
func (d *PostgresDB) Read(ctx context.Context, f func(Tx) error) error {
	_, err := d.run(ctx, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}, f)
	return err
}

// Write runs f in one transaction.
func (d *PostgresDB) Write(ctx context.Context, f func(Tx) error) error {
	t, err := d.run(ctx, pgx.TxOptions{}, f)
	if err != nil {
		return err
	}
	t.run()
	return nil
}

// WriteLoose runs f in one transaction, whose end does not wait for the disk.
func (d *PostgresDB) WriteLoose(ctx context.Context, f func(Tx) error) error {
	return d.Write(ctx, func(tx Tx) error {
		if _, err := tx.Exec(ctx, "SET LOCAL synchronous_commit = off"); err != nil {
			return err
		}
		return f(tx)
	})
}

func (d *PostgresDB) run(ctx context.Context, opts pgx.TxOptions, f func(Tx) error) (*pgTx, error) {
	tx, err := d.pool.BeginTx(ctx, opts)
	if err != nil {
		return nil, stripPostgres(ctx, err)
	}
	defer func() { _ = tx.Rollback(context.WithoutCancel(ctx)) }()
	t := &pgTx{tx: tx}
	if err := f(t); err != nil {
		return nil, err
	}
	if err := tx.Commit(ctx); err != nil {
		return nil, stripPostgres(ctx, err)
	}
	return t, nil
}

type pgTx struct {
	tx pgx.Tx
	hooks
}

func (t *pgTx) Exec(ctx context.Context, text string, args ...any) (int64, error) {
	tag, err := t.tx.Exec(ctx, text, args...)
	return tag.RowsAffected(), stripPostgres(ctx, err)
}

func (t *pgTx) Query(ctx context.Context, text string, args ...any) (Rows, error) {
	rows, err := t.tx.Query(ctx, text, args...)
	if err != nil {
		return nil, stripPostgres(ctx, err)
	}
	return &pgRows{ctx, rows}, nil
}

func (t *pgTx) QueryRow(ctx context.Context, text string, args ...any) Row {
	return pgRow{ctx, t.tx.QueryRow(ctx, text, args...)}
}

func (t *pgTx) Dialect() Dialect { return Postgres }
func (t *pgTx) Native() any      { return t.tx }

type pgRow struct {
	ctx context.Context
	row pgx.Row
}

func (r pgRow) Scan(dest ...any) error { return stripPostgres(r.ctx, r.row.Scan(dest...)) }

type pgRows struct {
	ctx  context.Context
	rows pgx.Rows
}

func (r *pgRows) Next() bool             { return r.rows.Next() }
func (r *pgRows) Scan(dest ...any) error { return stripPostgres(r.ctx, r.rows.Scan(dest...)) }
func (r *pgRows) Err() error             { return stripPostgres(r.ctx, r.rows.Err()) }
func (r *pgRows) Close() error           { r.rows.Close(); return stripPostgres(r.ctx, r.rows.Err()) }
