package bucket

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"

	"vestige/connectors"
	"vestige/internal/errkind"
	"vestige/pii"
)

// draftPrefix and draftSuffix are around the names of drafts. They are never listed.
const (
	draftPrefix = ".vestige-"
	draftSuffix = ".tmp"
)

// The codes of what in a folder is not read.
const (
	faultPermission = "permission"
	faultLink       = "symbolic-link"
	faultNoFile     = "not-a-file"
	faultGone       = "gone"
)

// folder is a bucket on a local disk. No name leads out of it: symbolic links are not followed.
type folder struct{ root *os.Root }

func openFolder(path string) (*folder, error) {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return nil, fault(err, "open the folder")
	case !info.IsDir():
		return nil, errkind.New(errkind.Invalid, "the path is not that of a folder")
	}
	root, err := os.OpenRoot(path)
	if err != nil {
		return nil, fault(err, "open the folder")
	}
	dir, err := root.Open(".")
	if err != nil {
		_ = root.Close()
		return nil, fault(err, "open the folder")
	}
	return &folder{root}, dir.Close()
}

// fault gives an error a kind. What the system says holds a path, and a path can hold a value, so it stays behind.
func fault(err error, doing string) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, fs.ErrNotExist):
		return errkind.New(errkind.NotFound, "%s: it does not exist", doing)
	case errors.Is(err, fs.ErrPermission):
		return errkind.New(errkind.Permission, "%s: permission denied", doing)
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return err
	case errkind.Of(err) != errkind.Internal:
		return err
	}
	var p *fs.PathError
	if errors.As(err, &p) {
		return errkind.New(errkind.Transient, "%s: %s", doing, p.Err.Error())
	}
	return errkind.New(errkind.Transient, "%s: input or output error", doing)
}

// List walks the folder.
func (f *folder) List(ctx context.Context, prefix, after string, give func(object) error) error {
	return f.walk(ctx, func(o object) error {
		if !strings.HasPrefix(o.Key, prefix) || after != "" && inOrder(o.Key) <= inOrder(after) {
			return nil
		}
		return give(o)
	})
}

// inOrder gives a key so that keys compare as a walk through folders gives them.
func inOrder(key string) string { return strings.ReplaceAll(key, "/", "\x00") }

// Each looks at the files of the keys.
func (f *folder) Each(ctx context.Context, keys []string, give func(object) error) error {
	for _, key := range slices.SortedFunc(slices.Values(keys), func(a, b string) int { return strings.Compare(inOrder(a), inOrder(b)) }) {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		info, err := f.root.Lstat(key)
		if err != nil || !info.Mode().IsRegular() || isDraft(path.Base(key)) {
			continue
		}
		if err := give(describe(key, info)); err != nil {
			return err
		}
	}
	return nil
}

func (f *folder) walk(ctx context.Context, give func(object) error) error {
	return fs.WalkDir(f.root.FS(), ".", func(name string, e fs.DirEntry, err error) error {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			if name == "." {
				return fault(err, "list the folder")
			}
			if give(object{Key: name + "/", Fault: faultOf(err)}) != nil {
				return errEnough
			}
			return fs.SkipDir
		}
		if e.IsDir() || isDraft(path.Base(name)) {
			return nil
		}
		if e.Type()&fs.ModeSymlink != 0 {
			// What a link leads to is read at its own place, if that is a file of this folder.
			if info, err := f.root.Stat(name); err == nil && info.Mode().IsRegular() {
				return nil
			}
			return give(object{Key: name, Fault: faultLink})
		}
		return give(listed(name, e))
	})
}

// errEnough ends a walk.
var errEnough = errors.New("enough")

func isDraft(base string) bool {
	return strings.HasPrefix(base, draftPrefix) && strings.HasSuffix(base, draftSuffix)
}

func faultOf(err error) string {
	if errors.Is(err, fs.ErrNotExist) {
		return faultGone
	}
	return faultPermission
}

// listed describes an entry that is no link.
func listed(name string, e fs.DirEntry) object {
	if !e.Type().IsRegular() {
		return object{Key: name, Fault: faultNoFile}
	}
	info, err := e.Info()
	if err != nil {
		return object{Key: name, Fault: faultOf(err)}
	}
	return describe(name, info)
}

func describe(key string, info fs.FileInfo) object {
	inode, links := identity(info)
	o := object{Key: key, Size: info.Size(), Version: fmt.Sprintf("%d-%d-%d", info.Size(), info.ModTime().UnixNano(), inode), Links: links}
	if o.Size == 0 {
		o.Shell = shellEmpty
	}
	return o
}

type localFile struct {
	*os.File
	key string
}

// Stat describes the open file.
func (l localFile) Stat() (object, error) {
	info, err := l.File.Stat()
	if err != nil {
		return object{}, fault(err, "look at an object")
	}
	return describe(l.key, info), nil
}

// Open opens a file, and nothing else.
func (f *folder) Open(_ context.Context, o object) (file, error) {
	key := o.Key
	info, err := f.root.Lstat(key)
	if err != nil {
		return nil, fault(err, "open an object")
	}
	if !info.Mode().IsRegular() {
		return nil, errkind.New(errkind.NotFound, "open an object: it is not a file")
	}
	h, err := f.root.Open(key)
	if err != nil {
		return nil, fault(err, "open an object")
	}
	return localFile{h, key}, nil
}

// localDraft is a temporary file in the folder of its object. Its lock tells a draft being written from one that was left behind.
type localDraft struct {
	f    *folder
	h    *os.File
	name string
	of   object
	info fs.FileInfo
}

// Replace begins a draft that only its owner can read.
func (f *folder) Replace(_ context.Context, o object) (draft, error) {
	info, err := f.unchanged(o)
	if err != nil {
		return nil, err
	}
	var random [8]byte
	_, _ = rand.Read(random[:])
	name := path.Join(path.Dir(o.Key), draftPrefix+hex.EncodeToString(random[:])+draftSuffix)
	h, err := f.root.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fault(err, "write an object")
	}
	lock(h)
	return &localDraft{f, h, name, o, info}, nil
}

// Create writes a draft, and gives it its name if no file has that.
func (f *folder) Create(_ context.Context, key string, body []byte) error {
	if err := f.root.MkdirAll(path.Dir(key), 0o755); err != nil {
		return fault(err, "make a folder")
	}
	name := path.Join(path.Dir(key), draftPrefix+strings.ToLower(rand.Text())+draftSuffix)
	if err := f.root.WriteFile(name, body, 0o600); err != nil {
		return fault(err, "write an object")
	}
	defer func() { _ = f.root.Remove(name) }()
	if err := f.root.Link(name, key); err != nil {
		return fault(err, "write an object")
	}
	f.sync(path.Dir(key))
	return nil
}

// unchanged tells whether the object is as it was listed.
func (f *folder) unchanged(o object) (fs.FileInfo, error) {
	info, err := f.root.Lstat(o.Key)
	if err != nil {
		return nil, fault(err, "look at an object")
	}
	if !info.Mode().IsRegular() || describe(o.Key, info).Version != o.Version {
		return nil, errkind.Coded(errkind.Conflict, "object-changed", "an object has changed since it was read")
	}
	return info, nil
}

// Write adds to the draft.
func (d *localDraft) Write(b []byte) (int, error) {
	n, err := d.h.Write(b)
	return n, fault(err, "write an object")
}

// Finish does nothing: the draft is a file.
func (d *localDraft) Finish() error { return nil }

// Commit gives the draft mode, owner and times of the object and puts it in its place.
func (d *localDraft) Commit(context.Context) (note string, err error) { return "", d.commit() }

func (d *localDraft) commit() error {
	if err := keepOwner(d.h, d.info); err != nil {
		return fault(err, "keep the owner of an object")
	}
	if err := d.h.Chmod(d.info.Mode().Perm() | d.info.Mode()&(fs.ModeSetuid|fs.ModeSetgid|fs.ModeSticky)); err != nil {
		return fault(err, "keep the mode of an object")
	}
	if err := d.h.Sync(); err != nil {
		return fault(err, "write an object")
	}
	if err := d.f.root.Chtimes(d.name, accessTime(d.info), d.info.ModTime()); err != nil {
		return fault(err, "keep the times of an object")
	}
	if _, err := d.f.unchanged(d.of); err != nil {
		return err
	}
	if err := d.f.root.Rename(d.name, d.of.Key); err != nil {
		return fault(err, "write an object")
	}
	_ = d.h.Close()
	d.h = nil
	d.f.sync(path.Dir(d.of.Key))
	return nil
}

// Discard removes the draft.
func (d *localDraft) Discard() {
	if d.h == nil {
		return
	}
	_ = d.h.Close()
	_ = d.f.root.Remove(d.name)
	d.h = nil
}

// sync makes a change of names last. Systems that cannot do it for a folder do it by themselves.
func (f *folder) sync(dir string) {
	if h, err := f.root.Open(dir); err == nil {
		_ = h.Sync()
		_ = h.Close()
	}
}

// Delete removes a file.
func (f *folder) Delete(_ context.Context, o object) (note string, err error) {
	if _, err := f.unchanged(o); err != nil {
		return "", err
	}
	if err := f.root.Remove(o.Key); err != nil {
		return "", fault(err, "remove an object")
	}
	f.sync(path.Dir(o.Key))
	return "", nil
}

// Obstacles looks at permissions, free space and further names.
func (f *folder) Obstacles(_ context.Context, o object, room int64) (out []pii.Finding, err error) {
	if code, text := f.writable(o, room); code != "" {
		out = append(out, pii.Finding{Code: code, Text: text, Blocking: true})
	}
	if o.Links > 1 {
		out = append(out, pii.Finding{Code: findingLink, Text: "another hard link to the file keeps the old bytes", Records: int64(o.Links - 1)})
	}
	return out, nil
}

// findingLink says that a file has a further name, under which its old bytes stay.
const findingLink = "hard-link"

// Gaps are none: what of a folder cannot be seen has a key.
func (f *folder) Gaps(context.Context) (map[string]pii.Gap, error) { return nil, nil }

// Purge removes drafts that a crash has left behind; a file system has nothing else that could be done at once.
func (f *folder) Purge(ctx context.Context) (removed int64, err error) { return 0, f.Clean(ctx) }

// Rungs says what remains of a file's old bytes.
func (f *folder) Rungs() []connectors.Rung {
	return []connectors.Rung{
		{Name: "logical", Reached: "by-erase", Text: "the object no longer holds the records"},
		{Name: "physical", Reached: "unknown", Text: "blocks of the old file may stay on the disk until the file system uses them again"},
		{Name: "versions", Reached: "unknown", Text: "a folder has no versions of its own; snapshots of the file system are outside of the connector"},
		{Name: "backups", Reached: "unknown", Text: "backups are outside of the connector"},
	}
}

// Prune removes folders that have become empty.
func (f *folder) Prune(_ context.Context, dirs []string) {
	for _, dir := range dirs {
		h, err := f.root.Open(dir)
		if err != nil {
			continue
		}
		names, err := h.Readdirnames(1)
		_ = h.Close()
		if len(names) > 0 || !errors.Is(err, io.EOF) || f.root.Remove(dir) != nil {
			return
		}
		f.sync(path.Dir(dir))
	}
}

// Clean removes the drafts that nobody holds a lock on.
func (f *folder) Clean(ctx context.Context) error {
	return fs.WalkDir(f.root.FS(), ".", func(name string, e fs.DirEntry, err error) error {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			return fs.SkipDir
		}
		if e.Type().IsRegular() && isDraft(path.Base(name)) {
			f.abandon(name)
		}
		return nil
	})
}

func (f *folder) abandon(name string) {
	h, err := f.root.OpenFile(name, os.O_RDWR, 0)
	if err != nil {
		return
	}
	defer func() { _ = h.Close() }()
	if lock(h) {
		_ = f.root.Remove(name)
	}
}

// Close lets the folder go.
func (f *folder) Close() error { return f.root.Close() }
