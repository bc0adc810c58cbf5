package main

import "vestige/audit"

type reindexCmd struct{}

// Help teaches the command.
func (reindexCmd) Help() string {
	return `Builds the index anew from the store, and checks that it answers: where "plan" says that the index is stale or was altered.

Example:
  vestige reindex`
}

// reindexed is what the new index holds.
type reindexed struct {
	Revision   int64 `json:"revision"`
	Datasets   int   `json:"datasets"`
	References int   `json:"references"`
}

// Run carries the command out.
func (reindexCmd) Run(c *call) error {
	a, done, err := c.open("reindex")
	if err != nil {
		return err
	}
	defer done()
	if err := a.Catalog.Reindex(c.ctx); err != nil {
		return err
	}
	g, err := a.Catalog.Graph(c.ctx)
	if err != nil {
		return err
	}
	if err := a.Record(c.ctx, audit.Entry{Actor: c.by(), Action: "catalog.reindex", Facts: audit.Facts(map[string]any{"revision": g.Revision})}); err != nil {
		return err
	}
	out := reindexed{g.Revision, len(g.Nodes), len(g.Edges)}
	return c.print(out, func() {
		c.printf("The index holds %s and %s.\n", count(int64(out.Datasets), "dataset"), count(int64(out.References), "reference"))
	})
}
