package outsider

import (
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"vestige/internal/demo/company"
)

// needle is one spelling of one value of a person, in lower case.
type needle struct {
	category string
	text     string
	context  string // what must stand before it for it to mean the person
}

// span is an occurrence of a needle in a text.
type span struct {
	from, to int
	context  int // where the words that introduce the value begin; from where there are none
	category string
}

// needlesFor gives every spelling of a value that a system may hold: as it is, hashed, encoded and escaped.
func needlesFor(id company.Identifier) []needle {
	var out []needle
	for _, form := range append([]string{id.Value}, id.Forms...) {
		low := strings.ToLower(form)
		out = append(out, needle{category: id.Category, text: low})
		sum256, sum1, sum5 := sha256.Sum256([]byte(low)), sha1.Sum([]byte(low)), md5.Sum([]byte(low))
		for _, s := range []string{
			hex.EncodeToString(sum256[:]), hex.EncodeToString(sum1[:]), hex.EncodeToString(sum5[:]),
			base64.StdEncoding.EncodeToString([]byte(form)), base64.RawURLEncoding.EncodeToString([]byte(form)),
			base64.StdEncoding.EncodeToString([]byte(low)), url.QueryEscape(low), url.PathEscape(low), escaped(low),
		} {
			if n := (needle{category: id.Category, text: strings.ToLower(s)}); !slices.Contains(out, n) {
				out = append(out, n)
			}
		}
	}
	return out
}

// escaped is the value inside a JSON string that keeps to ASCII.
func escaped(s string) string {
	quoted, err := json.Marshal(s)
	if err != nil {
		return s
	}
	ascii := strconv.QuoteToASCII(s)
	if len(ascii) != len(quoted) {
		return ascii[1 : len(ascii)-1]
	}
	return string(quoted[1 : len(quoted)-1])
}

// tokenNeedle is a word of one record. A part before the mark introduces the value.
func tokenNeedle(token string) needle {
	context, value, split := strings.Cut(strings.ToLower(token), company.Mark)
	if !split {
		context, value = "", context
	}
	return needle{category: categoryOf(value), text: value, context: context}
}

// categoryOf names a token for the report.
func categoryOf(token string) string {
	switch {
	case strings.Contains(token, "@"):
		return "contact.email"
	case strings.Trim(token, "0123456789") == "":
		return "identity.customer_number"
	case strings.Trim(token, "0123456789.") == "":
		return "online.ip"
	case strings.Trim(token, "0123456789+-() ") == "":
		return "contact.phone"
	}
	return "identity.full_name"
}

// find gives the occurrences in a text, as whole words and without overlap, longest first at each place.
func find(text string, needles []needle) []span {
	low := lower(text)
	var out []span
	for _, n := range needles {
		whole := n.context + n.text
		for at := 0; n.text != ""; {
			i := strings.Index(low[at:], whole)
			if i < 0 {
				break
			}
			i += at
			at = i + 1
			if boundary(low, i, i+len(whole), n.context == "") {
				out = append(out, span{i + len(n.context), i + len(whole), i, n.category})
			}
		}
	}
	slices.SortFunc(out, func(a, b span) int {
		if a.from != b.from {
			return a.from - b.from
		}
		return b.to - a.to
	})
	return withoutOverlap(out)
}

func withoutOverlap(spans []span) []span {
	var out []span
	for _, s := range spans {
		if len(out) == 0 || s.from >= out[len(out)-1].to {
			out = append(out, s)
		}
	}
	return out
}

// lower keeps every byte where it is, so that places found in it are places in the text.
func lower(s string) string {
	low := strings.ToLower(s)
	if len(low) == len(s) {
		return low
	}
	b := []byte(s)
	for i, c := range b {
		if c >= 'A' && c <= 'Z' {
			b[i] = c + 'a' - 'A'
		}
	}
	return string(b)
}

// boundary says whether text[from:to] stands alone: ann@example.com is no part of joann@example.com, of
// x.ann@example.com or of ann@example.com.test, but may end a sentence.
func boundary(text string, from, to int, start bool) bool {
	if start {
		if r, _ := utf8.DecodeLastRuneInString(text[:from]); from > 0 && (wordy(r) || strings.ContainsRune(".%+-", r) && from > 1 && glued(text, from)) {
			return false
		}
	}
	if to == len(text) {
		return true
	}
	r, size := utf8.DecodeRuneInString(text[to:])
	if wordy(r) {
		return false
	}
	if r == '.' || r == '-' {
		next, _ := utf8.DecodeRuneInString(text[to+size:])
		return to+size >= len(text) || !wordy(next)
	}
	return true
}

// glued says whether the sign before a word ties it to another word, as the dot in x.ann does; the plus of a telephone
// number and a dash after a blank do not.
func glued(text string, from int) bool {
	r, _ := utf8.DecodeLastRuneInString(text[:from-1])
	return wordy(r)
}

func wordy(r rune) bool { return r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r) }
