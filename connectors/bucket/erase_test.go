package bucket_test

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"vestige/connectors"
	"vestige/connectors/bucket"
	"vestige/internal/errkind"
	"vestige/pii"
)

// source opens the bucket in a folder as everybody does.
func source(t *testing.T, dir string) *connectors.Source {
	t.Helper()
	env := connectors.Env{Log: slog.New(slog.DiscardHandler)}
	s, err := connectors.Open(t.Context(), env, "files", bucket.Spec(), connectors.Config{"path": pii.NewValue(dir)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// specOf opens the driver itself.
func specOf(b testing.TB, env connectors.Env, dir string) connectors.Driver {
	b.Helper()
	d, err := bucket.Spec().Open(b.Context(), env, connectors.Config{"path": pii.NewValue(dir)})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = d.Close() })
	return d
}

// datasets gives what is discovered, by name.
func datasets(t *testing.T, s *connectors.Source) map[string]pii.Dataset {
	t.Helper()
	out := map[string]pii.Dataset{}
	for d, err := range s.Discover(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		out[d.Ref.Dataset] = d
	}
	return out
}

// find gives the records in which a value stands, wherever.
func find(t *testing.T, s *connectors.Source, d pii.Dataset, value string) (out []*pii.Found) {
	t.Helper()
	n := pii.Needles{Terms: []pii.Term{{Mode: pii.Within, Category: "contact.email", Values: []pii.Value{pii.NewValue(value)}}}}
	for f, err := range s.Search(t.Context(), d, n) {
		if err != nil {
			t.Fatal(err)
		}
		if f.Gap == nil {
			out = append(out, f)
		}
	}
	return out
}

func deleting(d pii.Dataset, found []*pii.Found) pii.Unit {
	act := pii.Act{Dataset: d, Method: pii.Delete}
	for _, f := range found {
		act.Targets = append(act.Targets, pii.Target{Key: f.Key, Digest: f.Digest})
	}
	return pii.Unit{ID: "u", Acts: []pii.Act{act}}
}

// redacting replaces every hit, as the planner does: spans in columns, whole values at paths, members by name.
func redacting(d pii.Dataset, found []*pii.Found) pii.Unit {
	act := pii.Act{Dataset: d, Method: pii.Redact}
	for _, f := range found {
		target := pii.Target{Key: f.Key, Digest: f.Digest}
		for _, h := range f.Hits {
			field := d.Field(h.Field)
			c := pii.Change{Field: field.Column, Path: h.Path, Start: h.Start, End: h.End, New: pii.NewValue("[x]")}
			if strings.HasSuffix(h.Field, "{@}") {
				c.Member, c.New, c.Start, c.End = true, pii.Value{}, 0, 0
			}
			target.Changes = append(target.Changes, c)
		}
		act.Targets = append(act.Targets, target)
	}
	return pii.Unit{ID: "u", Acts: []pii.Act{act}}
}

func packed(s string) string {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	w.Name, w.ModTime = "people.csv", time.Unix(1_700_000_000, 0)
	_, _ = io.WriteString(w, s)
	_ = w.Close()
	return b.String()
}

func unpacked(t *testing.T, s string) (string, *gzip.Reader) {
	t.Helper()
	r, err := gzip.NewReader(strings.NewReader(s))
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(b), r
}

// wide gives a text in UTF-16.
func wide(s string) string {
	var b []byte
	for _, u := range utf16.Encode([]rune(s)) {
		b = append(b, byte(u), byte(u>>8))
	}
	return string(b)
}

const ann = "ann@example.com"

// xmlBefore has her in an attribute, a text, a mixed text, CDATA, and in a comment between records.
const xmlBefore = "<?xml version=\"1.0\"?>\n<c:people xmlns:c='urn:x' by='bob@example.com'>\n  <c:person id=\"1\"><name>Joe &amp; Co</name><mail>joann@example.com</mail></c:person>\n" +
	"  <c:person id=\"2\" mail='ann@example.com'><x/></c:person>\n  <!-- for ann@example.com -->\n  <person>\n    <note>&lt;b> <b>hi</b> to ann@example.com, ok</note>\n  </person>\n" +
	"  <person><mail>bob@example.com</mail><mail><![CDATA[ann@example.com]]></mail></person>\n  <person><mail>\n ann&#64;example.com </mail></person>\n  <person/>\n</c:people>\n"

// rewrites are objects before and after the records that name ann are deleted, or redacted.
var rewrites = []struct{ name, file, before, deleted, redacted string }{
	{"csv", "people.csv",
		"\ufeffid;mail;note\r\n1;\"joann@example.com\";\"a;\"\"b\"\"\nc\"\r\n2;ann@example.com;x\r\n3;;by \"ann\"@example.com\r\n4;bob@example.com;to ann@example.com, ok\r\n",
		"\ufeffid;mail;note\r\n1;\"joann@example.com\";\"a;\"\"b\"\"\nc\"\r\n3;;by \"ann\"@example.com\r\n",
		"\ufeffid;mail;note\r\n1;\"joann@example.com\";\"a;\"\"b\"\"\nc\"\r\n2;[x];x\r\n3;;by \"ann\"@example.com\r\n4;bob@example.com;to [x], ok\r\n"},
	{"tabs", "people.tsv", "id\tmail\tnote\n1\tann@example.com\ta\\tb\n2\t\\N\tto ann@example.com\\n!\n", "id\tmail\tnote\n", "id\tmail\tnote\n1\t[x]\ta\\tb\n2\t\\N\tto [x]\\n!\n"},
	{"Windows-1252", "people.csv", "id,name,mail\n1,M\xfcller \x80\x81,bob@example.com\n2,Z\xf6e,ann@example.com\n", "id,name,mail\n1,M\xfcller \x80\x81,bob@example.com\n", "id,name,mail\n1,M\xfcller \x80\x81,bob@example.com\n2,Z\xf6e,[x]\n"},
	{"UTF-16", "people.csv", wide("\ufeffid,name,mail\r\n1,Zoë 😀,bob@example.com\r\n2,x,ann@example.com\r\n") + "\x00\xd8\n\x00", wide("\ufeffid,name,mail\r\n1,Zoë 😀,bob@example.com\r\n") + "\x00\xd8\n\x00", wide("\ufeffid,name,mail\r\n1,Zoë 😀,bob@example.com\r\n2,x,[x]\r\n") + "\x00\xd8\n\x00"},
	{"a dump of PostgreSQL", "x.sql", "COPY u (id, mail) FROM stdin;\n1\tann@example.com\n2\tbob@example.com\n\\.\nINSERT INTO u VALUES (3, 'ann@example.com'), (4, 'x');\nINSERT INTO u (mail) VALUES ('it''s ann@example.com');\nSELECT 1;\n",
		"COPY u (id, mail) FROM stdin;\n2\tbob@example.com\n\\.\nINSERT INTO u VALUES (4, 'x');\nSELECT 1;\n",
		"COPY u (id, mail) FROM stdin;\n1\t[x]\n2\tbob@example.com\n\\.\nINSERT INTO u VALUES (3, '[x]'), (4, 'x');\nINSERT INTO u (mail) VALUES ('it''s [x]');\nSELECT 1;\n"},
	{"a dump of MySQL", "y.sql", "-- MySQL dump\nINSERT INTO `u` VALUES (1,'a\\'b'),\n(2,'ann@example.com'),\n(3,_binary 'to \\\\ ann@example.com');\n",
		"-- MySQL dump\nINSERT INTO `u` VALUES (1,'a\\'b');\n", "-- MySQL dump\nINSERT INTO `u` VALUES (1,'a\\'b'),\n(2,'[x]'),\n(3,_binary 'to \\\\ [x]');\n"},
	{"ragged rows stay", "rows.csv", "id,mail\n1,a,b\n2,ann@example.com\n3\n", "id,mail\n1,a,b\n3\n", "id,mail\n1,a,b\n2,[x]\n3\n"},
	{"all rows", "all.csv", "id,mail\n2,ann@example.com\n", "id,mail\n", "id,mail\n2,[x]\n"},
	{"ndjson", "lines.ndjson", "{\"a\": 1.0}\n\n{\"m\" : [\"\\u0061nn@example.com\"]}\n{bad}\n{\"t\":\"hi ann@example.com \\u00e9\"}",
		"{\"a\": 1.0}\n\n{bad}\n", "{\"a\": 1.0}\n\n{\"m\" : [\"[x]\"]}\n{bad}\n{\"t\":\"hi [x] \\u00e9\"}"},
	{"array", "array.json", "[\n  {\"m\":\"ann@example.com\"},\n  {\"m\":\"bob@example.com\"} ,\n  {\"m\":\"ann@example.com\"}\n]\n",
		"[\n  {\"m\":\"bob@example.com\"}\n]\n", "[\n  {\"m\":\"[x]\"},\n  {\"m\":\"bob@example.com\"} ,\n  {\"m\":\"[x]\"}\n]\n"},
	{"members of a document", "prefs.json", "{ \"v\": 2,\n \"prefs\": {\"ann@example.com\": {\"l\": \"de\"}, \"joann@example.com\": {\"l\": \"en\"}}}\n", "",
		"{ \"v\": 2,\n \"prefs\": {\"joann@example.com\": {\"l\": \"en\"}}}\n"},
	{"elements", "people.xml", xmlBefore,
		"<?xml version=\"1.0\"?>\n<c:people xmlns:c='urn:x' by='bob@example.com'>\n  <c:person id=\"1\"><name>Joe &amp; Co</name><mail>joann@example.com</mail></c:person>\n  <person/>\n</c:people>\n",
		strings.NewReplacer("to ann@example.com, ok", "to [x], ok", "for ann@example.com", "for [x]", "<![CDATA[ann@example.com]]>", "[x]", "ann&#64;example.com", "[x]", "'ann@example.com'", "'[x]'").Replace(xmlBefore)},
	{"a document of XML", "one.xml", "<p><name>Ann</name><mail>ann@example.com</mail><a k='x'/></p>", "", "<p><name>Ann</name><mail>[x]</mail><a k='x'/></p>"},
	{"log", "app.log", "2026-03-01T10:00:00Z INFO user=1 mail=ann@example.com ip=192.0.2.1\nhello joann@example.com\nx ctx={\"m\":\"ann@example.com\"}\n",
		"hello joann@example.com\n", "2026-03-01T10:00:00Z INFO user=1 mail=[x] ip=192.0.2.1\nhello joann@example.com\nx ctx={\"m\":\"[x]\"}\n"},
}

// TestRewrite says that what is not hers is what it was, byte for byte, and that mode and times are.
func TestRewrite(t *testing.T) {
	for _, c := range rewrites {
		for _, pack := range []bool{false, true} {
			for method, want := range map[pii.Method]string{pii.Delete: c.deleted, pii.Redact: c.redacted} {
				name, file, before := c.name, c.file, c.before
				if pack {
					name, file, before = name+", packed", file+".gz", packed(before)
				}
				t.Run(name+"/"+string(method), func(t *testing.T) { rewrite(t, file, before, want, method, pack) })
			}
		}
	}
}

func rewrite(t *testing.T, file, before, want string, method pii.Method, pack bool) {
	dir := t.TempDir()
	path := filepath.Join(dir, file)
	put(t, path, []byte(before))
	then := time.Unix(1_600_000_000, 123456789)
	if err := os.Chtimes(path, then, then); err != nil {
		t.Fatal(err)
	}
	s := source(t, dir)
	d := datasets(t, s)[file]
	found := find(t, s, d, ann)
	u := deleting(d, found)
	if method == pii.Redact {
		u = redacting(d, found)
	}
	for round := range 2 {
		findings, err := s.Check(t.Context(), u)
		if err != nil {
			t.Fatal(err)
		}
		receipts, err := s.Erase(t.Context(), u)
		if err != nil {
			t.Fatalf("round %d: %v", round, err)
		}
		affected := receipts[0].Affected
		if findings[0].Records != affected || affected+receipts[0].FoundDone != int64(len(found)) || (round == 1) != (affected == 0) {
			t.Errorf("round %d: %d records, checked %v, receipt %+v", round, len(found), findings, receipts[0])
		}
	}
	after, err := os.ReadFile(path)
	if want == "" && os.IsNotExist(err) {
		return
	} else if err != nil {
		t.Fatal(err)
	}
	got := string(after)
	if pack {
		text, header := unpacked(t, got)
		if got = text; header.Name != "people.csv" || header.ModTime.Unix() != 1_700_000_000 {
			t.Errorf("the header of the packed file is %q of %v", header.Name, header.ModTime)
		}
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o640 || !info.ModTime().Equal(then) {
		t.Errorf("mode %v, time %v: %v", info.Mode(), info.ModTime(), err)
	}
	if got != want {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

// TestKeyOfObject says that an object whose key holds her address goes as a whole, and is found by its key.
func TestKeyOfObject(t *testing.T) {
	dir := t.TempDir()
	put(t, filepath.Join(dir, "inbox", ann, "2026-01-02.json"), []byte(`{"text":"hello"}`))
	put(t, filepath.Join(dir, "inbox", ann, "2026-01-03.csv"), []byte("id,text\n1,hello\n"))
	put(t, filepath.Join(dir, "inbox", ann, "scan.png"), []byte("\x89PNG\x00\x01\x02"))
	put(t, filepath.Join(dir, "inbox", "jo"+ann, "2026-01-02.json"), []byte(`{"text":"hello"}`))
	s := source(t, dir)
	for name, d := range datasets(t, s) {
		if strings.Contains(name, "@") || strings.Contains(d.Schema, "@") {
			t.Errorf("a value stands in the name of a dataset")
		}
		m := pii.Match{Dataset: d, Want: []string{"text"}, Terms: []pii.Term{{Field: "{1}", Mode: pii.Equal, Category: "contact.email", Values: []pii.Value{pii.NewValue(ann)}}}}
		var located, compared []*pii.Found
		for f, err := range s.Locate(t.Context(), m) {
			if err == nil && f.Gap == nil {
				located = append(located, f)
			}
		}
		for f, err := range s.Compare(t.Context(), m) {
			if err == nil && f.Gap == nil {
				compared = append(compared, f)
			}
		}
		if len(located) != 1 || len(compared) != 1 || !located[0].Key.Equal(compared[0].Key) || located[0].Hits[0] != compared[0].Hits[0] {
			t.Errorf("%s: located %d, compared %d", name, len(located), len(compared))
		}
		if _, err := s.Erase(t.Context(), deleting(d, located)); err != nil {
			t.Fatal(err)
		}
		for _, text := range s.Statements(deleting(d, located)) {
			if strings.Contains(text, "@") {
				t.Errorf("a statement shows a value")
			}
		}
	}
	left, err := filepath.Glob(filepath.Join(dir, "inbox", "*"))
	if err != nil || len(left) != 1 || !strings.Contains(left[0], "joann") {
		t.Errorf("left are %v, %v", left, err)
	}
}

// TestUnitsOneAfterTheOther says that records are known after others before them have gone, equal ones included.
func TestUnitsOneAfterTheOther(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "app.log")
	put(t, path, []byte("to ann@example.com\nkeep 1\nto ann@example.com\nto ann@example.com now\nkeep 2\nto ann@example.com\n"))
	s := source(t, dir)
	d := datasets(t, s)["app.log"]
	found := find(t, s, d, ann)
	if len(found) != 4 {
		t.Fatalf("%d found", len(found))
	}
	for i, f := range found {
		receipts, err := s.Erase(t.Context(), deleting(d, found[i:i+1]))
		if err != nil || receipts[0].Affected != 1 {
			t.Fatalf("record %d (%d hits): %v %+v", i, len(f.Hits), err, receipts)
		}
	}
	if b, _ := os.ReadFile(path); string(b) != "keep 1\nkeep 2\n" {
		t.Errorf("left is %q", b)
	}
	receipts, err := s.Erase(t.Context(), deleting(d, found))
	if err != nil || receipts[0].FoundDone != 4 {
		t.Errorf("again: %v %+v", err, receipts)
	}
}

// TestLeftDraft says that what a crash has left is removed when the bucket is next opened for erasing, and is never listed.
func TestLeftDraft(t *testing.T) {
	dir := t.TempDir()
	put(t, filepath.Join(dir, "a", "x.csv"), []byte("id,mail\n1,ann@example.com\n"))
	draft := filepath.Join(dir, "a", ".vestige-0123456789abcdef.tmp")
	put(t, draft, []byte("id,mail\n"))
	s := source(t, dir)
	ds := datasets(t, s)
	if len(ds) != 1 {
		t.Errorf("%d datasets are discovered", len(ds))
	}
	if _, err := s.Check(t.Context(), deleting(ds["a/x.csv"], find(t, s, ds["a/x.csv"], ann))); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(draft); !os.IsNotExist(err) {
		t.Errorf("the draft is still there: %v", err)
	}
}

func TestRefused(t *testing.T) {
	dir := t.TempDir()
	cut := packed("id,mail\n1,ann@example.com\n" + strings.Repeat("2,bob@example.com\n", 5000))
	put(t, filepath.Join(dir, "cut.csv.gz"), []byte(cut[:len(cut)-40]))
	put(t, filepath.Join(dir, "x.csv"), []byte("id,mail\n1,ann@example.com\n2,bob@example.com\n"))
	s := source(t, dir)
	ds := datasets(t, s)
	u := deleting(ds["cut.csv.gz"], find(t, s, ds["cut.csv.gz"], ann))
	if _, err := s.Erase(t.Context(), u); errkind.Of(err) != errkind.Unsupported || errkind.Code(err) != "truncated" {
		t.Errorf("a packed object that is cut: %v", err)
	}
	u = deleting(ds["x.csv"], find(t, s, ds["x.csv"], ann))
	c := pii.Change{Field: "{object}", New: pii.NewValue("y.csv")}
	u.Acts[0].Method, u.Acts[0].Targets[0].Changes = pii.Redact, []pii.Change{c}
	if _, err := s.Erase(t.Context(), u); errkind.Of(err) != errkind.Unsupported {
		t.Errorf("changing the key of an object: %v", err)
	}
	if left, err := filepath.Glob(filepath.Join(dir, ".vestige*")); err != nil || len(left) > 0 {
		t.Errorf("drafts are left: %v %v", left, err)
	}
}

// TestRandomElements deletes random elements of arrays that are written in every way, and reads what is left with another decoder.
func TestRandomElements(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 5))
	space := func() string { return []string{"", " ", "\n", "\n  ", "\t"}[random.IntN(5)] }
	for round := range 60 {
		dir := t.TempDir()
		var want []any
		text := "[" + space()
		hers := 0
		for i := range 1 + random.IntN(8) {
			if i > 0 {
				text += space() + "," + space()
			}
			if random.IntN(2) == 0 {
				text += fmt.Sprintf(`{"n":%d,"m":"%s"}`, i, ann)
				hers++
				continue
			}
			text += fmt.Sprintf(`{"n":%d,"m":["}",{"x":"\\\""}]}`, i)
			want = append(want, float64(i))
		}
		text += space() + "]" + space()
		path := filepath.Join(dir, "array.json")
		put(t, path, []byte(text))
		s := source(t, dir)
		d := datasets(t, s)["array.json"]
		receipts, err := s.Erase(t.Context(), deleting(d, find(t, s, d, ann)))
		if err != nil || receipts[0].Affected != int64(hers) {
			t.Fatalf("round %d: %v %+v", round, err, receipts)
		}
		var left []map[string]any
		b, err := os.ReadFile(path)
		if err == nil {
			err = json.Unmarshal(b, &left)
		} else if len(want) == 0 {
			err = nil
		}
		if err != nil || len(left) != len(want) {
			t.Fatalf("round %d: %q became %q: %v", round, text, b, err)
		}
		for i := range left {
			if left[i]["n"] != want[i] {
				t.Fatalf("round %d: %q became %q", round, text, b)
			}
		}
	}
}
