package main

import (
	"encoding/csv"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	_ "embed"
)

//go:embed tables.tsv
var tables string

// rowLimit is how many rows of a table are kept: a sample of a column is no larger.
const rowLimit = 4000

type table struct {
	name, repo, commit, path string
	comma                    rune
	latin1                   bool
}

var delimiters = map[string]rune{"comma": ',', "semicolon": ';', "tab": '\t', "bar": '|'}

func listTables() (out []table) {
	for l := range strings.Lines(tables) {
		f := strings.Split(strings.TrimSuffix(l, "\n"), "\t")
		if len(f) == 7 && !strings.HasPrefix(l, "#") {
			out = append(out, table{f[0], f[2], f[3], f[4], delimiters[f[5]], f[6] == "latin-1"})
		}
	}
	return out
}

// fetchTables writes the tables as files of commas, a clone for all of one repository. What a repository has no more is left out, and said.
func fetchTables(out, mirror, only string) error {
	if err := os.MkdirAll(out, 0o755); err != nil {
		return err
	}
	clones := map[string]string{}
	for _, t := range listTables() {
		if only != "" && t.name != only {
			continue
		}
		git, ok := clones[t.repo]
		if !ok {
			var err error
			if git, err = clone(t.repo, mirror); err != nil {
				fmt.Fprintln(os.Stderr, "left out:", t.repo)
			}
			clones[t.repo] = git
		}
		text, err := exec.Command("git", "--git-dir", git, "show", t.commit+":"+t.path).Output()
		if err != nil {
			fmt.Fprintln(os.Stderr, "left out:", t.name)
			continue
		}
		if err := t.write(filepath.Join(out, t.name+".csv"), text); err != nil {
			return fmt.Errorf("%s: %w", t.name, err)
		}
	}
	return nil
}

// write turns the text into UTF-8 with commas.
func (t table) write(name string, text []byte) error {
	s := strings.TrimPrefix(string(text), "\ufeff")
	if t.latin1 {
		runes := make([]rune, len(text))
		for i, b := range text {
			runes[i] = rune(b)
		}
		s = string(runes)
	}
	r := csv.NewReader(strings.NewReader(s))
	r.Comma, r.LazyQuotes, r.FieldsPerRecord = t.comma, true, -1
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	w := csv.NewWriter(f)
	for range rowLimit + 1 {
		row, err := r.Read()
		if err == io.EOF {
			break
		}
		if err != nil {
			_ = f.Close()
			return err
		}
		_ = w.Write(row)
	}
	w.Flush()
	if err := w.Error(); err != nil {
		_ = f.Close()
		return err
	}
	return f.Close()
}
