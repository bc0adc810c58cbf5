package decode

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"
)

// parquetWriter writes a file again: row groups without an edit byte for byte, at another place, the others anew. Indexes and Bloom filters follow
// the columns; the indexes' and the footer's places are set right.
type parquetWriter struct {
	*parquetFile
	foot    *footer
	groups  []footerGroup
	indexes []pageIndex
}

// pageIndex is the page index of one column, which is written behind all row groups.
type pageIndex struct {
	group, column int
	columns       []byte
	offsets       []byte
}

var magicParquet = []byte("PAR1")

func (p *parquetFile) rewrite() error {
	foot, err := readFooter(p.at, p.o.Size)
	if err != nil {
		return err
	}
	w := &parquetWriter{parquetFile: p, foot: foot}
	if err := p.put(magicParquet); err != nil {
		return err
	}
	groups := p.f.RowGroups()
	if len(groups) != len(foot.RowGroups) {
		return faulty(GapCorrupt, errWire)
	}
	for i, g := range groups {
		if !w.touched(g.NumRows()) {
			p.ordinal += g.NumRows()
			err = w.group(p.at, foot.RowGroups[i])
		} else {
			err = w.anew(g, &foot.RowGroups[i])
		}
		if err != nil {
			return err
		}
	}
	return w.end()
}

// touched tells whether a group of n rows, which is the next, has an edit.
func (w *parquetWriter) touched(n int64) bool {
	for at := range w.edits {
		if at >= w.ordinal && at < w.ordinal+n {
			return true
		}
	}
	return false
}

// group writes a row group that stands in src; each column is a range of bytes.
func (w *parquetWriter) group(src io.ReaderAt, g footerGroup) error {
	g.Columns = slices.Clone(g.Columns)
	number, start := len(w.groups), w.wrote
	for i := range g.Columns {
		c := &g.Columns[i]
		if c.FilePath != "" || c.MetaData.TotalCompressedSize < 0 {
			return errRefused
		}
		from := c.firstOffset()
		by := w.wrote - from
		if err := w.copy(src, from, c.MetaData.TotalCompressedSize); err != nil {
			return err
		}
		c.shift(by)
		if err := w.keepIndex(src, c, number, i, by); err != nil {
			return err
		}
	}
	for i := range g.Columns {
		if err := w.filter(src, &g.Columns[i].MetaData); err != nil {
			return err
		}
	}
	if g.FileOffset > 0 {
		g.FileOffset = start
	}
	if _, ok := g.Ordinal.Get(); ok {
		g.Ordinal.Set(int16(number))
	}
	w.groups = append(w.groups, g)
	return nil
}

// keepIndex takes the page index of a column along. The index of columns has no places; that of offsets has.
func (w *parquetWriter) keepIndex(src io.ReaderAt, c *footerColumn, group, column int, by int64) error {
	k := pageIndex{group: group, column: column}
	var err error
	if k.columns, err = section(src, c.ColumnIndexOffset, c.ColumnIndexLength); err != nil {
		return err
	}
	if k.offsets, err = section(src, c.OffsetIndexOffset, c.OffsetIndexLength); err != nil {
		return err
	}
	if k.offsets != nil {
		var index format.OffsetIndex
		if err := thrift.Unmarshal(&compact, k.offsets, &index); err != nil {
			return faulty(GapCorrupt, err)
		}
		for i := range index.PageLocations {
			index.PageLocations[i].Offset += by
		}
		if k.offsets, err = thrift.Marshal(&compact, &index); err != nil {
			return faulty(GapCorrupt, err)
		}
	}
	c.ColumnIndexOffset, c.ColumnIndexLength, c.OffsetIndexOffset, c.OffsetIndexLength = 0, 0, 0, 0
	w.indexes = append(w.indexes, k)
	return nil
}

func section(src io.ReaderAt, from int64, n int32) ([]byte, error) {
	if from <= 0 || n <= 0 {
		return nil, nil
	}
	b := make([]byte, n)
	if _, err := src.ReadAt(b, from); err != nil {
		return nil, faulty(GapTruncated, err)
	}
	return b, nil
}

// filter takes the Bloom filter of a column along.
func (w *parquetWriter) filter(src io.ReaderAt, m *columnMetaData) error {
	if m.BloomFilterOffset <= 0 {
		return nil
	}
	n, at := int64(m.BloomFilterLength), w.wrote
	if n <= 0 {
		head := make([]byte, 256)
		k, err := src.ReadAt(head, m.BloomFilterOffset)
		if err != nil && k == 0 {
			return faulty(GapTruncated, err)
		}
		var h format.BloomFilterHeader
		r := compact.NewReaderFromBytes(head[:k])
		if err := thrift.NewDecoder(r).Decode(&h); err != nil || h.NumBytes < 0 {
			return faulty(GapCorrupt, errWire)
		}
		n = int64(r.BytesRead()) + int64(h.NumBytes)
	}
	if err := w.copy(src, m.BloomFilterOffset, n); err != nil {
		return err
	}
	m.BloomFilterOffset = at
	return nil
}

// anew writes a row group with the edits made. One without rows left goes.
func (w *parquetWriter) anew(g parquet.RowGroup, was *footerGroup) error {
	var buf bytes.Buffer
	out := parquet.NewWriter(&buf, w.options(was)...)
	kept, sorted := int64(0), true
	err := w.rows(g, func(row parquet.Row) error {
		edit, err := w.edit(row)
		switch {
		case err != nil:
			return err
		case edit == nil:
		case edit.Delete:
			return nil
		default:
			if row, err = w.change(row, edit); err != nil {
				return err
			}
			sorted = false
		}
		kept++
		_, err = out.WriteRows([]parquet.Row{row})
		return faulty(GapCorrupt, err)
	})
	if err == nil {
		err = faulty(GapCorrupt, out.Close())
	}
	if err != nil || kept == 0 {
		return err
	}
	return w.take(buf.Bytes(), kept, was, sorted)
}

func (w *parquetWriter) options(was *footerGroup) []parquet.WriterOption {
	out := []parquet.WriterOption{parquet.NewSchema(w.f.Root().Name(), w.f.Root()), parquet.DataPageVersion(1), parquet.DataPageStatistics(true)}
	var filters []parquet.BloomFilterColumn
	for i := range was.Columns {
		if m := &was.Columns[i].MetaData; m.BloomFilterOffset > 0 {
			filters = append(filters, parquet.SplitBlockFilter(10, m.PathInSchema...))
		}
	}
	if len(filters) > 0 {
		out = append(out, parquet.BloomFilters(filters...))
	}
	return out
}

// take writes the row group of a file that was made for it alone.
func (w *parquetWriter) take(file []byte, kept int64, was *footerGroup, sorted bool) error {
	src := bytes.NewReader(file)
	foot, err := readFooter(src, int64(len(file)))
	if err != nil {
		return err
	}
	if len(foot.RowGroups) != 1 || foot.RowGroups[0].NumRows != kept || len(foot.RowGroups[0].Columns) != len(was.Columns) {
		return errRefused
	}
	g := foot.RowGroups[0]
	for i := range g.Columns {
		a, b := &g.Columns[i].MetaData, &was.Columns[i].MetaData
		if a.Type != b.Type || !slices.Equal(a.PathInSchema, b.PathInSchema) {
			return errRefused
		}
	}
	if g.Ordinal, g.SortingColumns = was.Ordinal, nil; sorted {
		g.SortingColumns = was.SortingColumns
	}
	return w.group(src, g)
}

// edit finds what is to happen to a row.
func (w *parquetWriter) edit(row parquet.Row) (*Edit, error) {
	w.values = w.values[:0]
	if w.edits[w.ordinal] != nil {
		w.row(row, func(_ int, l *leaf, path string, v parquet.Value) { w.parquetFile.take(l, path, v) })
	}
	return w.record()
}

// change makes the changes in a row.
func (w *parquetWriter) change(row parquet.Row, edit *Edit) (parquet.Row, error) {
	byPath := map[string][]EditChange{}
	for _, c := range edit.Changes {
		byPath[c.Path] = append(byPath[c.Path], c)
	}
	out := slices.Clone(row)
	var failed error
	w.row(row, func(i int, l *leaf, path string, v parquet.Value) {
		changes := byPath[path]
		if len(changes) == 0 || failed != nil {
			return
		}
		delete(byPath, path)
		out[i], failed = changedValue(l, v, changes)
	})
	if failed == nil && len(byPath) > 0 && !onlyNulls(byPath) {
		failed = errChanged
	}
	return out, failed
}

// onlyNulls tells whether what was not met was to be NULL, which it is.
func onlyNulls(changes map[string][]EditChange) bool {
	for _, own := range changes {
		for _, c := range own {
			if c.New != nil || c.Start != 0 || c.End != 0 {
				return false
			}
		}
	}
	return true
}

// changedValue gives a value with changes. A text that is required and becomes NULL is refused, as is a number that becomes a text.
func changedValue(l *leaf, v parquet.Value, changes []EditChange) (parquet.Value, error) {
	var text []byte
	if !v.IsNull() {
		_, text = valueText(l.node, v)
	}
	now, err := applied(text, changes)
	if err != nil || same(now, text) {
		return v, err
	}
	if now == nil {
		if !l.optional {
			return v, errRefused
		}
		return parquet.NullValue().Level(v.RepetitionLevel(), l.maxDef-1, v.Column()), nil
	}
	fresh, ok := storedValue(l.node, now)
	if !ok {
		return v, errRefused
	}
	return fresh.Level(v.RepetitionLevel(), l.maxDef, v.Column()), nil
}

// storedValue gives a text as a column stores it.
func storedValue(node parquet.Node, text []byte) (v parquet.Value, ok bool) {
	t := node.Type()
	plain := true
	if logical := t.LogicalType(); logical != nil {
		switch logical.Value.(type) {
		case *format.StringType, *format.EnumType, *format.JsonType, *format.BsonType, *format.IntType:
		case *format.UUIDType:
			b, err := hex.DecodeString(strings.ReplaceAll(string(text), "-", ""))
			return parquet.FixedLenByteArrayValue(b), err == nil && len(b) == 16
		default:
			plain = false
		}
	}
	switch kind := t.Kind(); {
	case !plain:
	case kind == parquet.ByteArray:
		return parquet.ByteArrayValue(text), true
	case kind == parquet.Int32:
		n, err := strconv.ParseInt(string(text), 10, 32)
		return parquet.Int32Value(int32(n)), err == nil
	case kind == parquet.Int64:
		n, err := strconv.ParseInt(string(text), 10, 64)
		return parquet.Int64Value(n), err == nil
	case kind == parquet.Double:
		n, err := strconv.ParseFloat(string(text), 64)
		return parquet.DoubleValue(n), err == nil
	}
	return v, false
}

// end writes the page indexes and the footer.
func (w *parquetWriter) end() error {
	for _, k := range w.indexes {
		c := &w.groups[k.group].Columns[k.column]
		if k.columns != nil {
			c.ColumnIndexOffset, c.ColumnIndexLength = w.wrote, int32(len(k.columns))
			if err := w.put(k.columns); err != nil {
				return err
			}
		}
	}
	for _, k := range w.indexes {
		c := &w.groups[k.group].Columns[k.column]
		if k.offsets != nil {
			c.OffsetIndexOffset, c.OffsetIndexLength = w.wrote, int32(len(k.offsets))
			if err := w.put(k.offsets); err != nil {
				return err
			}
		}
	}
	w.foot.RowGroups, w.foot.NumRows = w.groups, 0
	for i := range w.groups {
		w.foot.NumRows += w.groups[i].NumRows
	}
	b, err := thrift.Marshal(&compact, w.foot)
	if err != nil {
		return faulty(GapCorrupt, err)
	}
	b = binary.LittleEndian.AppendUint32(b, uint32(len(b)))
	return w.put(append(b, magicParquet...))
}
