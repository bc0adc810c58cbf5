package classifiers

import (
	"encoding/binary"
	"math/bits"
)

// WordMap is words in lower case and what is known of each; they are looked up as they stand in a text, without regard to case of ASCII and
// Latin-1, and nothing is allocated. Most words of a text are in none: a filter of a few bits tells that before anything is compared.
type WordMap[T any] struct {
	first  [32]uint32 // by the last bits of the first byte, a bit for each length
	filter []uint64
	slots  []uint32 // 1 + the number of the word; 0 is a free place
	words  []string
	values []T
	most   int
	shift  uint8 // from a hash to a bit of the filter
}

// NewWordMap makes a map of words in lower case.
func NewWordMap[T any](of map[string]T) *WordMap[T] {
	size := 64
	for size < 2*len(of) {
		size *= 2
	}
	m := &WordMap[T]{filter: make([]uint64, size/8), slots: make([]uint32, size), shift: uint8(64 - bits.TrailingZeros(uint(size*8)))}
	for w, v := range of {
		if w == "" {
			continue
		}
		m.first[w[0]&31] |= 1 << min(len(w), 31)
		h := HashFold([]byte(w))
		m.filter[h>>m.shift>>6] |= 1 << (h >> m.shift & 63)
		i := int(h) & (size - 1)
		for m.slots[i] != 0 {
			i = (i + 1) & (size - 1)
		}
		m.words, m.values, m.most = append(m.words, w), append(m.values, v), max(m.most, len(w))
		m.slots[i] = uint32(len(m.words))
	}
	return m
}

// Get gives what is known of a word, and whether it is in the map.
func (m *WordMap[T]) Get(w []byte) (v T, ok bool) {
	if len(w) == 0 || len(w) > m.most || m.first[w[0]&31]>>min(len(w), 31)&1 == 0 {
		return v, false
	}
	h := HashFold(w)
	if f := h >> m.shift; m.filter[f>>6]&(1<<(f&63)) == 0 {
		return v, false
	}
	mask := len(m.slots) - 1
	for i := int(h) & mask; m.slots[i] != 0; i = (i + 1) & mask {
		if n := m.slots[i] - 1; EqualWord(w, m.words[n]) {
			return m.values[n], true
		}
	}
	return v, false
}

// EqualWord compares a word of a text to a word in lower case, without regard to case of ASCII and Latin-1.
func EqualWord(w []byte, low string) bool {
	if len(w) != len(low) {
		return false
	}
	for i, b := range w {
		if c := low[i]; b != c && b+0x20 != c || b+0x20 == c && b-'A' >= 26 && !(i > 0 && w[i-1] == 0xC3 && b-0x80 <= 0x1E && b != 0x97) {
			return false
		}
	}
	return true
}

// HashFold hashes a word so that its bytes count without the bit that small and capital letters of ASCII and Latin-1 differ by.
func HashFold(w []byte) uint64 {
	const small, prime = 0x2020202020202020, 0x9E3779B97F4A7C15
	n := len(w)
	h, last := uint64(n)*prime, uint64(0)
	for ; len(w) >= 8; w = w[8:] {
		h = (h ^ (binary.LittleEndian.Uint64(w) | small)) * prime
		h ^= h >> 29
	}
	switch r := len(w); {
	case r >= 4:
		last = uint64(binary.LittleEndian.Uint32(w)) | uint64(binary.LittleEndian.Uint32(w[r-4:]))<<(8*(r-4))
	case r > 0:
		last = uint64(w[0]) | uint64(w[r>>1])<<(8*(r>>1)) | uint64(w[r-1])<<(8*(r-1))
	}
	h = (h ^ (last | small&(1<<(8*len(w))-1))) * prime
	h ^= h >> 32
	return h * prime
}

// WordSet is words in lower case that are looked up as they stand in a text.
type WordSet struct{ words *WordMap[struct{}] }

// NewWordSet makes a set of words in lower case.
func NewWordSet(words []string) *WordSet {
	m := map[string]struct{}{}
	for _, w := range words {
		m[w] = struct{}{}
	}
	return &WordSet{NewWordMap(m)}
}

// Has tells whether a word is in the set, without regard to case of ASCII and Latin-1. It allocates nothing.
func (s *WordSet) Has(w []byte) bool {
	_, ok := s.words.Get(w)
	return ok
}
