package audit

import (
	"bufio"
	"context"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/mod/sumdb/tlog"

	"vestige/internal/db"
	"vestige/internal/errkind"
)

// The files of an exported log.
const (
	entriesFile    = "entries.ndjson" // one entry a line, in order: the bytes that are hashed
	hashesFile     = "hashes"         // one hash a line, in hex, as tlog numbers them
	keysFile       = "keys"           // the public keys of the checkpoints, one a line
	checkpointsDir = "checkpoints"    // one signed note a file
)

// Export writes the log into a directory, which is made where it is missing, and signs a checkpoint before. What is written can be checked by
// VerifyDir, or by any reader of RFC 6962 trees and C2SP notes.
func (l *Log) Export(ctx context.Context, dir string) (Checkpoint, error) {
	c, err := l.Checkpoint(ctx)
	if err != nil {
		return c, err
	}
	if err := os.MkdirAll(filepath.Join(dir, checkpointsDir), 0o700); err != nil {
		return c, errkind.Wrap(errkind.Invalid, err, "export the audit log")
	}
	err = l.db.Read(ctx, func(tx db.Tx) error {
		if err := exportRows(ctx, tx, filepath.Join(dir, entriesFile), "SELECT seq, leaf FROM audit_leaf WHERE seq >= $1 AND seq < $2 ORDER BY seq LIMIT 1000", c.Size, false); err != nil {
			return err
		}
		if err := exportRows(ctx, tx, filepath.Join(dir, hashesFile), "SELECT idx, hash FROM audit_hash WHERE idx >= $1 AND idx < $2 ORDER BY idx LIMIT 1000", tlog.StoredHashCount(c.Size), true); err != nil {
			return err
		}
		return exportCheckpoints(ctx, tx, dir, c.Size)
	})
	return c, err
}

// exportRows writes numbered rows up to an end into a file, a page at a time.
func exportRows(ctx context.Context, tx db.Tx, path, query string, end int64, inHex bool) (err error) {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return errkind.Wrap(errkind.Invalid, err, "export the audit log")
	}
	w := bufio.NewWriter(f)
	defer func() {
		if e := w.Flush(); err == nil {
			err = e
		}
		if e := f.Close(); err == nil {
			err = e
		}
	}()
	for from := int64(0); from < end; {
		next, err := exportPage(ctx, tx, w, query, from, end, inHex)
		if err != nil {
			return err
		}
		if next == from {
			return errkind.Coded(errkind.Conflict, "audit-altered", "the audit log ends at %d and should go on to %d", from, end)
		}
		from = next
	}
	return nil
}

func exportPage(ctx context.Context, tx db.Tx, w *bufio.Writer, query string, from, end int64, inHex bool) (int64, error) {
	rows, err := tx.Query(ctx, query, from, end)
	if err != nil {
		return from, err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var at int64
		var text []byte
		if err := rows.Scan(&at, &text); err != nil {
			return from, err
		}
		if at != from {
			return from, errkind.Coded(errkind.Conflict, "audit-altered", "place %d of the audit log is missing", from)
		}
		if inHex {
			text = []byte(hex.EncodeToString(text))
		}
		if _, err := w.Write(append(text, '\n')); err != nil {
			return from, err
		}
		from++
	}
	return from, rows.Err()
}

func exportCheckpoints(ctx context.Context, tx db.Tx, dir string, size int64) error {
	rows, err := tx.Query(ctx, "SELECT size, verifier, note FROM audit_checkpoint WHERE size <= $1 ORDER BY size, verifier", size)
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }()
	var keys []string
	for rows.Next() {
		var at int64
		var verifier string
		var text []byte
		if err := rows.Scan(&at, &verifier, &text); err != nil {
			return err
		}
		if !slices.Contains(keys, verifier) {
			keys = append(keys, verifier)
		}
		name := fmt.Sprintf("%012d-%d", at, slices.Index(keys, verifier))
		if err := os.WriteFile(filepath.Join(dir, checkpointsDir, name), text, 0o600); err != nil {
			return errkind.Wrap(errkind.Invalid, err, "export the audit log")
		}
	}
	if err := rows.Err(); err != nil {
		return err
	}
	err = os.WriteFile(filepath.Join(dir, keysFile), []byte(strings.Join(keys, "\n")+"\n"), 0o600)
	return errkind.Wrap(errkind.Invalid, err, "export the audit log")
}
