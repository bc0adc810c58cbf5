package bucket_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"vestige/connectors"
	"vestige/internal/testenv"
	"vestige/pii"
)

// everything gives all that a bucket holds of keys, versions and markers included, by the server's own client.
func everything(t testing.TB, b testenv.Bucket) (out []string) {
	t.Helper()
	l, err := b.Client.ListObjectVersions(t.Context(), &s3.ListObjectVersionsInput{Bucket: &b.Name})
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range l.Versions {
		got, err := b.Client.GetObject(t.Context(), &s3.GetObjectInput{Bucket: &b.Name, Key: v.Key, VersionId: v.VersionId})
		if err != nil {
			t.Fatal(err)
		}
		body := make([]byte, 200)
		n, _ := got.Body.Read(body)
		_ = got.Body.Close()
		out = append(out, *v.Key+map[bool]string{true: "", false: " (old)"}[*v.IsLatest]+"="+string(body[:n]))
	}
	for _, m := range l.DeleteMarkers {
		out = append(out, *m.Key+" (marker)")
	}
	slices.Sort(out)
	return out
}

// eraseAll finds a value everywhere and erases what holds it, dataset by dataset; it gives the proofs.
func eraseAll(t *testing.T, s *connectors.Source, value string, method pii.Method) (proofs string) {
	t.Helper()
	for name := range datasets(t, s) {
		d, there := datasets(t, s)[name] // what was erased before may have been all of it
		if !there || d.Gap != nil {
			continue
		}
		found := find(t, s, d, value)
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
		receipts, err := s.Erase(t.Context(), u)
		if err != nil {
			t.Fatalf("%s: %v", d.Ref.Dataset, err)
		}
		if receipts[0].Affected != checked[0].Records || receipts[0].Affected+receipts[0].FoundDone != int64(len(found)) {
			t.Errorf("%s: %d found, checked %v, receipts %+v", d.Ref.Dataset, len(found), checked, receipts)
		}
		proofs += receipts[0].Proof
	}
	return proofs
}

// TestVersions says that nothing of hers is left in any version, that versions without her stay, and that nothing comes back.
func TestVersions(t *testing.T) {
	for _, method := range []pii.Method{pii.Delete, pii.Redact} {
		b := testenv.S3(t, testenv.Versioned)
		upload(t, b, "list.csv", []byte("id,mail\n1,bob@example.com\n"))
		upload(t, b, "list.csv", []byte("id,mail\n1,bob@example.com\n2,ann@example.com\n"))
		upload(t, b, "list.csv", []byte("id,mail\n1,bob@example.com\n2,ann@example.com\n3,eve@example.com\n"))
		upload(t, b, "gone.json", []byte(`{"m":"ann@example.com"}`))
		if _, err := b.Client.DeleteObject(t.Context(), &s3.DeleteObjectInput{Bucket: &b.Name, Key: aws.String("gone.json")}); err != nil {
			t.Fatal(err)
		}
		left := "list.csv=id,mail\n1,bob@example.com\n2,[x]\n3,eve@example.com\n"
		if method == pii.Delete { // keys cannot be redacted, only removed
			left = "list.csv=id,mail\n1,bob@example.com\n3,eve@example.com\n"
			upload(t, b, "inbox/ann@example.com/a.json", []byte(`{"t":"one"}`))
			upload(t, b, "inbox/ann@example.com/a.json", []byte(`{"t":"two"}`))
			upload(t, b, "inbox/ann@example.com/empty.json", nil)
		}
		s := remote(t, config(b))
		for range 2 {
			eraseAll(t, s, ann, method)
			if got, want := everything(t, b), []string{"list.csv (old)=id,mail\n1,bob@example.com\n", left}; !slices.Equal(got, want) {
				t.Errorf("left are %q, want %q", got, want)
			}
		}
	}
}

// TestVersionBelowStaysHidden says that an object above an older version does not come back as that.
func TestVersionBelowStaysHidden(t *testing.T) {
	b := testenv.S3(t, testenv.Versioned)
	upload(t, b, "a.json", []byte(`{"m":"bob@example.com"}`))
	upload(t, b, "a.json", []byte(`{"m":"ann@example.com"}`))
	eraseAll(t, remote(t, config(b)), ann, pii.Delete)
	want := []string{"a.json (marker)", `a.json (old)={"m":"bob@example.com"}`}
	if got := everything(t, b); !slices.Equal(got, want) {
		t.Errorf("left are %q, want %q", got, want)
	}
}

// TestSuspendedVersioning says that a bucket whose versioning was suspended is erased from as well.
func TestSuspendedVersioning(t *testing.T) {
	b := testenv.S3(t, testenv.Unversioned)
	upload(t, b, "a.csv", []byte("id,mail\n1,ann@example.com\n2,bob@example.com\n"))
	b.Versioning(t, types.BucketVersioningStatusEnabled)
	upload(t, b, "a.csv", []byte("id,mail\n1,ann@example.com\n2,bob@example.com\n3,eve@example.com\n"))
	b.Versioning(t, types.BucketVersioningStatusSuspended)
	upload(t, b, "b.csv", []byte("id,mail\n1,ann@example.com\n2,bob@example.com\n"))
	upload(t, b, "c.json", []byte(`{"m":"ann@example.com"}`))
	eraseAll(t, remote(t, config(b)), ann, pii.Delete)
	for _, left := range everything(t, b) {
		if strings.Contains(left, ann) {
			t.Errorf("left is %q", left)
		}
	}
	if body, _ := download(t, b, "b.csv"); string(body) != "id,mail\n2,bob@example.com\n" {
		t.Errorf("b.csv is %q", body)
	}
}

// TestStoppedBetween says that a run that was stopped after an object was written, and before the version before was removed, is finished by the next.
func TestStoppedBetween(t *testing.T) {
	b := testenv.S3(t, testenv.Versioned)
	upload(t, b, "a.csv", []byte("id,mail\n1,ann@example.com\n2,bob@example.com\n"))
	s := remote(t, config(b))
	d := datasets(t, s)["a.csv"]
	u := deleting(d, find(t, s, d, ann))
	upload(t, b, "a.csv", []byte("id,mail\n2,bob@example.com\n"))
	receipts, err := s.Erase(t.Context(), u)
	if err != nil || receipts[0].FoundDone != 1 {
		t.Errorf("%v %+v", err, receipts)
	}
	if got := everything(t, b); len(got) != 1 {
		t.Errorf("left are %q", got)
	}
}

// TestLockedVersion says that a lock blocks, with its end, and is a gap.
func TestLockedVersion(t *testing.T) {
	b := testenv.S3(t, testenv.Locking)
	until := time.Date(2031, 2, 3, 4, 5, 6, 0, time.UTC)
	upload(t, b, "a.csv", []byte("id,mail\n1,ann@example.com\n2,bob@example.com\n"), func(in *s3.PutObjectInput) {
		in.ObjectLockMode, in.ObjectLockRetainUntilDate = types.ObjectLockModeGovernance, &until
	})
	upload(t, b, "b.json", []byte(`{"m":"ann@example.com"}`), func(in *s3.PutObjectInput) { in.ObjectLockLegalHoldStatus = types.ObjectLockLegalHoldStatusOn })
	s := remote(t, config(b))
	for name, text := range map[string]string{"a.csv": "until 2031-02-03", "b.json": "legal hold"} {
		d := datasets(t, s)[name]
		if got, _ := gaps(t, s, d); len(got) != 1 || !strings.Contains(got[0], "object-lock") || !strings.Contains(got[0], text) {
			t.Errorf("%s has the gaps %q", name, got)
		}
		findings, err := s.Check(t.Context(), deleting(d, find(t, s, d, ann)))
		if err != nil || !slices.ContainsFunc(findings, func(f pii.Finding) bool {
			return f.Code == "object-lock" && f.Blocking && strings.Contains(f.Text, text)
		}) {
			t.Errorf("%s: %v %+v", name, err, findings)
		}
	}
}

// TestUnfinishedUpload says that parts nobody can read are a gap, and that a young upload is left alone.
func TestUnfinishedUpload(t *testing.T) {
	b := testenv.S3(t, testenv.Unversioned)
	upload(t, b, "a.csv", []byte("id,mail\n1,ann@example.com\n"))
	if _, err := b.Client.CreateMultipartUpload(t.Context(), &s3.CreateMultipartUploadInput{Bucket: &b.Name, Key: aws.String("big-ann@example.com.csv")}); err != nil {
		t.Fatal(err)
	}
	s := remote(t, config(b))
	ds := datasets(t, s)
	if g := ds["{uploads}"].Gap; g == nil || g.Code != "unfinished-upload" || strings.Contains(g.Text, "@") {
		t.Errorf("the gap is %+v", g)
	}
	if _, err := s.Purge(t.Context(), []pii.Dataset{ds["a.csv"]}); err != nil {
		t.Error(err)
	}
	if got := datasets(t, s); got["{uploads}"].Gap == nil {
		t.Errorf("an upload that was just begun was aborted")
	}
}

// TestVersionsAreGoneFromTheDisk searches the server's own files for erased bytes: where the rung of versions is said to be reached there are none, and before that there were.
func TestVersionsAreGoneFromTheDisk(t *testing.T) {
	b := testenv.S3(t, testenv.Versioned)
	mail, other := "qq"+b.Name+"qq@example.org", "oo"+b.Name+"oo@example.org" // the server has the buckets of other tests
	for _, more := range []string{"", "2," + mail + "\n", "2," + mail + "\n3,eve@example.com\n", "3,eve@example.com\n"} {
		upload(t, b, "list.csv", []byte("id,mail\n1,"+other+"\n"+more))
	}
	onDisk := func(text string) (n int) {
		t.Helper()
		for _, file := range tree(t, b.Data) {
			n += strings.Count(file, text)
		}
		return n
	}
	if n := onDisk(mail); n != 2 {
		t.Fatalf("the search finds %d of 2", n)
	}
	s := remote(t, config(b))
	reached := ""
	for _, r := range s.Rungs(pii.Dataset{}) {
		if r.Name == "versions" {
			reached = r.Reached
		}
	}
	eraseAll(t, s, mail, pii.Delete)
	if n, others := onDisk(mail), onDisk(other); reached != "by-erase" || n != 0 || others != 2 {
		t.Errorf("versions are reached %s: %d are left on the disk, and %d versions of others", reached, n, others)
	}
}
