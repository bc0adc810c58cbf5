// Package dictionary knows given names, surnames, towns and the words of every sentence: a compact list with how usual each is, generated
// from the packages that gen names (see NOTICE) and from own.txt. Look-ups take bytes as they stand in a text, without
// regard to case, and allocate nothing.
package dictionary

import (
	_ "embed"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"
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
	Common // a word of any text: an article, a month, a greeting
)

// Entry is what is known of a word: its kinds, and for each a rank from 1 (rare) to 9 (usual).
type Entry struct {
	Kinds               Kind
	Given, Family, City uint8
}

// MaxLen is the longest word in bytes that a look-up considers.
const MaxLen = 40

type table struct {
	hashes  []uint64
	entries []Entry
	mask    uint64
}

var load = sync.OnceValue(func() *table {
	lines := strings.Split(strings.TrimSpace(words), "\n")
	size := uint64(1)
	for size < uint64(len(lines))*3 {
		size *= 2
	}
	t := &table{make([]uint64, size), make([]Entry, size), size - 1}
	for _, l := range lines {
		w, ranks, _ := strings.Cut(l, "\t")
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
			if n >= 3 || e.Given < 5 {
				e.Kinds |= Common // else it is a name before it is a word
			}
		}
	}
	return e
}

func (t *table) put(h uint64, e Entry) {
	i := h & t.mask
	for t.hashes[i] != 0 && t.hashes[i] != h {
		i = (i + 1) & t.mask
	}
	t.hashes[i], t.entries[i] = h, e
}

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
	for i := h & t.mask; t.hashes[i] != 0; i = (i + 1) & t.mask {
		if t.hashes[i] == h {
			return t.entries[i]
		}
	}
	return Entry{}
}

// fold hashes the word in lower case (FNV-1a); 0 stands for an empty slot and is never given.
func fold(word []byte) (uint64, bool) {
	h := uint64(14695981039346656037)
	for i := 0; i < len(word); {
		c := word[i]
		if c < utf8.RuneSelf {
			if 'A' <= c && c <= 'Z' {
				c += 'a' - 'A'
			}
			h = (h ^ uint64(c)) * 1099511628211
			i++
			continue
		}
		r, n := utf8.DecodeRune(word[i:])
		if r == utf8.RuneError {
			return 0, false
		}
		h = (h ^ uint64(unicode.ToLower(r))) * 1099511628211
		i += n
	}
	return h | 1, true
}
