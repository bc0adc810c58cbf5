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
		Names:    []string{"birth", "birth date", "date of birth", "birth year", "birth month?", "year of birth", "customer birth date", "brthdtc"},
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
	if s.Share(t.Years) > .9 || s.Named && s.Share(t.Digits) > .9 && s.Fixed() && s.Num.Min >= 1000 && s.Num.Max <= 2100 {
		if s.Named {
			add(3, "years")
			return e
		}
		add(-1, "years alone")
		return e
	}
	if s.Named && s.Share(t.Digits) > .9 && s.Fixed() && s.Len[0] == 8 {
		add(3, "eight digits, as of a date")
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
		MaxLen:   20,
		Whole:    years,
		Column:   ages,
		Chance:   .8,
	}
}

// years tells whether a value is a number of years, with a fraction or none.
func years(v []byte) bool {
	n := 0
	for n < len(v) && classifiers.IsDigit(v[n]) {
		n++
	}
	if n == 0 || n > 3 || n == 3 && (v[0] != '1' || v[1] > '2') {
		return false
	}
	for i := n + 1; i < len(v); i++ {
		if !classifiers.IsDigit(v[i]) {
			return false
		}
	}
	return n == len(v) || v[n] == '.' && n+1 < len(v)
}

// ages is what the numbers say of a field that is called an age: those of people stand between 0 and 125 and mostly repeat.
func ages(s *classifiers.Stats) (e classifiers.Evidence) {
	if s.Values == 0 || !s.Named {
		return e
	}
	switch share := float64(s.Hits["age"].Whole) / float64(s.Values); {
	case s.Share(s.Texture.Bools) > .9:
		e.Nats = append(e.Nats, pii.Nat{Text: "yes or no", Nats: -6})
	case share > .95 && s.Share(s.Texture.Decimals) > .2:
		e.Nats = append(e.Nats, pii.Nat{Text: "numbers of years with a fraction", Nats: 4})
	case share > .95:
		e.Nats = append(e.Nats, pii.Nat{Text: "whole numbers of years", Nats: 3})
	}
	return e
}
