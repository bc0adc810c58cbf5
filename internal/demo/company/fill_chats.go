package company

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// chatObjects are conversations of a customer with an employee.
func (b *builder) chatObjects() {
	rng := b.rng("chats")
	for m := range 2 {
		o := b.object(fmt.Sprintf("support/chats/2026-%02d.ndjson", m+8), formatLines)
		for i := range b.opts.People / 3 {
			p := pick(rng, b.customers())
			if i == 6 {
				p = b.walk
			}
			b.chat(rng, o, p, fmt.Sprintf("%d-%05d", m+8, i), i)
		}
	}
}

func (b *builder) chat(rng *rand.Rand, o *object, p *person, number string, i int) {
	agent := b.agent(rng)
	from := agent.email
	if !b.with(SupportAgent) {
		from = b.desk()
	}
	said := (&prose{}).say(chatter(rng, 1))
	if b.with(FreeText) && rng.IntN(2) == 0 {
		said.tell(rng, p, pick(rng, ownTemplates()))
	}
	rec := &Record{}
	if q := b.mentioned(rng, p, -1); q != nil || (i == 8 && p != b.walk && b.with(MentionedElsewhere) && b.with(FreeText)) {
		if q == nil {
			q = b.walk
		}
		about := (&prose{}).tell(rng, q, pick(rng, otherTemplates()))
		said.say(about.String())
		rec.mention(q, about.tokens...).because(MentionedElsewhere, FreeText)
	}
	turns := []any{map[string]any{"from": p.email, "text": said.String()}, map[string]any{"from": from, "text": chatter(rng, 1)}}
	o.add(compact(map[string]any{"chat": number, "turns": turns}))
	o.parts[len(o.parts)-1].rec = rec.own(Gone, p)
}

// backgroundObjects are about nobody.
func (b *builder) backgroundObjects() {
	rng := b.rng("background objects")
	for d := range 3 {
		date := day(epoch.AddDate(0, 0, -d))
		o := b.object(b.dated("rates", date, "rates.csv"), formatCSV)
		o.add(b.line("code", "rate"))
		for _, c := range strings.Fields("GBP USD CHF SEK DKK NOK PLN CZK") {
			o.add(b.line(c, fmt.Sprintf("%.4f", .5+rng.Float64())))
		}
		m := b.object(b.dated("metrics", date, "part-0.ndjson"), formatLines)
		for range 40 {
			m.add(compact(map[string]any{"name": pick(rng, []string{"cpu", "mem", "queue"}), "value": rng.IntN(1000), "host": fmt.Sprintf("web-%d", rng.IntN(4))}))
		}
	}
	shelf := b.object("catalog/products.json", formatArray)
	for i := range 40 {
		shelf.add(compact(map[string]any{"id": i + 1, "title": pick(rng, wares()), "price": 199 + rng.IntN(9000)}))
	}
	flags := b.object("config/flags.json", formatKeyed)
	flags.member = "flags"
	for i := range 8 {
		flags.addMember(fmt.Sprintf("feature-%02d", i), compact(map[string]any{"on": rng.IntN(2) == 0}))
	}
	access := b.object("logs/proxy.log", formatLines)
	for range 120 {
		access.add(fmt.Sprintf("%s 192.0.2.%d GET /%s %d", stamp(before(rng, 1)), 1+rng.IntN(8), pick(rng, []string{"", "cart", "items", "health"}), pick(rng, []int{200, 200, 304, 404})))
	}
	from := "desk"
	if b.with(NoReply) {
		from = "noreply@" + b.domain
	}
	readme := b.object("README.txt", formatLines)
	readme.add("What is in this bucket: exports, events and logs of " + b.name + ".")
	readme.add("Mail about it comes from " + from + "; do not answer.")
}
