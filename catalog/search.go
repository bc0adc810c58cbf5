package catalog

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"

	"vestige/internal/errkind"
	"vestige/pii"
)

// Page says how much of a result is wanted, and where it goes on.
type Page struct {
	Limit  int    // 50 where 0, at most 500
	After  string // Result.Next of the page before; "" for the first
	Facets bool   // count the whole result by source, category, state and type
}

// Result is one page of what was found.
type Result struct {
	Hits   []Hit   `json:"hits"`
	Total  int64   `json:"total"`
	Facets []Facet `json:"facets,omitempty"`
	Next   string  `json:"next,omitempty"`
	// Notes tells what a query cannot have meant: "no category is named email; did you mean contact.email?".
	Notes []string `json:"notes,omitempty"`
}

// Hit is a field, or a dataset where the query asks for is:dataset.
type Hit struct {
	Ref         pii.Ref        `json:"ref"`
	Display     string         `json:"display"` // the name with placeholders filled in
	Dataset     string         `json:"dataset"` // the dataset's, likewise
	Type        string         `json:"type"`
	Category    pii.Category   `json:"category"`
	Also        []pii.Category `json:"also,omitempty"` // found within text, or, of a dataset, in its fields
	Confidence  float64        `json:"confidence"`
	State       State          `json:"state"`
	Sensitivity int            `json:"sensitivity"`
	Article9    bool           `json:"article9,omitempty"`
}

// Facet counts the whole result by one property, the most frequent values first.
type Facet struct {
	Name   string  `json:"name"`
	Values []Count `json:"values"`
}

// Count is a value of a facet and how many have it.
type Count struct {
	Value string `json:"value"`
	Count int64  `json:"count"`
}

// Search finds fields, or datasets where the query says is:dataset. It is Invalid, with the place, where the query cannot be understood. Free
// words are ranked by how well they fit, everything else is ordered by reference.
func (c *Catalog) Search(ctx context.Context, text string, page Page) (Result, error) {
	e, err := c.parse(ctx, text)
	if err != nil {
		return Result{}, err
	}
	ask := question{expr: e, limit: min(max(page.Limit, 0), 500), ranked: e.ranked(), kind: e.kind(), facets: page.Facets, seal: seal(text)}
	if ask.limit == 0 {
		ask.limit = 50
	}
	if ask.after, err = openCursor(page.After, ask.seal); err != nil {
		return Result{}, err
	}
	c.mu.RLock()
	defer c.mu.RUnlock()
	idx, err := c.live()
	if err != nil {
		return Result{}, err
	}
	return c.answer(ctx, idx, ask)
}

// parse reads a query, with what is looked up for it.
func (c *Catalog) parse(ctx context.Context, text string) (expr, error) {
	e, err := parseQuery(text)
	if err == nil {
		err = c.own(ctx, e)
	}
	return e, err
}

// Warm reads into memory what searches look into, so that the first one does not wait for it.
func (c *Catalog) Warm(ctx context.Context) error {
	_, err := c.Search(ctx, "is:pii", Page{Limit: 1})
	return err
}

// Facets counts what a query finds, altogether and by each property, without giving any of it. A query of nothing but facets is counted without
// reading the index.
func (c *Catalog) Facets(ctx context.Context, text string) (Result, error) {
	e, err := c.parse(ctx, text)
	if err != nil {
		return Result{}, err
	}
	ask := question{expr: e, limit: 1, kind: e.kind(), facets: true, seal: seal(text)}
	c.mu.RLock()
	defer c.mu.RUnlock()
	idx, err := c.live()
	if err != nil {
		return Result{}, err
	}
	if err := c.sync(ctx); err != nil {
		return Result{}, err
	}
	combos, counted, err := c.fromCounters(ctx, idx, ask)
	if err != nil {
		return Result{}, err
	}
	if !counted {
		return c.answer(ctx, idx, ask)
	}
	res := Result{Facets: facetsOf(combos)}
	for _, k := range combos {
		res.Total += k.n
	}
	return res, nil
}

// question is a query ready to be asked.
type question struct {
	expr   expr
	kind   string // field or dataset
	ranked bool
	facets bool
	limit  int
	after  []string
	seal   string
}

func (c *Catalog) answer(ctx context.Context, idx *index, ask question) (Result, error) {
	p, err := c.looked(ctx, idx)
	if err != nil {
		return Result{}, err
	}
	combos, counted, err := c.fromCounters(ctx, idx, ask)
	if err != nil {
		return Result{}, err
	}
	found, err := idx.search(ctx, p, ask, ask.facets && !counted)
	if err != nil {
		return Result{}, err
	}
	res := Result{Hits: found.hits, Total: found.total}
	if !counted {
		combos = found.combos
	}
	if ask.facets {
		res.Facets = facetsOf(combos)
	}
	if found.whole {
		res.Next = closeCursor(found.last, ask.seal)
	}
	res.Notes = ask.notes(p, res.Total)
	return res, nil
}

// kind tells what a query asks for: datasets only where it says so outside of a negation, by that word or by one that only datasets can be.
func (e expr) kind() string {
	kind := "field"
	e.each(func(t *term, negated bool) {
		if t.key == "is" && (t.value == "dataset" || t.value == "island") && !negated {
			kind = "dataset"
		}
	})
	return kind
}

// ranked tells whether some words fit better than others.
func (e expr) ranked() (words bool) {
	e.each(func(t *term, negated bool) { words = words || t.key == "" && !negated })
	return words
}

// each visits every term.
func (e expr) each(f func(t *term, negated bool)) { e.visit(f, false) }

func (e expr) visit(f func(*term, bool), negated bool) {
	switch {
	case e.term != nil:
		f(e.term, negated)
	case e.not != nil:
		e.not.visit(f, !negated)
	}
	for _, x := range e.all {
		x.visit(f, negated)
	}
	for _, x := range e.any {
		x.visit(f, negated)
	}
}

// A cursor holds the sort values of the last hit, and a seal of the query, since it means nothing to another one.
type cursor struct {
	Seal string   `json:"q"`
	At   []string `json:"a"`
}

func seal(text string) string {
	h := sha256.Sum256([]byte(text))
	return base64.RawURLEncoding.EncodeToString(h[:6])
}

func closeCursor(at []string, seal string) string {
	b, _ := json.Marshal(cursor{seal, at}) // strings always encode
	return base64.RawURLEncoding.EncodeToString(b)
}

func openCursor(text, seal string) ([]string, error) {
	if text == "" {
		return nil, nil
	}
	var cur cursor
	b, err := base64.RawURLEncoding.DecodeString(text)
	if err == nil {
		err = json.Unmarshal(b, &cur)
	}
	if err != nil || cur.Seal != seal || len(cur.At) == 0 || len(cur.At) > 2 {
		return nil, errkind.Coded(errkind.Invalid, "bad-cursor", "the page to go on after is not one of this query")
	}
	return cur.At, nil
}
