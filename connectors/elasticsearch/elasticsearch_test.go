package elasticsearch_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"vestige/connectors"
	"vestige/connectors/connectortest"
	"vestige/connectors/elasticsearch"
	"vestige/internal/testenv"
	"vestige/pii"
)

func TestConnector(t *testing.T) {
	connectortest.Run(t, func(t *testing.T, f connectortest.Fixture) connectortest.System {
		t.Helper()
		return system(t, testenv.Elasticsearch(t), f)
	})
}

func TestConnectorOnOpenSearch(t *testing.T) {
	connectortest.Run(t, func(t *testing.T, f connectortest.Fixture) connectortest.System {
		t.Helper()
		return system(t, testenv.OpenSearch(t), f)
	})
}

// config reaches a test's part of a cluster.
func config(s testenv.Search) connectors.Config {
	cfg := connectors.Config{"url": pii.NewValue(s.URL), "indexes": pii.NewValue(s.Prefix + "*")}
	if s.User != "" {
		cfg["user"], cfg["password"] = pii.NewValue(s.User), pii.NewValue(s.Password)
	}
	return cfg
}

// as is the configuration of another user.
func as(s testenv.Search, user string) connectors.Config {
	cfg := config(s)
	cfg["user"] = pii.NewValue(user)
	return cfg
}

func system(t *testing.T, s testenv.Search, f connectortest.Fixture) connectortest.System {
	t.Helper()
	for _, d := range f.Datasets {
		fill(t, s, d)
	}
	denied, absent := as(s, s.User), config(s)
	denied["password"] = pii.NewValue("not the password")
	absent["url"] = pii.NewValue("http://127.0.0.1:1")
	limited := as(s, "limited")
	if s.User == "" {
		denied, limited = nil, nil
	}
	return connectortest.System{
		Limited: limited, Server: strings.TrimPrefix(s.URL, "http://"), NetworkLimit: 8 * time.Second,
		Proxied: func(addr string) connectors.Config {
			cfg := config(s)
			cfg["url"], cfg["timeout"] = pii.NewValue("http://"+addr), pii.NewValue("2s")
			return cfg
		},
		Spec: elasticsearch.Spec(), Config: config(s), Denied: denied, Absent: absent,
		Name: func(name string) string { return s.Prefix + name },
		Lacks: []connectortest.Need{
			connectortest.NeedReferences, connectortest.NeedKeys, connectortest.NeedUnique, connectortest.NeedNotNull, connectortest.NeedNames,
			connectortest.NeedTransactions, connectortest.NeedSoftDelete, connectortest.NeedType(pii.Bytes), connectortest.NeedType(pii.JSON),
		},
		Break: func(t *testing.T, name string) {
			t.Helper()
			s.Do(t, "POST", "/"+s.Prefix+name+"/_close", "")
		},
		Peek: func(t *testing.T) connectortest.Content {
			t.Helper()
			out := connectortest.Content{}
			for _, d := range f.Datasets {
				out[d.Name] = peek(t, s, d)
			}
			return out
		},
	}
}

// types are the mappings of the suite's types.
var types = map[pii.FieldType]string{
	pii.Text: `{"type":"text","fields":{"keyword":{"type":"keyword","ignore_above":256}}}`, pii.Int: `{"type":"long"}`, pii.Float: `{"type":"double"}`,
	pii.Bool: `{"type":"boolean"}`, pii.Time: `{"type":"date"}`,
}

func fill(t *testing.T, s testenv.Search, d connectortest.Dataset) {
	t.Helper()
	var properties []string
	for _, f := range d.Fields {
		properties = append(properties, fmt.Sprintf("%q:%s", f.Name, types[f.Type]))
	}
	index := s.Prefix + d.Name
	s.Do(t, "PUT", "/"+index, `{"settings":{"number_of_shards":`+fmt.Sprint(1+len(d.Name)%2)+`,"number_of_replicas":0},"mappings":{"properties":{`+strings.Join(properties, ",")+`}}}`)
	var b bytes.Buffer
	for i, row := range d.Rows {
		fmt.Fprintf(&b, "{\"index\":{\"_id\":\"%d\"}}\n{", i)
		for k, f := range d.Fields {
			value, _ := json.Marshal(string(row[k]))
			switch {
			case row[k] == nil:
				value = []byte("null")
			case f.Type == pii.Int || f.Type == pii.Float || f.Type == pii.Bool:
				value = row[k]
			}
			fmt.Fprintf(&b, "%s%q: %s", []string{"", ", "}[min(k, 1)], f.Name, value)
		}
		b.WriteString("}\n")
		if b.Len() > 4<<20 || i == len(d.Rows)-1 {
			got := s.Do(t, "POST", "/"+index+"/_bulk?filter_path=errors,items.*.error", b.String())
			if bytes.Contains(got, []byte(`"errors":true`)) {
				t.Fatalf("the fixture is refused: %.600s", got)
			}
			b.Reset()
		}
	}
	s.Do(t, "POST", "/"+index+"/_refresh", "")
}

func peek(t *testing.T, s testenv.Search, d connectortest.Dataset) (rows []connectortest.Row) {
	t.Helper()
	s.Do(t, "POST", "/"+s.Prefix+d.Name+"/_refresh", "")
	var got struct {
		Hits struct {
			Hits []struct {
				Source map[string]json.RawMessage `json:"_source"`
			}
		}
	}
	if err := json.Unmarshal(s.Do(t, "POST", "/"+s.Prefix+d.Name+"/_search", `{"size":10000}`), &got); err != nil {
		t.Fatal(err)
	}
	for _, h := range got.Hits.Hits {
		row := make(connectortest.Row, len(d.Fields))
		for i, f := range d.Fields {
			raw := h.Source[f.Name]
			var text *string
			switch {
			case raw == nil || string(raw) == "null":
			case json.Unmarshal(raw, &text) == nil:
				row[i] = []byte(*text)
			default:
				row[i] = raw
			}
		}
		rows = append(rows, row)
	}
	return rows
}
