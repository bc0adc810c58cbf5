package connectortest

import (
	"crypto/sha256"
	"fmt"
	"math/rand/v2"

	"vestige/pii"
)

// subject is the person whom most checks erase.
const subject = "ann@example.com"

// neighbours are addresses that are not the subject's, however alike they look.
var neighbours = []string{
	"Ann@example.com", "ANN@EXAMPLE.COM", "ann@example.com ", " ann@example.com", "joann@example.com", "ann@example.com.test", "x.ann@example.com",
	"\u00e4nn@example.com", "a\u0308nn@example.com", "ann@example.co", "ann@example.com\u200b", "bob@example.com", "ann%", "a_n@example.com",
}

// accounts is a dataset whose key is an address; the subject's record stands in the middle.
func accounts() Dataset {
	d := Dataset{
		Name:   "accounts",
		Fields: []Field{{Name: "mail", Type: pii.Text, NotNull: true}, {Name: "name", Type: pii.Text}, {Name: "note", Type: pii.Text}, {Name: "visits", Type: pii.Int}},
		Key:    []string{"mail"},
	}
	for i, mail := range append(neighbours[:7:7], append([]string{subject}, neighbours[7:]...)...) {
		d.Rows = append(d.Rows, R(mail, fmt.Sprintf("Name %d", i), "wrote from "+mail+" on Monday", i))
	}
	return d
}

// people is a dataset of n records with the things that people have, by a seed. Every address has relatives in other fields of other records.
func people(n int, seed uint64) Dataset {
	d := Dataset{
		Name: "people",
		Fields: []Field{{Name: "id", Type: pii.Int, NotNull: true}, {Name: "mail", Type: pii.Text}, {Name: "phone", Type: pii.Text},
			{Name: "hashed", Type: pii.Text}, {Name: "note", Type: pii.Text}},
		Key: []string{"id"},
	}
	rng := rand.New(rand.NewPCG(seed, 1))
	for i := range n {
		d.Rows = append(d.Rows, R(1000+i, spelled(rng, mail(rng.IntN(n))), phone(rng.IntN(n)), hashed(mail(rng.IntN(n))),
			"call "+phone(rng.IntN(n))+" or "+spelled(rng, mail(rng.IntN(n)))+", then "+hashed(mail(rng.IntN(n)))))
	}
	return d
}

func mail(i int) string { return fmt.Sprintf("person%d@example.org", i) }

func phone(i int) string { return fmt.Sprintf("+1 202 555 01%02d", i%100) }

func hashed(s string) string { return fmt.Sprintf("%x", sha256.Sum256([]byte(s))) }

// spelled writes an address as people do.
func spelled(rng *rand.Rand, mail string) string {
	switch rng.IntN(4) {
	case 0:
		return "P" + mail[1:]
	case 1:
		return "pERSON" + mail[6:]
	}
	return mail
}

// large is a dataset of n records.
func large(n int) Dataset {
	d := Dataset{Name: "large", Fields: []Field{{Name: "id", Type: pii.Int, NotNull: true}, {Name: "mail", Type: pii.Text}, {Name: "word", Type: pii.Text}}, Key: []string{"id"}}
	d.Rows = make([]Row, n)
	for i := range d.Rows {
		d.Rows[i] = R(i+1, mail(i), "word")
	}
	return d
}

// family is a parent with children that refer to it, each by another action.
func family() Fixture {
	parent := Dataset{Name: "parents", Fields: []Field{{Name: "id", Type: pii.Int, NotNull: true}, {Name: "mail", Type: pii.Text}}, Key: []string{"id"}}
	f := Fixture{}
	for i, mail := range []string{subject, "bob@example.com", "eve@example.com", "zoe@example.com"} {
		parent.Rows = append(parent.Rows, R(i+1, mail))
	}
	f.Datasets = append(f.Datasets, parent, child("orders", pii.Cascade, 1, 1, 2), child("visits", pii.SetNull, 1, 2), child("invoices", pii.Restrict, 2, 3))
	lines := child("lines", pii.Cascade, 1, 2, 3)
	lines.References[0].To = "orders"
	f.Datasets = append(f.Datasets, lines)
	return f
}

// child is a dataset whose records refer to the parents given.
func child(name string, action pii.Action, parents ...int) Dataset {
	d := Dataset{
		Name:       name,
		Fields:     []Field{{Name: "id", Type: pii.Int, NotNull: true}, {Name: "of", Type: pii.Int}, {Name: "word", Type: pii.Text}},
		Key:        []string{"id"},
		References: []Reference{{Fields: []string{"of"}, To: "parents", ToFields: []string{"id"}, OnDelete: action}},
	}
	for i, p := range parents {
		d.Rows = append(d.Rows, R(i+1, p, "word"))
	}
	return d
}
