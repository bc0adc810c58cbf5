package company_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/md5"
	"crypto/sha256"
	"database/sql"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"vestige/internal/demo/company"

	_ "modernc.org/sqlite" // the driver "sqlite"
)

// probe looks at a company by SQL and bytes; of the truth it takes only who the walk subject is.
type probe struct {
	t       *testing.T
	c       *company.Company
	walk    company.Subject
	objects map[string]string
}

func newProbe(t *testing.T, opts company.Options) *probe {
	t.Helper()
	c, err := company.Generate(context.Background(), t.TempDir(), opts)
	if err != nil {
		t.Fatal(err)
	}
	p := &probe{t: t, c: c, walk: c.Truth.Subjects[c.Walk], objects: map[string]string{}}
	root := filepath.Join(c.Dir, company.ObjectsRoot)
	err = filepath.WalkDir(root, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		key, _ := filepath.Rel(root, path)
		p.objects[filepath.ToSlash(key)] = plain(t, path)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func plain(t *testing.T, path string) string {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasSuffix(path, ".gz") {
		return string(raw)
	}
	r, err := gzip.NewReader(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// count runs a query in which {users} and {users.email} are names by purpose and :mail, :name, :id, :phone are the walk
// subject's. A table that the company does not have counts nothing.
func (p *probe) count(query string) int {
	p.t.Helper()
	file := company.ShopFile
	if strings.Contains(query, "{crm.") {
		file = company.CRMFile
	}
	for _, names := range []map[string]string{p.c.Columns, p.c.Tables} {
		for purpose, name := range names {
			query = strings.ReplaceAll(query, "{"+purpose+"}", `"`+name+`"`)
		}
	}
	if strings.Contains(query, "{") {
		return 0
	}
	db, err := sql.Open("sqlite", filepath.Join(p.c.Dir, file))
	if err != nil {
		p.t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	var n int
	args := []any{sql.Named("mail", p.mail()), sql.Named("name", p.walk.Name), sql.Named("id", p.number()), sql.Named("phone", p.value("contact.phone"))}
	if err := db.QueryRow(query, args...).Scan(&n); err != nil {
		p.t.Fatalf("%s: %v", query, err)
	}
	return n
}

func (p *probe) mail() string   { return p.walk.Start.Value }
func (p *probe) number() string { return p.walk.Identifiers[len(p.walk.Identifiers)-1].Value }

func (p *probe) value(category string) string {
	for _, id := range p.walk.Identifiers {
		if id.Category == category {
			return id.Value
		}
	}
	return "none"
}

// in counts an expression in the objects whose key begins so; in it MAIL is the walk subject's address.
func (p *probe) in(prefix, expression string) int {
	pattern := regexp.MustCompile(strings.ReplaceAll(expression, "MAIL", regexp.QuoteMeta(p.mail())))
	n := 0
	for key, text := range p.objects {
		if strings.HasPrefix(key, prefix) {
			n += len(pattern.FindAllString(text, -1))
		}
	}
	return n
}

func (p *probe) schema(like string) int {
	return p.count("SELECT count(*) FROM sqlite_schema WHERE sql LIKE '" + like + "'")
}

// signs says of each difficulty how often a company shows it for the walk subject.
func signs() map[company.Difficulty]func(p *probe) int {
	return map[company.Difficulty]func(p *probe) int{
		company.CrypticNames: func(p *probe) int {
			cryptic := regexp.MustCompile(`^(c|fld_|attr|x|f|val_|k|sp)\d+(_\d+)?$`)
			if !cryptic.MatchString(p.c.Columns["contacts.email"]) {
				return 0
			}
			return p.count("SELECT count(*) FROM {contacts} WHERE lower({contacts.email}) = :mail")
		},
		company.SilentCopy: func(p *probe) int {
			return p.count("SELECT count(*) FROM {copy} WHERE {copy.user_id} = :id AND {copy.email} <> :mail")
		},
		company.FreeText: func(p *probe) int {
			return p.count("SELECT count(*) FROM {notes} WHERE {notes.user_id} = :id AND ({notes.body} LIKE '%' || :mail || '%' OR {notes.body} LIKE '%' || :id || '%')")
		},
		company.NestedJSON: func(p *probe) int {
			return min(p.count("SELECT count(*) FROM {users} WHERE {users.id} = :id AND json_extract({users.settings}, '$.contact.channels[0].to') = :mail"),
				p.in("b2b/", `"contacts":\[.*"mail":"MAIL"`))
		},
		company.LogLines: func(p *probe) int {
			return min(p.in("logs/", `(?i)INFO \w+ user=\d+ mail=MAIL`), p.in("logs/", `(?i)\[worker-\d\] .*MAIL`))
		},
		company.ObjectKeys: func(p *probe) int {
			n := 0
			for key := range p.objects {
				n += strings.Count(key, "/"+p.mail()+"/")
			}
			return n
		},
		company.JSONKeys:        func(p *probe) int { return p.in("app/", `"MAIL": \{`) },
		company.IdentifierChain: chainLength,
		company.SharedHousehold: func(p *probe) int {
			return p.count("SELECT count(*) FROM {users} a, {users} b WHERE a.{users.id} = :id AND b.{users.id} <> :id AND a.{users.phone} = b.{users.phone} AND a.{users.address_id} = b.{users.address_id}")
		},
		company.JointOrder: func(p *probe) int {
			return p.count("SELECT count(*) FROM {orders} WHERE {orders.customer_id} = :id AND {orders.co_customer_id} IS NOT NULL") +
				p.count("SELECT count(*) FROM {order_parties} a, {order_parties} b WHERE a.{order_parties.order_id} = b.{order_parties.order_id} AND a.{order_parties.customer_id} = :id AND b.{order_parties.customer_id} <> :id")
		},
		company.RecycledEmail: func(p *probe) int {
			return p.count("SELECT count(*) FROM {email_history} h, {users} u, {mail_log} m WHERE h.{email_history.user_id} = :id AND u.{users.email} = h.{email_history.email} AND u.{users.id} <> :id AND m.{mail_log.to_addr} = h.{email_history.email} AND m.{mail_log.sent_at} < h.{email_history.valid_to}")
		},
		company.EqualIDs: func(p *probe) int {
			return p.count("SELECT count(*) FROM {products} p, {stock_moves} s WHERE p.{products.id} = :id AND s.{stock_moves.prod} = :id")
		},
		company.NearMisses: func(p *probe) int {
			return p.count("SELECT count(*) = 3 FROM {users} WHERE {users.email} IN ('jo' || :mail, :mail || '.test', replace(:mail, '@', '+news@'))")
		},
		company.HashedCopies: func(p *probe) int {
			return min(p.count(fmt.Sprintf("SELECT count(*) FROM {hashes} WHERE {hashes.hash} = '%x'", sha256.Sum256([]byte(p.mail())))),
				p.in("marketing/", fmt.Sprintf("%x", md5.Sum([]byte(p.mail())))))
		},
		company.KeptInvoices: func(p *probe) int {
			return p.count("SELECT count(*) FROM {invoices} WHERE {invoices.user_id} = :id AND {invoices.email} = :mail")
		},
		company.MentionedElsewhere: func(p *probe) int {
			return p.count("SELECT count(*) FROM {tickets} WHERE {tickets.user_id} <> :id AND {tickets.body} LIKE '% ' || :name || '%' AND {tickets.body} LIKE '%' || :mail || '%'")
		},
		company.SupportAgent: func(p *probe) int {
			return p.count("SELECT max(n) >= 4 * (SELECT count(DISTINCT {tickets.user_id}) FROM {tickets}) FROM (SELECT count(*) n FROM {tickets} GROUP BY {tickets.agent_mail})")
		},
		company.NoReply: func(p *probe) int {
			return p.count("SELECT count(*) FROM {mail_log} WHERE {mail_log.to_addr} = :mail AND ({mail_log.from_addr} LIKE 'noreply@%' OR {mail_log.from_addr} LIKE 'support@%')")
		},
		company.KeylessTables: func(p *probe) int {
			return p.count("SELECT count(*) = 0 FROM pragma_table_info('" + p.c.Tables["mail_log"] + "') WHERE pk > 0")
		},
		company.Cycles: func(p *probe) int {
			return p.count("SELECT count(*) FROM {users} u, {deliveries} d WHERE u.{users.id} = :id AND u.{users.delivery_id} = d.{deliveries.id} AND d.{deliveries.user_id} = u.{users.id}")
		},
		company.SelfReferences: func(p *probe) int {
			return p.count("SELECT count(*) FROM {users} WHERE {users.invited_by} = :id") + p.count("SELECT count(*) FROM {comments} WHERE {comments.parent_id} IS NOT NULL")
		},
		company.ForeignKeyActions: func(p *probe) int {
			least := 1
			for _, action := range []string{"CASCADE", "SET NULL", "SET DEFAULT", "RESTRICT", "NO ACTION"} {
				least = min(least, p.schema("%ON DELETE "+action+"%"))
			}
			return least
		},
		company.TableKinds: func(p *probe) int {
			least := 1
			for _, kind := range []string{"%WITHOUT ROWID", "%STRICT%", "%GENERATED%", "CREATE VIEW%", "%USING fts5%"} {
				least = min(least, p.schema(kind))
			}
			return least
		},
		company.StalePages: func(p *probe) int {
			raw, err := os.ReadFile(filepath.Join(p.c.Dir, company.ShopFile))
			if err != nil {
				p.t.Fatal(err)
			}
			// The first page of the tickets is read as SQLite would: what lies between its pointers and its cells is unused.
			page := raw[4096*(p.count("SELECT rootpage FROM sqlite_schema WHERE name = '"+p.c.Tables["tickets"]+"'")-1):][:4096]
			unused := page[12+2*(int(page[3])<<8+int(page[4])) : int(page[5])<<8+int(page[6])]
			return len(bytes.Trim(unused, "\x00"))
		},
	}
}

// chainLength follows the four identifiers of the walk subject by hand and says whether the end is reached without her
// present address being anywhere on the way.
func chainLength(p *probe) int {
	device, loyalty, legacy := p.value("online.device_id"), p.value("identity.loyalty_number"), p.value("identity.customer_number")
	if p.in("events/", regexp.QuoteMeta(device)) == 0 || p.count("SELECT count(*) FROM {devices} WHERE {devices.device} = '"+device+"' AND {devices.loyalty} = '"+loyalty+"'") == 0 {
		return 0
	}
	for _, id := range p.walk.Identifiers[1:] {
		if id.Category == "contact.email" && p.in("loyalty/", loyalty+"[,;]"+regexp.QuoteMeta(id.Value)) > 0 {
			return min(p.count("SELECT count(*) FROM {crm.customers} WHERE {crm.customers.email} = '"+id.Value+"' AND {crm.customers.legacy} = '"+legacy+"'"),
				p.count("SELECT count(*) FROM {crm.orders} WHERE {crm.orders.legacy} = '"+legacy+"'"))
		}
	}
	return 0
}

func TestTheWalkSubjectHasEveryDifficulty(t *testing.T) {
	all := signs()
	for seed := range uint64(20) {
		p := newProbe(t, company.Options{Seed: seed})
		for _, d := range company.Difficulties() {
			if all[d](p) == 0 {
				t.Errorf("seed %d: %s does not show", seed, d)
			}
			if d.Doc() == "" {
				t.Errorf("%s has no Doc", d)
			}
		}
		if got := len(p.walk.Difficulties); got != len(company.Difficulties()) {
			t.Errorf("seed %d: the truth knows %d difficulties of the walk subject: %v", seed, got, p.walk.Difficulties)
		}
	}
}

func TestADifficultyCanBeLeftOut(t *testing.T) {
	all := signs()
	for _, d := range company.Difficulties() {
		for seed := range uint64(3) {
			p := newProbe(t, company.Options{Seed: seed, People: 60, Without: []company.Difficulty{d}})
			if n := all[d](p); n > 0 {
				t.Errorf("seed %d without %s: it shows %d times", seed, d, n)
			}
			for _, s := range p.c.Truth.Subjects {
				for _, has := range s.Difficulties {
					if has == d {
						t.Errorf("seed %d without %s: the truth still speaks of it", seed, d)
					}
				}
			}
		}
	}
}
