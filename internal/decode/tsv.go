package decode

import (
	"bytes"
	"crypto/sha256"
)

// noValue is how NULL stands in the tables of lines that databases write.
const noValue = `\N`

// plainTabs tells whether the head of a file with tabs between cells is one whose cells know no quotes, and whether a backslash in them begins an escape.
func plainTabs(head []byte) (plain, escaped bool) {
	sequences, others := 0, 0
	for i, c := range head {
		switch c {
		case '"':
			if i == 0 || head[i-1] == '\t' || head[i-1] == '\n' {
				return false, false
			}
		case '\\':
			if i+1 < len(head) && bytes.IndexByte([]byte(`\tnrbN0`), head[i+1]) >= 0 {
				sequences++
			} else if i == 0 || head[i-1] != '\\' {
				others++
			}
		}
	}
	return true, sequences > 0 && others == 0
}

// tsvRow gives a line as a row.
func (d *decoder) tsvRow(raw []byte, body int) error {
	if d.rowsSeen++; d.rowsSeen == 1 && d.info.Header && !d.o.Block {
		return d.out.glue(tagGlue, raw)
	}
	d.cells = splitTabs(d.cells[:0], raw[:body])
	if len(d.cells) != len(d.names) {
		return d.lost(GapRagged, raw)
	}
	d.out.begin(d.place(d.w.off), sha256.Sum256(raw[:body]), raw, body)
	for i, c := range d.cells {
		d.out.numbered(d.numbers[i], "", Text, d.tab(raw[c.start:c.end]), c.start, c.end)
	}
	return d.counted(d.out.end())
}

func splitTabs(cells []cell, line []byte) []cell {
	for at := 0; ; {
		n := bytes.IndexByte(line[at:], '\t')
		if n < 0 {
			return append(cells, cell{start: at, end: len(line)})
		}
		cells = append(cells, cell{start: at, end: at + n})
		at += n + 1
	}
}

// tab gives the value of a cell, nil for none.
func (d *decoder) tab(b []byte) []byte {
	switch {
	case len(b) == 0:
		return nil
	case !d.info.Escaped || bytes.IndexByte(b, '\\') < 0:
		return b
	case string(b) == noValue:
		return nil
	}
	d.cell = unescapeTabs(d.cell[:0], b)
	return d.cell
}

// unescapeTabs reads the escapes of COPY and of LOAD DATA.
func unescapeTabs(dst, b []byte) []byte {
	for i := 0; i < len(b); i++ {
		if b[i] != '\\' || i+1 == len(b) {
			dst = append(dst, b[i])
			continue
		}
		i++
		if k := bytes.IndexByte([]byte("btnvfr0"), b[i]); k >= 0 && b[i] != '0' {
			dst = append(dst, "\b\t\n\v\f\r"[k])
		} else if n, c := numbered(b[i:]); n > 0 {
			dst = append(dst, c)
			i += n - 1
		} else {
			dst = append(dst, b[i])
		}
	}
	return dst
}

// numbered reads what stands behind a backslash as the number of a byte: up to three octal digits, or x and up to two others.
func numbered(b []byte) (n int, c byte) {
	base, limit := 8, 3
	if b[0] == 'x' {
		base, limit, n = 16, 3, 1
	}
	v := 0
	for n < len(b) && n < limit {
		digit := bytes.IndexByte([]byte("0123456789abcdef"), b[n]|0x20)
		if b[n] >= '0' && b[n] <= '9' {
			digit = int(b[n] - '0')
		}
		if digit < 0 || digit >= base {
			break
		}
		v = v*base + digit
		n++
	}
	if base == 16 && n == 1 {
		return 0, 0
	}
	return n, byte(v)
}

// EscapeTabs writes a value so that it stands in one cell.
func EscapeTabs(v []byte) []byte {
	out := make([]byte, 0, len(v)+8)
	for _, c := range v {
		switch c {
		case '\\':
			out = append(out, `\\`...)
		case '\t':
			out = append(out, `\t`...)
		case '\n':
			out = append(out, `\n`...)
		case '\r':
			out = append(out, `\r`...)
		default:
			out = append(out, c)
		}
	}
	return out
}
