package bucket

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"path"
	"slices"
	"strings"

	"vestige/internal/clock"
	"vestige/internal/decode"
	"vestige/internal/errkind"
	"vestige/pii"
)

// Methods says what can be done to records: everything that writing an object again can do, and removing what nobody can read.
func (d *Driver) Methods(ds pii.Dataset) []pii.Method {
	_, old := ofVersions(ds.Ref.Dataset)
	switch {
	case ds.Gap != nil:
		return nil
	case old: // whatever is to be done to a record of an old version, the version goes
	case ds.Format == decode.Other || strings.HasPrefix(ds.Format, decode.Other+"+"):
		return []pii.Method{pii.Delete}
	}
	if !old && ds.Format == decode.XLSX {
		return nil // rows of a workbook are referred to by formulas, names and charts: a person has to do it
	}
	return []pii.Method{pii.Delete, pii.Nullify, pii.Redact, pii.Pseudonymise, pii.Detach, pii.Rewrite}
}

// Erase writes every object of the unit anew beside the old one, and puts all in place only when each is written and none has changed.
func (d *Driver) Erase(ctx context.Context, u pii.Unit) ([]pii.Receipt, error) {
	d.writes.Lock()
	defer d.writes.Unlock()
	w, err := d.look(ctx, u)
	if err != nil {
		return nil, err
	}
	if len(w.conflicts) > 0 {
		return nil, errkind.Coded(errkind.Conflict, "record-changed", "%d records are no longer what was found", len(w.conflicts))
	}
	defer w.discard()
	for _, j := range w.jobs {
		if err := w.write(ctx, j); err != nil {
			return nil, err
		}
	}
	for _, j := range w.jobs {
		if err := w.place(ctx, j); err != nil {
			return nil, err
		}
		if err := w.sweep(context.WithoutCancel(ctx), j); err != nil {
			return nil, err
		}
	}
	return w.receipts(), nil
}

// work is a unit: one job an object.
type work struct {
	d         *Driver
	unit      pii.Unit
	jobs      []*job
	affected  []int64 // by act
	done      []int64
	conflicts []int // the acts of targets that are no longer what was found
}

// job is what is to be done to one object in one pass.
type job struct {
	key     string
	dataset string
	wants   []*want
	old     bool   // it is an old version, which goes as a whole
	version string // its id

	missing bool
	listed  object
	object  object
	sum     [32]byte // of the bytes as stored
	summary decode.Summary
	slots   map[int64]*slot // by the number that the record has now
	deletes int64
	labels  *labels // that it is to have; nil where they stay
	draft   draft
	proof   []byte
	notes   []string // what the store could not promise
	remove  bool
}

// want is one target.
type want struct {
	act     int
	ordinal int64 // the number that it had when it was found, -1 unknown
	short   string
	target  pii.Target
	delete  bool
	settled bool // nothing is left to be changed
	state   state
}

type state uint8

const (
	untouched state = iota
	found
	gone
	changedSince
)

// slot is what happens to one record.
type slot struct {
	digest  [32]byte
	delete  bool
	changes []pii.Change
}

// look finds every target of the unit, and changes nothing.
func (d *Driver) look(ctx context.Context, u pii.Unit) (*work, error) {
	w := &work{d: d, unit: u, affected: make([]int64, len(u.Acts)), done: make([]int64, len(u.Acts))}
	if err := w.sort(); err != nil {
		return nil, err
	}
	for _, j := range w.jobs {
		if err := w.find(ctx, j); err != nil {
			return nil, err
		}
		w.count(j)
	}
	return w, nil
}

// sort makes jobs of the targets.
func (w *work) sort() error {
	byKey := map[string]*job{}
	for i, act := range w.unit.Acts {
		if !slices.Contains(w.d.Methods(act.Dataset), act.Method) {
			return errkind.New(errkind.Unsupported, "%s cannot be done to objects", act.Method)
		}
		member := matcherOf(act.Dataset.Ref.Dataset)
		for _, t := range act.Targets {
			n, err := wantOf(i, act.Method, t)
			if err != nil {
				return err
			}
			key := t.Key[0].Reveal()
			if !member.MatchString(key) {
				return errkind.New(errkind.NotFound, "the dataset has no such object")
			}
			_, old := ofVersions(act.Dataset.Ref.Dataset)
			_, version, _ := strings.Cut(t.Key[1].Reveal(), "@")
			id := key + "\x00" + version
			if old != (version != "") {
				return errkind.New(errkind.Invalid, "the key of a record is not one of the dataset")
			}
			if byKey[id] == nil {
				byKey[id] = &job{key: key, old: old, version: version, dataset: act.Dataset.Ref.Dataset, slots: map[int64]*slot{}}
				w.jobs = append(w.jobs, byKey[id])
			}
			byKey[id].wants = append(byKey[id].wants, n)
		}
	}
	return nil
}

func wantOf(act int, method pii.Method, t pii.Target) (*want, error) {
	if len(t.Key) != 2 {
		return nil, errkind.New(errkind.Invalid, "a record of an object is known by the object's key and its own")
	}
	ordinal, short, ok := parseID(t.Key[1].Reveal())
	if !ok {
		return nil, errkind.New(errkind.Invalid, "the key of a record is not one")
	}
	n := &want{act: act, ordinal: ordinal, short: short, target: t, delete: method == pii.Delete}
	if t.Digest != (pii.Digest{}) && hex.EncodeToString(t.Digest[:6]) != short {
		n.state = changedSince
	}
	return n, nil
}

func (w *work) count(j *job) {
	for _, n := range j.wants {
		switch n.state {
		case found:
			w.affected[n.act]++
		case gone:
			w.done[n.act]++
		default:
			w.conflicts = append(w.conflicts, n.act)
		}
	}
}

// empty tells whether nothing would be left of the object. A header stays, unless somebody's value in the object's key would stay with it.
func (j *job) empty() bool {
	if j.old {
		return true
	}
	if len(j.slots) == 0 {
		return false
	}
	if j.summary.Gap != "" && j.summary.Info.Format != decode.Other || j.deletes < j.summary.Records {
		return false
	}
	if j.summary.Info.Format == decode.SQL {
		return false
	}
	if !tabular(j.summary.Info.Format) || !j.summary.Info.Header {
		return true
	}
	values := matcherOf(j.dataset).FindStringSubmatch(j.key)
	return values == nil || slices.ContainsFunc(values[1:], func(v string) bool { return !harmless(v) })
}

// writable says why the object cannot be written again, nil where it can.
func (j *job) writable() error {
	if j.empty() || len(j.slots) == 0 {
		return nil
	}
	switch s := j.summary; {
	case s.Info.Format == decode.Other:
		return errkind.Coded(errkind.Unsupported, decode.GapFormat, "an object of this format can only be removed")
	case (contained(s.Info.Format) || s.Info.Gzip || s.Info.Zstd || s.Info.Charset != "") && s.Gap != "":
		return errkind.Coded(errkind.Unsupported, s.Gap, "an object that cannot be read to its end cannot be written again")
	}
	return nil
}

// write makes the draft of a job, or decides that the object goes.
func (w *work) write(ctx context.Context, j *job) error {
	if j.missing || !j.acts() {
		return nil
	}
	if err := j.writable(); err != nil {
		return err
	}
	if j.empty() {
		j.remove = true
		return nil
	}
	draft, err := w.d.objs.Replace(ctx, j.object)
	if err != nil {
		return err
	}
	j.draft = draft
	if err := j.putLabels(); err != nil {
		return err
	}
	if err := w.rewrite(ctx, j); err != nil {
		return err
	}
	return draft.Finish()
}

// place puts a job's draft in place, or removes the object.
func (w *work) place(ctx context.Context, j *job) error {
	ctx = context.WithoutCancel(ctx)
	if j.draft != nil {
		note, err := j.draft.Commit(ctx)
		j.note(note)
		return err
	}
	if j.remove {
		j.proof = []byte("removed")
		note, err := w.d.objs.Delete(ctx, j.object)
		j.note(note)
		if err != nil {
			return err
		}
	}
	if j.remove || j.missing {
		w.d.objs.Prune(ctx, j.folders())
	}
	return nil
}

func (j *job) note(text string) {
	if text != "" && !slices.Contains(j.notes, text) {
		j.notes = append(j.notes, text)
	}
}

// folders gives the folders of a removed object that have somebody's value in their names, the deepest first: empty they would keep it.
func (j *job) folders() (out []string) {
	key, pattern := path.Dir(j.key), path.Dir(j.dataset)
	for strings.Contains(path.Base(pattern), hole) {
		values := matcherOf(path.Base(pattern)).FindStringSubmatch(path.Base(key))
		if values == nil || !slices.ContainsFunc(values[1:], func(v string) bool { return !harmless(v) }) {
			break
		}
		out = append(out, key)
		key, pattern = path.Dir(key), path.Dir(pattern)
	}
	return out
}

func (w *work) discard() {
	for _, j := range w.jobs {
		if j.draft != nil {
			j.draft.Discard()
		}
	}
}

func (w *work) receipts() []pii.Receipt {
	var out []pii.Receipt
	for i, act := range w.unit.Acts {
		out = append(out, pii.Receipt{
			Unit: w.unit.ID, Dataset: act.Dataset.Ref, Method: act.Method, Affected: w.affected[i], FoundDone: w.done[i], Proof: w.proof(i), At: clock.Micros(),
		})
	}
	return out
}

// proof is made of the new bytes of an act's objects.
func (w *work) proof(act int) string {
	h := sha256.New()
	n := 0
	notes := ""
	for _, j := range w.jobs {
		if j.proof != nil && slices.ContainsFunc(j.wants, func(n *want) bool { return n.act == act && n.state == found }) {
			h.Write(j.proof)
			n++
			for _, note := range j.notes {
				if !strings.Contains(notes, note) {
					notes += "; " + note
				}
			}
		}
	}
	if n == 0 {
		return ""
	}
	return fmt.Sprintf("sha256:%x of %d objects%s", h.Sum(nil)[:8], n, notes)
}
