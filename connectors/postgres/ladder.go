package postgres

import (
	"context"
	"strings"

	"vestige/connectors"
	"vestige/pii"
)

var _ connectors.Ladder = (*Driver)(nil)

// Ladder looks at what may still hold what was erased: dead tuples, statistics, transactions that see old versions, the log, replicas, slots, and the server's own
// statement log.
func (d *Driver) Ladder(ctx context.Context, datasets []pii.Dataset) ([]connectors.Rung, error) {
	var ds pii.Dataset
	if len(datasets) > 0 {
		ds = datasets[0]
	}
	c, err := d.take(ctx, writing)
	if err != nil {
		return nil, err
	}
	defer c.put()
	return connectors.LookAt(ctx, d.Rungs(ds), func(r connectors.Rung) (connectors.Rung, error) {
		if look := looks[r.Name]; look != nil {
			return look(ctx, d, c, r, datasets)
		}
		return r, nil
	})
}

// looks are how each rung is looked at.
var looks = map[string]func(context.Context, *Driver, *conn, connectors.Rung, []pii.Dataset) (connectors.Rung, error){
	"physical": lookPhysical, "versions": lookVersions, "wal": lookWAL, "replicas": lookReplicas, "slots": lookSlots, "statistics": lookStatistics, "statement-log": lookStatementLog,
}

// first gives the first row of a query as texts, NULL as "".
func (c *conn) first(ctx context.Context, sql string, args ...param) ([]string, error) {
	got, err := c.all(ctx, sql, args...)
	if err != nil || len(got) == 0 {
		return make([]string, 16), err
	}
	out := make([]string, len(got[0]))
	for i, v := range got[0] {
		out[i] = string(v)
	}
	return out, nil
}

func tablesOf(datasets []pii.Dataset) param {
	var names []string
	for _, d := range datasets {
		schema, table := resolve(d.Ref.Dataset)
		names = append(names, schema+"."+table)
	}
	return text(strings.Join(names, "\x01"))
}

const amongTables = "(schemaname||'.'||relname)=ANY(pg_catalog.string_to_array($1, E'\\x01'))"

func lookPhysical(ctx context.Context, d *Driver, c *conn, r connectors.Rung, datasets []pii.Dataset) (connectors.Rung, error) {
	got, err := c.first(ctx, "SELECT coalesce(sum(n_dead_tup), 0), count(*) FILTER (WHERE last_vacuum IS NULL AND last_autovacuum IS NULL) FROM pg_catalog.pg_stat_user_tables WHERE "+amongTables, tablesOf(datasets))
	switch {
	case err != nil:
		return r, err
	case d.vacuum == "full":
		return r.Stands(connectors.RungReached, "the files of the tables were written anew"), nil
	}
	return r.Stands(connectors.RungWaiting, "%s dead records by the system's count, %s of the tables never vacuumed; freed bytes stay until their pages are written to again", got[0], got[1]), nil
}

func lookVersions(ctx context.Context, _ *Driver, c *conn, r connectors.Rung, _ []pii.Dataset) (connectors.Rung, error) {
	got, err := c.first(ctx, `SELECT (SELECT count(*) FROM pg_catalog.pg_stat_activity WHERE backend_xmin IS NOT NULL AND pid<>pg_catalog.pg_backend_pid() AND xact_start < now() - interval '1 second'),
		(SELECT count(*) FROM pg_catalog.pg_prepared_xacts)`)
	switch {
	case err != nil:
		return r, err
	case got[0] == "0" && got[1] == "0":
		return r.Stands(connectors.RungReached, "no older transaction is open, none is prepared"), nil
	}
	return r.Stands(connectors.RungWaiting, "%s older transactions are open and %s prepared; they may see what was there before", got[0], got[1]), nil
}

func lookWAL(ctx context.Context, _ *Driver, c *conn, r connectors.Rung, _ []pii.Dataset) (connectors.Rung, error) {
	got, err := c.first(ctx, "SELECT pg_catalog.current_setting('archive_mode'), pg_catalog.pg_current_wal_lsn(), pg_catalog.current_setting('wal_keep_size', true), pg_catalog.current_setting('max_wal_size')")
	if err != nil {
		return r, err
	}
	if got[0] != "off" {
		return r.Stands(connectors.RungKept, "archive_mode is %s: the archive holds what was written up to %s for as long as it is kept; register it as a backup", got[0], got[1]), nil
	}
	return r.Stands(connectors.RungWaiting, "segments up to %s are used again as more is written (max_wal_size %s, wal_keep_size %s); there is no archive", got[1], got[3], got[2]), nil
}

func lookReplicas(ctx context.Context, _ *Driver, c *conn, r connectors.Rung, _ []pii.Dataset) (connectors.Rung, error) {
	got, err := c.first(ctx, "SELECT count(*), count(*) FILTER (WHERE replay_lsn IS NULL OR replay_lsn < pg_catalog.pg_current_wal_lsn()) FROM pg_catalog.pg_stat_replication")
	switch {
	case err != nil:
		return r, err
	case got[0] == "0":
		return r.Stands(connectors.RungReached, "no replica is connected; one that is cut off is not seen here"), nil
	case got[1] == "0":
		return r.Stands(connectors.RungReached, "%s connected replicas have replayed all", got[0]), nil
	}
	return r.Stands(connectors.RungWaiting, "%s of %s connected replicas have not replayed all", got[1], got[0]), nil
}

func lookSlots(ctx context.Context, _ *Driver, c *conn, r connectors.Rung, _ []pii.Dataset) (connectors.Rung, error) {
	got, err := c.first(ctx, `SELECT count(*), pg_catalog.string_agg(slot_name||' ('||slot_type||CASE WHEN active THEN '' ELSE ', inactive' END||')', ', ' ORDER BY slot_name)
		FROM pg_catalog.pg_replication_slots WHERE coalesce(restart_lsn, '0/0') < pg_catalog.pg_current_wal_lsn()`)
	switch {
	case err != nil:
		return r, err
	case got[0] == "0":
		return r.Stands(connectors.RungReached, "no slot holds the log"), nil
	}
	return r.Stands(connectors.RungWaiting, "%s hold the log from before until they are read on: %s", got[0], got[1]), nil
}

func lookStatistics(ctx context.Context, _ *Driver, c *conn, r connectors.Rung, datasets []pii.Dataset) (connectors.Rung, error) {
	got, err := c.first(ctx, `SELECT count(*), count(*) FILTER (WHERE last IS NULL OR n_mod_since_analyze > 0 AND last < now() - interval '15 minutes'), max(last), coalesce(sum(n_mod_since_analyze), 0)
		FROM (SELECT *, greatest(last_analyze, last_autoanalyze) AS last FROM pg_catalog.pg_stat_user_tables) t WHERE `+amongTables, tablesOf(datasets))
	switch {
	case err != nil:
		return r, err
	case got[1] == "0":
		return r.Stands(connectors.RungReached, "made anew at %s; %s changes were counted since, some of which are told late", got[2], got[3]), nil
	}
	return r.Stands(connectors.RungWaiting, "of %s of %s tables they are to be made anew by autovacuum", got[1], got[0]), nil
}

func lookStatementLog(ctx context.Context, _ *Driver, c *conn, r connectors.Rung, _ []pii.Dataset) (connectors.Rung, error) {
	got, err := c.first(ctx, `SELECT pg_catalog.current_setting('log_statement'), pg_catalog.current_setting('log_min_duration_statement'), coalesce(pg_catalog.current_setting('log_parameter_max_length', true), '-1'),
		pg_catalog.current_setting('log_min_error_statement')`)
	switch {
	case err != nil:
		return r, err
	case got[0] == "none" && got[1] == "-1":
		const none = "log_statement and log_min_duration_statement log none now; those that fail are, from the level %s, and what a sample or an extension takes; what was logged before stands in the server's log until it is removed: %s"
		return r.Stands(connectors.RungUnknown, none, got[3], c.logs(ctx)), nil
	}
	return r.Stands(connectors.RungUnknown, "log_statement is %s, log_min_duration_statement %s, log_parameter_max_length %s: the server's log may hold values of statements for as long as it is kept", got[0], got[1], got[2]), nil
}

// logs tells where the server's log is, and how far it goes back where the role may see that.
func (c *conn) logs(ctx context.Context) string {
	got, err := c.first(ctx, "SELECT pg_catalog.current_setting('logging_collector'), pg_catalog.current_setting('log_destination'), pg_catalog.current_setting('log_directory', true)")
	switch {
	case err != nil:
		return "where that is cannot be seen by this role"
	case got[0] != "on":
		return "it goes to " + got[1] + ", which whoever starts the server keeps"
	}
	files, err := c.first(ctx, "SELECT count(*), min(modification) FROM pg_catalog.pg_ls_logdir()")
	if err != nil {
		return "its files in " + got[2] + " cannot be counted by this role"
	}
	return files[0] + " files in " + got[2] + ", the oldest last written at " + files[1]
}
