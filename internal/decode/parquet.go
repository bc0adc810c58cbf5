package decode

import (
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"math/big"
	"strconv"
	"strings"
	"time"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/format"

	"vestige/internal/doc"
)

// leaf is a column of a Parquet file as a path in a document: what LIST puts between is left out, a MAP is a list of keys and values.
type leaf struct {
	column   int
	name     string   // "contact[].mail"
	parts    []string // between the indexes: "contact", ".mail"
	lists    []int    // the definition level from which on a list has an element
	maxDef   int
	optional bool
	node     *parquet.Column
}

// leavesOf walks the columns of a file.
func leavesOf(root *parquet.Column) (out []leaf) {
	for _, c := range root.Columns() {
		walkColumn(c, leaf{}, doc.Escape(c.Name()), &out)
	}
	return out
}

func walkColumn(c *parquet.Column, at leaf, name string, out *[]leaf) {
	last := len(at.parts) - 1
	switch {
	case last < 0:
		at.parts = []string{name}
	default:
		at.parts = append(append([]string{}, at.parts[:last]...), at.parts[last]+name)
	}
	if c.Repeated() {
		at.parts = append(at.parts, "")
		at.lists = append(append([]int{}, at.lists...), c.MaxDefinitionLevel())
	}
	if c.Leaf() {
		at.column, at.maxDef, at.optional, at.node = c.Index(), c.MaxDefinitionLevel(), c.Optional(), c
		at.name = strings.Join(at.parts, "[]")
		*out = append(*out, at)
		return
	}
	children := c.Columns()
	if list := listOf(c); list != nil {
		walkColumn(list, at, "", out)
		return
	}
	for _, child := range children {
		name := "." + doc.Escape(child.Name())
		if wrapper(c) {
			name = ""
		}
		walkColumn(child, at, name, out)
	}
}

// listOf gives the repeated child of a group that is a list or a map.
func listOf(c *parquet.Column) *parquet.Column {
	if len(c.Columns()) != 1 || !c.Columns()[0].Repeated() || c.Repeated() {
		return nil
	}
	if t := c.Type().LogicalType(); t != nil {
		switch t.Value.(type) {
		case *format.ListType, *format.MapType:
			return c.Columns()[0]
		}
	}
	return nil
}

// wrapper tells whether a repeated group only stands around the element of a list.
func wrapper(c *parquet.Column) bool {
	if !c.Repeated() || len(c.Columns()) != 1 || c.Name() == "array" || strings.HasSuffix(c.Name(), "_tuple") {
		return false
	}
	child := c.Columns()[0].Name()
	return (c.Name() == "list" || c.Name() == "bag" || c.Name() == "array_element") || child == "element" || child == "item"
}

// path gives the concrete path at the indexes.
func (l *leaf) path(index []int) string {
	if len(l.lists) == 0 {
		return l.name
	}
	var b strings.Builder
	for i, part := range l.parts {
		b.WriteString(part)
		if i < len(l.lists) {
			b.WriteByte('[')
			b.WriteString(strconv.Itoa(index[i]))
			b.WriteByte(']')
		}
	}
	return b.String()
}

// parquetFile is a Parquet file at hand.
type parquetFile struct {
	*container
	f      *parquet.File
	leaves []leaf
	index  []int
}

// parquet reads, or writes again, a Parquet file row group by row group.
func (c *container) parquet() error {
	c.info.Format = Parquet
	f, err := parquet.OpenFile(c.at, c.o.Size, parquet.SkipMagicBytes(true), parquet.SkipPageIndex(true), parquet.SkipBloomFilters(true), parquet.ReadBufferSize(16<<10))
	if err == nil && encryptedParts(f.Metadata()) {
		err = errors.New("DecryptionConfig")
	}
	if err != nil {
		if infoErr := c.out.info(c.info); infoErr != nil {
			return infoErr
		}
		if strings.Contains(err.Error(), "DecryptionConfig") {
			return faulty(GapEncrypted, err)
		}
		return faulty(GapCorrupt, err)
	}
	c.info.Records = f.NumRows()
	p := &parquetFile{container: c, f: f, leaves: leavesOf(f.Root())}
	for i := range p.leaves {
		c.info.Columns = append(c.info.Columns, p.leaves[i].name)
		p.index = append(p.index, 0, 0, 0, 0, 0, 0, 0, 0)
	}
	if err := c.out.info(c.info); err != nil {
		return err
	}
	if c.o.Write {
		return p.rewrite()
	}
	return p.read()
}

// encryptedParts tells whether the file, or a column of it, is encrypted.
func encryptedParts(m *format.FileMetaData) bool {
	if m.EncryptionAlgorithm.Value != nil {
		return true
	}
	for _, g := range m.RowGroups {
		for _, c := range g.Columns {
			if c.CryptoMetadata.Value != nil || len(c.EncryptedColumnMetadata) > 0 {
				return true
			}
		}
	}
	return false
}

func (p *parquetFile) read() error {
	for i, g := range p.f.RowGroups() {
		if len(p.o.Sought) > 0 && !p.mayHold(g, i) {
			p.ordinal += g.NumRows()
			continue
		}
		err := p.rows(g, func(row parquet.Row) error {
			p.values = p.values[:0]
			p.row(row, func(_ int, l *leaf, path string, v parquet.Value) { p.take(l, path, v) })
			_, err := p.record()
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// rows gives each row of a group.
func (p *parquetFile) rows(g parquet.RowGroup, f func(parquet.Row) error) error {
	rows := g.Rows()
	defer func() { _ = rows.Close() }()
	buf := make([]parquet.Row, 64)
	for seen := int64(0); ; {
		n, err := rows.ReadRows(buf)
		for _, row := range buf[:n] {
			if err := f(row); err != nil {
				return err
			}
		}
		seen += int64(n)
		switch {
		case errors.Is(err, io.EOF) && seen == g.NumRows():
			return nil
		case errors.Is(err, io.EOF) || err == nil && n == 0:
			return faulty(GapTruncated, io.ErrUnexpectedEOF)
		case err != nil:
			return faulty(GapCorrupt, err)
		}
	}
}

// row gives each value of a row with its path; lists without elements give none.
func (p *parquetFile) row(row parquet.Row, f func(i int, l *leaf, path string, v parquet.Value)) {
	was := -1
	for i, v := range row {
		if v.Column() < 0 || v.Column() >= len(p.leaves) {
			continue
		}
		l := &p.leaves[v.Column()]
		index := p.index[:0]
		if len(l.lists) > 0 {
			index = p.indexes(len(l.lists), v.Column() != was, v.RepetitionLevel())
		}
		was = v.Column()
		if n := len(l.lists); n > 0 && v.DefinitionLevel() < l.lists[n-1] {
			continue
		}
		f(i, l, l.path(index), v)
	}
}

// indexes counts the elements of lists.
func (p *parquetFile) indexes(n int, first bool, level int) []int {
	for len(p.index) < n {
		p.index = append(p.index, 0)
	}
	if first {
		clear(p.index[:n])
	} else if level > 0 && level <= n {
		p.index[level-1]++
		clear(p.index[level:n])
	}
	return p.index[:n]
}

func (p *parquetFile) take(l *leaf, path string, v parquet.Value) {
	if v.IsNull() {
		p.add(l.name, path, Text, nil)
		return
	}
	kind, text := valueText(l.node, v)
	p.add(l.name, path, kind, text)
}

// valueText gives a value as JSON would have it.
func valueText(node parquet.Node, v parquet.Value) (ValueKind, []byte) {
	logical := node.Type().LogicalType()
	var annotation any
	if logical != nil {
		annotation = logical.Value
	}
	switch v.Kind() {
	case parquet.Boolean:
		return Bool, strconv.AppendBool(nil, v.Boolean())
	case parquet.Int32, parquet.Int64:
		return integerText(annotation, v)
	case parquet.Float:
		return Number, strconv.AppendFloat(nil, float64(v.Float()), 'g', -1, 32)
	case parquet.Double:
		return Number, strconv.AppendFloat(nil, v.Double(), 'g', -1, 64)
	case parquet.Int96:
		n := v.Int96()
		nanos := int64(n[0]) | int64(n[1])<<32
		return Text, moment(time.Unix((int64(n[2])-2440588)*86400, nanos))
	}
	b := v.ByteArray()
	switch t := annotation.(type) {
	case *format.DecimalType:
		return Number, decimal(signed(b), int(t.Scale))
	case *format.UUIDType:
		if len(b) == 16 {
			h := hex.EncodeToString(b)
			return Text, fmt.Appendf(nil, "%s-%s-%s-%s-%s", h[:8], h[8:12], h[12:16], h[16:20], h[20:])
		}
	}
	return Text, append([]byte{}, b...)
}

func moment(t time.Time) []byte { return t.UTC().AppendFormat(nil, time.RFC3339Nano) }

func integerText(annotation any, v parquet.Value) (ValueKind, []byte) {
	n := v.Int64()
	if v.Kind() == parquet.Int32 {
		n = int64(v.Int32())
	}
	switch t := annotation.(type) {
	case *format.DateType:
		return Text, time.Unix(n*86400, 0).UTC().AppendFormat(nil, time.DateOnly)
	case *format.TimestampType:
		switch t.Unit.Value.(type) {
		case *format.MilliSeconds:
			return Text, moment(time.UnixMilli(n))
		case *format.MicroSeconds:
			return Text, moment(time.UnixMicro(n))
		}
		return Text, moment(time.Unix(0, n))
	case *format.DecimalType:
		return Number, decimal(big.NewInt(n), int(t.Scale))
	case *format.IntType:
		if !t.IsSigned && v.Kind() == parquet.Int32 {
			return Number, strconv.AppendUint(nil, uint64(v.Uint32()), 10)
		}
		if !t.IsSigned {
			return Number, strconv.AppendUint(nil, v.Uint64(), 10)
		}
	}
	return Number, strconv.AppendInt(nil, n, 10)
}

// signed reads a number of two's complement, the most significant byte first.
func signed(b []byte) *big.Int {
	n := new(big.Int).SetBytes(b)
	if len(b) > 0 && b[0]&0x80 != 0 {
		n.Sub(n, new(big.Int).Lsh(big.NewInt(1), uint(8*len(b))))
	}
	return n
}

func decimal(n *big.Int, scale int) []byte {
	if scale <= 0 || scale > 100 {
		return []byte(n.String())
	}
	text := new(big.Int).Abs(n).String()
	if len(text) <= scale {
		text = strings.Repeat("0", scale-len(text)+1) + text
	}
	text = text[:len(text)-scale] + "." + text[len(text)-scale:]
	if n.Sign() < 0 {
		text = "-" + text
	}
	return []byte(text)
}
