package elasticsearch_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"vestige/internal/app"
	"vestige/internal/testenv"
	"vestige/scanner"
)

// TestDrill plants somebody in an index, a data stream and an index whose mapping is strict, by the product's own way: she is found, erased and found no more, and
// every document is what it was.
func TestDrill(t *testing.T) {
	t.Run("elasticsearch", func(t *testing.T) { drill(t, testenv.Elasticsearch(t)) })
	t.Run("opensearch", func(t *testing.T) { drill(t, testenv.OpenSearch(t)) })
}

func drill(t *testing.T, s testenv.Search) {
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	const properties = `"email":{"type":"keyword"},"name":{"type":"text"},"visits":{"type":"integer"},"contact":{"properties":{"street":{"type":"text"}}}`
	people, events := s.Prefix+"people", s.Prefix+"events"
	s.Do(t, "PUT", "/"+people, `{"mappings":{"dynamic":"strict","properties":{`+properties+`}}}`)
	s.Do(t, "PUT", "/_index_template/"+events, `{"index_patterns":["`+events+`"],"data_stream":{},"template":{"mappings":{"properties":{"@timestamp":{"type":"date"},`+properties+`}}}}`)
	t.Cleanup(func() {
		_, _ = s.Try("DELETE", "/_data_stream/"+events, "")
		_, _ = s.Try("DELETE", "/_index_template/"+events, "")
	})
	for name, more := range map[string]string{people: "", events: `"@timestamp":"2026-11-01T00:00:00Z",`} {
		bulk := ""
		for i := range 60 {
			bulk += fmt.Sprintf("{\"create\":{}}\n{%s\"email\":\"%c%cnn@example.org\",\"name\":\"%s Musterfrau\",\"visits\":%d,\"contact\":{\"street\":\"Hauptstr. %d\"}}\n", more, 'a'+i%26, 'a'+i/26, []string{"Berta", "Anton", "Clara"}[i%3], i, i)
		}
		s.Do(t, "POST", "/"+name+"/_bulk?refresh=true", bulk)
	}
	dir := t.TempDir()
	config := "data: ./data\nexamples: true\nsources:\n"
	for name, indexes := range map[string]string{"events": events, "people": people} {
		config += fmt.Sprintf("  %s: {type: elasticsearch, url: %q, indexes: %q, user: %q, password: %q, drill: true, expunge: \"off\"}\n", name, s.URL, indexes, s.User, s.Password)
	}
	must(os.WriteFile(filepath.Join(dir, "vestige.yaml"), []byte(config), 0o600))
	cfg, err := app.LoadConfig(filepath.Join(dir, "vestige.yaml"), app.Specs())
	must(err)
	a, err := app.Open(t.Context(), cfg, app.Options{Command: "test"})
	must(err)
	t.Cleanup(func() { _ = a.Close() })
	for _, src := range a.Sources {
		_, err = a.ScanOne(t.Context(), "test", src, scanner.Options{Full: true}, nil)
		must(err)
	}
	_, err = a.Scanner.Relate(t.Context())
	must(err)
	all := func() string { return documents(t, s, people) + documents(t, s, events) }
	before, planted := all(), 0
	got, err := a.Drill(t.Context(), "test", nil, func(_, step string) {
		if step == "plant" && all() != before {
			planted++
		}
	})
	must(err)
	if len(got) != 2 || got[0].Outcome != "proven" || got[1].Outcome != "proven" || planted != 2 {
		t.Fatalf("%+v, of which %d have planted somebody", got, planted)
	}
	if all() != before {
		t.Error("the documents are no longer what they were")
	}
}

// documents gives the documents of an index with their ids and versions, as they are without a refresh of ours.
func documents(t *testing.T, s testenv.Search, index string) string {
	t.Helper()
	var got struct {
		Hits struct{ Hits json.RawMessage }
	}
	if err := json.Unmarshal(s.Do(t, "GET", "/"+index+"/_search?size=100&sort=visits,email&seq_no_primary_term=true", ""), &got); err != nil {
		t.Fatal(err)
	}
	return string(got.Hits.Hits)
}
