package main

import (
	"crypto/ed25519"
	"os"

	"vestige/audit"
	"vestige/internal/errkind"
	"vestige/plans"
)

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
	c.showTold(a.Told)
	if n := len(a.Checks); n > 0 {
		c.showReport(&a.Checks[n-1])
	}
	c.showLadder("What erased data leaves behind", a.Rungs)
	c.printf("  log checkpoint of %s\n", count(a.Checkpoint.Size, "entry"))
}
