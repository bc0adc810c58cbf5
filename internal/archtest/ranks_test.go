package archtest_test

import (
	"slices"
	"strings"
	"testing"
)

// floor is the packages of one rank. Where the rank is ordered, those that others of it may import come first.
type floor struct {
	rank  int
	holds []string
	why   string // what a package of this rank must not know
}

// floors is the table "Rooms" of docs/architecture.md. A name that ends in /… stands for all packages below it.
var floors = []floor{
	{0, []string{"pii", "internal/errkind", "internal/clock", "internal/crash", "internal/db"}, "the nouns are what everybody else speaks in, and so they know nobody"},
	{1, []string{"internal/doc", "forms", "jobs", "internal/keys", "internal/decode", "internal/ddl"}, "they work on bytes and know no room"},
	{2, []string{"audit", "events", "connectors", "connectors/relational", "classifiers", "classifiers/dictionary"}, "these are contracts: who implements one must not be able to reach who uses it"},
	{3, []string{"connectors/…", "classifiers/…", "lineage", "policies", "accounts", "jobs/river"}, "what implements a contract knows only the contract; it is found through the list, never by name"},
	{4, []string{"catalog", "consent"}, "what is remembered does not know who looks"},
	{5, []string{"connectors/all", "classifiers/all", "scanner", "plans", "masking", "exchange"}, "scanning and planning need each other's results, not each other"},
	{6, []string{"requests", "watch"}, "a request is carried out by plans, and plans know no requests"},
	{7, []string{"store"}, "the store implements what the rooms above it in the table declare"},
	{8, []string{"internal/app"}, "it puts the rooms together, and does not know who asks"},
	{9, []string{"web/…", "web", "internal/demo/…", "internal/demo"}, "nothing may depend on how it is shown"},
	{10, []string{"cmd/vestige"}, "wiring is the top"},
}

// unranked hold tests, or generators that are not part of the program, and may import anything; no ranked package may import them.
var unranked = []string{"internal/archtest", "internal/testenv", "internal/golden", "internal/model", "internal/e2e", "internal/e2e/…", "internal/bench", "internal/build/…", "classifiers/dictionary/gen", "classifiers/eval", "classifiers/eval/gen", "lineage/eval"}

// covers tells whether a name of a table means a package.
func covers(name, pkg string) bool {
	folder, below := strings.CutSuffix(name, "…")
	return name == pkg || (below && strings.HasPrefix(pkg, folder))
}

// rankOf gives the rank of a package and its place within the rank; an exact name comes before one that ends in /….
func rankOf(pkg string) (rank, place int, why string, ok bool) {
	for _, exact := range []bool{true, false} {
		for _, f := range floors {
			for i, name := range f.holds {
				if exact == (name == pkg) && covers(name, pkg) {
					return f.rank, i, f.why, true
				}
			}
		}
	}
	return 0, 0, "", false
}

// free tells whether a package has no rank: those of the list, the suites, whose names end in test, and the generators, named gen.
func free(pkg string) bool {
	return strings.HasSuffix(pkg, "test") || strings.HasSuffix(pkg, "/gen") || slices.ContainsFunc(unranked, func(u string) bool { return covers(u, pkg) })
}

// ordered tells whether the packages of a rank stand in an order, so that later ones may import earlier ones.
func ordered(rank int) bool { return rank <= 2 || rank == 8 }

// may tells whether one package may import another.
func may(from, to string) bool {
	rank, place, _, _ := rankOf(from)
	below, before, _, _ := rankOf(to)
	return below < rank || (below == rank && ordered(rank) && before < place) || (below == rank && strings.HasPrefix(to, from+"/"))
}

func TestRanks(t *testing.T) {
	for _, p := range packages(t) {
		if free(p.path) {
			continue
		}
		_, _, why, ok := rankOf(p.path)
		if !ok {
			t.Errorf("%s has no rank: give it one in internal/archtest and in docs/architecture.md", p.path)
			continue
		}
		for _, to := range p.imports(false) {
			switch _, _, _, ranked := rankOf(to); {
			case free(to):
				t.Errorf("%s imports %s, which is for tests: production must not be linked with it", p.path, to)
			case ranked && !may(p.path, to):
				t.Errorf("%s imports %s, which does not stand below it: %s", p.path, to, why)
			}
		}
	}
}

// owners are dependencies that only some packages may import, so that they can be replaced and their types do not spread.
var owners = []struct {
	path string
	by   []string
	why  string
}{
	{"github.com/blevesearch/bleve", []string{"catalog"}, "the index is wrapped in one package, and no type of it leaves that"},
	{"github.com/gin-gonic/gin", []string{"web"}, "nothing but the web knows what it is served by"},
	{"github.com/riverqueue/river", []string{"jobs/river"}, "the queue's engine hides behind jobs"},
	{"modernc.org/sqlite", []string{"internal/db", "connectors/sqlite", "store", "internal/demo", "internal/demo/…"}, "SQL goes through internal/db, or is a connector's business"},
	{"github.com/jackc/pgx", []string{"internal/db", "jobs/river", "connectors/postgres", "store"}, "SQL goes through internal/db, or is a connector's business"},
	{"filippo.io/age", []string{"plans", "cmd/vestige", "internal/keys"}, "only an export is encrypted with age"},
	{"github.com/adhocore/gronx", []string{"watch"}, "when a schedule is due is said in one place"},
	{"github.com/alecthomas/kong", []string{"cmd/vestige"}, "only the command reads arguments"},
	{"github.com/nyaruka/phonenumbers", []string{"forms", "classifiers/contact"}, "telephones have their normal form in forms"},
	{"testing", nil, "helpers for tests stand in packages whose names end in test"},
	{"log", nil, "a logger is passed in"},
}

func TestOwners(t *testing.T) {
	for _, p := range packages(t) {
		if free(p.path) {
			continue
		}
		for _, to := range p.imports(true) {
			for _, o := range owners {
				within := to == o.path || (strings.Contains(o.path, ".") && strings.HasPrefix(to, o.path+"/"))
				if within && !slices.ContainsFunc(o.by, func(by string) bool { return covers(by, p.path) }) {
					t.Errorf("%s imports %s: %s", p.path, to, o.why)
				}
			}
		}
	}
}

func TestTheTableForbids(t *testing.T) {
	for _, c := range []struct {
		from, to string
		may      bool
	}{
		{"pii", "forms", false}, {"forms", "pii", true}, {"internal/db", "internal/errkind", true}, {"internal/errkind", "internal/db", false},
		{"connectors", "connectors/sqlite", false}, {"connectors/sqlite", "connectors/bucket", false}, {"connectors/sqlite", "catalog", false},
		{"scanner", "plans", false}, {"plans", "scanner", false}, {"catalog", "lineage", true}, {"lineage", "catalog", false},
		{"web", "store", true}, {"web", "web/assets", true}, {"web/assets", "web", false}, {"store", "web", false}, {"cmd/vestige", "web", true}, {"connectors", "connectors/all", false},
	} {
		if got := may(c.from, c.to); got != c.may {
			t.Errorf("may %s import %s: %v, want %v", c.from, c.to, got, c.may)
		}
	}
}
