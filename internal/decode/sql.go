package decode

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"strings"
)

// MySQL is the Info.Dialect of dumps of MySQL and MariaDB; that of others is "".
const MySQL = "mysql"

// statementField holds a whole statement that has texts in it and is neither INSERT nor COPY.
const statementField = "{statement}"

// dump is a dump of a database at hand.
type dump struct {
	*decoder
	my     bool
	delim  string
	tables map[string][]string // the columns, by CREATE TABLE
}

// sql reads a dump: the tuples of INSERT … VALUES and the lines of COPY … FROM stdin are records, with fields named table.column.
func (d *decoder) sql() error {
	s := &dump{decoder: d, my: d.info.Dialect == MySQL, delim: ";", tables: map[string][]string{}}
	for {
		if len(d.w.atLeast(1)) == 0 {
			return nil
		}
		if err := s.statement(); err != nil {
			return err
		}
	}
}

// token gives the length and kind of the token at an offset of the window; more is read as long as it is not whole. ok is false at the end.
func (s *dump) token(at int) (n int, kind byte, ok bool) {
	for {
		data := s.w.data()
		last := s.w.err != nil
		if at < len(data) {
			if n, kind, ok = sqlToken(data[at:], s.my, last); ok {
				return min(n, len(data)-at), kind, true
			}
		} else if last {
			return 0, 0, false
		}
		if !s.w.more() && s.w.err == nil {
			return 0, 0, false // the window is full
		} else if last {
			return 0, 0, false
		}
	}
}

// parts are the tokens of the beginning of a statement.
type parts struct {
	words []string // names without quotes, in capitals where they have none; punctuation as it is
	names []string
	end   int
}

// statement reads one statement, or what stands before it.
func (s *dump) statement() error {
	s.out.lost = false
	n, kind, ok := s.token(0)
	data := s.w.data()
	switch {
	case !ok:
		return s.skip()
	case kind == sqlSpace:
		return s.leave(tagGlue, n)
	case data[0] == '\\':
		return s.line0()
	case kind != sqlWord:
		return s.leave(tagGlue, n)
	}
	switch word := strings.ToUpper(string(data[:n])); word {
	case "DELIMITER":
		return s.delimiter()
	case "INSERT", "REPLACE":
		return s.insert()
	case "COPY":
		return s.copyFrom()
	case "CREATE":
		return s.create()
	case "UPDATE", "DELETE", "MERGE", "CALL", "COMMENT", "SELECT", "DO":
		return s.other()
	default:
		if !harmlessStatements[word] {
			return s.unread()
		}
	}
	return s.skip()
}

// harmlessStatements are those that hold no data and are passed over; one that nobody knows is a gap.
var harmlessStatements = map[string]bool{
	"SET": true, "ALTER": true, "DROP": true, "GRANT": true, "REVOKE": true, "BEGIN": true, "COMMIT": true, "START": true, "LOCK": true, "UNLOCK": true, "USE": true,
	"PRAGMA": true, "ANALYZE": true, "END": true, "ROLLBACK": true, "TRUNCATE": true, "REFRESH": true, "VACUUM": true, "RESET": true, "FLUSH": true, "CLUSTER": true, "REINDEX": true,
}

// unread makes a gap of a statement.
func (s *dump) unread() error {
	if err := s.gap(GapSQL, s.w.off); err != nil {
		return err
	}
	return s.counted(s.skip())
}

// line0 leaves a line behind.
func (s *dump) line0() error {
	for bytes.IndexByte(s.w.data(), '\n') < 0 && s.w.more() {
	}
	return s.leave(tagGlue, orAll(bytes.IndexByte(s.w.data(), '\n')+1, s.w.data()))
}

func (s *dump) delimiter() error {
	for bytes.IndexByte(s.w.data(), '\n') < 0 && s.w.more() {
	}
	line, _, _ := bytes.Cut(s.w.data(), []byte{'\n'})
	if f := strings.Fields(string(line)); len(f) == 2 {
		s.delim = f[1]
	}
	return s.line0()
}

// ends tells whether the statement ends at an offset.
func (s *dump) ends(at int) bool { return bytes.HasPrefix(s.w.data()[at:], []byte(s.delim)) }

// skip leaves the rest of a statement behind, however long it is.
func (s *dump) skip() error {
	for cut := false; ; {
		n, _, ok := s.token(0)
		if !ok || n == 0 {
			if n = min(len(s.w.data()), chunkSize); n == 0 {
				return nil
			}
			if !cut {
				cut = true // a quote is never closed: nobody can tell what else stands behind it
				if err := errors.Join(s.gap(GapSQL, s.w.off), s.counted(nil)); err != nil {
					return err
				}
				s.out.lost = true // with the rest of the statement
			}
		}
		end := ok && s.ends(0)
		if end {
			n = len(s.delim)
		}
		if err := s.leave(tagGlue, n); err != nil || end {
			return err
		}
	}
}

// begin reads tokens up to one of the words, or to the end of the statement: then ok is false.
func (s *dump) begin(words ...string) (p parts, ok bool) {
	for {
		n, kind, more := s.token(p.end)
		if !more || p.end > 1<<20 || s.ends(p.end) {
			return p, false
		}
		token := s.w.data()[p.end : p.end+n]
		p.end += n
		if kind == sqlSpace {
			continue
		}
		name, word := sqlName(token), string(kind)
		if kind == sqlWord {
			if word = strings.ToUpper(string(token)); token[0] == '"' || token[0] == '`' {
				word = "a"
			}
		}
		p.words, p.names = append(p.words, word), append(p.names, name)
		for _, w := range words {
			if w == word {
				return p, true
			}
		}
	}
}

// target gives the table and the columns of a statement: what follows the word, "public" left out.
func (p *parts) target(after string) (table string, columns []string) {
	i := 0
	for i < len(p.words) && p.words[i] != after {
		i++
	}
	for i++; i < len(p.words); i++ {
		if table += p.names[i]; i+1 >= len(p.words) || p.words[i+1] != "." {
			break
		}
		table, i = table+".", i+1
	}
	if i+1 < len(p.words) && p.words[i+1] == "(" {
		for i += 2; i < len(p.words) && p.words[i] != ")"; i++ {
			if p.words[i] != "," {
				columns = append(columns, p.names[i])
			}
		}
	}
	return strings.TrimPrefix(table, "public."), columns
}

// fieldsOf gives the names of the fields of a table; those of columns that nobody names are numbered, as many as there are.
func (s *dump) fieldsOf(table string, columns []string, n int) []string {
	if columns == nil {
		columns = s.tables[table]
	}
	var out []string
	for _, c := range columns {
		out = append(out, table+"."+c)
	}
	for i := len(out); columns == nil && i < n; i++ {
		out = append(out, fmt.Sprintf("%s.column %d", table, i+1))
	}
	return out
}

// create remembers the columns of a table.
func (s *dump) create() error {
	p, ok := s.begin("(")
	if len(p.words) > 1 && p.words[1] != "TABLE" {
		return s.other()
	}
	if ok {
		after := "TABLE"
		if len(p.words) > 4 && p.words[2] == "IF" {
			after = "EXISTS"
		}
		table, _ := p.target(after)
		s.tables[table] = s.definitions(p.end)
	}
	return s.skip()
}

// definitions gives the names of the columns that a list of definitions begins at an offset.
func (s *dump) definitions(at int) (columns []string) {
	depth, first := 1, true
	for depth > 0 && at < 1<<20 {
		n, kind, ok := s.token(at)
		if !ok {
			return columns
		}
		token := s.w.data()[at : at+n]
		switch {
		case kind == '(':
			depth++
		case kind == ')':
			depth--
		case kind == ',' && depth == 1:
			first = true
		case kind == sqlWord && first && depth == 1:
			if first = false; !constraintWord(string(token)) {
				columns = append(columns, sqlName(token))
			}
		}
		at += n
	}
	return columns
}

func constraintWord(s string) bool {
	switch strings.ToUpper(s) {
	case "PRIMARY", "UNIQUE", "KEY", "CONSTRAINT", "INDEX", "FULLTEXT", "SPATIAL", "FOREIGN", "CHECK", "EXCLUDE", "LIKE":
		return true
	}
	return false
}

// other gives a statement as a record where it has texts that may be somebody's; what sets sequences and options is none.
func (s *dump) other() error {
	at, texts := 0, false
	for at < 1<<20 && !(at < len(s.w.data()) && s.ends(at)) {
		n, kind, ok := s.token(at)
		if !ok {
			break
		}
		texts = texts || kind == sqlString
		at += n
	}
	data := s.w.data()
	if at = min(at, len(data)); !texts || at == 0 || bytes.HasPrefix(data, []byte("SELECT pg_catalog.set")) {
		return s.skip()
	}
	raw := data[:at]
	s.out.begin(s.place(s.w.off), sha256.Sum256(raw), raw, at)
	s.out.value(statementField, "", Fixed, raw, 0, at)
	err := s.counted(s.out.end())
	s.passed(raw)
	return err
}

// passed leaves bytes behind that were given already.
func (s *dump) passed(raw []byte) {
	s.line += int64(bytes.Count(raw, []byte{'\n'}))
	s.w.advance(len(raw))
}
