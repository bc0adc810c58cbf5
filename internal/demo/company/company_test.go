package company_test

import (
	"context"
	"testing"

	"vestige/internal/demo/company"
)

func TestTwentySeeds(t *testing.T) {
	for seed := range uint64(20) {
		c, err := company.Generate(context.Background(), t.TempDir(), company.Options{Seed: seed})
		if err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		var missing []company.Difficulty
		have := map[company.Difficulty]bool{}
		for _, d := range c.Truth.Subjects[c.Walk].Difficulties {
			have[d] = true
		}
		for _, d := range company.Difficulties() {
			if !have[d] {
				missing = append(missing, d)
			}
		}
		if missing != nil {
			t.Errorf("seed %d: the walk subject lacks %v", seed, missing)
		}
	}
}
