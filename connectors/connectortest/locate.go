package connectortest

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"math/rand/v2"
	"slices"

	"vestige/connectors"
	"vestige/forms"
	"vestige/pii"
)

func locateChecks() []check {
	return []check{
		{"locate/agrees", locateAgrees},
		{"locate/found", locateFound},
		{"locate/keyless", locateKeyless},
	}
}

// terms makes random terms over people, some of whose values are there.
func (r *rig) terms(rng *rand.Rand, n int) (out []pii.Term) {
	for range 1 + rng.IntN(2) {
		t := []pii.Term{
			{Field: "mail", Mode: pii.Equal, Category: "contact.email"},
			{Field: "mail", Mode: pii.Exact},
			{Field: "phone", Mode: pii.Equal, Category: "contact.phone"},
			{Field: "hashed", Mode: pii.Equal, Category: "contact.email", Forms: []string{forms.SHA256, forms.MD5}},
			{Field: "note", Mode: pii.Within, Category: "contact.email", Forms: []string{forms.SHA256}},
			{Field: "id", Mode: pii.Exact},
			{Field: "id", Mode: pii.Equal, Category: "identity.number"},
		}[rng.IntN(7)]
		for range 1 + rng.IntN(5) {
			v := mail(rng.IntN(n + 5))
			switch {
			case t.Field == "id":
				v = fmt.Sprint(990 + rng.IntN(n))
			case t.Field == "phone":
				v = phone(rng.IntN(100))
			}
			if normal, ok := forms.Normal(t.Category, []byte(v)); ok && t.Category != "" {
				v = string(normal)
			}
			t.Values = append(t.Values, pii.NewValue(v))
		}
		t.Field = r.named(t.Field)
		out = append(out, t)
	}
	return out
}

// expected gives the hits that reading and comparing finds in the fixture's own rows, by the row's first value.
func expected(d Dataset, rows []Row, terms []pii.Term) map[string][]pii.Hit {
	out := map[string][]pii.Hit{}
	m := forms.Compile(terms)
	for _, row := range rows {
		for i, f := range d.Fields {
			if row[i] != nil {
				m.Match(f.Name, "", row[i], func(h pii.Hit) { out[string(row[0])] = append(out[string(row[0])], h) })
			}
		}
	}
	return out
}

// got gives the hits that a sequence found, by the first value of the record whose key it names; hits in fields that are not the fixture's
// are left out, and records that have no others.
func (r *rig) hits(name string, seq iter.Seq2[*pii.Found, error]) map[string][]pii.Hit {
	r.Helper()
	all, _ := r.read(name)
	ds := r.dataset(name)
	byKey, byDigest := map[string]string{}, map[pii.Digest]string{}
	for _, rec := range all {
		byKey[rec.key.ID()], byDigest[rec.digest] = string(rec.row[0]), string(rec.row[0])
	}
	out := map[string][]pii.Hit{}
	for _, f := range list(r, seq) {
		if f.Gap != nil {
			r.Errorf("there is a gap: %v", f.Gap)
			continue
		}
		id, known := byKey[f.Key.ID()]
		if len(r.dataset(name).Key) == 0 {
			id, known = byDigest[f.Digest]
		}
		if !known || byDigest[f.Digest] != id || f.Dataset != r.ref(name) {
			r.Errorf("what is found has not the key, the digest or the dataset of a record")
		}
		for _, h := range f.Hits {
			if f := ds.Field(h.Field); f != nil && h.Path == f.Path {
				h.Path = "" // where the whole record is a document, a field's own path says no more than its name
			}
			if r.fixed(name).column(h.Field) >= 0 {
				out[id] = append(out[id], h)
			}
		}
	}
	return out
}

// agree compares hits.
func agree(t T, what string, got, want map[string][]pii.Hit) {
	t.Helper()
	order := func(a, b pii.Hit) int {
		return cmp.Or(cmp.Compare(a.Field, b.Field), a.Start-b.Start, a.End-b.End, a.Term-b.Term, a.Value-b.Value, cmp.Compare(a.Form, b.Form))
	}
	for id := range want {
		slices.SortFunc(want[id], order)
		slices.SortFunc(got[id], order)
		if !slices.Equal(got[id], want[id]) {
			t.Errorf("%s: the record %s has the hits %v, want %v", what, id, got[id], want[id])
			return
		}
	}
	for id := range got {
		if len(want[id]) == 0 {
			t.Errorf("%s: the record %s is found, which reading and comparing does not find", what, id)
			return
		}
	}
}

// locateAgrees: Locate equals reading and comparing, on random matches of every kind. Those that CanLocate refuses, or all where the
// connector is no Locator, are asked of the Source that reads and compares by itself.
func locateAgrees(b *bench) {
	const n = 120
	r := b.start(Fixture{Datasets: []Dataset{people(n, 6)}})
	content := r.Peek(r.real)["people"]
	l, locates := r.driver(connectors.Scan).(connectors.Locator)
	source := connectors.Over(connectors.Env{}, sourceName, r.Spec, r.driver(connectors.Scan))
	rng, located := rand.New(rand.NewPCG(7, 7)), 0
	for round := range 120 {
		m := pii.Match{Dataset: r.dataset("people"), Terms: r.terms(rng, n)}
		seq := source.Locate(context.Background(), m)
		if locates && l.CanLocate(m) {
			seq = l.Locate(context.Background(), m)
			located++
		}
		agree(b, fmt.Sprintf("match %d (%s, mode %d)", round, m.Terms[0].Field, m.Terms[0].Mode), r.hits("people", seq), expected(r.fixed("people"), content, m.Terms))
		if b.Failed() {
			return
		}
	}
	if locates && located == 0 && r.LocatesBy == "" {
		b.Errorf("CanLocate accepts none of 120 matches, exact ones by key among them")
	}
}

// locateFound: what is found has the key, the value that was hit with its place, and the fields that the match wanted; keys are found, too.
func locateFound(b *bench) {
	able[connectors.Locator](b, "locate")
	r := b.start(Fixture{Datasets: []Dataset{people(40, 8)}})
	l := as[connectors.Locator](r, connectors.Scan)
	all, _ := r.read("people")
	rec := all[17]
	m := pii.Match{Dataset: r.dataset("people"), Want: []string{r.named("mail"), r.named("phone")}, Terms: []pii.Term{{Field: r.named("id"), Mode: pii.Exact, Values: []pii.Value{pii.NewValue("0"), value(rec.row[0])}}}}
	byKey := pii.Match{Dataset: m.Dataset, Want: m.Want, Keys: []pii.Key{rec.key}}
	for what, m := range map[string]pii.Match{"by value": m, "by key": byKey} {
		if !l.CanLocate(m) || (what == "by key" && rec.key == nil) {
			continue
		}
		got := list(b, l.Locate(context.Background(), m))
		if len(got) != 1 || !got[0].Key.Equal(rec.key) || got[0].Digest != rec.digest {
			b.Errorf("%s: %d records are found, want the one", what, len(got))
			continue
		}
		for i := range got[0].Hits {
			if f := m.Dataset.Field(got[0].Hits[i].Field); f != nil && got[0].Hits[i].Path == f.Path {
				got[0].Hits[i].Path = "" // where the whole record is a document, as in hits
			}
		}
		if what == "by value" && !slices.Equal(got[0].Hits, []pii.Hit{{Value: 1, Field: r.named("id"), End: len(rec.row[0])}}) {
			b.Errorf("%s: the hits are %v", what, got[0].Hits)
		}
		for i, field := range map[int]string{1: "mail", 2: "phone"} {
			if v := got[0].Fields[r.named(field)]; len(v) != 1 || !v[0].Value.Equal(value(rec.row[i])) {
				b.Errorf("%s: the field %q that was wanted has %d values, or another one", what, field, len(v))
			}
		}
	}
}

// locateKeyless: of a dataset without key, what is found has its digest and how many are equal to it.
func locateKeyless(b *bench) {
	able[connectors.Locator](b, "locate")
	b.need(NeedKeyless)
	d := Dataset{Name: "visits", Fields: F("mail", "page")}
	for i := range 12 {
		d.Rows = append(d.Rows, R(mail(i/3), []string{"home", "home", "news"}[i%3]))
	}
	r := b.start(Fixture{Datasets: []Dataset{d}})
	l := as[connectors.Locator](r, connectors.Scan)
	m := pii.Match{Dataset: r.dataset("visits"), Terms: []pii.Term{{Field: r.named("mail"), Mode: pii.Exact, Values: []pii.Value{pii.NewValue(mail(2))}}}}
	if !l.CanLocate(m) {
		b.Skipf("CanLocate refuses an exact match of a dataset without key")
	}
	digests := map[pii.Digest]int{}
	all, _ := r.read("visits")
	for _, rec := range all {
		digests[rec.digest] = 0
		for _, row := range d.Rows {
			if row.id() == rec.row.id() {
				digests[rec.digest]++
			}
		}
	}
	found := map[pii.Digest]bool{}
	for _, f := range list(b, l.Locate(context.Background(), m)) {
		if len(m.Dataset.Key) == 0 && f.Equals != digests[f.Digest] {
			b.Errorf("a record without key has %d equals, want %d", f.Equals, digests[f.Digest])
		}
		found[f.Digest] = true
	}
	if len(found) != 2 && len(m.Dataset.Key) == 0 {
		b.Errorf("%d different records are found, want 2", len(found))
	}
}
