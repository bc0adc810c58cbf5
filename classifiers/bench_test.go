package classifiers_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"testing"

	"vestige/classifiers"
	"vestige/pii"
)

// mixed makes n bytes of prose, log lines, CSV and JSON, with something personal in about every tenth line.
func mixed(n int) []byte {
	rng := rand.New(rand.NewPCG(1, 2))
	var b bytes.Buffer
	for b.Len() < n {
		switch k := rng.IntN(1e6); rng.IntN(10) {
		case 0:
			fmt.Fprintf(&b, "2026-03-01T10:%02d:%02dZ INFO login user=%d mail=ann.lee%d@example.com ip=192.0.2.%d\n", k%60, k%59, k, k, k%250)
		case 1, 2:
			fmt.Fprintf(&b, "2026-03-01T10:%02d:%02d.%03dZ DEBUG http: GET /api/v1/orders/%d?page=%d took %dms status=200 bytes=%d\n", k%60, k%59, k%999, k, k%9, k%100, k)
		case 3, 4:
			fmt.Fprintf(&b, "%d,shipped,%d.%02d,EUR,2026-02-%02d,SKU-%05d,\"Trail shoe, blue\",%d\n", k, k%900, k%100, 1+k%28, k%99999, k%7)
		case 5, 6:
			fmt.Fprintf(&b, "{\"id\":%d,\"type\":\"view\",\"path\":\"/products/%d\",\"ts\":%d,\"ok\":true,\"tags\":[\"new\",\"sale\"]}\n", k, k%5000, 1700000000+k)
		default:
			b.WriteString("The parcel has not arrived yet, could you have another look at this? Vielen Dank für die schnelle Antwort aus Ihrem Haus.\n")
		}
	}
	return b.Bytes()[:n]
}

func BenchmarkText(b *testing.B) {
	s, text, hits := set(b), mixed(16<<20), 0
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		s.Text(text, func(*classifiers.Classifier, classifiers.Hit) { hits++ })
	}
	b.ReportMetric(float64(hits)/float64(b.N), "hits/op")
}

// BenchmarkColumn counts the values of columns that databases have, as a scan does: the memory of one column serves the next.
func BenchmarkColumn(b *testing.B) {
	rng := rand.New(rand.NewPCG(1, 2))
	for _, kind := range []struct {
		name  string
		value func(i int) string
	}{
		{"emails", func(i int) string { return fmt.Sprintf("ann.lee%d@example.com", i) }},
		{"numbers", func(i int) string { return fmt.Sprint(i * 7919) }},
		{"reals", func(i int) string { return fmt.Sprint(float64(i) * 0.25) }},
		{"hex", func(int) string { return fmt.Sprintf("%016X", rng.Uint64()) }},
		{"names", func(i int) string { return fmt.Sprintf("Ann Lee%d", i) }},
		{"few", func(i int) string { return fmt.Sprintf("state%d", i%5) }},
		{"short texts", func(i int) string { return fmt.Sprintf("The parcel of order %d has not arrived yet", i) }},
		{"texts", func(i int) string {
			return fmt.Sprintf("The parcel of order %d has not arrived yet, could you have another look at this?", i)
		}},
		{"dates", func(i int) string { return fmt.Sprintf("2026-03-%02d 10:%02d:00", 1+i%28, i%60) }},
		{"phones", func(i int) string { return fmt.Sprintf("+1 202 555 01%02d", i%100) }},
	} {
		b.Run(kind.name, func(b *testing.B) {
			s := set(b)
			batch := pii.NewBatch(pii.Ref{Source: "s", Dataset: "d"}, []pii.Field{{Name: "c"}})
			for i := range 2000 {
				batch.Append(0, []byte(kind.value(i)))
				batch.EndRecord(nil, pii.Digest{})
			}
			g := s.NewGather(classifiers.Context{})
			b.ReportAllocs()
			for b.Loop() {
				g.Reset(classifiers.Context{}, nil)
				g.Add(&batch.Columns()[0])
				g.Stats()
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/2000, "ns/value")
		})
	}
}
