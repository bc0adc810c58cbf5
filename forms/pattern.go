package forms

import (
	"bytes"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"vestige/pii"
)

// Step is one part of a Pattern: characters of Set, any characters where Set is empty; at least Min of them, at most Max, without end where Max is negative.
type Step struct {
	Set      []rune
	Min, Max int
}

// Pattern covers spellings of a value, step by step from its first character to its last.
type Pattern []Step

// Patterns gives patterns that together cover every whole value which a Matcher takes for equal to one of a term, and as a rule some more. They are for systems that
// can look for patterns and know nothing of normal forms: what they find is compared again. ok is false where no pattern covers all spellings.
func Patterns(t pii.Term, value []byte) (out []Pattern, ok bool) {
	s := shapeOf(t.Category)
	normal, _ := s.append(nil, value)
	if t.Mode != pii.Equal || len(normal) == 0 || s == ip || s == date || !utf8.Valid(normal) {
		return nil, false
	}
	for _, f := range t.Forms {
		switch {
		case f == Plain:
		case slices.Contains(Digests(), f):
			for _, v := range s.preimages(normal) {
				out = append(out, digestPatterns(f, v)...)
			}
		default:
			return nil, false // any spelling of an encoding
		}
	}
	return append(out, s.patterns(normal)...), true
}

func (s shape) patterns(normal []byte) (out []Pattern) {
	text := string(normal)
	switch s {
	case email:
		plain := folded(text)
		return []Pattern{between(many(spaces()), plain, many(spaces())), between(many(spaces()), slices.Concat(folded("mailto:"), Pattern{many(spaces())}, plain), many(spaces()))}
	case phone:
		return phonePatterns(normal)
	case compact:
		if strings.Trim(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") == "" {
			return []Pattern{between(many(spaces()), spread(text, " -./\u00a0"), many(spaces()))}
		}
	case mac:
		if hexes := strings.ReplaceAll(text, ":", ""); strings.Trim(hexes, "abcdef0123456789") == "" {
			return []Pattern{between(many(spaces()), spread(hexes, ":-."), many(spaces()))}
		}
	case words:
		for _, k := range s.spellings(normal) {
			out = append(out, between(many(spaces()), folded(string(k)), many(spaces())))
		}
		return out
	case lower:
		before, behind := many(append(spaces(), '{')), many(append(spaces(), '}'))
		return []Pattern{between(before, folded(text), behind), between(before, slices.Concat(folded("urn:uuid:"), Pattern{before}, folded(text)), behind)}
	case handle:
		return []Pattern{between(many(append(spaces(), '@')), folded(text), many(spaces()))}
	}
	return whole([][]byte{normal})
}

func between(before Step, p Pattern, behind Step) Pattern {
	return slices.Concat(Pattern{before}, p, Pattern{behind})
}

func many(set []rune) Step { return Step{set, 0, -1} }

func one(set ...rune) Step { return Step{set, 1, 1} }

// spaces are the characters that do not count around a value.
func spaces() []rune {
	return []rune("\t\n\v\f\r \u0085\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000\ufeff\u200b\x00")
}

func literal(text string) (p Pattern) {
	for _, r := range text {
		p = append(p, one(r))
	}
	return p
}

// folded covers a text in lower case whatever its letters' case and composition were. What stood for a letter beyond ASCII is up to four characters.
func folded(text string) (p Pattern) {
	for _, r := range text {
		switch {
		case r == ' ':
			p = append(p, Step{spaces(), 1, -1})
		case r >= utf8.RuneSelf:
			p = append(p, Step{nil, 0, 4})
		case r == 'i':
			p = append(p, one('i', 'I', 'İ'), Step{[]rune{0x307}, 0, 1})
		case r == 'k':
			p = append(p, one('k', 'K', 0x212a))
		case r == ';':
			p = append(p, one(';', 0x37e))
		case r == '`':
			p = append(p, one('`', 0x1fef))
		case unicode.IsLetter(r):
			p = append(p, one(r, unicode.ToUpper(r)))
		default:
			p = append(p, one(r))
		}
	}
	return p
}

// spread covers letters and digits of either case with separators anywhere.
func spread(text, separators string) (p Pattern) {
	gap := many([]rune(separators))
	p = append(p, gap)
	for _, r := range text {
		if lo, up := unicode.ToLower(r), unicode.ToUpper(r); lo != up {
			p = append(p, one(lo, up), gap)
		} else {
			p = append(p, one(r), gap)
		}
	}
	return p
}

// phonePatterns covers a number with and without its country. Prefixes, "(0)" and extensions are covered by more than they are.
func phonePatterns(normal []byte) (out []Pattern) {
	if strings.Trim(strings.TrimPrefix(string(normal), "+"), "0123456789") != "" || len(normal) < 3 {
		return whole(phone.spellings(normal))
	}
	const separators = " -./()\u00a0\u2010\u2011\u2012\u2013\u2014\u2015\u202f"
	front := many(append(spaces(), []rune(separators+"+0tTeElL:")...))
	end := many(append(spaces(), []rune(separators+"eExXtT0123456789")...))
	var seen [][]byte
	for _, k := range phone.spellings(normal) {
		digits := bytes.TrimLeft(k, "+0")
		if len(digits) == 0 || slices.ContainsFunc(seen, func(o []byte) bool { return bytes.Equal(o, digits) }) {
			continue
		}
		seen = append(seen, digits)
		out = append(out, between(front, spread(string(digits), separators+"0"), end))
	}
	return append(out, whole([][]byte{normal})...)
}

// whole covers texts as they are, with space around them.
func whole(texts [][]byte) (out []Pattern) {
	for _, t := range texts {
		out = append(out, between(many(spaces()), literal(string(t)), many(spaces())))
	}
	return out
}

// digestPatterns covers a digest in hex or base64, also behind a short prefix.
func digestPatterns(form string, preimage []byte) []Pattern {
	text := strings.TrimRight(string(encode(form, preimage)[0]), "=")
	var p Pattern
	for i, r := range text {
		switch {
		case form != SHA256Base64:
			p = append(p, one(r, unicode.ToUpper(r)))
		case i == len(text)-1: // of its six bits not all count
			p = append(p, Step{nil, 1, 1})
		case r == '+' || r == '-':
			p = append(p, one('+', '-'))
		case r == '/' || r == '_':
			p = append(p, one('/', '_'))
		default:
			p = append(p, one(r))
		}
	}
	if form == SHA256Base64 {
		p = append(p, many([]rune{'='}))
	}
	behind := many(spaces())
	return []Pattern{between(many(spaces()), p, behind), between(many(spaces()), slices.Concat(Pattern{{nil, 0, 7}, one(':')}, p), behind)}
}
