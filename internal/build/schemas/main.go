// Command schemas fetches the schemas of real applications again and writes the names of their tables, columns and types, and nothing of what
// they hold. sources.tsv names each application's language, repository, commit, kind of file and the paths (a regular expression).
//
//	go run ./internal/build/schemas -out DIR [-mirror DIR]
//
// With -tables it fetches the real tables of tables.tsv instead, with what they hold, into a folder that is not committed; their labels are in
// classifiers/eval/testdata/tables.csv.
//
// A mirror holds clones, as owner+name/repo; without one each repository is cloned from GitHub, at its commit and without file contents that
// are not asked for. The labels of these columns are in classifiers/eval/testdata/applications; docs/labelling.md has the rules.
package main

import (
	"encoding/csv"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"

	_ "embed"
)

//go:embed sources.tsv
var sources string

func main() {
	out := flag.String("out", "schemas", "folder to write to")
	mirror := flag.String("mirror", "", "folder of clones")
	only := flag.String("only", "", "one application")
	withValues := flag.Bool("tables", false, "the real tables, with their values")
	flag.Parse()
	do := run
	if *withValues {
		do = fetchTables
	}
	if err := do(*out, *mirror, *only); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

type source struct{ app, lang, repo, commit, kind, paths string }

func list() (out []source) {
	for l := range strings.Lines(sources) {
		f := strings.Split(strings.TrimSpace(l), "\t")
		if len(f) == 6 && !strings.HasPrefix(l, "#") {
			out = append(out, source{f[0], f[1], f[2], f[3], f[4], f[5]})
		}
	}
	return out
}

func run(out, mirror, only string) error {
	if err := os.MkdirAll(out, 0o755); err != nil {
		return err
	}
	for _, s := range list() {
		if only != "" && s.app != only {
			continue
		}
		git, err := clone(s.repo, mirror)
		if err != nil {
			return fmt.Errorf("%s: %w", s.app, err)
		}
		rows, err := s.columns(git)
		if err != nil {
			return fmt.Errorf("%s: %w", s.app, err)
		}
		if err := write(filepath.Join(out, s.app+".csv"), s, rows); err != nil {
			return err
		}
		fmt.Printf("%-24s %5d columns\n", s.app, len(rows))
	}
	return nil
}

// clone gives the git directory of the repository.
func clone(repo, mirror string) (string, error) {
	if mirror != "" {
		dir := filepath.Join(mirror, strings.Replace(repo, "/", "+", 1), "repo")
		if _, err := os.Stat(filepath.Join(dir, ".git")); err == nil {
			dir = filepath.Join(dir, ".git")
		}
		return dir, nil
	}
	dir, err := os.MkdirTemp("", "schemas")
	if err != nil {
		return "", err
	}
	cmd := exec.Command("git", "clone", "-q", "--bare", "--filter=blob:none", "https://github.com/"+repo, dir)
	cmd.Stderr = os.Stderr
	return dir, cmd.Run()
}

// columns reads the files of a source. A column that several files name is written once.
func (s source) columns(git string) ([]column, error) {
	paths, err := regexp.Compile(s.paths)
	if err != nil {
		return nil, err
	}
	tree, err := exec.Command("git", "--git-dir", git, "ls-tree", "-rz", "--name-only", s.commit).Output()
	if err != nil {
		return nil, err
	}
	read := readers[s.kind]
	if read == nil {
		return nil, fmt.Errorf("no kind %q", s.kind)
	}
	seen, out := map[string]bool{}, []column(nil)
	for name := range strings.SplitSeq(string(tree), "\x00") {
		if !paths.MatchString(name) {
			continue
		}
		text, err := exec.Command("git", "--git-dir", git, "show", s.commit+":"+name).Output()
		if err != nil {
			fmt.Fprintln(os.Stderr, "left out:", name) // a clone may lack its largest files
			continue
		}
		for _, c := range read(name, string(text)) {
			if key := c.table + "." + c.name; !seen[key] && c.name != "" && c.table != "" {
				seen[key] = true
				out = append(out, c)
			}
		}
	}
	return out, nil
}

func write(name string, s source, rows []column) error {
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	w := csv.NewWriter(f)
	_ = w.Write([]string{"application", "language", "table", "column", "type"})
	for _, c := range rows {
		_ = w.Write([]string{s.app, s.lang, c.table, c.name, c.typ})
	}
	w.Flush()
	if err := w.Error(); err != nil {
		_ = f.Close()
		return err
	}
	return f.Close()
}
