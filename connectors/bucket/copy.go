package bucket

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"

	"vestige/connectors"
	"vestige/internal/decode"
	"vestige/internal/doc"
	"vestige/internal/errkind"
	"vestige/pii"
)

var _ connectors.Copier = (*Driver)(nil)

// errLeft ends the writing of an object that is left out; its text says why.
type errLeft string

// Error says why.
func (e errLeft) Error() string { return string(e) }

// Copy writes each object into an empty folder, under a name without the values that stood in it. An object that nobody can read to its end, or write again, is left
// out and named by its dataset.
func (d *Driver) Copy(ctx context.Context, to connectors.Driver, m connectors.Mask) error {
	t, ok := to.(*Driver)
	if !ok {
		return errkind.New(errkind.Invalid, "a copy of a bucket is a folder")
	}
	into, ok := t.objs.(*folder)
	if !ok {
		return errkind.Coded(errkind.Unsupported, "no-folder", "a masked copy of objects is written into a folder on a local disk")
	}
	if err := d.vacant(ctx, into); err != nil {
		return err
	}
	tree, err := d.layout(ctx)
	if err != nil {
		return err
	}
	if err := into.root.WriteFile(unfinished, nil, 0o644); err != nil {
		return fault(err, "write into the target")
	}
	c := &copying{d: d, into: into, tree: tree, m: m, counts: map[string]int64{}}
	if err := d.objs.List(ctx, "", "", func(o object) error { return c.object(ctx, o) }); err != nil {
		return errors.Join(err, into.empty())
	}
	return fault(into.root.Remove(unfinished), "end the copy")
}

// unfinished is a file that stands in a folder while a copy is being written to it: what a copy has left that was stopped is known by it, and may be taken away.
const unfinished = draftPrefix + "unfinished-copy"

// empty takes away what a copy has written, the sign of it last.
func (f *folder) empty() error {
	dir, err := f.root.Open(".")
	if err != nil {
		return fault(err, "empty the target")
	}
	names, err := dir.Readdirnames(-1)
	err = errors.Join(err, dir.Close())
	for _, name := range names {
		if err == nil && name != unfinished {
			err = f.root.RemoveAll(name)
		}
	}
	if err == nil {
		err = f.root.Remove(unfinished)
	}
	return fault(err, "empty the target")
}

// vacant tells whether the target holds no object, but for what a stopped copy has left, which it takes away, and is another folder, neither within the source nor around it.
func (d *Driver) vacant(ctx context.Context, into *folder) error {
	if own, ok := d.objs.(*folder); ok {
		from, to := whereIs(own.root.Name()), whereIs(into.root.Name())
		if from == to || strings.HasPrefix(to, from+string(filepath.Separator)) || strings.HasPrefix(from, to+string(filepath.Separator)) {
			return connectors.TargetIsSource()
		}
	}
	if _, err := into.root.Stat(unfinished); err == nil {
		return into.empty()
	}
	return into.List(ctx, "", "", func(object) error { return connectors.TargetNotEmpty() })
}

func whereIs(p string) string {
	if abs, err := filepath.Abs(p); err == nil {
		p = abs
	}
	if whole, err := filepath.EvalSymlinks(p); err == nil {
		p = whole
	}
	return p
}

// copying is a copy that is under way.
type copying struct {
	d      *Driver
	into   *folder
	tree   *node
	m      connectors.Mask
	counts map[string]int64 // records by dataset
}

func (c *copying) object(ctx context.Context, o object) error {
	pattern, values, ok := c.tree.resolve(o.Key)
	switch {
	case o.Old:
		return nil // versions stay where they are
	case !ok:
		return errkind.Coded(errkind.Conflict, "changed-since-scan", "an object came that was not there when the source was read: scan it again")
	case o.Fault != "" || o.Shell != "":
		c.m.Left(pattern, "an object that cannot be read")
		return nil
	}
	key, err := c.name(pattern, values)
	if err == nil {
		err = c.write(ctx, o, pattern, values, key)
	}
	var left errLeft
	if errors.As(err, &left) {
		c.m.Left(pattern, string(left))
		return nil
	}
	return err
}

// name gives the masked key: what stands in its holes is masked as fields are, and a fixed part that holds something of a person is no name for anything.
func (c *copying) name(pattern string, values []string) (string, error) {
	if !c.m.Definition(strings.NewReplacer("/", " ", "_", " ", hole, " ").Replace(pattern)) {
		return "", errLeft("its name holds something of a person")
	}
	made, err := c.holes(pattern, values)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	for i, part := range strings.Split(pattern, hole) {
		if i > 0 {
			b.Write(bytes.ReplaceAll(made[i-1], []byte("/"), []byte("-")))
		}
		b.WriteString(part)
	}
	return b.String(), nil
}

func (c *copying) holes(pattern string, values []string) ([][]byte, error) {
	names, made := make([]string, len(values)), make([][]byte, len(values))
	for i, v := range values {
		names[i], made[i] = "{"+strconv.Itoa(i+1)+"}", []byte(v)
	}
	if len(values) == 0 {
		return nil, nil
	}
	return made, c.m.Record(pattern, names, made)
}

// write makes the object beside its place and puts it there when it is whole.
func (c *copying) write(ctx context.Context, o object, pattern string, values []string, key string) error {
	f, err := c.d.objs.Open(ctx, o)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	if dir := path.Dir(key); dir != "." {
		if err := c.into.root.MkdirAll(dir, 0o755); err != nil {
			return fault(err, "make a folder")
		}
	}
	temp := path.Join(path.Dir(key), draftPrefix+"copy"+draftSuffix)
	out, err := c.into.root.OpenFile(temp, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o644)
	if err != nil {
		return fault(err, "write an object")
	}
	err = c.masked(ctx, f, o, pattern, out)
	err = errors.Join(err, out.Close())
	if err == nil {
		if _, taken := c.into.root.Stat(key); taken == nil {
			err = errkind.Coded(errkind.Conflict, "name-taken", "two objects of %s have one name in the copy: use another key", pattern)
		} else {
			err = fault(c.into.root.Rename(temp, key), "name an object")
		}
	}
	if err != nil {
		_ = c.into.root.Remove(temp)
	}
	return err
}

// masked writes the object's bytes with the values changed.
func (c *copying) masked(ctx context.Context, f file, o object, pattern string, out io.Writer) error {
	size, at, err := container(f)
	if err != nil {
		return err
	}
	if at {
		return c.contained(ctx, f, size, o, pattern, out)
	}
	w := &maskWriter{c: c, dataset: pattern, out: out}
	s, err := c.d.pool.Decode(ctx, decode.Options{Ext: formatExt(o.Key), Raw: true}, f, w.item)
	switch {
	case err != nil:
		return err
	case s.Gap != "" || s.Info.Format == decode.Other:
		return errLeft("an object that nobody can read to its end")
	}
	c.m.Told(pattern, c.counts[pattern])
	return w.close()
}

// maskWriter writes the pieces of an object in their order.
type maskWriter struct {
	c       *copying
	dataset string
	info    *decode.Info
	out     io.Writer
	pack    io.WriteCloser
	text    io.WriteCloser
}

func (w *maskWriter) item(it *decode.Item) error {
	switch it.Kind {
	case decode.Start:
		return w.begin(it.Info)
	case decode.Gap:
		return errLeft("an object with a part that nobody can read")
	case decode.Record:
		raw, err := w.c.edited(w.dataset, w.info, it)
		if err != nil {
			return err
		}
		return w.write(raw)
	}
	if len(bytes.TrimSpace(it.Raw)) > 2 && !w.c.m.Definition(string(it.Raw)) {
		return errLeft("what stands around its records holds something of a person")
	}
	return w.write(it.Raw)
}

func (w *maskWriter) begin(info *decode.Info) (err error) {
	if info.Format == decode.Other {
		return errLeft("an object of a format that nobody here can read")
	}
	w.info = info
	if w.pack, err = packer(w.out, &decode.Info{Gzip: info.Gzip, Zstd: info.Zstd}); err == nil {
		w.text = decode.Encoder(info.Charset, w.pack)
	}
	return err
}

func (w *maskWriter) write(b []byte) error {
	if len(b) == 0 || w.text == nil {
		return nil
	}
	_, err := w.text.Write(b)
	return err
}

func (w *maskWriter) close() error {
	if w.text == nil {
		return nil
	}
	return errors.Join(w.text.Close(), w.pack.Close())
}

// changes masks the values of a record and gives what has changed.
func (c *copying) changes(dataset string, format string, it *decode.Item) ([]pii.Change, error) {
	names, values := make([]string, 0, len(it.Values)), make([][]byte, 0, len(it.Values))
	for i := range it.Values {
		v := &it.Values[i]
		names = append(names, v.Name)
		if v.Null || v.Kind == decode.Bool || v.Kind == decode.Fixed {
			values = append(values, nil)
			continue
		}
		values = append(values, append([]byte{}, v.Bytes...))
	}
	if err := c.m.Record(dataset, names, values); err != nil {
		return nil, err
	}
	c.counts[dataset]++
	var out []pii.Change
	for i := range it.Values {
		v := &it.Values[i]
		if values[i] == nil || bytes.Equal(values[i], v.Bytes) {
			continue
		}
		ch := pii.Change{Field: v.Name, New: pii.NewValue(string(values[i]))}
		switch {
		case tabular(format):
		case format == decode.NDJSON || format == decode.JSON || format == decode.Log:
			ch.Start = i // which of the record's values it is
		default:
			if ch.Path = v.Path; ch.Path == "" {
				ch.Path = v.Name
			}
		}
		out = append(out, ch)
	}
	return out, nil
}

// edited gives the bytes of a record with its values masked.
func (c *copying) edited(dataset string, info *decode.Info, it *decode.Item) ([]byte, error) {
	for i := range it.Values {
		if it.Values[i].Kind == decode.Fixed && !c.m.Definition(string(it.Values[i].Bytes)) {
			return nil, errLeft("an expression in a dump holds something of a person")
		}
	}
	changes, err := c.changes(dataset, info.Format, it)
	if err != nil || len(changes) == 0 {
		return it.Raw, err
	}
	switch info.Format {
	case decode.NDJSON, decode.JSON:
		return document(it, changes), nil
	case decode.Log:
		return c.line(dataset, it, changes)
	}
	return edit(info, it, changes)
}

// document writes the values of a document in their places.
func document(it *decode.Item, changes []pii.Change) []byte {
	var splices []splice
	for _, ch := range changes {
		v := &it.Values[ch.Start]
		kind := doc.String
		if v.Kind == decode.Number {
			kind = doc.Number
		}
		splices = append(splices, splice{v.Start, v.End, doc.Encode(kind, []byte(ch.New.Reveal()))})
	}
	return apply(it.Raw, splices)
}

// line masks what was read in a line by its fields, and what stands between as text. Where something of a person is in the line still, all of it is taken as text.
func (c *copying) line(dataset string, it *decode.Item, changes []pii.Change) ([]byte, error) {
	made := map[int][]byte{}
	for _, ch := range changes {
		made[ch.Start] = []byte(ch.New.Reveal())
	}
	line := it.Raw[:it.Body]
	var out []byte
	at, whole := 0, line
	for i := range it.Values {
		v := &it.Values[i]
		if v.Name == "line" {
			if made[i] != nil {
				whole = made[i]
			}
			continue
		}
		if v.Start < at || v.End <= v.Start || v.End > len(line) {
			continue
		}
		between := [][]byte{append([]byte{}, line[at:v.Start]...)}
		if err := c.m.Record(dataset, []string{"line"}, between); err != nil {
			return nil, err
		}
		out = append(out, between[0]...)
		if text := made[i]; text != nil {
			out = append(out, inLineText(line[v.Start:v.End], *v, text, false)...)
		} else {
			out = append(out, line[v.Start:v.End]...)
		}
		at = v.End
	}
	between := [][]byte{append([]byte{}, line[at:]...)}
	if err := c.m.Record(dataset, []string{"line"}, between); err != nil {
		return nil, err
	}
	if out = append(out, between[0]...); !c.m.Definition(string(out)) {
		out = whole
	}
	return append(bytes.ReplaceAll(out, []byte{'\n'}, []byte{' '}), it.Raw[it.Body:]...), nil
}

// contained writes a container again by way of the decoder.
func (c *copying) contained(ctx context.Context, f file, size int64, o object, pattern string, out io.Writer) error {
	var edits []decode.Edit
	var format string
	s, err := c.d.pool.DecodeAt(ctx, decode.Options{Ext: formatExt(o.Key)}, &ranges{f: f}, size, func(it *decode.Item) error {
		switch it.Kind {
		case decode.Start:
			format = it.Info.Format
		case decode.Gap:
			return errLeft("an object with a part that nobody can read")
		case decode.Record:
			changes, err := c.changes(pattern, format, it)
			if err != nil || len(changes) == 0 {
				return err
			}
			e := decode.Edit{Ordinal: it.Ordinal, Digest: it.Digest}
			for _, ch := range changes {
				e.Changes = append(e.Changes, decode.EditChange{Path: pathOf(ch), New: bytesOf(ch.New)})
			}
			edits = append(edits, e)
		}
		return nil
	})
	switch {
	case err != nil:
		return err
	case s.Gap != "" || format != decode.Parquet && format != decode.Avro:
		return errLeft("an object of a format that is only read")
	}
	again, err := c.d.pool.RewriteAt(ctx, decode.Options{Edits: edits}, &ranges{f: f}, size, out)
	if err == nil && (again.Gap != "" || again.Refused != "") {
		return errLeft("an object whose fields do not take other values")
	}
	c.m.Told(pattern, c.counts[pattern])
	return err
}
