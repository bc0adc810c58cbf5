package sqlite

import (
	"strings"
)

// token is a word, a quoted name, a string, a number or a punctuation mark of SQL.
type token struct {
	text string // names without their quotes
	name bool   // may be a name: a word or quoted
	word string // in upper case, "" where it was quoted
	at   int    // where it begins in the text
	end  int
}

// tokens cuts SQL as SQLite keeps it in sqlite_schema; comments and spaces are left out.
func tokens(sql string) []token {
	var out []token
	for i := 0; i < len(sql); {
		switch c := sql[i]; {
		case c <= ' ':
			i++
		case strings.HasPrefix(sql[i:], "--"):
			i = after(sql, i, "\n")
		case strings.HasPrefix(sql[i:], "/*"):
			i = after(sql, i+2, "*/")
		case c == '\'' || c == '"' || c == '`' || c == '[':
			t := quoted(sql, i)
			out = append(out, t)
			i = t.end
		case wordByte(c):
			j := i
			for j < len(sql) && wordByte(sql[j]) {
				j++
			}
			out = append(out, token{text: sql[i:j], name: c < '0' || c > '9', word: strings.ToUpper(sql[i:j]), at: i, end: j})
			i = j
		default:
			out = append(out, token{text: string(c), word: string(c), at: i, end: i + 1})
			i++
		}
	}
	return out
}

func wordByte(c byte) bool {
	return c == '_' || c == '$' || c >= 0x80 || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}

func after(sql string, i int, mark string) int {
	if k := strings.Index(sql[i:], mark); k >= 0 {
		return i + k + len(mark)
	}
	return len(sql)
}

func quoted(sql string, i int) token {
	open := sql[i]
	closing := open
	if open == '[' {
		closing = ']'
	}
	var b strings.Builder
	j := i + 1
	for ; j < len(sql); j++ {
		if sql[j] != closing {
			b.WriteByte(sql[j])
			continue
		}
		if open != '[' && j+1 < len(sql) && sql[j+1] == closing {
			b.WriteByte(closing)
			j++
			continue
		}
		break
	}
	return token{text: b.String(), name: true, at: i, end: min(j+1, len(sql))}
}

// body gives the definitions between the outermost parentheses of a CREATE TABLE, cut at their commas.
func body(ts []token) [][]token {
	var out [][]token
	depth, start := 0, 0
	for i, t := range ts {
		switch t.word {
		case "(":
			if depth++; depth == 1 {
				start = i + 1
			}
		case ")":
			if depth--; depth == 0 {
				return append(out, ts[start:i])
			}
		case ",":
			if depth == 1 {
				out = append(out, ts[start:i])
				start = i + 1
			}
		}
	}
	return out
}

// enclosed gives the tokens between the parenthesis at i and its partner.
func enclosed(ts []token, i int) []token {
	depth := 0
	for j := i; j < len(ts); j++ {
		switch ts[j].word {
		case "(":
			depth++
		case ")":
			if depth--; depth == 0 {
				return ts[i+1 : j]
			}
		}
	}
	return nil
}

// definition is what only the text of a CREATE TABLE tells.
type definition struct {
	checks     []check
	deferred   []bool            // of each REFERENCES, in order
	collations map[string]string // by column, upper case
}

// check is a CHECK constraint and the words that may be names of columns in it.
type check struct {
	text  string
	names []string
	json  string // the column that it holds to be JSON
}

func define(sql string) definition {
	d := definition{collations: map[string]string{}}
	for _, part := range body(tokens(sql)) {
		column := ""
		if len(part) > 0 && part[0].name {
			column = part[0].text
		}
		for i, t := range part {
			switch {
			case t.word == "COLLATE" && i+1 < len(part) && column != "":
				d.collations[column] = strings.ToUpper(part[i+1].text)
			case t.word == "REFERENCES":
				d.deferred = append(d.deferred, deferred(part[i:]))
			case t.word == "CHECK" && i+1 < len(part) && part[i+1].word == "(":
				d.checks = append(d.checks, checkOf(sql, enclosed(part, i+1)))
			}
		}
	}
	return d
}

// deferred tells whether the foreign key clause is DEFERRABLE INITIALLY DEFERRED.
func deferred(ts []token) bool {
	for i, t := range ts {
		if t.word == "REFERENCES" && i > 0 {
			return false
		}
		if t.word == "DEFERRABLE" && i+2 < len(ts) && ts[i-1].word != "NOT" {
			return ts[i+1].word == "INITIALLY" && ts[i+2].word == "DEFERRED"
		}
	}
	return false
}

func checkOf(sql string, inner []token) check {
	var c check
	if len(inner) == 0 {
		return c
	}
	c.text = sql[inner[0].at:inner[len(inner)-1].end]
	for i, t := range inner {
		if t.name {
			c.names = append(c.names, t.text)
		}
		if t.word == "JSON_VALID" && i+2 < len(inner) && inner[i+1].word == "(" {
			c.json = inner[i+2].text
		}
	}
	return c
}

// writes gives the tables that a trigger's statements write.
func writes(sql string) []string {
	var out []string
	ts := tokens(sql)
	begun := false
	for i, t := range ts {
		begun = begun || t.word == "BEGIN"
		if !begun {
			continue
		}
		j := i + 1
		switch t.word {
		case "INTO", "FROM":
			if t.word == "FROM" && ts[i-1].word != "DELETE" {
				continue
			}
		case "UPDATE":
			if j+1 < len(ts) && ts[j].word == "OR" {
				j += 2
			}
		default:
			continue
		}
		if name := qualified(ts, j); name != "" {
			out = append(out, name)
		}
	}
	return out
}

// qualified reads a name, or schema.name, at i.
func qualified(ts []token, i int) string {
	if i >= len(ts) || !ts[i].name {
		return ""
	}
	if i+2 < len(ts) && ts[i+1].word == "." && ts[i+2].name {
		return ts[i].text + "." + ts[i+2].text
	}
	return ts[i].text
}

// sources gives the names behind FROM, JOIN and their commas in a view's SQL.
func sources(sql string) (names []string, words []string) {
	ts := tokens(sql)
	from := false
	for i, t := range ts {
		if t.name {
			words = append(words, t.text)
		}
		switch t.word {
		case "FROM", "JOIN":
			from = true
			names = append(names, qualified(ts, i+1))
		case "WHERE", "GROUP", "ORDER", "SELECT", "ON", "USING", "UNION", "LIMIT", "HAVING":
			from = false
		case ",":
			if from {
				names = append(names, qualified(ts, i+1))
			}
		case "*":
			words = append(words, "*")
		}
	}
	return names, words
}

// module gives the module of a virtual table and its arguments by name.
func module(sql string) (name string, args map[string]string) {
	args = map[string]string{}
	ts := tokens(sql)
	for i, t := range ts {
		if t.word == "USING" && i+1 < len(ts) {
			name = strings.ToLower(ts[i+1].text)
			for _, part := range body(ts[i+1:]) {
				if len(part) >= 2 && part[1].word == "=" {
					value := ""
					if len(part) > 2 {
						value = part[2].text
					}
					args[strings.ToLower(part[0].text)] = value
				}
			}
			return name, args
		}
	}
	return "", args
}
