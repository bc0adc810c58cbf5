package e2e_test

import (
	"io/fs"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/blevesearch/bleve/v2"
	"github.com/blevesearch/bleve/v2/document"

	bleveindex "github.com/blevesearch/bleve_index_api"

	"vestige/internal/demo/company"
)

// TestAlteredIndex deletes and alters one document of the graph by Bleve itself: plan refuses, reindex mends it, and the plan is as it was.
func TestAlteredIndex(t *testing.T) {
	e := newEstate(t, company.Options{Seed: 1, People: 60}, setting{})
	end := e.open(setting{})
	e.scan(setting{})
	end()
	c := &commands{estate: e, bin: program(t, "")}
	mail := e.subject(e.company.Walk).Start.Value
	want := c.steps("plan", "--email", mail)
	users := "n/shop/" + e.company.Tables["users"]
	for what, change := range map[string]func(x bleve.Index) error{
		"deleted": func(x bleve.Index) error { return x.Delete(users) },
		"altered": func(x bleve.Index) error {
			d := document.NewDocument(users)
			d.AddField(document.NewTextFieldCustom("graph", nil, []byte("y"), bleveindex.IndexField, nil))
			d.AddField(document.NewTextFieldCustom("doc", nil, []byte(`{"dataset":{"ref":"`+users[2:]+`","kind":"table","fields":null},"fields":null,"person":0}`), bleveindex.StoreField, nil))
			b := x.NewBatch()
			if err := b.IndexAdvanced(d); err != nil {
				return err
			}
			return x.Batch(b)
		},
	} {
		t.Run(what, func(t *testing.T) {
			x, err := bleve.Open(indexOf(t, e.dir))
			must(t, err)
			must(t, change(x))
			must(t, x.Close())
			out, code := c.run("plan", "--email", mail)
			if code != 4 || !strings.Contains(out, "reindex") {
				t.Errorf("plan on an index with a document %s: exit code %d: %s", what, code, out)
			}
			if out, code := c.run("reindex"); code != 0 {
				t.Fatalf("reindex: %d: %s", code, out)
			}
			if got := c.steps("plan", "--email", mail); got != want {
				t.Errorf("the plan after reindex is another one: %s, was %s", got, want)
			}
		})
	}
}

// indexOf finds the index in a data directory by the file that Bleve keeps in it.
func indexOf(t *testing.T, dir string) (found string) {
	t.Helper()
	must(t, filepath.WalkDir(filepath.Join(dir, "data"), func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.Name() == "index_meta.json" {
			found = filepath.Dir(path)
		}
		return err
	}))
	if found == "" {
		t.Fatal("there is no index")
	}
	return found
}

// commands runs the real command in an estate.
type commands struct {
	*estate
	bin string
}

// run gives all that a command says, and its exit code.
func (c *commands) run(args ...string) (string, int) {
	c.t.Helper()
	cmd := exec.CommandContext(c.t.Context(), c.bin, args...)
	cmd.Dir = c.dir
	out, err := cmd.CombinedOutput()
	if cmd.ProcessState == nil {
		c.t.Fatal(err)
	}
	return string(out), cmd.ProcessState.ExitCode()
}

// steps gives the lines of a plan that say what is done where.
func (c *commands) steps(args ...string) string {
	c.t.Helper()
	out, code := c.run(args...)
	if code > 1 {
		c.t.Fatalf("%v: exit code %d: %s", args, code, out)
	}
	var lines []string
	for line := range strings.Lines(out) {
		if strings.Contains(line, " of ") && !strings.HasPrefix(line, " ") && strings.Contains(line, "record") {
			lines = append(lines, line)
		}
	}
	if len(lines) < 10 {
		c.t.Fatalf("a plan of %d steps: %s", len(lines), out)
	}
	return strings.Join(lines, "")
}
