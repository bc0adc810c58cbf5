package company

import "math/rand/v2"

func (b *builder) fillSupport() {
	b.fillEmployees()
	b.fillTickets()
	b.fillMessages()
	b.fillNotes()
}

func (b *builder) fillEmployees() {
	t := b.table("employees")
	if t == nil {
		return
	}
	for i, a := range b.agents {
		r := row{"id": a.uid, "full_name": a.full(), "email": a.email, "phone": orNull(a.phone.spaced), "role": "support"}
		if i > 0 {
			r["manager_id"] = b.agents[(i-1)/2].uid
		}
		t.add(r).own(Gone, a)
	}
}

// agent gives mostly the one who stands everywhere.
func (b *builder) agent(rng *rand.Rand) *person {
	if rng.IntN(100) < 85 {
		return b.agents[0]
	}
	return pick(rng, b.agents)
}

const (
	ticketsEach = 5
	earlyTicket = 7 // the walk subject's first
)

func (b *builder) fillTickets() {
	rng, t := b.rng("tickets"), b.table("tickets")
	for i := range b.opts.People * ticketsEach {
		p := pick(rng, b.customers())
		if i%b.opts.People == earlyTicket {
			p = b.walk
		}
		b.ticket(rng, t, p, i)
	}
}

func (b *builder) ticket(rng *rand.Rand, t *table, p *person, i int) {
	agent := b.agent(rng)
	r := row{
		"user_id": p.uid, "agent_id": agent.uid, "agent_mail": agent.email, "subject": pick(rng, []string{"Return", "Delivery", "Rechnung", "Question", "Reklamation"}),
		"at": stamp(within(rng, afterwards, epoch)),
	}
	rec := t.add(r).own(Gone, p)
	if b.with(SupportAgent) {
		rec.because(SupportAgent)
	}
	if i == earlyTicket && b.with(StalePages) {
		rec.because(StalePages) // among the first rows of a table that outgrew its first page
	}
	said := (&prose{}).say(chatter(rng, 1+rng.IntN(3)))
	if b.with(FreeText) && (i == earlyTicket || p == b.walk || rng.IntN(10) < 4) {
		said.tell(rng, p, pick(rng, ownTemplates()))
		rec.because(FreeText)
		if p.has[NearMisses] {
			rec.because(NearMisses)
		}
	}
	meta := map[string]any{"channel": pick(rng, []string{"web", "mail", "phone"}), "priority": rng.IntN(3)}
	if q := b.mentioned(rng, p, i); q != nil {
		about := (&prose{}).tell(rng, q, pick(rng, otherTemplates()))
		said.say(about.String())
		rec.mention(q, about.tokens...).because(MentionedElsewhere)
		if b.with(NestedJSON) {
			meta["cc"] = []any{q.email, "support@" + b.domain}
			rec.because(NestedJSON)
		}
	}
	r["body"], r["meta"] = said.String()+b.replied(rng, agent), compact(meta)
	b.comment(rng, r["id"].(int), p, agent)
}

func (b *builder) replied(rng *rand.Rand, agent *person) string {
	if rng.IntN(3) > 0 {
		return ""
	}
	return "\n\n" + chatter(rng, 1) + b.signature(agent)
}

// mentioned gives, now and then, somebody else whom a text is about too.
func (b *builder) mentioned(rng *rand.Rand, p *person, i int) *person {
	if !b.with(MentionedElsewhere) || !b.with(FreeText) {
		return nil
	}
	if i%b.opts.People == 11 && p != b.walk {
		return b.walk
	}
	if rng.IntN(12) > 0 {
		return nil
	}
	return b.other(rng, p, p.partner)
}

// comment writes the entries of a ticket; they are its customer's, whoever wrote them.
func (b *builder) comment(rng *rand.Rand, ticket int, p, agent *person) {
	t := b.table("comments")
	parent := 0
	for i := range rng.IntN(3) {
		said := (&prose{}).say(chatter(rng, 1))
		author := p.email
		if i%2 == 0 {
			author = agent.email
			if !b.with(SupportAgent) {
				author = b.desk()
			}
		}
		r := row{"ticket_id": ticket, "author_mail": author, "at": stamp(within(rng, afterwards, epoch))}
		if parent != 0 {
			r["parent_id"] = parent
		}
		rec := t.add(r).own(Gone, p)
		if q := b.mentioned(rng, p, -1); q != nil && i == 0 {
			about := (&prose{}).tell(rng, q, pick(rng, otherTemplates()))
			said.say(about.String())
			rec.mention(q, about.tokens...).because(MentionedElsewhere)
		}
		r["body"] = said.String()
		if i%2 == 0 {
			r["body"] = said.String() + b.signature(agent)
		}
		if parent != 0 && b.with(SelfReferences) {
			rec.because(SelfReferences)
		}
		parent = r["id"].(int)
	}
}

func (b *builder) desk() string {
	if b.with(NoReply) {
		return "support@" + b.domain
	}
	return "desk"
}

// fillMessages writes what customers sent each other: of two people each, so that neither can take it away.
func (b *builder) fillMessages() {
	t := b.table("messages")
	if t == nil {
		return
	}
	rng := b.rng("messages")
	for i := range b.opts.People * 3 / 2 {
		from := pick(rng, b.customers())
		if i == 5 {
			from = b.walk
		}
		to := b.other(rng, from, from.partner)
		if i == 9 && from != b.walk && from != b.walk.partner {
			to = b.walk
		}
		said := (&prose{}).say(chatter(rng, 1+rng.IntN(2)))
		if b.with(FreeText) && rng.IntN(3) == 0 {
			said.tell(rng, from, pick(rng, []string{"Write to me at {m}.", "Meine Adresse ist {m}, {n}."}))
		}
		t.add(row{"sender_id": from.uid, "recipient_id": to.uid, "body": said.String(), "at": stamp(within(rng, afterwards, epoch))}).
			own(Detached, from, to).fields(from, "sender_id").fields(to, "recipient_id").tokens(from, said.tokens...).because(MentionedElsewhere)
	}
}

// fillNotes writes what employees note down about customers; the full-text index is over these.
func (b *builder) fillNotes() {
	rng, t := b.rng("notes"), b.table("notes")
	for i := range b.opts.People * 6 / 5 {
		p := b.customers()[i%b.opts.People]
		r := row{"user_id": p.uid, "agent_id": b.agent(rng).uid, "at": stamp(within(rng, afterwards, epoch))}
		rec := t.add(r).own(Gone, p)
		said := (&prose{}).say(chatter(rng, 1))
		if b.with(FreeText) && (p == b.walk || rng.IntN(2) == 0) {
			said.tell(rng, p, pick(rng, []string{"Spoke to {n}, {c}, on {p}.", "Rückruf an {p}, {c}.", "Confirmed {m} for {c}."}))
			rec.because(FreeText)
		}
		if q := b.mentioned(rng, p, -1); q != nil || (i == b.opts.People+1 && p != b.walk && b.with(MentionedElsewhere) && b.with(FreeText)) {
			if q == nil {
				q = b.walk
			}
			about := (&prose{}).tell(rng, q, pick(rng, otherTemplates()))
			said.say(about.String())
			rec.mention(q, about.tokens...).because(MentionedElsewhere)
		}
		r["body"] = said.String()
	}
}
