// Package named finds what mostly the name of a field tells: special categories, parts of records about health, work, school and vehicles, and
// identifiers whose values look like any other. Each is a line of kinds.txt; values can only speak against one.
package named

import (
	_ "embed"
	"strings"

	"vestige/classifiers"
	"vestige/pii"
)

//go:embed kinds.txt
var kinds string

// All lists the classifiers of this package.
func All() (out []classifiers.Classifier) {
	for l := range strings.Lines(kinds) {
		f := strings.Split(strings.TrimSpace(l), "|")
		if strings.HasPrefix(l, "#") || len(f) != 5 {
			continue
		}
		form := f[2]
		c := classifiers.Classifier{
			Name:     f[0],
			Doc:      f[3] + ", by the name of its field. Fields with another name are missed; things that bear the same name are mistaken for it.",
			Category: pii.Category(f[1]),
			Version:  1,
			Names:    strings.Split(f[4], ","),
			Column:   func(s *classifiers.Stats) classifiers.Evidence { return look(s, form) },
		}
		switch form {
		case "blood":
			c.Whole, c.MaxLen, c.Chance, c.Cover = bloodGroup, 12, .01, .9
		case "job":
			c.Whole, c.MaxLen, c.Chance, c.Cover = jobTitle, 60, .04, .5
		}
		out = append(out, c)
	}
	return out
}

// look gives what values of another form than the kind's say against it.
func look(s *classifiers.Stats, form string) (e classifiers.Evidence) {
	if s.Values == 0 {
		return e
	}
	t := &s.Texture
	add := func(nats float64, text string) { e.Nats = append(e.Nats, pii.Nat{Text: text, Nats: nats}) }
	if form == "point" && t.Prefix == "01010000" && s.Share(t.Hex) > .9 {
		add(9, "points on earth as PostGIS writes them")
		return e
	}
	switch hits := s.Hits["blood_type"].Distinct; {
	case form == "blood" && hits*10 >= s.Distinct*9 && s.Distinct >= 3:
		add(3, "groups of blood")
		return e
	case form == "job" && !s.Named && s.Hits["job_title"].Distinct*10 >= s.Distinct*4 && s.Distinct >= 3:
		add(2, "words for what people do")
		return e
	}
	if !s.Named {
		add(-6, "nothing names it")
		return e
	}
	switch form {
	case "blood":
		form = "short"
	case "job":
		form = "text"
	}
	if s.Share(t.Bools) > .9 && s.Distinct <= 3 && form != "text" {
		add(-7, "yes or no")
	}
	if others := s.Hits["email"].Distinct + s.Hits["phone"].Distinct; form == "text" && others*4 > s.Distinct {
		add(-10, "addresses and telephones")
		return e
	}
	numbers := s.Share(t.Digits + t.Decimals)
	switch {
	case form == "text" && numbers > .9 && s.Distinct > 20:
		add(-5, "numbers")
	case form == "text" && numbers > .9:
		add(-3, "numbers")
	case form == "point" && numbers+s.Share(t.Codes+t.Hex) < .3 && !strings.HasPrefix(t.Prefix, "POINT") && !strings.HasPrefix(t.Prefix, "{"):
		add(-8, "no numbers")
	case form == "point" && s.Share(t.Digits) > .9:
		add(-6, "whole numbers")
	case (form == "number" || form == "mark") && s.Share(t.Decimals) > .2 && numbers > .8:
		add(6, "numbers with a fraction")
	case (form == "text" || form == "short") && s.Values >= 20 && s.Distinct <= 40 && s.Repeats() >= 3 && s.Len[1] <= 40:
		add(3.5, "few values that repeat, as what is said of people does")
	case form == "text" || form == "short" && s.Len[1] <= 40:
		add(1.5, "words")
	case form == "state" && s.Share(t.Digits) > .9 && (s.Len[1] < 6 || s.Num.Monotone && s.Unique()):
		add(-6, "numbers that count")
	case form == "short":
		add(-5, "long values")
	case form == "digits" && numbers < .5 && s.Share(t.Codes) < .5:
		add(-6, "no digits")
	case form == "number" && numbers < .5:
		add(-5, "no numbers")
	default:
		add(3, "the name calls it so, and nothing in the values speaks against it")
	}
	return e
}
