package outsider_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"vestige/internal/demo/company"
	"vestige/internal/e2e/outsider"
)

// scene is a company in which the walk subject was erased, ready for a mistake.
type scene struct {
	t    *testing.T
	c    *company.Company
	walk company.Subject
}

// mistake is something an eraser can get wrong, and what the judge has to say of it: each finding matches one of these
// and each of these is found.
type mistake struct {
	name             string
	forget           func(s *scene, r *company.Record) bool
	unpacked         bool
	before, after    func(s *scene)
	left, collateral []string
}

func (s *scene) exec(statement string, args ...any) {
	s.t.Helper()
	db := open(s.t, s.c, company.ShopFile)
	if _, err := db.Exec(statement, args...); err != nil {
		s.t.Fatalf("%s: %v", statement, err)
	}
	if err := db.Close(); err != nil {
		s.t.Fatal(err)
	}
}

// sql runs a statement in which {users} is a table and {users.email} a column.
func (s *scene) sql(statement string, args ...any) {
	s.t.Helper()
	s.exec(s.named(statement), args...)
}

func (s *scene) named(statement string) string {
	for _, names := range []map[string]string{s.c.Columns, s.c.Tables} {
		for purpose, name := range names {
			statement = strings.ReplaceAll(statement, "{"+purpose+"}", fmt.Sprintf("%q", name))
		}
	}
	return statement
}

func (s *scene) path(key string) string { return filepath.Join(s.c.Dir, company.ObjectsRoot, key) }

func (s *scene) edit(key string, change func(string) string) {
	s.t.Helper()
	info, err := os.Stat(s.path(key))
	if err != nil {
		s.t.Fatal(err)
	}
	raw, err := os.ReadFile(s.path(key))
	if err != nil {
		s.t.Fatal(err)
	}
	text := unpack(key, raw)
	changed := change(text)
	if changed == text {
		s.t.Fatalf("%s: nothing changed", key)
	}
	if err := os.WriteFile(s.path(key), pack(key, changed), info.Mode()); err != nil {
		s.t.Fatal(err)
	}
	if err := os.Chtimes(s.path(key), info.ModTime(), info.ModTime()); err != nil {
		s.t.Fatal(err)
	}
}

// record gives the first record of hers in a table that is as asked.
func (s *scene) record(purpose string, as func(*company.Record) bool) *company.Record {
	for _, r := range s.c.Truth.Of(s.walk.ID) {
		if r.At.Dataset == s.c.Tables[purpose] && as(r) {
			return r
		}
	}
	s.t.Fatalf("no such record in %s", purpose)
	return nil
}

func in(purpose string) func(*scene, *company.Record) bool {
	return func(s *scene, r *company.Record) bool { return r.At.Dataset == s.c.Tables[purpose] }
}

func inObject(prefix string) func(*scene, *company.Record) bool {
	return func(_ *scene, r *company.Record) bool { return strings.HasPrefix(r.At.Dataset, prefix) }
}

func fated(f company.Fate) func(*company.Record) bool {
	return func(r *company.Record) bool { return slices.Contains(fates(r), f) }
}

func fates(r *company.Record) (out []company.Fate) {
	for _, f := range r.Expect {
		out = append(out, f)
	}
	return out
}

const mistakesSeed = 4

func TestEachMistakeIsFound(t *testing.T) {
	for _, m := range mistakes() {
		t.Run(m.name, func(t *testing.T) {
			c := generate(t, company.Options{Seed: mistakesSeed, People: 60})
			s := &scene{t, c, c.Truth.Subjects[c.Walk]}
			before := take(t, c)
			if m.before != nil {
				m.before(s)
			}
			e := &eraser{t: t, c: c, pack: !m.unpacked, skip: func(r *company.Record) bool { return m.forget != nil && m.forget(s, r) }}
			e.erase(c.Walk)
			if m.after != nil {
				m.after(s)
			}
			r := outsider.Judge(before, take(t, c), c.Truth, []company.Person{c.Walk})
			expect(t, s, "left", m.left, r.Left)
			expect(t, s, "collateral", m.collateral, r.Collateral)
			if (r.Recall == 1) != (len(m.left) == 0) {
				t.Errorf("recall %v", r.Recall)
			}
		})
	}
}

func expect(t *testing.T, s *scene, what string, want, have []string) {
	t.Helper()
	seen := map[string]bool{}
	for _, h := range have {
		known := false
		for _, w := range want {
			if strings.Contains(h, strings.TrimPrefix(strings.ReplaceAll(s.named(w), `"`, ""), "?")) {
				known, seen[w] = true, true
			}
		}
		if !known {
			t.Errorf("%s: unexpected %q", what, h)
		}
	}
	for _, w := range want {
		if !seen[w] && w[0] != '?' {
			t.Errorf("%s: missing %q in %q", what, w, have)
		}
	}
}

func mistakes() []mistake { return append(mistakesInTables(), mistakesInObjects()...) }

func mistakesInTables() []mistake {
	return []mistake{
		{name: "a joint order is destroyed", after: func(s *scene) {
			r := s.record("orders", fated(company.Detached))
			s.sql("DELETE FROM {orders} WHERE {orders.id} = ?", r.At.Key)
			s.sql("DELETE FROM {order_items} WHERE {order_items.order_id} = ?", r.At.Key)
			if _, ok := s.c.Tables["order_parties"]; ok {
				s.sql("DELETE FROM {order_parties} WHERE {order_parties.order_id} = ?", r.At.Key)
			}
		}, collateral: []string{"shop.db/{orders} record", "shop.db/{order_items} record", "?shop.db/{order_parties} record"}},
		{name: "hashes are left", forget: in("hashes"), left: []string{"shop.db/{hashes} record"}},
		{name: "the chain is not followed", forget: in("crm.orders"), left: []string{"crm.db/{crm.orders} record"}},
		{name: "joann is taken for ann", after: func(s *scene) {
			s.sql("DELETE FROM {mail_log} WHERE {mail_log.to_addr} = ?", "jo"+s.walk.Start.Value)
		}, collateral: []string{"shop.db/{mail_log} record"}},
		{name: "the new owner of her address is hers", after: func(s *scene) {
			s.sql("DELETE FROM {mail_log} WHERE {mail_log.to_addr} = ?", s.lent())
		}, collateral: []string{"shop.db/{mail_log} record"}},
		{name: "a shared address goes", after: func(s *scene) {
			s.sql("DELETE FROM {addresses} WHERE {addresses.id} = ?", s.record("addresses", fated(company.Stays)).At.Key)
		}, collateral: []string{"shop.db/{addresses} record", "shop.db has references to nothing"}},
		{name: "an invoice goes", after: func(s *scene) {
			s.sql("DELETE FROM {invoices} WHERE {invoices.id} = ?", s.record("invoices", fated(company.Stays)).At.Key)
		}, collateral: []string{"shop.db/{invoices} record"}},
		{name: "an invoice is emptied", after: func(s *scene) {
			s.sql("UPDATE {invoices} SET {invoices.full_name} = NULL WHERE {invoices.id} = ?", s.record("invoices", fated(company.Stays)).At.Key)
		}, collateral: []string{"differs in {invoices.full_name}"}},
		{name: "the shell keeps a telephone", after: func(s *scene) {
			s.sql("UPDATE {users} SET {users.phone} = ? WHERE {users.id} = ?", s.value("contact.phone"), s.record("users", fated(company.Shell)).At.Key)
		}, left: []string{"shop.db/{users} record"}},
		{name: "a mention is left", forget: func(s *scene, r *company.Record) bool {
			return r == s.record("tickets", fated(company.Redacted))
		}, left: []string{"shop.db/{tickets} record"}},
		{name: "a mention takes the whole text", after: func(s *scene) {
			s.sql("UPDATE {tickets} SET {tickets.body} = '[redacted]' WHERE {tickets.id} = ?", s.record("tickets", fated(company.Redacted)).At.Key)
		}, collateral: []string{"differs in {tickets.body}"}},
		{name: "a message keeps its sender", forget: in("messages"), left: []string{"shop.db/{messages} record"}},
		{name: "the agent is touched", after: func(s *scene) {
			s.sql("UPDATE {tickets} SET {tickets.agent_id} = NULL WHERE {tickets.id} = 1")
		}, collateral: []string{"shop.db/{tickets} record 0 differs in {tickets.agent_id}"}},
		{name: "a product with her number goes", after: func(s *scene) {
			s.sql("DELETE FROM {stock_moves} WHERE {stock_moves.prod} = ?", s.number())
		}, collateral: []string{"shop.db/{stock_moves} record"}},
		{name: "a record appears", after: func(s *scene) {
			s.sql("INSERT INTO {rates} DEFAULT VALUES")
		}, collateral: []string{"shop.db/{rates} has a new record"}},
		{name: "a table appears", after: func(s *scene) {
			s.exec("CREATE TABLE undo_image (x)")
		}, collateral: []string{"shop.db has another schema", "shop.db/undo_image is new"}},
		{name: "the index keeps the words", before: func(s *scene) {
			s.exec(fmt.Sprintf("DROP TRIGGER %q", s.c.Tables["notes_fts"]+"_out"))
		}, after: func(s *scene) {
			s.sql(fmt.Sprintf("CREATE TRIGGER %q AFTER DELETE ON {notes} BEGIN SELECT 1; END", s.c.Tables["notes_fts"]+"_out"))
		}, left: []string{"shop.db/{notes_fts}"}, collateral: []string{"shop.db has another schema"}},
		{name: "stale pages are left", unpacked: true, left: []string{"(bytes)"}},
		{name: "free pages are left", after: func(s *scene) {
			s.exec("PRAGMA secure_delete = OFF; CREATE TABLE t (x); INSERT INTO t VALUES ('" + s.walk.Start.Value + "'); DROP TABLE t")
		}, left: []string{"shop.db (bytes)"}},
	}
}

func mistakesInObjects() []mistake {
	const proxy, app = "logs/proxy.log", "logs/app-2026-10-22.log"
	return []mistake{
		{name: "another's line is touched", after: func(s *scene) {
			s.edit(app, func(text string) string { return strings.Replace(text, "INFO job=", "INFO  job=", 1) })
		}, collateral: []string{"objects/" + app + " record"}},
		{name: "lines change places", after: func(s *scene) {
			s.edit(proxy, func(text string) string { l := lines("", text); l[0], l[1] = l[1], l[0]; return strings.Join(l, "") })
		}, collateral: []string{"objects/" + proxy}},
		{name: "a line of hers is left", forget: func(s *scene, r *company.Record) bool {
			return strings.HasPrefix(r.At.Dataset, "logs/") && r.Also != "" && strings.HasSuffix(r.At.Key, "3")
		}, left: []string{"objects/logs/"}},
		{name: "the mode is lost", after: func(s *scene) {
			s.must(os.Chmod(s.path(app), 0o666))
		}, collateral: []string{"objects/" + app + " has another mode"}},
		{name: "the time of an untouched object is lost", after: func(s *scene) {
			s.must(os.Chtimes(s.path(proxy), time.Unix(1, 0), time.Unix(1, 0)))
		}, collateral: []string{"objects/" + proxy + " has another time"}},
		{name: "a member is left", forget: inObject("app/prefs.json"), left: []string{"objects/app/prefs.json"}},
		{name: "everybody's preferences go", after: func(s *scene) {
			s.must(os.Remove(s.path("app/prefs.json")))
		}, collateral: []string{"objects/app/prefs.json is gone"}},
		{name: "an object with her address in its key is left", forget: inObject("inbox/"), left: []string{"objects/inbox/{contact.email}/"}},
		{name: "an empty folder keeps her address", after: func(s *scene) {
			s.must(os.Mkdir(s.path("inbox/"+s.walk.Start.Value), 0o755))
		}, left: []string{"a folder of objects"}},
		{name: "a firm goes with its contact", after: func(s *scene) {
			s.edit("b2b/accounts.ndjson", func(text string) string { l := lines("", text); return strings.Join(slices.Delete(l, 2, 3), "") })
		}, collateral: []string{"objects/b2b/accounts.ndjson record 2 is gone"}},
		{name: "a row with a line break is cut in two", after: func(s *scene) {
			s.edit("loyalty/members-0.csv", func(text string) string { return strings.Replace(text, "Wishes:\n", "Wishes: ", 1) })
		}, collateral: []string{"objects/loyalty/members-0.csv record"}},
		{name: "a temporary file stays", after: func(s *scene) {
			s.must(os.WriteFile(s.path("logs/.rewrite"), nil, 0o600))
		}, collateral: []string{"objects/logs/.rewrite is new"}},
	}
}

func (s *scene) must(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

// value gives her first value of a category.
func (s *scene) value(category string) string {
	for _, id := range s.walk.Identifiers {
		if id.Category == category {
			return id.Value
		}
	}
	s.t.Fatalf("no %s", category)
	return ""
}

// number is that of her row in users.
func (s *scene) number() string { return s.walk.Identifiers[len(s.walk.Identifiers)-1].Value }

// lent is the address that she had once and another person has now.
func (s *scene) lent() string {
	for _, id := range s.walk.Identifiers {
		if id.Category == "contact.email" && !id.Single {
			return id.Value
		}
	}
	s.t.Fatal("no such address")
	return ""
}
