package doc

import (
	"bytes"
	"slices"

	"vestige/internal/errkind"
	"vestige/pii"
)

// Edit makes the changes at their concrete paths and leaves every other byte as it was. The Field of a change is not looked at.
//
// A whole value is replaced by New in the JSON type that it has (a number by a number where New is one, else by a string); with a NULL
// New the member or element goes, comma and all; where Change.Member is set, New replaces the member's name, or a NULL New removes the
// member. A span counts bytes of the decoded value. Old, where it is not NULL, must be what stands there: the error is
// errkind.Conflict otherwise, and also where the place is missing, unless it was to be removed or stands as New already. Of members with one
// name those that hold Old are changed. All changes are made or none.
func Edit(doc []byte, changes []pii.Change) ([]byte, error) {
	e := editor{scanner: scanner{doc: doc}, wanted: map[string][]int{}, changes: changes, state: make([]outcome, len(changes))}
	for i, c := range changes {
		e.wanted[canonical(c.Path)] = append(e.wanted[canonical(c.Path)], i)
	}
	if err := e.any(0); err != nil {
		return nil, err
	}
	if e.space(); e.pos != len(doc) {
		return nil, e.fault()
	}
	for i, s := range e.state {
		if removal := changes[i].New.Null() && whole(changes[i]); s == differs || (s == missing && !removal) {
			return nil, errkind.Coded(errkind.Conflict, "document-changed", "the document does not hold what was expected at a path")
		}
	}
	return e.apply()
}

type outcome uint8

const (
	missing outcome = iota
	differs
	done
)

// splice is a replacement of bytes of the document.
type splice struct {
	start, end int
	text       []byte
}

// entry is one member or element of a container; start is that of a member's name.
type entry struct {
	start, end int
	remove     bool
}

type editor struct {
	scanner
	wanted  map[string][]int
	changes []pii.Change
	state   []outcome
	splices []splice
	path    []byte
	depth   int
}

func whole(c pii.Change) bool { return c.Start == 0 && c.End == 0 }

// canonical spells a path as Walk does.
func canonical(path string) string {
	var p []byte
	segments, literal := Split(path)
	for i, s := range segments {
		if literal[i] {
			p = appendMember(p, []byte(s))
		} else {
			p = append(p, s...)
		}
	}
	return string(p)
}

// any reads the value at hand and notes what changes in it; nameStart is where its member or element begins.
func (e *editor) any(nameStart int) error {
	_, err := e.value(entry{start: nameStart})
	return err
}

func (e *editor) value(at entry) (entry, error) {
	e.space()
	start, kind, container := e.pos, Null, true
	var err error
	switch e.peek() {
	case '{':
		err = e.nested(e.object)
	case '[':
		err = e.nested(e.array)
	default:
		container = false
		kind, err = e.scalar()
	}
	if err != nil {
		return at, err
	}
	at.end = e.pos
	for _, i := range e.wanted[string(e.path)] {
		if e.changes[i].Member {
			continue
		}
		at.remove = e.change(i, token{start, e.pos, kind}, container) || at.remove
	}
	if at.remove && len(e.path) == 0 {
		e.splices = append(e.splices, splice{start, e.pos, []byte("null")})
	}
	return at, nil
}

func (e *editor) nested(f func() error) error {
	if e.depth++; e.depth > MaxDepth {
		return errkind.Coded(errkind.Invalid, "json-too-deep", "the document is nested deeper than %d levels", MaxDepth)
	}
	e.pos++
	err := f()
	e.depth--
	return err
}

func (e *editor) object() error {
	path := len(e.path)
	var entries []entry
	removed := false
	err := e.members(func(start int) error {
		e.path = appendMember(e.path[:path], appendDecoded(nil, e.doc[start+1:e.pos-1]))
		gone := false
		for _, i := range e.wanted[string(e.path)] {
			if e.changes[i].Member {
				gone = e.change(i, token{start, e.pos, String}, false) || gone
			}
		}
		if err := e.colon(); err != nil {
			return err
		}
		at, err := e.value(entry{start: start, remove: gone})
		entries, removed = append(entries, at), removed || at.remove
		return err
	})
	e.path = e.path[:path]
	if removed {
		e.cut(entries)
	}
	return err
}

func (e *editor) array() error {
	path := len(e.path)
	var entries []entry
	removed := false
	err := e.elements(func(i int) error {
		e.space()
		e.path = appendIndex(e.path[:path], i)
		at, err := e.value(entry{start: e.pos})
		entries, removed = append(entries, at), removed || at.remove
		return err
	})
	e.path = e.path[:path]
	if removed {
		e.cut(entries)
	}
	return err
}

// cut notes the removal of entries with one comma each: that before where something stays before, else that behind.
func (e *editor) cut(entries []entry) {
	kept := -1
	for i, at := range entries {
		switch {
		case !at.remove:
			kept = i
		case kept >= 0:
			e.splices = append(e.splices, splice{entries[i-1].end, at.end, nil})
		case i+1 < len(entries):
			e.splices = append(e.splices, splice{at.start, entries[i+1].start, nil})
		default:
			e.splices = append(e.splices, splice{at.start, at.end, nil})
		}
	}
}

// apply joins the splices into a new document; those within a removed part go with it.
func (e *editor) apply() ([]byte, error) {
	slices.SortStableFunc(e.splices, func(a, b splice) int {
		if a.start != b.start {
			return a.start - b.start
		}
		return b.end - a.end
	})
	out, at := make([]byte, 0, len(e.doc)), 0
	for _, s := range e.splices {
		if s.start < at {
			if s.end <= at && s.text == nil || e.covered(s) {
				continue
			}
			return nil, errkind.Coded(errkind.Invalid, "changes-overlap", "two changes of a document overlap")
		}
		out = append(append(out, e.doc[at:s.start]...), s.text...)
		at = s.end
	}
	return append(out, e.doc[at:]...), nil
}

// covered tells whether a removal covers the splice.
func (e *editor) covered(s splice) bool {
	return slices.ContainsFunc(e.splices, func(r splice) bool {
		return r.text == nil && r.start <= s.start && r.end >= s.end && (r.start != s.start || r.end != s.end)
	})
}

// token is a scalar, a member's name, or a container as it stands in the document.
type token struct {
	start, end int
	kind       Kind
}

// change notes one change of a token; remove tells that the entry goes.
func (e *editor) change(i int, t token, container bool) (remove bool) {
	c, raw := e.changes[i], e.doc[t.start:t.end]
	if e.state[i] == missing {
		e.state[i] = differs
	}
	if container {
		if !whole(c) || !c.New.Null() || !c.Old.Null() {
			return false
		}
		e.state[i] = done
		return true
	}
	inside, text := raw, raw
	if t.kind == String {
		inside = raw[1 : len(raw)-1]
		text = appendDecoded(nil, inside)
	}
	if !whole(c) {
		e.span(i, t, inside, text)
		return false
	}
	switch is := !c.Old.Null() && string(text) != c.Old.Reveal() || !c.Old.Null() && t.kind == Null; {
	case is && !c.New.Null() && string(text) == c.New.Reveal():
		e.state[i] = done // it is so already
		return false
	case is:
		return false
	}
	e.state[i] = done
	if c.New.Null() {
		return true
	}
	e.splices = append(e.splices, splice{t.start, t.end, encodeAs(t.kind, c.New.Reveal())})
	return false
}

// span notes the replacement of some bytes of the decoded value.
func (e *editor) span(i int, t token, inside, text []byte) {
	c := e.changes[i]
	if c.Start < 0 || c.End < c.Start || c.End > len(text) || (!c.Old.Null() && string(text[c.Start:c.End]) != c.Old.Reveal()) {
		return
	}
	if t.kind != String {
		changed := slices.Concat(text[:c.Start], []byte(c.New.Reveal()), text[c.End:])
		e.state[i] = done
		e.splices = append(e.splices, splice{t.start, t.end, encodeAs(t.kind, string(changed))})
		return
	}
	from, to := rawOffset(inside, c.Start), rawOffset(inside, c.End)
	if from < 0 || to < 0 {
		return
	}
	e.state[i] = done
	e.splices = append(e.splices, splice{t.start + 1 + from, t.start + 1 + to, appendEncoded([]byte{}, c.New.Reveal())})
}

// rawOffset gives where byte n of the decoded text stands in the inside of its token, -1 within a character.
func rawOffset(inside []byte, n int) int {
	var buf [8]byte
	raw, at := 0, 0
	for at < n && raw < len(inside) {
		decoded, k := decodeAt(buf[:0], inside[raw:])
		at, raw = at+len(decoded), raw+k
	}
	if at != n {
		return -1
	}
	return raw
}

// Encode writes a value as a leaf of that kind is written, or as a string where it does not fit the kind.
func Encode(k Kind, value []byte) []byte { return encodeAs(k, string(value)) }

// encodeAs writes a value in the JSON type of the one it replaces, or as a string where it does not fit that.
func encodeAs(k Kind, s string) []byte {
	if b := []byte(s); (k == Number && len(b) > 0 && numberLen(b) == len(b)) || (k == Bool && (bytes.Equal(b, []byte("true")) || bytes.Equal(b, []byte("false")))) {
		return b
	}
	return append(appendEncoded([]byte{'"'}, s), '"')
}
