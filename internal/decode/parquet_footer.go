package decode

import (
	"encoding/binary"

	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"
)

// The structures of a footer as far as they are written again. Unlike the library's they tell a number that is not there from zero: a column of
// which nobody counted the NULLs must not become one without any.
type footer struct {
	Version          int32                              `thrift:"1,required"`
	Schema           thrift.Slice[format.SchemaElement] `thrift:"2,required"`
	NumRows          int64                              `thrift:"3,required"`
	RowGroups        thrift.Slice[footerGroup]          `thrift:"4,required"`
	KeyValueMetadata thrift.Slice[format.KeyValue]      `thrift:"5,optional"`
	CreatedBy        string                             `thrift:"6,optional"`
	ColumnOrders     thrift.Slice[format.ColumnOrder]   `thrift:"7,optional"`
}

type footerGroup struct {
	Columns             thrift.Slice[footerColumn]         `thrift:"1,required"`
	TotalByteSize       int64                              `thrift:"2,required"`
	NumRows             int64                              `thrift:"3,required"`
	SortingColumns      thrift.Slice[format.SortingColumn] `thrift:"4,optional"`
	FileOffset          int64                              `thrift:"5,optional"`
	TotalCompressedSize int64                              `thrift:"6,optional"`
	Ordinal             thrift.Null[int16]                 `thrift:"7,optional"`
}

type footerColumn struct {
	FilePath          string         `thrift:"1,optional"`
	FileOffset        int64          `thrift:"2,required"`
	MetaData          columnMetaData `thrift:"3,optional"`
	OffsetIndexOffset int64          `thrift:"4,optional"`
	OffsetIndexLength int32          `thrift:"5,optional"`
	ColumnIndexOffset int64          `thrift:"6,optional"`
	ColumnIndexLength int32          `thrift:"7,optional"`
}

type columnMetaData struct {
	Type                  format.Type                            `thrift:"1,required"`
	Encoding              thrift.Slice[format.Encoding]          `thrift:"2,required"`
	PathInSchema          thrift.Slice[string]                   `thrift:"3,required"`
	Codec                 format.CompressionCodec                `thrift:"4,required"`
	NumValues             int64                                  `thrift:"5,required"`
	TotalUncompressedSize int64                                  `thrift:"6,required"`
	TotalCompressedSize   int64                                  `thrift:"7,required"`
	KeyValueMetadata      thrift.Slice[format.KeyValue]          `thrift:"8,optional"`
	DataPageOffset        int64                                  `thrift:"9,required"`
	IndexPageOffset       int64                                  `thrift:"10,optional"`
	DictionaryPageOffset  int64                                  `thrift:"11,optional"`
	Statistics            statistics                             `thrift:"12,optional"`
	EncodingStats         thrift.Slice[format.PageEncodingStats] `thrift:"13,optional"`
	BloomFilterOffset     int64                                  `thrift:"14,optional"`
	BloomFilterLength     int32                                  `thrift:"15,optional"`
	SizeStatistics        format.SizeStatistics                  `thrift:"16,optional"`
	GeospatialStatistics  format.GeospatialStatistics            `thrift:"17,optional"`
}

type statistics struct {
	Max           thrift.Null[[]byte] `thrift:"1,optional"`
	Min           thrift.Null[[]byte] `thrift:"2,optional"`
	NullCount     thrift.Null[int64]  `thrift:"3,optional"`
	DistinctCount thrift.Null[int64]  `thrift:"4,optional"`
	MaxValue      thrift.Null[[]byte] `thrift:"5,optional"`
	MinValue      thrift.Null[[]byte] `thrift:"6,optional"`
	MaxExact      thrift.Null[bool]   `thrift:"7,optional"`
	MinExact      thrift.Null[bool]   `thrift:"8,optional"`
}

var compact thrift.CompactProtocol

// readFooter reads the footer at the end of a file.
func readFooter(at interface {
	ReadAt(p []byte, off int64) (int, error)
}, size int64) (*footer, error) {
	var tail [8]byte
	if _, err := at.ReadAt(tail[:], size-8); err != nil {
		return nil, faulty(GapTruncated, err)
	}
	n := int64(binary.LittleEndian.Uint32(tail[:4]))
	if n+12 > size {
		return nil, faulty(GapCorrupt, errWire)
	}
	b := make([]byte, n)
	if _, err := at.ReadAt(b, size-8-n); err != nil {
		return nil, faulty(GapTruncated, err)
	}
	f := &footer{}
	return f, faulty(GapCorrupt, thrift.Unmarshal(&compact, b, f))
}

// firstOffset gives where a column of a row group begins.
func (c *footerColumn) firstOffset() int64 {
	m := &c.MetaData
	if m.DictionaryPageOffset > 0 && m.DictionaryPageOffset < m.DataPageOffset {
		return m.DictionaryPageOffset
	}
	return m.DataPageOffset
}

// shift moves everything that counts from the beginning of the file.
func (c *footerColumn) shift(by int64) {
	m := &c.MetaData
	for _, at := range []*int64{&m.DataPageOffset, &m.DictionaryPageOffset, &m.IndexPageOffset, &c.FileOffset} {
		if *at > 0 {
			*at += by
		}
	}
}
