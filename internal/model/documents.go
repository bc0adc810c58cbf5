package model

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// quoted is a cell's text as a string of a document.
func quoted(c Cell) Cell {
	b, _ := json.Marshal(*c.V)
	return Cell{V: ptr(string(b)), Parts: c.Parts}
}

func ptr(s string) *string { return &s }

// contacts are documents that list several people: the record is nobody's, and an element is hers.
func (g *gen) contacts(*Table) {
	doc := Field{Name: "doc", Type: "json", Insides: []Field{{Name: "contacts[].mail", Category: "contact.email", Whose: Named}, {Name: "contacts[].name", Category: "identity.name"}}}
	t := g.table(g.system("contacts at"), "firms", key("id"), doc)
	t.Key = []string{"id"}
	for range g.n("firms", 0, 4) {
		parts := []any{`{"firm":"Lamps","contacts":[`}
		first := g.n("contact", 0, g.People-1)
		for k := range g.n("contacts", 1, 3) {
			h := g.who[(first+k)%g.People]
			if k > 0 {
				parts = append(parts, ",")
			}
			parts = append(parts, `{"mail":`, quoted(h.mailCell()), `,"name":`, quoted(h.nameCell()), `}`)
		}
		t.add(nil, val(g.key(t)), line(append(parts, "]}")...))
	}
}

// documents are of one person, and name her deep inside.
func (g *gen) documents(*Table) {
	doc := Field{Name: "data", Type: "json", Insides: []Field{{Name: "user.contact.email", Category: "contact.email", Whose: Own}}}
	t := g.table(g.system("documents at"), g.of("documents", "carts", "sessions"), key("id"), doc)
	t.Key = []string{"id"}
	for _, h := range g.few("documents", 1) {
		t.add(whose(h), val(g.key(t)), line(`{"user":{"contact":{"email":`, quoted(h.mailCell()), `}},"items":[{"sku":"L-1","n":2}]}`))
	}
}

// keyed are documents whose members are named by people's addresses.
func (g *gen) keyed(*Table) {
	doc := Field{Name: "settings", Type: "json", Insides: []Field{{Name: "people.{@}", Category: "contact.email", Whose: Named}}}
	t := g.table(g.system("keyed at"), "preferences", key("id"), doc)
	t.Key = []string{"id"}
	for range g.n("keyed", 0, 3) {
		parts := []any{`{"people":{`}
		first := g.n("keyed by", 0, g.People-1)
		for k := range g.n("members", 1, 3) {
			if k > 0 {
				parts = append(parts, ",")
			}
			parts = append(parts, quoted(g.who[(first+k)%g.People].mailCell()), `:{"lang":"en"}`)
		}
		t.add(nil, val(g.key(t)), line(append(parts, "}}")...))
	}
}

// file begins a dataset of files, where the estate has any.
func (g *gen) file(name, form string, fields ...Field) *Table {
	if !g.o.Files || g.names["files/"+name] > 0 {
		return nil
	}
	t := g.table("files", name, fields...)
	t.Form = form
	return t
}

// events are lines of JSON, one a record.
func (g *gen) events(*Table) {
	t := g.file("events", "ndjson", mailField("email", Own), plainField("event", "text", "none.code"), plainField("n", "int", "none.count"))
	if t == nil {
		return
	}
	for i, h := range g.few("events", 2) {
		t.add(whose(h), h.mailCell(), val("login"), val(1000+i))
	}
}

// exports are rows of CSV.
func (g *gen) exports(*Table) {
	t := g.file("export", "csv", mailField("email", Own), plainField("name", "text", "identity.name"), plainField("score", "int", "none.count"))
	if t == nil {
		return
	}
	for i, h := range g.few("exported", 1) {
		t.add(whose(h), h.mailCell(), h.nameCell(), val(2000+i))
	}
}

// lines are a program's log.
func (g *gen) lines(*Table) {
	t := g.file("app", "log", text("line"))
	if t == nil {
		return
	}
	for i := range g.n("log lines", 1, 8) {
		h := g.anybody("in the log")
		at := fmt.Sprintf("2024-03-%02dT10:00:00Z INFO ", 1+i)
		switch g.n("log line", 0, 2) {
		case 0:
			t.add(nil, line(at, "worker started"))
		case 1:
			t.add(nil, line(at, "mail to=", h.mailCell(), " status=sent"))
		case 2:
			t.add(nil, line(at, "mail to=zz", val(h.mail), " status=refused"))
		}
	}
}

// String lists an estate as people read it: for the report of a failure. All of it is made up.
func (e *Estate) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "subject %d, from %s\n", e.Subject, e.Start)
	for _, t := range e.Tables {
		fmt.Fprintf(&b, "%s (%s) key %v", t.Ref(), t.Form, t.Key)
		for _, r := range t.Refs {
			fmt.Fprintf(&b, "  %v→%s %s declared=%v %s", r.Fields, r.To, r.Kind, r.Declared, r.OnDelete)
		}
		for _, f := range t.Fields {
			if f.NotNull && !slices.Contains(t.Key, f.Name) {
				b.WriteString(" !" + f.Name)
			}
		}
		b.WriteString("\n")
		for _, r := range t.Rows {
			fmt.Fprintf(&b, "   of %v:", r.Owners)
			for i, f := range t.Fields {
				if v := r.Cells[i].V; v != nil {
					fmt.Fprintf(&b, " %s=%s", f.Name, *v)
				}
			}
			b.WriteString("\n")
		}
	}
	return b.String()
}
