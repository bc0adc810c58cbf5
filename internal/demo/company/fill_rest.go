package company

import (
	"crypto/md5"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"
)

const mailsEach = 10

// fillMarketing writes the log of what was sent, where only address and date tell whose a row is, and the list of hashes.
func (b *builder) fillMarketing() {
	rng, t := b.rng("marketing"), b.table("mail_log")
	for _, p := range b.customers() {
		for range mailsEach - 2 + rng.IntN(5) {
			b.mail(rng, t, p, p.email, within(rng, afterwards, epoch))
		}
		if p.lentTo == nil {
			continue
		}
		for range 2 + rng.IntN(3) {
			b.mail(rng, t, p, p.lentMail, within(rng, inThePast, handover)).because(RecycledEmail)
		}
	}
	b.fillHashes(rng)
}

func (b *builder) mail(rng *rand.Rand, t *table, to *person, address string, at time.Time) *Record {
	rec := t.add(row{
		"from_addr": pick(rng, []string{"noreply@", "noreply@", "support@"}) + b.domain, "to_addr": address,
		"campaign": fmt.Sprintf("%s-%d", pick(rng, []string{"spring", "summer", "autumn", "winter"}), at.Year()), "subject": chatter(rng, 1), "sent_at": stamp(at),
	}).own(Gone, to)
	if b.with(NoReply) {
		rec.because(NoReply)
	}
	if b.with(KeylessTables) {
		rec.because(KeylessTables)
	}
	return rec
}

func (b *builder) fillHashes(rng *rand.Rand) {
	t := b.table("hashes")
	if t == nil {
		return
	}
	for _, p := range b.customers() {
		if p.has[HashedCopies] {
			sum := sha256.Sum256([]byte(strings.ToLower(strings.TrimSpace(p.email))))
			t.add(row{"hash": hex.EncodeToString(sum[:]), "segment": pick(rng, segments()), "week": week(rng), "score": rng.IntN(100)}).
				own(Gone, p).because(HashedCopies)
		}
	}
}

func hashMD5(mail string) string {
	sum := md5.Sum([]byte(strings.ToLower(strings.TrimSpace(mail))))
	return hex.EncodeToString(sum[:])
}

func segments() []string { return []string{"loyal", "dormant", "new", "bargain", "seasonal"} }

func week(rng *rand.Rand) string { return fmt.Sprintf("2026-W%02d", 1+rng.IntN(44)) }

// fillBackground writes what is about nobody.
func (b *builder) fillBackground() {
	rng := b.rng("background")
	for _, c := range strings.Fields("AT BE CH CZ DE DK ES FR GB IE IT NL NO PL PT SE US") {
		b.table("countries").add(row{"code": c, "title": "Country " + c})
		for year := 2020; year <= 2026; year += 3 {
			b.table("taxes").add(row{"code": c, "since": fmt.Sprintf("%d-01-01", year), "rate": float64(rng.IntN(27)) + .5})
		}
	}
	for i := range 240 {
		b.table("rates").add(row{"code": pick(rng, strings.Fields("EUR GBP USD CHF SEK")), "rate": .5 + rng.Float64(), "at": day(epoch.AddDate(0, 0, -i))})
		b.table("jobs").add(row{"title": pick(rng, strings.Fields("nightly-import price-sync stock-count cleanup")), "status": pick(rng, []string{"ok", "ok", "failed"}), "at": stamp(before(rng, 1))})
	}
	for i := range 24 {
		b.table("flags").add(row{"code": fmt.Sprintf("feature-%02d", i), "enabled": rng.IntN(2)})
	}
	for _, city := range strings.Split(citiesGerman, ",")[:6] {
		b.table("warehouses").add(row{"title": "Depot " + city, "city": city})
	}
	for i := range 12 {
		b.table("zones").add(row{"warehouse_id": 1 + rng.IntN(6), "code": fmt.Sprintf("Z%02d", i), "price": 390 + rng.IntN(2000)})
	}
}

// fillCRM writes the older system: customers by number, and orders that know nothing but the number.
func (b *builder) fillCRM() {
	rng := b.rng("crm")
	for _, r := range []string{"North", "East", "South", "West", "Overseas"} {
		b.table("crm.regions").add(row{"title": r})
	}
	for _, p := range b.customers() {
		if !p.inLegacy {
			continue
		}
		b.table("crm.customers").add(row{"legacy": p.legacy, "full_name": p.full(), "email": p.oldMail, "region": 1 + rng.IntN(5), "since": day(within(rng, inThePast, handover))}).
			own(Gone, p).because(b.chain(p)...)
		for range 1 + rng.IntN(4) {
			b.table("crm.orders").add(row{"legacy": p.legacy, "total": 500 + rng.IntN(50000), "at": day(within(rng, inThePast, handover))}).
				own(Gone, p).because(b.chain(p)...)
		}
		if rng.IntN(3) == 0 {
			b.table("crm.notes").add(row{"legacy": p.legacy, "body": chatter(rng, 2), "at": day(within(rng, inThePast, handover))}).own(Gone, p)
		}
	}
}
