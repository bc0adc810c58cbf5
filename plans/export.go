package plans

import (
	"archive/zip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"hash"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"filippo.io/age"

	"vestige/audit"
	"vestige/internal/clock"
	"vestige/internal/crash"
	"vestige/internal/db"
	"vestige/internal/errkind"
	"vestige/pii"
)

// ExportTo says where an export goes and for whom it is encrypted: for a passphrase, or for keys of the person ("age1…").
type ExportTo struct {
	Path       string
	Passphrase pii.Secret
	Recipients []string
	By         string
}

// ExportInfo is what is kept of an export.
type ExportInfo struct {
	Path    string `json:"path"`
	At      int64  `json:"at"`
	Expires int64  `json:"expires"`
	Bytes   int64  `json:"bytes"`
	SHA256  string `json:"sha256"`
	Gone    int64  `json:"gone,omitempty"`
}

// Manifest is the table of contents of an export.
type Manifest struct {
	Request  string          `json:"request"`
	Plan     string          `json:"plan"`
	Made     int64           `json:"made"`
	Datasets []ManifestEntry `json:"datasets"`
	Gaps     []Gap           `json:"gaps"` // what could not be looked at
	Notes    []string        `json:"notes"`
}

// ManifestEntry is one dataset of an export.
type ManifestEntry struct {
	Dataset    string         `json:"dataset"`
	JSON       string         `json:"json"`
	CSV        string         `json:"csv"`
	Records    int64          `json:"records"`
	Fields     []string       `json:"fields"`
	Categories []pii.Category `json:"categories"`
	Hidden     []string       `json:"hidden,omitempty"` // fields that exist and are not shown: credentials, card numbers
	Redacted   int64          `json:"redacted"`         // values of other people
}

// Export writes everything of the person into one encrypted archive: JSON and CSV of each dataset and a manifest. It is encrypted as it is read, before
// it reaches the disk, and takes bounded memory. What the records say of other people is left out, and of credentials and card numbers only that they
// exist. The plan, of the kind export and approved, is closed with it.
func (e *Engine) Export(ctx context.Context, id string, to ExportTo) (*ExportInfo, error) {
	r, err := e.begin(ctx, id, nil)
	if err != nil {
		return nil, err
	}
	r.by = to.By
	if r.s.Kind != Export || r.s.State != Approved || to.By == "" {
		return nil, errkind.Coded(errkind.Conflict, "not-approved", "a plan of kind %s in the state %s cannot be exported", r.s.Kind, r.s.State)
	}
	if err := e.complete(ctx, r.s); err != nil {
		return nil, err
	}
	_, sealed, err := e.unsealed(ctx, id)
	if err != nil {
		return nil, err
	}
	whom, err := recipients(to)
	if err != nil {
		return nil, err
	}
	info, err := r.writeExport(ctx, to.Path, whom, sealed)
	if err != nil {
		return nil, err
	}
	err = r.move(ctx, Attesting, mover{reason: "exported"}, func(tx db.Tx) error {
		_, err := tx.Exec(ctx, `INSERT INTO plan_export (plan, path, at, expires, bytes, sha256, gone) VALUES ($1, $2, $3, $4, $5, $6, 0)`, id, info.Path, info.At, info.Expires, info.Bytes, info.SHA256)
		if err != nil {
			return err
		}
		return e.Audit.Append(ctx, tx, audit.Entry{Actor: to.By, Subject: r.s.Request, Action: "export.write", Object: id, Facts: audit.Facts(map[string]any{"sha256": info.SHA256, "bytes": info.Bytes, "expires": info.Expires})})
	})
	if err != nil {
		_ = os.Remove(info.Path)
		return nil, err
	}
	_, err = e.Run(ctx, id, nil)
	return info, err
}

// complete refuses an export that would leave something out without anybody having said so.
func (e *Engine) complete(ctx context.Context, s *Status) error {
	_, accepted, err := e.answers(ctx, s.Request)
	if err != nil {
		return err
	}
	for i := range s.Open.Gaps {
		if g := &s.Open.Gaps[i]; g.Required && accepted[g.ID] != "" {
			g.Required, g.Accepted = false, accepted[g.ID]
		}
	}
	if q, g := s.Open.Blocking(); q+g > 0 {
		return errkind.Coded(errkind.Conflict, "open", "%d questions and %d gaps are open", q, g)
	}
	return nil
}

// recipients says for whom age encrypts.
func recipients(to ExportTo) (out []age.Recipient, err error) {
	if !to.Passphrase.Null() && len(to.Recipients) > 0 || to.Passphrase.Null() && len(to.Recipients) == 0 {
		return nil, errkind.Coded(errkind.Invalid, "recipients", "an export is encrypted for a passphrase or for keys, one of the two")
	}
	if !to.Passphrase.Null() {
		r, err := age.NewScryptRecipient(to.Passphrase.Reveal())
		if err != nil {
			return nil, errkind.Coded(errkind.Invalid, "passphrase", "the passphrase cannot be used")
		}
		return []age.Recipient{r}, nil
	}
	for _, text := range to.Recipients {
		r, err := age.ParseX25519Recipient(strings.TrimSpace(text))
		if err != nil {
			return nil, errkind.Coded(errkind.Invalid, "recipient", "a recipient is a key that begins with age1")
		}
		out = append(out, r)
	}
	return out, nil
}

// counter counts and hashes what goes to the file.
type counter struct {
	w io.Writer
	h hash.Hash
	n int64
}

// Write counts what goes through.
func (c *counter) Write(p []byte) (int, error) {
	n, err := c.w.Write(p)
	c.h.Write(p[:n])
	c.n += int64(n)
	return n, err
}

// writeExport writes beside the place and puts the whole file there at the end; a file that is not whole is never seen.
func (r *run) writeExport(ctx context.Context, path string, whom []age.Recipient, sealed *Sealed) (*ExportInfo, error) {
	f, err := os.CreateTemp(filepath.Dir(path), ".export-*")
	if err != nil {
		return nil, errkind.Coded(errkind.Permission, "no-place", "the export cannot be written there")
	}
	defer func() { _ = f.Close(); _ = os.Remove(f.Name()) }()
	c := &counter{w: f, h: sha256.New()}
	if err := r.archive(ctx, c, whom, sealed); err != nil {
		return nil, err
	}
	if err := f.Sync(); err != nil {
		return nil, errkind.Coded(errkind.Transient, "no-place", "the export could not be written to its end")
	}
	crash.At("export:before")
	if err := os.Rename(f.Name(), path); err != nil {
		return nil, errkind.Coded(errkind.Permission, "no-place", "the export cannot be put in its place")
	}
	crash.At("export:after")
	now := clock.Micros()
	return &ExportInfo{Path: path, At: now, Expires: now + time.Duration(r.Policy.Windows.Export).Microseconds(), Bytes: c.n, SHA256: hex.EncodeToString(c.h.Sum(nil))}, nil
}

func (r *run) archive(ctx context.Context, w io.Writer, whom []age.Recipient, sealed *Sealed) error {
	enc, err := age.Encrypt(w, whom...)
	if err != nil {
		return errkind.Coded(errkind.Invalid, "recipient", "the export cannot be encrypted for that recipient")
	}
	z := zip.NewWriter(enc)
	if err := r.contents(ctx, z, sealed); err != nil {
		return err
	}
	if err := z.Close(); err != nil {
		return errkind.Coded(errkind.Transient, "no-place", "the export could not be written to its end")
	}
	if err := enc.Close(); err != nil {
		return errkind.Coded(errkind.Transient, "no-place", "the export could not be written to its end")
	}
	return nil
}

func (r *run) contents(ctx context.Context, z *zip.Writer, sealed *Sealed) error {
	m := Manifest{Request: r.s.Request, Plan: r.s.ID, Made: clock.Micros(), Datasets: []ManifestEntry{}, Gaps: r.s.Open.Gaps, Notes: []string{
		"Values of other people in your records are replaced by " + another + ".",
		"Passwords, tokens and card numbers are said to exist and are not shown.",
	}}
	for _, st := range r.s.Open.Steps {
		entry, err := r.exportStep(ctx, z, st, sealed)
		if err != nil {
			return err
		}
		m.Datasets = append(m.Datasets, entry)
	}
	w, err := z.Create("manifest.json")
	if err != nil {
		return err
	}
	j := json.NewEncoder(w)
	j.SetIndent("", "  ")
	return j.Encode(m)
}

// exportOf gives what is kept of a plan's export, nil where there is none.
func exportOf(ctx context.Context, tx db.Tx, id string) (*ExportInfo, error) {
	var x ExportInfo
	err := tx.QueryRow(ctx, "SELECT path, at, expires, bytes, sha256, gone FROM plan_export WHERE plan = $1", id).Scan(&x.Path, &x.At, &x.Expires, &x.Bytes, &x.SHA256, &x.Gone)
	if errkind.Of(err) == errkind.NotFound {
		return nil, nil
	}
	return &x, err
}

// Exported gives what is kept of a plan's export, nil where there is none.
func (e *Engine) Exported(ctx context.Context, id string) (x *ExportInfo, err error) {
	err = e.DB.Read(ctx, func(tx db.Tx) error {
		x, err = exportOf(ctx, tx, id)
		return err
	})
	return x, err
}
