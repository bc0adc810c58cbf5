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

// Sketcher gathers the sketch of one field. It keeps at most twice its size of hashes, whatever the number of values.
type Sketcher struct {
	k0, k1 uint64
	size   int
	cut    uint64
	seen   map[uint64]struct{}
}

// NewSketcher makes a sketcher under a key of at least 16 bytes that keeps about size hashes.
func NewSketcher(key []byte, size int) *Sketcher {
	return &Sketcher{
		k0: binary.LittleEndian.Uint64(key), k1: binary.LittleEndian.Uint64(key[8:]),
		size: size, cut: ^uint64(0), seen: map[uint64]struct{}{},
	}
}

// Add takes a value in.
func (s *Sketcher) Add(v []byte) {
	h := SipHash(s.k0, s.k1, v)
	if h >= s.cut {
		return
	}
	s.seen[h] = struct{}{}
	if len(s.seen) > s.size {
		s.halve()
	}
}

func (s *Sketcher) halve() {
	s.cut /= 2
	for h := range s.seen {
		if h >= s.cut {
			delete(s.seen, h)
		}
	}
}

// Sketch gives what was gathered.
func (s *Sketcher) Sketch(field pii.Ref, form string) Sketch {
	hs := make([]uint64, 0, len(s.seen))
	for h := range s.seen {
		hs = append(hs, h)
	}
	slices.Sort(hs)
	return Sketch{Field: field, Form: form, Cut: s.cut, Hashes: hs}
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
