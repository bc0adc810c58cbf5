package catalog

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"math/bits"

	"vestige/internal/db"
	"vestige/internal/errkind"
)

// sum is a digest of a set: the sum of the SHA-256 of its members modulo 2^256, so that a member is added and taken away without
// reading the others.
type sum [4]uint64

func hashDoc(id string, doc []byte) sum {
	h := sha256.New()
	h.Write([]byte(id))
	h.Write([]byte{0})
	h.Write(doc)
	var s sum
	b := h.Sum(nil)
	for i := range s {
		s[i] = binary.BigEndian.Uint64(b[i*8:])
	}
	return s
}

func parseSum(text string) (s sum) {
	b, err := hex.DecodeString(text)
	if err != nil || len(b) != 32 {
		return sum{}
	}
	for i := range s {
		s[i] = binary.BigEndian.Uint64(b[i*8:])
	}
	return s
}

func (s sum) String() string {
	var b [32]byte
	for i := range s {
		binary.BigEndian.PutUint64(b[i*8:], s[i])
	}
	return hex.EncodeToString(b[:])
}

func (s sum) add(t sum) (r sum) {
	var carry uint64
	for i := 3; i >= 0; i-- {
		r[i], carry = bits.Add64(s[i], t[i], carry)
	}
	return r
}

func (s sum) sub(t sum) (r sum) {
	var borrow uint64
	for i := 3; i >= 0; i-- {
		r[i], borrow = bits.Sub64(s[i], t[i], borrow)
	}
	return r
}

// revision is what the store says of all graph documents together.
type revision struct {
	Revision int64
	Docs     int64
	Digest   sum
}

func scanRevision(row db.Row) (r revision, err error) {
	var digest string
	err = row.Scan(&r.Revision, &r.Docs, &digest)
	r.Digest = parseSum(digest)
	return r, err
}

func (c *Catalog) revision(ctx context.Context) (r revision, err error) {
	err = c.read(ctx, func(tx db.Tx) error {
		r, err = scanRevision(tx.QueryRow(ctx, "SELECT revision, docs, digest FROM catalog_revision WHERE id = 1"))
		return err
	})
	return r, err
}

// Revision gives the number that grows with each change of the catalog; a page that shows it can tell whether it is current.
func (c *Catalog) Revision(ctx context.Context) (int64, error) {
	r, err := c.revision(ctx)
	return r.Revision, err
}

// CodeMoved is the code of a Conflict: the catalog has changed since it was read.
const CodeMoved = "catalog-moved"

// Unmoved holds the catalog still until the unit of work ends; a Conflict coded CodeMoved where it is no longer at the revision.
func (c *Catalog) Unmoved(ctx context.Context, tx db.Tx, at int64) error {
	now, err := scanRevision(tx.QueryRow(ctx, "UPDATE catalog_revision SET revision = revision WHERE id = 1 RETURNING revision, docs, digest"))
	if err == nil && now.Revision != at {
		err = errkind.Coded(errkind.Conflict, CodeMoved, "the catalog has changed since it was read")
	}
	return err
}

// bump takes the next revision. The row is locked until the unit of work ends, so that revisions are committed in their order.
func (c *Catalog) bump(ctx context.Context, tx db.Tx) (revision, error) {
	tx.AfterCommit(c.wakeUp)
	return scanRevision(tx.QueryRow(ctx,
		"UPDATE catalog_revision SET revision = revision + 1 WHERE id = 1 RETURNING revision, docs, digest"))
}

// putDoc writes one document of the graph, or removes it where doc is nil, under a new revision.
func (c *Catalog) putDoc(ctx context.Context, tx db.Tx, id string, doc []byte) error {
	r, err := c.bump(ctx, tx)
	if err != nil {
		return err
	}
	olds, err := collect(ctx, tx, scanText, "SELECT hash FROM graph_doc WHERE id = $1", id)
	if err != nil {
		return err
	}
	if len(olds) > 0 && olds[0] != "" {
		r.Digest, r.Docs = r.Digest.sub(parseSum(olds[0])), r.Docs-1
	}
	hash := ""
	if doc != nil {
		h := hashDoc(id, doc)
		r.Digest, r.Docs, hash = r.Digest.add(h), r.Docs+1, h.String()
	} else {
		doc = []byte{}
	}
	if _, err := tx.Exec(ctx, `INSERT INTO graph_doc (id, revision, hash, doc) VALUES ($1, $2, $3, $4)
		ON CONFLICT (id) DO UPDATE SET revision = excluded.revision, hash = excluded.hash, doc = excluded.doc`,
		id, r.Revision, hash, doc); err != nil {
		return err
	}
	_, err = tx.Exec(ctx, "UPDATE catalog_revision SET docs = $1, digest = $2 WHERE id = 1", r.Docs, r.Digest.String())
	return err
}

func scanText(row db.Row) (s string, err error) { err = row.Scan(&s); return s, err }
