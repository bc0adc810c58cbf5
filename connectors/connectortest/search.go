package connectortest

import (
	"context"
	"fmt"
	"iter"
	"math/rand/v2"

	"vestige/connectors"
	"vestige/forms"
	"vestige/pii"
)

func searchChecks() []check {
	return []check{
		{"search/agrees", searchAgrees},
		{"search/after-erase", searchAfterErase},
	}
}

// search asks the connector where it can search, and else the Source that does it instead.
func (r *rig) search(name string, n pii.Needles) iter.Seq2[*pii.Found, error] {
	d := r.driver(connectors.Scan)
	if s, ok := d.(connectors.Searcher); ok {
		return s.Search(context.Background(), r.dataset(name), n)
	}
	s := connectors.Over(connectors.Env{}, sourceName, r.Spec, d)
	return s.Search(context.Background(), r.dataset(name), n)
}

// hiding is people with needles in every field and in every form.
func hiding(n int) Dataset {
	d := people(n, 9)
	for i, form := range forms.All() {
		for k, spelling := range forms.Apply(form, "contact.email", []byte(mail(i))) {
			id := fmt.Sprint(5000 + 100*i + k)
			d.Rows = append(d.Rows, R(id, "other@example.net", "none", string(spelling), "see "+string(spelling)+" there"))
		}
	}
	return d
}

// searchAgrees: Search equals reading and comparing every field, whatever its category, in every encoding.
func searchAgrees(b *bench) {
	const n = 60
	r := b.start(Fixture{Datasets: []Dataset{hiding(n)}})
	content := r.Peek(r.real)["people"]
	rng := rand.New(rand.NewPCG(10, 10))
	for round := range 12 {
		mails := pii.Term{Mode: pii.Within, Category: "contact.email", Forms: forms.All()}
		for range 4 {
			mails.Values = append(mails.Values, pii.NewValue(mail(rng.IntN(n))))
		}
		numbers := pii.Term{Mode: pii.Within, Category: "identity.number", Values: []pii.Value{pii.NewValue(fmt.Sprint(1000 + rng.IntN(n)))}}
		n := pii.Needles{Terms: []pii.Term{mails, numbers}}
		agree(b, fmt.Sprintf("needles %d", round), r.hits("people", r.search("people", n)), expected(r.fixed("people"), content, n.Terms))
		if b.Failed() {
			return
		}
	}
}

// searchAfterErase: while nothing is erased a search finds what is there; after it, nothing.
func searchAfterErase(b *bench) {
	able[connectors.Eraser](b, "erase")
	r := b.start(Fixture{Datasets: []Dataset{accounts()}})
	n := pii.Needles{Terms: []pii.Term{{Mode: pii.Within, Category: "contact.email", Values: []pii.Value{pii.NewValue("bob@example.com")}}}}
	if got := r.hits("accounts", r.search("accounts", n)); len(got["bob@example.com"]) == 0 {
		b.Errorf("what is there is not found")
	}
	r.erase(unit(r.act("accounts", pii.Delete, r.where("accounts", "mail", "bob@example.com").target())))
	if got := r.hits("accounts", r.search("accounts", n)); len(got) != 0 {
		b.Errorf("after erasing, %d records are found", len(got))
	}
}
