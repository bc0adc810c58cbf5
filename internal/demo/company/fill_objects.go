package company

import (
	"fmt"
	"math/rand/v2"
)

func (b *builder) fillObjects() {
	b.loyaltyObjects()
	b.eventObjects()
	b.exportObjects()
	b.logObjects()
	b.inboxObjects()
	b.documentObjects()
	b.chatObjects()
	b.backgroundObjects()
}

// headers draws names for the columns of a CSV.
func (b *builder) headers(scope string, purposes ...string) []string {
	n := newNaming(b.rng("headers "+scope), b.with(CrypticNames))
	var out []string
	for _, p := range purposes {
		out = append(out, n.column(scope, &column{purpose: p}))
	}
	return out
}

// loyaltyObjects map the loyalty number to the address that was given when joining.
func (b *builder) loyaltyObjects() {
	rng := b.rng("loyalty")
	var parts []*object
	for i := range 2 {
		o := b.object(fmt.Sprintf("loyalty/members-%d.csv", i), formatCSV)
		o.add(b.line(b.headers("loyalty", "loyalty", "email", "tier", "joined", "remark")...))
		parts = append(parts, o)
	}
	for _, p := range b.customers() {
		remark := ""
		switch rng.IntN(6) {
		case 0:
			remark = "Wishes:\n\"" + chatter(rng, 1) + "\""
		case 1:
			remark = "a, b; c"
		}
		parts[rng.IntN(2)].add(b.line(p.loyalty, p.oldMail, pick(rng, []string{"basic", "silver", "gold"}), day(within(rng, inThePast, handover)), remark)).
			own(Gone, p).because(b.chain(p)...)
	}
}

// eventObjects know nothing but the device.
func (b *builder) eventObjects() {
	rng := b.rng("events")
	for d := range 4 {
		date := day(epoch.AddDate(0, 0, d-20))
		o := b.object(b.dated("events", date, "part-0.ndjson"), formatLines)
		for range b.opts.People * 3 / 4 {
			p := pick(rng, b.customers())
			if d == 1 && rng.IntN(b.opts.People/8) == 0 {
				p = b.walk
			}
			b.event(rng, o, p, date)
		}
		b.event(rng, o, b.walk, date)
	}
}

func (b *builder) event(rng *rand.Rand, o *object, p *person, date string) {
	o.add(compact(map[string]any{
		"device": p.device, "event": pick(rng, []string{"open", "search", "view", "buy"}), "ts": fmt.Sprintf("%sT%02d:%02d:%02dZ", date, rng.IntN(24), rng.IntN(60), rng.IntN(60)),
		"props": map[string]any{"screen": pick(rng, []string{"home", "list", "item"}), "ms": rng.IntN(4000)},
	})).own(Gone, p).because(b.chain(p)...)
}

// exportObjects are compressed lists of people, one with addresses and one with hashes of them.
func (b *builder) exportObjects() {
	rng := b.rng("exports")
	for i, date := range []string{"2025-06-30", "2025-12-31"} {
		o := b.object(b.dated("exports", date, "customers-0.csv.gz"), formatCSV)
		o.add(b.line(b.headers("export", "email", "full_name", "phone", "city", "remark")...))
		for _, p := range b.customers() {
			if p != b.walk && rng.IntN(3) == 0 {
				continue
			}
			remark := ""
			if (int(p.id)+i)%5 == 0 {
				remark = "line one\nline \"two\""
			}
			o.add(b.line(p.email, p.full(), p.phone.national, p.city, remark)).own(Gone, p)
		}
	}
	if !b.with(HashedCopies) {
		return
	}
	o := b.object("marketing/audience_md5.csv.gz", formatCSV)
	o.add(b.line(b.headers("audience", "hash", "segment", "week", "score")...))
	for _, p := range b.customers() {
		if p.has[HashedCopies] || rng.IntN(3) == 0 {
			o.add(b.line(hashMD5(p.email), pick(rng, segments()), week(rng), fmt.Sprint(rng.IntN(100)))).own(Gone, p).because(HashedCopies)
		}
	}
}

// logObjects are what machines write about people, in a form and without one.
func (b *builder) logObjects() {
	rng := b.rng("logs")
	for d := range 3 {
		date := day(epoch.AddDate(0, 0, d-10))
		o := b.object(fmt.Sprintf("logs/app-%s.log", date), formatLines)
		for i := range b.opts.People {
			at := fmt.Sprintf("%02d:%02d:%02d", i*24/b.opts.People, rng.IntN(60), rng.IntN(60))
			p := pick(rng, b.customers())
			if n := i % (b.opts.People / 2); n == 3 || n == 4 { // a line of either form
				p = b.walk
			}
			if !b.with(LogLines) || (!p.has[LogLines] && rng.IntN(2) == 0) {
				o.add(fmt.Sprintf("%sT%sZ INFO job=%s took=%dms", date, at, pick(rng, []string{"sync", "sweep", "index"}), rng.IntN(9000)))
				continue
			}
			b.logLine(rng, o, p, date, at, i%2 == 1)
		}
	}
}

func (b *builder) logLine(rng *rand.Rand, o *object, p *person, date, at string, formed bool) {
	mail := b.cased(rng, p.email)
	if formed {
		o.add(fmt.Sprintf("%sT%sZ INFO %s user=%d mail=%s ip=%s", date, at, pick(rng, []string{"login", "logout", "checkout"}), p.uid, mail, p.ip)).
			own(Gone, p).tokens(p, mail, p.ip, "user="+Mark+p.number()).because(LogLines).Also = Redacted
		return
	}
	said := (&prose{}).tell(rng, p, pick(rng, []string{"sending password reset to {m} ({c})", "mailbox of {m} is full, retrying", "bounced: <{m}> unknown"}))
	o.add(fmt.Sprintf("%s %s [worker-%d] %s", date, at, rng.IntN(8), said)).
		own(Gone, p).tokens(p, said.tokens...).because(LogLines).Also = Redacted
}

// inboxObjects have the address in their key.
func (b *builder) inboxObjects() {
	rng := b.rng("inbox")
	for _, p := range b.customers() {
		if !p.has[ObjectKeys] {
			continue
		}
		for i := range 1 + rng.IntN(2) {
			o := b.object(fmt.Sprintf("inbox/%s/%s.json", p.email, day(epoch.AddDate(0, -i, -rng.IntN(20)))), formatSingle)
			o.add(compact(map[string]any{"subject": chatter(rng, 1), "text": chatter(rng, 2), "attachments": rng.IntN(2)})).own(Gone, p).because(ObjectKeys)
		}
	}
}

// documentObjects are JSON documents with many people in each.
func (b *builder) documentObjects() {
	rng := b.rng("documents")
	if b.with(JSONKeys) {
		o := b.object("app/prefs.json", formatKeyed)
		o.member = "prefs"
		for _, p := range b.customers() {
			if p.has[JSONKeys] {
				o.addMember(p.email, compact(map[string]any{"lang": p.nation.language(), "dark": rng.IntN(2) == 0, "since": day(within(rng, afterwards, epoch))})).own(Gone, p).because(JSONKeys)
			}
		}
	}
	for q := range 2 {
		o := b.object(fmt.Sprintf("feedback/2026-q%d.json", q+1), formatArray)
		for i := range b.opts.People / 4 {
			p := pick(rng, b.customers())
			if i == 4 {
				p = b.walk
			}
			o.add(compact(map[string]any{"email": p.email, "text": chatter(rng, 1), "stars": 1 + rng.IntN(5), "at": day(epoch.AddDate(0, -9+3*q, -rng.IntN(80)))})).own(Gone, p)
		}
	}
	if b.with(NestedJSON) {
		b.accounts(rng)
	}
}

// accounts are firms with several contacts each; a firm stays when one of them goes.
func (b *builder) accounts(rng *rand.Rand) {
	o := b.object("b2b/accounts.ndjson", formatLines)
	for i := range b.opts.People / 4 {
		people := []*person{pick(rng, b.customers())}
		if i == 2 {
			people[0] = b.walk
		}
		for range 1 + rng.IntN(2) {
			if q := b.other(rng, people...); q.partner == nil {
				people = append(people, q)
			}
		}
		var contacts []any
		for _, p := range people {
			contacts = append(contacts, map[string]any{"name": p.full(), "mail": p.email, "role": pick(rng, []string{"billing", "technical", "owner"})})
		}
		rec := o.add(compact(map[string]any{"account": fmt.Sprintf("A-%04d", i), "plan": pick(rng, []string{"s", "m", "l"}), "org": map[string]any{"contacts": contacts}}))
		for _, p := range people {
			rec.mention(p, p.full(), p.email).because(NestedJSON)
		}
	}
}
