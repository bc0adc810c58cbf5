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
	if err != nil {
		return nil, err
	}
	out := w.counts()
	room := int64(0)
	for _, j := range w.jobs {
		room += j.object.Size
	}
	for _, j := range w.jobs {
		if len(j.slots) > 0 {
			out = append(out, w.obstacles(ctx, j, room)...)
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
func (w *work) obstacles(ctx context.Context, j *job, room int64) (out []pii.Finding) {
	ref := w.unit.Acts[j.wants[0].act].Dataset.Ref
	if code, text := w.d.objs.Writable(j.object, room); code != "" {
		out = append(out, pii.Finding{Code: code, Dataset: ref, Text: text, Blocking: true})
	}
	if j.object.Links > 1 {
		out = append(out, pii.Finding{Code: findingLink, Dataset: ref, Text: "another hard link to the file keeps the old bytes", Records: int64(j.object.Links - 1)})
	}
	if err := j.writable(); err != nil {
		return append(out, pii.Finding{Code: connectors.FindingConstraint, Dataset: ref, Text: err.Error(), Blocking: true})
	}
	if !j.empty() {
		j.draft = nowhere{}
		if err := w.rewrite(ctx, j); err != nil {
			out = append(out, pii.Finding{Code: connectors.FindingConflict, Dataset: ref, Text: err.Error(), Blocking: true})
		}
		j.draft = nil
	}
	return out
}

// findingLink says that a file has a further name, under which its old bytes stay.
const findingLink = "hard-link"

// nowhere is a draft that is not kept: a rewrite into it shows whether the changes can be made.
type nowhere struct{}

// Write forgets.
func (nowhere) Write(b []byte) (int, error) { return len(b), nil }

// Commit does nothing.
func (nowhere) Commit(context.Context) error { return nil }

// Discard does nothing.
func (nowhere) Discard() {}
