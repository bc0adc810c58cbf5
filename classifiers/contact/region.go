package contact

import (
	_ "embed"
	"strings"
	"sync"

	"vestige/classifiers"
	"vestige/pii"
)

//go:embed regions.txt
var regionText string

// regions are the names in lower case, and the codes, of up to three letters, in capitals.
var regions = sync.OnceValues(func() (names *classifiers.WordSet, codes map[string]bool) {
	var long []string
	codes = map[string]bool{}
	for l := range strings.Lines(regionText) {
		_, list, ok := strings.Cut(strings.TrimSpace(l), ":")
		if !ok || strings.HasPrefix(l, "#") {
			continue
		}
		for r := range strings.SplitSeq(list, ",") {
			if codes[r] = len(r) <= 3; !codes[r] {
				long = append(long, r)
			}
		}
	}
	return classifiers.NewWordSet(long), codes
})

// Region is states, provinces and counties.
func Region() classifiers.Classifier {
	return classifiers.Classifier{
		Name:     "region",
		Doc:      "The state, province or county of an address, by the name of its field and a list of the states of sixteen countries, with their usual codes. Other regions are found by the name alone; codes of two letters alone say little.",
		Category: "contact.region",
		Version:  2,
		Names: []string{
			"state?", "region?", "state code?", "address state", "address region", "billing state", "shipping state", "billing region", "shipping region", "home state", "mail state", "state name?", "residence state", "state or region", "state region", "province", "state province", "customer state", "user state", "person state", "contact state", "us state", "county", "region name?", "region code?", "district?", "person region", "contact region", "address district",
		},
		MaxLen: 40,
		Whole:  region,
		Column: regionLook,
		Chance: .08,
		Cover:  .6,
	}
}

func region(v []byte) bool {
	names, codes := regions()
	if len(v) <= 3 {
		return codes[string(v)]
	}
	return names.Has(v)
}

// regionLook asks for words of some length, and a name where there are codes alone.
func regionLook(s *classifiers.Stats) (e classifiers.Evidence) {
	if s.Values == 0 {
		return e
	}
	add := func(nats float64, text string) { e.Nats = append(e.Nats, pii.Nat{Text: text, Nats: nats}) }
	hits := s.Hits["region"].Distinct
	named := s.Named
	switch {
	case !named && s.Len[1] <= 3 && s.Distinct >= 15 && hits >= s.Distinct-1 && s.Repeats() > 1.3:
		add(-2, "codes of states, and nothing names it")
	case !named && (s.Len[1] <= 3 || s.Distinct < 5):
		add(-8, "nothing names it")
	case !named && hits*10 >= s.Distinct*9 && s.Distinct >= 8:
		add(1.5, "nearly all are states of the list")
	case !named:
		add(-3, "nothing names it")
	case s.Share(s.Texture.Digits+s.Texture.Decimals) > .5 || s.Len[1] > 40:
		add(-5, "no names of regions")
	case hits*10 >= s.Distinct*8 && s.Distinct >= 2:
		add(3.5, "nearly all are states of the list")
	default:
		add(1.5, "words")
	}
	return e
}
