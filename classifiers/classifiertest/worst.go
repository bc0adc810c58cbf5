package classifiertest

import (
	"strings"
	"testing"
	"time"

	"vestige/internal/clock"
)

// hostile are texts that make careless scanners slow, each repeated to a MiB.
var hostile = []string{
	"@", "a@", "a@b.", "a.b@c.d", "1", "1 ", "1-", "1.", "(1", "+1 ", "1:", "a:", ":", "A", "A ", "Ab ", "Ann ", "Ann Lee ", "Mr. ", "von ", "$2a$", "$argon2id$", "eyJ.", "eyJa.eyJa.", "sk_live_",
	"DE89 ", "DE89370400440532013000", "4111 1111 ", "user=", "customer no. ", "1 Main ", "1 Main Street ", "Am Alten ", "str. 1 ", "ab:cd:", "::", "\x00", "\xff", "ü", "Ä", "é@", "-", "0", "00-", "a", "https://", "[", "{\"a\":",
}

// worst: a MiB of anything takes a moment. What grows with the square of its length takes hours, so that the limit leaves room for any other work of the machine.
func (s *suite) worst(t *testing.T) {
	const limit = 30 * time.Second
	for _, h := range hostile {
		text := []byte(strings.Repeat(h, 1+(1<<20)/len(h)))
		began := clock.Now()
		s.list(text, 0, 0, len(text))
		if took := clock.Now().Sub(began); took > limit {
			t.Errorf("%q repeated to a MiB takes %v", h, took)
		}
	}
}
