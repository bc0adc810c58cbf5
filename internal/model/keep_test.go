package model_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"vestige/internal/model"
)

// trial is something that is done with an estate and gives what is wrong afterwards.
type trial struct {
	name    string // its folder in testdata/kept
	options model.Options
	try     func(t helper, e *model.Estate) []string
}

// run tries the estates that once failed, then random ones, so many as are wanted. One that fails is made smaller and kept.
func (tr trial) run(t *testing.T, checks int) {
	t.Helper()
	kept, err := filepath.Glob(filepath.Join("testdata", "kept", tr.name, "*.json"))
	ok(t, err)
	for _, path := range kept {
		t.Run(filepath.Base(path), func(t *testing.T) {
			if wrong := tr.try(t, loadKept(t, path)); len(wrong) > 0 {
				t.Errorf("%q", wrong)
			}
		})
	}
	if t.Failed() {
		return // what is known to be wrong comes first
	}
	n, failed := 0, false
	rapid.Check(t, func(rt *rapid.T) {
		if n++; n > checks && !failed { // one that fails is tried again
			return
		}
		e := model.Draw(rt, tr.options)
		wrong := tr.careful(rt, e)
		if len(wrong) == 0 {
			return
		}
		failed = true
		small := e.Shrink(func(e *model.Estate) bool { return alike(tr.careful(rt, e), wrong) })
		rt.Errorf("%q\n%skept as %s", tr.careful(rt, small), small, keep(t, tr.name, small))
	})
}

// alike tells whether two trials have a fault in common, the records aside.
func alike(a, b []string) bool {
	return slices.ContainsFunc(a, func(s string) bool {
		return slices.ContainsFunc(b, func(o string) bool { return faultOf(s) == faultOf(o) })
	})
}

// faultOf is a fault without the record that it is of.
func faultOf(s string) string {
	at, what, _ := strings.Cut(s, ":")
	table, _, _ := strings.Cut(at, " ")
	return table + what
}

// stop ends a trial that could not be made.
type stop struct{ helper }

func (s stop) Fatalf(format string, args ...any) { panic(stopped(fmt.Sprintf(format, args...))) }

type stopped string

// careful has a trial that ends early say so as any other fault, so that the estate can still be made smaller.
func (tr trial) careful(t helper, e *model.Estate) (wrong []string) {
	defer func() {
		if v := recover(); v != nil {
			text, is := v.(stopped)
			if !is {
				panic(v)
			}
			wrong = []string{string(text)}
		}
	}()
	return tr.try(stop{t}, e)
}

func loadKept(t helper, path string) *model.Estate {
	t.Helper()
	b, err := os.ReadFile(path)
	ok(t, err)
	var e model.Estate
	ok(t, json.Unmarshal(b, &e))
	return &e
}

func keep(t helper, folder string, e *model.Estate) string {
	t.Helper()
	b, err := json.Marshal(e)
	ok(t, err)
	var out bytes.Buffer
	ok(t, json.Indent(&out, b, "", " "))
	sum := sha256.Sum256(b)
	path := filepath.Join("testdata", "kept", folder, hex.EncodeToString(sum[:4])+".json")
	ok(t, os.MkdirAll(filepath.Dir(path), 0o755))
	ok(t, os.WriteFile(path, append(out.Bytes(), '\n'), 0o644))
	return path
}
