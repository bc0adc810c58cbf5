package classifiers

// hashSet maps hashes to small numbers; it grows up to twice exactLimit slots and allocates nothing per value.
type hashSet struct {
	keys []uint64 // 0 is an empty slot
	outs []uint16
	n    int
}

// find gives the number of a hash.
func (s *hashSet) find(h uint64) (uint16, bool) {
	if len(s.keys) == 0 {
		return 0, false
	}
	h |= 1
	for i := h >> 1 & uint64(len(s.keys)-1); s.keys[i] != 0; i = (i + 1) & uint64(len(s.keys)-1) {
		if s.keys[i] == h {
			return s.outs[i], true
		}
	}
	return 0, false
}

// put adds a hash that is not in the set.
func (s *hashSet) put(h uint64, out uint16) {
	if s.n*2 >= len(s.keys) {
		s.grow()
	}
	s.insert(h|1, out)
	s.n++
}

// reset empties the set and keeps its memory.
func (s *hashSet) reset() {
	if s.n > 0 {
		clear(s.keys)
	}
	s.n = 0
}

func (s *hashSet) insert(h uint64, out uint16) {
	i := h >> 1 & uint64(len(s.keys)-1)
	for s.keys[i] != 0 {
		i = (i + 1) & uint64(len(s.keys)-1)
	}
	s.keys[i], s.outs[i] = h, out
}

func (s *hashSet) grow() {
	old := *s
	size := max(64, 2*len(s.keys))
	s.keys, s.outs = make([]uint64, size), make([]uint16, size)
	for i, k := range old.keys {
		if k != 0 {
			s.insert(k, old.outs[i])
		}
	}
}
