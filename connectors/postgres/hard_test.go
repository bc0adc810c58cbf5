package postgres_test

import (
	"context"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"vestige/connectors"
	"vestige/connectors/postgres"
	"vestige/internal/errkind"
	"vestige/internal/testenv"
	"vestige/pii"
)

// shop opens a source on a database that has what the statements make, as the roles of the documentation.
func shop(t *testing.T, dsn string, statements ...string) (*connectors.Source, *pgx.Conn) {
	t.Helper()
	c := owned(t, dsn)
	must(t, c, "RESET ROLE", "CREATE EXTENSION citext", "CREATE EXTENSION hstore", "SET ROLE shop_owner")
	must(t, c, statements...)
	granted(t, c, "CREATE ROLE")
	s, err := connectors.Open(t.Context(), connectors.Env{}, "shop", postgres.Spec(), config(dsn))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s, c
}

func discover(t *testing.T, s *connectors.Source) map[string]pii.Dataset {
	t.Helper()
	out := map[string]pii.Dataset{}
	for d, err := range s.Discover(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		out[d.Ref.Dataset] = d
	}
	return out
}

// first gives the values of the first record of a dataset, by field, and its key and digest.
func first(t *testing.T, s *connectors.Source, q connectors.Query) (map[string]string, pii.Target) {
	t.Helper()
	out := map[string]string{}
	for b, err := range s.Read(t.Context(), q) {
		if err != nil {
			t.Fatal(err)
		}
		if b.Gap != nil {
			t.Fatalf("a gap: %+v", b.Gap)
		}
		for _, col := range b.Columns() {
			if from, to := col.Of(0); from < to {
				if v, _ := col.Value(from); v != nil && col.Field.Path == "" {
					out[col.Field.Name] = string(v)
				}
			}
		}
		return out, pii.Target{Key: b.Key(0), Digest: b.Digest(0)}
	}
	t.Fatal("no record")
	return nil, pii.Target{}
}

func unit(acts ...pii.Act) pii.Unit { return pii.Unit{ID: "u", Acts: acts} }

func servers(t *testing.T, run func(t *testing.T, dsn string)) {
	t.Helper()
	t.Run("15", func(t *testing.T) { run(t, testenv.Postgres(t)) })
	if !testing.Short() {
		t.Run("17", func(t *testing.T) { run(t, testenv.Postgres17(t)) })
	}
}

const wide = `CREATE TABLE wide (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, small smallint, n numeric(20,4), tiny numeric, f real, day date, at timestamp, moment timestamptz, u uuid, ip inet, net cidr,
	raw bytea, tags text[], grid int[][], doc jsonb, pairs hstore, kind mood, mail citext, post postcode, home address, homes address[], span daterange, long interval, pad char(8), up text GENERATED ALWAYS AS (upper(pad)) STORED, "Größe ""x""" text)`

var types = []string{`CREATE TYPE mood AS ENUM ('glad', 'sad')`, `CREATE DOMAIN postcode AS text CHECK (value ~ '^[0-9]{5}$')`, `CREATE TYPE address AS (street text, city text)`, wide,
	`INSERT INTO wide (small, n, tiny, f, day, at, moment, u, ip, net, raw, tags, grid, doc, pairs, kind, mail, post, home, homes, span, long, pad, "Größe ""x""") VALUES (-7, 1234567890.5, 0.00010000, 0.1, '2024-02-29', '2024-02-29 01:02:03.5',
	'2024-02-29 01:02:03.25+02', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', '10.0.0.1', '10.0.0.0/8', '\x00ff', ARRAY['ann@example.com','x "y"',NULL,'{z}'], '{{1,2},{3,4}}',
	'{"who":[{"mail":"ann@example.com","n":1.50}],"k":"v"}', '"mail"=>"ann@example.com", "none"=>NULL', 'glad', 'Ann@Example.com', '12345', ROW('Main "1"','Bonn'), ARRAY[ROW('a','b')::address,ROW('c',NULL)::address], '[2024-01-01,2024-02-01)', '1 day', 'ab', 'umlaut')`}

// TestTypes reads every kind of type, by COPY and by key alike, and changes elements of arrays, documents, hstore and composite values.
func TestTypes(t *testing.T) {
	servers(t, func(t *testing.T, dsn string) {
		s, c := shop(t, dsn, types...)
		d := discover(t, s)["public.wide"]
		got, target := first(t, s, connectors.Query{Dataset: d})
		bare, _ := first(t, s, connectors.Query{Dataset: d, Bare: true})
		want := map[string]string{"id": "1", "small": "-7", "n": "1234567890.5000", "tiny": "0.00010000", "f": "0.1", "day": "2024-02-29", "at": "2024-02-29T01:02:03.5", "moment": "2024-02-28T23:02:03.25Z",
			"u": "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", "ip": "10.0.0.1", "net": "10.0.0.0/8", "raw": "\x00\xff", "tags": `["ann@example.com","x \"y\"",null,"{z}"]`, "grid": "[[1,2],[3,4]]",
			"kind": "glad", "mail": "Ann@Example.com", "post": "12345", "span": "[2024-01-01,2024-02-01)", "long": "1 day", "pad": "ab", "up": "AB", `Größe "x"`: "umlaut",
			"home": `{"street":"Main \"1\"","city":"Bonn"}`}
		for name, v := range want {
			if got[name] != v || bare[name] != v {
				t.Errorf("%s is read as %q, and bare as %q, want %q", name, got[name], bare[name], v)
			}
		}
		v := pii.NewValue
		target.Changes = []pii.Change{
			{Field: "tags", Path: "[0]", Old: v("ann@example.com"), New: v("gone")}, {Field: "doc", Path: "who[0].mail", Old: v("ann@example.com")},
			{Field: "pairs", Path: "mail", Old: v("ann@example.com"), New: v(`a "b" \`)}, {Field: "home", Path: "street", New: v("Side 2")}, {Field: "homes", Path: "[1].street", New: v("d")},
			{Field: "raw", New: v("\x01")}, {Field: "span"}, {Field: "pad", New: v("z")}, {Field: "n", New: v("2.5000")}, {Field: "moment", New: v("2020-01-01T00:00:00Z")}, {Field: "kind", New: v("sad")},
		}
		u := unit(pii.Act{Dataset: d, Method: pii.Redact, Targets: []pii.Target{target}})
		if f, err := s.Check(t.Context(), u); err != nil || blocked(f) {
			t.Fatalf("check: %v %+v", err, f)
		}
		if r, err := s.Erase(t.Context(), u); err != nil || r[0].Affected != 1 {
			t.Fatalf("erase: %v %+v", err, r)
		}
		var text string
		if err := c.QueryRow(context.Background(), `SELECT concat_ws(' ', tags, doc, pairs, home, homes, raw, span IS NULL, pad, n, moment, kind, up) FROM wide`).Scan(&text); err != nil {
			t.Fatal(err)
		}
		if after := `{gone,"x \"y\"",NULL,"{z}"} {"k": "v", "who": [{"n": 1.50}]} "mail"=>"a \"b\" \\", "none"=>NULL ("Side 2",Bonn) {"(a,b)","(d,)"} \x01 t z`; !strings.HasPrefix(text, after) {
			t.Errorf("the record is\n%s\nwant\n%s", text, after)
		}
		target.Digest = pii.Digest{}
		u.Acts[0].Targets[0] = target
		if r, err := s.Erase(t.Context(), u); err != nil || r[0].FoundDone != 1 {
			t.Errorf("again: %v %+v", err, r)
		}
		target.Changes = []pii.Change{{Field: "post", New: v("abc")}}
		bad := unit(pii.Act{Dataset: d, Method: pii.Pseudonymise, Targets: []pii.Target{target}})
		if _, err := s.Erase(t.Context(), bad); errkind.Of(err) != errkind.Conflict {
			t.Errorf("a value that its domain refuses: %v", err)
		}
	})
}

func blocked(list []pii.Finding) bool {
	for _, f := range list {
		if f.Blocking {
			return true
		}
	}
	return false
}

// TestDatasets: partitions are one dataset, views and foreign tables say what they are, and what cannot be read is a gap with its name.
func TestDatasets(t *testing.T) {
	servers(t, func(t *testing.T, dsn string) {
		s, c := shop(t, dsn, `CREATE TABLE part (id int, at date, mail text, PRIMARY KEY (id, at)) PARTITION BY RANGE (at)`,
			`CREATE TABLE part_a PARTITION OF part FOR VALUES FROM ('2024-01-01') TO ('2025-01-01')`, `CREATE TABLE part_b PARTITION OF part DEFAULT`,
			`INSERT INTO part VALUES (1, '2024-05-05', 'ann@example.com'), (2, '2026-05-05', 'bob@example.com')`,
			`CREATE TABLE mother (id int PRIMARY KEY, v text)`, `CREATE TABLE daughter (extra text) INHERITS (mother)`, `INSERT INTO mother VALUES (1, 'm')`, `INSERT INTO daughter VALUES (2, 'd', 'e')`,
			`CREATE VIEW seen AS SELECT mail FROM part`, `CREATE MATERIALIZED VIEW kept AS SELECT mail FROM part`, `CREATE TABLE secret (id int PRIMARY KEY, a text, b text)`,
			`CREATE TABLE halved (id int PRIMARY KEY, a text, b text)`, `CREATE TABLE policed (id int PRIMARY KEY)`, `ALTER TABLE policed ENABLE ROW LEVEL SECURITY`)
		must(t, c, `CREATE EXTENSION IF NOT EXISTS postgres_fdw`, `CREATE SERVER away FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host '127.0.0.1', port '1')`, `CREATE USER MAPPING FOR PUBLIC SERVER away OPTIONS (user 'x', password 'y')`,
			`CREATE FOREIGN TABLE far (a text) SERVER away`, `GRANT SELECT ON far TO vestige_scan`, `REVOKE ALL ON secret FROM vestige_scan, vestige_erase`, `REVOKE ALL ON halved FROM vestige_scan`, `GRANT SELECT (id, a) ON halved TO vestige_scan`,
			`SELECT lo_create(0)`, `CREATE SCHEMA closed`, `CREATE TABLE closed.inside (a int)`)
		ds := discover(t, s)
		for name, code := range map[string]string{"public.far": "unreachable", "public.secret": "permission", "public.halved": "permission", "public.policed": "row-level-security",
			"pg_catalog.pg_largeobject": "large-objects", "closed.inside": "permission"} {
			if d, ok := ds[name]; !ok || d.Gap == nil || d.Gap.Code != code {
				t.Errorf("%s: %v %+v, want the gap %s", name, ok, d.Gap, code)
			}
		}
		for name, n := range map[string]int{"public.part": 2, "public.mother": 1, "public.daughter": 1, "public.seen": 2, "public.kept": 2} {
			for _, bare := range []bool{true, false} {
				got := 0
				for b, err := range s.Read(t.Context(), connectors.Query{Dataset: ds[name], Bare: bare}) {
					if err != nil || b.Gap != nil {
						t.Fatalf("%s: %v", name, err)
					}
					got += b.Len()
				}
				if ds[name].Gap != nil || got != n {
					t.Errorf("%s has %d records, want %d", name, got, n)
				}
			}
		}
		if _, ok := ds["public.part_a"]; ok {
			t.Error("a partition is a dataset of its own")
		}
		if len(s.Methods(ds["public.seen"])) > 0 || len(ds["public.seen"].Reads) < 2 {
			t.Errorf("a view can be erased from, or says not what it reads: %v", ds["public.seen"].Reads)
		}
		_, target := first(t, s, connectors.Query{Dataset: ds["public.part"]})
		u := unit(pii.Act{Dataset: ds["public.part"], Method: pii.Delete, Targets: []pii.Target{target}})
		if r, err := s.Erase(t.Context(), u); err != nil || r[0].Affected != 1 {
			t.Errorf("erase from a partition: %v %+v", err, r)
		}
		secret := ds["public.secret"]
		secret.Gap = nil
		u = unit(pii.Act{Dataset: secret, Method: pii.Delete, Targets: []pii.Target{{Key: pii.Key{pii.NewValue("1")}}}})
		if f, err := s.Check(t.Context(), u); err != nil || !blocked(f) {
			t.Errorf("check without privileges: %v %+v", err, f)
		}
		if _, err := s.Erase(t.Context(), u); errkind.Of(err) != errkind.Permission {
			t.Errorf("erase without privileges: %v", err)
		}
	})
}
