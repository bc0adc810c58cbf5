package connectortest

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"vestige/connectors"
	"vestige/internal/errkind"
	"vestige/pii"
)

func errorChecks() []check {
	return []check{
		{"errors/missing-dataset", errorsMissingDataset},
		{"errors/denied", errorsDenied},
		{"errors/absent", errorsAbsent},
		{"errors/no-values", errorsNoValues},
		{"errors/no-values-in-logs", errorsNoValuesInLogs},
		{"errors/no-values-of-types", errorsNoValuesOfTypes},
	}
}

// marker is a value that no error, line or print may hold.
const marker = "Zyxwvut-Marker"

// errorsMissingDataset: a dataset that is not there is not found, whichever way it is asked for.
func errorsMissingDataset(b *bench) {
	r := b.start(Fixture{Datasets: []Dataset{accounts()}})
	ds := r.dataset("accounts")
	ds.Ref.Dataset = strings.Replace(ds.Ref.Dataset, "accounts", "no_such_dataset", 1)
	d := r.driver(connectors.Scan)
	isKind(b, "Read", failure(d.Read(context.Background(), connectors.Query{Dataset: ds})), errkind.NotFound)
	if s, ok := d.(connectors.Sampler); ok {
		isKind(b, "Sample", failure(s.Sample(context.Background(), connectors.Query{Dataset: ds}, 5)), errkind.NotFound)
	}
	if e, ok := r.driver(connectors.Erase).(connectors.Eraser); ok {
		rec := r.where("accounts", "mail", subject)
		_, err := e.Erase(context.Background(), unit(pii.Act{Dataset: ds, Method: pii.Delete, Targets: []pii.Target{rec.target()}}))
		isKind(b, "Erase", err, errkind.NotFound)
	}
}

// attempt opens the system by another configuration and discovers, and gives the first error.
func (r *rig) attempt(cfg connectors.Config) error {
	d, err := r.open(connectors.Scan, cfg)
	if err != nil {
		return err
	}
	defer func() { _ = d.Close() }()
	return failure(d.Discover(context.Background()))
}

// errorsDenied: refused credentials are an error of the kind permission, and the error does not hold them.
func errorsDenied(b *bench) {
	r := b.start(probe)
	if r.Denied == nil {
		b.Skipf("the system lacks credentials that can be refused: Denied is nil")
	}
	err := r.attempt(r.Denied)
	isKind(b, "refused credentials", err, errkind.Permission)
	for _, o := range r.Spec.Options {
		v := r.Denied[o.Name]
		if o.Secret && v.Len() > 0 && err != nil && strings.Contains(err.Error(), v.Reveal()) {
			b.Errorf("the error holds the secret of the option %q", o.Name)
		}
	}
}

// errorsAbsent: a server that is not there may come back, a file that is not there is not found.
func errorsAbsent(b *bench) {
	r := b.start(probe)
	if r.Absent == nil {
		b.Skipf("the system lacks a way to be absent: Absent is nil")
	}
	want := errkind.Transient
	if r.AbsentKind == errkind.NotFound.String() {
		want = errkind.NotFound
	}
	isKind(b, "a system that is not there", r.attempt(r.Absent), want)
}

// marked is accounts with markers in all fields of the subject's record, and a rule that can be broken.
func marked() Dataset {
	d := accounts()
	d.Fields[1].NotNull = true
	d.Unique = [][]string{{"name"}}
	d.Rows[7] = R(marker+"@example.com", marker+" name", marker+" note", 7)
	d.Rows[8][1] = []byte(marker + " other")
	return d
}

// provoked gives the errors and findings of units that go wrong around the marked record.
func (r *rig) provoked() (texts []string) {
	r.Helper()
	ann := r.where("accounts", "mail", marker+"@example.com")
	stale := ann
	stale.digest[0] ^= 1
	units := []pii.Unit{unit(r.act("accounts", pii.Delete, stale.target()))}
	for m, to := range r.changing("accounts") {
		units = append(units, unit(r.act("accounts", m, stale.target(r.change("accounts", "name", ann, to...)))))
		if to != nil {
			units = append(units, unit(r.act("accounts", m, ann.target(r.change("accounts", "name", ann, marker+" other")))))
		} else {
			units = append(units, unit(r.act("accounts", m, ann.target(r.change("accounts", "name", ann)))))
		}
	}
	for _, u := range units {
		receipts, err := as[connectors.Eraser](r, connectors.Erase).Erase(context.Background(), u)
		texts = append(texts, fmt.Sprintf("%v %+v", err, receipts))
		if p, ok := r.driver(connectors.Erase).(connectors.Preflighter); ok {
			findings, err := p.Check(context.Background(), u)
			texts = append(texts, fmt.Sprintf("%v %+v", err, findings))
		}
	}
	return texts
}

// errorsNoValues: no error, receipt or finding holds a value, whatever the system's own messages say.
func errorsNoValues(b *bench) {
	able[connectors.Eraser](b, "erase")
	r := b.start(Fixture{Datasets: []Dataset{marked()}})
	for _, text := range r.provoked() {
		if strings.Contains(text, marker) {
			b.Errorf("a text holds a value: %s", strings.ReplaceAll(text, marker, "(the value)"))
		}
	}
	bad := connectors.Query{Dataset: r.dataset("accounts"), Fields: []string{"no_such_field"}, Keys: []pii.Key{{pii.NewValue(marker)}}}
	if err := failure(r.driver(connectors.Scan).Read(context.Background(), bad)); err != nil && strings.Contains(err.Error(), marker) {
		b.Errorf("an error of Read holds a value")
	}
}

// errorsNoValuesInLogs: no line that is logged at any level holds a value or a secret.
func errorsNoValuesInLogs(b *bench) {
	r := b.start(Fixture{Datasets: []Dataset{marked()}})
	r.read("accounts")
	needle := pii.Needles{Terms: []pii.Term{{Mode: pii.Within, Values: []pii.Value{pii.NewValue(marker)}}}}
	drain(r.search("accounts", needle))
	if _, ok := r.Spec.Type.(connectors.Eraser); ok {
		r.provoked()
		r.erase(unit(r.act("accounts", pii.Delete, r.where("accounts", "note", marker+" note").target())))
	}
	log := r.log.String()
	if strings.Contains(log, marker) {
		b.Errorf("a logged line holds a value")
	}
	for _, o := range r.Spec.Options {
		if v := r.Config[o.Name]; o.Secret && v.Len() > 3 && strings.Contains(log, v.Reveal()) {
			b.Errorf("a logged line holds the secret of the option %q", o.Name)
		}
	}
}

// typed is a dataset with a field of each type, of which a system turns down what is not written as it should be.
func typed() Dataset {
	return Dataset{
		Name: "typed",
		Fields: []Field{{Name: "id", Type: pii.Int, NotNull: true}, {Name: "mail", Type: pii.Text}, {Name: "count", Type: pii.Int}, {Name: "share", Type: pii.Float},
			{Name: "yes", Type: pii.Bool}, {Name: "seen", Type: pii.Time}, {Name: "papers", Type: pii.JSON}},
		Key: []string{"id"},
		Rows: []Row{
			R(1, marker+"@example.com", 7, "1.5", "true", "2024-02-03T04:05:06Z", `{"mail":"`+marker+`@example.com"}`),
			R(2, "bob@example.com", 8, "2.5", "false", "2024-02-04T04:05:06Z", `{}`),
		},
	}
}

// tried gives the texts of a unit that is looked at and then done.
func (r *rig) tried(u pii.Unit) (texts []string) {
	r.Helper()
	if p, ok := r.driver(connectors.Erase).(connectors.Preflighter); ok {
		findings, err := p.Check(context.Background(), u)
		texts = append(texts, fmt.Sprintf("%v %+v", err, findings))
	}
	receipts, err := as[connectors.Eraser](r, connectors.Erase).Erase(context.Background(), u)
	return append(texts, fmt.Sprintf("%v %+v", err, receipts))
}

// mistyped changes the first record to what no field of another type can hold, and to texts that some systems cannot. What is let through is found anew.
func (r *rig) mistyped() (texts []string) {
	r.Helper()
	for _, f := range r.fixed("typed").Fields {
		if f.Name == r.named("id") {
			continue
		}
		for _, to := range []string{marker, marker + "\xff", `{"` + marker + `":`, marker + "\x00"} {
			if strings.HasSuffix(to, "\x00") && slices.Contains(r.meet().lacks, NeedNUL) {
				continue
			}
			first := r.where("typed", "id", "1")
			texts = append(texts, r.tried(unit(r.act("typed", pii.Pseudonymise, first.target(r.change("typed", f.Name, first, to)))))...)
		}
	}
	wrong := r.where("typed", "id", "1")
	if wrong.key != nil {
		wrong.key = pii.Key{pii.NewValue(marker)}
		texts = append(texts, r.tried(unit(r.act("typed", pii.Delete, wrong.target())))...)
	}
	return texts
}

// errorsNoValuesOfTypes: a value that a field cannot hold, or cannot be compared with, is in no error, finding or line either.
func errorsNoValuesOfTypes(b *bench) {
	able[connectors.Eraser](b, "erase")
	r := b.start(Fixture{Datasets: []Dataset{typed()}})
	texts := r.mistyped()
	q := connectors.Query{Dataset: r.dataset("typed"), Keys: []pii.Key{{pii.NewValue(marker)}}}
	texts = append(texts, fmt.Sprint(failure(r.driver(connectors.Scan).Read(context.Background(), q))))
	if l, ok := r.driver(connectors.Scan).(connectors.Locator); ok {
		for _, f := range r.dataset("typed").Fields {
			m := pii.Match{Dataset: r.dataset("typed"), Terms: []pii.Term{{Field: f.Name, Mode: pii.Exact, Values: []pii.Value{pii.NewValue(marker)}}}}
			if l.CanLocate(m) {
				texts = append(texts, fmt.Sprint(failure(l.Locate(context.Background(), m))))
			}
		}
	}
	for _, text := range append(texts, r.log.String()) {
		if strings.Contains(text, marker) {
			b.Errorf("a text holds a value: %s", strings.ReplaceAll(text, marker, "(the value)"))
		}
	}
	if left := len(r.Peek(r.real)["typed"]); left != 2 {
		b.Errorf("a key of another type deletes a record: %d are left of 2", left)
	}
}
