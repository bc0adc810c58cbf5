package decode

import (
	"bytes"
	"crypto/sha256"
	"strings"

	"vestige/internal/doc"
)

const (
	xmlLook  = 64 << 10 // so much of an element is looked at to tell a record from a list of records
	xmlDepth = 200      // so deep elements may stand in one another
	xmlPaths = 4096     // of so many elements by their paths is remembered what they are
)

// The fields of what stands between records.
const (
	looseText        = "{text}"
	looseComment     = "{comment}"
	looseInstruction = "{instruction}"
)

// xmlFile is an XML document at hand. Its records are the elements of lists: customer in <customers><customer>…</customer>…</customers>. A document without
// a list is one record. Fields are called by the names of elements and attributes from the record on, without the prefixes of namespaces
// (customer.contact.@kind); of elements that are repeated in a record the second has the path customer.contact[1]. What stands outside of records (attributes
// of lists, texts and comments between records) is a record each, so that nothing of a document is without a place.
type xmlFile struct {
	*decoder
	stack []string        // the lists that are open, by their names as written
	lists map[string]bool // what elements are, by their paths
	text  []byte
}

// xml reads a document, or several one after the other.
func (d *decoder) xml() error {
	x := &xmlFile{decoder: d, lists: map[string]bool{}}
	for {
		done, err := x.piece()
		if err != nil || done {
			return err
		}
	}
}

// token gives the token at an offset of the window; more is read as long as it is not whole. ok is false at the end, and where the window is full.
func (x *xmlFile) token(at int) (n int, kind xmlKind, ok bool) {
	for {
		data, last := x.w.data(), x.w.err != nil
		if at < len(data)-1 || at < len(data) && last {
			if n, kind, ok = safeToken(data[at:], last); ok {
				return n, kind, true
			}
		}
		if last || !x.w.more() && x.w.err == nil {
			return 0, 0, false
		}
	}
}

// safeToken is xmlToken for data that may be a single bracket.
func safeToken(data []byte, last bool) (n int, kind xmlKind, ok bool) {
	if len(data) == 1 && data[0] == '<' {
		return 1, xmlBad, last
	}
	return xmlToken(data, last)
}

// piece reads one token between records, or a record.
func (x *xmlFile) piece() (done bool, err error) {
	x.out.lost = false
	if len(x.w.atLeast(1)) == 0 {
		return true, x.finish()
	}
	n, kind, ok := x.token(0)
	if !ok {
		return x.unfinishedToken()
	}
	token := x.w.data()[:n]
	switch kind {
	case xmlText:
		if spaces(token) == n {
			return false, x.blank(n)
		}
		return false, x.loose(looseText, n)
	case xmlCData:
		return false, x.loose(looseText, n)
	case xmlComment:
		return false, x.loose(looseComment, n)
	case xmlInstruction:
		if bytes.HasPrefix(token, []byte("<?xml ")) {
			return false, x.declaration(n)
		}
		return false, x.loose(looseInstruction, n)
	case xmlDoctype:
		if bytes.Contains(token, []byte("<!ENTITY")) {
			return false, x.gapOf(n)
		}
		return false, x.leave(tagGlue, n)
	case xmlOpen, xmlEmpty:
		return false, x.element(n, kind)
	case xmlClose:
		if name, _ := elementName(token); len(x.stack) > 0 && x.stack[len(x.stack)-1] == name {
			x.stack = x.stack[:len(x.stack)-1]
			return false, x.leave(tagGlue, n)
		}
	}
	return true, x.hopeless(GapXML)
}

// finish is called at the end of the file.
func (x *xmlFile) finish() error {
	if len(x.stack) > 0 && !x.o.Partial && x.w.cut() == "" {
		x.end = GapTruncated
	}
	return nil
}

// unfinishedToken leaves a token behind that the file ends in, or that is too large.
func (x *xmlFile) unfinishedToken() (done bool, err error) {
	switch {
	case x.w.err == nil:
		if err := x.gap(GapLarge, x.w.off); err != nil {
			return true, err
		}
		if err := x.counted(nil); err != nil {
			return true, err
		}
		x.out.lost = true
		for { // a text ends at the next bracket, anything else is lost with it
			data := x.w.data()
			i := bytes.IndexByte(data[1:], '<') + 1
			if err := x.leave(tagGlue, orLen(i, data)); err != nil || i > 0 || len(x.w.atLeast(2)) < 2 {
				return false, err
			}
		}
	case x.o.Partial:
		return true, nil
	}
	if x.w.cut() == "" {
		x.end = GapTruncated
	}
	return true, x.lost(GapXML, x.w.data())
}

func orLen(n int, data []byte) int {
	if n <= 0 {
		return len(data)
	}
	return n
}

// declaration reads the name of the set of characters. One that is not read here would hide what is written in it.
func (x *xmlFile) declaration(n int) error {
	decl := strings.ToLower(string(x.w.data()[:n]))
	if _, rest, found := strings.Cut(decl, "encoding"); found {
		name := strings.Trim(strings.SplitN(strings.TrimLeft(rest, " \t\r\n="), "?", 2)[0], " \t\r\n\"'")
		if !knownEncoding(name) && x.info.Charset != UTF16LE && x.info.Charset != UTF16BE {
			return x.gapOf(n)
		}
	}
	return x.leave(tagGlue, n)
}

func knownEncoding(name string) bool {
	switch name {
	case "utf-8", "utf8", "us-ascii", "ascii", "iso-8859-1", "latin1", "latin-1", "windows-1252", "cp1252", "utf-16", "utf-16le", "utf-16be":
		return true
	}
	return false
}

// gapOf makes a gap of n bytes.
func (x *xmlFile) gapOf(n int) error {
	if err := x.gap(GapXML, x.w.off); err != nil {
		return err
	}
	return x.counted(x.leave(tagGlue, n))
}

// blank leaves white space behind; before a record it goes with that.
func (x *xmlFile) blank(n int) error {
	tag := byte(tagGlue)
	switch k, kind, ok := x.token(n); {
	case !ok:
	case kind == xmlComment, kind == xmlInstruction && !bytes.HasPrefix(x.w.data()[n:], []byte("<?xml ")):
		tag = tagLead
	case (kind == xmlOpen || kind == xmlEmpty) && !x.isList(n, k, kind):
		tag = tagLead
	}
	return x.leave(tag, n)
}

// prefix is before the names of what stands between records.
func (x *xmlFile) prefix() string {
	if len(x.stack) == 0 {
		return ""
	}
	return doc.Escape(localName(x.stack[len(x.stack)-1])) + "."
}

// loose gives something that stands between records as a record.
func (x *xmlFile) loose(name string, n int) error {
	raw := x.w.data()[:n]
	x.out.begin(x.place(x.w.off), sha256.Sum256(raw), raw, n)
	ok := true
	switch {
	case name == looseComment:
		x.out.value(x.prefix()+name, "", Text, bytes.TrimSpace(raw[4:n-3]), 0, n)
	case name == looseInstruction:
		x.out.value(x.prefix()+name, "", Fixed, bytes.TrimSpace(raw[2:n-2]), 0, n)
	case raw[0] == '<':
		x.out.value(x.prefix()+name, "", Text, raw[9:n-3], 0, n)
	default:
		start, end := trimmed(raw)
		if x.text, ok = unescapeXML(x.text[:0], raw[start:end]); ok {
			x.out.value(x.prefix()+name, "", Text, x.text, start, end)
		}
	}
	return x.given(ok, n)
}

// trimmed gives a text without the line ends and indents around it; other space belongs to it.
func trimmed(raw []byte) (start, end int) {
	if n := spaces(raw); bytes.IndexByte(raw[:n], '\n') >= 0 {
		start = n
	}
	end = start + len(bytes.TrimRight(raw[start:], " \t\r\n"))
	if bytes.IndexByte(raw[end:], '\n') < 0 {
		end = len(raw)
	}
	return start, end
}

// given ends a record, or makes a gap of it, and leaves its bytes behind.
func (x *xmlFile) given(ok bool, n int) (err error) {
	raw := x.w.data()[:n]
	if ok {
		err = x.counted(x.out.end())
	} else {
		x.out.drop()
		err = x.lost(GapXML, raw)
	}
	x.line += int64(bytes.Count(raw, []byte{'\n'}))
	x.w.advance(n)
	return err
}

// element reads the element whose tag of n bytes is at the front: it goes into a list, or gives a record.
func (x *xmlFile) element(n int, kind xmlKind) error {
	if x.isList(0, n, kind) {
		return x.enter(n)
	}
	m, known := x.extent(0)
	switch {
	case m > 0:
		return x.record(m)
	case m < 0 && known:
		return x.hopeless(GapXML)
	case x.w.err == nil && len(x.stack) == 0: // a document that is too large for one record
		x.lists[x.pathOf(0)] = true
		return x.enter(n)
	case x.w.err == nil:
		return x.largeRecord()
	case x.o.Partial:
		for len(x.w.data()) > 0 {
			if err := x.leave(tagGlue, len(x.w.data())); err != nil {
				return err
			}
		}
		x.stack = nil
		return nil
	}
	if x.w.cut() == "" {
		x.end = GapTruncated
	}
	n = len(x.w.data())
	err := x.lost(GapXML, x.w.data())
	x.w.advance(n)
	x.stack = nil
	return err
}

// enter goes into a list. Its attributes are a record that can be changed and not removed.
func (x *xmlFile) enter(n int) error {
	tag := x.w.data()[:n]
	name, _ := elementName(tag)
	attrs, ok := attributes(tag)
	x.stack = append(x.stack, name)
	if ok && len(attrs) == 0 {
		return x.leave(tagGlue, n)
	}
	x.out.begin(x.place(x.w.off), sha256.Sum256(tag), tag, n)
	if ok {
		ok = x.attributes(tag, 0, attrs, doc.Escape(localName(name)), "", map[string]int{})
	}
	return x.given(ok, n)
}

// largeRecord makes a gap of an element that does not fit the window and leaves it behind.
func (x *xmlFile) largeRecord() error {
	if err := x.gap(GapLarge, x.w.off); err != nil {
		return err
	}
	var b xmlBounds
	for {
		b.scan(x.w.data(), x.w.err != nil)
		for b.pos > 0 {
			n := min(b.pos, chunkSize)
			if err := x.leave(tagGlue, n); err != nil {
				return err
			}
			b.pos -= n
		}
		switch {
		case b.bad:
			return x.hopeless(GapXML)
		case b.done:
			return x.counted(nil)
		case x.w.full(): // one token fills the window
			if err := x.leave(tagGlue, len(x.w.data())-8); err != nil {
				return err
			}
		case !x.w.fill():
			return x.counted(x.leave(tagGlue, len(x.w.data())))
		}
	}
}

// xmlBounds finds where an element ends. It can be continued with more data.
type xmlBounds struct {
	pos, depth int
	done, bad  bool
}

// scan goes on over data, whose first pos bytes it has seen.
func (b *xmlBounds) scan(data []byte, last bool) {
	for !b.done && !b.bad && b.pos < len(data) {
		n, kind, ok := safeToken(data[b.pos:], last)
		if !ok {
			return
		}
		b.pos += n
		switch kind {
		case xmlOpen:
			b.depth++
		case xmlClose:
			b.depth--
		case xmlBad, xmlDoctype:
			b.bad = true
		}
		b.done = b.depth <= 0 && kind != xmlText
	}
}

// extent gives the length of the element at an offset; 0 where it does not fit the window or the file ends in it, less than 0 where it is no XML.
func (x *xmlFile) extent(at int) (n int, known bool) {
	var b xmlBounds
	for {
		b.scan(x.w.data()[at:], x.w.err != nil)
		switch {
		case b.bad:
			return -1, true
		case b.done:
			return b.pos, true
		case x.w.err != nil || !x.w.more() && x.w.err == nil:
			return 0, false
		}
	}
}
