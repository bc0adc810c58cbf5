package classifiers

// Texture counts what values look like, whatever they are. Values are those that are neither NULL nor empty.
type Texture struct {
	Seen      int64 // values looked at closely; of a column that is settled it is a share
	Digits    int64 // only digits
	Zeros     int64 // only digits, more than one, and a zero in front
	Decimals  int64 // a number with a fraction
	Bools     int64 // true, false, yes, no, 0, 1 …
	Hex       int64 // only hexadecimal digits, at least 16
	UUIDs     int64 // in the usual form
	Dates     int64 // a date without time of day, or at midnight
	Moments   int64 // a date with a time of day
	Epochs    int64 // whole numbers that read as seconds or milliseconds since 1970, of this century
	Years     int64 // whole numbers 1900 to 2100
	OneWord   int64 // one word of letters
	Titled    int64 // two to four words that all begin with a capital
	Sentences int64 // four words or more
	Codes     int64 // capitals, digits and separators, at least one digit, no lower-case letters
	Mixed     int64 // letters and digits, no space: tokens
	Companies int64 // a legal form behind (GmbH, Ltd …)
	Births    int64 // dates from 5 to 110 years before the newest value or before 2020
	Seconds   int64 // of Moments: not on a full minute
	Versions  int64 // 1.2.3
	Prefix    string
	Decades   uint32 // bit n: a date in the decade 1900+10n was seen
}

// Share gives n of the values looked at.
func (s *Stats) Share(n int64) float64 {
	if s.Texture.Seen == 0 {
		return 0
	}
	return float64(n) / float64(s.Texture.Seen)
}

// Unique tells whether every value seen was another one; with few values it tells little.
func (s *Stats) Unique() bool { return s.Values > 0 && s.Distinct >= s.Values-s.Values/50 }

// Repeats gives how often a value stands in the column on average.
func (s *Stats) Repeats() float64 {
	if s.Distinct == 0 {
		return 0
	}
	return float64(s.Values) / float64(s.Distinct)
}

// Fixed tells whether all values have the same length.
func (s *Stats) Fixed() bool { return s.Values > 0 && s.Len[0] == s.Len[1] }

// hit marks the classifiers that have hits.
func (s *Set) hit(st *Stats) []bool {
	out := make([]bool, len(s.all))
	for name := range st.Hits {
		out[s.byName[name]] = true
	}
	return out
}
