package mysql

import (
	"context"
	"strconv"
	"strings"

	"vestige/connectors"
	"vestige/internal/clock"
	"vestige/pii"
)

var _ connectors.Ladder = (*Driver)(nil)

// Ladder looks at what may still hold what was erased: undo logs, binary logs, the server's logs of statements, replicas.
func (d *Driver) Ladder(ctx context.Context, datasets []pii.Dataset) ([]connectors.Rung, error) {
	var ds pii.Dataset
	if len(datasets) > 0 {
		ds = datasets[0]
	}
	c, err := d.take(ctx)
	if err != nil {
		return nil, err
	}
	defer c.put()
	return connectors.LookAt(ctx, d.Rungs(ds), func(r connectors.Rung) (connectors.Rung, error) {
		if look := looks[r.Name]; look != nil && r.Reached != "never" {
			return look(ctx, c, r)
		}
		return r, nil
	})
}

// looks are how each rung is looked at.
var looks = map[string]func(context.Context, *conn, connectors.Rung) (connectors.Rung, error){
	"versions": lookVersions, "binary-log": lookBinaryLog, "statement-log": lookStatementLog, "replicas": lookReplicas,
}

// vars gives system variables by name; one that the server does not have is not there.
func (c *conn) vars(ctx context.Context, names ...string) (map[string]string, error) {
	got, err := c.all(ctx, "SHOW GLOBAL VARIABLES WHERE Variable_name IN ('"+strings.Join(names, "','")+"')")
	out := map[string]string{}
	for _, r := range got {
		out[strings.ToLower(asText(r[0]))] = asText(r[1])
	}
	return out, err
}

func lookVersions(ctx context.Context, c *conn, r connectors.Rung) (connectors.Rung, error) {
	got, err := c.all(ctx, "SELECT count FROM information_schema.innodb_metrics WHERE name='trx_rseg_history_len'")
	if err != nil || len(got) == 0 {
		return r, err
	}
	if n := asInt(got[0][0]); n > 0 {
		return r.Stands(connectors.RungWaiting, "%d transactions in the undo logs are still to be purged, the last of them by the next ones", n), nil
	}
	return r.Stands(connectors.RungReached, "the undo logs are purged"), nil
}

func lookBinaryLog(ctx context.Context, c *conn, r connectors.Rung) (connectors.Rung, error) {
	v, err := c.vars(ctx, "log_bin", "binlog_expire_logs_seconds", "expire_logs_days", "binlog_format", "binlog_encryption", "encrypt_binlog")
	if err != nil {
		return r, err
	}
	if !strings.EqualFold(v["log_bin"], "ON") {
		return r.Stands(connectors.RungUnknown, "log_bin is off, so that nothing is added; files from a time when the server ran with it are not seen from here"), nil
	}
	seconds, _ := strconv.ParseFloat(v["binlog_expire_logs_seconds"], 64)
	if seconds == 0 {
		days, _ := strconv.ParseFloat(v["expire_logs_days"], 64)
		seconds = days * 86400
	}
	if seconds == 0 {
		return r.Stands(connectors.RungKept, "log_bin is on (%s) and its files never expire: PURGE BINARY LOGS BEFORE removes them", v["binlog_format"]), nil
	}
	r = r.Stands(connectors.RungWaiting, "log_bin is on (%s) and its files expire after %.0f days, when the server next begins one", v["binlog_format"], seconds/86400)
	r.Due = clock.Micros() + int64(seconds*1e6)
	return r, nil
}

func lookStatementLog(ctx context.Context, c *conn, r connectors.Rung) (connectors.Rung, error) {
	v, err := c.vars(ctx, "general_log", "slow_query_log", "log_output", "long_query_time", "general_log_file", "slow_query_log_file")
	if err != nil {
		return r, err
	}
	if !strings.EqualFold(v["general_log"], "ON") && !strings.EqualFold(v["slow_query_log"], "ON") {
		const off = "neither the general log nor that of slow statements is on; what they wrote while they were stands in %s and %s, and in what was rotated from them, until somebody removes it%s"
		return r.Stands(connectors.RungUnknown, off, v["general_log_file"], v["slow_query_log_file"], c.loggedInTables(ctx)), nil
	}
	return r.Stands(connectors.RungUnknown, "general_log is %s, slow_query_log %s (from %s s) to %s: they hold values of statements for as long as they are kept", v["general_log"], v["slow_query_log"], v["long_query_time"], v["log_output"]), nil
}

// loggedInTables tells what the tables hold that the logs can be written to, where the user may read them.
func (c *conn) loggedInTables(ctx context.Context) string {
	got, err := c.all(ctx, "SELECT (SELECT COUNT(*) FROM mysql.general_log) + (SELECT COUNT(*) FROM mysql.slow_log)")
	if err != nil || len(got) == 0 {
		return "; whether mysql.general_log and mysql.slow_log hold any this user may not see"
	}
	return "; mysql.general_log and mysql.slow_log hold " + strconv.FormatInt(asInt(got[0][0]), 10) + " statements"
}

func lookReplicas(ctx context.Context, c *conn, r connectors.Rung) (connectors.Rung, error) {
	show := "SHOW REPLICAS"
	if c.mariadb {
		show = "SHOW SLAVE HOSTS"
	}
	got, err := c.all(ctx, show)
	if err != nil {
		return r, err
	}
	if len(got) == 0 {
		return r.Stands(connectors.RungReached, "no replica is registered"), nil
	}
	return r.Stands(connectors.RungWaiting, "%d replicas follow when they have read the log", len(got)), nil
}
