package classifiers

// hashSet maps hashes to small numbers; it grows up to twice exactLimit slots, four times at once, and allocates nothing per value. A slot has the upper 48 bits of a hash and its number, so that a
// look at one is a look at one place in memory.
type hashSet struct {
	slots []uint64 // 0 is an empty slot
	n     int
}

const outBits = 1<<16 - 1

// hashOf gives of a hash what tells it from others: never 0.
func hashOf(h uint64) uint64 { return (h | (outBits + 1)) &^ outBits }

// seek gives the slot of a hash, or the empty one in which it belongs, and its number where it is in the set.
func (s *hashSet) seek(h uint64) (slot int, out uint16, ok bool) {
	if len(s.slots) == 0 {
		return 0, 0, false
	}
	h = hashOf(h)
	for i := h >> 20 & uint64(len(s.slots)-1); ; i = (i + 1) & uint64(len(s.slots)-1) {
		switch x := s.slots[i]; {
		case x == 0:
			return int(i), 0, false
		case x&^outBits == h:
			return int(i), uint16(x), true
		}
	}
}

// free tells whether the slot that seek gave for a hash is still empty: the hash was not added since, if the set did not grow.
func (s *hashSet) free(slot int) bool { return slot < len(s.slots) && s.slots[slot] == 0 }

// put adds a hash that is not in the set, at the slot that seek gave.
func (s *hashSet) put(slot int, h uint64, out uint16) {
	if s.n*2 >= len(s.slots) {
		s.grow()
		slot, _, _ = s.seek(h)
	}
	s.slots[slot] = hashOf(h) | uint64(out)
	s.n++
}

// reset empties the set and keeps its memory.
func (s *hashSet) reset() {
	if s.n > 0 {
		clear(s.slots)
	}
	s.n = 0
}

func (s *hashSet) grow() {
	old := s.slots
	s.slots = make([]uint64, max(128, 4*len(old)))
	for _, x := range old {
		if x != 0 {
			slot, _, _ := s.seek(x)
			s.slots[slot] = x
		}
	}
}
