package model

import (
	"slices"
	"strings"
)

// recycled is a history of addresses: one that somebody has now was another's before, and mails of that time were hers.
func (g *gen) recycled(a *Table) {
	members := have(a, g.who)
	if len(members) < 2 || slices.ContainsFunc(g.Tables, func(t *Table) bool { return t.Window != nil }) {
		return // an address has one history
	}
	t := g.table(a.System, "former_addresses", key("id"), must(number("user_id")), must(mailField("email", Own)), must(plainField("valid_from", "date", "none.date")), plainField("valid_to", "date", "none.date"))
	t.Key, t.Window = []string{"id"}, []string{"valid_from", "valid_to"}
	t.Refs = []Ref{{Fields: []string{"user_id"}, To: a.Ref(), ToFields: []string{"id"}, Kind: Owns, Declared: true, OnDelete: g.of("history action", "NO ACTION", "CASCADE")}}
	sent := g.table(g.system("sent at"), "deliveries", key("id"), must(mailField("email", Own)), must(plainField("sent_on", "date", "none.date")))
	sent.Key, sent.When = []string{"id"}, "sent_on"
	for i := range g.n("recycled", 0, 3) {
		if 2*i+1 >= len(members) {
			return
		}
		now, then := members[2*i], members[2*i+1]
		if now.name() == then.name() && len(g.systems) > 1 {
			continue // docs/correctness.md: a namesake who has her former address, in a system that does not know her
		}
		add := func(h *human, from string, to Cell) {
			t.add(whose(h), val(g.key(t)), h.numberCell(a), about(now.mail, false, false, h.id), val(from), to)
		}
		add(then, "2015-01-01", val("2018-06-30"))
		add(now, "2019-01-01", null())
		for range g.n("deliveries", 0, 2) {
			sent.add(whose(then), val(g.key(sent)), about(now.mail, false, false, then.id), val("2016-05-05"))
			sent.add(whose(now), val(g.key(sent)), now.mailCell(), val("2023-05-05"))
		}
	}
}

// attachments hang on a person or on an order: another field says on which, and numbers of both are equal.
func (g *gen) attachments(a *Table) {
	owner := must(number("customer_id"))
	orders := g.table(a.System, "purchases", key("id"), owner)
	orders.Key, orders.Refs = []string{"id"}, []Ref{g.refer(&owner, a, Owns)}
	t := g.table(a.System, "attachments", key("id"), must(plainField("record_type", "text", "none.code")), must(link("record_id")), text("caption"))
	t.Key = []string{"id"}
	person, thing := strings.TrimSuffix(a.Name, "s"), "purchase"
	t.Refs = []Ref{
		{Fields: []string{"record_id"}, To: a.Ref(), ToFields: []string{"id"}, Kind: Owns, If: "record_type", Is: person},
		{Fields: []string{"record_id"}, To: orders.Ref(), ToFields: []string{"id"}, Kind: Owns, If: "record_type", Is: thing},
	}
	for _, h := range have(a, g.few("purchases", 1)) {
		id := g.key(orders)
		orders.add(whose(h), val(id), h.numberCell(a))
		t.add(whose(h), val(g.key(t)), val(thing), val(id), val("a receipt"))
	}
	for _, h := range have(a, g.few("attachments", 1)) {
		t.add(whose(h), val(g.key(t)), val(person), h.numberCell(a), g.note(h))
	}
}
