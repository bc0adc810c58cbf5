package classifiers

import (
	_ "embed"
	"strings"
	"sync"
	"unicode"
)

//go:embed lexicon.txt
var lexiconText string

// words maps a word to its canonical one.
var canonical = sync.OnceValue(func() map[string]string {
	m := map[string]string{}
	for l := range strings.Lines(lexiconText) {
		head, rest, ok := strings.Cut(l, ":")
		if !ok || strings.HasPrefix(l, "#") {
			continue
		}
		m[head] = head
		for _, w := range strings.Fields(rest) {
			if _, taken := m[w]; !taken {
				m[w] = head
			}
		}
	}
	return m
})

// noise is words that say nothing: articles, prefixes of tables and columns, states of a copy.
var noise = wordSet("the of de von der die das des dem den and und a an my your t tbl tab fld f fk col c z zz x xx tmp temp new neu old backup bak copy kopie current aktuell aktuelle dim fact stg raw src public dbo v1 v2 v3 vw v data daten feld field column spalte attr attribute prop x2 info infos record entry list liste primary secondary private work home main former previous orig original default usual own other additional txt val legacy alt altes alte alter privat dienstlich geschaeftlich zuhause haupt neben zweite old_ neue neuer")

func wordSet(list string) map[string]bool {
	m := map[string]bool{}
	for _, w := range strings.Fields(list) {
		m[w] = true
	}
	return m
}

// Tokens splits the name of a field or table into canonical words: by camel case, signs and digits, lower-cased, without accents,
// German compounds and words written together taken apart. Digits and words that say nothing are left out.
func Tokens(name string) []string {
	var out []string
	for _, w := range split(name) {
		out = append(out, canon(w)...)
	}
	return out
}

// split cuts a name into lower-case words.
func split(name string) (out []string) {
	var b strings.Builder
	flush := func() {
		if b.Len() > 0 {
			out = append(out, b.String())
			b.Reset()
		}
	}
	rs := []rune(name)
	for i, r := range rs {
		switch {
		case unicode.IsLetter(r):
			if i > 0 && unicode.IsUpper(r) && b.Len() > 0 &&
				(unicode.IsLower(rs[i-1]) || (i+1 < len(rs) && unicode.IsLower(rs[i+1]) && unicode.IsUpper(rs[i-1]))) {
				flush()
			}
			b.WriteString(plain(unicode.ToLower(r)))
		case unicode.IsDigit(r) && joined(b.String()):
			b.WriteRune(r)
		case unicode.Is(unicode.Mn, r):
		default:
			flush()
		}
	}
	flush()
	return out
}

// joined tells whether a digit behind these letters belongs to the word.
func joined(w string) bool {
	return w == "sha" || w == "sha2" || w == "sha25" || w == "sha5" || w == "sha51" || w == "md" || w == "ipv"
}

// plain writes a letter without accents.
func plain(r rune) string {
	switch r {
	case 'ä', 'æ':
		return "ae"
	case 'ö', 'ø', 'œ':
		return "oe"
	case 'ü':
		return "ue"
	case 'ß':
		return "ss"
	}
	if i := strings.IndexRune("áàâãåéèêëíìîïóòôõúùûñçýÿ", r); i >= 0 {
		return string("aaaaaeeeeiiiioooouuuncyy"[len([]rune("áàâãåéèêëíìîïóòôõúùûñçýÿ"[:i]))])
	}
	return string(r)
}

// canon gives the canonical words of one word.
func canon(w string) []string {
	m := canonical()
	if c, ok := m[w]; ok {
		return expand(c)
	}
	if noise[w] {
		return nil
	}
	if one, ok := strings.CutSuffix(w, "s"); ok && len(one) > 3 {
		if c, ok := m[one]; ok {
			return expand(c)
		}
	}
	if parts := compound(w, m, 0); parts != nil {
		var out []string
		for _, p := range parts {
			out = append(out, expand(p)...)
		}
		return out
	}
	return []string{w}
}

// expand makes words that stand for two.
func expand(c string) []string {
	switch c {
	case "firstname":
		return []string{"first", "name"}
	case "lastname":
		return []string{"last", "name"}
	case "fullname":
		return []string{"fullname"}
	case "agent_":
		return []string{"user", "employee"}
	case "state_region":
		return []string{"region"}
	}
	return []string{c}
}

// compound takes a word apart into at most four known ones that cover it, the longest first; German links (s, n, en, es) may stand between.
func compound(w string, m map[string]string, depth int) []string {
	if depth == 4 {
		return nil
	}
	for n := len(w); n >= 2; n-- {
		c, ok := m[w[:n]]
		if !ok || (n == 2 && len(w) > n && depth == 0 && !short[w[:n]]) {
			continue
		}
		if n == len(w) {
			if n == 2 && !short[w] {
				continue
			}
			return []string{c}
		}
		for _, link := range [...]string{"", "s", "n", "en", "es"} {
			rest, ok := strings.CutPrefix(w[n:], link)
			if !ok || len(rest) < 2 {
				continue
			}
			if more := compound(rest, m, depth+1); more != nil {
				return append([]string{c}, more...)
			}
		}
	}
	return nil
}

// short are the words of two letters that may be part of a compound.
var short = wordSet("nr no id ip kd")
