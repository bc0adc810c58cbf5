// Package texts measures the classifiers over free text: mails, chats, tickets, notes, records and lines of logs in eight languages, made of templates
// and of texts written for it, and texts with nobody in them. The words that fill the templates of the test split are in no list that was tuned.
// A span is right when at least half of its letters are covered by spans of the same kind on the other side.
package texts

import (
	"bytes"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"path"
	"strings"

	"vestige/classifiers"
	"vestige/pii"
)

//go:generate go test -count 1 -run TestEvalTexts . -update

// Text is one annotated text.
type Text struct {
	Lang, Genre, Split string
	Body               []byte
	Gold               []Span
	Maybe              []Span // may be found or not: opinions differ
}

// Span is a stretch of a text that is personal data of one kind.
type Span struct {
	Start, End int
	Kind       string
}

// copies is how often each template is filled.
const copies = 4

// Read makes the texts of a folder: one file a language, none.txt, logs.txt, and the vocabulary.
func Read(files fs.FS) ([]Text, error) {
	names, err := fs.Glob(files, "*.txt")
	if err != nil {
		return nil, err
	}
	words, err := readWords(files)
	if err != nil {
		return nil, err
	}
	var out []Text
	for _, name := range names {
		lang := strings.TrimSuffix(path.Base(name), ".txt")
		if lang == "vocabulary" || lang == "recorded" {
			continue
		}
		all, err := fs.ReadFile(files, name)
		if err != nil {
			return nil, err
		}
		texts, err := parse(lang, string(all), words)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		out = append(out, texts...)
	}
	return out, nil
}

func parse(lang, all string, words vocabulary) (out []Text, err error) {
	_, all, _ = strings.Cut(all, "\n")
	for part := range strings.SplitSeq("\n"+all, "\n== ") {
		head, rest, ok := strings.Cut(part, "\n")
		split, genre, _ := strings.Cut(head, " ")
		if !ok || split == "" {
			continue
		}
		for i, form := range strings.Split(strings.Trim(rest, "\n"), "\n---\n") {
			n := copies
			if genre == "free" || genre == "none" {
				n = 1
			}
			for c := range n {
				f := &filler{words: words, lang: lang, split: split, rng: rand.New(rand.NewPCG(uint64(i*copies+c), seed(lang+split)))}
				if lang == "logs" || lang == "none" {
					f.lang = []string{"en", "de", "fr", "pl"}[c]
				}
				t, err := f.fill(strings.ReplaceAll(strings.ReplaceAll(form, `\n`, "\n"), `\t`, "\t"))
				if err != nil {
					return nil, err
				}
				t.Lang, t.Genre, t.Split = lang, genre, split
				out = append(out, t)
			}
		}
	}
	return out, nil
}

func seed(s string) (h uint64) {
	for _, b := range []byte(s) {
		h = h*131 + uint64(b)
	}
	return h
}

// kindOf gives the kind that a category is scored as: names are one kind, as are passports; whole addresses are streets.
func kindOf(c pii.Category) string {
	switch c {
	case "identity.given_name", "identity.family_name":
		return "identity.name"
	case "demographic.birth_place":
		return "contact.city"
	case "contact.address":
		return "contact.street"
	}
	if strings.HasPrefix(string(c), "government_id.") && strings.HasSuffix(string(c), "passport") {
		return "government_id.passport"
	}
	return string(c)
}

// Identifier tells whether a kind is one that its form tells, other than names, places and what a person is.
func Identifier(kind string) bool {
	for _, p := range []string{"contact.email", "contact.phone", "finance.iban", "finance.card", "online.ip", "government_id.", "tax.", "health.de_kvnr", "online.mac"} {
		if strings.HasPrefix(kind, p) {
			return true
		}
	}
	return false
}

// Score counts spans that are right, wrong and missed.
type Score struct{ Right, Wrong, Found, Missed int }

// Precision is the share of spans found that are right.
func (s Score) Precision() float64 { return ratio(s.Right, s.Right+s.Wrong) }

// Recall is the share of spans there that were found.
func (s Score) Recall() float64 { return ratio(s.Found, s.Found+s.Missed) }

// F1 is the harmonic mean of both.
func (s Score) F1() float64 {
	p, r := s.Precision(), s.Recall()
	if p+r == 0 {
		return 0
	}
	return 2 * p * r / (p + r)
}

func ratio(a, b int) float64 {
	if b == 0 {
		return 1
	}
	return float64(a) / float64(b)
}

func (s *Score) add(o Score) {
	s.Right, s.Wrong, s.Found, s.Missed = s.Right+o.Right, s.Wrong+o.Wrong, s.Found+o.Found, s.Missed+o.Missed
}

// Result is the scores of some texts.
type Result struct {
	All, Identifiers Score
	Lang, Kind       map[string]Score
	Texts, Bytes     int
	Errors           []string
}

// Run scores the set over the texts that are wanted.
func Run(set *classifiers.Set, texts []Text, want func(Text) bool) *Result {
	r := &Result{Lang: map[string]Score{}, Kind: map[string]Score{}}
	for _, t := range texts {
		if !want(t) {
			continue
		}
		r.Texts++
		r.Bytes += len(t.Body)
		r.one(t, Find(set, t.Body))
	}
	return r
}

// Find gives the spans that the set finds.
func Find(set *classifiers.Set, body []byte) (out []Span) {
	set.Text(body, func(c *classifiers.Classifier, h classifiers.Hit) {
		if c.Category.Personal() {
			out = append(out, Span{h.Start, h.End, kindOf(c.Category)})
		}
	})
	return out
}

func (r *Result) one(t Text, got []Span) {
	for _, g := range t.Gold {
		found := covered(t.Body, g, got)
		s := Score{Found: toInt(found), Missed: toInt(!found)}
		r.count(t, g, s)
		if !found {
			r.Errors = append(r.Errors, fmt.Sprintf("%s %s: missed %s %q in %q", t.Lang, t.Genre, g.Kind, t.Body[g.Start:g.End], around(t.Body, g)))
		}
	}
	for _, g := range got {
		right := covered(t.Body, g, t.Gold)
		if !right && len(t.Maybe) > 0 && covered(t.Body, g, t.Maybe) {
			continue
		}
		s := Score{Right: toInt(right), Wrong: toInt(!right)}
		r.count(t, g, s)
		if !right {
			r.Errors = append(r.Errors, fmt.Sprintf("%s %s: wrong %s %q in %q", t.Lang, t.Genre, g.Kind, t.Body[g.Start:g.End], around(t.Body, g)))
		}
	}
}

func (r *Result) count(t Text, g Span, s Score) {
	r.All.add(s)
	if Identifier(g.Kind) {
		r.Identifiers.add(s)
	}
	l, k := r.Lang[t.Lang], r.Kind[g.Kind]
	l.add(s)
	k.add(s)
	r.Lang[t.Lang], r.Kind[g.Kind] = l, k
}

func toInt(b bool) int {
	if b {
		return 1
	}
	return 0
}

// covered tells whether spans of the same kind cover at least half of what is no space in g.
func covered(body []byte, g Span, by []Span) bool {
	all, in := 0, 0
	for i := g.Start; i < g.End; i++ {
		if body[i] == ' ' || body[i] == '\n' {
			continue
		}
		all++
		for _, s := range by {
			if s.Kind == g.Kind && s.Start <= i && i < s.End {
				in++
				break
			}
		}
	}
	return in*2 >= all
}

func around(body []byte, g Span) []byte {
	lo, hi := max(0, g.Start-30), min(len(body), g.End+30)
	return bytes.ReplaceAll(body[lo:hi], []byte("\n"), []byte("\\n"))
}
