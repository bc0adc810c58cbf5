package plans

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"regexp"
	"slices"
	"strings"

	"vestige/catalog"
	"vestige/connectors"
	"vestige/forms"
	"vestige/lineage"
	"vestige/pii"
)

// What stands in an export in place of a value.
const (
	another = "[another person]"
	exists  = "[exists, not shown]"
)

// never are the categories whose values an export says to exist and does not show.
var never = []pii.Category{"online.credential", "finance.card", "government_id.us_ssn"}

// exporter writes the records of one step.
type exporter struct {
	*run
	step    Step
	dataset pii.Dataset
	node    *lineage.Node
	targets []pii.Target
	hers    map[string]bool // normal values that are hers, by value
	words   map[string]bool // their words
	entry   *ManifestEntry
	count   bool // the pass that counts
}

// exportStep writes one dataset twice, as JSON and as CSV, each in a pass of its own: nothing is held but a batch.
func (r *run) exportStep(ctx context.Context, z *zip.Writer, st Step, sealed *Sealed) (ManifestEntry, error) {
	n, err := r.Catalog.Node(ctx, st.Dataset)
	if err != nil {
		return ManifestEntry{}, err
	}
	base := fmt.Sprintf("%s-%s", st.ID, fileName(st.Dataset))
	entry := ManifestEntry{Dataset: st.Dataset.Source + "/" + catalog.DisplayDataset(&n), JSON: base + ".json", CSV: base + ".csv", Categories: st.Categories, Fields: []string{}}
	x := &exporter{run: r, step: st, dataset: n.Dataset, node: &n, targets: sealed.Steps[st.ID], hers: hersIn(sealed), entry: &entry}
	x.words = wordsOf(x.hers)
	for i, write := range []func(context.Context, io.Writer) error{x.json, x.csv} {
		w, err := z.Create([]string{entry.JSON, entry.CSV}[i])
		if err != nil {
			return entry, err
		}
		x.count = i == 0
		if err := write(ctx, w); err != nil {
			return entry, err
		}
	}
	return entry, nil
}

// fileName makes a name of letters, digits and dashes of a dataset's.
func fileName(r pii.Ref) string {
	safe := func(c rune) rune {
		if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_' {
			return c
		}
		return '-'
	}
	return strings.Map(safe, r.Source+"-"+r.Dataset)
}

func hersIn(s *Sealed) map[string]bool {
	out := map[string]bool{}
	for _, ids := range [][]pii.Identifier{s.Start, s.Known, s.Shared, s.Traits, s.Spelled} {
		for _, id := range ids {
			out[strings.ToLower(id.Value.Reveal())] = true
		}
	}
	return out
}

// wanted is a record of the export: its fields in order, each with its values.
type wanted struct {
	names  []string
	values map[string][]pii.Located
}

// records reads the records of the step, by key, or where there is none by digest.
func (x *exporter) records(ctx context.Context) iter.Seq2[wanted, error] {
	src := x.source(x.dataset.Ref.Source)
	return func(yield func(wanted, error) bool) {
		var keys []pii.Key
		byKey, byDigest := map[string]pii.Target{}, map[pii.Digest]pii.Target{}
		for _, t := range x.targets {
			if len(t.Key) > 0 {
				keys = append(keys, t.Key)
				byKey[t.Key.ID()] = t
			} else {
				byDigest[t.Digest] = t
			}
		}
		for chunk := range slices.Chunk(keys, 256) {
			for b, err := range src.Export(ctx, pii.Match{Dataset: x.dataset, Keys: chunk}) {
				if !x.each(b, err, func(i int) (pii.Target, bool) { t, ok := byKey[b.Key(i).ID()]; return t, ok }, yield) {
					return
				}
			}
		}
		if len(byDigest) == 0 {
			return
		}
		for b, err := range src.Read(ctx, connectors.Query{Dataset: x.dataset}) {
			if !x.each(b, err, func(i int) (pii.Target, bool) { t, ok := byDigest[b.Digest(i)]; return t, ok }, yield) {
				return
			}
		}
	}
}

// each yields those records of a batch that are hers; what cannot be read ends the export, since it would not be whole.
func (x *exporter) each(b *pii.Batch, err error, hers func(int) (pii.Target, bool), yield func(wanted, error) bool) bool {
	if err != nil {
		yield(wanted{}, err)
		return false
	}
	if b.Gap != nil {
		return true // it is in the plan's gaps, which are accepted
	}
	for i := range b.Len() {
		t, ok := hers(i)
		if ok && !yield(x.record(b, i, t), nil) {
			return false
		}
	}
	return true
}

// record takes one record out of a batch, without what is not hers.
func (x *exporter) record(b *pii.Batch, i int, t pii.Target) wanted {
	out := wanted{values: map[string][]pii.Located{}}
	opened := map[string]bool{}
	for _, c := range b.Columns() {
		if c.Field.Path != "" {
			opened[c.Field.Column] = true
		}
	}
	for k := range b.Columns() {
		c := &b.Columns()[k]
		if c.Field.Path == "" && c.Field.Type == pii.JSON && opened[c.Field.Column] {
			continue // its insides are fields of their own
		}
		for j, to := c.Of(i); j < to; j++ {
			if !insideHers(t, c.Field, c.Path(j)) {
				continue
			}
			v, _ := c.Value(j)
			if _, ok := out.values[c.Field.Name]; !ok {
				out.names = append(out.names, c.Field.Name)
			}
			out.values[c.Field.Name] = append(out.values[c.Field.Name], pii.Located{Path: c.Path(j), Value: x.shown(c.Field, v)})
		}
	}
	if x.count {
		x.entry.Records++
		for _, name := range out.names {
			if !slices.Contains(x.entry.Fields, name) {
				x.entry.Fields = append(x.entry.Fields, name)
			}
		}
	}
	return out
}

// insideHers tells whether a value is within a member that is hers, in a record of many people; in a record of her own everything is.
func insideHers(t pii.Target, f pii.Field, path string) bool {
	if len(t.Changes) == 0 {
		return true
	}
	return slices.ContainsFunc(t.Changes, func(c pii.Change) bool { return c.Field == f.Column && c.Path != "" && strings.HasPrefix(path, c.Path) })
}

// shown gives what an export shows of a value.
func (x *exporter) shown(f pii.Field, v []byte) pii.Value {
	if v == nil {
		return pii.Value{}
	}
	n := x.node.Field(f.Name)
	switch {
	case n == nil:
		return pii.NewValue(x.redacted(string(v)))
	case n.Dense && slices.ContainsFunc(never, func(c pii.Category) bool { return c.Covers(n.Category) }):
		if x.count && !slices.Contains(x.entry.Hidden, f.Name) {
			x.entry.Hidden = append(x.entry.Hidden, f.Name)
		}
		return pii.NewValue(exists)
	case x.foreign(n, v):
		if x.count {
			x.entry.Redacted++
		}
		return pii.NewValue(another)
	case !n.Dense && (f.Type == pii.Text || f.Type == pii.AnyOne || f.Type == pii.JSON):
		return pii.NewValue(x.redacted(string(v)))
	}
	return pii.NewValue(string(v))
}

// foreign tells whether a value is another person's: in a field that mentions people, and an identifier that is none of hers.
func (x *exporter) foreign(n *lineage.FieldNode, v []byte) bool {
	if !n.Dense || !n.Category.Personal() {
		return false
	}
	norm, _ := forms.Normal(n.Category, v)
	if x.hers[strings.ToLower(string(norm))] || x.hers[strings.ToLower(string(v))] {
		return false
	}
	return n.Role == lineage.Mentions || n.Category.Global()
}

// json writes the records as a JSON array, one object a line.
func (x *exporter) json(ctx context.Context, w io.Writer) error {
	sep := "[\n"
	for rec, err := range x.records(ctx) {
		if err != nil {
			return err
		}
		if _, err := io.WriteString(w, sep); err != nil {
			return err
		}
		if err := rec.write(w); err != nil {
			return err
		}
		sep = ",\n"
	}
	end := "\n]\n"
	if sep == "[\n" {
		end = "[]\n"
	}
	_, err := io.WriteString(w, end)
	return err
}

// write writes a record as an object; a field with several values is an array.
func (r wanted) write(w io.Writer) error {
	var out bytes.Buffer
	out.WriteByte('{')
	for i, name := range r.names {
		if i > 0 {
			out.WriteString(", ")
		}
		vs := make([]*string, 0, len(r.values[name]))
		for _, v := range r.values[name] {
			vs = append(vs, plainValue(v.Value))
		}
		var body any = vs
		if len(vs) == 1 {
			body = vs[0]
		}
		k, err := json.Marshal(name)
		if err != nil {
			return err
		}
		b, err := json.Marshal(body)
		if err != nil {
			return err
		}
		out.Write(k)
		out.WriteString(": ")
		out.Write(b)
	}
	out.WriteByte('}')
	_, err := w.Write(out.Bytes())
	return err
}

// csv writes the records under the fields that the first pass met. Values that a table calculator would take for a formula begin with an apostrophe.
func (x *exporter) csv(ctx context.Context, w io.Writer) error {
	c := csv.NewWriter(w)
	if err := c.Write(x.entry.Fields); err != nil {
		return err
	}
	for rec, err := range x.records(ctx) {
		if err != nil {
			return err
		}
		row := make([]string, len(x.entry.Fields))
		for i, name := range x.entry.Fields {
			var vs []string
			for _, v := range rec.values[name] {
				if !v.Value.Null() {
					vs = append(vs, v.Value.Reveal())
				}
			}
			row[i] = harmless(strings.Join(vs, "; "))
		}
		if err := c.Write(row); err != nil {
			return err
		}
	}
	c.Flush()
	return c.Error()
}

func harmless(s string) string {
	if s != "" && strings.ContainsRune("=+-@\t\r", rune(s[0])) && !number.MatchString(s) {
		return "'" + s
	}
	return s
}

var number = regexp.MustCompile(`^[+-]?[\d ().,/\-]+$`)
