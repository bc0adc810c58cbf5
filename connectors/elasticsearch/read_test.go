package elasticsearch_test

import (
	"bytes"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"vestige/connectors"
	"vestige/connectors/elasticsearch"
	"vestige/internal/errkind"
	"vestige/pii"
)

// many writes n documents with the ids from 0 on, some of them twice and every ninth deleted again.
func (w *world) many(index string, shards, n int) (ids []string) {
	w.Helper()
	w.Do(w, "PUT", "/"+w.Prefix+index, fmt.Sprintf(`{"settings":{"number_of_shards":%d,"number_of_replicas":0}}`, shards))
	var body strings.Builder
	for i := range n {
		fmt.Fprintf(&body, "{\"index\":{\"_id\":\"%d\"}}\n{\"v\":%d,\"mail\":\"p%d@example.com\"}\n", i, i, i)
		if i%5 == 0 {
			fmt.Fprintf(&body, "{\"index\":{\"_id\":\"%d\"}}\n{\"v\":%d}\n", i/2, i)
		}
	}
	for i := range n {
		if i%9 == 0 {
			fmt.Fprintf(&body, "{\"delete\":{\"_id\":\"%d\"}}\n", i)
		} else {
			ids = append(ids, fmt.Sprint(i))
		}
	}
	if got := string(w.Do(w, "POST", "/"+w.Prefix+index+"/_bulk?refresh=true&filter_path=errors", body.String())); strings.Contains(got, "true") {
		w.Fatal("the documents are refused")
	}
	slices.Sort(ids)
	return ids
}

// parts opens the driver so that a read goes on in small parts.
func (w *world) parts(cfg connectors.Config, span int64) *elasticsearch.Driver {
	w.Helper()
	d, err := elasticsearch.Spec().Open(w.Context(), connectors.Env{Name: "search"}, cfg)
	if err != nil {
		w.Fatal(err)
	}
	w.Cleanup(func() { _ = d.Close() })
	own := d.(*elasticsearch.Driver)
	own.SetSpan(span)
	return own
}

func TestReadsGoOnFromTheirCursors(t *testing.T) {
	onBoth(t, func(w *world) {
		const span = 40
		want := w.many("i", 2, 300)
		ds := w.dataset("i")
		d := w.parts(config(w.Search), span)
		ids := func(q connectors.Query) (out, cursors []string) {
			for b, err := range d.Read(w.Context(), q) {
				if err != nil {
					w.Fatal(err)
				}
				for i := range b.Len() {
					out, cursors = append(out, b.Key(i)[1].Reveal()), append(cursors, "")
				}
				cursors[len(cursors)-1] = b.Next
			}
			return out, cursors
		}
		all, cursors := ids(connectors.Query{Dataset: ds, Batch: 7})
		w.same("read in parts", slices.Sorted(slices.Values(all)), want)
		tried := map[string]bool{}
		for cut, from := range cursors {
			if from == "" || tried[from] {
				continue
			}
			tried[from] = true
			rest, _ := ids(connectors.Query{Dataset: ds, From: from})
			again := slices.Concat(all[:cut+1], rest)
			if len(again) > len(all)+span+7 {
				w.Errorf("behind document %d, %d are read again", cut, len(again)-len(all))
			}
			slices.Sort(again)
			w.same("what was read and the rest", slices.Compact(again), want)
		}
		if len(tried) < 5 {
			w.Errorf("there are %d cursors", len(tried))
		}
	})
}

func TestALostSnapshotIsReadToItsEnd(t *testing.T) {
	onBoth(t, func(w *world) {
		want := w.many("i", 2, 400)
		ds := w.dataset("i")
		var pages atomic.Int64
		w.meddled(func(path string, body []byte) bool {
			if path != "/_search" && path != "/_search/scroll" || !bytes.Contains(body, []byte(`"keep_alive"`)) && !bytes.Contains(body, []byte(`"scroll_id"`)) || bytes.Contains(body, []byte(`"size":0`)) {
				return false
			}
			if pages.Add(1) != 3 {
				return false
			}
			var of struct {
				PIT    struct{ ID string }
				Scroll string `json:"scroll_id"`
			}
			if err := json.Unmarshal(body, &of); err != nil {
				w.Error(err)
			}
			if of.Scroll != "" {
				w.Do(w, "DELETE", "/_search/scroll", fmt.Sprintf(`{"scroll_id":%q}`, of.Scroll))
			} else {
				w.Do(w, "DELETE", "/_pit", fmt.Sprintf(`{"id":%q}`, of.PIT.ID))
			}
			return false
		})
		ids, gaps, _ := w.read(connectors.Query{Dataset: ds}, "")
		w.same("gaps", gaps, nil)
		w.same("documents", ids, want)
		if pages.Load() < 3 {
			w.Errorf("%d pages were asked for: nothing was lost", pages.Load())
		}
	})
}

func TestASampleCostsTheSameInALargerIndex(t *testing.T) {
	onBoth(t, func(w *world) {
		w.many("few", 1, 300)
		w.many("lots", 1, 6000)
		all := w.all(w.source)
		cfg := config(w.Search)
		way, read := counted(w.T, w.URL)
		cfg["url"] = pii.NewValue(way)
		w.source = w.open(cfg)
		cost := map[string]int64{}
		for _, name := range []string{"few", "lots"} {
			before, got, v := read.Load(), 0, map[string]bool{}
			for b, err := range w.source.Sample(w.Context(), connectors.Query{Dataset: all[name], Seed: 3}, 100) {
				if err != nil {
					w.Fatal(err)
				}
				for i := range b.Len() {
					got++
					v[b.Key(i)[1].Reveal()] = true
				}
			}
			cost[name] = read.Load() - before
			if got != 100 || len(v) != 100 {
				w.Errorf("%s: %d documents are drawn, %d different", name, got, len(v))
			}
		}
		if cost["lots"] > 2*cost["few"] {
			w.Errorf("a sample of the larger index takes %d bytes, of the smaller %d", cost["lots"], cost["few"])
		}
	})
}

// TestSamplesOfWhatIsWrittenAgainAndAgain: nearly all numbers of operations belong to nothing any more.
func TestSamplesOfWhatIsWrittenAgainAndAgain(t *testing.T) {
	w := newWorld(t)
	w.create("i", `{}`, "")
	for round := range 30 {
		var body strings.Builder
		for i := range 1000 {
			fmt.Fprintf(&body, "{\"index\":{\"_id\":\"%d\"}}\n{\"v\":%d}\n", i%20, round)
		}
		w.Do(t, "POST", "/"+w.Prefix+"i/_bulk?filter_path=errors", body.String())
	}
	for b, err := range w.source.Sample(t.Context(), connectors.Query{Dataset: w.dataset("i")}, 10) {
		if err != nil {
			t.Fatal(err)
		}
		if b.Len() == 0 || b.Len() > 10 {
			t.Errorf("%d documents are drawn", b.Len())
		}
	}
}

// TestABusyClusterIsAskedAgain: the server's own circuit breaker refuses everything for a while, and then for good.
func TestABusyClusterIsAskedAgain(t *testing.T) {
	onBoth(t, func(w *world) {
		want := w.many("i", 1, 40)
		ds := w.dataset("i")
		breaker := func(limit string) {
			w.Do(w, "PUT", "/_cluster/settings", `{"transient":{"network.breaker.inflight_requests.limit":`+limit+`}}`)
		}
		w.Cleanup(func() { breaker("null") })
		var asked, refusals atomic.Int64 // of one path, which the rest lets be
		var at atomic.Value
		at.Store("_search")
		w.meddled(func(path string, body []byte) bool {
			if len(body) == 0 {
				return false
			}
			if strings.Contains(path, at.Load().(string)) && asked.Add(1) <= refusals.Load() {
				breaker(`"1b"`)
			} else {
				breaker("null")
			}
			return false
		})
		refusals.Store(3)
		ids, _, _ := w.read(connectors.Query{Dataset: ds}, "")
		w.same("read from a cluster that was busy", ids, want)
		if asked.Load() < 4 {
			w.Errorf("it was asked %d times", asked.Load())
		}
		at.Store("_bulk")
		asked.Store(0)
		refusals.Store(2)
		stored := w.stored("i", "1")
		if r, err := w.erase(ds, pii.Delete, w.target("i", "1", "", stored)); err != nil || r.Affected != 1 || asked.Load() != 3 {
			w.Errorf("erased from a cluster that was busy: %d affected, %d bulks, %v", r.Affected, asked.Load(), err)
		}
		at.Store("_search")
		refusals.Store(1 << 30)
		for _, err := range w.source.Read(w.Context(), connectors.Query{Dataset: ds}) {
			if errkind.Of(err) != errkind.Transient || !strings.Contains(err.Error(), "circuit_breaking_exception") {
				w.Errorf("a cluster that stays busy gives %v", err)
			}
		}
	})
}

func TestTLS(t *testing.T) {
	w := newWorld(t)
	want := w.many("i", 1, 20)
	s := httptest.NewTLSServer(through(t, w.URL))
	t.Cleanup(s.Close)
	base := t.TempDir()
	file := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw})
	for name, text := range map[string][]byte{"ca.pem": file, "none.pem": []byte("no certificate")} {
		if err := os.WriteFile(filepath.Join(base, name), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	cfg := config(w.Search)
	cfg["url"] = pii.NewValue(s.URL)
	ds := w.dataset("i")
	plain := w.open(cfg)
	for _, err := range plain.Read(t.Context(), connectors.Query{Dataset: ds}) {
		if errkind.Code(err) != "certificate" {
			t.Errorf("a certificate that nobody vouches for gives %v", err)
		}
	}
	cfg["ca"] = pii.NewValue("none.pem")
	if _, err := elasticsearch.Spec().Open(t.Context(), connectors.Env{Base: base}, cfg); errkind.Of(err) != errkind.Invalid {
		t.Errorf("a file without certificates gives %v", err)
	}
	cfg["ca"] = pii.NewValue("ca.pem")
	trusting, err := connectors.Open(t.Context(), connectors.Env{Base: base}, "search", elasticsearch.Spec(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = trusting.Close() })
	w.source = trusting
	ids, _, _ := w.read(connectors.Query{Dataset: ds}, "")
	w.same("read over TLS", ids, want)
}
