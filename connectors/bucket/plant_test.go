package bucket_test

import (
	"bytes"
	"cmp"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hamba/avro/v2/ocf"

	"vestige/connectors"
	"vestige/internal/errkind"
	"vestige/pii"
)

// TestPlant plants somebody in objects of many forms, finds her, and erases her: every file is what it was.
func TestPlant(t *testing.T) {
	const mail = "vestige-drill-0123456789abcdef@drill.example"
	row := `{"mail":"` + ann + `","id":7}` + "\n"
	for name, c := range map[string]struct {
		files   map[string]string
		dataset string
		own     bool // in an object of her own
		refused bool
		field   string // where it is not "mail"
	}{
		"lines of parts":        {files: map[string]string{"events/dt=2026-03-01/part-0.ndjson": row, "events/dt=2026-03-01/part-1.ndjson": row}, dataset: "events/dt={}/part-{}.ndjson", own: true},
		"a partition":           {files: map[string]string{"events/dt=2026-03-01/data.csv": "id,mail\n1," + ann + "\n"}, dataset: "events/dt={}/data.csv", own: true},
		"a table of each month": {files: map[string]string{"report-2026-03.csv": "id;mail\r\n1;" + ann + "\r\n"}, dataset: "report-{}.csv", own: true},
		"a folder of each":      {files: map[string]string{"u/" + ann + "/me.json": row, "u/bob@example.com/me.json": row}, dataset: "u/{}/me.json", own: true},
		"an id of each":         {files: map[string]string{"u/6fa459ea-ee8a-4ca4-894e-db77e160355e.json": row}, dataset: "u/{}.json", own: true},
		"names of three":        {files: map[string]string{"u/ann.json": row, "u/bob.json": row, "u/eve.json": row}, dataset: "u/{}.json", own: true},
		"lists":                 {files: map[string]string{"day-20260301.json": "[" + row + "]"}, dataset: "day-{}.json", own: true},
		"packed":                {files: map[string]string{"day-20260301.csv.gz": packed("id,mail\n1," + ann + "\n")}, dataset: "day-{}.csv.gz", own: true},
		"one table":             {files: map[string]string{"people.csv": "id,mail\n1," + ann + "\n"}, dataset: "people.csv"},
		"one of tabs":           {files: map[string]string{"people.tsv": "id\tmail\r\n1\t" + ann + "\r\n"}, dataset: "people.tsv"},
		"one of lines":          {files: map[string]string{"people.ndjson": row + row}, dataset: "people.ndjson"},
		"one without an end":    {files: map[string]string{"people.ndjson": row + strings.TrimSpace(row)}, dataset: "people.ndjson", refused: true},
		"one document":          {files: map[string]string{"people.json": row}, dataset: "people.json", refused: true},
		"one packed":            {files: map[string]string{"people.csv.gz": packed("id,mail\n1," + ann + "\n")}, dataset: "people.csv.gz", refused: true},
		"elements of each day":  {files: map[string]string{"day-20260301.xml": elementsOf(ann), "day-20260302.xml": elementsOf(ann)}, dataset: "day-{}.xml", own: true, field: "person.mail"},
		"elements packed":       {files: map[string]string{"day-20260301.xml.gz": packed(elementsOf(ann))}, dataset: "day-{}.xml.gz", own: true, field: "person.mail"},
		"elements with a date":  {files: map[string]string{"day-20260301.xml": strings.Replace(elementsOf(ann), "<people>", "<people day='1'>", 1)}, dataset: "day-{}.xml", refused: true, field: "person.mail"},
		"one list of elements":  {files: map[string]string{"people.xml": elementsOf(ann)}, dataset: "people.xml", field: "person.mail"},
		"Parquet of each day":   {files: map[string]string{"day-20260301.parquet": string(visits(t, 3))}, dataset: "day-{}.parquet", own: true},
		"one of Parquet":        {files: map[string]string{"visits.parquet": string(visits(t, 1))}, dataset: "visits.parquet", refused: true},
		"Avro of each day":      {files: map[string]string{"day-20260301.avro": string(mails(t))}, dataset: "day-{}.avro", own: true},
		"one of Avro":           {files: map[string]string{"mails.avro": string(mails(t))}, dataset: "mails.avro", refused: true},
		"a log":                 {files: map[string]string{"app.log": "2026-03-01T00:00:00Z INFO mail=" + ann + "\n"}, dataset: "app.log", field: "line.mail"},
		"logs of each day":      {files: map[string]string{"day-20260301.log.gz": packed("2026-03-01T00:00:00Z INFO mail=" + ann + "\n")}, dataset: "day-{}.log.gz", own: true, field: "line.mail"},
		"a log of texts":        {files: map[string]string{"app.log": "2026-03-01T00:00:00Z INFO " + ann + " was here\n"}, dataset: "app.log", refused: true, field: "line"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			for key, text := range c.files {
				put(t, filepath.Join(dir, key), []byte(text))
			}
			before := tree(t, dir)
			s := source(t, dir)
			ds := datasetOf(t, s, c.dataset)
			field := cmp.Or(c.field, "mail")
			values := map[string]pii.Value{field: pii.NewValue(mail)}
			if strings.HasPrefix(c.dataset, "u/{}/") {
				values["{1}"] = pii.NewValue(mail)
			}
			err := s.Plant(t.Context(), ds, values)
			if c.refused {
				if errkind.Code(err) != "cannot-plant" || !maps.Equal(tree(t, dir), before) {
					t.Errorf("it is not refused: %v", err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if after := tree(t, dir); (len(after) == len(before)+1) != c.own || maps.Equal(after, before) {
				t.Errorf("planted in %d files of %d", len(after), len(before))
			}
			m := pii.Match{Dataset: datasetOf(t, s, c.dataset), Terms: []pii.Term{{Field: field, Mode: pii.Equal, Category: "contact.email", Values: []pii.Value{pii.NewValue(mail)}}}}
			act := pii.Act{Dataset: m.Dataset, Method: pii.Delete}
			for f, err := range s.Locate(t.Context(), m) {
				if err != nil {
					t.Fatal(err)
				}
				act.Targets = append(act.Targets, pii.Target{Key: f.Key, Digest: f.Digest})
			}
			for key, text := range tree(t, dir) {
				if _, old := before[key]; !old && strings.Contains(text, ann) {
					t.Errorf("something of the model's is in %s", key)
				}
			}
			if len(act.Targets) != 1 {
				t.Fatalf("%d records have the address", len(act.Targets))
			}
			if _, err := s.Erase(t.Context(), pii.Unit{ID: "u", Acts: []pii.Act{act}}); err != nil {
				t.Fatal(err)
			}
			if after := tree(t, dir); !maps.Equal(after, before) {
				t.Errorf("after the erasure there are other files or other bytes: %q", after)
			}
			folders(t, dir, mail)
		})
	}
}

// elementsOf is a list of two people.
func elementsOf(mail string) string {
	return "<?xml version=\"1.0\"?>\n<people>\n  <!-- of " + mail + " -->\n  <person id='1'><name>Ann</name><mail>" + mail + "</mail><tag/></person>\n  <person id='2'><mail>bob@example.com</mail></person>\n</people>\n"
}

// mails is an Avro file of two people.
func mails(t *testing.T) []byte {
	t.Helper()
	var b bytes.Buffer
	w, err := ocf.NewEncoder(`{"type":"record","name":"r","fields":[{"name":"mail","type":["null","string"]},{"name":"name","type":"string"},{"name":"id","type":"long"}]}`, &b, ocf.WithCodec(ocf.Deflate))
	if err != nil {
		t.Fatal(err)
	}
	for i, mail := range []string{ann, "bob@example.com"} {
		if err := w.Encode(map[string]any{"mail": mail, "name": "Name of " + mail, "id": int64(i)}); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestPlantOverNothing has a file appear at the planted key: it is not replaced.
func TestPlantOverNothing(t *testing.T) {
	dir := t.TempDir()
	put(t, filepath.Join(dir, "day-20260301.ndjson"), []byte(`{"mail":"ann@example.com"}`+"\n"))
	put(t, filepath.Join(dir, "day-97000811.ndjson"), []byte(`{"mail":"bob@example.com"}`+"\n"))
	s := source(t, dir)
	ds := datasetOf(t, s, "day-{}.ndjson")
	if err := s.Plant(t.Context(), ds, map[string]pii.Value{"mail": pii.NewValue("eve@example.com")}); err != nil {
		t.Fatal(err)
	}
	if got := tree(t, dir); got["day-97000811.ndjson"] != `{"mail":"bob@example.com"}`+"\n" || len(got) != 3 {
		t.Errorf("%q", got)
	}
}

// folders tells whether a folder has kept a value in its name.
func folders(t *testing.T, dir, value string) {
	t.Helper()
	_ = filepath.WalkDir(dir, func(path string, _ os.DirEntry, err error) error {
		if strings.Contains(path, value) {
			t.Errorf("a folder keeps the address")
		}
		return err
	})
}

// datasetOf gives a dataset as it is discovered.
func datasetOf(t *testing.T, s *connectors.Source, name string) pii.Dataset {
	t.Helper()
	var names []string
	for d, err := range s.Discover(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		if names = append(names, d.Ref.Dataset); d.Ref.Dataset == name {
			return d
		}
	}
	t.Fatalf("there is no dataset %s, only %q", name, names)
	return pii.Dataset{}
}

// tree gives all files of a folder.
func tree(t *testing.T, dir string) map[string]string {
	t.Helper()
	out := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, e os.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		name, _ := filepath.Rel(dir, path)
		out[filepath.ToSlash(name)] = string(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}
