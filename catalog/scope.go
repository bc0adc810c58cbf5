package catalog

import "strings"

// Scope says which datasets of a source a run is over, and how they are read. The zero Scope is all of them, as ever.
type Scope struct {
	Include  []string `json:"include,omitempty"`  // patterns, of which one must fit; none for all
	Exclude  []string `json:"exclude,omitempty"`  // patterns, of which none may fit
	Datasets []string `json:"datasets,omitempty"` // names; where there are any, these alone
	Full     bool     `json:"full,omitempty"`     // every record is read
	Again    bool     `json:"again,omitempty"`    // what has not changed is read too
}

// Whole tells whether the scope is all datasets.
func (s Scope) Whole() bool { return len(s.Include)+len(s.Exclude)+len(s.Datasets) == 0 }

// Has tells whether a dataset is in the scope.
func (s Scope) Has(dataset string) bool {
	if len(s.Datasets) > 0 {
		for _, name := range s.Datasets {
			if name == dataset {
				return true
			}
		}
		return false
	}
	return (len(s.Include) == 0 || fitsAny(s.Include, dataset)) && !fitsAny(s.Exclude, dataset)
}

// Text says the scope in words, "" for all datasets.
func (s Scope) Text() string {
	var out []string
	if n := len(s.Datasets); n == 1 {
		out = append(out, s.Datasets[0])
	} else if n > 1 {
		out = append(out, s.Datasets[0]+" and others")
	}
	if len(s.Include) > 0 {
		out = append(out, strings.Join(s.Include, " "))
	}
	if len(s.Exclude) > 0 {
		out = append(out, "without "+strings.Join(s.Exclude, " "))
	}
	return strings.Join(out, ", ")
}

func fitsAny(patterns []string, name string) bool {
	for _, p := range patterns {
		if Fits(p, name) {
			return true
		}
	}
	return false
}

// Fits tells whether a pattern fits the name of a dataset, whatever the case: * stands for any characters, ? for one, and a pattern without either also for all
// that stands below it ("hr" fits "hr" and "hr.staff").
func Fits(pattern, name string) bool {
	pattern, name = strings.ToLower(strings.TrimSpace(pattern)), strings.ToLower(name)
	if pattern == "" {
		return false
	}
	if !strings.ContainsAny(pattern, "*?") {
		rest, below := strings.CutPrefix(name, pattern)
		return below && (rest == "" || rest[0] == '.' || rest[0] == '/')
	}
	return glob([]rune(pattern), []rune(name))
}

// glob compares with backtracking to the last star alone, so that no pattern takes more than length times length.
func glob(p, s []rune) bool {
	i, j, star, mark := 0, 0, -1, 0
	for j < len(s) {
		switch {
		case i < len(p) && p[i] == '*':
			star, mark = i, j
			i++
		case i < len(p) && (p[i] == '?' || p[i] == s[j]):
			i++
			j++
		case star >= 0:
			mark++
			i, j = star+1, mark
		default:
			return false
		}
	}
	for i < len(p) && p[i] == '*' {
		i++
	}
	return i == len(p)
}
