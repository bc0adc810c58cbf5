package connectortest

import (
	"context"
	"iter"
	"log/slog"
	"slices"
	"strings"
	"testing"

	"vestige/connectors"
	"vestige/internal/errkind"
	"vestige/pii"
)

// check is one sentence of what a connector is. Its name is stable: faults and documentation name it.
type check struct {
	name string
	run  func(b *bench)
}

// bench is what a check works with: systems are started through it.
type bench struct {
	T
	real  *testing.T
	begin Start
	known *profile
}

// profile is what is known of a system once one has been started.
type profile struct {
	started bool
	lacks   []Need
	spec    connectors.Spec
	far     bool // a network lies between
	records int  // of a large dataset
	word    int  // bytes that each of them has beside its key and address
}

// probe is a fixture that every system can hold.
var probe = Fixture{Datasets: []Dataset{{Name: "probe", Fields: F("word"), Key: []string{"word"}, Rows: []Row{R("one"), R("two")}}}}

// meet starts the system once to learn what it is.
func (b *bench) meet() *profile {
	if !b.known.started {
		s := b.begin(b.real, probe)
		b.known.started, b.known.lacks, b.known.spec, b.known.far = true, s.Lacks, s.Spec, s.Proxied != nil && s.Server != ""
	}
	return b.known
}

// need skips the check where the system cannot hold what it is about.
func (b *bench) need(needs ...Need) {
	b.Helper()
	for _, n := range needs {
		if slices.Contains(b.meet().lacks, n) {
			b.Skipf("the system lacks %q", n)
		}
	}
}

// able gives the driver of a role as an ability, and skips the check where the connector does not have it.
func able[A any](b *bench, ability string) {
	b.Helper()
	if _, ok := b.meet().spec.Type.(A); !ok {
		b.Skipf("the connector lacks the ability %q", ability)
	}
}

// start makes a system that holds as much of the fixture as it can.
func (b *bench) start(f Fixture) *rig {
	b.Helper()
	f = f.without(b.meet().lacks)
	s := b.begin(b.real, f)
	return &rig{System: s, bench: b, fixture: f.named(s.Field), log: newLogbook(), drivers: map[connectors.Role]connectors.Driver{}}
}

// named gives the fixture with the fields called as the system's are discovered.
func (f Fixture) named(by func(string) string) Fixture {
	if by == nil {
		return f
	}
	all := func(names []string) (out []string) {
		for _, n := range names {
			out = append(out, by(n))
		}
		return out
	}
	var out Fixture
	for _, d := range f.Datasets {
		d.Key, d.Unique, d.Fields, d.References = all(d.Key), slices.Clone(d.Unique), slices.Clone(d.Fields), slices.Clone(d.References)
		for i := range d.Fields {
			d.Fields[i].Name = by(d.Fields[i].Name)
		}
		for i := range d.Unique {
			d.Unique[i] = all(d.Unique[i])
		}
		for i, ref := range d.References {
			d.References[i].Fields, d.References[i].ToFields = all(ref.Fields), all(ref.ToFields)
		}
		out.Datasets = append(out.Datasets, d)
	}
	return out
}

// without leaves out of a fixture what needs any of lacks.
func (f Fixture) without(lacks []Need) Fixture {
	var out Fixture
	lack := func(n Need) bool { return slices.Contains(lacks, n) }
	for _, d := range f.Datasets {
		if lack(NeedKeys) {
			d.Key, d.References = nil, nil
		}
		if lack(NeedUnique) {
			d.Unique = nil
		}
		if lack(NeedReferences) {
			d.References = nil
		}
		if lack(NeedSoftDelete) {
			d.SoftDelete = ""
		}
		d = d.onlyTypes(lack)
		d.Rows = slices.DeleteFunc(slices.Clone(d.Rows), func(r Row) bool { return d.beyond(r, lack) })
		if (len(d.Key) == 0 && lack(NeedKeyless) && !lack(NeedKeys)) || (len(d.Rows) == 0 && lack(NeedEmpty)) || (lack(NeedNames) && d.hostile()) {
			continue
		}
		out.Datasets = append(out.Datasets, d)
	}
	return out
}

// onlyTypes leaves out the fields of types that the system lacks.
func (d Dataset) onlyTypes(lack func(Need) bool) Dataset {
	var fields []Field
	rows := make([]Row, len(d.Rows))
	for i, f := range d.Fields {
		if lack(NeedType(f.Type)) {
			continue
		}
		f.NotNull = f.NotNull && !lack(NeedNotNull)
		fields = append(fields, f)
		for k := range rows {
			rows[k] = append(rows[k], d.Rows[k][i])
		}
	}
	d.Fields, d.Rows = fields, rows
	return d
}

// beyond tells whether a row has a value that the system cannot hold.
func (d Dataset) beyond(r Row, lack func(Need) bool) bool {
	beyond := false
	one := Dataset{Fields: d.Fields, Rows: []Row{r}}
	for i := range d.Fields {
		valueNeeds(one, i, func(yes bool, n Need) { beyond = beyond || (yes && lack(n)) })
	}
	return beyond
}

func (d Dataset) hostile() bool {
	return hostile(d.Name) || slices.ContainsFunc(d.Fields, func(f Field) bool { return hostile(f.Name) })
}

// rig is a started system with what the suite opened on it.
type rig struct {
	System
	*bench
	fixture Fixture
	log     *logbook
	drivers map[connectors.Role]connectors.Driver
	found   map[string]pii.Dataset
}

// sourceName is the name under which the suite opens every source.
const sourceName = "suite"

// config fills the defaults of options in, as a Source does.
func (r *rig) config(cfg connectors.Config) connectors.Config {
	full := connectors.Config{}
	for _, o := range r.Spec.Options {
		if o.Default != "" {
			full[o.Name] = pii.NewValue(o.Default)
		}
	}
	for k, v := range cfg {
		full[k] = v
	}
	return full
}

// open makes the driver of a role with a configuration.
func (r *rig) open(role connectors.Role, cfg connectors.Config) (connectors.Driver, error) {
	env := connectors.Env{Log: slog.New(r.log), Name: sourceName, Role: role, Base: r.real.TempDir(), Temp: r.real.TempDir()}
	return r.Spec.Open(context.Background(), env, r.config(cfg))
}

// driver gives the driver of a role, opened once.
func (r *rig) driver(role connectors.Role) connectors.Driver {
	r.Helper()
	if r.System.Driver != nil {
		return r.System.Driver
	}
	if d := r.drivers[role]; d != nil {
		return d
	}
	d, err := r.open(role, r.Config)
	if err != nil {
		r.Fatalf("open for %s: %v", role, err)
	}
	r.real.Cleanup(func() { _ = d.Close() })
	r.drivers[role] = d
	return d
}

// as gives the driver of a role as an ability that the check has asked for by able.
func as[A any](r *rig, role connectors.Role) A {
	r.Helper()
	a, ok := r.driver(role).(A)
	if !ok {
		r.Fatalf("Spec.Type has an ability that the driver made by Open has not")
	}
	return a
}

// ref gives the reference of a fixture's dataset.
func (r *rig) ref(name string) pii.Ref {
	if r.Name != nil {
		name = r.Name(name)
	}
	return pii.Ref{Source: sourceName, Dataset: name}
}

// dataset gives a fixture's dataset as it is discovered.
func (r *rig) dataset(name string) pii.Dataset {
	r.Helper()
	if r.found == nil {
		r.found = map[string]pii.Dataset{}
		for _, d := range list(r, r.driver(connectors.Scan).Discover(context.Background())) {
			r.found[d.Ref.Dataset] = d
		}
	}
	d, ok := r.found[r.ref(name).Dataset]
	if !ok {
		r.Fatalf("the dataset %q is not discovered", name)
	}
	return d
}

// named gives the name under which a fixture's field is discovered, by either of its names.
func (r *rig) named(field string) string {
	known := slices.ContainsFunc(r.fixture.Datasets, func(d Dataset) bool { return d.column(field) >= 0 })
	if r.Field == nil || known {
		return field
	}
	return r.Field(field)
}

// fixed gives the fixture's own description of a dataset, its fields called as they are discovered.
func (r *rig) fixed(name string) Dataset {
	i := slices.IndexFunc(r.fixture.Datasets, func(d Dataset) bool { return d.Name == name })
	return r.fixture.Datasets[i]
}

// column gives the index of a field in the fixture, -1 where the system lacks its type.
func (d Dataset) column(field string) int {
	return slices.IndexFunc(d.Fields, func(f Field) bool { return f.Name == field })
}

// list gives the items of a sequence that is to end well.
func list[V any](t T, seq iter.Seq2[V, error]) (out []V) {
	t.Helper()
	for v, err := range seq {
		if err != nil {
			t.Fatalf("the sequence ends with: %v", err)
		}
		out = append(out, v)
	}
	return out
}

// failure gives the error that a sequence ends with, nil where it ends well.
func failure[V any](seq iter.Seq2[V, error]) error {
	for _, err := range seq {
		if err != nil {
			return err
		}
	}
	return nil
}

// drain reads a sequence to its end.
func drain[V any](seq iter.Seq2[V, error]) { _ = failure(seq) }

// isKind fails the check where an error is not of the kind.
func isKind(t T, what string, err error, want ...errkind.Kind) {
	t.Helper()
	if err == nil || !slices.Contains(want, errkind.Of(err)) {
		var names []string
		for _, k := range want {
			names = append(names, k.String())
		}
		t.Errorf("%s: got the error %v, want one of the kind %s", what, err, strings.Join(names, " or "))
	}
}
