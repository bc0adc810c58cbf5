package postgres_test

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"vestige/connectors"
	"vestige/connectors/postgres"
	"vestige/internal/errkind"
	"vestige/pii"
)

// found locates the records of a value.
func found(t *testing.T, s *connectors.Source, d pii.Dataset, field, value string, changes ...pii.Change) (out []pii.Target) {
	t.Helper()
	m := pii.Match{Dataset: d, Terms: []pii.Term{{Field: field, Mode: pii.Exact, Values: []pii.Value{pii.NewValue(value)}}}}
	for f, err := range s.Locate(t.Context(), m) {
		if err != nil || f.Gap != nil {
			t.Fatalf("%s: %v %v", field, err, f)
		}
		out = append(out, pii.Target{Key: f.Key, Digest: f.Digest, Equals: f.Equals, Changes: changes})
	}
	return out
}

func look(t *testing.T, s *connectors.Source, u pii.Unit) []pii.Finding {
	t.Helper()
	got, err := s.Check(t.Context(), u)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func says(list []pii.Finding, code, dataset string) bool {
	return slices.ContainsFunc(list, func(f pii.Finding) bool { return f.Code == code && f.Dataset.Dataset == dataset })
}

// effects takes what Check foresees into the unit, as a plan does.
func effects(u pii.Unit, list []pii.Finding) pii.Unit {
	for _, f := range list {
		if f.Code == connectors.FindingCascade {
			u.Acts[0].Effects = append(u.Acts[0].Effects, pii.Effect{Dataset: f.Dataset, Method: f.Method, Records: f.Records})
		}
	}
	return u
}

func one(t *testing.T, c *pgx.Conn, query string) (text string) {
	t.Helper()
	if err := c.QueryRow(context.Background(), query).Scan(&text); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return text
}

// reopened opens the shop with another option.
func reopened(t *testing.T, dsn, option, value string) *connectors.Source {
	t.Helper()
	cfg := config(dsn)
	cfg[option] = pii.NewValue(value)
	s, err := connectors.Open(t.Context(), connectors.Env{}, "shop", postgres.Spec(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// TestWhatRunsByItself: triggers and where they write, materialised views and what they keep, are said beforehand; a purge refreshes and rewrites what the role may.
func TestWhatRunsByItself(t *testing.T) {
	servers(t, func(t *testing.T, dsn string) {
		s, c := shop(t, dsn, `CREATE TABLE people (id int PRIMARY KEY, mail text)`, `CREATE TABLE "Au dit" (mail text)`, `CREATE TABLE orders (id int PRIMARY KEY, of int REFERENCES people ON DELETE CASCADE)`,
			`CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$ BEGIN INSERT INTO public . "Au dit" VALUES (OLD.mail); RETURN OLD; END $$`,
			`CREATE TRIGGER noted AFTER DELETE ON people FOR EACH ROW EXECUTE FUNCTION note()`, `CREATE RULE counted AS ON DELETE TO orders DO ALSO UPDATE people SET mail=mail WHERE false`,
			`INSERT INTO people VALUES (1, 'ann@example.com'), (2, 'bob@example.com')`, `INSERT INTO orders VALUES (1, 1), (2, 2)`, `CREATE VIEW plain AS SELECT mail FROM people`,
			`CREATE MATERIALIZED VIEW kept AS SELECT mail FROM plain`, `CREATE MATERIALIZED VIEW again AS SELECT upper(mail) AS mail FROM kept`)
		ds := discover(t, s)
		people := ds["public.people"]
		if len(people.Writes) != 1 || people.Writes[0].Dataset != "public.Au dit" || len(ds["public.orders"].Writes) != 1 {
			t.Errorf("the triggers write to %v, the rule to %v", people.Writes, ds["public.orders"].Writes)
		}
		if v := ds["public.kept"]; v.Version == "" || !slices.Contains(s.Methods(v), pii.Refresh) || ds["public.plain"].Version != "" {
			t.Errorf("the materialised view has the version %q and the methods %v", v.Version, s.Methods(v))
		}
		u := unit(pii.Act{Dataset: people, Method: pii.Delete, Targets: found(t, s, people, "mail", "ann@example.com")})
		list := look(t, s, u)
		for code, dataset := range map[string]string{connectors.FindingTrigger: "public.Au dit", "copied": "public.again", connectors.FindingCascade: "public.orders"} {
			if !says(list, code, dataset) {
				t.Errorf("nothing says %s of %s: %+v", code, dataset, list)
			}
		}
		if blocked(list) || !says(list, connectors.FindingTrigger, "public.people") || !says(list, connectors.FindingTrigger, "public.orders") || !says(list, "copied", "public.kept") {
			t.Errorf("the findings are %+v", list)
		}
		if r, err := s.Erase(t.Context(), effects(u, list)); err != nil || r[0].Affected != 1 {
			t.Fatalf("erase: %v %+v", err, r)
		}
		purged(t, c, s, people, dsn)
	})
}

// purged purges under no rights, under those of the documentation, and writing tables anew.
func purged(t *testing.T, c *pgx.Conn, s *connectors.Source, people pii.Dataset, dsn string) {
	t.Helper()
	const left = "SELECT (SELECT count(*) FROM kept WHERE mail LIKE 'ann%')::text || (SELECT count(*) FROM again WHERE mail LIKE 'ANN%')::text"
	purge := func(s *connectors.Source) string {
		r, err := s.Purge(t.Context(), []pii.Dataset{people})
		if err != nil || len(r) != 1 {
			t.Fatalf("purge: %v", err)
		}
		return r[0].Proof
	}
	if got := purge(s); got != "left to autovacuum; not refreshed public.kept; not refreshed public.again" || one(t, c, left) != "11" {
		t.Errorf("without rights the purge is %q", got)
	}
	maintaining(t, c)
	if got := purge(s); !strings.HasPrefix(got, "vacuumed:") || !strings.HasSuffix(got, "; refreshed public.kept; refreshed public.again") || one(t, c, left) != "00" {
		t.Errorf("with rights the purge is %q, and left is %s", got, one(t, c, left))
	}
	before := one(t, c, "SELECT pg_relation_filenode('people')::text")
	full := reopened(t, dsn, "vacuum", "full")
	if got := purge(full); !strings.HasPrefix(got, "rewritten:") || one(t, c, "SELECT pg_relation_filenode('people')::text") == before {
		t.Errorf("a purge that is to write tables anew is %q", got)
	}
	if got := purge(reopened(t, dsn, "vacuum", "off")); !strings.HasPrefix(got, "left to autovacuum") {
		t.Errorf("a purge that is off is %q", got)
	}
	if r, err := s.Erase(t.Context(), unit(pii.Act{Dataset: people, Method: pii.Refresh})); err != nil || len(r) != 1 {
		t.Errorf("new statistics: %v", err)
	}
}

// maintaining gives what the documentation asks for a purge: before 17 the owner's rights, from then on a privilege. Roles are the server's: they are taken back.
func maintaining(t *testing.T, c *pgx.Conn) {
	t.Helper()
	must(t, c, "RESET ROLE")
	if one(t, c, "SELECT (current_setting('server_version_num')::int >= 170000)::text") == "true" {
		must(t, c, documented(t, "shop", "GRANT MAINTAIN")...)
		return
	}
	must(t, c, documented(t, "shop", "GRANT shop_owner")...)
	t.Cleanup(func() { must(t, c, "RESET ROLE", "REVOKE shop_owner FROM vestige_erase") })
}

// TestPlaces: records without a key are found by where they lie, in the partition where they lie; tables that inherit from one another keep to themselves.
func TestPlaces(t *testing.T) {
	servers(t, func(t *testing.T, dsn string) {
		s, c := shop(t, dsn, `CREATE TABLE visits (mail text, at date) PARTITION BY LIST (mail)`, `CREATE TABLE visits_a PARTITION OF visits FOR VALUES IN ('ann@example.com')`,
			`CREATE TABLE visits_b PARTITION OF visits DEFAULT`, `INSERT INTO visits SELECT m, '2024-01-01' FROM unnest(ARRAY['ann@example.com','bob@example.com']) m, generate_series(1,3)`,
			`CREATE TABLE mother (id int PRIMARY KEY, v text)`, `CREATE TABLE daughter (PRIMARY KEY (id)) INHERITS (mother)`, `INSERT INTO mother VALUES (1, 'm')`, `INSERT INTO daughter VALUES (1, 'd')`)
		ds := discover(t, s)
		visits := ds["public.visits"]
		targets := found(t, s, visits, "mail", "ann@example.com")
		if len(visits.Key) != 0 || len(targets) != 1 || targets[0].Equals != 3 {
			t.Fatalf("found %+v", targets)
		}
		few := targets[0]
		few.Equals = 2
		if _, err := s.Erase(t.Context(), unit(pii.Act{Dataset: visits, Method: pii.Delete, Targets: []pii.Target{few}})); errkind.Of(err) != errkind.Conflict {
			t.Errorf("another number of equal records: %v", err)
		}
		moved := pii.Act{Dataset: visits, Method: pii.Pseudonymise, Targets: found(t, s, visits, "mail", "ann@example.com", pii.Change{Field: "mail", Old: pii.NewValue("ann@example.com"), New: pii.NewValue("subject-1")})}
		if r, err := s.Erase(t.Context(), unit(moved)); err != nil || r[0].Affected != 3 { // they move to another partition
			t.Errorf("pseudonymise: %v %+v", err, r)
		}
		if r, err := s.Erase(t.Context(), unit(pii.Act{Dataset: visits, Method: pii.Delete, Targets: found(t, s, visits, "mail", "subject-1")})); err != nil || r[0].Affected != 3 {
			t.Errorf("delete: %v %+v", err, r)
		}
		if got := one(t, c, "SELECT string_agg(DISTINCT mail, ',')||count(*) FROM visits"); got != "bob@example.com3" {
			t.Errorf("left is %s", got)
		}
		if r, err := s.Erase(t.Context(), unit(pii.Act{Dataset: ds["public.mother"], Method: pii.Delete, Targets: found(t, s, ds["public.mother"], "v", "m")})); err != nil || r[0].Affected != 1 {
			t.Errorf("from the mother: %v %+v", err, r)
		}
		if got := one(t, c, "SELECT string_agg(v, ',') FROM mother"); got != "d" || len(found(t, s, ds["public.mother"], "v", "d")) != 0 || len(found(t, s, ds["public.daughter"], "v", "d")) != 1 {
			t.Errorf("left of mother and daughter is %s", got)
		}
	})
}

// TestForeign: a table of another server is read, and not erased from; policies hide records from a role that does not bypass them, which is a gap until it does.
func TestForeign(t *testing.T) {
	servers(t, func(t *testing.T, dsn string) {
		s, c := shop(t, dsn, `CREATE TABLE near (id int PRIMARY KEY, mail text)`, `INSERT INTO near VALUES (1, 'ann@example.com'), (2, NULL)`, `CREATE TABLE policed (id int PRIMARY KEY, mail text)`,
			`INSERT INTO policed VALUES (1, 'ann@example.com'), (2, 'bob@example.com')`, `ALTER TABLE policed ENABLE ROW LEVEL SECURITY`, `CREATE POLICY half ON policed USING (id = 1)`)
		u, _ := url.Parse(dsn)
		password, _ := u.User.Password()
		must(t, c, `CREATE EXTENSION postgres_fdw`, fmt.Sprintf(`CREATE SERVER self FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host '127.0.0.1', port '%s', dbname '%s')`, u.Port(), c.Config().Database),
			fmt.Sprintf(`CREATE USER MAPPING FOR PUBLIC SERVER self OPTIONS (user 'tester', password '%s')`, password), `CREATE FOREIGN TABLE far (id int, mail text) SERVER self OPTIONS (table_name 'near')`, `GRANT ALL ON far TO vestige_scan, vestige_erase`)
		ds := discover(t, s)
		far := ds["public.far"]
		if far.Gap != nil || len(s.Methods(far)) != 0 || len(found(t, s, far, "mail", "ann@example.com")) != 1 {
			t.Errorf("the foreign table is %+v with the methods %v", far, s.Methods(far))
		}
		n := 0
		for b, err := range s.Sample(t.Context(), connectors.Query{Dataset: far}, 10) {
			if err != nil {
				t.Fatal(err)
			}
			n += b.Len()
		}
		if n != 2 {
			t.Errorf("a sample of it has %d records", n)
		}
		if g := ds["public.policed"].Gap; g == nil || g.Code != postgres.GapPolicies {
			t.Errorf("the policed table has the gap %+v", g)
		}
		must(t, c, documented(t, "shop", "BYPASSRLS")...)
		t.Cleanup(func() {
			must(t, c, "RESET ROLE", "ALTER ROLE vestige_scan NOBYPASSRLS", "ALTER ROLE vestige_erase NOBYPASSRLS")
		})
		free := reopened(t, dsn, "connections", "2")
		policed := discover(t, free)["public.policed"]
		if policed.Gap != nil || len(found(t, free, policed, "mail", "bob@example.com")) != 1 {
			t.Errorf("a role that bypasses policies: %+v", policed.Gap)
		}
		if r, err := free.Erase(t.Context(), unit(pii.Act{Dataset: policed, Method: pii.Delete, Targets: found(t, free, policed, "mail", "bob@example.com")})); err != nil || r[0].Affected != 1 {
			t.Errorf("erase behind a policy: %v", err)
		}
	})
}

// TestOnDelete: every action is foreseen, that of a default too, where it leads to nobody as well; circles that can be deferred, and such that can be emptied, go whole.
func TestOnDelete(t *testing.T) {
	servers(t, func(t *testing.T, dsn string) {
		s, c := shop(t, dsn, `CREATE TABLE people (id int PRIMARY KEY, mail text)`, `INSERT INTO people VALUES (0, 'nobody'), (1, 'ann@example.com'), (2, 'bob@example.com')`,
			`CREATE TABLE calls (id int PRIMARY KEY, of int DEFAULT 0 REFERENCES people ON DELETE SET DEFAULT)`, `INSERT INTO calls VALUES (1, 1), (2, 1), (3, 2)`,
			`CREATE TABLE mails (id int PRIMARY KEY, of int DEFAULT 99 REFERENCES people ON DELETE SET DEFAULT)`, `INSERT INTO mails VALUES (1, 2)`,
			`CREATE TABLE pair (a int, b int, note text, PRIMARY KEY (a, b))`, `INSERT INTO pair VALUES (1, 1, 'x')`,
			`CREATE TABLE half (id int PRIMARY KEY, a int, b int, FOREIGN KEY (a, b) REFERENCES pair ON DELETE SET NULL (b))`, `INSERT INTO half VALUES (1, 1, 1)`,
			`CREATE TABLE man (id int PRIMARY KEY, wife int)`, `CREATE TABLE woman (id int PRIMARY KEY, man int REFERENCES man DEFERRABLE)`, `ALTER TABLE man ADD FOREIGN KEY (wife) REFERENCES woman DEFERRABLE`,
			`BEGIN`, `SET CONSTRAINTS ALL DEFERRED`, `INSERT INTO man VALUES (1, 1)`, `INSERT INTO woman VALUES (1, 1)`, `COMMIT`)
		ds := discover(t, s)
		people := ds["public.people"]
		u := unit(pii.Act{Dataset: people, Method: pii.Delete, Targets: found(t, s, people, "mail", "ann@example.com")})
		list := look(t, s, u)
		if blocked(list) || !slices.ContainsFunc(list, func(f pii.Finding) bool {
			return f.Dataset.Dataset == "public.calls" && f.Records == 2 && f.Method == pii.Rewrite
		}) {
			t.Errorf("a default is not foreseen: %+v", list)
		}
		if _, err := s.Erase(t.Context(), u); errkind.Of(err) != errkind.Conflict {
			t.Errorf("a default that nobody foresaw: %v", err)
		}
		if _, err := s.Erase(t.Context(), effects(u, list)); err != nil || one(t, c, "SELECT string_agg(of::text, ',' ORDER BY id) FROM calls") != "0,0,2" {
			t.Errorf("erase: %v", err)
		}
		u = unit(pii.Act{Dataset: people, Method: pii.Delete, Targets: found(t, s, people, "mail", "bob@example.com")})
		if list = look(t, s, u); !blocked(list) {
			t.Errorf("a default that leads to nobody is not foreseen: %+v", list)
		}
		if _, err := s.Erase(t.Context(), effects(u, list)); errkind.Of(err) != errkind.Conflict {
			t.Errorf("a default that leads to nobody: %v", err)
		}
		u = unit(pii.Act{Dataset: ds["public.pair"], Method: pii.Delete, Targets: found(t, s, ds["public.pair"], "note", "x")})
		if _, err := s.Erase(t.Context(), effects(u, look(t, s, u))); err != nil || one(t, c, "SELECT concat(a, ':', b) FROM half") != "1:" {
			t.Errorf("some columns of a reference are emptied: %v", err)
		}
		u = unit(pii.Act{Dataset: ds["public.man"], Method: pii.Delete, Targets: found(t, s, ds["public.man"], "id", "1")}, pii.Act{Dataset: ds["public.woman"], Method: pii.Delete, Targets: found(t, s, ds["public.woman"], "id", "1")})
		if list = look(t, s, u); blocked(list) {
			t.Errorf("a circle over two tables blocks: %+v", list)
		}
		if _, err := s.Erase(t.Context(), u); err != nil || one(t, c, "SELECT (SELECT count(*) FROM man)::text||(SELECT count(*) FROM woman)") != "00" {
			t.Errorf("a circle over two tables: %v", err)
		}
	})
}

// TestSpelling: what the server writes in its own way is known the second time, and by the digest of the record.
func TestSpelling(t *testing.T) {
	servers(t, func(t *testing.T, dsn string) {
		s, c := shop(t, dsn, `CREATE DOMAIN cents AS numeric(6,2) CHECK (value >= 0)`, `CREATE TABLE spelt (id int PRIMARY KEY, n numeric(6,2), c cents, f real, day date, at timestamp(0), moment timestamptz, raw bytea, doc jsonb, tags numeric(4,1)[],
			span int4range, long interval, pad char(6), ip inet, kind text CHECK (kind <> 'no'))`, `INSERT INTO spelt (id) VALUES (1)`)
		d := discover(t, s)["public.spelt"]
		for field, values := range map[string][2]string{"n": {"2.5", "2.50"}, "c": {"7", "7.00"}, "f": {"0.10000000149", "0.1"}, "at": {"2024-01-01T00:00:00.6", "2024-01-01 00:00:01"}, "moment": {"2024-01-01T00:00:00.100Z", "2024-01-01 00:00:00.1+00"},
			"raw": {"\\x00", `\x5c783030`}, "doc": {`{"b":1,"a":1e1}`, `{"a": 10, "b": 1}`}, "tags": {"[1,2.25]", "{1.0,2.3}"}, "span": {"[1,3]", "[1,4)"}, "long": {"36 hours", "36:00:00"}, "pad": {"a  ", "a     "}, "ip": {"10.0.0.1/32", "10.0.0.1/32"}, "day": {"2024-02-29", "2024-02-29"}} {
			to := pii.Change{Field: field, New: pii.NewValue(values[0])}
			u := unit(pii.Act{Dataset: d, Method: pii.Pseudonymise, Targets: found(t, s, d, "id", "1", to)})
			if f := look(t, s, u); blocked(f) {
				t.Errorf("%s: %+v", field, f)
			}
			if r, err := s.Erase(t.Context(), u); err != nil || r[0].Affected != 1 {
				t.Errorf("%s: %v %+v", field, err, r)
				continue
			}
			if got := one(t, c, "SELECT "+field+"::text FROM spelt"); strings.TrimSpace(got) != strings.TrimSpace(values[1]) {
				t.Errorf("%s is kept as %q", field, got)
			}
			if r, err := s.Erase(t.Context(), u); err != nil || r[0].FoundDone != 1 || r[0].Affected != 0 {
				t.Errorf("%s again: %v %+v", field, err, r)
			}
		}
		for field, bad := range map[string]string{"c": "-1", "n": "12345", "span": "[3,1]", "ip": "nowhere", "kind": "no"} {
			u := unit(pii.Act{Dataset: d, Method: pii.Pseudonymise, Targets: found(t, s, d, "id", "1", pii.Change{Field: field, New: pii.NewValue(bad)})})
			if f := look(t, s, u); !blocked(f) {
				t.Errorf("%s takes what it cannot hold, says Check: %+v", field, f)
			}
			if _, err := s.Erase(t.Context(), u); errkind.Of(err) != errkind.Conflict {
				t.Errorf("%s takes what it cannot hold: %v", field, err)
			}
		}
	})
}

// TestStatistics: a profile is the planner's, and a sample draws pages, not the table.
func TestStatistics(t *testing.T) {
	servers(t, func(t *testing.T, dsn string) {
		s, c := shop(t, dsn, `CREATE TABLE big (id int PRIMARY KEY, mail text, rare text, pad text)`,
			`INSERT INTO big SELECT i, 'person'||i||'@example.com', CASE WHEN i%4=0 THEN 'x' END, repeat('p', 200) FROM generate_series(1, 20000) i`, `ANALYZE big`)
		must(t, c, "SELECT pg_stat_reset()")
		d := discover(t, s)["public.big"]
		p, ok, err := s.Profile(t.Context(), d)
		if mail, rare := p.Fields["mail"], p.Fields["rare"]; err != nil || !ok || p.Records < 19000 || p.Records > 21000 || mail.Distinct < 15000 || rare.Distinct != 1 || rare.Nulls < 13000 || rare.Nulls > 17000 {
			t.Errorf("the profile is %+v, %v", p, err)
		}
		n := 0
		for b, err := range s.Sample(t.Context(), connectors.Query{Dataset: d, Seed: 3}, 200) {
			if err != nil {
				t.Fatal(err)
			}
			n += b.Len()
		}
		_ = s.Close()
		must(t, c, "SELECT pg_stat_force_next_flush()")
		if read := reads(t, c); n != 200 || read > 5000 {
			t.Errorf("a sample of %d records reads %d of 20000", n, read)
		}
	})
}
