package company

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"
)

// The years in which things happen; an address that changes hands does so in 2022.
var (
	handover   = time.Date(2022, 6, 1, 0, 0, 0, 0, time.UTC)
	inThePast  = time.Date(2019, 3, 1, 0, 0, 0, 0, time.UTC)
	afterwards = time.Date(2023, 1, 10, 0, 0, 0, 0, time.UTC)
)

func within(rng *rand.Rand, from, to time.Time) time.Time {
	return from.Add(time.Duration(rng.Int64N(int64(to.Sub(from)/time.Second))) * time.Second)
}

func (b *builder) fillPeople() {
	b.fillAddresses()
	b.fillDeliveries()
	b.fillUsers()
	b.fillSessions()
	b.fillHistory()
	b.fillPayments()
	b.fillCopy()
	b.fillActions()
}

// fillActions writes a few records each that only a foreign key connects with the walk subject: two are another's as well.
func (b *builder) fillActions() {
	if b.table("vouchers") == nil {
		return
	}
	rng := b.rng("actions")
	for i, p := range []*person{b.other(rng, b.walk), b.walk, b.other(rng, b.walk)} {
		q := b.other(rng, p, p.partner, b.walk)
		code := fmt.Sprintf("V%d-%04d", i, rng.IntN(10_000))
		b.table("vouchers").add(row{"holder": p.uid, "second": q.uid, "code": code}).own(Detached, p, q).fields(p, "holder").fields(q, "second").because(ForeignKeyActions)
		b.table("pledges").add(row{"holder": q.uid, "second": p.uid, "price": 100 * (1 + rng.IntN(90))}).own(Detached, p, q).fields(q, "holder").fields(p, "second").because(ForeignKeyActions)
		b.table("raffle").add(row{"holder": p.uid, "code": code}).own(Gone, p).because(ForeignKeyActions)
		b.table("lockers").add(row{"holder": p.uid, "code": code}).own(Gone, p).because(ForeignKeyActions)
	}
}

// fillAddresses gives every household one row, however many live there.
func (b *builder) fillAddresses() {
	t := b.table("addresses")
	for _, p := range b.people {
		if p.address != 0 || !p.inUsers {
			continue
		}
		p.address = len(t.rows) + 1
		rec := t.add(row{"street": p.street, "zip": p.zip, "city": p.city, "country": p.nation.country})
		if p.partner == nil {
			rec.own(Gone, p)
			continue
		}
		p.partner.address, rec.Held = p.address, true
		rec.own(Stays, p, p.partner).because(SharedHousehold)
	}
}

func (b *builder) fillDeliveries() {
	rng, t := b.rng("deliveries"), b.table("deliveries")
	for _, p := range b.customers() {
		if p != b.walk && rng.IntN(3) > 0 {
			continue
		}
		city := pick(rng, p.nation.cities)
		rec := t.add(row{"user_id": p.uid, "street": pick(rng, p.nation.streets) + " (depot)", "zip": p.nation.postcode(rng), "city": city, "remark": chatter(rng, 1)})
		rec.own(Gone, p)
		if b.with(Cycles) {
			rec.because(Cycles)
		}
	}
}

func (b *builder) fillUsers() {
	rng, t := b.rng("users"), b.table("users")
	delivery := map[int]int{}
	for i, d := range b.table("deliveries").rows {
		delivery[d.values["user_id"].(int)] = i + 1
	}
	for _, p := range b.people {
		if !p.inUsers {
			continue
		}
		r := row{
			"id": p.uid, "full_name": p.full(), "given": p.given, "surname": p.surname, "email": p.email, "phone": orNull(p.phone.spaced),
			"birth": p.birth, "address_id": p.address, "device": orNull(p.device), "settings": b.settings(rng, p), "created": stamp(within(rng, inThePast, handover)),
			"role": "customer",
		}
		if p.agent {
			r["role"] = "agent"
		}
		if d := delivery[p.uid]; d != 0 {
			r["delivery_id"] = d
		}
		rec := t.add(r)
		b.ownUser(rec, p)
		b.invite(rng, rec, r, p)
	}
}

func (b *builder) ownUser(rec *Record, p *person) {
	if !p.has[KeptInvoices] {
		rec.own(Gone, p)
	} else {
		rec.own(Shell, p).fields(p, "full_name", "given", "surname", "email", "phone", "birth", "address_id", "delivery_id", "device").because(KeptInvoices)
		if p.has[NestedJSON] {
			rec.fields(p, "settings")
		}
	}
	if p.has[NearMisses] {
		rec.because(NearMisses)
	}
	if b.with(TableKinds) && !p.agent {
		rec.because(TableKinds)
	}
}

// invite says who brought p here: a mention of the one in the record of the other.
func (b *builder) invite(rng *rand.Rand, rec *Record, r row, p *person) {
	if !b.with(SelfReferences) || !b.with(MentionedElsewhere) || p.agent {
		return
	}
	by := b.walk
	if p != b.recruit() {
		if rng.IntN(5) > 0 {
			return
		}
		by = b.other(rng, p, p.partner)
	}
	r["invited_by"] = by.uid
	rec.detach(by, "invited_by").because(SelfReferences, MentionedElsewhere)
}

// recruit is the one whom the walk subject brought, of another household than hers.
func (b *builder) recruit() *person {
	for i := int(b.walk.id) + 1; ; i++ {
		if p := b.people[i%b.opts.People]; p != b.walk && p != b.walk.partner {
			return p
		}
	}
}

func orNull(s string) any {
	if s == "" {
		return nil
	}
	return s
}

func (b *builder) settings(rng *rand.Rand, p *person) string {
	lang := p.nation.language()
	if !p.has[NestedJSON] {
		return compact(map[string]any{"lang": lang, "newsletter": rng.IntN(2) == 0})
	}
	contact := map[string]any{"backup": p.backup(), "sms": p.phone.spaced, "channels": []any{map[string]any{"kind": "mail", "to": p.email}}}
	return compact(map[string]any{"lang": lang, "newsletter": true, "contact": contact})
}

// backup is an address that nothing but her own settings knows.
func (p *person) backup() string {
	local, domain, _ := strings.Cut(p.email, "@")
	return local + "+backup@" + domain
}

func compact(v any) string {
	var s strings.Builder
	e := json.NewEncoder(&s)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return ""
	}
	return strings.TrimSuffix(s.String(), "\n")
}

func (b *builder) fillSessions() {
	rng, sessions, devices := b.rng("sessions"), b.table("sessions"), b.table("devices")
	for _, p := range b.customers() {
		for range 1 + rng.IntN(3) {
			sessions.add(row{"user_id": p.uid, "device": p.device, "ip": p.ip, "agent": pick(rng, clients()), "at": stamp(before(rng, 1))}).
				own(Gone, p).because(b.chain(p)...)
		}
		rec := devices.add(row{"device": p.device, "loyalty": p.loyalty, "model": pick(rng, []string{"tab-8", "phone-3", "phone-5", "web"}), "created": day(before(rng, 3))})
		rec.own(Gone, p).because(b.chain(p)...)
	}
}

func clients() []string {
	return []string{"Kestrel/3.1 (linux)", "Kestrel/3.0 (android)", "Kestrel/2.9 (ios)", "web/115", "web/121"}
}

func (b *builder) chain(p *person) []Difficulty {
	if p.has[IdentifierChain] {
		return []Difficulty{IdentifierChain}
	}
	return nil
}

// fillHistory writes which address was whose from when to when.
func (b *builder) fillHistory() {
	rng, t := b.rng("history"), b.table("email_history")
	since := map[*person]time.Time{}
	for _, p := range b.people {
		if p.lentTo == nil {
			continue
		}
		rec := t.add(row{"user_id": p.uid, "email": p.lentMail, "valid_from": day(inThePast), "valid_to": day(handover)})
		rec.own(Gone, p).because(RecycledEmail)
		since[p], since[p.lentTo] = handover, handover.AddDate(0, 3, 0)
	}
	for _, p := range b.customers() {
		from, changed := since[p]
		if !changed && rng.IntN(4) > 0 {
			continue
		}
		if !changed {
			from = within(rng, inThePast, handover)
		}
		t.add(row{"user_id": p.uid, "email": p.email, "valid_from": day(from), "valid_to": nil}).own(Gone, p)
	}
}

// fillPayments uses the numbers that card companies publish for tests; many people have the same.
func (b *builder) fillPayments() {
	rng, t := b.rng("payments"), b.table("payments")
	cards := []string{"4242424242424242", "4111111111111111", "5555555555554444", "378282246310005", "6011111111111117", "5105105105105100"}
	for _, p := range b.customers() {
		if rng.IntN(5) < 2 {
			t.add(row{"user_id": p.uid, "card": pick(rng, cards), "expires": day(epoch.AddDate(0, 1+rng.IntN(40), 0))[:7]}).own(Gone, p)
		}
	}
}

// fillCopy writes what someone exported once and forgot, and a table of contacts that nobody documented.
func (b *builder) fillCopy() {
	rng := b.rng("copy")
	if t := b.table("copy"); t != nil {
		for _, p := range b.customers() {
			if p != b.walk && rng.IntN(100) < 15 {
				continue
			}
			rec := t.add(row{"user_id": p.uid, "full_name": p.full(), "given": p.given, "surname": p.surname, "email": b.cased(rng, p.copyMail),
				"phone": orNull(p.phone.national), "birth": p.birth, "created": stamp(within(rng, inThePast, handover))})
			rec.own(Gone, p).because(SilentCopy)
			if b.with(KeylessTables) {
				rec.because(KeylessTables)
			}
		}
	}
	contacts := b.table("contacts")
	for _, p := range b.customers() {
		if p == b.walk || rng.IntN(5) < 2 {
			rec := contacts.add(row{"user_id": p.uid, "email": b.cased(rng, p.email), "phone": orNull(p.phone.national), "score": rng.IntN(100)}).own(Gone, p)
			if b.with(CrypticNames) {
				rec.because(CrypticNames)
			}
		}
	}
}

// cased writes some addresses as their owners type them.
func (b *builder) cased(rng *rand.Rand, mail string) string {
	if rng.IntN(10) > 0 {
		return mail
	}
	return strings.ToUpper(mail[:1]) + mail[1:]
}
