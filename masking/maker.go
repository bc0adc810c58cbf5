package masking

import (
	"bytes"
	"encoding/base64"
	"math"
	"net/netip"
	"strconv"
	"strings"
	"unicode"

	"vestige/classifiers"
	"vestige/forms"
	"vestige/pii"
)

// maker makes masked values. The same value of the same category gives the same result wherever it stands, in whatever spelling.
type maker struct {
	*shuffler
	known    *known
	set      *classifiers.Set
	shift    int // days that events are moved back
	checks   map[pii.Category][]*classifiers.Classifier
	digested map[pii.Category]bool // kinds of which digests stand somewhere
}

func newMaker(key []byte, set *classifiers.Set) *maker {
	s := newShuffler(key)
	m := &maker{shuffler: s, known: newKnown(s), set: set, checks: map[pii.Category][]*classifiers.Classifier{}}
	m.shift = 7 * (8 + int(s.number("shift", nil)%40)) // whole weeks, so that days of the week stay
	for _, c := range set.All() {
		m.checks[c.Category] = append(m.checks[c.Category], c)
	}
	return m
}

// Maker makes masked values by themselves, outside of a run.
type Maker struct{ m *maker }

// NewMaker makes a Maker under a key.
func NewMaker(key []byte, set *classifiers.Set) *Maker { return &Maker{newMaker(key, set)} }

// Learn takes in a value of somebody, so that it is found in texts and never made for anybody else.
func (k *Maker) Learn(c pii.Category, v []byte) { k.m.known.add(c, v, true) }

// Value masks a value of a category; room is the longest that fits, 0 for no limit.
func (k *Maker) Value(c pii.Category, v []byte, room int) []byte { return k.m.value(c, v, room) }

// Text replaces what stands of people in a text or JSON document.
func (k *Maker) Text(v []byte) []byte {
	out, _ := k.m.redact(v, true)
	return out
}

// value masks a value of a category. room is the longest that fits, 0 for no limit.
func (m *maker) value(c pii.Category, v []byte, room int) []byte {
	if len(bytes.TrimSpace(v)) == 0 {
		return v
	}
	at := bytes.IndexByte(v, '@')
	switch {
	case c == "contact.email" && at < 0 && room == 0 && !hasDigit(v):
		return m.words(v) // a name in a field of addresses is masked as the name is elsewhere
	case c == "contact.email", at > 0 && wordlike(c) && bytes.IndexByte(v[at:], '.') > 0 && bytes.IndexByte(v, ' ') < 0:
		return m.email(v, room)
	case c == "contact.phone":
		return m.phone(v)
	case wordlike(c):
		return m.words(v)
	case c == "contact.postcode":
		return m.text("postcode", v, codeForm)
	case c == "demographic.birth_date":
		return m.birth(v)
	case c == "finance.iban":
		return m.iban(v)
	case c == "online.ip":
		return m.address(v)
	case c == "online.mac", c == "online.device_id", c == "online.cookie_id":
		return m.opaque(v)
	case c == "online.url":
		return m.url(v)
	case c == "online.user_agent":
		return fit([]byte("Mozilla/5.0"), room)
	case c == "online.credential" || pii.Category("biometric").Covers(c) || pii.Category("genetic").Covers(c) || c == "identity.photo" || c == "identity.signature":
		return m.gone(v)
	case c == "location.coordinates":
		return m.place(v)
	case c == "employment.salary":
		return m.about(v)
	case c == "identity.username" && bytes.IndexByte(v, '@') > 0:
		return m.email(v, room)
	case m.checked(c):
		return m.official(c, v)
	}
	return m.code(v)
}

// wordlike tells whether values of a category are words.
func wordlike(c pii.Category) bool {
	switch c {
	case "identity.name", "identity.given_name", "identity.family_name", "contact.city", "contact.region", "contact.street", "contact.address", "demographic.birth_place", "none.organisation":
		return true
	}
	return false
}

func hasDigit(v []byte) bool { return bytes.ContainsAny(v, "0123456789") }

func fit(v []byte, room int) []byte {
	if room > 0 && len(v) > room {
		return v[:room]
	}
	return v
}

// code permutes a number or a code: whole numbers as keys are, so that a reference holds in whatever type it stands.
func (m *maker) code(v []byte) []byte {
	if out, ok := m.wholeText(v); ok {
		return out
	}
	if opaque(v) {
		return m.opaque(v)
	}
	return m.away(v, func(v []byte) []byte { return m.text("code", v, codeForm) })
}

// away makes a value anew until it is none that somebody in the source has.
func (m *maker) away(v []byte, f func([]byte) []byte) []byte {
	out := f(v)
	for range 4 {
		if _, taken := m.known.values[m.known.hash(out)]; !taken {
			break
		}
		out = f(out)
	}
	return out
}

// email makes an address of a reserved domain. Spellings that differ in case stay apart, and are equal without regard to it.
func (m *maker) email(v []byte, room int) []byte {
	normal, ok := forms.Normal("contact.email", v)
	if !ok || bytes.IndexByte(normal, '@') < 1 {
		return fit(m.text("code", v, codeForm), room)
	}
	domain, n := "@example.com", 12
	if room > 0 && room < n+len(domain) {
		domain = "@a.test"
		n = max(1, room-len(domain))
	}
	out := append(m.letters("email", normal, n), domain...)
	if lower := bytes.ToLower(v); !bytes.Equal(lower, v) {
		out[0] = byte(unicode.ToUpper(rune(out[0])))
		if bytes.Equal(bytes.ToUpper(v), v) {
			out = bytes.ToUpper(out)
		}
	}
	return fit(out, room)
}

// phone permutes the last seven digits, so that all spellings of a number stay spellings of one, and what stands between digits stays.
func (m *maker) phone(v []byte) []byte {
	var at []int
	for i, b := range v {
		if b >= '0' && b <= '9' {
			at = append(at, i)
		}
	}
	n := min(7, len(at))
	if n < 3 {
		return m.text("code", v, codeForm)
	}
	at = at[len(at)-n:]
	part := make([]byte, n)
	for i, k := range at {
		part[i] = v[k]
	}
	out := bytes.Clone(v)
	for range 4 {
		part = m.text("phone", part, digitsForm)
		for i, k := range at {
			out[k] = part[i]
		}
		if !m.known.has("contact.phone", out) {
			break
		}
	}
	return out
}

// words masks each word of a name, street or town by itself, so that a whole name is the sum of its parts in other fields.
func (m *maker) words(v []byte) []byte {
	ws := wordsOf(v)
	out := make([]byte, 0, len(v)+8)
	at := 0
	for _, w := range ws {
		i := at + bytes.Index(v[at:], w)
		out = append(append(out, v[at:i]...), m.word(w)...)
		at = i + len(w)
	}
	return append(out, v[at:]...)
}

func (m *maker) word(w []byte) []byte {
	if out, ok := m.wholeText(w); ok {
		return out
	}
	low := fold(w)
	if particles[string(low)] {
		return w
	}
	out := m.text("word", low, nameForm)
	for range 4 {
		if !m.known.words[m.known.hash(out)] {
			break
		}
		out = m.text("word", out, nameForm)
	}
	return recase(w, out)
}

// recase writes a word in capitals, or with one, as another is.
func recase(as, w []byte) []byte {
	switch {
	case bytes.Equal(as, bytes.ToLower(as)):
		return w
	case bytes.Equal(as, bytes.ToUpper(as)) && len(as) > 1:
		return bytes.ToUpper(w)
	}
	from, to := []rune(string(as)), []rune(string(w))
	for i := range to {
		if i < len(from) && unicode.IsUpper(from[i]) {
			to[i] = unicode.ToUpper(to[i])
		}
	}
	return []byte(string(to))
}

// birth moves a date of birth back by up to a year, each date by its own number of days.
func (m *maker) birth(v []byte) []byte {
	normal, ok := forms.Normal("demographic.birth_date", v)
	if !ok {
		return m.text("code", v, digitsForm)
	}
	days := 1 + int(m.number("birth", normal)%365)
	out, ok := moved(v, -days)
	for try := 0; ok && try < 40; try++ {
		if n, _ := forms.Normal("demographic.birth_date", out); !m.known.births[m.known.hash(n)] {
			break
		}
		days++
		out, ok = moved(v, -days)
	}
	if !ok {
		return m.text("code", v, digitsForm)
	}
	return out
}

// event moves a date or a moment back by the run's number of days; what is none stays.
func (m *maker) event(v []byte) ([]byte, bool) { return moved(v, -m.shift) }

// address makes an address of a range that is nobody's.
func (m *maker) address(v []byte) []byte {
	a, err := netip.ParseAddr(strings.Trim(string(v), "[]"))
	rest := ""
	if err != nil {
		if p, err := netip.ParsePrefix(string(v)); err == nil {
			a, rest = p.Addr(), "/"+strconv.Itoa(p.Bits())
		} else if ap, err := netip.ParseAddrPort(string(v)); err == nil {
			a, rest = ap.Addr(), ":"+strconv.Itoa(int(ap.Port()))
		} else {
			return m.text("code", v, digitsForm)
		}
	}
	seed := a.As16()
	d := m.mac("ip", seed[:])
	if a.Is4() || a.Is4In6() {
		return []byte(netip.AddrFrom4([4]byte{10, d[0], d[1], d[2]}).String() + rest)
	}
	d[0], d[1], d[2], d[3] = 0x20, 0x01, 0x0d, 0xb8
	return []byte(netip.AddrFrom16(d).String() + rest)
}

// opaque tells whether a value is hexadecimal as identifiers of machines are.
func opaque(v []byte) bool {
	digits, other := 0, 0
	for _, b := range v {
		switch {
		case b >= '0' && b <= '9' || b|0x20 >= 'a' && b|0x20 <= 'f':
			digits++
		case b == '-' || b == ':' || b == '{' || b == '}' || b == '.':
		default:
			other++
		}
	}
	return digits >= 12 && other == 0
}

func (m *maker) opaque(v []byte) []byte {
	if !opaque(v) {
		return m.away(v, func(v []byte) []byte { return m.text("code", v, codeForm) })
	}
	low := bytes.ToLower(v)
	out := m.text("hex", low, hexForm(false))
	if !bytes.Equal(low, v) {
		out = bytes.ToUpper(out)
	}
	return out
}

func (m *maker) url(v []byte) []byte {
	scheme, _, ok := bytes.Cut(v, []byte("://"))
	if !ok || len(scheme) > 8 {
		scheme = []byte("https")
	}
	return append(append(bytes.Clone(scheme), "://example.com/"...), m.letters("url", v, 12)...)
}

// gone makes something of the same form from which nothing of the value can be had back.
func (m *maker) gone(v []byte) []byte {
	out := make([]byte, len(v))
	seed := m.mac("gone", v)
	for i, b := range v {
		if i%16 == 0 {
			m.block.Encrypt(seed[:], seed[:])
		}
		switch r := seed[i%16]; {
		case b >= '0' && b <= '9':
			out[i] = '0' + r%10
		case b >= 'a' && b <= 'f' && opaque(v):
			out[i] = 'a' + r%6
		case b >= 'a' && b <= 'z':
			out[i] = 'a' + r%26
		case b >= 'A' && b <= 'Z':
			out[i] = 'A' + r%26
		case b < 0x80:
			out[i] = b
		default:
			out[i] = 'x'
		}
	}
	return out
}

// place puts every number of a position somewhere else on the earth.
func (m *maker) place(v []byte) []byte {
	n := 0
	return numbers(v, func(text []byte) []byte {
		f, err := strconv.ParseFloat(string(text), 64)
		if err != nil {
			return text
		}
		limit := 60.0
		if math.Abs(f) > 90 || n%2 == 1 {
			limit = 175
		}
		n++
		return strconv.AppendFloat(nil, (m.uniform("place", text)*2-1)*limit, 'f', decimals(text), 64)
	})
}

// about moves a number by up to a tenth.
func (m *maker) about(v []byte) []byte {
	return numbers(v, func(text []byte) []byte {
		f, err := strconv.ParseFloat(string(text), 64)
		if err != nil {
			return text
		}
		return strconv.AppendFloat(nil, f*(.9+.2*m.uniform("about", text)), 'f', decimals(text), 64)
	})
}

func decimals(v []byte) int {
	if i := bytes.IndexByte(v, '.'); i >= 0 {
		return len(v) - i - 1
	}
	return 0
}

// numbers replaces each number of a text.
func numbers(v []byte, f func([]byte) []byte) []byte {
	var out []byte
	for i := 0; i < len(v); {
		j := i
		if v[j] == '-' && j+1 < len(v) && classifiers.IsDigit(v[j+1]) {
			j++
		}
		for j < len(v) && (classifiers.IsDigit(v[j]) || v[j] == '.' && j > i && j+1 < len(v) && classifiers.IsDigit(v[j+1])) {
			j++
		}
		if j == i || j == i+1 && !classifiers.IsDigit(v[i]) {
			out = append(out, v[i])
			i++
			continue
		}
		out = append(out, f(v[i:j])...)
		i = j
	}
	return out
}

// digest gives, for the digest of a value that stands elsewhere, the digest of what is put in its place; for another one something of its form.
func (m *maker) digest(c pii.Category, v []byte) []byte {
	form, raw, ok := forms.FromDigest(v)
	if !ok {
		return m.opaque(v)
	}
	normal, found := m.known.digests[m.known.hash(raw)]
	if !found {
		return m.gone(v)
	}
	made, _ := forms.Normal(c, m.value(c, normal, 0))
	all := forms.Apply(form, c, made)
	if len(all) == 0 {
		return m.gone(v)
	}
	out := all[0]
	switch prefix, rest, ok := bytes.Cut(v, []byte(":")); {
	case ok && len(rest) > 0:
		return append(append(bytes.Clone(prefix), ':'), out...)
	case len(v) == len(out) && !bytes.Equal(v, bytes.ToLower(v)) && form != forms.SHA256Base64:
		return bytes.ToUpper(out)
	case form == forms.SHA256Base64 && len(v) == 43 && len(out) == 44:
		if d, err := base64.StdEncoding.DecodeString(string(out)); err == nil {
			return []byte(base64.RawURLEncoding.EncodeToString(d))
		}
	}
	return out
}
