package masking

import (
	"bytes"
	"encoding/binary"
	"unicode"
	"unicode/utf8"

	"vestige/forms"
	"vestige/lineage"
	"vestige/pii"
)

// known is what stands in the source's fields of personal data, as hashes under the run key: it is looked for in every text, and nothing of it may be
// written to the target. It lives in memory, for one run.
type known struct {
	k0, k1 uint64
	// values are those of identifiers, by normal form.
	values map[uint64]pii.Category
	// words are the single words of names, phrases whole names and streets; firsts are the first words of those, with the longest that begins so.
	words   map[uint64]bool
	phrases map[uint64]pii.Category
	firsts  map[uint64]uint8
	births  map[uint64]bool
	digests map[uint64][]byte // of identifiers whose digests are kept somewhere: from the digest to the identifier's normal form
}

func newKnown(s *shuffler) *known {
	return &known{k0: s.number("known", nil), k1: s.number("known", []byte{1}), values: map[uint64]pii.Category{}, words: map[uint64]bool{},
		phrases: map[uint64]pii.Category{}, firsts: map[uint64]uint8{}, births: map[uint64]bool{}, digests: map[uint64][]byte{}}
}

func (k *known) hash(v []byte) uint64 { return lineage.SipHash(k.k0, k.k1, v) }

// count gives how many values are known.
func (k *known) count() int { return len(k.values) + len(k.phrases) + len(k.births) }

// add takes in a value of a field of that category. digested tells that digests of such values stand somewhere.
func (k *known) add(c pii.Category, v []byte, digested bool) {
	v = bytes.TrimSpace(v)
	if len(v) == 0 || len(v) > 400 {
		return
	}
	normal, _ := forms.Normal(c, v)
	switch {
	case c == "demographic.birth_date":
		k.births[k.hash(normal)] = true
	case pii.Category("identity.name").Covers(c) || c == "identity.given_name" || c == "identity.family_name":
		k.phrase(c, v)
		for _, w := range wordsOf(v) {
			if utf8.RuneCount(w) >= 2 && !particles[string(fold(w))] {
				k.words[k.hash(fold(w))] = true
			}
		}
	case c == "contact.street" || c == "contact.address":
		k.phrase(c, v)
	case identifies(c) && len(normal) >= 5:
		k.values[k.hash(normal)] = c
		if digested {
			k.digest(c, normal)
		}
	}
}

func (k *known) digest(c pii.Category, normal []byte) {
	for _, f := range forms.Digests() {
		for _, d := range forms.Apply(f, c, normal) {
			if _, raw, ok := forms.FromDigest(d); ok {
				k.digests[k.hash(raw)] = normal
			}
		}
	}
}

// identifies tells whether values of a category are looked for by themselves, wherever they stand.
func identifies(c pii.Category) bool {
	info, ok := c.Info()
	return ok && info.Scope != pii.Attribute || c == "online.ip"
}

func (k *known) phrase(c pii.Category, v []byte) {
	ws := wordsOf(v)
	if len(ws) < 2 {
		return
	}
	k.phrases[k.hash(joined(ws))] = c
	first := k.hash(fold(ws[0]))
	k.firsts[first] = max(k.firsts[first], uint8(min(len(ws), 12)))
}

// has tells whether a value is a known identifier.
func (k *known) has(c pii.Category, v []byte) bool {
	normal, _ := forms.Normal(c, v)
	_, ok := k.values[k.hash(normal)]
	return ok
}

// particles are words of names that are words of the language too, and say nothing of a person.
var particles = map[string]bool{"von": true, "van": true, "der": true, "den": true, "del": true, "de": true, "da": true, "di": true, "du": true, "la": true, "le": true,
	"el": true, "al": true, "ten": true, "ter": true, "zu": true, "zur": true, "zum": true, "of": true, "the": true, "dr": true, "mr": true, "mrs": true, "ms": true, "prof": true,
	"jr": true, "sr": true, "herr": true, "frau": true, "and": true, "und": true, "et": true, "y": true, "dos": true, "das": true, "ii": true, "iii": true}

// wordsOf cuts a text into its words: letters and digits, with what joins them left out.
func wordsOf(v []byte) (out [][]byte) {
	start := -1
	for i := 0; i < len(v); {
		r, n := utf8.DecodeRune(v[i:])
		if word := unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.Is(unicode.Mn, r); word && start < 0 {
			start = i
		} else if !word && start >= 0 {
			out, start = append(out, v[start:i]), -1
		}
		i += n
	}
	if start >= 0 {
		out = append(out, v[start:])
	}
	return out
}

func fold(w []byte) []byte { return bytes.ToLower(w) }

func joined(ws [][]byte) []byte {
	return bytes.ToLower(bytes.Join(ws, []byte{' '}))
}

// uniform is a number from 0 to 1 that a label and a value decide.
func (s *shuffler) uniform(label string, v []byte) float64 {
	return float64(s.number(label, v)>>11) / (1 << 53)
}

// letters gives n letters that a label and a value decide, without those that are mistaken for others.
func (s *shuffler) letters(label string, v []byte, n int) []byte {
	const set = "abcdefghjkmnpqrstuvwxyz23456789"
	out := make([]byte, n)
	m := s.mac(label, v)
	for i := range out {
		if i > 0 && i%12 == 0 {
			s.block.Encrypt(m[:], m[:])
		}
		out[i] = set[int(m[i%12])%len(set)]
		if i == 0 {
			out[i] = set[int(m[i%12])%23]
		}
	}
	return out
}

func be(n uint64) []byte { return binary.BigEndian.AppendUint64(nil, n) }
