package db

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"time"
)

// prepared keeps the statements of the one connection that writes ready: a scan runs the same few a hundred thousand times, and reading the text of one costs more than
// running it. database/sql would tie a statement to the connection or to the transaction for as long as that is held, so the driver's own are kept.
type prepared struct {
	of  any // the driver's connection that they belong to
	all map[string]driver.StmtExecContext
}

// mostPrepared bounds the statements kept; more texts than that are not those of a few callers.
const mostPrepared = 200

// exec runs a statement in the transaction that was begun with that context. database/sql rolls it back by itself when that ends, under the same lock under which it is looked
// at here: behind the rollback a statement would be one by itself, and stay.
func (p *prepared) exec(ctx, begun context.Context, conn *sql.Conn, text string, args []any) (res sql.Result, err error) {
	rawErr := conn.Raw(func(dc any) error {
		if err = begun.Err(); err != nil {
			return nil
		}
		if p.of != dc {
			p.of, p.all = dc, map[string]driver.StmtExecContext{}
		}
		s, ok := p.all[text]
		if !ok {
			if s, err = prepare(ctx, dc, text); err != nil {
				return nil
			}
			if len(p.all) >= mostPrepared {
				p.close()
			}
			p.all[text] = s
		}
		values, e := named(args)
		if err = e; err == nil {
			res, err = s.ExecContext(ctx, values)
		}
		return nil
	})
	if rawErr != nil {
		return nil, rawErr
	}
	return res, err
}

func prepare(ctx context.Context, dc any, text string) (driver.StmtExecContext, error) {
	c, ok := dc.(driver.ConnPrepareContext)
	if !ok {
		return nil, driver.ErrSkip
	}
	s, err := c.PrepareContext(ctx, text)
	if err != nil {
		return nil, err
	}
	out, ok := s.(driver.StmtExecContext)
	if !ok {
		return nil, driver.ErrSkip
	}
	return out, nil
}

// named converts arguments as database/sql does.
func named(args []any) ([]driver.NamedValue, error) {
	out := make([]driver.NamedValue, len(args))
	for i, a := range args {
		v, err := driver.DefaultParameterConverter.ConvertValue(a)
		if err != nil {
			return nil, err
		}
		out[i] = driver.NamedValue{Ordinal: i + 1, Value: v}
	}
	return out, nil
}

func (p *prepared) close() {
	for _, s := range p.all {
		if c, ok := s.(driver.Stmt); ok {
			_ = c.Close()
		}
	}
	clear(p.all)
}

// unprepare ends the statements, without which the file would stay open behind its last connection.
func (d *SQLiteDB) unprepare() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	conn, err := d.write.Conn(ctx)
	if err != nil {
		return
	}
	defer func() { _ = conn.Close() }()
	_ = conn.Raw(func(dc any) error {
		if d.ready.of == dc {
			d.ready.close()
		}
		return nil
	})
}
