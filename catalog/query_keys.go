package catalog

import (
	"slices"
	"strconv"
	"strings"

	"vestige/pii"
)

// Key is one key of the query language, for the help of those who write queries.
type Key struct {
	Name    string   `json:"name"`
	Doc     string   `json:"doc"`
	Values  []string `json:"values,omitempty"` // all there are, where they are few
	Ordered bool     `json:"ordered,omitempty"`
	Stars   bool     `json:"stars,omitempty"` // takes a * behind two letters or more
}

// Keys gives the keys that queries know.
func Keys() []Key {
	return []Key{
		{Name: "is", Doc: "what counts: pii is proposed, deferred or accepted; unmapped is proposed without a decision; an island is a dataset of personal data that no identifier leads to",
			Values: []string{"pii", "unmapped", "proposed", "deferred", "decided", "accepted", "rejected", "clean", "unexamined", "reopened",
				"identifier", "gone", "field", "dataset", "island"}},
		{Name: "category", Doc: "a category and everything under it, by segment"},
		{Name: "source", Doc: "the name of a source", Stars: true},
		{Name: "schema", Doc: "the schema of a dataset's name", Stars: true},
		{Name: "dataset", Doc: "a dataset's name, or a word of it", Stars: true},
		{Name: "field", Doc: "a field's name, or a word of it", Stars: true},
		{Name: "name", Doc: "the whole name of a field, or of a dataset where is:dataset is asked for", Stars: true},
		{Name: "owner", Doc: "who answers for a dataset with all its fields, or for a field: words of the name", Stars: true},
		{Name: "type", Doc: "the type of a field",
			Values: []string{"text", "int", "float", "bool", "time", "bytes", "json", "any"}},
		{Name: "kind", Doc: "what the source keeps the dataset in", Values: []string{"table", "view", "index", "objects"}},
		{Name: "conf", Doc: "confidence, 0 to 1", Ordered: true},
		{Name: "sensitivity", Doc: "1 low to 4 very high", Ordered: true},
		{Name: "article9", Doc: "special category of personal data", Values: []string{"true", "false"}},
	}
}

// check refuses what no key understands, with the place.
func (t *term) check() error {
	if t.key == "" {
		return t.checkStar()
	}
	keys := Keys()
	i := slices.IndexFunc(keys, func(k Key) bool { return k.Name == t.key })
	if i < 0 {
		names := make([]string, len(keys))
		for i, k := range keys {
			names[i] = k.Name
		}
		return errQuery(t.at, "no key is named %q; there are %s", clip(t.key), strings.Join(names, ", "))
	}
	k := keys[i]
	switch {
	case t.op != "" && t.op != "=" && !k.Ordered:
		return errQuery(t.at, "%s: has no order to compare by", t.key)
	case k.Values != nil && !slices.Contains(k.Values, strings.ToLower(t.value)):
		return errQuery(t.at, "%s: takes one of %s", t.key, strings.Join(k.Values, ", "))
	case k.Ordered:
		return t.checkNumber()
	case k.Stars:
		return t.checkStar()
	case strings.Contains(t.value, "*"):
		return errQuery(t.at, "%s: takes no wildcard; a category covers what is under it", t.key)
	}
	t.value = strings.ToLower(t.value)
	return nil
}

func (t *term) checkNumber() error {
	v, err := strconv.ParseFloat(t.value, 64)
	most, what := 1.0, "a number from 0 to 1"
	if t.key == "sensitivity" {
		most, what = 4, "a number from 0 to 4"
	}
	if err != nil || !(v >= 0 && v <= most) {
		return errQuery(t.at, "%s: takes %s", t.key, what)
	}
	return nil
}

// checkStar takes a wildcard only behind two letters: one that could match everything would read the whole index.
func (t *term) checkStar() error {
	t.value = strings.ToLower(t.value)
	i := strings.IndexByte(t.value, '*')
	if i < 0 {
		return nil
	}
	if len([]rune(t.value[:i])) < 2 {
		return errQuery(t.at, "a wildcard needs at least two letters before it")
	}
	if strings.Count(t.value, "*") > 3 {
		return errQuery(t.at, "a value has at most three wildcards")
	}
	t.star = true
	return nil
}

// clip shortens what a person typed before it is repeated to her.
func clip(s string) string {
	if r := []rune(s); len(r) > 24 {
		return string(r[:24]) + "…"
	}
	return s
}

// knownCategory tells whether the taxonomy has the category or something under it.
func knownCategory(name string) bool {
	for _, i := range pii.Categories() {
		if pii.Category(name).Covers(i.Category) {
			return true
		}
	}
	return false
}

// suggestCategory gives "; did you mean …?" for a name that no category has, where one is near.
func suggestCategory(name string) string {
	if s := nearCategory(name); s != "" {
		return "; did you mean " + s + "?"
	}
	return ""
}

func nearCategory(name string) string {
	name = strings.ToLower(name)
	var all []string
	for _, i := range pii.Categories() {
		c := string(i.Category)
		if last := c[strings.LastIndexByte(c, '.')+1:]; last == name {
			return c
		}
		all = append(all, c)
	}
	for _, c := range all {
		if slices.Contains(strings.FieldsFunc(c, func(r rune) bool { return r == '.' || r == '_' }), name) {
			return c
		}
	}
	heads := map[string]string{}
	for _, c := range all {
		head, last, _ := strings.Cut(c, ".")
		heads[c], heads[head] = c, head
		if _, taken := heads[last]; !taken {
			heads[last] = c
		}
	}
	return heads[nearest(name, heads)]
}

// nearest gives the key that differs from name in the fewest letters, at most a third of them.
func nearest[V any](name string, among map[string]V) string {
	best, least := "", len(name)/3+1
	for s := range among {
		if d := distance(name, s, least); d < least || d == least && best != "" && s < best {
			best, least = s, d
		}
	}
	return best
}

// distance counts the letters to insert, drop or replace, and gives up above most.
func distance(a, b string, most int) int {
	x, y := []rune(a), []rune(b)
	if len(x)-len(y) > most || len(y)-len(x) > most {
		return most + 1
	}
	row := make([]int, len(y)+1)
	for j := range row {
		row[j] = j
	}
	for i := range x {
		last := row[0]
		row[0] = i + 1
		for j := range y {
			cost := last
			if x[i] != y[j] {
				cost++
			}
			last = row[j+1]
			row[j+1] = min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(y)]
}
