package doc

import "strings"

// Escape writes a member's name as it stands in a path.
func Escape(member string) string { return string(appendEscaped(nil, []byte(member))) }

// Split cuts a path or a name into its segments: members unescaped, and "[2]", "[]", "{}", "{@}" as they are. Literal tells which are members.
func Split(path string) (segments []string, literal []bool) {
	var b strings.Builder
	open, member := false, false
	flush := func() {
		if open {
			segments, literal = append(segments, b.String()), append(literal, member)
		}
		b.Reset()
		open, member = false, false
	}
	for i := 0; i < len(path); i++ {
		switch c := path[i]; {
		case c == '\\' && i+1 < len(path):
			i++
			if open, member = true, true; path[i] != '0' {
				b.WriteByte(path[i])
			}
		case c == '.':
			flush()
		case c == '[' || c == '{':
			flush()
			end := i + strings.IndexAny(path[i:], "]}")
			if end < i {
				end = len(path) - 1
			}
			segments, literal = append(segments, path[i:end+1]), append(literal, false)
			i = end
		default:
			b.WriteByte(c)
			open, member = true, true
		}
	}
	flush()
	return segments, literal
}

// Generic gives the name of the field that a concrete path belongs to: `prefs.ann\@example\.com.lang` is of "prefs.{}.lang".
func Generic(path string) string {
	var name []byte
	segments, literal := Split(path)
	for i, s := range segments {
		if literal[i] && len(name) > 0 {
			name = append(name, '.')
		}
		switch {
		case literal[i] && Dynamic(s):
			name = append(name, "{}"...)
		case literal[i]:
			name = appendEscaped(name, []byte(s))
		default:
			name = append(name, "[]"...)
		}
	}
	return string(name)
}

// FieldName gives pii.Field's Name for a path inside a column; where the whole record is the document, the column is "".
func FieldName(column, path string) string {
	switch {
	case column == "":
		return path
	case path == "":
		return column
	case path[0] == '[':
		return column + path
	}
	return column + "." + path
}
