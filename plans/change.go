package plans

import (
	"cmp"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"vestige/lineage"
	"vestige/pii"
)

// Erased stands where something of hers stood inside a text.
const Erased = "[erased]"

// change makes the changes of records of others that stay without her: shared ones, and those that name her.
func (b *builder) change() {
	for i, r := range b.recs {
		switch n := b.in.Graph.Node(r.Dataset); b.fate[i] {
		case detached:
			b.changes[i] = merge(append(b.slotChanges(r, n), b.hitChanges(r, n)...))
		case redacted:
			b.changes[i] = merge(b.hitChanges(r, n))
		}
		if (b.fate[i] == detached || b.fate[i] == redacted) && len(b.changes[i]) == 0 {
			b.fate[i] = untouched
		}
	}
}

// empty makes the changes of shells.
func (b *builder) empty() {
	for i, r := range b.recs {
		if b.fate[i] == shell {
			b.changes[i] = b.shellChanges(i, r, b.in.Graph.Node(r.Dataset))
		}
	}
}

// shellChanges empties everything personal in a record whose key has to stay, and the references that lead on to what is hers.
func (b *builder) shellChanges(i int, r *lineage.Record, n *lineage.Node) (out []pii.Change) {
	for j := range n.Fields {
		f := &n.Fields[j]
		if f.Field.Path != "" || f.Field.Generated || slices.Contains(n.Dataset.Key, f.Field.Name) || b.target(n, f) {
			continue
		}
		if b.tells(i, r, n, f) {
			out = append(out, pii.Change{Field: f.Field.Column, New: b.instead(r, n, f)})
		}
	}
	return out
}

// target tells whether other datasets refer to the field, so that it is a key.
func (b *builder) target(n *lineage.Node, f *lineage.FieldNode) bool {
	return slices.ContainsFunc(b.in.Graph.In(n.Dataset.Ref), func(e *lineage.Edge) bool {
		return e.Declared && e.To != e.From && slices.Contains(e.ToFields, f.Field.Name)
	})
}

// tells whether a field of a shell says something of her: personal data, documents and text that may hold it, and references to records of hers.
func (b *builder) tells(i int, r *lineage.Record, n *lineage.Node, f *lineage.FieldNode) bool {
	switch {
	case f.Category.Personal() && f.Confidence >= 0.5 && f.Role != lineage.Mentions, len(f.Contains) > 0, f.Field.Type == pii.JSON:
		return true
	case b.inside(n, f), b.known(r, f):
		return true
	}
	for _, e := range b.in.Graph.Out(n.Dataset.Ref) {
		if !slices.Contains(e.Fields, f.Field.Name) {
			continue
		}
		for _, p := range b.parents(r.Fields, e) {
			if p != i {
				return true
			}
		}
	}
	return false
}

// known tells whether a field of a record holds a local identifier of hers, whatever the field is proposed to be.
func (b *builder) known(r *lineage.Record, f *lineage.FieldNode) bool {
	if f.Domain == "" {
		return false
	}
	if b.locals == nil {
		b.locals = map[string]bool{}
		for _, k := range b.in.Closure.Known {
			if !k.Category.Global() {
				b.locals[k.Domain+"\x00"+k.Value.Reveal()] = true
			}
		}
	}
	return slices.ContainsFunc(r.Fields[f.Field.Name], func(v pii.Located) bool { return !v.Value.Null() && b.locals[f.Domain+"\x00"+v.Value.Reveal()] })
}

// inside tells whether a column's documents hold personal fields.
func (b *builder) inside(n *lineage.Node, f *lineage.FieldNode) bool {
	return slices.ContainsFunc(n.Fields, func(o lineage.FieldNode) bool {
		return o.Field.Column == f.Field.Column && o.Field.Path != "" && o.Category.Personal()
	})
}

// slotChanges takes her out of a shared record: the references that name her become NULL, or name the other owner where they must name somebody.
func (b *builder) slotChanges(r *lineage.Record, n *lineage.Node) (out []pii.Change) {
	for _, e := range b.in.Graph.Out(r.Dataset) {
		p := b.in.Graph.Node(e.To)
		if len(e.Fields) != 1 || p == nil || p.Person < 0.5 || len(b.hersAmong(b.parents(r.Fields, e))) == 0 {
			continue
		}
		f := n.Field(e.Fields[0])
		switch {
		case f == nil || f.Field.Generated:
		case b.nullable(e):
			out = append(out, pii.Change{Field: f.Field.Column, Old: oldOf(r.Fields, f.Field.Name)})
		case b.other(r, n, e):
			out = append(out, pii.Change{Field: f.Field.Column, Old: oldOf(r.Fields, f.Field.Name), New: r.Other})
		default:
			b.shellAll(b.parents(r.Fields, e))
		}
	}
	return out
}

func (b *builder) hersAmong(at []int) (out []int) {
	for _, i := range at {
		if h := b.recs[i].Holding; h == lineage.Hers || h == lineage.Joint {
			out = append(out, i)
		}
	}
	return out
}

// hitChanges replaces what a record of others says of her.
func (b *builder) hitChanges(r *lineage.Record, n *lineage.Node) (out []pii.Change) {
	for _, in := range r.Insides {
		out = append(out, pii.Change{Field: in.Field, Path: in.Path, Member: true})
	}
	for _, h := range r.Hits {
		if c, ok := b.hitChange(r, n, h); ok {
			out = append(out, c)
		}
	}
	return out
}

func (b *builder) hitChange(r *lineage.Record, n *lineage.Node, h pii.Hit) (pii.Change, bool) {
	f := n.Field(h.Field)
	if f == nil || f.Field.Generated || slices.Contains(n.Dataset.Key, h.Field) || b.underText(n, f) || inMember(r, f, h) {
		return pii.Change{}, false
	}
	old := valueAt(r.Fields[h.Field], h.Path)
	c := pii.Change{Field: f.Field.Column, Path: h.Path, Start: h.Start, End: h.End, New: pii.NewValue(Erased)}
	if old.Null() || h.Start > 0 || h.End < old.Len() {
		if !old.Null() && h.End <= old.Len() {
			c.Old = pii.NewValue(old.Reveal()[h.Start:h.End])
		}
		return c, true
	}
	c.Start, c.End, c.Old = 0, 0, old
	if h.Path != "" && f.Field.Type != pii.Text {
		c.New = pii.Value{} // a word cannot stand among numbers: the element goes
	}
	if h.Path == "" {
		c.New = b.instead(r, n, f)
		if e := b.reference(n, f); e != nil && f.Field.NotNull {
			return pii.Change{}, false // a reference that must name a record keeps naming her shell
		}
	}
	return c, true
}

// underText tells whether a path is within a column that is searched as text itself: a pair in a line of a log.
func (b *builder) underText(n *lineage.Node, f *lineage.FieldNode) bool {
	if f.Field.Path == "" || f.Field.Column == "" {
		return false
	}
	c := n.Field(f.Field.Column)
	return c != nil && c.Field.Type == pii.Text
}

// inMember tells whether the occurrence is within a member that goes as a whole.
func inMember(r *lineage.Record, f *lineage.FieldNode, h pii.Hit) bool {
	return slices.ContainsFunc(r.Insides, func(in lineage.Inside) bool {
		return in.Field == f.Field.Column && strings.HasPrefix(h.Path, in.Path)
	})
}

func (b *builder) reference(n *lineage.Node, f *lineage.FieldNode) *lineage.Edge {
	for _, e := range b.in.Graph.Out(n.Dataset.Ref) {
		if e.Declared && slices.Contains(e.Fields, f.Field.Name) {
			return e
		}
	}
	return nil
}

func valueAt(vs []pii.Located, path string) pii.Value {
	for _, v := range vs {
		if v.Path == path {
			return v.Value
		}
	}
	return pii.Value{}
}

// instead gives what a column holds afterwards: NULL where it may, else a random value of the right kind that satisfies a unique field. It is made from the
// plan's salt and not from the value, so that nothing links the two.
func (b *builder) instead(r *lineage.Record, n *lineage.Node, f *lineage.FieldNode) pii.Value {
	if !f.Field.NotNull && n.Dataset.Kind != pii.Objects {
		return pii.Value{}
	}
	if n.Dataset.Kind == pii.Objects {
		return pii.NewValue("")
	}
	m := hmac.New(sha256.New, b.in.Salt)
	m.Write([]byte(r.Dataset.String() + "\x00" + r.Key.ID() + "\x00" + f.Field.Name))
	if lists(n, f) {
		return pii.NewValue(standingList(n, f, m.Sum(nil)))
	}
	return pii.NewValue(stand(f, m.Sum(nil)))
}

// lists tells whether a column holds a list: an array of the system, or documents that were seen to be one.
func lists(n *lineage.Node, f *lineage.FieldNode) bool {
	return strings.HasSuffix(f.Field.Native, "[]") || slices.ContainsFunc(n.Fields, func(o lineage.FieldNode) bool {
		return o.Field.Column == f.Field.Column && strings.HasPrefix(o.Field.Path, "[]")
	})
}

// standingList gives the list that stands in for one: an empty one, and where no two records may have the same, one with a random element of the kinds that often are in such a column.
func standingList(n *lineage.Node, f *lineage.FieldNode, rnd []byte) string {
	alone := func(set []string) bool { return slices.Equal(set, []string{f.Field.Name}) }
	if !slices.ContainsFunc(n.Dataset.Unique, alone) {
		return "[]"
	}
	one := *f
	one.Field.Type, one.Field.Native = pii.Text, strings.TrimSuffix(f.Field.Native, "[]")
	switch {
	case strings.HasPrefix(one.Field.Native, "int"), one.Field.Native == "bigint":
		one.Field.Type = pii.Int
	case !slices.Contains([]string{"text", "character varying", "jsonb", "uuid", "inet"}, one.Field.Native):
		return "[]"
	}
	return `["` + stand(&one, rnd) + `"]`
}

func stand(f *lineage.FieldNode, rnd []byte) string {
	switch f.Field.Type {
	case pii.Int:
		return strconv.FormatUint(uint64(binary.BigEndian.Uint32(rnd))&0x7fffffff, 10)
	case pii.Float, pii.Bool:
		return "0"
	case pii.Time:
		return "1900-01-01"
	case pii.JSON:
		return "{}"
	}
	switch f.Field.Native {
	case "uuid":
		return uuid(rnd)
	case "inet", "cidr", "inet6":
		return discarded(rnd)
	case "inet4":
		return netip.AddrFrom4([4]byte{240 | rnd[0]&0x0f, rnd[1], rnd[2], rnd[3]}).String() // reserved (RFC 1112), nobody's
	}
	s := "erased-" + hex.EncodeToString(rnd[:6])
	switch {
	case f.Category == "contact.email":
		s += "@erased.invalid"
	case f.Category == "demographic.birth_date":
		s = "1900-01-01"
	}
	if f.Field.Length > 0 && len(s) > f.Field.Length {
		s = s[len(s)-f.Field.Length:]
	}
	return s
}

// uuid writes random bytes as a UUID of version 4 (RFC 9562).
func uuid(rnd []byte) string {
	u := slices.Clone(rnd[:16])
	u[6], u[8] = u[6]&0x0f|0x40, u[8]&0x3f|0x80
	s := hex.EncodeToString(u)
	return s[:8] + "-" + s[8:12] + "-" + s[12:16] + "-" + s[16:20] + "-" + s[20:]
}

// discarded writes random bytes as an address that leads nowhere (RFC 6666).
func discarded(rnd []byte) string {
	a := [16]byte{0: 0x01}
	copy(a[8:], rnd)
	return netip.AddrFrom16(a).String()
}

// merge orders changes and joins those that overlap: a whole value before spans of it, a longer span before shorter ones within.
func merge(in []pii.Change) []pii.Change {
	slices.SortStableFunc(in, func(a, b pii.Change) int {
		return cmp.Or(cmp.Compare(a.Field, b.Field), cmp.Compare(a.Path, b.Path), cmp.Compare(whole(a), whole(b)), cmp.Compare(a.Start, b.Start), cmp.Compare(b.End, a.End))
	})
	var out []pii.Change
	for _, c := range in {
		if len(out) > 0 {
			last := &out[len(out)-1]
			if last.Field == c.Field && last.Path == c.Path && (whole(*last) == 0 || c.Start < last.End) {
				grow(last, c)
				continue
			}
		}
		out = append(out, c)
	}
	return out
}

func whole(c pii.Change) int {
	if c.Start == 0 && c.End == 0 {
		return 0
	}
	return 1
}

// grow lets a span take an overlapping one in.
func grow(last *pii.Change, c pii.Change) {
	if whole(*last) == 0 || c.End <= last.End {
		return
	}
	if !last.Old.Null() && !c.Old.Null() {
		last.Old = pii.NewValue(last.Old.Reveal() + c.Old.Reveal()[last.End-c.Start:])
	}
	last.End = c.End
}
