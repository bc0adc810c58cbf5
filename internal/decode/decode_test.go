package decode_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"vestige/internal/decode"
)

func TestMain(m *testing.M) {
	decode.Main()
	os.Exit(m.Run())
}

// pools gives one pool that decodes in a child and one that does not.
func pools(t *testing.T) map[string]*decode.Pool {
	t.Helper()
	outside, inside := decode.NewPool(decode.Config{}), decode.NewPool(decode.Config{Inside: true})
	t.Cleanup(func() { _ = outside.Close() })
	if !outside.Isolated() || inside.Isolated() {
		t.Fatal("Isolated does not say what happens")
	}
	return map[string]*decode.Pool{"child": outside, "inside": inside}
}

// read gives what a file holds as lines: values by name, gaps by code.
func read(t *testing.T, p *decode.Pool, o decode.Options, file string) (out []string, s decode.Summary) {
	t.Helper()
	s, err := p.Decode(t.Context(), o, strings.NewReader(file), func(it *decode.Item) error {
		switch it.Kind {
		case decode.Gap:
			out = append(out, fmt.Sprintf("%d line %d gap %s", it.Ordinal, it.Line, it.Code))
		case decode.Record:
			line := fmt.Sprintf("%d line %d", it.Ordinal, it.Line)
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
			out = append(out, line)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out, s
}

func fileOf(t testing.TB, name string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func zip(s string) string {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	w.Name = "x.csv"
	_, _ = io.WriteString(w, s)
	_ = w.Close()
	return b.String()
}

func TestFormats(t *testing.T) {
	for _, c := range []struct {
		name, file, ext, format string
		want                    []string
		gap                     string
	}{
		{name: "csv", file: "id,mail\n1,ann@example.com\n2,\"x, \"\"y\"\"\nz\"\n3,\n4,\"\"\n", ext: ".csv", format: "csv", want: []string{
			`0 line 2 id="1" mail="ann@example.com"`, `1 line 3 id="2" mail="x, \"y\"\nz"`, `2 line 5 id="3" mail=null`, `3 line 6 id="4" mail=""`}},
		{name: "csv of another dialect, byte order mark and line ends", file: "\ufeffid;mail\r\n1;\"a;b\"\r\n\r\n2;c", format: "csv", want: []string{
			`0 line 2 id="1" mail="a;b"`, `1 line 4 id="2" mail="c"`}},
		{name: "csv without header", file: "1,ann@example.com,5\n2,bob@example.com,6\n", ext: ".csv", format: "csv", want: []string{
			`0 line 1 column 1="1" column 2="ann@example.com" column 3="5"`, `1 line 2 column 1="2" column 2="bob@example.com" column 3="6"`}},
		{name: "ragged rows", file: "id,mail\n1,a,b\n2,c\n3\n4,d\n", ext: ".csv", format: "csv", want: []string{
			`0 line 2 gap ragged-row`, `1 line 3 id="2" mail="c"`, `2 line 4 gap ragged-row`, `3 line 5 id="4" mail="d"`}},
		{name: "a quote that is never closed", file: "id,mail\n1,a\n2,\"b\n3,c\n4,d\n", ext: ".csv", format: "csv", want: []string{
			`0 line 2 id="1" mail="a"`, `1 line 3 gap unclosed-quote`, `2 line 4 id="3" mail="c"`, `3 line 5 id="4" mail="d"`}},
		{name: "packed csv", file: zip("id\tmail\n1\tann@example.com\n"), ext: ".csv", format: "tsv", want: []string{`0 line 2 id="1" mail="ann@example.com"`}},
		{name: "packed with zstd", file: zstdOf("id,mail\n1,ann@example.com\n"), ext: ".csv", format: "csv", want: []string{`0 line 2 id="1" mail="ann@example.com"`}},
		{name: "tabs with escapes", file: "id\tmail\tnote\n1\tann@example.com\ta\\tb\\\\\n2\t\\N\t\n3\tc\n", ext: ".tsv", format: "tsv", want: []string{
			`0 line 2 id="1" mail="ann@example.com" note="a\tb\\"`, `1 line 3 id="2" mail=null note=null`, `2 line 4 gap ragged-row`}},
		{name: "tabs with paths", file: "id\tpath\n1\tC:\\new\n2\tD:\\dir\n", ext: ".tsv", format: "tsv", want: []string{`0 line 2 id="1" path="C:\\new"`, `1 line 3 id="2" path="D:\\dir"`}},
		{name: "UTF-16 with a mark", file: utf16Of("id;mail;name\r\n1;ann@example.com;Zoë 😀\r\n", true), ext: ".csv", format: "csv", want: []string{`0 line 2 id="1" mail="ann@example.com" name="Zoë 😀"`}},
		{name: "UTF-16 without", file: utf16Of("{\"mail\":\"ann@example.com\"}\n{\"mail\":\"zoë\"}\n", false), ext: ".ndjson", format: "ndjson", want: []string{`0 line 1 mail="ann@example.com"`, `1 line 2 mail="zoë"`}},
		{name: "Latin-1, late", file: "id,name\n" + strings.Repeat("1,ann\n", 20_000)[:6*3] + "2,M\xfcller\n", ext: ".csv", format: "csv", want: []string{`0 line 2 id="1" name="ann"`, `1 line 3 id="1" name="ann"`, `2 line 4 id="1" name="ann"`, `3 line 5 id="2" name="Müller"`}},
		{name: "Windows-1252", file: "id,name\n1,\x84M\xfcller\x93 \x80\n", ext: ".csv", format: "csv", want: []string{`0 line 2 id="1" name="„Müller“ €"`}},
		{name: "a dump of PostgreSQL", file: fileOf(t, "postgres.sql"), ext: ".sql", format: "sql", want: []string{
			"0 line 6 {statement}=\"CREATE FUNCTION public.f() RETURNS trigger LANGUAGE sql AS $_$ INSERT INTO log VALUES ('x'); $_$\"",
			`1 line 15 users.id="1" users.mail="ann@example.com"`, `2 line 16 users.id="2" users.mail=null`, `3 line 17 users.id="3" users.mail="to\tbob@example.com"`,
			`4 line 20 users.id="4" users.mail="o'neil"`, `5 line 20 users.id="5" users.mail="ann@example.com\n"`,
			`6 line 21 notes.id="1" notes.Text="by ann@example.com" notes.at="now()"`,
			`7 line 23 {statement}="UPDATE public.users SET mail = 'eve@example.com' WHERE id = 9"`}},
		{name: "a dump of MySQL", file: fileOf(t, "mysql.sql"), ext: "", format: "sql", want: []string{
			`0 line 8 users.id="1" users.mail="ann@example.com"`, `1 line 8 users.id="2" users.mail="it's; (bob)"`, `2 line 8 users.id="3" users.mail="ann@example.com"`, `3 line 8 users.id="-4" users.mail=null`,
			`4 line 9 users.id="5" users.mail="ann@example.com"`,
			`5 line 11 {statement}="CREATE TRIGGER t BEFORE INSERT ON users FOR EACH ROW BEGIN INSERT INTO log VALUES ('x'); END "`}},
		{name: "packed and cut", file: zip(strings.Repeat("a,b\n1,2\n", 9000))[:60], ext: ".csv", format: "csv", gap: decode.GapTruncated},
		{name: "ndjson", file: `{"a":{"b":[1,"x"]},"c":null}` + "\n{bad}\n\n" + `{"ann@example.com":true}`, ext: ".ndjson", format: "ndjson", want: []string{
			`0 line 1 a.b[]@a.b[0]="1" a.b[]@a.b[1]="x" c=null`, `1 line 2 gap bad-json`,
			`2 line 4 {@}@ann\@example\.com="ann@example.com" {}@ann\@example\.com="true"`}},
		{name: "array", file: "[\n  {\"a\": 1},\n  {\"a\": \"}\"} ,\n 3\n]\n", ext: ".json", format: "json", want: []string{
			`0 line 2 a="1"`, `1 line 3 a="}"`, `2 line 4 {value}="3"`}},
		{name: "document", file: "{\n \"a\": 1\n}\n", ext: ".json", format: "json", want: []string{`0 line 1 a="1"`}},
		{name: "array that ends early", file: `[{"a":1},{"a":`, ext: ".json", format: "json", want: []string{`0 line 1 a="1"`, `1 line 1 gap bad-json`}, gap: decode.GapTruncated},
		{name: "array with rubbish behind", file: `[1] x`, ext: ".json", format: "json", want: []string{`0 line 1 {value}="1"`}, gap: decode.GapJSON},
		{name: "log", file: "2026-03-01T10:00:00Z INFO login user=10042 mail=ann@example.com, note=\"a \\\"b\\\"\" ctx={\"ip\":\"192.0.2.1\"}\n[2026-03-01 10:00:00] app.WARN: seen mail=a mail=b\nhello\n", ext: ".log", format: "log", want: []string{
			`0 line 1 line="2026-03-01T10:00:00Z INFO login user=10042 mail=ann@example.com, note=\"a \\\"b\\\"\" ctx={\"ip\":\"192.0.2.1\"}" line.time@time="2026-03-01T10:00:00Z" line.level@level="INFO" line.user@user="10042" line.mail@mail="ann@example.com" line.note@note="a \"b\"" line.ctx.ip@ctx.ip="192.0.2.1"`,
			`1 line 2 line="[2026-03-01 10:00:00] app.WARN: seen mail=a mail=b" line.time@time="2026-03-01 10:00:00" line.mail@mail="a" line.mail@mail[1]="b"`,
			`2 line 3 line="hello"`}},
		{name: "something else", file: "\x89PNG\x00\x01\x02 by ann@example.com\x00", ext: ".png", format: "other", gap: decode.GapFormat, want: []string{
			`0 line 1 {text}=" by ann@example.com"`}},
		{name: "nothing", file: "", ext: ".csv", format: "csv"},
	} {
		for kind, p := range pools(t) {
			t.Run(c.name+"/"+kind, func(t *testing.T) {
				got, s := read(t, p, decode.Options{Ext: c.ext}, c.file)
				if s.Gap != c.gap || s.Info.Format != c.format {
					t.Errorf("format %q gap %q, want %q %q", s.Info.Format, s.Gap, c.format, c.gap)
				}
				if c.gap == decode.GapTruncated && c.want == nil {
					return
				}
				if d := cmp.Diff(c.want, got); d != "" {
					t.Error(d)
				}
			})
		}
	}
}

// TestRawIsTheFile says that the pieces of a raw reading, one after the other, are the file, and that digests and spans are right.
func TestRawIsTheFile(t *testing.T) {
	p := pools(t)["child"]
	for _, file := range []string{
		"id,mail\r\n1,\"a\"\"b\"\r\n2,\n\n3,x,y\n", "\ufeff{\"a\":1}\n\n{\"a\":}\n {\"b\":[2]} \n", " [ {\"a\":1} , 2\n,{}] \n", "{\"a\":1} {\"b\":2}\n", "x=1 y=\"z\"\n\nlast",
	} {
		var raw []byte
		_, err := p.Decode(t.Context(), decode.Options{Raw: true}, strings.NewReader(file), func(it *decode.Item) error {
			raw = append(raw, it.Raw...)
			if it.Kind == decode.Record && it.Digest != sha256.Sum256(it.Raw[:it.Body]) {
				t.Error("a digest is not that of the record")
			}
			return nil
		})
		if err != nil || string(raw) != file {
			t.Errorf("%q came as %q: %v", file, raw, err)
		}
	}
}

// TestUnread says that of a raw reading what stands in a gap is told from what stands between records, and nothing else is.
func TestUnread(t *testing.T) {
	p := pools(t)["child"]
	for file, want := range map[string]string{
		"id;mail;x\n1;a;b\n2;a;b\n3;c;\"d\n4;d;e\n":                     "3;c;\"d\n",
		"{\"a\":1}\n{\"b\":}\n{\"c\":2}\n":                              "{\"b\":}\n",
		"[{\"a\":1},{\"b\" 2},{\"c\":2}]\n":                             "{\"b\" 2}",
		"[1] x":                                                         "x",
		"<a><b>1</b><b>2</c></a>":                                       "<b>2</c>",
		"INSERT INTO t VALUES (1,'a');\nUPSERT t 'x';\nSET x = 1;\n":    "UPSERT t 'x';",
		"INSERT INTO t VALUES (1,'a');\nUPDATE t SET a = 'never ends\n": "'never ends\n",
	} {
		var got []byte
		_, err := p.Decode(t.Context(), decode.Options{Raw: true}, strings.NewReader(file), func(it *decode.Item) error {
			if it.Unread {
				got = append(got, it.Raw...)
			}
			return nil
		})
		if err != nil || string(got) != want {
			t.Errorf("%q: unread is %q, not %q: %v", file, got, want, err)
		}
	}
}

func TestStopAndLimit(t *testing.T) {
	file := strings.Repeat("{\"a\":1}\n", 200_000)
	for kind, p := range pools(t) {
		n := 0
		for range 3 {
			_, err := p.Decode(t.Context(), decode.Options{Ext: ".ndjson"}, strings.NewReader(file), func(it *decode.Item) error {
				if n++; n%5 == 0 {
					return decode.ErrStop
				}
				return nil
			})
			if err != nil {
				t.Fatal(kind, err)
			}
		}
		got, _ := read(t, p, decode.Options{Ext: ".ndjson", Limit: 7}, file)
		if n != 15 || len(got) != 7 {
			t.Errorf("%s: %d items before the stops, %d records of 7", kind, n, len(got))
		}
		ctx, cancel := context.WithCancel(t.Context())
		_, err := p.Decode(ctx, decode.Options{Ext: ".ndjson"}, strings.NewReader(file), func(*decode.Item) error { cancel(); return nil })
		if !errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v after a cancel", kind, err)
		}
	}
}

func TestBlock(t *testing.T) {
	p := pools(t)["child"]
	o := decode.Options{Format: decode.CSV, Comma: ',', Columns: []string{"a", "b"}, Block: true, Base: 100}
	got, s := read(t, p, o, "3,4\n5,6\n7,8\n9")
	if d := cmp.Diff([]string{`-1 line 0 a="5" b="6"`, `-1 line 0 a="7" b="8"`}, got); d != "" || s.Gap != "" {
		t.Error(d, s.Gap)
	}
}
