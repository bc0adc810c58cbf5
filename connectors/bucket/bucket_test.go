package bucket_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"vestige/connectors"
	"vestige/connectors/bucket"
	"vestige/connectors/connectortest"
	"vestige/internal/decode"
	"vestige/pii"
)

func TestMain(m *testing.M) {
	decode.Main()
	os.Exit(m.Run())
}

// broken is what no format goes on with.
const broken = "{\"cut\n\"x,\n<cut"

// system puts a fixture into a folder, each dataset in a folder of its own, in the format that write and read know.
func system(t *testing.T, f connectortest.Fixture, ext string, lacks []connectortest.Need, write func(connectortest.Dataset) []byte,
	read func(*testing.T, connectortest.Dataset, []byte) []connectortest.Row) connectortest.System {
	t.Helper()
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name, name+ext) }
	for _, d := range f.Datasets {
		put(t, at(d.Name), write(d))
	}
	return connectortest.System{
		Spec:   bucket.Spec(),
		Config: connectors.Config{"path": pii.NewValue(dir)},
		Name:   func(name string) string { return name + "/" + name + ext },
		Lacks: append(lacks, connectortest.NeedReferences, connectortest.NeedKeys, connectortest.NeedKeyless, connectortest.NeedUnique, connectortest.NeedNotNull,
			connectortest.NeedNames, connectortest.NeedSoftDelete, connectortest.NeedType(pii.Bytes), connectortest.NeedType(pii.Bool)),
		Absent: connectors.Config{"path": pii.NewValue(dir + ".absent")}, AbsentKind: "not-found", LocatesBy: "keys of objects",
		Break: func(t *testing.T, name string) {
			t.Helper()
			put(t, at(name), append(write(f.Datasets[0]), broken...))
		},
		Peek: func(t *testing.T) connectortest.Content {
			t.Helper()
			out := connectortest.Content{}
			for _, d := range f.Datasets {
				b, err := os.ReadFile(at(d.Name))
				if err != nil && !os.IsNotExist(err) {
					t.Fatal(err)
				}
				out[d.Name] = read(t, d, b)
			}
			return out
		},
	}
}

func put(t *testing.T, path string, b []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, b, 0o640); err != nil {
		t.Fatal(err)
	}
}

func TestConnectorOnNDJSON(t *testing.T) {
	connectortest.Run(t, func(t *testing.T, f connectortest.Fixture) connectortest.System {
		t.Helper()
		return system(t, f, ".ndjson", []connectortest.Need{connectortest.NeedEmpty, connectortest.NeedType(pii.JSON)}, writeLines, readLines)
	})
}

func writeLines(d connectortest.Dataset) []byte {
	var b bytes.Buffer
	for _, row := range d.Rows {
		b.WriteByte('{')
		for i, f := range d.Fields {
			name, _ := json.Marshal(f.Name)
			value, _ := json.Marshal(string(row[i]))
			switch {
			case row[i] == nil:
				value = []byte("null")
			case f.Type == pii.Int || f.Type == pii.Float:
				value = row[i]
			}
			if i > 0 {
				b.WriteString(", ")
			}
			b.Write(name)
			b.WriteByte(':')
			b.Write(value)
		}
		b.WriteString("}\n")
	}
	return b.Bytes()
}

func readLines(t *testing.T, d connectortest.Dataset, b []byte) (rows []connectortest.Row) {
	t.Helper()
	for line := range bytes.Lines(b) {
		var members map[string]json.RawMessage
		if err := json.Unmarshal(line, &members); err != nil {
			continue
		}
		row := make(connectortest.Row, len(d.Fields))
		for i, f := range d.Fields {
			raw := members[f.Name]
			var s *string
			switch {
			case raw == nil || string(raw) == "null":
			case json.Unmarshal(raw, &s) == nil:
				row[i] = []byte(*s)
			default:
				row[i] = raw
			}
		}
		rows = append(rows, row)
	}
	return rows
}

func TestConnectorOnCSV(t *testing.T) {
	connectortest.Run(t, func(t *testing.T, f connectortest.Fixture) connectortest.System {
		t.Helper()
		return system(t, f, ".csv", nil, writeRows, readRows)
	})
}

// writeRows writes empty values in quotes, which tells them from NULL.
func writeRows(d connectortest.Dataset) []byte {
	var b strings.Builder
	for i, f := range d.Fields {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(f.Name)
	}
	b.WriteByte('\n')
	for _, row := range d.Rows {
		for i, v := range row {
			if i > 0 {
				b.WriteByte(',')
			}
			if v != nil && (len(v) == 0 || bytes.ContainsAny(v, " \",\r\n")) {
				b.WriteString(`"` + strings.ReplaceAll(string(v), `"`, `""`) + `"`)
				continue
			}
			b.Write(v)
		}
		b.WriteByte('\n')
	}
	return []byte(b.String())
}

func readRows(t *testing.T, d connectortest.Dataset, b []byte) (rows []connectortest.Row) {
	t.Helper()
	// encoding/csv does not tell empty quotes from nothing, and takes the CR from a line end in quotes: both are marked before it reads.
	text := strings.NewReplacer(",\"\",", ",\"\x01\",", ",\"\"\n", ",\"\x01\"\n", "\r\n", "\x02\n").Replace(string(b))
	r := csv.NewReader(strings.NewReader(text))
	r.FieldsPerRecord = -1
	r.LazyQuotes = true
	all, err := r.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for _, cells := range all[min(1, len(all)):] {
		row := make(connectortest.Row, len(d.Fields))
		for i, v := range cells {
			if v = strings.ReplaceAll(v, "\x02\n", "\r\n"); v != "" && i < len(row) {
				row[i] = []byte(strings.Trim(v, "\x01"))
			}
		}
		rows = append(rows, row)
	}
	return rows
}
