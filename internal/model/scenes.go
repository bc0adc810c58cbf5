package model

import (
	"fmt"
	"slices"
	"strings"
)

// scene adds a few datasets to an estate, on top of a table of accounts.
type scene struct {
	name string
	make func(g *gen, a *Table)
}

// scenes draws the accounts of each system and what stands around them.
func (g *gen) scenes() {
	var accounts []*Table
	for _, s := range g.systems {
		accounts = append(accounts, g.accounts(s))
	}
	for range g.n("scenes", 0, 7) {
		a := accounts[g.n("around", 0, len(accounts)-1)]
		s := allScenes[g.n("scene", 0, len(allScenes)-1)]
		s.make(g, a)
	}
}

var allScenes = []scene{
	{"orders", (*gen).orders}, {"newsletter", (*gen).newsletter}, {"audience", (*gen).audience}, {"log", (*gen).log}, {"comments", (*gen).comments},
	{"tickets", (*gen).tickets}, {"mails", (*gen).mails}, {"joint accounts", (*gen).jointAccounts}, {"backup", (*gen).backup}, {"contacts", (*gen).contacts},
	{"documents", (*gen).documents}, {"messages", (*gen).messages}, {"profiles", (*gen).profiles}, {"calls", (*gen).calls}, {"products", (*gen).products},
	{"composite", (*gen).composite}, {"events", (*gen).events}, {"exports", (*gen).exports}, {"lines", (*gen).lines},
	{"recycled", (*gen).recycled}, {"attachments", (*gen).attachments}, {"keyed", (*gen).keyed},
}

// orders belong to a customer, sometimes to two; an agent stands in many; items, and shipments of nobody's own, hang on them.
func (g *gen) orders(a *Table) {
	owner := g.needed(number(g.of("owner field", "customer_id", "user_id")))
	t := g.table(a.System, g.of("orders", "orders", "invoices", "bookings"), key("id"), owner)
	t.Key = []string{"id"}
	t.Refs = append(t.Refs, g.refer(&owner, a, Owns))
	code, two, agent := g.yes("code"), g.seldom("two owners", 3), g.seldom("agent", 3)
	if code {
		t.Fields = append(t.Fields, plainField("order_no", "text", "none.code"))
	}
	if two {
		f := number("co_customer_id")
		t.Fields = append(t.Fields, f)
		t.Refs = append(t.Refs, g.refer(&f, a, Shared))
	}
	if agent {
		f := g.needed(number("handled_by"))
		t.Fields = append(t.Fields, f)
		t.Refs = append(t.Refs, g.refer(&f, a, Mentions))
	}
	circle := g.seldom("circle", 4)
	items := g.items(t)
	members := have(a, g.who)
	for _, h := range have(a, g.few("orders", 2)) {
		owners := []*human{h}
		id := g.key(t)
		cells := []Cell{val(id), h.numberCell(a)}
		if code {
			no := fmt.Sprintf("%d", 7000000000+id)
			if g.seldom("telephone-like", 4) {
				no = strings.TrimPrefix(g.anybody("whose telephone").phone, "+1")
			}
			cells = append(cells, val(no))
		}
		if two {
			c := null()
			if g.seldom("joint", 3) && len(members) > 1 {
				if o := members[g.n("with", 0, len(members)-1)]; o != h {
					owners, c = append(owners, o), o.numberCell(a)
				}
			}
			cells = append(cells, c)
		}
		if agent {
			c := null()
			o := members[0]
			if named := g.yes("handled") || t.Fields[t.At("handled_by")].NotNull; named && o != h {
				c = o.numberCell(a)
			} else if named && t.Fields[t.At("handled_by")].NotNull {
				continue // whoever handles orders has none handled
			}
			cells = append(cells, c)
		}
		t.add(whose(owners...), cells...)
		if items == nil {
			continue
		}
		for k := range g.n("items", 0, 2) {
			items.add(whose(owners...), val(id), val(k+1), val([]string{"tea", "cups", "a lamp"}[k]))
		}
	}
	if circle && a.At("last_order_id") < 0 {
		g.circle(a, t)
	}
}

// circle has accounts refer to the last of their orders, which refer to the accounts.
func (g *gen) circle(a, orders *Table) {
	a.Fields = append(a.Fields, link("last_order_id"))
	a.Refs = append(a.Refs, Ref{Fields: []string{"last_order_id"}, To: orders.Ref(), ToFields: []string{"id"}, Kind: Nothing, Declared: true, OnDelete: g.of("circle action", "SET NULL", "NO ACTION")})
	for _, r := range a.Rows {
		last := null()
		for _, o := range orders.Rows {
			if len(o.Owners) == 1 && o.Owners[0] == r.Owners[0] {
				last = val(*orders.Get(o, "id"))
			}
		}
		r.Cells = append(r.Cells, last)
	}
}

// items are told apart by their order and a number in it, or by nothing.
func (g *gen) items(orders *Table) *Table {
	if !g.yes("with items") {
		return nil
	}
	t := g.table(orders.System, strings.TrimSuffix(orders.Name, "s")+"_items", must(link("order_id")), key("line_no"), plainField("article", "text", "none.product"))
	if g.yes("keyed") {
		t.Key = []string{"order_id", "line_no"}
	}
	t.Refs = []Ref{{Fields: []string{"order_id"}, To: orders.Ref(), ToFields: []string{"id"}, Kind: Owns, Declared: !g.seldom("undeclared items", 4), OnDelete: g.of("items action", "NO ACTION", "CASCADE", "RESTRICT")}}
	return t
}

// composite has references of two fields: a tenant's orders, and parcels of them.
func (g *gen) composite(a *Table) {
	owner := must(number("customer_id"))
	t := g.table(a.System, "tenant_orders", key("tenant_id"), key("order_no"), owner)
	t.Key, t.Refs = []string{"tenant_id", "order_no"}, []Ref{g.refer(&owner, a, Owns)}
	p := g.table(a.System, "parcels", key("id"), must(link("tenant_id")), must(link("order_no")), text("remark"))
	p.Key = []string{"id"}
	p.Refs = []Ref{{Fields: []string{"tenant_id", "order_no"}, To: t.Ref(), ToFields: t.Key, Kind: Owns, Declared: true, OnDelete: g.of("parcels action", "NO ACTION", "CASCADE")}}
	for i, h := range have(a, g.few("tenant orders", 2)) {
		tenant, no := 1+i%2, 1+i/2 // equal numbers of two tenants are two orders
		t.add(whose(h), val(tenant), val(no), h.numberCell(a))
		if g.yes("parcel") {
			p.add(whose(h), val(g.key(p)), val(tenant), val(no), val("left at the door"))
		}
	}
}

// newsletter knows people by their address alone, and may have no key, and records twice.
func (g *gen) newsletter(a *Table) {
	t := g.table(g.system("newsletter at"), g.of("newsletter", "newsletter", "subscriptions"))
	if g.yes("with key") {
		t.Fields, t.Key = []Field{key("id")}, []string{"id"}
	}
	t.Fields = append(t.Fields, must(mailField("email", Own)), plainField("topic", "text", "none.code"))
	for _, h := range g.few("subscriptions", 2) {
		cells := []Cell{}
		if t.Key != nil {
			cells = append(cells, val(g.key(t)))
		}
		t.add(whose(h), append(cells, g.written(h), val("weekly"))...)
	}
}

// audience has digests of addresses.
func (g *gen) audience(*Table) {
	t := g.table(g.system("audience at"), "audience", key("id"), Field{Name: "email_sha256", Type: "text", Category: "contact.email", Form: "sha256", Whose: Own, NotNull: true})
	t.Key = []string{"id"}
	for _, h := range g.few("in the audience", 1) {
		t.add(whose(h), val(g.key(t)), h.digest())
	}
}

// log is nobody's: lines of text that name people, whole addresses within others among them.
func (g *gen) log(*Table) {
	t := g.table(g.system("log at"), g.of("log", "audit_log", "log_lines"), key("id"), must(text("message")))
	t.Key = []string{"id"}
	for range g.n("lines", 0, 6) {
		h := g.anybody("named")
		switch g.n("line", 0, 3) {
		case 0:
			t.add(nil, val(g.key(t)), line("started"))
		case 1:
			t.add(nil, val(g.key(t)), line("sent to ", h.mailCell(), "."))
		case 2:
			t.add(nil, val(g.key(t)), line("merge of ", h.mailCell(), " and <", g.another("second", h).mailCell(), ">"))
		case 3:
			t.add(nil, val(g.key(t)), line("not sent to qx", val(h.mail), " at all"))
		}
	}
}

// comments answer each other: one of somebody else's hangs on hers.
func (g *gen) comments(a *Table) {
	owner := g.needed(number("user_id"))
	t := g.table(a.System, "comments", key("id"), owner, link("parent_id"), text("body"))
	t.Key = []string{"id"}
	t.Refs = []Ref{g.refer(&owner, a, Owns), {Fields: []string{"parent_id"}, To: t.Ref(), ToFields: []string{"id"}, Kind: Mentions, Declared: true, OnDelete: g.of("parent action", "SET NULL", "NO ACTION", "CASCADE")}}
	first := g.keys[t.Ref()]
	for i, h := range have(a, g.few("comments", 2)) {
		parent := null()
		if i > 0 && g.yes("answers") {
			parent = val(first + 1 + g.n("to", 0, i-1))
		}
		t.add(whose(h), val(g.key(t)), h.numberCell(a), parent, g.note(h))
	}
}

// tickets are asked by one, handled by an agent, and name others in their text.
func (g *gen) tickets(*Table) {
	t := g.table(g.system("tickets at"), "tickets", key("id"), must(mailField("requester_email", Own)), mailField("assigned_to", Named), text("body"))
	t.Key = []string{"id"}
	agent := g.who[0]
	for _, h := range g.few("tickets", 1) {
		c := null()
		if h != agent {
			c = agent.mailCell()
		}
		t.add(whose(h), val(g.key(t)), h.mailCell(), c, g.note(h))
	}
}

// mails go from an address of a function to people.
func (g *gen) mails(*Table) {
	t := g.table(g.system("mails at"), "sent_mails", key("id"), mailField("sender", Named), must(mailField("recipient", Own)))
	t.Key = []string{"id"}
	for _, h := range append(slices.Clone(g.who[:3]), g.few("mails", 1)...) {
		t.add(whose(h), val(g.key(t)), val("noreply@example.com"), h.mailCell())
	}
}

// jointAccounts belong to those whom a table of holders joins to them.
func (g *gen) jointAccounts(a *Table) {
	t := g.table(a.System, g.of("joint", "wallets", "contracts"), key("id"), plainField("balance", "int", "none.amount"))
	t.Key = []string{"id"}
	of := strings.TrimSuffix(t.Name, "s")
	holder := must(number("customer_id"))
	j := g.table(a.System, of+"_holders", must(link(of+"_id")), holder)
	j.Key = []string{of + "_id", "customer_id"}
	j.Refs = []Ref{{Fields: []string{of + "_id"}, To: t.Ref(), ToFields: []string{"id"}, Kind: Has, Declared: true, OnDelete: g.of("thing action", "NO ACTION", "CASCADE")}, g.refer(&holder, a, Owns)}
	j.Refs[1].Declared = true
	members := have(a, g.who)
	if len(members) == 0 {
		return
	}
	for range g.n("things", 8, 12) {
		owners := []*human{members[g.n("holder", 0, len(members)-1)]}
		if o := members[g.n("second holder", 0, len(members)-1)]; g.yes("both") && o != owners[0] {
			owners = append(owners, o)
		}
		id := g.key(t)
		t.add(whose(owners...), val(id), val(100+id))
		for _, h := range owners {
			j.add(whose(h), val(id), h.numberCell(a))
		}
	}
}

// backup is a copy of accounts to which nothing refers, with the same numbers.
func (g *gen) backup(a *Table) {
	t := g.table(a.System, a.Name+"_backup", must(number("id")), must(mailField("email", Own)), plainField("full_name", "text", "identity.name"))
	t.Key = []string{"id"}
	for _, h := range have(a, g.who) {
		if g.n("saved", 0, 2) > 0 {
			t.add(whose(h), h.numberCell(a), h.mailCell(), h.nameCell())
		}
	}
}

// profiles are a second half of accounts: one for one.
func (g *gen) profiles(a *Table) {
	owner := must(number("user_id"))
	t := g.table(a.System, "profiles", owner, text("bio"))
	t.Key = []string{"user_id"}
	t.Refs = []Ref{g.refer(&owner, a, Owns)}
	t.Refs[0].Declared = true
	for _, h := range have(a, g.who) {
		if g.yes("profile") {
			t.add(whose(h), h.numberCell(a), g.note(h))
		}
	}
}

// messages have two people: from whom, and to whom. They belong to both.
func (g *gen) messages(a *Table) {
	from, to := g.needed(number("from_user_id")), g.needed(number("to_user_id"))
	t := g.table(a.System, "messages", key("id"), from, to, text("body"))
	t.Key = []string{"id"}
	t.Refs = []Ref{g.refer(&from, a, Owns), g.refer(&to, a, Shared)}
	for i := range t.Refs {
		t.Refs[i].Declared = true
	}
	members := have(a, g.who)
	if len(members) < 2 {
		return
	}
	for range g.n("messages", 0, 6) {
		i := g.n("from", 0, len(members)-1)
		j := (i + 1 + g.n("to", 0, len(members)-2)) % len(members)
		t.add(whose(members[i], members[j]), val(g.key(t)), members[i].numberCell(a), members[j].numberCell(a), val("see you there"))
	}
}

// calls know the telephone alone: one that two people have is as much the one's call as the other's.
func (g *gen) calls(*Table) {
	if !slices.ContainsFunc(g.Tables, func(t *Table) bool { return t.Person && t.At("phone") >= 0 }) {
		return
	}
	t := g.table(g.system("calls at"), "calls", key("id"), must(Field{Name: "caller_phone", Type: "text", Category: "contact.phone", Whose: Own}))
	t.Key = []string{"id"}
	for _, h := range g.few("calls", 1) {
		if !g.reached(h) {
			continue
		}
		t.add(h.sharers, val(g.key(t)), h.phoneCell()).Common = len(h.sharers) > 1
	}
}

// reached tells whether some account says whose the telephone is, and of each of those who share it.
func (g *gen) reached(h *human) bool {
	for _, p := range h.sharers {
		if !slices.ContainsFunc(g.Tables, func(t *Table) bool { return t.Person && t.At("phone") >= 0 && g.who[p].member(t) }) {
			return false
		}
	}
	for _, t := range g.Tables {
		n := 0
		for _, p := range h.sharers {
			if t.Person && t.At("phone") >= 0 && g.who[p].member(t) {
				n++
			}
		}
		if n == len(h.sharers) {
			return true
		}
	}
	return false
}

// products are of nobody: their numbers are equal to people's.
func (g *gen) products(a *Table) {
	t := g.table(a.System, "products", key("id"), plainField("title", "text", "none.product"))
	t.Key = []string{"id"}
	for i := range g.n("products", 1, 8) {
		t.add(nil, val(i+1), val(fmt.Sprintf("Lamp %c", 'A'+i)))
	}
}
