package classifiers

import (
	_ "embed"
	"strings"
	"sync"
)

//go:embed countries.txt
var countriesText string

var countries = sync.OnceValue(func() map[string]bool {
	m := map[string]bool{}
	for w := range strings.FieldsFuncSeq(countriesText, func(r rune) bool { return r == ',' || r == '\n' }) {
		m[strings.TrimSpace(w)] = true
	}
	return m
})

// Country tells whether a value is a country's name or ISO code, in English or German, or the adjective of one ("deutsch").
func Country(v []byte) bool {
	var low [48]byte
	if len(v) < 2 || len(v) > len(low) {
		return false
	}
	Fold(low[:], v)
	return countries()[string(low[:len(v)])]
}
