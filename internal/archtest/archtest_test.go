// Package archtest holds the layers and habits of the project as tests, with the reason in each message. ranks_test.go has the table of
// rooms and says who may import whom; habits_test.go has what is forbidden and where it is allowed; reveal.txt lists who may look
// inside of a pii.Value, and why. The package reads the source and runs nothing of it.
package archtest_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
)

// module is the name under which the project's packages are imported.
const module = "vestige"

// pkg is the files of one folder.
type pkg struct {
	path  string // from the module's root, "" for the root itself
	files []file
}

// file is one parsed file.
type file struct {
	name  string // from the module's root
	test  bool
	lines int
	ast   *ast.File
	set   *token.FileSet
}

// generated tells whether a program wrote the file.
func (f file) generated() bool { return ast.IsGenerated(f.ast) }

// at gives the place of a node, for messages.
func (f file) at(n ast.Node) string {
	p := f.set.Position(n.Pos())
	return f.name + ":" + strings.SplitN(strings.TrimPrefix(p.String(), p.Filename+":"), ":", 2)[0]
}

// packages gives all packages of the project, by path; they are parsed once.
func packages(t *testing.T) []pkg {
	t.Helper()
	all, err := parse()
	if err != nil {
		t.Fatal(err)
	}
	return all
}

var parse = sync.OnceValues(func() ([]pkg, error) {
	root := filepath.Join("..", "..")
	byPath := map[string]*pkg{}
	set := token.NewFileSet()
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if name := d.Name(); path != root && (name == "testdata" || strings.HasPrefix(name, ".") || strings.HasPrefix(name, "_")) {
				return fs.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(path, ".go") {
			return nil
		}
		return add(byPath, set, root, path)
	})
	var out []pkg
	for _, p := range byPath {
		out = append(out, *p)
	}
	slices.SortFunc(out, func(a, b pkg) int { return strings.Compare(a.path, b.path) })
	return out, err
})

// add parses a file into its package.
func add(byPath map[string]*pkg, set *token.FileSet, root, path string) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	tree, err := parser.ParseFile(set, path, text, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return err
	}
	name, err := filepath.Rel(root, path)
	if err != nil {
		return err
	}
	name = filepath.ToSlash(name)
	folder := strings.TrimSuffix(strings.TrimSuffix(name, filepath.Base(path)), "/")
	if byPath[folder] == nil {
		byPath[folder] = &pkg{path: folder}
	}
	byPath[folder].files = append(byPath[folder].files, file{name, strings.HasSuffix(name, "_test.go"), strings.Count(string(text), "\n"), tree, set})
	return nil
}

// imports gives what the files that are not tests import: packages of others, or of the project without its module's name.
func (p pkg) imports(others bool) (out []string) {
	for _, f := range p.files {
		for _, spec := range f.ast.Imports {
			path := strings.Trim(spec.Path.Value, `"`)
			inner, own := strings.CutPrefix(path, module+"/")
			if !f.test && own != others {
				out = append(out, inner)
			}
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// calls gives where the package's files call something written as name ("time.Now", or ".Reveal" for a method), by file.
func (f file) calls(name string) (out []string) {
	ast.Inspect(f.ast, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok {
			return true
		}
		sel, ok := call.Fun.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		of, sub, _ := strings.Cut(name, ".")
		x, plain := sel.X.(*ast.Ident)
		matches := sel.Sel.Name == sub || (strings.HasSuffix(sub, "*") && strings.HasPrefix(sel.Sel.Name, strings.TrimSuffix(sub, "*")))
		if matches && (of == "" || (plain && x.Name == of)) {
			out = append(out, f.at(call))
		}
		return true
	})
	return out
}
