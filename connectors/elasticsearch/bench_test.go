package elasticsearch_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"vestige/connectors"
	"vestige/connectors/elasticsearch"
	"vestige/internal/clock"
	"vestige/internal/testenv"
)

// BenchmarkRead reads 300,000 documents of 1 KB through the connector, and by a bare scroll whose answers are thrown away, and gives the ratio.
func BenchmarkRead(b *testing.B) {
	const n = 300_000
	s := testenv.Elasticsearch(b)
	s.Do(b, "PUT", "/"+s.Prefix+"big", `{"settings":{"number_of_shards":1,"number_of_replicas":0,"refresh_interval":"-1"}}`)
	var body bytes.Buffer
	for i := range n {
		fmt.Fprintf(&body, "{\"index\":{\"_id\":\"%d\"}}\n", i)
		fmt.Fprintf(&body, `{"id":%d,"mail":"person%d@example.org","name":{"first":"Ann %d","last":"Example"},"phone":"+1 202 555 01%02d","tags":["a","b%d"],"at":"2026-02-03T04:05:06Z","score":%d.5,"active":true,"note":"%s"}`+"\n",
			i, i, i, i%100, i%7, i%13, strings.Repeat("lorem ipsum dolor ", 38))
		if body.Len() > 8<<20 || i == n-1 {
			s.Do(b, "POST", "/"+s.Prefix+"big/_bulk?filter_path=errors", body.String())
			body.Reset()
		}
	}
	s.Do(b, "POST", "/"+s.Prefix+"big/_forcemerge?max_num_segments=1", "")
	s.Do(b, "POST", "/"+s.Prefix+"big/_refresh", "")
	source, err := connectors.Open(b.Context(), connectors.Env{}, "big", elasticsearch.Spec(), config(s))
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = source.Close() }()
	var q connectors.Query
	for d, err := range source.Discover(b.Context()) {
		if err != nil {
			b.Fatal(err)
		}
		q.Dataset = d
	}
	q.Bare = true
	scroll(b, s) // the server compiles itself at first
	for b.Loop() {
		var ours, bare []time.Duration
		for range 3 {
			began, read := clock.Now(), 0
			for batch, err := range source.Read(b.Context(), q) {
				if err != nil {
					b.Fatal(err)
				}
				read += batch.Len()
			}
			ours = append(ours, clock.Since(began))
			if read != n {
				b.Fatalf("%d documents are read, want %d", read, n)
			}
			bare = append(bare, scroll(b, s))
		}
		slices.Sort(ours)
		slices.Sort(bare)
		b.ReportMetric(float64(n)/ours[1].Seconds(), "docs/s")
		b.ReportMetric(float64(n)/bare[1].Seconds(), "bare-docs/s")
		b.ReportMetric(ours[1].Seconds()/bare[1].Seconds(), "ratio")
	}
}

// scroll reads all pages to nowhere and gives how long that took.
func scroll(b *testing.B, s testenv.Search) time.Duration {
	b.Helper()
	client := &http.Client{Transport: &http.Transport{DisableCompression: true}}
	defer client.CloseIdleConnections()
	ask := func(path, body string) (id string, size int64) {
		req, err := http.NewRequestWithContext(b.Context(), http.MethodPost, s.URL+path, strings.NewReader(body))
		if err != nil {
			b.Fatal(err)
		}
		req.Header.Set("Content-Type", "application/json")
		req.SetBasicAuth(s.User, s.Password)
		resp, err := client.Do(req)
		if err != nil {
			b.Fatal(err)
		}
		defer func() { _ = resp.Body.Close() }()
		head := make([]byte, 4096)
		k, _ := io.ReadFull(resp.Body, head)
		rest, err := io.Copy(io.Discard, resp.Body)
		if err != nil || resp.StatusCode != 200 {
			b.Fatal(resp.StatusCode, err)
		}
		d := json.NewDecoder(bytes.NewReader(head[:k]))
		for range 3 {
			token, _ := d.Token()
			id, _ = token.(string)
		}
		return id, int64(k) + rest
	}
	began := clock.Now()
	id, _ := ask("/"+s.Prefix+"big/_search?scroll=1m", `{"size":2000,"sort":["_doc"]}`)
	for {
		next, size := ask("/_search/scroll", `{"scroll":"1m","scroll_id":"`+id+`"}`)
		if id = next; size < 1500 {
			return clock.Since(began)
		}
	}
}
