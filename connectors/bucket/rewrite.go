package bucket

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"io"
	"time"

	"github.com/klauspost/compress/gzip"

	"vestige/internal/decode"
	"vestige/internal/errkind"
)

// rewrite writes the object of a job again into its draft.
func (w *work) rewrite(ctx context.Context, j *job) error {
	h := sha256.New()
	out := bufio.NewWriterSize(io.MultiWriter(j.draft, h), 256<<10)
	r := &rewriter{job: j, w: out}
	pack := packer(out, &j.summary.Info)
	if pack != nil {
		r.w = pack
	}
	err := w.read(ctx, j, true, r.item)
	if err == nil && pack != nil {
		err = pack.Close()
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

// packer packs again with the header that was there; nil where nothing was packed.
func packer(w io.Writer, info *decode.Info) *gzip.Writer {
	if !info.Gzip {
		return nil
	}
	z := gzip.NewWriter(w)
	if p := info.Pack; p != nil {
		z.Name, z.Comment, z.Extra, z.OS = p.Name, p.Comment, p.Extra, p.OS
		if p.Time != 0 {
			z.ModTime = time.Unix(p.Time, 0)
		}
	}
	return z
}

// rewriter copies the pieces of an object, without those that go.
type rewriter struct {
	job       *job
	w         io.Writer
	info      *decode.Info
	separator []byte // read and not yet written
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
		if s.delete {
			r.separator = nil
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
	if r.kept == 0 {
		r.separator = nil
	}
	r.kept++
	return r.between()
}

func (r *rewriter) between() error {
	s := r.separator
	r.separator = nil
	if len(s) == 0 {
		return nil
	}
	return r.write(s)
}

func (r *rewriter) write(b []byte) error {
	_, err := r.w.Write(b)
	return err
}
