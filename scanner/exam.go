package scanner

import (
	"bytes"
	"cmp"
	"context"
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"slices"

	"vestige/catalog"
	"vestige/classifiers"
	"vestige/forms"
	"vestige/internal/clock"
	"vestige/internal/errkind"
	"vestige/lineage"
	"vestige/pii"
)

// sketchSize is how many hashes a sketch keeps. Fields with fewer distinct values are kept whole.
const sketchSize = 4096

// exam is the examination of one dataset under way. It keeps counts, shapes and keyed hashes, and no value.
type exam struct {
	*scan
	d       pii.Dataset
	began   int64
	how     string
	columns map[string]*column
	order   []string
	gaps    []pii.Gap
	records int64
	values  int64
	bytes   int64
	cut     string // why not all was read
	memory  *classifiers.Memory
	room    *room
	pair    *pair // of the two fields of which one says what the other holds
}

// column is what is gathered of one field.
type column struct {
	exam    *exam
	ctx     classifiers.Context
	field   pii.Field
	gather  *classifiers.Gather
	sketch  *lineage.Sketcher
	digests []*lineage.Sketcher // of addresses, in the order of digestForms
	never   bool                // nothing of its type is a reference
	long    bool                // a value too long for a reference was seen
	odd     bool                // an address not in normal form was seen
	stats   *classifiers.Stats
	norm    [96]byte // memory for a normal form
}

// longest is how long a value may be that refers to another.
const longest = 64

// room is what a worker takes from field to field: memory for the hashes of some values, and what it knows of addresses. It remembers, by the keyed hash of an
// address, the keyed hashes of its digests: the same addresses stand in many fields, and three digests of each cost more than all the rest. Of those that
// fall on one place the two met last are known.
type room struct {
	known  [knownSets][2]digested
	hashes []uint64
	mails  []mail
	sums   [len(digestForms)][]uint64
}

// mail is an address under way, with its hash.
type mail struct {
	hash uint64
	text []byte
}

type digested struct {
	of   uint64
	sums [len(digestForms)]uint64
}

const knownSets = 1 << 12

func newExam(sc *scan, d pii.Dataset) *exam {
	ex := &exam{scan: sc, d: d, began: clock.Micros(), columns: map[string]*column{}}
	if ex.room = pop(&sc.spare, &sc.spare.rooms); ex.room == nil {
		ex.room = &room{}
	}
	if ex.memory = pop(&sc.spare, &sc.spare.memories); ex.memory == nil {
		ex.memory = sc.set.NewMemory()
	}
	for _, f := range d.Fields {
		ex.column(f)
	}
	ex.pair = pairOf(d.Fields)
	return ex
}

func (ex *exam) column(f pii.Field) *column {
	c := ex.columns[f.Name]
	if c == nil {
		c = ex.blank(classifiers.Context{Ref: ex.d.Ref.In(f.Name), Field: f, Dataset: &ex.d})
		c.field = f
		c.never = f.Type == pii.Float || f.Type == pii.Bool || f.Type == pii.JSON
		ex.columns[f.Name] = c
		ex.order = append(ex.order, f.Name)
	}
	return c
}

// blank gives a column with nothing in it.
func (ex *exam) blank(ctx classifiers.Context) *column {
	return &column{exam: ex, ctx: ctx}
}

// ready gives the column the memory of one that is done, where there is one. It is emptied when the first values come and not before, so that it is near the processor
// when they are counted.
func (c *column) ready() {
	if c.gather != nil {
		return
	}
	if old := pop(&c.exam.spare, &c.exam.spare.columns); old != nil {
		c.gather, c.sketch = old.gather, old.sketch
	} else {
		c.gather, c.sketch = c.exam.set.NewGather(c.ctx), lineage.NewSketcher(c.exam.key, sketchSize)
	}
	c.gather.Reset(c.ctx, c.exam.memory)
	c.sketch.Reset()
}

// done leaves the memory of the columns to the next examination.
func (ex *exam) done() {
	for _, c := range ex.columns {
		c.leave()
	}
	if ex.pair != nil {
		for _, c := range ex.pair.under {
			c.leave()
		}
	}
	push(&ex.spare, &ex.spare.rooms, ex.room)
	push(&ex.spare, &ex.spare.memories, ex.memory)
	ex.columns, ex.room, ex.memory, ex.pair = nil, nil, nil, nil
}

func (c *column) leave() {
	spare := &c.exam.spare
	push(spare, &spare.digests, c.digests...)
	c.digests = nil
	if c.gather != nil {
		push(spare, &spare.columns, &column{gather: c.gather, sketch: c.sketch})
	}
}

// read goes through the records. What goes wrong with this dataset alone becomes a gap of it.
func (ex *exam) read(ctx context.Context) {
	if ex.d.Gap != nil {
		ex.gap(*ex.d.Gap)
		ex.how = "none"
		return
	}
	if ex.opt.Timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, ex.opt.Timeout)
		defer cancel()
	}
	seq, full := ex.scan.records(ctx, ex.d)
	ex.how = "sample"
	if full {
		ex.how = "full"
	}
	for b, err := range seq {
		if err != nil {
			ex.failed(ctx, err)
			return
		}
		if b.Gap != nil {
			ex.gap(*b.Gap)
			continue
		}
		ex.batch(b)
		if ex.opt.Bytes > 0 && ex.bytes >= ex.opt.Bytes {
			ex.how, ex.cut = "sample", "budget"
			return
		}
	}
}

func (ex *exam) gap(g pii.Gap) {
	if len(ex.gaps) < 100 && !slices.Contains(ex.gaps, g) {
		ex.gaps = append(ex.gaps, g)
	}
}

// failed makes a gap of an error, by its kind; what was read before counts as a sample.
func (ex *exam) failed(ctx context.Context, err error) {
	code := map[errkind.Kind]string{errkind.Permission: "no-permission", errkind.NotFound: "gone", errkind.Transient: "unreachable", errkind.Unsupported: "unsupported"}[errkind.Of(err)]
	switch {
	case ctx.Err() == context.DeadlineExceeded:
		code = "timeout"
	case code == "":
		code = "unreadable"
	}
	ex.gap(pii.Gap{Code: code, At: ex.d.Ref, Text: "not all of the dataset could be read: " + errkind.Code(err), Records: -1})
	ex.how, ex.cut = "sample", code
	if ex.records == 0 {
		ex.how = "none"
	}
}

func (ex *exam) batch(b *pii.Batch) {
	ex.records += int64(b.Len())
	ex.bytes += int64(b.Size())
	for i := range b.Columns() {
		col := &b.Columns()[i]
		c := ex.column(col.Field)
		ex.values += int64(col.Len())
		c.take(col)
	}
	if ex.pair != nil {
		ex.pair.take(ex, b)
	}
}

// take counts a column's values and adds those that are new to its sketches.
func (c *column) take(col *pii.Column) {
	c.ready()
	c.gather.AddFresh(col, c.fresh)
}

// fresh takes values that are new.
func (c *column) fresh(values [][]byte) {
	var buf [longest]byte
	b := c.exam.room
	b.hashes, b.mails = b.hashes[:0], b.mails[:0]
	for _, v := range values {
		v = bytes.TrimSpace(v)
		c.long = c.long || len(v) > longest
		if len(v) == 0 || len(v) > longest {
			continue
		}
		low := v
		if capital(v) {
			c.odd, low = true, lower(buf[:0], v)
		}
		if c.never || c.long {
			continue
		}
		h := c.sketch.Hash(low)
		b.hashes = append(b.hashes, h)
		if bytes.IndexByte(v, '@') > 0 {
			b.mails = append(b.mails, mail{h, v})
		}
	}
	c.sketch.AddHashes(b.hashes)
	if len(b.mails) > 0 {
		c.digest(b.mails)
		clear(b.mails)
	}
}

// capitals marks, by the highest bit of each byte, the capital letters of ASCII among eight bytes.
func capitals(x uint64) uint64 {
	const ones = 0x0101010101010101
	low := x &^ (0x80 * ones)
	return (low + (0x80-'A')*ones) &^ (low + (0x80-'Z'-1)*ones) &^ x & (0x80 * ones)
}

// capital tells whether a capital letter of ASCII stands in a value.
func capital(v []byte) bool {
	for ; len(v) >= 8; v = v[8:] {
		if capitals(binary.LittleEndian.Uint64(v)) != 0 {
			return true
		}
	}
	for _, b := range v {
		if b >= 'A' && b <= 'Z' {
			return true
		}
	}
	return false
}

// lower appends a value in lower case.
func lower(dst, v []byte) []byte {
	for ; len(v) >= 8; v = v[8:] {
		x := binary.LittleEndian.Uint64(v)
		dst = binary.LittleEndian.AppendUint64(dst, x|capitals(x)>>2)
	}
	for _, b := range v {
		if b >= 'A' && b <= 'Z' {
			b += 'a' - 'A'
		}
		dst = append(dst, b)
	}
	return dst
}

// digestForms are the digests under which addresses are kept elsewhere.
var digestForms = [...]string{"md5", "sha1", "sha256"}

// digest notes the digests of addresses, so that fields of nothing but digests can be recognised by them.
func (c *column) digest(mails []mail) {
	for len(c.digests) < len(digestForms) {
		d := pop(&c.exam.spare, &c.exam.spare.digests)
		if d == nil {
			d = c.sketch.Another()
		}
		d.Reset()
		c.digests = append(c.digests, d)
	}
	for i := range c.exam.room.sums {
		c.exam.room.sums[i] = c.exam.room.sums[i][:0]
	}
	for _, m := range mails {
		if known := c.known(m); known != nil {
			for i, sum := range known.sums {
				c.exam.room.sums[i] = append(c.exam.room.sums[i], sum)
			}
		}
	}
	for i, sums := range c.exam.room.sums {
		c.digests[i].AddHashes(sums)
	}
}

// known gives the digests of an address, which it remembers; nil where it is none.
func (c *column) known(m mail) *digested {
	set := &c.exam.room.known[m.hash%knownSets]
	switch m.hash {
	case set[0].of:
	case set[1].of:
		set[0], set[1] = set[1], set[0]
	default:
		norm, ok := forms.AppendNormal(c.norm[:0], "contact.email", m.text)
		if !ok {
			return nil
		}
		set[0], set[1] = digested{m.hash, c.sums(norm)}, set[0]
	}
	return &set[0]
}

// sums gives the hashes of the digests of an address in normal form.
func (c *column) sums(norm []byte) (out [len(digestForms)]uint64) {
	m5, s1, s256 := md5.Sum(norm), sha1.Sum(norm), sha256.Sum256(norm)
	var text [64]byte
	for i, sum := range [...][]byte{m5[:], s1[:], s256[:]} {
		out[i] = c.digests[i].Hash(text[:hex.Encode(text[:], sum)])
	}
	return out
}

// proposals weighs every field, twice: the second time with what stands beside it.
func (ex *exam) proposals() []pii.Proposal {
	var first []pii.Proposal
	var stats []*classifiers.Stats
	for _, name := range ex.order {
		c := ex.columns[name]
		c.ready()
		c.stats = c.gather.Stats()
		stats = append(stats, c.stats)
		p := ex.set.Weigh(c.stats)
		p.Field = ex.d.Ref.In(name)
		first = append(first, p)
	}
	ps := ex.set.Again(first, stats, &ex.d)
	for i := range ps {
		ps[i].Field = first[i].Field
		ex.examined(&ps[i], ex.columns[ex.order[i]])
	}
	if ex.pair != nil {
		ex.pair.into(ex, ps)
	}
	return ps
}

func (ex *exam) examined(p *pii.Proposal, c *column) {
	e := &p.Examined
	e.At, e.How = ex.began, ex.how
	switch {
	case ex.how == "none" && len(ex.gaps) > 0:
		e.Reason = ex.gaps[0].Code
	case ex.records == 0:
		e.Reason = "no-records"
	case e.Values == 0:
		e.Reason = "no-values"
	case ex.cut != "":
		e.Reason = ex.cut
	}
	e.Normal = ex.how == "full" && !c.odd && p.Dense && e.Values > 0
}

// node makes the graph's node of the dataset.
func (ex *exam) node(proposals []pii.Proposal) lineage.Node {
	n := lineage.Node{Dataset: ex.d, Gaps: ex.gaps, Soft: ex.d.Hides()}
	n.Dataset.Gap = nil
	for _, p := range proposals {
		n.Fields = append(n.Fields, fieldNode(ex.columns[p.Field.Field].field, p, ex.set.Version()))
	}
	slices.SortFunc(n.Fields, func(a, b lineage.FieldNode) int { return cmp.Compare(a.Field.Name, b.Field.Name) })
	return n
}

func fieldNode(f pii.Field, p pii.Proposal, version int) lineage.FieldNode {
	n := lineage.FieldNode{
		Field: f, Category: p.Category, Confidence: p.Confidence, Dense: p.Dense, Contains: p.Contains, Form: p.Form, Unique: p.Examined.Unique && p.Examined.How == "full",
		Values: p.Examined.Values, Distinct: p.Examined.Distinct, Examined: p.Examined.How != "none", Reason: p.Examined.Reason, Full: p.Examined.How == "full", Version: version,
	}
	if p.Examined.Normal {
		n.Normal = p.Examined.At
	}
	return n
}

// sketches gives those of the fields that can be references, copies or digests of one another.
func (ex *exam) sketches(proposals []pii.Proposal) (out []catalog.Sketch) {
	for _, p := range proposals {
		c := ex.columns[p.Field.Field]
		if c.long || c.never || p.Examined.Distinct < 3 && !lineage.NamesKind(p.Field.Field) {
			continue
		}
		base := catalog.Sketch{Key: ex.keyID, Values: p.Examined.Values, Full: ex.how == "full", At: ex.began}
		base.Sketch = c.sketch.Sketch(p.Field, "")
		out = append(out, base)
		if p.Category != "contact.email" || !p.Dense {
			continue
		}
		for i, digests := range c.digests {
			if digests.Empty() {
				continue
			}
			d := base
			d.Sketch = digests.Sketch(p.Field, digestForms[i])
			out = append(out, d)
		}
	}
	return out
}
