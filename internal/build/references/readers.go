package main

import (
	"regexp"
	"slices"
	"strings"

	"vestige/internal/ddl"
)

// schema is what is known of an application's tables.
type schema struct{ tables map[string]*table }

type table struct {
	name    string
	columns []*column
}

// column is a column; table and key are what it refers to.
type column struct {
	name, typ, table, key string
	primary               bool
}

func (s *schema) table(name string) *table {
	if s.tables[name] == nil {
		s.tables[name] = &table{name: name}
	}
	return s.tables[name]
}

func (t *table) column(name string) *column {
	i := slices.IndexFunc(t.columns, func(c *column) bool { return c.name == name })
	if i < 0 {
		i, t.columns = len(t.columns), append(t.columns, &column{name: name})
	}
	return t.columns[i]
}

// primary marks the key of a table, where one column is it.
func (t *table) primary(names []string) {
	for _, c := range t.columns {
		c.primary = len(names) == 1 && c.name == names[0]
	}
}

func (t *table) key() string {
	for _, c := range t.columns {
		if c.primary {
			return c.name
		}
	}
	return ""
}

// refer notes a reference of one column. What refers to an unknown table or column is left out when it is written.
func (s *schema) refer(t *table, names []string, to string, keys []string) {
	i := slices.IndexFunc(t.columns, func(c *column) bool { return len(names) == 1 && c.name == names[0] })
	if i < 0 || len(keys) > 1 || t.columns[i].table != "" {
		return
	}
	key := strings.Join(keys, "")
	if key == "" && s.tables[to] != nil {
		key = s.tables[to].key()
	}
	if key != "" {
		t.columns[i].table, t.columns[i].key = to, key
	}
}

var (
	comment   = regexp.MustCompile(`(?s)/\*.*?\*/|(?:--|#)[^\n]*`)
	create    = regexp.MustCompile("(?i)create\\s+table\\s+(?:if\\s+not\\s+exists\\s+)?([\\w`\"\\.\\[\\]]+)\\s*\\(")
	alter     = regexp.MustCompile("(?i)alter\\s+table\\s+(?:only\\s+)?(?:if\\s+exists\\s+)?([\\w`\"\\.\\[\\]]+)\\s([^;]*)")
	foreign   = regexp.MustCompile("(?i)foreign\\s+key\\s*(?:[\\w`\"]+\\s*)?\\(([^)]*)\\)\\s*references\\s+([\\w`\"\\.\\[\\]]+)\\s*(?:\\(([^)]*)\\))?")
	refers    = regexp.MustCompile("(?i)references\\s+([\\w`\"\\.\\[\\]]+)\\s*(?:\\(([^)]*)\\))?")
	primary   = regexp.MustCompile(`(?i)primary\s+key\s*(?:\w+\s*)?\(([^)]*)\)`)
	isPrimary = regexp.MustCompile(`(?i)primary\s+key`)
	notColumn = regexp.MustCompile(`(?i)^(constraint|primary|foreign|unique|key|index|check|exclude|fulltext|spatial|like|period|column|partition)\b`)
	declared  = regexp.MustCompile("^([`\"\\[]?\\w+[`\"\\]]?)\\s+(\\w+(?:\\s*\\([^)]*\\))?)")
	added     = regexp.MustCompile("(?i)add\\s+(?:column\\s+)?(?:if\\s+not\\s+exists\\s+)?([`\"]?\\w+[`\"]?)\\s+([a-z]\\w*(?:\\([^)]*\\))?)([^,;]*)")
)

// bare gives a name without quotes and schema.
func bare(s string) string {
	s = strings.Trim(strings.TrimSpace(s), "`\"[]'")
	return strings.ToLower(strings.Trim(s[strings.LastIndexByte(s, '.')+1:], "`\"[]'"))
}

func list(s string) (out []string) {
	for p := range strings.SplitSeq(s, ",") {
		if p = bare(p); p != "" {
			out = append(out, p)
		}
	}
	return out
}

// sql reads statements of any dialect, in their order.
func (s *schema) sql(text string) {
	text = comment.ReplaceAllString(text, " ")
	for _, m := range create.FindAllStringSubmatchIndex(text, -1) {
		t := s.table(bare(text[m[2]:m[3]]))
		ps := ddl.Parts(text[m[1]:])
		for _, p := range ps {
			t.declare(strings.TrimSpace(p))
		}
		for _, p := range ps {
			s.constrain(t, strings.TrimSpace(p))
		}
	}
	for _, m := range alter.FindAllStringSubmatch(text, -1) {
		if t := s.tables[bare(m[1])]; t != nil {
			s.alter(t, m[2])
		}
	}
}

func (t *table) declare(part string) {
	if m := declared.FindStringSubmatch(part); m != nil && !notColumn.MatchString(part) {
		t.column(bare(m[1])).typ = strings.ToLower(m[2])
		if isPrimary.MatchString(part) {
			t.primary([]string{bare(m[1])})
		}
	}
}

func (s *schema) constrain(t *table, part string) {
	if m := foreign.FindStringSubmatch(part); m != nil {
		s.refer(t, list(m[1]), bare(m[2]), list(m[3]))
		return
	}
	if notColumn.MatchString(part) {
		if m := primary.FindStringSubmatch(part); m != nil {
			t.primary(list(m[1]))
		}
		return
	}
	if c, m := declared.FindStringSubmatch(part), refers.FindStringSubmatch(part); c != nil && m != nil {
		s.refer(t, list(c[1]), bare(m[1]), list(m[2]))
	}
}

func (s *schema) alter(t *table, body string) {
	if m := primary.FindStringSubmatch(body); m != nil {
		t.primary(list(m[1]))
	}
	for _, m := range added.FindAllStringSubmatch(body, -1) {
		if notColumn.MatchString(m[1]) {
			continue
		}
		t.column(bare(m[1])).typ = strings.ToLower(m[2])
		if r := refers.FindStringSubmatch(m[3]); r != nil {
			s.refer(t, list(m[1]), bare(r[1]), list(r[2]))
		}
	}
	for _, m := range foreign.FindAllStringSubmatch(body, -1) {
		s.refer(t, list(m[1]), bare(m[2]), list(m[3]))
	}
}

var (
	railsTable   = regexp.MustCompile(`^\s*create_table "([^"]+)"(.*)`)
	railsColumn  = regexp.MustCompile(`^\s*t\.(\w+) "([^"]+)"`)
	railsForeign = regexp.MustCompile(`^\s*add_foreign_key "([^"]+)", "([^"]+)"(.*)`)
	railsKey     = regexp.MustCompile(`primary_key: "([^"]+)"`)
	railsFrom    = regexp.MustCompile(`column: "([^"]+)"`)
)

// rails reads a schema.rb.
func (s *schema) rails(text string) {
	var t *table
	for line := range strings.Lines(text) {
		if m := railsTable.FindStringSubmatch(line); m != nil {
			t = s.table(m[1])
			t.railsID(m[2])
		} else if m := railsColumn.FindStringSubmatch(line); m != nil && t != nil && m[1] != "index" {
			t.column(m[2]).typ = m[1]
		} else if m := railsForeign.FindStringSubmatch(line); m != nil && s.tables[m[1]] != nil {
			s.refer(s.tables[m[1]], []string{first(railsFrom, m[3], singular(m[2])+"_id")}, m[2], list(first(railsKey, m[3], "")))
		}
	}
}

func (t *table) railsID(options string) {
	if strings.Contains(options, "id: false") {
		return
	}
	id := first(railsKey, options, "id")
	t.column(id).typ = "bigint"
	if strings.Contains(options, "id: :uuid") {
		t.column(id).typ = "uuid"
	}
	t.primary([]string{id})
}

func first(re *regexp.Regexp, in, otherwise string) string {
	if m := re.FindStringSubmatch(in); m != nil {
		return m[1]
	}
	return otherwise
}

func singular(s string) string {
	if stem, ok := strings.CutSuffix(s, "ies"); ok {
		return stem + "y"
	}
	return strings.TrimSuffix(s, "s")
}

var (
	numbers = regexp.MustCompile(`^((big|small|medium|tiny)?int(eger)?\d?|(big|small)?serial|number|references|belongs_to|oid)\b`)
	strs    = regexp.MustCompile(`^(n?(var)?char|character|string|citext|email)`)
	bodies  = regexp.MustCompile(`^(text|public|domain)`)
	persons = regexp.MustCompile(`mail|name|nom|vor|nach|phone|tel|imi|sukun|etun`)
)

// kindOf gives int, uuid, text or body, "" for types that nobody refers by.
func kindOf(typ string) string {
	switch {
	case typ == "tinyint(1)" || strings.HasPrefix(typ, "interval"):
		return ""
	case numbers.MatchString(typ):
		return "int"
	case strings.Contains(typ, "uuid"):
		return "uuid"
	case strs.MatchString(typ):
		return "text"
	case bodies.MatchString(typ):
		return "body"
	}
	return ""
}

func personal(name string) bool { return persons.MatchString(name) }
