package bucket_test

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"vestige/connectors"
	"vestige/internal/testenv"
	"vestige/pii"
)

// labelsOf gives metadata and tags of all versions of a bucket's objects, by the server's own client.
func labelsOf(t *testing.T, b testenv.Bucket) (out []string) {
	t.Helper()
	l, err := b.Client.ListObjectVersions(t.Context(), &s3.ListObjectVersionsInput{Bucket: &b.Name})
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range l.Versions {
		if *v.VersionId == "null" {
			v.VersionId = nil
		}
		head, err := b.Client.HeadObject(t.Context(), &s3.HeadObjectInput{Bucket: &b.Name, Key: v.Key, VersionId: v.VersionId})
		if err != nil {
			t.Fatal(err)
		}
		tags, err := b.Client.GetObjectTagging(t.Context(), &s3.GetObjectTaggingInput{Bucket: &b.Name, Key: v.Key, VersionId: v.VersionId})
		if err != nil {
			t.Fatal(err)
		}
		all := maps.Clone(head.Metadata)
		for _, tag := range tags.TagSet {
			all["tag "+*tag.Key] = *tag.Value
		}
		line := *v.Key
		for _, name := range slices.Sorted(maps.Keys(all)) {
			line += fmt.Sprintf(" %s=%s", name, all[name])
		}
		out = append(out, line)
	}
	slices.Sort(out)
	return out
}

// TestLabels says that a person is found in the metadata and the tags of objects, and erased from them without the bytes being touched.
func TestLabels(t *testing.T) {
	label := func(meta map[string]string, tags string) func(*s3.PutObjectInput) {
		return func(in *s3.PutObjectInput) {
			in.Metadata, in.ContentType = meta, aws.String("text/x")
			if tags != "" {
				in.Tagging = &tags
			}
		}
	}
	for kind, method := range map[testenv.BucketKind]pii.Method{testenv.Versioned: pii.Redact, testenv.Unversioned: pii.Delete} {
		b := testenv.S3(t, kind)
		text, pages := []byte("id,mail\n1,bob@example.com\n"), visits(t, 2)
		upload(t, b, "a.csv", text, label(map[string]string{"owner": ann, "origin": "crm"}, "team=a"))
		upload(t, b, "b.parquet", pages, label(map[string]string{"note": "for ann@example.com, soon"}, "by=ann%40example.com&keep=7"))
		upload(t, b, "c.bin", []byte("\x00\x01\x02\x03"), label(map[string]string{"owner": "joann@example.com"}, ""))
		upload(t, b, "d.bin", []byte("\x00\x01\x02\x03"), label(map[string]string{"owner": ann}, ""))
		upload(t, b, "e.txt", nil, label(map[string]string{"owner": ann}, ""))
		s := remote(t, config(b))
		d := datasets(t, s)["a.csv"]
		if f := d.Field("{meta.owner}"); f == nil || d.Field("{tag.team}") == nil {
			t.Fatalf("the fields are %+v", d.Fields)
		}
		want := []string{"a.csv", "b.parquet", "c.bin owner=joann@example.com", "d.bin", "e.txt"}
		if method == pii.Redact { // of what nobody can read nothing is redacted, only removed
			want = []string{"a.csv origin=crm owner=[x] tag team=a", "b.parquet note=for [x], soon tag by=_x_ tag keep=7", "c.bin owner=joann@example.com", "d.bin owner=ann@example.com", "e.txt owner=[x]"}
		}
		for round := range 2 {
			ds := datasets(t, s)
			if method == pii.Redact {
				delete(ds, "d.bin")
			}
			for _, name := range slices.Sorted(maps.Keys(ds)) {
				d := ds[name]
				found := slices.DeleteFunc(find(t, s, d, ann), func(f *pii.Found) bool { return !strings.HasPrefix(f.Key[1].Reveal(), "labels.") })
				if len(found) == 0 {
					continue
				}
				u := deleting(d, found)
				if method == pii.Redact {
					u = redacting(d, found)
				}
				checked, err := s.Check(t.Context(), u)
				if err != nil {
					t.Fatal(err)
				}
				for again := range 2 {
					receipts, err := s.Erase(t.Context(), u)
					if err != nil || receipts[0].Affected != checked[0].Records*int64(1-again) || receipts[0].Affected+receipts[0].FoundDone != 1 {
						t.Fatalf("%s, round %d.%d: %v, checked %+v, %+v", name, round, again, err, checked, receipts)
					}
				}
				if round > 0 {
					t.Errorf("%s: she is still found", name)
				}
			}
		}
		if got := labelsOf(t, b); !slices.Equal(got, want) {
			t.Errorf("left are\n%q\nwant\n%q", got, want)
		}
		body, out := download(t, b, "b.parquet")
		if string(body) != string(pages) || aws.ToString(out.ContentType) != "text/x" {
			t.Errorf("b.parquet has %d bytes of %d, type %s", len(body), len(pages), aws.ToString(out.ContentType))
		}
	}
}

// TestLabelsAndRows erases a person from the bytes and the labels of one object with one write.
func TestLabelsAndRows(t *testing.T) {
	b := testenv.S3(t, testenv.Versioned)
	upload(t, b, "a.csv", []byte("id,mail\n1,ann@example.com\n2,bob@example.com\n"), func(in *s3.PutObjectInput) {
		in.Metadata, in.Tagging = map[string]string{"by": "=?utf-8?b?QW5uYSBNw7xsbGVy?= <ann@example.com>"}, aws.String("keep=1")
	})
	var writes atomic.Int64
	s := remote(t, proxied(t, b, func(_ http.ResponseWriter, r *http.Request) bool {
		if r.Method == http.MethodPut && strings.HasSuffix(r.URL.Path, "/a.csv") {
			writes.Add(1)
		}
		return false
	}))
	d := datasets(t, s)["a.csv"]
	u := redacting(d, find(t, s, d, ann))
	if receipts, err := s.Erase(t.Context(), u); err != nil || receipts[0].Affected != 2 || writes.Load() != 1 {
		t.Fatalf("%v %+v, %d writes", err, receipts, writes.Load())
	}
	if got := everything(t, b); len(got) != 1 || got[0] != "a.csv=id,mail\n1,[x]\n2,bob@example.com\n" {
		t.Errorf("left are %q", got)
	}
	for batch, err := range s.Read(t.Context(), connectors.Query{Dataset: d, Fields: []string{"{meta.by}", "{tag.keep}"}}) {
		if err != nil {
			t.Fatal(err)
		}
		by, _ := batch.Column("{meta.by}").Value(0)
		if keep, _ := batch.Column("{tag.keep}").Value(0); string(by) != "Anna Müller <[x]>" || string(keep) != "1" {
			t.Errorf("the labels are %q and %q", by, keep)
		}
	}
}

// TestLabelsOfVersions says that an old version goes whose metadata name her, and that a run which was stopped before the version with her tag went is finished.
func TestLabelsOfVersions(t *testing.T) {
	b := testenv.S3(t, testenv.Versioned)
	by := func(name string) func(*s3.PutObjectInput) {
		return func(in *s3.PutObjectInput) { in.Metadata = map[string]string{"by": name} }
	}
	upload(t, b, "a.csv", []byte("id\n1\n"), by("bob@example.com"))
	upload(t, b, "a.csv", []byte("id\n2\n"), by(ann))
	upload(t, b, "a.csv", []byte("id\n3\n"), by("bob@example.com"))
	upload(t, b, "b.csv", []byte("id\n3\n"), by(ann))
	s := remote(t, config(b))
	d := datasets(t, s)["b.csv"]
	stopped := deleting(d, find(t, s, d, ann))
	upload(t, b, "b.csv", []byte("id\n3\n"))
	if receipts, err := s.Erase(t.Context(), stopped); err != nil || receipts[0].FoundDone != 1 {
		t.Errorf("%v %+v", err, receipts)
	}
	eraseAll(t, remote(t, config(b)), ann, pii.Delete)
	if got, want := labelsOf(t, b), []string{"a.csv by=bob@example.com", "a.csv by=bob@example.com", "b.csv"}; !slices.Equal(got, want) {
		t.Errorf("left are %q, want %q", got, want)
	}
}

// TestTagsShut says that who may not read tags is told so once, and still finds what stands in metadata.
func TestTagsShut(t *testing.T) {
	b := testenv.S3(t, testenv.Unversioned)
	for i := range 3 {
		upload(t, b, fmt.Sprintf("u/part-%d.csv", i), fmt.Appendf(nil, "id\n%d\n", i), func(in *s3.PutObjectInput) { in.Metadata = map[string]string{"by": ann} })
	}
	asked := atomic.Int64{}
	s := remote(t, proxied(t, b, func(w http.ResponseWriter, r *http.Request) bool {
		if r.URL.Query().Has("tagging") {
			asked.Add(1)
			w.WriteHeader(http.StatusForbidden)
			_, _ = w.Write([]byte("<Error><Code>AccessDenied</Code></Error>"))
			return true
		}
		return false
	}))
	d := datasets(t, s)["u/part-{}.csv"]
	if n, gaps := count(t, s, d); n != 6 || gaps != "permission" {
		t.Errorf("%d records, gaps %q", n, gaps)
	}
	if found := find(t, s, d, ann); len(found) != 3 || asked.Load() > 1 {
		t.Errorf("%d found, tags were asked for %d times", len(found), asked.Load())
	}
}
