package mysql

import (
	"context"

	"vestige/connectors"
	"vestige/internal/errkind"
	"vestige/pii"
)

// Profile gives what the server knows by itself: its estimate of records, how many values its indexes and histograms tell apart, and the version. It reads no record.
func (d *Driver) Profile(ctx context.Context, ds pii.Dataset) (connectors.Profile, error) {
	c, err := d.take(ctx)
	if err != nil {
		return connectors.Profile{}, err
	}
	p, err := c.profile(ctx, ds)
	if ctx.Err() != nil || errkind.Code(err) == "connection" {
		c.drop()
	} else {
		c.put()
	}
	return p, err
}

func (c *conn) profile(ctx context.Context, ds pii.Dataset) (connectors.Profile, error) {
	p := connectors.Profile{Fields: map[string]connectors.FieldProfile{}}
	l, err := c.layout(ctx, ds.Ref.Dataset)
	if err != nil {
		return p, err
	}
	if l.view {
		return p, errkind.New(errkind.Unsupported, "the server keeps no statistics of views")
	}
	states, err := c.states(ctx, l.schema, l.table)
	if err != nil {
		return p, err
	}
	s := states[l.table]
	p.Records = s.records
	if s.version != "" {
		p.Version = digestOf(l.digest(), s.version)
	}
	where := "table_schema=" + text(l.schema) + " AND " + c.is("table_name", l.table)
	got, err := c.all(ctx, "SELECT column_name, cardinality FROM information_schema.statistics WHERE seq_in_index=1 AND column_name IS NOT NULL AND cardinality IS NOT NULL AND "+where)
	for _, r := range got {
		p.Fields[asText(r[0])] = connectors.FieldProfile{Distinct: asInt(r[1]), Nulls: -1}
	}
	if err != nil || c.mariadb {
		return p, err
	}
	return p, c.histograms(ctx, l, &p)
}

// histograms asks MySQL for the shape of its histograms, never for their values.
func (c *conn) histograms(ctx context.Context, l *layout, p *connectors.Profile) error {
	got, err := c.all(ctx, `SELECT column_name, histogram->>'$."histogram-type"', JSON_LENGTH(histogram, '$.buckets'), CAST(histogram->>'$."null-values"' AS DOUBLE)
		FROM information_schema.column_statistics WHERE schema_name=`+text(l.schema)+" AND "+c.is("table_name", l.table))
	for _, r := range got {
		f, ok := p.Fields[asText(r[0])]
		if !ok {
			f.Distinct = -1
		}
		if asText(r[1]) == "singleton" {
			f.Distinct = asInt(r[2])
		}
		if share, ok := r[3].(float64); ok && p.Records >= 0 {
			f.Nulls = int64(share * float64(p.Records))
		}
		p.Fields[asText(r[0])] = f
	}
	return err
}
