package classifiers_test

import (
	"testing"

	"vestige/classifiers"
	"vestige/classifiers/all"
	"vestige/pii"
)

func set(t testing.TB) *classifiers.Set {
	t.Helper()
	s, err := classifiers.NewSet(all.All(), classifiers.Options{Examples: true})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// propose weighs a column of values under a name.
func propose(t testing.TB, s *classifiers.Set, dataset, name string, values ...string) pii.Proposal {
	t.Helper()
	ref := pii.Ref{Source: "s", Dataset: dataset, Field: name}
	f := pii.Field{Name: name, Column: name, Type: pii.Text}
	g := s.NewGather(classifiers.Context{Ref: ref, Field: f})
	for _, v := range values {
		g.Value([]byte(v))
	}
	return s.Weigh(g.Stats())
}

func TestText(t *testing.T) {
	s := set(t)
	text := "Dear Ann Lee, we wrote to ann@example.com and called +49 30 23125 123 about customer no. 10042, IBAN DE89 3704 0044 0532 0130 00, she lives in Lindenweg 12a, 12345 Berlin. 192.0.2.17 user=4711"
	var got []string
	s.Text([]byte(text), func(c *classifiers.Classifier, h classifiers.Hit) {
		got = append(got, c.Name+"="+text[h.Start:h.End])
	})
	t.Log(got)
}

func TestColumns(t *testing.T) {
	s := set(t)
	for _, p := range []pii.Proposal{
		propose(t, s, "t1", "c7", "ann@example.com", "bob@example.org", "carl@example.net"),
		propose(t, s, "customers", "name", "Ann Lee", "Bob Miller", "Carl Fischer"),
		propose(t, s, "customers", "vorname", "Ann", "Bob", "Carl"),
		propose(t, s, "products", "name", "Trail Shoe", "Desk Lamp", "Chair"),
		propose(t, s, "users", "email_verified", "1", "0", "1"),
		propose(t, s, "users", "reset_password_sent_at", "2024-01-01 10:00:00", "2024-02-01 10:00:00"),
	} {
		t.Log(p.Field, p.Category, p.Confidence, p.Nats)
	}
}
