package company

import (
	"math/rand/v2"
	"strings"
)

// Mark parts a token that needs its surroundings to mean anything: what stands before it is how the text introduces the
// value ("customer no. "), what stands after it is the value.
const Mark = "\x00"

// prose is text under construction, with the words in it that mean someone.
type prose struct {
	text   strings.Builder
	tokens []string
}

func (x *prose) say(s string) *prose {
	if x.text.Len() > 0 {
		x.text.WriteByte(' ')
	}
	x.text.WriteString(s)
	return x
}

func (x *prose) String() string { return x.text.String() }

// tell adds a sentence about p; in the template {m} is her address, {p} her telephone, {n} her name, and {c} a customer
// number with a word before it.
func (x *prose) tell(rng *rand.Rand, p *person, template string) *prose {
	word := pick(rng, []string{"customer no. ", "Kd.-Nr. ", "account number ", "Kundennummer ", "customer #"})
	tel := p.phone.spaced
	if rng.IntN(2) == 0 {
		tel = p.phone.national
	}
	for _, part := range [][3]string{{"{m}", p.email, p.email}, {"{p}", tel, tel}, {"{n}", p.full(), p.full()}, {"{c}", word + p.number(), word + Mark + p.number()}} {
		if strings.Contains(template, part[0]) {
			template = strings.ReplaceAll(template, part[0], part[1])
			if part[2] != "" {
				x.tokens = append(x.tokens, part[2])
			}
		}
	}
	return x.say(template)
}

// chatter is what people write that is about nobody.
func chatter(rng *rand.Rand, n int) string {
	var out []string
	for range n {
		out = append(out, pick(rng, smallTalk()))
	}
	return strings.Join(out, " ")
}

func smallTalk() []string {
	return []string{
		"The parcel has not arrived yet.", "Die Lieferung war leider beschädigt.", "Could you have another look at this?",
		"The lid does not close properly.", "Vielen Dank für die schnelle Antwort.", "The colour differs from the picture.",
		"Bitte um Rückmeldung bis Freitag.", "I would like to return one of the items.", "The voucher was not accepted at the till.",
		"Die Rechnung fehlt im Paket.", "Everything works now, thank you.", "The courier left it with nobody I know.",
		"Is there a spare part for the handle?", "Das Gerät schaltet sich von allein aus.", "Please cancel the second item only.",
		"We tried twice and the page stayed empty.", "Der Karton war schon geöffnet.", "When will it be back in stock?",
	}
}

func ownTemplates() []string {
	return []string{
		"You can reach me at {m} or {p}.", "My details: {n}, {c}, {m}.", "Bitte rufen Sie mich an: {p} ({c}).",
		"Meine Mail ist {m}.", "I am {c}, telephone {p}, mail {m}.",
	}
}

func otherTemplates() []string {
	return []string{
		"I ordered together with {n} ({m}).", "Please also inform {n}, {c}, at {m}.", "{n} <{m}> asked me to write.",
		"Die Ware ging versehentlich an {n} ({m}, {c}).", "A copy should go to {n}: {m}.",
	}
}

// signature ends what an employee writes.
func (b *builder) signature(a *person) string {
	s := "\n-- \n" + a.full() + "\n"
	if b.with(SupportAgent) {
		s += a.email + "\n"
	}
	if b.with(NoReply) {
		s += "support@" + b.domain + "\n"
	}
	return s
}
