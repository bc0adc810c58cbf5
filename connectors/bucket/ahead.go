package bucket

import (
	"context"
	"errors"
	"io"
)

// How far objects are fetched ahead of the one that is being read: small ones cost a server's answer each, and hardly any bytes. What is fetched is
// held in memory.
const (
	aheadObjects = 8
	aheadBytes   = firstRange // of each
)

// fetched is a file whose bytes can be brought here before they are read.
type fetched interface{ fetch() error }

// ahead reads objects in their order and fetches those that come next.
type ahead struct {
	ctx    context.Context
	cancel context.CancelFunc
	objs   objects
	queue  []*coming
}

// coming is an object whose turn comes.
type coming struct {
	read func(open func(o object) (file, error)) error
	done chan struct{} // closed when it is here; nil where nothing is fetched
	f    file
	err  error
}

func newAhead(ctx context.Context, objs objects) *ahead {
	a := &ahead{objs: objs}
	a.ctx, a.cancel = context.WithCancel(ctx)
	return a
}

// add gives an object its turn. Where fetch is false nothing of it is brought here before.
func (a *ahead) add(o object, fetch bool, read func(open func(o object) (file, error)) error) error {
	c := &coming{read: read}
	if _, remote := a.objs.(*store); remote && fetch && o.Size > 0 && o.Size <= aheadBytes {
		c.done = make(chan struct{})
		go c.get(a.ctx, a.objs, o)
	}
	a.queue = append(a.queue, c)
	if c.done == nil && len(a.queue) == 1 || len(a.queue) > aheadObjects {
		return a.next()
	}
	return nil
}

// get fetches an object.
func (c *coming) get(ctx context.Context, objs objects, o object) {
	defer close(c.done)
	if c.f, c.err = objs.Open(ctx, o); c.err != nil {
		return
	}
	if f, ok := c.f.(fetched); ok {
		if err := f.fetch(); err != nil {
			_ = c.f.Close()
			c.f, c.err = nil, err
		}
	}
}

// next reads the object whose turn it is.
func (a *ahead) next() error {
	c := a.queue[0]
	a.queue = a.queue[1:]
	return c.read(func(o object) (file, error) {
		if c.done == nil {
			return a.objs.Open(a.ctx, o)
		}
		<-c.done
		f := c.f
		c.f = nil
		return f, c.err
	})
}

// end reads what is left, unless there was an error, and waits for all that was begun.
func (a *ahead) end(err error) error {
	for err == nil && len(a.queue) > 0 {
		err = a.next()
	}
	a.cancel()
	for _, c := range a.queue {
		if c.done != nil {
			<-c.done
			if c.f != nil {
				_ = c.f.Close()
			}
		}
	}
	return err
}

// fetch brings all of a small object here.
func (r *remote) fetch() error {
	for r.at < r.o.Size {
		b := make([]byte, r.o.Size-r.at)
		n, err := r.next(b)
		r.back = append(r.back, b[:n]...)
		if err != nil && !errors.Is(err, io.EOF) {
			return err
		}
	}
	r.stop()
	return nil
}
