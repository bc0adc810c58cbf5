package decode

import (
	"bytes"
	"strconv"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/format"
)

// mayHold tells whether a row group can have a record that is sought, by the statistics and Bloom filters of its columns. Those that say nothing
// exclude nothing.
func (p *parquetFile) mayHold(g parquet.RowGroup) bool {
	chunks := g.ColumnChunks()
	for _, s := range p.o.Sought {
		for i := range p.leaves {
			l := &p.leaves[i]
			if l.name != s.Name || l.column >= len(chunks) {
				continue
			}
			for _, v := range s.Values {
				if mayHoldValue(chunks[l.column], l, v) {
					return true
				}
			}
		}
	}
	return false
}

// mayHoldValue asks about one value of one column.
func mayHoldValue(chunk parquet.ColumnChunk, l *leaf, text []byte) bool {
	v, ok := soughtValue(l, text)
	if !ok {
		return true
	}
	if c, ok := chunk.(*parquet.FileColumnChunk); ok && outside(c, l, v) {
		return false
	}
	filter := chunk.BloomFilter()
	if filter == nil || isNil(filter) {
		return true
	}
	may, err := filter.Check(v)
	return may || err != nil
}

func isNil(f parquet.BloomFilter) bool {
	b, ok := f.(*parquet.FileBloomFilter)
	return ok && b == nil
}

// soughtValue gives a value as the column stores it; ok is false where it cannot be told how it would be stored.
func soughtValue(l *leaf, text []byte) (v parquet.Value, ok bool) {
	t := l.node.Type()
	if logical := t.LogicalType(); logical != nil {
		switch logical.Value.(type) {
		case *format.StringType, *format.EnumType, *format.JsonType:
		case *format.IntType:
			if i, _ := logical.Value.(*format.IntType); !i.IsSigned {
				return v, false
			}
		default:
			return v, false
		}
	}
	switch t.Kind() {
	case parquet.ByteArray:
		return parquet.ByteArrayValue(text), true
	case parquet.Int32:
		n, err := strconv.ParseInt(string(text), 10, 32)
		return parquet.Int32Value(int32(n)), err == nil
	case parquet.Int64:
		n, err := strconv.ParseInt(string(text), 10, 64)
		return parquet.Int64Value(n), err == nil
	}
	return v, false
}

// outside tells whether a value lies before the least or behind the greatest of a column. Bounds of byte arrays may be cut: then they are still bounds.
func outside(c *parquet.FileColumnChunk, l *leaf, v parquet.Value) bool {
	if v.Kind() == parquet.ByteArray && l.node.Type().LogicalType() == nil {
		return false // older writers compared the bytes of such columns as signed
	}
	least, most, ok := c.Bounds()
	if !ok || least.IsNull() || most.IsNull() {
		return false
	}
	if v.Kind() == parquet.ByteArray {
		return bytes.Compare(v.ByteArray(), least.ByteArray()) < 0 || bytes.Compare(v.ByteArray(), most.ByteArray()) > 0 && !bytes.HasPrefix(v.ByteArray(), most.ByteArray())
	}
	if v.Kind() == parquet.Int32 {
		return v.Int32() < least.Int32() || v.Int32() > most.Int32()
	}
	return v.Int64() < least.Int64() || v.Int64() > most.Int64()
}
