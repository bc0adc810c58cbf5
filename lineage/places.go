package lineage

import (
	"fmt"

	"vestige/pii"
)

// A question is put at places, and each place is answered by itself: a field, and which of her identifiers stands in it.

// nth counts the identifiers of a category that were known before one: two of them that stand at one place are two doubts.
func (c *closer) nth(cat pii.Category, is func(*Known) bool) (n int) {
	for _, k := range c.known {
		if k.Category == cat {
			if is(k) {
				return n
			}
			n++
		}
	}
	return n
}

// placeID names a place of a question, for one identifier.
func placeID(code string, at pii.Ref, field string, nth int) string {
	if nth > 0 {
		code = fmt.Sprintf("%s %d", code, nth+1)
	}
	return questionID(code, at, field)
}
