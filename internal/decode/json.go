package decode

import "bytes"

// json reads a document, several one after the other, or the elements of an array as records.
func (d *decoder) json() error {
	if err := d.space(tagGlue); err != nil {
		return err
	}
	if data := d.w.data(); len(data) > 0 && data[0] == '[' {
		return d.array()
	}
	for {
		if len(d.w.atLeast(1)) == 0 {
			return nil
		}
		if ok, err := d.element(true); err != nil || !ok {
			return err
		}
		if err := d.space(tagGlue); err != nil {
			return err
		}
	}
}

func (d *decoder) array() error {
	if err := d.punctuation(tagGlue); err != nil {
		return err
	}
	if c := d.peek(); c == ']' {
		return d.tail()
	}
	for {
		if len(d.w.atLeast(1)) == 0 {
			return nil
		}
		if ok, err := d.element(false); err != nil || !ok {
			return err
		}
		n := spaces(d.w.atLeast(1))
		for n == len(d.w.data()) && d.w.fill() {
			n = spaces(d.w.data())
		}
		switch data := d.w.data(); {
		case n < len(data) && data[n] == ',':
			if err := d.separator(n + 1); err != nil {
				return err
			}
		case n < len(data) && data[n] == ']':
			return d.tail()
		case n == len(data): // the file ends within the array
			if d.end == "" && !d.o.Partial && d.w.cut() == "" {
				d.end = GapTruncated
			}
			return d.leave(tagGlue, n)
		default:
			return d.broken()
		}
	}
}

// separator gives n bytes with the comma, and the space behind.
func (d *decoder) separator(n int) error {
	for {
		k := n + spaces(d.w.data()[n:])
		if k < len(d.w.data()) || k > 1<<20 || !d.w.fill() {
			return d.leave(tagSeparator, k)
		}
	}
}

// punctuation gives one byte and the space behind it.
func (d *decoder) punctuation(tag byte) error {
	if err := d.leave(tag, 1); err != nil {
		return err
	}
	return d.space(tag)
}

// tail gives what stands after the last element: the bracket, and nothing but space behind it.
func (d *decoder) tail() error {
	n := bytes.IndexByte(d.w.data(), ']') + 1
	if err := d.leave(tagGlue, n); err != nil {
		return err
	}
	if err := d.space(tagGlue); err != nil {
		return err
	}
	if len(d.w.data()) > 0 {
		return d.broken()
	}
	return nil
}

// broken gives up on the rest, which is no JSON.
func (d *decoder) broken() error { return d.hopeless(GapJSON) }

// hopeless gives the rest as bytes that belong to no record.
func (d *decoder) hopeless(code string) error {
	d.end, d.out.lost = code, true
	for len(d.w.atLeast(1)) > 0 {
		if err := d.leave(tagGlue, min(len(d.w.data()), chunkSize)); err != nil {
			return err
		}
	}
	return nil
}

func (d *decoder) peek() byte {
	if data := d.w.atLeast(1); len(data) > 0 {
		return data[0]
	}
	return 0
}

// leave gives n bytes and counts their lines.
func (d *decoder) leave(tag byte, n int) error {
	b := d.w.data()[:n]
	d.line += int64(bytes.Count(b, []byte{'\n'}))
	err := d.out.glue(tag, b)
	d.w.advance(n)
	return err
}

func (d *decoder) space(tag byte) error {
	for {
		n := spaces(d.w.atLeast(1))
		if n == 0 {
			return nil
		}
		if err := d.leave(tag, n); err != nil {
			return err
		}
	}
}

func spaces(b []byte) (n int) {
	for n < len(b) && (b[n] == ' ' || b[n] == '\n' || b[n] == '\t' || b[n] == '\r') {
		n++
	}
	return n
}

// element gives the value at the front as a record; ok is false where the rest cannot be read.
func (d *decoder) element(top bool) (ok bool, err error) {
	var b bounds
	for !b.scan(d.w.data()) {
		if d.w.fill() {
			continue
		}
		if d.w.full() && d.w.err == nil {
			return true, d.largeElement(&b)
		}
		b.atEnd()
		break
	}
	if b.pos == 0 {
		return false, d.broken()
	}
	if !b.whole() {
		return false, d.cutElement()
	}
	raw := d.w.data()[:b.pos]
	if top {
		raw = d.w.data()[:d.lineEnd(b.pos)]
	}
	err = d.record(raw, 0, b.pos)
	d.line += int64(bytes.Count(raw, []byte{'\n'}))
	d.w.advance(len(raw))
	return true, err
}

// lineEnd gives the end of a value that stands at the top, its line end included where nothing else is on the line.
func (d *decoder) lineEnd(n int) int {
	for i, c := range d.w.data()[n:] {
		switch c {
		case '\n':
			return n + i + 1
		case ' ', '\t', '\r':
		default:
			return n
		}
	}
	return n
}

// cutElement is the last value of a file that ends within it.
func (d *decoder) cutElement() error {
	if d.o.Partial {
		return nil
	}
	if d.w.cut() == "" {
		d.end = GapTruncated
	}
	return d.lost(GapJSON, d.w.data())
}

// largeElement makes a gap of a value that does not fit the window and leaves it behind.
func (d *decoder) largeElement(b *bounds) error {
	if err := d.gap(GapLarge, d.w.off); err != nil {
		return err
	}
	for {
		for b.pos > 0 {
			n := min(b.pos, chunkSize)
			if err := d.leave(tagGlue, n); err != nil {
				return err
			}
			b.pos -= n
		}
		if b.done || len(d.w.atLeast(1)) == 0 {
			return d.counted(nil)
		}
		b.scan(d.w.data())
	}
}

// bounds finds where a JSON value ends without looking closer at it. It can be continued with more data.
type bounds struct {
	pos    int
	depth  int
	quoted bool
	escape bool
	scalar bool
	done   bool
}

// scan goes on over data, whose first pos bytes it has seen; true at the end of the value.
func (b *bounds) scan(data []byte) bool {
	for ; b.pos < len(data) && !b.done; b.pos++ {
		c := data[b.pos]
		switch {
		case b.quoted:
			b.inside(c)
		case c == '"':
			b.quoted = true
		case c == '{' || c == '[':
			b.depth++
		case c == '}' || c == ']':
			if b.depth == 0 {
				b.done = true
				return true // of a scalar: the bracket is not its own
			}
			if b.depth--; b.depth == 0 {
				b.done = true
			}
		case b.depth == 0 && (c == ',' || c == ' ' || c == '\n' || c == '\r' || c == '\t'):
			b.done = true
			return true
		case b.depth == 0:
			b.scalar = true
		}
	}
	return b.done
}

func (b *bounds) inside(c byte) {
	switch {
	case b.escape:
		b.escape = false
	case c == '\\':
		b.escape = true
	case c == '"':
		b.quoted = false
		b.done = b.depth == 0
	}
}

// atEnd tells that there is no more data, which ends a number.
func (b *bounds) atEnd() { b.done = b.done || b.scalar && b.depth == 0 && !b.quoted }

func (b *bounds) whole() bool { return b.done }
