package connectors

import (
	"bytes"
	"context"
	"iter"
	"slices"
	"strings"

	"vestige/internal/doc"
	"vestige/internal/errkind"
	"vestige/pii"
)

// documentSample is how many records decide whether a text column holds documents.
const documentSample = 24

// firstGlance is how many records settle for most columns that they hold none.
const firstGlance = 3

// PathField gives the field at a path inside the documents of a column; the column is "" where the whole record is the document.
func PathField(column, path string, t pii.FieldType) pii.Field {
	name := path
	switch {
	case column != "" && strings.HasPrefix(path, "["):
		name = column + path
	case column != "":
		name = column + "." + path
	}
	return pii.Field{Name: name, Column: column, Path: path, Type: t}
}

// documents tells whether the field is a column whose documents a source opens.
func documents(f pii.Field) bool { return f.Type == pii.JSON && f.Path == "" && f.Column != "" }

// column finds the column of documents in which a field of that name stands; "" where the name is not a path inside one.
func columnOf(d *pii.Dataset, name string) string {
	best := ""
	for _, f := range d.Fields {
		if documents(f) && len(f.Name) > len(best) && len(name) > len(f.Name) && strings.HasPrefix(name, f.Name) && strings.IndexByte(".[", name[len(f.Name)]) >= 0 {
			best = f.Name
		}
	}
	return best
}

// projection is a query as its driver gets it, and what a source makes of the answer.
type projection struct {
	query Query
	open  []string // columns of documents to open
	names []string // the columns wanted, nil for all
}

// project replaces paths inside documents by the columns that hold them.
func project(q Query) projection {
	p := projection{query: q}
	if q.Fields == nil {
		for _, f := range q.Dataset.Fields {
			if documents(f) {
				p.open = append(p.open, f.Name)
			}
		}
		return p
	}
	p.query.Fields = []string{}
	for _, name := range q.Fields {
		own := q.Dataset.Field(name)
		if col := columnOf(&q.Dataset, name); col != "" && (own == nil || own.Path != "") {
			p.names, name = q.Fields, col
			if !slices.Contains(p.open, col) {
				p.open = append(p.open, col)
			}
		}
		if !slices.Contains(p.query.Fields, name) {
			p.query.Fields = append(p.query.Fields, name)
		}
	}
	return p
}

// opened adds the fields inside documents to every batch.
func opened(seq iter.Seq2[*pii.Batch, error], p projection) iter.Seq2[*pii.Batch, error] {
	if len(p.open) == 0 {
		return seq
	}
	return func(yield func(*pii.Batch, error) bool) {
		o := opener{columns: p.open}
		for b, err := range seq {
			if err == nil && b.Gap == nil {
				o.open(b)
				if p.names != nil {
					b = b.Select(p.names)
				}
			}
			if !yield(b, err) {
				return
			}
		}
	}
}

// opener adds the leaves of documents to batches, one column a field.
type opener struct {
	columns []string
	walker  doc.Walker
	batch   *pii.Batch
	index   map[string]int // by name of field: the column of batch
}

func (o *opener) open(b *pii.Batch) {
	if o.batch != b {
		o.batch, o.index = b, map[string]int{}
	}
	for _, name := range o.columns {
		raw := b.Column(name)
		if raw == nil || byDriver(b, name, o.index) {
			continue
		}
		leaves := *raw // AddColumn may move the columns
		names := map[string]string{}
		for i := range leaves.Len() {
			if v, record := leaves.Value(i); isContainer(v) {
				o.document(b, name, record, v, names)
			}
		}
	}
}

// byDriver tells whether the batch's driver has opened the column by itself.
func byDriver(b *pii.Batch, column string, ours map[string]int) bool {
	for _, c := range b.Columns() {
		if _, mine := ours[c.Field.Name]; c.Field.Column == column && c.Field.Path != "" && !mine {
			return true
		}
	}
	return false
}

func (o *opener) document(b *pii.Batch, column string, record int, v []byte, names map[string]string) {
	_ = o.walker.Walk(v, func(l doc.Leaf) bool { // what is behind a fault stays in the raw column
		name, ok := names[l.Name]
		if !ok {
			name = PathField(column, l.Name, "").Name
			names[l.Name] = name
		}
		i, ok := o.index[name]
		if !ok {
			i = b.AddColumn(PathField(column, l.Name, leafType(l)))
			o.index[name] = i
		}
		path := l.Path
		if path == l.Name {
			path = ""
		}
		b.AppendFor(i, record, l.Value, path)
		return true
	})
}

func leafType(l doc.Leaf) pii.FieldType {
	switch l.Kind {
	case doc.Number:
		if bytes.ContainsAny(l.Value, ".eE") {
			return pii.Float
		}
		return pii.Int
	case doc.Bool:
		return pii.Bool
	case doc.Null:
		return pii.AnyOne
	}
	return pii.Text
}

// isContainer tells whether a value begins as an object or an array does.
func isContainer(v []byte) bool {
	v = bytes.TrimLeft(v, " \t\r\n")
	return len(v) > 1 && (v[0] == '{' || v[0] == '[')
}

// findDocuments looks at a few records and makes those text columns JSON in which every value is a document. What cannot be sampled stays text.
func (s *Source) findDocuments(ctx context.Context, ds *pii.Dataset) error {
	var names []string
	for _, f := range ds.Fields {
		if (f.Type == pii.Text || f.Type == pii.AnyOne) && f.Path == "" && f.Column != "" && !f.Generated {
			names = append(names, f.Name)
		}
	}
	if len(names) == 0 || ds.Gap != nil || ds.Records == 0 {
		return nil
	}
	seen := map[string]bool{} // false once a value was not a document
	for _, n := range []int{firstGlance, documentSample} {
		for b, err := range s.Sample(ctx, Query{Dataset: *ds, Fields: names, Bare: true}, n) {
			if err != nil {
				if errkind.Of(err) == errkind.Canceled {
					return err
				}
				return nil
			}
			judge(b, seen)
		}
		names = slices.DeleteFunc(names, func(name string) bool { yes, judged := seen[name]; return judged && !yes })
		if len(names) == 0 {
			return nil
		}
	}
	for i := range ds.Fields {
		if seen[ds.Fields[i].Name] {
			ds.Fields[i].Type = pii.JSON
		}
	}
	return nil
}

func judge(b *pii.Batch, seen map[string]bool) {
	for k := range b.Columns() {
		c := &b.Columns()[k]
		for i := range c.Len() {
			v, _ := c.Value(i)
			if yes, judged := seen[c.Field.Name]; len(v) == 0 || judged && !yes {
				continue
			}
			seen[c.Field.Name] = isContainer(v) && doc.Valid(v)
		}
	}
}
