package classifiers

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"vestige/pii"
)

// priors are log-probabilities of the categories before anything is seen; those that are not listed have rarePrior.
var priors = map[pii.Category]float64{
	"contact.email": -3.5, "contact.phone": -4, "identity.name": -3.7, "identity.given_name": -4, "identity.family_name": -4,
	"contact.street": -4.3, "contact.city": -4, "contact.postcode": -4.5, "contact.country": -4, "identity.number": -3.7,
	"identity.customer_number": -4.3, "identity.loyalty_number": -5, "identity.username": -4.7, "online.ip": -4.3,
	"online.device_id": -4.7, "online.url": -4, "demographic.gender": -4.5, "demographic.birth_date": -4.5, "online.user_agent": -5,
	"online.credential": -4.7,
}

const rarePrior = -5.5

// candidate is one category with the sum of all that speaks for it.
type candidate struct {
	cat   pii.Category
	score float64
	who   int // the classifier, or the competing class behind all of them

	positive bool    // of a classifier, not of a competing class
	own      float64 // what name and values say for it
	hits     int64   // of distinct values
	of       int64
	why      *[]nat // what makes up the score, where somebody wants to know
}

// nat is what one thing says for a category. Only the winner's are written out.
type nat struct {
	text string // countText stands for the candidate's hits
	nats float64
}

const countText = "of distinct values"

func (c *candidate) add(nats float64, text string) {
	if math.Abs(nats) < .05 {
		return
	}
	c.score += nats
	if c.why != nil {
		*c.why = append(*c.why, nat{text, nats})
	}
}

// written gives what speaks for the candidate, for people.
func (c *candidate) written() []pii.Nat {
	var out []pii.Nat
	for _, n := range *c.why {
		if n.text == countText {
			n.text = fmt.Sprintf("%d of %d distinct values", c.hits, c.of)
		}
		out = append(out, pii.Nat{Text: n.text, Nats: math.Round(n.nats*100) / 100})
	}
	return out
}

// Weigh concludes from the counts what the field holds: a log-posterior over the categories and the classes that compete with them.
func (s *Set) Weigh(st *Stats) pii.Proposal {
	st.weighed = s.weigh(st)
	return st.weighed.propose(st)
}

// weighing is the work on one field: every category, without what stands beside the field.
type weighing struct {
	*Set
	st   Stats
	h    header
	typ  typing
	mild bool   // the name says something harmless
	hits []bool // the classifiers that have some
	top  [2][2]float64
	none []float64 // by pair of rates: what values say of which none is matched; 0 until it is asked for
	cs   []candidate
}

func (s *Set) weigh(st *Stats) *weighing {
	w := &weighing{Set: s, st: *st, h: s.lexicon.read(&st.Field), typ: typingOf(&st.Field.Field, st.Values > 0), none: make([]float64, len(s.pairs))}
	w.st.weighed, w.mild, w.hits = nil, w.h.harmless(), s.hit(st)
	w.cs = make([]candidate, s.kinds, s.kinds+len(negatives))
	for i := range s.all {
		k := &w.cs[s.places[i]] // the better of two classifiers of one category stays
		if c := w.candidate(i, nil); k.cat == "" || c.score > k.score {
			*k = c
		}
	}
	for i := range negatives {
		w.cs = append(w.cs, w.candidate(len(s.all)+i, nil))
	}
	return w
}

// candidate weighs a classifier, or a competing class behind all of them; why takes what speaks for it and against it.
func (w *weighing) candidate(who int, why *[]nat) candidate {
	if n := who - len(w.all); n >= 0 {
		return w.negative(candidate{cat: negatives[n].cat, who: who, why: why}, &negatives[n])
	}
	return w.positive(candidate{cat: w.all[who].Category, who: who, positive: true, why: why}, w.all[who])
}

// beside adds what the field's neighbours say.
func (c *candidate) beside(st *Stats) {
	switch {
	case st.nobody && c.cat == "online.url":
		c.add(-15, "nothing beside it is of a person")
	case st.nobody && c.cat == "demographic.birth_date" && c.of == 0:
		c.add(-4, "nothing beside it is of a person")
	case st.nobody && c.cat == "online.device_id":
		c.add(-2, "nothing beside it is of a person")
	case st.nobody && c.cat == "employment.salary":
		c.add(-3, "nothing beside it is of a person")
	case st.nobody && ofPlaces(c.cat):
		c.add(-13, "nothing beside it is of a person")
	}
	if len(st.Field.Neighbour) == 0 || !c.positive {
		return
	}
	nats, text := neighbourNats(st.Field.Neighbour, c.cat)
	if c.hits*10 < c.of*7 || c.of == 0 {
		nats = min(nats, c.own) // what nothing else speaks for, neighbours do not make
	}
	c.add(nats, text)
}

// best gives the two that win.
func best(cs []candidate) (first, second *candidate) {
	for i := range cs {
		switch c := &cs[i]; {
		case first == nil || c.beats(first):
			first, second = c, first
		case second == nil || c.beats(second):
			second = c
		}
	}
	return first, second
}

func (c *candidate) beats(d *candidate) bool {
	return c.score > d.score || c.score == d.score && c.cat < d.cat
}

// positive weighs one classifier.
func (w *weighing) positive(k candidate, c *Classifier) candidate {
	i, st, h, prior := k.who, &w.st, &w.h, w.priors[k.who]
	k.add(prior, "prior")
	named := h.nats[c.Category]
	if named.Nats != 0 {
		nats := named.Nats
		if c.Prior < 0 && nats > 3 {
			nats += rarePrior - c.Prior // what is rare has a name that nothing else has
		}
		if !h.by[i] { // another classifier of the category was named
			nats -= .5
		}
		k.add(nats, named.Text)
	}
	switch {
	case named.Nats == 0 && h.said && ofWords(c.Category):
		k.add(-2, "the name says something else")
	case named.Nats == 0 && w.mild && strings.HasPrefix(string(c.Category), "identity."):
		k.add(-5, "the name is of something else")
	case h.plural && c.Category == "identity.number":
		k.add(-9, "the name is of many")
	case c.Category == "online.url" && named.Nats < 6 && st.Values > 0 && !(len(h.tokens) == 1 && (h.table == people || h.table == personal)):
		k.add(-10, "nothing says whose it is")
	case c.Category == "contact.phone" && named.Nats == 0 && !h.known && bare(st):
		k.add(3.5, "digits of a telephone's length that follow no order")
	case named.Nats == 0 && c.Category == "demographic.birth_date" && h.nats["none.date"].Nats >= 6:
		k.add(-6, "the name says another date")
	}
	w.values(&k, i, named.Nats > 2)
	if c.Column != nil {
		st.Named = named.Nats > 2 && h.by[i]
		for _, n := range c.Column(st).Nats {
			k.add(n.Nats, n.Text)
		}
	}
	k.own = max(0, k.score-prior)
	nats, text := w.typ.nats(c.Category)
	if nats < 0 && c.Category == "contact.street" && strings.Contains(named.Text, "number") {
		nats = 0 // a house number may be a number
	}
	k.add(nats, text)
	nats, text = tableNats(h, c.Category, named.Nats > 0)
	k.add(nats, text)
	return k
}

// bare tells of telephone numbers as bare digits: of their length, far from each other, in no order.
func bare(st *Stats) bool {
	return st.Share(st.Texture.Digits) > .9 && st.Len[0] >= 9 && st.Len[1] <= 13 && st.Distinct >= 5 && st.Unique() && !st.Num.Monotone && !dense(st) && st.Share(st.Texture.Epochs) < .1
}

// prior gives what a category has before anything is seen.
func prior(c *Classifier) float64 {
	if c.Prior < 0 {
		return c.Prior
	}
	if p, ok := priors[c.Category]; ok {
		return p
	}
	return rarePrior
}

// values adds what the values say, by a beta-binomial over the distinct ones.
func (w *weighing) values(k *candidate, i int, named bool) {
	c, st := w.all[i], &w.st
	if st.Values == 0 {
		return
	}
	if c.Whole == nil && c.At == nil {
		if !named && c.Column == nil {
			k.add(-4, "nothing names it")
		}
		return
	}
	count := Count{}
	if w.hits[i] {
		count = st.Hits[c.Name]
	}
	n := st.Judged
	hits := min(count.Distinct, n)
	if count.Whole > 0 && !w.opts.Examples {
		if n := hits * count.Example / count.Whole; n < manyExamples || c.Category == "online.ip" && !named {
			hits -= n * 3 / 4 // those of private networks are examples of internet addresses, however many
		}
	}
	nats := w.matched(i, hits, n)
	if named && nats < 0 {
		share := strange(c.Category, st)
		if c.Category == "contact.street" && strings.Contains(w.h.nats[c.Category].Text, "number") {
			share = .6 // a house number has no street beside it
		}
		if hits == 0 && n >= 10 && c.Category == "identity.name" && w.h.firms() {
			share = .0005
		}
		nats = surprised(nats, share)
	}
	if !named && c.Chance >= .5 {
		nats = min(nats, 0) // where values tell nothing, only the name can speak for it
	}
	k.hits, k.of = hits, n
	k.add(max(-14, min(14, nats)), countText)
}

// negative weighs a competing class.
func (w *weighing) negative(k candidate, n *negative) candidate {
	st, h := &w.st, &w.h
	k.add(n.prior, "prior")
	if named, ok := h.nats[n.cat]; ok {
		k.add(named.Nats, named.Text)
	}
	if st.Values > 0 {
		nats, text := n.fit(st)
		k.add(nats*confidence(st.Distinct), text)
	}
	if n.cat == "none.other" && st.Values == 0 && !h.known {
		k.add(2.5, "neither name nor values")
	}
	nats, text := w.typ.nats(n.cat)
	k.add(nats, text)
	nats, text = tableNats(h, n.cat, h.nats[n.cat].Nats > 0)
	k.add(nats, text)
	return k
}

// confidence says how much a look at n distinct values weighs.
func confidence(n int64) float64 { return float64(n+2) / float64(n+3) }

// propose makes the proposal out of the candidates and what stands beside the field.
func (w *weighing) propose(st *Stats) pii.Proposal {
	s, cs := w.Set, w.cs
	if len(st.Field.Neighbour) > 0 || st.nobody {
		cs = slices.Clone(cs)
		for i := range cs {
			cs[i].beside(st)
		}
	}
	first, second := best(cs)
	z, harmless := 0.0, 0.0
	var suspect *candidate
	for i := range cs {
		e := math.Exp(cs[i].score - first.score)
		z += e
		if !cs[i].cat.Personal() {
			harmless += e
		} else if suspect == nil || cs[i].beats(suspect) {
			suspect = &cs[i]
		}
	}
	personal := 1 - harmless/z
	if first.cat.Personal() && harmless > 1 {
		first, second = bestHarmless(cs), first
	}
	why := w.candidate(first.who, &[]nat{})
	why.beside(st)
	p := pii.Proposal{
		Field: st.Field.Ref, Category: first.cat, Confidence: calibrate(confidenceOf(first, z, harmless)), Dense: true, Nats: why.written(),
		Personal: calibrate(doubted(personal)),
		Examined: pii.Examination{
			Values: st.Values, Nulls: st.Nulls, Distinct: st.Distinct, Unique: st.Values > 0 && st.Distinct == st.Values,
			Version: s.Version(), Shapes: shares(st), MaxLen: st.Len[1], Sum: st.Num,
		},
	}
	if suspect != nil {
		p.Suspect = suspect.cat
	}
	if second != nil {
		p.Nats = append(p.Nats, pii.Nat{Text: "next: " + string(second.cat), Nats: math.Round((first.score-second.score)*100) / 100})
	}
	if !p.Category.Personal() {
		s.inside(&p, st)
	}
	if p.Category.Personal() {
		p.Personal = max(p.Personal, p.Confidence)
	}
	return p
}

// doubt is by how many nats a suspicion is overstated where a harmless class is likelier: the shift that makes it calibrated over the labelled
// schemas of the development split. TestCost says what a threshold on it costs.
const doubt = 1.17

func doubted(p float64) float64 {
	odds := p / (1 - min(p, .9999)) * math.Exp(-doubt)
	return odds / (1 + odds)
}

// bestHarmless gives the best of the competing classes.
func bestHarmless(cs []candidate) (first *candidate) {
	for i := range cs {
		if !cs[i].cat.Personal() && (first == nil || cs[i].beats(first)) {
			first = &cs[i]
		}
	}
	return first
}

// confidenceOf is how sure the category is; of a competing class, how sure it is that one of them is right.
func confidenceOf(c *candidate, z, harmless float64) float64 {
	if c.cat.Personal() {
		return 1 / z
	}
	return harmless / z
}

// calibrate leaves room for what was not thought of.
func calibrate(p float64) float64 { return min(.995, math.Round(p*1000)/1000) }

// inside lists what a text contains. A text with something personal in it is proposed as text.personal.
func (s *Set) inside(p *pii.Proposal, st *Stats) {
	best := map[pii.Category]pii.Contained{}
	for name, n := range st.Within {
		c := s.all[s.byName[name]]
		if n == 0 || !c.Category.Personal() {
			continue
		}
		chance := max(c.Chance, .002)
		if st.Hits[name].Sure*2 > n {
			chance = min(chance, .02)
		}
		logit := math.Min(float64(n), 6)*-math.Log(chance) - 3
		if p.Category == "none.key" || p.Category == "none.hash" || p.Category == "none.date" {
			logit -= 4
		}
		if ofWords(c.Category) {
			logit -= titles(st, n)
		}
		one := pii.Contained{Category: c.Category, Confidence: calibrate(1 / (1 + math.Exp(-logit))), Share: float64(n) / float64(st.Values)}
		if old, ok := best[c.Category]; !ok || old.Confidence < one.Confidence || old.Confidence == one.Confidence && old.Share < one.Share {
			best[c.Category] = one
		}
	}
	for _, c := range best {
		p.Contains = append(p.Contains, c)
	}
	slices.SortFunc(p.Contains, func(a, b pii.Contained) int {
		if a.Confidence != b.Confidence {
			return int(math.Copysign(1, b.Confidence-a.Confidence))
		}
		return strings.Compare(string(a.Category), string(b.Category))
	})
	if len(p.Contains) > 0 && p.Contains[0].Confidence >= .5 {
		p.Category, p.Dense, p.Confidence = "text.personal", false, p.Contains[0].Confidence
	}
}

// ofWords tells of categories that words of every day make: titles and names of things hold them without being about anybody.
func ofWords(c pii.Category) bool {
	switch c {
	case "identity.name", "identity.given_name", "identity.family_name", "contact.street", "contact.city", "contact.postcode", "criminal.record":
		return true
	}
	return strings.HasPrefix(string(c), "demographic.") && c != "demographic.birth_date" || strings.HasPrefix(string(c), "health.")
}

// ofPlaces tells of what is said of things as often as of people: in a table that names nobody it is said of a thing.
func ofPlaces(c pii.Category) bool {
	switch c {
	case "contact.city", "contact.region", "contact.country", "location.coordinates", "online.url", "identity.photo", "demographic.language":
		return true
	}
	return false
}

// titles is what counts against names and streets in texts: titles and names of things are full of them.
func titles(st *Stats, n int64) float64 {
	share := float64(n) / float64(st.Values)
	switch {
	case st.Share(st.Texture.Sentences) < .5 && share < .2:
		return 22
	case share < .01:
		return 18
	}
	return 0
}

func shares(st *Stats) (out []pii.Share) {
	total := int64(0)
	for _, n := range st.Shapes {
		total += n
	}
	for name, n := range st.Shapes {
		out = append(out, pii.Share{Name: name, Share: math.Round(float64(n)/float64(total)*1000) / 1000})
	}
	slices.SortFunc(out, func(a, b pii.Share) int {
		if a.Share != b.Share {
			return int(math.Copysign(1, b.Share-a.Share))
		}
		return strings.Compare(a.Name, b.Name)
	})
	return out[:min(len(out), 8)]
}
