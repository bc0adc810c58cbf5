package decode

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"io"

	"vestige/internal/doc"
)

// errAborted is what a child's input ends with when the parent has had enough.
var errAborted = errors.New("aborted")

// decoder reads one file. It is the code that runs in the child.
type decoder struct {
	o        Options
	w        *window
	out      *writer
	info     Info
	walker   doc.Walker
	ordinal  int64
	line     int64 // of the record at hand
	rowsSeen int64 // of a table of lines
	strict   int64 // up to this offset a line end in quotes ends the row
	cells    []cell
	cell     []byte
	names    []string
	numbers  []uint64 // of the names of columns
	paths    []string // given for the line of a log at hand
	fields   map[[2]string]string
	end      string // the code of the gap that hides the rest
}

// run reads the file and sends its items; the error is one of the way to the parent, or ErrStop.
func run(o Options, r io.Reader, send func([]byte) error) (Summary, error) {
	out := newWriter(o.Raw, send)
	d := &decoder{o: o, out: out, line: 1, fields: map[[2]string]string{}}
	d.w = newWindow(r, out.progress)
	d.w.off = o.Base
	err := d.file()
	if errors.Is(err, errEnough) {
		err = nil
	}
	if err == nil {
		err = out.flush()
	}
	s := Summary{Info: d.info, Records: d.ordinal, Bytes: d.w.off + int64(d.w.end-d.w.start), Gap: d.end, Line: d.line}
	if s.Gap == "" && !o.Partial && !o.Block {
		s.Gap = d.w.cut()
	}
	return s, err
}

// errEnough ends a file at its limit of records.
var errEnough = errors.New("enough")

func (d *decoder) file() error {
	d.unpack()
	d.charset()
	if err := d.sniff(); err != nil {
		return err
	}
	switch d.info.Format {
	case CSV:
		return d.csv()
	case TSV:
		d.columns()
		return d.lines(d.tsvRow)
	case NDJSON:
		return d.lines(d.document)
	case Log:
		return d.lines(d.logLine)
	case SQL:
		return d.sql()
	case JSON:
		return d.json()
	case XML:
		return d.xml()
	}
	return d.other()
}

// rest reads what a window has not read yet.
type rest struct{ w *window }

func (r *rest) Read(p []byte) (int, error) {
	if r.w.err != nil {
		return 0, r.w.err
	}
	return r.w.r.Read(p)
}

func (d *decoder) place(offset int64) place {
	if d.o.Block {
		return place{-1, 0, offset}
	}
	return place{d.ordinal, d.line, offset}
}

// counted is called after each record or gap.
func (d *decoder) counted(err error) error {
	d.ordinal++
	d.out.lost = false
	if err == nil && d.o.Limit > 0 && d.ordinal >= d.o.Limit {
		return errEnough
	}
	return err
}

func (d *decoder) gap(code string, offset int64) error {
	if d.o.Block {
		return nil // a block begins and ends anywhere: what does not fit is not the file's fault
	}
	d.out.lost = true // until the record is counted
	return d.out.gap(code, d.place(offset))
}

// lines gives each line to f; raw has its end, body is the length without.
func (d *decoder) lines(f func(raw []byte, body int) error) error {
	if d.o.Block {
		if err := d.skipLine(); err != nil {
			return err
		}
	}
	for {
		raw, err := d.nextLine()
		if err != nil || raw == nil {
			return err
		}
		if d.unfinished(raw) {
			return nil
		}
		body := bodyOf(raw)
		if len(bytes.TrimSpace(raw[:body])) == 0 {
			err = d.out.glue(tagGlue, raw)
		} else {
			err = f(raw, body)
		}
		d.w.advance(len(raw))
		d.line++
		if err != nil {
			return err
		}
	}
}

// unfinished tells whether a last line is cut where the input was.
func (d *decoder) unfinished(raw []byte) bool {
	return (d.o.Partial || d.o.Block) && raw[len(raw)-1] != '\n' && d.w.off+int64(len(raw)) > d.o.Base+1
}

func bodyOf(raw []byte) int {
	n := len(raw)
	if n > 0 && raw[n-1] == '\n' {
		n--
		if n > 0 && raw[n-1] == '\r' {
			n--
		}
	}
	return n
}

// nextLine gives the line at the front of the window, nil at the end. Lines that are too large have become gaps.
func (d *decoder) nextLine() ([]byte, error) {
	for from := 0; ; {
		data := d.w.data()
		if i := bytes.IndexByte(data[from:], '\n'); i >= 0 {
			return data[:from+i+1], nil
		}
		from = len(data)
		if d.w.fill() {
			continue
		}
		if !d.w.full() || d.w.err != nil {
			if len(data) == 0 {
				return nil, nil
			}
			return data, nil
		}
		if err := d.large(); err != nil {
			return nil, err
		}
		from = 0
	}
}

// large makes a gap of the line at the front of a full window and leaves it behind, with its end.
func (d *decoder) large() error {
	if err := d.gap(GapLarge, d.w.off); err != nil {
		return err
	}
	if err := d.skipLine(); err != nil {
		return err
	}
	d.line++
	return d.counted(nil)
}

// skipLine leaves the rest of a line behind, as glue.
func (d *decoder) skipLine() error {
	for {
		data := d.w.data()
		i := bytes.IndexByte(data, '\n')
		n := i + 1
		if i < 0 {
			n = len(data)
		}
		for piece := data[:n]; len(piece) > 0; {
			k := min(len(piece), chunkSize)
			if err := d.out.glue(tagGlue, piece[:k]); err != nil {
				return err
			}
			piece = piece[k:]
		}
		d.w.advance(n)
		if i >= 0 || !d.w.fill() {
			return nil
		}
	}
}

// document gives a line that is a JSON document.
func (d *decoder) document(raw []byte, body int) error {
	start := 0
	for start < body && (raw[start] == ' ' || raw[start] == '\t') {
		start++
	}
	return d.record(raw, start, body)
}

// record gives the document raw[:body] (space before start) as a record, or a gap where it is none.
func (d *decoder) record(raw []byte, start, body int) error {
	d.out.begin(d.place(d.w.off), sha256.Sum256(raw[:body]), raw, body)
	err := d.walker.Walk(raw[start:body], func(l doc.Leaf) bool {
		name := l.Name
		if name == "" {
			name = rootName
		}
		d.out.value(name, l.Path, kinds[l.Kind], l.Value, start+l.Start, start+l.End)
		return true
	})
	if err == nil {
		return d.counted(d.out.end())
	}
	d.out.drop()
	return d.lost(GapJSON, raw)
}

// lost gives a gap and, behind it, the bytes.
func (d *decoder) lost(code string, raw []byte) error {
	if err := d.gap(code, d.w.off); err != nil {
		return err
	}
	return d.counted(d.out.glue(tagGlue, raw))
}

// rootName is the field of a document that is a single scalar.
const rootName = "{value}"

var kinds = [...]ValueKind{doc.String: Text, doc.Number: Number, doc.Bool: Bool, doc.Null: Text, doc.Member: Member}

// other gives a file that nobody can read as one record: what can be printed of it.
func (d *decoder) other() error {
	if d.end == "" {
		d.end = GapFormat
	}
	h := sha256.New()
	var runs [][]byte
	kept := 0
	for more := true; more; {
		data := d.w.atLeast(64 << 10)
		h.Write(data)
		if kept < 1<<20 {
			for _, run := range printable(data) {
				runs, kept = append(runs, bytes.Clone(run)), kept+len(run)
			}
		}
		d.w.advance(len(data))
		more = d.w.fill()
	}
	d.out.begin(place{0, 1, 0}, [32]byte(h.Sum(nil)), nil, 0)
	for _, run := range runs {
		d.out.value("{text}", "", Text, run, 0, 0)
	}
	return d.counted(d.out.end())
}

// printable gives the runs of at least six printable ASCII characters.
func printable(data []byte) (runs [][]byte) {
	start := 0
	for i := 0; i <= len(data); i++ {
		if i < len(data) && data[i] >= ' ' && data[i] < 0x7f {
			continue
		}
		if i-start >= 6 {
			runs = append(runs, data[start:i])
		}
		start = i + 1
	}
	return runs
}
