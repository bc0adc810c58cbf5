package postgres

import (
	"context"
	"strconv"
	"strings"

	"vestige/connectors"
	"vestige/internal/errkind"
	"vestige/pii"
)

// sizesSQL gives of each table its bytes, an estimate of its records, and what changes with its records: the file that it stands in and how many records were ever
// put in, changed and deleted, of all partitions. The counts reach the statistics within seconds of a commit; those of an erasure of our own at once.
const sizesSQL = `SELECT r.oid, sum(%size), CASE WHEN pg_catalog.bool_or(p.reltuples<0 AND %main>0) THEN -1 ELSE
	sum(CASE WHEN p.relpages>0 THEN p.reltuples::pg_catalog.float8/p.relpages*(%main/pg_catalog.current_setting('block_size')::pg_catalog.int8) ELSE greatest(p.reltuples::pg_catalog.float8, 0) END)::pg_catalog.int8 END,
	pg_catalog.string_agg(pg_catalog.concat_ws(':', p.oid, p.relfilenode, pg_catalog.pg_stat_get_tuples_inserted(p.oid), pg_catalog.pg_stat_get_tuples_updated(p.oid), pg_catalog.pg_stat_get_tuples_deleted(p.oid)), ',' ORDER BY p.oid)
	|| coalesce((SELECT s.stats_reset::pg_catalog.text FROM pg_catalog.pg_stat_database s WHERE s.datname=pg_catalog.current_database()), '')
	FROM pg_catalog.pg_class r JOIN pg_catalog.pg_namespace n ON n.oid=r.relnamespace
	CROSS JOIN LATERAL (SELECT r.oid AS relid UNION SELECT t.relid FROM pg_catalog.pg_partition_tree(r.oid) t) x JOIN pg_catalog.pg_class p ON p.oid=x.relid
	WHERE r.relkind IN ('r','p','m') AND NOT r.relispartition AND ` + own + " AND %where GROUP BY r.oid"

// sizes reads them; where a lock keeps the files' sizes away, what the last ANALYZE saw is taken.
func (d *Driver) sizes(ctx context.Context, c *conn, where string, args ...param) ([][][]byte, error) {
	sql := func(size, main string) string {
		return strings.NewReplacer("%size", size, "%main", main, "%where", where).Replace(sizesSQL)
	}
	got, err := c.all(ctx, sql("pg_catalog.pg_table_size(p.oid)", "pg_catalog.pg_relation_size(p.oid)"), args...)
	if errkind.Code(err) == "locked" && err != nil {
		const pages = "(p.relpages*pg_catalog.current_setting('block_size')::pg_catalog.int8)"
		got, err = c.all(ctx, sql(pages, pages), args...)
	}
	return got, err
}

func (cat *catalog) sizes(ctx context.Context) error {
	got, err := cat.d.sizes(ctx, cat.c, "true")
	for _, r := range got {
		if i, ok := cat.at[number32(r[0])]; ok {
			ds := &cat.all[i]
			ds.Bytes, ds.Records = number(r[1]), number(r[2])
			ds.Version = digestOf(ds.Schema, string(r[3]))
		}
	}
	return err
}

// Profile gives the planner's statistics and what changes with the table's records; it reads no record.
func (d *Driver) Profile(ctx context.Context, ds pii.Dataset) (p connectors.Profile, err error) {
	c, err := d.take(ctx, reading)
	if err != nil {
		return p, err
	}
	defer func() {
		if err != nil {
			c.drop()
			return
		}
		c.put()
	}()
	l, err := d.layout(ctx, c, ds.Ref.Dataset)
	if err != nil {
		return p, err
	}
	schema, table := text(l.schema), text(l.table)
	got, err := d.sizes(ctx, c, "n.nspname=$1 AND r.relname=$2", schema, table)
	if err != nil {
		return p, err
	}
	if len(got) == 0 {
		return p, errkind.New(errkind.Unsupported, "PostgreSQL keeps no statistics of views")
	}
	p = connectors.Profile{Records: number(got[0][2]), Version: digestOf(d.describe(l).Schema, string(got[0][3])), Fields: map[string]connectors.FieldProfile{}}
	stats, err := c.all(ctx, "SELECT s.attname, s.n_distinct, s.null_frac FROM pg_catalog.pg_stats s WHERE s.schemaname=$1 AND s.tablename=$2 AND s.inherited=$3",
		schema, table, param{[]byte(map[bool]string{true: "true", false: "false"}[l.kind == 'p']), 16})
	for _, r := range stats {
		p.Fields[string(r[0])] = columnProfile(p.Records, fraction(r[1]), fraction(r[2]))
	}
	return p, err
}

// columnProfile reads n_distinct, which is negative where it is a share of the records.
func columnProfile(records int64, distinct, nulls float64) connectors.FieldProfile {
	f := connectors.FieldProfile{Distinct: int64(distinct), Nulls: -1}
	if records < 0 {
		return connectors.FieldProfile{Distinct: max(-1, f.Distinct), Nulls: -1}
	}
	if distinct < 0 {
		f.Distinct = int64(-distinct * float64(records))
	}
	f.Nulls = int64(nulls * float64(records))
	return f
}

func fraction(b []byte) float64 {
	f, _ := strconv.ParseFloat(string(b), 64)
	return f
}
