package mysql

import (
	"context"
	"database/sql/driver"
	"slices"
	"strconv"
	"strings"

	"vestige/internal/errkind"
	"vestige/pii"
)

// seekable tells whether a place in the key's order can be asked for. ENUM orders by number and compares by name.
func (l *layout) seekable() bool {
	return len(l.key) > 0 && !slices.ContainsFunc(l.key, func(k string) bool {
		s := l.column(k).sort
		return s == enumSort || s == jsonSort || s == spaceSort
	})
}

func (r *reader) order() string {
	if len(r.l.key) == 0 || r.bare {
		return ""
	}
	names := make([]string, len(r.l.key))
	for i, k := range r.l.key {
		names[i] = quote(k)
	}
	return " ORDER BY " + strings.Join(names, ", ")
}

// scan reads the whole table in one statement. Where the server ends that for its time limit, the next one goes on behind the last record, in the same snapshot.
func (r *reader) scan(ctx context.Context) error {
	r.resume()
	for {
		where := ""
		if len(r.after) > 0 {
			where = " WHERE " + r.beyond()
		}
		if r.limit > 0 && r.from == "" {
			where += r.order() + " LIMIT " + strconv.FormatInt(r.limit-r.given, 10)
		} else {
			where += r.order()
		}
		before := r.given
		err := r.pass(ctx, r.selects+where)
		if errkind.Code(err) != "time-limit" || len(r.after) == 0 || r.given == before || r.cut {
			return err
		}
		r.given -= int64(r.batch.Len())
		r.batch.Reset()
	}
}

// resume begins behind the record that a query names. Where only the order tells what is behind, others are skipped until it has passed.
func (r *reader) resume() {
	if r.from == "" || !r.l.seekable() {
		return
	}
	key, ok := pii.ParseKey(r.from)
	if !ok || len(key) != len(r.l.key) {
		return
	}
	var after []driver.Value
	for i, v := range key {
		lit, ok := r.l.column(r.l.key[i]).literal(v.Reveal())
		if !ok || v.Null() {
			return
		}
		after = append(after, written(lit))
	}
	r.after, r.from = after, ""
}

// written is a value that is SQL already.
type written string

// beyond gives the condition of what comes behind the last record, such that the servers find it by the key's index: they do not see a range in (a, b) > (1, 2).
func (r *reader) beyond() string {
	lits := make([]string, len(r.after))
	for i, v := range r.after {
		if w, ok := v.(written); ok {
			lits[i] = string(w)
			continue
		}
		c := r.l.column(r.l.key[i])
		lits[i], _ = c.literal(string(c.sort.append(nil, v)))
	}
	var or []string
	equal := ""
	for i, lit := range lits {
		e := r.l.column(r.l.key[i]).expr()
		or = append(or, "("+equal+e+" > "+lit+")")
		equal += e + " = " + lit + " AND "
	}
	if len(or) == 1 {
		return or[0]
	}
	return r.l.column(r.l.key[0]).expr() + " >= " + lits[0] + " AND (" + strings.Join(or, " OR ") + ")"
}
