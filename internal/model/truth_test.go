package model_test

import (
	"flag"
	"os"
	"strconv"
	"testing"

	"pgregory.net/rapid"

	"vestige/internal/decode"
	"vestige/internal/model"
)

// TestMain fixes what rapid draws, so that a run is as the one before it: VESTIGE_SEED draws others, VESTIGE_DEEP many.
func TestMain(m *testing.M) {
	decode.Main()
	flag.Parse()
	checks, seed := strconv.Itoa(many(40, 2000)), os.Getenv("VESTIGE_SEED")
	if seed == "" {
		seed = "1"
	}
	for name, value := range map[string]string{"rapid.checks": checks, "rapid.seed": seed, "rapid.nofailfile": "true", "rapid.shrinktime": "1ms"} {
		if !isSet(name) {
			_ = flag.Set(name, value)
		}
	}
	os.Exit(m.Run())
}

func isSet(name string) (set bool) {
	flag.Visit(func(f *flag.Flag) { set = set || f.Name == name })
	return set
}

// many gives how many estates are tried, in a short run and in a deep one; VESTIGE_ESTATES sets another number.
func many(short, all int) int {
	if n, err := strconv.Atoi(os.Getenv("VESTIGE_ESTATES")); err == nil {
		return n
	}
	if deep() {
		return all
	}
	return short
}

func deep() bool { return os.Getenv("VESTIGE_DEEP") != "" }

// TestModelKnowsTheTruth holds the model against what the generator wrote, for every person of an estate: where they differ neither may judge the product.
func TestModelKnowsTheTruth(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		e := model.Draw(rt, model.Options{Files: true})
		for p := range model.Person(e.People) {
			if diff := e.Differ(e.Truth(p), e.Close("contact.email", e.Mails[p])); len(diff) > 0 {
				rt.Fatalf("person %d: %v\n%s", p, diff, e)
			}
		}
	})
}
