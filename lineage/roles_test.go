package lineage_test

import (
	"fmt"
	"slices"
	"testing"

	"vestige/lineage"
	"vestige/pii"
)

// TestRoles says of references whose a record is.
func TestRoles(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		fields []string          // of the child, besides its key
		row    func(i int) []any // values of the child's record i besides its key; there are forty, and forty people
		want   map[string]lineage.Role
	}{
		"one owner":                        {[]string{"customer_id none.key int >s/users.id"}, func(i int) []any { return []any{i} }, map[string]lineage.Role{"customer_id": lineage.Owns}},
		"a name that says nothing":         {[]string{"x none.key int >s/users.id"}, func(i int) []any { return []any{i} }, map[string]lineage.Role{"x": lineage.Owns}},
		"a co-owner by name":               {[]string{"customer_id none.key int >s/users.id", "co_customer_id none.key int >s/users.id"}, func(i int) []any { return []any{i, i ^ 1} }, map[string]lineage.Role{"customer_id": lineage.Owns, "co_customer_id": lineage.Shared}},
		"who is assigned":                  {[]string{"requester_id none.key int >s/users.id", "assigned_to none.key int >s/users.id"}, func(i int) []any { return []any{i, i % 3} }, map[string]lineage.Role{"requester_id": lineage.Owns, "assigned_to": lineage.Mentions}},
		"few people in many records":       {[]string{"a none.key int >s/users.id", "b none.key int >s/users.id"}, func(i int) []any { return []any{i % 2, i} }, map[string]lineage.Role{"a": lineage.Mentions, "b": lineage.Owns}},
		"a message, from and to":           {[]string{"sender_id none.key int >s/users.id", "to_id none.key int >s/users.id"}, func(i int) []any { return []any{i, i ^ 1} }, map[string]lineage.Role{"sender_id": lineage.Owns, "to_id": lineage.Shared}},
		"in German":                        {[]string{"kunde_id none.key int >s/users.id", "bearbeiter_id none.key int >s/users.id"}, func(i int) []any { return []any{i, i % 3} }, map[string]lineage.Role{"kunde_id": lineage.Owns, "bearbeiter_id": lineage.Mentions}},
		"whose the invited one is":         {[]string{"user_id none.key int >s/users.id", "invited_email contact.email", "email contact.email"}, func(i int) []any { return []any{i, mailAt(i ^ 1), mailAt(i)} }, map[string]lineage.Role{"user_id": lineage.Owns, "invited_email": lineage.Mentions, "email": lineage.Owns}},
		"a sender that is always the same": {[]string{"to_email contact.email", "sent_by contact.email"}, func(i int) []any { return []any{mailAt(i), "shop@example.com"} }, map[string]lineage.Role{"sent_by": lineage.Mentions}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := newEstate(t)
			people := e.table("s/users", "id identity.number int", "email contact.email", "name identity.name")
			child := e.table("s/child", append([]string{"id none.key int"}, c.fields...)...)
			for i := range 40 {
				people.add(i, mailAt(i), fmt.Sprintf("Ann Lee %d", i))
				child.add(append([]any{90_000 + 7*i}, c.row(i)...)...)
			}
			n := e.open().Node(pii.Ref{Source: "s", Dataset: "child"})
			for field, want := range c.want {
				if got := n.Field(field).Role; got != want {
					t.Errorf("%s is %q, want %q", field, got, want)
				}
			}
		})
	}
}

func mailAt(i int) string { return fmt.Sprintf("u%d@example.com", i) }

// TestAssignKeepsWhatWasDecided has a kind that a person said, against what the names say.
func TestAssignKeepsWhatWasDecided(t *testing.T) {
	t.Parallel()
	e := newEstate(t)
	difficulties["the items of an order"].make(e)
	g := e.open()
	at := slices.IndexFunc(g.Edges, func(x lineage.Edge) bool { return x.From.Dataset == "orders" })
	g.Edges[at].Kind, g.Edges[at].Decided = lineage.Mentions, true
	lineage.Assign(g.Nodes, g.Edges)
	if f := g.Node(g.Edges[at].From).Field("customer_id"); g.Edges[at].Kind != lineage.Mentions || f.Role != lineage.Mentions {
		t.Errorf("the reference is %s and its field %s", g.Edges[at].Kind, f.Role)
	}
}

func TestPersons(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		fields   []string
		row      func(i int) []any
		from, to float64
	}{
		"name and address":                 {[]string{"name identity.name", "email contact.email"}, func(i int) []any { return []any{fmt.Sprint("Ann ", i), mailAt(i)} }, 0.9, 1},
		"an address that tells them apart": {[]string{"email contact.email"}, func(i int) []any { return []any{mailAt(i)} }, 0.5, 0.89},
		"an address that repeats":          {[]string{"email contact.email"}, func(i int) []any { return []any{mailAt(i % 4)} }, 0, 0},
		"things":                           {[]string{"title none.product", "price none.amount int"}, func(i int) []any { return []any{"tea", i} }, 0, 0},
		"another's name":                   {[]string{"agent_name identity.name", "agent_email contact.email"}, func(i int) []any { return []any{fmt.Sprint("Ann ", i), mailAt(i)} }, 0, 0},
	} {
		e := newEstate(t)
		tb := e.table("s/t", append([]string{"id none.key int"}, c.fields...)...)
		for i := range 40 {
			tb.add(append([]any{i}, c.row(i)...)...)
		}
		if got := e.open().Nodes[0].Person; got < c.from || got > c.to {
			t.Errorf("%s: %.2f, want %.2f to %.2f", name, got, c.from, c.to)
		}
	}
}

// TestDomains joins what references connect, over several of them, and nothing else.
func TestDomains(t *testing.T) {
	t.Parallel()
	e := newEstate(t)
	users(e)
	e.table("shop/orders", "id none.key int", "user_id none.key int >shop/users.id").add(1, 1)
	e.table("files/clicks", "id none.key int", "uid none.key int ~shop/users.id").add(1, 1)
	e.table("crm/users", "id identity.number int", "email contact.email").add(1, "x@example.com")
	g := e.open()
	domain := func(source, dataset, field string) string {
		return g.Node(pii.Ref{Source: source, Dataset: dataset}).Field(field).Domain
	}
	if a := domain("shop", "users", "id"); a == "" || a != domain("shop", "orders", "user_id") || a != domain("files", "clicks", "uid") {
		t.Errorf("references do not make a domain: %q", a)
	}
	if domain("crm", "users", "id") == domain("shop", "users", "id") {
		t.Error("two systems that nothing connects share a domain")
	}
	if d := domain("shop", "orders", "id"); d != "" {
		t.Errorf("the number of an order has the domain %q", d)
	}
}

func TestIslands(t *testing.T) {
	t.Parallel()
	e := newEstate(t)
	users(e)
	e.table("shop/reached", "id none.key int", "user_id none.key int >shop/users.id", "street contact.street").add(1, 1, "1 Elm Street")
	e.table("old/visitors", "id none.key int", "name identity.name").add(1, "Ann Lee")
	e.table("old/prices", "id none.key int", "price none.amount").add(1, "5")
	g := e.open()
	if got := lineage.Islands(g.Nodes, g.Edges); !slices.Equal(got, []pii.Ref{{Source: "old", Dataset: "visitors"}}) {
		t.Errorf("got %v", got)
	}
}

func TestDistinctive(t *testing.T) {
	t.Parallel()
	for v, want := range map[string]bool{"LC-778812": true, "K1234x": true, "4711": false, "123456789": false, "anna": false, "A1": false, "": false} {
		if lineage.Distinctive(v) != want {
			t.Errorf("%q: %v", v, !want)
		}
	}
}
