package classifiers

// WordSet is words in lower case that are looked up as they stand in a text. Most words of a text are in none: a filter of a few bits tells that
// before anything is compared.
type WordSet struct {
	filter [64]uint64
	words  map[string]struct{}
	most   int
}

// NewWordSet makes a set of words in lower case.
func NewWordSet(words []string) *WordSet {
	s := &WordSet{words: map[string]struct{}{}}
	for _, w := range words {
		s.words[w] = struct{}{}
		s.most = max(s.most, len(w))
		h := wordHash([]byte(w))
		s.filter[h>>6] |= 1 << (h & 63)
	}
	return s
}

// wordHash is of the length, the first, the middle and the last byte, without regard to case.
func wordHash(w []byte) uint32 {
	n := len(w)
	return (uint32(w[0]|0x20)*0x9E3779B1 ^ uint32(w[n-1]|0x20)*0x85EBCA77 ^ uint32(w[n>>1]|0x20)*0xC2B2AE3D ^ uint32(n)*0x27D4EB2F) >> 20
}

// Has tells whether a word is in the set, without regard to case of ASCII and Latin-1. It allocates nothing.
func (s *WordSet) Has(w []byte) bool {
	if len(w) == 0 || len(w) > s.most || len(w) > 32 {
		return false
	}
	if h := wordHash(w); s.filter[h>>6]&(1<<(h&63)) == 0 {
		return false
	}
	var low [32]byte
	Fold(low[:], w)
	_, ok := s.words[string(low[:len(w)])]
	return ok
}
