package bucket

import (
	"context"

	"vestige/connectors"
	"vestige/internal/errkind"
	"vestige/pii"
)

// Check reads the objects of a unit as Erase would and says what that would do and what would keep it from it. It writes nothing.
func (d *Driver) Check(ctx context.Context, u pii.Unit) ([]pii.Finding, error) {
	w, err := d.look(ctx, u)
	if errkind.Of(err) == errkind.Unsupported || errkind.Of(err) == errkind.Invalid {
		return []pii.Finding{{Code: connectors.FindingConstraint, Dataset: u.Acts[0].Dataset.Ref, Text: err.Error(), Blocking: true}}, nil
	}
	if errkind.Of(err) == errkind.Permission && err != nil {
		return []pii.Finding{{Code: connectors.FindingPrivilege, Dataset: u.Acts[0].Dataset.Ref, Text: err.Error(), Blocking: true}}, nil
	}
	if err != nil {
		return nil, err
	}
	out := w.counts()
	room := int64(0)
	for _, j := range w.jobs {
		room += j.object.Size
	}
	for _, j := range w.jobs {
		if j.acts() {
			found, err := w.obstacles(ctx, j, room)
			if err != nil {
				return nil, err
			}
			out = append(out, found...)
		}
	}
	return out, nil
}

func (w *work) counts() (out []pii.Finding) {
	for i, act := range w.unit.Acts {
		out = append(out, pii.Finding{Code: connectors.FindingAffected, Dataset: act.Dataset.Ref, Text: "records that will change", Records: w.affected[i]})
		if w.done[i] > 0 {
			out = append(out, pii.Finding{Code: connectors.FindingDone, Dataset: act.Dataset.Ref, Text: "records that are done already", Records: w.done[i]})
		}
		n := int64(0)
		for _, c := range w.conflicts {
			if c == i {
				n++
			}
		}
		if n > 0 {
			out = append(out, pii.Finding{Code: connectors.FindingConflict, Dataset: act.Dataset.Ref, Text: "records that are no longer what was found", Records: n, Blocking: true})
		}
	}
	return out
}

// obstacles says what would keep an object from being written.
func (w *work) obstacles(ctx context.Context, j *job, room int64) (out []pii.Finding, err error) {
	ref := w.unit.Acts[j.wants[0].act].Dataset.Ref
	found, err := w.d.objs.Obstacles(ctx, j.object, room)
	if err != nil {
		return nil, err
	}
	for _, f := range found {
		f.Dataset = ref
		out = append(out, f)
	}
	if more := j.summary.Records - int64(len(j.slots)); j.old && more > 0 {
		out = append(out, pii.Finding{Code: findingWhole, Dataset: ref, Text: "further records of an old version, which goes as a whole", Records: more})
	}
	if err := j.writable(); err != nil {
		return append(out, pii.Finding{Code: connectors.FindingConstraint, Dataset: ref, Text: err.Error(), Blocking: true}), nil
	}
	if !j.empty() && len(j.slots) > 0 {
		j.draft = nowhere{}
		if err := w.rewrite(ctx, j); err != nil {
			out = append(out, pii.Finding{Code: connectors.FindingConflict, Dataset: ref, Text: err.Error(), Blocking: true})
		}
		j.draft = nil
	}
	return out, nil
}

// findingWhole counts what goes with an old version besides what was asked for: a version cannot be written again.
const findingWhole = "old-version"

// nowhere is a draft that is not kept: a rewrite into it shows whether the changes can be made.
type nowhere struct{}

// Write forgets.
func (nowhere) Write(b []byte) (int, error) { return len(b), nil }

// Finish does nothing.
func (nowhere) Finish() error { return nil }

// Commit does nothing.
func (nowhere) Commit(context.Context) (string, error) { return "", nil }

// Discard does nothing.
func (nowhere) Discard() {}
