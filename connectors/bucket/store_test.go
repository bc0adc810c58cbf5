package bucket_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"vestige/connectors"
	"vestige/internal/testenv"
	"vestige/pii"
)

// TestKept says that what stands beside an object's bytes is what it was, in one piece and in parts.
func TestKept(t *testing.T) {
	for name, size := range map[string]int{"small": 10, "in parts": 20 << 20} {
		t.Run(name, func(t *testing.T) {
			b := testenv.S3(t, testenv.Versioned)
			row := "2,bob@example.com" + strings.Repeat(" ", min(size/18, 1000)) + "\n"
			rest := strings.Repeat(row, size/len(row)+1)
			upload(t, b, "a.csv", []byte("id,mail\n1,ann@example.com\n"+rest), func(in *s3.PutObjectInput) {
				in.Metadata, in.Tagging, in.ContentType = map[string]string{"origin": "crm"}, aws.String("team=a+b&keep=7"), aws.String("text/csv; charset=utf-8")
				in.CacheControl, in.ContentDisposition, in.ContentLanguage = aws.String("max-age=60"), aws.String("attachment"), aws.String("de")
			})
			s := remote(t, config(b))
			if proof := eraseAll(t, s, ann, pii.Delete); strings.Contains(proof, "compared") {
				t.Errorf("the server heeds conditions, and the receipt says %q", proof)
			}
			body, out := download(t, b, "a.csv")
			if string(body) != "id,mail\n"+rest {
				t.Errorf("%d bytes are left", len(body))
			}
			got := fmt.Sprint(out.Metadata, aws.ToString(out.ContentType), aws.ToString(out.CacheControl), aws.ToString(out.ContentDisposition), aws.ToString(out.ContentLanguage))
			if want := "map[origin:crm]text/csv; charset=utf-8max-age=60attachmentde"; got != want {
				t.Errorf("kept are %s", got)
			}
			tags, err := b.Client.GetObjectTagging(t.Context(), &s3.GetObjectTaggingInput{Bucket: &b.Name, Key: aws.String("a.csv")})
			if err != nil || len(tags.TagSet) != 2 {
				t.Errorf("tags: %v %+v", err, tags)
			}
			if left := everything(t, b); len(left) != 1 {
				t.Errorf("%d versions are left", len(left))
			}
		})
	}
}

// TestOddKeys says that an object is read and erased from whatever its key.
func TestOddKeys(t *testing.T) {
	b := testenv.S3(t, testenv.Versioned)
	keys := []string{"sp ace/ü+%&?=#.csv", "new\nline.csv", "..x/.y.csv", "q\"uote'.csv", "back\\slash.csv", "émoji😀/x.csv", "<xml>&amp;.csv", "%2e%2e/x.csv", "{}/{1}.csv", "a@b/c=d.csv", "tab\t.csv"}
	for _, key := range keys {
		upload(t, b, key, []byte("id,mail\n1,ann@example.com\n2,bob@example.com\n"))
	}
	eraseAll(t, remote(t, config(b)), ann, pii.Delete)
	for _, key := range keys {
		if body, _ := download(t, b, key); string(body) != "id,mail\n2,bob@example.com\n" {
			t.Errorf("%q has %q", key, body)
		}
	}
}

// proxied gives the configuration of a bucket behind a proxy that looks at every request and may answer in the server's place.
func proxied(t *testing.T, b testenv.Bucket, look func(w http.ResponseWriter, r *http.Request) bool) connectors.Config {
	t.Helper()
	to, err := url.Parse(b.Endpoint)
	if err != nil {
		t.Fatal(err)
	}
	p := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(to); r.Out.Host = r.In.Host }}
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !look(w, r) {
			p.ServeHTTP(w, r)
		}
	}))
	t.Cleanup(front.Close)
	cfg := config(b)
	cfg["endpoint"] = pii.NewValue(front.URL)
	return cfg
}

// TestOneRewrite says that a hundred people in one unit cost one write of each object that they are in, and none of others.
func TestOneRewrite(t *testing.T) {
	objects, people := 1000, 100
	if testing.Short() {
		objects, people = 100, 20
	}
	b := testenv.S3(t, testenv.Unversioned)
	for i := range objects {
		var text strings.Builder
		text.WriteString("id,mail\n")
		for k := range people + 2 {
			if i%10 != 0 || k >= people { // every tenth object has none of them
				fmt.Fprintf(&text, "%d,person%d@example.org\n", k, k)
			}
		}
		upload(t, b, fmt.Sprintf("out/part-%d.csv", i), []byte(text.String()))
	}
	var writes atomic.Int64
	s := remote(t, proxied(t, b, func(_ http.ResponseWriter, r *http.Request) bool {
		if r.Method == http.MethodPut && strings.Contains(r.URL.Path, "/part-") {
			writes.Add(1)
		}
		return false
	}))
	d := datasets(t, s)["out/part-{}.csv"]
	term := pii.Term{Field: "mail", Mode: pii.Equal, Category: "contact.email"}
	for k := range people {
		term.Values = append(term.Values, pii.NewValue(fmt.Sprintf("person%d@example.org", k)))
	}
	var found []*pii.Found
	for f, err := range s.Locate(t.Context(), pii.Match{Dataset: d, Terms: []pii.Term{term}}) {
		if err != nil {
			t.Fatal(err)
		}
		found = append(found, f)
	}
	receipts, err := s.Erase(t.Context(), deleting(d, found))
	touched := int64(objects - (objects+9)/10)
	if err != nil || receipts[0].Affected != touched*int64(people) || writes.Load() != touched {
		t.Errorf("%v: %d found, %+v, %d writes for %d touched objects", err, len(found), receipts, writes.Load(), touched)
	}
}

// TestManyObjects lists more objects than fit into memory if they were kept, and goes on after a key. The pages are made up: only their number matters.
func TestManyObjects(t *testing.T) {
	pages := 200
	switch {
	case os.Getenv("VESTIGE_DEEP") != "":
		pages = 1000
	case testing.Short():
		pages = 50
	}
	b := testenv.S3(t, testenv.Unversioned)
	asked := atomic.Int64{}
	s := remote(t, proxied(t, b, func(w http.ResponseWriter, r *http.Request) bool {
		q := r.URL.Query()
		switch {
		case q.Get("list-type") == "2":
			asked.Add(1)
			page(w, q, pages)
		case q.Has("tagging"):
			_, _ = w.Write([]byte("<Tagging><TagSet></TagSet></Tagging>"))
		case r.Method == http.MethodGet && strings.Contains(r.URL.Path, "/exports/"):
			w.Header().Set("ETag", `"e"`)
			w.Header().Set("Content-Length", "14")
			w.WriteHeader(http.StatusPartialContent)
			_, _ = w.Write([]byte("{\"a\":\"12345\"}\n"))
		default:
			return false
		}
		return true
	}))
	var before, now runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	total := int64(0)
	for d, err := range s.Discover(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		total += d.Bytes / 14
	}
	runtime.GC()
	runtime.ReadMemStats(&now)
	grown := int64(now.HeapInuse) - int64(before.HeapInuse)
	t.Logf("%d objects, the heap has grown by %d KiB, %d MiB from the system", total, grown>>10, now.Sys>>20)
	if total != int64(pages)*1000 || grown > 16<<20 {
		t.Errorf("%d objects, the heap has grown by %d KiB", total, grown>>10)
	}
	n := asked.Load()
	last := fmt.Sprintf("exports/dt=2026-03-01/part-%09d.ndjson", pages*1000-3)
	records := 0
	for batch, err := range s.Read(t.Context(), connectors.Query{Dataset: pii.Dataset{Ref: pii.Ref{Source: "files", Dataset: "exports/dt={}/part-{}.ndjson"}}, From: last}) {
		if err != nil {
			t.Fatal(err)
		}
		records += batch.Len()
	}
	if asked.Load() != n+1 || records != 2 {
		t.Errorf("going on after a key asks for %d pages and gives %d records", asked.Load()-n, records)
	}
}

// page answers a listing of pages × 1000 objects.
func page(w http.ResponseWriter, q url.Values, pages int) {
	from := 0
	if token := q.Get("continuation-token"); token != "" {
		_, _ = fmt.Sscan(token, &from)
	} else if after := q.Get("start-after"); after != "" {
		_, _ = fmt.Sscanf(after, "exports/dt=2026-03-01/part-%d.ndjson", &from)
		from++
	}
	to := min(from+1000, pages*1000)
	var text strings.Builder
	fmt.Fprintf(&text, `<?xml version="1.0"?><ListBucketResult><IsTruncated>%t</IsTruncated><NextContinuationToken>%d</NextContinuationToken>`, to < pages*1000, to)
	for i := from; i < to; i++ {
		fmt.Fprintf(&text, `<Contents><Key>exports/dt=2026-03-01/part-%09d.ndjson</Key><ETag>"e"</ETag><Size>14</Size></Contents>`, i)
	}
	text.WriteString(`</ListBucketResult>`)
	w.Header().Set("Content-Type", "application/xml")
	_, _ = w.Write([]byte(text.String()))
}

// TestWithoutConditions says that on a server that heeds no condition the object is compared before it is written, that the receipt tells, and that
// nothing of the trial is left.
func TestWithoutConditions(t *testing.T) {
	b := testenv.S3(t, testenv.Unversioned)
	upload(t, b, "a.csv", []byte("id,mail\n1,ann@example.com\n2,bob@example.com\n"))
	s := remote(t, proxied(t, b, func(w http.ResponseWriter, r *http.Request) bool {
		if r.Method != http.MethodPut {
			return false
		}
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		upload(t, b, strings.TrimPrefix(r.URL.Path, "/"+b.Name+"/"), body)
		w.Header().Set("ETag", `"e"`)
		return true
	}))
	if proof := eraseAll(t, s, ann, pii.Delete); !strings.Contains(proof, "no conditional writes") {
		t.Errorf("the receipt says %q", proof)
	}
	if got := everything(t, b); len(got) != 1 || got[0] != "a.csv=id,mail\n2,bob@example.com\n" {
		t.Errorf("left are %q", got)
	}
}

// TestLimitedUser says that what the keys do not allow is named, and that nothing fails for it.
func TestLimitedUser(t *testing.T) {
	b := testenv.S3(t, testenv.Versioned)
	upload(t, b, "open/a.csv", []byte("id,mail\n1,ann@example.com\n2,bob@example.com\n"))
	upload(t, b, "shut/b.csv", []byte("id,mail\n1,ann@example.com\n"))
	access, secret := b.User(t, "limited")
	policy := fmt.Sprintf(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":["%[1]s"]},"Action":["s3:ListBucket","s3:ListBucketVersions","s3:GetBucketVersioning"],"Resource":"arn:aws:s3:::%[2]s"},
		{"Effect":"Allow","Principal":{"AWS":["%[1]s"]},"Action":["s3:GetObject","s3:GetObjectVersion"],"Resource":"arn:aws:s3:::%[2]s/open/*"}]}`, access, b.Name)
	if _, err := b.Client.PutBucketPolicy(t.Context(), &s3.PutBucketPolicyInput{Bucket: &b.Name, Policy: &policy}); err != nil {
		t.Fatal(err)
	}
	cfg := config(b)
	cfg["access_key"], cfg["secret_key"] = pii.NewValue(access), pii.NewValue(secret)
	s := remote(t, cfg)
	ds := datasets(t, s)
	if g := ds["shut/b.csv"].Gap; g == nil || g.Code != "permission" {
		t.Errorf("shut/b.csv has the gap %v", g)
	}
	if g := ds["{uploads}"].Gap; g == nil || g.Code != "permission" {
		t.Errorf("unfinished uploads have the gap %v", g)
	}
	d := ds["open/a.csv"]
	found := find(t, s, d, ann)
	if len(found) != 1 {
		t.Fatalf("%d found", len(found))
	}
	findings, err := s.Check(t.Context(), deleting(d, found))
	if err != nil {
		t.Fatal(err)
	}
	blocked := 0
	for _, f := range findings {
		if f.Code == connectors.FindingPrivilege && f.Blocking {
			blocked++
		}
	}
	if blocked < 2 {
		t.Errorf("writing and removing are not both named: %+v", findings)
	}
}
