package online

import (
	"bytes"

	"vestige/classifiers"
	"vestige/pii"
)

// Credential is passwords, their hashes, and tokens that open an account.
func Credential() classifiers.Classifier {
	return classifiers.Classifier{
		Name:     "credential",
		Doc:      "A password, its hash (bcrypt, Argon2, scrypt, PBKDF2, crypt), a JSON web token, or a provider's key by its prefix. A plain password is found by the field's name only.",
		Category: "online.credential",
		Version:  1,
		Names: []string{
			"password", "password hash", "password digest", "encrypted password", "crypted password", "hashed password", "user password", "password encrypted", "token", "access token", "refresh token", "api token", "api secret", "secret", "secret key", "otp secret", "totp secret", "auth token", "authentication token", "reset password token", "password reset token", "remember token", "confirmation token", "password salt", "salt", "pin", "pin code?", "recovery code", "security answer", "private key", "client secret", "credential", "passcode",
		},
		Triggers: classifiers.Triggers{Bytes: "$.:", Spots: []classifiers.Spot{{At: ":", Before: "a", After: "/"}, {At: ".", After: "e"}, {At: "$", Before: "^ad$"}}, Words: keyPrefixes},
		MaxLen:   600,
		At:       credentialAt,
		Column: func(s *classifiers.Stats) (e classifiers.Evidence) {
			if named(s) {
				e.Nats = append(e.Nats, pii.Nat{Text: "no other form is asked of what the name calls a credential", Nats: forgive(s)})
			}
			return e
		},
		Chance: .002,
		Sparse: true,
	}
}

// named tells whether the field's name alone calls it a credential.
func named(s *classifiers.Stats) bool {
	for _, w := range classifiers.Tokens(s.Field.Field.Name) {
		switch w {
		case "password", "secret", "token", "salt", "pin", "credential":
			return true
		}
	}
	return false
}

// forgive takes back what values without a known form count against the name, unless they are times, flags or small numbers.
func forgive(s *classifiers.Stats) float64 {
	t := &s.Texture
	switch {
	case s.Values == 0 || s.Hits["credential"].Distinct*2 > s.Judged:
		return 0
	case s.Share(t.Dates+t.Moments+t.Bools+t.Sentences) > .5 || s.Len[1] < 4:
		return 0
	case s.Share(t.Hex+t.UUIDs) > .5:
		return 26
	case s.Unique():
		return 14
	}
	return 12
}

var keyPrefixes = []string{"sk", "pk", "rk", "ghp", "gho", "ghs", "glpat", "xoxb", "xoxp", "whsec", "npm"}

var hashPrefixes = []string{"$2a$", "$2b$", "$2y$", "$argon2id$", "$argon2i$", "$argon2d$", "$1$", "$5$", "$6$", "$apr1$", "$y$", "$scrypt$", "$7$", "$pbkdf2-sha256$", "$pbkdf2-sha512$", "$pbkdf2$", "$P$", "$S$"}

func credentialAt(text []byte, i int) (h classifiers.Hit, ok bool) {
	switch {
	case text[i] == '$':
		return hashAt(text, i)
	case text[i] == ':':
		return urlSecretAt(text, i)
	case text[i] == '.':
		return jwtAt(text, i)
	case classifiers.IsLetter(text[i]):
		return keyAt(text, i)
	}
	return h, false
}

// urlSecretAt reads the password in an address whose scheme ends at the colon: "postgres://app:secret@db.example".
func urlSecretAt(text []byte, i int) (h classifiers.Hit, ok bool) {
	if i+4 > len(text) || text[i+1] != '/' || text[i+2] != '/' {
		return h, false
	}
	start := 0
	for k := i + 3; k < len(text) && k-i < 120; k++ {
		switch c := text[k]; {
		case c == ':' && start == 0:
			start = k + 1
		case c == '@':
			return classifiers.Hit{Start: start, End: k, Flags: classifiers.Labelled}, start > 0 && k-start > 2 && !filledIn(text[start:k])
		case c <= ' ' || c == '/' || c == '"' || c == '\'' || c == '<' || c == '>' || c == '?':
			return h, false
		}
	}
	return h, false
}

// filledIn tells whether something else is put in the place of a text: ${PASSWORD}, <password>, %s. An escaped character (%24) is of the password itself.
func filledIn(w []byte) bool {
	escaped := w[0] == '%' && isHex(w[1]) && isHex(w[2])
	return !escaped && bytes.IndexByte([]byte("${<*%["), w[0]) >= 0
}

func isHex(c byte) bool { return c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'f' }

func hashAt(text []byte, i int) (h classifiers.Hit, ok bool) {
	if i > 0 && (classifiers.IsWord(text[i-1]) || text[i-1] == '$') {
		return h, false
	}
	for _, p := range hashPrefixes {
		if i+len(p) > len(text) || string(text[i:i+len(p)]) != p {
			continue
		}
		k := i + len(p)
		for k < len(text) && k-i < 400 && hashByte(text[k]) {
			k++
		}
		for k > i && (text[k-1] == ',' || text[k-1] == '.' && k-i != 60) {
			k--
		}
		least := 26
		if p[1] == '2' {
			least = 60
		}
		if k-i < least || (p[1] == '2' && k-i != 60) {
			return h, false
		}
		return classifiers.Hit{Start: i, End: k}, true
	}
	return h, false
}

func hashByte(b byte) bool {
	return (classifiers.IsWord(b) && b < 0x80) || b == '.' || b == '/' || b == '$' || b == '=' || b == ',' || b == '+' || b == '-' || b == '_'
}

func base64(b byte) bool {
	return (classifiers.IsWord(b) && b < 0x80) || b == '-' || b == '_'
}

// jwtAt reads a JSON web token whose first dot stands at i.
func jwtAt(text []byte, i int) (h classifiers.Hit, ok bool) {
	if i < 10 || i+4 > len(text) || string(text[i+1:min(len(text), i+3)]) != "ey" {
		return h, false
	}
	start := i
	for start > 0 && i-start < 200 && base64(text[start-1]) {
		start--
	}
	if i-start < 10 || string(text[start:start+3]) != "eyJ" {
		return h, false
	}
	k, dots := i+1, 1
	for k < len(text) && k-start < 590 && (base64(text[k]) || (text[k] == '.' && dots < 2)) {
		if text[k] == '.' {
			dots++
		}
		k++
	}
	if dots != 2 || k-start < 40 || text[k-1] == '.' {
		return h, false
	}
	return classifiers.Hit{Start: start, End: k}, true
}

// keyAt reads a provider's key that begins at i (sk_live_…, ghp_…).
func keyAt(text []byte, i int) (h classifiers.Hit, ok bool) {
	if i > 0 && (classifiers.IsWord(text[i-1]) || text[i-1] == '_' || text[i-1] == '-') {
		return h, false
	}
	k := i
	for k < len(text) && k-i < 200 && base64(text[k]) {
		k++
	}
	w := text[i:k]
	for _, p := range [...]struct {
		prefix string
		least  int
	}{{"sk_live_", 24}, {"sk_test_", 24}, {"rk_live_", 24}, {"pk_live_", 24}, {"ghp_", 40}, {"gho_", 40}, {"ghs_", 40}, {"glpat-", 26}, {"xoxb-", 30}, {"xoxp-", 30}, {"whsec_", 30}, {"npm_", 40}} {
		if len(w) >= p.least && string(w[:len(p.prefix)]) == p.prefix {
			return classifiers.Hit{Start: i, End: k}, true
		}
	}
	return h, false
}
