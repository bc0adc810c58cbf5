package main

import (
	"encoding/csv"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"

	"vestige/classifiers"
	"vestige/internal/errkind"
	"vestige/pii"
)

// proposed is one line of what classify --fields prints.
type proposed struct {
	Dataset    string          `json:"dataset"`
	Field      string          `json:"field"`
	Category   pii.Category    `json:"category"`
	Confidence float64         `json:"confidence"`
	Personal   float64         `json:"personal"`          // how sure it is that the field holds any personal data
	Suspect    pii.Category    `json:"suspect,omitempty"` // the likeliest kind of it
	Contains   []pii.Contained `json:"contains,omitempty"`
	Evidence   []pii.Nat       `json:"evidence"`
}

// listed is the fields of one dataset as a list names them, with the samples behind each.
type listed struct {
	dataset pii.Dataset
	rows    []int // where each field stands in the list
	samples [][]string
}

// fields reads the list and prints a proposal for each field, in the order of the list.
func (x classifyCmd) fields(c *call, set *classifiers.Set) error {
	rows, err := csvRows(c, x.Fields)
	if err != nil {
		return err
	}
	if len(rows) > 0 && strings.EqualFold(strings.TrimSpace(rows[0][0]), "dataset") {
		rows = rows[1:]
	}
	out := make([]proposed, len(rows))
	for _, l := range byDataset(rows) {
		if err := x.addValues(c, l); err != nil {
			return err
		}
		ps := set.Table(&l.dataset, func(i int, yield func([]byte)) {
			for _, v := range l.samples[i] {
				yield([]byte(v))
			}
		})
		for i, p := range ps {
			out[l.rows[i]] = proposed{l.dataset.Ref.Dataset, l.dataset.Fields[i].Name, p.Category, p.Confidence, p.Personal, p.Suspect, p.Contains, p.Nats}
		}
	}
	e := json.NewEncoder(c.out)
	e.SetEscapeHTML(false)
	for _, p := range out {
		if err := e.Encode(p); err != nil {
			return err
		}
	}
	return nil
}

func csvRows(c *call, file string) ([][]string, error) {
	in := c.in
	if file != "-" {
		f, err := os.Open(c.path(file))
		if errors.Is(err, os.ErrNotExist) {
			return nil, errkind.New(errkind.NotFound, "no file %s", file)
		}
		if err != nil {
			return nil, errkind.New(errkind.Permission, "%s cannot be read", file)
		}
		defer func() { _ = f.Close() }()
		in = f
	}
	r := csv.NewReader(in)
	r.FieldsPerRecord, r.LazyQuotes = -1, true
	rows, err := r.ReadAll()
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, errkind.New(errkind.Invalid, "%s is no CSV", file)
	}
	if len(rows) > 0 && len(rows[0]) > 0 {
		rows[0][0] = strings.TrimPrefix(rows[0][0], "\ufeff")
	}
	return rows, nil
}

// byDataset puts the rows of each dataset together, in the order in which the datasets come.
func byDataset(rows [][]string) (out []*listed) {
	by := map[string]*listed{}
	for i, r := range rows {
		for len(r) < 3 {
			r = append(r, "")
		}
		l := by[r[0]]
		if l == nil {
			l = &listed{dataset: pii.Dataset{Ref: pii.Ref{Source: "file", Dataset: r[0]}, Kind: pii.Table, Records: -1}}
			by[r[0]], out = l, append(out, l)
		}
		f := pii.Field{Name: r[1], Column: r[1], Type: classifiers.TypeOf(r[2]), Native: r[2]}
		if column, path, ok := strings.Cut(r[1], "."); ok {
			f.Column, f.Path = column, path
		}
		l.dataset.Fields = append(l.dataset.Fields, f)
		l.rows, l.samples = append(l.rows, i), append(l.samples, filled(r[3:]))
	}
	return out
}

// filled leaves the empty cells out: rows of a list are as long as its longest.
func filled(cells []string) (out []string) {
	for _, s := range cells {
		if s != "" {
			out = append(out, s)
		}
	}
	return out
}

// addValues reads the table of the folder that has the dataset's name.
func (x classifyCmd) addValues(c *call, l *listed) error {
	if x.Values == "" {
		return nil
	}
	file := filepath.Join(x.Values, strings.ReplaceAll(l.dataset.Ref.Dataset, string(filepath.Separator), "_")+".csv")
	rows, err := csvRows(c, file)
	if errkind.Of(err) == errkind.NotFound || len(rows) == 0 {
		return nil
	}
	if err != nil {
		return err
	}
	at := map[string]int{}
	for i, f := range l.dataset.Fields {
		at[f.Name] = i
	}
	for k, name := range rows[0] {
		i, ok := at[name]
		if !ok {
			continue
		}
		for _, r := range rows[1:] {
			if k < len(r) {
				l.samples[i] = append(l.samples[i], r[k])
			}
		}
	}
	return nil
}
