package decode

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"io"
	"sync/atomic"

	"vestige/internal/errkind"
)

// DecodeAt is Decode for a Container of size bytes. Of the file only what is needed is read.
func (p *Pool) DecodeAt(ctx context.Context, o Options, at io.ReaderAt, size int64, f func(*Item) error) (Summary, error) {
	o.Size, o.Write = size, false
	return p.contain(ctx, o, at, f, func([]byte) error { return errWire })
}

// RewriteAt writes a container again to w with the edits made. Where Summary.Gap or Summary.Refused is not empty, or Summary.Met is not the number
// of edits, what was written is of no use.
func (p *Pool) RewriteAt(ctx context.Context, o Options, at io.ReaderAt, size int64, w io.Writer) (Summary, error) {
	o.Size, o.Write = size, true
	return p.contain(ctx, o, at, func(*Item) error { return nil }, func(b []byte) error {
		_, err := w.Write(b)
		return err
	})
}

func (p *Pool) contain(ctx context.Context, o Options, at io.ReaderAt, f func(*Item) error, write func([]byte) error) (s Summary, err error) {
	if err := ctx.Err(); err != nil {
		return Summary{}, err
	}
	source := &trackedAt{r: at, size: o.Size}
	if p.Isolated() {
		s, err = p.containOutside(ctx, o, source, f, write)
	} else {
		items := newReader(false)
		s, err = guardedAt(o, source, func(chunk []byte) error {
			if err := ctx.Err(); err != nil {
				return err
			}
			return items.chunk(chunk, f)
		}, write)
	}
	fault, _ := source.fault.Load().(error)
	switch {
	case errors.Is(err, ErrStop):
		err = nil
	case ctx.Err() != nil:
		err = ctx.Err()
	case fault != nil:
		err = fault
	}
	return s, err
}

// guardedAt runs the decoder of containers and makes a gap of its panic.
func guardedAt(o Options, at io.ReaderAt, send, write func([]byte) error) (s Summary, err error) {
	defer func() {
		if p := recover(); p != nil {
			s, err = Summary{Gap: GapFailed}, nil
		}
	}()
	return contain(o, at, send, write)
}

// trackedAt remembers why its file could not be read.
type trackedAt struct {
	r     io.ReaderAt
	size  int64
	fault atomic.Value
}

// ReadAt reads within the file.
func (t *trackedAt) ReadAt(p []byte, off int64) (int, error) {
	if off < 0 || off >= t.size {
		return 0, io.EOF
	}
	short := int64(len(p)) > t.size-off
	if short {
		p = p[:t.size-off]
	}
	n, err := t.r.ReadAt(p, off)
	switch {
	case n == len(p) && short:
		return n, io.EOF
	case n == len(p):
		return n, nil
	case err != nil && !errors.Is(err, io.EOF):
		t.fault.CompareAndSwap(nil, failed{err})
	}
	return n, err
}

// failed makes errors of every type one for an atomic value.
type failed struct{ error }

// Unwrap gives what failed.
func (f failed) Unwrap() error { return f.error }

func (p *Pool) containOutside(ctx context.Context, o Options, at io.ReaderAt, f func(*Item) error, write func([]byte) error) (Summary, error) {
	c, err := p.child()
	if err != nil {
		return Summary{}, err
	}
	job, err := json.Marshal(o)
	if err != nil {
		return Summary{}, errkind.Wrap(errkind.Internal, err, "ask a decoder")
	}
	kill := func() { _ = c.cmd.Process.Kill() }
	spare := context.AfterFunc(ctx, kill)
	slow := &watch{idle: p.cfg.Idle, kill: kill}
	s, done, err := Summary{}, false, writeFrame(c.in, frameJob, job)
	if err == nil {
		s, done, err = c.serve(slow, at, f, write)
	}
	slow.end()
	if spare() && done && !slow.late {
		p.keep(c)
		return s, err
	}
	c.end()
	switch {
	case err != nil && !errors.Is(err, errGone):
		return s, err
	case !done && slow.fired.Load():
		return Summary{Gap: GapSlow}, nil
	case !done:
		return Summary{Gap: GapFailed}, nil
	}
	return s, nil
}

// errGone says that a child does not answer any more.
var errGone = errors.New("the child is gone")

// serve gives a child the ranges that it asks for and takes what it gives; done tells that it has finished its job. After an error of f or write it is
// given no more, and that is the error.
func (c *child) serve(slow *watch, at io.ReaderAt, f func(*Item) error, write func([]byte) error) (s Summary, done bool, err error) {
	items := newReader(false)
	var enough error
	for {
		kind, payload, err := c.frame(slow)
		if err != nil {
			return s, false, errors.Join(enough, errGone)
		}
		switch {
		case kind == frameDone:
			return s, json.Unmarshal(payload, &s) == nil, enough
		case kind == frameAsk:
			if c.answer(at, payload, enough != nil) != nil {
				return s, false, errors.Join(enough, errGone)
			}
		case enough != nil:
		case kind == frameOut:
			enough = write(payload)
		default:
			if enough = items.chunk(payload, f); errors.Is(enough, errWire) {
				return s, false, errGone
			}
		}
	}
}

// answer gives a range; refuse tells the child that there is no more.
func (c *child) answer(at io.ReaderAt, ask []byte, refuse bool) error {
	off, n := binary.Varint(ask)
	if n <= 0 {
		return errWire
	}
	size, k := binary.Uvarint(ask[n:])
	if k <= 0 || size > askSize {
		return errWire
	}
	if refuse {
		return writeFrame(c.in, frameError, nil)
	}
	buf := make([]byte, size)
	got, err := at.ReadAt(buf, off)
	if err != nil && !errors.Is(err, io.EOF) {
		return writeFrame(c.in, frameError, nil)
	}
	return writeFrame(c.in, frameData, buf[:got])
}
