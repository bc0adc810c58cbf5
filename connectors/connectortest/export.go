package connectortest

import (
	"context"

	"vestige/connectors"
	"vestige/pii"
)

func exportChecks() []check {
	return []check{{"export/agrees", exportAgrees}}
}

// exportAgrees: an export has the records that reading and comparing finds, whole.
func exportAgrees(b *bench) {
	able[connectors.Exporter](b, "export")
	r := b.start(Fixture{Datasets: []Dataset{people(80, 11)}})
	m := pii.Match{Dataset: r.dataset("people"), Terms: []pii.Term{{Field: "mail", Mode: pii.Equal, Category: "contact.email"}}}
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
	got, _ := r.records("people", as[connectors.Exporter](r, connectors.Export).Export(context.Background(), m))
	equal(b, "the export", rows(got), want)
}
