package masking

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/sha256"
	"encoding/binary"
	"strconv"
	"unicode"
	"unicode/utf8"
)

// shuffler is the run key as permutations: of whole numbers, and of texts position by position. Every permutation keeps the form of what it is given
// (digit for digit, vowel for vowel) and gives different values different results, so that joins hold and unique columns stay unique. It is safe for
// concurrent use.
type shuffler struct {
	block cipher.Block
	small []uint16 // the permutation of whole numbers below its length
}

func newShuffler(key []byte) *shuffler {
	sum := sha256.Sum256(append([]byte("vestige mask 1\x00"), key...))
	block, err := aes.NewCipher(sum[:])
	if err != nil {
		panic(err) // 32 bytes are a key
	}
	s := &shuffler{block: block, small: make([]uint16, 10000)}
	for i := range s.small {
		s.small[i] = uint16(i)
	}
	for i := 1; i < len(segments) && segments[i] <= 10000; i++ {
		lo, n := segments[i-1], segments[i]-segments[i-1]
		for j := n - 1; j > 0; j-- {
			k := s.number("small", binary.LittleEndian.AppendUint64(nil, lo+j)) % (j + 1)
			s.small[lo+j], s.small[lo+k] = s.small[lo+k], s.small[lo+j]
		}
	}
	return s
}

// mac is a keyed digest of a label and a text.
func (s *shuffler) mac(label string, text []byte) (out [16]byte) {
	binary.LittleEndian.PutUint64(out[:], uint64(len(text)))
	copy(out[8:], label)
	s.block.Encrypt(out[:], out[:])
	for len(text) > 0 {
		n := min(16, len(text))
		for i := range n {
			out[i] ^= text[i]
		}
		s.block.Encrypt(out[:], out[:])
		text = text[n:]
	}
	return out
}

func (s *shuffler) number(label string, text []byte) uint64 {
	m := s.mac(label, text)
	return binary.LittleEndian.Uint64(m[:])
}

// segments are the bounds within which whole numbers are permuted: those of equal length, cut where the types of databases end.
var segments = []uint64{1, 10, 100, 128, 256, 1000, 10000, 32768, 65536, 100000, 1000000, 8388608, 10000000, 16777216, 100000000, 1000000000, 2147483648, 4294967296,
	10000000000, 100000000000, 1000000000000, 10000000000000, 100000000000000, 1000000000000000, 10000000000000000, 100000000000000000, 1000000000000000000, 9223372036854775808}

// whole permutes a whole number within its segment; 0, and what is beyond 63 bits, stays as it is.
func (s *shuffler) whole(n uint64) uint64 {
	if n < uint64(len(s.small)) {
		return uint64(s.small[n])
	}
	for i := 1; i < len(segments); i++ {
		if lo, hi := segments[i-1], segments[i]; n >= lo && n < hi {
			for {
				digits := s.text("int", strconv.AppendUint(nil, n, 10), digitForm)
				if n, _ = strconv.ParseUint(string(digits), 10, 64); n >= lo && n < hi {
					return n
				}
			}
		}
	}
	return n
}

// wholeText permutes a whole number as it is written; ok is false for what is none.
func (s *shuffler) wholeText(v []byte) (out []byte, ok bool) {
	digits := v
	if len(v) > 1 && v[0] == '-' {
		digits = v[1:]
	}
	if len(digits) == 0 || len(digits) > 19 || digits[0] == '0' && len(digits) > 1 {
		return nil, false
	}
	n, err := strconv.ParseUint(string(digits), 10, 64)
	if err != nil {
		return nil, false
	}
	return strconv.AppendUint(append([]byte(nil), v[:len(v)-len(digits)]...), s.whole(n), 10), true
}

// form says in which alphabet each rune of a text moves; nil leaves it.
type form func(at int, r rune) []rune

var (
	digits      = []rune("0123456789")
	firstDigits = []rune("123456789")
	lowers      = []rune("abcdefghijklmnopqrstuvwxyz")
	uppers      = []rune("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
	hexLow      = []rune("0123456789abcdef")
	hexUp       = []rune("0123456789ABCDEF")
	alphabets   = letterTable("aeiou", "bcdfghjklmnpqrstvwxyz", "AEIOU", "BCDFGHJKLMNPQRSTVWXYZ", "äöüàáâãåèéêëìíîïòóôõøùúûæœąęıőű", "ßçñýÿğśşšžźżčćđěłńňřťůď", "ÄÖÜÀÁÂÃÅÈÉÊËÌÍÎÏÒÓÔÕØÙÚÛÆŒĄĘŐŰ",
		"ÇÑÝĞŚŞŠŽŹŻČĆĐĚŁŃŇŘŤŮĎ", "αβγδεζηθικλμνξοπρστυφχψω", "άέήίόύώ", "ΑΒΓΔΕΖΗΘΙΚΛΜΝΞΟΠΡΣΤΥΦΧΨΩ", "абвгдежзийклмнопрстуфхцчшщъыьэюяёіїєґ", "АБВГДЕЖЗИЙКЛМНОПРСТУФХЦЧШЩЪЫЬЭЮЯЁІЇЄҐ",
		"אבגדהוזחטיכלמנסעפצקרשת", "ابتثجحخدذرزسشصضطظعغفقكلمنهوي")
)

func letterTable(groups ...string) map[rune][]rune {
	out := map[rune][]rune{}
	for _, g := range groups {
		rs := []rune(g)
		for _, r := range rs {
			out[r] = rs
		}
	}
	return out
}

func isDigit(r rune) bool { return r >= '0' && r <= '9' }

// digitForm moves digits only; the first one never becomes 0, nor stops being it.
func digitForm(at int, r rune) []rune {
	switch {
	case !isDigit(r) || at == 0 && r == '0':
		return nil
	case at == 0:
		return firstDigits
	}
	return digits
}

// digitsForm moves all digits alike.
func digitsForm(_ int, r rune) []rune {
	if isDigit(r) {
		return digits
	}
	return nil
}

// codeForm moves digits and the letters of ASCII, each within its own kind.
func codeForm(_ int, r rune) []rune {
	switch {
	case isDigit(r):
		return digits
	case r >= 'a' && r <= 'z':
		return lowers
	case r >= 'A' && r <= 'Z':
		return uppers
	}
	return nameForm(0, r)
}

// hexForm moves hexadecimal digits; case is that of the text's letters.
func hexForm(upper bool) form {
	set := hexLow
	if upper {
		set = hexUp
	}
	return func(_ int, r rune) []rune {
		if isDigit(r) || r >= 'a' && r <= 'f' || r >= 'A' && r <= 'F' {
			return set
		}
		return nil
	}
}

// nameForm moves letters so that a name stays one to the ear: vowel for vowel, in its own script.
func nameForm(_ int, r rune) []rune {
	switch {
	case alphabets[r] != nil:
		return alphabets[r]
	case isDigit(r):
		return digits
	case r >= 0x4e00 && r < 0x9fa0, r >= 0xac00 && r < 0xd7a0, r >= 0x3041 && r < 0x3097, r >= 0x30a1 && r < 0x30fb:
		return around(r)
	case unicode.IsLetter(r):
		return []rune{'x'}
	}
	return nil
}

// around gives the runes of a block of a large script.
func around(r rune) []rune {
	for _, b := range [][2]rune{{0x4e00, 0x9fa0}, {0xac00, 0xd7a0}, {0x3041, 0x3097}, {0x30a1, 0x30fb}} {
		if r >= b[0] && r < b[1] {
			lo := b[0] + (r-b[0])/256*256
			out := make([]rune, min(256, b[1]-lo))
			for i := range out {
				out[i] = lo + rune(i)
			}
			return out
		}
	}
	return nil
}

const rounds = 10

// text permutes a text within the texts of the same form: a Feistel network whose halves are the even and the odd positions that move.
func (s *shuffler) text(label string, v []byte, f form) []byte {
	rs := make([]rune, 0, len(v))
	var places, sizes []int
	var sets [][]rune
	var vals []uint32
	shape := make([]byte, 0, len(v)+len(label))
	shape = append(append(shape, label...), 0)
	for i := 0; i < len(v); {
		r, n := utf8.DecodeRune(v[i:])
		at := len(rs)
		rs = append(rs, r)
		i += n
		set := f(at, r)
		if len(set) == 0 {
			shape = utf8.AppendRune(shape, r)
			continue
		}
		places, sets, sizes, vals = append(places, at), append(sets, set), append(sizes, len(set)), append(vals, indexOf(set, r))
		shape = append(shape, 1, byte(len(set)))
	}
	if len(places) == 0 {
		return append([]byte{}, v...)
	}
	s.feistel(s.mac("form", shape), vals, sizes)
	for i, at := range places {
		rs[at] = sets[i][vals[i]]
	}
	return []byte(string(rs))
}

func indexOf(set []rune, r rune) uint32 {
	for i, x := range set {
		if x == r {
			return uint32(i)
		}
	}
	return uint32(len(set) - 1)
}

func (s *shuffler) feistel(tweak [16]byte, vals []uint32, sizes []int) {
	in := make([]byte, 0, 32+len(vals)*2)
	var stream [16]byte
	for round := range rounds {
		moving := round & 1
		in = append(in[:0], tweak[:]...)
		in = append(in, byte(round))
		for i := 1 - moving; i < len(vals); i += 2 {
			in = binary.LittleEndian.AppendUint16(in, uint16(vals[i]))
		}
		seed := s.mac("round", in)
		for i, n := moving, 0; i < len(vals); i, n = i+2, n+1 {
			if n&3 == 0 {
				binary.LittleEndian.PutUint32(seed[12:], binary.LittleEndian.Uint32(seed[12:])+1)
				s.block.Encrypt(stream[:], seed[:])
			}
			vals[i] = (vals[i] + binary.LittleEndian.Uint32(stream[4*(n&3):])%uint32(sizes[i])) % uint32(sizes[i])
		}
	}
}

// bytes permutes bytes, for identifiers that are stored as such.
func (s *shuffler) bytes(v []byte) []byte {
	vals, sizes := make([]uint32, len(v)), make([]int, len(v))
	for i, b := range v {
		vals[i], sizes[i] = uint32(b), 256
	}
	s.feistel(s.mac("bytes", []byte{byte(len(v))}), vals, sizes)
	out := make([]byte, len(v))
	for i := range out {
		out[i] = byte(vals[i])
	}
	return out
}
