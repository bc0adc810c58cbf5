package model

import (
	"fmt"
	"slices"
)

// accounts is a table of people: each system has one, with numbers of its own that mean other people elsewhere.
func (g *gen) accounts(system string) *Table {
	name := map[string][]string{"shop": {"users", "customers"}, "crm": {"clients", "people"}, "desk": {"members", "contacts"}}[system]
	places := g.places(system)
	t := g.table(system, g.of("accounts", name...), must(number("id")), must(mailField("email", Own)))
	t.Person, t.Key, t.Unique = true, []string{"id"}, []string{"email"}
	split := g.yes("split names")
	if split {
		t.Fields = append(t.Fields, plainField("first_name", "text", "identity.given_name"), plainField("last_name", "text", "identity.family_name"))
	} else {
		t.Fields = append(t.Fields, must(plainField("full_name", "text", "identity.name")))
	}
	phone, birth, second, notes := g.yes("phone"), g.yes("birth"), g.seldom("second mail", 3), g.seldom("notes", 3)
	if phone {
		t.Fields = append(t.Fields, Field{Name: "phone", Type: "text", Category: "contact.phone", Whose: Own})
	}
	if birth {
		t.Fields = append(t.Fields, plainField("birth_date", "date", "demographic.birth_date"))
	}
	if second {
		t.Fields = append(t.Fields, mailField("private_email", Own))
	}
	if notes {
		t.Fields = append(t.Fields, text("notes"))
	}
	if places != nil {
		t.Fields = append(t.Fields, link("address_id"))
		t.Refs = append(t.Refs, Ref{Fields: []string{"address_id"}, To: places.Ref(), ToFields: []string{"id"}, Kind: Has, Declared: true, OnDelete: g.of("place action", "NO ACTION", "RESTRICT", "SET NULL")})
	}
	invited := g.seldom("invited", 3)
	if invited {
		t.Fields = append(t.Fields, link("invited_by"))
		t.Refs = append(t.Refs, Ref{Fields: []string{"invited_by"}, To: t.Ref(), ToFields: []string{"id"}, Kind: Mentions, Declared: true, OnDelete: g.of("inviter action", "SET NULL", "NO ACTION", "CASCADE")})
	}
	houses := map[int]int{}
	living := map[int][]*human{}
	everybody := g.yes("everybody")
	members := g.who
	if !everybody {
		members = nil
		for _, h := range g.who {
			if g.n("member", 0, 3) > 0 {
				members = append(members, h)
			}
		}
	}
	if system != "shop" {
		members = slices.Clone(members)
		slices.Reverse(members)
	}
	for _, h := range members {
		h.accounts[t.Ref()] = g.key(t)
		living[h.house] = append(living[h.house], h)
	}
	for i, h := range members {
		cells := []Cell{h.numberCell(t), h.mailCell()}
		if split {
			cells = append(cells, about(h.given, false, false, h.id), about(h.family, false, false, g.family(h)...))
		} else {
			cells = append(cells, h.nameCell())
		}
		if phone {
			cells = append(cells, h.phoneCell())
		}
		if birth {
			cells = append(cells, h.birthCell())
		}
		if second {
			c := about(h.other, true, false, h.id)
			if g.seldom("no second", 2) {
				c = null()
			}
			cells = append(cells, c)
		}
		if notes {
			cells = append(cells, g.note(h))
		}
		if places != nil {
			if houses[h.house] == 0 {
				houses[h.house] = g.key(places)
				places.add(whose(living[h.house]...), val(houses[h.house]), about(fmt.Sprintf("%d Elm Street", 10+h.house), false, false, whose(living[h.house]...)...))
			}
			cells = append(cells, val(houses[h.house]))
		}
		if invited {
			c := null()
			if i > 0 && g.yes("was invited") {
				c = members[g.n("inviter", 0, i-1)].numberCell(t)
			}
			cells = append(cells, c)
		}
		t.add(whose(h), cells...)
	}
	if g.seldom("view", 3) {
		g.Tables = append(g.Tables, &Table{System: system, Name: "v_" + t.Name, Form: "view", View: "SELECT id, email FROM " + t.Name, Fields: []Field{must(number("id")), must(mailField("email", Own))}})
	}
	return t
}

// family lists who has the family name in a house or by chance: it is nobody's alone then.
func (g *gen) family(h *human) (out []Person) {
	for _, o := range g.who {
		if o.family == h.family {
			out = append(out, o.id)
		}
	}
	return out
}

// note is a text that says nothing, or names somebody by her address.
func (g *gen) note(h *human) Cell {
	switch g.n("note", 0, 7) {
	case 6:
		o := g.another("friend by name", h)
		if len(o.accounts) == 0 {
			return null() // whose name it is nothing would say
		}
		return line("came with ", o.nameCell(), " <", g.written(o), ">")
	case 7:
		if o := g.another("friend by telephone", h); g.reached(o) && len(o.sharers) == 1 {
			return line("ask ", o.phoneCell(), " too")
		}
	case 3:
		return line("prefers mail")
	case 4:
		return line("friend of ", g.another("friend", h).mailCell(), ", asked twice")
	case 5:
		return line("wrote from ", h.mailCell())
	}
	return null()
}

func (g *gen) places(system string) *Table {
	if !g.yes("places") {
		return nil
	}
	t := g.table(system, g.of("places", "addresses", "places"), key("id"), must(Field{Name: "street", Type: "text", Category: "contact.street", Whose: Own}))
	t.Key = []string{"id"}
	return t
}

// member tells whether a person has an account.
func (h *human) member(a *Table) bool { return h.accounts[a.Ref()] != 0 }

// have gives those of the people who have an account.
func have(a *Table, people []*human) (out []*human) {
	for _, h := range people {
		if h.member(a) {
			out = append(out, h)
		}
	}
	return out
}

// refer makes a reference to an account, declared or not, with an action that the field allows.
func (g *gen) refer(f *Field, a *Table, kind Kind) Ref {
	r := Ref{Fields: []string{f.Name}, To: a.Ref(), ToFields: []string{"id"}, Kind: kind, Declared: !g.seldom("undeclared", 3)}
	r.OnDelete = g.of("action", "NO ACTION", "CASCADE", "RESTRICT", "SET NULL")
	if r.OnDelete == "SET NULL" && f.NotNull {
		r.OnDelete = "NO ACTION"
	}
	return r
}

func (g *gen) needed(f Field) Field {
	f.NotNull = g.yes("not null")
	return f
}
