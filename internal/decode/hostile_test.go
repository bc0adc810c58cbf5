package decode_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"github.com/klauspost/compress/zstd"

	"vestige/internal/decode"
	"vestige/internal/testenv"
)

// specimens gives a good file of each format.
func specimens(t testing.TB) map[string]string {
	var csv, nd, log strings.Builder
	csv.WriteString("id,mail,note\n")
	for i := range 60 {
		fmt.Fprintf(&csv, "%d,p%d@example.com,\"said \"\"%d\"\",\nthen left\"\n", i, i, i)
		fmt.Fprintf(&nd, `{"id":%d,"who":{"mail":"p%d@example.com","n":[1,2,{"x":null}]}}`+"\n", i, i)
		fmt.Fprintf(&log, "2026-03-01T10:00:%02dZ INFO login user=%d mail=p%d@example.com ctx={\"a\":[1]} q=\"x \\\" y\"\n", i, i, i)
	}
	array := "[" + strings.ReplaceAll(strings.TrimSpace(nd.String()), "\n", ",\n") + "]"
	tabs := strings.ReplaceAll(strings.ReplaceAll(strings.ReplaceAll(nd.String(), `"`, ""), ",", "\t"), "[", `\t`)
	latin := strings.ReplaceAll(csv.String(), "said", "s\xe4gte \x93und\x94")
	latin1 := strings.ReplaceAll(csv.String(), "said", "s\xe4gte \xabund\xbb")
	xml := "<?xml version=\"1.0\"?>\n<people by='x'>\n" + strings.NewReplacer("{\"id\":", "<person id='", ",\"who\"", "'><who", ":{\"mail\":\"", " a=\"1\"><mail>", "\",\"n\":", "</mail><![CDATA[", "}}\n", "]]><!-- c --></who><e/></person>\n").Replace(nd.String()) + "</people>\n"
	return map[string]string{".xml": xml, ".xml.utf16": utf16Of(xml, true), ".csv.latin1": latin1, ".sql": fileOf(t, "postgres.sql"), ".sql.my": fileOf(t, "mysql.sql"), ".tsv": tabs, ".csv.zst": zstdOf(csv.String()), ".csv.latin": latin, ".ndjson.utf16": utf16Of(nd.String(), true), ".log.utf16": utf16Of(log.String(), false), ".csv": csv.String(), ".csv.gz": zip(csv.String()), ".ndjson": nd.String(), ".json": array, ".log": log.String()}
}

// TestMutated damages a file of each format in 400 ways: each time there is an end, and the bytes that are not packed all come back.
func TestMutated(t *testing.T) {
	p := pools(t)["child"]
	for ext, good := range specimens(t) {
		t.Run(ext, func(t *testing.T) {
			random := rand.New(rand.NewPCG(7, uint64(len(good))))
			for i := range 400 {
				file := mutate(random, []byte(good))
				ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
				var raw []byte
				records, gaps := 0, 0
				s, err := p.Decode(ctx, decode.Options{Ext: "." + strings.Split(ext, ".")[1], Raw: true}, bytes.NewReader(file), func(it *decode.Item) error {
					raw = append(raw, it.Raw...)
					switch it.Kind {
					case decode.Record:
						records++
					case decode.Gap:
						gaps++
					}
					return nil
				})
				cancel()
				if err != nil || s.Gap == decode.GapFailed || s.Gap == decode.GapSlow {
					t.Fatalf("mutation %d: %v %s", i, err, s.Gap)
				}
				if s.Info.Format != decode.Other && !s.Info.Gzip && !s.Info.Zstd && !bytes.Equal(encoded(t, s, raw), file[:len(file)-oddEnd(s, file)]) {
					t.Fatalf("mutation %d: bytes are lost", i)
				}
				bare := s.Info.Format == decode.SQL // what is left of a dump can be a comment or a definition
				if !bare && records == 0 && gaps == 0 && s.Gap == "" && len(bytes.TrimSpace(file)) > 40 {
					t.Fatalf("mutation %d: neither a record nor a gap", i)
				}
			}
			t.Logf("the largest child has had %d MiB", peak(t))
		})
	}
}

// encoded gives text in the charset of its file.
func encoded(t *testing.T, s decode.Summary, raw []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	w := decode.Encoder(s.Info.Charset, &b)
	for len(raw) > 0 { // in pieces, which may end within a character
		n := min(len(raw), 7)
		_, _ = w.Write(raw[:n])
		raw = raw[n:]
	}
	_ = w.Close()
	return b.Bytes()
}

// oddEnd is the byte too much that a file of UTF-16 may have; it is a gap.
func oddEnd(s decode.Summary, file []byte) int {
	if strings.HasPrefix(s.Info.Charset, "utf-16") && s.Gap != "" {
		return len(file) % 2
	}
	return 0
}

func zstdOf(s string) string {
	var b bytes.Buffer
	w, err := zstd.NewWriter(&b)
	if err != nil {
		return ""
	}
	_, _ = io.WriteString(w, s)
	_ = w.Close()
	return b.String()
}

// utf16Of gives a text in UTF-16, little end first; with a mark where one is wanted.
func utf16Of(s string, mark bool) string {
	var b []byte
	if mark {
		s = "\ufeff" + s
	}
	for _, u := range utf16.Encode([]rune(s)) {
		b = append(b, byte(u), byte(u>>8))
	}
	return string(b)
}

func mutate(r *rand.Rand, b []byte) []byte {
	b = bytes.Clone(b)
	for range 1 + r.IntN(6) {
		if len(b) < 2 {
			return b
		}
		i := r.IntN(len(b))
		j := min(len(b), i+1+r.IntN(40))
		switch r.IntN(6) {
		case 0:
			b[i] ^= 1 << r.IntN(8)
		case 1:
			b[i] = "\"\n,{}[]\\\x00\xff="[r.IntN(11)]
		case 2:
			b = append(b[:i], b[j:]...)
		case 3:
			b = append(b[:j:j], b[i:]...)
		case 4:
			b = b[:max(i, 1)]
		case 5:
			b = append(b, b[i:j]...)
		}
	}
	return b
}

// TestKilledChild kills the child in the middle of a file: that file has a gap, and the next is read by another child.
func TestKilledChild(t *testing.T) {
	p := pools(t)["child"]
	file := strings.Repeat("{\"a\":\"some text of a record\"}\n", 300_000)
	killed := false
	s, err := p.Decode(t.Context(), decode.Options{Ext: ".ndjson"}, strings.NewReader(file), func(*decode.Item) error {
		if !killed {
			killed = true
			killChildren(t)
		}
		return nil
	})
	if err != nil || s.Gap != decode.GapFailed {
		t.Fatalf("%v, gap %q", err, s.Gap)
	}
	if got, s := read(t, p, decode.Options{Ext: ".ndjson"}, "{\"a\":1}\n"); len(got) != 1 || s.Gap != "" {
		t.Errorf("the next file: %v %q", got, s.Gap)
	}
}

// killChildren kills the processes that this one has started.
func killChildren(t *testing.T) {
	t.Helper()
	out, err := exec.Command("ps", "-o", "pid=,args=", "--ppid", strconv.Itoa(os.Getpid())).Output()
	if err != nil {
		testenv.MustRun(t, "ps")
	}
	for line := range strings.Lines(string(out)) {
		f := strings.Fields(line)
		if pid, err := strconv.Atoi(f[0]); err == nil && len(f) > 2 && f[2] == "decode-child" {
			if child, err := os.FindProcess(pid); err == nil {
				_ = child.Kill()
			}
		}
	}
}

// stuck is a file that never gives its bytes until it is let go.
type stuck struct{ free chan struct{} }

func (s stuck) Read([]byte) (int, error) { <-s.free; return 0, io.EOF }

func TestNoProgress(t *testing.T) {
	p := decode.NewPool(decode.Config{Idle: 50 * time.Millisecond})
	defer func() { _ = p.Close() }()
	s := stuck{make(chan struct{})}
	time.AfterFunc(2*time.Second, func() { close(s.free) }) // long after it is given up
	got, err := p.Decode(t.Context(), decode.Options{}, s, func(*decode.Item) error { return nil })
	if err != nil || got.Gap != decode.GapSlow {
		t.Errorf("%v, gap %q", err, got.Gap)
	}
}

func TestUnreadableFile(t *testing.T) {
	broken := errors.New("the disk is gone")
	for kind, p := range pools(t) {
		_, err := p.Decode(t.Context(), decode.Options{}, io.MultiReader(strings.NewReader("a\n"), failing{broken}), func(*decode.Item) error { return nil })
		if !errors.Is(err, broken) {
			t.Errorf("%s: %v", kind, err)
		}
	}
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

// repeated gives a text again and again until n bytes are given.
type repeated struct {
	text string
	n    int64
	at   int
}

func (r *repeated) Read(p []byte) (int, error) {
	if r.n <= 0 {
		return 0, io.EOF
	}
	p = p[:min(int64(len(p)), r.n)]
	for done := 0; done < len(p); {
		k := copy(p[done:], r.text[r.at:])
		r.at = (r.at + k) % len(r.text)
		done += k
	}
	r.n -= int64(len(p))
	return len(p), nil
}

// TestLongLine has a line of 64 MiB between two short ones, in each format of lines.
func TestLongLine(t *testing.T) {
	for _, c := range []struct{ ext, head, fill, tail string }{
		{".log", "one\n", "x", "\nthree\n"},
		{".ndjson", "{\"a\":1}\n{\"b\":\"", "x", "\"}\n{\"a\":3}\n"},
		{".csv", "a,b\n1,2\n3,", "x", "\n5,6\n"},
		{".xml", "<l><r>1</r><r><b>", "x", "</b></r><r>3</r></l>"},
		{".json", "[{\"a\":1},{\"b\":\"", "x", "\"},{\"a\":3}]"},
	} {
		p := pools(t)["child"]
		file := io.MultiReader(strings.NewReader(c.head), &repeated{text: strings.Repeat(c.fill, 1<<12), n: 64 << 20}, strings.NewReader(c.tail))
		var got []string
		n := 0
		s, err := p.Decode(t.Context(), decode.Options{Ext: c.ext, Raw: true}, file, func(it *decode.Item) error {
			n += len(it.Raw)
			if it.Kind == decode.Record || it.Kind == decode.Gap {
				got = append(got, strconv.FormatInt(it.Ordinal, 10)+it.Code)
			}
			return nil
		})
		if want := "0 1record-too-large 2"; err != nil || s.Gap != "" || strings.Join(got, " ") != want || n != 64<<20+len(c.head)+len(c.tail) {
			t.Errorf("%s: %v %v %q, %d bytes", c.ext, err, got, s.Gap, n)
		}
	}
}

func BenchmarkDecode(b *testing.B) {
	for ext, text := range specimens(b) {
		if strings.Count(ext, ".") > 1 {
			continue
		}
		if ext == ".json" {
			text = strings.Trim(text, "[]") + ","
		}
		for kind, inside := range map[string]bool{"child": false, "inside": true} {
			b.Run(kind+ext, func(b *testing.B) {
				p := decode.NewPool(decode.Config{Inside: inside})
				defer func() { _ = p.Close() }()
				size := int64(64<<20) / int64(len(text)) * int64(len(text))
				b.SetBytes(size)
				b.ReportAllocs()
				for b.Loop() {
					var file io.Reader = &repeated{text: text, n: size}
					if ext == ".json" {
						file = io.MultiReader(strings.NewReader("["), file)
					}
					if _, err := p.Decode(b.Context(), decode.Options{Ext: ext}, file, func(*decode.Item) error { return nil }); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}
