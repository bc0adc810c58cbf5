// Command references reads the schemas of real applications, with the foreign keys that they declare, and writes names of tables and columns, types
// and keys, and nothing of what they hold, as lineage/eval reads them. sources.tsv names each repository, its commit and its files.
//
//	go run ./internal/build/references -mirror DIR > lineage/eval/testdata/references.txt
//
// A mirror holds clones, as owner+name/repo; without one each repository is cloned from GitHub.
package main

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	_ "embed"
)

//go:embed sources.tsv
var sources string

// largest is how many bytes a file may have; what is larger is data.
const largest = 8 << 20

func main() {
	mirror := flag.String("mirror", "", "folder of clones")
	flag.Parse()
	for line := range strings.Lines(sources) {
		f := strings.Split(strings.TrimSpace(line), "\t")
		if len(f) != 3 || strings.HasPrefix(line, "#") {
			continue
		}
		s, err := read(*mirror, f[0], f[1], f[2])
		if err != nil {
			fmt.Fprintln(os.Stderr, f[0]+":", err)
			os.Exit(1)
		}
		s.write(f[0])
	}
}

// read reads the files of an application.
func read(mirror, repo, commit, files string) (*schema, error) {
	dir, err := clone(mirror, repo)
	if err != nil {
		return nil, err
	}
	git := func(args ...string) ([]byte, error) {
		return exec.Command("git", append([]string{"-C", dir}, args...)...).Output()
	}
	names, err := git("ls-tree", "-rlz", commit)
	if err != nil {
		return nil, err
	}
	s := &schema{tables: map[string]*table{}}
	for entry := range strings.SplitSeq(string(names), "\x00") {
		about, name, ok := strings.Cut(entry, "\t")
		if !ok || !matches(files, name) || size(about) > largest {
			continue
		}
		text, err := git("show", commit+":"+name)
		if err != nil {
			fmt.Fprintln(os.Stderr, "left out:", name) // a clone may lack its largest files
			continue
		}
		if strings.HasSuffix(name, ".rb") {
			s.rails(string(text))
		} else {
			s.sql(string(text))
		}
	}
	return s, nil
}

func clone(mirror, repo string) (string, error) {
	if mirror != "" {
		return filepath.Join(mirror, strings.Replace(repo, "/", "+", 1), "repo"), nil
	}
	dir, err := os.MkdirTemp("", "references")
	if err != nil {
		return "", err
	}
	cmd := exec.Command("git", "clone", "-q", "--bare", "--filter=blob:none", "https://github.com/"+repo, dir)
	cmd.Stderr = os.Stderr
	return dir, cmd.Run()
}

func matches(files, name string) bool {
	if suffix, ok := strings.CutPrefix(files, "*"); ok {
		return strings.HasSuffix(strings.ToLower(name), suffix)
	}
	return name == files
}

// size reads the size of a file out of a line of ls-tree.
func size(about string) (n int) {
	f := strings.Fields(about)
	_, _ = fmt.Sscan(f[len(f)-1], &n)
	return n
}

// Limits of what is written of an application: the tables that most references join, some that none does, and the columns that can be confused with
// keys or that say that a table holds people.
const (
	joined = 120
	alone  = 30
	texts  = 8
)

// write writes what of a schema counts for references.
func (s *schema) write(name string) {
	s.resolve()
	keep := s.kept()
	to := map[string]bool{} // columns that are referred to
	for t := range keep {
		for _, c := range s.tables[t].columns {
			if keep[c.table] {
				to[c.table+"."+c.key] = true
			}
		}
	}
	fmt.Println("# " + name)
	for _, t := range slices.Sorted(maps.Keys(keep)) {
		if line := s.tables[t].line(keep, to); line != "" {
			fmt.Println(t + ": " + line)
		}
	}
}

// resolve forgets references to what is not known.
func (s *schema) resolve() {
	for _, t := range s.tables {
		for _, c := range t.columns {
			to := s.tables[c.table]
			if to == nil || !slices.ContainsFunc(to.columns, func(k *column) bool { return k.name == c.key }) {
				c.table, c.key = "", ""
			}
		}
	}
}

func (s *schema) kept() map[string]bool {
	degree := map[string]int{}
	for name, t := range s.tables {
		for _, c := range t.columns {
			if s.tables[c.table] != nil {
				degree[name], degree[c.table] = degree[name]+1, degree[c.table]+1
			}
		}
	}
	by := slices.SortedFunc(maps.Keys(degree), func(a, b string) int {
		if degree[a] != degree[b] {
			return degree[b] - degree[a]
		}
		return strings.Compare(a, b)
	})
	keep := map[string]bool{}
	for _, t := range by[:min(joined, len(by))] {
		keep[t] = true
	}
	left := alone
	for _, t := range slices.Sorted(maps.Keys(s.tables)) {
		if degree[t] == 0 && left > 0 {
			keep[t], left = true, left-1
		}
	}
	return keep
}

// line writes the columns of a table.
func (t *table) line(keep, to map[string]bool) string {
	var out []string
	plain := 0
	for _, c := range t.columns {
		kind, refers := kindOf(c.typ), keep[c.table]
		must := refers || to[t.name+"."+c.name]
		switch {
		case c.table != "" && !refers, kind == "" && !must:
			continue
		case kind == "body" && !must && !c.primary && !personal(c.name):
			continue
		case kind == "text" && !must && !c.primary:
			if plain++; plain > texts && !personal(c.name) {
				continue
			}
		}
		text := c.name + " " + map[string]string{"int": "int", "uuid": "uuid", "": "int"}[kind]
		if kind == "text" || kind == "body" {
			text = c.name + " text"
		}
		if c.primary {
			text += "!"
		}
		if refers {
			text += " >" + c.table + "." + c.key
		}
		out = append(out, text)
	}
	return strings.Join(out, ", ")
}
