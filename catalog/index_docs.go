package catalog

import (
	"math"
	"strings"
	"unicode"

	"github.com/blevesearch/bleve/v2/analysis"
	"github.com/blevesearch/bleve/v2/document"
	bleveindex "github.com/blevesearch/bleve_index_api"

	"vestige/lineage"
	"vestige/pii"
)

// searchDoc is what can be searched of a field or a dataset.
type searchDoc struct {
	id    string
	of    string // id of the dataset's graph document
	ref   pii.Ref
	typ   string
	kind  pii.DatasetKind
	cat   pii.Category
	also  []pii.Category // found within the text of the field, or, of a dataset, in its fields
	conf  float64
	state State
	is    []string
	words []string
	hit   Hit

	reopened bool
}

// searchDocs makes the search documents of a dataset and its fields.
func searchDocs(n *lineage.Node, states map[string]State, decided map[string]bool) []searchDoc {
	of := nodeID(n.Dataset.Ref)
	top := datasetDoc(n, states)
	docs := []searchDoc{top}
	for i := range n.Fields {
		f := &n.Fields[i]
		s, ok := states[f.Field.Name]
		if !ok {
			s = state(n, f, Decision{})
		}
		d := fieldDoc(n, f, s)
		if decided[f.Field.Name] && s == Proposed {
			d.is, d.reopened = append(d.is, "reopened"), true
		}
		d.of = of
		docs = append(docs, d)
	}
	docs[0].of = of
	return docs
}

func fieldDoc(n *lineage.Node, f *lineage.FieldNode, s State) searchDoc {
	ref := n.Dataset.Ref.In(f.Field.Name)
	category, confidence := counts(f)
	info, _ := category.Info()
	d := searchDoc{id: "f/" + ref.String(), ref: ref, typ: string(f.Field.Type), kind: n.Dataset.Kind, cat: category,
		conf: confidence, state: s, is: marks(s, category)}
	d.also = alsoOf(f)
	d.is = append(d.is, "field")
	if category.Identifier() {
		d.is = append(d.is, "identifier")
	}
	d.words = append(splitWords(f.Field.Name), splitWords(n.Dataset.Ref.Dataset)...)
	d.words = append(append(d.words, splitWords(f.Field.Comment)...), splitWords(n.Dataset.Ref.Source)...)
	d.hit = Hit{Ref: ref, Display: Display(n, f), Dataset: DisplayDataset(n), Type: d.typ, Category: category, Also: d.also,
		Confidence: confidence, State: s, Sensitivity: info.Sensitivity, Article9: info.Article9}
	return d
}

func datasetDoc(n *lineage.Node, states map[string]State) searchDoc {
	ref := n.Dataset.Ref.Of()
	d := searchDoc{id: "d/" + ref.String(), ref: ref, kind: n.Dataset.Kind, typ: string(n.Dataset.Kind), state: Clean, is: []string{"dataset"}}
	seen := map[pii.Category]bool{}
	for i := range n.Fields {
		f := &n.Fields[i]
		s := states[f.Field.Name]
		category, confidence := counts(f)
		if personal(s, category) && !seen[category] {
			seen[category] = true
			d.also = append(d.also, category)
			d.state, d.conf = Proposed, max(d.conf, confidence)
		}
		d.hit.Sensitivity = max(d.hit.Sensitivity, sensitivityOf(s, category))
	}
	if n.Gone != 0 {
		d.state = Gone
	}
	if len(d.also) > 0 {
		d.is = append(d.is, "pii")
	}
	if n.Gone != 0 {
		d.is = append(d.is, "gone")
	}
	if n.Island {
		d.is = append(d.is, "island", "unmapped")
	}
	d.words = append(append(splitWords(ref.Dataset), splitWords(n.Dataset.Comment)...), splitWords(ref.Source)...)
	d.hit = Hit{Ref: ref, Display: DisplayDataset(n), Dataset: DisplayDataset(n), Type: d.typ, Also: d.also, Confidence: d.conf,
		State: d.state, Sensitivity: d.hit.Sensitivity}
	return d
}

func sensitivityOf(s State, c pii.Category) int {
	if !personal(s, c) {
		return 0
	}
	info, _ := c.Info()
	return info.Sensitivity
}

// marks gives what "is:" finds a field by.
func marks(s State, c pii.Category) []string {
	is := []string{string(s)}
	if personal(s, c) {
		is = append(is, "pii")
	}
	switch s {
	case Proposed, Deferred:
		is = append(is, "unmapped")
	case Accepted, Rejected:
		is = append(is, "decided")
	}
	return is
}

// terms visits what the document is found by, but for its words and its confidence.
func (s *searchDoc) terms(visit func(field, term string)) {
	kind := "field"
	if s.ref.Field == "" {
		kind = "dataset"
	}
	visit("kind", kind)
	visit("holds", string(s.kind))
	visit("type", s.typ)
	for _, c := range append([]pii.Category{s.cat}, s.also...) {
		for _, a := range ancestors(c) {
			visit("category", a)
		}
	}
	for _, is := range s.is {
		visit("is", is)
	}
	visit("sens", string(rune('0'+s.hit.Sensitivity)))
	visit("article9", map[bool]string{true: "true", false: "false"}[s.hit.Article9])
}

// combo gives what facets count it by.
func (s *searchDoc) combo() combo {
	return combo{Source: s.ref.Source, Category: s.cat, Also: joinCategories(s.also), State: s.state, Type: s.typ, Reopened: s.reopened}
}

// document writes the search document in the index's own terms, without a mapping in between. What follows from its key is no part of it.
func (s *searchDoc) document() *document.Document {
	d := document.NewDocument(s.id)
	d.AddField(keyword("of", s.of))
	s.terms(func(field, term string) {
		if term != "" {
			d.AddField(keyword(field, term))
		}
	})
	d.AddField(words("words", s.words))
	d.AddField(document.NewNumericFieldWithIndexingOptions("conf", nil, thousandth(s.conf), bleveindex.IndexField))
	d.AddField(valued("key", s.ref.String()))
	d.AddField(valued("combo", s.combo().String()))
	if hit, err := encode(s.hit); err == nil {
		d.AddField(document.NewTextFieldCustom("hit", nil, hit, bleveindex.StoreField, nil))
	}
	return d
}

// thousandth rounds a confidence, so that ranges read few terms.
func thousandth(v float64) float64 { return math.Round(v*1000) / 1000 }

func keyword(name, value string) document.Field {
	return document.NewTextFieldCustom(name, nil, []byte(value), bleveindex.IndexField, nil)
}

func valued(name, value string) document.Field {
	return document.NewTextFieldCustom(name, nil, []byte(value), bleveindex.IndexField|bleveindex.SkipFreqNorm|bleveindex.DocValues, nil)
}

func words(name string, ws []string) document.Field {
	return document.NewTextFieldCustom(name, nil, []byte(strings.Join(ws, " ")), bleveindex.IndexField, spaced{})
}

// spaced is the analyzer of text that was split into words already.
type spaced struct{}

// Analyze cuts at spaces.
func (spaced) Analyze(text []byte) analysis.TokenStream {
	var ts analysis.TokenStream
	start := 0
	for i := 0; i <= len(text); i++ {
		if i < len(text) && text[i] != ' ' {
			continue
		}
		if i > start {
			ts = append(ts, &analysis.Token{Term: text[start:i], Start: start, End: i, Position: len(ts) + 1})
		}
		start = i + 1
	}
	return ts
}

func fold(s string) string { return strings.ToLower(s) }

// cutSchema parts a dataset's name at its last dot: "crm.users" is users of the schema crm.
func cutSchema(dataset string) (schema, base string) {
	if i := strings.LastIndexByte(dataset, '.'); i > 0 && !strings.ContainsRune(dataset, '/') {
		return dataset[:i], dataset[i+1:]
	}
	return "", dataset
}

// ancestors gives a category and everything that covers it.
func ancestors(c pii.Category) []string {
	if c == "" {
		return nil
	}
	all := []string{string(c)}
	for i := len(c) - 1; i > 0; i-- {
		if c[i] == '.' {
			all = append(all, string(c[:i]))
		}
	}
	return all
}

// splitWords cuts a name or a comment into words in lower case: at everything that is no letter or digit, and between a small and a capital
// letter.
func splitWords(s string) []string {
	var all []string
	var word strings.Builder
	end := func() {
		if word.Len() > 0 {
			all = append(all, word.String())
			word.Reset()
		}
	}
	var before rune
	for _, r := range s {
		letter := unicode.IsLetter(r) || unicode.IsDigit(r)
		if !letter || unicode.IsUpper(r) && unicode.IsLower(before) {
			end()
		}
		if letter {
			word.WriteRune(unicode.ToLower(r))
		}
		before = r
	}
	end()
	return all
}
