package bucket

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"maps"
	"mime"
	"slices"
	"strings"
	"unicode"

	"vestige/internal/decode"
	"vestige/internal/errkind"
	"vestige/pii"
)

// labels is what stands beside the bytes of an object and can be somebody's: the metadata that its writer gave it, and its tags. They are one record of
// the object, with a field for each.
type labels struct{ meta, tags map[string]string }

// The fields of labels begin so.
const (
	metaField = "{meta."
	tagField  = "{tag."
)

// labelsOrdinal is the number of the record of labels, and labelsID the beginning of its id.
const (
	labelsOrdinal = -2
	labelsID      = "labels"
)

// isLabel tells whether a field is one of labels.
func isLabel(field string) bool {
	return strings.HasPrefix(field, metaField) || strings.HasPrefix(field, tagField)
}

func (l labels) empty() bool { return len(l.meta)+len(l.tags) == 0 }

// plainLabel gives a value of metadata as it was meant: what is not ASCII is encoded on its way.
func plainLabel(v string) string {
	if plain, err := new(mime.WordDecoder).DecodeHeader(v); err == nil {
		return plain
	}
	return v
}

// fields gives all labels by the names of their fields.
func (l labels) fields() map[string]string {
	out := map[string]string{}
	for k, v := range l.meta {
		out[metaField+strings.ToLower(k)+"}"] = plainLabel(v)
	}
	for k, v := range l.tags {
		out[tagField+k+"}"] = v
	}
	return out
}

// item gives the record of the labels.
func (l labels) item() *decode.Item {
	it := &decode.Item{Kind: decode.Record, Ordinal: labelsOrdinal}
	fields := l.fields()
	h := sha256.New()
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		_, _ = fmt.Fprintf(h, "%q=%q\n", name, fields[name])
		it.Values = append(it.Values, decode.Value{Name: name, Bytes: []byte(fields[name])})
	}
	it.Digest = [32]byte(h.Sum(nil))
	return it
}

// with gives the labels with changes; a label that is NULL goes.
func (l labels) with(changes []pii.Change) (labels, error) {
	fields, byField := l.fields(), map[string][]pii.Change{}
	for _, c := range changes {
		if !isLabel(c.Field) || c.Path != "" || c.Member {
			return l, errkind.New(errkind.Unsupported, "a label is changed as a whole or at places of its text")
		}
		byField[c.Field] = append(byField[c.Field], allowed(c))
	}
	out := labels{meta: maps.Clone(l.meta), tags: maps.Clone(l.tags)}
	for field, own := range byField {
		was, here := fields[field]
		text, null, err := changed([]byte(was), !here, own)
		if err != nil {
			return l, err
		}
		if here && string(text) == was && !null {
			continue
		}
		out.set(field, string(text), null)
	}
	return out, nil
}

// allowed gives a change as its label can hold it: tags have letters, digits, space and few signs.
func allowed(c pii.Change) pii.Change {
	if !strings.HasPrefix(c.Field, tagField) || c.New.Null() {
		return c
	}
	c.New = pii.NewValue(strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) || strings.ContainsRune(" +-=._:/@", r) {
			return r
		}
		return '_'
	}, c.New.Reveal()))
	return c
}

// set gives a label another value.
func (l labels) set(field, text string, null bool) {
	values, name := l.tags, strings.TrimSuffix(strings.TrimPrefix(field, tagField), "}")
	if strings.HasPrefix(field, metaField) {
		values, name = l.meta, strings.TrimSuffix(strings.TrimPrefix(field, metaField), "}")
		for k := range values {
			if strings.EqualFold(k, name) {
				name = k
			}
		}
		text = mime.BEncoding.Encode("utf-8", text)
	}
	if null {
		delete(values, name)
	} else if values != nil {
		values[name] = text
	}
}

// settled tells whether the labels are as changes leave them.
func (l labels) settled(changes []pii.Change) bool {
	byField := map[string][]pii.Change{}
	for _, c := range changes {
		byField[c.Field] = append(byField[c.Field], allowed(c))
	}
	fields := l.fields()
	for field, own := range byField {
		value, here := fields[field]
		if !settledValue([]byte(value), here, own) {
			return false
		}
	}
	return len(changes) > 0
}

// labelled is a file, and relabelled a draft, that has labels.
type (
	labelled   interface{ labels() (labels, error) }
	relabelled interface{ relabel(l labels) }
)

// labels yields the record of an object's labels, where it has any and they are wanted.
func (r *reading) labels(f any) error {
	lf, ok := f.(labelled)
	if !ok || r.sought != nil || !r.wantsLabels() {
		return nil
	}
	l, err := lf.labels()
	if errkind.Of(err) == errkind.Permission && err != nil { // the metadata is known nevertheless
		if err = nil; !r.untold && r.keys == nil {
			r.untold = true
			if err := r.gap(faultPermission, "there is no permission to read the tags of objects", -1); err != nil {
				return err
			}
		}
	}
	if code, fatal := failure(r.ctx, err); fatal != nil || code != "" {
		return fatal // what is wrong with the object is told when its bytes are read
	}
	if l.empty() {
		return nil
	}
	return r.item(l.item())
}

func (r *reading) wantsLabels() bool {
	if r.keys == nil || r.keys[r.key].all {
		return true
	}
	for id := range r.keys[r.key].ids {
		if strings.HasPrefix(id, labelsID+".") {
			return true
		}
	}
	return false
}

// isLabels tells whether a target is a record of labels.
func (n *want) isLabels() bool { return n.ordinal == labelsOrdinal }

// rows tells whether the job is about records in the object's bytes.
func (j *job) rows() bool {
	return slices.ContainsFunc(j.wants, func(n *want) bool { return !n.isLabels() })
}

// acts tells whether there is something to be done.
func (j *job) acts() bool { return len(j.slots) > 0 || j.labels != nil }

// findLabels tells what is to happen to the labels of a job's object.
func (w *work) findLabels(ctx context.Context, j *job) error {
	if !slices.ContainsFunc(j.wants, (*want).isLabels) {
		return nil
	}
	now, err := w.labelsOf(ctx, j.listed)
	if err != nil {
		return err
	}
	it := now.item()
	next := now
	for _, n := range j.wants {
		if !n.isLabels() || n.state != untouched {
			continue
		}
		switch {
		case n.delete && now.empty(), !n.delete && now.settled(n.target.Changes):
			n.state = gone
		case hex.EncodeToString(it.Digest[:6]) != n.short:
			n.state = changedSince
		case n.delete:
			n.state, next = found, labels{}
		default:
			n.state = found
			if next, err = next.with(n.target.Changes); err != nil {
				return err
			}
		}
		if n.state == found {
			j.labels = &next
		}
	}
	if j.object.Version == "" {
		j.object = j.listed
	}
	return nil
}

// labelsOf asks for the labels of an object.
func (w *work) labelsOf(ctx context.Context, o object) (labels, error) {
	f, err := w.d.objs.Open(ctx, o)
	if err != nil {
		return labels{}, err
	}
	defer func() { _ = f.Close() }()
	if lf, ok := f.(labelled); ok {
		return lf.labels()
	}
	return labels{}, nil
}

// putLabels gives the draft of a job the labels that it is to have.
func (j *job) putLabels() error {
	if j.labels == nil {
		return nil
	}
	d, ok := j.draft.(relabelled)
	if !ok {
		return errkind.New(errkind.Unsupported, "objects of this store have no labels")
	}
	d.relabel(*j.labels)
	return nil
}

// again copies an object of which only the labels change.
func (w *work) again(ctx context.Context, j *job, out io.Writer) error {
	f, err := w.d.objs.Open(ctx, j.listed)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	if _, err := io.Copy(out, f); err != nil {
		return fault(err, "read an object")
	}
	return nil
}

// heldLabels tells whether a version has the labels that are done now in the one above it.
func (j *job) heldLabels(f any) bool {
	lf, ok := f.(labelled)
	if !ok {
		return false
	}
	l, err := lf.labels()
	it := l.item()
	return err == nil && slices.ContainsFunc(j.wants, func(n *want) bool {
		return n.isLabels() && n.state == gone && bytes.HasPrefix([]byte(hex.EncodeToString(it.Digest[:6])), []byte(n.short))
	})
}
