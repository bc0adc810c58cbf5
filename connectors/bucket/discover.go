package bucket

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"iter"
	"maps"
	"math/bits"
	"path"
	"regexp"
	"slices"
	"strings"

	"vestige/internal/decode"
	"vestige/internal/doc"
	"vestige/internal/errkind"
	"vestige/pii"
)

// The fields that every dataset has.
const (
	objectField = "{object}"
	recordField = "{record}"
	textField   = "{text}" // what can be printed of a file that cannot be read
)

// probeSize is how much of an object is looked at to know its fields.
const probeSize = 256 << 10

// survey lists all objects, looks at some of each pattern, and makes the layout of what it saw.
func (d *Driver) survey(ctx context.Context) (*node, error) {
	tree := newNode()
	err := d.objs.List(ctx, "", "", func(o object) error {
		if o.Fault != "" {
			return nil
		}
		s := tree.place(o.Key)
		if o.Shell == shellArchived || o.Shell == shellMarker {
			return nil
		}
		if s.objects++; s.probed >= 32 || bits.OnesCount(uint(s.objects)) > 1 && s.objects > 4 {
			return nil
		}
		return d.probe(ctx, o, s)
	})
	if err != nil {
		return nil, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	tree.settle(d.tree)
	d.tree = tree
	return tree, nil
}

// probe looks at the beginning of an object.
func (d *Driver) probe(ctx context.Context, o object, s *shape) error {
	s.probed++
	f, err := d.objs.Open(ctx, o)
	if err != nil {
		if errkind.Of(err) == errkind.Canceled || errkind.Code(err) == codeNoAnswer {
			return err
		}
		s.faults++
		s.failed = codeOf(err)
		return nil
	}
	defer func() { _ = f.Close() }()
	if lf, ok := f.(labelled); ok {
		l, _ := lf.labels() // without permission to read tags the metadata alone
		for _, v := range l.item().Values {
			s.column(v.Name, "").see(v)
		}
	}
	head := &counter{r: io.LimitReader(f, probeSize)}
	partial := true
	if o, err := f.Stat(); err == nil {
		partial = o.Size > probeSize
	}
	take := func(it *decode.Item) error {
		s.take(it)
		return nil
	}
	var sum decode.Summary
	size, at, err := container(f)
	if err == nil && at {
		sum, err = d.probeAt(ctx, f, size, s, take)
	}
	if err == nil && (!at || sum.Info.Format == decode.Other) {
		sum, err = d.pool.Decode(ctx, decode.Options{Ext: formatExt(o.Key), Partial: partial}, head, take)
		s.bytes += head.n
	}
	if err == nil && sum.Gap == decode.GapFailed || sum.Gap == decode.GapSlow || sum.Gap == decode.GapEncrypted {
		s.faults++
		s.failed = sum.Gap
	}
	return err
}

// probeRecords is how many records of a container are looked at.
const probeRecords = 200

// probeAt looks at the first records of a container. How many bytes they are is told by how many there are, where that is known.
func (d *Driver) probeAt(ctx context.Context, f file, size int64, s *shape, take func(*decode.Item) error) (decode.Summary, error) {
	sum, err := d.pool.DecodeAt(ctx, decode.Options{Limit: probeRecords}, &ranges{f: f}, size, take)
	if sum.Info.Records > sum.Records && sum.Records > 0 {
		size = size * sum.Records / sum.Info.Records
	}
	if sum.Info.Format != decode.Other {
		s.bytes += size
	}
	return sum, err
}

// codeOf gives the gap for an object that cannot be opened.
func codeOf(err error) string {
	switch errkind.Of(err) {
	case errkind.Permission:
		return faultPermission
	case errkind.NotFound:
		return faultGone
	}
	if code := errkind.Code(err); code == shellArchived || code == faultSealed || code == "object-changed" {
		return code
	}
	return "unreadable"
}

var packing = regexp.MustCompile(`\.(gz|zst)$`)

// formatExt gives the ending that says the format: of "a.csv.gz" it is ".csv".
func formatExt(key string) string {
	return strings.ToLower(path.Ext(packing.ReplaceAllString(strings.ToLower(path.Base(key)), "")))
}

type counter struct {
	r io.Reader
	n int64
}

// Read counts.
func (c *counter) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += int64(n)
	return n, err
}

// take learns from an item.
func (s *shape) take(it *decode.Item) {
	switch it.Kind {
	case decode.Start:
		s.format = it.Info.Format
		if it.Info.Gzip {
			s.format += "+gzip"
		}
		if it.Info.Zstd {
			s.format += "+zstd"
		}
		for _, name := range it.Info.Columns {
			s.column(name, "")
		}
	case decode.Record:
		s.records++
		format, _, _ := strings.Cut(s.format, "+")
		for _, v := range it.Values {
			_, p := split(format, v.Name)
			s.column(v.Name, p).see(v)
		}
	}
}

// see counts what a value is like.
func (c *column) see(v decode.Value) {
	switch {
	case v.Null:
		c.nulls++
	case v.Kind == decode.Bool:
		c.bools++
	case v.Kind == decode.Number, v.Kind == decode.Text:
		c.number(v.Bytes, v.Kind == decode.Number)
	default:
		c.text++
	}
}

var (
	whole = regexp.MustCompile(`^-?(0|[1-9]\d{0,17})$`)
	real  = regexp.MustCompile(`^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$`)
)

// number counts a value that is or may be a number; a leading zero makes it a text.
func (c *column) number(v []byte, sure bool) {
	switch {
	case whole.Match(v):
		c.ints++
	case sure || real.Match(v):
		c.reals++
	default:
		c.text++
	}
}

func (c *column) typeOf() pii.FieldType {
	switch {
	case c.text > 0:
		return pii.Text
	case c.bools > 0 && c.ints+c.reals == 0:
		return pii.Bool
	case c.bools > 0:
		return pii.AnyOne
	case c.reals > 0:
		return pii.Float
	case c.ints > 0:
		return pii.Int
	}
	return pii.Text
}

// split gives column and path of a field by the name that the decoder has for it.
func split(format, name string) (column, path string) {
	if isLabel(name) {
		return name, ""
	}
	switch format {
	case decode.CSV, decode.TSV, decode.SQL, decode.XLSX, decode.Other:
		return name, ""
	case decode.Log:
		if name == "line" {
			return name, ""
		}
		return "line", strings.TrimPrefix(strings.TrimPrefix(name, "line"), ".")
	}
	if name == rootField {
		return name, ""
	}
	return "", name
}

// rootField is the field of a document that is a single scalar.
const rootField = "{value}"

// Discover lists the objects twice: to see what there is, then to sum it up.
func (d *Driver) Discover(ctx context.Context) iter.Seq2[pii.Dataset, error] {
	return func(yield func(pii.Dataset, error) bool) {
		tree, err := d.survey(ctx)
		if err != nil {
			yield(pii.Dataset{}, err)
			return
		}
		totals, faults, err := d.totals(ctx, tree)
		if err != nil {
			yield(pii.Dataset{}, err)
			return
		}
		more := tree.each("", func(pattern string, s *shape) bool {
			for _, name := range []string{pattern, pattern + versionsMark} {
				if t := totals[name]; t != nil && !yield(d.dataset(name, s, t), nil) {
					return false
				}
			}
			return true
		})
		for i := 0; more && i < len(faults.order); i++ {
			more = yield(d.unreadable(faults.order[i], faults.byPattern[faults.order[i]]), nil)
		}
	}
}

// total is what the objects of a pattern come to.
type total struct {
	objects, bytes int64
	version        hash.Hash
}

// faulty is what could not be read at all, by pattern.
type faulty struct {
	byPattern map[string]*pii.Gap
	order     []string
}

func (d *Driver) totals(ctx context.Context, tree *node) (map[string]*total, *faulty, error) {
	totals, faults := map[string]*total{}, &faulty{byPattern: map[string]*pii.Gap{}}
	if err := d.unseen(ctx, faults); err != nil {
		return nil, nil, err
	}
	err := d.objs.List(ctx, "", "", func(o object) error {
		if o.Fault != "" {
			faults.add(tree, o)
			return nil
		}
		pattern, _, ok := tree.resolve(o.Key)
		if !ok {
			return nil // it has come since the survey; the next finds it
		}
		if o.Old {
			pattern += versionsMark
		}
		t := totals[pattern]
		if t == nil {
			t = &total{version: sha256.New()}
			totals[pattern] = t
		}
		t.objects++
		t.bytes += o.Size
		_, _ = fmt.Fprintf(t.version, "%q %s\n", o.Key, o.Version)
		return nil
	})
	return totals, faults, err
}

// unseen adds what of the store as a whole cannot be seen.
func (d *Driver) unseen(ctx context.Context, f *faulty) error {
	gaps, err := d.objs.Gaps(ctx)
	for _, name := range slices.Sorted(maps.Keys(gaps)) {
		g := gaps[name]
		f.byPattern[name], f.order = &g, append(f.order, name)
	}
	return err
}

func (f *faulty) add(tree *node, o object) {
	if o.Fault == faultGone {
		return
	}
	pattern := patternOf(o.Key)
	if f.byPattern[pattern] == nil {
		f.byPattern[pattern] = &pii.Gap{Code: o.Fault, Text: faultText(o.Fault), Records: -1}
		f.order = append(f.order, pattern)
	}
}

// patternOf gives the pattern of a key that has no place in the layout.
func patternOf(key string) string {
	segments := strings.Split(key, "/")
	for i := range segments {
		segments[i], _ = generalise(segments[i], i == len(segments)-1)
	}
	return strings.Join(segments, "/")
}

func faultText(code string) string {
	switch code {
	case faultPermission:
		return "there is no permission to read it"
	case faultLink:
		return "a symbolic link that leads out of the folder, in a circle or nowhere is not followed"
	case faultNoFile:
		return "it is neither a file nor a folder"
	case faultGone:
		return "it is not there any more"
	case shellArchived:
		return "objects in an archived storage class cannot be read before they are restored; their keys are searched"
	case faultSealed:
		return "it is encrypted with a key that only its owner has"
	case "object-changed":
		return "it was changed while it was read"
	}
	return "it cannot be read"
}

func (d *Driver) unreadable(pattern string, g *pii.Gap) pii.Dataset {
	ref := pii.Ref{Source: d.env.Name, Dataset: pattern}
	g.At = ref
	return pii.Dataset{Ref: ref, Kind: pii.Objects, Records: -1, Bytes: -1, Gap: g}
}

func (d *Driver) dataset(pattern string, s *shape, t *total) pii.Dataset {
	ds := pii.Dataset{
		Ref: pii.Ref{Source: d.env.Name, Dataset: pattern}, Kind: pii.Objects, Key: []string{objectField, recordField},
		Fields: fieldsOf(pattern, s), Records: s.estimate(t), Bytes: t.bytes, Format: s.format, Version: hex.EncodeToString(t.version.Sum(nil)[:16]),
	}
	if s.probed == 0 {
		ds.Format = decode.Other // nothing can be read of it but keys
	}
	ds.Schema = schemaOf(ds)
	if s.faults == s.probed && s.probed > 0 {
		ds.Gap = &pii.Gap{Code: s.failed, At: ds.Ref, Text: faultText(s.failed), Records: -1}
	}
	return ds
}

// estimate scales what the probes found up to all objects.
func (s *shape) estimate(t *total) int64 {
	switch {
	case strings.HasPrefix(s.format, decode.Other):
		return t.objects
	case s.bytes >= t.bytes || s.bytes == 0:
		return s.records
	}
	return int64(float64(s.records) * float64(t.bytes) / float64(s.bytes))
}

func fieldsOf(pattern string, s *shape) []pii.Field {
	fields := fixedFields(pattern)
	format, _, _ := strings.Cut(s.format, "+")
	for _, c := range s.fields {
		f := dataField(format, c.name)
		f.Type = c.typeOf()
		fields = append(fields, f)
	}
	return fields
}

// fixedFields are those of the key.
func fixedFields(pattern string) []pii.Field {
	fields := []pii.Field{
		{Name: objectField, Column: objectField, Type: pii.Text, NotNull: true, Generated: true, Indexed: true, Comment: "the object's key"},
		{Name: recordField, Column: recordField, Type: pii.Text, NotNull: true, Generated: true, Comment: "the record's number in the object, with a part of its digest"},
	}
	for i := range strings.Count(pattern, hole) {
		name := fmt.Sprintf("{%d}", i+1)
		fields = append(fields, pii.Field{Name: name, Column: name, Type: pii.Text, NotNull: true, Indexed: true, Comment: "a part of the object's key"})
	}
	return fields
}

func dataField(format, name string) pii.Field {
	column, path := split(format, name)
	if path != "" && column != "" {
		return pii.Field{Name: doc.FieldName(column, path), Column: column, Path: path, Type: pii.Text}
	}
	return pii.Field{Name: name, Column: column, Path: path, Type: pii.Text}
}

func schemaOf(ds pii.Dataset) string {
	h := sha256.New()
	_, _ = fmt.Fprintln(h, ds.Format)
	for _, f := range ds.Fields {
		_, _ = fmt.Fprintf(h, "%q %s\n", f.Name, f.Type)
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}

// failure gives an error of one object as a gap, and one of the whole bucket as an error.
func failure(ctx context.Context, err error) (code string, fatal error) {
	switch {
	case err == nil:
		return "", nil
	case ctx.Err() != nil:
		return "", ctx.Err()
	case errors.Is(err, decode.ErrStop):
		return "", nil
	case errkind.Code(err) == codeNoAnswer:
		return "", err
	}
	return codeOf(err), nil
}
