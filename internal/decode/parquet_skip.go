package decode

import (
	"bytes"
	"strconv"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/format"
)

// mayHold tells whether the row group of a number can have a record that is sought, by the statistics, Bloom filters and dictionaries of its columns.
// Those that say nothing exclude nothing.
func (p *parquetFile) mayHold(g parquet.RowGroup, number int) bool {
	chunks := g.ColumnChunks()
	columns := p.f.Metadata().RowGroups[number].Columns
	for _, s := range p.o.Sought {
		for i := range p.leaves {
			l := &p.leaves[i]
			if l.name != s.Name || l.column >= len(chunks) {
				continue
			}
			var left []parquet.Value
			for _, text := range s.Values {
				v, ok := soughtValue(l, text)
				if !ok {
					return true
				}
				if mayHoldValue(chunks[l.column], l, v) {
					left = append(left, v)
				}
			}
			if len(left) > 0 && (l.column >= len(columns) || inDictionary(chunks[l.column], &columns[l.column].MetaData, left)) {
				return true
			}
		}
	}
	return false
}

// mayHoldValue asks about one value of one column.
func mayHoldValue(chunk parquet.ColumnChunk, l *leaf, v parquet.Value) bool {
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

// maxDictionary is the size of a dictionary up to which it is read to find out whether a value is in it.
const maxDictionary = 1 << 20

// inDictionary tells whether one of the values is in the dictionary of a column. A column of which some page does not use it can have any value.
func inDictionary(chunk parquet.ColumnChunk, m *format.ColumnMetaData, values []parquet.Value) bool {
	if m.DictionaryPageOffset <= 0 || m.DataPageOffset-m.DictionaryPageOffset > maxDictionary || !allByDictionary(m) {
		return true
	}
	pages, ok := chunk.Pages().(*parquet.FilePages)
	if !ok {
		return true
	}
	defer func() { _ = pages.Close() }()
	dictionary, err := pages.ReadDictionary()
	if err != nil || dictionary == nil {
		return true
	}
	for i := range dictionary.Len() {
		own := dictionary.Index(int32(i))
		for _, v := range values {
			if parquet.Equal(own, v) {
				return true
			}
		}
	}
	return false
}

// allByDictionary tells whether all pages of a column are said to use its dictionary.
func allByDictionary(m *format.ColumnMetaData) bool {
	used := false
	for _, s := range m.EncodingStats {
		if s.PageType != format.DataPage && s.PageType != format.DataPageV2 {
			continue
		}
		if used = s.Encoding == format.RLEDictionary || s.Encoding == format.PlainDictionary; !used { //nolint:staticcheck // old writers have it in their pages
			return false
		}
	}
	return used
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
