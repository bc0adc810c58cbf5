package connectortest

import (
	"context"
	"log/slog"
	"path"
	"reflect"
	"strings"

	"vestige/connectors"
	"vestige/internal/errkind"
	"vestige/pii"
)

func specChecks() []check {
	return []check{
		{"spec/name", specName},
		{"spec/doc", specDoc},
		{"spec/options", specOptions},
		{"spec/without-io", specWithoutIO},
	}
}

// specName: the name is that of the connector's folder, so that whoever reads one finds the other.
func specName(b *bench) {
	spec := b.meet().spec
	typ := reflect.TypeOf(spec.Type)
	if typ == nil || typ.Kind() != reflect.Pointer {
		b.Fatalf("Spec.Type is not a nil pointer of the driver's type")
	}
	if folder := path.Base(typ.Elem().PkgPath()); spec.Name != folder {
		b.Errorf("the name is %q, the folder is %q", spec.Name, folder)
	}
	if spec.Title == "" {
		b.Errorf("there is no title for people")
	}
}

// specDoc: the documentation has the sections that everybody looks for, and each option is explained.
func specDoc(b *bench) {
	spec := b.meet().spec
	for _, section := range []string{"Permissions", "Erasure", "Limits"} {
		_, text, found := strings.Cut("\n"+spec.Doc, "\n## "+section+"\n")
		text, _, _ = strings.Cut(text, "\n## ")
		if !found || strings.TrimSpace(text) == "" {
			b.Errorf("Doc has no section %q with text", section)
		}
	}
	for _, o := range spec.Options {
		if o.Name == "" || o.Doc == "" {
			b.Errorf("the option %q has no name or no text", o.Name)
		}
	}
}

// specOptions: an option that is not declared is refused by name, and one that is required is asked for.
func specOptions(b *bench) {
	r := b.start(probe)
	env := connectors.Env{Log: slog.New(r.log), Base: r.real.TempDir(), Temp: r.real.TempDir()}
	cfg := connectors.Config{"no_such_option": pii.NewValue("1")}
	for k, v := range r.Config {
		cfg[k] = v
	}
	_, err := connectors.Open(context.Background(), env, sourceName, r.Spec, cfg)
	isKind(b, "an unknown option", err, errkind.Invalid)
	if err != nil && !strings.Contains(err.Error(), "no_such_option") {
		b.Errorf("the error does not name the unknown option: %v", err)
	}
	for _, o := range r.Spec.Options {
		if !o.Required {
			continue
		}
		cfg := connectors.Config{}
		for k, v := range r.Config {
			if k != o.Name {
				cfg[k] = v
			}
		}
		_, err := connectors.Open(context.Background(), env, sourceName, r.Spec, cfg)
		isKind(b, "without "+o.Name, err, errkind.Invalid)
	}
	s, err := connectors.Open(context.Background(), env, sourceName, r.Spec, r.Config)
	if err != nil {
		b.Fatalf("the system's own configuration is refused: %v", err)
	}
	defer func() { _ = s.Close() }()
	if got := len(list(b, s.Discover(context.Background()))); got == 0 {
		b.Errorf("a source of the configuration discovers nothing")
	}
}

// specWithoutIO: what answers without I/O answers on the nil driver of Spec.Type as well, as plans ask it before anything is opened.
func specWithoutIO(b *bench) {
	r := b.start(probe)
	d := r.dataset("probe")
	u := unit(pii.Act{Dataset: d, Method: pii.Delete, Targets: []pii.Target{{Key: pii.Key{pii.NewValue("1")}}}})
	defer func() {
		if p := recover(); p != nil {
			b.Errorf("a method that is to answer without I/O needs an open driver: %v", p)
		}
	}()
	if e, ok := r.Spec.Type.(connectors.Eraser); ok && len(e.Methods(d)) == 0 {
		b.Errorf("an Eraser has no method for a dataset")
	}
	if s, ok := r.Spec.Type.(connectors.Statementer); ok && len(s.Statements(u)) == 0 {
		b.Errorf("a unit has no statements")
	}
	if l, ok := r.Spec.Type.(connectors.Locator); ok {
		l.CanLocate(pii.Match{Dataset: d})
	}
	if s, ok := r.Spec.Type.(connectors.Residuer); ok && len(s.Rungs(d)) == 0 {
		b.Errorf("a Residuer has no rungs for a dataset")
	}
}
