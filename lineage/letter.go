package lineage

import (
	"slices"
	"strconv"
	"strings"

	"vestige/pii"
)

// Text without any structure is read line by line, and a letter is many lines: it begins with her address and ends with her name.

// letterLines is how far apart the lines may stand that are taken for those of one letter.
const letterLines = 12

// besideHer tells whether a line of a text, which has her full name, stands closely below one of the same object that has an identifier of hers. What stands above it may end
// the letter of somebody else.
func (c *closer) besideHer(f *pii.Found) bool {
	if len(f.Key) != 2 || !plainText(c.g.Node(f.Dataset)) {
		return false
	}
	at, ok := lineOf(f.Key)
	return ok && slices.ContainsFunc(c.out.Records, func(r *Record) bool {
		if r.Dataset != f.Dataset || len(r.Key) != 2 || !r.Key[0].Equal(f.Key[0]) || r.Holding != Mention || len(r.Via) == 0 || !r.Via[0].Category.Identifier() {
			return false
		}
		line, ok := lineOf(r.Key)
		return ok && line <= at && at-line <= letterLines
	})
}

// plainText tells whether the records of a dataset are lines that have no fields of their own about anybody: a log whose lines say who did what is none of letters.
func plainText(n *Node) bool {
	columns := 0
	for i := range n.Fields {
		switch f := &n.Fields[i]; {
		case f.Field.Path != "" && f.Category.Personal():
			return false
		case f.Field.Path == "" && !strings.HasPrefix(f.Field.Name, "{"):
			columns++
		}
	}
	return n.Dataset.Kind == pii.Objects && columns == 1
}

// lineOf gives the number with which the key of a record of an object begins.
func lineOf(k pii.Key) (int, bool) {
	number, _, _ := strings.Cut(k[1].Reveal(), ".")
	n, err := strconv.Atoi(number)
	return n, err == nil
}
