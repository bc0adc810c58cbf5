package catalog_test

import (
	"context"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"vestige/catalog"
	"vestige/internal/db"
	"vestige/internal/errkind"
	"vestige/lineage"
	"vestige/pii"
)

var update = flag.Bool("update", false, "write golden files anew")

func searched(t testing.TB) *bundle {
	b := open(t)
	b.put("shop/main.users", "id none.key .9 int", "mail contact.email .97", "customerName identity.name .9", "faith demographic.religion .6",
		"born demographic.birth_date .7 time")
	b.put("shop/tmp.users", "mail contact.email .04", "note - ", "phone contact.phone .85")
	b.put("crm/people", "e_mail contact.email .8", "card finance.card .9", "Kunden_Nr identity.customer_number .7 int")
	b.decide(accept("crm/people#e_mail"))
	b.decide(reject("crm/people#card"))
	return b
}

func TestSearch(t *testing.T) {
	b := searched(t)
	for query, want := range map[string]string{
		"is:pii category:contact":       "crm/people#e_mail shop/main.users#mail shop/tmp.users#phone",
		"category:contact.email":        "crm/people#e_mail shop/main.users#mail shop/tmp.users#mail",
		"category:contact.em":           "",
		"is:unexamined":                 "shop/tmp.users#note",
		"is:decided":                    "crm/people#card crm/people#e_mail",
		"is:accepted OR is:unexamined":  "crm/people#e_mail shop/tmp.users#note",
		"-is:pii source:shop":           "shop/main.users#id shop/tmp.users#mail shop/tmp.users#note",
		"field:mail -schema:tmp":        "crm/people#e_mail shop/main.users#mail",
		"field:name":                    "shop/main.users#customerName",
		"name:cust*":                    "shop/main.users#customerName",
		"name:cu*er*me":                 "shop/main.users#customerName",
		"name:mail":                     "shop/main.users#mail shop/tmp.users#mail",
		"dataset:people type:int":       "crm/people#Kunden_Nr",
		"schema:main type:time":         "shop/main.users#born",
		"dataset:main.users conf:>=0.9": "shop/main.users#customerName shop/main.users#id shop/main.users#mail",
		"conf:<0.5 is:clean":            "shop/tmp.users#mail",
		"sensitivity:>=3 is:pii":        "shop/main.users#faith",
		"article9:true":                 "shop/main.users#faith",
		"(source:crm OR schema:tmp) -type:int -is:decided": "shop/tmp.users#mail shop/tmp.users#note shop/tmp.users#phone",
		"is:identifier is:pii":                             "crm/people#Kunden_Nr crm/people#e_mail shop/main.users#mail shop/tmp.users#phone",
		`"customer name"`:                                  "shop/main.users#customerName",
		"is:dataset is:pii source:shop":                    "shop/main.users shop/tmp.users",
		"is:dataset category:contact.phone":                "shop/tmp.users",
		"kunden":                                           "crm/people#Kunden_Nr",
		"name:zz* -schema:tmp":                             "",
		"zz -schema:tmp OR zzz":                            "",
		"kind:view":                                        "",
	} {
		if got := b.names(query); got != want {
			t.Errorf("%s finds %s, want %s", query, got, want)
		}
	}
}

func TestWordsRankNamesFirst(t *testing.T) {
	b := open(t)
	b.put("shop/phone", "aa none.key .9", "phone contact.phone .9", "bb none.key .9")
	if got := b.names("phone"); !strings.HasPrefix(got, "shop/phone#phone ") || strings.Count(got, "#") != 3 {
		t.Errorf("found %s", got)
	}
}

func TestNotesSayWhatWasMeant(t *testing.T) {
	b := searched(t)
	for query, want := range map[string]string{
		"category:email":           "no category is named email; did you mean contact.email?",
		"category:contact.emial":   "no category is named contact.emial; did you mean contact.email?",
		"category:contcat":         "no category is named contcat; did you mean contact?",
		"category:xyzzy":           "no category is named xyzzy",
		"source:shp":               "no source has shp; did you mean shop?",
		"custmer":                  "no name has custmer; did you mean customer?",
		"field:custmer":            "no field has custmer; did you mean customer?",
		"is:pii category:contact":  "",
		"mail source:crm type:int": "",
	} {
		if got := strings.Join(b.search(query).Notes, " | "); got != want {
			t.Errorf("%s: %q, want %q", query, got, want)
		}
	}
}

// TestFacetsAgree compares the counters with a count of every hit, whether the index or the counters are asked.
func TestFacetsAgree(t *testing.T) {
	b := searched(t)
	for _, query := range []string{"", "is:pii", "category:contact", "source:shop -type:int", "article9:false sensitivity:>1", "-is:pii OR is:decided",
		"mail", "schema:main", "is:identifier", "is:dataset"} {
		r := b.search(query)
		want := map[string]int64{}
		for _, h := range r.Hits {
			want["source="+h.Ref.Source]++
			want["state="+string(h.State)]++
			want["type="+h.Type]++
			for _, c := range append([]pii.Category{h.Category}, h.Also...) {
				if c != "" {
					want["category="+string(c)]++
				}
			}
		}
		got := map[string]int64{}
		for _, f := range r.Facets {
			for _, v := range f.Values {
				got[f.Name+"="+v.Value] = v.Count
			}
		}
		if fmt.Sprint(got) != fmt.Sprint(want) || r.Total != int64(len(r.Hits)) {
			t.Errorf("%s: total %d, counted %v, want %v", query, r.Total, got, want)
		}
	}
}

func TestPagesAreTheWhole(t *testing.T) {
	b := open(t)
	for i := range 7 {
		b.put(fmt.Sprintf("shop/t%d", i), "mail contact.email .9", "mail_copy contact.email .9", "x none.key .9")
	}
	for _, query := range []string{"", "mail", "category:contact", "is:dataset"} {
		whole := b.names(query)
		var got []string
		page := catalog.Page{Limit: 4}
		for range 50 {
			r, err := b.Search(b.ctx, query, page)
			b.must(err)
			for _, h := range r.Hits {
				got = append(got, h.Ref.String())
			}
			if page.After = r.Next; r.Next == "" {
				break
			}
		}
		if strings.Join(got, " ") != whole {
			t.Errorf("%q by pages: %s, whole: %s", query, strings.Join(got, " "), whole)
		}
	}
	r, err := b.Search(b.ctx, "mail", catalog.Page{Limit: 2})
	b.must(err)
	if _, err := b.Search(b.ctx, "x", catalog.Page{After: r.Next}); errkind.Code(err) != "bad-cursor" {
		t.Errorf("a cursor of another query: %v", err)
	}
	if _, err := b.Search(b.ctx, "x", catalog.Page{After: "nonsense"}); errkind.Code(err) != "bad-cursor" {
		t.Errorf("a cursor of nothing: %v", err)
	}
}

// TestQueryErrors holds the message of every mistake to a golden file: lines of query, tab, message.
func TestQueryErrors(t *testing.T) {
	b := open(t)
	const path = "testdata/query_errors.golden"
	golden, err := os.ReadFile(path)
	b.must(err)
	var out strings.Builder
	for line := range strings.Lines(string(golden)) {
		query, _, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "\t")
		_, err := b.Search(b.ctx, query, catalog.Page{})
		if errkind.Of(err) != errkind.Invalid {
			t.Errorf("%s: %v", query, err)
		}
		fmt.Fprintf(&out, "%s\t%v\n", query, err)
	}
	if *update {
		b.must(os.WriteFile(path, []byte(out.String()), 0o600))
	}
	if out.String() != string(golden) && !*update {
		t.Errorf("messages differ:\n%s", out.String())
	}
}

func TestSearchEndsWithItsContext(t *testing.T) {
	b := searched(t)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := b.Search(ctx, "is:pii", catalog.Page{}); errkind.Of(err) != errkind.Canceled {
		t.Errorf("a cancelled search: %v", err)
	}
}

func FuzzSearch(f *testing.F) {
	for _, q := range []string{"is:pii category:contact.email", "-schema:tmp \"a b\"", "(a OR b) c", "conf:>0.8", "name:cust*", "OR", "-(", "a:b:c", "::",
		"field:\"\" x", "name:ab***", "category:.", "sensitivity:>=3", "-OR", "\xff", "name:ab[*]+", "--a", "source:\\*", "word*x"} {
		f.Add(q)
	}
	b := searched(f)
	f.Fuzz(func(t *testing.T, query string) {
		r, err := b.Search(context.Background(), query, catalog.Page{Facets: true, Limit: 3})
		if err != nil && errkind.Of(err) != errkind.Invalid {
			t.Fatalf("%q: %v", query, err)
		}
		if err == nil && int64(len(r.Hits)) > r.Total {
			t.Fatalf("%q: %d of %d", query, len(r.Hits), r.Total)
		}
	})
}

func TestDisplayShowsCategoriesForNames(t *testing.T) {
	n, _ := node("shop/u/{}/{}.json", "{1} contact.email .9", "{2} none.key .9", "prefs.{@} contact.email .9", "prefs.{}.lang demographic.language .9",
		"prefs.{}.by.{@} contact.phone .8", "prefs.{}.by.{}.at none.date .9", "other.{}.x none.text .9")
	for i, want := range []string{"{contact.email}", "{2}", "prefs.{@}", "prefs.{contact.email}.lang", "prefs.{contact.email}.by.{@}",
		"prefs.{contact.email}.by.{contact.phone}.at", "other.{}.x"} {
		if got := catalog.Display(&n, &n.Fields[i]); got != want {
			t.Errorf("%s is shown as %s, want %s", n.Fields[i].Field.Name, got, want)
		}
	}
	if got := catalog.DisplayDataset(&n); got != "u/{contact.email}/{}.json" {
		t.Errorf("the dataset is shown as %s", got)
	}
	plain := lineage.Node{Dataset: pii.Dataset{Ref: pii.Ref{Source: "s", Dataset: "a b"}}}
	if got := catalog.DisplayDataset(&plain); got != "a b" {
		t.Errorf("shown as %s", got)
	}
}

// TestSearchFollows changes a catalog many times, so that documents are numbered anew meanwhile, and compares what is found with what a catalog finds that has just
// been opened, page by page.
func TestSearchFollows(t *testing.T) {
	b := open(t)
	var wide []string
	for i := range 400 {
		wide = append(wide, fmt.Sprintf("col_%d contact.email .%d", i, 5+i%5))
	}
	queries := []string{"", "is:pii", "col mail", "mail", "-is:pii", "conf:>0.7 -col", "name:col_1* OR field:mail", "is:dataset", "dataset:wide conf:<=0.6", "category:contact.phone", "source:s1 mail OR phone", "is:accepted"}
	ask := func() (out []string) {
		for _, q := range queries {
			page := catalog.Page{Limit: 37, Facets: true}
			line := q + ":"
			for {
				r, err := b.Search(b.ctx, q, page)
				b.must(err)
				if page.After == "" {
					line += fmt.Sprintf(" %d %v", r.Total, r.Facets)
				}
				for _, h := range r.Hits {
					line += " " + h.Ref.String()
				}
				if page.After = r.Next; r.Next == "" {
					break
				}
			}
			out = append(out, line)
		}
		return out
	}
	b.put("s0/wide", wide...)
	ask()
	for i := range 32 {
		b.put("s0/wide", append(wide[i:], fmt.Sprintf("new_%d contact.phone .9", i))...)
		b.put(fmt.Sprintf("s%d/t%d", i%3, i), "mail contact.email .9", "phone contact.phone .6", fmt.Sprintf("mail_%d none.key .9", i))
		if i%4 == 1 {
			b.decide(accept(fmt.Sprintf("s%d/t%d#mail", i%3, i)))
			b.write(func(tx db.Tx) error { return b.Tombstone(b.ctx, tx, parse(fmt.Sprintf("s%d/t%d", (i-1)%3, i-1))) })
		}
		b.search("is:pii")
	}
	got := ask()
	b.reopen()
	for i, want := range ask() {
		if got[i] != want {
			t.Errorf("after changes\n%.300s\nanew\n%.300s", got[i], want)
		}
	}
}
