package catalog_test

import (
	"fmt"
	"strings"
	"testing"

	"vestige/catalog"
	"vestige/internal/db"
	"vestige/lineage"
	"vestige/pii"
	"vestige/store"
	"vestige/store/storetest"
)

// Who answers for a dataset answers for its fields, but for those that somebody else answers for.
func TestSearchByOwner(t *testing.T) {
	b := open(t)
	b.put("shop/users", "mail contact.email .9", "name identity.name .9", "note - 0")
	b.put("shop/orders", "total none.key .9")
	card := func(at, owner string) {
		b.write(func(tx db.Tx) error {
			return b.PutCard(b.ctx, tx, catalog.Card{At: parse(at), Owner: owner, Origin: "hand", By: "u1"})
		})
	}
	card("shop/users", "Ada Example")
	card("shop/users#name", "team crm")
	card("shop/orders", "billing@example.com")
	for query, want := range map[string]string{
		"owner:ada":                       "shop/users#mail shop/users#note",
		"owner:ADA is:pii":                "shop/users#mail",
		`owner:"example ada"`:             "shop/users#mail shop/users#note",
		"owner:crm":                       "shop/users#name",
		"owner:bill*":                     "shop/orders#total",
		"owner:billing@example.com":       "shop/orders#total",
		"is:dataset owner:ada":            "shop/users",
		"-owner:ada -owner:billing":       "shop/users#name",
		"owner:nobody":                    "",
		"owner:ada OR owner:crm is:pii":   "shop/users#mail shop/users#name shop/users#note",
		"(owner:ada OR owner:crm) is:pii": "shop/users#mail shop/users#name",
	} {
		if got := b.names(query); got != want {
			t.Errorf("%s finds %q, wanted %q", query, got, want)
		}
	}
	if r, err := b.Facets(b.ctx, "owner:ada"); err != nil || r.Total != 2 {
		t.Errorf("the facets of what ada owns count %d: %v", r.Total, err)
	}
	card("shop/users", "")
	if got := b.names("owner:ada"); got != "" {
		t.Errorf("who no longer answers for it is found at %s", got)
	}
}

// Of many owners whom a wildcard means the datasets are found too, and no others.
func TestSearchByManyOwners(t *testing.T) {
	b := open(t)
	b.put("shop/last", "total none.key .9")
	b.put("shop/first", "total none.key .9")
	b.put("shop/other", "total none.key .9")
	b.write(func(tx db.Tx) error {
		for i := range 300 {
			at := pii.Ref{Source: "shop", Dataset: fmt.Sprintf("t%d", i)}
			if err := b.PutCard(b.ctx, tx, catalog.Card{At: at, Owner: fmt.Sprintf("team %03d", i), Origin: "csv", By: "u1"}); err != nil {
				return err
			}
		}
		for at, owner := range map[string]string{"shop/last": "team zz", "shop/first": "team 000", "shop/other": "crew"} {
			if err := b.PutCard(b.ctx, tx, catalog.Card{At: parse(at), Owner: owner, Origin: "csv", By: "u1"}); err != nil {
				return err
			}
		}
		return nil
	})
	if got, want := b.names("owner:team*"), "shop/first#total shop/last#total"; got != want {
		t.Errorf("owner:team* finds %q, wanted %q", got, want)
	}
}

// Cards from before owners had a column are given theirs when the catalog is opened: whatever they say, and nothing else of them is changed.
func TestOwnersOfOldCards(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		b := over(t, s)
		b.put("shop/users", "mail contact.email .9")
		b.put("shop/orders", "total none.key .9")
		b.write(func(tx db.Tx) error {
			for at, owner := range map[string]string{"shop/users": "Ada Example", "shop/orders": "Bo Example"} {
				if err := b.PutCard(b.ctx, tx, catalog.Card{At: parse(at), Owner: owner, Origin: "hand", By: "u1", Time: 7}); err != nil {
					return err
				}
			}
			doc := `{"at":"shop/users","owner":"Ada Old` + strings.Repeat(" x", catalog.LongestOwner) + `","origin":"hand","by":"u1","time":7,"more":1}`
			_, err := tx.Exec(b.ctx, "UPDATE card SET owner = NULL, doc = $1 WHERE dataset = 'users'", []byte(doc))
			return err
		})
		b.reopen()
		for query, want := range map[string]string{"owner:old": "shop/users#mail", "owner:bo": "shop/orders#total"} {
			if got := b.names(query); got != want {
				t.Errorf("%s finds %q, wanted %q", query, got, want)
			}
		}
		var doc []byte
		b.must(b.db.Read(b.ctx, func(tx db.Tx) error {
			return tx.QueryRow(b.ctx, "SELECT doc FROM card WHERE dataset = 'users'").Scan(&doc)
		}))
		if !strings.HasSuffix(string(doc), `"more":1}`) {
			t.Errorf("the card was written anew: %s", doc[len(doc)-20:])
		}
	}, catalog.Schema())
}

// All of an estate comes in parts, as Proposals gives it at once.
func TestEach(t *testing.T) {
	b := open(t)
	for _, at := range []string{"shop/a", "shop/b", "crm/c", "shop/d e"} {
		b.put(at, "mail contact.email .9", "note - 0", "name identity.name .9")
	}
	b.decide(pii.Decision{Field: parse("shop/b#mail"), Verdict: pii.Accept, Category: "contact.email"})
	for _, f := range []catalog.Filter{{}, {Source: "shop"}, {Source: "shop", Dataset: "b"}, {States: []catalog.State{catalog.Accepted}}, {Source: "none"}} {
		all, err := b.Proposals(b.ctx, f)
		b.must(err)
		var got []catalog.Entry
		b.must(b.Each(b.ctx, f, func(es []catalog.Entry) error { got = append(got, es...); return nil }))
		if len(got) != len(all) {
			t.Fatalf("%+v gives %d in parts and %d at once", f, len(got), len(all))
		}
		for i := range all {
			if all[i].Ref != got[i].Ref || all[i].State != got[i].State || (all[i].Decision == nil) != (got[i].Decision == nil) {
				t.Errorf("%+v: %s in parts, %s at once", f, got[i].Ref, all[i].Ref)
			}
		}
		if n, err := b.Count(b.ctx, f.Source, f.States); err != nil || f.Dataset == "" && n != len(all) {
			t.Errorf("%+v: counted %d of %d: %v", f, n, len(all), err)
		}
	}
}

// The references that lead to a dataset come page by page, each once.
func TestReferencesByPage(t *testing.T) {
	b := open(t)
	b.put("shop/users", "id id.customer .9")
	var edges []lineage.Edge
	for i := range 25 {
		from := fmt.Sprintf("shop/t%d", i)
		b.put(from, "user_id none.key .9")
		edges = append(edges, lineage.Edge{ID: fmt.Sprintf("e%d", i), From: parse(from), Fields: []string{"user_id"}, To: parse("shop/users"), ToFields: []string{"id"}, Kind: lineage.Owns, Confidence: .9})
	}
	b.put("shop/towns", "town none.key .9")
	edges = append(edges, lineage.Edge{ID: "out", From: parse("shop/users"), Fields: []string{"id"}, To: parse("shop/towns"), ToFields: []string{"town"}, Kind: lineage.Owns, Confidence: .9})
	b.write(func(tx db.Tx) error { return b.PutEdges(b.ctx, tx, "shop", edges) })
	for f, want := range map[catalog.ReferenceFilter]int{{Toward: true}: 25, {}: 1, {Either: true}: 26} {
		seen, toward := map[string]bool{}, f.Toward
		f.At, f.Limit = parse("shop/users"), 10
		for {
			rs, all, err := b.ReferencesAt(b.ctx, f)
			b.must(err)
			if all != int64(want) {
				t.Fatalf("%d in all, not %d", all, want)
			}
			for _, r := range rs {
				if seen[r.ID] || toward && r.To.Dataset != "users" {
					t.Errorf("%s comes again, or leads to %s", r.ID, r.To)
				}
				seen[r.ID] = true
				f.After = r.ID
			}
			if len(rs) < f.Limit {
				break
			}
		}
		if len(seen) != want {
			t.Errorf("%d came, not %d", len(seen), want)
		}
	}
}

// Cards come page by page, in the order of their places, each once.
func TestCardsByPage(t *testing.T) {
	b := open(t)
	all := []string{"crm/a#x", "shop/a", "shop/a#y", "shop/b"}
	for _, at := range all {
		b.write(func(tx db.Tx) error {
			return b.PutCard(b.ctx, tx, catalog.Card{At: parse(at), Owner: "ada", Origin: "hand", By: "u1"})
		})
	}
	for source, want := range map[string][]string{"": all, "shop": all[1:], "none": nil} {
		var got []string
		for after := (pii.Ref{}); ; {
			page, err := b.CardsAfter(b.ctx, source, after, 1)
			b.must(err)
			if len(page) == 0 {
				break
			}
			after = page[0].At
			got = append(got, after.String())
		}
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("of %q there are %v, wanted %v", source, got, want)
		}
	}
}
