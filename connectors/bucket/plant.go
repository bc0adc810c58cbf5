package bucket

import (
	"bytes"
	"context"
	"errors"
	"io"
	"slices"
	"strconv"
	"strings"

	"vestige/connectors"
	"vestige/internal/decode"
	"vestige/internal/doc"
	"vestige/internal/errkind"
	"vestige/pii"
)

var _ connectors.Planter = (*Driver)(nil)

// plantable is the largest object that a record is added to: it is held in memory, and written again.
const plantable = 16 << 20

// Plant adds an object of one record, at a key of the dataset's pattern at which there is none. Where the pattern has no holes the dataset is one object: then
// the record is a line at its end.
func (d *Driver) Plant(ctx context.Context, ds pii.Dataset, values map[string]pii.Value) error {
	d.writes.Lock()
	defer d.writes.Unlock()
	if _, old := ofVersions(ds.Ref.Dataset); old {
		return connectors.CannotPlant("old versions cannot be written")
	}
	like, places, err := d.like(ctx, ds.Ref.Dataset)
	if err != nil {
		return err
	}
	all, info, err := d.take(ctx, like)
	if err != nil {
		return err
	}
	if len(places) == 0 {
		return d.extend(ctx, like, all, info, ds, values)
	}
	body, err := d.body(ctx, all, info, ds, values)
	if err != nil {
		return err
	}
	key, err := d.free(ctx, ds.Ref.Dataset, places, values)
	if err != nil {
		return err
	}
	return d.objs.Create(ctx, key, body)
}

// like gives an object of the dataset by which a new one is made, and what stands at the holes of its key.
func (d *Driver) like(ctx context.Context, dataset string) (like object, places []string, err error) {
	inside, err := d.member(ctx, dataset)
	if err != nil {
		return like, nil, err
	}
	err = d.objs.List(ctx, literal(dataset), "", func(o object) error {
		values, ok := inside(o)
		if !ok || o.Fault != "" || o.Shell != "" || o.Size > plantable {
			return nil
		}
		like, places = o, values
		return errDone
	})
	if err != nil && !errors.Is(err, errDone) {
		return like, nil, err
	}
	if like.Key == "" {
		return like, nil, connectors.CannotPlant("the dataset has no object of which the form could be taken")
	}
	return like, places, nil
}

// take reads an object.
func (d *Driver) take(ctx context.Context, o object) ([]byte, decode.Info, error) {
	f, err := d.objs.Open(ctx, o)
	if err != nil {
		return nil, decode.Info{}, err
	}
	defer func() { _ = f.Close() }()
	var info decode.Info
	s, err := d.decode(ctx, f, decode.Options{Ext: formatExt(o.Key)}, func(it *decode.Item) error {
		if it.Kind == decode.Start {
			info = *it.Info
		}
		return nil
	})
	if err != nil {
		return nil, info, err
	}
	info.Charset = s.Info.Charset
	switch info.Format {
	case decode.CSV, decode.TSV, decode.NDJSON, decode.JSON, decode.XML, decode.Log, decode.Parquet, decode.Avro:
	default:
		return nil, info, connectors.CannotPlant("objects of this format are not made")
	}
	if s.Gap != "" || info.Charset != "" || tabular(info.Format) && !info.Header {
		return nil, info, connectors.CannotPlant("an object that cannot be read to its end, is not in UTF-8, or does not name its columns is no model for another")
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return nil, info, err
	}
	all, err := io.ReadAll(io.LimitReader(f, plantable+1))
	return all, info, err
}

// record writes one record as the format has it, without a line end.
func record(info decode.Info, ds pii.Dataset, values map[string]pii.Value) ([]byte, error) {
	if info.Format == decode.Log {
		return logged(values)
	}
	if !tabular(info.Format) {
		return doc.Make(ds.Fields, values)
	}
	var b bytes.Buffer
	some := false
	for i, name := range info.Columns {
		v, ok := values[name]
		some = some || ok
		if i > 0 {
			b.WriteByte(info.Comma)
		}
		b.Write(writeCell(&info, []byte(v.Reveal()), v.Null(), false, len(info.Columns) == 1))
	}
	if !some {
		return nil, errkind.New(errkind.Invalid, "a record to be planted has no value")
	}
	return b.Bytes(), nil
}

// body makes an object of one record in the form of another.
func (d *Driver) body(ctx context.Context, like []byte, info decode.Info, ds pii.Dataset, values map[string]pii.Value) ([]byte, error) {
	switch {
	case contained(info.Format):
		return d.emptied(ctx, like, values)
	case info.Format == decode.XML:
		one, err := d.elements(ctx, like, values)
		if err != nil {
			return nil, err
		}
		if one.attributes {
			return nil, connectors.CannotPlant("a list of elements that has attributes stays when the record goes")
		}
		return packed(slices.Concat(one.before, one.record, one.after), info)
	}
	return alone(like, info, ds, values)
}

// packed packs bytes as an object is.
func packed(b []byte, info decode.Info) ([]byte, error) {
	var out bytes.Buffer
	info.Pack = nil
	pack, err := packer(&out, &info)
	if err != nil {
		return nil, err
	}
	if _, err = pack.Write(b); err == nil {
		err = pack.Close()
	}
	return out.Bytes(), err
}

// alone makes an object of one record in the form of another, packed as that is.
func alone(like []byte, info decode.Info, ds pii.Dataset, values map[string]pii.Value) ([]byte, error) {
	one, err := record(info, ds, values)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	if tabular(info.Format) {
		for i, name := range info.Columns {
			if i > 0 {
				b.WriteByte(info.Comma)
			}
			b.Write(writeCell(&info, []byte(name), false, false, len(info.Columns) == 1))
		}
		b.WriteByte('\n')
	}
	if list := !info.Gzip && !info.Zstd && bytes.HasPrefix(bytes.TrimLeft(like, " \t\r\n"), []byte("[")); list && info.Format == decode.JSON {
		one = slices.Concat([]byte("["), one, []byte("]"))
	}
	b.Write(append(one, '\n'))
	return packed(b.Bytes(), info)
}

// extend adds a record to the end of an object, which loses it again byte for byte.
func (d *Driver) extend(ctx context.Context, o object, all []byte, info decode.Info, ds pii.Dataset, values map[string]pii.Value) error {
	switch {
	case info.Gzip || info.Zstd || info.Format == decode.JSON || contained(info.Format):
		return connectors.CannotPlant("a record is added only to a list of elements, or to the end of a file of lines, that is not packed")
	case info.Format != decode.XML && !bytes.HasSuffix(all, []byte("\n")):
		return connectors.CannotPlant("the last line of the object has no end")
	case len(all) > plantable:
		return connectors.CannotPlant("the object is too large")
	}
	more, err := d.longer(ctx, all, info, ds, values)
	if err != nil {
		return err
	}
	draft, err := d.objs.Replace(ctx, o)
	if err != nil {
		return err
	}
	defer draft.Discard()
	if _, err = draft.Write(more); err == nil {
		err = draft.Finish()
	}
	if err == nil {
		_, err = draft.Commit(context.WithoutCancel(ctx))
	}
	return err
}

// longer gives the bytes of an object with one record more.
func (d *Driver) longer(ctx context.Context, all []byte, info decode.Info, ds pii.Dataset, values map[string]pii.Value) ([]byte, error) {
	if info.Format == decode.XML {
		one, err := d.elements(ctx, all, values)
		if err != nil {
			return nil, err
		}
		return slices.Concat(all[:one.at], one.lead, one.record, all[one.at:]), nil
	}
	end := "\n"
	if bytes.HasSuffix(all, []byte("\r\n")) {
		end = "\r\n"
	}
	one, err := record(info, ds, values)
	return slices.Concat(all, one, []byte(end)), err
}

// stand are what a planted key has at its holes, whichever the pattern takes.
var stand = []string{"vestige-drill", "97000811", "d811e000-0000-4000-8000-00000000d811", "d811e000d811e000"}

// free gives a key of the dataset's pattern at which there is nothing: one that has the pattern whatever else there is, or where names of many were joined one more
// of these. What may be somebody's in the key that was the model is nowhere in it.
func (d *Driver) free(ctx context.Context, dataset string, places []string, values map[string]pii.Value) (string, error) {
	inside, err := d.member(ctx, dataset)
	if err != nil {
		return "", err
	}
	pattern := shapeMark.ReplaceAllString(dataset, "")
	for _, likely := range []func(key string) bool{func(key string) bool { return patternOf(key) == pattern }, func(key string) bool { return true }} {
		for _, key := range keys(pattern, places, values) {
			if _, ok := inside(object{Key: key}); !ok || !likely(key) {
				continue
			}
			taken := false
			if err := d.objs.Each(ctx, []string{key}, func(object) error { taken = true; return nil }); err != nil {
				return "", err
			}
			if !taken {
				return key, nil
			}
		}
	}
	return "", connectors.CannotPlant("no key of the pattern is free")
}

// keys gives what a planted key might be; dates and short numbers of the model's are kept in the first ones.
func keys(pattern string, places []string, values map[string]pii.Value) (out []string) {
	for _, keep := range []bool{true, false} {
		for _, s := range stand {
			key, own := pattern, false
			for i, was := range places {
				switch v, given := values["{"+strconv.Itoa(i+1)+"}"]; {
				case given:
					was, own = v.Reveal(), true
				case !keep || !harmless(was):
					was, own = s, true
				}
				key = strings.Replace(key, hole, was, 1)
			}
			if own && !strings.Contains(key, hole) {
				out = append(out, key)
			}
		}
	}
	return out
}
