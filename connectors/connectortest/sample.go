package connectortest

import (
	"context"
	"slices"
	"strconv"

	"vestige/connectors"
)

func sampleChecks() []check {
	return []check{
		{"sample/spread", sampleSpread},
		{"sample/seeds", sampleSeeds},
	}
}

// sample gives the ids of the records of a sample of the large dataset, in order.
func (r *rig) sample(seed uint64, n int) (out []int) {
	r.Helper()
	q := connectors.Query{Dataset: r.dataset("large"), Seed: seed}
	got, gaps := r.records("large", as[connectors.Sampler](r, connectors.Scan).Sample(context.Background(), q, n))
	if len(gaps) > 0 {
		r.Errorf("a sample has gaps: %v", gaps)
	}
	for _, rec := range got {
		id, err := strconv.Atoi(string(rec.row[0]))
		if err != nil || string(rec.row[1]) != mail(id-1) {
			r.Fatalf("a sample has a record that the dataset has not")
		}
		out = append(out, id)
	}
	slices.Sort(out)
	if len(slices.Compact(slices.Clone(out))) != len(out) {
		r.Errorf("a sample has a record twice")
	}
	return out
}

// sampleSpread: a sample has at most n records, not many fewer, from all parts of the dataset; of a small dataset it has all.
func sampleSpread(b *bench) {
	able[connectors.Sampler](b, "sample")
	const all, n = 4000, 100
	r := b.start(Fixture{Datasets: []Dataset{large(all)}})
	parts := map[int]int{}
	for seed := range uint64(8) {
		got := r.sample(seed, n)
		if len(got) > n || len(got) < n/2 {
			b.Errorf("a sample of %d has %d records", n, len(got))
		}
		for _, id := range got {
			parts[(id-1)*4/all]++
		}
	}
	for part := range 4 {
		if parts[part] == 0 {
			b.Errorf("eight samples of %d have no record of quarter %d of %d records", n, part+1, all)
		}
	}
	if got := r.sample(1, 2*all); len(got) != all {
		b.Errorf("a sample larger than the dataset has %d of %d records", len(got), all)
	}
}

// sampleSeeds: a seed gives the same sample each time, and different seeds give different ones.
func sampleSeeds(b *bench) {
	able[connectors.Sampler](b, "sample")
	r := b.start(Fixture{Datasets: []Dataset{large(4000)}})
	a, again, other := r.sample(1, 100), r.sample(1, 100), r.sample(2, 100)
	if !slices.Equal(a, again) {
		b.Errorf("the same seed gives another sample")
	}
	if slices.Equal(a, other) {
		b.Errorf("different seeds give the same sample")
	}
}
