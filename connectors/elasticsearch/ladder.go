package elasticsearch

import (
	"context"
	"strings"

	"vestige/connectors"
	"vestige/pii"
)

var _ connectors.Ladder = (*Driver)(nil)

// Ladder looks at the segments, the translog and the snapshots of the datasets' indexes.
func (d *Driver) Ladder(ctx context.Context, datasets []pii.Dataset) ([]connectors.Rung, error) {
	var ds pii.Dataset
	if len(datasets) > 0 {
		ds = datasets[0]
	}
	rungs := d.Rungs(ds)
	var names []string
	for _, x := range datasets {
		members, err := d.members(ctx, x.Ref.Dataset)
		if err != nil {
			return nil, err
		}
		for _, m := range members {
			if !m.closed {
				names = append(names, m.name)
			}
		}
	}
	for i := range rungs {
		switch r := &rungs[i]; r.Name {
		case "physical":
			*r = d.lookSegments(ctx, *r, names)
		case "translog":
			*r = d.lookTranslog(ctx, *r, names)
		case "versions":
			*r = d.lookSnapshots(ctx, *r, names)
		}
	}
	return rungs, ctx.Err()
}

func (d *Driver) lookSegments(ctx context.Context, r connectors.Rung, names []string) connectors.Rung {
	var deleted int64
	for _, name := range names {
		st, err := d.stats(ctx, name)
		if err != nil {
			return r.Unseen(err)
		}
		deleted += int64(st.deleted)
	}
	if deleted == 0 {
		return r.Stands(connectors.RungReached, "no deleted documents are in the segments of %s", amount(len(names), "index", "indexes"))
	}
	return r.Stands(connectors.RungWaiting, "%d deleted documents are in segments that the cluster has not merged", deleted)
}

func (d *Driver) lookTranslog(ctx context.Context, r connectors.Rung, names []string) connectors.Rung {
	open := 0
	for _, name := range names {
		var got struct {
			All struct {
				Total struct {
					Translog struct {
						Uncommitted int `json:"uncommitted_operations"`
					}
				}
			} `json:"_all"`
		}
		if err := d.c.get(ctx, at(name, "_stats", "translog"), &got); err != nil {
			return r.Unseen(err)
		}
		open += got.All.Total.Translog.Uncommitted
	}
	if open == 0 {
		return r.Stands(connectors.RungReached, "all operations are committed; what a flushed translog held is removed with it")
	}
	return r.Stands(connectors.RungWaiting, "%d operations are in translogs until these are flushed", open)
}

func (d *Driver) lookSnapshots(ctx context.Context, r connectors.Rung, names []string) connectors.Rung {
	switch said := strings.TrimPrefix(d.snapshots(ctx, names), "; "); {
	case strings.HasPrefix(said, "no snapshot"):
		return r.Stands(connectors.RungReached, "%s", said)
	case strings.Contains(said, "could not be listed"):
		return r.Stands(connectors.RungUnknown, "%s", said)
	default:
		return r.Stands(connectors.RungKept, "%s", said)
	}
}
