package main

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"slices"
	"strconv"

	"vestige/classifiers"
	"vestige/internal/decode"
	"vestige/internal/errkind"
	"vestige/pii"
)

// records are the formats of which single values can be taken out: what is in a field is told by the field, not by its value alone.
var records = []string{decode.CSV, decode.TSV, decode.NDJSON, decode.JSON, decode.XML, decode.SQL}

// redactFields prints a file of records with the category in the place of every value of a field that is personal, and of whatever else in it is.
// It tells whether the file is one of records; otherwise nothing is read or printed.
func (x classifyCmd) redactFields(c *call, set *classifiers.Set, pool *decode.Pool, f io.ReadSeeker, file string, out *classified) (bool, error) {
	g := &gathered{set: set, file: file, by: map[string]*classifiers.Gather{}, paths: map[string]bool{}}
	sum, err := pool.Decode(c.ctx, x.options(file), f, g.item)
	if _, again := f.Seek(0, io.SeekStart); again != nil {
		return false, errkind.Wrap(errkind.Transient, again, "read %s", file)
	}
	switch {
	case errors.Is(err, errIsText):
		return false, nil
	case err != nil:
		return false, errkind.Wrap(errkind.Transient, err, "read %s", file)
	case !slices.Contains(records, sum.Info.Format):
		return false, errkind.Coded(errkind.Invalid, "not-redacted", "%s is neither a text nor records that can be written again: nothing can be taken out of it", file)
	}
	r := &redaction{set: set, min: x.Min, examples: x.Examples, fields: map[string]pii.Category{}, keyed: map[string]pii.Category{}, quote: `"`, missing: notRead, w: bufio.NewWriter(c.out)}
	switch sum.Info.Format {
	case decode.SQL:
		r.quote = "'"
	case decode.JSON, decode.NDJSON:
		r.missing, r.keyed = `"`+notRead+`"`, g.keyed(x.Min)
	}
	out.Format, out.Fields = "text", g.fields(x.Min)
	for _, p := range out.Fields {
		if p.Category.Personal() && len(p.Contains) == 0 {
			r.fields[p.Field] = p.Category
		}
	}
	o := x.options(file)
	o.Raw = true
	sum, err = pool.Decode(c.ctx, o, f, r.item)
	r.read()
	out.Records, out.Gaps = sum.Records, append(append(out.Gaps, g.gaps...), cutShort(file, sum)...)
	if err = errors.Join(err, r.w.Flush()); err != nil {
		return true, errkind.Wrap(errkind.Transient, err, "read %s", file)
	}
	return true, nil
}

// redaction prints the items of a file without what is personal.
type redaction struct {
	set      *classifiers.Set
	min      float64
	examples bool
	fields   map[string]pii.Category
	keyed    map[string]pii.Category // names of members that are people's
	quote    string                  // of a text in the format
	missing  string                  // in the place of what nobody can read
	unread   bool                    // the last item was such a one
	broken   bool                    // it ended with its line
	w        *bufio.Writer
}

// hole is a stretch with what is printed in its place.
type hole struct {
	start, end int
	with       string
}

// notRead stands where something was that nobody can read: nobody can tell either what of it is personal.
const notRead = "[not read]"

// gap prints that something is missing, once for all the pieces in which it comes.
func (r *redaction) gap(raw []byte) {
	if !r.unread {
		_, _ = r.w.WriteString(r.missing)
	}
	r.unread, r.broken = true, bytes.HasSuffix(raw, []byte{'\n'})
}

// read ends what could not be read, with its line.
func (r *redaction) read() {
	if r.unread && r.broken {
		_ = r.w.WriteByte('\n')
	}
	r.unread = false
}

func (r *redaction) item(it *decode.Item) error {
	if it.Unread {
		r.gap(it.Raw)
		return nil
	}
	r.read()
	holes := append(r.values(it), r.members(it)...)
	n := len(holes)
	r.set.Text(it.Raw, func(k *classifiers.Classifier, h classifiers.Hit) {
		if !k.Category.Personal() || h.Flags&classifiers.Example != 0 && !r.examples || confidence(k, h) < r.min {
			return
		}
		for _, v := range holes[:n] {
			if h.Start < v.end && v.start < h.End {
				return
			}
		}
		holes = append(holes, hole{h.Start, h.End, "[" + string(k.Category) + "]"})
	})
	slices.SortFunc(holes, func(a, b hole) int { return a.start - b.start })
	at := 0
	for _, h := range holes {
		_, _ = r.w.Write(it.Raw[at:h.start])
		_, _ = r.w.WriteString(h.with)
		at = h.end
	}
	_, err := r.w.Write(it.Raw[at:])
	return err
}

// values gives the holes for the values of personal fields. Quotation marks stay; what has none and needs some in its format gets them.
func (r *redaction) values(it *decode.Item) (out []hole) {
	for _, v := range it.Values {
		c, ok := r.fields[v.Name]
		if !ok || v.Null || v.Kind == decode.Fixed || v.End <= v.Start || len(bytes.TrimSpace(v.Bytes)) == 0 {
			continue
		}
		h := hole{v.Start, v.End, "[" + string(c) + "]"}
		if v.Kind == decode.Member { // two of one name would be one to whoever reads them
			h.with = "[" + string(c) + " " + strconv.Itoa(len(out)+1) + "]"
		}
		if q := it.Raw[v.Start]; v.End-v.Start > 1 && (q == '"' || q == '\'') && it.Raw[v.End-1] == q {
			h.start, h.end = h.start+1, h.end-1
		} else if v.Kind == decode.Number || v.Kind == decode.Bool {
			h.with = r.quote + h.with + r.quote
		}
		if n := len(out); n == 0 || out[n-1].end <= h.start {
			out = append(out, h)
		}
	}
	return out
}
