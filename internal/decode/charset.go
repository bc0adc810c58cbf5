package decode

import (
	"bytes"
	"errors"
	"io"
	"unicode/utf16"
	"unicode/utf8"
)

// The names of what texts are written in; "" is UTF-8. Of the eight-bit sets there is one name: what Latin-1 has, Windows-1252 has at the same
// place, and the bytes that it leaves open stand for the control characters of that number, so that every byte can be written back.
const (
	UTF16LE     = "utf-16le"
	UTF16BE     = "utf-16be"
	Windows1252 = "windows-1252"
)

// charset puts a reader before the stream that makes UTF-8 of it. UTF-16 is known by its mark or its zeros; an eight-bit set by the first bytes
// that are not ASCII, wherever they come, so that the name of one can be known as late as at the end of the file.
func (d *decoder) charset() {
	name := d.o.Charset
	if !d.o.Block {
		name = wide(d.w.atLeast(4096))
	}
	under := d.under()
	off := d.w.off
	var r io.Reader = &octets{r: under, known: func() { d.info.Charset = Windows1252 }}
	if name == UTF16LE || name == UTF16BE {
		d.info.Charset = name
		r = &units{r: under, big: name == UTF16BE}
	}
	d.w = newWindow(r, d.out.progress)
	d.w.off = off
}

// wide tells UTF-16 by the head of a file.
func wide(head []byte) string {
	switch {
	case len(head) < 4 || bytes.HasPrefix(head, []byte{0xff, 0xfe, 0, 0}):
		return ""
	case head[0] == 0xff && head[1] == 0xfe:
		return UTF16LE
	case head[0] == 0xfe && head[1] == 0xff:
		return UTF16BE
	}
	var zeros [2]int
	pairs := len(head) / 2
	for i := range 2 * pairs {
		if head[i] == 0 {
			zeros[i&1]++
		}
	}
	switch {
	case pairs >= 8 && zeros[1]*10 > pairs*7 && zeros[0]*50 < pairs:
		return UTF16LE
	case pairs >= 8 && zeros[0]*10 > pairs*7 && zeros[1]*50 < pairs:
		return UTF16BE
	}
	return ""
}

// octets passes UTF-8 on and makes it of an eight-bit set.
type octets struct {
	r       io.Reader
	known   func() // called when it is an eight-bit set
	decided bool
	eight   bool
	ready   []byte // to be given
	err     error
}

// Read reads on.
func (o *octets) Read(p []byte) (int, error) {
	switch {
	case len(o.ready) > 0:
		n := copy(p, o.ready)
		o.ready = o.ready[n:]
		return n, nil
	case o.err != nil:
		return 0, o.err
	case o.eight:
		o.recode(p)
		return o.Read(p)
	}
	n, err := o.r.Read(p)
	if o.decided || ascii(p[:n]) {
		return n, err
	}
	o.decide(p[:n], err)
	return o.Read(p)
}

// decide looks at what follows the first byte that is not ASCII.
func (o *octets) decide(had []byte, err error) {
	sample := bytes.Clone(had)
	more := make([]byte, 32<<10)
	for err == nil && len(sample) < headSize {
		var n int
		n, err = o.r.Read(more)
		sample = append(sample, more[:n]...)
	}
	o.decided, o.err, o.ready = true, err, sample
	if o.eight = eightBit(sample); o.eight {
		o.ready = appendOctets(nil, sample)
		o.known()
	}
}

func (o *octets) recode(p []byte) {
	buf := make([]byte, min(max(len(p), 512), 64<<10))
	n, err := o.r.Read(buf)
	o.ready, o.err = appendOctets(make([]byte, 0, n+n/4), buf[:n]), err
}

func ascii(b []byte) bool {
	for len(b) >= 8 {
		if (b[0]|b[1]|b[2]|b[3]|b[4]|b[5]|b[6]|b[7])&0x80 != 0 {
			return false
		}
		b = b[8:]
	}
	for _, c := range b {
		if c >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// eightBit tells whether more bytes are no UTF-8 than there are characters of it, in what is a text otherwise.
func eightBit(sample []byte) bool {
	good, bad := 0, 0
	for b := sample; len(b) > 0; {
		r, n := utf8.DecodeRune(b)
		switch {
		case r == utf8.RuneError && n == 1:
			if len(b) >= utf8.UTFMax || utf8.FullRune(b) {
				bad++
			}
		case n > 1:
			good++
		}
		b = b[n:]
	}
	return bad > good && !isBinary(sample)
}

// high are the characters of the bytes from 0x80 to 0x9f.
var high = [32]rune{
	'€', 0x81, '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', 0x8d, 'Ž', 0x8f,
	0x90, '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', 0x9d, 'ž', 'Ÿ',
}

func appendOctets(dst, b []byte) []byte {
	for _, c := range b {
		switch {
		case c < utf8.RuneSelf:
			dst = append(dst, c)
		case c < 0xa0:
			dst = utf8.AppendRune(dst, high[c-0x80])
		default:
			dst = utf8.AppendRune(dst, rune(c))
		}
	}
	return dst
}

// octetOf gives the byte of a character.
func octetOf(r rune) (byte, bool) {
	if r < 0x80 || r >= 0xa0 && r < 0x100 {
		return byte(r), true
	}
	for i, h := range high {
		if h == r {
			return byte(0x80 + i), true
		}
	}
	return 0, false
}

// units makes UTF-8 of UTF-16. A surrogate that stands alone becomes three bytes as if it were a character, so that it can be written back.
type units struct {
	r     io.Reader
	big   bool
	odd   []byte // bytes that are not a whole character yet
	ready []byte
	err   error
}

// Read reads on.
func (u *units) Read(p []byte) (int, error) {
	for len(u.ready) == 0 {
		if u.err != nil {
			return 0, u.err
		}
		u.more()
	}
	n := copy(p, u.ready)
	u.ready = u.ready[n:]
	return n, nil
}

func (u *units) more() {
	buf := make([]byte, len(u.odd)+32<<10)
	had := copy(buf, u.odd)
	n, err := u.r.Read(buf[had:])
	buf = buf[:had+n]
	var used int
	u.ready, used = u.decode(make([]byte, 0, len(buf)*3/2), buf, err != nil)
	if u.odd, u.err = bytes.Clone(buf[used:]), err; errors.Is(err, io.EOF) && len(u.odd) > 0 {
		u.err = io.ErrUnexpectedEOF
	}
}

func (u *units) decode(dst, b []byte, last bool) (out []byte, used int) {
	for used+1 < len(b) {
		r := u.unit(b[used:])
		if utf16.IsSurrogate(r) && r < 0xdc00 {
			if used+3 >= len(b) && !last {
				return dst, used
			}
			if used+3 < len(b) {
				if both := utf16.DecodeRune(r, u.unit(b[used+2:])); both != utf8.RuneError {
					dst, used = utf8.AppendRune(dst, both), used+4
					continue
				}
			}
		}
		if utf16.IsSurrogate(r) {
			dst = append(dst, 0xe0|byte(r>>12), 0x80|byte(r>>6)&0x3f, 0x80|byte(r)&0x3f)
		} else {
			dst = utf8.AppendRune(dst, r)
		}
		used += 2
	}
	return dst, used
}

func (u *units) unit(b []byte) rune {
	if u.big {
		return rune(b[0])<<8 | rune(b[1])
	}
	return rune(b[1])<<8 | rune(b[0])
}

// Encoder gives a writer that takes UTF-8 and writes the charset; of what was read in it, every byte comes out as it was. What the charset does not
// have becomes a question mark. Close writes what is left of a character that was cut.
func Encoder(charset string, w io.Writer) io.WriteCloser {
	return &encoder{charset: charset, w: w}
}

type encoder struct {
	charset string
	w       io.Writer
	left    []byte
	out     []byte
}

// Write writes whole characters.
func (e *encoder) Write(p []byte) (int, error) {
	if e.charset == "" {
		return e.w.Write(p)
	}
	return len(p), e.encode(append(e.left, p...), false)
}

// Close writes the rest.
func (e *encoder) Close() error {
	if len(e.left) == 0 {
		return nil
	}
	return e.encode(e.left, true)
}

func (e *encoder) encode(b []byte, last bool) error {
	e.out = e.out[:0]
	for len(b) > 0 {
		r, n := surrogate(b)
		if n == 0 {
			if !last && !utf8.FullRune(b) || !last && len(b) < 3 && b[0] == 0xed {
				break
			}
			r, n = utf8.DecodeRune(b)
		}
		e.one(r)
		b = b[n:]
	}
	e.left = bytes.Clone(b)
	_, err := e.w.Write(e.out)
	return err
}

// surrogate reads a surrogate that was written as a character of three bytes.
func surrogate(b []byte) (rune, int) {
	if len(b) < 3 || b[0] != 0xed || b[1] < 0xa0 || b[1] > 0xbf || b[2]&0xc0 != 0x80 {
		return 0, 0
	}
	return 0xd000 | rune(b[1]&0x3f)<<6 | rune(b[2]&0x3f), 3
}

func (e *encoder) one(r rune) {
	if e.charset == Windows1252 {
		c, ok := octetOf(r)
		if !ok {
			c = '?'
		}
		e.out = append(e.out, c)
		return
	}
	if r1, r2 := utf16.EncodeRune(r); r >= 0x10000 {
		e.unit(r1)
		e.unit(r2)
		return
	}
	e.unit(r)
}

func (e *encoder) unit(r rune) {
	if e.charset == UTF16BE {
		e.out = append(e.out, byte(r>>8), byte(r))
		return
	}
	e.out = append(e.out, byte(r), byte(r>>8))
}
