package bucket

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"slices"

	"vestige/internal/decode"
	"vestige/internal/errkind"
	"vestige/pii"
)

// find reads the object of a job and tells which of its records are wanted.
func (w *work) find(ctx context.Context, j *job) error {
	candidates := map[string][]int64{}
	digests := map[int64][32]byte{}
	changes := false
	for _, n := range j.wants {
		if !n.isLabels() {
			candidates[n.short] = nil
			changes = changes || !n.delete
		}
	}
	var info *decode.Info
	err := w.identify(ctx, j)
	if err == nil && j.rows() {
		err = w.read(ctx, j, changes, func(it *decode.Item) error {
			if it.Kind == decode.Start {
				info = it.Info
			}
			if it.Kind != decode.Record {
				return nil
			}
			short := hex.EncodeToString(it.Digest[:6])
			if list, wanted := candidates[short]; wanted {
				candidates[short] = append(list, it.Ordinal)
				digests[it.Ordinal] = it.Digest
				j.compare(info, it, short)
			}
			return nil
		})
	}
	if err == nil {
		err = w.findLabels(ctx, j)
	}
	if errkind.Of(err) == errkind.NotFound && err != nil {
		j.missing = true
		for _, n := range j.wants {
			n.state = gone
		}
		return nil
	}
	if err != nil {
		return err
	}
	j.assign(candidates, digests)
	return w.asLeft(ctx, j)
}

// identify looks the job's object, or the old version of it, up in the store.
func (w *work) identify(ctx context.Context, j *job) error {
	there := false
	err := w.d.objs.Each(ctx, []string{j.key}, func(o object) error {
		if o.Old == j.old && (!o.Old || o.ID == j.version) {
			j.listed, there = o, true
		}
		return nil
	})
	if err == nil && !there {
		err = errkind.New(errkind.NotFound, "an object is not there any more")
	}
	return err
}

// compare tells which targets are already as their changes leave them.
func (j *job) compare(info *decode.Info, it *decode.Item, short string) {
	for _, n := range j.wants {
		if !n.delete && n.short == short && !n.settled {
			n.settled = settled(info, it, n.target.Changes) // its digest says that all candidates are alike
		}
	}
}

// read gives the items of a job's object and remembers what the object was; a second reading must find the same bytes.
func (w *work) read(ctx context.Context, j *job, raw bool, f func(*decode.Item) error) error {
	if j.listed.Shell != "" && (j.listed.Shell != shellEmpty || j.wantsShell()) {
		return j.readShell(f)
	}
	file, err := w.d.objs.Open(ctx, j.listed)
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }()
	o, err := file.Stat()
	if err != nil {
		return err
	}
	s, sum, err := w.whole(ctx, file, decode.Options{Ext: formatExt(j.key), Raw: raw}, f)
	if err != nil {
		return fault(err, "read an object")
	}
	switch first := &j.summary; {
	case s.Gap == decode.GapFailed || s.Gap == decode.GapSlow:
		return errkind.Coded(errkind.Transient, s.Gap, "an object could not be read to its end")
	case j.object.Version == "":
		j.object, j.sum, j.summary = o, sum, s
	case j.object.Version != o.Version || j.sum != sum || first.Gap != s.Gap || first.Records != s.Records || first.Bytes != s.Bytes:
		return changedMeanwhile()
	}
	return nil
}

// wantsShell tells whether the job is about an empty object as such.
func (j *job) wantsShell() bool {
	it := j.listed.shell()
	short := hex.EncodeToString(it.Digest[:6])
	return slices.ContainsFunc(j.wants, func(n *want) bool { return n.short == short })
}

// readShell gives the one record of an object of which only the key is known.
func (j *job) readShell(f func(*decode.Item) error) error {
	j.object, j.summary = j.listed, decode.Summary{Info: decode.Info{Format: decode.Other}, Records: 1}
	if err := f(&decode.Item{Kind: decode.Start, Info: &j.summary.Info}); err != nil {
		return err
	}
	return f(j.listed.shell())
}

// whole gives the items of an open object and the digest of all its bytes.
func (w *work) whole(ctx context.Context, file file, o decode.Options, f func(*decode.Item) error) (s decode.Summary, sum [32]byte, err error) {
	size, at, err := container(file)
	if err != nil {
		return s, sum, err
	}
	if at {
		s, err = w.d.pool.DecodeAt(ctx, o, &ranges{f: file}, size, f)
		if err == nil && s.Info.Format != decode.Other {
			sum, err = digestOf(file)
			return s, sum, err
		}
	}
	if err != nil {
		return s, sum, err
	}
	if _, err = file.Seek(0, io.SeekStart); err != nil {
		return s, sum, err
	}
	h := sha256.New()
	in := io.TeeReader(file, h)
	if s, err = w.d.pool.Decode(ctx, o, in, f); err == nil {
		_, err = io.Copy(io.Discard, in)
	}
	return s, [32]byte(h.Sum(nil)), err
}

// assign tells each target the number that its record has now. Records before it may be gone, so a record that is not at its number is looked for
// by its digest; of records that are equal any will do.
func (j *job) assign(candidates map[string][]int64, digests map[int64][32]byte) {
	slices.SortStableFunc(j.wants, func(a, b *want) int { return cmp.Compare(a.ordinal, b.ordinal) })
	taken := map[int64]int64{} // the number now, by the number when it was found
	used := map[int64]bool{}
	for _, n := range j.wants {
		if n.state == untouched && slices.Contains(candidates[n.short], n.ordinal) {
			taken[n.ordinal], used[n.ordinal] = n.ordinal, true
		}
	}
	for _, n := range j.wants {
		if n.state != untouched {
			continue
		}
		at, ok := taken[n.ordinal]
		if !ok || n.ordinal < 0 {
			i := slices.IndexFunc(candidates[n.short], func(c int64) bool { return !used[c] })
			if i < 0 {
				continue
			}
			at = candidates[n.short][i]
			taken[n.ordinal], used[at] = at, true
		}
		if n.target.Digest != (pii.Digest{}) && digests[at] != n.target.Digest {
			n.state = changedSince
			continue
		}
		if n.settled {
			n.state = gone
			continue
		}
		n.state = found
		j.slot(at, digests[at]).add(j, n)
	}
}

func (j *job) slot(at int64, digest [32]byte) *slot {
	if j.slots[at] == nil {
		j.slots[at] = &slot{digest: digest}
	}
	return j.slots[at]
}

func (s *slot) add(j *job, n *want) {
	if n.delete && !s.delete {
		s.delete = true
		j.deletes++
	}
	s.changes = append(s.changes, n.target.Changes...)
}

// asLeft looks at the targets that were not found. A record that is to go is gone. One that is to be changed is done if the record at its number, or at
// one shortly before it, holds everything as the change leaves it.
func (w *work) asLeft(ctx context.Context, j *job) error {
	var open []*want
	for _, n := range j.wants {
		switch {
		case n.state != untouched:
		case n.delete && j.summary.Gap != "" && j.summary.Gap != decode.GapFormat:
			n.state = changedSince // it may stand behind the damage
		case n.delete:
			n.state = gone
		default:
			n.state = changedSince
			open = append(open, n)
		}
	}
	if len(open) == 0 {
		return nil
	}
	info := &j.summary.Info
	return w.read(ctx, j, true, func(it *decode.Item) error {
		if it.Kind != decode.Record {
			return nil
		}
		for _, n := range open {
			if n.state != changedSince || it.Ordinal > n.ordinal || it.Ordinal < n.ordinal-nearby {
				continue
			}
			if settled(info, it, n.target.Changes) {
				n.state = gone
			}
		}
		return nil
	})
}

// nearby is how far a changed record is looked for: so many records before it may have gone since it was found.
const nearby = 256
