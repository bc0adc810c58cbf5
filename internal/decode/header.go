package decode

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// hasHeader tells whether the first row names the columns: all its cells are like names, none is like a value, and none comes again
// below it, unless the columns below show plainly that the first row is of another kind.
func hasHeader(rows [][]string) bool {
	seen := map[string]bool{}
	filled := 0
	for _, name := range rows[0] {
		name = strings.TrimSpace(name)
		if name == "" {
			continue
		}
		if seen[name] || !nameLike(name) {
			return false
		}
		seen[name] = true
		filled++
	}
	return filled*2 > len(rows[0]) && (contrast(rows) || !again(rows))
}

// contrast tells whether some column holds numbers or dates or addresses below a first cell that is none.
func contrast(rows [][]string) bool {
	for i := range rows[0] {
		values, n := 0, 0
		for _, row := range rows[1:] {
			if i < len(row) && row[i] != "" {
				n++
				if !nameLike(row[i]) {
					values++
				}
			}
		}
		if n > 0 && values*10 > n*8 {
			return true
		}
	}
	return false
}

// again tells whether a cell of the first row stands below it as well.
func again(rows [][]string) bool {
	for _, row := range rows[1:] {
		for i := range min(len(row), len(rows[0])) {
			if row[i] != "" && row[i] == rows[0][i] {
				return true
			}
		}
	}
	return false
}

// nameLike tells whether a cell could be the name of a column.
func nameLike(s string) bool {
	digits, letters := 0, 0
	for _, r := range s {
		switch {
		case unicode.IsLetter(r), r == '_':
			letters++
		case unicode.IsDigit(r):
			digits++
		case r == '@':
			return false
		}
	}
	first, _ := utf8.DecodeRuneInString(s)
	wordlike := letters >= digits || letters > 0 && digits < 4 && (unicode.IsLetter(first) || first == '_')
	return len(s) <= 80 && letters > 0 && digits < 5 && wordlike && !strings.Contains(s, "\n") && len(strings.Fields(s)) <= 6
}

// columnNames makes the names whole and different from each other.
func columnNames(cells []string) []string {
	taken := map[string]bool{}
	out := make([]string, len(cells))
	for i, name := range cells {
		name = strings.TrimSpace(name)
		if name == "" {
			name = fmt.Sprintf("column %d", i+1)
		}
		unique := name
		for n := 2; taken[unique]; n++ {
			unique = fmt.Sprintf("%s (%d)", name, n)
		}
		taken[unique] = true
		out[i] = unique
	}
	return out
}
