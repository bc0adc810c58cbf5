package bucket

import (
	"bytes"
	"cmp"
	"context"
	"slices"
	"strings"

	"vestige/connectors"
	"vestige/internal/decode"
	"vestige/pii"
)

// This file has how a record is made out of another in formats whose structure is not told by the names of fields: of that other nothing stays but its form.

// modelled is the largest number of records that a model may have.
const modelled = 50_000

// planted is a record of an XML file made out of one that is there.
type planted struct {
	before, after []byte // of a file that has this record alone
	lead, record  []byte
	at            int  // where it may stand beside the one that was its model
	attributes    bool // the list has some, and stays when the record goes
}

// elements makes a record out of the first that has a place for each of the values.
func (d *Driver) elements(ctx context.Context, all []byte, values map[string]pii.Value) (p planted, err error) {
	var lead []byte
	at := 0
	_, err = d.pool.Decode(ctx, decode.Options{Format: decode.XML, Raw: true}, bytes.NewReader(all), func(it *decode.Item) error {
		at += len(it.Raw)
		switch {
		case it.Kind == decode.Gap:
			return connectors.CannotPlant("an object with a gap is no model for another")
		case it.Kind == decode.Lead:
			lead = bytes.Clone(it.Raw)
			return nil
		case it.Kind == decode.Glue:
			p.add(slices.Concat(lead, it.Raw))
		case it.Kind == decode.Record && beginsList(it.Raw):
			p.attributes = true
		case it.Kind == decode.Record && p.record == nil && !fixed(it) && places(it, values) == len(named(values)):
			if p.record, err = editElement(it, replacing(it, values)); err != nil {
				return err
			}
			p.before, p.lead, p.at = slices.Concat(p.before, lead), lead, at
		}
		lead = nil
		return nil
	})
	if err == nil && p.record == nil {
		err = connectors.CannotPlant("no record has a place for each of the values")
	}
	return p, err
}

// add puts what stands between records where it is in a file of one.
func (p *planted) add(b []byte) {
	if p.record == nil {
		p.before = append(p.before, b...)
		return
	}
	p.after = append(p.after, b...)
}

// named leaves out the values that are parts of a key.
func named(values map[string]pii.Value) (out []string) {
	for name := range values {
		if !isPlace(name) {
			out = append(out, name)
		}
	}
	return out
}

// fixed tells whether a record has something that would stay in another made out of it: a comment, an instruction.
func fixed(it *decode.Item) bool {
	return slices.ContainsFunc(it.Values, func(v decode.Value) bool { return v.Kind == decode.Fixed })
}

// places counts the values for which a record has a field that is not empty.
func places(it *decode.Item, values map[string]pii.Value) (n int) {
	for _, name := range named(values) {
		if slices.ContainsFunc(it.Values, func(v decode.Value) bool { return v.Name == name && !v.Null && v.Kind != decode.Fixed }) {
			n++
		}
	}
	return n
}

// replacing gives the changes by which a record has these values and no others.
func replacing(it *decode.Item, values map[string]pii.Value) (out []pii.Change) {
	had := map[string]bool{}
	for _, v := range it.Values {
		if v.Null || v.Kind == decode.Fixed || v.Kind == decode.Member {
			continue
		}
		c := pii.Change{Field: v.Name, Path: cmp.Or(v.Path, v.Name)}
		if to, ok := values[v.Name]; ok && !had[v.Name] {
			c.New, had[v.Name] = to, true
		}
		out = append(out, c)
	}
	return out
}

// logged makes a line of pairs. What it would say as a whole is left out: that is a text of somebody's.
func logged(values map[string]pii.Value) ([]byte, error) {
	line, some := []byte("2000-01-01T00:00:00Z INFO vestige-drill"), false
	for _, name := range slices.Sorted(slices.Values(named(values))) {
		key, pair := strings.CutPrefix(name, "line.")
		if !pair || key == "time" || key == "level" {
			continue
		}
		text := values[name].Reveal()
		if strings.Trim(strings.ToLower(key), "abcdefghijklmnopqrstuvwxyz0123456789_.-") != "" || strings.ContainsAny(text, "\"\\\r\n") {
			return nil, connectors.CannotPlant("a value in a line is not one of a pair")
		}
		if text == "" || strings.ContainsAny(text, " \t,;&{}'|[]()=") {
			text = `"` + text + `"`
		}
		line, some = append(line, " "+key+"="+text...), true
	}
	if !some {
		return nil, connectors.CannotPlant("the lines have no pairs of a key and a value")
	}
	return line, nil
}

// emptied makes a Parquet or Avro file that has the columns of another and one record.
func (d *Driver) emptied(ctx context.Context, all []byte, values map[string]pii.Value) ([]byte, error) {
	at, size := bytes.NewReader(all), int64(len(all))
	var edits []decode.Edit
	var numbers []string
	_, err := d.pool.DecodeAt(ctx, decode.Options{Raw: true}, at, size, func(it *decode.Item) error {
		if it.Kind == decode.Start {
			return nil
		}
		if it.Kind != decode.Record || len(edits) == modelled {
			return connectors.CannotPlant("an object with a gap, or of very many records, is no model for another")
		}
		e := decode.Edit{Ordinal: it.Ordinal, Digest: it.Digest, Delete: true}
		if numbers == nil && places(it, values) == len(named(values)) {
			e.Delete, numbers = false, []string{}
			for _, c := range replacing(it, values) {
				e.Changes = append(e.Changes, decode.EditChange{Path: pathOf(c), New: bytesOf(c.New)})
			}
			for _, v := range it.Values {
				if v.Kind == decode.Number {
					numbers = append(numbers, cmp.Or(v.Path, v.Name))
				}
			}
		}
		edits = append(edits, e)
		return nil
	})
	if err == nil && numbers == nil {
		err = connectors.CannotPlant("no record has a place for each of the values")
	}
	if err != nil {
		return nil, err
	}
	for _, required := range []bool{false, true} {
		var out bytes.Buffer
		if required { // where a column may not be NULL it is empty
			edits = filled(edits, numbers)
		}
		s, err := d.pool.RewriteAt(ctx, decode.Options{Edits: edits}, at, size, &out)
		if err != nil {
			return nil, err
		}
		if s.Refused == "" && s.Gap == "" && s.Met == int64(len(edits)) {
			return out.Bytes(), nil
		}
	}
	return nil, connectors.CannotPlant("the file has columns that can neither be NULL nor empty")
}

// filled has 0 and empty texts where values were to be NULL.
func filled(edits []decode.Edit, numbers []string) []decode.Edit {
	out := slices.Clone(edits)
	for i, e := range out {
		out[i].Changes = slices.Clone(e.Changes)
		for k, c := range e.Changes {
			switch {
			case c.New != nil:
			case slices.Contains(numbers, c.Path):
				out[i].Changes[k].New = []byte("0")
			default:
				out[i].Changes[k].New = []byte{}
			}
		}
	}
	return out
}
