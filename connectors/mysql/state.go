package mysql

import (
	"context"
	"strings"

	"vestige/pii"
)

// state is what a server knows of a table without reading it.
type state struct {
	records, bytes int64
	comment        string
	version        string
}

// states reads those of a schema's tables, or of one.
func (c *conn) states(ctx context.Context, schema, table string) (map[string]state, error) {
	where := "table_schema=" + text(schema)
	if table != "" {
		where += " AND " + c.is("table_name", table)
	}
	got, err := c.all(ctx, `SELECT table_name, table_rows, data_length, COALESCE(table_comment,''), COALESCE(update_time,''), COALESCE(update_time >= NOW(), 0),
		COALESCE(create_time,''), table_type FROM information_schema.tables WHERE `+where)
	if err != nil {
		return nil, err
	}
	written := ""
	out := map[string]state{}
	for _, r := range got {
		s := state{records: -1, bytes: -1, comment: asText(r[3])}
		if strings.Contains(asText(r[7]), "VIEW") {
			s.comment = ""
			out[asText(r[0])] = s
			continue
		}
		if r[1] != nil {
			s.records, s.bytes = asInt(r[1]), asInt(r[2])
		}
		switch at := asText(r[4]); {
		case asInt(r[5]) != 0: // it may change once more within this second
		case at != "":
			s.version = digestOf("changed", at, asText(r[6]))
		default:
			if written == "" {
				if written, err = c.written(ctx); err != nil {
					return nil, err
				}
			}
			s.version = written
		}
		out[asText(r[0])] = s
	}
	return out, nil
}

// written changes with every write anywhere in the server: the place in the log of InnoDB. It stands in for the time of a table's last change, which the
// server keeps in memory only and has none of after a start.
func (c *conn) written(ctx context.Context) (string, error) {
	got, err := c.all(ctx, "SHOW GLOBAL STATUS WHERE Variable_name IN ('Innodb_lsn_current','Innodb_redo_log_current_lsn')")
	if err != nil || len(got) == 0 {
		return "", err
	}
	return digestOf("written", asText(got[0][1])), nil
}

// foreignKey is one foreign key.
type foreignKey struct {
	child, parent      place
	from, to           []string
	onDelete, onUpdate pii.Action
}

// foreignKeys reads those that a condition over KEY_COLUMN_USAGE (k) chooses.
func (c *conn) foreignKeys(ctx context.Context, where string) (out []foreignKey, err error) {
	got, err := c.all(ctx, `SELECT k.table_schema, k.table_name, k.constraint_name, k.column_name, k.referenced_table_schema, k.referenced_table_name, k.referenced_column_name,
		r.delete_rule, r.update_rule FROM information_schema.key_column_usage k JOIN information_schema.referential_constraints r
		ON r.constraint_schema=k.constraint_schema AND r.constraint_name=k.constraint_name AND r.table_name=k.table_name
		WHERE k.referenced_table_name IS NOT NULL AND `+where+" ORDER BY k.table_schema, k.table_name, k.constraint_name, k.ordinal_position")
	last := ""
	for _, r := range got {
		child := place{asText(r[0]), asText(r[1])}
		if id := child.name() + asText(r[2]); id != last {
			last = id
			out = append(out, foreignKey{child: child, parent: place{asText(r[4]), asText(r[5])}, onDelete: action(r[7]), onUpdate: action(r[8])})
		}
		k := &out[len(out)-1]
		k.from, k.to = append(k.from, asText(r[3])), append(k.to, asText(r[6]))
	}
	return out, err
}

func action(v any) pii.Action { return pii.Action(strings.ToLower(asText(v))) }
