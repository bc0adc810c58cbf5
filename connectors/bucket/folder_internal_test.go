package bucket

import (
	"os"
	"path/filepath"
	"testing"

	"vestige/internal/errkind"
)

// TestCompareAndSwap says that a draft takes the place only of the object that it was made of.
func TestCompareAndSwap(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "x.csv")
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("before")
	f, err := openFolder(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	open, err := f.Open(t.Context(), object{Key: "x.csv"})
	if err != nil {
		t.Fatal(err)
	}
	o, err := open.Stat()
	if err != nil || open.Close() != nil {
		t.Fatal(err)
	}
	d, err := f.Replace(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := d.Write([]byte("draft")); err != nil {
		t.Fatal(err)
	}
	if err := f.Clean(t.Context()); err != nil { // a draft that is being written is not one that was left
		t.Fatal(err)
	}
	write("meanwhile")
	_, committed := d.Commit(t.Context())
	_, deleted := f.Delete(t.Context(), o)
	for what, err := range map[string]error{"commit": committed, "delete": deleted} {
		if errkind.Of(err) != errkind.Conflict {
			t.Errorf("%s after a change: %v", what, err)
		}
	}
	drafts, _ := filepath.Glob(filepath.Join(dir, draftPrefix+"*"))
	if len(drafts) != 1 {
		t.Errorf("there are %d drafts", len(drafts))
	}
	d.Discard()
	names, err := os.ReadDir(dir)
	if b, _ := os.ReadFile(path); err != nil || string(b) != "meanwhile" || len(names) != 1 {
		t.Errorf("the object is %q among %d files: %v", b, len(names), err)
	}
}

func TestGeneralise(t *testing.T) {
	for segment, want := range map[string]string{
		"dt=2026-03-01": "dt={}", "part-0.csv.gz": "part-{}.csv.gz", "2026-03-01T10-00.json": "{}.json", "ann@example.com.pdf": "{}.pdf", "v2": "v2", "users.csv": "users.csv",
		"user_10042.json": "user_{}.json", "K-004711.csv": "K-{}.csv", "c10042.txt": "c{}.txt", "tmp_export_2023.csv": "tmp_export_{}.csv", "mail=a@example.com": "mail={}",
		"deadbeefdeadbeef0123456789abcdef": "{}", "cafe.txt": "cafe.txt", "2026-q1.json": "{}.json", "ann%40example.com": "{}", "{x}": "{}", "log.1": "log.{}", ".env": ".env",
	} {
		got, values := generalise(segment, true)
		if got != want {
			t.Errorf("%s is %s, want %s", segment, got, want)
		}
		if m := matcherOf(got).FindStringSubmatch(segment); m == nil || len(m)-1 != len(values) {
			t.Errorf("%s does not match its own pattern %s", segment, got)
		}
	}
}

func FuzzGeneralise(f *testing.F) {
	for _, s := range []string{"dt=2026-03-01", "ann@example.com.json", "{}=.csv", "a.csv.csv"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, segment string) {
		for _, last := range []bool{true, false} {
			pattern, values := generalise(segment, last)
			if again, _ := generalise(segment, last); again != pattern {
				t.Error("not the same twice")
			}
			rest := shown(pattern, values)
			for _, v := range values {
				if !harmless(v) && len(v) > 8 && len(rest) > len(pattern)+8 {
					t.Errorf("a value is shown")
				}
			}
		}
	})
}
