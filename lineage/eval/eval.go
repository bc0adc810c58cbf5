// Package eval measures how well references are inferred: it takes the schemas of real applications with the foreign keys that they declare, fills
// their tables with made-up records, hides the keys, and compares what a scan infers with what was hidden. The schemas are names of tables and
// columns, types and keys, as internal/build/references reads them; no value of any application is in it.
//
// Values are where it flatters or hurts: keys count from 1 in most tables, as they do in life, so that nearly every column of small numbers is
// included in nearly every key.
package eval

import (
	"bufio"
	"fmt"
	"hash/fnv"
	"io"
	"math/rand/v2"
	"strings"
)

// Application is a schema with the references that it declares.
type Application struct {
	Name   string
	Tables []*Table
}

// Table is one of them.
type Table struct {
	Name    string
	Columns []Column
}

// Column is a field. Table and Key are what it refers to, "" where it refers to nothing.
type Column struct {
	Name, Type, Table, Key string
	Primary                bool
	Unknown                bool // its name is that of a reference, and nothing says to what
}

// Read reads applications: a line "# name" begins one, and each further line is a table, as "name: column type, …". A "!" behind a type marks the
// primary key, and ">table.column" a reference.
func Read(r io.Reader) (out []Application, err error) {
	sc := bufio.NewScanner(r)
	sc.Buffer(nil, 1<<20)
	for sc.Scan() {
		line := sc.Text()
		if name, ok := strings.CutPrefix(line, "# "); ok {
			out = append(out, Application{Name: name})
			continue
		}
		name, columns, ok := strings.Cut(line, ": ")
		if !ok || len(out) == 0 {
			return nil, fmt.Errorf("line %q is no table of an application", line)
		}
		t := &Table{Name: name}
		for c := range strings.SplitSeq(columns, ", ") {
			t.Columns = append(t.Columns, column(c))
		}
		a := &out[len(out)-1]
		a.Tables = append(a.Tables, t)
	}
	for _, a := range out {
		a.keyed()
		a.assume()
	}
	return out, sc.Err()
}

// keyed makes a column that others refer to the key of a table that has none: no system takes a reference to anything else.
func (a Application) keyed() {
	tables := map[string]*Table{}
	for _, t := range a.Tables {
		tables[t.Name] = t
	}
	for _, t := range a.Tables {
		for _, c := range t.Columns {
			to := tables[c.Table]
			for i := 0; to != nil && to.key() == nil && i < len(to.Columns); i++ {
				to.Columns[i].Primary = to.Columns[i].Name == c.Key
			}
		}
	}
}

// assume adds the references that an application keeps without declaring them: a column called user_id where there is one table users. Most
// applications declare only some of theirs.
func (a Application) assume() {
	for _, t := range a.Tables {
		for i := range t.Columns {
			c := &t.Columns[i]
			stem := stem(c.Name)
			if c.Table != "" || c.Primary || stem == "" {
				continue
			}
			c.Unknown = true
			if to := a.called(stem); len(to) == 1 {
				if k := to[0].key(); k != nil && k.Type == c.Type {
					c.Table, c.Key, c.Unknown = to[0].Name, k.Name, false
				}
			}
		}
	}
}

// stem gives what the name of a reference calls, "" for other names.
func stem(name string) string {
	name = strings.ToLower(name)
	for _, end := range []string{"_id", "_fk", "_uuid", "_guid", "_ref", "_by"} {
		if s, ok := strings.CutSuffix(name, end); ok {
			return s
		}
	}
	for _, start := range []string{"id_", "fk_", "id"} {
		if s, ok := strings.CutPrefix(name, start); ok && len(s) > 3 && !strings.HasPrefix(s, "ent") {
			return s
		}
	}
	if s, ok := strings.CutSuffix(name, "id"); ok && len(s) > 3 {
		return s
	}
	return ""
}

// called lists the tables of a name, or of one that ends so.
func (a Application) called(stem string) (out []*Table) {
	for _, whole := range []bool{true, false} {
		for _, t := range a.Tables {
			n := strings.ToLower(t.Name)
			for _, s := range []string{stem, stem + "s", stem + "es", strings.TrimSuffix(stem, "y") + "ies", strings.TrimSuffix(stem, "s")} {
				if len(s) > 2 && (n == s || !whole && strings.HasSuffix(n, "_"+s)) {
					out = append(out, t)
					break
				}
			}
		}
		if len(out) > 0 {
			return out
		}
	}
	return nil
}

// key gives the sole primary key of a table, nil where there is none.
func (t *Table) key() *Column {
	for i := range t.Columns {
		if t.Columns[i].Primary {
			return &t.Columns[i]
		}
	}
	return nil
}

func column(text string) Column {
	words := strings.Fields(text)
	c := Column{Name: words[0], Type: strings.TrimSuffix(words[1], "!"), Primary: strings.HasSuffix(words[1], "!")}
	if len(words) > 2 {
		to := strings.TrimPrefix(words[2], ">")
		i := strings.LastIndexByte(to, '.')
		c.Table, c.Key = to[:i], to[i+1:]
	}
	return c
}

// Held tells whether an application is one on which nothing is tuned: every other one, by its name.
func (a Application) Held() bool { return hash(a.Name)%2 == 0 }

func hash(s string) uint64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte(s))
	return h.Sum64()
}

// random gives what is drawn for a name, always the same.
func random(name ...string) *rand.Rand {
	return rand.New(rand.NewPCG(hash(strings.Join(name, "\x00")), 7))
}

// People tells whether the records of a table are people: a column that only people have stands in it.
func (t *Table) People() bool {
	for _, c := range t.Columns {
		n := strings.ToLower(strings.ReplaceAll(c.Name, "_", ""))
		for _, w := range personal {
			if strings.Contains(n, w) && c.Type != "int" {
				return true
			}
		}
	}
	return false
}

var personal = []string{
	"email", "firstname", "lastname", "surname", "forename", "vorname", "nachname", "prenom", "apellido", "cognome", "etunimi", "sukunimi", "imie", "nazwisko", "prijmeni", "jmeno", "soyad",
	"voornaam", "achternaam", "tussenvoegsel", "fornamn", "efternamn", "fornavn", "etternavn", "sobrenome", "nombres", "displayname", "login", "birth", "namaguru", "namasiswa",
}
