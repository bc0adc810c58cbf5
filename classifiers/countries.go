package classifiers

import (
	_ "embed"
	"strings"
	"sync"
)

//go:embed countries.txt
var countriesText string

var countries = sync.OnceValue(func() *WordSet {
	var words []string
	for w := range strings.FieldsFuncSeq(countriesText, func(r rune) bool { return r == ',' || r == '\n' }) {
		words = append(words, strings.TrimSpace(w))
	}
	return NewWordSet(words)
})

// Country tells whether a value is a country's name or ISO code, in English or German, or the adjective of one ("deutsch").
func Country(v []byte) bool { return len(v) > 1 && countries().Has(v) }
