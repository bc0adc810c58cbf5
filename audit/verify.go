package audit

import (
	"bufio"
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"vestige/internal/errkind"
)

// Report is what a check of an exported log found.
type Report struct {
	Entries     int64    `json:"entries"`
	Root        string   `json:"root"`
	Checkpoints int      `json:"checkpoints"` // signed states that agree with the entries
	Keys        []string `json:"keys"`        // that signed them: to be compared with those known to belong to the log
	Against     int64    `json:"against"`     // size of the checkpoint that the log was compared with, -1 where there was none
	Faults      []string `json:"faults"`
}

// VerifyDir checks an exported log from its files alone. Against names a file with a checkpoint, or an attestation that carries one, kept from
// before; without it a tail that was cut off together with its checkpoints cannot show. The error is a conflict, code "audit-altered",
// where the report has faults, and of another kind where the files cannot be read.
func VerifyDir(dir, against string) (Report, error) {
	v := verifier{dir: dir, Report: Report{Against: -1, Faults: []string{}}}
	for _, step := range []func() error{v.readKeys, v.readEntries, v.readHashes, v.readCheckpoints, func() error { return v.compare(against) }} {
		if err := step(); err != nil {
			return v.Report, err
		}
	}
	if len(v.Faults) > 0 {
		return v.Report, errkind.Coded(errkind.Conflict, "audit-altered", "the audit log is not what was signed: %s", v.Faults[0])
	}
	return v.Report, nil
}

type verifier struct {
	Report
	dir    string
	hashes []tlog.Hash
}

func (v *verifier) fault(format string, args ...any) {
	if len(v.Faults) < 20 {
		v.Faults = append(v.Faults, fmt.Sprintf(format, args...))
	}
}

// ReadHashes gives the hashes made from the entries, for tlog.
func (v *verifier) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	out := make([]tlog.Hash, len(indexes))
	for i, at := range indexes {
		out[i] = v.hashes[at]
	}
	return out, nil
}

// lines calls f with each line of a file. The last one has to end like the others.
func (v *verifier) lines(name string, f func(i int64, line []byte) error) error {
	file, err := os.Open(filepath.Join(v.dir, name))
	if err != nil {
		return openError(err)
	}
	defer func() { _ = file.Close() }()
	r := bufio.NewReader(file)
	for i := int64(0); ; i++ {
		line, err := r.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			if len(line) > 0 {
				v.fault("%s ends in the middle of a line", name)
			}
			return nil
		}
		if err != nil {
			return errkind.Wrap(errkind.Internal, err, "read the audit log")
		}
		if err := f(i, line[:len(line)-1]); err != nil {
			return err
		}
	}
}

func openError(err error) error {
	kind := errkind.Invalid
	if errors.Is(err, os.ErrNotExist) {
		kind = errkind.NotFound
	}
	return errkind.Wrap(kind, err, "read the audit log")
}

func (v *verifier) readKeys() error {
	return v.lines(keysFile, func(i int64, line []byte) error {
		k, err := note.NewVerifier(string(line))
		_, key, _ := strings.Cut(string(line), "+")
		_, key, _ = strings.Cut(key, "+")
		if err != nil || fmt.Sprintf("%s+%08x+%s", k.Name(), k.KeyHash(), key) != string(line) {
			v.fault("key %d cannot be read", i+1)
			return nil
		}
		v.Keys = append(v.Keys, string(line))
		return nil
	})
}

// readEntries makes the tree anew.
func (v *verifier) readEntries() error {
	err := v.lines(entriesFile, func(i int64, line []byte) error {
		if _, err := parseLeaf(line); err != nil {
			v.fault("entry %d cannot be read", i)
		}
		hashes, err := tlog.StoredHashes(i, line, v)
		if err != nil {
			return err
		}
		v.hashes = append(v.hashes, hashes...)
		v.Entries = i + 1
		return nil
	})
	if err != nil {
		return err
	}
	root, err := tlog.TreeHash(v.Entries, v)
	v.Root = root.String()
	return err
}

// readHashes compares the hashes that were exported: they tell which entry is another.
func (v *verifier) readHashes() error {
	n := int64(0)
	err := v.lines(hashesFile, func(i int64, line []byte) error {
		n = i + 1
		if i >= int64(len(v.hashes)) || hex.EncodeToString(v.hashes[i][:]) == string(line) {
			return nil
		}
		if level, entry := tlog.SplitStoredHashIndex(i); level == 0 {
			v.fault("entry %d is not the one that was logged", entry)
		} else {
			v.fault("the entries from %d to %d are not those that were logged", entry<<level, (entry+1)<<level-1)
		}
		return nil
	})
	if want := int64(len(v.hashes)); err == nil && n != want {
		v.fault("there are %d hashes, and %d entries have %d", n, v.Entries, want)
	}
	return err
}

func (v *verifier) readCheckpoints() error {
	files, err := os.ReadDir(filepath.Join(v.dir, checkpointsDir))
	if err != nil {
		return openError(err)
	}
	newest := int64(-1)
	for _, f := range files {
		text, err := os.ReadFile(filepath.Join(v.dir, checkpointsDir, f.Name()))
		if err != nil {
			return openError(err)
		}
		if size, ok := v.agrees("checkpoint "+f.Name(), text); ok {
			v.Checkpoints++
			newest = max(newest, size)
		}
	}
	if newest != v.Entries {
		v.fault("the last of %d entries is not covered by a checkpoint", v.Entries)
	}
	return nil
}

// agrees checks one signed state against the entries.
func (v *verifier) agrees(what string, text []byte) (size int64, ok bool) {
	c, root, err := openCheckpoint(text, v.Keys)
	if err != nil {
		v.fault("%s is not signed by a key of the log, or was changed", what)
		return 0, false
	}
	if c.Size > v.Entries {
		v.fault("%s is of %d entries, and there are %d: the tail is cut off", what, c.Size, v.Entries)
		return c.Size, false
	}
	is, err := tlog.TreeHash(c.Size, v)
	if err != nil || is != root {
		v.fault("the first %d entries are not those of %s", c.Size, what)
		return c.Size, false
	}
	return c.Size, true
}

func (v *verifier) compare(against string) error {
	if against == "" {
		return nil
	}
	text, err := os.ReadFile(against)
	if err != nil {
		return openError(err)
	}
	if bytes.HasPrefix(bytes.TrimSpace(text), []byte("{")) {
		if text, err = carried(text); err != nil {
			return err
		}
	}
	if size, ok := v.agrees("the checkpoint kept from before", text); ok {
		v.Against = size
	}
	return nil
}

// carried takes the checkpoint, or its note alone, out of an attestation, whose signature is checked elsewhere: the checkpoint has its own.
func carried(file []byte) ([]byte, error) {
	s, err := readStatement(file)
	var p struct {
		Checkpoint json.RawMessage `json:"checkpoint"`
	}
	if err == nil && json.Unmarshal(s.Predicate, &p) == nil {
		var note string
		var whole Checkpoint
		switch {
		case json.Unmarshal(p.Checkpoint, &note) == nil && note != "":
			return []byte(note), nil
		case json.Unmarshal(p.Checkpoint, &whole) == nil && len(whole.Note) > 0:
			return whole.Note, nil
		}
	}
	return nil, errkind.New(errkind.Invalid, "the file to compare with has no checkpoint")
}
