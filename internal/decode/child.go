package decode

import (
	"bufio"
	"encoding/binary"
	"encoding/json"
	"errors"
	"io"
	"os"
	"runtime"
	"sync/atomic"
)

// childArg is the argument, and childEnv the variable, by which a process knows that it is a child.
const (
	childArg = "decode-child"
	childEnv = "VESTIGE_DECODE_CHILD"
)

// The types of frames.
const (
	frameJob   byte = 'J' // to the child: options
	frameData  byte = 'D' // to the child: bytes of the file
	frameEnd   byte = 'Z' // to the child: the file ends
	frameError byte = 'X' // to the child: the file cannot be read on
	frameItems byte = 'R' // from the child
	frameDone  byte = 'E' // from the child: the summary
	frameAsk   byte = 'Q' // from the child: a range of a container is wanted
	frameOut   byte = 'W' // from the child: bytes of the container that is written
)

// maxFrame is the longest frame that either side believes in: a record of MaxRecord can have many values.
const maxFrame = 512 << 20

// installed tells whether Main was called: only then does this binary know what to do when it is started as a child.
var installed atomic.Bool

// Main is called first in main, and in TestMain. In a child it serves files until its input ends and then exits; otherwise it returns.
func Main() {
	if len(os.Args) != 2 || os.Args[1] != childArg || os.Getenv(childEnv) != "1" {
		installed.Store(true)
		return
	}
	limit()
	runtime.GOMAXPROCS(2)
	if err := serve(os.Stdin, os.Stdout); err != nil {
		os.Exit(1)
	}
	os.Exit(0)
}

// serve does one job after the other.
func serve(in io.Reader, out io.Writer) error {
	r := bufio.NewReaderSize(in, 256<<10)
	for {
		kind, payload, err := readFrame(r, nil)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil || kind != frameJob {
			return errors.Join(err, errWire)
		}
		var o Options
		if err := json.Unmarshal(payload, &o); err != nil {
			return err
		}
		if o.Size > 0 {
			err = jobAt(o, &asker{r: r, out: out}, out)
		} else {
			err = job(o, &input{r: r}, out)
		}
		if err != nil {
			return err
		}
	}
}

// jobAt does a job on a container.
func jobAt(o Options, at *asker, out io.Writer) error {
	send := func(kind byte) func([]byte) error {
		return func(b []byte) error { return writeFrame(out, kind, b) }
	}
	s, err := guardedAt(o, at, send(frameItems), send(frameOut))
	if err != nil && !errors.Is(err, errAborted) {
		return err
	}
	b, err := json.Marshal(s)
	if err != nil {
		return err
	}
	return writeFrame(out, frameDone, b)
}

func job(o Options, in *input, out io.Writer) error {
	s, err := guarded(o, in, func(chunk []byte) error { return writeFrame(out, frameItems, chunk) })
	if err != nil && !errors.Is(err, errAborted) {
		return err
	}
	b, err := json.Marshal(s)
	if err != nil {
		return err
	}
	if err := writeFrame(out, frameDone, b); err != nil {
		return err
	}
	return in.drain()
}

// guarded runs the decoder and makes a gap of its panic.
func guarded(o Options, r io.Reader, send func([]byte) error) (s Summary, err error) {
	defer func() {
		if p := recover(); p != nil {
			s, err = Summary{Gap: GapFailed}, nil
		}
	}()
	return run(o, r, send)
}

// input is the file as its frames bring it.
type input struct {
	r    *bufio.Reader
	left int
	err  error
}

// Read gives bytes of the file.
func (in *input) Read(p []byte) (int, error) {
	for in.left == 0 {
		if in.err != nil {
			return 0, in.err
		}
		in.next()
	}
	n, err := in.r.Read(p[:min(len(p), in.left)])
	in.left -= n
	return n, err
}

func (in *input) next() {
	kind, n, err := frameHead(in.r)
	switch {
	case err != nil:
		in.err = err
	case kind == frameEnd:
		in.err = io.EOF
	case kind == frameError:
		in.err = errAborted
	case kind == frameData:
		in.left = n
	default:
		in.err = errWire
	}
}

// drain reads what is left of the file, so that the next job can come.
func (in *input) drain() error {
	_, err := io.Copy(io.Discard, in)
	if errors.Is(err, errAborted) {
		return nil
	}
	return err
}

func frameHead(r io.Reader) (kind byte, n int, err error) {
	var head [5]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return 0, 0, err
	}
	n = int(binary.LittleEndian.Uint32(head[1:]))
	if n > maxFrame {
		return 0, 0, errWire
	}
	return head[0], n, nil
}

// readFrame reads a frame into buf or a larger one.
func readFrame(r io.Reader, buf []byte) (kind byte, payload []byte, err error) {
	kind, n, err := frameHead(r)
	if err != nil {
		return 0, nil, err
	}
	if n > cap(buf) {
		buf = make([]byte, n)
	}
	_, err = io.ReadFull(r, buf[:n])
	return kind, buf[:n], err
}

func writeFrame(w io.Writer, kind byte, payload []byte) error {
	var head [5]byte
	head[0] = kind
	binary.LittleEndian.PutUint32(head[1:], uint32(len(payload)))
	if _, err := w.Write(head[:]); err != nil || len(payload) == 0 {
		return err
	}
	_, err := w.Write(payload)
	return err
}
