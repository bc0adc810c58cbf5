package ddl

// Parts cuts what stands in a bracket at its commas; text begins behind the bracket. What is never closed has none after its last comma.
func Parts(text string) (out []string) {
	depth, start, quoted := 0, 0, false
	for i := range len(text) {
		switch c := text[i]; {
		case c == '\'':
			quoted = !quoted
		case quoted:
		case c == '(':
			depth++
		case c == ')' && depth == 0:
			return append(out, text[start:i])
		case c == ')':
			depth--
		case c == ',' && depth == 0:
			out, start = append(out, text[start:i]), i+1
		}
	}
	return out
}
