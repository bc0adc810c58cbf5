package decode

import (
	"encoding/binary"
	"fmt"
	"math"
	"slices"
	"strconv"
	"time"

	"github.com/hamba/avro/v2"

	"vestige/internal/doc"
)

// avroSpan is where a value stands in its record, from the branch of its union on, and what it is.
type avroSpan struct {
	start, end int
	schema     avro.Schema
	union      *avro.UnionSchema
	text       []byte
}

// walk gives the values of what the schema describes.
func (a *avroFile) walk(r *avroReader, schema avro.Schema, path string, union *avro.UnionSchema, start int) {
	if r.bad || len(path) > 4096 || len(a.values) > 1<<20 {
		r.bad = true
		return
	}
	if union == nil {
		start = r.at
	}
	switch s := schema.(type) {
	case *avro.RefSchema:
		a.walk(r, s.Schema(), path, union, start)
	case *avro.RecordSchema:
		for _, f := range s.Fields() {
			a.walk(r, f.Type(), join(path, f.Name()), nil, 0)
		}
	case *avro.ArraySchema:
		i := 0
		r.blocks(func() {
			a.walk(r, s.Items(), fmt.Sprintf("%s[%d]", path, i), nil, 0)
			i++
		})
	case *avro.MapSchema:
		r.blocks(func() { a.member(r, s, path) })
	case *avro.UnionSchema:
		n := r.long()
		if n < 0 || int(n) >= len(s.Types()) {
			r.bad = true
			return
		}
		a.walk(r, s.Types()[n], path, s, start)
	default:
		kind, text := avroText(r, schema)
		if r.bad {
			return
		}
		if path == "" {
			path = rootName
		}
		a.add(doc.Generic(path), path, kind, text)
		a.spans[path] = avroSpan{start, r.at, schema, union, text}
	}
}

func join(path, name string) string {
	if path == "" {
		return doc.Escape(name)
	}
	return path + "." + doc.Escape(name)
}

// member gives an entry of a map; a key that is a value is one.
func (a *avroFile) member(r *avroReader, s *avro.MapSchema, path string) {
	key := string(r.bytes())
	at := join(path, key)
	if doc.Dynamic(key) {
		a.add(doc.Generic(path)+"{@}", at, Member, []byte(key))
	}
	a.walk(r, s.Values(), at, nil, 0)
}

// avroText reads a scalar as JSON would have it.
func avroText(r *avroReader, schema avro.Schema) (ValueKind, []byte) {
	logical := avro.LogicalType("")
	if l, ok := schema.(avro.LogicalTypeSchema); ok && l.Logical() != nil {
		logical = l.Logical().Type()
	}
	switch schema.Type() {
	case avro.Null:
		return Text, nil
	case avro.Boolean:
		b := r.take(1)
		return Bool, strconv.AppendBool(nil, len(b) == 1 && b[0] != 0)
	case avro.Int, avro.Long:
		return avroInteger(r.long(), logical)
	case avro.Float:
		if b := r.take(4); b != nil {
			return Number, strconv.AppendFloat(nil, float64(math.Float32frombits(binary.LittleEndian.Uint32(b))), 'g', -1, 32)
		}
	case avro.Double:
		if b := r.take(8); b != nil {
			return Number, strconv.AppendFloat(nil, math.Float64frombits(binary.LittleEndian.Uint64(b)), 'g', -1, 64)
		}
	case avro.Enum:
		if s, ok := schema.(*avro.EnumSchema); ok {
			if n := r.long(); n >= 0 && int(n) < len(s.Symbols()) {
				return Text, []byte(s.Symbols()[n])
			}
		}
		r.bad = true
	case avro.Fixed:
		if s, ok := schema.(*avro.FixedSchema); ok {
			return Text, slices.Clone(r.take(int64(s.Size())))
		}
	case avro.String, avro.Bytes:
		return Text, append([]byte{}, r.bytes()...)
	default:
		r.bad = true
	}
	return Text, nil
}

func avroInteger(n int64, logical avro.LogicalType) (ValueKind, []byte) {
	switch logical {
	case avro.Date:
		return Text, time.Unix(n*86400, 0).UTC().AppendFormat(nil, time.DateOnly)
	case avro.TimestampMillis:
		return Text, moment(time.UnixMilli(n))
	case avro.TimestampMicros:
		return Text, moment(time.UnixMicro(n))
	}
	return Number, strconv.AppendInt(nil, n, 10)
}

// change makes the changes in the bytes of a record.
func (a *avroFile) change(raw []byte, edit *Edit) ([]byte, error) {
	byPath := map[string][]EditChange{}
	for _, c := range edit.Changes {
		byPath[c.Path] = append(byPath[c.Path], c)
	}
	var splices []EditChange
	for path, changes := range byPath {
		s, ok := a.spans[path]
		if !ok {
			if !onlyNulls(map[string][]EditChange{path: changes}) {
				return nil, errChanged
			}
			continue
		}
		now, err := applied(s.text, changes)
		if err != nil {
			return nil, err
		}
		if same(now, s.text) {
			continue
		}
		b, ok := s.encode(now)
		if !ok {
			return nil, errRefused
		}
		splices = append(splices, EditChange{Start: s.start, End: s.end, New: b})
	}
	return spliced(raw, splices), nil
}

// encode writes a value in the type that it has, or as the NULL of its union; ok is false where that cannot be.
func (s *avroSpan) encode(v []byte) (out []byte, ok bool) {
	if s.union != nil {
		i := slices.IndexFunc(s.union.Types(), func(t avro.Schema) bool {
			if v == nil {
				return t.Type() == avro.Null
			}
			return t == s.schema
		})
		if i < 0 {
			return nil, false
		}
		out = binary.AppendVarint(nil, int64(i))
	}
	if l, isLogical := s.schema.(avro.LogicalTypeSchema); v != nil && isLogical && l.Logical() != nil && l.Logical().Type() != avro.UUID {
		return nil, false
	}
	switch t := s.schema.Type(); {
	case v == nil:
		return out, s.union != nil
	case t == avro.String || t == avro.Bytes:
		return append(binary.AppendVarint(out, int64(len(v))), v...), true
	case t == avro.Int || t == avro.Long:
		n, err := strconv.ParseInt(string(v), 10, map[bool]int{true: 32, false: 64}[t == avro.Int])
		return binary.AppendVarint(out, n), err == nil
	}
	return nil, false
}
