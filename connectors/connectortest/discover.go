package connectortest

import (
	"context"
	"maps"
	"slices"

	"vestige/connectors"
	"vestige/pii"
)

func discoverChecks() []check {
	return []check{
		{"discover/once", discoverOnce},
		{"discover/structure", discoverStructure},
		{"discover/hostile-names", discoverHostileNames},
		{"discover/own-schemas", discoverOwnSchemas},
		{"discover/gaps", discoverGaps},
		{"discover/versions", discoverVersions},
	}
}

// discoverOnce: each dataset comes once, its reference parses back, and its key, unique fields and references name fields that it has.
func discoverOnce(b *bench) {
	r := b.start(Fixture{Datasets: append(family().Datasets, accounts())})
	seen := map[pii.Ref]bool{}
	for _, d := range list(b, r.driver(connectors.Scan).Discover(context.Background())) {
		if seen[d.Ref] {
			b.Errorf("%s is discovered twice", d.Ref)
		}
		seen[d.Ref] = true
		if back, err := pii.ParseRef(d.Ref.String()); err != nil || back != d.Ref || d.Ref.Source != sourceName {
			b.Errorf("the reference %q does not parse back", d.Ref)
		}
		named := slices.Concat(append(d.Unique, d.Key)...)
		for _, ref := range d.References {
			named = append(named, ref.Fields...)
		}
		for _, name := range named {
			if d.Field(name) == nil {
				b.Errorf("%s names the field %q, which it does not have", d.Ref, name)
			}
		}
		names := map[string]bool{}
		for _, f := range d.Fields {
			if names[f.Name] || f.Name == "" {
				b.Errorf("%s has the field %q twice, or one without name", d.Ref, f.Name)
			}
			names[f.Name] = true
		}
	}
}

// discoverStructure: what the fixture declares is found: fields, keys, unique fields, NOT NULL, references with actions.
func discoverStructure(b *bench) {
	f := family()
	f.Datasets[0].Unique = [][]string{{"mail"}}
	r := b.start(f)
	for _, want := range r.fixture.Datasets {
		got := r.dataset(want.Name)
		if len(want.Key) > 0 && !slices.Equal(got.Key, want.Key) {
			b.Errorf("%s has the key %q, want %q", got.Ref, got.Key, want.Key)
		}
		for _, u := range want.Unique {
			if !slices.ContainsFunc(got.Unique, func(g []string) bool { return slices.Equal(g, u) }) {
				b.Errorf("%s has the unique fields %q, want %q among them", got.Ref, got.Unique, u)
			}
		}
		for _, field := range want.Fields {
			if g := got.Field(field.Name); g == nil || (field.NotNull && !g.NotNull) {
				b.Errorf("%s#%s is not found, or not found to be NOT NULL", got.Ref, field.Name)
			}
		}
		for _, ref := range want.References {
			r.refers(got, ref)
		}
		if got.Schema == "" {
			b.Errorf("%s has no digest of its structure", got.Ref)
		}
	}
}

// refers fails the check where a reference is not told as it is declared.
func (r *rig) refers(d pii.Dataset, want Reference) {
	r.Helper()
	for _, got := range d.References {
		if got.From == d.Ref && got.To == r.ref(want.To) && slices.Equal(got.Fields, want.Fields) && slices.Equal(got.ToFields, want.ToFields) && got.OnDelete == want.OnDelete {
			return
		}
	}
	r.Errorf("%s has the references %v, want one to %s, %s", d.Ref, d.References, r.ref(want.To), want.OnDelete)
}

// hostileNames are names that break whoever pastes them into a language.
var hostileNames = []string{"order", "Select", "two words", `dou"ble`, "sin'gle", "back`tick", "a.b", "per%cent", "ha#sh", "sl/ash", "semi;colon", "-- note", "größe", "名前", "[brackets]", "back\\slash", "$1", "?", ":name"}

// discoverHostileNames: names with quotes, spaces, dots, reserved words and Unicode are found, read and told apart.
func discoverHostileNames(b *bench) {
	b.need(NeedNames)
	f := Fixture{}
	for i, name := range hostileNames {
		d := Dataset{Name: name, Fields: F(append([]string{"id"}, hostileNames...)...), Key: []string{"id"}}
		row := []any{i}
		for k := range hostileNames {
			row = append(row, k)
		}
		d.Rows = []Row{R(row...)}
		f.Datasets = append(f.Datasets, d)
	}
	r := b.start(f)
	for _, d := range r.fixture.Datasets {
		got := r.dataset(d.Name)
		if back, err := pii.ParseRef(got.Ref.String()); err != nil || back != got.Ref {
			b.Errorf("the reference %q does not parse back", got.Ref)
		}
		records, _ := r.read(d.Name)
		equal(b, "reading "+d.Name, rows(records), d.Rows)
		asked := r.driver(connectors.Scan).Read(context.Background(), connectors.Query{Dataset: got, Fields: d.fields()})
		records, _ = r.records(d.Name, asked)
		equal(b, "reading the fields of "+d.Name, rows(records), d.Rows)
	}
}

// discoverOwnSchemas: what the system keeps for itself is left out.
func discoverOwnSchemas(b *bench) {
	r := b.start(family())
	want := map[pii.Ref]bool{}
	for _, d := range r.fixture.Datasets {
		want[r.ref(d.Name)] = true
	}
	for _, d := range list(b, r.driver(connectors.Scan).Discover(context.Background())) {
		if !want[d.Ref] {
			b.Errorf("%s is discovered, which is not of the fixture", d.Ref)
		}
	}
}

// discoverGaps: one unreadable dataset, object or record is a gap that says so, and everything else is still yielded.
func discoverGaps(b *bench) {
	r := b.start(Fixture{Datasets: []Dataset{accounts(), people(40, 1)}})
	if r.Break == nil {
		b.Skipf("the system cannot be broken in part: Break is nil")
	}
	r.Break(r.real, "people")
	gaps := 0
	found := map[string]pii.Dataset{}
	for _, d := range list(b, r.driver(connectors.Scan).Discover(context.Background())) {
		found[d.Ref.Dataset] = d
		if d.Gap != nil && d.Ref == r.ref("people") {
			gaps++
		}
	}
	for _, name := range slices.Sorted(maps.Keys(found)) {
		for batch, err := range r.driver(connectors.Scan).Read(context.Background(), connectors.Query{Dataset: found[name]}) {
			switch {
			case err != nil && found[name].Gap == nil:
				b.Errorf("reading %s ends with an error rather than a gap: %v", name, err)
			case err == nil && batch.Gap != nil && (batch.Gap.Code == "" || batch.Gap.At.Source == ""):
				b.Errorf("a gap of %s has no code or no place", name)
			case err == nil && batch.Gap != nil:
				gaps++
			}
		}
	}
	if gaps == 0 {
		b.Errorf("nothing says that a part of %s cannot be read", r.ref("people"))
	}
	records, _ := r.read("accounts")
	equal(b, "beside the broken one", rows(records), r.fixed("accounts").Rows)
}

// discoverVersions: while nothing changes a dataset has the same version, and where a record goes it has another, or none at all.
func discoverVersions(b *bench) {
	able[connectors.Eraser](b, "erase")
	r := b.start(Fixture{Datasets: []Dataset{accounts()}})
	before, again := r.dataset("accounts").Version, r.rediscover("accounts").Version
	if before != again {
		b.Errorf("nothing has changed, and the version is %q, then %q", before, again)
	}
	r.erase(unit(r.act("accounts", pii.Delete, r.where("accounts", "mail", subject).target())))
	if after := r.rediscover("accounts").Version; after != "" && after == before {
		b.Errorf("a record is gone, and the version is still %q", after)
	}
}

// rediscover looks at a dataset again.
func (r *rig) rediscover(name string) pii.Dataset {
	r.Helper()
	r.found = nil
	return r.dataset(name)
}
