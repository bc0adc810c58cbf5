package e2e_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	toxiproxy "github.com/Shopify/toxiproxy/v2"
	"github.com/rs/zerolog"

	"vestige/internal/demo/company"
	"vestige/internal/e2e/outsider"
	"vestige/internal/testenv"
)

// systems is one company over seven systems, each of which leads into the next: a device in the shop's sessions (PostgreSQL) to the list of devices (MariaDB),
// whose loyalty number to the members (S3), whose old address to the customer relations (MySQL), whose number to their notes (Elasticsearch). A copy of the
// users and lists without names are in a SQLite file, exports in a folder. Between the product and each server lies a line that can be cut.
type systems struct {
	*leaking
	plots   []*plot
	library library
	bucket  testenv.Bucket
	file    string // the SQLite file
	folder  string
	lines   map[string]*toxiproxy.Proxy // by source
}

// apart are the tables of the shop that are not on its PostgreSQL, by what they are for.
var apart = map[string][]string{
	"mailing": {"devices", "mail_log", "stock_moves"},
	"desk":    {"copy", "contacts", "hashes", "countries", "flags", "taxes", "rates", "jobs"},
	"search":  {"crm.notes"},
}

func (s *systems) share(source string) func(string) bool {
	var names, others []string
	for where, purposes := range apart {
		for _, p := range purposes {
			if others = append(others, s.company.Tables[p]); where == source {
				names = append(names, s.company.Tables[p])
			}
		}
	}
	return func(table string) bool {
		return slices.Contains(names, table) || names == nil && !slices.Contains(others, table)
	}
}

// started has the slow servers start beside each other.
func started(t *testing.T) {
	t.Run("servers", func(t *testing.T) {
		for name, start := range map[string]func(testing.TB){
			"postgres": func(t testing.TB) { testenv.Postgres(t) }, "mariadb": func(t testing.TB) { testenv.MariaDB(t) }, "mysql": func(t testing.TB) { testenv.MySQL(t) },
			"elasticsearch": func(t testing.TB) { testenv.Elasticsearch(t) }, "s3": func(t testing.TB) { testenv.S3(t, testenv.Versioned) },
		} {
			t.Run(name, func(t *testing.T) { t.Parallel(); start(t) })
		}
	})
}

func newSystems(t *testing.T, o company.Options) *systems {
	t.Helper()
	started(t)
	origin := t.TempDir()
	s := &systems{leaking: &leaking{estate: &estate{t: t, dir: t.TempDir()}}, lines: map[string]*toxiproxy.Proxy{}}
	s.temp = filepath.Join(s.dir, "temp")
	must(t, os.Mkdir(s.temp, 0o700))
	var err error
	s.company, err = company.Generate(t.Context(), origin, o)
	must(t, err)
	s.values, s.file, s.folder = needlesOf(s.company), filepath.Join(s.dir, "desk.sqlite"), filepath.Join(s.dir, "exports")
	dsn, mailing, crm := testenv.Postgres(t), testenv.MariaDB(t), testenv.MySQL(t)
	for source, p := range map[string]*plot{"shop": postgresPlot(t, company.ShopFile, dsn), "mailing": mariaPlot(t, company.ShopFile, mailing),
		"crm": mariaPlot(t, company.CRMFile, crm), "desk": sqlitePlot(t, company.ShopFile, s.file)} {
		p.take(t, origin, s.share(source))
		s.plots = append(s.plots, p)
	}
	notes, tables := tablesOf(t, filepath.Join(origin, company.CRMFile)), 1
	for _, p := range s.plots {
		tables += len(p.tables)
	}
	if all := len(notes) + len(tablesOf(t, filepath.Join(origin, company.ShopFile))); tables != all {
		t.Fatalf("%d of %d tables are somewhere", tables, all)
	}
	s.library.Search = testenv.Elasticsearch(t)
	s.library.take(t, origin, notes[slices.IndexFunc(notes, func(tab transplanted) bool { return s.share("search")(tab.name) })])
	s.bucket = testenv.S3(t, testenv.Versioned)
	upload(t, s.bucket, origin)
	stow(t, origin, s.folder)
	s.configure(dsn, mailing, crm)
	t.Setenv("TMPDIR", s.temp)
	s.before = s.now()
	return s
}

// line puts something between the product and a server, and gives its address.
func (s *systems) line(source, server string) (host, port string) {
	s.t.Helper()
	p := toxiproxy.NewProxy(toxiproxy.NewServer(toxiproxy.NewMetricsContainer(nil), zerolog.Nop()), source, "127.0.0.1:0", server)
	must(s.t, p.Start())
	s.t.Cleanup(p.Stop)
	s.lines[source] = p
	host, port, _ = strings.Cut(p.Listen, ":")
	return host, port
}

// lined is an address with the line's instead of the server's.
func (s *systems) lined(source, address string) string {
	s.t.Helper()
	u, err := url.Parse(address)
	must(s.t, err)
	host, port := s.line(source, u.Host)
	u.Host = host + ":" + port
	return u.String()
}

func (s *systems) configure(dsn string, mailing, crm testenv.Database) {
	s.t.Helper()
	var b strings.Builder
	b.WriteString("data: ./data\nsingle-approver: true\nexamples: true\npolicies: [policy.yaml]\nsources:\n")
	fmt.Fprintf(&b, "  shop: {type: postgres, dsn: %q}\n", s.lined("shop", dsn))
	for name, d := range map[string]testenv.Database{"mailing": mailing, "crm": crm} {
		host, port := s.line(name, fmt.Sprintf("%s:%d", d.Host, d.Port))
		fmt.Fprintf(&b, "  %s: {type: mysql, host: %s, port: %q, user: %s, password: %q, database: %s}\n", name, host, port, d.User, d.Password, d.Name)
	}
	fmt.Fprintf(&b, "  desk: {type: sqlite, path: %q}\n  exports: {type: bucket, path: %q}\n", s.file, s.folder)
	fmt.Fprintf(&b, "  search: {type: elasticsearch, url: %q, user: %s, password: %q, indexes: %q, expunge: \"off\"}\n", s.lined("search", s.library.URL), s.library.User, s.library.Password, s.library.Prefix+"*")
	fmt.Fprintf(&b, "  objects: {type: bucket, bucket: %s, endpoint: %q, region: %s, access_key: %q, secret_key: %q}\n",
		s.bucket.Name, s.lined("objects", s.bucket.Endpoint), s.bucket.Region, s.bucket.AccessKey, s.bucket.SecretKey)
	policy := strings.ReplaceAll(s.company.Policy(), `"shop/`, `"shop/public.`) + "windows: {cool-down: 0s, minimum: 0s, export: 14d}\n"
	must(s.t, os.WriteFile(filepath.Join(s.dir, "vestige.yaml"), []byte(b.String()), 0o600))
	must(s.t, os.WriteFile(filepath.Join(s.dir, "policy.yaml"), []byte(policy), 0o644))
}

// opened opens the product with its log kept, and gives the function that closes it.
func (s *systems) opened() func() {
	return s.open(setting{log: slog.New(slog.NewTextHandler(&s.logs, &slog.HandlerOptions{Level: slog.LevelDebug}))})
}

// now is what the systems hold, read by their own clients.
func (s *systems) now() *outsider.Snapshot {
	s.t.Helper()
	dir := s.t.TempDir()
	defer func() { must(s.t, os.RemoveAll(dir)) }()
	for _, p := range s.plots {
		p.back(s.t, dir)
	}
	root := filepath.Join(dir, company.ObjectsRoot)
	copyTree(s.t, s.folder, root)
	s.library.back(s.t, dir)
	download(s.t, s.bucket, root)
	got, err := outsider.Take(dir)
	must(s.t, err)
	return got
}

// judged compares what was and what is. The bytes of the two databases are the mirror's and not the servers', whose own are the matter of their rungs.
func (s *systems) judged() outsider.Report {
	s.t.Helper()
	j := outsider.Judge(s.before, s.now(), s.company.Truth, s.erased)
	j.Left = slices.DeleteFunc(j.Left, func(place string) bool { return strings.HasSuffix(place, ".db (bytes): contact.email") })
	return j
}

// look has the outsider judge, and looks where the judge does not: at the bytes of the SQLite file, and at every version of every object.
func (s *systems) look(after string) {
	s.t.Helper()
	if j := s.judged(); j.Recall < 1 || len(j.Left) > 0 || len(j.Collateral) > 0 {
		s.t.Errorf("%s: recall and collateral", after)
		s.show(j)
	}
	gone := s.gone()
	raw, err := os.ReadFile(s.file)
	must(s.t, err)
	known := s.known()
	for text, category := range gone {
		if bytes.Count(bytes.ToLower(raw), []byte(text)) > strings.Count(known, text) {
			s.t.Errorf("%s: the SQLite file holds more of a %s than its tables", after, category)
		}
	}
	versions(s.t, s.bucket, func(key string, body []byte) {
		low := strings.ToLower(key + "\n" + string(body))
		for text, category := range gone {
			if stands(low, text) {
				s.t.Errorf("%s: a version of an object of %s holds a %s", after, key[:strings.Index(key+"/", "/")], category)
			}
		}
	})
}

// gone are the values that mean one of the erased wherever they stand, each with its category.
func (s *systems) gone() map[string]string {
	out := map[string]string{}
	for _, p := range s.erased {
		for _, id := range s.subject(p).Identifiers {
			if id.Single && len(id.Value) > 7 {
				out[strings.ToLower(id.Value)] = id.Category
			}
		}
	}
	return out
}

// known is what the tables of the SQLite file hold, in lower case.
func (s *systems) known() string {
	var b strings.Builder
	for _, p := range s.plots {
		if p.kind == nil {
			for i := range p.tables {
				fmt.Fprintln(&b, p.now(s.t, &p.tables[i]))
			}
		}
	}
	return strings.ToLower(b.String())
}

// stands says that a text holds a value that is not a part of a longer one.
func stands(text, value string) bool {
	part := func(c byte) bool {
		return c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || strings.IndexByte("._+-", c) >= 0
	}
	for at := 0; ; {
		i := strings.Index(text[at:], value)
		if i < 0 {
			return false
		}
		i += at
		at = i + len(value)
		if (i == 0 || !part(text[i-1])) && !part((text + " ")[at]) || at+1 < len(text) && text[at] == '.' && !part(text[at+1]) && !part((" " + text)[i]) {
			return true
		}
	}
}
