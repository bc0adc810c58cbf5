package main

import (
	"crypto/ed25519"
	"os"
	"strings"

	"vestige/audit"
	"vestige/internal/db"
	"vestige/internal/errkind"
	"vestige/internal/keys"
	"vestige/plans"
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

type attestationCmd struct {
	Show   attestationShow   `cmd:"" help:"Print or write the signed attestation of a closed request."`
	Key    attestationKey    `cmd:"" help:"Print the public key, for auditors."`
	Verify attestationVerify `cmd:"" help:"Check an attestation with nothing but the public key."`
}

// Help teaches the command.
func (attestationCmd) Help() string {
	return `The attestation of a closed request says what was deleted where and when, what is kept and why, and carries the log's checkpoint.

Example:
  vestige attestation key > vestige.pub
  vestige attestation show REQ-00000001 --out attestation.json
  vestige attestation verify attestation.json --key vestige.pub`
}

type attestationShow struct {
	Plan string `arg:"" help:"A plan or a request."`
	Out  string `placeholder:"FILE" help:"Write it to a file."`
}

// Run carries the command out.
func (x attestationShow) Run(c *call) error {
	a, done, err := c.open("attestation")
	if err != nil {
		return err
	}
	defer done()
	s, err := c.find(a, x.Plan)
	if err != nil {
		return err
	}
	file, err := a.Engine.Attestation(c.ctx, s.ID)
	if err != nil {
		return err
	}
	if x.Out == "" {
		_, err := c.out.Write(append(file, '\n'))
		return errkind.Wrap(errkind.Transient, err, "write")
	}
	if err := os.WriteFile(c.path(x.Out), file, 0o644); err != nil {
		return errkind.Wrap(errkind.Permission, err, "write %s", x.Out)
	}
	return c.print(struct {
		File string `json:"file"`
	}{c.path(x.Out)}, func() { c.printf("Wrote %s.\n", x.Out) })
}

type attestationKey struct{}

// Run carries the command out.
func (attestationKey) Run(c *call) error {
	a, done, err := c.open("attestation")
	if err != nil {
		return err
	}
	defer done()
	public, err := a.Engine.AttestationKey(c.ctx)
	if err != nil {
		return err
	}
	text, err := audit.PublicPEM(public)
	if err != nil {
		return err
	}
	return c.print(keyView{audit.KeyID(public), string(text)}, func() { c.printf("%s", text) })
}

// keyView is a public key.
type keyView struct {
	ID  string `json:"id"`
	PEM string `json:"pem"`
}

type attestationVerify struct {
	File string `arg:"" help:"The attestation."`
	Key  string `placeholder:"FILE" help:"The public key; that of the present configuration where none is named."`
}

// Run carries the command out.
func (x attestationVerify) Run(c *call) error {
	public, err := x.public(c)
	if err != nil {
		return err
	}
	file, err := c.read(x.File)
	if err != nil {
		return err
	}
	at, err := plans.ReadAttestation(file, public)
	if err != nil {
		return err
	}
	return c.print(at, func() { c.showAttested(at, public) })
}

func (x attestationVerify) public(c *call) (ed25519.PublicKey, error) {
	if x.Key != "" {
		text, err := c.read(x.Key)
		if err != nil {
			return nil, err
		}
		return audit.ParsePublic(text)
	}
	a, done, err := c.open("attestation")
	if err != nil {
		return nil, err
	}
	defer done()
	return a.Engine.AttestationKey(c.ctx)
}

func (c *call) showAttested(a *plans.Attested, public ed25519.PublicKey) {
	c.printf("%s  signed by %s\n", c.green("Valid."), audit.KeyID(public))
	c.printf("  %s of %s, plan %s, finished %s\n", a.Kind, a.Request, a.Plan, when(a.Finished))
	for _, p := range a.Approvals {
		single := ""
		if p.Single {
			single = ", who asked for it (single-approver)"
		}
		c.printf("  approved by %s%s\n", p.By, single)
	}
	var rows [][]string
	for _, s := range a.Steps {
		rows = append(rows, []string{string(s.Method), s.Dataset.String(), grouped(s.Planned), grouped(s.Affected), grouped(s.FoundDone)})
	}
	c.table([]string{"method", "dataset", "planned", "affected", "found done"}, rows)
	for _, k := range a.Kept {
		c.printf("  kept %s of %s: %s, until %s\n", count(k.Records, "record"), k.Dataset, k.Basis, orElse(day(k.Until), "no end"))
	}
	for _, g := range a.Gaps {
		c.printf("  gap %s at %s: %s\n", g.Code, g.At, g.Accepted)
	}
	if n := len(a.Checks); n > 0 {
		c.showReport(&a.Checks[n-1])
	}
	c.printf("  log checkpoint of %s\n", count(a.Checkpoint.Size, "entry"))
}

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
