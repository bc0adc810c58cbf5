package company

import (
	"fmt"
	"math/rand/v2"
)

// Categories of the truth.
const (
	catEmail    = "contact.email"
	catPhone    = "contact.phone"
	catAddress  = "contact.address"
	catDevice   = "online.device_id"
	catIP       = "online.ip"
	catLoyalty  = "identity.loyalty_number"
	catCustomer = "identity.customer_number"
	catName     = "identity.full_name"
	catBirth    = "identity.birth_date"
)

const supportAgents = 5

// hire invents the employees. The first of them is the one who stands everywhere.
func (b *builder) hire(rng *rand.Rand, reg *registry, uid int) {
	for i := range supportAgents {
		a := b.invent(rng, reg, false)
		a.agent, a.inUsers = true, b.style.agentsAreIn == "users"
		a.email = ascii(a.given) + "." + ascii(a.surname) + "@" + b.domain
		a.uid, a.device, a.loyalty, a.partner = i+1, "", "", nil
		if a.inUsers {
			a.uid = uid + i
		}
		b.people, b.agents = append(b.people, a), append(b.agents, a)
	}
}

func (p *person) number() string { return fmt.Sprint(p.uid) }

// subject writes down what the truth knows of a person.
func (p *person) subject() Subject {
	s := Subject{ID: p.id, Name: p.full(), Agent: p.agent}
	s.Start = Identifier{Category: catEmail, Value: p.email, Single: !p.borrowed}
	s.Identifiers = append(s.Identifiers, s.Start)
	for _, mail := range []string{p.oldMail, p.copyMail} {
		if mail != p.email && mail != "" {
			s.Identifiers = append(s.Identifiers, Identifier{Category: catEmail, Value: mail, Single: true})
		}
	}
	if p.has[NestedJSON] {
		s.Identifiers = append(s.Identifiers, Identifier{Category: catEmail, Value: p.backup(), Single: true})
	}
	if p.lentMail != "" {
		s.Identifiers = append(s.Identifiers, Identifier{Category: catEmail, Value: p.lentMail})
	}
	if p.phone.e164 != "" {
		s.Identifiers = append(s.Identifiers, Identifier{Category: catPhone, Value: p.phone.spaced, Forms: p.phone.forms(), Single: p.partner == nil})
	}
	for _, id := range []Identifier{{Category: catDevice, Value: p.device}, {Category: catLoyalty, Value: p.loyalty}, {Category: catCustomer, Value: p.legacy}} {
		if id.Value != "" {
			id.Single = true
			s.Identifiers = append(s.Identifiers, id)
		}
	}
	s.Identifiers = append(s.Identifiers, Identifier{Category: catCustomer, Value: p.number()})
	s.Attributes = []Identifier{
		{Category: catName, Value: p.full()}, {Category: catBirth, Value: p.birth}, {Category: catAddress, Value: p.street},
		{Category: catIP, Value: p.ip},
	}
	return s
}
