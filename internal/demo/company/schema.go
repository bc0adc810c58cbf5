package company

import "fmt"

// key, ref and the like are the vocabulary in which the tables below are written.

func id() *column                     { return &column{purpose: "id", kind: "INTEGER", plain: true} }
func text(purpose string) *column     { return &column{purpose: purpose, kind: "TEXT"} }
func integer(purpose string) *column  { return &column{purpose: purpose, kind: "INTEGER"} }
func (c *column) must() *column       { c.notNull = true; return c }
func (c *column) only() *column       { c.unique = true; return c }
func (c *column) telling() *column    { c.plain = true; return c }
func (c *column) obscure() *column    { c.cryptic = true; return c }
func (c *column) or(v string) *column { c.byDefault = v; return c }

func ref(purpose, table, action string) *column {
	return &column{purpose: purpose, kind: "INTEGER", refs: table, action: action}
}

// action gives the clause of a foreign key, or none where the company does without them.
func (b *builder) action(a string) string {
	if b.with(ForeignKeyActions) {
		return a
	}
	return ""
}

func (b *builder) define(purpose string, key []string, columns ...*column) *table {
	t := &table{purpose: purpose, key: key}
	for _, c := range columns {
		if c != nil {
			t.columns = append(t.columns, c)
		}
	}
	b.tables = append(b.tables, t)
	return t
}

// keyless defines a table without any key; a company that has none gives it a number.
func (b *builder) keyless(purpose string, columns ...*column) *table {
	if b.with(KeylessTables) {
		return b.define(purpose, nil, columns...)
	}
	return b.define(purpose, byID, append([]*column{id()}, columns...)...)
}

// composite defines a table whose key has several columns and which has no other identity.
func (b *builder) composite(purpose string, key []string, columns ...*column) *table {
	if !b.with(TableKinds) {
		return b.define(purpose, byID, append([]*column{id()}, columns...)...)
	}
	t := b.define(purpose, key, columns...)
	t.withoutRowid = true
	return t
}

func (b *builder) strictly(t *table) { t.strict = b.with(TableKinds) }

func (b *builder) when(yes bool, c *column) *column {
	if yes {
		return c
	}
	return nil
}

var byID = []string{"id"}

// schema defines the tables, parents before children where there is no cycle.
func (b *builder) schema() {
	b.peopleSchema()
	b.orderSchema()
	b.supportSchema()
	b.marketingSchema()
	b.backgroundSchema()
	b.crmSchema()
	b.actionSchema()
}

// actionSchema defines, for each action that no kept record shows, a table so small that its values prove nothing: only the declared reference leads there.
func (b *builder) actionSchema() {
	if !b.with(ForeignKeyActions) {
		return
	}
	holder := func(purpose, action string) *column { return ref(purpose, "users", action).obscure() }
	b.define("vouchers", byID, id(), holder("holder", "CASCADE"), holder("second", "CASCADE"), text("code"))
	b.define("pledges", byID, id(), holder("holder", "SET NULL"), holder("second", "SET NULL"), integer("price"))
	b.define("raffle", byID, id(), holder("holder", "SET DEFAULT").or(fmt.Sprint(b.other(b.rng("raffle"), b.walk).uid)), text("code"))
	b.define("lockers", byID, id(), holder("holder", "NO ACTION").must(), text("code"))
}

func (b *builder) peopleSchema() {
	b.define("addresses", byID, id(), text("street"), text("zip"), text("city"), text("country"))
	cycle := b.with(Cycles)
	email := text("email").only()
	email.notNull = !b.style.nullableMail
	users := b.define("users", byID, id(),
		b.when(!b.style.splitNames, text("full_name")), b.when(b.style.splitNames, text("given")), b.when(b.style.splitNames, text("surname")),
		email.telling(), b.when(b.with(TableKinds), &column{purpose: "email_lower", kind: "TEXT", lowerOf: "email"}),
		text("phone"), text("birth"), ref("address_id", "addresses", b.action("NO ACTION")),
		b.when(cycle, &column{purpose: "delivery_id", kind: "INTEGER", refs: "deliveries", deferred: true}),
		b.when(b.style.deviceInUser, text("device")),
		b.when(b.with(SelfReferences), ref("invited_by", "users", b.action("SET NULL")).telling()),
		text("settings"), text("created"), b.when(b.style.agentsAreIn == "users", text("role").telling()))
	b.strictly(users)
	b.define("deliveries", byID, id(), ref("user_id", "users", b.action("CASCADE")).must(), text("street"), text("zip"), text("city"), text("remark"))
	b.define("sessions", byID, id(), ref("user_id", "users", b.action("CASCADE")).must(),
		b.when(!b.style.deviceInUser, text("device")), text("ip"), text("agent"), text("at"))
	devices := b.define("devices", []string{"device"}, text("device"), text("loyalty"), text("model"), text("created"))
	devices.withoutRowid = b.with(TableKinds)
	b.composite("email_history", []string{"user_id", "valid_from"}, ref("user_id", "users", b.action("CASCADE")).must(),
		text("email").telling(), text("valid_from").must().telling(), text("valid_to").telling())
	b.define("payments", byID, id(), ref("user_id", "users", b.action("CASCADE")).must(), text("card"), text("expires"))
	if b.with(SilentCopy) {
		b.keyless("copy", integer("user_id"), b.when(!b.style.splitNames, text("full_name")), b.when(b.style.splitNames, text("given")),
			b.when(b.style.splitNames, text("surname")), text("email"), text("phone"), text("birth"), text("created"))
	}
	b.keyless("contacts", integer("user_id").obscure(), text("email").obscure(), text("phone").obscure(), integer("score").obscure())
}

func (b *builder) orderSchema() {
	b.define("categories", byID, id(), text("title"))
	b.strictly(b.define("products", byID, id(), ref("category_id", "categories", b.action("NO ACTION")).telling(), text("title"), integer("price")))
	columns := !b.style.parties
	b.define("orders", byID, id(), text("order_no").must().telling(),
		b.when(columns, ref("customer_id", "users", b.action("NO ACTION")).telling()),
		b.when(columns && b.with(JointOrder), ref("co_customer_id", "users", b.action("NO ACTION")).telling()),
		text("shipping"), integer("total"), text("status"), text("at"))
	if b.style.parties {
		b.composite("order_parties", []string{"order_id", "customer_id"}, ref("order_id", "orders", b.action("CASCADE")).must().telling(),
			ref("customer_id", "users", b.action("NO ACTION")).must().telling(), text("role"))
	}
	b.composite("order_items", []string{"order_id", "line"}, ref("order_id", "orders", b.action("CASCADE")).must(), integer("line").must(),
		ref("product_id", "products", b.action("RESTRICT")), integer("qty"), integer("price"))
	b.define("stock_moves", byID, id(), integer("prod"), integer("qty"), text("at"))
	b.define("carts", byID, id(), ref("user_id", "users", b.action("SET DEFAULT")).or("NULL"), text("items"), text("at"))
	if b.with(KeptInvoices) {
		b.define("invoices", byID, id(), text("invoice_no").only().telling(), ref("user_id", "users", "RESTRICT").must(),
			text("full_name"), text("address"), text("email"), integer("total"), text("issued").telling())
	}
}

func (b *builder) supportSchema() {
	agents, self := b.style.agentsAreIn, b.with(SelfReferences)
	if agents == "employees" {
		b.define("employees", byID, id(), text("full_name"), text("email").telling(), text("phone"), text("role"),
			b.when(self, ref("manager_id", "employees", b.action("SET NULL")).telling()))
	}
	b.define("tickets", byID, id(), ref("user_id", "users", b.action("CASCADE")).telling(),
		b.when(b.with(SupportAgent), ref("agent_id", agents, b.action("SET NULL")).telling()), b.when(b.with(SupportAgent), text("agent_mail").telling()),
		text("subject"), text("body"), text("meta"), text("at"))
	b.define("comments", byID, id(), ref("ticket_id", "tickets", b.action("CASCADE")).must(),
		b.when(self, ref("parent_id", "comments", b.action("NO ACTION")).telling()), text("author_mail"), text("body"), text("at"))
	if b.with(MentionedElsewhere) {
		b.define("messages", byID, id(), ref("sender_id", "users", b.action("SET NULL")).telling(),
			ref("recipient_id", "users", b.action("SET NULL")).telling(), text("body"), text("at"))
	}
	b.define("notes", byID, id(), ref("user_id", "users", b.action("NO ACTION")).telling(),
		ref("agent_id", agents, b.action("SET NULL")).telling(), text("body"), text("at"))
}

func (b *builder) marketingSchema() {
	b.keyless("mail_log", b.when(b.with(NoReply), text("from_addr").telling()), text("to_addr").telling(), text("campaign"), text("subject"), text("sent_at").telling())
	if b.with(HashedCopies) {
		b.keyless("hashes", text("hash"), text("segment"), text("week"), integer("score"))
	}
}

func (b *builder) backgroundSchema() {
	b.strictly(b.define("countries", []string{"code"}, text("code"), text("title")))
	b.keyless("rates", text("code"), &column{purpose: "rate", kind: "REAL"}, text("at"))
	b.define("flags", []string{"code"}, text("code"), integer("enabled"))
	b.define("warehouses", byID, id(), text("title"), text("city"))
	b.define("zones", byID, id(), ref("warehouse_id", "warehouses", b.action("SET DEFAULT")).or("1").telling(), text("code"), integer("price"))
	b.define("jobs", byID, id(), text("title"), text("status"), text("at"))
	b.composite("taxes", []string{"code", "since"}, text("code").must(), text("since").must(), &column{purpose: "rate", kind: "REAL"})
}

func (b *builder) crmSchema() {
	b.define("crm.regions", byID, id(), text("title"))
	b.define("crm.customers", []string{"legacy"}, text("legacy").telling(), text("full_name"), text("email"), ref("region", "crm.regions", ""), text("since"))
	b.define("crm.orders", byID, id(), text("legacy").telling(), integer("total"), text("at"))
	b.define("crm.notes", byID, id(), text("legacy"), text("body"), text("at"))
}
