package decode

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io"

	"github.com/hamba/avro/v2"
	"github.com/klauspost/compress/flate"
	"github.com/klauspost/compress/snappy"
	"github.com/klauspost/compress/zstd"
)

// maxBlock is the size of the largest block of an Avro file that is read, packed or not.
const maxBlock = 128 << 20

var errAvro = errors.New("no Avro")

// avroFile is an Avro object container file at hand.
type avroFile struct {
	*container
	schema avro.Schema
	codec  string
	sync   []byte
	at0    int64 // of the next block
	spans  map[string]avroSpan
	data   []byte // of the record at hand
}

// avro reads, or writes again, an Avro file block by block. Blocks without an edit are copied byte for byte.
func (c *container) avro() error {
	c.info.Format = Avro
	a := &avroFile{container: c}
	err := a.header()
	if infoErr := c.out.info(c.info); infoErr != nil || err != nil {
		return errors.Join(infoErr, err)
	}
	if c.o.Write {
		if err := c.copy(c.at, 0, a.at0); err != nil {
			return err
		}
	}
	for a.at0 < c.o.Size {
		if err := a.block(); err != nil {
			return err
		}
	}
	return nil
}

// header reads the schema and the codec.
func (a *avroFile) header() error {
	b := make([]byte, min(a.o.Size, 8<<20))
	if _, err := a.at.ReadAt(b, 0); err != nil && !errors.Is(err, io.EOF) {
		return faulty(GapTruncated, err)
	}
	meta := map[string][]byte{}
	r := &avroReader{b: b, at: 4}
	r.blocks(func() {
		key := string(r.bytes())
		meta[key] = r.bytes()
	})
	a.sync = r.take(16)
	if r.bad {
		return faulty(GapTruncated, errAvro)
	}
	if a.codec = string(meta["avro.codec"]); a.codec == "" {
		a.codec = "null"
	}
	schema, err := avro.ParseWithCache(string(meta["avro.schema"]), "", &avro.SchemaCache{})
	if err != nil {
		return faulty(GapCorrupt, err)
	}
	a.schema, a.at0 = schema, int64(r.at)
	return nil
}

// block reads the next block.
func (a *avroFile) block() error {
	head := make([]byte, min(20, a.o.Size-a.at0))
	if _, err := a.at.ReadAt(head, a.at0); err != nil && !errors.Is(err, io.EOF) {
		return faulty(GapTruncated, err)
	}
	r := &avroReader{b: head}
	count, size := r.long(), r.long()
	from := a.at0 + int64(r.at)
	switch end := from + size + 16; {
	case r.bad || count < 0 || size < 0 || end > a.o.Size:
		return faulty(GapTruncated, errAvro)
	case size > maxBlock:
		return faulty(GapLarge, errAvro)
	case a.o.Write && !a.edited(count):
		start := a.at0
		a.ordinal, a.at0 = a.ordinal+count, end
		return a.copy(a.at, start, end-start)
	default:
		a.at0 = end
	}
	b := make([]byte, size+16)
	if _, err := a.at.ReadAt(b, from); err != nil && !errors.Is(err, io.EOF) {
		return faulty(GapTruncated, err)
	}
	if !bytes.Equal(b[size:], a.sync) {
		return faulty(GapCorrupt, errAvro)
	}
	data, err := a.unpackBlock(b[:size])
	if err != nil {
		return faulty(GapCorrupt, err)
	}
	return a.records(data, count)
}

func (a *avroFile) edited(n int64) bool {
	for at := range a.edits {
		if at >= a.ordinal && at < a.ordinal+n {
			return true
		}
	}
	return false
}

// records reads the records of a block; where they are written again, what is left of them makes a new block.
func (a *avroFile) records(data []byte, count int64) error {
	var kept []byte
	left := int64(0)
	for range count {
		r := &avroReader{b: data}
		a.values, a.spans, a.data = a.values[:0], map[string]avroSpan{}, data
		a.walk(r, a.schema, "", nil, 0)
		if r.bad {
			return faulty(GapCorrupt, errAvro)
		}
		raw := data[:r.at]
		data = data[r.at:]
		edit, err := a.record()
		switch {
		case err != nil:
			return err
		case edit != nil && edit.Delete:
			continue
		case edit != nil:
			if raw, err = a.change(raw, edit); err != nil {
				return err
			}
		}
		if left++; a.o.Write {
			kept = append(kept, raw...)
		}
	}
	if !a.o.Write || left == 0 {
		return nil
	}
	packed, err := a.packBlock(kept)
	if err != nil {
		return err
	}
	head := binary.AppendVarint(binary.AppendVarint(nil, left), int64(len(packed)))
	return a.put(append(append(head, packed...), a.sync...))
}

func (a *avroFile) unpackBlock(b []byte) ([]byte, error) {
	switch a.codec {
	case "null":
		return b, nil
	case "deflate":
		out, err := io.ReadAll(io.LimitReader(flate.NewReader(bytes.NewReader(b)), maxBlock))
		return out, err
	case "snappy":
		if n, err := snappy.DecodedLen(b[:max(len(b)-4, 0)]); err != nil || n > maxBlock {
			return nil, errAvro
		}
		return snappy.Decode(nil, b[:len(b)-4])
	case "zstandard":
		z, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(maxBlock))
		if err != nil {
			return nil, err
		}
		defer z.Close()
		return z.DecodeAll(b, nil)
	}
	return nil, errAvro
}

func (a *avroFile) packBlock(b []byte) ([]byte, error) {
	switch a.codec {
	case "deflate":
		var out bytes.Buffer
		w, err := flate.NewWriter(&out, flate.DefaultCompression)
		if err == nil {
			_, err = w.Write(b)
		}
		if err == nil {
			err = w.Close()
		}
		return out.Bytes(), err
	case "snappy":
		return binary.BigEndian.AppendUint32(snappy.Encode(nil, b), crc32.ChecksumIEEE(b)), nil
	case "zstandard":
		w, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1))
		if err != nil {
			return nil, err
		}
		defer func() { _ = w.Close() }()
		return w.EncodeAll(b, nil), nil
	}
	return b, nil
}

// avroReader reads the binary encoding; bad is set once something does not fit.
type avroReader struct {
	b   []byte
	at  int
	bad bool
}

func (r *avroReader) long() int64 {
	n, k := binary.Varint(r.b[r.at:])
	if k <= 0 {
		r.bad = true
		return 0
	}
	r.at += k
	return n
}

func (r *avroReader) take(n int64) []byte {
	if n < 0 || n > int64(len(r.b)-r.at) || r.bad {
		r.bad = true
		return nil
	}
	b := r.b[r.at : r.at+int(n)]
	r.at += int(n)
	return b
}

func (r *avroReader) bytes() []byte { return r.take(r.long()) }

// blocks calls f for each element of an array or a map.
func (r *avroReader) blocks(f func()) {
	for !r.bad {
		n := r.long()
		if n == 0 {
			return
		}
		if n < 0 {
			n = -n
			r.long()
		}
		for at := r.at; n > 0 && !r.bad; n-- {
			if f(); r.at == at && n > 1<<20 {
				r.bad = true // elements of no size, and too many of them
			}
		}
	}
}
