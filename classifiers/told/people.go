package told

import (
	"strings"

	"vestige/classifiers"
	"vestige/classifiers/dictionary"
)

// houses are words that make capitalised words behind a label the name of an organisation.
var houses = set(strings.Fields("ltd limited inc llc llp plc corp corporation company co gmbh ag kg ohg ug se sa sas sarl srl spa bv nv oy ab as team department support office bank university hospital school services service group holdings trust foundation committee council ministry verein stiftung"))

// readPerson reads a name behind a label that only people have: up to five words of which none is of every sentence, in capitals too, and "Surname, Given".
func readPerson(text []byte, k int, tied bool) (start, end int, ok bool) {
	start = k
	if k > 0 && string(text[k-1:min(len(text), k+2)]) == "'t " { // the sign was taken for a quote
		start, k = k-1, k+2
	}
	end, words, known := persons(text, k)
	if words == 0 {
		return 0, 0, false
	}
	if end+3 < len(text) && text[end] == ',' && text[end+1] == ' ' && classifiers.IsCapital(text, end+2) {
		if stop, n, sure := persons(text, end+2); n > 0 && n < 4 && sure > 0 {
			end, words, known = stop, words+n, known+sure
		}
	}
	whole := end == len(text) || text[end] == '\n' || text[end] == ',' || text[end] == ';' || text[end] == '"' || text[end] == '<' || text[end] == '.' || text[end] == ' ' && end+1 < len(text) && (text[end+1] == '<' || text[end+1] == '(') || text[end] == '|' || text[end] == '\r'
	return start, end, free(text, end) && closed(text, end) && (known > 0 && (tied || words > 1) || tied && words > 1 && whole)
}

// persons reads capitalised words with particles and initials between; known is how many of them are names of the dictionary, and words is 0 where one is none.
func persons(text []byte, k int) (end, words, known int) {
	end = k
	for i := k; i < len(text) && words < 5; {
		e := classifiers.Letters(text, i)
		for e > i && e+1 < len(text) && (text[e] == '-' || text[e] == '\'') && classifiers.IsLetter(text[e+1]) {
			e = classifiers.Letters(text, e+1)
		}
		w := text[i:e]
		switch x := dictionary.Find(w); {
		case e == i:
			return end, words, known
		case particles.Has(w) && e < len(text) && text[e] == ' ':
		case !classifiers.IsCapital(text, i):
			return end, words, known
		case houses.Has(w), x.Kinds&dictionary.Common != 0 && x.Family < 3 && x.Given < 3 && len(w) > 1, months.Has(w):
			return k, 0, 0
		default:
			if x.Kinds&(dictionary.Given|dictionary.Family) != 0 && x.Kinds&(dictionary.Common) == 0 && x.City <= max(x.Given, x.Family) {
				known++
			}
			end, words = e, words+1
		}
		if e < len(text) && text[e] == '.' && e-i <= 4 {
			e++
		}
		if e+1 >= len(text) || text[e] != ' ' {
			return end, words, known
		}
		i = e + 1
	}
	return end, words, known
}

// readCalled reads what somebody is called: capitalised words, or names of the dictionary in small letters.
func readCalled(text []byte, k int, tied bool) (start, end int, ok bool) {
	if start, end, ok = readKnown(text, k, tied); ok {
		return start, end, true
	}
	end, words, known := persons(text, k)
	if words == 0 || end-k < 3 || !free(text, end) || !closed(text, end) {
		return 0, 0, false
	}
	e := dictionary.Find(text[k:word(text, k)])
	return k, end, known > 0 || e.Kinds == 0 && string(text[k:end]) != strings.ToUpper(string(text[k:end]))
}

// readKnown reads a given name of the dictionary however it is written, with the surname behind it.
func readKnown(text []byte, k int, _ bool) (start, end int, ok bool) {
	end = word(text, k)
	e := dictionary.Find(text[k:end])
	if end-k < 3 || e.Given < 2 || e.Kinds&(dictionary.Common|dictionary.Word) != 0 || e.City > e.Given || !free(text, end) || !closed(text, end) {
		return 0, 0, false
	}
	if end+3 < len(text) && text[end] == ' ' {
		stop := word(text, end+1)
		if f := dictionary.Find(text[end+1 : stop]); stop-end > 3 && f.Family >= 2 && f.Kinds&(dictionary.Common|dictionary.Word) == 0 && free(text, stop) {
			end = stop
		}
	}
	return k, end, true
}

// readSmall reads a given name of the dictionary in small letters.
func readSmall(text []byte, k int, tied bool) (start, end int, ok bool) {
	if tied || text[k] < 'a' || classifiers.IsCapital(text, k) || text[k-1] != ' ' {
		return 0, 0, false
	}
	return readKnown(text, k, tied)
}

// readHandle reads a handle: @ and what follows.
func readHandle(text []byte, k int, _ bool) (start, end int, ok bool) {
	if text[k] != '@' || k+1 < len(text) && !classifiers.IsLetter(text[k+1]) && text[k+1] != '_' {
		return 0, 0, false
	}
	for end = k + 1; end < len(text) && end-k < 32 && (classifiers.IsWord(text[end]) || text[end] == '_' || text[end] == '.' && end+1 < len(text) && classifiers.IsWord(text[end+1])); end++ {
	}
	return k, end, end-k > 3 && (end == len(text) || text[end] != '@' && text[end] != '/')
}

// Mention is handles that a sentence names.
func Mention() classifiers.Classifier {
	return classifiers.Classifier{
		Name:     "handle_mentioned",
		Doc:      "A handle in a social network behind a word of thanks, of company or of praise. It misses handles behind other words; packages with a scope behind such a word are mistaken for one.",
		Category: "contact.social",
		Version:  1,
		Triggers: classifiers.Triggers{Bytes: "@", Spots: []classifiers.Spot{{At: "@", Before: " ", After: "a"}}},
		MaxLen:   40,
		At:       mentionAt,
		Chance:   .05, Prior: -12, Sparse: true,
	}
}

// mentioners are words behind which handles of people stand.
var mentioners = set(strings.Fields("thanks thank thx cc congrats congratulations kudos shoutout hey hi hello follow merci bravo gracias grazie bravissimo danke bedankt dank obrigado obrigada parabéns dzięki brawo felicidades auguri"))

// linking words may stand between.
var linking = set(strings.Fields("to à a an aan ao para dla per"))

func mentionAt(text []byte, i int) (h classifiers.Hit, ok bool) {
	if i < 3 || text[i-1] != ' ' {
		return h, false
	}
	s := i - 1
	for s > 0 && i-s < 20 && classifiers.IsLetter(text[s-1]) {
		s--
	}
	if w := text[s : i-1]; linking.Has(w) && s > 1 && text[s-1] == ' ' {
		e := s - 1
		for s = e; s > 0 && e-s < 20 && classifiers.IsLetter(text[s-1]); s-- {
		}
		if !mentioners.Has(text[s:e]) {
			return h, false
		}
	} else if !mentioners.Has(w) {
		return h, false
	}
	start, end, ok := readHandle(text, i, true)
	return classifiers.Hit{Start: start, End: end, Flags: classifiers.Labelled}, ok
}

// readWeb reads a web address of one's own: with a scheme, or a host with a path.
func readWeb(text []byte, k int, _ bool) (start, end int, ok bool) {
	if k > 0 && (text[k-1] == '.' || text[k-1] == '@') {
		return 0, 0, false // the label is a part of a host
	}
	dots, slash := 0, false
	for end = k; end < len(text) && end-k < 150; end++ {
		c := text[end]
		if c <= ' ' || c == '"' || c == ',' || c == '<' || c == '>' || c == ')' || c == ';' || c == '|' || c >= 0x80 {
			break
		}
		dots, slash = dots+b2i(c == '.'), slash || c == '/'
	}
	for end > k && (text[end-1] == '.' || text[end-1] == ':' || text[end-1] == '/' && slash) {
		dots -= b2i(text[end-1] == '.')
		end--
	}
	return k, end, dots > 0 && slash && end-k > 8 && classifiers.IsLetter(text[k])
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

var (
	are      = set(strings.Fields("is was am m are is es est é è jest ist war bin soy suis sono sou ben jestem was were s eine ein a an una un um uma een"))
	subjects = set(strings.Fields("i he she who they er sie ich elle il je él ella yo lui lei io hij zij ze ik ele ela eu on ona who husband wife mother father boyfriend girlfriend he's she's"))
	joins    = set(strings.Fields("and but who und aber et mais y e pero ma en maar mas i ale by from citizen"))
)

// predicate tells whether the words at i say what somebody is: "she is Peruvian", "I'm a German and", "Wilmer Quispe es boliviano".
func predicate(text []byte, i, end int) bool {
	if end < len(text) && text[end] == ',' && i > 2 && text[i-2] == ',' && !classifiers.IsCapital(text, i) && afterName(text, i) {
		return true
	}
	if end < len(text) && text[end] == ' ' {
		if e := word(text, end+1); !joins.Has(text[end+1 : e]) {
			return false
		}
	} else if !free(text, end) || !closed(text, end) || end < len(text) && text[end] == '-' {
		return false
	}
	k, verb := i, false
	for range 3 {
		if k < 2 || text[k-1] != ' ' && text[k-1] != '\'' {
			return false
		}
		k--
		s := k
		for s > 0 && k-s < 24 && classifiers.IsLetter(text[s-1]) {
			s--
		}
		w := text[s:k]
		if verb {
			if subjects.Has(w) {
				return true
			}
			e := dictionary.Find(w)
			if len(w) > 2 && classifiers.IsCapital(text, s) && e.Kinds&(dictionary.Given|dictionary.Family) != 0 && e.Kinds&dictionary.Common == 0 && e.City <= max(e.Given, e.Family) {
				return true
			}
		}
		if !are.Has(w) {
			return false
		}
		k, verb = s, true
	}
	return false
}
