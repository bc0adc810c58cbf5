package classifiers

import (
	"encoding/binary"
	"math/bits"
)

const (
	ones  = 0x0101010101010101
	highs = 0x8080808080808080
)

// letters gives the end of the letters from i and the key of the word: the first eight bytes, ASCII letters in lower case, with the length.
func letters(text []byte, i int) (end int, key uint64) {
	if i+8 > len(text) {
		return lastLetters(text, i)
	}
	x := binary.LittleEndian.Uint64(text[i:])
	stop := notLetters(x)
	x |= 0x20 * ones
	if stop != 0 {
		n := bits.TrailingZeros64(stop) >> 3
		return i + n, wordKey(x&(1<<(8*n)-1), n)
	}
	end = Letters(text, i+8)
	return end, wordKey(x, end-i)
}

// Letters gives the end of the letters from i.
func Letters(text []byte, i int) int {
	for i+8 <= len(text) {
		if stop := notLetters(binary.LittleEndian.Uint64(text[i:])); stop != 0 {
			return i + bits.TrailingZeros64(stop)>>3
		}
		i += 8
	}
	for i < len(text) && IsLetter(text[i]) {
		i++
	}
	return i
}

// lastLetters is letters at the end of a text.
func lastLetters(text []byte, i int) (end int, key uint64) {
	x := uint64(0)
	for end = i; end < len(text) && IsLetter(text[end]); end++ {
		x |= uint64(text[end]|0x20) << (8 * (end - i))
	}
	return end, wordKey(x, end-i)
}

// notLetters sets the high bit of each byte that is no letter; only the lowest one that is set is sure.
func notLetters(x uint64) uint64 {
	y := (x | 0x20*ones) &^ highs
	letter := (y + (0x80-'a')*ones) &^ (y + (0x80-'z'-1)*ones)
	return ^(letter | x) & highs
}

func wordKey(x uint64, n int) uint64 {
	return (x ^ uint64(n)<<57) * 0x9E3779B97F4A7C15
}

// wordTable is the words that are waited for, by key.
type wordTable struct {
	bloom [1024]uint64 // bits by key: most words of a text end here
	slots []wordSlot   // each at the first free place from the one that its key says
	mask  uint64
}

type wordSlot struct {
	key uint64
	*entry
}

type entry struct {
	word  string
	who   []call
	names []uint64 // a bit for each classifier of which a number behind it may be; nil for none
	exact bool     // the key tells it from all other words
}

// waiting collects words and who waits for them.
type waiting map[string]*entry

// entry gives that of the letters that a word begins with, which are what a text is asked for: "icd9" and "icd" are one.
func (w waiting) entry(word string) *entry {
	end, _ := letters([]byte(word), 0)
	word = word[:end]
	e := w[word]
	if e == nil {
		e = &entry{word: word, exact: len(word) <= 8 && ascii(word)}
		w[word] = e
	}
	return e
}

func (w waiting) add(word string, who call) {
	e := w.entry(word)
	if n := len(e.who); n == 0 || e.who[n-1].who != who.who {
		e.who = append(e.who, who)
	}
}

// anchor notes that a number behind the word may be of the classifier with that number.
func (w waiting) anchor(word string, who int) {
	e := w.entry(word)
	for who>>6 >= len(e.names) {
		e.names = append(e.names, 0)
	}
	e.names[who>>6] |= 1 << (who & 63)
}

func (w waiting) table() (t wordTable) {
	size := 64
	for size < 3*len(w) {
		size *= 2
	}
	t.slots, t.mask = make([]wordSlot, size), uint64(size-1)
	for word, e := range w {
		if word == "" {
			continue
		}
		_, key := letters([]byte(word), 0)
		t.bloom[key>>54] |= 1 << (key >> 48 & 63)
		key = wholeKey(key, []byte(word))
		i := key >> 20 & t.mask
		for t.slots[i].entry != nil {
			i = (i + 1) & t.mask
		}
		t.slots[i] = wordSlot{key, e}
	}
	return t
}

// wholeKey adds the last eight bytes of a longer word to its key: words of one stem have their first ones in common.
func wholeKey(key uint64, word []byte) uint64 {
	if len(word) <= 8 {
		return key
	}
	return (key ^ (binary.LittleEndian.Uint64(word[len(word)-8:]) | 0x20*ones)) * 0x9E3779B97F4A7C15
}

// may tells whether a word of that key can be in the table.
func (t *wordTable) may(key uint64) bool { return t.bloom[key>>54]&(1<<(key>>48&63)) != 0 }

// find gives the entry of a word; key is that of letters.
func (t *wordTable) find(key uint64, word []byte) *entry {
	key = wholeKey(key, word)
	for i := key >> 20 & t.mask; t.slots[i].entry != nil; i = (i + 1) & t.mask {
		if s := &t.slots[i]; s.key == key && (s.exact || EqualFold(word, s.word)) {
			return s.entry
		}
	}
	return nil
}

// keySet is words of at most eight ASCII letters, by their keys, which tell them apart.
type keySet struct {
	keys []uint64
	mask uint64
}

func newKeySet(words []string) *keySet {
	size := 64
	for size < 2*len(words) {
		size *= 2
	}
	s := &keySet{make([]uint64, size), uint64(size - 1)}
	for _, w := range words {
		end, key := letters([]byte(w), 0)
		if end != len(w) || end > 8 || key == 0 || !ascii(w) {
			continue
		}
		i := key >> 20 & s.mask
		for s.keys[i] != 0 && s.keys[i] != key {
			i = (i + 1) & s.mask
		}
		s.keys[i] = key
	}
	return s
}

func ascii(w string) bool {
	for i := range len(w) {
		if w[i] >= 0x80 {
			return false
		}
	}
	return true
}

func (s *keySet) has(key uint64) bool {
	for i := key >> 20 & s.mask; ; i = (i + 1) & s.mask {
		switch s.keys[i] {
		case key:
			return true
		case 0:
			return false
		}
	}
}
