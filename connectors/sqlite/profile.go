package sqlite

import (
	"context"
	"strconv"
	"strings"

	"vestige/connectors"
	"vestige/internal/errkind"
	"vestige/pii"
)

// Profile gives what ANALYZE left in sqlite_stat1, the range of the rowid and the version of the file; it reads no record.
func (d *Driver) Profile(ctx context.Context, ds pii.Dataset) (connectors.Profile, error) {
	c, err := d.take(ctx, reading)
	if err != nil {
		return connectors.Profile{}, err
	}
	defer c.put()
	l, err := d.layout(ctx, c, ds.Ref.Dataset)
	if err != nil {
		return connectors.Profile{}, err
	}
	if l.kind == "view" {
		return connectors.Profile{}, errkind.New(errkind.Unsupported, "SQLite keeps no statistics of views")
	}
	p := connectors.Profile{Records: estimate(ctx, c, l), Fields: map[string]connectors.FieldProfile{}}
	p.Version = digestOf(l.digest(), fileVersion(d.file(l.schema)))
	return p, d.distincts(ctx, c, l, &p)
}

// distincts reads how many records an index has for each of its values: the second number of a row of sqlite_stat1.
func (d *Driver) distincts(ctx context.Context, c *conn, l *layout, p *connectors.Profile) error {
	got, err := c.all(ctx, "SELECT idx, stat FROM "+quote(l.schema)+".sqlite_stat1 WHERE tbl=? AND idx IS NOT NULL", l.table)
	if errkind.Of(err) == errkind.NotFound {
		return nil
	}
	if err != nil {
		return err
	}
	for _, r := range got {
		cols, err := c.all(ctx, "SELECT name FROM pragma_index_xinfo(?, ?) WHERE key=1 ORDER BY seqno", asText(r[0]), l.schema)
		if err != nil {
			return err
		}
		stat := strings.Fields(asText(r[1]))
		if len(cols) == 0 || len(stat) < 2 || asText(cols[0][0]) == "" {
			continue
		}
		records, _ := strconv.ParseInt(stat[0], 10, 64)
		each, _ := strconv.ParseInt(stat[1], 10, 64)
		if each > 0 {
			p.Fields[asText(cols[0][0])] = connectors.FieldProfile{Distinct: records / each, Nulls: -1}
		}
	}
	return nil
}

// digest is that of the structure alone.
func (l *layout) digest() string {
	return digestOf(l.sql, strings.Join(l.key, "\x00"), strconv.Itoa(len(l.columns)))
}
