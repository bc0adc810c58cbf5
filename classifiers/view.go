package classifiers

import (
	"slices"
	"strings"

	"vestige/pii"
)

// view is what the fields of a dataset say together: read once, since each of them is weighed with it.
type view struct {
	of      *pii.Dataset
	fields  int
	kind    tableKind
	ledger  bool
	cared   bool            // somebody is treated: patients and doctors are named
	first   map[string]int  // how many names begin with a word
	letters map[string]int  // and with two letters, where no sign follows
	glued   map[string]glue // how many names are a beginning and a word: restrasse, replz, reort
	words   map[string]bool // of all names
}

// viewOf gives the view of a dataset; the last one is kept.
func (l *lexicon) viewOf(d *pii.Dataset) *view {
	if v := l.last.Load(); v != nil && v.of == d && v.fields == len(d.Fields) {
		return v
	}
	v := &view{of: d, fields: len(d.Fields), kind: siblings(d), ledger: ledger(d), cared: cared(d.Ref.Dataset), words: map[string]bool{}, first: map[string]int{}, letters: map[string]int{}, glued: map[string]glue{}}
	for _, w := range Tokens(d.Ref.Dataset) {
		v.words[w] = true
	}
	for i := range d.Fields {
		ws := Tokens(d.Fields[i].Name)
		for _, w := range ws {
			v.words[w] = true
		}
		if n := len(ws); n > 1 && ws[n-1] == "name" {
			v.words[ws[n-2]+" name"] = true
		}
		w := firstWord(d.Fields[i].Name)
		v.first[w]++
		v.cared = v.cared || cared(w)
		v.glue(w)
		if len(w) >= 2 {
			v.letters[w[:2]]++
		}
	}
	l.last.Store(v)
	return v
}

// placed tells whether places stand beside a field.
func (v *view) placed() bool {
	w := v.words
	return (w["city"] || w["postcode"] || w["street"] || w["address"] || w["country"])
}

// elected tells whether a table is of those who stand for election.
func (v *view) elected() bool {
	w := v.words
	return w["votes"] || w["vote"] || w["senate"] || w["senator"] || w["candidate"] || w["constituency"] || w["election"] || w["elected"] || w["elections"] || w["parliament"] || w["congress"] || w["incumbent"] || w["seat"]
}

// goods tells whether goods stand beside a field.
func (v *view) goods() bool {
	w := v.words
	return w["product"] || w["price"] || w["color"] || w["sku"] || w["brand"]
}

// cared tells whether a name has a word for those who are treated.
func cared(name string) bool {
	return slices.ContainsFunc(Tokens(name), func(w string) bool { return w == "patient" || w == "doctor" || w == "diagnosis" || w == "hospital" })
}

// bare leaves out what stands before nearly every field of the dataset: OXFNAME, mb_name, z01_v_nome.
func (l *lexicon) bare(ctx *Context, raw []string) []string {
	d := ctx.Dataset
	if d == nil || len(d.Fields) < 5 || len(raw) == 0 || ctx.Field.Path != "" {
		return raw
	}
	v, n, first := l.viewOf(d), len(d.Fields), raw[0]
	with := v.first[first]
	switch {
	case len(raw) > 1 && with*10 >= n*9 && tableWords[oneWord(first)] != people && oneWord(first) != "address",
		len(raw) > 1 && with*3 >= n*2 && !vocabularyHas(first):
		return bareLetters(raw[1:])
	case len(first) > 4 && !vocabularyHas(first) && v.letters[first[:2]]*10 >= n*9:
		if rest := first[2:]; vocabularyHas(rest) || len(canon(rest)) > 1 || canon(rest)[0] != rest {
			return append([]string{rest}, raw[1:]...)
		}
	case v.beginning(first) > 0:
		return append([]string{first[v.beginning(first):]}, raw[1:]...)
	}
	return raw
}

// glue is how many names a beginning leaves a word of, and whether one of those is for how to reach somebody: of others alone nothing follows, as of
// natcity, natcrime, natrace.
type glue struct {
	names   int
	reached bool
}

// glue counts the beginnings that leave a word.
func (v *view) glue(w string) {
	if !ascii(w) || noise[w] || meant(w) {
		return
	}
	for n := 2; n <= 5 && n+3 <= len(w); n++ {
		if meant(w[n:]) && !meant(w[:n]) {
			g, c := v.glued[w[:n]], canon(w[n:])
			g.names++
			g.reached = g.reached || reachWords[c[0]] || personWords[c[0]] || c[0] == "street" || c[0] == "postcode" || c[0] == "name"
			v.glued[w[:n]] = g
		}
	}
}

// beginning gives the length of what stands before the words of three fields and means nothing.
func (v *view) beginning(w string) int {
	if !ascii(w) || noise[w] || meant(w) {
		return 0
	}
	for n := min(5, len(w)-3); n >= 2; n-- {
		if g := v.glued[w[:n]]; g.names >= 3 && g.reached && meant(w[n:]) {
			return n
		}
	}
	return 0
}

// meant tells whether a word, or one that is put together, is known and says something.
func meant(w string) bool {
	c := canon(w)
	return len(c) > 1 || len(c) == 1 && (c[0] != w || canonical().one[w] != "")
}

// bareLetters leaves out the single letters that some put before a name for its type: z01_v_nome.
func bareLetters(raw []string) []string {
	for len(raw) > 1 && len(raw[0]) == 1 {
		raw = raw[1:]
	}
	return raw
}

// firstWord gives the first word of a name as split does, without splitting the rest.
func firstWord(name string) string {
	if i := strings.IndexAny(name, "_. "); i > 0 {
		name = name[:i]
	}
	if w := split(name); len(w) > 0 {
		return w[0]
	}
	return ""
}

func vocabularyHas(w string) bool {
	_, ok := canonical().one[w]
	return ok || noise[w]
}

func oneWord(w string) string {
	if c := canon(w); len(c) == 1 {
		return c[0]
	}
	return w
}
