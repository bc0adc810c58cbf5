package masking_test

import (
	"database/sql"
	"fmt"
	"strings"
	"testing"

	"vestige/internal/app"
	"vestige/internal/errkind"
	"vestige/internal/testenv"
	"vestige/scanner"
)

var club = []string{
	"CREATE TABLE members (id INT UNSIGNED AUTO_INCREMENT PRIMARY KEY, name VARCHAR(80) NOT NULL, email VARCHAR(60) NOT NULL UNIQUE, phone VARCHAR(30), born DATE, level ENUM('bronze','silver','gold') NOT NULL, photo BLOB, settings JSON, joined DATETIME(3), sponsor INT UNSIGNED, mail_low VARCHAR(60) GENERATED ALWAYS AS (lower(email)) STORED, FOREIGN KEY (sponsor) REFERENCES members(id))",
	"CREATE TABLE fees (member_id INT UNSIGNED NOT NULL, year YEAR NOT NULL, paid DECIMAL(8,2), note TEXT, PRIMARY KEY (member_id, year), FOREIGN KEY (member_id) REFERENCES members(id) ON DELETE CASCADE)",
	"CREATE TABLE log (id BIGINT AUTO_INCREMENT PRIMARY KEY, line TEXT)",
	"CREATE VIEW directory AS SELECT m.name, f.paid FROM members m JOIN fees f ON f.member_id=m.id",
	"CREATE VIEW ann AS SELECT * FROM members WHERE email='berta3@example.org'",
	"CREATE TRIGGER paid AFTER INSERT ON fees FOR EACH ROW INSERT INTO log(line) VALUES (CONCAT('paid by ', NEW.member_id))",
}

// TestMariaDBIsMasked copies a club's members, and looks with another client.
func TestMariaDBIsMasked(t *testing.T) {
	from, to := testenv.MariaDB(t), testenv.MariaDB(t)
	was, is := from.Open(t), to.Open(t)
	for _, s := range club {
		run(t, was, s)
	}
	for i := 1; i <= 50; i++ {
		given, family := givens[i%len(givens)], families[i%len(families)]
		mail := fmt.Sprintf("berta%d@example.org", i)
		var sponsor any
		if i > 1 {
			sponsor = 1
		}
		run(t, was, "INSERT INTO members (name, email, phone, born, level, photo, settings, joined, sponsor) VALUES (?,?,?,?,?,?,?,?,?)", given+" "+family, mail, fmt.Sprintf("030 555%04d", i), fmt.Sprintf("19%02d-03-1%d", 50+i%40, i%10),
			[]string{"bronze", "silver", "gold"}[i%3], []byte{0xff, 0, byte(i)}, fmt.Sprintf(`{"reply_to": %q, "lang": "de"}`, mail), fmt.Sprintf("2023-01-%02d 10:11:12.345", 1+i%28), sponsor)
		run(t, was, "INSERT INTO fees VALUES (?, 2024, ?, ?)", i, fmt.Sprintf("%d.25", 30+i), fmt.Sprintf("%s %s zahlt per Lastschrift, Anfrage an %s.", given, family, mail))
	}
	source := func(d testenv.Database) string {
		return fmt.Sprintf("{type: mysql, host: %s, port: %d, user: %s, password: %q, database: %s}", d.Host, d.Port, d.User, d.Password, d.Name)
	}
	a := configured(t, "  club: "+strings.TrimSuffix(source(from), "}")+", drill: true}\n  copy: "+source(to)+"\n")
	if _, err := a.ScanOne(t.Context(), "test", a.Sources["club"], scanner.Options{Full: true}, nil); err != nil {
		t.Fatal(err)
	}
	if _, err := a.Scanner.Relate(t.Context()); err != nil {
		t.Fatal(err)
	}
	drilled(t, a, "club", "members")
	run(t, is, "CREATE TABLE vestige_unfinished_copy (id INT PRIMARY KEY)") // what a copy leaves that was killed
	run(t, is, "CREATE TABLE members (half INT)")
	r := mask(t, a, "club", "copy", "")
	if len(r.Residue) > 0 || len(r.Left) != 1 || r.Left[0].Dataset.Dataset != "ann" {
		t.Errorf("residue %v, left %v", r.Residue, r.Left)
	}
	for _, q := range []string{"SELECT COUNT(*) FROM members", "SELECT COUNT(*) FROM directory", "SELECT COUNT(*) FROM members m JOIN fees f ON f.member_id=m.id WHERE f.note LIKE CONCAT(m.name, '%') AND f.note LIKE CONCAT('%', m.email, '.')",
		"SELECT COUNT(*) FROM members WHERE JSON_VALUE(settings, '$.reply_to')=email AND JSON_VALUE(settings, '$.lang')='de' AND mail_low=email", "SELECT COUNT(*) FROM members m JOIN members s ON s.id=m.sponsor", "SELECT COUNT(paid) FROM fees",
		"SELECT COUNT(*) FROM log", "SELECT COUNT(*) FROM information_schema.triggers WHERE trigger_schema=DATABASE()", "SELECT COUNT(*) FROM information_schema.table_constraints WHERE table_schema=DATABASE()", "SELECT COUNT(DISTINCT email) FROM members WHERE joined LIKE '%10:11:12.345'"} {
		if x, y := cell(t, was, q), cell(t, is, q); x != y || x == "0" {
			t.Errorf("%s: %s became %s", q, x, y)
		}
	}
	dump := strings.ToLower(cell(t, is, "SELECT GROUP_CONCAT(CONCAT_WS(' ', name, email, phone, settings, HEX(photo), note) SEPARATOR ' ') FROM members JOIN fees ON member_id=id"))
	for _, n := range append(append([]string{"@example.org", "030 5550"}, givens...), families...) {
		if strings.Contains(dump, strings.ToLower(n)) {
			t.Errorf("%q stands in the copy", n)
		}
	}
	for to, code := range map[string]string{"copy": "target-not-empty", "club": "target-is-source"} {
		if _, err := a.Mask(t.Context(), app.MaskOptions{Source: "club", Target: to, By: "test"}); errkind.Code(err) != code {
			t.Errorf("%s as the target: %v", to, err)
		}
	}
}

func run(t *testing.T, db *sql.DB, query string, args ...any) {
	t.Helper()
	if _, err := db.ExecContext(t.Context(), query, args...); err != nil {
		t.Fatal(query, err)
	}
}

func cell(t *testing.T, db *sql.DB, query string) string {
	t.Helper()
	var s sql.NullString
	if err := db.QueryRowContext(t.Context(), query).Scan(&s); err != nil {
		t.Fatal(query, err)
	}
	return s.String
}
