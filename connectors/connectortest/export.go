package connectortest

import (
	"context"

	"vestige/connectors"
	"vestige/pii"
)

func exportChecks() []check {
	return []check{{"export/agrees", exportAgrees}}
}

// exportAgrees: an export has the records that reading and comparing finds, whole. Where the connector does not export, Source does.
func exportAgrees(b *bench) {
	r := b.start(Fixture{Datasets: []Dataset{people(80, 11)}})
	m := pii.Match{Dataset: r.dataset("people"), Terms: []pii.Term{{Field: r.named("mail"), Mode: pii.Equal, Category: "contact.email"}}}
	for i := range 20 {
		m.Terms[0].Values = append(m.Terms[0].Values, pii.NewValue(mail(i)))
	}
	content := r.Peek(r.real)["people"]
	hits := expected(r.fixed("people"), content, m.Terms)
	var want []Row
	for _, row := range content {
		if len(hits[string(row[0])]) > 0 {
			want = append(want, row)
		}
	}
	seq := connectors.Over(connectors.Env{}, sourceName, r.Spec, r.driver(connectors.Export)).Export(context.Background(), m)
	if e, ok := r.driver(connectors.Export).(connectors.Exporter); ok {
		seq = e.Export(context.Background(), m)
	}
	got, _ := r.records("people", seq)
	equal(b, "the export", rows(got), want)
}
