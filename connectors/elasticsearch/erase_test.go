package elasticsearch_test

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"vestige/connectors"
	"vestige/internal/errkind"
	"vestige/pii"
)

func TestOneValueOfManyGoes(t *testing.T) {
	onBoth(t, func(w *world) {
		w.Do(w, "PUT", "/"+w.Prefix+"i", `{"settings":{"number_of_shards":3,"number_of_replicas":0},"mappings":{"properties":{"people":{"type":"nested"}}}}`)
		const before = `{"people":[{"mail":"ann@example.com","n":1},{"mail":"bob@example.com","n":2},{"mail":"eve@example.com"}], "text":"Call Ann (ann@example.com) or bob@example.com."}`
		w.Do(w, "PUT", "/"+w.Prefix+"i/_doc/1?refresh=true&routing=r", before)
		ds := w.dataset("i")
		start := strings.Index("Call Ann (ann@example.com) or bob@example.com.", "ann@")
		ann := pii.NewValue("ann@example.com")
		r, err := w.erase(ds, pii.Redact, w.target("i", "1", "r", before,
			pii.Change{Path: "people[0].mail", Old: ann}, pii.Change{Path: "text", Start: start, End: start + len("ann@example.com"), Old: ann, New: pii.NewValue("[x]")}))
		if err != nil || r.Affected != 1 {
			w.Fatal(r.Affected, err)
		}
		const after = `{"people":[{"n":1},{"mail":"bob@example.com","n":2},{"mail":"eve@example.com"}], "text":"Call Ann ([x]) or bob@example.com."}`
		got := string(w.Do(w, "GET", "/"+w.Prefix+"i/_source/1?routing=r", ""))
		w.same("the document under its routing", []string{got}, []string{after})
		ids, _, _ := w.read(connectors.Query{Dataset: ds}, "")
		w.same("documents", ids, []string{"1"})
		w.same("she is located", w.find(ds, equal("people[].mail", "contact.email", "ann@example.com")), nil)
		w.same("he is located", w.find(ds, equal("people[].mail", "contact.email", "bob@example.com")), []string{"1"})
	})
}

// TestWritersInBetween: between the look and the act another writer comes. Where the document is still what it was the act is decided again, else nothing is done.
func TestWritersInBetween(t *testing.T) {
	onBoth(t, func(w *world) {
		const source = `{"mail":"ann@example.com"}`
		w.create("i", `{}`, "")
		for _, id := range []string{"same", "same-delete", "other", "gone"} {
			w.put("i", id, source)
		}
		ds := w.dataset("i")
		change := pii.Change{Path: "mail", Old: pii.NewValue("ann@example.com"), New: pii.NewValue("[x]")}
		for id, c := range map[string]struct {
			method  pii.Method
			between func()
			refused bool
			stored  string
		}{
			"same":        {pii.Redact, func() { w.put("i", "same", source) }, false, `{"mail":"[x]"}`},
			"same-delete": {pii.Delete, func() { w.put("i", "same-delete", source) }, false, ""},
			"other":       {pii.Redact, func() { w.put("i", "other", `{"mail":"bob@example.com"}`) }, true, `{"mail":"bob@example.com"}`},
			"gone":        {pii.Redact, func() { w.Do(w, "DELETE", "/"+w.Prefix+"i/_doc/gone", "") }, false, ""},
		} {
			var did atomic.Bool
			w.meddled(func(path string, body []byte) bool {
				if path == "/_bulk" && !did.Swap(true) {
					c.between()
				}
				return false
			})
			target := w.target("i", id, "", source)
			if c.method == pii.Redact {
				target.Changes = []pii.Change{change}
			}
			r, err := w.erase(ds, c.method, target)
			if !c.refused && (err != nil || r.Affected+r.FoundDone != 1) || c.refused && errkind.Of(err) != errkind.Conflict {
				w.Errorf("%s: %d affected, %d done, %v", id, r.Affected, r.FoundDone, err)
			}
			got, err := w.Try("GET", "/"+w.Prefix+"i/_source/"+id, "")
			if (err == nil) != (c.stored != "") || err == nil && string(got) != c.stored {
				w.Errorf("%s: what is stored is %q", id, got)
			}
		}
	})
}

func TestAnAnswerThatIsLostIsSettledByLooking(t *testing.T) {
	onBoth(t, func(w *world) {
		const source = `{"mail":"ann@example.com"}`
		w.create("i", `{}`, "")
		w.put("i", "1", source)
		w.put("i", "2", source)
		ds := w.dataset("i")
		var lost atomic.Int64
		w.meddled(func(path string, _ []byte) bool {
			return path == "/_bulk" && lost.Add(1) == 1
		})
		r, err := w.erase(ds, pii.Redact, w.target("i", "1", "", source, pii.Change{Path: "mail", Old: pii.NewValue("ann@example.com"), New: pii.NewValue("[x]")}))
		if err != nil || r.Affected != 1 || lost.Load() != 1 {
			w.Errorf("a rewrite whose answer is lost: %d affected, %d bulks, %v", r.Affected, lost.Load(), err)
		}
		lost.Store(0)
		if r, err = w.erase(ds, pii.Delete, w.target("i", "2", "", source)); err != nil || r.Affected != 1 || lost.Load() != 1 {
			w.Errorf("a deletion whose answer is lost: %d affected, %d bulks, %v", r.Affected, lost.Load(), err)
		}
		w.same("stored", []string{w.stored("i", "1")}, []string{`{"mail":"[x]"}`})
	})
}

// TestBackingIndexes: documents behind an alias that rolls over, and in a data stream, are changed where they are.
func TestBackingIndexes(t *testing.T) {
	onBoth(t, func(w *world) {
		name, behind := "logs-{}", w.Prefix+"logs-000001"
		post := func(id string) { w.Do(w, "PUT", "/"+w.Prefix+"write/_create/"+id+"?refresh=true", doc(id)) }
		w.Do(w, "PUT", "/"+w.Prefix+"logs-000001", `{"aliases":{"`+w.Prefix+`write":{"is_write_index":true}},"settings":{"number_of_replicas":0}}`)
		if w.User == "" { // the Elasticsearch of the tests has no data streams
			name = "write"
			w.Do(w, "DELETE", "/"+w.Prefix+"logs-000001", "")
			w.Do(w, "PUT", "/_index_template/"+w.Prefix+"t", `{"index_patterns":["`+w.Prefix+`write*"],"data_stream":{},"template":{"settings":{"number_of_replicas":0}}}`)
			w.Cleanup(func() {
				_, _ = w.Try("DELETE", "/_data_stream/"+w.Prefix+"write", "")
				_, _ = w.Try("DELETE", "/_index_template/"+w.Prefix+"t", "")
			})
		}
		post("1")
		post("2")
		w.Do(w, "POST", "/"+w.Prefix+"write/_rollover", "")
		post("3")
		all := w.all(w.source)
		ds, ok := all[name]
		if !ok || len(all) != 1 {
			w.Fatalf("%d datasets, %s among them: %v", len(all), name, ok)
		}
		keys := map[string]pii.Target{}
		for f, err := range w.source.Locate(w.Context(), pii.Match{Dataset: ds, Terms: []pii.Term{equal("mail", "contact.email", "ann@example.com")}}) {
			if err != nil {
				w.Fatal(err)
			}
			keys[f.Key[1].Reveal()] = pii.Target{Key: f.Key, Digest: f.Digest}
			if f.Key[1].Reveal() == "1" {
				behind = f.Key[0].Reveal()
			}
		}
		if len(keys) != 3 {
			w.Fatalf("%d documents are located, want 3", len(keys))
		}
		redact := keys["2"]
		redact.Changes = []pii.Change{{Path: "mail", Old: pii.NewValue("ann@example.com"), New: pii.NewValue("[x]")}}
		if r, err := w.erase(ds, pii.Redact, redact); err != nil || r.Affected != 1 {
			w.Error(r.Affected, err)
		}
		if r, err := w.erase(ds, pii.Delete, keys["1"], keys["3"]); err != nil || r.Affected != 2 {
			w.Error(r.Affected, err)
		}
		w.same("what stays behind the alias", []string{string(w.Do(w, "GET", "/"+behind+"/_source/2", ""))}, []string{strings.Replace(doc("2"), "ann@example.com", "[x]", 1)})
		ids, _, _ := w.read(connectors.Query{Dataset: ds}, "")
		w.same("what stays", ids, []string{"2"})
	})
}

func doc(id string) string {
	return fmt.Sprintf(`{"@timestamp":"2026-11-2%sT00:00:00Z","mail":"ann@example.com"}`, id)
}

// TestRolesThatHide: what a role shows in part is a gap, and nothing is written under it.
func TestRolesThatHide(t *testing.T) {
	w := newWorld(t)
	const source = `{"mail":"ann@example.com","phone":"+1 202 555 0101"}`
	w.create("i", `{"properties":{"kind":{"type":"keyword"}}}`, "")
	w.put("i", "1", source)
	ds := w.dataset("i")
	for _, user := range []string{"masked", "narrowed"} {
		w.source = w.open(as(w.Search, user))
		if g := w.all(w.source)["i"].Gap; g == nil || g.Code != "document-security" {
			t.Errorf("%s: the gap is %v", user, g)
		}
		unit := pii.Unit{Acts: []pii.Act{{Dataset: ds, Method: pii.Delete, Targets: []pii.Target{w.target("i", "1", "", source)}}}}
		findings, err := w.source.Check(t.Context(), unit)
		if err != nil || !slices.ContainsFunc(findings, func(f pii.Finding) bool { return f.Blocking }) {
			t.Errorf("%s: the findings are %v, %v", user, findings, err)
		}
		if _, err := w.source.Erase(t.Context(), unit); errkind.Of(err) != errkind.Permission {
			t.Errorf("%s: erasing gives %v", user, err)
		}
	}
	w.same("stored", []string{w.stored("i", "1")}, []string{source})
}

// TestPurgeNamesWhatKeepsThem: snapshots and open scrolls keep what is erased, and the receipt says so.
func TestPurgeNamesWhatKeepsThem(t *testing.T) {
	onBoth(t, func(w *world) {
		w.create("i", `{}`, "")
		w.put("i", "1", `{"mail":"ann@example.com"}`)
		repository := strings.TrimSuffix(w.Prefix, "-")
		w.Do(w, "PUT", "/_snapshot/"+repository, `{"type":"fs","settings":{"location":"`+filepath.Join(w.Repo, repository)+`"}}`)
		w.Do(w, "PUT", "/_snapshot/"+repository+"/first?wait_for_completion=true", `{"indices":"`+w.Prefix+`i"}`)
		w.Do(w, "POST", "/"+w.Prefix+"i/_search?scroll=1m", `{"size":1}`)
		w.Cleanup(func() {
			w.Do(w, "DELETE", "/_search/scroll/_all", "")
			w.Do(w, "DELETE", "/_snapshot/"+repository+"/first", "")
			w.Do(w, "DELETE", "/_snapshot/"+repository, "")
		})
		got, err := w.source.Purge(w.Context(), []pii.Dataset{w.dataset("i")})
		if err != nil || len(got) != 1 {
			w.Fatal(len(got), err)
		}
		for _, want := range []string{"no deleted documents in the segments of 1 index", "1 snapshot holds", repository + "/first", "open and may still read them"} {
			if !strings.Contains(got[0].Proof, want) {
				w.Errorf("the receipt %q does not say %q", got[0].Proof, want)
			}
		}
	})
}

// TestPurgeLeavesNothingInTheFiles searches the server's own files. The server keeps deleted documents for half a minute, so it takes that long.
func TestPurgeLeavesNothingInTheFiles(t *testing.T) {
	if os.Getenv("VESTIGE_DEEP") == "" {
		t.Skip("VESTIGE_DEEP is not set")
	}
	onBoth(t, func(w *world) {
		w.create("i", `{"properties":{"id":{"type":"keyword"}}}`, `"index.merge.policy.expunge_deletes_allowed":7`)
		var body strings.Builder
		for i := range 200 {
			fmt.Fprintf(&body, "{\"index\":{\"_id\":\"%d\"}}\n{\"id\":\"other\"}\n", i)
		}
		w.Do(w, "POST", "/"+w.Prefix+"i/_bulk?refresh=true&filter_path=errors", body.String())
		const source = `{"id":"needle-in-a-keyword","note":"needle-in-the-source"}`
		w.put("i", "needle-in-the-id", source)
		w.Do(w, "POST", "/"+w.Prefix+"i/_flush?force=true", "")
		if n := found(w, "needle-in"); n == 0 {
			w.Fatal("the needles are in no file before the erasure")
		}
		ds := w.dataset("i")
		if _, err := w.erase(ds, pii.Delete, w.target("i", "needle-in-the-id", "", source)); err != nil {
			w.Fatal(err)
		}
		if _, err := w.source.Purge(w.Context(), []pii.Dataset{ds}); err != nil {
			w.Fatal(err)
		}
		if n := found(w, "needle-in"); n != 0 {
			w.Errorf("%d files hold a needle after the purge", n)
		}
		if got := string(w.Do(w, "GET", "/"+w.Prefix+"i/_settings?flat_settings=true", "")); !strings.Contains(got, `"index.merge.policy.expunge_deletes_allowed":"7"`) || strings.Contains(got, "auto_throttle") {
			w.Errorf("the settings are not as before: %s", got)
		}
	})
}

// found counts the files of the server's data that hold some bytes.
func found(w *world, needle string) (n int) {
	_ = filepath.WalkDir(w.Data, func(path string, e fs.DirEntry, err error) error {
		if err == nil && e.Type().IsRegular() {
			if text, err := os.ReadFile(path); err == nil && bytes.Contains(text, []byte(needle)) {
				n++
			}
		}
		return nil
	})
	return n
}
