package company

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"io/fs"
	"strings"
	"time"
)

// Formats of objects.
const (
	formatCSV    = "csv"
	formatLines  = "lines" // NDJSON and logs
	formatArray  = "array" // a JSON array, one element a record
	formatKeyed  = "keyed" // a JSON document with one large member whose members are records
	formatSingle = "single"
)

// object is one file of the bucket.
type object struct {
	key, format string
	member      string // of formatKeyed: the member that holds the records
	mode        fs.FileMode
	modified    time.Time
	parts       []part
}

// part is one record of an object, as it stands there.
type part struct {
	text string
	name string // of a member of formatKeyed
	rec  *Record
}

func (o *object) add(text string) *Record {
	o.parts = append(o.parts, part{text: text, rec: &Record{}})
	return o.parts[len(o.parts)-1].rec
}

func (o *object) addMember(name, text string) *Record {
	rec := o.add(text)
	o.parts[len(o.parts)-1].name = name
	return rec
}

func (o *object) place(i int) Location {
	l := Location{Source: ObjectsRoot, Dataset: o.key}
	switch o.format {
	case formatKeyed:
		l.Key = "/" + o.member + "/" + o.parts[i].name
	case formatSingle:
	default:
		l.Key = fmt.Sprintf("#%d", i)
	}
	return l
}

// bytes is what the object holds before compression.
func (o *object) bytes() []byte {
	var out bytes.Buffer
	switch o.format {
	case formatArray:
		out.WriteString("[\n")
		for i, p := range o.parts {
			out.WriteString("  " + p.text + separator(i, len(o.parts)) + "\n")
		}
		out.WriteString("]\n")
	case formatKeyed:
		fmt.Fprintf(&out, "{\n  \"version\": 3,\n  %q: {\n", o.member)
		for i, p := range o.parts {
			fmt.Fprintf(&out, "    %q: %s%s\n", p.name, p.text, separator(i, len(o.parts)))
		}
		out.WriteString("  },\n  \"complete\": true\n}\n")
	default:
		for _, p := range o.parts {
			out.WriteString(p.text + "\n")
		}
	}
	return out.Bytes()
}

func separator(i, n int) string {
	if i < n-1 {
		return ","
	}
	return ""
}

// object starts an object; mode and time are drawn so that a tool that loses them shows.
func (b *builder) object(key, format string) *object {
	rng := b.rng("object " + key)
	o := &object{key: key, format: format, mode: pick(rng, []fs.FileMode{0o644, 0o640, 0o600, 0o664}), modified: before(rng, 1)}
	b.objects = append(b.objects, o)
	return o
}

// line renders a record of a CSV in the company's dialect, without the end of the line.
func (b *builder) line(fields ...string) string {
	var s strings.Builder
	w := csv.NewWriter(&s)
	if b.style.semicolon {
		w.Comma = ';'
	}
	if err := w.Write(fields); err != nil {
		return ""
	}
	w.Flush()
	return strings.TrimSuffix(s.String(), "\n")
}

// dated is a key with a partition by day, in one of the layouts that are in use.
func (b *builder) dated(folder, date, file string) string {
	switch b.style.layout {
	case 0:
		return folder + "/dt=" + date + "/" + file
	case 1:
		return folder + "/" + strings.ReplaceAll(date, "-", "/") + "/" + file
	}
	return folder + "/day=" + date + "/" + file
}
