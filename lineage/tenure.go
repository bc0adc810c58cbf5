package lineage

import (
	"slices"

	"vestige/pii"
)

// An address or a telephone that somebody gave up is given to somebody else. Where no history says who had it when, the accounts do: from when they were opened until
// they were closed.

var goneWords = []string{
	"closed", "deleted", "deactivated", "disabled", "terminated", "cancelled", "canceled", "left", "ended", "removed", "archived", "expired", "churned", "resigned",
	"geschlossen", "geloescht", "gekuendigt", "ausgetreten", "austritt", "baja", "cierre", "cloture", "resiliation", "opgezegd", "gesloten", "chiuso", "cessazione",
}

// tenure gives for how long a record of a person was her account, nil where it says neither when that began nor when it ended.
func tenure(n *Node, f *pii.Found) *Window {
	w, begun := &Window{account: true}, false
	for _, m := range times(n, f) {
		switch ws := words(m.field); {
		case anyWord(ws, goneWords) || anyWord(ws, endWords):
			w.To = max(w.To, m.at)
		case anyWord(ws, bornWords) && (!begun || m.at < w.From):
			w.From, begun = m.at, true
		}
	}
	if !begun && w.To == 0 {
		return nil
	}
	return w
}

// Passing tells whether an identifier was hers for a time only, or may have been somebody else's before.
func (k *Known) Passing() bool {
	return len(k.Past) > 0 || k.Window != nil && (!k.Window.account || k.Window.To != 0)
}

// heldFor gives for how long a record says that its identifiers were its person's.
func heldFor(n *Node, f *pii.Found) *Window {
	if n.Person >= 0.9 {
		return tenure(n, f)
	}
	return window(n, f)
}

// holders puts first, of the accounts that hold what was given, that of the person whom the request is from: whose name was given too, or who has it now. Where two
// people have an address now, nothing says which of them is meant.
func (c *closer) holders(a ask, found []*pii.Found) {
	given := func(f *pii.Found) *Known {
		for _, h := range f.Hits {
			if h.Term < len(a.known) && h.Value < len(a.known[h.Term]) && a.known[h.Term][h.Value].Start {
				return a.known[h.Term][h.Value]
			}
		}
		return nil
	}
	rankOf := func(f *pii.Found) int {
		w := tenure(a.node, f)
		switch {
		case given(f) == nil:
			return 0
		case len(c.said.names()) > 1 && c.said.compare(traits(a.node, f), "") == agrees:
			return 3
		case w != nil && w.To != 0:
			return 1
		}
		return 2
	}
	slices.SortStableFunc(found, func(x, y *pii.Found) int { return rankOf(y) - rankOf(x) })
	for i := 1; i < len(found) && c.lim.on(Agree); i++ {
		k := given(found[i])
		if k != nil && k.Category == "contact.email" && k == given(found[0]) && rankOf(found[i]) == rankOf(found[0]) && c.only(k) {
			c.several = c.several || traits(a.node, found[0]).compare(traits(a.node, found[i]), k.Category) == differs
		}
	}
}

// only tells whether nothing else was given that identifies.
func (c *closer) only(k *Known) bool {
	return !slices.ContainsFunc(c.known, func(o *Known) bool { return o.Start && o != k })
}

// hadBefore notes for how long an account of somebody else had an identifier of hers, and tells whether that is over and she has it since.
func (c *closer) hadBefore(f *pii.Found, k *Known) bool {
	n := c.g.Node(f.Dataset)
	if n.Person < 0.9 || !c.lim.on(Windows) || !k.Category.Global() {
		return false
	}
	w := tenure(n, f)
	if w == nil {
		return false
	}
	if !slices.Contains(k.Past, *w) {
		k.Past = append(k.Past, *w)
	}
	return w.To != 0 && k.Window != nil && k.Window.account && k.Window.To == 0 && k.Window.From >= w.From
}

// byTime asks whether the record is from the time for which a recycled identifier was hers. Where only accounts tell, a time that is in hers and in another's, or in
// neither, says nothing; and what has no time is of now.
func (c *closer) byTime(p *pend) int {
	w := p.known.Window
	if w == nil || !c.lim.on(Windows) {
		return unclear
	}
	theirs := func(at int64) bool {
		return slices.ContainsFunc(p.known.Past, func(o Window) bool { return o.holds(at) })
	}
	result := unclear
	switch over := slices.ContainsFunc(p.known.Past, func(o Window) bool { return o.To == 0 }); {
	case w.To != 0 && p.known.Why == "held-by-another":
		result = differs // somebody else has it now
	case w.account && w.To == 0 && len(p.known.Past) > 0 && !over:
		result = agrees
	}
	for _, m := range times(p.node, p.found) {
		switch mine, other := w.holds(m.at), w.account && theirs(m.at); {
		case mine && !other:
			return agrees
		case w.account && mine == other:
			result = unclear
		default:
			result = differs
		}
	}
	return result
}
