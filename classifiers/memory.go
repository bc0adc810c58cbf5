package classifiers

import (
	"hash/maphash"
)

// Memory is what one worker remembers from column to column: of values that it was asked about, a hash (keyed anew in every process) and what
// the classifiers said; and whom to ask about values of which features. The same addresses, places, states and remarks stand in many columns. It holds
// no value and changes no result. It is for one goroutine.
type Memory struct {
	seed    maphash.Seed
	slots   [][2]slot // by the hash; the one used last comes first
	said    []verdict
	bySig   map[uint64]uint32 // places in said
	routes  map[uint64]*route
	fetched uint64        // of no use but that it was looked at
	fresh   [strip][]byte // room for values while they are counted; empty otherwise
}

// slot is what is remembered of one value. Two share a place, and a third one that falls on it takes that of the one used longer ago.
type slot struct {
	key   uint64 // of the value and of whom was asked
	shape uint64
	said  uint32 // place of the verdict, from 1 on
}

const (
	memoryPlaces = 1 << 13
	mostSaid     = 1 << 12 // verdicts; values with any further one are not remembered
	mostRoutes   = 1 << 12
)

// NewMemory makes a memory in which nothing is.
func (s *Set) NewMemory() *Memory {
	m := newMemory()
	m.slots, m.bySig = make([][2]slot, memoryPlaces), map[uint64]uint32{}
	return m
}

// newMemory makes one that remembers whom to ask, and no values.
func newMemory() *Memory {
	return &Memory{seed: maphash.MakeSeed(), routes: map[uint64]*route{}}
}

// find gives what was said of the value with that key, and its shape; nil where it is not remembered.
func (m *Memory) find(key uint64) (*verdict, uint64) {
	if len(m.slots) == 0 {
		return nil, 0
	}
	at := &m.slots[key%memoryPlaces]
	if at[0].key != key && at[1].key == key {
		at[0], at[1] = at[1], at[0]
	}
	if at[0].key != key || at[0].said == 0 {
		return nil, 0
	}
	return &m.said[at[0].said-1], at[0].shape
}

// fetch has the places of some values looked at together, before each is asked for by itself: so the machine waits for memory once.
func (m *Memory) fetch(hashes []uint64, rest uint64) {
	if len(m.slots) == 0 {
		return
	}
	for _, h := range hashes {
		m.fetched ^= m.slots[mix(h, rest)%memoryPlaces][0].key
	}
}

// keep remembers what was said of the value with that key.
func (m *Memory) keep(key, shape uint64, d *verdict) {
	if len(m.slots) == 0 {
		return
	}
	n, ok := m.bySig[d.sig]
	if !ok {
		if len(m.said) == mostSaid {
			return
		}
		m.said = append(m.said, d.clone())
		n = uint32(len(m.said))
		m.bySig[d.sig] = n
	}
	at := &m.slots[key%memoryPlaces]
	at[0], at[1] = slot{key, shape, n}, at[0]
}

// lead remembers whom to ask about values with features of that key.
func (m *Memory) lead(key uint64, r *route) {
	if len(m.routes) == mostRoutes {
		clear(m.routes)
	}
	m.routes[key] = r
}

// bytesOf says what values are made of: of which kinds of bytes, and how long they are at most.
type bytesOf struct {
	kinds uint32
	most  int
}

// kindOf has a bit for each kind of bytes that values of one column may have and those of another have not.
var kindOf = func() (t [256]uint32) {
	kinds := []string{"0123456789", "abcdef", "ghijklmnopqrstuvwxyz", "ABCDEF", "GHIJKLMNOPQRSTUVWXYZ", " ", "@", ".", "-", "_", "+", ":", "/", ",", "()", "#", ";", "\"'", "{}[]", "<>", "=&?%", "|", "*!$", "\t\r\n"}
	for c := range 256 {
		t[c] = 1 << len(kinds)
		if c >= 0x80 {
			t[c] <<= 1
		}
	}
	for bit, list := range kinds {
		for _, c := range []byte(list) {
			t[c] = 1 << bit
		}
	}
	return t
}()

func kindsOf(v []byte) (k uint32) {
	t := &kindOf
	for ; len(v) >= 8; v = v[8:] {
		w := v[:8:8]
		k |= t[w[0]] | t[w[1]] | t[w[2]] | t[w[3]] | t[w[4]] | t[w[5]] | t[w[6]] | t[w[7]]
	}
	for _, c := range v {
		k |= t[c]
	}
	return k
}

func (b *bytesOf) add(v []byte) { b.kinds, b.most = b.kinds|kindsOf(v), max(b.most, len(v)) }

// covers tells whether a value is made of nothing else, and not much longer.
func (b *bytesOf) covers(v []byte) bool { return kindsOf(v)&^b.kinds == 0 && len(v) <= 2*b.most+8 }
