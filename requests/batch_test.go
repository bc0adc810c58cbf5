package requests_test

import (
	"strings"
	"testing"

	"vestige/internal/errkind"
	"vestige/pii"
	"vestige/requests"
)

// TestReadBatch reads people from CSV, and refuses what is none by its line, without a value of it.
func TestReadBatch(t *testing.T) {
	parse := func(category, value string) (pii.Identifier, error) {
		if category != "contact.email" && category != "contact.phone" {
			return pii.Identifier{}, errkind.Coded(errkind.Invalid, "no-such-category", "there is no such category")
		}
		return pii.Identifier{Category: pii.Category(category), Value: pii.NewValue(value)}, nil
	}
	out, err := requests.ReadBatch([]byte("\xef\xbb\xbfcontact.email, contact.phone\nann@example.com\n\n ,\"+1 202 555 0101\"\n"), parse)
	if err != nil || len(out) != 2 || out[0][0].Value.Reveal() != "ann@example.com" || out[1][0].Category != "contact.phone" {
		t.Errorf("read %v, %v", out, err)
	}
	for name, c := range map[string]struct{ text, code, line string }{
		"nothing":             {"", "batch", ""},
		"nobody":              {"contact.email\n", "batch", ""},
		"a cell too many":     {"contact.email\nann@example.com,bea@example.com\n", "batch", "line 2 "},
		"a quote in a cell":   {"contact.email\nann\"@example.com\n", "batch", "line 2 "},
		"a quote left open":   {"contact.email\nbea@example.com\n\"ann@example.com\n", "batch", "line 3 "},
		"an empty line of it": {"contact.email,contact.phone\nann@example.com\n,\n", "no-identifier", "line 3 "},
		"an unknown column":   {"shoe.size\nann@example.com\n", "no-such-category", "line 2:"},
	} {
		_, err := requests.ReadBatch([]byte(c.text), parse)
		if errkind.Code(err) != c.code || !strings.Contains(err.Error(), c.line) || strings.Contains(err.Error(), "ann") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
