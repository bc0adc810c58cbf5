package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"

	"vestige/internal/testenv"
	"vestige/scanner"
)

// elastic measures a full scan of documents of 1 KB beside a bare scroll whose pages are thrown away.
func elastic(ctx context.Context, dir string, z scale) ([]figure, error) {
	return with(ctx, "Elasticsearch", func(t *stand) ([]figure, error) {
		s, n := testenv.Elasticsearch(t), z.of(300_000)
		documents(t, s, n)
		bare := func(int) (took, error) { return timed(os.Getpid(), func() error { return scroll(ctx, s) }) }
		if _, err := bare(0); err != nil { // the server compiles itself at first
			return nil, err
		}
		var c contest
		var reads []took
		peak := 0.0
		err := c.run(z.rounds(), bare, func(i int) (took, error) {
			data := filepath.Join(dir, fmt.Sprint("elastic-", i))
			out, err := apart(ctx, task{Connector: "elasticsearch", Temp: dir, Steps: []step{{}, {Data: data, Options: scanner.Options{Full: true}}}, Config: map[string]string{
				"url": s.URL, "user": s.User, "password": s.Password, "indexes": s.Prefix + "*",
			}})
			if err != nil {
				return took{}, err
			}
			reads, peak = append(reads, out.Steps[0]), max(peak, out.Peak)
			return out.Steps[1], nil
		})
		if err != nil {
			return nil, err
		}
		what := fmt.Sprintf("Elasticsearch, %d documents of 1 KB: ", n)
		return []figure{
			atMost(what+"full scan until all evidence is in the store, in a bare scroll, by the wall", ratio(c.ours, c.bare, wall), 1.6, " ×"),
			plain(what+"full scan by processor time, the server's included, in the same", ratio(c.ours, c.bare, total), " ×"),
			plain(what+"reading through the connector as a scan does, in the same", ratio(reads, c.bare, wall), " ×"),
			plain(what+"bare scroll", median(walls(c.bare)), " s"),
			plain(what+"full scan", median(walls(c.ours)), " s"),
			plain(what+"full scan, processor time of the scanning process", median(cpus(c.ours)), " s"),
			atMost(what+"peak memory of the scan", peak, 300, " MB"),
		}, nil
	})
}

// documents fills an index of one segment.
func documents(t *stand, s testenv.Search, n int) {
	s.Do(t, "PUT", "/"+s.Prefix+"big", `{"settings":{"number_of_shards":1,"number_of_replicas":0,"refresh_interval":"-1"}}`)
	var body bytes.Buffer
	for i := range n {
		fmt.Fprintf(&body, "{\"index\":{\"_id\":\"%d\"}}\n", i)
		fmt.Fprintf(&body, `{"id":%d,"mail":"person%d@example.org","name":{"first":"Ann %d","last":"Example"},"phone":"+1 202 555 01%02d","tags":["a","b%d"],"at":"2026-02-03T04:05:06Z","score":%d.5,"active":true,"note":"%s"}`+"\n",
			i, i, i, i%100, i%7, i%13, strings.Repeat("lorem ipsum dolor ", 38))
		if body.Len() > 8<<20 || i == n-1 {
			s.Do(t, "POST", "/"+s.Prefix+"big/_bulk?filter_path=errors", body.String())
			body.Reset()
		}
	}
	s.Do(t, "POST", "/"+s.Prefix+"big/_forcemerge?max_num_segments=1", "")
	s.Do(t, "POST", "/"+s.Prefix+"big/_refresh", "")
}

// scroll reads all pages to nowhere.
func scroll(ctx context.Context, s testenv.Search) error {
	client := &http.Client{Transport: &http.Transport{DisableCompression: true}}
	defer client.CloseIdleConnections()
	id, _, err := ask(ctx, client, s, "/"+s.Prefix+"big/_search?scroll=1m", `{"size":2000,"sort":["_doc"]}`)
	for err == nil {
		var size int64
		if id, size, err = ask(ctx, client, s, "/_search/scroll", `{"scroll":"1m","scroll_id":"`+id+`"}`); size < 1500 {
			return err
		}
	}
	return err
}

// ask gives the identity of the scroll, which is the first thing in an answer, and how large that was.
func ask(ctx context.Context, client *http.Client, s testenv.Search, path, body string) (id string, size int64, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.URL+path, strings.NewReader(body))
	if err != nil {
		return "", 0, err
	}
	req.Header.Set("Content-Type", "application/json")
	req.SetBasicAuth(s.User, s.Password)
	resp, err := client.Do(req)
	if err != nil {
		return "", 0, err
	}
	defer func() { _ = resp.Body.Close() }()
	head := make([]byte, 4096)
	k, _ := io.ReadFull(resp.Body, head)
	rest, err := io.Copy(io.Discard, resp.Body)
	if err == nil && resp.StatusCode != http.StatusOK {
		err = fmt.Errorf("status %d", resp.StatusCode)
	}
	d := json.NewDecoder(bytes.NewReader(head[:k]))
	for range 3 {
		token, _ := d.Token()
		id, _ = token.(string)
	}
	return id, int64(k) + rest, err
}
