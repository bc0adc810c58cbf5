package storetest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"vestige/internal/db"
	"vestige/internal/errkind"
	"vestige/store"
)

// things is a table with every type that rooms may use.
const things = `CREATE TABLE thing (
	id BIGINT NOT NULL PRIMARY KEY,
	name TEXT NOT NULL UNIQUE,
	at BIGINT NOT NULL DEFAULT 0,
	done BOOLEAN NOT NULL DEFAULT FALSE,
	body BYTEA,
	share DOUBLE PRECISION,
	parent BIGINT REFERENCES thing (id)
);
-- step 2
CREATE INDEX thing_at ON thing (at);
CREATE INDEX thing_parent ON thing (parent);`

// marker stands for somebody's data; no error may hold it.
const marker = "marker-7f3a@people.example"

// Run checks what every store promises. open gives an open store; called twice with the same schemas it opens the same one again.
func Run(t *testing.T, open func(t *testing.T, schemas ...db.Schema) *store.Store) {
	schema := db.SchemaOf("things", things)
	s := open(t, schema)
	for name, check := range map[string]func(*testing.T, *store.Store){
		"types": types, "rollback": rollback, "hooks": hooks, "errors": errorsWithoutValues, "read-only": readOnly,
		"snapshot": snapshot, "cancelled": cancelled, "counter": counter, "meta": meta, "returning": returning, "loose": loose,
	} {
		t.Run(name, func(t *testing.T) {
			Write(t, s, func(tx db.Tx) error { _, err := tx.Exec(t.Context(), "DELETE FROM thing"); return err })
			check(t, s)
		})
	}
	t.Run("schemas", func(t *testing.T) { _ = s.Close(); schemas(t, open, schema) })
}

func insert(ctx context.Context, tx db.Tx, id int64, name string) error {
	_, err := tx.Exec(ctx, "INSERT INTO thing (id, name) VALUES ($1, $2)", id, name)
	return err
}

func names(t *testing.T, s *store.Store) (names []string) {
	t.Helper()
	Read(t, s, func(tx db.Tx) error {
		rows, err := tx.Query(t.Context(), "SELECT name FROM thing ORDER BY id")
		if err != nil {
			return err
		}
		defer func() { _ = rows.Close() }()
		for rows.Next() {
			var n string
			if err := rows.Scan(&n); err != nil {
				return err
			}
			names = append(names, n)
		}
		return rows.Err()
	})
	return names
}

func types(t *testing.T, s *store.Store) {
	ctx := t.Context()
	body := []byte{0, 1, 255}
	Write(t, s, func(tx db.Tx) error {
		_, err := tx.Exec(ctx, "INSERT INTO thing (id, name, at, done, body, share) VALUES ($1, $2, $3, $4, $5, $6)", 1, "ö ' \" 🙂", int64(1)<<60, true, body, 0.25)
		return err
	})
	var (
		name  string
		at    int64
		done  bool
		got   []byte
		share float64
		up    *int64
	)
	Read(t, s, func(tx db.Tx) error {
		return tx.QueryRow(ctx, "SELECT name, at, done, body, share, parent FROM thing WHERE done AND id = $1", 1).Scan(&name, &at, &done, &got, &share, &up)
	})
	if name != "ö ' \" 🙂" || at != 1<<60 || !done || !slices.Equal(got, body) || share != 0.25 || up != nil {
		t.Error("a row does not come back as it was written")
	}
}

func rollback(t *testing.T, s *store.Store) {
	want := errors.New("no")
	err := s.DB().Write(t.Context(), func(tx db.Tx) error {
		if err := insert(t.Context(), tx, 1, "a"); err != nil {
			return err
		}
		return want
	})
	if !errors.Is(err, want) || len(names(t, s)) != 0 {
		t.Errorf("a unit of work that fails leaves something, or hides its error: %v", err)
	}
	func() {
		defer func() { _ = recover() }()
		_ = s.DB().Write(t.Context(), func(tx db.Tx) error {
			_ = insert(t.Context(), tx, 1, "a")
			panic("stop")
		})
	}()
	if len(names(t, s)) != 0 {
		t.Error("a unit of work that panics leaves something")
	}
	Write(t, s, func(tx db.Tx) error { return insert(t.Context(), tx, 1, "after a panic") })
}

// loose checks that a unit of work that does not wait for the disk is one in all else, and that the next one waits again.
func loose(t *testing.T, s *store.Store) {
	ctx := t.Context()
	waits := func(tx db.Tx) (how string) {
		text := map[db.Dialect]string{db.SQLite: "SELECT synchronous FROM pragma_synchronous", db.Postgres: "SHOW synchronous_commit"}[tx.Dialect()]
		if err := tx.QueryRow(ctx, text).Scan(&how); err != nil {
			t.Error(err)
		}
		return how
	}
	var before, between, after string
	Write(t, s, func(tx db.Tx) error { before = waits(tx); return nil })
	for i := range 2 {
		err := s.DB().WriteLoose(ctx, func(tx db.Tx) error {
			between = waits(tx)
			return insert(ctx, tx, int64(i), fmt.Sprint("loose ", i))
		})
		if err != nil || between == before {
			t.Errorf("a loose unit waits as %s, any other one as %s (%v)", between, before, err)
		}
	}
	want := errors.New("no")
	if err := s.DB().WriteLoose(ctx, func(tx db.Tx) error { return errors.Join(insert(ctx, tx, 7, "gone"), want) }); !errors.Is(err, want) {
		t.Errorf("a loose unit hides its error: %v", err)
	}
	Write(t, s, func(tx db.Tx) error { after = waits(tx); return nil })
	if got := names(t, s); after != before || !slices.Equal(got, []string{"loose 0", "loose 1"}) {
		t.Errorf("after loose units one waits as %s, before as %s, and there are %v", after, before, got)
	}
}

func hooks(t *testing.T, s *store.Store) {
	var ran []int
	unit := func(end error) func(tx db.Tx) error {
		return func(tx db.Tx) error {
			for i := range 3 {
				tx.AfterCommit(func() { ran = append(ran, i) })
			}
			if len(ran) != 0 {
				t.Error("a hook ran before the commit")
			}
			return end
		}
	}
	_ = s.DB().Write(t.Context(), unit(errors.New("no")))
	if len(ran) != 0 {
		t.Error("hooks ran after a rollback")
	}
	Write(t, s, unit(nil))
	if !slices.Equal(ran, []int{0, 1, 2}) {
		t.Errorf("hooks ran as %v", ran)
	}
	Write(t, s, func(tx db.Tx) error {
		tx.AfterCommit(func() { Write(t, s, func(tx db.Tx) error { return insert(t.Context(), tx, 9, "from a hook") }) })
		return nil
	})
}

func errorsWithoutValues(t *testing.T, s *store.Store) {
	ctx := t.Context()
	Write(t, s, func(tx db.Tx) error { return insert(ctx, tx, 1, marker) })
	for _, c := range []struct {
		sql  string
		args []any
		kind errkind.Kind
		code string
	}{
		{"INSERT INTO thing (id, name) VALUES ($1, $2)", []any{2, marker}, errkind.Conflict, "unique"},
		{"INSERT INTO thing (id, name) VALUES ($1, $2)", []any{1, marker + "x"}, errkind.Conflict, "unique"},
		{"INSERT INTO thing (id, name, parent) VALUES ($1, $2, $3)", []any{3, marker + "y", 77}, errkind.Conflict, "foreign-key"},
		{"INSERT INTO thing (id, name, at) VALUES ($1, $2, $3)", []any{4, marker + "z", nil}, errkind.Invalid, "not-null"},
		{"INSERT INTO nowhere (name) VALUES ($1)", []any{marker}, errkind.Internal, "internal"},
		{"INSERT INTO thing (id, name) VALUES ($1, $2)", []any{5, struct{ A string }{marker}}, errkind.Internal, "driver"},
	} {
		err := s.DB().Write(ctx, func(tx db.Tx) error { _, err := tx.Exec(ctx, c.sql, c.args...); return err })
		if err == nil || errkind.Of(err) != c.kind || errkind.Code(err) != c.code {
			t.Errorf("%s: %v is %s %q, want %s %q", c.sql, err, errkind.Of(err), errkind.Code(err), c.kind, c.code)
		}
		for e := err; e != nil; e = errors.Unwrap(e) {
			if strings.Contains(fmt.Sprintf("%v %+v", e, e), marker) {
				t.Errorf("an error holds a value: %s", c.sql)
			}
		}
	}
	Read(t, s, func(tx db.Tx) error {
		var n int64
		if err := tx.QueryRow(ctx, "SELECT name FROM thing WHERE id = $1", 1).Scan(&n); err == nil || strings.Contains(err.Error(), marker) {
			t.Errorf("a wrong destination gives %v", err)
		}
		return nil
	})
	Read(t, s, func(tx db.Tx) error {
		if err := tx.QueryRow(ctx, "SELECT name FROM thing WHERE id = $1", 42).Scan(new(string)); errkind.Of(err) != errkind.NotFound {
			t.Errorf("a missing row gives %v", err)
		}
		return nil
	})
}

func readOnly(t *testing.T, s *store.Store) {
	err := s.DB().Read(t.Context(), func(tx db.Tx) error { return insert(t.Context(), tx, 1, "a") })
	if err == nil || len(names(t, s)) != 0 {
		t.Errorf("Read wrote: %v", err)
	}
}

func snapshot(t *testing.T, s *store.Store) {
	count := func(tx db.Tx) (n int) {
		if err := tx.QueryRow(t.Context(), "SELECT count(*) FROM thing").Scan(&n); err != nil {
			t.Error(err)
		}
		return n
	}
	Read(t, s, func(tx db.Tx) error {
		before := count(tx)
		Write(t, s, func(tx db.Tx) error { return insert(t.Context(), tx, 1, "a") })
		if count(tx) != before {
			t.Error("a snapshot changed while it was read")
		}
		return nil
	})
	if len(names(t, s)) != 1 {
		t.Error("a committed row is not seen")
	}
}

func cancelled(t *testing.T, s *store.Store) {
	ctx, cancel := context.WithCancel(t.Context())
	err := s.DB().Write(ctx, func(tx db.Tx) error {
		_ = insert(ctx, tx, 1, "a")
		cancel()
		return insert(ctx, tx, 2, "b")
	})
	if errkind.Of(err) != errkind.Canceled || !errors.Is(err, context.Canceled) || len(names(t, s)) != 0 {
		t.Errorf("a cancelled unit of work gives %v", err)
	}
	Write(t, s, func(tx db.Tx) error { return insert(t.Context(), tx, 1, "a") })
}

func counter(t *testing.T, s *store.Store) {
	Write(t, s, func(tx db.Tx) error { return insert(t.Context(), tx, 1, "a") })
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 10 {
				if err := s.DB().Write(t.Context(), func(tx db.Tx) error {
					_, err := tx.Exec(t.Context(), "UPDATE thing SET at = at + 1 WHERE id = $1", 1)
					return err
				}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	Read(t, s, func(tx db.Tx) error {
		var n int64
		if err := tx.QueryRow(t.Context(), "SELECT at FROM thing WHERE id = $1", 1).Scan(&n); err != nil || n != 80 {
			t.Errorf("80 increments gave %d, %v", n, err)
		}
		return nil
	})
}

func meta(t *testing.T, s *store.Store) {
	Write(t, s, func(tx db.Tx) error {
		for _, v := range []string{"a", "b"} {
			if err := s.SetMeta(t.Context(), tx, "suite", v); err != nil {
				return err
			}
		}
		return nil
	})
	Read(t, s, func(tx db.Tx) error {
		if v, err := s.Meta(t.Context(), tx, "suite"); err != nil || v != "b" {
			t.Errorf("meta gave %q, %v", v, err)
		}
		if v, err := s.Meta(t.Context(), tx, "never set"); err != nil || v != "" {
			t.Errorf("an absent meta gave %q, %v", v, err)
		}
		return nil
	})
}

// returning checks the constructs that rooms lean on beyond the plainest SQL.
func returning(t *testing.T, s *store.Store) {
	ctx := t.Context()
	Write(t, s, func(tx db.Tx) error {
		for i := range 4 {
			var at int64
			err := tx.QueryRow(ctx, `INSERT INTO thing (id, name, at) VALUES ($1, $2, 1)
				ON CONFLICT (id) DO UPDATE SET at = thing.at + excluded.at WHERE thing.at < 100 RETURNING at`, i%2, fmt.Sprint("n", i%2)).Scan(&at)
			if err != nil || at != int64(1+i/2) {
				t.Errorf("upsert %d gave %d, %v", i, at, err)
			}
		}
		n, err := tx.Exec(ctx, "UPDATE thing SET done = $1 WHERE (at, id) > ($2, $3)", true, 2, 0)
		if n != 1 {
			t.Errorf("a comparison of rows affected %d", n)
		}
		return err
	})
}

func schemas(t *testing.T, open func(t *testing.T, schemas ...db.Schema) *store.Store, schema db.Schema) {
	more := db.Schema{Room: schema.Room, Steps: append(slices.Clone(schema.Steps), "ALTER TABLE thing ADD COLUMN note TEXT")}
	s := open(t, more)
	Read(t, s, func(tx db.Tx) error {
		var n int
		err := tx.QueryRow(t.Context(), "SELECT count(note) FROM thing").Scan(&n)
		return err
	})
	_ = s.Close()
}
