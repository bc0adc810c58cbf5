package classifiers

// Classes of bytes. One table look-up tells the text pass what to do with a byte.
const (
	other  uint8 = iota // nothing starts here
	lower               // a–z and all bytes of letters beyond ASCII
	upper               // A–Z
	digit               // 0–9
	mark                // a byte that some classifier asks for
	joiner              // separators inside runs of digits: space . - / ( )
)

var classOf = func() (t [256]uint8) {
	for c := range 256 {
		switch b := byte(c); {
		case 'a' <= b && b <= 'z', b >= 0x80:
			t[c] = lower
		case 'A' <= b && b <= 'Z':
			t[c] = upper
		case '0' <= b && b <= '9':
			t[c] = digit
		case b == ' ' || b == '.' || b == '-' || b == '/' || b == '(' || b == ')':
			t[c] = joiner
		}
	}
	return t
}()

// IsLetter tells whether a byte is a letter or part of one beyond ASCII.
func IsLetter(b byte) bool { c := classOf[b]; return c == lower || c == upper }

// IsDigit tells whether a byte is one of 0–9.
func IsDigit(b byte) bool { return classOf[b] == digit }

// IsUpper tells whether a byte is one of A–Z.
func IsUpper(b byte) bool { return classOf[b] == upper }

// IsCapital tells whether a capital letter begins at i: A-Z, and those of Latin-1 and Latin Extended-A.
func IsCapital(text []byte, i int) bool {
	c := text[i]
	if c < 0x80 {
		return c-'A' < 26
	}
	if i+1 >= len(text) {
		return false
	}
	switch d := text[i+1]; c {
	case 0xC3:
		return d < 0xA0
	case 0xC4:
		return (d < 0xB9) == (d&1 == 0)
	case 0xC5:
		return (d <= 0x88 || d >= 0xB9) == (d&1 == 1) && d != 0xB8 || d == 0xB8
	}
	return false
}

// IsWord tells whether a byte is a letter or a digit.
func IsWord(b byte) bool { c := classOf[b]; return c == lower || c == upper || c == digit }

// Alone tells whether text[start:end] is not part of a longer word: no letter or digit stands right before or behind it.
func Alone(text []byte, start, end int) bool {
	return (start == 0 || !IsWord(text[start-1])) && (end == len(text) || !IsWord(text[end]))
}

// Lower gives an ASCII letter in lower case, any other byte as it is.
func Lower(b byte) byte {
	if 'A' <= b && b <= 'Z' {
		return b + 'a' - 'A'
	}
	return b
}

// Fold writes v in lower case to dst, which is as long at least: ASCII letters and those of Latin-1.
func Fold(dst, v []byte) {
	for i, b := range v {
		switch {
		case i > 0 && v[i-1] == 0xC3 && b >= 0x80 && b <= 0x9E && b != 0x97:
			dst[i] = b + 0x20
		default:
			dst[i] = Lower(b)
		}
	}
}

// EqualFold compares a word of a text to a word in lower case, by ASCII case only.
func EqualFold(text []byte, word string) bool {
	if len(text) != len(word) {
		return false
	}
	for i := range text {
		if Lower(text[i]) != word[i] {
			return false
		}
	}
	return true
}

// Trim gives the bytes without white space around them.
func Trim(v []byte) []byte {
	for len(v) > 0 && space(v[0]) {
		v = v[1:]
	}
	for len(v) > 0 && space(v[len(v)-1]) {
		v = v[:len(v)-1]
	}
	return v
}

func space(b byte) bool { return b == ' ' || (b >= '\t' && b <= '\r') }
