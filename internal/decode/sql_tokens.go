package decode

import (
	"bytes"
	"strings"
)

// The kinds of token of SQL; others are the character itself.
const (
	sqlSpace  byte = ' ' // and comments
	sqlWord   byte = 'a' // a name or a number, also a name in quotes
	sqlString byte = '\''
)

// sqlToken finds the token at the front of data; ok is false where data ends within it. With my it is the SQL of MySQL, in which a backslash escapes.
func sqlToken(data []byte, my, last bool) (n int, kind byte, ok bool) {
	c := data[0]
	switch {
	case c == ' ' || c == '\n' || c == '\t' || c == '\r' || c == '\f':
		return spaces(data) + boolInt(c == '\f'), sqlSpace, true
	case c == '-' && len(data) > 1 && data[1] == '-', c == '#' && my:
		n = bytes.IndexByte(data, '\n') + 1
		return orAll(n, data), sqlSpace, n > 0 || last
	case c == '/' && len(data) > 1 && data[1] == '*':
		n = bytes.Index(data[2:], []byte("*/"))
		return n + 4, sqlSpace, n >= 0
	case c == '\'':
		n, ok = quotedEnd(data, 0, my)
		return n, sqlString, ok
	case (c == 'E' || c == 'e') && len(data) > 1 && data[1] == '\'':
		n, ok = quotedEnd(data, 1, true)
		return n, sqlString, ok
	case c == '"' || c == '`':
		n, ok = quotedEnd(data, 0, my && c == '"')
		return n, sqlWord, ok
	case c == '$' && !my:
		return dollar(data, last)
	case wordByte(c):
		for n < len(data) && (wordByte(data[n]) || data[n] == '.' && c >= '0' && c <= '9') {
			n++
		}
		return n, sqlWord, n < len(data) || last
	}
	return 1, c, len(data) > 1 || last
}

func boolInt(b bool) int {
	if b {
		return 1
	}
	return 0
}

func orAll(n int, data []byte) int {
	if n == 0 {
		return len(data)
	}
	return n
}

func wordByte(c byte) bool {
	return c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'z' || c == '_' || c == '$' || c >= 0x80
}

// quotedEnd finds the end of what begins with the quote at i.
func quotedEnd(data []byte, i int, escapes bool) (int, bool) {
	q := data[i]
	for i++; i < len(data); i++ {
		switch {
		case data[i] == '\\' && escapes:
			i++
		case data[i] == q && i+1 < len(data) && data[i+1] == q:
			i++
		case data[i] == q:
			return i + 1, i+1 < len(data)
		}
	}
	return len(data), false
}

// dollar finds the end of a string in dollars: $$ … $$ or $name$ … $name$.
func dollar(data []byte, last bool) (int, byte, bool) {
	n := 1
	for n < len(data) && wordByte(data[n]) && data[n] != '$' {
		n++
	}
	if n == len(data) {
		return n, '$', last
	}
	if data[n] != '$' {
		return 1, '$', true
	}
	tag := data[:n+1]
	end := bytes.Index(data[n+1:], tag)
	return n + 1 + end + len(tag), sqlString, end >= 0
}

// sqlName gives a name without its quotes.
func sqlName(token []byte) string {
	if len(token) >= 2 && (token[0] == '"' || token[0] == '`') {
		q := string(token[:1])
		return strings.ReplaceAll(string(token[1:len(token)-1]), q+q, q)
	}
	return string(token)
}

// sqlText gives the text of a string.
func sqlText(token []byte, my bool) []byte {
	escapes := my
	if token[0] != '\'' {
		if token[0] == '$' {
			n := bytes.IndexByte(token[1:], '$') + 2
			return token[n : len(token)-n]
		}
		escapes, token = true, token[1:]
	}
	out := make([]byte, 0, len(token))
	for i := 1; i < len(token)-1; i++ {
		c := token[i]
		switch {
		case c == '\\' && escapes && i+1 < len(token)-1:
			i++
			if k := strings.IndexByte("0ntrbZ", token[i]); k >= 0 {
				c = "\x00\n\t\r\b\x1a"[k]
			} else {
				c = token[i]
			}
		case c == '\'' && token[i+1] == '\'':
			i++
		}
		out = append(out, c)
	}
	return out
}

// SQLString writes a text as a string of SQL; with my as MySQL reads it.
func SQLString(v []byte, my bool) []byte {
	s := strings.ReplaceAll(string(v), "'", "''")
	if my {
		s = strings.NewReplacer(`\`, `\\`, "\n", `\n`, "\r", `\r`, "\x00", `\0`, "\x1a", `\Z`).Replace(s)
	}
	return []byte("'" + s + "'")
}

// isSQL tells a dump by how it begins; a file called .sql is taken for one.
func isSQL(head []byte, ext string) bool {
	if ext == ".sql" {
		return true
	}
	start := strings.ToUpper(string(head[:min(len(head), 400)]))
	for _, s := range []string{"INSERT INTO ", "CREATE TABLE ", "COPY ", "PRAGMA FOREIGN_KEYS"} {
		if strings.HasPrefix(start, s) && (s != "COPY " || strings.Contains(start, "FROM STDIN;")) {
			return true
		}
	}
	return strings.HasPrefix(start, "--") && (strings.Contains(start, "POSTGRESQL DATABASE DUMP") || strings.Contains(start, "MYSQL DUMP") || strings.Contains(start, "MARIADB DUMP"))
}

// mysqlDump tells by the head of a dump whose SQL it is.
func mysqlDump(head []byte) bool {
	return bytes.Contains(head, []byte("-- MySQL dump")) || bytes.Contains(head, []byte("-- MariaDB dump")) || bytes.Contains(head, []byte("ENGINE=")) ||
		bytes.Contains(head, []byte("INTO `")) || bytes.Contains(head, []byte("/*!40"))
}
