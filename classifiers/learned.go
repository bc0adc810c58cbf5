package classifiers

import (
	_ "embed"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"sync"

	"vestige/pii"
)

//go:embed learned.tsv
var learnedText string

// learned is the weights of traits: a small model that was trained on labelled names of columns, and says how far a proposal that rests on a
// name alone is to be believed. `go generate ./classifiers/eval` writes it again.
var learned = sync.OnceValue(func() map[string]float64 {
	m := map[string]float64{}
	for l := range strings.Lines(learnedText) {
		name, weight, ok := strings.Cut(strings.TrimSuffix(l, "\n"), "\t")
		if w, err := strconv.ParseFloat(weight, 64); ok && err == nil {
			m[name] = w
		}
	}
	return m
})

// Traits gives what the learned weights know a proposal by: what the words of field and table are, which letters follow each other in the
// name, the type, the category with its probability, and how many of its neighbours are personal.
func Traits(d *pii.Dataset, f *pii.Field, p *pii.Proposal, share float64, yield func(name string, value float64)) {
	sure := p.Confidence
	if !p.Category.Personal() {
		sure = 1 - sure
	}
	yield("bias", 1)
	yield("sure", logit(sure)/3)
	yield("category "+string(p.Category), 1)
	yield("category "+string(p.Category)+" by "+strconv.Itoa(int(math.Round(nameNats(p)))), 1)
	yield("type "+string(f.Type), 1)
	yield("neighbours", share)
	if p.Category.Personal() {
		yield("personal", 1)
		if share*float64(len(d.Fields)) < 1.5 && len(d.Fields) > 2 { // nothing beside it is
			yield("alone", 1)
			yield("alone "+string(p.Category), 1)
		}
	}
	words(f.Name, "head ", "word ", yield)
	words(d.Ref.Dataset, "table head ", "table word ", yield)
	s := "^" + strings.ToLower(f.Name) + "$"
	for n := 3; n <= 5; n++ {
		for i := 0; i+n <= len(s); i++ {
			yield("letters "+s[i:i+n], .3)
		}
	}
}

func words(name, head, word string, yield func(string, float64)) {
	ws := Tokens(name)
	if word == "word " {
		yield("words "+strconv.Itoa(min(4, len(ws))), 1)
	}
	if len(ws) > 0 {
		yield(head+ws[len(ws)-1], 1)
	}
	for _, w := range ws {
		yield(word+w, .5)
	}
}

func nameNats(p *pii.Proposal) float64 {
	for _, n := range p.Nats {
		if strings.HasPrefix(n.Text, "name ") || strings.HasPrefix(n.Text, "the name") || strings.HasPrefix(n.Text, "the head") {
			return n.Nats
		}
	}
	return 0
}

func logit(p float64) float64 {
	p = min(.995, max(.005, p))
	return math.Log(p / (1 - p))
}

// believed is the least probability at which a name alone makes a proposal.
const believed = .4

// believe lets the learned weights judge the proposals that rest on names alone.
func (s *Set) believe(out []pii.Proposal, d *pii.Dataset) {
	if s.opts.Unlearned || d == nil || len(out) != len(d.Fields) {
		return
	}
	personal := 0
	for i := range out {
		if out[i].Category.Personal() {
			personal++
		}
	}
	for i := range out {
		if out[i].Examined.Values == 0 {
			judge(&d.Fields[i], d, &out[i], float64(personal)/float64(len(out)))
		}
	}
}

// judge weighs one proposal again. Its strongest traits are written out.
func judge(f *pii.Field, d *pii.Dataset, p *pii.Proposal, share float64) {
	weights, z := learned(), 0.0
	var terms []pii.Nat
	Traits(d, f, p, share, func(name string, value float64) {
		w := weights[name] * value
		z += w
		if math.Abs(w) >= .25 && name != "bias" && name != "sure" {
			terms = append(terms, pii.Nat{Text: "learned: " + name, Nats: math.Round(w*100) / 100})
		}
	})
	sure := 1 / (1 + math.Exp(-z))
	slices.SortFunc(terms, func(a, b pii.Nat) int {
		if x, y := math.Abs(a.Nats), math.Abs(b.Nats); x != y {
			return int(math.Copysign(1, y-x))
		}
		return strings.Compare(a.Text, b.Text)
	})
	p.Nats = append(p.Nats, terms[:min(3, len(terms))]...)
	switch {
	case !p.Category.Personal():
		p.Confidence = calibrate(1 - sure)
	case sure < believed:
		p.Nats = append(p.Nats, pii.Nat{Text: fmt.Sprintf("not believed: %s", p.Category), Nats: math.Round(z*100) / 100})
		p.Category, p.Confidence = "none.other", calibrate(1-sure)
	default:
		p.Confidence = calibrate(stated(p.Category, z))
	}
}

// stated is how sure a proposal that is believed is, by the log-odds of its weights: those are trained to decide, and are too modest of what is right
// either way, keys before all. The shifts make them calibrated over columns of the development split, each held back with its application.
func stated(c pii.Category, z float64) float64 {
	z = .5 + .84*z
	if c == "identity.number" || c == "identity.customer_number" {
		z = 1.53 + .8*(z-.5)
	}
	return 1 / (1 + math.Exp(-z))
}
