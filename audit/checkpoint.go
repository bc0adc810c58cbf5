package audit

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"vestige/internal/clock"
	"vestige/internal/db"
	"vestige/internal/errkind"
)

// Checkpoint is a signed state of the tree: a note of the C2SP form, with origin, size and root hash.
type Checkpoint struct {
	Size int64  `json:"size"`
	Root string `json:"root"`
	Note []byte `json:"note"`
}

// signer signs checkpoints and has the text of the key that checks them.
type signer struct {
	note.Signer
	verifier string
}

// newSigner makes the signer of a log out of an Ed25519 key; the encoding is that of package note.
func newSigner(origin string, key ed25519.PrivateKey) (signer, error) {
	if origin == "" || strings.ContainsAny(origin, " +\n") || len(key) != ed25519.PrivateKeySize {
		return signer{}, errkind.New(errkind.Invalid, "a log has a name without spaces, and an Ed25519 key")
	}
	public := append([]byte{1}, key.Public().(ed25519.PublicKey)...)
	hash := keyHash(origin, public)
	secret := base64.StdEncoding.EncodeToString(append([]byte{1}, key.Seed()...))
	s, err := note.NewSigner(fmt.Sprintf("PRIVATE+KEY+%s+%08x+%s", origin, hash, secret))
	if err != nil {
		return signer{}, errkind.New(errkind.Invalid, "the key of the log cannot sign") // the cause could hold the key
	}
	return signer{s, fmt.Sprintf("%s+%08x+%s", origin, hash, base64.StdEncoding.EncodeToString(public))}, nil
}

func keyHash(name string, key []byte) uint32 {
	d := sha256.Sum256(append([]byte(name+"\n"), key...))
	return binary.BigEndian.Uint32(d[:])
}

// Verifier gives the public key of the log as text, as package note reads it.
func (l *Log) Verifier() string { return l.signer.verifier }

// Checkpoint adds what is waiting to the tree, signs its state, keeps and gives it.
func (l *Log) Checkpoint(ctx context.Context) (c Checkpoint, err error) {
	if _, err := l.Sequence(ctx); err != nil {
		return c, err
	}
	err = l.db.Write(ctx, func(tx db.Tx) (err error) {
		c, err = l.checkpoint(ctx, tx)
		return err
	})
	return c, err
}

func (l *Log) checkpoint(ctx context.Context, tx db.Tx) (c Checkpoint, err error) {
	if c.Size, err = treeSize(ctx, tx); err != nil {
		return c, err
	}
	root, err := tlog.TreeHash(c.Size, newHashes(ctx, tx))
	if err != nil {
		return c, err
	}
	c.Root = root.String()
	text := fmt.Sprintf("%s\n%d\n%s\n", l.signer.Name(), c.Size, c.Root)
	if c.Note, err = note.Sign(&note.Note{Text: text}, l.signer); err != nil {
		return c, errkind.New(errkind.Internal, "the checkpoint cannot be signed")
	}
	_, err = tx.Exec(ctx, "INSERT INTO audit_checkpoint (size, verifier, at, note) VALUES ($1, $2, $3, $4) ON CONFLICT (size, verifier) DO NOTHING",
		c.Size, l.signer.verifier, clock.Micros(), c.Note)
	return c, err
}

// openCheckpoint checks a signed state with the keys given as text. Only the one spelling of a note is taken, so that no bit of it can change
// unseen.
func openCheckpoint(text []byte, keys []string) (c Checkpoint, root tlog.Hash, err error) {
	bad := errkind.Coded(errkind.Conflict, "checkpoint-invalid", "a checkpoint is not signed by a key of the log, or was changed")
	var verifiers []note.Verifier
	for _, k := range keys {
		v, err := note.NewVerifier(k)
		if err != nil {
			return c, root, errkind.Coded(errkind.Conflict, "key-invalid", "a public key of the log cannot be read")
		}
		verifiers = append(verifiers, v)
	}
	n, err := note.Open(text, note.VerifierList(verifiers...))
	if err != nil || !canonical(n, text) {
		return c, root, bad
	}
	lines := strings.Split(n.Text, "\n")
	if len(lines) != 4 || lines[0] != n.Sigs[0].Name {
		return c, root, bad
	}
	if _, err := fmt.Sscanf(lines[1], "%d", &c.Size); err != nil || fmt.Sprint(c.Size) != lines[1] || c.Size < 0 {
		return c, root, bad
	}
	if root, err = tlog.ParseHash(lines[2]); err != nil {
		return c, root, bad
	}
	c.Root, c.Note = lines[2], text
	return c, root, nil
}

func canonical(n *note.Note, text []byte) bool {
	if len(n.Sigs) != 1 || len(n.UnverifiedSigs) != 0 {
		return false
	}
	sig, err := base64.StdEncoding.DecodeString(n.Sigs[0].Base64)
	again := fmt.Appendf(nil, "%s\n— %s %s\n", n.Text, n.Sigs[0].Name, base64.StdEncoding.EncodeToString(sig))
	return err == nil && bytes.Equal(again, text)
}
