package elasticsearch

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
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

	purgesAtOnce   = 8 // datasets
	snapshotsNamed = 12
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
		{Name: "translog", Reached: "by-purge", Text: "the translog holds operations until it is flushed, which the purge does"},
		{Name: "versions", Reached: "unknown", Text: "a snapshot is a copy of the segment files: every one taken before the purge keeps the documents until it is deleted; the purge's receipt names them"},
		{Name: "backups", Reached: "unknown", Text: "copies of the disks, and other clusters that follow this one, are outside of the connector"},
	}
}

// Purge merges the segments that hold deleted documents, until there are none, and says what keeps them all the same. The datasets wait beside each other
// for the server to let go.
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
	return out, ctx.Err()
}

// purge does one dataset.
func (d *Driver) purge(ctx context.Context, ds pii.Dataset) (pii.Receipt, error) {
	r := pii.Receipt{Dataset: ds.Ref, Method: pii.Purge}
	members, err := d.members(ctx, ds.Ref.Dataset)
	if err != nil {
		return r, err
	}
	var names []string
	closed := 0
	for _, x := range members {
		if x.closed {
			closed++
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
	r.Proof = "no deleted documents in the segments of " + amount(len(names), "index", "indexes") + ", the translog is flushed"
	if d.keeps {
		r.Proof = "deleted documents of " + amount(len(names), "index", "indexes") + " left to the cluster's merges"
	}
	if closed > 0 {
		r.Proof += "; " + amount(closed, "closed index is", "closed indexes are") + " as before"
	}
	r.Proof += d.readers(ctx, names) + d.away(ctx, names) + d.snapshots(ctx, names)
	r.At = clock.Micros()
	return r, ctx.Err()
}

// amount writes a number with what it is a number of.
func amount(n int, singular, plural string) string {
	if n == 1 {
		return "1 " + singular
	}
	return fmt.Sprintf("%d %s", n, plural)
}

// readers tells of snapshots for reading that clients hold open: they read old files until they are closed.
func (d *Driver) readers(ctx context.Context, names []string) string {
	open := 0
	for _, name := range names {
		var got struct {
			All struct {
				Total struct {
					Search struct {
						Open int `json:"open_contexts"`
					}
				}
			} `json:"_all"`
		}
		if d.c.get(ctx, at(name, "_stats", "search"), &got) == nil {
			open += got.All.Total.Search.Open
		}
	}
	if open == 0 {
		return ""
	}
	return "; " + amount(open, "scroll or point in time is", "scrolls or points in time are") + " open and may still read them"
}

// away tells of copies of shards that are not there to be merged.
func (d *Driver) away(ctx context.Context, names []string) string {
	away := 0
	for _, name := range names {
		var health struct {
			Unassigned   int `json:"unassigned_shards"`
			Initializing int `json:"initializing_shards"`
			Relocating   int `json:"relocating_shards"`
		}
		if d.c.get(ctx, at("_cluster", "health", name), &health) == nil {
			away += health.Unassigned + health.Initializing + health.Relocating
		}
	}
	if away == 0 {
		return ""
	}
	return "; " + amount(away, "copy of a shard is", "copies of shards are") + " away or on the move, and kept as before where they exist"
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
		err := post(at(x.name, "_forcemerge") + "?only_expunge_deletes=true")
		if err != nil && clock.Since(began) >= purgeLimit {
			break // it puts merges off where its disks are nearly full
		}
		if err != nil {
			return err
		}
		if err := post(at(x.name, "_refresh")); err != nil {
			return err
		}
		if st, err = d.stats(ctx, x.name); err != nil || st.deleted == 0 {
			return err
		}
		if err := clock.Wait(ctx, purgeEvery); err != nil {
			return err
		}
	}
	return errkind.Coded(errkind.Transient, "not-expunged", "%d deleted documents are still in the segments of an index after %v: merges wait where the cluster's disks are nearly full", st.deleted, purgeLimit)
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

// snapshots names those that hold one of the indexes; they keep what the purge destroys.
func (d *Driver) snapshots(ctx context.Context, names []string) string {
	var repositories map[string]any
	if d.c.get(ctx, "/_snapshot", &repositories) != nil {
		return "; snapshots could not be listed"
	}
	var found []string
	for _, repository := range slices.Sorted(maps.Keys(repositories)) {
		var got struct {
			Snapshots []struct {
				Snapshot string
				Indices  []string
			}
		}
		if d.c.get(ctx, at("_snapshot", repository, "_all")+"?verbose=false", &got) != nil {
			found = append(found, repository+" (could not be listed)")
		}
		for _, s := range got.Snapshots {
			if slices.ContainsFunc(names, func(name string) bool { return slices.Contains(s.Indices, name) }) {
				found = append(found, repository+"/"+s.Snapshot)
			}
		}
	}
	if len(found) == 0 {
		return "; no snapshot holds them"
	}
	text := "; " + amount(len(found), "snapshot holds", "snapshots hold") + " what was there when it was taken: " + strings.Join(found[:min(len(found), snapshotsNamed)], ", ")
	if len(found) > snapshotsNamed {
		text += " and others"
	}
	return text
}
