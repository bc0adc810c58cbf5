package masking_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"vestige/internal/app"
	"vestige/internal/errkind"
	"vestige/internal/testenv"
	"vestige/scanner"
)

// clinic is a schema with most of what PostgreSQL has for rules.
const clinic = `
CREATE SCHEMA care;
CREATE TYPE care.mood AS ENUM ('calm', 'tense', 'merry');
CREATE DOMAIN care.mail AS text CHECK (VALUE ~ '@');
CREATE SEQUENCE care.case_no START 500;
CREATE FUNCTION care.touch() RETURNS trigger LANGUAGE plpgsql AS $f$ BEGIN INSERT INTO care.audit(patient_id, old_name) VALUES (NEW.id, OLD.family_name); RETURN NEW; END $f$;
CREATE TABLE care.patients (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, given_name text NOT NULL, family_name text NOT NULL, email care.mail UNIQUE, phone varchar(20), birth_date date NOT NULL,
	gender char(1) CHECK (gender IN ('f','m','x')), postcode text, city text, mood care.mood, iban varchar(34) UNIQUE, device uuid, tags text[], aliases text[], profile jsonb, photo bytea, active bool DEFAULT true,
	full_name text GENERATED ALWAYS AS (given_name || ' ' || family_name) STORED, mentor bigint REFERENCES care.patients(id), email_hash text, created_at timestamptz NOT NULL, CHECK (birth_date < '2020-01-01'));
CREATE TABLE care.audit (id serial PRIMARY KEY, patient_id bigint, old_name text);
CREATE TRIGGER touched AFTER UPDATE ON care.patients FOR EACH ROW EXECUTE FUNCTION care.touch();
CREATE TABLE care.visits (patient_id bigint NOT NULL REFERENCES care.patients(id) ON DELETE CASCADE, no int NOT NULL, case_no bigint DEFAULT nextval('care.case_no'), visited date NOT NULL, note text, amount numeric(10,2), PRIMARY KEY (patient_id, no, visited)) PARTITION BY RANGE (visited);
CREATE TABLE care.visits_old PARTITION OF care.visits FOR VALUES FROM ('2000-01-01') TO ('2024-01-01');
CREATE TABLE care.visits_new PARTITION OF care.visits DEFAULT;
CREATE TABLE care.bills (id int PRIMARY KEY, patient_id bigint NOT NULL, visit_no int, visited date, email text, FOREIGN KEY (patient_id, visit_no, visited) REFERENCES care.visits(patient_id, no, visited));
CREATE INDEX ON care.visits (visited);
CREATE UNIQUE INDEX ON care.patients (lower(email));
CREATE VIEW care.addresses AS SELECT email, city FROM care.patients;
CREATE MATERIALIZED VIEW care.towns AS SELECT city, count(*) AS n FROM care.patients GROUP BY city;
CREATE VIEW care.hers AS SELECT * FROM care.patients WHERE email = 'berta1@example.org';`

var (
	givens   = []string{"Berta", "Anton", "Cäcilie", "Detlev", "Friederike", "Gunhild", "Ottokar", "Wiebke"}
	families = []string{"Musterfrau", "Beispielmann", "Probst-Vorlage", "Schablone", "Platzhalter", "Attrappe"}
)

// TestPostgresIsMasked copies the clinic, and looks with PostgreSQL's own client.
func TestPostgresIsMasked(t *testing.T) {
	from, to := testenv.Postgres(t), testenv.Postgres(t)
	was, is := connect(t, from), connect(t, to)
	do(t, was, clinic)
	for i := 1; i <= 60; i++ {
		given, family := givens[i%len(givens)], families[i%len(families)]
		mail := fmt.Sprintf("%s%d@example.org", strings.ToLower(givens[0]), i)
		do(t, was, `INSERT INTO care.patients (given_name, family_name, email, phone, birth_date, gender, postcode, city, mood, iban, device, tags, aliases, profile, photo, mentor, email_hash, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, encode(sha256($17::bytea), 'hex'), $18)`,
			given, family, mail, fmt.Sprintf("+49 30 555%04d", i), fmt.Sprintf("19%02d-0%d-1%d", 40+i%50, 1+i%9, i%10), string("fmx"[i%3]), fmt.Sprintf("%05d", 10000+i*37%500), "Musterstadt", []string{"calm", "tense", "merry"}[i%3],
			iban(i), fmt.Sprintf("3f2504e0-4f89-41d3-9a0c-%012x", i), []string{"blue", "green"}, []string{given + " " + family, mail}, fmt.Sprintf(`{"mail": %q, "layout": "grid", "kin": [{"name": "%s %s", "phone": "+49 30 555%04d"}]}`, mail, given, family, i),
			[]byte{1, 2, 3, byte(i)}, []any{nil, 1}[min(i-1, 1)], mail, fmt.Sprintf("2024-01-%02dT10:00:00Z", 1+i%28))
		do(t, was, `INSERT INTO care.visits (patient_id, no, visited, note, amount) VALUES ($1, 1, $2, $3, $4)`, i, fmt.Sprintf("202%d-05-0%d", 1+i%5, 1+i%9), fmt.Sprintf("%s %s kam zur Kontrolle, Rückruf an %s. Befund unauffällig.", given, family, mail), fmt.Sprintf("%d.50", 20+i))
		do(t, was, `INSERT INTO care.bills SELECT $1, patient_id, no, visited, $2 FROM care.visits WHERE patient_id=$3`, 1000+i, strings.ToUpper(mail), i)
	}
	do(t, was, "REFRESH MATERIALIZED VIEW care.towns")
	a := configured(t, fmt.Sprintf("  clinic: {type: postgres, dsn: %q, drill: true}\n  copy: {type: postgres, dsn: %q}\n", from, to))
	src := a.Sources["clinic"]
	if _, err := a.ScanOne(t.Context(), "test", src, scanner.Options{Full: true}, nil); err != nil {
		t.Fatal(err)
	}
	if _, err := a.Scanner.Relate(t.Context()); err != nil {
		t.Fatal(err)
	}
	drilled(t, a, "clinic", "care.patients")
	r := mask(t, a, "clinic", "copy", "")
	if len(r.Residue) > 0 || len(r.Left) != 1 || !strings.HasSuffix(r.Left[0].Dataset.Dataset, "hers") {
		t.Errorf("residue %v, left %v", r.Residue, r.Left)
	}
	for _, q := range []string{
		"SELECT count(*) FROM care.patients", "SELECT count(*) FROM care.visits", "SELECT count(DISTINCT iban) FROM care.patients", "SELECT count(*) FROM care.patients p JOIN care.bills b ON lower(b.email)=lower(p.email) AND b.patient_id=p.id",
		"SELECT count(*) FROM care.patients WHERE email_hash=encode(sha256(email::bytea), 'hex')", "SELECT count(*) FROM care.patients WHERE profile->>'mail'=email::text", "SELECT count(*) FROM care.patients WHERE aliases[1]=full_name AND aliases[2]=email",
		"SELECT count(*) FROM care.patients WHERE profile->'kin'->0->>'phone'=phone", "SELECT count(*) FROM care.visits v JOIN care.patients p ON p.id=v.patient_id WHERE v.note LIKE p.given_name||'%' AND v.note LIKE '%'||p.email||'. Befund unauffällig.'",
		"SELECT count(*) FROM pg_constraint o JOIN pg_namespace n ON n.oid=o.connamespace WHERE n.nspname='care'", "SELECT count(*) FROM pg_trigger WHERE tgname='touched'", "SELECT sum(n) FROM care.towns", "SELECT count(*) FROM care.audit",
		"SELECT count(*) FROM care.patients WHERE array_length(tags, 1)=2 AND active AND profile->>'layout'='grid'", "SELECT sum(amount) FROM care.visits", "SELECT count(*) FROM pg_indexes WHERE schemaname='care'",
	} {
		if x, y := one(t, was, q), one(t, is, q); x != y || x == "0" && !strings.Contains(q, "audit") {
			t.Errorf("%s: %s became %s", q, x, y)
		}
	}
	dump := one(t, is, "SELECT string_agg(t::text, ' ') FROM (SELECT p::text FROM care.patients p UNION ALL SELECT v::text FROM care.visits v UNION ALL SELECT b::text FROM care.bills b UNION ALL SELECT c::text FROM care.towns c) t")
	lower := strings.ToLower(dump)
	for _, n := range append(append([]string{"@example.org", "+49 30 5550", "3f2504e0", "Musterstadt", iban(5), iban(50)}, givens...), families...) {
		if strings.Contains(lower, strings.ToLower(n)) {
			t.Errorf("%q stands in the copy", n)
		}
	}
	do(t, is, "INSERT INTO care.patients (given_name, family_name, birth_date, created_at) VALUES ('New', 'Patient', '1999-01-01', now())") // the sequence goes on behind the masked keys
	if _, err := a.Mask(t.Context(), app.MaskOptions{Source: "clinic", Target: "copy", By: "test"}); errkind.Code(err) != "target-not-empty" {
		t.Errorf("a full target: %v", err)
	}
	if _, err := a.Mask(t.Context(), app.MaskOptions{Source: "clinic", Target: "clinic", By: "test"}); errkind.Code(err) != "target-is-source" {
		t.Errorf("the source as its own target: %v", err)
	}
}

// iban gives a German account number whose check digits hold.
func iban(i int) string {
	bban := fmt.Sprintf("370400440532%06d", i)
	n := 0
	for _, c := range bban + "131400" {
		n = (n*10 + int(c-'0')) % 97
	}
	return fmt.Sprintf("DE%02d%s", 98-n, bban)
}

// configured opens an App over sources written as YAML.
func configured(t *testing.T, sources string) *app.App {
	t.Helper()
	dir := t.TempDir()
	file := filepath.Join(dir, "vestige.yaml")
	if err := os.WriteFile(file, []byte("data: ./data\nexamples: true\nsources:\n"+sources), 0o644); err != nil {
		t.Fatal(err)
	}
	cfg, err := app.LoadConfig(file, app.Specs())
	if err != nil {
		t.Fatal(err)
	}
	a, err := app.Open(t.Context(), cfg, app.Options{Command: "test"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = a.Close() })
	return a
}

// drilled drills a source.
func drilled(t *testing.T, a *app.App, source, dataset string) {
	t.Helper()
	got, err := a.Drill(t.Context(), "test", []string{source}, func(string, string) {})
	if err != nil || len(got) != 1 || got[0].Outcome != "proven" || got[0].Dataset != dataset {
		t.Errorf("the drill: %+v %v", got, err)
	}
}

func connect(t *testing.T, dsn string) *pgx.Conn {
	t.Helper()
	c, err := pgx.Connect(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close(context.Background()) })
	return c
}

func do(t *testing.T, c *pgx.Conn, sql string, args ...any) {
	t.Helper()
	if _, err := c.Exec(t.Context(), sql, args...); err != nil {
		t.Fatal(err)
	}
}

func one(t *testing.T, c *pgx.Conn, sql string) string {
	t.Helper()
	var s *string
	if err := c.QueryRow(t.Context(), "SELECT x::text FROM ("+sql+") q(x)").Scan(&s); err != nil {
		t.Fatal(sql, err)
	}
	if s == nil {
		return ""
	}
	return *s
}
