// Package official finds the identifiers that states and institutions of countries give: numbers of citizens, taxpayers, patients, accounts. Each
// is a line of kinds.txt; checks.go has the check digits. In a text, a form that many other numbers share counts only behind a word that names it.
package official

import (
	_ "embed"
	"slices"
	"strconv"
	"strings"
	"sync"

	"vestige/classifiers"
	"vestige/pii"
)

//go:generate go run ./gen

//go:embed kinds.txt
var kinds string

// kind is one line of the table.
type kind struct {
	forms  []form
	words  []string
	check  func([]byte) bool
	chance float64
}

type form struct {
	text  string
	alone bool // it is looked for in any text
}

// All lists the classifiers of this package.
func All() (out []classifiers.Classifier) {
	for l := range strings.Lines(kinds) {
		f := strings.Split(strings.TrimSpace(l), "|")
		if strings.HasPrefix(l, "#") || len(f) != 8 {
			continue
		}
		out = append(out, classifier(f))
	}
	return out
}

func classifier(f []string) classifiers.Classifier {
	k := &kind{words: strings.Fields(f[5]), check: checks[f[3]]}
	k.chance, _ = strconv.ParseFloat(f[4], 64)
	w := classifiers.Triggers{Words: k.words}
	var lengths []int
	for _, text := range strings.Split(f[2], ",") {
		text, alone := strings.CutPrefix(strings.ReplaceAll(text, "_", " "), "!")
		k.forms = append(k.forms, form{text, alone})
		lengths = append(lengths, len(text))
		text, _, _ = strings.Cut(text, "(")
		if alone {
			w.Forms = append(w.Forms, text)
		} else {
			w.Behind = append(w.Behind, text)
		}
	}
	return classifiers.Classifier{
		Name: f[0], Category: pii.Category(f[1]), Version: 1, Names: strings.Split(f[6], ","), Triggers: w, MaxLen: slices.Max(lengths), At: k.at, Whole: k.whole, Lengths: lengths,
		Doc:    f[7] + ". " + misses(k),
		Chance: k.chance, Sparse: true, Prior: -9,
	}
}

func misses(k *kind) string {
	if k.chance >= .5 {
		return "It has no check digit: other numbers of the form are mistaken for one, so that a name or a word has to say it."
	}
	return "Of other values of the form, " + strconv.FormatFloat(100*k.chance, 'f', -1, 64) + " in a hundred pass the check; a text that does not name it is searched for its usual grouping alone."
}

// at reads the identifier that begins at i.
func (k *kind) at(text []byte, i int) (h classifiers.Hit, ok bool) {
	named, asked := false, false
	for f := range k.forms {
		form := &k.forms[f]
		end := i + len(form.text)
		if end > len(text) || !fits(text[i:end], form.text) || !free(text, i, end) || !k.passes(text[i:end]) {
			continue
		}
		if !asked {
			named, asked = k.behind(text, i), true
		}
		if !named && !form.alone {
			continue
		}
		h = classifiers.Hit{Start: i, End: end}
		if k.chance < .2 {
			h.Flags |= classifiers.Checked
		}
		if named {
			h.Flags |= classifiers.Labelled
		}
		return h, true
	}
	return h, false
}

// whole takes a value of one of the forms, in either case.
func (k *kind) whole(v []byte) bool {
	for f := range k.forms {
		if len(v) == len(k.forms[f].text) && fits(v, k.forms[f].text) && k.passes(v) {
			return true
		}
	}
	return false
}

func fits(v []byte, form string) bool {
	for i := range v {
		b := v[i]
		switch form[i] {
		case '9':
			if b-'0' > 9 {
				return false
			}
		case 'A':
			if b-'A' > 25 {
				return false
			}
		case 'X':
			if b-'A' > 25 && b-'0' > 9 {
				return false
			}
		default:
			if b != form[i] {
				return false
			}
		}
	}
	return true
}

// buffers are for the signs of one candidate: checks are called by pointer, so that a buffer of the stack would escape.
var buffers = sync.Pool{New: func() any { return new([64]byte) }}

// passes checks the letters and digits without what stands between them.
func (k *kind) passes(v []byte) bool {
	buf := buffers.Get().(*[64]byte)
	defer buffers.Put(buf)
	n, same := 0, true
	for _, b := range v {
		if b-'0' < 10 || b-'A' < 26 {
			buf[n] = b
			same = same && b == buf[0]
			n++
		}
	}
	return !same && k.check(buf[:n])
}

// free tells whether nothing beside text[start:end] makes it part of something longer.
func free(text []byte, start, end int) bool {
	if !classifiers.Alone(text, start, end) {
		return false
	}
	if start > 1 && (text[start-1] == '-' || text[start-1] == '.' || text[start-1] == '/' || text[start-1] == ',') && classifiers.IsDigit(text[start-2]) {
		return false
	}
	return end+1 >= len(text) || text[end] != '-' && text[end] != '.' && text[end] != '/' && text[end] != ',' || !classifiers.IsDigit(text[end+1])
}

// reach is how far before a number its name may stand; the engine asks no farther.
const reach = 48

// behind tells whether one of the words stands before i, on the same line.
func (k *kind) behind(text []byte, i int) bool {
	low := max(0, i-reach)
	for j := i; j > low; {
		for j > low && !classifiers.IsLetter(text[j-1]) {
			if text[j-1] == '\n' {
				return false
			}
			j--
		}
		end := j
		for j > low && classifiers.IsLetter(text[j-1]) {
			j--
		}
		if j == low && low > 0 && classifiers.IsLetter(text[low-1]) {
			return false
		}
		for _, w := range k.words {
			if classifiers.EqualFold(text[j:end], w) {
				return true
			}
		}
	}
	return false
}
