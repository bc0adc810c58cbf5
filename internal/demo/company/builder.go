package company

import (
	"math/rand/v2"
	"slices"
)

// builder makes a company in memory: people, then tables and objects about them, then names for everything.
type builder struct {
	opts    Options
	without map[Difficulty]bool
	style   style
	name    string
	domain  string

	people []*person // customers first, employees after them
	agents []*person
	walk   *person

	tables  []*table
	objects []*object
}

// style are the choices of one company that are not names.
type style struct {
	splitNames   bool // given name and surname in two columns
	deviceInUser bool // the device stands in the users row, else in the sessions
	agentsAreIn  string
	parties      bool // an order's customers are in a table of their own
	semicolon    bool // dialect of the CSV
	nullableMail bool
	walMode      bool
	ownTextIndex bool // the full-text index keeps a copy of the text
	layout       int  // of the object keys
}

func newBuilder(opts Options) *builder {
	b := &builder{opts: opts, without: map[Difficulty]bool{}}
	for _, d := range opts.Without {
		b.without[d] = true
	}
	rng := b.rng("style")
	coin := func() bool { return rng.IntN(2) == 0 }
	b.style = style{
		splitNames: coin(), deviceInUser: coin(), agentsAreIn: pick(rng, []string{"employees", "employees", "employees", "users"}),
		parties: coin(), semicolon: coin(), nullableMail: coin(), walMode: coin(), ownTextIndex: rng.IntN(3) == 0, layout: rng.IntN(3),
	}
	b.style.parties = b.style.parties && b.with(JointOrder)
	b.name = pick(rng, []string{"Birkholz", "Lanthorn", "Merrow", "Quellhof", "Sandrill", "Tannwick", "Ostwell", "Kestrel", "Nordlaube", "Fairholt"})
	b.domain = ascii(b.name) + ".example"
	return b
}

func (b *builder) rng(theme string) *rand.Rand { return stream(b.opts.Seed, theme) }
func (b *builder) with(d Difficulty) bool      { return !b.without[d] }
func (b *builder) customers() []*person        { return b.people[:b.opts.People] }
func (b *builder) table(purpose string) *table { return findTable(b.tables, purpose) }
func (b *builder) other(r *rand.Rand, not ...*person) *person {
	for {
		if p := pick(r, b.customers()); !slices.Contains(not, p) {
			return p
		}
	}
}

func findTable(tables []*table, purpose string) *table {
	for _, t := range tables {
		if t.purpose == purpose {
			return t
		}
	}
	return nil
}

func (b *builder) build() {
	b.makePeople()
	b.schema()
	b.fillPeople()
	b.fillOrders()
	b.fillSupport()
	b.fillMarketing()
	b.fillBackground()
	b.fillCRM()
	b.fillObjects()
	b.nameTables()
}

// nameTables draws the names last, so that nothing above can depend on them.
func (b *builder) nameTables() {
	rng := b.rng("names")
	n := newNaming(rng, b.with(CrypticNames))
	for _, t := range b.tables {
		if b.with(CrypticNames) && t.purpose == "contacts" {
			t.name = n.meaninglessTable(t.file())
		} else {
			t.name = n.table(t.file(), t.purpose)
		}
		for _, c := range t.columns {
			c.cryptic = c.cryptic && b.with(CrypticNames)
			c.name = n.column(t.purpose, c)
		}
		t.shuffle(rng)
	}
}

// company gathers what was made; the truth has the final names.
func (b *builder) company(dir string) *Company {
	c := &Company{Dir: dir, Options: b.opts, Name: b.name, Walk: b.walk.id, Truth: &Truth{}, Tables: map[string]string{}, Columns: map[string]string{}}
	for _, t := range b.tables {
		c.Tables[t.purpose] = t.name
		for _, col := range t.columns {
			c.Columns[t.purpose+"."+col.purpose] = col.name
		}
		for i, r := range t.rows {
			c.Truth.note(r.rec, t.place(i, r.values), t)
		}
	}
	c.Tables["notes_fts"], c.Tables["people_view"] = b.special("notes_fts"), b.special("people_view")
	for _, o := range b.objects {
		for i, part := range o.parts {
			c.Truth.note(part.rec, o.place(i), nil)
		}
	}
	for _, p := range b.people {
		c.Truth.Subjects = append(c.Truth.Subjects, p.subject())
	}
	c.Truth.difficulties()
	return c
}

// note adds a record that is somebody's, with the names its fields have got.
func (t *Truth) note(r *Record, at Location, from *table) {
	if len(r.Expect) == 0 {
		return
	}
	r.At = at
	for p, fields := range r.Fields {
		var names []string
		for _, purpose := range fields {
			if c := from.column(purpose); c != nil {
				names = append(names, c.name)
			}
		}
		r.Fields[p] = names
	}
	t.Records = append(t.Records, r)
}

// difficulties tells each subject which she has.
func (t *Truth) difficulties() {
	has := map[Person]map[Difficulty]bool{}
	for _, r := range t.Records {
		for p := range r.Expect {
			if has[p] == nil {
				has[p] = map[Difficulty]bool{}
			}
			for _, d := range r.Why {
				has[p][d] = true
			}
		}
	}
	for i := range t.Subjects {
		s := &t.Subjects[i]
		for _, d := range Difficulties() {
			if has[s.ID][d] {
				s.Difficulties = append(s.Difficulties, d)
			}
		}
	}
}
