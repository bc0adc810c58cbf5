package main

import (
	"fmt"
	"os"
	"reflect"
	"slices"
	"strings"

	"vestige/accounts"
	"vestige/audit"
	"vestige/catalog"
	"vestige/events"
	"vestige/internal/app"
	"vestige/internal/errkind"
	"vestige/masking"
	"vestige/plans"
	"vestige/requests"
	"vestige/watch"
)

//go:generate go run . docs ../../docs/json.md

// jsonVersion is raised when what a command prints as JSON changes in a way that breaks who reads it.
const jsonVersion = 1

type docsCmd struct {
	Out string `arg:"" help:"The file docs/json.md."`
}

// Run carries the command out.
func (x docsCmd) Run(c *call) error {
	return errkind.Wrap(errkind.Permission, os.WriteFile(c.path(x.Out), []byte(jsonDoc()), 0o644), "write %s", x.Out)
}

// printed says what each command prints with --json.
func printed() []struct {
	command string
	value   any
} {
	return []struct {
		command string
		value   any
	}{
		{"sources", []sourceView{}}, {"scan", scanned{}}, {"runs; runs list", []catalog.Run{}}, {"runs show", runView{}}, {"runs ask, pause, resume, cancel, retry", catalog.Run{}}, {"runs ask --preview", watch.Reach{}},
		{"runs compare", watch.Comparison{}}, {"runs deliveries", []events.Delivery{}}, {"schedules; schedules list, remove", []watch.Schedule{}}, {"schedules put", watch.Schedule{}},
		{"alerts; alerts list", []catalog.Alert{}}, {"alerts close, snooze, own", handled{}},
		{"search", catalog.Result{}}, {"lineage", []lineageView{}}, {"lineage --to", wayView{}},
		{"decide", decided{}}, {"exchange in", exchanged{}}, {"classify", []classified{}}, {"check", checked{}}, {"reindex", reindexed{}},
		{"find", app.Whereabouts{}}, {"plan, answer, approve", plans.Status{}}, {"run", plans.Result{}}, {"verify", plans.Report{}}, {"export", plans.ExportInfo{}},
		{"request list", []requests.Request{}}, {"request show", requestView{}}, {"request new --wait, show --wait", goneTo{}}, {"request new, identify, wait, resume, extend, deny, withdraw; undo", requests.Request{}},
		{"replay", requests.Replayed{}}, {"suppressed", suppressedView{}},
		{"mask", masking.Report{}}, {"drill", []app.Drilled{}}, {"account list", []accounts.User{}},
		{"audit list", []audit.Entry{}}, {"audit export", audit.Checkpoint{}}, {"audit verify", audit.Report{}},
		{"attestation verify", plans.Attested{}}, {"attestation key", keyView{}}, {"keys list", keysView{}}, {"keys rotate", rotated{}},
		{"connectors", []connectorView{}}, {"classifiers; classifiers list", []classifierView{}}, {"noise; noise list", []catalog.NoiseRule{}}, {"noise try", catalog.Trial{}}, {"noise write, end", catalog.NoiseRule{}}, {"classifiers test", testedView{}}, {"classifiers eval", []judgedView{}}, {"version", versionView{}},
	}
}

// jsonDoc gives docs/json.md.
func jsonDoc() string {
	var b strings.Builder
	fmt.Fprintf(&b, `# What the commands print with --json

Version %d. Generated from the types by `+"`make generate`"+`; do not edit. Members may be added within a version; none is removed or changes its meaning.
Times are microseconds since 1970, places are written `+"`source/dataset#field`"+`, and no value of anybody's data is ever among them.

`, jsonVersion)
	w := &typeWriter{b: &b, done: map[reflect.Type]bool{}}
	for _, p := range printed() {
		fmt.Fprintf(&b, "## vestige %s\n\n", p.command)
		fmt.Fprintf(&b, "%s\n\n", w.name(reflect.TypeOf(p.value)))
	}
	b.WriteString("# Types\n\n")
	for len(w.open) > 0 {
		slices.SortFunc(w.open, func(a, b reflect.Type) int { return strings.Compare(a.String(), b.String()) })
		next := w.open[0]
		w.open = w.open[1:]
		w.write(next)
	}
	return b.String()
}

// typeWriter documents each type once.
type typeWriter struct {
	b    *strings.Builder
	done map[reflect.Type]bool
	open []reflect.Type
}

// name says what a type is in JSON, with a link to a struct's own section.
func (w *typeWriter) name(t reflect.Type) string {
	if t.Implements(reflect.TypeFor[interface{ MarshalText() ([]byte, error) }]()) {
		return "string"
	}
	switch t.Kind() {
	case reflect.Pointer:
		return w.name(t.Elem())
	case reflect.Slice, reflect.Array:
		if t.Elem().Kind() == reflect.Uint8 {
			return "base64 or JSON"
		}
		return "list of " + w.name(t.Elem())
	case reflect.Map:
		return "object of " + w.name(t.Elem())
	case reflect.Struct:
		if !w.done[t] {
			w.done[t] = true
			w.open = append(w.open, t)
		}
		title := strings.ReplaceAll(t.String(), "main.", "")
		return "[" + title + "](#" + strings.ToLower(strings.ReplaceAll(title, ".", "")) + ")"
	case reflect.String:
		return "string"
	case reflect.Bool:
		return "boolean"
	}
	return "number"
}

func (w *typeWriter) write(t reflect.Type) {
	fmt.Fprintf(w.b, "## %s\n\n| member | type |\n|---|---|\n", strings.ReplaceAll(t.String(), "main.", ""))
	w.members(t)
	w.b.WriteString("\n")
}

func (w *typeWriter) members(t reflect.Type) {
	for f := range fieldsOf(t) {
		name, opts, _ := strings.Cut(f.Tag.Get("json"), ",")
		inner := f.Type
		if inner.Kind() == reflect.Pointer {
			inner = inner.Elem()
		}
		switch {
		case name == "-" || !f.IsExported():
			continue
		case f.Anonymous && name == "" && inner.Kind() == reflect.Struct:
			w.members(inner)
			continue
		case name == "":
			name = f.Name
		}
		kind := w.name(f.Type)
		if strings.Contains(opts, "omit") {
			kind += ", left out where empty"
		}
		fmt.Fprintf(w.b, "| %s | %s |\n", name, kind)
	}
}

// fieldsOf gives the fields of a struct in order.
func fieldsOf(t reflect.Type) func(yield func(reflect.StructField) bool) {
	return func(yield func(reflect.StructField) bool) {
		for i := range t.NumField() {
			if !yield(t.Field(i)) {
				return
			}
		}
	}
}
