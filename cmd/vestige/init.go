package main

import (
	"errors"
	"os"

	"vestige/internal/errkind"
)

type initCmd struct{}

// Help teaches the command.
func (initCmd) Help() string {
	return `Writes a vestige.yaml with comments to the present directory, and never overwrites one.

Example:
  vestige init && $EDITOR vestige.yaml && vestige scan`
}

// Run carries the command out.
func (initCmd) Run(c *call) error {
	f, err := os.OpenFile(c.path(c.cli.Config), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if errors.Is(err, os.ErrExist) {
		return errkind.New(errkind.Conflict, "%s is there already", c.cli.Config)
	}
	if err != nil {
		return errkind.Wrap(errkind.Permission, err, "write %s", c.cli.Config)
	}
	_, err = f.WriteString(firstConfig)
	if e := f.Close(); err == nil {
		err = e
	}
	if err != nil {
		return errkind.Wrap(errkind.Transient, err, "write %s", c.cli.Config)
	}
	type made struct {
		File string `json:"file"`
	}
	return c.print(made{c.path(c.cli.Config)}, func() {
		c.printf("Wrote %s. Name your sources in it, then run \"vestige scan\".\n", c.cli.Config)
	})
}

const firstConfig = `# Vestige's configuration. Paths are relative to this file. Any value of a source, and the master key, can be found elsewhere:
# env:NAME, file:PATH or exec:COMMAND.
data: data                      # the product's own directory: store, index, keys
# master-key: env:VESTIGE_MASTER_KEY   # else data/master.key, and then a copy of the directory opens everything
# listen: 127.0.0.1:7070
# single-approver: false        # who asks for a plan does not approve it
# examples: true                # take example.com, 555-01xx and test cards for real values: for data that is made up
# policies: [policy.yaml]       # what is kept and why, thresholds, windows
sources: {}
#  shop:
#    type: sqlite
#    path: shop.db
#    read_only: true            # scan and find, never change
#  files:
#    type: bucket
#    path: ./objects
`
