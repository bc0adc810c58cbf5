package eval

import (
	"encoding/csv"
	"fmt"
	"hash/fnv"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"vestige/classifiers"
	"vestige/pii"
)

// RealTable is a public table with values, and the labels of its columns. The labels are committed, the values are fetched
// (go run ./internal/build/schemas -tables); docs/labelling.md has the rules.
type RealTable struct {
	Name   string
	Names  []string
	Labels []Label
	Rows   [][]string // without the names; none where the file was not fetched
}

// Test tells whether the table belongs to the test split: by a hash of what it was published in.
func (t *RealTable) Test() bool {
	collection, _, _ := strings.Cut(t.Name, ".")
	h := fnv.New32a()
	_, _ = h.Write([]byte(collection))
	return h.Sum32()%5 < 2
}

// People tells whether any column is personal; of the other tables each proposal that no label allows is a false alarm.
func (t *RealTable) People() bool { return slices.ContainsFunc(t.Labels, Label.Personal) }

// RealTables reads the labels of a file of lines "table, column, label", in the order of each table's columns, and the values from the folder.
func RealTables(labels io.Reader, folder string) (out []RealTable, err error) {
	rows, err := csv.NewReader(labels).ReadAll()
	if err != nil {
		return nil, err
	}
	for _, r := range rows[1:] {
		if len(out) == 0 || out[len(out)-1].Name != r[0] {
			out = append(out, RealTable{Name: r[0]})
		}
		t := &out[len(out)-1]
		l, err := labelOf(r[2])
		if err != nil {
			return nil, err
		}
		t.Names, t.Labels = append(t.Names, r[1]), append(t.Labels, l)
	}
	for i := range out {
		if err := out[i].read(folder); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// labelOf reads "category|category|none".
func labelOf(text string) (l Label, err error) {
	for c := range strings.SplitSeq(text, "|") {
		if _, ok := pii.Category(c).Info(); !ok && c != "none" {
			return nil, fmt.Errorf("label %q is in no taxonomy", c)
		}
		l = append(l, pii.Category(c))
	}
	return l, nil
}

// read reads the values, and refuses a file with other columns than the labels are of.
func (t *RealTable) read(folder string) error {
	f, err := os.Open(filepath.Join(folder, t.Name+".csv"))
	if err != nil {
		if os.IsNotExist(err) || folder == "" {
			return nil
		}
		return err
	}
	defer func() { _ = f.Close() }()
	r := csv.NewReader(f)
	r.FieldsPerRecord = -1
	rows, err := r.ReadAll()
	if err != nil {
		return fmt.Errorf("%s: %w", t.Name, err)
	}
	if len(rows) < 2 || len(rows[0]) < len(t.Names) || !slices.Equal(rows[0][:len(t.Names)], t.Names) {
		return fmt.Errorf("%s: the columns are not those of the labels", t.Name)
	}
	t.Rows = rows[1:]
	return nil
}

// Real scores tables in one mode. Where names are hidden, kinds that nothing in a value tells and columns without legible values are left out.
func Real(set *classifiers.Set, name string, tables []RealTable, m Mode) *Report {
	r := newReport(name)
	for i := range tables {
		t := &tables[i]
		if len(t.Rows) == 0 && m.Rows > 0 {
			continue
		}
		a := &Application{Name: t.Name, Language: "en"}
		d := t.dataset(m.Hidden)
		for j, p := range set.Table(d, t.values(m)) {
			if t.Labels[j].Personal() && m.Rows > 0 && !t.legible(j) || m.Hidden && slices.ContainsFunc(t.Labels[j], inNames) && !slices.Contains(t.Labels[j], p.Category) {
				continue
			}
			p.Field = pii.Ref{Source: t.Name, Dataset: t.Name}.In(t.Names[j])
			r.add(a, &d.Fields[j], t.Labels[j], p)
		}
	}
	return r
}

func inNames(c pii.Category) bool { return slices.Contains(nameless, c) }

// Schema gives the names and labels without values.
func (t *RealTable) Schema() Schema { return Schema{Dataset: t.dataset(false), Labels: t.Labels} }

func (t *RealTable) dataset(hidden bool) *pii.Dataset {
	_, file, _ := strings.Cut(t.Name, ".")
	d := &pii.Dataset{Ref: pii.Ref{Source: "s", Dataset: file}}
	if hidden {
		d.Ref.Dataset = "t"
	}
	for i, n := range t.Names {
		if hidden {
			n = fmt.Sprintf("c%d", i)
		}
		d.Fields = append(d.Fields, pii.Field{Name: n, Column: n, Type: pii.Text})
	}
	return d
}

func (t *RealTable) values(m Mode) func(int, func([]byte)) {
	if m.Rows == 0 {
		return nil
	}
	return func(field int, yield func([]byte)) {
		for _, r := range t.Rows[:min(len(t.Rows), m.Rows)] {
			switch {
			case field >= len(r):
			case r[field] == "" || r[field] == "NA" || r[field] == "NULL":
				yield(nil)
			default:
				yield([]byte(r[field]))
			}
		}
	}
}

// legible tells whether a column holds what somebody can read: values, and not hashes in their place.
func (t *RealTable) legible(column int) bool {
	seen, hashes := 0, 0
	for _, r := range t.Rows {
		if column >= len(r) || r[column] == "" || r[column] == "NA" || r[column] == "NULL" {
			continue
		}
		seen++
		if v := strings.TrimRight(r[column], "="); len(v) >= 20 && len(v) == len(strings.Trim(v, " ")) && !strings.ContainsAny(v, " @.,") && strings.ContainsAny(v, "0123456789") {
			hashes++
		}
	}
	return seen > 0 && hashes*2 < seen
}
