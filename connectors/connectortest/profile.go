package connectortest

import (
	"context"

	"vestige/connectors"
	"vestige/internal/errkind"
)

func profileChecks() []check {
	return []check{{"profile/reads-nothing", profileReadsNothing}}
}

// profileReadsNothing: a profile comes from the system's own statistics, no record is read for it, and it does not lie about what is there.
func profileReadsNothing(b *bench) {
	able[connectors.Profiler](b, "profile")
	r := b.start(Fixture{Datasets: []Dataset{large(2000)}})
	ds := r.dataset("large")
	p := as[connectors.Profiler](r, connectors.Scan)
	var before int64
	if r.Reads != nil {
		before = r.Reads(r.real)
	}
	got, err := p.Profile(context.Background(), ds)
	if err != nil {
		if errkind.Of(err) != errkind.Unsupported {
			b.Errorf("profile: %v", err)
		}
		return
	}
	if got.Records > 4000 {
		b.Errorf("the profile counts %d records, there are 2000", got.Records)
	}
	for name, f := range got.Fields {
		if ds.Field(name) == nil || f.Distinct > 4000 || f.Nulls > 4000 {
			b.Errorf("the profile of field %q is of no field, or counts too many", name)
		}
	}
	if r.Reads == nil {
		b.Logf("that no record is read was not looked at: Reads is nil")
		return
	}
	if read := r.Reads(r.real) - before; read > 20 {
		b.Errorf("%d records were read for a profile", read)
	}
}
