package decode

import (
	"bufio"
	"encoding/json"
	"errors"
	"io"
	"sync/atomic"
	"time"
)

// feeder sends a file to a child.
type feeder struct {
	w    *bufio.Writer
	r    io.Reader
	stop atomic.Bool // nobody wants the rest
}

// run sends options and file; the error is one of the way to the child, after which it is of no use.
func (f *feeder) run(o Options) error {
	job, err := json.Marshal(o)
	if err != nil {
		return err
	}
	if err := writeFrame(f.w, frameJob, job); err != nil {
		return err
	}
	last := frameError
	buf := make([]byte, 64<<10)
	for !f.stop.Load() {
		n, err := f.r.Read(buf)
		if n > 0 {
			if err := writeFrame(f.w, frameData, buf[:n]); err != nil {
				return err
			}
		}
		if err != nil {
			if errors.Is(err, io.EOF) {
				last = frameEnd
			}
			break
		}
	}
	if err := writeFrame(f.w, last, nil); err != nil {
		return err
	}
	return f.w.Flush()
}

// watch kills a child that gives nothing for too long while somebody waits for it.
type watch struct {
	idle  time.Duration
	kill  func()
	timer *time.Timer
	fired atomic.Bool
	armed bool
	late  bool // it had fired, or was about to, when it was called off
}

func (w *watch) begin() {
	w.armed = true
	if w.timer != nil {
		w.timer.Reset(w.idle)
		return
	}
	w.timer = time.AfterFunc(w.idle, func() {
		w.fired.Store(true)
		w.kill()
	})
}

func (w *watch) end() {
	if w.armed {
		w.armed = false
		w.late = !w.timer.Stop() || w.late
	}
}
