package decode

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"io"
	"sync"
)

// Container tells by the first bytes whether a file is read at places rather than from its beginning to its end: Parquet, Avro, and what is
// packed as ZIP. DecodeAt and RewriteAt are for those.
func Container(head []byte) bool {
	for _, magic := range []string{"PAR1", "PARE", "Obj\x01", "PK\x03\x04"} {
		if bytes.HasPrefix(head, []byte(magic)) {
			return true
		}
	}
	return false
}

// Sought are values of which one must stand in a field, byte by byte, or a record is of no interest.
type Sought struct {
	Name   string   `json:"name"`
	Values [][]byte `json:"values"`
}

// Edit is what is to happen to one record of a container.
type Edit struct {
	Ordinal int64        `json:"ordinal"`
	Digest  [32]byte     `json:"digest"`
	Delete  bool         `json:"delete,omitempty"`
	Changes []EditChange `json:"changes,omitempty"`
}

// EditChange is a change of a value, or of the bytes from Start to End in it. Old is compared before, where it is not nil; a nil New is NULL.
type EditChange struct {
	Path  string `json:"path"`
	Start int    `json:"start,omitempty"`
	End   int    `json:"end,omitempty"`
	Old   []byte `json:"old"`
	New   []byte `json:"new"`
}

// The codes of Summary.Refused.
const (
	RefusedChanged     = "record-changed"
	RefusedUnsupported = "unsupported-change"
)

// errChanged and errRefused end a rewriting.
var (
	errChanged = errors.New("a record is not what was expected")
	errRefused = errors.New("a change that cannot be made")
)

// contain reads, or with o.Write writes again, a container.
func contain(o Options, at io.ReaderAt, send, write func([]byte) error) (Summary, error) {
	out := newWriter(false, send)
	d := &container{o: o, at: at, out: out, write: write, edits: map[int64]*Edit{}}
	for i := range o.Edits {
		d.edits[o.Edits[i].Ordinal] = &o.Edits[i]
	}
	err := d.file()
	s := Summary{Info: d.info, Records: d.ordinal, Bytes: o.Size, Gap: d.end, Met: d.met}
	switch {
	case err == nil || errors.Is(err, errEnough):
		err = out.flush()
	case errors.Is(err, errChanged):
		s.Refused, err = RefusedChanged, nil
	case errors.Is(err, errRefused):
		s.Refused, err = RefusedUnsupported, nil
	case d.broken(err):
		s.Gap, err = d.gap(err), out.flush()
	}
	return s, err
}

// container is a file that is read at places.
type container struct {
	o       Options
	at      io.ReaderAt
	out     *writer
	write   func([]byte) error
	info    Info
	edits   map[int64]*Edit
	ordinal int64
	met     int64
	wrote   int64
	end     string
	digest  []byte
	values  []held
}

// held is a value of the record at hand.
type held struct {
	name, path string
	kind       ValueKind
	bytes      []byte // nil for NULL
}

// fileError is one of the file rather than of the way to it.
type fileError struct {
	code string
	err  error
}

// Error says what it is.
func (e *fileError) Error() string { return e.code }

func faulty(code string, err error) error {
	if err == nil || errors.Is(err, errAborted) || errors.Is(err, errChanged) || errors.Is(err, errRefused) || errors.Is(err, errEnough) {
		return err
	}
	return &fileError{code, err}
}

func (c *container) broken(err error) bool {
	var f *fileError
	return errors.As(err, &f)
}

func (c *container) gap(err error) string {
	var f *fileError
	if errors.As(err, &f) {
		return f.code
	}
	return GapCorrupt
}

func (c *container) file() error {
	var head [4]byte
	if _, err := c.at.ReadAt(head[:], 0); err != nil {
		return faulty(GapTruncated, err)
	}
	switch string(head[:]) {
	case "PAR1":
		return c.parquet()
	case "Obj\x01":
		return c.avro()
	case "PK\x03\x04":
		return c.workbook()
	case "PARE":
		c.info.Format, c.end = Parquet, GapEncrypted
		return c.out.info(c.info)
	}
	c.info.Format, c.end = Other, GapFormat
	return c.out.info(c.info)
}

// add takes a value of the record at hand.
func (c *container) add(name, path string, kind ValueKind, v []byte) {
	c.values = append(c.values, held{name, path, kind, v})
}

// sum gives the digest of the record at hand: of its values and where they stand.
func (c *container) sum() [32]byte {
	b := c.digest[:0]
	for _, v := range c.values {
		b = append(append(b, v.path...), 0, byte(v.kind))
		if v.bytes == nil {
			b = append(b, 0)
			continue
		}
		b = binary.AppendUvarint(b, uint64(len(v.bytes))+1)
		b = append(b, v.bytes...)
	}
	c.digest = b
	return sha(b)
}

// record gives the record at hand, or finds what is to happen to it: then edit is not nil.
func (c *container) record() (edit *Edit, err error) {
	defer func() { c.ordinal, c.values = c.ordinal+1, c.values[:0] }()
	if c.o.Write {
		e := c.edits[c.ordinal]
		if e == nil {
			return nil, nil
		}
		if c.met++; c.sum() != e.Digest {
			return nil, errChanged
		}
		return e, nil
	}
	c.out.begin(place{c.ordinal, 0, 0}, c.sum(), nil, 0)
	for _, v := range c.values {
		c.out.value(v.name, v.path, v.kind, v.bytes, 0, 0)
	}
	if err := c.out.end(); err != nil {
		return nil, err
	}
	if c.o.Limit > 0 && c.ordinal+1 >= c.o.Limit {
		return nil, errEnough
	}
	return nil, nil
}

// put writes to the new file.
func (c *container) put(b []byte) error {
	c.wrote += int64(len(b))
	for len(b) > 0 {
		n := min(len(b), 1<<20)
		if err := c.write(b[:n]); err != nil {
			return err
		}
		b = b[n:]
	}
	return nil
}

// copy writes a range of src to the new file.
func (c *container) copy(src io.ReaderAt, from, n int64) error {
	buf := make([]byte, min(n, 1<<20))
	for n > 0 {
		k := min(n, int64(len(buf)))
		if _, err := src.ReadAt(buf[:k], from); err != nil {
			return faulty(GapTruncated, err)
		}
		if err := c.put(buf[:k]); err != nil {
			return err
		}
		from, n = from+k, n-k
	}
	return nil
}

// applied gives a value with changes.
func applied(v []byte, changes []EditChange) ([]byte, error) {
	var splices []EditChange
	for _, c := range changes {
		if c.Start == 0 && c.End == 0 {
			if c.Old != nil && (v == nil || !bytes.Equal(v, c.Old)) && !same(v, c.New) {
				return nil, errChanged
			}
			return c.New, nil
		}
		if c.Start < 0 || c.End < c.Start || c.End > len(v) || c.Old != nil && !bytes.Equal(v[c.Start:c.End], c.Old) {
			return nil, errChanged
		}
		splices = append(splices, c)
	}
	return spliced(v, splices), nil
}

func same(a, b []byte) bool { return (a == nil) == (b == nil) && bytes.Equal(a, b) }

// spliced makes the replacements from the back. Of two that overlap the first of the list is made.
func spliced(v []byte, changes []EditChange) []byte {
	out := make([]byte, 0, len(v)+16)
	for at := 0; ; {
		next := -1
		for i, c := range changes {
			if c.Start >= at && (next < 0 || c.Start < changes[next].Start || c.Start == changes[next].Start && c.End > changes[next].End) {
				next = i
			}
		}
		if next < 0 {
			return append(out, v[at:]...)
		}
		c := changes[next]
		out = append(append(out, v[at:c.Start]...), c.New...)
		if at = c.End; c.End == c.Start {
			return append(out, v[at:]...)
		}
	}
}

// asker is the file as a child sees it: it asks the other side for ranges.
type asker struct {
	mu  sync.Mutex
	r   io.Reader
	out io.Writer
	buf []byte
}

// askSize is how much is asked for at once.
const askSize = 1 << 20

// ReadAt asks for a range.
func (a *asker) ReadAt(p []byte, off int64) (n int, err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for n < len(p) {
		k := min(len(p)-n, askSize)
		ask := binary.AppendUvarint(binary.AppendVarint(nil, off+int64(n)), uint64(k))
		if err := writeFrame(a.out, frameAsk, ask); err != nil {
			return n, err
		}
		kind, b, err := readFrame(a.r, a.buf)
		if err != nil {
			return n, err
		}
		if kind != frameData || len(b) > k {
			return n, errAborted
		}
		a.buf = b
		n += copy(p[n:], b)
		if len(b) < k {
			return n, io.EOF
		}
	}
	return n, nil
}

func sha(b []byte) [32]byte { return sha256.Sum256(b) }
