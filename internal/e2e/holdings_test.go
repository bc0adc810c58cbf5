package e2e_test

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"vestige/internal/demo/company"
	"vestige/internal/testenv"

	"github.com/aws/aws-sdk-go-v2/service/s3"
)

// shelves say in which system the objects of a folder are: "search" documents of their own, the others files.
var shelves = []struct{ folder, system, index string }{
	{"events/", "search", "events"}, {"support/chats/", "search", "chats"}, {"b2b/", "search", "accounts"}, {"feedback/2026-q1", "search", "feedback"},
	{"exports/", "folder", ""}, {"marketing/", "folder", ""}, {"feedback/", "folder", ""}, {"rates/", "folder", ""}, {"", "bucket", ""},
}

// shelf says where an object is.
func shelf(key string) (system, index string) {
	for _, s := range shelves {
		if strings.HasPrefix(key, s.folder) {
			return s.system, s.index
		}
	}
	return "", ""
}

// objectsOf calls for each object of a system's share.
func objectsOf(t *testing.T, dir, system string, do func(key, path string, body []byte)) {
	t.Helper()
	root := filepath.Join(dir, company.ObjectsRoot)
	must(t, filepath.WalkDir(root, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		key := filepath.ToSlash(strings.TrimPrefix(path, root+string(filepath.Separator)))
		if where, _ := shelf(key); where != system {
			return nil
		}
		body, err := os.ReadFile(path)
		if err == nil {
			do(key, path, body)
		}
		return err
	}))
}

// upload moves the bucket's share of the objects into it.
func upload(t *testing.T, b testenv.Bucket, dir string) {
	t.Helper()
	objectsOf(t, dir, "bucket", func(key, _ string, body []byte) {
		_, err := b.Client.PutObject(t.Context(), &s3.PutObjectInput{Bucket: &b.Name, Key: &key, Body: bytes.NewReader(body)})
		must(t, err)
	})
}

// stow moves the folder's share of the objects there, with modes and times.
func stow(t *testing.T, dir, folder string) {
	t.Helper()
	objectsOf(t, dir, "folder", func(key, path string, body []byte) {
		info, err := os.Stat(path)
		must(t, err)
		file(t, filepath.Join(folder, filepath.FromSlash(key)), body, info.Mode(), info.ModTime())
	})
}

func file(t *testing.T, path string, body []byte, mode fs.FileMode, at time.Time) {
	t.Helper()
	must(t, os.MkdirAll(filepath.Dir(path), 0o755))
	must(t, os.WriteFile(path, body, mode))
	must(t, os.Chmod(path, mode))
	must(t, os.Chtimes(path, at, at))
}

// download writes what a bucket holds now into a folder; times are all the same, since a bucket's are no part of an object.
func download(t *testing.T, b testenv.Bucket, dir string) {
	t.Helper()
	pages := s3.NewListObjectsV2Paginator(b.Client, &s3.ListObjectsV2Input{Bucket: &b.Name})
	for pages.HasMorePages() {
		page, err := pages.NextPage(t.Context())
		must(t, err)
		for _, o := range page.Contents {
			file(t, filepath.Join(dir, filepath.FromSlash(*o.Key)), body(t, b, *o.Key, nil), 0o644, time.Unix(0, 0))
		}
	}
}

// body reads an object, or one version of it.
func body(t *testing.T, b testenv.Bucket, key string, version *string) []byte {
	t.Helper()
	got, err := b.Client.GetObject(t.Context(), &s3.GetObjectInput{Bucket: &b.Name, Key: &key, VersionId: version})
	must(t, err)
	defer func() { _ = got.Body.Close() }()
	text, err := io.ReadAll(got.Body)
	must(t, err)
	return text
}

// versions calls for every version of every object with its content, and for every marker of a deletion.
func versions(t *testing.T, b testenv.Bucket, see func(key string, text []byte)) {
	t.Helper()
	pages := s3.NewListObjectVersionsPaginator(b.Client, &s3.ListObjectVersionsInput{Bucket: &b.Name})
	for pages.HasMorePages() {
		page, err := pages.NextPage(t.Context())
		must(t, err)
		for _, v := range page.Versions {
			see(*v.Key, unpacked(t, *v.Key, body(t, b, *v.Key, v.VersionId)))
		}
		for _, d := range page.DeleteMarkers {
			see(*d.Key, nil)
		}
	}
}

func unpacked(t *testing.T, key string, text []byte) []byte {
	t.Helper()
	if !strings.HasSuffix(key, ".gz") {
		return text
	}
	r, err := gzip.NewReader(bytes.NewReader(text))
	must(t, err)
	text, err = io.ReadAll(r)
	must(t, err)
	return text
}

// library is the part of a company that is in a search server: lines and elements of objects, and rows of a table, each a document.
type library struct {
	testenv.Search
	table transplanted // the notes of the customer relations
}

// mappings are of the indexes whose objects are documents of their own inside a document; the others come from what is put in.
var mappings = map[string]string{
	"chats":    `{"chat": {"type": "keyword"}, "turns": {"type": "nested", "properties": {"from": {"type": "keyword"}, "text": {"type": "text"}}}}`,
	"accounts": `{"account": {"type": "keyword"}, "org": {"properties": {"contacts": {"type": "nested"}}}}`,
	"events":   `{"device": {"type": "keyword"}, "props": {"type": "object"}}`,
	"feedback": `{"text": {"type": "text", "index": false}}`,
	"notes":    `{}`,
}

func (l *library) take(t *testing.T, dir string, notes transplanted) {
	t.Helper()
	l.table = notes
	for index, properties := range mappings {
		l.Do(t, "PUT", "/"+l.Prefix+index, `{"settings": {"number_of_shards": 1, "number_of_replicas": 0}, "mappings": {"properties": `+properties+`}}`)
	}
	objectsOf(t, dir, "search", func(key, _ string, body []byte) {
		_, index := shelf(key)
		l.put(t, index, key, recordsOf(t, key, body))
	})
	var rows []json.RawMessage
	for _, row := range notes.rows {
		text, err := json.Marshal(row)
		must(t, err)
		rows = append(rows, notes.document(t, text))
	}
	l.put(t, "notes", "notes", rows)
}

// document writes a row as an object with the names of its columns, in their order.
func (tab *transplanted) document(t *testing.T, row []byte) json.RawMessage {
	t.Helper()
	var cells []json.RawMessage
	must(t, json.Unmarshal(row, &cells))
	var parts []string
	for i, c := range tab.columns {
		parts = append(parts, fmt.Sprintf("%q:%s", c.name, cells[i]))
	}
	return json.RawMessage("{" + strings.Join(parts, ",") + "}")
}

// recordsOf cuts an object into the documents that it becomes.
func recordsOf(t *testing.T, key string, body []byte) (out []json.RawMessage) {
	t.Helper()
	if strings.HasSuffix(key, ".json") {
		must(t, json.Unmarshal(body, &out))
		return out
	}
	for line := range bytes.Lines(body) {
		out = append(out, bytes.TrimSuffix(line, []byte("\n")))
	}
	return out
}

// put indexes documents under ids that tell where each was.
func (l *library) put(t *testing.T, index, key string, docs []json.RawMessage) {
	t.Helper()
	n := 0
	for part := range slices.Chunk(docs, 1000) {
		var b strings.Builder
		for _, d := range part {
			fmt.Fprintf(&b, "{\"create\": {\"_id\": \"%s#%06d\"}}\n%s\n", key, n, d)
			n++
		}
		if out := l.Do(t, "POST", "/"+l.Prefix+index+"/_bulk?refresh=true", b.String()); bytes.Contains(out, []byte(`"errors":true`)) {
			t.Fatalf("documents of %s were not taken: %.500s", index, out)
		}
	}
}

// held is a document as it is now.
type held struct {
	ID     string          `json:"_id"`
	Source json.RawMessage `json:"_source"`
}

// now gives the documents of an index, by the objects that they were in, in order.
func (l *library) now(t *testing.T, index string) (keys []string, docs map[string][]held) {
	t.Helper()
	l.Do(t, "POST", "/"+l.Prefix+index+"/_refresh", "")
	var got struct{ Hits struct{ Hits []held } }
	must(t, json.Unmarshal(l.Do(t, "POST", "/"+l.Prefix+index+"/_search", `{"size": 10000}`), &got))
	slices.SortFunc(got.Hits.Hits, func(a, b held) int { return cmp.Compare(a.ID, b.ID) })
	docs = map[string][]held{}
	for _, h := range got.Hits.Hits {
		key, _, _ := strings.Cut(h.ID, "#")
		if docs[key] == nil {
			keys = append(keys, key)
		}
		docs[key] = append(docs[key], h)
	}
	return keys, docs
}

// back writes what the server holds now as the objects, and the table, that it was.
func (l *library) back(t *testing.T, dir string) {
	t.Helper()
	for index := range mappings {
		keys, docs := l.now(t, index)
		for _, key := range keys {
			if key != "notes" {
				file(t, filepath.Join(dir, company.ObjectsRoot, filepath.FromSlash(key)), joined(key, docs[key]), 0o644, time.Unix(0, 0))
				continue
			}
			writeTables(t, filepath.Join(dir, company.CRMFile), []transplanted{l.table}, func(tab *transplanted) [][]any { return rowsFrom(t, tab, docs[key]) })
		}
	}
}

func joined(key string, docs []held) []byte {
	var out []string
	for _, d := range docs {
		out = append(out, string(d.Source))
	}
	if strings.HasSuffix(key, ".json") {
		return []byte("[\n  " + strings.Join(out, ",\n  ") + "\n]\n")
	}
	return []byte(strings.Join(out, "\n") + "\n")
}

// rowsFrom reads documents as rows of a table.
func rowsFrom(t *testing.T, tab *transplanted, docs []held) (out [][]any) {
	t.Helper()
	for _, d := range docs {
		var cells map[string]any
		dec := json.NewDecoder(bytes.NewReader(d.Source))
		dec.UseNumber()
		must(t, dec.Decode(&cells))
		row := make([]any, len(tab.columns))
		for i, c := range tab.columns {
			row[i] = cells[c.name]
			if n, ok := row[i].(json.Number); ok {
				whole, err := n.Int64()
				must(t, err)
				row[i] = whole
			}
			delete(cells, c.name)
		}
		if len(cells) > 0 {
			t.Errorf("a document of the notes has %d fields more", len(cells))
		}
		out = append(out, row)
	}
	return out
}
