package elasticsearch_test

import (
	"testing"

	"vestige/internal/testenv"
)

// TestPrefixes looks at the servers that tests are given: each has a prefix of its own. It stands here, since here the servers run already.
func TestPrefixes(t *testing.T) {
	for name, start := range map[string]func(testing.TB) testenv.Search{"elasticsearch": testenv.Elasticsearch, "opensearch": testenv.OpenSearch} {
		t.Run(name, func(t *testing.T) {
			a, b := start(t), start(t)
			if a.Prefix == b.Prefix {
				t.Fatal("two tests have one prefix")
			}
			a.Do(t, "PUT", "/"+a.Prefix+"i", "{}")
			b.Do(t, "PUT", "/"+b.Prefix+"i", "{}")
		})
	}
}
