package eval

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
)

// Filled is a table with made-up records, column by column.
type Filled struct {
	*Table
	Rows [][]string // "" is NULL
}

// Fill makes up the records of an application. References hold keys of the tables that they refer to; a column that only looks like one holds
// numbers of something else.
func (a Application) Fill() []Filled {
	f := filler{app: a, tables: map[string]*Table{}, keys: map[string][]string{}}
	for _, t := range a.Tables {
		f.tables[t.Name] = t
	}
	var out []Filled
	for _, t := range a.Tables {
		n := f.records(t)
		one := Filled{Table: t, Rows: make([][]string, n)}
		for _, c := range t.Columns {
			for i, v := range f.values(t, c, n) {
				one.Rows[i] = append(one.Rows[i], v)
			}
		}
		out = append(out, one)
	}
	return out
}

type filler struct {
	app    Application
	tables map[string]*Table
	keys   map[string][]string // by table and column
}

// records is how many records a table has: few in lists that are referred to, most where people are.
func (f *filler) records(t *Table) int {
	r := random(f.app.Name, t.Name, "records")
	switch {
	case t.People():
		return 120 + r.IntN(280)
	case len(t.Columns) <= 4 && !slices.ContainsFunc(t.Columns, func(c Column) bool { return c.Table != "" }):
		return 6 + r.IntN(40)
	}
	return 40 + r.IntN(360)
}

// values makes one column.
func (f *filler) values(t *Table, c Column, n int) []string {
	r := random(f.app.Name, t.Name, c.Name)
	if c.Table != "" {
		return drawn(r, f.key(c.Table, c.Key), n, c.Primary)
	}
	if c.Primary {
		return f.key(t.Name, c.Name)
	}
	out := make([]string, n)
	make1 := maker(r, t, c)
	for i := range out {
		out[i] = make1(i)
	}
	return out
}

// key gives the values of a column that others refer to, or that tells records apart.
func (f *filler) key(table, name string) []string {
	at := table + "." + name
	if ks, ok := f.keys[at]; ok {
		return ks
	}
	t := f.tables[table]
	i := slices.IndexFunc(t.Columns, func(c Column) bool { return c.Name == name })
	c := t.Columns[i]
	r, n := random(f.app.Name, table, name, "key"), f.records(t)
	if c.Table != "" && c.Table != table {
		f.keys[at] = drawn(r, f.key(c.Table, c.Key), n, true)
		return f.keys[at]
	}
	f.keys[at] = counted(r, c.Type, n)
	return f.keys[at]
}

// counted makes n keys: most tables count from 1, some have lost records, some began elsewhere.
func counted(r *rand.Rand, typ string, n int) (out []string) {
	at, gaps, prefix := 1, 0.0, fmt.Sprintf("%c%c%c%c-", 'A'+r.IntN(26), 'A'+r.IntN(26), 'A'+r.IntN(26), 'A'+r.IntN(26))
	switch k := r.IntN(20); {
	case k < 6:
		gaps = .05 + .4*r.Float64()
	case k < 9:
		at = 1000 * (1 + r.IntN(500))
	}
	for len(out) < n {
		if at++; r.Float64() < gaps {
			continue
		}
		switch typ {
		case "int":
			out = append(out, fmt.Sprint(at-1))
		case "uuid":
			out = append(out, fmt.Sprintf("%08x-%04x-4%03x-a%03x-%012x", r.Uint32(), r.IntN(1<<16), r.IntN(1<<12), r.IntN(1<<12), r.Int64N(1<<48)))
		default:
			out = append(out, fmt.Sprintf("%s%05d", prefix, at-1))
		}
	}
	return out
}

// drawn makes n references to some of the keys, seldom to none; apart where they are keys themselves.
func drawn(r *rand.Rand, keys []string, n int, apart bool) []string {
	used := slices.Clone(keys)
	r.Shuffle(len(used), func(i, j int) { used[i], used[j] = used[j], used[i] })
	if apart {
		part := len(used) * (2 + r.IntN(6)) / 10 // customers and employees are each some of the people
		out := slices.Clone(used[:min(n, max(part, min(8, len(used))))])
		for len(out) < n {
			out = append(out, "")
		}
		return out
	}
	used = used[:max(1, len(used)*(3+r.IntN(8))/10)]
	none := []float64{0, 0, .1, .5}[r.IntN(4)]
	out := make([]string, n)
	for i := range out {
		if r.Float64() >= none {
			out[i] = used[int(float64(len(used))*r.Float64()*r.Float64())]
		}
	}
	return out
}

// maker gives what makes the values of a column that refers to nothing.
func maker(r *rand.Rand, t *Table, c Column) func(i int) string {
	name := strings.ToLower(c.Name)
	if c.Type == "int" {
		top := []int{2, 6, 12, 60, 300, 5000, 2_000_000}[r.IntN(7)]
		from := r.IntN(2)
		if strings.Contains(name, "year") || strings.Contains(name, "anno") || strings.Contains(name, "jahr") {
			return func(int) string { return fmt.Sprint(1990 + r.IntN(36)) }
		}
		return func(int) string { return fmt.Sprint(from + r.IntN(top)) }
	}
	if c.Type == "uuid" {
		return func(int) string { return counted(r, "uuid", 1)[0] }
	}
	switch {
	case strings.Contains(name, "mail"):
		return func(i int) string { return fmt.Sprintf("%s.%s%d@example.com", pick(r, given), pick(r, family), i) }
	case t.People() && contains(name, "first", "fore", "given", "vorname", "prenom", "etunimi", "imie", "jmeno", "voornaam", "fornamn", "fornavn", "nombre"):
		return func(int) string { return title(pick(r, given)) }
	case t.People() && contains(name, "last", "sur", "nachname", "apellido", "cognome", "sukunimi", "nazwisko", "prijmeni", "soyad", "achternaam", "efternamn", "sobrenome"):
		return func(int) string { return title(pick(r, family)) }
	case t.People() && contains(name, "name", "nom", "ad_soyad"):
		return func(int) string { return title(pick(r, given)) + " " + title(pick(r, family)) }
	case contains(name, "phone", "tel", "mobile", "gsm"):
		return func(int) string { return fmt.Sprintf("+1202555%04d", 100+r.IntN(100)) }
	case contains(name, "code", "number", "num", "ref", "token", "key"):
		return func(int) string { return fmt.Sprintf("%c%c%06d", 'A'+r.IntN(26), 'A'+r.IntN(26), r.IntN(1_000_000)) }
	}
	some := 3 + r.IntN(40)
	return func(int) string { return pick(r, things) + " " + pick(r, things[:min(some, len(things))]) }
}

func contains(name string, parts ...string) bool {
	return slices.ContainsFunc(parts, func(p string) bool { return strings.Contains(name, p) })
}

func pick(r *rand.Rand, of []string) string { return of[r.IntN(len(of))] }

func title(s string) string { return strings.ToUpper(s[:1]) + s[1:] }

var (
	given  = strings.Fields("anna maria john peter paul laura julia thomas michael sarah david emma lucas sofia daniel elena marco clara hugo nina")
	family = strings.Fields("smith meyer garcia rossi martin novak silva jansen kowalski virtanen larsen brown weber fischer lopez moreau bianchi keller berg lind")
	things = strings.Fields("open closed red blue daily weekly green basic standard north south east west monthly regular spring autumn light heavy round square first second special common")
)
