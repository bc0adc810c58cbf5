package connectors_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"

	"vestige/connectors"
	"vestige/connectors/memory"
	"vestige/internal/errkind"
	"vestige/pii"
)

// bare shows of a driver only what every driver has, so that Source must do the rest.
type bare struct{ connectors.Driver }

// bareSource is a source whose driver can discover and read, and nothing else.
func bareSource(t *testing.T, sys *memory.System) *connectors.Source {
	t.Helper()
	spec := sys.Spec()
	d, err := spec.Open(t.Context(), connectors.Env{Name: "shop"}, connectors.Config{"name": pii.NewValue(memory.Name)})
	if err != nil {
		t.Fatal(err)
	}
	spec.Type = bare{}
	s := connectors.Over(connectors.Env{}, "shop", spec, bare{d})
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func people(key ...string) *memory.System {
	sys := memory.New(memory.Faults{})
	fields := []pii.Field{{Name: "id", Column: "id", Type: pii.Int}, {Name: "mail", Column: "mail", Type: pii.Text}, {Name: "doc", Column: "doc", Type: pii.Text}}
	sys.Create(memory.Table{Name: "people", Fields: fields, Key: key})
	for i := range 200 {
		mail := fmt.Sprintf("p%d@example.com", i%50)
		sys.Insert("people", [][]byte{fmt.Append(nil, i%100), []byte(mail), fmt.Appendf(nil, `{"to":[{"mail":%q}],"n":%d}`, mail, i%100)})
	}
	return sys
}

func dataset(t *testing.T, s *connectors.Source) pii.Dataset {
	t.Helper()
	for d, err := range s.Discover(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	t.Fatal("nothing discovered")
	return pii.Dataset{}
}

func TestOpenRefusesWhatIsNotAnOption(t *testing.T) {
	spec := connectors.Spec{Name: "x", Options: []connectors.Option{
		{Name: "host", Required: true}, {Name: "user", PerRole: true, Default: "nobody"}, {Name: "password", Secret: true, PerRole: true},
	}}
	v := pii.NewValue
	for _, c := range []struct {
		cfg  connectors.Config
		code string
	}{
		{connectors.Config{"host": v("h")}, ""},
		{connectors.Config{"host": v("h"), "erase.user": v("e"), "read_only": v("true")}, ""},
		{connectors.Config{"user": v("u")}, "missing-option"},
		{connectors.Config{"host": v("h"), "hots": v("h")}, "unknown-option"},
		{connectors.Config{"host": v("h"), "erase.host": v("h")}, "unknown-option"},
		{connectors.Config{"host": v("h"), "delete.user": v("h")}, "unknown-option"},
		{connectors.Config{"host": v("h"), "erase.usr": v("h")}, "unknown-option"},
	} {
		_, err := connectors.Open(t.Context(), connectors.Env{}, "s", spec, c.cfg)
		if c.code == "" && err != nil || c.code != "" && errkind.Code(err) != c.code {
			t.Errorf("%d options: %v, want %q", len(c.cfg), err, c.code)
		}
	}
}

func TestRolesHaveTheirOwnConfiguration(t *testing.T) {
	sys := people("id")
	spec := sys.Spec()
	var opened []string
	inner := spec.Open
	spec.Options = []connectors.Option{{Name: "user", PerRole: true, Default: "nobody"}}
	spec.Open = func(ctx context.Context, env connectors.Env, cfg connectors.Config) (connectors.Driver, error) {
		opened = append(opened, string(env.Role)+":"+cfg["user"].Reveal())
		return inner(ctx, env, connectors.Config{"name": pii.NewValue(memory.Name)})
	}
	s, err := connectors.Open(t.Context(), connectors.Env{}, "shop", spec, connectors.Config{"user": pii.NewValue("u"), "erase.user": pii.NewValue("e")})
	if err != nil {
		t.Fatal(err)
	}
	if len(opened) != 0 {
		t.Error("a driver is opened before it is needed")
	}
	d := dataset(t, s)
	if _, err := s.Check(t.Context(), pii.Unit{Acts: []pii.Act{{Dataset: d, Method: pii.Delete}}}); err != nil {
		t.Fatal(err)
	}
	if want := []string{"scan:u", "erase:e"}; !slices.Equal(opened, want) {
		t.Errorf("opened %v, want %v", opened, want)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

func TestFallbacks(t *testing.T) {
	s := bareSource(t, people("id"))
	if got := s.Abilities(); len(got) != 2 {
		t.Errorf("abilities %v", got)
	}
	d := dataset(t, s)
	if len(s.Methods(d)) != 0 {
		t.Error("what cannot erase has methods")
	}
	u := pii.Unit{Acts: []pii.Act{{Dataset: d, Method: pii.Delete, Targets: []pii.Target{{Key: pii.Key{pii.NewValue("1")}}}}}}
	if f, err := s.Check(t.Context(), u); err != nil || len(f) != 1 || f[0].Code != connectors.FindingUnchecked {
		t.Errorf("check: %v %+v", err, f)
	}
	if _, err := s.Erase(t.Context(), u); errkind.Code(err) != "no-eraser" {
		t.Errorf("erase: %v", err)
	}
	if _, ok, err := s.Profile(t.Context(), d); ok || err != nil {
		t.Errorf("profile: %v %v", ok, err)
	}
	samples := map[string]bool{}
	for seed := range uint64(4) {
		text := ""
		for b, err := range s.Sample(t.Context(), connectors.Query{Dataset: d, Seed: seed}, 10) {
			if err != nil || b.Len() != 10 || b.Column("doc.to[].mail").Len() != 10 {
				t.Fatalf("a sample of %d: %v", b.Len(), err)
			}
			for i := range b.Len() {
				text += b.Key(i).ID()
			}
		}
		samples[text] = true
	}
	if len(samples) != 4 {
		t.Errorf("%d different samples of 4 seeds", len(samples))
	}
}

func TestLocateInsideDocumentsAndWithoutKeys(t *testing.T) {
	for _, key := range [][]string{{"id"}, nil} {
		s := bareSource(t, people(key...))
		d := dataset(t, s)
		d.Key = key
		m := pii.Match{Dataset: d, Want: []string{"id", "doc.n"}, Terms: []pii.Term{{Field: "doc.to[].mail", Mode: pii.Equal, Category: "contact.email", Values: []pii.Value{pii.NewValue("p7@example.com")}}}}
		records, found := 0, 0
		for f, err := range s.Locate(t.Context(), m) {
			if err != nil {
				t.Fatal(err)
			}
			found++
			records += max(1, f.Equals)
			if h := f.Hits[0]; h.Path != "to[0].mail" || !f.Fields["doc.n"][0].Value.Equal(f.Fields["id"][0].Value) {
				t.Errorf("hit at %s", h.Path)
			}
		}
		if records != 4 || key == nil && found != 2 {
			t.Errorf("with the key %v: %d found, %d records", key, found, records)
		}
		exported := 0
		for b, err := range s.Export(t.Context(), m) {
			if err != nil {
				t.Fatal(err)
			}
			exported += b.Len()
		}
		if key == nil && exported != 4 {
			t.Errorf("exported %d", exported)
		}
	}
}

func TestSearchFindsEachOccurrenceOnce(t *testing.T) {
	s := bareSource(t, people("id"))
	d := dataset(t, s)
	n := pii.Needles{Terms: []pii.Term{{Mode: pii.Within, Category: "contact.email", Values: []pii.Value{pii.NewValue("p7@example.com")}}}}
	for f, err := range s.Search(t.Context(), d, n) {
		if err != nil {
			t.Fatal(err)
		}
		if len(f.Hits) != 2 || f.Hits[0].Field != "doc.to[].mail" || f.Hits[1].Field != "mail" {
			t.Errorf("hits %+v", f.Hits)
		}
	}
}

func TestSequencesEnd(t *testing.T) {
	sys := people("id")
	s := bareSource(t, sys)
	d := dataset(t, s)
	sys.FailNext("Read", errkind.New(errkind.Transient, "gone away"))
	seen := 0
	for _, err := range s.Read(t.Context(), connectors.Query{Dataset: d}) {
		if seen++; errkind.Of(err) != errkind.Transient {
			t.Errorf("error %v", err)
		}
	}
	if seen != 1 {
		t.Errorf("%d items of a sequence that fails", seen)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, err := range s.Read(ctx, connectors.Query{Dataset: d}) {
		if !errors.Is(err, context.Canceled) {
			t.Errorf("error %v", err)
		}
	}
}
