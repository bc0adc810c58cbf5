package audit

import (
	"context"
	"slices"

	"golang.org/x/mod/sumdb/tlog"

	"vestige/internal/db"
	"vestige/internal/errkind"
)

// batch is how many entries are added to the tree in one unit of work.
const batch = 500

// Sequence adds the entries that have no place yet to the tree, in the order of their times, and tells how many they were. Of two
// processes that do so at once, one gets a conflict or a transient error and loses nothing.
func (l *Log) Sequence(ctx context.Context) (added int64, err error) {
	for {
		n := 0
		err := l.db.Write(ctx, func(tx db.Tx) (err error) {
			n, err = sequence(ctx, tx)
			return err
		})
		if err != nil {
			return added, err
		}
		if added += int64(n); n < batch {
			return added, nil
		}
	}
}

type pending struct {
	id   string
	text []byte
}

// sequence places leaves. Several processes may be at it, and who places a leaf has to know the tree as it is.
func sequence(ctx context.Context, tx db.Tx) (int, error) {
	if err := db.Lock(ctx, tx, "audit/sequence"); err != nil {
		return 0, err
	}
	leaves, err := unplaced(ctx, tx)
	if err != nil || len(leaves) == 0 {
		return 0, err
	}
	size, err := treeSize(ctx, tx)
	if err != nil {
		return 0, err
	}
	h := newHashes(ctx, tx)
	for i, p := range leaves {
		seq := size + int64(i)
		hashes, err := tlog.StoredHashes(seq, p.text, h)
		if err != nil {
			return 0, err
		}
		if err := h.add(tlog.StoredHashIndex(0, seq), hashes); err != nil {
			return 0, err
		}
		if _, err := tx.Exec(ctx, "UPDATE audit_leaf SET seq = $1 WHERE id = $2", seq, p.id); err != nil {
			return 0, err
		}
	}
	return len(leaves), nil
}

func unplaced(ctx context.Context, tx db.Tx) (out []pending, err error) {
	rows, err := tx.Query(ctx, "SELECT id, leaf FROM audit_leaf WHERE seq IS NULL ORDER BY at, id LIMIT $1", batch)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var p pending
		if err := rows.Scan(&p.id, &p.text); err != nil {
			return nil, err
		}
		p.text = slices.Clone(p.text)
		out = append(out, p)
	}
	return out, rows.Err()
}

func treeSize(ctx context.Context, tx db.Tx) (size int64, err error) {
	err = tx.QueryRow(ctx, "SELECT COALESCE(MAX(seq), -1) FROM audit_leaf").Scan(&size)
	return size + 1, err
}

// hashes reads and writes the hashes of the tree within a unit of work.
type hashes struct {
	ctx  context.Context //nolint:containedctx // lives as long as one call, behind an interface of tlog's
	tx   db.Tx
	seen map[int64]tlog.Hash
}

func newHashes(ctx context.Context, tx db.Tx) *hashes {
	return &hashes{ctx, tx, map[int64]tlog.Hash{}}
}

// add writes the hashes that begin at an index.
func (h *hashes) add(index int64, all []tlog.Hash) error {
	for i, hash := range all {
		at := index + int64(i)
		h.seen[at] = hash
		if _, err := h.tx.Exec(h.ctx, "INSERT INTO audit_hash (idx, hash) VALUES ($1, $2)", at, hash[:]); err != nil {
			return err
		}
	}
	return nil
}

// ReadHashes gives hashes by index, for tlog.
func (h *hashes) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	out := make([]tlog.Hash, len(indexes))
	for i, at := range indexes {
		if hash, ok := h.seen[at]; ok {
			out[i] = hash
			continue
		}
		var b []byte
		if err := h.tx.QueryRow(h.ctx, "SELECT hash FROM audit_hash WHERE idx = $1", at).Scan(&b); err != nil {
			return nil, err
		}
		if len(b) != tlog.HashSize {
			return nil, errkind.Coded(errkind.Conflict, "audit-altered", "a hash of the audit log is not one")
		}
		copy(out[i][:], b)
		h.seen[at] = out[i]
	}
	return out, nil
}
