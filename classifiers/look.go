package classifiers

import (
	"bytes"
	"math"
	"strings"
)

// features is what one pass over a value says of it.
type features struct {
	n       int
	letters int
	uppers  int
	digits  int
	words   int // beginnings of words of letters
	capital int // of them, with a capital
	spaces  int
	marks   [2]uint64 // which ASCII bytes stand in it that are neither letters nor digits
	shape   uint64
	flags   uint32
	at      bool
	numeric bool // a whole number of at most 18 digits
	dated   bool // begins like a date
}

// Flags of a value's texture.
const (
	isDigits uint32 = 1 << iota
	isZeros
	isDecimal
	isBool
	isHex
	isUUID
	isDate
	isMoment
	isEpoch
	isYear
	isOneWord
	isTitled
	isSentence
	isCode
	isMixed
	isCompany
	isVersion
	isCounted // a whole number or a time, for numbers
)

func (f *features) has(b byte) bool {
	switch classOf[b] {
	case digit:
		return f.digits > 0
	case lower, upper:
		return f.letters > 0
	}
	return f.marks[b>>6&1]&(1<<(b&63)) != 0
}

// Counts of a value are bytes of one number, so that one addition counts a byte of it in all of them.
const (
	countLetters = 8 * iota
	countUppers
	countDigits
	countSpaces
	countDots
	countHex
	countWords
	countCapital
	countMost = 255 // bytes of a value after which none of the counts is full
)

// glance is what a byte adds to what is known of a value.
type glance struct {
	counts uint64
	begins uint64 // the same, where a word begins with it
	letter uint64 // all bits of a letter
	symbol uint64 // in the shape
	marks  [2]uint64
}

var glances = func() (t [256]glance) {
	for c := range 256 {
		b, g := byte(c), glance{symbol: uint64(c)}
		switch classOf[b] {
		case lower, upper:
			g.counts, g.begins, g.letter, g.symbol = 1<<countLetters, 1<<countWords, math.MaxUint64, 'a'
			if b < 0x80 && b < 'a' {
				g.counts, g.symbol = g.counts|1<<countUppers, 'A'
			}
			if b < 0x80 && b < 'a' || b == 0xC3 {
				g.begins |= 1 << countCapital
			}
		case digit:
			g.counts, g.symbol = 1<<countDigits, '9'
		default:
			g.marks[b>>6&1] = 1 << (b & 63)
		}
		if b == ' ' {
			g.counts |= 1 << countSpaces
		}
		if b == '.' {
			g.counts |= 1 << countDots
		}
		if IsDigit(b) || Lower(b)-'a' < 6 {
			g.counts |= 1 << countHex
		}
		t[c] = g
	}
	return t
}()

// look makes the one pass.
func look(v []byte) features {
	f := features{n: len(v), shape: uint64(len(v))}
	before, hex, dots := uint64(0), 0, 0
	for rest := v; len(rest) > 0; {
		some := rest[:min(len(rest), countMost)]
		rest = rest[len(some):]
		counts, symbols := uint64(0), uint64(0)
		for i, b := range some {
			g := &glances[b]
			counts += g.counts + g.begins&^before
			before = g.letter
			f.marks[0] |= g.marks[0]
			f.marks[1] |= g.marks[1]
			if symbols = symbols<<8 | g.symbol; i&7 == 7 {
				f.shape, symbols = mix(f.shape, symbols), 0
			}
		}
		f.shape = mix(f.shape, symbols)
		count := func(of int) int { return int(counts >> of & 0xFF) }
		f.letters, f.uppers, f.digits = f.letters+count(countLetters), f.uppers+count(countUppers), f.digits+count(countDigits)
		f.spaces, f.words, f.capital = f.spaces+count(countSpaces), f.words+count(countWords), f.capital+count(countCapital)
		hex, dots = hex+count(countHex), dots+count(countDots)
	}
	f.at = f.has('@')
	f.classify(v, hex, dots)
	return f
}

// classify derives the flags.
func (f *features) classify(v []byte, hex, dots int) {
	signed := f.digits == f.n-1 && (v[0] == '-' || v[0] == '+')
	f.numeric = (f.digits == f.n || (signed && v[0] == '-')) && f.digits > 0 && f.digits <= 18
	switch {
	case f.digits == f.n:
		f.number(v)
	case f.letters == 0:
		f.numberLike(v, dots)
	case f.digits == 0:
		f.wordy()
	}
	if f.digits > 0 && f.flags == 0 && f.letters <= 4 && f.n <= 24 && money(v) {
		f.flags |= isDecimal
	}
	if hex == f.n && f.n >= 16 {
		f.flags |= isHex
	}
	if f.n == 36 && hex == 32 && v[8] == '-' && v[13] == '-' && v[18] == '-' && v[23] == '-' {
		f.flags |= isUUID
	}
	if day, ok := parseDay(v); ok {
		f.dated = true
		f.flags |= isDate
		if _, clock := parseClock(v, day); clock {
			f.flags ^= isDate | isMoment
		}
	}
	if f.letters > 0 && f.digits > 0 && f.spaces == 0 && !f.at {
		f.flags |= isMixed
	}
	if f.flags&isDecimal == 0 && f.digits > 0 && f.letters == f.uppers && f.spaces <= 1 && f.n <= 24 && f.letters > 0 {
		f.flags |= isCode
	}
	if f.words >= 4 && f.spaces >= 3 && (f.capital*10 <= f.words*7 || v[f.n-1] == '.' || v[f.n-1] == '!' || v[f.n-1] == '?') {
		f.flags |= isSentence
	}
	if f.letters > 0 && f.spaces > 0 && company(v) {
		f.flags |= isCompany
	}
	if f.n <= 5 && isBoolWord(v) {
		f.flags |= isBool
	}
	if f.numeric || f.dated {
		f.flags |= isCounted
	}
}

// number is a value of digits only.
func (f *features) number(v []byte) {
	f.flags |= isDigits
	if f.n > 1 && v[0] == '0' {
		f.flags |= isZeros
	}
	if f.n == 4 && (string(v[:2]) == "19" || string(v[:2]) == "20") {
		f.flags |= isYear
	}
	if (f.n == 10 || f.n == 13) && (v[0] == '1' && v[1] >= '0') {
		f.flags |= isEpoch
	}
}

// numberLike is a value of digits and signs.
func (f *features) numberLike(v []byte, dots int) {
	commas := f.has(',')
	tail := f.n - 1
	for tail > 0 && IsDigit(v[tail]) {
		tail--
	}
	rest := f.digits + dots
	if commas {
		rest = f.n
	}
	if v[0] == '-' {
		rest++
	}
	decimals := f.n - 1 - tail
	switch {
	case dots >= 2 && f.digits+dots == f.n && !commas:
		f.flags |= isVersion
	case rest >= f.n && f.digits > 0 && decimals > 0 && (v[tail] == '.' || v[tail] == ',') && !f.has(' ') && !f.has('/') && !f.has(':'):
		f.flags |= isDecimal
	}
}

// wordy is a value of letters and no digit.
func (f *features) wordy() {
	if f.words == 1 && f.spaces == 0 && f.letters == f.n {
		f.flags |= isOneWord
	}
	if f.words >= 2 && f.words <= 4 && f.capital == f.words && f.uppers < f.letters && f.spaces >= 1 {
		f.flags |= isTitled
	}
}

// money tells of an amount with its currency: $1,234.50, R$ 2.561,20, 12 €, EUR 5.
func money(v []byte) bool {
	for _, sign := range currencies {
		if rest, ok := bytes.CutPrefix(v, sign); ok && amount(rest) {
			return true
		}
		if rest, ok := bytes.CutSuffix(v, sign); ok && amount(rest) {
			return true
		}
	}
	return false
}

var currencies = [][]byte{[]byte("R$"), []byte("$"), []byte("€"), []byte("£"), []byte("¥"), []byte("₹"), []byte("EUR"), []byte("USD"), []byte("GBP"), []byte("CHF"), []byte("zł"), []byte("kr")}

// amount tells of digits with the signs between them.
func amount(v []byte) bool {
	v = bytes.Trim(v, " \u00a0")
	for _, b := range v {
		if !IsDigit(b) && b != '.' && b != ',' && b != ' ' && b != '-' {
			return false
		}
	}
	return len(v) > 0 && IsDigit(v[len(v)-1])
}

func isBoolWord(v []byte) bool {
	switch len(v) {
	case 1:
		b := Lower(v[0])
		return b == '0' || b == '1' || b == 't' || b == 'f' || b == 'y' || b == 'n' || b == 'j'
	case 2:
		return EqualFold(v, "no") || EqualFold(v, "ja") || EqualFold(v, "on")
	case 3:
		return EqualFold(v, "yes") || EqualFold(v, "off")
	case 4:
		return EqualFold(v, "true") || EqualFold(v, "nein")
	}
	return EqualFold(v, "false")
}

// company tells whether the last word is a legal form, or the first or last one what an institution is called.
func company(v []byte) bool {
	i := len(v)
	for i > 0 && v[i-1] != ' ' {
		i--
	}
	w := v[i:]
	if len(w) > 0 && w[len(w)-1] == '.' {
		w = w[:len(w)-1]
	}
	if i > 0 && firms.Has(w) {
		return true
	}
	j := 0
	for j < len(v) && v[j] != ' ' {
		j++
	}
	return j < len(v) && institutions.Has(v[:j])
}

var (
	firms = NewWordSet(strings.Fields("gmbh ltd inc llc ag kg ohg plc corp ug se ev e.v co company group holding gbr limited " +
		"hospital clinic university college school academy institute foundation association society ministry council library museum airport stadium hotel restaurant center centre"))
	institutions = NewWordSet(strings.Fields("hospital clinica clinique universidad universidade università université universität instituto istituto institut colegio escola escuela scuola lycée collège école hôpital ospedale museo musée ministerio ministero ministère banco banca"))
)

// sig hashes what an outcome depends on.
func (f *features) sig() uint64 { return mix(uint64(f.flags), 0x9E3779B97F4A7C15) }

func mix(h, x uint64) uint64 {
	h ^= x + 0x9E3779B97F4A7C15
	h *= 0xBF58476D1CE4E5B9
	return h ^ h>>29
}

// add counts n values with the flags.
func (t *Texture) add(flags uint32, n int64) {
	t.Seen += n
	for bit, at := range [...]*int64{
		&t.Digits, &t.Zeros, &t.Decimals, &t.Bools, &t.Hex, &t.UUIDs, &t.Dates, &t.Moments, &t.Epochs, &t.Years,
		&t.OneWord, &t.Titled, &t.Sentences, &t.Codes, &t.Mixed, &t.Companies, &t.Versions,
	} {
		if flags>>bit&1 != 0 {
			*at += n
		}
	}
}

// ShapeOf writes the shape of a value as evidence keeps it.
func ShapeOf(v []byte) string { return shapeName(v) }

// shapeName writes a shape out: a and A for letters, 9 for digits, everything else as it stands; long ones are cut.
func shapeName(v []byte) string {
	const most = 40
	out := make([]byte, 0, most+3)
	for _, b := range v {
		if len(out) == most {
			return string(out) + "…"
		}
		switch classOf[b] {
		case lower:
			if b >= 0x80 && b < 0xC0 {
				continue
			}
			out = append(out, 'a')
		case upper:
			out = append(out, 'A')
		case digit:
			out = append(out, '9')
		default:
			out = append(out, b)
		}
	}
	return string(out)
}
