package elasticsearch

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"time"

	"vestige/connectors"
	"vestige/internal/clock"
	"vestige/internal/errkind"
	"vestige/pii"
)

const (
	purgeLimit = 10 * time.Minute // of one index
	purgeEvery = 2 * time.Second

	purgesAtOnce = 8 // datasets
)

// Rungs says what remains of deleted documents.
func (d *Driver) Rungs(pii.Dataset) []connectors.Rung {
	physical := connectors.Rung{Name: "physical", Reached: "by-purge", Text: "deleted documents stay in segment files until these are merged, which the purge does; names of fields stay in the mapping, and searches that were logged as slow in the log"}
	if d != nil && d.keeps {
		physical.Reached, physical.Text = "by-system", "deleted documents stay in segment files until the cluster merges these by itself; names of fields stay in the mapping, and searches that were logged as slow in the log"
	}
	return []connectors.Rung{
		{Name: "logical", Reached: "by-erase", Text: "no search and no get gives the documents after the refresh"},
		physical,
		{Name: "versions", Reached: "unknown", Text: "a snapshot is a copy of the segment files: every one taken before the purge keeps the documents until it is deleted; the purge's receipt counts them"},
		{Name: "backups", Reached: "unknown", Text: "copies of the disks, and other clusters that follow this one, are outside of the connector"},
	}
}

// Purge merges the segments that hold deleted documents, until there are none. The datasets wait beside each other for the server to let go.
func (d *Driver) Purge(ctx context.Context, datasets []pii.Dataset) ([]pii.Receipt, error) {
	out, errs := make([]pii.Receipt, len(datasets)), make([]error, len(datasets))
	var all sync.WaitGroup
	slots := make(chan struct{}, purgesAtOnce)
	for i, ds := range datasets {
		all.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			out[i], errs[i] = d.purge(ctx, ds)
		})
	}
	all.Wait()
	for _, err := range errs {
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (d *Driver) purge(ctx context.Context, ds pii.Dataset) (pii.Receipt, error) {
	r := pii.Receipt{Dataset: ds.Ref, Method: pii.Purge}
	members, err := d.members(ctx, ds.Ref.Dataset)
	if err != nil {
		return r, err
	}
	var names []string
	for _, x := range members {
		if x.closed {
			continue
		}
		names = append(names, x.name)
		if d.keeps {
			continue
		}
		if err := d.expunge(ctx, x); err != nil {
			return r, err
		}
	}
	r.Proof = fmt.Sprintf("no deleted documents in %d indexes", len(names)) + d.snapshots(ctx, names)
	if d.keeps {
		r.Proof = fmt.Sprintf("deleted documents of %d indexes left to the cluster's merges", len(names)) + d.snapshots(ctx, names)
	}
	r.At = clock.Micros()
	return r, nil
}

// expunge merges one index. By itself the server leaves a segment alone until a tenth of it is deleted, and keeps deleted documents for about half a
// minute for copies that may need them.
func (d *Driver) expunge(ctx context.Context, x *index) error {
	post := func(path string) error {
		_, err := d.c.do(ctx, call{method: http.MethodPost, path: path, limit: purgeLimit})
		return err
	}
	if err := post(at(x.name, "_refresh")); err != nil {
		return err
	}
	if err := post(at(x.name, "_flush") + "?force=true&wait_if_ongoing=true"); err != nil {
		return err
	}
	st, err := d.stats(ctx, x.name)
	if err != nil || st.deleted == 0 {
		return err
	}
	if err := d.settings(ctx, x, "0", "false"); err != nil {
		return err
	}
	defer func() {
		_ = d.settings(context.WithoutCancel(ctx), x, x.setting("index.merge.policy.expunge_deletes_allowed"), x.setting("index.merge.scheduler.auto_throttle"))
	}()
	for began := clock.Now(); clock.Since(began) < purgeLimit; {
		if err := post(at(x.name, "_forcemerge") + "?only_expunge_deletes=true"); err != nil {
			return err
		}
		if err := post(at(x.name, "_refresh")); err != nil {
			return err
		}
		if st, err = d.stats(ctx, x.name); err != nil || st.deleted == 0 {
			return err
		}
		wait := time.NewTimer(purgeEvery)
		select {
		case <-ctx.Done():
			wait.Stop()
			return ctx.Err()
		case <-wait.C:
		}
	}
	return errkind.Coded(errkind.Transient, "not-expunged", "deleted documents are still in the segments of an index after %v", purgeLimit)
}

// settings sets what makes a merge complete and fast, or puts back what was there.
func (d *Driver) settings(ctx context.Context, x *index, allowed, throttle string) error {
	null := func(s string) string {
		if s == "" {
			return "null"
		}
		return `"` + s + `"`
	}
	body := fmt.Sprintf(`{"index.merge.policy.expunge_deletes_allowed":%s,"index.merge.scheduler.auto_throttle":%s}`, null(allowed), null(throttle))
	_, err := d.c.do(ctx, call{method: http.MethodPut, path: at(x.name, "_settings"), body: []byte(body)})
	return err
}

// snapshots counts those that hold one of the indexes; they keep what the purge destroys.
func (d *Driver) snapshots(ctx context.Context, names []string) string {
	var got struct {
		Snapshots []struct{ Indices []string }
	}
	if d.c.get(ctx, "/_snapshot/*/*?verbose=false", &got) != nil {
		return "; snapshots could not be listed"
	}
	n := 0
	for _, s := range got.Snapshots {
		if slices.ContainsFunc(names, func(name string) bool { return slices.Contains(s.Indices, name) }) {
			n++
		}
	}
	return fmt.Sprintf("; %d snapshots hold them", n)
}
