package decode

import (
	"bytes"
	"strings"
	"unicode/utf8"
)

// headSize is how much of a file is looked at to tell what it is.
const headSize = 64 << 10

// sniff finds out what the file is and says so.
func (d *decoder) sniff() error {
	head := d.w.atLeast(headSize)
	bom := 0
	if d.o.Base == 0 && bytes.HasPrefix(head, []byte("\xef\xbb\xbf")) {
		bom = 3
	}
	head = head[bom:min(len(head), headSize)]
	switch {
	case d.end != "":
		d.info.Format = Other
	case d.o.Format != "":
		d.info.Format, d.info.Comma, d.info.Header, d.info.Columns = d.o.Format, d.o.Comma, d.o.Header, d.o.Columns
		d.info.Escaped = d.o.Escaped
	default:
		d.info.Format = formatOf(head, d.o.Ext)
	}
	if d.info.Format == CSV && d.info.Comma == 0 {
		dialect(head, &d.info)
	}
	if d.info.Format == CSV && d.info.Comma == '\t' && d.o.Format == "" {
		if plain, escaped := plainTabs(head); plain {
			d.info.Format, d.info.Escaped = TSV, escaped
		}
	}
	if d.info.Format == SQL && mysqlDump(head) {
		d.info.Dialect = MySQL
	}
	if err := d.out.info(d.info); err != nil {
		return err
	}
	err := d.out.glue(tagGlue, d.w.data()[:bom])
	d.w.advance(bom)
	return err
}

// formatOf tells the format by the beginning of a file, and by its name only where that leaves a choice.
func formatOf(head []byte, ext string) string {
	trimmed := bytes.TrimLeft(head, " \t\r\n")
	switch {
	case len(trimmed) == 0:
		return byName(ext)
	case isBinary(head):
		return Other
	case isSQL(trimmed, ext):
		return SQL
	case isXML(trimmed, ext):
		return XML
	case trimmed[0] == '{':
		return linesOrDocument(trimmed, ext)
	case trimmed[0] == '[' && beginsArray(trimmed):
		return JSON
	}
	if ext == ".csv" || ext == ".tsv" || (ext != ".log" && ext != ".json" && tabular(head)) {
		return CSV
	}
	return Log
}

func byName(ext string) string {
	switch ext {
	case ".csv", ".tsv":
		return CSV
	case ".json":
		return JSON
	case ".sql":
		return SQL
	case ".xml":
		return XML
	case ".ndjson", ".jsonl":
		return NDJSON
	}
	return Log
}

// isBinary tells whether there are many bytes that no text has. A few can have come into a cell of a table as well.
func isBinary(head []byte) bool {
	control := 0
	for _, c := range head {
		if c < ' ' && c != '\n' && c != '\r' && c != '\t' && c != '\f' && c != 0x1b {
			control++
		}
	}
	if control > few && control*50 > len(head) || control*12 > len(head) {
		return true
	}
	return bytes.HasPrefix(head, []byte("%PDF-")) || mostlyHigh(head)
}

// few is how many bytes that no text has a short text may have.
const few = 8

// mostlyHigh tells whether the bytes are neither UTF-8 nor, mostly, ASCII.
func mostlyHigh(head []byte) bool {
	high := 0
	for _, c := range head {
		if c >= utf8.RuneSelf {
			high++
		}
	}
	return high*3 > len(head) && !utf8.Valid(head[:max(0, len(head)-utf8.UTFMax)]) && len(head) > 16
}

// isXML tells XML by its declaration or a first tag that is whole. HTML is seldom well-formed and is read line by line.
func isXML(head []byte, ext string) bool {
	if head[0] != '<' || len(head) < 4 {
		return false
	}
	lower := bytes.ToLower(head[:min(len(head), 512)])
	switch {
	case bytes.HasPrefix(lower, []byte("<!doctype html")), bytes.HasPrefix(lower, []byte("<html")), strings.HasPrefix(ext, ".htm"):
		return false
	case ext == ".xml", bytes.HasPrefix(lower, []byte("<?xml ")):
		return true
	case ext == ".log":
		return false
	}
	n, kind, ok := xmlToken(head, false)
	if !ok || kind != xmlOpen {
		return false
	}
	_, ok = attributes(head[:n])
	return ok
}

// linesOrDocument tells lines of JSON from one document, which may also have its end on the first line.
func linesOrDocument(head []byte, ext string) string {
	inner := bytes.TrimLeft(head[1:], " \t\r\n")
	if len(inner) > 0 && inner[0] != '"' && inner[0] != '}' {
		return byName(ext)
	}
	whole, others := 0, 0
	for line := range bytes.Lines(head) {
		var b bounds
		switch line = bytes.TrimSpace(line); {
		case len(line) == 0:
		case line[0] == '{' && b.scan(line) && b.pos == len(line):
			whole++
		default:
			others++
		}
	}
	named := ext == ".ndjson" || ext == ".jsonl"
	if whole >= 2 && whole >= others || named && whole > 0 || named && others == 1 {
		return NDJSON
	}
	return JSON
}

// beginsArray tells an array from a line of a log that begins with a bracket.
func beginsArray(head []byte) bool {
	inner := bytes.TrimLeft(head[1:], " \t\r\n")
	if len(inner) == 0 {
		return true
	}
	switch c := inner[0]; {
	case c == '{' || c == '[' || c == ']':
		return true
	case c == '"' || c == '-' || c >= '0' && c <= '9' || c == 't' || c == 'f' || c == 'n':
		var b bounds
		if !b.scan(inner) {
			return c == '"'
		}
		after := bytes.TrimLeft(inner[b.pos:], " \t\r\n")
		return scalar(inner[:b.pos]) && (len(after) == 0 || after[0] == ',' || after[0] == ']')
	}
	return false
}

func scalar(b []byte) bool {
	switch s := string(b); {
	case s == "true" || s == "false" || s == "null" || b[0] == '"':
		return true
	default:
		return len(strings.Trim(s, "0123456789+-.eE")) == 0 && strings.LastIndexByte(s, '-') <= 0
	}
}

// commas are the characters that may stand between cells.
var commas = []byte{',', ';', '\t', '|'}

// tabular tells whether the lines of a file that is not called .csv are rows of a table nevertheless.
func tabular(head []byte) bool {
	for _, c := range commas {
		if rows, width, same := census(head, c); rows >= 3 && width >= 2 && same == rows && c != ',' {
			return true
		} else if rows >= 3 && width >= 3 && same == rows {
			return true
		}
	}
	return false
}

// census counts the rows of the head, their usual width, and how many have it.
func census(head []byte, comma byte) (rows, width, same int) {
	widths := map[int]int{}
	for _, row := range rowsOf(head, comma, 100) {
		widths[len(row)]++
		rows++
	}
	for w, n := range widths {
		if n > same || n == same && w > width {
			width, same = w, n
		}
	}
	return rows, width, same
}

// rowsOf gives the first rows of the head; the last, which may be cut, only where it is alone.
func rowsOf(head []byte, comma byte, limit int) (rows [][]string) {
	var cells []cell
	for len(head) > 0 && len(rows) < limit {
		var n int
		var ok bool
		cells, n, ok = splitRow(cells[:0], head, comma, true, false)
		if !ok {
			n = bytes.IndexByte(head, '\n') + 1
			if n == 0 {
				break
			}
			head = head[n:]
			continue
		}
		if n == len(head) && head[n-1] != '\n' && len(rows) > 0 && len(head) > headSize/2 {
			break
		}
		row := make([]string, 0, len(cells))
		for _, c := range cells {
			row = append(row, string(c.text(head, nil)))
		}
		if len(row) > 1 || strings.TrimSpace(row[0]) != "" {
			rows = append(rows, row)
		}
		head = head[n:]
	}
	return rows
}

// dialect finds what stands between cells, and whether the first row names the columns.
func dialect(head []byte, info *Info) {
	best := -1
	info.Comma = ','
	for _, c := range commas {
		rows, width, same := census(head, c)
		score := width * same * same / max(rows, 1)
		if width == 1 {
			score = 0
		}
		if score > best {
			best, info.Comma = score, c
		}
	}
	rows := rowsOf(head, info.Comma, 100)
	if len(rows) == 0 {
		return
	}
	if info.Header = hasHeader(rows); info.Header {
		info.Columns = columnNames(rows[0])
		return
	}
	_, width, _ := census(head, info.Comma)
	info.Columns = columnNames(make([]string, width))
}
