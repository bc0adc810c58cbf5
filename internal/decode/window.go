package decode

import (
	"errors"
	"io"
)

// window is the part of a stream that is being looked at. It grows up to a limit.
type window struct {
	r     io.Reader
	buf   []byte
	start int
	end   int
	off   int64 // of buf[start] in the stream
	max   int
	err   error // why there is no more; io.EOF at the end
	tick  func(n int) error
}

func newWindow(r io.Reader, tick func(int) error) *window {
	return &window{r: r, buf: make([]byte, 128<<10), max: MaxRecord + 64<<10, tick: tick}
}

// data gives the bytes at hand.
func (w *window) data() []byte { return w.buf[w.start:w.end] }

// full tells whether the window cannot grow any more.
func (w *window) full() bool { return w.end-w.start >= w.max }

// fill reads some more; false where there is no more, or no room.
func (w *window) fill() bool {
	if w.err != nil || w.full() {
		return false
	}
	w.room()
	for range 100 {
		n, err := w.r.Read(w.buf[w.end:])
		w.end += n
		if err != nil {
			w.err = err
		} else if n > 0 {
			w.err = w.tick(n)
		}
		if n > 0 || w.err != nil {
			return n > 0
		}
	}
	w.err = io.ErrNoProgress
	return false
}

// room makes place behind the bytes at hand.
func (w *window) room() {
	if w.end < len(w.buf) {
		return
	}
	if w.start > len(w.buf)/2 {
		copy(w.buf, w.buf[w.start:w.end])
		w.start, w.end = 0, w.end-w.start
		return
	}
	grown := make([]byte, min(2*len(w.buf), w.max+64<<10))
	w.end = copy(grown, w.buf[w.start:w.end])
	w.start, w.buf = 0, grown
}

// atLeast fills until n bytes are at hand, or as many as there are.
func (w *window) atLeast(n int) []byte {
	for w.end-w.start < n && w.fill() {
	}
	return w.data()
}

// advance leaves n bytes behind.
func (w *window) advance(n int) {
	w.start += n
	w.off += int64(n)
	if w.start == w.end {
		w.start, w.end = 0, 0
	}
}

// cut gives the code of the gap that the end of the stream is, "" where it is a good one.
func (w *window) cut() string {
	switch {
	case w.err == nil || errors.Is(w.err, io.EOF):
		return ""
	case errors.Is(w.err, io.ErrUnexpectedEOF):
		return GapTruncated
	case errors.Is(w.err, errAborted), errors.Is(w.err, ErrStop):
		return ""
	}
	return GapCorrupt
}

// more fills until the bytes at hand have doubled, so that looking from the front again costs little; false where nothing came.
func (w *window) more() bool {
	had := w.end - w.start
	w.atLeast(min(max(2*had, 64<<10), w.max))
	return w.end-w.start > had
}
