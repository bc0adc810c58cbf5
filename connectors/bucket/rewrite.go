package bucket

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"io"
	"time"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"

	"vestige/internal/decode"
	"vestige/internal/errkind"
)

// rewrite writes the object of a job again into its draft.
func (w *work) rewrite(ctx context.Context, j *job) error {
	h := sha256.New()
	out := bufio.NewWriterSize(io.MultiWriter(j.draft, h), 256<<10)
	if len(j.slots) == 0 {
		err := w.again(ctx, j, out)
		if err == nil {
			err = out.Flush()
		}
		j.proof = h.Sum(nil)
		return err
	}
	if contained(j.summary.Info.Format) {
		err := w.rewriteAt(ctx, j, out)
		if err == nil {
			err = out.Flush()
		}
		j.proof = h.Sum(nil)
		return err
	}
	r := &rewriter{job: j, w: out}
	pack, err := packer(out, &j.summary.Info)
	if err != nil {
		return err
	}
	text := decode.Encoder(j.summary.Info.Charset, pack)
	r.w = text
	if err = w.read(ctx, j, true, r.item); err == nil {
		err = errors.Join(text.Close(), pack.Close())
	}
	if err == nil {
		err = out.Flush()
	}
	if err == nil && (r.met != len(j.slots) || r.read != j.summary.Bytes) {
		return changedMeanwhile()
	}
	j.proof = h.Sum(nil)
	return err
}

func changedMeanwhile() error {
	return errkind.Coded(errkind.Conflict, "object-changed", "an object has changed while it was read")
}

// unpacked is what an object that was not packed is written to.
type unpacked struct{ io.Writer }

// Close does nothing.
func (unpacked) Close() error { return nil }

// packer packs again as it was, with the header that was there.
func packer(w io.Writer, info *decode.Info) (io.WriteCloser, error) {
	if info.Zstd {
		return zstd.NewWriter(w, zstd.WithEncoderConcurrency(1))
	}
	if !info.Gzip {
		return unpacked{w}, nil
	}
	z := gzip.NewWriter(w)
	if p := info.Pack; p != nil {
		z.Name, z.Comment, z.Extra, z.OS = p.Name, p.Comment, p.Extra, p.OS
		if p.Time != 0 {
			z.ModTime = time.Unix(p.Time, 0)
		}
	}
	return z, nil
}

// rewriter copies the pieces of an object, without those that go.
type rewriter struct {
	job       *job
	w         io.Writer
	info      *decode.Info
	separator []byte // read and not yet written
	lead      []byte // goes with the next record
	head      []byte // of a list of which nothing was written yet
	open      bool   // head is such a one
	kept      int
	met       int
	read      int64 // bytes of the pieces: all of the object's, or something is missing
}

func (r *rewriter) item(it *decode.Item) error {
	r.read += int64(len(it.Raw))
	switch it.Kind {
	case decode.Start:
		r.info = it.Info
	case decode.Glue:
		if err := r.between(); err != nil {
			return err
		}
		return r.write(it.Raw)
	case decode.Lead:
		r.lead = bytes.Clone(it.Raw)
	case decode.Head:
		r.head, r.open = bytes.Clone(it.Raw), true
	case decode.Tail:
		return r.tail(it.Raw)
	case decode.Separator:
		r.separator = bytes.Clone(it.Raw)
	case decode.Gap:
		return r.keep()
	case decode.Record:
		return r.record(it)
	}
	return nil
}

func (r *rewriter) record(it *decode.Item) error {
	s := r.job.slots[it.Ordinal]
	raw := it.Raw
	if s != nil {
		if r.met++; s.digest != it.Digest {
			return changedMeanwhile()
		}
		if s.delete && len(it.Values) > 0 && it.Values[0].Name == "{statement}" {
			return errkind.New(errkind.Unsupported, "a statement in a dump cannot be removed")
		}
		if s.delete && r.info.Format == decode.XML && beginsList(raw) {
			return errkind.New(errkind.Unsupported, "the first tag of a list of elements cannot be removed, only its attributes changed")
		}
		if s.delete {
			r.separator, r.lead = nil, nil
			return nil
		}
		var err error
		if raw, err = edit(r.info, it, s.changes); err != nil {
			return err
		}
	}
	if err := r.keep(); err != nil {
		return err
	}
	return r.write(raw)
}

// keep writes the separator before an element that stays, unless it is the first.
func (r *rewriter) keep() error {
	if r.kept == 0 || r.open {
		r.separator = nil
	}
	r.kept++
	return r.between()
}

func (r *rewriter) between() error {
	r.open = false
	for _, held := range []*[]byte{&r.head, &r.separator, &r.lead} {
		if b := *held; len(b) > 0 {
			*held = nil
			if err := r.write(b); err != nil {
				return err
			}
		}
	}
	return nil
}

// tail ends a list; one of which nothing is left goes with its beginning.
func (r *rewriter) tail(raw []byte) error {
	r.separator = nil
	if r.open {
		r.head, r.lead, r.open = nil, nil, false
		return nil
	}
	if err := r.between(); err != nil {
		return err
	}
	return r.write(raw)
}

func (r *rewriter) write(b []byte) error {
	_, err := r.w.Write(b)
	return err
}
