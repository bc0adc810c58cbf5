package bucket

import (
	"context"
	"crypto/sha256"
	"errors"
	"io"
	"sync"

	"vestige/internal/decode"
	"vestige/internal/errkind"
	"vestige/pii"
)

// ranges reads an open object at places.
type ranges struct {
	mu sync.Mutex
	f  file
}

// ReadAt reads a range; of a file that can do it by itself it is its own.
func (r *ranges) ReadAt(p []byte, off int64) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if at, ok := r.f.(io.ReaderAt); ok {
		return at.ReadAt(p, off)
	}
	return readAt(r.f, p, off)
}

func readAt(f io.ReadSeeker, p []byte, off int64) (int, error) {
	if _, err := f.Seek(off, io.SeekStart); err != nil {
		return 0, err
	}
	n, err := io.ReadFull(f, p)
	if err == io.ErrUnexpectedEOF {
		err = io.EOF
	}
	return n, err
}

// ReadAt asks the server for a range and no more.
func (r *remote) ReadAt(p []byte, off int64) (int, error) {
	if from := r.o.Size - int64(len(r.end)); off >= from && off < r.o.Size {
		n := copy(p, r.end[off-from:])
		if n < len(p) {
			return n, io.EOF
		}
		return n, nil
	}
	r.stop()
	r.at, r.size = off, max(int64(len(p)), 1)
	return readAt(r, p, off)
}

// container tells whether an object is one that is read at places, and gives its size. The file stands at its beginning afterwards.
func container(f file) (size int64, ok bool, err error) {
	head := make([]byte, 4)
	n, err := io.ReadFull(f, head)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return 0, false, err
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return 0, false, err
	}
	if !decode.Container(head[:n]) {
		return 0, false, nil
	}
	o, err := f.Stat()
	return o.Size, err == nil, err
}

// decode reads the records of an open object, whatever it is.
func (d *Driver) decode(ctx context.Context, f file, o decode.Options, give func(*decode.Item) error) (decode.Summary, error) {
	size, at, err := container(f)
	if err != nil {
		return decode.Summary{}, err
	}
	if at {
		s, err := d.pool.DecodeAt(ctx, o, &ranges{f: f}, size, give)
		if err != nil || s.Gap != decode.GapFormat || s.Info.Format != decode.Other {
			return s, err
		}
	}
	return d.pool.Decode(ctx, o, f, give)
}

// contained tells whether records of a format are changed by the decoder, which writes the file again.
func contained(format string) bool {
	return format == decode.Parquet || format == decode.Avro || format == decode.XLSX
}

// digest gives the digest of all bytes of an object.
func digestOf(f file) (sum [32]byte, err error) {
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return sum, err
	}
	h := sha256.New()
	_, err = io.Copy(h, f)
	return [32]byte(h.Sum(nil)), err
}

// rewriteAt writes a container again into the draft of a job.
func (w *work) rewriteAt(ctx context.Context, j *job, out io.Writer) error {
	f, err := w.d.objs.Open(ctx, j.listed)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	o, err := f.Stat()
	if err != nil {
		return err
	}
	edits, err := j.edits()
	if err != nil {
		return err
	}
	s, err := w.d.pool.RewriteAt(ctx, decode.Options{Edits: edits}, &ranges{f: f}, o.Size, out)
	if err != nil {
		return fault(err, "write an object again")
	}
	sum, err := digestOf(f)
	switch {
	case err != nil:
		return fault(err, "read an object")
	case s.Gap == decode.GapFailed || s.Gap == decode.GapSlow:
		return errkind.Coded(errkind.Transient, s.Gap, "an object could not be written again to its end")
	case s.Gap != "":
		return errkind.Coded(errkind.Unsupported, s.Gap, "an object that cannot be read to its end cannot be written again")
	case s.Refused == decode.RefusedChanged:
		return conflict()
	case s.Refused != "":
		return errkind.Coded(errkind.Unsupported, s.Refused, "the type of a field does not allow the change")
	case o.Version != j.object.Version || sum != j.sum || s.Met != int64(len(j.slots)):
		return changedMeanwhile()
	}
	return nil
}

// edits gives what is to be done to the records of a job as the decoder takes it.
func (j *job) edits() ([]decode.Edit, error) {
	var out []decode.Edit
	for at, s := range j.slots {
		e := decode.Edit{Ordinal: at, Digest: s.digest, Delete: s.delete}
		for _, c := range s.changes {
			if c.Field == objectField || c.Field == recordField || isPlace(c.Field) {
				return nil, keyChange()
			}
			if c.Member {
				return nil, errkind.New(errkind.Unsupported, "the name of a field of this format cannot be changed")
			}
			e.Changes = append(e.Changes, decode.EditChange{Path: pathOf(c), Start: c.Start, End: c.End, Old: bytesOf(c.Old), New: bytesOf(c.New)})
		}
		out = append(out, e)
	}
	return out, nil
}

func pathOf(c pii.Change) string {
	if c.Path == "" {
		return c.Field
	}
	return c.Path
}

// bytesOf gives the bytes of a value, nil for NULL.
func bytesOf(v pii.Value) []byte {
	if v.Null() {
		return nil
	}
	return append([]byte{}, v.Reveal()...)
}
