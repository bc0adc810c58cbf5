package custom_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"vestige/classifiers"
	"vestige/classifiers/custom"
	"vestige/internal/errkind"
)

const badge = `
classifiers:
  - name: badge_number
    doc: Badges of our sites. It misses those of visitors.
    category: identity.number
    pattern: 'BX-\d{6}'
    names: [badge number, badge no]
    examples: ["BX-004711", "her badge is [BX-004711], she said"]
    counterexamples: ["BX-47", "ABX-004711", "BX-0047112"]
  - name: member_card
    category: identity.loyalty_number
    pattern: '\d{10}'
    words: [card, karte]
    check: luhn
    examples: ["card [4539148801]"]
    counterexamples: ["4539148801 items", "card 4539148803"]
`

func set(t *testing.T, text string) *classifiers.Set {
	t.Helper()
	cs, err := custom.Parse("c.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	s, err := classifiers.NewSet(cs, classifiers.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func find(s *classifiers.Set, text string) (out []string) {
	s.Text([]byte(text), func(c *classifiers.Classifier, h classifiers.Hit) { out = append(out, c.Name+"="+text[h.Start:h.End]) })
	return out
}

func TestPattern(t *testing.T) {
	s := set(t, badge)
	got := fmt.Sprint(find(s, "badges BX-123456, (BX-654321) and xBX-111111; karte 4539148801\norder 4539148801"))
	if want := "[badge_number=BX-123456 badge_number=BX-654321 member_card=4539148801]"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestDictionary(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "wards.txt"), []byte("# wards\nNorth Ward\nStation 7\nMaple\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	text := "classifiers:\n- name: ward\n  category: health.record_number\n  dictionary: wards.txt\n  examples: [maple]\n  counterexamples: [oak, station 77]\n"
	cs, err := custom.Parse(filepath.Join(dir, "c.yaml"), []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	s, err := classifiers.NewSet(cs, classifiers.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprint(find(s, "moved from NORTH WARD to station 7, not station 77; mapletree")); got != "[ward=NORTH WARD ward=station 7]" {
		t.Error(got)
	}
}

// TestRefused: what cannot be meant is refused, and the reason is said.
func TestRefused(t *testing.T) {
	for _, c := range []struct{ pattern, more, want string }{
		{`(a+)+b`, "", "catastrophic"},
		{`([A-Z]*[0-9]*)*x`, "", "catastrophic"},
		{`ID.*`, "", "runs over anything"},
		{`\d*`, "", "empty text"},
		{`[^|]{1,80}`, "", "matches everything"},
		{`(\d{4}`, "", "not understood"},
		{`((A{1,10}){1,10}){1,10}`, "", "too large"},
		{`BX-\d{6}`, "check: sums", "there are ean, luhn"},
		{`BX-\d{7}`, "", "example 1 is not found"},
		{`BX-\d+`, "", "counterexample 1 is found"},
		{`BX-\d{6}`, "dictionary: d.txt", "make two of it"},
		{`BX-\d{6}`, "patern: x", "unknown field"},
	} {
		text := "classifiers:\n- name: x\n  category: identity.number\n  examples: [BX-004711]\n  counterexamples: [BX-47]\n  pattern: '" + c.pattern + "'\n"
		if c.more != "" {
			text += "  " + c.more + "\n"
		}
		_, err := custom.Parse("c.yaml", []byte(text))
		if errkind.Of(err) != errkind.Invalid || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s %s: %v, want %q", c.pattern, c.more, err, c.want)
		}
	}
	for _, text := range []string{"", "classifiers: []", "classifiers: 4", "classifiers:\n- name: x\n  category: a.b\n  names: [x]\n", "classifiers:\n- name: X Y\n  category: contact.email\n  names: [x]\n"} {
		if _, err := custom.Parse("c.yaml", []byte(text)); errkind.Of(err) != errkind.Invalid {
			t.Errorf("%q: %v", text, err)
		}
	}
}

// TestColumn: one beside the built-in kinds decides a column by its values and by its name.
func TestColumn(t *testing.T) {
	s := set(t, badge)
	g := s.NewGather(classifiers.Context{})
	for i := range 40 {
		g.Value(fmt.Appendf(nil, "BX-%06d", i*7919))
	}
	if p := s.Weigh(g.Stats()); p.Category != "identity.number" || p.Confidence < .5 {
		t.Errorf("proposed %s at %.2f: %v", p.Category, p.Confidence, p.Nats)
	}
}

func TestCuts(t *testing.T) {
	s := set(t, badge)
	text := strings.Repeat("badge BX-123456 and karte 4539148801 of nobody. ", 8000)
	if n := len(find(s, text)); n != 16000 {
		t.Errorf("%d of 16000 found over the cuts", n)
	}
}
