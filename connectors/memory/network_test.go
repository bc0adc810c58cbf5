package memory_test

import (
	"bufio"
	"context"
	"errors"
	"io"
	"iter"
	"maps"
	"net"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"vestige/connectors"
	"vestige/connectors/connectortest"
	"vestige/connectors/memory"
	"vestige/internal/errkind"
	"vestige/pii"
)

// far is what a connector does wrong about a server that is far away.
type far struct {
	noLimit bool // it waits for ever
	short   bool // what a dead connection leaves out is taken for the end
	twice   bool // a commit that nobody answered is an error of the wrong kind
	goesOn  bool // the server is not told that a statement is not wanted any more
	hasty   bool // what takes longer than a moment is a wrong request
}

// faults of a network, with the checks that have to notice them; others may, too, since one fault of a line shows in many places.
var faulty = map[string]struct {
	far
	checks []string
}{
	"nothing":  {far{}, nil},
	"no limit": {far{noLimit: true}, []string{"network/half-open"}},
	"short":    {far{short: true}, []string{"network/cut-read", "network/half-open"}},
	"twice":    {far{twice: true}, []string{"network/cut-erase"}},
	"goes on":  {far{goesOn: true}, []string{"network/cancel"}},
	"hasty":    {far{hasty: true}, []string{"network/slow"}},
}

// TestNetworkFaultsAreNoticed puts a server between the suite and the system, and breaks the connector's way of speaking with it.
func TestNetworkFaultsAreNoticed(t *testing.T) {
	for name, f := range faulty {
		t.Run(name, func(t *testing.T) {
			var failed []string
			outcomes := connectortest.Record(t, distant(f.far), "network/")
			for _, check := range slices.Sorted(maps.Keys(outcomes)) {
				o := outcomes[check]
				if o.Skipped {
					t.Errorf("%s: %s", check, o.Text)
				}
				if o.Failed {
					failed = append(failed, check)
					t.Logf("%s: %s", check, o.Text)
				}
			}
			for _, check := range f.checks {
				if !slices.Contains(failed, check) {
					t.Errorf("the check %s does not notice", check)
				}
			}
			if len(f.checks) == 0 && len(failed) > 0 {
				t.Errorf("the checks %q fail, although nothing is wrong", failed)
			}
		})
	}
}

// server answers each line by a kilobyte, and holds the answer back while a lock is held.
type server struct {
	net.Listener
	mu      sync.Mutex
	running atomic.Int64
}

func (s *server) accept() {
	for {
		c, err := s.Accept()
		if err != nil {
			return
		}
		go s.serve(c)
	}
}

func (s *server) serve(c net.Conn) {
	defer func() { _ = c.Close() }()
	lines := make(chan string)
	gone := make(chan struct{})
	go func() {
		defer close(gone)
		for r := bufio.NewReader(c); ; {
			line, err := r.ReadString('\n')
			if err != nil {
				return
			}
			lines <- line
		}
	}()
	for {
		select {
		case <-gone:
			return
		case <-lines:
		}
		s.running.Add(1)
		free := make(chan struct{})
		go func() {
			defer close(free)
			for !s.mu.TryLock() {
				select {
				case <-gone:
					return
				case <-time.After(time.Millisecond):
				}
			}
			s.mu.Unlock()
		}()
		<-free
		s.running.Add(-1)
		if _, err := c.Write([]byte(strings.Repeat("x", 1023) + "\n")); err != nil {
			return
		}
	}
}

// distant starts a system as start does, behind a server.
func distant(f far) connectortest.Start {
	near := start(memory.Faults{})
	return func(t *testing.T, fixture connectortest.Fixture) connectortest.System {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		s := &server{Listener: l}
		go s.accept()
		t.Cleanup(func() { _ = l.Close() })
		sys := near(t, fixture)
		inner := sys.Spec.Open
		sys.Spec.Options = append(sys.Spec.Options, connectors.Option{Name: "addr", Default: l.Addr().String()})
		sys.Spec.Open = func(ctx context.Context, env connectors.Env, cfg connectors.Config) (connectors.Driver, error) {
			d, err := inner(ctx, env, cfg)
			if err != nil {
				return nil, err
			}
			return &telephone{Driver: d.(*memory.Driver), far: f, addr: cfg["addr"].Reveal()}, nil
		}
		sys.Server, sys.NetworkLimit = l.Addr().String(), 3*time.Second
		sys.Proxied = func(addr string) connectors.Config {
			return connectors.Config{"password": pii.NewValue(password), "addr": pii.NewValue(addr)}
		}
		sys.Hold = func(*testing.T, string) func() { s.mu.Lock(); return s.mu.Unlock }
		sys.Running = func(*testing.T) int { return int(s.running.Load()) }
		return sys
	}
}

// telephone asks the server before each batch, and before and after each unit.
type telephone struct {
	*memory.Driver
	far
	addr string
	kept sync.Map
}

// ask waits for the server's answer.
func (d *telephone) ask(ctx context.Context, c net.Conn) error {
	done := make(chan error, 1)
	go func() {
		switch {
		case d.hasty:
			_ = c.SetDeadline(time.Now().Add(20 * time.Millisecond))
		case !d.noLimit:
			_ = c.SetDeadline(time.Now().Add(2 * time.Second))
		}
		if _, err := io.WriteString(c, "?\n"); err != nil {
			done <- err
			return
		}
		_, err := io.ReadFull(c, make([]byte, 1024))
		done <- err
	}()
	select {
	case <-ctx.Done():
		if !d.goesOn {
			_ = c.Close()
			<-done //nolint:errcheck // it fails, since the connection is closed
		}
		return ctx.Err()
	case err := <-done:
		var late net.Error
		if d.hasty && errors.As(err, &late) && late.Timeout() {
			return errkind.New(errkind.Invalid, "the server does not like that")
		}
		if err != nil {
			return errkind.New(errkind.Transient, "the server is away")
		}
		return nil
	}
}

func (d *telephone) dial() (net.Conn, error) {
	c, err := net.DialTimeout("tcp", d.addr, 2*time.Second)
	if err != nil {
		return nil, errkind.New(errkind.Transient, "the server is away")
	}
	return c, nil
}

// Read asks for each batch.
func (d *telephone) Read(ctx context.Context, q connectors.Query) iter.Seq2[*pii.Batch, error] {
	return func(yield func(*pii.Batch, error) bool) {
		c, err := d.dial()
		if err != nil {
			yield(nil, err)
			return
		}
		if d.goesOn {
			d.kept.Store(c, true) // what nobody holds is closed by the garbage collector
		} else {
			defer func() { _ = c.Close() }()
		}
		for b, err := range d.Driver.Read(ctx, q) {
			if err == nil {
				err = d.ask(ctx, c)
			}
			if err != nil && d.short && errkind.Of(err) == errkind.Transient {
				return
			}
			if !yield(b, err) || err != nil {
				return
			}
		}
	}
}

// Erase asks before the unit and after it.
func (d *telephone) Erase(ctx context.Context, u pii.Unit) ([]pii.Receipt, error) {
	c, err := d.dial()
	if err != nil {
		return nil, err
	}
	defer func() { _ = c.Close() }()
	for range 2 {
		if err := d.ask(ctx, c); err != nil {
			return nil, err
		}
	}
	out, err := d.Driver.Erase(ctx, u)
	if err != nil {
		return nil, err
	}
	if err := d.ask(ctx, c); err != nil && d.twice {
		return nil, errkind.New(errkind.Conflict, "nobody knows")
	} else if err != nil {
		return nil, err
	}
	return out, nil
}
