package company

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// person is one invented person with everything the company knows of her.
type person struct {
	id                      Person
	uid                     int // her number in users
	given, surname          string
	email                   string
	oldMail                 string // known to the loyalty programme and the CRM only
	copyMail                string // what she had when the silent copy was made
	lentMail                string // was hers, then given to lentTo
	lentTo                  *person
	borrowed                bool // her present address was somebody else's once
	phone                   phone
	partner                 *person // shares telephone and address
	birth                   string
	street, zip, city       string
	nation                  nation
	address                 int
	device, loyalty, legacy string
	ip                      string
	agent                   bool
	has                     map[Difficulty]bool
	inUsers, inLegacy       bool
}

func (p *person) full() string { return p.given + " " + p.surname }

// registry keeps what must not occur twice.
type registry struct{ names, mails, phones, ips map[string]bool }

const pluckLimit = 64

// makePeople invents the customers and employees. The walk subject comes first, so that hers is the short address that
// others come near to.
func (b *builder) makePeople() {
	rng := b.rng("people")
	reg := &registry{map[string]bool{}, map[string]bool{}, map[string]bool{}, map[string]bool{}}
	uid := 1 + rng.IntN(40)
	if !b.with(EqualIDs) {
		uid = 500000 + rng.IntN(1000)
	}
	for i := range b.opts.People {
		p := b.invent(rng, reg, i == 0)
		p.uid, uid = uid, uid+1+gap(rng)
		b.people = append(b.people, p)
	}
	b.walk = b.people[0]
	b.deal(rng)
	b.meet(rng, reg)
	b.hire(rng, reg, uid)
	b.placeWalk(rng)
	for i, p := range b.people {
		p.id = Person(i)
	}
}

// gap is what deleted accounts leave between two numbers.
func gap(rng *rand.Rand) int {
	if rng.IntN(4) > 0 {
		return 0
	}
	return 1 + rng.IntN(9)
}

// placeWalk gives the walk subject a number and a place in the middle, where nothing distinguishes her.
func (b *builder) placeWalk(rng *rand.Rand) {
	i := 3 + rng.IntN(b.opts.People-6)
	other := b.people[i]
	b.people[0], b.people[i] = other, b.walk
	b.walk.uid, other.uid = other.uid, b.walk.uid
}

func (b *builder) invent(rng *rand.Rand, reg *registry, short bool) *person {
	all := nations()
	p := &person{nation: all[rng.IntN(len(all))], has: map[Difficulty]bool{}, inUsers: true}
	for {
		p.given, p.surname = pick(rng, p.nation.given), pick(rng, p.nation.surnames)
		if short && len(ascii(p.given)) > 5 {
			continue
		}
		if !reg.names[p.full()] {
			break
		}
		if len(reg.names) > len(p.nation.given)*len(p.nation.surnames)/8 { // a very large company needs double names
			p.surname += "-" + pick(rng, p.nation.surnames)
			if !reg.names[p.full()] {
				break
			}
		}
	}
	reg.names[p.full()] = true
	p.email = reg.mail(rng, p, short)
	p.phone = reg.phone(rng, p.nation)
	p.ip = reg.ip(rng)
	p.birth = day(epoch.AddDate(-18-rng.IntN(60), 0, -rng.IntN(365)))
	p.street = fmt.Sprintf("%s %d", pick(rng, p.nation.streets), 1+rng.IntN(180))
	if p.nation.country != "DE" {
		p.street = fmt.Sprintf("%d %s", 1+rng.IntN(980), pick(rng, p.nation.streets))
	}
	p.city, p.zip = pick(rng, p.nation.cities), p.nation.postcode(rng)
	p.device = uuid(rng)
	p.loyalty = fmt.Sprintf("LY-%08d", 10000000+rng.IntN(89999999))
	return p
}

func domains() []string {
	return []string{"example.com", "example.org", "example.net", "mail.example", "post.example", "inbox.test", "web.test"}
}

// mail gives an address that nobody has yet.
func (g *registry) mail(rng *rand.Rand, p *person, short bool) string {
	given, sur := ascii(p.given), ascii(p.surname)
	for try := 0; ; try++ {
		local := pick(rng, []string{given + "." + sur, given[:1] + "." + sur, given + sur, sur + "." + given, given + "_" + sur, given})
		domain := pick(rng, domains())
		if short {
			local, domain = given, pick(rng, []string{"example.com", "example.org", "example.net"})
		}
		if try > 6 || (!short && rng.IntN(4) == 0) {
			local += fmt.Sprint(60 + rng.IntN(40+try))
		}
		if mail := local + "@" + domain; !g.mails[mail] {
			g.mails[mail] = true
			return mail
		}
	}
}

func (g *registry) phone(rng *rand.Rand, n nation) phone {
	for range pluckLimit {
		if p := n.phone(rng); !g.phones[p.e164] {
			g.phones[p.e164] = true
			return p
		}
	}
	return phone{} // more people than numbers kept for fiction: some have no telephone
}

func (g *registry) ip(rng *rand.Rand) string {
	for range pluckLimit {
		ip := fmt.Sprintf("198.%d.%d.%d", 18+rng.IntN(2), rng.IntN(256), 1+rng.IntN(254))
		if !g.ips[ip] {
			g.ips[ip] = true
			return ip
		}
	}
	return "192.0.2.1"
}

// deal says who has which difficulty: the walk subject all, others by lot.
func (b *builder) deal(rng *rand.Rand) {
	for _, d := range Difficulties() {
		for _, p := range b.people {
			p.has[d] = (p == b.walk || rng.IntN(100) < 30) && b.with(d)
		}
	}
	quotas := map[Difficulty]int{ObjectKeys: 5, JointOrder: 1 + b.opts.People/10, RecycledEmail: 1 + b.opts.People/25, SharedHousehold: 1 + b.opts.People/12, NearMisses: 1}
	for _, d := range []Difficulty{ObjectKeys, JointOrder, RecycledEmail, SharedHousehold, NearMisses} {
		left := quotas[d]
		for _, p := range b.people {
			p.has[d] = p.has[d] && left > 0
			if p.has[d] {
				left--
			}
		}
	}
}

// meet makes the relations between people that need two of them.
func (b *builder) meet(rng *rand.Rand, reg *registry) {
	if b.with(NearMisses) {
		b.comeNear(reg)
	}
	for _, p := range b.people {
		p.copyMail = p.email
		if p.has[SilentCopy] {
			p.copyMail = reg.mail(rng, p, false)
		}
		p.oldMail = p.email
		if p.has[IdentifierChain] {
			p.oldMail = reg.mail(rng, p, false)
		}
		p.inLegacy = p.has[IdentifierChain] || rng.IntN(3) == 0
		if p.inLegacy {
			p.legacy = reg.legacy(rng)
		}
	}
	for i, p := range b.people {
		if p.has[SharedHousehold] && p.partner == nil {
			b.moveIn(p, i)
		}
	}
	for i, p := range b.people {
		if p.has[RecycledEmail] {
			b.lend(p, i, reg, rng)
		}
	}
}

func (g *registry) legacy(rng *rand.Rand) string {
	for {
		n := fmt.Sprintf("K-%06d", rng.IntN(1000000))
		if !g.names[n] {
			g.names[n] = true
			return n
		}
	}
}

// comeNear gives three strangers what can be taken for the walk subject's.
func (b *builder) comeNear(reg *registry) {
	w := b.walk
	local, domain, _ := strings.Cut(w.email, "@")
	near := []string{"jo" + local + "@" + domain, w.email + ".test", local + "+news@" + domain}
	for i, mail := range near {
		p := b.people[len(b.people)-1-i]
		delete(reg.mails, p.email)
		p.email, p.has[NearMisses] = mail, true
		reg.mails[mail] = true
	}
	p := b.people[len(b.people)-1]
	p.given, p.surname, p.nation = "Jo"+strings.ToLower(w.given), w.surname, w.nation
}

// moveIn lets p share the household of somebody who shares none yet.
func (b *builder) moveIn(p *person, i int) {
	for step := 1; step < len(b.people); step++ {
		q := b.people[(i+step*7)%len(b.people)]
		if q == p || q.partner != nil || q.has[SharedHousehold] {
			continue
		}
		p.partner, q.partner = q, p
		q.phone, q.street, q.zip, q.city, q.nation = p.phone, p.street, p.zip, p.city, p.nation
		return
	}
}

// lend lets an address that p had become that of another person, who had one of his own when the older systems were filled.
func (b *builder) lend(p *person, i int, reg *registry, rng *rand.Rand) {
	for step := 1; step < len(b.people); step++ {
		q := b.people[(i+step*11)%len(b.people)]
		if q == p || q == p.partner || q.has[RecycledEmail] || q.has[NearMisses] || q.lentTo != nil || q.borrowed {
			continue
		}
		p.lentMail, p.lentTo = reg.mail(rng, p, false), q
		q.email, q.borrowed = p.lentMail, true
		return
	}
}
