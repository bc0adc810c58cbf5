package told

import "vestige/classifiers"

// LogUser is the names of those who asked, in the log format that servers of the web have in common.
func LogUser() classifiers.Classifier {
	return classifiers.Classifier{
		Name:     "log_user",
		Doc:      "The name to sign in with in a line of the common log format, between the address and the time: 192.0.2.7 - ann [01/Mar/2026. It misses other formats.",
		Category: "identity.username",
		Version:  1,
		Triggers: classifiers.Triggers{Bytes: "[", Spots: []classifiers.Spot{{At: "[", Before: " ", After: "d"}}},
		MaxLen:   80,
		At:       logUserAt,
		Chance:   .01, Prior: -12, Sparse: true,
	}
}

func logUserAt(text []byte, i int) (h classifiers.Hit, ok bool) {
	if i < 8 || i+8 > len(text) || text[i+3] != '/' || text[i+7] != '/' || text[i-1] != ' ' {
		return h, false
	}
	s := i - 1
	for s > 0 && i-s < 42 && text[s-1] > ' ' {
		s--
	}
	if s < 3 || string(text[s-3:s]) != " - " {
		return h, false
	}
	start, end, ok := readLogin(text, s, true)
	return classifiers.Hit{Start: start, End: end, Flags: classifiers.Labelled}, ok && end == i-1
}
