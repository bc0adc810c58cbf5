package decode

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"sync"
	"time"

	"vestige/internal/errkind"
)

// Pool decodes files in children that it starts as they are needed. It is safe for concurrent use.
type Pool struct {
	cfg  Config
	mu   sync.Mutex
	idle []*child
	shut bool
}

// NewPool makes a pool; no child is started before the first file.
func NewPool(cfg Config) *Pool {
	if cfg.Children == 0 {
		cfg.Children = 2
	}
	if cfg.Idle == 0 {
		cfg.Idle = 30 * time.Second
	}
	return &Pool{cfg: cfg}
}

// Isolated tells whether files are decoded in another process.
func (p *Pool) Isolated() bool { return installed.Load() && !p.cfg.Inside }

// Decode reads a file and gives its items to f, until f returns an error. The error is f's own (ErrStop counts as none), the context's, or one of
// reading r; everything that is wrong with the file is in the items and the summary.
func (p *Pool) Decode(ctx context.Context, o Options, r io.Reader, f func(*Item) error) (Summary, error) {
	if err := ctx.Err(); err != nil {
		return Summary{}, err
	}
	source := &tracked{r: r}
	var s Summary
	var err error
	if p.Isolated() {
		s, err = p.outside(ctx, o, source, f)
	} else {
		s, err = inside(ctx, o, source, f)
	}
	switch {
	case errors.Is(err, ErrStop):
		err = nil
	case ctx.Err() != nil:
		err = ctx.Err()
	case err == nil:
		err = source.failure()
	}
	return s, err
}

// tracked remembers why its file could not be read on.
type tracked struct {
	r   io.Reader
	mu  sync.Mutex
	err error
}

// Read reads on.
func (t *tracked) Read(p []byte) (int, error) {
	n, err := t.r.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		t.mu.Lock()
		t.err = err
		t.mu.Unlock()
	}
	return n, err
}

func (t *tracked) failure() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.err
}

// inside decodes in this process.
func inside(ctx context.Context, o Options, r io.Reader, f func(*Item) error) (Summary, error) {
	items := newReader(o.Raw)
	return guarded(o, r, func(chunk []byte) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		return items.chunk(chunk, f)
	})
}

// outside decodes in a child; one that fails is not used again.
func (p *Pool) outside(ctx context.Context, o Options, r io.Reader, f func(*Item) error) (Summary, error) {
	c, err := p.child()
	if err != nil {
		return Summary{}, err
	}
	s, healthy, err := c.decode(ctx, p.cfg.Idle, o, r, f)
	if healthy {
		p.keep(c)
	} else {
		c.end()
	}
	return s, err
}

func (p *Pool) child() (*child, error) {
	p.mu.Lock()
	if p.shut {
		p.mu.Unlock()
		return nil, errkind.New(errkind.Invalid, "the decoder is closed")
	}
	if n := len(p.idle); n > 0 {
		c := p.idle[n-1]
		p.idle = p.idle[:n-1]
		p.mu.Unlock()
		return c, nil
	}
	p.mu.Unlock()
	return startChild()
}

func (p *Pool) keep(c *child) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.shut || len(p.idle) >= p.cfg.Children {
		c.end()
		return
	}
	p.idle = append(p.idle, c)
}

// Close ends the children; files being decoded are finished first by those who read them.
func (p *Pool) Close() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.shut = true
	for _, c := range p.idle {
		c.end()
	}
	p.idle = nil
	return nil
}

// child is a running child.
type child struct {
	cmd *exec.Cmd
	in  io.WriteCloser
	out *bufio.Reader
	buf []byte
}

func startChild() (*child, error) {
	exe, err := os.Executable()
	if err != nil {
		return nil, errkind.Wrap(errkind.Transient, err, "start a decoder")
	}
	cmd := exec.Command(exe, childArg) //nolint:noctx // it serves many files and outlives the context of the first
	cmd.Env = []string{childEnv + "=1", "GOMEMLIMIT=256MiB", "GOTRACEBACK=none"}
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, errkind.Wrap(errkind.Transient, err, "start a decoder")
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, errkind.Wrap(errkind.Transient, err, "start a decoder")
	}
	if err := cmd.Start(); err != nil {
		return nil, errkind.Wrap(errkind.Transient, err, "start a decoder")
	}
	return &child{cmd: cmd, in: in, out: bufio.NewReaderSize(out, 256<<10)}, nil
}

// end kills the child and waits for it.
func (c *child) end() {
	_ = c.in.Close()
	_ = c.cmd.Process.Kill()
	_ = c.cmd.Wait()
}

// decode has the child read one file. healthy tells whether it can read another.
func (c *child) decode(ctx context.Context, idle time.Duration, o Options, r io.Reader, f func(*Item) error) (s Summary, healthy bool, err error) {
	feed := &feeder{w: bufio.NewWriterSize(c.in, 256<<10), r: r}
	fed := make(chan error, 1)
	go func() { fed <- feed.run(o) }()
	kill := func() { _ = c.cmd.Process.Kill() }
	spare := context.AfterFunc(ctx, kill)
	slow := &watch{idle: idle, kill: kill}
	s, done, err := c.items(slow, newReader(o.Raw), f)
	if done {
		feed.stop.Store(true)
	} else if err != nil {
		feed.stop.Store(true)
		done = c.rest(slow)
	}
	slow.end()
	if !done {
		kill()
	}
	fault := <-fed
	whole := spare() && !slow.late && fault == nil // else it is being killed just now
	switch {
	case err != nil:
		return s, done && whole, err
	case !done && slow.fired.Load():
		return Summary{Gap: GapSlow}, false, nil
	case !done:
		return Summary{Gap: GapFailed}, false, nil
	}
	return s, whole, nil
}

// items gives the items as they come; done tells that the child has finished its job. An error is that of f.
func (c *child) items(slow *watch, r *reader, f func(*Item) error) (s Summary, done bool, err error) {
	for {
		kind, payload, err := c.frame(slow)
		if err != nil {
			return s, false, nil
		}
		if kind == frameDone {
			return s, json.Unmarshal(payload, &s) == nil, nil
		}
		if err := r.chunk(payload, f); errors.Is(err, errWire) {
			return s, false, nil
		} else if err != nil {
			return s, false, err
		}
	}
}

// rest reads what still comes after the caller has had enough.
func (c *child) rest(slow *watch) (done bool) {
	slow.idle = min(slow.idle, 2*time.Second)
	for {
		kind, _, err := c.frame(slow)
		if err != nil || kind == frameDone {
			return err == nil
		}
	}
}

func (c *child) frame(slow *watch) (kind byte, payload []byte, err error) {
	if c.out.Buffered() == 0 {
		slow.begin()
		defer slow.end()
	}
	kind, payload, err = readFrame(c.out, c.buf)
	if cap(payload) <= 1<<20 {
		c.buf = payload
	}
	return kind, payload, err
}
