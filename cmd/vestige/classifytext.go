package main

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"strconv"

	"vestige/classifiers"
	"vestige/internal/decode"
	"vestige/internal/errkind"
	"vestige/pii"
)

// span is a stretch of a text that holds something personal.
type span struct {
	Start      int64        `json:"start"` // in bytes from the beginning
	End        int64        `json:"end"`
	Line       int64        `json:"line"`
	Category   pii.Category `json:"category"`
	Confidence float64      `json:"confidence"`
	Example    bool         `json:"example,omitempty"` // of a reserved domain, a fictional telephone, a test card
}

// asText tells whether files are searched as text, whatever they are.
func (x classifyCmd) asText() bool { return x.Text || x.Redact || x.Count || x.Spans }

// printsText tells whether a text is printed while it is read; otherwise only what it holds is.
func (x classifyCmd) printsText() bool { return !x.Count }

// text reads a text piece by piece and says what stands in it.
func (x classifyCmd) text(c *call, set *classifiers.Set, in io.Reader, out *classified) error {
	out.Format = "text"
	t := &textScan{x: x, c: c, set: set, out: out, by: map[pii.Category]int{}}
	r := bufio.NewReaderSize(in, 1<<20)
	for {
		piece, err := pieceOf(r)
		t.piece(piece)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return errkind.Wrap(errkind.Transient, err, "read %s", out.File)
		}
	}
}

// packed reads a file as text, unpacked and in UTF-8 where it is in another set of characters.
func (x classifyCmd) packed(c *call, set *classifiers.Set, pool *decode.Pool, f io.Reader, out *classified) error {
	read, write := io.Pipe()
	ended := make(chan error, 1)
	go func() {
		sum, err := pool.Decode(c.ctx, decode.Options{Format: decode.Log, Raw: true}, f, func(it *decode.Item) error {
			_, err := write.Write(it.Raw)
			return err
		})
		out.Gaps = append(out.Gaps, cutShort(out.File, sum)...)
		ended <- errors.Join(err, write.Close())
	}()
	err := x.text(c, set, read, out)
	return errors.Join(err, read.Close(), <-ended)
}

// pieceOf reads about a megabyte, up to the end of a line; a longer line is cut.
func pieceOf(r *bufio.Reader) ([]byte, error) {
	buf := make([]byte, 1<<20)
	n, err := io.ReadFull(r, buf)
	buf = buf[:n]
	if err != nil {
		if errors.Is(err, io.ErrUnexpectedEOF) {
			err = io.EOF
		}
		return buf, err
	}
	rest, err := r.ReadSlice('\n')
	buf = append(buf, rest...)
	if errors.Is(err, bufio.ErrBufferFull) {
		err = nil
	}
	return buf, err
}

// textScan is the state of one reading.
type textScan struct {
	x     classifyCmd
	c     *call
	set   *classifiers.Set
	out   *classified
	by    map[pii.Category]int // where a category stands in out.Fields
	begun int64
}

func (t *textScan) piece(text []byte) {
	var spans []span
	line, at := t.out.Records+1, 0
	t.set.Text(text, func(k *classifiers.Classifier, h classifiers.Hit) {
		example := h.Flags&classifiers.Example != 0
		if !k.Category.Personal() || example && !t.x.Examples || confidence(k, h) < t.x.Min {
			return
		}
		line += int64(bytes.Count(text[at:h.Start], []byte{'\n'}))
		at = h.Start
		spans = append(spans, span{int64(h.Start), int64(h.End), line, k.Category, confidence(k, h), example})
		t.count(k.Category)
	})
	t.show(text, spans)
	for _, s := range spans {
		if t.c.cli.JSON {
			s.Start, s.End = s.Start+t.begun, s.End+t.begun
			t.out.Spans = append(t.out.Spans, s)
		}
	}
	t.begun += int64(len(text))
	t.out.Records += int64(bytes.Count(text, []byte{'\n'}))
	if n := len(text); n > 0 && text[n-1] != '\n' {
		t.out.Records++
	}
}

func (t *textScan) count(c pii.Category) {
	i, ok := t.by[c]
	if !ok {
		i = len(t.out.Fields)
		t.by[c] = i
		t.out.Fields = append(t.out.Fields, classifiedField{Category: c, Confidence: 1, Evidence: []pii.Nat{}})
	}
	t.out.Fields[i].Values++
}

// confidence says how sure a span is: a verified check digit or a word beside it is more than the look alone.
func confidence(k *classifiers.Classifier, h classifiers.Hit) float64 {
	switch {
	case h.Flags&classifiers.Checked != 0:
		return .99
	case h.Flags&classifiers.Labelled != 0:
		return .95
	}
	return max(.6, .98-2*k.Chance)
}

// show prints the piece with its spans taken out, or the lines that hold some.
func (t *textScan) show(text []byte, spans []span) {
	if t.c.cli.JSON || !t.x.printsText() {
		return
	}
	w := bufio.NewWriter(t.c.out)
	defer func() { _ = w.Flush() }()
	if t.x.Redact {
		at := int64(0)
		for _, s := range spans {
			_, _ = w.Write(text[at:s.Start])
			_, _ = w.WriteString("[" + string(s.Category) + "]")
			at = s.End
		}
		_, _ = w.Write(text[at:])
		return
	}
	t.lines(w, text, spans)
}

// lines prints each line that holds a span, with its number and the spans in colour.
func (t *textScan) lines(w *bufio.Writer, text []byte, spans []span) {
	for i := 0; i < len(spans); {
		from := int64(bytes.LastIndexByte(text[:spans[i].Start], '\n') + 1)
		to := int64(len(text))
		if n := bytes.IndexByte(text[spans[i].End:], '\n'); n >= 0 {
			to = spans[i].End + int64(n)
		}
		if len(t.x.File) > 1 {
			_, _ = w.WriteString(t.out.File + ":")
		}
		_, _ = w.WriteString(t.c.dim(strconv.FormatInt(spans[i].Line, 10)+":") + " ")
		at := from
		for ; i < len(spans) && spans[i].Start < to; i++ {
			_, _ = w.Write(text[at:spans[i].Start])
			_, _ = w.WriteString(t.c.red(string(text[spans[i].Start:spans[i].End])) + t.c.dim("{"+string(spans[i].Category)+"}"))
			at = spans[i].End
		}
		if at < to {
			_, _ = w.Write(text[at:to])
		}
		_ = w.WriteByte('\n')
	}
}

// headSize is how much of standard input tells what it is, and heldSize how much is kept of what has to be read twice.
const (
	headSize = 64 << 10
	heldSize = 256 << 20
)

// redacts tells whether what is read is printed without what is personal.
func (x classifyCmd) redacts(c *call) bool { return x.Redact && !x.Text && !x.Count && !c.cli.JSON }

// report is where tables and gaps are printed: beside a text that goes on to somebody else, not in it.
func (x classifyCmd) report(c *call) *call {
	if !x.Redact {
		return c
	}
	beside := *c
	beside.out = c.err
	return &beside
}

// isText tells by its beginning whether standard input is a text, in the characters and without the packing in which it is printed.
func isText(c *call, pool *decode.Pool, in *bufio.Reader) bool {
	head, _ := in.Peek(headSize)
	sum, err := pool.Decode(c.ctx, decode.Options{Partial: true, Limit: 1}, bytes.NewReader(head), func(*decode.Item) error { return nil })
	i := sum.Info
	return err == nil && (i.Format == decode.Log || len(head) == 0) && !i.Gzip && !i.Zstd && i.Charset == ""
}

// held keeps what has to be read twice: once to know its fields, once to print it.
func held(in io.Reader) (io.ReadSeeker, error) {
	b, err := io.ReadAll(io.LimitReader(in, heldSize+1))
	if err != nil {
		return nil, errkind.Wrap(errkind.Transient, err, "read the input")
	}
	if len(b) > heldSize {
		return nil, errkind.Coded(errkind.Invalid, "input-too-large", "records of more than %d MB are redacted from a file: give its name", heldSize>>20)
	}
	return bytes.NewReader(b), nil
}
