package decode

import (
	"encoding/binary"
	"encoding/json"
	"errors"
)

// chunkSize is how many bytes of items are sent at once.
const chunkSize = 128 << 10

// maxNames is how many names of fields a file may have; further values stand under More, with their paths.
const maxNames = 4096

// More is the field of the values for whose names a file has too many.
const More = "{more}"

// The tags of what a chunk holds.
const (
	tagInfo byte = iota + 1
	tagName
	tagRecord
	tagValue
	tagEnd
	tagGap
	tagGlue
	tagSeparator
	tagLead
	tagHead
	tagTail
	tagUnread
)

// writer writes items into chunks.
type writer struct {
	raw   bool
	lost  bool // what is given now stands in a gap
	buf   []byte
	names map[string]uint64
	order []string
	mark  int // of the record being written
	known int // names at the mark
	idle  int // bytes read since the last flush
	send  func(chunk []byte) error
}

func newWriter(raw bool, send func([]byte) error) *writer {
	return &writer{raw: raw, names: map[string]uint64{}, send: send}
}

func (w *writer) flush() error {
	err := w.send(w.buf)
	w.buf, w.idle = w.buf[:0], 0
	return err
}

func (w *writer) full() error {
	if len(w.buf) < chunkSize {
		return nil
	}
	return w.flush()
}

// progress tells the other side now and then that something is being done.
func (w *writer) progress(n int) error {
	if w.idle += n; w.idle < 4<<20 || w.mark > 0 {
		return nil
	}
	return w.flush()
}

func (w *writer) num(n int64)    { w.buf = binary.AppendVarint(w.buf, n) }
func (w *writer) size(n int)     { w.buf = binary.AppendUvarint(w.buf, uint64(n)) }
func (w *writer) bytes(b []byte) { w.size(len(b)); w.buf = append(w.buf, b...) }
func (w *writer) text(s string)  { w.size(len(s)); w.buf = append(w.buf, s...) }

func (w *writer) info(i Info) error {
	b, err := json.Marshal(i)
	if err != nil {
		return err
	}
	w.buf = append(w.buf, tagInfo)
	w.bytes(b)
	return w.flush()
}

// place is where a record or gap stands.
type place struct{ ordinal, line, offset int64 }

func (w *writer) place(p place) {
	w.num(p.ordinal)
	w.num(p.line)
	w.num(p.offset)
}

// begin starts a record; end or drop finishes it.
func (w *writer) begin(p place, digest [32]byte, raw []byte, body int) {
	w.mark, w.known = len(w.buf)+1, len(w.order)
	w.buf = append(w.buf, tagRecord)
	w.place(p)
	w.buf = append(w.buf, digest[:]...)
	if w.raw {
		w.bytes(raw)
		w.size(body)
	}
}

// name gives the number of a name, and tells the other side where it is new.
func (w *writer) name(name string) uint64 {
	if n, ok := w.names[name]; ok {
		return n
	}
	n := uint64(len(w.order))
	w.names[name] = n
	w.order = append(w.order, name)
	w.buf = append(w.buf, tagName)
	w.text(name)
	return n
}

// value adds a value to the record; nil bytes are NULL.
func (w *writer) value(name, path string, kind ValueKind, v []byte, start, end int) {
	n, ok := w.names[name]
	if !ok && len(w.order) >= maxNames {
		if path == "" {
			path = name
		}
		name = More
	}
	if path == name {
		path = ""
	}
	if !ok {
		n = w.name(name)
	}
	w.numbered(n, path, kind, v, start, end)
}

// numbered adds a value whose name has the number.
func (w *writer) numbered(n uint64, path string, kind ValueKind, v []byte, start, end int) {
	w.buf = append(w.buf, tagValue, byte(kind))
	w.buf = binary.AppendUvarint(w.buf, n)
	w.text(path)
	if v == nil {
		w.size(0)
	} else {
		w.size(len(v) + 1)
		w.buf = append(w.buf, v...)
	}
	if w.raw {
		w.size(start)
		w.size(end)
	}
}

func (w *writer) end() error {
	w.buf = append(w.buf, tagEnd)
	w.mark = 0
	return w.full()
}

// drop takes back the record being written.
func (w *writer) drop() {
	w.buf, w.mark = w.buf[:w.mark-1], 0
	for _, name := range w.order[w.known:] {
		delete(w.names, name)
	}
	w.order = w.order[:w.known]
}

func (w *writer) gap(code string, p place) error {
	w.buf = append(w.buf, tagGap)
	w.text(code)
	w.place(p)
	return w.full()
}

// glue gives bytes that belong to no record.
func (w *writer) glue(tag byte, b []byte) error {
	if !w.raw || len(b) == 0 {
		return nil
	}
	if w.lost {
		tag = tagUnread
	}
	w.buf = append(w.buf, tag)
	w.bytes(b)
	return w.full()
}

var errWire = errors.New("decode: the child does not keep to the protocol")

// reader reads what a writer wrote.
type reader struct {
	raw   bool
	names []string
	paths map[string]string
	item  Item
	b     []byte
	bad   bool
}

func newReader(raw bool) *reader { return &reader{raw: raw, paths: map[string]string{}} }

// chunk gives each item of a chunk to f.
func (r *reader) chunk(b []byte, f func(*Item) error) error {
	for r.b = b; len(r.b) > 0; {
		done, err := r.next()
		if err != nil || r.bad {
			return errors.Join(err, errWire)
		}
		if done {
			if err := f(&r.item); err != nil {
				return err
			}
		}
	}
	return nil
}

func (r *reader) byte() byte {
	if len(r.b) == 0 {
		r.bad = true
		return 0
	}
	c := r.b[0]
	r.b = r.b[1:]
	return c
}

func (r *reader) num() int64 {
	n, k := binary.Varint(r.b)
	if k <= 0 {
		r.bad, r.b = true, nil
		return 0
	}
	r.b = r.b[k:]
	return n
}

func (r *reader) size() uint64 {
	n, k := binary.Uvarint(r.b)
	if k <= 0 {
		r.bad, r.b = true, nil
		return 0
	}
	r.b = r.b[k:]
	return n
}

func (r *reader) take(n uint64) []byte {
	if n > uint64(len(r.b)) {
		r.bad, r.b = true, nil
		return nil
	}
	b := r.b[:n:n]
	r.b = r.b[n:]
	return b
}

func (r *reader) bytes() []byte { return r.take(r.size()) }

// next reads one tag; done tells whether an item is whole.
func (r *reader) next() (done bool, err error) {
	switch tag := r.byte(); tag {
	case tagInfo:
		r.item = Item{Kind: Start, Info: &Info{}}
		return true, json.Unmarshal(r.bytes(), r.item.Info)
	case tagName:
		r.names = append(r.names, string(r.bytes()))
	case tagRecord:
		r.record()
	case tagValue:
		r.value()
	case tagEnd:
		return true, nil
	case tagGap:
		r.item = Item{Kind: Gap, Code: string(r.bytes()), Values: r.item.Values[:0]}
		r.place()
		return true, nil
	case tagGlue, tagSeparator, tagLead, tagHead, tagTail:
		r.item = Item{Kind: Glue + Kind(tag-tagGlue), Raw: r.bytes(), Values: r.item.Values[:0]}
		return true, nil
	case tagUnread:
		r.item = Item{Kind: Glue, Unread: true, Raw: r.bytes(), Values: r.item.Values[:0]}
		return true, nil
	default:
		r.bad = true
	}
	return false, nil
}

func (r *reader) place() { r.item.Ordinal, r.item.Line, r.item.Offset = r.num(), r.num(), r.num() }

func (r *reader) record() {
	r.item = Item{Kind: Record, Values: r.item.Values[:0]}
	r.place()
	copy(r.item.Digest[:], r.take(32))
	if r.raw {
		r.item.Raw = r.bytes()
		if r.item.Body = int(r.size()); r.item.Body > len(r.item.Raw) {
			r.bad = true
		}
	}
}

func (r *reader) value() {
	v := Value{Kind: ValueKind(r.byte())}
	n := r.size()
	if n >= uint64(len(r.names)) {
		r.bad = true
		return
	}
	v.Name, v.Path = r.names[n], r.path(r.bytes())
	if size := r.size(); size == 0 {
		v.Null = true
	} else {
		v.Bytes = r.take(size - 1)
	}
	if r.raw {
		v.Start, v.End = int(r.size()), int(r.size())
		if v.Start > v.End || v.End > len(r.item.Raw) {
			r.bad = true
		}
	}
	r.item.Values = append(r.item.Values, v)
}

// path remembers the strings that come again.
func (r *reader) path(b []byte) string {
	if len(b) == 0 {
		return ""
	}
	if s, ok := r.paths[string(b)]; ok {
		return s
	}
	if len(r.paths) > 4096 {
		clear(r.paths)
	}
	s := string(b)
	r.paths[s] = s
	return s
}
