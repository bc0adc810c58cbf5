package lineage

import "vestige/pii"

// whom asks which person is meant where each identifier that was given is several people's: a family's telephone. Which of them the search met first says
// nothing, so that without an answer nobody's record is taken for hers. An address by which a system tells people apart is that person's, whoever had it before.
func (c *closer) whom() {
	if c.trades || !c.lim.on(Agree) {
		return
	}
	var via []Link
	for _, k := range c.known {
		if k.Start && (k.Single || k.Category == "contact.email" && c.anchored(k)) {
			return
		}
	}
	for _, r := range c.out.Records {
		if r.Holding == Hers && len(via) == 0 {
			via = r.Via
		}
	}
	if len(via) == 0 || c.answers[whomID] == pii.Accept {
		return
	}
	to := Unsure
	if c.answers[whomID] == pii.Reject {
		to = HeldByOther
	}
	for _, r := range c.out.Records {
		if r.Holding == HeldByOther || r.Question != "" {
			continue
		}
		if r.Holding, r.Hits, r.Insides = to, nil, nil; to == Unsure {
			r.Question = whomID
			c.ask(Question{
				ID: whomID, Code: "several-people", Dataset: via[0].Dataset, Via: via,
				Text: "What was given stands in records of several people, and does not say which of them is meant. A further identifier of the person would.",
				Yes:  Outcome{Text: "it is the person whose records were found: they are treated as hers"}, No: Outcome{Text: "it is somebody else: they stay as they are"},
			})
		}
	}
}

// whomID is the question of a request, and not of a place.
const whomID = "q-several-people"
