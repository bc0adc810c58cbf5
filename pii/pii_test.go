package pii_test

import (
	"encoding/json"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"vestige/pii"
)

func TestRefRoundTrip(t *testing.T) {
	t.Parallel()
	name := rapid.OneOf(rapid.String(), rapid.StringMatching(`[a-z#%/ .25"3]{0,8}`))
	rapid.Check(t, func(t *rapid.T) {
		r := pii.Ref{Source: rapid.StringMatching(`[a-z][a-z0-9_-]{0,5}`).Draw(t, "source"), Dataset: name.Draw(t, "dataset"), Field: name.Draw(t, "field")}
		if r.Dataset == "" {
			r.Field = ""
		}
		got, err := pii.ParseRef(r.String())
		if err != nil || got != r {
			t.Fatalf("%q: %+v, %v", r.String(), got, err)
		}
		out, err := json.Marshal(map[pii.Ref]pii.Ref{r: r})
		if err != nil {
			t.Fatal(err)
		}
		var back map[pii.Ref]pii.Ref
		if err := json.Unmarshal(out, &back); err != nil || (json.Valid([]byte(r.Dataset)) && back[r] != r) {
			t.Fatalf("%s: %v, %v", out, back, err)
		}
	})
}

func TestParseRef(t *testing.T) {
	t.Parallel()
	for s, want := range map[string]pii.Ref{
		"shop": {Source: "shop"}, "shop/main.users": {Source: "shop", Dataset: "main.users"}, "shop/users#profile.mail": {Source: "shop", Dataset: "users", Field: "profile.mail"},
		"files/u/{}/cv#{1}": {Source: "files", Dataset: "u/{}/cv", Field: "{1}"}, "s/a%23b#c%25": {Source: "s", Dataset: "a#b", Field: "c%"},
	} {
		if got, err := pii.ParseRef(s); err != nil || got != want {
			t.Errorf("%s: %+v, %v", s, got, err)
		}
	}
	for _, s := range []string{"", "/users", "#f", "shop#f", "shop/users#", "shop/users#a#b"} {
		if got, err := pii.ParseRef(s); err == nil {
			t.Errorf("%q is no reference, but %+v", s, got)
		}
	}
}

func FuzzParseRef(f *testing.F) {
	for _, s := range []string{"shop/users#mail", "a/b/c", "s/%23#%25", "#", "s/a%2523"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		r, err := pii.ParseRef(s)
		if err != nil {
			return
		}
		if again, err := pii.ParseRef(r.String()); err != nil || again != r {
			t.Fatalf("%q: %+v, then %+v, %v", s, r, again, err)
		}
	})
}

func TestRefOrder(t *testing.T) {
	t.Parallel()
	refs := []pii.Ref{{"a", "b", ""}, {"a", "", ""}, {"b", "a", "a"}, {"a", "b", "c"}}
	slices.SortFunc(refs, func(x, y pii.Ref) int {
		if x.Less(y) {
			return -1
		}
		return 1
	})
	if want := []pii.Ref{{"a", "", ""}, {"a", "b", ""}, {"a", "b", "c"}, {"b", "a", "a"}}; !slices.Equal(refs, want) {
		t.Error(refs)
	}
}

func TestCategory(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		c, d pii.Category
		want bool
	}{
		{"contact", "contact.email", true},
		{"contact.email", "contact.email", true},
		{"contact.em", "contact.email", false},
		{"contact.email", "contact", false},
		{"contact.email", "contact.emails", false},
		{"email", "contact.email", false},
		{"contact", "contact.email.work", true},
	} {
		if got := c.c.Covers(c.d); got != c.want {
			t.Errorf("%s covers %s: %v", c.c, c.d, got)
		}
	}
	if pii.Category("none.hash").Personal() || pii.Category("").Personal() || !pii.Category("contact.email").Personal() || !pii.Category("nonesuch").Personal() {
		t.Error("none, by segment, is not personal")
	}
}

func TestTaxonomy(t *testing.T) {
	t.Parallel()
	all := pii.Categories()
	if !slices.IsSortedFunc(all, func(a, b pii.CategoryInfo) int {
		if a.Category < b.Category {
			return -1
		}
		return 1
	}) {
		t.Error("the taxonomy is looked up by halves and has to be in order")
	}
	for _, want := range all {
		if got, ok := want.Category.Info(); !ok || got != want {
			t.Errorf("%s is not found", want.Category)
		}
		checkCategory(t, want)
	}
	if _, ok := pii.Category("contact.email.work").Info(); ok {
		t.Error("a category that is not there was found")
	}
}

func checkCategory(t *testing.T, c pii.CategoryInfo) {
	t.Helper()
	if c.Doc == "" || c.Fides == "" || c.Scope == "" {
		t.Errorf("%s is not described", c.Category)
	}
	personal := c.Category.Personal()
	if personal != (c.Sensitivity > 0) || personal != (c.DPV != "") || c.Sensitivity > 4 {
		t.Errorf("%s: sensitivity %d, DPV %q", c.Category, c.Sensitivity, c.DPV)
	}
	if c.Article9 && c.Sensitivity < 4 {
		t.Errorf("%s is a special category of low sensitivity", c.Category)
	}
	if !personal && c.Scope != pii.Attribute {
		t.Errorf("%s singles nobody out", c.Category)
	}
	if c.Category.Global() && !c.Category.Identifier() {
		t.Errorf("%s is global and no identifier", c.Category)
	}
}
