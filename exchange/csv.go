package exchange

import (
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"slices"
	"strconv"
	"strings"

	"vestige/catalog"
	"vestige/internal/errkind"
	"vestige/lineage"
	"vestige/pii"
)

// The columns of the two files. What is written is read again; those behind description and how are for the reader.
var (
	CardColumns = []string{"dataset", "field", "owner", "description"}
	FlowColumns = []string{"input", "output", "how", "origin", "job", "at"}
)

// rowsOf reads CSV of owners and descriptions, or of flows. An empty cell says nothing; one with a single dash takes away what there is.
func rowsOf(text []byte) (f file, err error) {
	f.format, f.strict = "csv", true
	r := csv.NewReader(bytes.NewReader(text))
	r.FieldsPerRecord = -1
	head, err := r.Read()
	if err != nil {
		return f, notOurs()
	}
	for i := range head {
		head[i] = strings.ToLower(strings.TrimSpace(head[i]))
	}
	cards := slices.Contains(head, "dataset")
	known := FlowColumns
	if cards {
		known = CardColumns
	} else if !slices.Contains(head, "input") || !slices.Contains(head, "output") {
		return f, notOurs()
	}
	for i, h := range head {
		if !slices.Contains(known, h) {
			return f, errkind.Coded(errkind.Invalid, "bad-file", "column %d is none of %s", i+1, strings.Join(known, ", "))
		}
	}
	for {
		rec, err := r.Read()
		if errors.Is(err, io.EOF) {
			return f, nil
		}
		if err != nil {
			return f, errkind.Coded(errkind.Invalid, "bad-file", "behind row %d it is not CSV", len(f.cards)+len(f.flows)+1)
		}
		line, _ := r.FieldPos(0)
		cell := map[string]string{}
		for i, h := range head {
			if i < len(rec) {
				cell[h] = Plain(rec[i])
			}
		}
		if cards {
			f.cards = append(f.cards, cardRow(cell, line))
		} else {
			f.flows = append(f.flows, flowRow(cell, line))
		}
	}
}

func notOurs() error {
	return errkind.Coded(errkind.Invalid, "bad-file", "this is no manifest.json of dbt, no event of OpenLineage, and no CSV whose first line names the columns %s, or input,output,how", strings.Join(CardColumns, ","))
}

func cardRow(cell map[string]string, line int) card {
	k := card{where: "line " + strconv.Itoa(line), at: nameOf(cell["dataset"])}
	k.at.Field = cell["field"]
	k.owner, k.description = says(cell["owner"]), says(cell["description"])
	return k
}

func flowRow(cell map[string]string, line int) flow {
	at, _ := strconv.ParseInt(cell["at"], 10, 64)
	return flow{where: "line " + strconv.Itoa(line), input: nameOf(cell["input"]), output: nameOf(cell["output"]), same: strings.EqualFold(cell["how"], Same), origin: told(cell["origin"]), job: clip(cell["job"]), at: at}
}

// told gives an origin that there is.
func told(origin string) string {
	if slices.Contains([]string{"dbt", "openlineage", "csv", "view", "copy"}, origin) {
		return origin
	}
	return ""
}

func says(cell string) *string {
	switch cell {
	case "":
		return nil
	case "-":
		cell = ""
	}
	cell = words(cell)
	return &cell
}

// words gives a text as it is kept.
func words(s string) string {
	s = strings.TrimSpace(strings.ReplaceAll(s, "\r\n", "\n"))
	if s == "-" {
		return ""
	}
	return s
}

// said gives what a file says where an empty text says nothing.
func said(s string) *string {
	if s = words(s); s == "" {
		return nil
	}
	return &s
}

// nameOf reads source/dataset#field as it is written here; what is not written so is a name.
func nameOf(text string) name {
	if r, err := pii.ParseRef(text); err == nil && r.Dataset != "" {
		return name{r.Source, r.Dataset, r.Field}
	}
	return name{Dataset: text}
}

// clip keeps the name of a job from being a book.
func clip(s string) string {
	if len(s) > 300 {
		s = strings.ToValidUTF8(s[:300], "")
	}
	return s
}

// Plain takes off the apostrophe that our own files have before what a spreadsheet would take for a formula.
func Plain(cell string) string {
	cell = strings.TrimSpace(cell)
	if len(cell) > 1 && cell[0] == '\'' && strings.ContainsRune("=+-@", rune(cell[1])) {
		return cell[1:]
	}
	return cell
}

// CardRow gives the cells of a card, by CardColumns.
func CardRow(k catalog.Card) []string {
	return []string{k.At.Of().String(), k.At.Field, k.Owner, k.Description}
}

// FlowRow gives the cells of a flow, by FlowColumns.
func FlowRow(f lineage.Flow) []string {
	return []string{f.Input.String(), f.Output.String(), how(f.Same), f.Origin, f.Job, strconv.FormatInt(f.At, 10)}
}
