package lineage

import (
	"fmt"
	"slices"
	"strings"

	"vestige/pii"
)

// naming weighs the names: a child that is called by the parent's dataset, or just as the parent's field. Words that both datasets begin with name the
// application, and say nothing.
func naming(c, p *Look) pii.Nat {
	child, field := c.leaf(), p.leaf()
	table := unprefixed(p.words(), c.words())
	child = unshared(child, p.words(), len(table))
	says := func(text string, nats float64) pii.Nat {
		return pii.Nat{Text: fmt.Sprintf("name %q ", c.Field.Field.Name) + text, Nats: nats}
	}
	near := c.Node.Dataset.Ref.Source == p.Node.Dataset.Ref.Source && soleKey(p)
	if c.Node.Dataset.Ref != p.Node.Dataset.Ref && near {
		if k := calls(child, p, table); k > 0 {
			return says(fmt.Sprintf("is that of %q", p.Node.Dataset.Ref.Dataset), k)
		}
	}
	own := trimKeys(child)
	switch k := speaks(own, table); {
	case len(own) > 0 && len(own) == len(child) && measures(own):
		return says("is that of a quantity or a kind", -4)
	case k > 0:
		return says(fmt.Sprintf("speaks of %q", p.Node.Dataset.Ref.Dataset), k)
	case slices.Equal(child, field) && len(trimKeys(field)) > 0 && near:
		return pii.Nat{Text: "both fields have one name, and the parent is a key", Nats: 8}
	case slices.Equal(child, field) && len(field) > 0 && !anyWord(field, []string{"id"}):
		return pii.Nat{Text: "both fields have one name", Nats: 5}
	case person(p) && near && namesPersonsKey(child):
		return says("is that of a person's key", 7.5)
	case person(p) && near && len(child) == 1 && (slices.Contains(ownerWords, child[0]) || slices.Contains(otherWords, child[0]) && !slices.Contains(byWords, child[0])):
		return says("is that of a person", 6)
	case person(p) && (anyWord(child, ownerWords) || anyWord(child, peopleWords) || len(child) > 1 && slices.Contains(byWords, child[len(child)-1])):
		return says("speaks of a person", 4)
	}
	return pii.Nat{Text: "names say nothing", Nats: 0}
}

// speaks weighs the words that a child's name shares with a dataset's: the last one says what is meant, those before it only of what it is; and of
// product_download_permissions a word is most likely not the permission.
func speaks(own, table []string) float64 {
	for i, w := range slices.Backward(own) {
		if !slices.ContainsFunc(table, func(t string) bool { return sameWord(w, t) || len(w) > 5 && sameWord(strings.TrimPrefix(w, "id"), t) }) {
			continue
		}
		switch {
		case len(table) > 2:
			return 4
		case i < len(own)-1:
			return 5
		}
		return 7
	}
	return 0
}

// measures tells whether a name is that of a quantity or a kind of something: total_recipients, notification_type.
func measures(own []string) bool {
	last := own[len(own)-1]
	return anyWord(own, measureWords) || slices.ContainsFunc(enumWords, func(w string) bool { return strings.HasSuffix(last, w) })
}

// unshared leaves out of a child's name the words with which the datasets of its application begin; left is how many words the parent's name has beyond them.
func unshared(child, parent []string, left int) []string {
	prefix := parent[:len(parent)-left]
	for len(prefix) > 0 && len(child) > 1 && child[0] == prefix[0] {
		child, prefix = child[1:], prefix[1:]
	}
	return child
}

// leaf gives the words of a field's own name; of a member called only "id" those of the object it stands in as well.
func leaf(name string) []string {
	segments := strings.Split(name, ".")
	ws := words(segments[len(segments)-1])
	for i := len(segments) - 2; i >= 0 && !slices.ContainsFunc(ws, func(w string) bool { return !slices.Contains(keyWords, w) }); i-- {
		ws = append(words(segments[i]), ws...)
	}
	return ws
}

// namesPersonsKey tells whether a name is made of a word for a person in a part and a word for a key: author_id.
func namesPersonsKey(ws []string) bool {
	n := len(ws) - 1
	return n > 0 && slices.Contains(keyWords, ws[n]) && (anyWord(ws[:n], ownerWords) || anyWord(ws[:n], otherWords) || n > 1 && ws[n-1] == "by")
}

// calls weighs a name that says nothing but the parent's dataset, or the last words of its name, and that it is a key: schueler_nr of tbl_schueler,
// list_id of newsletter_lists.
func calls(child []string, p *Look, table []string) float64 {
	if name := p.Node.Dataset.Ref.Dataset; strings.Contains(name, ".") {
		table = words(name[strings.LastIndexByte(name, '.')+1:])
	}
	if !inflects(child, table) {
		return 0
	}
	a, b := bare(child), bare(table)
	if len(a) == 0 || len(a) > len(b) {
		return 0
	}
	for i, w := range b[len(b)-len(a):] {
		if !inflected(a[i], w) && !(len(a) == len(child) && inflected(strings.TrimPrefix(a[i], "id"), w)) {
			return 0
		}
	}
	switch {
	case len(a) < len(b):
		return 7 + float64(len(a))
	case len(a) == len(child) && ints(p) && slices.Equal(a, b) && singular(a[len(a)-1]) != a[len(a)-1]:
		return 4 // several of them in a number: a set of flags, a count
	}
	return 11
}

// bare leaves out the words that say only that something is a key or a table.
func bare(ws []string) []string { return slices.DeleteFunc(slices.Clone(ws), plain) }

func plain(w string) bool { return slices.Contains(keyWords, w) || slices.Contains(tableWords, w) }

// inflects tells whether a child's name can end as a dataset's does, before more is done about it: nearly none does.
func inflects(child, table []string) bool {
	for i := len(child) - 1; i >= 0; i-- {
		if plain(child[i]) {
			continue
		}
		for k := len(table) - 1; k >= 0; k-- {
			if !plain(table[k]) {
				return inflected(child[i], table[k]) || inflected(strings.TrimPrefix(child[i], "id"), table[k])
			}
		}
		return false
	}
	return false
}

// inflected tells whether a word is another one, or its plural.
func inflected(a, b string) bool {
	return singular(a) == singular(b) || len(a) >= 3 && slices.Contains(plurals, strings.TrimPrefix(b, a)) || latin(a, b)
}
