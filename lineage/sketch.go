package lineage

import (
	"encoding/binary"
	"math/bits"
	"slices"

	"vestige/pii"
)

// Sketch is the values of one field as keyed hashes below a cut: with Cut at its highest all of them, with a lower one the same random share of
// every field, so that any two sketches can be compared. It holds no value and is of no use without its key.
type Sketch struct {
	Field  pii.Ref  `json:"field"`
	Form   string   `json:"form,omitempty"` // of a sketch derived from the values: the relative ("sha256") whose text was hashed
	Cut    uint64   `json:"cut"`            // hashes are below it
	Hashes []uint64 `json:"hashes"`         // ascending, distinct
}

// Distinct estimates how many distinct values the field has.
func (s *Sketch) Distinct() float64 {
	if s.Cut == ^uint64(0) {
		return float64(len(s.Hashes))
	}
	return float64(len(s.Hashes)) * (float64(^uint64(0)) / float64(s.Cut))
}

// Shared counts, below the lower of both cuts, the hashes of s, those of t, and those in both.
func (s *Sketch) Shared(t *Sketch) (inS, inT, both int) {
	cut := min(s.Cut, t.Cut)
	a, b := below(s.Hashes, cut), below(t.Hashes, cut)
	for i, j := 0, 0; i < len(a) && j < len(b); {
		switch {
		case a[i] < b[j]:
			i++
		case a[i] > b[j]:
			j++
		default:
			both, i, j = both+1, i+1, j+1
		}
	}
	return len(a), len(b), both
}

func below(h []uint64, cut uint64) []uint64 {
	if cut == ^uint64(0) {
		return h
	}
	i, _ := slices.BinarySearch(h, cut)
	return h[:i]
}

// Sketcher gathers the sketch of one field. It keeps at most its size of hashes, whatever the number of values, in a table in which they lie
// by their leading bits, so that it can be read nearly in order.
type Sketcher struct {
	k0, k1 uint64
	size   int
	cut    uint64
	halved int      // times that the cut was halved: leading bits that are 0 in every hash kept
	slots  []uint64 // 0 is an empty slot
	n      int      // slots taken
	zero   bool     // the hash 0 was seen
}

// NewSketcher makes a sketcher under a key of at least 16 bytes that keeps about size hashes.
func NewSketcher(key []byte, size int) *Sketcher {
	return &Sketcher{k0: binary.LittleEndian.Uint64(key), k1: binary.LittleEndian.Uint64(key[8:]), size: size, cut: ^uint64(0)}
}

// Another makes an empty sketcher of the same key and size.
func (s *Sketcher) Another() *Sketcher {
	return &Sketcher{k0: s.k0, k1: s.k1, size: s.size, cut: ^uint64(0)}
}

// Reset empties the sketcher and keeps its memory and key.
func (s *Sketcher) Reset() {
	if s.n > 0 {
		clear(s.slots)
	}
	s.cut, s.halved, s.n, s.zero = ^uint64(0), 0, 0, false
}

// Empty tells whether nothing was taken in.
func (s *Sketcher) Empty() bool { return s.n == 0 && !s.zero }

// Hash gives the hash under which Add takes a value in.
func (s *Sketcher) Hash(v []byte) uint64 { return SipHash(s.k0, s.k1, v) }

// Add takes a value in.
func (s *Sketcher) Add(v []byte) { s.AddHash(s.Hash(v)) }

// AddHash takes in the value of that hash.
func (s *Sketcher) AddHash(h uint64) {
	switch {
	case h >= s.cut:
		return
	case h == 0:
		s.zero = true
	default:
		s.put(h)
	}
	for s.n > s.size {
		s.halve()
	}
}

// AddHashes takes in the values of those hashes. Many at once cost less: the machine fetches the slots of some while it looks at others.
func (s *Sketcher) AddHashes(hs []uint64) {
	for _, h := range hs {
		s.AddHash(h)
	}
}

func (s *Sketcher) put(h uint64) {
	if s.n*4 >= len(s.slots)*3 {
		s.lay(max(64, 2*len(s.slots)))
	}
	i := s.place(h)
	for s.slots[i] != 0 {
		if s.slots[i] == h {
			return
		}
		i = (i + 1) & (len(s.slots) - 1)
	}
	s.slots[i] = h
	s.n++
}

// place gives the slot at which the search for a hash begins.
func (s *Sketcher) place(h uint64) int {
	return int(h << s.halved >> (64 - bits.TrailingZeros(uint(len(s.slots)))))
}

// lay puts the hashes that are below the cut into a table of that many slots, a power of two.
func (s *Sketcher) lay(slots int) {
	old := s.slots
	s.slots, s.n = make([]uint64, slots), 0
	for _, h := range old {
		if h != 0 && h < s.cut {
			s.put(h)
		}
	}
}

func (s *Sketcher) halve() {
	s.cut /= 2
	s.halved++
	s.lay(len(s.slots))
}

// Sketch gives what was gathered.
func (s *Sketcher) Sketch(field pii.Ref, form string) Sketch {
	hs := make([]uint64, 0, s.n+1)
	if s.zero {
		hs = append(hs, 0)
	}
	for _, h := range s.slots {
		if h != 0 {
			hs = append(hs, h)
		}
	}
	settle(hs)
	return Sketch{Field: field, Form: form, Cut: s.cut, Hashes: hs}
}

// settle sorts numbers that are nearly in order.
func settle(hs []uint64) {
	for i := 1; i < len(hs); i++ {
		h, k := hs[i], i
		for ; k > 0 && hs[k-1] > h; k-- {
			hs[k] = hs[k-1]
		}
		hs[k] = h
	}
}

// Fingerprint gives the hash under which a value stands in sketches of that key, so that an erasure can remove it.
func Fingerprint(key, v []byte) uint64 {
	return SipHash(binary.LittleEndian.Uint64(key), binary.LittleEndian.Uint64(key[8:]), v)
}

// SipHash is SipHash-2-4 (Aumasson and Bernstein, 2012), a keyed hash of 64 bits.
func SipHash(k0, k1 uint64, p []byte) uint64 {
	v0, v1 := k0^0x736f6d6570736575, k1^0x646f72616e646f6d
	v2, v3 := k0^0x6c7967656e657261, k1^0x7465646279746573
	round := func() {
		v0 += v1
		v1 = bits.RotateLeft64(v1, 13) ^ v0
		v0 = bits.RotateLeft64(v0, 32)
		v2 += v3
		v3 = bits.RotateLeft64(v3, 16) ^ v2
		v0 += v3
		v3 = bits.RotateLeft64(v3, 21) ^ v0
		v2 += v1
		v1 = bits.RotateLeft64(v1, 17) ^ v2
		v2 = bits.RotateLeft64(v2, 32)
	}
	last := uint64(len(p)) << 56
	for len(p) >= 8 {
		m := binary.LittleEndian.Uint64(p)
		v3 ^= m
		round()
		round()
		v0 ^= m
		p = p[8:]
	}
	for i, b := range p {
		last |= uint64(b) << (8 * i)
	}
	v3 ^= last
	round()
	round()
	v0 ^= last
	v2 ^= 0xff
	for range 4 {
		round()
	}
	return v0 ^ v1 ^ v2 ^ v3
}
