package custom

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"regexp/syntax"
	"strings"

	"vestige/classifiers"
)

// most bytes of a candidate, of a dictionary's words in one value, and of a compiled pattern's steps.
const (
	most      = 256
	mostWords = 6
	mostSteps = 2000
	reach     = 48
)

// matcher finds the candidates of one definition.
type matcher struct {
	re      *regexp.Regexp // from the beginning of what it is given
	full    *regexp.Regexp // all of it
	first   [256]bool      // bytes that a candidate can begin with
	entries map[string]struct{}
	words   *classifiers.WordSet
	must    bool
	check   func([]byte) bool
	share   float64 // of everyday values that match
}

// compile reads the pattern and refuses what cannot be meant.
func (m *matcher) compile(pattern string) error {
	tree, err := syntax.Parse(pattern, syntax.Perl)
	if err != nil {
		var e *syntax.Error
		if errors.As(err, &e) {
			return fmt.Errorf("the pattern is not understood: %s", e.Code)
		}
		return errors.New("the pattern is not understood")
	}
	if err := refuse(tree, false); err != nil {
		return err
	}
	prog, err := syntax.Compile(tree.Simplify())
	if err != nil || len(prog.Inst) > mostSteps {
		return errors.New("the pattern is too large: it repeats too much")
	}
	m.re, err = regexp.Compile("^(?:" + pattern + ")")
	if err != nil {
		return errors.New("the pattern is not understood")
	}
	m.full = regexp.MustCompile("^(?:" + pattern + ")$")
	m.re.Longest()
	if m.full.MatchString("") {
		return errors.New("the pattern matches the empty text")
	}
	for b := range 256 {
		m.first[b] = begins(prog, byte(b))
	}
	return m.everyday()
}

// refuse looks for what costs more than it finds: repetitions of repetitions, on which engines that backtrack take exponential time and whose value has
// no bounds, and dots without end, which run over whatever follows.
func refuse(re *syntax.Regexp, inside bool) error {
	open := re.Op == syntax.OpStar || re.Op == syntax.OpPlus || re.Op == syntax.OpRepeat && (re.Max < 0 || re.Max > 20)
	if open && inside {
		return errors.New("the pattern is catastrophic: it repeats a repetition, as in (a+)+; give the inner or the outer one a bound")
	}
	if open && (re.Sub[0].Op == syntax.OpAnyChar || re.Sub[0].Op == syntax.OpAnyCharNotNL) {
		return errors.New("the pattern runs over anything: .* and .+ have no end; name the bytes that may stand there, as in [A-Z0-9]{1,20}")
	}
	for _, sub := range re.Sub {
		if err := refuse(sub, inside || open); err != nil {
			return err
		}
	}
	return nil
}

// begins tells whether a match can begin with the byte: it follows the program from its start over what consumes nothing.
func begins(prog *syntax.Prog, b byte) bool {
	seen := map[uint32]bool{}
	todo := []uint32{uint32(prog.Start)}
	for len(todo) > 0 {
		pc := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		if seen[pc] {
			continue
		}
		seen[pc] = true
		switch i := &prog.Inst[pc]; i.Op {
		case syntax.InstAlt, syntax.InstAltMatch:
			todo = append(todo, i.Out, i.Arg)
		case syntax.InstCapture, syntax.InstEmptyWidth, syntax.InstNop:
			todo = append(todo, i.Out)
		case syntax.InstRune, syntax.InstRune1, syntax.InstRuneAny, syntax.InstRuneAnyNotNL:
			if b >= 0x80 || i.MatchRune(rune(b)) {
				return true
			}
		}
	}
	return false
}

// everyday are values of every kind that a pattern should not all match.
var everyday = strings.Split("a|b|yes|no|true|false|null|0|1|2|42|100|1999|2026|12345|1000000|3.14|-1|19.90|1,234.56|2026-03-01|01.03.2026|10:14:07|2026-03-01T10:14:07Z|new|shipped|pending|"+
	"The parcel has not arrived yet|Trail Shoe|Ocean Blue|desk lamp|Hello|hello world|Anna|Leeds|10115|GB|de|EUR|kg|admin|user|ORD-1001|SKU-00417|A1|B-12|abc123|index.html|/var/log|"+
	"https://example.com/|ann@example.com|192.0.2.1|1.14.2|v2|deadbeef|9f8e7d6c-5b4a-4392-8170-6f5e4d3c2b1a|#fff|50%|(none)|n/a|-|!|x=1|{}|lorem ipsum dolor sit amet", "|")

// everyday refuses a pattern that takes most values for one of its own.
func (m *matcher) everyday() error {
	n := 0
	for _, v := range everyday {
		if m.full.MatchString(v) {
			n++
		}
	}
	m.share = float64(n) / float64(len(everyday))
	if m.share > .4 {
		return fmt.Errorf("the pattern matches everything: %d of %d everyday values", n, len(everyday))
	}
	return nil
}

// readDictionary reads a value from each line.
func (m *matcher) readDictionary(base, file string) error {
	if !filepath.IsAbs(file) {
		file = filepath.Join(base, file)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return errors.New("its dictionary cannot be read")
	}
	m.entries = map[string]struct{}{}
	for l := range strings.Lines(string(text)) {
		if l = strings.TrimSpace(l); l == "" || strings.HasPrefix(l, "#") {
			continue
		}
		if len(l) > most/2 || len(strings.Fields(l)) > mostWords {
			return fmt.Errorf("its dictionary has a line of more than %d words or %d bytes", mostWords, most/2)
		}
		key := fold([]byte(l))
		m.entries[key] = struct{}{}
		for b := range 256 {
			m.first[b] = m.first[b] || classifiers.IsWord(byte(b))
		}
	}
	if len(m.entries) == 0 {
		return errors.New("its dictionary is empty")
	}
	return nil
}

func fold(v []byte) string {
	low := make([]byte, len(v))
	classifiers.Fold(low, v)
	return string(low)
}

// triggers says where the engine asks: at the beginning of every word and number, and at each sign that a candidate can begin with.
func (m *matcher) triggers() classifiers.Triggers {
	t := classifiers.Triggers{Starts: true}
	for b := range 0x80 {
		if m.first[b] && b > ' ' && !classifiers.IsWord(byte(b)) {
			t.Bytes += string(rune(b))
		}
	}
	return t
}

// at reads the candidate that begins at i.
func (m *matcher) at(text []byte, i int) (h classifiers.Hit, ok bool) {
	if !m.first[text[i]] || i > 0 && classifiers.IsWord(text[i]) && classifiers.IsWord(text[i-1]) {
		return h, false
	}
	end, ok := m.end(text, i)
	if !ok || end < len(text) && classifiers.IsWord(text[end]) && classifiers.IsWord(text[end-1]) {
		return h, false
	}
	h = classifiers.Hit{Start: i, End: end}
	if m.check != nil {
		if !m.passes(text[i:end]) {
			return h, false
		}
		h.Flags |= classifiers.Checked
	}
	named := m.named(text, i)
	if named {
		h.Flags |= classifiers.Labelled
	}
	return h, named || !m.must
}

// end gives where the longest candidate from i ends.
func (m *matcher) end(text []byte, i int) (int, bool) {
	window := text[i:min(len(text), i+most)]
	if m.entries == nil {
		at := m.re.FindIndex(window)
		return i + last(at), at != nil
	}
	var low [most]byte
	classifiers.Fold(low[:], window)
	best := 0
	for k, words := 1, 0; k <= len(window) && words < mostWords; k++ {
		if k < len(window) && (classifiers.IsWord(window[k]) || !classifiers.IsWord(window[k-1])) {
			continue
		}
		words++
		if _, hit := m.entries[string(low[:k])]; hit {
			best = k
		}
	}
	return i + best, best > 0
}

func last(at []int) int {
	if at == nil {
		return 0
	}
	return at[1]
}

// whole tells of a whole value.
func (m *matcher) whole(v []byte) bool {
	if len(v) == 0 || len(v) > most {
		return false
	}
	if m.entries != nil {
		var low [most]byte
		classifiers.Fold(low[:], v)
		_, ok := m.entries[string(low[:len(v)])]
		return ok
	}
	return m.full.Match(v) && (m.check == nil || m.passes(v))
}

// named tells whether one of the words stands before i on its line.
func (m *matcher) named(text []byte, i int) bool {
	low := max(0, i-reach)
	for k := i; k > low; {
		for k > low && !classifiers.IsLetter(text[k-1]) {
			if text[k-1] == '\n' {
				return false
			}
			k--
		}
		s := k
		for s > low && classifiers.IsLetter(text[s-1]) {
			s--
		}
		if s == low && low > 0 && classifiers.IsLetter(text[low-1]) {
			return false
		}
		if m.words.Has(text[s:k]) {
			return true
		}
		k = s
	}
	return false
}
