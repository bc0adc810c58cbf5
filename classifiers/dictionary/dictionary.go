// Package dictionary knows given names, surnames, towns and the words of every sentence: a compact list with how usual each is, generated
// from the packages that gen names (see NOTICE) and from own.txt. Look-ups take bytes as they stand in a text, without
// regard to case, and allocate nothing.
package dictionary

import (
	_ "embed"
	"slices"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"vestige/classifiers"
)

//go:generate go run ./gen

//go:embed words.txt
var words string

// Kind is what a word can be; a word can be several.
type Kind uint8

// The kinds.
const (
	Given Kind = 1 << iota
	Family
	City
	Common // a word of any text, rather than a name: an article, a month, a greeting
	Word   // a word of any text that is a usual name as well (Mark, Rose)
)

// Entry is what is known of a word: its kinds, and for each a rank from 1 (rare) to 9 (usual).
type Entry struct {
	Kinds               Kind
	Given, Family, City uint8
}

// MaxLen is the longest word in bytes that a look-up considers.
const MaxLen = 40

// Plain lists words of any text with which no name and no town begins. The list is always the same one.
func Plain() []string { return plain() }

var plain = sync.OnceValue(func() (out []string) {
	leads := map[string]bool{}
	for l := range strings.Lines(words) {
		w, ranks, _ := strings.Cut(strings.TrimSuffix(l, "\n"), "\t")
		if first, _, more := strings.Cut(w, " "); more && parse(ranks).City > 0 {
			leads[first] = true
		}
	}
	for l := range strings.Lines(words) {
		w, ranks, _ := strings.Cut(strings.TrimSuffix(l, "\n"), "\t")
		if e := parse(ranks); e.Kinds&Common != 0 && e.Given < 3 && e.City == 0 && !leads[w] {
			out = append(out, w)
		}
	}
	return out
})

type table struct {
	filter []uint64 // a bit for each word by its hash: most words of a text end here
	slots  []slot
	mask   uint64
}

// slot is a word by a part of its hash; the place says more of it.
type slot struct {
	tag uint32 // 0 is an empty slot
	Entry
}

// bits of the filter.
const filterBits = 1 << 20

var load = sync.OnceValue(func() *table {
	size := uint64(1)
	for size < uint64(strings.Count(words, "\n"))*3/2 {
		size *= 2
	}
	t := &table{make([]uint64, filterBits/64), make([]slot, size), size - 1}
	for l := range strings.Lines(words) {
		w, ranks, _ := strings.Cut(strings.TrimSuffix(l, "\n"), "\t")
		h, _ := fold([]byte(w))
		t.put(h, parse(ranks))
	}
	return t
})

func parse(ranks string) (e Entry) {
	for i := 0; i+1 < len(ranks); i += 2 {
		n := ranks[i+1] - '0'
		switch ranks[i] {
		case 'g':
			e.Kinds, e.Given = e.Kinds|Given, n
		case 'f':
			e.Kinds, e.Family = e.Kinds|Family, n
		case 'c':
			e.Kinds, e.City = e.Kinds|City, n
		case 'w':
			if e.Kinds |= Word; n >= 3 || e.Given < 5 {
				e.Kinds |= Common
			}
		}
	}
	return e
}

func (t *table) put(h uint64, e Entry) {
	f := h >> 44
	t.filter[f>>6] |= 1 << (f & 63)
	i, tag := h&t.mask, tagOf(h)
	for t.slots[i].tag != 0 && t.slots[i].tag != tag {
		i = (i + 1) & t.mask
	}
	t.slots[i] = slot{tag, e}
}

func tagOf(h uint64) uint32 { return uint32(h>>17) | 1 }

// Find gives the entry of a word; the zero Entry where it is unknown.
func Find(word []byte) Entry {
	if len(word) < 2 || len(word) > MaxLen {
		return Entry{}
	}
	h, ok := fold(word)
	if !ok {
		return Entry{}
	}
	t := load()
	if f := h >> 44; t.filter[f>>6]&(1<<(f&63)) == 0 {
		return Entry{}
	}
	tag := tagOf(h)
	for i := h & t.mask; t.slots[i].tag != 0; i = (i + 1) & t.mask {
		if t.slots[i].tag == tag {
			return t.slots[i].Entry
		}
	}
	return Entry{}
}

// fold hashes the word without regard to case. In ASCII and Latin-1 small and capital letters differ by one bit; words with other letters are made small first.
func fold(word []byte) (uint64, bool) {
	all := byte(0)
	for _, c := range word {
		all |= c
	}
	if all >= 0x80 && slices.ContainsFunc(word, func(c byte) bool { return c >= 0xC4 }) {
		return foldWide(word)
	}
	return classifiers.HashFold(word), true
}

func foldWide(word []byte) (uint64, bool) {
	var low [2 * MaxLen]byte
	n := 0
	for i := 0; i < len(word) && i < MaxLen; {
		r, size := utf8.DecodeRune(word[i:])
		if r == utf8.RuneError {
			return 0, false
		}
		n += utf8.EncodeRune(low[n:], unicode.ToLower(r))
		i += size
	}
	return classifiers.HashFold(low[:n]), true
}
