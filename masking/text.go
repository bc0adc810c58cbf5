package masking

import (
	"bytes"
	"encoding/base64"
	"net/url"
	"regexp"
	"slices"
	"unicode/utf8"

	"vestige/classifiers"
	"vestige/forms"
	"vestige/internal/doc"
	"vestige/pii"
)

// stretch is a piece of a text that is replaced.
type stretch struct {
	start, end int
	made       []byte
}

// redact replaces, in a text, everything that the classifiers find and everything that is known from the source's fields, each by what is put in its
// place elsewhere. all tells that dates and long numbers are replaced too, since the text is one about people.
func (m *maker) redact(v []byte, all bool) (out []byte, found int) {
	if len(v) == 0 {
		return v, 0
	}
	if doc.Valid(v) {
		return m.redactDocument(v, all)
	}
	var list []stretch
	add := func(start, end int, made []byte) { list = append(list, stretch{start, end, made}) }
	m.set.Text(v, func(k *classifiers.Classifier, h classifiers.Hit) {
		if k.Category.Personal() && (all || h.Flags&(classifiers.Checked|classifiers.Labelled) != 0 || k.Category == "contact.email") {
			add(h.Start, h.End, m.value(k.Category, v[h.Start:h.End], 0))
		}
	})
	m.knownWithin(v, add)
	m.tokens(v, all, add)
	if all && bytes.ContainsAny(v, "0123456789") {
		for _, g := range called.FindAllSubmatchIndex(v, -1) {
			add(g[2], g[3], m.code(v[g[2]:g[3]]))
		}
	}
	if len(list) == 0 {
		return v, 0
	}
	return m.replace(v, list), len(list)
}

// called finds short numbers beside a word that says whose or what they are.
var called = regexp.MustCompile(`(?i)(?:^|[^\pL])(?:number|no|nr|num|nummer|id|account|customer|client|user|member|order|invoice|ticket|kunde|kundin|konto|[a-zäöü]*nummer|bestellung|auftrag|rechnung|mitglied|cliente|pedido|factura|commande|facture|numéro|klant|klantnummer)\.?\s*[:#=]?\s*#?(\d{1,9})(?:[^\d.,]|[.,](?:\D|$)|$)`)

// replace makes the replacements; of two that overlap the longer one, and where they are equal the first.
func (m *maker) replace(v []byte, list []stretch) []byte {
	slices.SortStableFunc(list, func(a, b stretch) int {
		if a.start != b.start {
			return a.start - b.start
		}
		return b.end - a.end
	})
	out := make([]byte, 0, len(v))
	at := 0
	for i := 0; i < len(list); i++ {
		s := list[i]
		for i+1 < len(list) && list[i+1].start < s.end {
			i++
			if list[i].end > s.end { // they overlap in part: both are replaced as one text is
				s = stretch{s.start, list[i].end, m.words(v[s.start:list[i].end])}
			}
		}
		out = append(append(out, v[at:s.start]...), s.made...)
		at = s.end
	}
	return append(out, v[at:]...)
}

// knownWithin looks for names, and whole names and streets, word by word.
func (m *maker) knownWithin(v []byte, add func(start, end int, made []byte)) {
	ws := wordsOf(v)
	at := 0
	starts := make([]int, len(ws))
	for i, w := range ws {
		starts[i] = at + bytes.Index(v[at:], w)
		at = starts[i] + len(w)
	}
	for i := 0; i < len(ws); i++ {
		h := m.known.hash(fold(ws[i]))
		if n := m.phraseAt(ws[i:], h); n > 0 {
			end := starts[i+n-1] + len(ws[i+n-1])
			add(starts[i], end, m.words(v[starts[i]:end]))
			i += n - 1
			continue
		}
		if m.known.words[h] && (utf8.RuneCount(ws[i]) > 3 || !bytes.Equal(ws[i], fold(ws[i]))) {
			add(starts[i], starts[i]+len(ws[i]), m.word(ws[i]))
		}
	}
}

// phraseAt gives how many words the known phrase has that the words begin with.
func (m *maker) phraseAt(ws [][]byte, first uint64) int {
	for n := min(int(m.known.firsts[first]), len(ws)); n > 1; n-- {
		if _, ok := m.known.phrases[m.known.hash(joined(ws[:n]))]; ok {
			return n
		}
	}
	return 0
}

// tokens looks at what stands between spaces and quotes: known identifiers, dates, long numbers, and texts in percent or base64 encoding.
func (m *maker) tokens(v []byte, all bool, add func(start, end int, made []byte)) {
	for i := 0; i < len(v); {
		if separates(v[i]) {
			i++
			continue
		}
		j := i
		for j < len(v) && !separates(v[j]) {
			j++
		}
		m.token(v, i, j, all, add)
		i = j
	}
}

func separates(b byte) bool {
	switch b {
	case ' ', '\t', '\n', '\r', '"', '\'', '<', '>', '(', ')', '[', ']', '{', '}', ',', ';', '|', '=', '&', '?', '`':
		return true
	}
	return false
}

func (m *maker) token(v []byte, i, j int, all bool, add func(start, end int, made []byte)) {
	for i < j && bytes.IndexByte([]byte(".:!*#/"), v[i]) >= 0 {
		i++
	}
	for i < j && bytes.IndexByte([]byte(".:!*#/"), v[j-1]) >= 0 {
		j--
	}
	t := v[i:j]
	if len(t) < 4 {
		return
	}
	if made := m.knownToken(t); made != nil {
		add(i, j, made)
		return
	}
	if made := m.encoded(t, all); made != nil {
		add(i, j, made)
		return
	}
	if d, n := movedAt(t, -m.shift); n > 0 {
		birth := m.known.births[m.known.hash(first(forms.Normal("demographic.birth_date", t[:n])))]
		if birth {
			d = m.birth(t[:n])
		}
		if all || birth {
			add(i, i+n, d)
		}
		return
	}
	for _, part := range m.parts(t) { // what a path, an address or a compound is made of
		if made := m.knownToken(t[part[0]:part[1]]); made != nil {
			add(i+part[0], i+part[1], made)
		} else if all && long(t[part[0]:part[1]]) {
			add(i+part[0], i+part[1], m.code(t[part[0]:part[1]]))
		}
	}
}

func first(b []byte, _ bool) []byte { return b }

// long tells whether a part of a text is a number of five digits or more, or an identifier of a machine.
func long(t []byte) bool {
	for _, b := range t {
		if !classifiers.IsDigit(b) {
			return len(t) >= 16 && opaque(t)
		}
	}
	return len(t) >= 5
}

// parts cuts a token at what joins words in paths and the like.
func (m *maker) parts(t []byte) (out [][2]int) {
	start := 0
	for i := 0; i <= len(t); i++ {
		if i < len(t) && t[i] != '/' && t[i] != ':' && t[i] != '_' && t[i] != '\\' && t[i] != '~' {
			continue
		}
		if i-start >= 4 {
			out = append(out, [2]int{start, i})
		}
		start = i + 1
	}
	return out
}

// knownToken masks a token that is a known identifier, or the digest of one.
func (m *maker) knownToken(t []byte) []byte {
	if !bytes.ContainsAny(t, "@0123456789%") {
		return nil
	}
	for _, c := range []pii.Category{"contact.email", "contact.phone", "finance.iban", "online.device_id", "online.ip", "identity.number"} {
		normal, _ := forms.Normal(c, t)
		if len(normal) < 5 {
			continue
		}
		if is, ok := m.known.values[m.known.hash(normal)]; ok {
			return m.value(is, t, 0)
		}
	}
	if len(m.known.digests) > 0 && len(t) >= 32 {
		if _, raw, ok := forms.FromDigest(t); ok {
			if _, ok := m.known.digests[m.known.hash(raw)]; ok {
				return m.digest("contact.email", t)
			}
		}
	}
	return nil
}

// encoded redacts what a token holds in percent encoding or base64; nil where it holds nothing.
func (m *maker) encoded(t []byte, all bool) []byte {
	if bytes.IndexByte(t, '%') >= 0 {
		if plain, err := url.QueryUnescape(string(t)); err == nil && plain != string(t) {
			if out, n := m.redact([]byte(plain), all); n > 0 {
				return []byte(url.QueryEscape(string(out)))
			}
		}
	}
	if len(t) < 8 || opaque(t) {
		return nil
	}
	for _, enc := range []*base64.Encoding{base64.StdEncoding, base64.RawStdEncoding, base64.URLEncoding, base64.RawURLEncoding} {
		plain, err := enc.DecodeString(string(t))
		if err != nil || !printable(plain) {
			continue
		}
		if out, n := m.redact(plain, all); n > 0 {
			return []byte(enc.EncodeToString(out))
		}
	}
	return nil
}

func printable(b []byte) bool {
	if len(b) < 4 || !utf8.Valid(b) {
		return false
	}
	for _, c := range b {
		if c < ' ' && c != '\n' && c != '\t' && c != '\r' {
			return false
		}
	}
	return true
}

// redactDocument redacts the strings of a JSON document, and leaves its form.
func (m *maker) redactDocument(v []byte, all bool) ([]byte, int) {
	found := 0
	out, err := m.document(v, func(l doc.Leaf) []byte {
		if l.Kind != doc.String && l.Kind != doc.Member {
			return nil
		}
		made, n := m.redact(l.Value, all)
		found += n
		if n == 0 {
			return nil
		}
		return made
	})
	if err != nil {
		return m.gone(v), 1
	}
	return out, found
}

// document writes a JSON document with the leaves that see gives in place of those it was asked of; nil leaves one.
func (m *maker) document(v []byte, see func(doc.Leaf) []byte) ([]byte, error) {
	var list []stretch
	err := doc.Walk(v, func(l doc.Leaf) bool {
		if l.Kind == doc.Null || l.Kind == doc.Bool {
			return true
		}
		made := see(l)
		if made == nil || bytes.Equal(made, l.Value) {
			return true
		}
		list = append(list, stretch{l.Start, l.End, doc.Encode(l.Kind, made)})
		return true
	})
	if err != nil {
		return nil, err
	}
	slices.SortFunc(list, func(a, b stretch) int { return a.start - b.start })
	out := make([]byte, 0, len(v)+16)
	at := 0
	for _, s := range list {
		out = append(append(out, v[at:s.start]...), s.made...)
		at = s.end
	}
	return append(out, v[at:]...), nil
}
