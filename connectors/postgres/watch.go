package postgres

import (
	"context"
	"encoding/json"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"vestige/connectors"
)

// trigger has the database tell of tables and views that are made, changed or dropped, when the transaction commits. It sends names alone.
const trigger = `CREATE OR REPLACE FUNCTION vestige_changed() RETURNS event_trigger LANGUAGE plpgsql AS $$
DECLARE r record;
BEGIN
  FOR r IN
    SELECT DISTINCT n.nspname, c.relname FROM pg_event_trigger_ddl_commands() e
    JOIN pg_class c ON e.classid = 'pg_class'::regclass AND c.oid = e.objid JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND c.relpersistence <> 't'
  LOOP
    PERFORM pg_notify('vestige_changed', json_build_object('schema', r.nspname, 'table', r.relname)::text);
  END LOOP;
END $$;
CREATE OR REPLACE FUNCTION vestige_dropped() RETURNS event_trigger LANGUAGE plpgsql AS $$
DECLARE r record;
BEGIN
  FOR r IN SELECT schema_name, object_name FROM pg_event_trigger_dropped_objects() WHERE object_type IN ('table', 'view', 'materialized view', 'foreign table') AND NOT is_temporary
  LOOP
    PERFORM pg_notify('vestige_changed', json_build_object('schema', r.schema_name, 'table', r.object_name)::text);
  END LOOP;
END $$;
CREATE EVENT TRIGGER vestige_changed ON ddl_command_end EXECUTE FUNCTION vestige_changed();
CREATE EVENT TRIGGER vestige_dropped ON sql_drop EXECUTE FUNCTION vestige_dropped();`

// Trigger gives the statements after which the database tells of changes.
func (*Driver) Trigger() string { return trigger }

// alive is how often a connection that hears nothing is asked whether it is there.
const alive = time.Minute

// Watch listens, on a connection of its own, until the context ends.
func (d *Driver) Watch(ctx context.Context, tell func(dataset string)) error {
	cfg := d.config.Copy()
	cfg.OnNotification = func(_ *pgconn.PgConn, n *pgconn.Notification) {
		var what struct{ Schema, Table string }
		if json.Unmarshal([]byte(n.Payload), &what) == nil && what.Table != "" {
			tell(display(what.Schema, what.Table))
		}
	}
	pc, err := pgconn.ConnectConfig(ctx, cfg)
	if err != nil {
		return connecting(ctx, err)
	}
	c := &conn{d: d, as: reading, pc: pc}
	defer c.close()
	if err := c.exec(ctx, "LISTEN vestige_changed"); err != nil {
		return err
	}
	for {
		wait, cancel := context.WithTimeout(ctx, alive)
		err := pc.WaitForNotification(wait)
		quiet := wait.Err() != nil
		cancel()
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil && !quiet {
			return c.kind(ctx, err)
		}
		if err := c.exec(ctx, "SELECT 1"); err != nil {
			return err
		}
	}
}

var _ connectors.Watcher = (*Driver)(nil)
