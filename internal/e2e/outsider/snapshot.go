package outsider

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"vestige/internal/demo/company"
)

// Snapshot is all that the company's systems hold at one moment.
type Snapshot struct {
	databases []*database
	objects   []*object
	folders   []string // below the root of the objects
}

// record is one row, line, element or member. Its cells are the columns of a row; all others have one.
type record struct {
	name  string // the key, where the dataset has one
	cells []any
}

// object is one file of the bucket.
type object struct {
	key      string
	mode     fs.FileMode
	modified time.Time
	raw      []byte
	plain    []byte // what raw holds when decompressed
	format   string // by the key: csv, lines, json
	keyed    bool   // its records are found by name
	records  []record
	broken   error // why it could not be read
}

// Take reads the databases and objects below dir. It opens copies, so that nothing it does can change what it looks at.
func Take(dir string) (*Snapshot, error) {
	s := &Snapshot{}
	for _, file := range []string{company.ShopFile, company.CRMFile} {
		db, err := readDatabase(dir, file)
		if err != nil {
			return nil, fmt.Errorf("outsider: %s: %w", file, err)
		}
		s.databases = append(s.databases, db)
	}
	root := filepath.Join(dir, company.ObjectsRoot)
	err := filepath.WalkDir(root, func(path string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		return s.visit(root, path, e)
	})
	if err != nil {
		return nil, fmt.Errorf("outsider: objects: %w", err)
	}
	return s, nil
}

func (s *Snapshot) visit(root, path string, e fs.DirEntry) error {
	key, err := filepath.Rel(root, path)
	if err != nil || key == "." {
		return err
	}
	key = filepath.ToSlash(key)
	if e.IsDir() {
		s.folders = append(s.folders, key)
		return nil
	}
	info, err := e.Info()
	if err != nil {
		return err
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	o := &object{key: key, mode: info.Mode(), modified: info.ModTime(), raw: raw}
	o.read()
	s.objects = append(s.objects, o)
	return nil
}

// read decompresses the object and cuts it into records.
func (o *object) read() {
	o.plain = o.raw
	name := o.key
	if strings.HasSuffix(name, ".gz") {
		name = strings.TrimSuffix(name, ".gz")
		if o.plain, o.broken = decompress(o.raw); o.broken != nil {
			return
		}
	}
	switch {
	case strings.HasSuffix(name, ".csv"):
		o.format = "csv"
		o.records = cut(o.plain, true)
	case strings.HasSuffix(name, ".json"):
		o.format = "json"
		o.records, o.keyed, o.broken = readDocument(o.plain)
	default:
		o.format = "lines"
		o.records = cut(o.plain, false)
	}
}

func decompress(raw []byte) ([]byte, error) {
	r, err := gzip.NewReader(bytes.NewReader(raw))
	if err != nil {
		return nil, err
	}
	return io.ReadAll(r)
}

// cut splits text into lines, each with its end; inside quotes a line goes on, where the format has quotes.
func cut(text []byte, quotes bool) []record {
	var out []record
	start, quoted := 0, false
	for i, c := range text {
		switch {
		case c == '"' && quotes:
			quoted = !quoted
		case c == '\n' && !quoted:
			out = append(out, record{cells: []any{string(text[start : i+1])}})
			start = i + 1
		}
	}
	if start < len(text) {
		out = append(out, record{cells: []any{string(text[start:])}})
	}
	return out
}

func (s *Snapshot) object(key string) *object {
	for _, o := range s.objects {
		if o.key == key {
			return o
		}
	}
	return nil
}

func (s *Snapshot) database(file string) *database {
	for _, d := range s.databases {
		if d.file == file {
			return d
		}
	}
	return nil
}
