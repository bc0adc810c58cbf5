package bucket

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"

	"vestige/internal/decode"
)

// shell gives the one record of an object of which only the key is known.
func (o object) shell() *decode.Item {
	return &decode.Item{Kind: decode.Record, Digest: sha256.Sum256([]byte("shell " + o.Shell + "\x00" + o.Version))}
}

// isShell tells whether the object is read as a shell. An empty object is one if its key may hold somebody's value.
func (o object) isShell(values []string) bool {
	return o.Shell != "" && (o.Shell != shellEmpty || slices.ContainsFunc(values, func(v string) bool { return !harmless(v) }))
}

// shellLabels yields the labels of an object whose bytes cannot be read, or that has none.
func (r *reading) shellLabels(o object) error {
	s, remote := r.d.objs.(*store)
	if !remote || o.Shell == shellMarker {
		return nil
	}
	return r.labels(&remoteLabels{r.ctx, s, o})
}

// remoteLabels are those of an object that was not opened.
type remoteLabels struct {
	ctx context.Context
	s   *store
	o   object
}

func (l *remoteLabels) labels() (labels, error) {
	return (&remote{ctx: l.ctx, s: l.s, o: l.o}).labels()
}

// findingLock says that an object is locked.
const findingLock = "object-lock"

// lockable is a file that knows whether its object is locked.
type lockable interface{ locked() string }

// locks counts locked objects.
type locks struct {
	n    int64
	last string // the latest end
}

func (l *locks) add(f file) {
	if f, ok := f.(lockable); ok {
		if until := f.locked(); until != "" {
			l.n++
			l.last = max(l.last, until)
		}
	}
}

func (l *locks) text() string {
	return fmt.Sprintf("%d objects are locked, the last %s: what they hold can be read and cannot be erased before", l.n, l.last)
}

// errFirst ends a look at versions.
var errFirst = errors.New("first")

// sweep looks, where records turned out to be done already, whether the version before the present one still has them: a run that was stopped
// between writing an object and removing the version before leaves that.
func (w *work) sweep(ctx context.Context, j *job) error {
	if j.old || !slices.ContainsFunc(j.wants, func(n *want) bool { return n.state == gone }) {
		return nil
	}
	var before *object
	err := w.d.objs.Each(ctx, []string{j.key}, func(o object) error {
		if o.Old && o.Shell == "" {
			before = &o
			return errFirst
		}
		return nil
	})
	if before == nil || err != nil && !errors.Is(err, errFirst) {
		return err
	}
	f, err := w.d.objs.Open(ctx, *before)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	holds := j.heldLabels(f)
	_, err = w.d.pool.Decode(ctx, decode.Options{Ext: formatExt(j.key)}, f, func(it *decode.Item) error {
		if it.Kind == decode.Record && j.wanted(it) {
			holds = true
			return decode.ErrStop
		}
		return nil
	})
	if err != nil || !holds {
		return err
	}
	note, err := w.d.objs.Delete(ctx, *before)
	j.note(note)
	return err
}

// wanted tells whether a record of the version before is one that is done now.
func (j *job) wanted(it *decode.Item) bool {
	short := hex.EncodeToString(it.Digest[:6])
	return slices.ContainsFunc(j.wants, func(n *want) bool { return n.state == gone && !n.settled && n.short == short })
}
