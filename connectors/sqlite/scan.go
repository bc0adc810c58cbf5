package sqlite

import (
	"context"
	"database/sql/driver"
	"math"
	"strconv"
	"strings"

	"vestige/internal/errkind"
	"vestige/pii"
)

// ordering names the columns in whose order the table lies in the file; "" for a view.
func (r *reader) ordering() string {
	switch {
	case r.l.rowid != "":
		return r.l.rowid
	case r.l.withoutRowid:
		return names(r.l.primary())
	}
	return ""
}

func (r *reader) order() string {
	if by := r.ordering(); by != "" {
		return " ORDER BY " + by
	}
	return ""
}

// reached remembers a row as the last one read.
func (r *reader) reached(values []driver.Value) {
	r.after = r.after[:0]
	for _, place := range r.ordered {
		r.after = append(r.after, values[place])
	}
}

// scan reads the whole table. Where the file is damaged, what lies behind the damage is still read.
func (r *reader) scan(ctx context.Context) error {
	r.resume()
	if err := r.gentle(ctx); err != nil {
		return err
	}
	for r.more && !r.enough() {
		full, err := r.page(ctx)
		switch {
		case errkind.Code(err) == "corrupt":
			next, ok := r.skip(ctx)
			if !ok {
				return nil
			}
			r.after, r.inclusive = []driver.Value{next}, true
			continue
		case err != nil || !full:
			return err
		}
		r.flush()
	}
	return nil
}

// resume begins behind the record that a query names. Where only the rowid's order tells what is behind, others are skipped until it has passed.
func (r *reader) resume() {
	if r.from == "" || !r.l.byRowid() {
		return
	}
	if key, ok := pii.ParseKey(r.from); ok && len(key) == 1 {
		if last, err := strconv.ParseInt(key[0].Reveal(), 10, 64); err == nil {
			r.after, r.from = []driver.Value{last}, ""
		}
	}
}

// gentle decides whether a consumer that takes its time would keep writers waiting: in WAL mode one statement reads the whole table in one
// snapshot; with a rollback journal each batch is a statement of its own, and no lock is held between them.
func (r *reader) gentle(ctx context.Context) error {
	if r.order() == "" {
		return nil
	}
	got, err := r.c.all(ctx, "PRAGMA "+quote(r.l.schema)+".journal_mode")
	r.paged = err == nil && len(got) > 0 && asText(got[0][0]) != "wal"
	return err
}

// page reads from where the last one ended: a batch, or everything where nobody waits.
func (r *reader) page(ctx context.Context) (full bool, err error) {
	query := r.selects
	if len(r.after) > 0 {
		op := " > "
		if r.inclusive {
			op = " >= "
		}
		query += " WHERE (" + r.ordering() + ")" + op + "(?" + strings.Repeat(",?", len(r.after)-1) + ")"
	}
	query += r.order()
	if r.paged {
		query += " LIMIT " + strconv.Itoa(r.size)
	}
	args := r.after
	r.inclusive = false
	return r.sweepOrPass(ctx, query, args...)
}

// skip passes on what was read before a damage, the gap, and finds where it ends.
func (r *reader) skip(ctx context.Context) (int64, bool) {
	if !r.gap("the database file is damaged here") || r.l.rowid == "" {
		return 0, false
	}
	last := int64(math.MinInt64)
	if len(r.after) == 1 {
		last = asInt(r.after[0])
	}
	return r.beyond(ctx, last)
}

// beyond finds the first rowid behind a damage: steps grow until a seek succeeds, then halve back.
func (r *reader) beyond(ctx context.Context, last int64) (int64, bool) {
	if r.l.rowid == "" {
		return 0, false
	}
	if last == math.MinInt64 {
		last = 0
	}
	readable := func(id int64) (int64, bool) {
		got, err := r.c.all(ctx, "SELECT "+r.l.rowid+" FROM "+r.l.name()+" WHERE "+r.l.rowid+" >= ? ORDER BY "+r.l.rowid+" LIMIT 1", id)
		if err != nil || len(got) == 0 {
			return 0, false
		}
		return asInt(got[0][0]), true
	}
	bad, step := last, int64(1)
	for ; step > 0 && step < math.MaxInt64/4; step *= 2 {
		if _, ok := readable(last + step); ok {
			break
		}
		bad = last + step
	}
	good := last + step
	if _, ok := readable(good); !ok {
		return 0, false
	}
	for good-bad > 1 {
		mid := bad + (good-bad)/2
		if _, ok := readable(mid); ok {
			good = mid
		} else {
			bad = mid
		}
	}
	return readable(good)
}

// gap passes on what was read so far, then the gap.
func (r *reader) gap(text string) bool {
	if !r.flush() {
		return false
	}
	r.more = r.yield(pii.GapBatch(pii.Gap{Code: "corrupt", At: r.batch.Dataset, Text: text, Records: -1}), nil)
	return r.more
}
