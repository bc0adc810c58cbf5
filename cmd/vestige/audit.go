package main

import (
	"vestige/audit"
	"vestige/internal/db"
)

type auditCmd struct {
	List   auditList   `cmd:"" default:"1" help:"Show entries of the log."`
	Export auditExport `cmd:"" help:"Write the log into a folder that can be checked without Vestige's store."`
	Verify auditVerify `cmd:"" help:"Check an exported log from its files alone."`
}

// Help teaches the command.
func (auditCmd) Help() string {
	return `Every act is an entry of a Merkle tree whose state is signed. A copy of a checkpoint kept elsewhere shows whether anything before it was
changed, left out or cut off.

Example:
  vestige audit export ./log && vestige audit verify ./log --against last-month/checkpoint`
}

type auditList struct {
	Request string `placeholder:"REQ" help:"Of one request."`
	Action  string `help:"Of one kind of act, for example plan.approve."`
	Limit   int    `default:"50" help:"The last so many."`
}

// Run carries the command out.
func (x auditList) Run(c *call) error {
	a, done, err := c.open("audit")
	if err != nil {
		return err
	}
	defer done()
	if _, err := a.Audit.Sequence(c.ctx); err != nil {
		return err
	}
	var out []audit.Entry
	err = a.DB.Read(c.ctx, func(tx db.Tx) error {
		f := audit.Filter{Subject: x.Request, Action: x.Action, First: true}
		for {
			es, err := a.Audit.Entries(c.ctx, tx, f)
			if err != nil || len(es) == 0 {
				return err
			}
			out = append(out, es...)
			f.First, f.After = false, es[len(es)-1].Seq
		}
	})
	if err != nil {
		return err
	}
	out = append([]audit.Entry{}, out[max(len(out)-x.Limit, 0):]...)
	return c.print(out, func() {
		for _, e := range out {
			c.printf("%6d  %s  %-12s %-18s %s %s  %s\n", e.Seq, when(e.At), e.Actor, e.Action, e.Subject, e.Object, c.dim(string(e.Facts)))
		}
	})
}

type auditExport struct {
	Dir string `arg:"" help:"The folder."`
}

// Run carries the command out.
func (x auditExport) Run(c *call) error {
	a, done, err := c.open("audit")
	if err != nil {
		return err
	}
	defer done()
	cp, err := a.Audit.Export(c.ctx, c.path(x.Dir))
	if err != nil {
		return err
	}
	return c.print(cp, func() {
		c.printf("Wrote %s to %s. Keep this checkpoint elsewhere:\n\n%s", count(cp.Size, "entry"), x.Dir, cp.Note)
	})
}

type auditVerify struct {
	Dir     string `arg:"" help:"The folder."`
	Against string `placeholder:"FILE" help:"A checkpoint, or an attestation, kept from before."`
}

// Run carries the command out.
func (x auditVerify) Run(c *call) error {
	against := ""
	if x.Against != "" {
		against = c.path(x.Against)
	}
	r, err := audit.VerifyDir(c.path(x.Dir), against)
	if err != nil && len(r.Faults) == 0 {
		return err
	}
	if e := c.print(r, func() {
		c.printf("%s, %s, root %s\n", count(int64(r.Entries), "entry"), count(int64(r.Checkpoints), "checkpoint"), r.Root)
		for _, k := range r.Keys {
			c.printf("  signed by %s\n", k)
		}
		for _, f := range r.Faults {
			c.printf("  %s %s\n", c.red("fault:"), f)
		}
		if len(r.Faults) == 0 {
			c.printf("%s\n", c.green("The log is whole."))
		}
	}); e != nil {
		return e
	}
	return err
}
