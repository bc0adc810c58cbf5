package main

import (
	"strings"

	"vestige/audit"
	"vestige/internal/db"
	"vestige/internal/errkind"
	"vestige/internal/keys"
)

type keysCmd struct {
	List   keysList   `cmd:"" default:"1" help:"What each key is for, where it lives, and what there are."`
	Rotate keysRotate `cmd:"" help:"Wrap every key under another master key."`
	New    keysNew    `cmd:"" help:"Make a file with a new master key."`
}

// Help teaches the command.
func (keysCmd) Help() string {
	return `Says of each key what it is for, where it lives, how it is rotated, what its loss means and how it is backed up (docs/keys.md).

Example:
  vestige keys new ../master.key && vestige keys rotate file:../master.key   # then master-key: file:../master.key`
}

type keysList struct{}

// keysView is the keys there are.
type keysView struct {
	Master   string        `json:"master"` // its id
	Where    string        `json:"where"`
	Apart    bool          `json:"apart"` // from the data directory
	Purposes []keys.Info   `json:"purposes"`
	Keys     []keys.Stored `json:"keys"`
}

// Run carries the command out.
func (keysList) Run(c *call) error {
	a, done, err := c.open("keys")
	if err != nil {
		return err
	}
	defer done()
	m := a.Keys.Master()
	v := keysView{Master: m.ID(), Where: m.Where(), Apart: m.Apart(), Purposes: keys.Describe(), Keys: []keys.Stored{}}
	err = a.DB.Read(c.ctx, func(tx db.Tx) error {
		all, err := a.Keys.List(c.ctx, tx, "")
		v.Keys = append(v.Keys, all...)
		return err
	})
	if err != nil {
		return err
	}
	return c.print(v, func() { c.showKeys(v) })
}

func (c *call) showKeys(v keysView) {
	apart := c.green("apart from the data")
	if !v.Apart {
		apart = c.yellow("beside the data: a copy of the directory opens everything")
	}
	c.printf("Master key %s, %s, %s\n\n", v.Master, v.Where, apart)
	n := map[keys.Purpose]int{}
	for _, k := range v.Keys {
		n[k.Purpose]++
	}
	var rows [][]string
	for _, p := range v.Purposes {
		rows = append(rows, []string{string(p.Purpose), grouped(int64(n[p.Purpose])), p.For})
	}
	c.table([]string{"purpose", "keys", ""}, rows)
}

type keysRotate struct {
	To string `arg:"" help:"The next master key: file:PATH, env:NAME or exec:COMMAND."`
}

// rotated is what a rotation did.
type rotated struct {
	Was string `json:"was"`
	Is  string `json:"is"`
}

// Run carries the command out.
func (x keysRotate) Run(c *call) error {
	a, done, err := c.open("keys")
	if err != nil {
		return err
	}
	defer done()
	setting := x.To
	if rest, ok := strings.CutPrefix(setting, "file:"); ok {
		setting = "file:" + c.path(rest)
	}
	if setting == "" {
		return errkind.New(errkind.Invalid, "name the next master key: file:PATH, env:NAME or exec:COMMAND")
	}
	next, err := keys.OpenMaster(c.ctx, setting, a.Config.Data)
	if err != nil {
		return err
	}
	out := rotated{a.Keys.Master().ID(), next.ID()}
	err = a.DB.Write(c.ctx, func(tx db.Tx) error {
		if err := a.Keys.Rotate(c.ctx, tx, next); err != nil {
			return err
		}
		return a.Audit.Append(c.ctx, tx, audit.Entry{Actor: c.by(), Action: "keys.rotate", Object: out.Is, Facts: audit.Facts(map[string]any{"was": out.Was})})
	})
	if err != nil {
		return err
	}
	if err := a.Store.Destroyed(c.ctx); err != nil {
		return err
	}
	return c.print(out, func() {
		c.printf("Every key is wrapped by %s now. Write \"master-key: %s\" into the configuration, and keep %s until no backup needs it.\n", out.Is, x.To, out.Was)
	})
}

type keysNew struct {
	File string `arg:"" help:"The file; it is never overwritten."`
}

// Run carries the command out.
func (x keysNew) Run(c *call) error {
	if err := keys.NewFile(c.path(x.File)); err != nil {
		return err
	}
	return c.print(struct {
		File string `json:"file"`
	}{c.path(x.File)}, func() { c.printf("Wrote %s. Keep a copy apart from every backup of the data.\n", x.File) })
}
