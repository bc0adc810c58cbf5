package bucket

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strconv"
	"strings"

	"vestige/connectors"
	"vestige/internal/decode"
	"vestige/internal/errkind"
	"vestige/pii"
)

// batchBytes is how much a batch holds before it is yielded, however few records that are.
const batchBytes = 1 << 20

// gapsShown is how many gaps of one object and code are yielded one by one; further ones are counted in one more.
const gapsShown = 20

// recordID names a record within its object: its number, and enough of its digest to know it when the number has changed.
func recordID(ordinal, offset int64, digest [32]byte) string {
	short := hex.EncodeToString(digest[:6])
	if ordinal == labelsOrdinal {
		return labelsID + "." + short
	}
	if ordinal < 0 {
		return fmt.Sprintf("~%d.%s", offset, short)
	}
	return strconv.FormatInt(ordinal, 10) + "." + short
}

// parseID reads what recordID wrote; the ordinal is -1 where it is not known.
func parseID(id string) (ordinal int64, short string, ok bool) {
	id, _, _ = strings.Cut(id, "@")
	number, short, ok := strings.Cut(id, ".")
	if !ok || len(short) != 12 {
		return 0, "", false
	}
	if number == labelsID {
		return labelsOrdinal, short, true
	}
	if strings.HasPrefix(number, "~") {
		return -1, short, true
	}
	ordinal, err := strconv.ParseInt(number, 10, 64)
	return ordinal, short, err == nil && ordinal >= 0
}

// errDone ends a read whose consumer has had enough; it is never seen outside.
var errDone = errors.New("done")

// Read yields the records of all objects of the dataset, object by object in the order of the listing.
func (d *Driver) Read(ctx context.Context, q connectors.Query) iter.Seq2[*pii.Batch, error] {
	return func(yield func(*pii.Batch, error) bool) {
		r := d.reading(ctx, q, yield)
		err := r.run()
		if err == nil {
			err = r.flush()
		}
		if err != nil && !errors.Is(err, errDone) {
			yield(nil, err)
		}
	}
}

// reading is one Read.
type reading struct {
	d     *Driver
	ctx   context.Context
	q     connectors.Query
	yield func(*pii.Batch, error) bool
	batch *pii.Batch
	cols  map[string]int // by the decoder's name: the column of the batch, -1 for one that is not wanted
	all   bool
	keys  map[string]*wanted // by object; nil for all
	count int64
	max   int

	key      string
	suffix   string // of the ids of records: in an old version its id
	values   []string
	shown    string
	format   string
	gaps     map[string]int64
	sought   []decode.Sought // only objects and parts of them that can hold one of these are of interest
	other    int64           // objects that nobody can read
	archived int64
	locked   locks
	untold   bool // that labels cannot be read was told
	take     func(it *decode.Item, id string) error
}

// wanted are the records asked for of one object.
type wanted struct {
	ids map[string]bool
	all bool
}

func (d *Driver) reading(ctx context.Context, q connectors.Query, yield func(*pii.Batch, error) bool) *reading {
	r := &reading{d: d, ctx: ctx, q: q, yield: yield, cols: map[string]int{}, all: q.Fields == nil, max: q.Batch}
	if r.max <= 0 {
		r.max = 1024
	}
	if q.Keys != nil {
		r.keys = map[string]*wanted{}
		for _, k := range q.Keys {
			r.want(k)
		}
	}
	r.take = r.record
	r.newBatch()
	return r
}

func (r *reading) want(k pii.Key) {
	if len(k) != 2 {
		return
	}
	o := k[0].Reveal()
	if r.keys[o] == nil {
		r.keys[o] = &wanted{ids: map[string]bool{}}
	}
	r.keys[o].ids[k[1].Reveal()] = true
}

func (r *reading) newBatch() {
	names := r.q.Fields
	if names == nil {
		for _, f := range r.q.Dataset.Fields {
			names = append(names, f.Name)
		}
	}
	var fields []pii.Field
	for i, name := range names {
		f := pii.Field{Name: name, Column: name, Type: pii.Text}
		if own := r.q.Dataset.Field(name); own != nil {
			f = *own
		}
		fields = append(fields, f)
		r.cols[name] = i
	}
	r.batch = pii.NewBatch(r.q.Dataset.Ref, fields)
}

// run reads object by object.
func (r *reading) run() error {
	if r.keys != nil && len(r.keys) == 0 {
		return nil
	}
	place, err := r.d.member(r.ctx, r.q.Dataset.Ref.Dataset)
	if err != nil {
		return err
	}
	n := 0
	next := newAhead(r.ctx, r.d.objs)
	each := func(o object) error {
		values, ok := place(o)
		if !ok {
			return nil
		}
		n++
		if r.keys != nil && r.keys[o.Key] == nil {
			return nil
		}
		number := n
		if parts, ok := r.d.objs.(partly); ok && r.sought != nil && o.Fault == "" {
			return r.object(o, values, number, func(o object) (file, error) { return parts.OpenParts(r.ctx, o) })
		}
		return next.add(o, r.sought == nil && !o.isShell(values), func(open func(object) (file, error)) error {
			if o.Fault != "" {
				return r.gap(o.Fault, fmt.Sprintf("object %d: %s", number, faultText(o.Fault)), -1)
			}
			return r.object(o, values, number, open)
		})
	}
	if r.keys != nil && len(r.keys) <= fewKeys {
		err = r.d.objs.Each(r.ctx, slices.Collect(maps.Keys(r.keys)), each)
		n++ // that some are gone does not say that all are
	} else {
		err = r.d.objs.List(r.ctx, literal(r.q.Dataset.Ref.Dataset), r.q.From, each)
	}
	err = next.end(err)
	if err == nil && r.archived > 0 && r.keys == nil {
		err = r.gap(shellArchived, fmt.Sprintf("%d %s", r.archived, faultText(shellArchived)), -1)
	}
	if err == nil && r.locked.n > 0 && r.keys == nil {
		err = r.gap(findingLock, r.locked.text(), -1)
	}
	if err == nil && r.other > 0 {
		err = r.gap(decode.GapFormat, "nobody here can read files of this format; their keys and printable text are searched", r.other)
	}
	if err == nil && n == 0 {
		err = r.d.noObjects(r.ctx, r.q.Dataset.Ref.Dataset)
	}
	return err
}

// partly is a store of which parts of an object can be read.
type partly interface {
	OpenParts(ctx context.Context, o object) (file, error)
}

// fewKeys is up to how many objects are asked for one by one instead of listing all.
const fewKeys = 256

// literal gives the beginning that all keys of a dataset share.
func literal(dataset string) string {
	pattern, _ := ofVersions(dataset)
	pattern, _, _ = strings.Cut(shapeMark.ReplaceAllString(pattern, ""), hole)
	return pattern
}

// noObjects is for a dataset of which no object is listed. Old versions that are gone, and objects that are gone while others are there, leave nothing to look at. A store in
// which nothing is at all may be the empty place of a share that is not mounted: nobody knows then what the dataset holds.
func (d *Driver) noObjects(ctx context.Context, dataset string) error {
	_, some := ofVersions(dataset)
	if !some {
		err := d.objs.List(ctx, "", "", func(o object) error {
			if o.Fault != "" {
				return nil
			}
			some = true
			return errDone
		})
		if err != nil && !some {
			return err
		}
	}
	if !some {
		return errkind.New(errkind.NotFound, "nothing is there, and no object of the dataset")
	}
	return errkind.Coded(errkind.NotFound, errkind.NoObjects, "the dataset has no objects")
}

// member gives what tells whether a key belongs to a dataset, and the values at its holes.
func (d *Driver) member(ctx context.Context, dataset string) (func(o object) ([]string, bool), error) {
	dataset, old := ofVersions(dataset)
	inside, err := d.keyOf(ctx, dataset)
	return func(o object) ([]string, bool) {
		if o.Old != old {
			return nil, false
		}
		return inside(o.Key)
	}, err
}

func (d *Driver) keyOf(ctx context.Context, dataset string) (func(key string) ([]string, bool), error) {
	tree, err := d.layout(ctx)
	if err != nil {
		return nil, err
	}
	known := false
	tree.each("", func(pattern string, _ *shape) bool { known = known || pattern == dataset; return !known })
	if known {
		return func(key string) ([]string, bool) {
			pattern, values, ok := tree.resolve(key)
			return values, ok && pattern == dataset
		}, nil
	}
	m := matcherOf(dataset)
	return func(key string) ([]string, bool) {
		values := m.FindStringSubmatch(key)
		if values == nil {
			return nil, false
		}
		return values[1:], true
	}, nil
}

// at turns to an object, the nth of the dataset.
func (r *reading) at(o object, values []string, n int) {
	r.key, r.suffix, r.values, r.gaps = o.Key, "", values, map[string]int64{}
	if o.Old {
		r.suffix = "@" + o.ID
	}
	r.shown = fmt.Sprintf("object %d (%s)", n, shown(r.q.Dataset.Ref.Dataset, values))
}

// object reads one object.
func (r *reading) object(o object, values []string, n int, open func(object) (file, error)) error {
	r.at(o, values, n)
	if o.isShell(values) {
		if o.Shell == shellArchived {
			r.archived++
		}
		if err := r.item(o.shell()); err != nil {
			return err
		}
		return r.shellLabels(o)
	}
	f, err := open(o)
	if err == nil {
		defer func() { _ = f.Close() }()
		if err := r.labels(f); err != nil {
			return err
		}
		r.locked.add(f)
		var s decode.Summary
		s, err = r.d.decode(r.ctx, f, decode.Options{Ext: formatExt(o.Key), Sought: r.sought}, r.item)
		if err == nil && s.Gap == decode.GapFormat {
			r.other++
		} else if err == nil && s.Gap != "" {
			return r.ended(s.Gap, fmt.Sprintf("%s, line %d: %s", r.shown, s.Line, gapText(s.Gap)))
		}
	}
	if errors.Is(err, errDone) {
		return err
	}
	if code, fatal := failure(r.ctx, err); fatal != nil {
		return fatal
	} else if code != "" {
		return r.ended(code, r.shown+": "+faultText(code))
	}
	return r.rest()
}

// ended gives a gap that stands for the rest of an object.
func (r *reading) ended(code, text string) error {
	if err := r.rest(); err != nil {
		return err
	}
	return r.gap(code, text, -1)
}

// rest gives the gaps of an object that were not yielded one by one.
func (r *reading) rest() error {
	for _, code := range slices.Sorted(maps.Keys(r.gaps)) {
		if n := r.gaps[code] - gapsShown; n > 0 {
			if err := r.gap(code, fmt.Sprintf("%s: %d more", r.shown, n), n); err != nil {
				return err
			}
		}
	}
	return nil
}

func gapText(code string) string {
	switch code {
	case decode.GapRagged:
		return "the row has more or fewer cells than the header"
	case decode.GapQuote:
		return "a cell's quote is never closed"
	case decode.GapJSON:
		return "it is not JSON from here on"
	case decode.GapXML:
		return "it is not XML from here on, or has entities or characters of its own"
	case decode.GapEncrypted:
		return "it, or a part of it, is encrypted"
	case decode.GapLarge:
		return "the record is larger than 16 MiB"
	case decode.GapTruncated:
		return "the object ends in the middle"
	case decode.GapCorrupt:
		return "the object cannot be unpacked from here on"
	case decode.GapSlow:
		return "the decoder made no progress and was stopped"
	case decode.GapFailed:
		return "the decoder failed"
	}
	return "it cannot be read"
}

// gap yields what was read so far and then the gap.
func (r *reading) gap(code, text string, records int64) error {
	if err := r.flush(); err != nil {
		return err
	}
	if !r.yield(pii.GapBatch(pii.Gap{Code: code, At: r.q.Dataset.Ref, Text: text, Records: records}), nil) {
		return errDone
	}
	return nil
}

func (r *reading) flush() error {
	if r.batch.Len() == 0 {
		return nil
	}
	if err := r.ctx.Err(); err != nil {
		return err
	}
	if !r.yield(r.batch, nil) {
		return errDone
	}
	r.batch.Reset()
	return nil
}

// item takes what the decoder gives.
func (r *reading) item(it *decode.Item) error {
	switch it.Kind {
	case decode.Start:
		r.format = it.Info.Format
	case decode.Gap:
		if r.keys != nil && !r.keys[r.key].all {
			return nil
		}
		if r.gaps[it.Code]++; r.gaps[it.Code] > gapsShown {
			return nil
		}
		return r.gap(it.Code, fmt.Sprintf("%s, line %d: %s", r.shown, it.Line, gapText(it.Code)), 1)
	case decode.Record:
		id := recordID(it.Ordinal, it.Offset, it.Digest) + r.suffix
		if r.keys != nil && !r.keys[r.key].all && !r.keys[r.key].ids[id] {
			return nil
		}
		return r.take(it, id)
	}
	return nil
}

// add adds a record to the batch.
func (r *reading) add(it *decode.Item, id string) {
	r.fixed(objectField, r.key)
	r.fixed(recordField, id)
	for i, v := range r.values {
		r.fixed("{"+strconv.Itoa(i+1)+"}", v)
	}
	for i := range it.Values {
		r.value(&it.Values[i])
	}
	r.batch.EndRecord(pii.Key{pii.NewValue(r.key), pii.NewValue(id)}, it.Digest)
}

// record adds a record to the batch and yields that when it is full.
func (r *reading) record(it *decode.Item, id string) error {
	r.add(it, id)
	r.count++
	if r.batch.Len() >= r.max || r.batch.Size() >= batchBytes {
		if err := r.flush(); err != nil {
			return err
		}
	}
	if r.q.Limit > 0 && r.count >= r.q.Limit {
		if err := r.flush(); err != nil {
			return err
		}
		return errDone
	}
	return nil
}

func (r *reading) fixed(name, value string) {
	if i, ok := r.cols[name]; ok && i >= 0 {
		r.batch.Append(i, []byte(value))
	}
}

func (r *reading) value(v *decode.Value) {
	i, ok := r.cols[v.Name]
	if !ok {
		if i = -1; r.all {
			i = r.batch.AddColumn(dataField(r.format, v.Name))
		}
		r.cols[v.Name] = i
	}
	if i < 0 {
		return
	}
	b := v.Bytes
	if v.Null {
		b = nil
	}
	r.batch.AppendAt(i, b, concrete(r.format, v))
}

// concrete gives the path of a value in its document, "" where it is that of its field.
func concrete(format string, v *decode.Value) string {
	if _, path := split(format, v.Name); path == v.Path {
		return ""
	}
	return v.Path
}
