package lineage

import (
	"context"
	"slices"

	"vestige/pii"
)

// whom asks which person is meant where what was given is several people's: a family's telephone, a name and a date of birth that two have. Which of them the search
// met first says nothing, so that without an answer nobody's record is taken for hers, and nothing that those records say is looked for.
func (c *closer) whom(context.Context) error {
	if !c.lim.on(Agree) || c.answers[whomID] == pii.Accept || !c.several && !c.shared() {
		return nil
	}
	first := slices.IndexFunc(c.out.Records, func(r *Record) bool { return r.Holding == Hers })
	if first < 0 {
		return nil
	}
	for i, r := range c.out.Records {
		if r.Holding == Hers && c.g.Node(r.Dataset).Person > c.g.Node(c.out.Records[first].Dataset).Person {
			first = i // where people are told apart
		}
	}
	via, at := c.out.Records[first].Via, c.out.Records[first].Dataset
	c.out.Questions = nil // what was asked about records of hers is not known to be about hers: this one stands about them in its place
	for _, r := range c.out.Records {
		if r.Holding == HeldByOther {
			continue
		}
		r.Holding, r.Hits, r.Insides = HeldByOther, nil, nil
		if c.answers[whomID] != pii.Reject {
			r.Holding, r.Question = Unsure, whomID
			c.ask(Question{
				ID: whomID, Code: "several-people", Via: via,
				text: "What was given stands in records of several people, and does not say which of them is meant. A further identifier of the person would.",
				Yes:  Outcome{Text: "it is the person whose records were found: they are treated as hers"}, No: Outcome{Text: "it is somebody else: they stay as they are"},
			}, Doubt{ID: whomID, Dataset: at})
		}
	}
	c.forget()
	return nil
}

// shared tells whether each identifier that was given is several people's, and no name that was given beside says which of them is meant. An address, or a number, by
// which a system tells people apart is that person's, whoever had it before.
func (c *closer) shared() bool {
	given := slices.DeleteFunc(slices.Clone(c.known), func(k *Known) bool { return !k.Start })
	if len(given) == 0 {
		return false
	}
	if c.twoAccounts() {
		return true
	}
	for _, k := range given {
		if k.Category == "contact.phone" && len(c.said.names()) < 2 && c.byPhone() && c.sameTime(k) {
			return true
		}
		if k.Single || k.Category == "contact.email" && c.givenUp(k) || (k.Category == "contact.email" || !k.Category.Global()) && c.anchored(k) {
			return false
		}
	}
	return len(c.said.names()) < 2
}

// twoAccounts tells whether a telephone alone led to two records of one dataset in which each is another person, by identifiers of their own: father and son, who
// have one name too.
func (c *closer) twoAccounts() bool {
	if !c.byPhone() {
		return false
	}
	met := map[pii.Ref][]string{}
	for _, r := range c.out.Records {
		n := c.g.Node(r.Dataset)
		own := c.ownGlobals(n, r)
		if r.Holding != Hers || !accounts(n) || len(own) == 0 {
			continue
		}
		if had := met[r.Dataset]; had != nil && !slices.ContainsFunc(own, func(id string) bool { return slices.Contains(had, id) }) {
			return true
		}
		met[r.Dataset] = own
	}
	return false
}

// otherAccount tells whether a telephone of hers led to a second record of the accounts in which she has one, and each has another address of its own: a family's, where no name says
// that both are hers.
func (c *closer) otherAccount(n *Node, f *pii.Found, k *Known) bool {
	if !c.lim.on(Agree) || k.Start && c.byPhone() || k.Category != "contact.phone" || !accounts(n) || c.profile.compare(traits(n, f), "") == agrees {
		return false
	}
	own := c.ownGlobals(n, &Record{Fields: f.Fields})
	return len(own) > 0 && slices.ContainsFunc(c.out.Records, func(r *Record) bool {
		had := c.ownGlobals(n, r)
		return r.Holding == Hers && r.Dataset == f.Dataset && len(had) > 0 && !slices.ContainsFunc(own, func(id string) bool { return slices.Contains(had, id) })
	})
}

// accounts tells whether each record of a dataset is another person: it stands for people, or each has an address that no other one has.
func accounts(n *Node) bool {
	return n.Person >= 0.9 || n.Person >= possible && slices.ContainsFunc(n.Fields, func(f FieldNode) bool {
		return f.Category == "contact.email" && f.Role == Owns && f.Dense && f.Unique && f.Form == ""
	})
}

// ownGlobals gives the global identifiers of a record's own person besides telephones.
func (c *closer) ownGlobals(n *Node, r *Record) (out []string) {
	for i := range n.Fields {
		f := &n.Fields[i]
		if f.Role != Owns || f.Form != "" || !f.Dense || !f.Category.Global() || f.Category == "contact.phone" || many(f) {
			continue
		}
		for _, v := range r.Fields[f.Field.Name] {
			if id, ok := identifier(n, f, v.Value); ok && !system(id) {
				out = append(out, idKey(id))
			}
		}
	}
	return out
}

// byPhone tells whether nothing but telephones was given that identifies.
func (c *closer) byPhone() bool {
	return !slices.ContainsFunc(c.known, func(k *Known) bool { return k.Start && k.Category != "contact.phone" })
}

// forget leaves of what is known of her only what was given.
func (c *closer) forget() {
	c.known = slices.DeleteFunc(c.known, func(k *Known) bool {
		if !k.Start {
			delete(c.byID, idKey(k.Identifier))
		}
		return !k.Start
	})
	c.profile, c.out.Referrers, c.things = profile{}, nil, nil
	c.profile.learn(c.said)
}

// whomID is the question of a request, and not of a place.
const whomID = "q-several-people"
