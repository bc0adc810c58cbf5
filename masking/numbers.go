package masking

import (
	"bytes"

	"vestige/classifiers"
	"vestige/pii"
)

// iban keeps country and spacing, permutes the account and computes the check digits anew.
func (m *maker) iban(v []byte) []byte {
	compact, places := compactOf(v)
	if len(compact) < 15 {
		return m.code(v)
	}
	upper := bytes.ToUpper(compact)
	out := append([]byte(nil), upper...)
	for range 4 {
		copy(out[4:], m.text("iban", out[4:], codeForm))
		check := 98 - mod97(append(append([]byte(nil), out[4:]...), out[0], out[1], '0', '0'))
		out[2], out[3] = '0'+byte(check/10), '0'+byte(check%10)
		if !m.known.has("finance.iban", out) {
			break
		}
	}
	return spread(v, out, compact, places)
}

func mod97(v []byte) (n int) {
	for _, b := range v {
		if b >= 'A' && b <= 'Z' {
			n = (n*100 + int(b-'A') + 10) % 97
		} else {
			n = (n*10 + int(b-'0')) % 97
		}
	}
	return n
}

// compactOf gives letters and digits with the place of each.
func compactOf(v []byte) (out []byte, places []int) {
	for i, b := range v {
		if classifiers.IsWord(b) {
			out, places = append(out, b), append(places, i)
		}
	}
	return out, places
}

// spread writes a compact value over the places and in the case of the one it came from.
func spread(v, made, was []byte, places []int) []byte {
	out := bytes.Clone(v)
	for i, at := range places {
		b := made[i]
		if was[i] >= 'a' && was[i] <= 'z' && b >= 'A' && b <= 'Z' {
			b += 'a' - 'A'
		}
		out[at] = b
	}
	return out
}

// checked tells whether a category's values have a form that a classifier knows.
func (m *maker) checked(c pii.Category) bool {
	return c == "finance.card" || pii.Category("government_id").Covers(c) || pii.Category("tax").Covers(c) || pii.Category("health").Covers(c) && identifies(c) ||
		c == "finance.tax_id" || c == "finance.us_aba" || pii.Category("vehicle").Covers(c)
}

// official permutes a number until the classifier that knew it knows the result: its check digits hold, and different numbers stay different.
func (m *maker) official(c pii.Category, v []byte) []byte {
	var is *classifiers.Classifier
	for _, k := range m.checks[c] {
		if whole(k, v) {
			is = k
			break
		}
	}
	if is == nil {
		return m.code(v)
	}
	compact, places := compactOf(v)
	out, steps := compact, 0
	for {
		out = m.text("official", out, func(at int, r rune) []rune {
			if at == 0 && c == "finance.card" {
				return nil
			}
			return codeForm(at, r)
		})
		made := spread(v, out, compact, places)
		if steps++; whole(is, made) && !m.known.has(c, made) || steps > 20000 {
			return made
		}
	}
}

func whole(k *classifiers.Classifier, v []byte) bool {
	if k.At == nil {
		return false
	}
	for i := range min(len(v), 3) {
		if h, ok := k.At(v, i); ok && h.Start == 0 && h.End == len(v) {
			return true
		}
	}
	return false
}
