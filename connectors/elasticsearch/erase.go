package elasticsearch

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"

	"vestige/internal/clock"
	"vestige/internal/doc"
	"vestige/internal/errkind"
	"vestige/pii"
)

const (
	bulkItems = 500
	bulkBytes = 5 << 20
	rounds    = 7 // of looking again at documents whose end is not known
)

// Methods says what can be done to documents: all of them where _source is whole, only deleting where it is not.
func (d *Driver) Methods(ds pii.Dataset) []pii.Method {
	if ds.Gap != nil {
		return nil
	}
	if slices.ContainsFunc(ds.Constraints, func(c pii.Constraint) bool { return c.Kind == noRewrite }) {
		return []pii.Method{pii.Delete}
	}
	return []pii.Method{pii.Delete, pii.Nullify, pii.Redact, pii.Pseudonymise, pii.Detach}
}

// Erase looks at every document of the unit first and changes nothing where one is not what was found. Then it deletes or writes again, each only if
// it is still the version that was looked at. There are no transactions: what is done is done, and the next run finds it so.
func (d *Driver) Erase(ctx context.Context, u pii.Unit) ([]pii.Receipt, error) {
	w, err := d.plan(ctx, u)
	if err != nil {
		return nil, err
	}
	if n := w.conflicts(); n > 0 {
		return nil, errkind.Coded(errkind.Conflict, "record-changed", "%d records are no longer what was found", n)
	}
	if err := w.carryOut(ctx); err != nil {
		return nil, err
	}
	return w.receipts(), nil
}

// work is a unit: one slot a document.
type work struct {
	d       *Driver
	unit    pii.Unit
	slots   []*slot
	members map[string][]*index // by dataset
	touched map[string]bool     // indexes
}

type state uint8

const (
	waiting state = iota
	alreadyDone
	changedSince
	acted
)

// slot is what happens to one document.
type slot struct {
	dataset string
	key     pii.Key
	acts    []int
	delete  bool
	changes []pii.Change
	digest  pii.Digest
	state   state
	hit     hit
	text    []byte // what is to stand there
	seq     int64  // of the operation that did it
}

// plan looks at every document of the unit, and changes nothing.
func (d *Driver) plan(ctx context.Context, u pii.Unit) (*work, error) {
	w := &work{d: d, unit: u, members: map[string][]*index{}, touched: map[string]bool{}}
	if err := w.gather(ctx); err != nil {
		return nil, err
	}
	return w, w.look(ctx, w.slots)
}

// gather makes slots of the targets.
func (w *work) gather(ctx context.Context) error {
	byKey := map[string]*slot{}
	for i, act := range w.unit.Acts {
		if !slices.Contains(w.d.Methods(act.Dataset), act.Method) {
			return errkind.New(errkind.Unsupported, "%s cannot be done to documents of this dataset", act.Method)
		}
		name := act.Dataset.Ref.Dataset
		if w.members[name] == nil {
			members, err := w.d.members(ctx, name)
			if err != nil {
				return err
			}
			filtered, err := w.d.filtered(ctx)
			if err != nil {
				return err
			}
			if filtered(members) {
				return errkind.Coded(errkind.Permission, gapFiltered, "the user's role hides documents or fields, which writing would lose")
			}
			w.members[name] = members
		}
		for _, t := range act.Targets {
			id := name + "\x00" + t.Key.ID()
			s := byKey[id]
			if s == nil {
				s = &slot{dataset: name, key: t.Key, digest: t.Digest}
				byKey[id], w.slots = s, append(w.slots, s)
			}
			s.acts = append(s.acts, i)
			s.delete = s.delete || act.Method == pii.Delete
			for _, c := range t.Changes {
				if addressed(c.Field) && c.Path == "" {
					return errkind.New(errkind.Unsupported, "the address of a document cannot be changed, the document can only be deleted")
				}
				if c.Path == "" {
					c.Path = c.Field
				}
				s.changes = append(s.changes, c)
			}
		}
	}
	return nil
}

// look fetches the documents of slots as they are now, refreshed or not, and decides about each.
func (w *work) look(ctx context.Context, slots []*slot) error {
	for name, members := range w.members {
		var own []*slot
		for _, s := range slots {
			if s.dataset == name {
				own = append(own, s)
			}
		}
		for part := range slices.Chunk(own, keysAtOnce) {
			keys := make([]pii.Key, len(part))
			for i, s := range part {
				keys[i] = s.key
			}
			hits, err := w.d.fetch(ctx, members, keys)
			if err != nil {
				return err
			}
			for i, s := range part {
				s.decide(hits[i])
			}
		}
	}
	return nil
}

// decide compares a document with what was found, after looking whether it is done already.
func (s *slot) decide(h hit) {
	s.hit, s.state, s.text = h, waiting, nil
	switch {
	case !h.found || !s.delete && settled(h.source, s.changes):
		s.state = alreadyDone
		return
	case s.digest != (pii.Digest{}) && pii.Digest(sha256.Sum256(h.source)) != s.digest:
		s.state = changedSince
		return
	case s.delete:
		return
	}
	text, err := doc.Edit(h.source, s.changes)
	switch {
	case err != nil:
		s.state = changedSince
	case bytes.Equal(text, h.source):
		s.state = alreadyDone
	default:
		s.text = text
	}
}

func (w *work) conflicts() (n int64) {
	for _, s := range w.slots {
		if s.state == changedSince {
			n++
		}
	}
	return n
}

// carryOut does what is open. What another writer came between, and what had no answer, is looked at again.
func (w *work) carryOut(ctx context.Context) error {
	var last error
	for n := range rounds {
		var todo []*slot
		for _, s := range w.slots {
			if s.state == waiting {
				todo = append(todo, s)
			}
		}
		if len(todo) == 0 {
			return w.show(ctx)
		}
		if n > 0 {
			if err := pause(ctx, n); err != nil {
				return err
			}
		}
		var unsure []*slot
		unsure, last = w.bulks(ctx, todo)
		if err := ctx.Err(); err != nil {
			return err
		}
		if last != nil && errkind.Of(last) != errkind.Transient {
			return last
		}
		if err := w.settle(ctx, unsure); err != nil {
			return err
		}
	}
	if last == nil {
		last = errkind.New(errkind.Transient, "others write the same documents again and again")
	}
	return last
}

// settle finds out how documents of unknown outcome ended.
func (w *work) settle(ctx context.Context, unsure []*slot) error {
	before := map[*slot][]byte{}
	for _, s := range unsure {
		before[s] = s.text
	}
	if err := w.look(ctx, unsure); err != nil {
		return err
	}
	for _, s := range unsure {
		switch {
		case s.state == alreadyDone && (s.delete || bytes.Equal(s.hit.source, before[s])):
			s.state, s.seq = acted, s.hit.seq
		case s.state == changedSince:
			return errkind.Coded(errkind.Conflict, "record-changed", "a record has changed while it was to be erased")
		}
	}
	return nil
}

// bulks sends the slots in bounded requests, and gives those whose end is not known.
func (w *work) bulks(ctx context.Context, todo []*slot) (unsure []*slot, err error) {
	for len(todo) > 0 {
		if err := ctx.Err(); err != nil {
			return append(unsure, todo...), err
		}
		var body bytes.Buffer
		n := 0
		for n < len(todo) && n < bulkItems && (n == 0 || body.Len()+len(todo[n].text) < bulkBytes) {
			if err := todo[n].line(&body); err != nil {
				return nil, err
			}
			n++
		}
		again, err := w.bulk(ctx, body.Bytes(), todo[:n])
		unsure = append(unsure, again...)
		if err != nil {
			return append(unsure, todo[n:]...), err
		}
		todo = todo[n:]
	}
	return unsure, nil
}

// action is the first line of an item.
type action struct {
	address
	Seq  int64 `json:"if_seq_no"`
	Term int64 `json:"if_primary_term"`
}

// line writes the item of a slot. The index and the routing are those that the document was found under.
func (s *slot) line(b *bytes.Buffer) error {
	a := action{address{s.hit.index, s.hit.id, s.hit.routing}, s.hit.seq, s.hit.term}
	verb := "index"
	if s.delete {
		verb = "delete"
	}
	head, err := json.Marshal(map[string]action{verb: a})
	if err != nil {
		return malformed()
	}
	b.Write(append(head, '\n'))
	if !s.delete {
		b.Write(oneLine(s.text))
		b.WriteByte('\n')
	}
	return nil
}

// oneLine makes line ends spaces: they stand only between values, where a string would have them escaped.
func oneLine(text []byte) []byte {
	if bytes.IndexByte(text, '\n') < 0 && bytes.IndexByte(text, '\r') < 0 {
		return text
	}
	out := bytes.ReplaceAll(text, []byte{'\n'}, []byte{' '})
	return bytes.ReplaceAll(out, []byte{'\r'}, []byte{' '})
}

// item is the outcome of one item; the reason, which quotes values, is not even asked for.
type item struct {
	Status int
	Result string
	Seq    int64 `json:"_seq_no"`
	Error  struct{ Type string }
}

func (w *work) bulk(ctx context.Context, body []byte, slots []*slot) (unsure []*slot, err error) {
	path := "/_bulk?pipeline=_none&filter_path=errors,items.*.status,items.*.result,items.*._seq_no,items.*.error.type"
	text, err := w.d.c.do(ctx, call{method: http.MethodPost, path: path, body: body, once: true, lines: true})
	if err != nil {
		return slots, err // it may have been done to its end
	}
	var got struct{ Items []map[string]item }
	if err := decoded(text, &got); err != nil || len(got.Items) != len(slots) {
		return slots, errors.Join(malformed(), err)
	}
	for i, s := range slots {
		for _, it := range got.Items[i] {
			switch {
			case it.Status < 300:
				s.state, s.seq = acted, it.Seq
				w.touched[s.hit.index] = true
			case it.Status == 409 || it.Status == 404:
				unsure = append(unsure, s)
			case it.Status == 429 && it.Error.Type != "cluster_block_exception":
				unsure = append(unsure, s)
				err = itemError(it.Status, it.Error.Type)
			default:
				return unsure, itemError(it.Status, it.Error.Type)
			}
		}
	}
	return unsure, err
}

// itemError is asError for a part of an answer.
func itemError(status int, typ string) error {
	if status == 0 {
		status = map[string]int{"index_not_found_exception": 404, "security_exception": 403, "index_closed_exception": 400, "es_rejected_execution_exception": 429}[typ]
	}
	if status == 0 {
		status = 503
	}
	return asError(status, typ)
}

// show refreshes what was touched, so that searches see it. Without the privilege it happens by itself, later.
func (w *work) show(ctx context.Context) error {
	for name := range w.touched {
		_, err := w.d.c.do(ctx, call{method: http.MethodPost, path: at(name, "_refresh")})
		if errkind.Of(err) == errkind.Canceled && err != nil {
			return err
		}
	}
	return nil
}

func (w *work) receipts() []pii.Receipt {
	var out []pii.Receipt
	for i, act := range w.unit.Acts {
		r := pii.Receipt{Unit: w.unit.ID, Dataset: act.Dataset.Ref, Method: act.Method, At: clock.Micros()}
		last := int64(-1)
		for _, s := range w.slots {
			switch {
			case !slices.Contains(s.acts, i):
			case s.state == acted:
				r.Affected++
				last = max(last, s.seq)
			default:
				r.FoundDone++
			}
		}
		if last >= 0 {
			r.Proof = fmt.Sprintf("operations up to number %d", last)
		}
		out = append(out, r)
	}
	return out
}
