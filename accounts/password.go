package accounts

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"strings"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"
	"golang.org/x/text/unicode/norm"

	"vestige/internal/errkind"
	"vestige/pii"
)

// cost is what one guess costs: OWASP's second choice of 2024, 19 MiB and two passes.
type cost struct {
	memory uint32
	passes uint32
	lanes  uint8
}

var usual = cost{19 << 10, 2, 1}

// maxCost bounds what a stored encoding can ask for, so that an altered row cannot take the machine's memory.
var maxCost = cost{256 << 10, 16, 8}

const (
	saltLen = 16
	hashLen = 32
	minLen  = 12
	maxLen  = 256
)

// checkPassword says what is wrong with a new password: its length alone, as NIST SP 800-63B wants it, and the plainest of guesses.
func checkPassword(p pii.Secret, name string) error {
	text := norm.NFKC.String(p.Reveal())
	switch n := utf8.RuneCountInString(text); {
	case n < minLen:
		return errkind.Coded(errkind.Invalid, "weak-password", "a password has at least %d characters", minLen)
	case len(text) > maxLen:
		return errkind.Coded(errkind.Invalid, "weak-password", "a password has at most %d bytes", maxLen)
	case strings.Count(text, text[:1]) == len(text), strings.EqualFold(text, name), strings.Contains("abcdefghijklmnopqrstuvwxyz 01234567890123456789 qwertyuiopasdfghjkl passwordpassword", strings.ToLower(text)):
		return errkind.Coded(errkind.Invalid, "weak-password", "this password is one of the first that anybody would try")
	}
	return nil
}

// encode gives the PHC string of a password under a new salt.
func encode(p pii.Secret) string {
	salt := make([]byte, saltLen)
	_, _ = rand.Read(salt) // never fails
	b64 := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, usual.memory, usual.passes, usual.lanes, b64.EncodeToString(salt), b64.EncodeToString(derive(p, salt, usual, hashLen)))
}

func derive(p pii.Secret, salt []byte, c cost, n uint32) []byte {
	return argon2.IDKey([]byte(norm.NFKC.String(p.Reveal())), salt, c.passes, c.memory, c.lanes, n)
}

// matches tells whether a password is that of a PHC string.
func matches(phc string, p pii.Secret) bool {
	parts := strings.Split(phc, "$")
	if len(parts) != 6 || parts[1] != "argon2id" || parts[2] != fmt.Sprintf("v=%d", argon2.Version) {
		return false
	}
	var c cost
	if n, err := fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &c.memory, &c.passes, &c.lanes); n != 3 || err != nil {
		return false
	}
	if c.memory > maxCost.memory || c.passes > maxCost.passes || c.lanes > maxCost.lanes || c.memory == 0 || c.passes == 0 || c.lanes == 0 {
		return false
	}
	salt, err1 := base64.RawStdEncoding.DecodeString(parts[4])
	want, err2 := base64.RawStdEncoding.DecodeString(parts[5])
	if err1 != nil || err2 != nil || len(want) < 16 || len(want) > 64 {
		return false
	}
	return subtle.ConstantTimeCompare(derive(p, salt, c, uint32(len(want))), want) == 1
}
