package bucket_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"vestige/internal/testenv"
	"vestige/pii"
)

// TestKeptClasses says that storage class, encryption and the kind of checksum of an object are asked for again when it is written. The server of the tests
// has none of them, so the proxy before it says that it has.
func TestKeptClasses(t *testing.T) {
	b := testenv.S3(t, testenv.Unversioned)
	text := "id,mail\n1,ann@example.com\n2,bob@example.com\n"
	upload(t, b, "a.csv", []byte(text))
	kept := map[string]string{
		"X-Amz-Storage-Class": "STANDARD_IA", "X-Amz-Server-Side-Encryption": "aws:kms", "X-Amz-Server-Side-Encryption-Aws-Kms-Key-Id": "key-7",
		"X-Amz-Server-Side-Encryption-Bucket-Key-Enabled": "true", "X-Amz-Meta-Origin": "crm", "Content-Encoding": "identity", "X-Amz-Website-Redirect-Location": "/b",
	}
	var put http.Header
	s := remote(t, proxied(t, b, func(w http.ResponseWriter, r *http.Request) bool {
		if !strings.HasSuffix(r.URL.Path, "/a.csv") {
			return false
		}
		switch r.Method {
		case http.MethodHead:
			_, out := download(t, b, "a.csv")
			w.Header().Set("ETag", aws.ToString(out.ETag))
			w.Header().Set("Content-Length", fmt.Sprint(aws.ToInt64(out.ContentLength)))
			w.Header().Set("X-Amz-Checksum-Sha256", "n4bQgYhMfWWaL+qgxVrQFaO/TxsrC4Is0V1sFbDwCgg=")
			for name, value := range kept {
				w.Header().Set(name, value)
			}
			return true
		case http.MethodPut:
			put = r.Header.Clone()
			return false
		}
		return false
	}))
	d := datasets(t, s)["a.csv"]
	_, _ = s.Erase(t.Context(), deleting(d, find(t, s, d, ann))) // whether this server takes it is not the question
	for name, value := range kept {
		if got := put.Get(name); got != value {
			t.Errorf("%s is put as %q", name, got)
		}
	}
	if put.Get("X-Amz-Checksum-Sha256") == "" && put.Get("X-Amz-Sdk-Checksum-Algorithm") != "SHA256" {
		t.Errorf("no checksum is asked for: %v", put)
	}
}

// TestArchived says that an object in an archived storage class is a gap and the rest is read.
func TestArchived(t *testing.T) {
	b := testenv.S3(t, testenv.Unversioned)
	for i := range 3 {
		upload(t, b, fmt.Sprintf("u/%d@example.com.csv", i), []byte("id,mail\n1,ann@example.com\n"))
	}
	s := remote(t, proxied(t, b, func(w http.ResponseWriter, r *http.Request) bool {
		if r.URL.Query().Get("list-type") != "2" {
			return false
		}
		var text strings.Builder
		text.WriteString(`<ListBucketResult><IsTruncated>false</IsTruncated>`)
		for i, class := range []string{"STANDARD", "GLACIER", "DEEP_ARCHIVE"} {
			head, err := b.Client.HeadObject(t.Context(), &s3.HeadObjectInput{Bucket: &b.Name, Key: aws.String(fmt.Sprintf("u/%d@example.com.csv", i))})
			if err != nil {
				t.Error(err)
				return true
			}
			fmt.Fprintf(&text, `<Contents><Key>u/%d@example.com.csv</Key><ETag>%s</ETag><Size>26</Size><StorageClass>%s</StorageClass></Contents>`, i, aws.ToString(head.ETag), class)
		}
		w.Header().Set("Content-Type", "application/xml")
		_, _ = io.WriteString(w, text.String()+`</ListBucketResult>`)
		return true
	}))
	d := datasets(t, s)["u/{}.csv"]
	if n, gaps := count(t, s, d); n != 3 || gaps != "archived" {
		t.Errorf("%d records, gaps %q", n, gaps)
	}
	if found := find(t, s, d, ann); len(found) != 1 {
		t.Errorf("%d records hold her", len(found))
	}
	if found := find(t, s, d, "2@example.com"); len(found) != 1 {
		t.Errorf("the key of an archived object is found %d times", len(found))
	}
}

// TestAbandonedUpload says that uploads that were begun long ago and never finished are aborted by a purge, and that the receipt counts them.
func TestAbandonedUpload(t *testing.T) {
	b := testenv.S3(t, testenv.Unversioned)
	upload(t, b, "a.csv", []byte("id,mail\n1,bob@example.com\n"))
	var ids []string
	for range 2 {
		out, err := b.Client.CreateMultipartUpload(t.Context(), &s3.CreateMultipartUploadInput{Bucket: &b.Name, Key: aws.String("big.csv")})
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, *out.UploadId)
	}
	s := remote(t, proxied(t, b, func(w http.ResponseWriter, r *http.Request) bool {
		if r.Method != http.MethodGet || !r.URL.Query().Has("uploads") {
			return false
		}
		w.Header().Set("Content-Type", "application/xml")
		_, _ = fmt.Fprintf(w, `<ListMultipartUploadsResult><IsTruncated>false</IsTruncated><Upload><Key>big.csv</Key><UploadId>%s</UploadId><Initiated>2020-01-02T03:04:05.000Z</Initiated></Upload>`+
			`<Upload><Key>big.csv</Key><UploadId>%s</UploadId><Initiated>2120-01-02T03:04:05.000Z</Initiated></Upload></ListMultipartUploadsResult>`, ids[0], ids[1])
		return true
	}))
	ds := datasets(t, s)
	if g := ds["{uploads}"].Gap; g == nil || !strings.Contains(g.Text, "2020-01-02") {
		t.Errorf("the gap is %+v", g)
	}
	receipts, err := s.Purge(t.Context(), []pii.Dataset{ds["a.csv"]})
	if err != nil || len(receipts) != 1 || receipts[0].Proof != "1 unfinished uploads aborted" {
		t.Errorf("%v %+v", err, receipts)
	}
	left, err := b.Client.ListMultipartUploads(t.Context(), &s3.ListMultipartUploadsInput{Bucket: &b.Name})
	if err != nil || len(left.Uploads) != 1 || *left.Uploads[0].UploadId != ids[1] {
		t.Errorf("left are %v: %v", left, err)
	}
}
