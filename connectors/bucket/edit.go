package bucket

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"

	"vestige/internal/decode"
	"vestige/internal/doc"
	"vestige/internal/errkind"
	"vestige/pii"
)

// splice replaces bytes of a record as it is written.
type splice struct {
	start, end int
	text       []byte
}

// conflict says that a record is not what was expected.
func conflict() error {
	return errkind.Coded(errkind.Conflict, "record-changed", "a record does not hold what was expected in a field")
}

// edit gives the bytes of a record with the changes made, its line end included.
func edit(info *decode.Info, it *decode.Item, changes []pii.Change) ([]byte, error) {
	for _, c := range changes {
		if c.Field == objectField || c.Field == recordField || isPlace(c.Field) {
			return nil, keyChange()
		}
	}
	switch info.Format {
	case decode.CSV, decode.TSV, decode.SQL:
		return editRow(info, it, changes)
	case decode.NDJSON, decode.JSON:
		return editDocument(it, changes)
	case decode.Log:
		return editLine(it, changes)
	case decode.XML:
		return editElement(it, changes)
	}
	return nil, errkind.New(errkind.Unsupported, "records of this format cannot be changed")
}

func keyChange() error {
	return errkind.New(errkind.Unsupported, "the key of an object cannot be changed, the object can only be removed")
}

func wholeValue(c pii.Change) bool { return c.Start == 0 && c.End == 0 }

// editDocument changes a record that is a document.
func editDocument(it *decode.Item, changes []pii.Change) ([]byte, error) {
	changes = slices.Clone(changes)
	for i := range changes {
		if c := &changes[i]; c.Path == "" && c.Field != rootField {
			c.Path = c.Field
		}
	}
	out, err := doc.Edit(it.Raw[:it.Body], changes)
	if err != nil {
		return nil, err
	}
	return append(slices.Clip(out), it.Raw[it.Body:]...), nil
}

// editRow changes cells; those that are not changed keep their bytes.
func editRow(info *decode.Info, it *decode.Item, changes []pii.Change) ([]byte, error) {
	byCell := map[int][]pii.Change{}
	for _, c := range changes {
		i := slices.IndexFunc(it.Values, func(v decode.Value) bool { return v.Name == c.Field || c.Field == "" && v.Name == c.Path })
		if i < 0 {
			return nil, conflict()
		}
		if c.Field == "" {
			c.Path = ""
		}
		byCell[i] = append(byCell[i], c)
	}
	var splices []splice
	for i, own := range byCell {
		v := it.Values[i]
		cell, null, err := changed(v.Bytes, v.Null, own)
		if err != nil {
			return nil, err
		}
		if null == v.Null && bytes.Equal(cell, v.Bytes) {
			continue
		}
		if v.Kind == decode.Fixed {
			return nil, errkind.New(errkind.Unsupported, "an expression in a dump cannot be changed")
		}
		if info.Format == decode.SQL {
			splices = append(splices, splice{v.Start, v.End, sqlLiteral(info, it, v.Kind, cell, null)})
			continue
		}
		text := writeCell(info, cell, null, v.Kind == decode.Quoted, len(it.Values) == 1)
		splices = append(splices, splice{v.Start, v.End, text})
	}
	return apply(it.Raw, splices), nil
}

// tabular tells whether the values of a format stand in columns; of the others each has its path.
func tabular(format string) bool {
	return format == decode.CSV || format == decode.TSV || format == decode.SQL
}

// writeCell writes a cell as the format has it.
func writeCell(info *decode.Info, v []byte, null, quoted, alone bool) []byte {
	switch {
	case info.Format == decode.CSV:
		return quoteCell(v, null, quoted, info.Comma, alone)
	case info.Escaped && null:
		return []byte(`\N`)
	case info.Escaped:
		return decode.EscapeTabs(v)
	}
	return []byte(strings.NewReplacer("\t", " ", "\n", " ", "\r", " ").Replace(string(v)))
}

// sqlLiteral writes a value into a tuple, or into a line of COPY, which unlike a tuple has an end.
func sqlLiteral(info *decode.Info, it *decode.Item, kind decode.ValueKind, v []byte, null bool) []byte {
	switch line := it.Body < len(it.Raw); {
	case line && null:
		return []byte(`\N`)
	case line:
		return decode.EscapeTabs(v)
	case null:
		return []byte("NULL")
	case kind == decode.Number && len(v) > 0 && len(bytes.Trim(v, "0123456789")) == 0:
		return v
	}
	return decode.SQLString(v, info.Dialect == decode.MySQL)
}

// quoteCell writes a cell; one that was in quotes stays in quotes.
func quoteCell(v []byte, null, quoted bool, comma byte, alone bool) []byte {
	if null && !alone {
		return nil
	}
	if !quoted && len(v) > 0 && v[0] != '"' && bytes.IndexByte(v, comma) < 0 && !bytes.ContainsAny(v, "\r\n\"") {
		return v
	}
	return []byte(`"` + strings.ReplaceAll(string(v), `"`, `""`) + `"`)
}

// changed gives a value with changes of the whole, of spans, and of places in the document that it holds.
func changed(v []byte, null bool, changes []pii.Change) (out []byte, isNull bool, err error) {
	var spans, paths []pii.Change
	for _, c := range changes {
		switch {
		case c.Path != "":
			paths = append(paths, c)
		case wholeValue(c):
			same := null == c.New.Null() && string(v) == c.New.Reveal()
			if !same && !c.Old.Null() && (null || string(v) != c.Old.Reveal()) {
				return nil, false, conflict()
			}
			return []byte(c.New.Reveal()), c.New.Null(), nil // nothing is left for the others to change
		default:
			spans = append(spans, c)
		}
	}
	if len(paths) > 0 {
		if v, err = doc.Edit(v, paths); err != nil {
			return nil, false, err
		}
		if len(spans) > 0 {
			return v, null, nil // the same occurrences, told twice
		}
	}
	splices, err := spansOf(v, spans)
	return apply(v, splices), null, err
}

// spansOf checks what stands at the spans.
func spansOf(v []byte, changes []pii.Change) (out []splice, err error) {
	for _, c := range changes {
		if c.Start < 0 || c.End < c.Start || c.End > len(v) || !c.Old.Null() && string(v[c.Start:c.End]) != c.Old.Reveal() {
			return nil, conflict()
		}
		out = append(out, splice{c.Start, c.End, []byte(c.New.Reveal())})
	}
	return out, nil
}

// apply makes the replacements. Of two that overlap the larger is made.
func apply(b []byte, splices []splice) []byte {
	slices.SortFunc(splices, func(x, y splice) int {
		if x.start != y.start {
			return x.start - y.start
		}
		return y.end - x.end
	})
	out := make([]byte, 0, len(b)+16)
	at := 0
	for i := 0; i < len(splices); i++ {
		s := splices[i]
		for i+1 < len(splices) && splices[i+1].start < s.end {
			if i++; splices[i].end > s.end {
				s = splice{s.start, splices[i].end, s.text}
			}
		}
		if s.start < at {
			continue
		}
		out = append(append(out, b[at:s.start]...), s.text...)
		at = s.end
	}
	return append(out, b[at:]...)
}

// editLine changes a line of a log: spans of the line, and values found in it.
func editLine(it *decode.Item, changes []pii.Change) ([]byte, error) {
	line := it.Raw[:it.Body]
	var splices []splice
	for _, c := range changes {
		if c.Path == "" {
			if wholeValue(c) {
				return wholeLine(it, c)
			}
			s, err := spansOf(line, []pii.Change{c})
			if err != nil {
				return nil, err
			}
			splices = append(splices, s...)
			continue
		}
		s, err := inLine(it, c)
		if err != nil {
			return nil, err
		}
		splices = append(splices, s...)
	}
	return append(apply(line, splices), it.Raw[it.Body:]...), nil
}

func wholeLine(it *decode.Item, c pii.Change) ([]byte, error) {
	line := string(it.Raw[:it.Body])
	if !c.Old.Null() && line != c.Old.Reveal() && line != c.New.Reveal() {
		return nil, conflict()
	}
	text := strings.NewReplacer("\n", " ", "\r", " ").Replace(c.New.Reveal())
	return append([]byte(text), it.Raw[it.Body:]...), nil
}

// inLine changes the value at a path of the line.
func inLine(it *decode.Item, c pii.Change) ([]splice, error) {
	i := slices.IndexFunc(it.Values, func(v decode.Value) bool {
		return v.Path == c.Path && (v.Kind == decode.Member) == c.Member
	})
	if i < 0 {
		if wholeValue(c) && c.New.Null() {
			return nil, nil
		}
		return nil, conflict()
	}
	v := it.Values[i]
	c.Path = ""
	value, null, err := changed(v.Bytes, v.Null, []pii.Change{c})
	if err != nil || null == v.Null && bytes.Equal(value, v.Bytes) {
		return nil, err
	}
	return []splice{{v.Start, v.End, inLineText(it.Raw[v.Start:v.End], v, value, null)}}, nil
}

// inLineText writes a value of a line as the one before it was written.
func inLineText(was []byte, v decode.Value, value []byte, null bool) []byte {
	text := strings.NewReplacer("\n", " ", "\r", " ").Replace(string(value))
	switch {
	case v.Kind == decode.Quoted || v.Kind == decode.Member:
		quoted, err := json.Marshal(text)
		if err != nil {
			return nil
		}
		if bytes.Equal(was, v.Bytes) && !strings.ContainsAny(text, `"\`) {
			return []byte(text)
		}
		return quoted[1 : len(quoted)-1]
	case null && v.Kind != decode.Text:
		return []byte("null")
	case v.Kind == decode.Number || v.Kind == decode.Bool:
		quoted, err := json.Marshal(text)
		if err != nil {
			return nil
		}
		return quoted
	}
	return []byte(text)
}
