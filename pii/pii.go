// Package pii has the nouns of Vestige: references to places, datasets and their fields, batches of records, matches, units of
// change, proposals and decisions, categories of personal data, and the Value that cannot leak. It imports only the standard
// library, and everything else imports it. The words are those of docs/architecture.md.
package pii

import (
	"fmt"
	"strings"
)

// Ref names a place: a source, a dataset in it, or a field of a dataset. Empty trailing parts widen it.
type Ref struct {
	Source  string `json:"source,omitempty"`
	Dataset string `json:"dataset,omitempty"`
	Field   string `json:"field,omitempty"`
}

var escape = strings.NewReplacer("%", "%25", "#", "%23")
var unescape = strings.NewReplacer("%23", "#", "%25", "%")

// String gives source/dataset#field, with # and % of the names escaped; ParseRef reads it back.
func (r Ref) String() string {
	switch {
	case r.Field != "":
		return r.Source + "/" + escape.Replace(r.Dataset) + "#" + escape.Replace(r.Field)
	case r.Dataset != "":
		return r.Source + "/" + escape.Replace(r.Dataset)
	}
	return r.Source
}

// ParseRef reads what String wrote. A source's name holds no slash, so the first one ends it.
func ParseRef(s string) (Ref, error) {
	rest, field, hasField := strings.Cut(s, "#")
	source, dataset, _ := strings.Cut(rest, "/")
	if source == "" || strings.Contains(field, "#") || (hasField && (field == "" || dataset == "")) {
		return Ref{}, fmt.Errorf("a reference is written source/dataset#field")
	}
	return Ref{source, unescape.Replace(dataset), unescape.Replace(field)}, nil
}

// In gives the reference of a field within the dataset r.
func (r Ref) In(field string) Ref { return Ref{r.Source, r.Dataset, field} }

// Of gives the dataset in which the field r stands.
func (r Ref) Of() Ref { return Ref{Source: r.Source, Dataset: r.Dataset} }

// Less orders references by source, dataset, field.
func (r Ref) Less(s Ref) bool {
	if r.Source != s.Source {
		return r.Source < s.Source
	}
	if r.Dataset != s.Dataset {
		return r.Dataset < s.Dataset
	}
	return r.Field < s.Field
}

// MarshalText and UnmarshalText let a Ref be a JSON string and a map key.
func (r Ref) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

// UnmarshalText reads what MarshalText wrote.
func (r *Ref) UnmarshalText(b []byte) (err error) {
	if len(b) == 0 {
		*r = Ref{}
		return nil
	}
	*r, err = ParseRef(string(b))
	return err
}

// Gap is a place that could not be read, searched or erased, with a stable code that has a page in docs/gaps.md. Text never
// holds a value.
type Gap struct {
	Code string `json:"code"`
	At   Ref    `json:"at"`
	Text string `json:"text"`
	// Records is how many records stand behind the gap, -1 where nobody can tell.
	Records int64 `json:"records"`
}
