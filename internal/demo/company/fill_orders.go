package company

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// TaxLaw is the basis that keeps invoices.
const TaxLaw = "tax law, 10 years"

func (b *builder) fillOrders() {
	b.fillProducts()
	rng := b.rng("orders")
	next := 1 + rng.IntN(20)
	if !b.with(EqualIDs) {
		next = 2_000_000
	}
	for _, p := range b.customers() {
		n := rng.IntN(5)
		if p == b.walk {
			n = 3
		} else if p.has[NearMisses] {
			n = max(n, 1)
		}
		for range n {
			b.order(rng, next, p, nil)
			next += 1 + rng.IntN(2)*rng.IntN(3)
		}
		if p.has[JointOrder] {
			b.order(rng, next, p, b.other(rng, p, p.partner, b.walk))
			b.order(rng, next+1, b.other(rng, p, p.partner, b.walk), p)
			next += 2
		}
	}
	b.fillCarts()
	b.fillInvoices()
}

// fillProducts numbers the products densely, so that there is one with the number of any user.
func (b *builder) fillProducts() {
	rng := b.rng("products")
	categories, products, moves := b.table("categories"), b.table("products"), b.table("stock_moves")
	for _, c := range wares() {
		categories.add(row{"title": c})
	}
	n := 120 + rng.IntN(60)
	if b.with(EqualIDs) {
		n = max(n, b.walk.uid+20)
	}
	for range n {
		ware := rng.IntN(len(wares()))
		title := fmt.Sprintf("%s %s", pick(rng, strings.Fields("Alto Brio Corva Dune Esker Fjord Glade Helio Ister Juno Karst Lumen")), wares()[ware])
		products.add(row{"category_id": ware + 1, "title": title, "price": 199 + rng.IntN(20000)})
	}
	for i := range n {
		moves.add(row{"prod": n - i, "qty": rng.IntN(40) - 10, "at": stamp(before(rng, 1))})
		if rng.IntN(2) == 0 {
			moves.add(row{"prod": 1 + rng.IntN(n), "qty": rng.IntN(40) - 10, "at": stamp(before(rng, 1))})
		}
	}
}

func wares() []string {
	return strings.Split("Kettle,Lamp,Chair,Blanket,Teapot,Shelf,Bicycle bell,Rucksack,Notebook,Umbrella,Vase,Clock", ",")
}

// order writes one order with its items: of one customer, or a joint one of two.
func (b *builder) order(rng *rand.Rand, id int, p, with *person) {
	r := row{
		"id": id, "order_no": b.orderNumber(rng, p), "customer_id": p.uid, "shipping": b.shipping(rng, p), "total": 500 + rng.IntN(90000),
		"status": pick(rng, []string{"open", "paid", "sent", "done"}), "at": stamp(within(rng, afterwards, epoch)),
	}
	rec := b.table("orders").add(r)
	if with == nil {
		rec.own(Gone, p)
	} else {
		r["co_customer_id"] = with.uid
		rec.own(Detached, p, with).fields(p, "customer_id").fields(with, "co_customer_id").because(JointOrder)
	}
	if b.with(EqualIDs) {
		rec.because(EqualIDs)
	}
	if p.has[NestedJSON] {
		rec.tokens(p, p.email, p.full(), p.phone.spaced).because(NestedJSON)
		if with != nil {
			rec.fields(p, "shipping")
		}
	}
	b.parties(id, p, with)
	b.items(rng, id, p, with)
}

func (b *builder) parties(id int, p, with *person) {
	t := b.table("order_parties")
	if t == nil {
		return
	}
	t.add(row{"order_id": id, "customer_id": p.uid, "role": "first"}).own(Gone, p)
	if with != nil {
		t.add(row{"order_id": id, "customer_id": with.uid, "role": "second"}).own(Gone, with)
	}
}

func (b *builder) items(rng *rand.Rand, id int, p, with *person) {
	items, products := b.table("order_items"), len(b.table("products").rows)
	for line := range 1 + rng.IntN(3) {
		rec := items.add(row{"order_id": id, "line": line + 1, "product_id": 1 + rng.IntN(products), "qty": 1 + rng.IntN(4), "price": 199 + rng.IntN(9000)})
		if with == nil {
			rec.own(Gone, p)
			continue
		}
		rec.own(Stays, p, with)
		rec.Held = true
	}
}

// orderNumber has as many digits as a telephone number; one of them has the very digits of the walk subject's.
func (b *builder) orderNumber(rng *rand.Rand, p *person) string {
	if p.has[NearMisses] && p != b.walk && p != b.walk.partner {
		return b.walk.phone.digits()
	}
	return fmt.Sprintf("%010d", 7_000_000_000+rng.Int64N(999_999_999))
}

func (b *builder) shipping(rng *rand.Rand, p *person) string {
	s := map[string]any{"method": pick(rng, []string{"standard", "express", "pickup"}), "parcels": 1 + rng.IntN(3)}
	if p.has[NestedJSON] {
		s["contact"] = map[string]any{"name": p.full(), "reach": []any{map[string]any{"mail": p.email}, map[string]any{"tel": p.phone.spaced}}}
	}
	return compact(s)
}

func (b *builder) fillCarts() {
	rng, t := b.rng("carts"), b.table("carts")
	for _, p := range b.customers() {
		if p != b.walk && rng.IntN(3) > 0 {
			continue
		}
		rec := t.add(row{"user_id": p.uid, "items": compact([]int{1 + rng.IntN(90), 1 + rng.IntN(90)}), "at": stamp(before(rng, 1))})
		rec.own(Gone, p).fields(p, "user_id").Also = Detached
		if b.with(ForeignKeyActions) {
			rec.because(ForeignKeyActions)
		}
	}
}

func (b *builder) fillInvoices() {
	t := b.table("invoices")
	if t == nil {
		return
	}
	rng := b.rng("invoices")
	for _, p := range b.customers() {
		if !p.has[KeptInvoices] {
			continue
		}
		for range 1 + rng.IntN(3) {
			issued := within(rng, afterwards, epoch)
			rec := t.add(row{
				"invoice_no": fmt.Sprintf("R%d-%05d", issued.Year(), len(t.rows)+1), "user_id": p.uid, "full_name": p.full(),
				"address": p.street + ", " + p.zip + " " + p.city, "email": p.email, "total": 500 + rng.IntN(90000), "issued": day(issued),
			})
			rec.own(Stays, p).because(KeptInvoices).Kept = TaxLaw
		}
	}
}
