package archtest_test

import (
	"go/ast"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// documents says which page has the section of a code, by the type that carries it.
var documents = map[string]string{
	"pii.Gap": "gaps.md", "pii.Finding": "findings.md", "plans.Finding": "lint.md", "catalog.Alert": "alerts.md", "lineage.Question": "questions.md",
}

// constants that hold a code, by how their names begin.
var constants = map[string]string{"Gap": "gaps.md", "Finding": "findings.md", "finding": "findings.md", "fault": "gaps.md"}

// code is one that the program can utter.
type code struct{ name, page, at string }

// TestCodesAreDocumented asks for a section of each stable code, on the page of its kind, and for no section without a code.
func TestCodesAreDocumented(t *testing.T) {
	sections := map[string]map[string]bool{} // by page
	for _, page := range documents {
		sections[page] = readSections(t, page)
	}
	used := map[string]bool{}
	for _, c := range codes(packages(t)) {
		known := false
		for page, names := range sections {
			if names[c.name] && (c.page == page || c.page == "") {
				known, used[page+c.name] = true, true
			}
		}
		if !known {
			t.Errorf("%s utters the code %q, which has no section in docs/%s", c.at, c.name, c.page)
		}
	}
	said := literals(packages(t))
	for page, names := range sections {
		for name := range names {
			if !used[page+name] && !said[name] {
				t.Errorf("docs/%s has a section %s, which nothing utters", page, name)
			}
		}
	}
}

var section = regexp.MustCompile("(?m)^#+ `([A-Za-z0-9-]+)`")

func readSections(t *testing.T, page string) map[string]bool {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "docs", page))
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]bool{}
	for _, m := range section.FindAllStringSubmatch(string(text), -1) {
		out[m[1]] = true
	}
	return out
}

// codes finds what stands as code in values of the types, in the constants, and in arguments for a parameter called code.
func codes(all []pkg) (out []code) {
	consts := stringConstants(all)
	for _, p := range all {
		if free(p.path) || p.path == "web" || strings.HasPrefix(p.path, "cmd/") {
			continue
		}
		takers := codeTakers(p)
		for _, f := range p.files {
			if f.test {
				continue
			}
			ast.Inspect(f.ast, func(n ast.Node) bool {
				add := func(e ast.Expr, page string) {
					if name := stringOf(e, consts); name != "" {
						out = append(out, code{name, page, f.at(n)})
					}
				}
				switch n := n.(type) {
				case *ast.CompositeLit:
					if page := documents[typeName(n.Type, p)]; page != "" {
						add(codeOf(n), page)
					}
				case *ast.CallExpr:
					if i, ok := takers[callee(n)]; ok && i < len(n.Args) {
						add(n.Args[i], "")
					}
				case *ast.AssignStmt:
					for i, left := range n.Lhs {
						if name, ok := left.(*ast.Ident); ok && name.Name == "code" && i < len(n.Rhs) {
							for _, e := range valuesOf(n.Rhs[i]) {
								add(e, "")
							}
						}
					}
				case *ast.ValueSpec:
					for i, name := range n.Names {
						for prefix, page := range constants {
							if rest, ok := strings.CutPrefix(name.Name, prefix); ok && rest != "" && ast.IsExported(rest) && i < len(n.Values) {
								add(n.Values[i], page)
							}
						}
					}
				}
				return true
			})
		}
	}
	return out
}

// valuesOf gives the expression itself, or the values of a map that is looked up at once.
func valuesOf(e ast.Expr) (out []ast.Expr) {
	index, ok := e.(*ast.IndexExpr)
	if !ok {
		return []ast.Expr{e}
	}
	if table, ok := index.X.(*ast.CompositeLit); ok {
		for _, e := range table.Elts {
			if kv, ok := e.(*ast.KeyValueExpr); ok {
				out = append(out, kv.Value)
			}
		}
	}
	return out
}

// literals gives every string that stands in the program.
func literals(all []pkg) map[string]bool {
	out := map[string]bool{}
	for _, p := range all {
		for _, f := range p.files {
			if free(p.path) || f.test {
				continue
			}
			ast.Inspect(f.ast, func(n ast.Node) bool {
				if lit, ok := n.(*ast.BasicLit); ok {
					out[stringOf(lit, nil)] = true
				}
				return true
			})
		}
	}
	return out
}

// typeName writes the type of a literal with its package: pii.Gap, or lineage.Question within lineage.
func typeName(e ast.Expr, p pkg) string {
	switch e := e.(type) {
	case *ast.Ident:
		return strings.TrimSuffix(p.files[0].ast.Name.Name, "_test") + "." + e.Name // a test may come first
	case *ast.SelectorExpr:
		if x, ok := e.X.(*ast.Ident); ok {
			return x.Name + "." + e.Sel.Name
		}
	}
	return ""
}

// codeOf gives the expression of the field Code, which is the first one.
func codeOf(n *ast.CompositeLit) ast.Expr {
	for _, e := range n.Elts {
		kv, ok := e.(*ast.KeyValueExpr)
		if !ok {
			return e
		}
		if key, ok := kv.Key.(*ast.Ident); ok && key.Name == "Code" {
			return kv.Value
		}
	}
	return nil
}

// codeTakers lists the package's functions that have a parameter called code, with its place.
func codeTakers(p pkg) map[string]int {
	out := map[string]int{}
	for _, f := range p.files {
		for _, d := range f.ast.Decls {
			fn, ok := d.(*ast.FuncDecl)
			if !ok || f.test {
				continue
			}
			i := 0
			for _, field := range fn.Type.Params.List {
				for _, name := range field.Names {
					if typ, ok := field.Type.(*ast.Ident); ok && name.Name == "code" && typ.Name == "string" {
						out[fn.Name.Name] = i
					}
					i++
				}
			}
		}
	}
	return out
}

func callee(n *ast.CallExpr) string {
	switch f := n.Fun.(type) {
	case *ast.Ident:
		return f.Name
	case *ast.SelectorExpr:
		if x, ok := f.X.(*ast.Ident); ok && x.Name != "errkind" {
			return f.Sel.Name
		}
	}
	return ""
}

// stringConstants gives the values of constants by name; codes have names of their own.
func stringConstants(all []pkg) map[string]string {
	out := map[string]string{}
	for _, p := range all {
		for _, f := range p.files {
			for _, d := range f.ast.Decls {
				g, ok := d.(*ast.GenDecl)
				if !ok || g.Tok != token.CONST {
					continue
				}
				for _, s := range g.Specs {
					v := s.(*ast.ValueSpec)
					for i, name := range v.Names {
						if i < len(v.Values) {
							out[name.Name] = stringOf(v.Values[i], nil)
						}
					}
				}
			}
		}
	}
	return out
}

// stringOf gives what an expression says where that can be read: a literal, or a constant.
func stringOf(e ast.Expr, consts map[string]string) string {
	switch e := e.(type) {
	case *ast.BasicLit:
		if e.Kind == token.STRING {
			s, _ := strconv.Unquote(e.Value)
			return s
		}
	case *ast.Ident:
		return consts[e.Name]
	case *ast.SelectorExpr:
		return consts[e.Sel.Name]
	}
	return ""
}

// TestCodesAreFound sees that the search above is not blind: these are uttered in each of the ways.
func TestCodesAreFound(t *testing.T) {
	var names []string
	for _, c := range codes(packages(t)) {
		names = append(names, c.name)
	}
	for _, want := range []string{"undecided-field", "affected", "VL101", "ragged-row", "gone", "name-only"} {
		if !slices.Contains(names, want) {
			t.Errorf("the code %q was not found", want)
		}
	}
}
