package classifiers

import "math"

// matched gives what hits among n values say for a classifier. Most match none.
func (w *weighing) matched(i int, hits, n int64) float64 {
	p := &w.pairs[w.pairOf[i]]
	if hits > 0 {
		return p.cover.log(hits, n) - p.chance.log(hits, n)
	}
	if known := &w.none[w.pairOf[i]]; *known == 0 {
		*known = p.cover.none(n, &w.top[0]) - p.chance.none(n, &w.top[1])
	}
	return w.none[w.pairOf[i]]
}

// pair is how often a classifier matches values of its category, and others.
type pair struct{ cover, chance rate }

// rate is drawn from Beta(a, b).
type rate struct{ a, b, unit, lgA float64 }

func newRate(a, b float64) rate { return rate{a, b, lbeta(a, b), lgamma(a)} }

// log gives log P(k of n) at the rate (Murphy 2012, 3.3), without the binomial coefficient.
func (r rate) log(k, n int64) float64 {
	if n == 0 {
		return 0
	}
	return lbeta(float64(k)+r.a, float64(n-k)+r.b) - r.unit
}

// none is log of none of n. top is what it needed last for a and b together: nearly all rates have the same.
func (r rate) none(n int64, top *[2]float64) float64 {
	if n == 0 {
		return 0
	}
	b := float64(n) + r.b
	if top[0] != r.a+b {
		*top = [2]float64{r.a + b, lgamma(r.a + b)}
	}
	return r.lgA + lgamma(b) - top[1] - r.unit
}

// rates gives the pair of a classifier.
func rates(c *Classifier) pair {
	of := c.Cover
	if of == 0 {
		of = .95
	}
	by := min(max(c.Chance, .002), .95)
	return pair{newRate(6*of, 6*(1-of)), newRate(4*by, 4*(1-by))}
}

func lbeta(a, b float64) float64 { return lgamma(a) + lgamma(b) - lgamma(a+b) }

func lgamma(x float64) float64 {
	y, _ := math.Lgamma(x)
	return y
}
