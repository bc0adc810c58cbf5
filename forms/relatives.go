package forms

import (
	"bytes"
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"html"
	"net/url"
	"slices"
	"time"

	"vestige/pii"
)

// The names of the relatives, as pii.Term.Forms and pii.Hit.Form have them.
const (
	Plain        = ""
	MD5          = "md5" // digests are in hex of either case
	SHA1         = "sha1"
	SHA256       = "sha256"
	SHA512       = "sha512"
	SHA256Base64 = "sha256-base64"
	Base64       = "base64" // of the value, or of a text that holds it; also with the alphabet of web addresses, padded or not
	Hex          = "hex"
	URL          = "url"  // percent-encoded
	JSON         = "json" // with the escapes of a JSON string
	HTML         = "html" // with entities
)

// All gives the names of all relatives, the plain form first.
func All() []string {
	return []string{Plain, MD5, SHA1, SHA256, SHA512, SHA256Base64, Base64, Hex, URL, JSON, HTML}
}

// Digests gives the relatives from which the value cannot be read back.
func Digests() []string { return []string{MD5, SHA1, SHA256, SHA512, SHA256Base64} }

// Apply writes a normal value in one of its forms: all spellings that count as that form, the usual one first.
func Apply(form string, c pii.Category, normal []byte) [][]byte {
	if form == Plain {
		return shapeOf(c).spellings(normal)
	}
	var out [][]byte
	for _, v := range shapeOf(c).preimages(normal) {
		for _, s := range encode(form, v) {
			if !slices.ContainsFunc(out, func(o []byte) bool { return bytes.Equal(o, s) }) {
				out = append(out, s)
			}
		}
	}
	return out
}

func encode(form string, v []byte) [][]byte {
	switch form {
	case SHA256Base64:
		d := sha256.Sum256(v)
		return [][]byte{[]byte(base64.StdEncoding.EncodeToString(d[:])), []byte(base64.RawURLEncoding.EncodeToString(d[:]))}
	case Base64:
		return [][]byte{[]byte(base64.StdEncoding.EncodeToString(v)), []byte(base64.RawURLEncoding.EncodeToString(v))}
	case Hex:
		return [][]byte{[]byte(hex.EncodeToString(v))}
	case URL:
		return [][]byte{[]byte(url.QueryEscape(string(v))), []byte(url.PathEscape(string(v)))}
	case JSON:
		return [][]byte{escapeJSON(v)}
	case HTML:
		return [][]byte{[]byte(html.EscapeString(string(v))), entities(v)}
	}
	if d := digest(form, v); d != nil {
		return [][]byte{[]byte(hex.EncodeToString(d))}
	}
	return nil
}

func digest(form string, v []byte) []byte {
	switch form {
	case MD5:
		d := md5.Sum(v)
		return d[:]
	case SHA1:
		d := sha1.Sum(v)
		return d[:]
	case SHA256, SHA256Base64:
		d := sha256.Sum256(v)
		return d[:]
	case SHA512:
		d := sha512.Sum512(v)
		return d[:]
	}
	return nil
}

// FromDigest tells which digest a value is by its shape, and gives its bytes.
func FromDigest(v []byte) (form string, raw []byte, ok bool) {
	v = trim(v)
	if i := bytes.LastIndexByte(v, ':'); i >= 0 && i < 8 {
		v = v[i+1:] // "sha256:…"
	}
	if len(v) == 44 || len(v) == 43 {
		if raw := unbase64(nil, v); len(raw) == sha256.Size {
			return SHA256Base64, raw, true
		}
	}
	form, ok = map[int]string{32: MD5, 40: SHA1, 64: SHA256, 128: SHA512}[len(v)]
	if !ok {
		return "", nil, false
	}
	raw, err := hex.DecodeString(string(v))
	return form, raw, err == nil
}

// unbase64 reads either alphabet, padded or not; nil where it is neither.
func unbase64(dst, v []byte) []byte {
	v = bytes.TrimRight(v, "=")
	e := base64.RawStdEncoding
	if bytes.ContainsAny(v, "-_") {
		e = base64.RawURLEncoding
	}
	out, err := e.AppendDecode(dst, v)
	if err != nil {
		return nil
	}
	return out
}

func escapeJSON(v []byte) []byte {
	var b []byte
	for _, r := range string(v) {
		switch {
		case r > 0xffff:
			r -= 0x10000
			b = fmt.Appendf(b, `\u%04x\u%04x`, 0xd800+r>>10, 0xdc00+r&0x3ff)
		case r >= 0x80 || r < 0x20 || r == '<' || r == '>' || r == '&':
			b = fmt.Appendf(b, `\u%04x`, r)
		case r == '"' || r == '\\':
			b = append(b, '\\', byte(r))
		default:
			b = append(b, byte(r))
		}
	}
	return b
}

// entities writes what is no letter or digit as numbers, the way mail addresses are hidden from harvesters.
func entities(v []byte) []byte {
	var b []byte
	for _, r := range string(v) {
		if r < 0x80 && alnum(byte(r)) {
			b = append(b, byte(r))
		} else {
			b = fmt.Appendf(b, "&#%d;", r)
		}
	}
	return b
}

// preimages gives what systems are likely to have hashed or encoded.
func (s shape) preimages(normal []byte) [][]byte {
	switch s {
	case phone:
		return phoneKeys(normal)
	case lower, mac:
		return [][]byte{normal, bytes.ToUpper(normal)}
	}
	return [][]byte{normal}
}

// spellings gives the keys under which a normal value is looked up in a folded text.
func (s shape) spellings(normal []byte) [][]byte {
	switch s {
	case phone:
		if keys := phoneKeys(normal); normal[0] == '+' {
			return append(keys, append([]byte("00"), normal[1:]...))
		}
	case words:
		if i := bytes.LastIndexByte(normal, ' '); i > 0 { // "example, ann"
			return [][]byte{normal, slices.Concat(normal[i+1:], []byte(", "), normal[:i])}
		}
	case mac:
		plain := bytes.ReplaceAll(normal, []byte(":"), nil)
		return [][]byte{normal, bytes.ReplaceAll(normal, []byte(":"), []byte("-")), plain}
	case date:
		return dateSpellings(normal)
	}
	return [][]byte{normal}
}

func dateSpellings(normal []byte) (out [][]byte) {
	t, err := time.Parse("2006-01-02", string(normal))
	if err != nil {
		return [][]byte{normal}
	}
	for _, layout := range []string{
		"2006-01-02", "20060102", "2006/01/02", "02.01.2006", "2.1.2006", "01/02/2006", "1/2/2006", "02/01/2006", "2/1/2006", "02-01-2006",
		"2 January 2006", "2 Jan 2006", "January 2, 2006", "2. January 2006",
	} {
		s := bytes.ToLower([]byte(t.Format(layout)))
		if !slices.ContainsFunc(out, func(o []byte) bool { return bytes.Equal(o, s) }) {
			out = append(out, s)
		}
	}
	return out
}
