package elasticsearch

import (
	"bytes"
	"encoding/json"
	"strconv"

	"vestige/internal/errkind"
)

// hit is a document as an answer has it. Source is the very bytes that were stored; it and After are parts of the answer.
type hit struct {
	index, id, routing string
	hasRouting         bool
	found              bool // of _mget
	failed             string
	seq, term          int64
	source             []byte
	sort               []byte
	matched            []string
}

// page is the answer of a search, or of _mget.
type page struct {
	pit, scroll string
	hits        []hit
	bytes       int

	span      span // of a pager: what it is a page of
	last, end bool // of its span; behind all spans
}

func malformed() error {
	return errkind.New(errkind.Internal, "an answer of the cluster is not what was expected")
}

// parse reads an answer. It only finds where each _source begins and ends: what stands in it is read once, by whoever wants it.
func parse(body []byte) (page, error) {
	p := page{bytes: len(body)}
	timedOut, failed := false, false
	s := skimmer{b: body}
	ok := s.object(func(name string) bool {
		switch name {
		case "pit_id", "id":
			p.pit = s.text()
		case "_scroll_id":
			p.scroll = s.text()
		case "timed_out":
			timedOut = string(s.raw()) == "true"
		case "_shards":
			var shards struct{ Failed int }
			failed = json.Unmarshal(s.raw(), &shards) != nil || shards.Failed > 0
		case "hits":
			return s.object(func(name string) bool {
				if name != "hits" {
					return s.skip()
				}
				return p.list(&s)
			})
		case "docs":
			return p.list(&s)
		default:
			return s.skip()
		}
		return !s.bad
	})
	switch {
	case !ok || s.bad:
		return p, malformed()
	case timedOut || failed: // status 200 all the same
		return p, errkind.New(errkind.Transient, "a part of the index did not answer")
	}
	return p, nil
}

func (p *page) list(s *skimmer) bool {
	return s.array(func() bool {
		p.hits = append(p.hits, hit{seq: -1})
		h := &p.hits[len(p.hits)-1]
		return s.object(func(name string) bool { return h.member(s, name) })
	})
}

func (h *hit) member(s *skimmer, name string) bool {
	switch name {
	case "_index":
		h.index = s.text()
	case "_id":
		h.id = s.text()
	case "_routing":
		h.routing, h.hasRouting = s.text(), true
	case "_seq_no":
		h.seq, _ = strconv.ParseInt(string(s.raw()), 10, 64)
	case "_primary_term":
		h.term, _ = strconv.ParseInt(string(s.raw()), 10, 64)
	case "found":
		h.found = string(s.raw()) == "true"
	case "error":
		var e refused
		_ = json.Unmarshal(s.raw(), &e)
		if h.failed = e.Type; h.failed == "" {
			h.failed = "error"
		}
	case "_source":
		h.source = s.raw()
	case "sort":
		h.sort = s.raw()
	case "matched_queries":
		_ = json.Unmarshal(s.raw(), &h.matched)
	default:
		return s.skip()
	}
	return !s.bad
}

// skimmer walks over JSON that a server wrote, and trusts its grammar: it looks only for where values end.
type skimmer struct {
	b   []byte
	pos int
	bad bool
}

func (s *skimmer) space() byte {
	for s.pos < len(s.b) {
		switch c := s.b[s.pos]; c {
		case ' ', '\t', '\n', '\r':
			s.pos++
		default:
			return c
		}
	}
	s.bad = true
	return 0
}

// object calls f behind each name; f consumes the value.
func (s *skimmer) object(f func(name string) bool) bool {
	if s.space() != '{' {
		s.bad = true
		return false
	}
	s.pos++
	for s.space() != '}' {
		if s.bad {
			return false
		}
		name := s.text()
		if s.space() != ':' {
			s.bad = true
			return false
		}
		s.pos++
		if !f(name) || s.bad {
			return false
		}
		if s.space() == ',' {
			s.pos++
		}
	}
	s.pos++
	return true
}

func (s *skimmer) array(f func() bool) bool {
	if s.space() != '[' {
		s.bad = true
		return false
	}
	s.pos++
	for s.space() != ']' {
		if s.bad || !f() {
			return false
		}
		if s.space() == ',' {
			s.pos++
		}
	}
	s.pos++
	return true
}

// text reads a string.
func (s *skimmer) text() string {
	raw := s.raw()
	if len(raw) >= 2 && raw[0] == '"' && bytes.IndexByte(raw, '\\') < 0 {
		return string(raw[1 : len(raw)-1])
	}
	var out string
	if json.Unmarshal(raw, &out) != nil {
		s.bad = true
	}
	return out
}

func (s *skimmer) skip() bool { s.raw(); return !s.bad }

// raw gives the bytes of the value at hand.
func (s *skimmer) raw() []byte {
	first := s.space()
	start := s.pos
	switch first {
	case '"':
		s.str()
	case '{', '[':
		s.container()
	default:
		for s.pos < len(s.b) && !ends(s.b[s.pos]) {
			s.pos++
		}
	}
	if s.bad || s.pos > len(s.b) {
		s.bad = true
		return nil
	}
	return s.b[start:s.pos:s.pos]
}

func ends(c byte) bool { return c == ',' || c == '}' || c == ']' || c <= ' ' }

// str moves behind the string at hand.
func (s *skimmer) str() {
	for i := s.pos + 1; ; {
		n := bytes.IndexByte(s.b[min(i, len(s.b)):], '"')
		if n < 0 {
			s.bad = true
			return
		}
		i += n
		back := i - 1
		for s.b[back] == '\\' {
			back--
		}
		if (i-1-back)%2 == 0 {
			s.pos = i + 1
			return
		}
		i++
	}
}

func (s *skimmer) container() {
	depth := 0
	for s.pos < len(s.b) {
		switch s.b[s.pos] {
		case '"':
			if s.str(); s.bad {
				return
			}
			continue
		case '{', '[':
			depth++
		case '}', ']':
			if depth--; depth == 0 {
				s.pos++
				return
			}
		}
		s.pos++
	}
	s.bad = true
}
