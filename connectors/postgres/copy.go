package postgres

import (
	"context"
	"encoding/binary"
	"errors"
	"strconv"
	"strings"

	"vestige/pii"
)

// copy reads by COPY in binary form, straight into the batch: the way on which the server and this side do least for a value. rest follows the table's name.
func (r *reader) copy(ctx context.Context, rest string, limit int64) error {
	if limit > 0 {
		rest += " LIMIT " + strconv.FormatInt(limit, 10)
	}
	return r.copyTo(ctx, newCopied(ctx, r), rest)
}

func (r *reader) copyTo(ctx context.Context, w *copied, rest string) error {
	_, err := r.c.pc.CopyTo(ctx, w, "COPY "+r.copied(rest)+" TO STDOUT (FORMAT binary)")
	if errors.Is(err, errEnough) {
		return err
	}
	return r.c.kind(ctx, err)
}

// copied names what a COPY reads: the table itself where nothing has to be computed, else a query.
func (r *reader) copied(rest string) string {
	plain := r.l.kind == 'r' && rest == "" && len(r.selects) > 0
	for i := range r.l.columns {
		c := &r.l.columns[i]
		_, wanted := r.places[c.name]
		plain = plain && (!wanted || c.t.read == "%" && !c.computed)
	}
	if plain {
		return r.l.plain() + " (" + strings.Join(r.selects, ", ") + ")"
	}
	return "(" + r.sql(rest) + ")"
}

// copied takes the stream of a COPY: a header, then for each row the number of values and each behind its length, -1 for NULL.
type copied struct {
	r      *reader
	ctx    context.Context // of the one call in which the stream is read
	rest   []byte          // of a row that is not whole yet
	begun  bool
	ended  bool
	text   []byte
	looked int
	whole  bool       // the columns of the batch are those of the stream, in its order
	keep   *reservoir // of a sample: rows are kept, not taken
}

func newCopied(ctx context.Context, r *reader) *copied {
	w := &copied{r: r, ctx: ctx}
	w.whole = len(r.fields) == len(r.selects) && w.inOrder()
	return w
}

// header is the signature, the flags and the length of an extension that nobody uses.
const header = 19

// Write takes a part of the stream.
func (w *copied) Write(p []byte) (int, error) {
	n := len(p)
	if len(w.rest) > 0 {
		p = append(w.rest, p...)
	}
	if !w.begun {
		if len(p) < header {
			w.rest = append([]byte(nil), p...)
			return n, nil
		}
		p, w.begun = p[header:], true
	}
	for len(p) > 0 && !w.ended {
		used, err := w.row(p)
		if err != nil {
			return 0, err
		}
		if used == 0 {
			break
		}
		p = p[used:]
	}
	w.rest = append(w.rest[:0:0], p...)
	return n, nil
}

// row takes one row and gives how many bytes it had, 0 where it is not whole.
func (w *copied) row(p []byte) (int, error) {
	if len(p) < 2 {
		return 0, nil
	}
	count := int(int16(binary.BigEndian.Uint16(p)))
	if count == -1 {
		w.ended = true
		return 2, nil
	}
	if count != max(1, len(w.r.selects)) {
		return 0, garbled()
	}
	at := 2
	for range count {
		if len(p) < at+4 {
			return 0, nil
		}
		size := int(int32(binary.BigEndian.Uint32(p[at:])))
		if at += 4 + max(0, size); len(p) < at {
			return 0, nil
		}
	}
	if w.looked++; w.looked%64 == 0 && w.ctx.Err() != nil {
		return 0, w.ctx.Err()
	}
	if w.keep != nil {
		w.keep.see(p[:at])
		return at, nil
	}
	return at, w.take(p[:at])
}

// take appends the values of a whole row in the order of the batch's columns.
func (w *copied) take(p []byte) (err error) {
	r := w.r
	if w.whole {
		at := 2
		for i, f := range r.forms {
			size := int(int32(binary.BigEndian.Uint32(p[at:])))
			at += 4
			if size < 0 {
				r.batch.Append(i, nil)
				continue
			}
			if err := w.value(i, f, p[at:at+size:at+size]); err != nil {
				return err
			}
			at += size
		}
	} else if err := w.shuffled(p); err != nil {
		return err
	}
	r.batch.EndRecord(nil, pii.Digest{})
	return r.filled()
}

func (w *copied) inOrder() bool {
	for i, place := range w.r.fields {
		if i != place {
			return false
		}
	}
	return true
}

// value appends one value; those that are text already are not written twice.
func (w *copied) value(column int, f form, v []byte) (err error) {
	if f <= asText || f == asBytes {
		w.r.batch.Append(column, v)
		return nil
	}
	if to, ok := w.r.batch.Slot(column); ok {
		if to, err = appendValue(to, f, v); err == nil {
			w.r.batch.Fill(column, to)
		}
		return err
	}
	if w.text, err = appendValue(w.text[:0], f, v); err != nil {
		return err
	}
	if w.text == nil {
		w.text = []byte{}
	}
	w.r.batch.Append(column, w.text)
	return nil
}

// shuffled appends a row whose columns are wanted in another order, or twice.
func (w *copied) shuffled(p []byte) error {
	r := w.r
	values := make([][]byte, len(r.selects))
	at := 2
	for i := range values {
		size := int(int32(binary.BigEndian.Uint32(p[at:])))
		if at += 4; size >= 0 {
			values[i] = p[at : at+size : at+size]
			at += size
		}
	}
	for i, place := range r.fields {
		if values[place] == nil {
			r.batch.Append(i, nil)
			continue
		}
		if err := w.value(i, r.forms[place], values[place]); err != nil {
			return err
		}
	}
	return nil
}
