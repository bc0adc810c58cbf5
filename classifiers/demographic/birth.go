package demographic

import (
	"math/bits"

	"vestige/classifiers"
	"vestige/pii"
)

// BirthDate is dates of birth.
func BirthDate() classifiers.Classifier {
	return classifiers.Classifier{
		Name:     "birth_date",
		Doc:      "Dates of birth, by the field's name and by range: spread over decades, no time of day, in no order. It misses years alone and dates in words; dates of founding or release are mistaken for one where the name is silent.",
		Category: "demographic.birth_date",
		Version:  1,
		Names:    []string{"birth", "birth date", "date of birth", "birth year", "birth month?", "year of birth", "customer birth date"},
		MaxLen:   30,
		Column:   births,
	}
}

func births(s *classifiers.Stats) (e classifiers.Evidence) {
	if s.Values == 0 {
		return e
	}
	add := func(n float64, text string) { e.Nats = append(e.Nats, pii.Nat{Text: text, Nats: n}) }
	t := &s.Texture
	if s.Share(t.Years) > .9 {
		add(-1, "years alone")
		return e
	}
	if s.Share(t.Dates) < .8 {
		add(-9, "not dates without a time of day")
		return e
	}
	add(4, "dates without a time of day")
	decades := bits.OnesCount32(t.Decades)
	times := max(s.Num.Times, 1)
	switch {
	case float64(t.Births) < .8*float64(times):
		add(-7, "too near or too far to be births")
	case decades >= 4:
		add(min(8, 1.5*float64(decades)), "spread over decades")
	case decades >= 3:
		add(2, "spread over decades")
	}
	if s.Num.Monotone && s.Values > 4 {
		add(-4, "rising with the records")
	}
	return e
}

// Age is ages in years.
func Age() classifiers.Classifier {
	return classifiers.Classifier{
		Name:     "age",
		Doc:      "An age in years, by the name of its field. It misses ranges (30-39).",
		Category: "demographic.age",
		Version:  1,
		Names:    []string{"age", "age years", "customer age"},
		MaxLen:   5,
		Whole: func(v []byte) bool {
			return len(v) <= 3 && classifiers.IsDigit(v[0]) && classifiers.IsDigit(v[len(v)-1]) && (len(v) < 3 || v[0] == '1')
		},
		Chance: .8,
	}
}
