package decode_test

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/parquet-go/parquet-go"

	"vestige/internal/decode"
	"vestige/internal/testenv"
)

type contact struct {
	Kind string  `parquet:"kind,dict"`
	Mail *string `parquet:"mail,optional"`
}

type person struct {
	ID       int64             `parquet:"id"`
	Mail     string            `parquet:"mail"`
	City     string            `parquet:"city,dict"`
	Contacts []contact         `parquet:"contacts,list"`
	Tags     []string          `parquet:"tags"`
	Prefs    map[string]string `parquet:"prefs"`
	Note     *string           `parquet:"note,optional"`
}

func personOf(i int) person {
	p := person{ID: int64(i), Mail: fmt.Sprintf("p%06d@example.com", i), City: []string{"Berlin", "Wien", "Bern"}[i%3]}
	for k := range i % 3 {
		mail := fmt.Sprintf("p%06d.%d@example.org", i, k)
		c := contact{Kind: "home", Mail: &mail}
		if k == 1 {
			c.Mail = nil
		}
		p.Contacts = append(p.Contacts, c)
	}
	if i%2 == 0 {
		note := fmt.Sprintf("wrote p%06d@example.com twice", i)
		p.Note, p.Tags, p.Prefs = &note, []string{"a", "b"}, map[string]string{"lang": "de"}
	}
	return p
}

// people gives a file of n row groups with rows persons each.
func people(t testing.TB, groups, rows int) []byte {
	t.Helper()
	var b bytes.Buffer
	w := parquet.NewGenericWriter[person](&b, parquet.Compression(&parquet.Snappy), parquet.BloomFilters(parquet.SplitBlockFilter(10, "mail")), parquet.KeyValueMetadata("made", "here"))
	for g := range groups {
		var some []person
		for i := range rows {
			some = append(some, personOf(g*rows+i))
		}
		if _, err := w.Write(some); err != nil {
			t.Fatal(err)
		}
		if err := w.Flush(); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// counting counts the bytes that are read.
type counting struct {
	*bytes.Reader
	n int64
}

// ReadAt counts.
func (c *counting) ReadAt(p []byte, off int64) (int, error) {
	n, err := c.Reader.ReadAt(p, off)
	c.n += int64(n)
	return n, err
}

// readAt gives the records of a container as lines, and their digests.
func readAt(t testing.TB, p *decode.Pool, o decode.Options, file []byte) (out []string, digests [][32]byte, s decode.Summary) {
	t.Helper()
	s, err := p.DecodeAt(t.Context(), o, bytes.NewReader(file), int64(len(file)), func(it *decode.Item) error {
		if it.Kind != decode.Record {
			return nil
		}
		line := fmt.Sprint(it.Ordinal)
		for _, v := range it.Values {
			line += " " + v.Name
			if v.Path != "" {
				line += "@" + v.Path
			}
			if v.Null {
				line += "=null"
			} else {
				line += fmt.Sprintf("=%q", v.Bytes)
			}
		}
		out, digests = append(out, line), append(digests, it.Digest)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out, digests, s
}

func TestParquet(t *testing.T) {
	file := people(t, 2, 3)
	for kind, p := range pools(t) {
		got, _, s := readAt(t, p, decode.Options{}, file)
		want := []string{
			`0 id="0" mail="p000000@example.com" city="Berlin" tags[]@tags[0]="a" tags[]@tags[1]="b" prefs[].key@prefs[0].key="lang" prefs[].value@prefs[0].value="de" note="wrote p000000@example.com twice"`,
			`1 id="1" mail="p000001@example.com" city="Wien" contacts[].kind@contacts[0].kind="home" contacts[].mail@contacts[0].mail="p000001.0@example.org" note=null`,
			`2 id="2" mail="p000002@example.com" city="Bern" contacts[].kind@contacts[0].kind="home" contacts[].kind@contacts[1].kind="home" contacts[].mail@contacts[0].mail="p000002.0@example.org" contacts[].mail@contacts[1].mail=null tags[]@tags[0]="a" tags[]@tags[1]="b" prefs[].key@prefs[0].key="lang" prefs[].value@prefs[0].value="de" note="wrote p000002@example.com twice"`,
		}
		if d := cmp.Diff(want, got[:3]); d != "" || len(got) != 6 || s.Gap != "" {
			t.Error(kind, len(got), s.Gap, d)
		}
	}
}

// TestParquetRewrite deletes and changes records of one row group in fifty, and has the file read again by other implementations. The bytes of the other
// groups are what they were.
func TestParquetRewrite(t *testing.T) {
	file := people(t, 50, 20)
	p := pools(t)["child"]
	before, digests, _ := readAt(t, p, decode.Options{}, file)
	edits := []decode.Edit{
		{Ordinal: 204, Digest: digests[204], Delete: true},
		{Ordinal: 206, Digest: digests[206], Changes: []decode.EditChange{
			{Path: "mail", New: []byte("x@example.net")}, {Path: "note", Start: 6, End: 25, Old: []byte("p000206@example.com"), New: []byte("[x]")}, {Path: "contacts[0].mail", New: nil}, {Path: "id", New: []byte("-1")}}},
	}
	for i := 300; i < 320; i++ { // a whole group
		edits = append(edits, decode.Edit{Ordinal: int64(i), Digest: digests[i], Delete: true})
	}
	var out bytes.Buffer
	s, err := p.RewriteAt(t.Context(), decode.Options{Edits: edits}, bytes.NewReader(file), int64(len(file)), &out)
	if err != nil || s.Gap != "" || s.Refused != "" || s.Met != int64(len(edits)) {
		t.Fatalf("%v %+v", err, s)
	}
	after, _, s := readAt(t, p, decode.Options{}, out.Bytes())
	if s.Gap != "" || len(after) != 979 {
		t.Fatalf("%d records, gap %q", len(after), s.Gap)
	}
	at := 0
	for i, line := range before {
		if i == 204 || i >= 300 && i < 320 {
			continue
		}
		if i == 206 {
			line = strings.NewReplacer(`id="206"`, `id="-1"`, `mail="p000206@example.com"`, `mail="x@example.net"`, "wrote p000206@example.com", "wrote [x]", `"p000206.0@example.org"`, "null").Replace(line)
		}
		_, want, _ := strings.Cut(line, " ")
		if _, got, _ := strings.Cut(after[at], " "); got != want {
			t.Fatalf("record %d:\n%s\n%s", i, got, want)
		}
		at++
	}
	for _, gone := range []string{"p000204", "p000206", "p000310"} {
		if bytes.Contains(out.Bytes(), []byte(gone)) {
			t.Errorf("%s is left in the bytes", gone)
		}
	}
	sameGroups(t, file, out.Bytes(), 10, 15)
	otherReaders(t, out.Bytes(), 979)
}

// sameGroups compares the bytes of the row groups that were not touched: all but the first given, and without the second, which is gone.
func sameGroups(t *testing.T, before, after []byte, changed, gone int) {
	t.Helper()
	a, b := opened(t, before), opened(t, after)
	if len(b.RowGroups()) != 49 {
		t.Fatalf("%d row groups", len(b.RowGroups()))
	}
	for i, at := 0, 0; i < 50; i++ {
		if i == gone {
			continue
		}
		if i != changed && !bytes.Equal(bytesOf(a, before, i), bytesOf(b, after, at)) {
			t.Errorf("row group %d has other bytes", i)
		}
		at++
	}
	columns, offsets, err := b.ReadPageIndex()
	if err != nil || len(columns) == 0 || len(offsets) == 0 {
		t.Errorf("page index: %v", err)
	}
	if made, ok := b.Lookup("made"); !ok || made != "here" {
		t.Error("the metadata is lost")
	}
	for i, g := range b.RowGroups() {
		filter := g.ColumnChunks()[1].BloomFilter()
		if ok, err := filter.Check(parquet.ValueOf("nobody@example.com")); filter.Size() == 0 || err != nil {
			t.Errorf("Bloom filter of group %d: %v %v", i, ok, err)
		}
	}
}

func opened(t *testing.T, b []byte) *parquet.File {
	t.Helper()
	f, err := parquet.OpenFile(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func bytesOf(f *parquet.File, b []byte, group int) []byte {
	from, to := int64(len(b)), int64(0)
	for _, c := range f.Metadata().RowGroups[group].Columns {
		start := c.MetaData.DataPageOffset
		if d := c.MetaData.DictionaryPageOffset; d > 0 {
			start = min(start, d)
		}
		from, to = min(from, start), max(to, start+c.MetaData.TotalCompressedSize)
	}
	return b[from:to]
}

// readers counts the rows and the different addresses of a file, with pyarrow and with DuckDB.
const readers = `
import sys
import pyarrow.parquet as pq, duckdb
f = sys.argv[1]
t = pq.read_table(f)
p = pq.ParquetFile(f)
d = duckdb.sql("select count(*), count(distinct mail), count(note), count(*) filter (where mail = 'p000301@example.com') from read_parquet('%s')" % f).fetchall()[0]
m = t.column("mail").to_pylist()
one = pq.read_table(f, filters=[("mail", "=", "p000400@example.com")]).num_rows
print(t.num_rows, len(set(m)), t.num_rows - t.column("note").null_count, 0, p.metadata.num_rows, one)
print(d[0], d[1], d[2], d[3], p.metadata.num_rows, one)
`

// otherReaders has the file read by pyarrow and DuckDB, of the Python that scripts/need has fetched or VESTIGE_PYTHON names.
func otherReaders(t *testing.T, file []byte, rows int) {
	t.Helper()
	python := os.Getenv("VESTIGE_PYTHON")
	if python == "" {
		python = testenv.Cached(filepath.Join("readers", "bin", "python"))
	}
	if python == "" || exec.Command(python, "-c", "import pyarrow, duckdb").Run() != nil {
		t.Skip("pyarrow and DuckDB are not installed (scripts/need parquet-readers)")
		return
	}
	path := filepath.Join(t.TempDir(), "x.parquet")
	if err := os.WriteFile(path, file, 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(python, "-c", readers, path).CombinedOutput()
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	want := fmt.Sprintf("%d %d 489 0 %d 1", rows, rows, rows)
	if err != nil || len(lines) != 2 || lines[0] != want || lines[1] != want {
		t.Errorf("%v: %s, want %s", err, out, want)
	}
}

// TestParquetSought says that of the row groups that cannot hold a value nothing but statistics and filters is read.
func TestParquetSought(t *testing.T) {
	file := people(t, 50, 200)
	p := pools(t)["inside"]
	for value, records := range map[string]int{"p004321@example.com": 200, "nobody@example.net": 0} {
		r := &counting{Reader: bytes.NewReader(file)}
		o := decode.Options{Sought: []decode.Sought{{Name: "mail", Values: [][]byte{[]byte(value)}}}}
		n, hit := 0, false
		s, err := p.DecodeAt(t.Context(), o, r, int64(len(file)), func(it *decode.Item) error {
			if it.Kind == decode.Record {
				n++
				hit = hit || string(it.Values[1].Bytes) == value && it.Ordinal == 4321
			}
			return nil
		})
		if err != nil || s.Gap != "" || n != records || hit != (records > 0) {
			t.Errorf("%s: %v, %d records, hit %v", value, err, n, hit)
		}
		t.Logf("%d of %d bytes", r.n, len(file))
	}
}

// TestParquetDictionary says that a column whose pages all use its dictionary is not read for a value that is not in it.
func TestParquetDictionary(t *testing.T) {
	file := people(t, 20, 100)
	for value, records := range map[string]int{"Berlin": 2000, "Bozen": 0, "Berlinchen": 0} { // between the least and the greatest
		n := 0
		o := decode.Options{Sought: []decode.Sought{{Name: "city", Values: [][]byte{[]byte(value)}}}}
		s, err := pools(t)["inside"].DecodeAt(t.Context(), o, bytes.NewReader(file), int64(len(file)), func(it *decode.Item) error {
			if it.Kind == decode.Record {
				n++
			}
			return nil
		})
		if err != nil || s.Gap != "" || n != records {
			t.Errorf("%s: %v %q, %d records", value, err, s.Gap, n)
		}
	}
}

func TestParquetRefused(t *testing.T) {
	file := people(t, 2, 3)
	p := pools(t)["child"]
	_, digests, _ := readAt(t, p, decode.Options{}, file)
	for name, c := range map[string]struct {
		edit decode.Edit
		want string
	}{
		"another record":     {decode.Edit{Ordinal: 1, Digest: digests[0], Delete: true}, decode.RefusedChanged},
		"another value":      {decode.Edit{Ordinal: 1, Digest: digests[1], Changes: []decode.EditChange{{Path: "mail", Old: []byte("x"), New: []byte("y")}}}, decode.RefusedChanged},
		"a text in a number": {decode.Edit{Ordinal: 1, Digest: digests[1], Changes: []decode.EditChange{{Path: "id", New: []byte("y")}}}, decode.RefusedUnsupported},
		"NULL where none is": {decode.Edit{Ordinal: 1, Digest: digests[1], Changes: []decode.EditChange{{Path: "mail"}}}, decode.RefusedUnsupported},
	} {
		s, err := p.RewriteAt(t.Context(), decode.Options{Edits: []decode.Edit{c.edit}}, bytes.NewReader(file), int64(len(file)), &bytes.Buffer{})
		if err != nil || s.Refused != c.want {
			t.Errorf("%s: %v %+v", name, err, s)
		}
	}
	file = append([]byte("PARE"), file[4:]...)
	if _, _, s := readAt(t, p, decode.Options{}, file); s.Gap != decode.GapEncrypted {
		t.Errorf("encrypted: %q", s.Gap)
	}
}
