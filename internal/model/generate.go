package model

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"pgregory.net/rapid"
)

// Options bound what is drawn.
type Options struct {
	Files   bool // a system of files beside the databases
	Decided bool // nothing that a question would be asked about
}

// Draw makes a random estate. Whatever the draw, it is written so that its truth can be known: who each record is for is decided first, and written after.
func Draw(t *rapid.T, o Options) *Estate {
	g := &gen{t: t, o: o, Estate: &Estate{}}
	g.people()
	g.databases()
	g.scenes()
	g.Subject = Person(g.n("subject", 0, g.People-1))
	g.start(g.who[g.Subject])
	for _, h := range g.who {
		g.Mails, g.Names = append(g.Mails, h.mail), append(g.Names, h.name())
	}
	return g.Estate
}

// start draws by what the request names the person: her address, or, where an account has it, another identifier that is hers alone.
func (g *gen) start(h *human) {
	g.StartIs, g.Start = "contact.email", h.mail
	switch g.n("start", 0, 5) {
	case 4:
		if g.reached(h) && len(h.sharers) == 1 {
			g.StartIs, g.Start = "contact.phone", h.phone
		}
	case 5:
		if slices.ContainsFunc(g.Tables, func(t *Table) bool {
			return t.Person && t.At("private_email") >= 0 && slices.ContainsFunc(t.Rows, func(r *Row) bool { v := t.Get(r, "private_email"); return v != nil && *v == h.other })
		}) {
			g.Start = h.other
		}
	}
}

// gen is the state of one draw.
type gen struct {
	*Estate
	t       *rapid.T
	o       Options
	who     []*human
	systems []string
	keys    map[string]int // the last key of each table
	names   map[string]int // how often a table name was taken
}

// human is a person with all that can be written of her.
type human struct {
	id          Person
	mail, other string // the second address, of which no other person knows
	given       string
	family      string
	phone       string
	sharers     []Person // of the telephone, herself among them
	birth       string
	house       int
	accounts    map[string]int // her number in each system that has one
}

func (h *human) name() string { return h.given + " " + h.family }

func (g *gen) n(label string, from, to int) int { return rapid.IntRange(from, to).Draw(g.t, label) }

func (g *gen) yes(label string) bool { return rapid.Bool().Draw(g.t, label) }

// seldom is true once in so many times; a shrunk estate has it false.
func (g *gen) seldom(label string, of int) bool { return g.n(label, 0, of-1) == of-1 }

func (g *gen) of(label string, from ...string) string {
	return rapid.SampledFrom(from).Draw(g.t, label)
}

var (
	givens   = []string{"Ann", "Bob", "Cleo", "Dora", "Emil", "Fay", "Gus", "Hana", "Ivo", "Jana", "Kai", "Lena", "Milo", "Nora", "Otto", "Pia", "Rosa", "Sven", "Tara", "Udo", "Vera", "Willa", "Xenia", "Yuri", "Zoe"}
	families = []string{"Lee", "Ray", "Fox", "Poe", "Weber", "Koch", "Nagy", "Silva", "Moreau", "Lindqvist", "Okafor", "Tanaka", "Brandt", "Castillo", "Dubois", "Eriksen", "Farkas", "Greco", "Horvat"}
)

// people makes them: households with one address and one telephone, namesakes with one birth date, addresses of mail that stand within others.
func (g *gen) people() {
	g.People = g.n("people", 3, 24)
	for i := range g.People {
		h := &human{id: Person(i), given: givens[i%len(givens)], family: families[(i*7)%len(families)], house: i, accounts: map[string]int{}}
		h.mail = fmt.Sprintf("%s.%s@example.com", strings.ToLower(h.given), strings.ToLower(h.family))
		h.other = fmt.Sprintf("%s%d@example.org", strings.ToLower(h.family), 300+i)
		h.phone = fmt.Sprintf("+1202555%04d", 100+i)
		h.birth = fmt.Sprintf("19%02d-%02d-%02d", 50+i%45, 1+i%12, 1+(i*5)%28)
		g.who = append(g.who, h)
		if i == 0 {
			continue
		}
		o := g.who[g.n("of whom", 0, i-1)]
		switch g.n("oddity", 0, 9) {
		case 7: // one house, one telephone, one family name
			h.house, h.phone, h.family = o.house, o.phone, o.family
		case 8: // a namesake born on the same day
			h.given, h.family, h.birth = o.given, o.family, o.birth
		case 9: // an address within another
			h.mail = []string{"jo", "x-", "mary."}[i%3] + o.mail
		}
		for slices.ContainsFunc(g.who[:i], func(p *human) bool { return p.mail == h.mail }) {
			h.mail = fmt.Sprintf("n%d.%s", i, h.mail)
		}
	}
	for _, h := range g.who {
		for _, o := range g.who {
			if o.phone == h.phone {
				h.sharers = append(h.sharers, o.id)
			}
		}
	}
}

func (g *gen) databases() {
	g.systems = []string{"shop", "crm", "desk"}[:g.n("systems", 1, 3)]
	g.keys, g.names = map[string]int{}, map[string]int{}
}

// table begins one. A name that is taken gets a number.
func (g *gen) table(system, name string, fields ...Field) *Table {
	full := system + "/" + name
	if g.names[full]++; g.names[full] > 1 {
		name = fmt.Sprintf("%s_%d", name, g.names[full])
	}
	t := &Table{System: system, Name: name, Form: "table", Fields: fields}
	g.Tables = append(g.Tables, t)
	g.keys[t.Ref()] = []int{0, 0, 100, 4000}[g.n("first key", 0, 3)]
	return t
}

func (g *gen) key(t *Table) int {
	g.keys[t.Ref()]++
	return g.keys[t.Ref()]
}

// system draws one.
func (g *gen) system(label string) string { return g.of(label, g.systems...) }

// few draws some people, each as often as drawn, in order.
func (g *gen) few(label string, most int) (out []*human) {
	for _, h := range g.who {
		for range g.n(label, 0, most) {
			out = append(out, h)
		}
	}
	return out
}

func (g *gen) anybody(label string) *human { return g.who[g.n(label, 0, g.People-1)] }

// other draws somebody else.
func (g *gen) another(label string, than *human) *human {
	h := g.anybody(label)
	if h == than {
		h = g.who[(int(h.id)+1)%g.People]
	}
	return h
}

// The fields that scenes are made of.

func key(name string) Field {
	return Field{Name: name, Type: "int", Category: "none.key", NotNull: true}
}

func number(name string) Field { return Field{Name: name, Type: "int", Category: "identity.number"} }

func link(name string) Field { return Field{Name: name, Type: "int", Category: "none.key"} }

func mailField(name string, whose Whose) Field {
	return Field{Name: name, Type: "text", Category: "contact.email", Whose: whose}
}

func text(name string) Field {
	return Field{Name: name, Type: "text", Category: "none.text", Text: true}
}

func plainField(name, kind, category string) Field {
	return Field{Name: name, Type: kind, Category: category}
}

func must(f Field) Field {
	f.NotNull = true
	return f
}

// The values that they hold.

func null() Cell { return Cell{} }

func val(v any) Cell {
	s := fmt.Sprint(v)
	return Cell{V: &s}
}

// about is a value that is wholly about some people.
func about(v any, single, local bool, of ...Person) Cell {
	c := val(v)
	c.Parts = []Part{{Text: *c.V, Of: of, Single: single, Local: local}}
	return c
}

func (h *human) mailCell() Cell { return about(h.mail, true, false, h.id) }

// written is her address as she wrote it this time.
func (g *gen) written(h *human) Cell {
	if g.seldom("capitals", 5) {
		return about(strings.ToUpper(h.mail[:1])+h.mail[1:len(h.mail)-11]+"Example.COM", true, false, h.id)
	}
	return h.mailCell()
}

func (h *human) nameCell() Cell  { return about(h.name(), false, false, h.id) }
func (h *human) birthCell() Cell { return about(h.birth, false, false, h.id) }

func (h *human) phoneCell() Cell { return about(h.phone, len(h.sharers) == 1, false, h.sharers...) }

// numberCell is her number in a system, in a record that names her by it.
func (h *human) numberCell(of *Table) Cell { return about(h.accounts[of.Ref()], true, true, h.id) }

func (h *human) digest() Cell {
	sum := sha256.Sum256([]byte(h.mail))
	return about(hex.EncodeToString(sum[:]), true, false, h.id)
}

// line puts a text together from words and from what names people.
func line(parts ...any) Cell {
	var c Cell
	var b strings.Builder
	for _, p := range parts {
		switch p := p.(type) {
		case string:
			b.WriteString(p)
		case Cell:
			b.WriteString(*p.V)
			c.Parts = append(c.Parts, p.Parts...)
		}
	}
	s := b.String()
	c.V = &s
	return c
}

func (t *Table) add(owners []Person, cells ...Cell) *Row {
	if len(cells) != len(t.Fields) {
		panic(fmt.Sprintf("%s has %d fields and gets %d values", t.Name, len(t.Fields), len(cells)))
	}
	r := &Row{Owners: owners, Cells: cells}
	t.Rows = append(t.Rows, r)
	return r
}

func whose(people ...*human) (out []Person) {
	for _, h := range people {
		if !slices.Contains(out, h.id) {
			out = append(out, h.id)
		}
	}
	slices.Sort(out)
	return out
}
