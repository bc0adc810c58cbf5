package classifiers

import (
	"slices"
	"strings"
	"sync/atomic"

	"vestige/pii"
)

// lexicon is the phrases by which the name of a field suggests categories.
type lexicon struct {
	phrases map[string][]phrase  // by first word
	named   map[pii.Category]int // the first classifier of a category
	last    atomic.Pointer[view]
}

type phrase struct {
	words []string
	cat   pii.Category
	who   int // classifier, -1 for a competing class
	weak  bool
}

func newLexicon(all []*Classifier) *lexicon {
	l := &lexicon{phrases: map[string][]phrase{}, named: map[pii.Category]int{}}
	for i, c := range all {
		if _, ok := l.named[c.Category]; !ok {
			l.named[c.Category] = i
		}
		for _, n := range c.Names {
			l.add(n, c.Category, i, c.Prior < 0)
		}
	}
	for _, n := range negatives {
		for _, name := range strings.Split(n.names, ",") {
			l.add(name, n.cat, -1, false)
		}
	}
	return l
}

// add has the name suggest the category. Of rare kinds that share a name only the first has it, and none that a usual one has.
func (l *lexicon) add(name string, cat pii.Category, who int, rare bool) {
	name, weak := strings.CutSuffix(strings.TrimSpace(name), "?")
	words := Tokens(name)
	if len(words) == 0 || rare && !slices.ContainsFunc(words, func(w string) bool { return !plainWords[w] }) {
		return // what is left of the name says nothing
	}
	for _, p := range l.phrases[words[0]] {
		if (p.cat == cat || rare && !p.weak) && slices.Equal(p.words, words) {
			return
		}
	}
	l.phrases[words[0]] = append(l.phrases[words[0]], phrase{words, cat, who, weak})
}

// plainWords are canonical words that every kind of number has in its names.
var plainWords = wordSet("number id code card name account identity person date document index tax")

// header is what the name of a field and its surroundings say.
type header struct {
	tokens []string
	nats   map[pii.Category]pii.Nat
	by     map[int]bool // classifiers that were named
	flip   pii.Category // the negative class the head noun leads to, "" for none
	known  bool         // any word of the name is known
	said   bool         // it calls the field something, beyond doubt
	table  tableKind
	plural bool // its last word is of many people
	lone   bool // nothing is known of other fields
	id     bool // the name is "id" alone, and refers to nothing
}

// harmless tells whether the name says a company, a number, a month or a code.
func (h *header) harmless() bool {
	for _, c := range [...]pii.Category{"none.organisation", "none.count", "none.amount", "none.date", "none.boolean", "none.code"} {
		if h.nats[c].Nats >= 6 {
			return true
		}
	}
	return false
}

// Words of heads that say something about another thing, and the class that they lead to.
var heads = func() map[string]pii.Category {
	m := map[string]pii.Category{}
	for cat, list := range map[pii.Category]string{
		"none.meta":    "field_ mapping timeout interval threshold limit_ mode mask pattern template_ query option options timeframe change changed certify timepoint method server port bounce bounces order_by sort_ parameter params granularity tries lockout valid status type format length size changed visible validity expiry expires expired attempts retries failed error errors position rank version template subject text policy preference consent marketing newsletter reminder settings setting privacy source origin quality provider",
		"none.count":   "quantity total",
		"none.date":    "at on time date since until created updated deleted sent seen start end",
		"none.boolean": "active enabled flag allowed required checked optin optout subscribed unsubscribed blocked subscribe opted exempt check mentioned hidden confirmed exists missing optional present public locked default notifications notification alerts alert",
		"none.code":    "code category class group level language region",
		"none.hash":    "hash",
		"none.amount":  "amount price percent rate score",
		"none.key":     "id uuid index uri",
		"none.text":    "description comment note url path file subject_ html",
	} {
		for _, w := range strings.Fields(list) {
			m[w] = cat
		}
	}
	return m
}()

var auxiliaries = wordSet("is has show allow can should wants want use uses req enable disable disabled cc_use hide needs need accepts accept was optout optin opt no not blacklist exclude skip ignore did does must may will receive receives include includes notify validate verify display_ ist hat zeige darf opt require requires do send")

// read reads the name of a field.
func (l *lexicon) read(ctx *Context) header {
	h := header{nats: map[pii.Category]pii.Nat{}, by: map[int]bool{}, table: l.tableOf(ctx)}
	h.lone = ctx.Dataset == nil || len(ctx.Dataset.Fields) < 3
	name := leaf(ctx)
	name, question := strings.CutSuffix(strings.TrimSpace(name), "?")
	raw := l.bare(ctx, unitless(split(bean(unhinted(strings.TrimSpace(name))))))
	raw = spoken(raw)
	if question {
		raw = askedFor(raw)
	}
	turned := false
	h.tokens, turned = tokens(raw)
	h.tokens = posted(h.tokens)
	h.id = len(raw) == 1 && raw[0] == "id" && Refers(ctx) == 0 && ofPerson(ctx) && !(ctx.Dataset != nil && happened(ctx.Dataset.Ref.Dataset))
	if len(raw) > 1 && auxiliaries[raw[0]] && !(raw[0] == "no" && numberOf(raw[1])) {
		h.flip, h.known = "none.boolean", true
		h.put("none.boolean", 6, "the name asks yes or no")
		return h
	}
	if len(raw) > 1 && question && l.asksWhether(raw) {
		h.flip, h.known = "none.boolean", true
		h.put("none.boolean", 6, "the name is a question")
		return h
	}
	if len(raw) == 3 && raw[1] == "to" && ratios[oneWord(raw[2])] {
		h.flip, h.known = "none.count", true
		h.put("none.count", 8, "the name is of a number of them")
		return h
	}
	if l.counted(ctx, raw) {
		h.put("none.count", 4, "the name may be of a number of them")
	}
	if len(raw) > 2 && counters[raw[0]] && (raw[1] == "of" || raw[1] == "de") {
		h.flip, h.known = "none.count", true
		h.put("none.count", 8, "the name asks how many")
		return h
	}
	if len(raw) > 2 && durations[raw[0]] && prepositions[raw[1]] {
		h.flip, h.known = "none.count", true
		h.put("none.count", 8, "the name asks how long")
		return h
	}
	if len(raw) > 1 && slices.ContainsFunc(raw, func(w string) bool { return aggregates[w] }) {
		h.flip, h.known = "none.amount", true
		h.put("none.amount", 8, "the name is of a statistic")
		return h
	}
	if last := len(raw) - 1; last > 0 && strings.HasSuffix(raw[last], "s") {
		k, ok := tableWord(oneWord(raw[last]))
		h.plural = ok && k == people && oneWord(raw[last]) != raw[last]
	}
	if len(raw) > 1 && bounds[raw[0]] && !turned {
		h.flip, h.known = "none.meta", true
		h.put("none.meta", 5, "the name is of a bound")
	}
	if n := len(raw); n > 1 && describing[raw[n-1]] {
		h.flip, h.known = "none.meta", true
		h.put("none.meta", 7, "the name is of a field about a field")
		return h
	}
	matches := l.match(h.tokens)
	if n := len(raw); n > 1 && raw[n-1] == "desc" { // in words, what stands beside it as a code
		if short, _ := tokens(raw[:n-1]); slices.ContainsFunc(l.match(short), func(x match) bool { return x.end == len(short) && x.cat.Personal() }) {
			h.tokens, matches = short, l.match(short)
		}
	}
	m := len(h.tokens)
	covered := slices.ContainsFunc(matches, func(x match) bool { return x.end == m && x.cat != "none.date" && x.cat.Personal() })
	if m > 1 && !covered {
		if c, ok := heads[h.tokens[m-1]]; ok {
			h.flip = c
			h.put(c, 6.5, "the head noun \""+h.tokens[m-1]+"\" turns the name")
		}
	}
	if turned && h.flip == "" { // correo_verificado: the participle stands behind its noun, and the head of the name first
		if c := heads[h.tokens[0]]; c == "none.meta" || c == "none.boolean" || c == "none.count" {
			h.flip = c
			h.put(c, 6.5, "the word \""+h.tokens[0]+"\" turns the name")
			m++
		}
	}
	for _, x := range matches {
		h.take(x, m)
	}
	h.ofWhom(l, ctx, raw)
	h.known = len(h.nats) > 0
	for _, n := range h.nats {
		h.said = h.said || n.Nats >= 7.5
	}
	return h
}

// numberOf tells whether "no" before the word is short for number: no_telp, no_ktp.
func numberOf(w string) bool {
	switch oneWord(w) {
	case "phone", "mobile", "fax", "identity", "national_id", "account", "passport", "house", "person", "employee", "member", "student", "patient":
		return true
	}
	return false
}

// counters are words behind which "of" says that something is counted, and describing those that make a name one of a field, not of what is in it.
var (
	counters   = wordSet("number num no nb nbr count amount total anzahl nombre numero qty")
	ratios     = wordSet("salary price amount value weight")
	bounds     = wordSet("min max minimum maximum avg average mean default_ minimal maximal")
	describing = wordSet("field feld attr attribute column mapping label labels regex regexp placeholder col")
)

var (
	durations    = wordSet("years year yrs months days hours weeks minutes")
	aggregates   = wordSet("median capita ratio average avg mean stddev")
	prepositions = wordSet("in at with since as on from to")
	units        = wordSet("kg kgs lb lbs cm mm inches inch ft usd eur gbp mg ml jan feb mar apr jun jul aug sep oct nov dec yrs years pc " +
		"chf cad aud nzd jpy cny inr idr myr php thb vnd krw sgd hkd brl mxn cop ars clp pen zar ngn kes ghs egp sar aed try pln czk huf ron nok dkk rub uah")
)

// unitless leaves out the unit, or the month, behind a name: Height(inches), salary_in_usd, Annual_Income_(k$).
func unitless(raw []string) []string {
	n := len(raw)
	switch {
	case n > 2 && units[raw[n-1]] && raw[n-2] == "in":
		return raw[:n-2]
	case n > 1 && (units[raw[n-1]] || raw[n-1] == "k" && n > 2) && raw[0] != "age":
		return raw[:n-1]
	}
	return raw
}

// spoken leaves out the language that a text is in, name_en and title_local, and the object before both of its words: name_firstName.
func spoken(raw []string) []string {
	n := len(raw)
	if n > 1 && tongues[raw[n-1]] {
		raw = raw[:n-1]
	}
	if len(raw) == 3 && raw[0] == "name" && raw[2] == "name" {
		raw = raw[1:]
	}
	return raw
}

var tongues = wordSet("en ne hi bn ur ta zh ja jp he vi native local latin romanized")

// unhinted leaves out how a field is to be filled in: "Gender (M/F)", "Birthday (YYYY-MM-DD)", "Height (cm)".
func unhinted(name string) string {
	i := strings.LastIndexByte(name, '(')
	if i <= 0 || !strings.HasSuffix(strings.TrimSpace(name), ")") {
		return name
	}
	words := split(name[i:])
	if len(words) > 1 && words[0] == "per" { // "Salary (per year)"
		return name[:i]
	}
	for _, w := range words {
		if len(w) > 1 && !units[w] && !hints[w] {
			return name
		}
	}
	return name[:i]
}

// hints are the words of formats.
var hints = wordSet("yyyy yy mm dd hh jjjj tt aaaa ja nein yes mr mrs ms")

// posted reads "city_mail" and "address1_mail" as an address to post to.
func posted(tokens []string) []string {
	m := len(tokens)
	if m > 1 && tokens[m-1] == "email" {
		switch tokens[m-2] {
		case "city", "province", "state", "postcode", "street", "address", "pobox", "country":
			return tokens[:m-1]
		}
	}
	return tokens
}

// bean reads the names of a Java bean's getters: getIBAN becomes iBAN.
func bean(name string) string {
	if len(name) < 3 || name[0] < 'a' || name[0] > 'z' {
		return name
	}
	for i := 1; i < len(name); i++ {
		if name[i] < 'A' || name[i] > 'Z' {
			return name
		}
	}
	return strings.ToLower(name)
}

// numbered tells of name01 and name02, as Japanese applications part a name.
func numbered(name string) int {
	switch {
	case strings.HasSuffix(name, "01"):
		return 1
	case strings.HasSuffix(name, "02"):
		return 2
	}
	return 0
}

type match struct {
	phrase
	start, end int
}

// match finds the phrases in the tokens; one that stands within a longer one is dropped.
func (l *lexicon) match(tokens []string) (out []match) {
	for i := range tokens {
		for _, p := range l.phrases[tokens[i]] {
			if i+len(p.words) <= len(tokens) && slices.Equal(tokens[i:i+len(p.words)], p.words) {
				out = append(out, match{p, i, i + len(p.words)})
			}
		}
	}
	all := slices.Clone(out)
	return slices.DeleteFunc(out, func(a match) bool {
		return slices.ContainsFunc(all, func(b match) bool {
			return b.start <= a.start && b.end >= a.end && b.end-b.start > a.end-a.start
		})
	})
}

// take adds what a phrase says: most as the head of the name, less in front of a word that is not known, nothing in front of one that turns it.
func (h *header) take(x match, m int) {
	nats := 6.0
	if x.cat.Personal() {
		nats = 8
	}
	switch {
	case x.weak && len(x.words) < m && x.end < m:
		return
	case x.weak && x.cat == "government_id.national" && h.table == people:
		nats = 5.5 // the document of a person
	case x.weak:
		nats = 2.5
	case x.end < m && (x.cat == "demographic.gender" || x.cat == "demographic.ethnicity") && h.flip == "":
		nats = 6 // sex_baby, race_general
	case x.end < m && x.cat == "online.ip" && h.flip == "" && !slices.ContainsFunc(h.tokens[x.end:], func(w string) bool { return networks[w] }):
		nats = 6 // ip_connexion
	case x.end < m && x.cat.Personal() && x.entity():
		nats = .5 // user_aliases are not users
	case x.end < m:
		nats = 3
	}
	if x.end < m && h.flip != "" {
		if h.flip == "none.text" && (x.cat == "health.condition" || x.cat == "identity.photo" || x.cat == "criminal.record") {
			h.nats[h.flip] = pii.Nat{Text: h.nats[h.flip].Text, Nats: 2} // a note of it, or where the picture is
			nats = 7
		} else if x.cat.Personal() {
			return
		} else {
			nats = 1
		}
	}
	if x.end == m && x.cat.Personal() {
		nats += 0.5 * float64(len(x.words)-1)
	}
	if strings.HasPrefix(string(x.cat), "identity.") {
		nats = h.modified(x, nats)
	}
	if x.who >= 0 {
		h.by[x.who] = true
	}
	h.put(x.cat, nats, "name \""+strings.Join(x.words, " ")+"\"")
}

// networks are words behind "ip" that make it that of a net or a device rather than of a visitor: ip_pool_name.
var networks = wordSet("pool pools name range ranges mask netmask subnet subnets gateway version type class family protocol proto prefix length plan vlan network net port count block list whitelist blacklist allowlist " +
	"denylist filter mode rating camera cam server router code protection assignment allocation lease method")

// entity tells whether the phrase names those that a table may be of: in front of another word it only says whose that is.
func (x *match) entity() bool {
	for _, w := range x.words {
		if _, ok := tableWords[w]; !ok && w != "assigned" {
			return false
		}
	}
	return true
}

// modified weakens what is the name of something else: "facility name" a little, "invoice display name" more.
func (h *header) modified(x match, nats float64) float64 {
	for _, w := range h.tokens[:x.start] {
		switch kind := tableWords[w]; {
		case kind == happenings && x.entity(): // comment_author is who wrote it
		case kind == things || kind == happenings || kind == organisations:
			nats -= 3.5
		case x.weak && kind == unknownTable:
			nats -= 2
		}
	}
	return max(nats, .5)
}

func (h *header) put(c pii.Category, nats float64, text string) {
	if old, ok := h.nats[c]; !ok || old.Nats < nats {
		h.nats[c] = pii.Nat{Text: text, Nats: nats}
	}
}

// leaf gives the part of the field's name that names it: the last member of a path that is a word.
func leaf(ctx *Context) string {
	name := ctx.Field.Name
	if name == "" {
		name = ctx.Ref.Field
	}
	if ctx.Field.Path == "" && ctx.Field.Column == name {
		return name
	}
	parts := strings.FieldsFunc(name, func(r rune) bool { return r == '.' || r == '[' || r == ']' })
	for i := len(parts) - 1; i >= 0; i-- {
		switch p := parts[i]; {
		case strings.ContainsAny(p, "{}@\\"):
		case i > 0 && valueWords[strings.ToLower(p)] && !strings.ContainsAny(parts[i-1], "{}@\\"):
			return parts[i-1]
		case i > 0 && strings.EqualFold(parts[i-1], "name"):
			return p + "_name" // name.family
		case i > 0 && strings.HasPrefix(strings.ToLower(p), "line"):
			return parts[i-1] + "_" + p
		default:
			return p
		}
	}
	return name
}

// valueWords are members that say nothing besides the name of what they are in: phones[].value.
var valueWords = wordSet("value values val raw original normalized formatted number text string content data address mailbox display canonical")

// ofPerson tells whether the object that a member is in, where it is in one, is a person's.
func ofPerson(ctx *Context) bool {
	up := parents(ctx)
	if up == "" {
		return true
	}
	for _, w := range Tokens(up[strings.LastIndexByte(up, '.')+1:]) {
		if tableWords[w] == people {
			return true
		}
	}
	return false
}
