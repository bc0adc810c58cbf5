package classifiers

import (
	_ "embed"
	"slices"
	"strings"
	"sync"
	"unicode"
)

//go:embed lexicon.txt
var lexiconText string

//go:embed conventions.txt
var conventionsText string

//go:embed words.txt
var wordsText string

// vocabulary is what the words of names mean.
type vocabulary struct {
	one      map[string]string // of one word
	some     map[string]string // of up to four, joined by _
	parts    map[string]string // words that a compound may be taken apart into
	headed   map[string]bool   // words of languages that put the head first: correo_cliente is the customer's e-mail
	mostSome int
}

// canonical reads the lists; where a word stands twice the first counts.
var canonical = sync.OnceValue(func() *vocabulary {
	v := &vocabulary{one: map[string]string{}, some: map[string]string{}, parts: map[string]string{}, headed: map[string]bool{}, mostSome: 4}
	v.read(lexiconText, true)
	v.read(wordsText, false)
	v.read(conventionsText, false)
	return v
})

func (v *vocabulary) read(text string, base bool) {
	for l := range strings.Lines(text) {
		head, rest, ok := strings.Cut(strings.TrimSpace(l), ":")
		if !ok || strings.HasPrefix(l, "#") {
			continue
		}
		v.add(head, head, base, false)
		head = v.one[head] // the lists of one language may be of a word that another list explains: income is a salary
		first, second, _ := strings.Cut(rest, "|")
		for i, list := range []string{first, second} {
			for _, w := range strings.Fields(list) {
				v.add(w, head, base, i == 1)
			}
		}
	}
}

// add has a word mean another; accents are left out, and where a language writes ä or ö plain, that spelling counts as well.
func (v *vocabulary) add(w, head string, base, headed bool) {
	if strings.HasSuffix(w, "_") {
		if base {
			v.one[w] = head
		}
		return
	}
	for _, spelling := range spellings(w) {
		m := v.one
		if strings.Contains(spelling, "_") && spelling != head {
			m = v.some
			if joined := strings.ReplaceAll(spelling, "_", ""); len(joined) >= 6 {
				v.put(v.one, joined, head, headed)
			}
		}
		if v.put(m, spelling, head, headed) && (base || len(spelling) >= 4) && spelling[0] < 0x80 {
			v.parts[spelling] = head
		}
	}
}

func (v *vocabulary) put(m map[string]string, w, head string, headed bool) bool {
	if _, taken := m[w]; taken {
		return false
	}
	m[w] = head
	if headed {
		v.headed[w] = true
	}
	return true
}

func spellings(w string) []string {
	var long, short strings.Builder
	for _, r := range w {
		r = unicode.ToLower(r)
		long.WriteString(plain(r))
		if i := strings.IndexRune("äöüåæø", r); i >= 0 {
			short.WriteByte("aouaao"[len([]rune("äöüåæø"[:i]))])
			continue
		}
		short.WriteString(plain(r))
	}
	if long.String() == short.String() {
		return []string{long.String()}
	}
	return []string{long.String(), short.String()}
}

// noise is words that say nothing: articles, prefixes of tables and columns, states of a copy.
var noise = wordSet("the of de von der die das des dem den and und a an my your t tbl tab fld f fk col c z zz x y xx tmp temp new neu old backup bak copy kopie current aktuell aktuelle dim fact stg raw src public dbo v1 v2 v3 vw v data daten feld field column spalte attr attribute prop x2 info infos record entry list liste primary secondary private work home main former previous orig original default usual own other additional txt val legacy alt altes alte alter privat dienstlich geschaeftlich zuhause haupt neben zweite old_ neue neuer corporativo corporativa pessoal profesional profissional professionnel professionnelle residencial institucional empresarial particular laboral alternativo alternativa secundario secundaria secondaire aziendale prywatny sluzbowy")

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
	out, _ := tokens(split(name))
	return out
}

// tokens gives the canonical words; turned tells that they stand in the order of the language and were turned round, so that the head is last.
func tokens(raw []string) (out []string, turned bool) {
	v := canonical()
	raw = headLast(v, raw)
	first, last := false, false // whether the first or the last word is of a language that puts the head first
	for i := 0; i < len(raw); {
		n, words := 1, []string(nil)
		for k := min(v.mostSome, len(raw)-i); k > 1; k-- {
			key := strings.Join(raw[i:i+k], "_")
			if c, ok := v.some[key]; ok {
				n, words, last = k, expand(c), v.headed[key]
				break
			}
		}
		if words == nil {
			words, last = canon(raw[i]), v.headed[raw[i]] || noiseOf(raw[i]) && last
		}
		first = first || last && len(out) == 0
		out = append(out, words...)
		i += n
	}
	if turned = len(out) > 1 && (last || first && v.one[raw[len(raw)-1]] == ""); turned {
		slices.Reverse(out)
		for i := 0; i+1 < len(out); i++ { // first and last name keep their order
			if out[i] == "name" && (out[i+1] == "first" || out[i+1] == "last") {
				out[i], out[i+1] = out[i+1], out[i]
			}
		}
	}
	return out, turned
}

// headLast turns "country of athlete" into "athlete country", and leaves what is of no weight behind "age at" and "years in".
func headLast(v *vocabulary, raw []string) []string {
	for i := 1; i+1 < len(raw); i++ {
		if _, one := v.some[strings.Join(raw[i-1:i+2], "_")]; raw[i] == "of" && !one {
			return append(slices.Clone(raw[i+1:]), raw[:i]...)
		}
	}
	if len(raw) > 2 && raw[0] == "age" && raw[1] == "at" {
		return raw[:1]
	}
	return raw
}

func noiseOf(w string) bool { return noise[w] }

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
		case r == '4' && b.Len() == 0 && len(out) > 0 && out[len(out)-1] == "last": // last_4
			out[len(out)-1] = "last4"
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
	return w == "sha" || w == "sha2" || w == "sha25" || w == "sha5" || w == "sha51" || w == "md" || w == "ipv" || w == "last"
}

// plain writes a letter without accents.
func plain(r rune) string {
	if r < 0x80 {
		return string(r)
	}
	if p, ok := plainOf[r]; ok {
		return p
	}
	return string(r)
}

var plainOf = func() map[rune]string {
	m := map[rune]string{'ä': "ae", 'æ': "ae", 'ö': "oe", 'ø': "oe", 'œ': "oe", 'ü': "ue", 'ß': "ss", 'å': "a", 'đ': "d", 'ð': "d", 'þ': "th"}
	for plain, letters := range map[string]string{
		"a": "áàâãāăąạảấầẩẫậắằẳẵặ", "c": "çćčĉċ", "d": "ď", "e": "éèêëēĕėęěẹẻẽếềểễệ", "g": "ğĝġģ", "h": "ĥħ", "i": "íìîïĩīĭįıịỉ", "j": "ĵ", "k": "ķ",
		"l": "łĺļľŀ", "n": "ñńņňŋ", "o": "óòôõōŏőọỏốồổỗộớờởỡợơ", "r": "ŕŗř", "s": "śŝşšșſ", "t": "ţťŧț", "u": "úùûũūŭůűųụủứừửữựư", "w": "ŵ", "y": "ýÿŷỳỵỷỹ", "z": "źżž",
		"α": "ά", "ε": "έ", "η": "ή", "ι": "ίϊ", "ο": "ό", "υ": "ύϋ", "ω": "ώ", "е": "ё", "и": "й",
	} {
		for _, r := range letters {
			m[r] = plain
		}
	}
	return m
}()

// canon gives the canonical words of one word.
func canon(w string) []string {
	v := canonical()
	if c, ok := v.one[w]; ok {
		return expand(c)
	}
	if noise[w] {
		return nil
	}
	if one, ok := strings.CutSuffix(w, "s"); ok && len(one) > 3 {
		if c, ok := v.one[one]; ok {
			return expand(c)
		}
	}
	if one := v.singular(w); one != "" {
		return expand(v.one[one])
	}
	if parts := compound(w, v.parts, 0); parts != nil {
		var out []string
		for _, p := range parts {
			out = append(out, expand(p)...)
		}
		return out
	}
	return []string{w}
}

// singular gives the known word whose plural a word of a language that puts the head first may be: ciudades, clienti.
func (v *vocabulary) singular(w string) string {
	for _, p := range [...][2]string{{"es", ""}, {"i", "e"}, {"i", "o"}, {"e", "a"}} {
		stem, ok := strings.CutSuffix(w, p[0])
		if one := stem + p[1]; ok && len(stem) > 3 && v.headed[one] {
			return one
		}
	}
	return ""
}

// expand makes words that stand for two.
func expand(c string) []string {
	switch c {
	case "firstname":
		return []string{"first", "name"}
	case "lastname":
		return []string{"last", "name"}
	case "middlename":
		return []string{"middle", "name"}
	case "housenumber":
		return []string{"house", "number"}
	case "bankaccount":
		return []string{"bank", "account"}
	case "schoolgrade":
		return []string{"school", "grade"}
	case "civilstatus":
		return []string{"marital", "status"}
	case "agent_":
		return []string{"user", "employee"}
	case "state_region":
		return []string{"province"}
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
