package bucket_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/hamba/avro/v2/ocf"
	"github.com/parquet-go/parquet-go"

	"vestige/connectors"
	"vestige/internal/testenv"
	"vestige/pii"
)

// counted gives the configuration of a bucket behind a proxy that counts what the server sends of objects.
func counted(t *testing.T, b testenv.Bucket) (connectors.Config, *atomic.Int64) {
	t.Helper()
	to, err := url.Parse(b.Endpoint)
	if err != nil {
		t.Fatal(err)
	}
	sent := &atomic.Int64{}
	p := &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(to); r.Out.Host = r.In.Host },
		ModifyResponse: func(r *http.Response) error {
			if r.Request.Method == http.MethodGet && strings.HasSuffix(r.Request.URL.Path, ".parquet") && !r.Request.URL.Query().Has("tagging") {
				sent.Add(r.ContentLength)
			}
			return nil
		},
	}
	front := httptest.NewServer(p)
	t.Cleanup(front.Close)
	cfg := config(b)
	cfg["endpoint"] = pii.NewValue(front.URL)
	return cfg, sent
}

type reading struct {
	ID   int64  `parquet:"id"`
	Mail string `parquet:"mail"`
	Note string `parquet:"note"`
}

// readings gives a Parquet file of the people from a number on, in their order.
func readings(t *testing.T, random *rand.Rand, from, n int) []byte {
	t.Helper()
	var b bytes.Buffer
	w := parquet.NewGenericWriter[reading](&b)
	noise := make([]byte, 150)
	for i := range n {
		for k := range noise {
			noise[k] = "abcdefghijklmnopqrstuvwxyz012345"[random.IntN(32)]
		}
		if _, err := w.Write([]reading{{int64(from + i), fmt.Sprintf("p%08d@example.com", from+i), string(noise)}}); err != nil {
			t.Fatal(err)
		}
		if i == n/2 {
			if err := w.Flush(); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestOneOfManyParquet says that of a thousand Parquet objects hardly anything is read to find one person, where statistics tell where she is not.
func TestOneOfManyParquet(t *testing.T) {
	const objects, rows = 1000, 500
	b := testenv.S3(t, testenv.Unversioned)
	random := rand.New(rand.NewPCG(3, 3))
	total := int64(0)
	for i := range objects {
		file := readings(t, random, i*rows, rows)
		total += int64(len(file))
		upload(t, b, fmt.Sprintf("facts/part-%04d.parquet", i), file)
	}
	cfg, sent := counted(t, b)
	s := remote(t, cfg)
	d := datasets(t, s)["facts/part-{}.parquet"]
	surveyed := sent.Swap(0)
	her := fmt.Sprintf("p%08d@example.com", 321*rows+77)
	m := pii.Match{Dataset: d, Want: []string{"id"}, Terms: []pii.Term{{Field: "mail", Mode: pii.Exact, Category: "contact.email", Values: []pii.Value{pii.NewValue(her)}}}}
	var found []*pii.Found
	for f, err := range s.Locate(t.Context(), m) {
		if err != nil || f.Gap != nil {
			t.Fatal(err, f.Gap)
		}
		found = append(found, f)
	}
	if len(found) != 1 || !strings.Contains(found[0].Key[0].Reveal(), "part-0321") {
		t.Fatalf("%d found", len(found))
	}
	t.Logf("%d of %d bytes in %d objects are read to find her (%.2f %%), %d to survey them", sent.Load(), total, objects, 100*float64(sent.Load())/float64(total), surveyed)
	if sent.Load()*20 > total {
		t.Errorf("%d of %d bytes are read", sent.Load(), total)
	}
}

// avroVisits gives an Avro file in which ann stands in records 3 and 13, and in a list of 27.
func avroVisits(t *testing.T) []byte {
	t.Helper()
	var b bytes.Buffer
	w, err := ocf.NewEncoder(`{"type":"record","name":"v","fields":[{"name":"id","type":"long"},{"name":"mail","type":["null","string"]},{"name":"seen","type":{"type":"array","items":"string"}}]}`,
		&b, ocf.WithBlockLength(10), ocf.WithCodec(ocf.Deflate))
	if err != nil {
		t.Fatal(err)
	}
	for i := range 40 {
		v := map[string]any{"id": int64(i), "mail": fmt.Sprintf("p%d@example.com", i), "seen": []string{"x"}}
		switch i {
		case 3, 13:
			v["mail"] = ann
		case 27:
			v["seen"] = []string{"x", ann}
		}
		if err := w.Encode(v); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestContainersOnS3 erases from Parquet and Avro objects in a bucket with versions: nothing of hers is left in any version, and what stands beside the bytes stays.
func TestContainersOnS3(t *testing.T) {
	for name, file := range map[string][]byte{"v.parquet": visits(t, 6), "v.avro": avroVisits(t)} {
		for _, method := range []pii.Method{pii.Delete, pii.Redact} {
			b := testenv.S3(t, testenv.Versioned)
			for range 2 {
				upload(t, b, name, file, func(in *s3.PutObjectInput) {
					in.Metadata, in.Tagging, in.ContentType = map[string]string{"origin": "crm"}, aws.String("keep=7"), aws.String("application/x-"+name[2:])
				})
			}
			s := remote(t, config(b))
			before, _ := count(t, s, datasets(t, s)[name])
			hers := len(find(t, s, datasets(t, s)[name], ann))
			eraseAll(t, s, ann, method)
			s = remote(t, config(b))
			for name, d := range datasets(t, s) {
				if left := find(t, s, d, ann); len(left) > 0 {
					t.Errorf("%s: %d records are left", name, len(left))
				}
			}
			want := before
			if method == pii.Delete {
				want -= hers
			}
			after, gaps := count(t, s, datasets(t, s)[name])
			body, out := download(t, b, name)
			tags, err := b.Client.GetObjectTagging(t.Context(), &s3.GetObjectTaggingInput{Bucket: &b.Name, Key: &name})
			if err != nil || after != want || gaps != "" || hers < 3 || out.Metadata["origin"] != "crm" || aws.ToString(out.ContentType) != "application/x-"+name[2:] || len(tags.TagSet) != 1 {
				t.Errorf("%s, %s: %v, %d records of %d, %d were hers, gaps %q, kept %v %s %v", name, method, err, after, before, hers, gaps, out.Metadata, aws.ToString(out.ContentType), tags)
			}
			if len(everything(t, b)) != 1 || bytes.Contains(body, []byte(ann)) || !bytes.Equal(body[:4], file[:4]) {
				t.Errorf("%s, %s: %d versions", name, method, len(everything(t, b)))
			}
		}
	}
}

// TestAhead says that small objects are fetched several at once and read in their order, and never more of them than are held.
func TestAhead(t *testing.T) {
	const objects, together = 60, 4
	b := testenv.S3(t, testenv.Unversioned)
	var want []string
	for i := range objects {
		upload(t, b, fmt.Sprintf("in/part-%03d.csv", i), fmt.Appendf(nil, "id,mail\n%d,p%d@example.com\n", i, i))
		want = append(want, fmt.Sprintf("in/part-%03d.csv", i))
	}
	var held atomic.Bool
	var now, most atomic.Int64
	var arrived sync.WaitGroup
	arrived.Add(together)
	first := make(chan struct{}, together)
	for range together {
		first <- struct{}{}
	}
	s := remote(t, proxied(t, b, func(_ http.ResponseWriter, r *http.Request) bool {
		if !held.Load() || r.Method != http.MethodGet || !strings.Contains(r.URL.Path, "/part-") || r.URL.Query().Has("tagging") {
			return false
		}
		defer now.Add(-1)
		for n := now.Add(1); ; {
			if m := most.Load(); n <= m || most.CompareAndSwap(m, n) {
				break
			}
		}
		select {
		case <-first: // the first wait for one another: read one by one they would wait for ever
			arrived.Done()
			arrived.Wait()
		default:
		}
		return false
	}))
	d := datasets(t, s)["in/part-{}.csv"]
	held.Store(true)
	var got []string
	for batch, err := range s.Read(t.Context(), connectors.Query{Dataset: d}) {
		if err != nil {
			t.Fatal(err)
		}
		for i := range batch.Len() {
			got = append(got, batch.Key(i)[0].Reveal())
		}
	}
	if !slices.Equal(got, want) || most.Load() < together || most.Load() > 9 {
		t.Errorf("%d records, in order: %v, at most %d at once", len(got), slices.IsSorted(got), most.Load())
	}
}
