package web_test

import (
	"context"
	"fmt"
	"net/url"
	"strings"
	"testing"

	"vestige/accounts"
	"vestige/internal/db"
	"vestige/internal/demo/company"
	"vestige/internal/errkind"
	"vestige/internal/testenv"
	"vestige/web"
)

// TestANewSource tries connections from the form of each connector: what is secret is in no answer, and no setting reads the server's own files.
func TestANewSource(t *testing.T) {
	e := demo(t)
	c := staffed(t, e, func(_ *web.Config, s *web.Services) { s.Base = e.dir })
	ada := c.as(e.staff, "ada", accounts.Administrator)
	for _, s := range []string{"", "?type=sqlite", "?type=postgres", "?type=mysql", "?type=elasticsearch", "?type=bucket"} {
		a := ada.get("/sources/new" + s)
		check(t, "/sources/new"+s, a.body)
		if a.status != 200 {
			t.Errorf("the form %s answers %d", s, a.status)
		}
	}
	try := func(pairs ...string) answer { t.Helper(); return ada.post("/sources/new", pairs...) }
	a := try("type", "sqlite", "name", "shop2", "o.path", company.ShopFile)
	check(t, "a trial", a.body)
	if a.status != 200 || !strings.Contains(a.body, "The connection works") || !strings.Contains(a.body, "type: sqlite") {
		t.Errorf("a connection that works answers %d: %s", a.status, a.body)
	}
	if a := try("type", "sqlite", "name", "shop2", "o.path", "no-such-file.db"); a.status != 200 || !strings.Contains(a.body, "There is no connection") {
		t.Errorf("a file that there is not answers %d", a.status)
	}
	const secret = "correct horse battery"
	if a := try("type", "postgres", "name", "pg", "o.host", "127.0.0.1", "o.port", "1", "o.user", "vestige_scan", "o.password", secret, "o.database", "shop", "o.connect_timeout", "1s"); a.status != 200 || strings.Contains(a.body, secret) || !strings.Contains(a.body, "There is no connection") {
		t.Errorf("a server that there is not answers %d, and repeats the password: %v", a.status, strings.Contains(a.body, secret))
	}
	for name, pairs := range map[string][]string{
		"a file as setting": {"type", "postgres", "name", "pg", "o.host", "127.0.0.1", "o.password", "file:/etc/passwd"}, "a command": {"type", "postgres", "name", "pg", "o.password", "exec:id"}, "the environment": {"type", "postgres", "name", "pg", "o.dsn", "env:HOME"},
		"a bad name": {"type", "sqlite", "name", "A B", "o.path", company.ShopFile}, "nothing": {"type", "sqlite", "name", "shop2"},
	} {
		if a := try(pairs...); a.status != 400 || strings.Contains(a.body, "root:") || strings.Contains(a.body, "uid=") {
			t.Errorf("%s answers %d", name, a.status)
		}
	}
	if a := c.as(e.staff, "dana", accounts.Steward).post("/sources/new", "type", "sqlite", "name", "x", "o.path", company.ShopFile); a.status != 403 {
		t.Errorf("a steward tries connections: %d", a.status)
	}
	logged(t, e, "source.try", "ada", 2)
}

// TestAMissingPrivilege: the statement that the page gives does grant what is missing.
func TestAMissingPrivilege(t *testing.T) {
	e := small(t)
	c := staffed(t, e, nil)
	ada := c.as(e.staff, "ada", accounts.Administrator)
	dsn := testenv.Postgres(t)
	user := "vestige_try"
	d, err := db.OpenPostgres(t.Context(), dsn)
	must(t, err)
	t.Cleanup(func() { _ = d.Close() })
	run := func(sql string) {
		t.Helper()
		must(t, d.Write(t.Context(), func(tx db.Tx) error { _, err := tx.Exec(t.Context(), sql); return err }))
	}
	run(`CREATE TABLE "a table" (mail text)`)
	run("CREATE ROLE " + user + " LOGIN PASSWORD 'try'")
	u, err := url.Parse(dsn)
	must(t, err)
	u.User = url.UserPassword(user, "try")
	try := func() answer {
		return ada.post("/sources/new", "type", "postgres", "name", "pg", "o.user", user, "o.dsn", u.String())
	}
	a := try()
	const statement = `GRANT SELECT ON TABLE &#34;public&#34;.&#34;a table&#34; TO &#34;vestige_try&#34;;`
	if a.status != 200 || !strings.Contains(a.body, statement) {
		t.Fatalf("what is missing is not said: %d %s", a.status, a.body)
	}
	run(strings.TrimSuffix(strings.ReplaceAll(statement, "&#34;", `"`), ";"))
	if a := try(); strings.Contains(a.body, statement) {
		t.Error("after the statement it is still missing")
	}
}

// TestAddingASource: what was tried is added by who may, with the places of its secrets and none of what was typed; what is refused is said.
func TestAddingASource(t *testing.T) {
	e := demo(t)
	var added []string
	c := staffed(t, e, func(_ *web.Config, s *web.Services) {
		s.Base = e.dir
		s.AddSource = func(_ context.Context, by, name, connector string, options map[string]string) error {
			if name == "taken" {
				return errkind.Coded(errkind.Conflict, "source-there", "there is a source of this name already")
			}
			added = append(added, fmt.Sprint(by, " ", name, " ", connector, " ", options))
			return nil
		}
	})
	ada := c.as(e.staff, "ada", accounts.Administrator)
	a := ada.post("/sources/new", "type", "sqlite", "name", "shop2", "o.path", company.ShopFile)
	check(t, "a trial", a.body)
	if !strings.Contains(a.body, `action="/sources/add"`) || strings.Contains(a.body, "start <code>vestige serve</code> again") {
		t.Errorf("it is not offered to be added: %s", a.body)
	}
	if a := ada.post("/sources/add", "type", "sqlite", "name", "shop2", "o.path", company.ShopFile); a.status != 303 || a.header.Get("Location") != "/source?at=shop2" {
		t.Errorf("adding it answers %d", a.status)
	}
	const secret = "correct horse battery"
	a = ada.post("/sources/add", "type", "postgres", "name", "taken", "o.host", "127.0.0.1", "o.password", secret)
	check(t, "a refusal", a.body)
	if a.status != 409 || strings.Contains(a.body, secret) || !strings.Contains(a.body, "There is a source of this name already") {
		t.Errorf("one that is there answers %d, and repeats the password: %v", a.status, strings.Contains(a.body, secret))
	}
	for name, pairs := range map[string][]string{"a bad name": {"type", "sqlite", "name", "A B", "o.path", "x"}, "nothing": {"type", "sqlite", "name", "x"}} {
		if a := ada.post("/sources/add", pairs...); a.status != 400 {
			t.Errorf("%s answers %d", name, a.status)
		}
	}
	for _, r := range []accounts.Role{accounts.Viewer, accounts.Steward, accounts.Operator, accounts.Approver, accounts.Auditor} {
		if a := c.as(e.staff, "x"+string(r), r).post("/sources/add", "type", "sqlite", "name", "y", "o.path", "y"); a.status != 403 {
			t.Errorf("a %s adds sources: %d", r, a.status)
		}
	}
	if len(added) != 1 || added[0] != "ada shop2 sqlite map[path:"+company.ShopFile+"]" {
		t.Errorf("added is %v", added)
	}
}
