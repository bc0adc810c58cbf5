package bucket_test

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"vestige/connectors"
	"vestige/internal/errkind"
	"vestige/internal/testenv"
	"vestige/pii"
)

// TestPatterns says which objects are one dataset.
func TestPatterns(t *testing.T) {
	dir := t.TempDir()
	for key, text := range map[string]string{
		"events/dt=2026-03-01/part-0.ndjson": "{\"a\":1}\n", "events/dt=2026-03-02/part-1.ndjson": "{\"a\":1}\n", "inbox/ann@example.com/2026-01-02.json": "{\"t\":1}",
		"inbox/bob@example.net/2026-01-03.json": "{\"t\":1}", "u/anna/cv.json": "{\"cv\":1}", "u/bob/cv.json": "{\"cv\":2}", "u/carl/cv.json": "{\"cv\":2}",
		"lists/north.csv": "mail,city\na@example.com,x\n", "lists/south.csv": "mail,city\nb@example.com,x\n", "lists/west.csv": "mail,city\nc@example.com,x\n",
		"lists/rates.csv": "code,rate\nEUR,1\n", "db/users.csv": "id,mail\n1,a@example.com\n", "db/products.csv": "sku,price\na,1\n", "db/orders.csv": "no,total,at\n1,2,3\n",
		"v2/app.log": "hello\n", "f1/x/t.csv": "id,mail\n1,a@example.com\n", "f2/x/t.csv": "id,mail\n1,a@example.com\n",
		"chat/10042.txt": "hi\n", "doc/0b0f1c1e-1111-4222-8333-944445555666.pdf": "%PDF-1.4 \x00",
	} {
		put(t, filepath.Join(dir, key), []byte(text))
	}
	var got []string
	for name, d := range datasets(t, source(t, dir)) {
		got = append(got, name+" "+d.Format)
	}
	slices.Sort(got)
	want := []string{
		"chat/{}.txt log", "db/orders.csv csv", "db/products.csv csv", "db/users.csv csv", "doc/{}.pdf other", "events/dt={}/part-{}.ndjson ndjson", "f1/x/t.csv csv",
		"f2/x/t.csv csv", "inbox/{}/{}.json json", "lists/rates.csv csv", "lists/{}.csv csv", "u/{}/cv.json json", "v2/app.log log",
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

// TestLayoutStays says that a name that was taken for a value stays one when only few are left.
func TestLayoutStays(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"anna", "bob", "carl"} {
		put(t, filepath.Join(dir, "u", name, "cv.json"), []byte(`{"cv":1}`))
	}
	s := source(t, dir)
	datasets(t, s)
	if err := os.RemoveAll(filepath.Join(dir, "u", "anna")); err != nil {
		t.Fatal(err)
	}
	if got := datasets(t, s); len(got) != 1 || got["u/{}/cv.json"].Ref.Dataset == "" {
		t.Errorf("after one is gone: %v", got)
	}
}

// gaps reads a dataset and gives the codes and texts of its gaps, and how many records there are.
func gaps(t *testing.T, s *connectors.Source, d pii.Dataset) (out []string, records int) {
	t.Helper()
	for b, err := range s.Read(t.Context(), connectors.Query{Dataset: d}) {
		if err != nil {
			t.Fatal(err)
		}
		if b.Gap != nil {
			out = append(out, fmt.Sprintf("%s %d: %s", b.Gap.Code, b.Gap.Records, b.Gap.Text))
		}
		records += b.Len()
	}
	return out, records
}

func TestGaps(t *testing.T) {
	dir := t.TempDir()
	cut := packed("id,mail\n" + strings.Repeat("2,bob@example.com\n", 50_000))
	rows := "id,mail\n1,a@example.com\n2\n3,b@example.com\n" + strings.Repeat("4\n", 30)
	put(t, filepath.Join(dir, "inbox", ann, "rows.csv"), []byte(rows))
	put(t, filepath.Join(dir, "cut.csv.gz"), []byte(cut[:len(cut)/2]))
	put(t, filepath.Join(dir, "scan.pdf"), []byte("%PDF-1.4 of ann@example.com \x00"))
	if err := os.Symlink("/etc", filepath.Join(dir, "out")); err != nil {
		testenv.MustRun(t, "symlink")
	}
	_ = os.Symlink("..", filepath.Join(dir, "inbox", "loop"))
	_ = os.Symlink("scan.pdf", filepath.Join(dir, "again.pdf"))
	s := source(t, dir)
	ds := datasets(t, s)
	for name, code := range map[string]string{"out": "symbolic-link", "inbox/loop": "symbolic-link"} {
		if g := ds[name].Gap; g == nil || g.Code != code || g.At != ds[name].Ref {
			t.Errorf("%s has the gap %v", name, g)
		}
	}
	if len(ds) != 5 {
		t.Errorf("%d datasets", len(ds))
	}
	got, n := gaps(t, s, ds["inbox/{}/rows.csv"])
	if n != 2 || len(got) != 21 || got[0] != "ragged-row 1: object 1 (inbox/{}/rows.csv), line 3: the row has more or fewer cells than the header" || got[20] != "ragged-row 11: object 1 (inbox/{}/rows.csv): 11 more" {
		t.Errorf("%d records, gaps %q", n, got)
	}
	if got, n = gaps(t, s, ds["cut.csv.gz"]); n == 0 || len(got) == 0 || !strings.HasPrefix(got[len(got)-1], "truncated -1: object 1 (cut.csv.gz), line ") {
		t.Errorf("%d records, gaps %q", n, got)
	}
	if got, n = gaps(t, s, ds["scan.pdf"]); n != 1 || len(got) != 1 || !strings.HasPrefix(got[0], "unsupported-format 1: ") {
		t.Errorf("%d records, gaps %q", n, got)
	}
	if found := find(t, s, ds["scan.pdf"], ann); len(found) != 1 {
		t.Errorf("the printable text is not searched: %d", len(found))
	}
}

// TestNothingListed knows that objects are gone where others are there, and does not take a folder in which nothing is for one that was searched: its share may not be mounted.
func TestNothingListed(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	put(t, filepath.Join(dir, "people", "a.csv"), []byte("id,mail\n1,ann@example.com\n"))
	put(t, filepath.Join(dir, "orders", "b.json"), []byte(`{"id":1}`))
	s := source(t, dir)
	ds := datasets(t, s)
	codes := func() (out []string) {
		for _, err := range s.Read(t.Context(), connectors.Query{Dataset: ds["people/a.csv"]}) {
			out = append(out, errkind.Code(err))
		}
		for _, err := range s.Sample(t.Context(), connectors.Query{Dataset: ds["people/a.csv"]}, 5) {
			out = append(out, errkind.Code(err))
		}
		return out
	}
	for _, c := range []struct{ gone, code string }{{"people", errkind.NoObjects}, {"orders", errkind.NotFound.String()}} {
		if err := os.RemoveAll(filepath.Join(dir, c.gone)); err != nil {
			t.Fatal(err)
		}
		if got := codes(); !slices.Equal(got, []string{c.code, c.code}) {
			t.Errorf("without %s: %q, want %s", c.gone, got, c.code)
		}
	}
}

func TestFolderWithoutPermission(t *testing.T) {
	if testenv.AsNobody(t) {
		return
	}
	dir := t.TempDir()
	put(t, filepath.Join(dir, "secret", "x.csv"), []byte("id\n1\n"))
	put(t, filepath.Join(dir, "open.csv"), []byte("id\n1\n"))
	if err := os.Chmod(filepath.Join(dir, "secret"), 0); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.Chmod(filepath.Join(dir, "secret"), 0o700) })
	ds := datasets(t, source(t, dir))
	if g := ds["secret/"].Gap; g == nil || g.Code != "permission" || len(ds) != 2 {
		t.Errorf("%v", ds)
	}
}

// large writes lines until the file has the size.
func large(t testing.TB, path string, size int64) (lines int64) {
	t.Helper()
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	w := bufio.NewWriterSize(f, 1<<20)
	for n := int64(0); n < size; lines++ {
		k, err := fmt.Fprintf(w, "{\"id\":%d,\"mail\":\"person%d@example.org\",\"text\":\"%s\"}\n", lines, lines, strings.Repeat("word ", 30))
		if err != nil {
			t.Fatal(err)
		}
		n += int64(k)
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	return lines
}

// TestLargeObject reads and samples an object of 200 MB in bounded memory.
func TestLargeObject(t *testing.T) {
	if testing.Short() {
		t.Skip("it writes 200 MB")
	}
	dir := t.TempDir()
	lines := large(t, filepath.Join(dir, "large.ndjson"), 200<<20)
	s := source(t, dir)
	d := datasets(t, s)["large.ndjson"]
	if d.Records < lines*8/10 || d.Records > lines*12/10 {
		t.Errorf("%d records are estimated, there are %d", d.Records, lines)
	}
	var before, now runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	peak, n := uint64(0), int64(0)
	for b, err := range s.Read(t.Context(), connectors.Query{Dataset: d}) {
		if err != nil || b.Gap != nil {
			t.Fatal(err, b.Gap)
		}
		if n += int64(b.Len()); n%100_000 < 1024 {
			runtime.ReadMemStats(&now)
			peak = max(peak, now.HeapInuse)
		}
	}
	if n != lines || peak > before.HeapInuse+64<<20 {
		t.Errorf("%d of %d records, %d MiB at the peak, %d before", n, lines, peak>>20, before.HeapInuse>>20)
	}
	sampleLarge(t, s, d, lines)
}

// sampleLarge says that a sample is from everywhere, and that its records are those of the object.
func sampleLarge(t *testing.T, s *connectors.Source, d pii.Dataset, lines int64) {
	t.Helper()
	high := 0
	seen := map[string]bool{}
	for b, err := range s.Sample(t.Context(), connectors.Query{Dataset: d, Seed: 3}, 500) {
		if err != nil || b.Gap != nil {
			t.Fatal(err, b.Gap)
		}
		c := b.Column("id")
		for i := range c.Len() {
			v, _ := c.Value(i)
			var id int64
			if _, err := fmt.Sscan(string(v), &id); err != nil || id >= lines || seen[string(v)] {
				t.Errorf("a sampled record is none of the object, or is there twice: %v", err)
			}
			if seen[string(v)] = true; id > lines/2 {
				high++
			}
		}
	}
	if len(seen) != 500 || high < 100 || high > 400 {
		t.Errorf("%d sampled, %d of the second half", len(seen), high)
	}
}

func BenchmarkRead(b *testing.B) {
	dir := b.TempDir()
	const size = 256 << 20
	large(b, filepath.Join(dir, "large.ndjson"), size)
	env := connectors.Env{Name: "files", Role: connectors.Scan}
	driver := specOf(b, env, dir)
	var d pii.Dataset
	for ds, err := range driver.Discover(b.Context()) {
		if err != nil {
			b.Fatal(err)
		}
		d = ds
	}
	b.SetBytes(size)
	b.ReportAllocs()
	for b.Loop() {
		for _, err := range driver.Read(b.Context(), connectors.Query{Dataset: d}) {
			if err != nil {
				b.Fatal(err)
			}
		}
	}
}
