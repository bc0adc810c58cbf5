package model_test

import (
	"context"
	"database/sql"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"vestige/connectors"
	"vestige/internal/db"
	"vestige/internal/keys"
	"vestige/internal/model"
	"vestige/pii"
	"vestige/plans"
	"vestige/scanner"
)

// shop is a small company in one SQLite database, for one difficulty at a time, which the product scans by itself: forty customers, and what a test adds.
type shop struct {
	*office
	db *sql.DB
}

const customers = 40

func mail(i int) string {
	return fmt.Sprintf("%s.%s@example.com", strings.ToLower(given0[i%8]), strings.ToLower(family0[i/8]))
}

func person(i int) string { return given0[i%8] + " " + family0[i/8] }

var (
	given0  = []string{"Anna", "Bruno", "Clara", "David", "Elena", "Felix", "Greta", "Henrik"}
	family0 = []string{"Meyer", "Schmidt", "Weber", "Wagner", "Becker"}
)

// newShop makes one; {mail} and {name} in a statement are filled in for each customer that {i} stands for.
func newShop(t *testing.T, statements ...string) *shop {
	t.Helper()
	s := &systems{t: t, e: &model.Estate{}, dir: scratch(t), at: map[string]*sql.DB{}, sources: map[string]*connectors.Source{}}
	t.Cleanup(s.end)
	d := s.database("shop")
	all := append([]string{
		"CREATE TABLE customers (id INTEGER PRIMARY KEY, email TEXT NOT NULL UNIQUE, full_name TEXT, phone TEXT)",
		"INSERT INTO customers VALUES ({id}, '{mail}', '{name}', '+1 202 555 0{phone}')",
	}, statements...)
	for _, text := range all {
		if !strings.Contains(text, "{") {
			s.exec(d, text)
			continue
		}
		for i := range customers {
			s.exec(d, strings.NewReplacer("{id}", fmt.Sprint(5000+i), "{i}", fmt.Sprint(i), "{mail}", mail(i), "{name}", person(i), "{phone}", fmt.Sprint(100+i), "{next}", fmt.Sprint(5000+(i+1)%customers)).Replace(text))
		}
	}
	o := openOffice(s)
	o.scan()
	return &shop{o, d}
}

// scan reads every source in full and relates what it found, as the product does.
func (o *office) scan() {
	o.t.Helper()
	ctx := context.Background()
	var id string
	var key []byte
	ok(o.t, o.store.DB().Write(ctx, func(tx db.Tx) (err error) {
		id, key, err = o.ring.Standing(ctx, tx, keys.Sketch)
		return err
	}))
	sc := scanner.New(o.catalog, o.store.DB(), o.set, key, id, slog.New(slog.DiscardHandler))
	for _, s := range o.sources {
		_, err := sc.Scan(ctx, s, scanner.Options{Full: true, Again: true}, nil)
		ok(o.t, err)
	}
	_, err := sc.Relate(ctx)
	ok(o.t, err)
}

// plan asks for somebody's erasure.
func (o *office) plan(kind plans.Kind, request, mail string) *plans.Status {
	o.t.Helper()
	s, err := o.engine.Plan(context.Background(), plans.Ask{Request: request, Kind: kind, Regime: "gdpr", By: "olga", Identifiers: []pii.Identifier{{Category: "contact.email", Value: pii.NewValue(mail)}}})
	ok(o.t, err)
	return s
}

// erased approves a plan and carries it out.
func (o *office) erased(s *plans.Status) plans.Result {
	o.t.Helper()
	ctx := context.Background()
	s, err := o.engine.Approve(ctx, s.ID, s.Hash, "olga")
	ok(o.t, err)
	r, err := o.engine.Run(ctx, s.ID, nil)
	ok(o.t, err)
	return r
}

// gone erases a customer, whose request has to be closed.
func (o *office) gone(i int) *plans.Status {
	o.t.Helper()
	s := o.plan(plans.Erasure, fmt.Sprintf("REQ-%08d", i+1), mail(i))
	if q, g := s.Open.Blocking(); q+g > 0 {
		o.t.Errorf("%d questions and %d gaps are open: %+v %+v", q, g, s.Open.Questions, s.Open.Gaps)
	}
	if r := o.erased(s); r.State != plans.Closed {
		o.t.Errorf("the run ended %s: %s %v", r.State, r.Reason, o.residues(s.ID))
	}
	s, err := o.engine.Show(context.Background(), s.ID)
	ok(o.t, err)
	return s
}

// is holds what a query gives, its values by | and rows by blanks, against what is wanted.
func (s *shop) is(want, query string) {
	s.t.Helper()
	rows, err := s.db.Query(query)
	ok(s.t, err)
	defer func() { _ = rows.Close() }()
	columns, err := rows.Columns()
	ok(s.t, err)
	var out []string
	for rows.Next() {
		cells, at := make([]*string, len(columns)), make([]any, len(columns))
		for i := range cells {
			at[i] = &cells[i]
		}
		ok(s.t, rows.Scan(at...))
		out = append(out, strings.ReplaceAll(shown(cells), " ", "_"))
	}
	if got := strings.Join(out, " "); got != want {
		s.t.Errorf("%s gives %q, want %q", query, got, want)
	}
}

func shown(cells []*string) string {
	var out []string
	for _, c := range cells {
		if c == nil {
			out = append(out, "NULL")
		} else {
			out = append(out, *c)
		}
	}
	return strings.Join(out, "|")
}

// holding gives the files under a folder in which a text stands, byte for byte.
func (o *office) holding(folder, text string) (files []string) {
	o.t.Helper()
	ok(o.t, filepath.WalkDir(filepath.Join(o.dir, folder), func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		if err == nil && strings.Contains(strings.ToLower(string(b)), strings.ToLower(text)) {
			files = append(files, filepath.Base(path))
		}
		return err
	}))
	return files
}
