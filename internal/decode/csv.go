package decode

import (
	"bytes"
	"crypto/sha256"
)

// cell is where a cell of a row stands, quotes included.
type cell struct {
	start, end int
	quoted     bool // begins and ends with a quote
	double     bool // has doubled quotes inside
}

// text gives the cell's value; doubled quotes are made single in buf.
func (c cell) text(row, buf []byte) []byte {
	if !c.quoted {
		return row[c.start:c.end]
	}
	inner := row[c.start+1 : c.end-1]
	if !c.double {
		return inner
	}
	buf = buf[:0]
	for i := 0; i < len(inner); i++ {
		buf = append(buf, inner[i])
		if inner[i] == '"' && i+1 < len(inner) && inner[i+1] == '"' {
			i++
		}
	}
	return buf
}

// splitRow finds the cells of the row at the front of data. n is its length with the line end. ok is false where the row does not end in
// data: more data is needed, or, with last, a quote is never closed. With strict a line end always ends the row.
func splitRow(cells []cell, data []byte, comma byte, last, strict bool) (out []cell, n int, ok bool) {
	for i := 0; ; {
		c := cell{start: i}
		if i < len(data) && data[i] == '"' {
			i, ok = quotedCell(&c, data, comma, last, strict)
			if !ok {
				return cells, 0, false
			}
		} else {
			for i < len(data) && data[i] != comma && data[i] != '\n' {
				i++
			}
		}
		c.end = i
		if i == len(data) {
			if c.quoted && data[i-1] == '\r' {
				c.end--
			}
			c.quoted = c.quoted && c.end > c.start+1 && data[c.end-1] == '"'
			return append(cells, c), i, last
		}
		if data[i] == '\n' {
			if c.end > c.start && data[c.end-1] == '\r' {
				c.end--
			}
			c.quoted = c.quoted && c.end > c.start+1 && data[c.end-1] == '"'
			return append(cells, c), i + 1, true
		}
		cells = append(cells, c)
		i++
	}
}

// quotedCell finds the end of a cell that begins with a quote. A quote inside that is not doubled is part of the value.
func quotedCell(c *cell, data []byte, comma byte, last, strict bool) (end int, ok bool) {
	c.quoted = true
	for i := c.start + 1; ; {
		k := bytes.IndexByte(data[i:], '"')
		if strict {
			if line := bytes.IndexByte(data[i:], '\n'); line >= 0 && (k < 0 || line < k) {
				return 0, false
			}
		}
		if k < 0 {
			return 0, false
		}
		i += k + 1
		switch rest := data[i:]; {
		case len(rest) == 0:
			return i, last
		case rest[0] == comma || rest[0] == '\n':
			return i, true
		case rest[0] == '\r' && len(rest) == 1:
			return i + 1, last
		case rest[0] == '\r' && rest[1] == '\n':
			return i + 1, true
		case rest[0] == '"':
			c.double = true
			i++
		}
	}
}

// csv reads rows.
func (d *decoder) csv() error {
	if d.o.Block {
		if err := d.skipLine(); err != nil {
			return err
		}
	}
	d.columns()
	for header := d.info.Header && !d.o.Block; ; {
		n, ok, err := d.row()
		if err != nil || n == 0 {
			return err
		}
		raw := d.w.data()[:n]
		if d.unfinished(raw) {
			return nil
		}
		body := bodyOf(raw)
		switch {
		case !ok:
			err = d.lost(GapQuote, raw)
		case len(bytes.TrimSpace(raw[:body])) == 0:
			err = d.out.glue(tagGlue, raw)
		case header:
			header, err = false, d.out.glue(tagGlue, raw)
		case len(d.cells) != len(d.names):
			err = d.lost(GapRagged, raw)
		default:
			err = d.cellsOf(raw, body)
		}
		d.line += max(1, int64(bytes.Count(raw, []byte{'\n'})))
		d.w.advance(n)
		if err != nil {
			return err
		}
	}
}

// columns tells the other side the names of the columns.
func (d *decoder) columns() {
	d.names = d.info.Columns
	for _, name := range d.names {
		d.numbers = append(d.numbers, d.out.name(name))
	}
}

// row finds the row at the front of the window; ok is false where only its first line could be told, since a quote is never closed.
// Rows that are too large have become gaps. n is 0 at the end.
func (d *decoder) row() (n int, ok bool, err error) {
	for {
		data := d.w.data()
		last := d.w.err != nil
		if len(data) > 0 || last {
			if d.cells, n, ok = splitRow(d.cells[:0], data, d.info.Comma, last, d.w.off < d.strict); len(data) == 0 {
				return 0, true, nil
			}
			if ok {
				return n, true, nil
			}
		}
		if d.w.off < d.strict {
			if i := bytes.IndexByte(data, '\n'); i >= 0 {
				return i + 1, false, nil
			}
		}
		if d.w.more() {
			continue
		}
		if d.w.err != nil && !d.w.full() {
			if last && len(data) > 0 {
				return d.unclosed(data), false, nil
			}
			continue
		}
		i := bytes.IndexByte(data, '\n')
		if i >= 0 {
			return d.unclosed(data), false, nil
		}
		if err := d.large(); err != nil {
			return 0, false, err
		}
	}
}

// unclosed gives the length of the first line. Up to the end of what was looked at no cell may go on over a line end, so that the way
// back is gone once only.
func (d *decoder) unclosed(data []byte) int {
	d.strict = d.w.off + int64(len(data))
	if i := bytes.IndexByte(data, '\n'); i >= 0 {
		return i + 1
	}
	return len(data)
}

// cellsOf gives a row as a record. A cell without anything is NULL, one with empty quotes is empty.
func (d *decoder) cellsOf(raw []byte, body int) error {
	d.out.begin(d.place(d.w.off), sha256.Sum256(raw[:body]), raw, body)
	for i, c := range d.cells {
		kind, v := Text, c.text(raw, d.cell)
		if c.quoted {
			kind = Quoted
			if c.double {
				d.cell = v
			}
		} else if len(v) == 0 {
			v = nil
		}
		d.out.numbered(d.numbers[i], "", kind, v, c.start, c.end)
	}
	return d.counted(d.out.end())
}
