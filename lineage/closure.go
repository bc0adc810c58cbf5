package lineage

import (
	"cmp"
	"context"
	"iter"
	"slices"

	"vestige/internal/errkind"
	"vestige/pii"
)

// Looker finds records in the systems; connectors do it. A Found with a Gap stands for what could not be looked at.
type Looker interface {
	Look(ctx context.Context, m pii.Match) iter.Seq2[*pii.Found, error]
}

// Limits are the thresholds of a closure, as plain values from policies.
type Limits struct {
	Find   float64                    // fields above it are searched
	Change func(pii.Category) float64 // records are changed only over fields and references at or above it
	Hub    int                        // an identifier that stands in more records of one dataset than this does not extend the search
	// Skip leaves parts out by name, so that tests can show what each is needed for; see the Part constants.
	Skip map[Part]bool
}

// Part names one piece of the closure.
type Part string

// The parts that Limits.Skip knows.
const (
	Extend   Part = "extend"   // identifiers found on the way extend the search
	Text     Part = "text"     // free text is searched
	Members  Part = "members"  // names of members and elements are parts of a record
	Agree    Part = "agree"    // a record of another person who has the identifier too is told apart
	Windows  Part = "windows"  // an identifier given to someone else is hers for a time only
	CoOwners Part = "coowners" // records of several persons are detached
	Follow   Part = "follow"   // references are followed
	Hashes   Part = "hashes"   // digests of identifiers are compared
	Names    Part = "names"    // her names and addresses are found in records that mention her
	RolesOf  Part = "roles"    // mentions are told from ownership
	Upward   Part = "upward"   // records that hers refer to are hers where nobody else does
	Domains  Part = "domains"  // local identifiers are compared in their own value domain alone
	Tokens   Part = "tokens"   // an address within a longer one is another
	Codes    Part = "codes"    // a code that has the digits of a telephone is none
	Self     Part = "self"     // references of a dataset to itself are followed and searched
	System   Part = "system"   // addresses of functions and of staff are not hers
)

func (l Limits) on(p Part) bool { return !l.Skip[p] }

// Link is one step of a derivation: where something was found and by what. It holds no value.
type Link struct {
	Dataset  pii.Ref      `json:"dataset"`
	Field    string       `json:"field,omitempty"`
	Category pii.Category `json:"category,omitempty"`
	Edge     string       `json:"edge,omitempty"` // id of the reference followed
	How      string       `json:"how"`            // given, identifier, reference, text, name
}

// Known is an identifier of the subject with the chain that led to it.
type Known struct {
	pii.Identifier
	Via        []Link
	Confidence float64
	Single     bool     // it singles her out; otherwise others have it too, or it is too common
	Window     *Window  // the time for which a recycled identifier was hers
	Past       []Window // times for which it was somebody else's before
	Why        string   // why it does not single her out: held-by-another, hub, system-address
	Start      bool
}

// Window is a span of time in microseconds since 1970; 0 is open.
type Window struct {
	From, To int64
	account  bool // it is that of an account, which says nothing of the time before
}

// Holding says how a record stands to the subject.
type Holding string

// The holdings.
const (
	Hers        Holding = "hers"            // the record belongs to her alone
	Joint       Holding = "shared"          // it belongs to her and others
	Mention     Holding = "mentions"        // it names her and belongs to another, or to nobody
	HeldByOther Holding = "held-by-another" // it holds one of her identifiers as another person's own
	Unsure      Holding = "unsure"          // a question stands about it
)

// Record is one record reached by the closure, with its derivation.
type Record struct {
	Dataset    pii.Ref
	Key        pii.Key
	Digest     pii.Digest
	Equals     int
	Holding    Holding
	Via        []Link
	Confidence float64
	Hits       []pii.Hit // occurrences to be changed in a record that stays
	Insides    []Inside  // members or elements that are hers in a record of many
	Fields     map[string][]pii.Located
	Slots      []string  // reference and identifier fields through which she is named
	Owner      int       // index of the record through which it is hers, -1 for none
	Upward     bool      // hers because her record refers to it
	Question   string    // of an unsure one
	Other      pii.Value // of a shared one: how references name another owner
	OtherIn    string    // the value domain in which they do

	fresh bool
}

// Inside is a member or element inside a document.
type Inside struct {
	Field string // the column, "" where the record is the document
	Path  string // concrete
}

// Referrer is a record of somebody else, or of nobody, that refers to one of hers by a declared reference: it decides whether hers can go.
type Referrer struct {
	Edge   string // id
	To     int    // index of her record
	Record *pii.Found
}

// Question is two possible outcomes put to a person.
type Question struct {
	ID      string      `json:"id"` // the same for the same doubt about the same place
	Code    string      `json:"code"`
	Dataset pii.Ref     `json:"dataset"`
	Text    string      `json:"text"`
	Yes     Outcome     `json:"yes"`
	No      Outcome     `json:"no"`
	Via     []Link      `json:"via"`
	Answer  pii.Verdict `json:"answer,omitempty"`
	Places  []Doubt     `json:"places,omitempty"` // where it is asked about; each can be answered by itself

	text string // with {at} in place of the datasets
}

// Doubt is one place that a question is about.
type Doubt struct {
	ID      string  `json:"id"`
	Dataset pii.Ref `json:"dataset"`
	Field   string  `json:"field"`
	Records int64   `json:"records"`
	// Decision names what an answer that is to count for other people too is a decision on: the reference, or this kind of doubt at this field; Remember lists
	// the answers that can be one.
	Decision string        `json:"decision,omitempty"`
	Remember []pii.Verdict `json:"remember,omitempty"`
}

// Outcome is what follows from an answer.
type Outcome struct {
	Text    string `json:"text"`
	Records int64  `json:"records"`
}

// Closure is everything reached from a subject's identifiers.
type Closure struct {
	Records    []*Record
	Known      []*Known
	Attributes []Known // names, addresses, dates of birth in records that are hers
	Questions  []Question
	Decided    []Decided // what was not asked about, since somebody had decided on it
	Gaps       []pii.Gap
	Undecided  map[pii.Ref]int64 // fields between find and change, with the records behind them
	Looked     int               // looks at datasets
	Referrers  []Referrer        // records that refer to hers by a declared reference and are not hers
}

// Close starts with the identifiers given and repeats until nothing is new: find the records that hold one of them in a field of that category, or that
// refer to a record already found; read their identifier fields; add those that single a person out. answers are what was said of questions' places, and what was decided
// of their kinds, by id.
func Close(ctx context.Context, g *Graph, look Looker, lim Limits, start []pii.Identifier, answers map[string]pii.Verdict) (*Closure, error) {
	return CloseAgain(ctx, g, look, lim, start, answers, Earlier{})
}

// Earlier is what earlier closures of the same subject knew, of which the records that told it may be gone by now: once hers is erased, nothing but this says that the
// telephone in what is left of her was that of two.
type Earlier struct {
	Shared []pii.Identifier // others have them too, or had them: they single nobody out, and whose a record is that has one says what else is in it
	Traits []pii.Identifier // what she is called, when she was born
}

// CloseAgain is Close for a subject of whom some may be erased already.
func CloseAgain(ctx context.Context, g *Graph, look Looker, lim Limits, start []pii.Identifier, answers map[string]pii.Verdict, was Earlier) (*Closure, error) {
	c := newCloser(g, look, lim, answers)
	c.ctx = ctx
	for _, id := range was.Shared {
		c.common[idKey(id)] = true
	}
	for _, id := range was.Traits {
		if slices.Contains(identityCategories, id.Category) {
			c.profile.learn(profile{id.Category: {id.Value.Reveal()}})
		}
	}
	if !SinglesOut(start) {
		return nil, errkind.New(errkind.Invalid, "a closure starts from an identifier, or from a full name and a date of birth")
	}
	var phones []pii.Identifier
	for _, id := range start {
		if Describes(id.Category) {
			c.said.learn(profile{id.Category: {id.Value.Reveal()}})
			continue
		}
		if id.Category == "contact.phone" && slices.ContainsFunc(start, func(o pii.Identifier) bool { return o.Category != id.Category && o.Category.Identifier() }) {
			phones = append(phones, id) // a family's: whose the other identifiers are says which of them is meant
			continue
		}
		c.learn(id, nil, 1, nil).Start = true
	}
	c.profile.learn(c.said)
	for _, k := range c.known {
		c.trades = c.trades || c.staff(k.Identifier)
	}
	for _, phase := range []func(context.Context) error{c.rounds, func(ctx context.Context) error { return c.then(ctx, phones) }, c.upward, c.described, c.settle, c.whom, c.alike, c.coOwners, c.mentions, c.inKey} {
		if err := phase(ctx); err != nil {
			return nil, err
		}
	}
	return c.finish(), nil
}

// closer is the state of one closure.
type closer struct {
	g          *Graph
	look       Looker
	lim        Limits
	answers    map[string]pii.Verdict
	out        Closure
	known      []*Known
	byID       map[string]*Known
	fresh      []*Known // learnt and not yet searched
	recs       map[string]int
	profile    profile
	said       profile // what was given of her besides identifiers
	several    bool    // what was given is several people's
	pending    map[string]*pend
	order      []string
	naming     []*pend                  // mentions by an identifier in a field that is for it
	trades     bool                     // the subject herself stands in other people's records by trade
	trade      map[string]bool          // identifiers asked of staff
	posts      []*post                  // fields that name such people, once asked for
	within     map[pii.Ref][]int        // places in out.Records by dataset
	common     map[string]bool          // identifiers that an earlier closure knew to be others' too
	spoken     *Spoken                  // whose numbers the texts mean
	rival      map[string]bool          // identifiers asked of other people, numbers of other value domains
	kept       map[pii.Ref][]*pii.Found // of the round under way: what was found where records stand for persons
	spared     map[string]bool          // records that were not asked about, by decision
	namesakes  map[string][]int         // lines of letters that name somebody who is called as she is, by her address
	twins      map[string]bool          // by what others are named who have her name and her date of birth
	reached    map[way]map[int][]*pii.Found
	ends       ends
	begins     map[pii.Ref]map[string][]int // lines with which letters begin, by object
	hersIn     map[string][]hersLine        // lines with an identifier of hers, in order, by object
	neighbours map[string]bool              // words of the names of others who live where she does, once asked
	herCodes   []string                     // postcodes of hers, once asked
	theirCodes []string                     // and of others of her name
	things     map[string]bool              // what records of hers refer to, once asked
	ctx        context.Context              // of the closure under way, which a closer lives no longer than
}

func newCloser(g *Graph, look Looker, lim Limits, answers map[string]pii.Verdict) *closer {
	return &closer{
		g: g, look: look, lim: lim, answers: answers, spoken: NewSpoken(g),
		byID: map[string]*Known{}, recs: map[string]int{}, within: map[pii.Ref][]int{}, pending: map[string]*pend{},
		trade: map[string]bool{}, common: map[string]bool{}, rival: map[string]bool{}, spared: map[string]bool{}, twins: map[string]bool{},
		namesakes: map[string][]int{}, begins: map[pii.Ref]map[string][]int{}, hersIn: map[string][]hersLine{}, reached: map[way]map[int][]*pii.Found{}, ends: ends{},
		out: Closure{Undecided: map[pii.Ref]int64{}}, profile: profile{}, said: profile{},
	}
}

func (c *closer) more() bool {
	if len(c.fresh) > 0 {
		return true
	}
	return slices.ContainsFunc(c.out.Records, func(r *Record) bool { return r.fresh })
}

// rounds goes on until nothing is new.
func (c *closer) rounds(ctx context.Context) error {
	for c.more() {
		if err := c.round(ctx); err != nil {
			return err
		}
	}
	return nil
}

// round searches the identifiers learnt since the last one and follows the references of the records found since.
func (c *closer) round(ctx context.Context) error {
	ids := c.fresh
	c.fresh = nil
	if err := c.evaluate(ctx, ids); err != nil {
		return err
	}
	if err := c.searchAll(ctx, ids); err != nil {
		return err
	}
	return c.follow(ctx)
}

// learn adds an identifier, once.
func (c *closer) learn(id pii.Identifier, via []Link, conf float64, w *Window) *Known {
	k := idKey(id)
	if old := c.byID[k]; old != nil {
		old.Confidence = max(old.Confidence, conf)
		if old.Window == nil {
			old.Window = w
		}
		return old
	}
	n := &Known{Identifier: id, Via: via, Confidence: conf, Single: !c.common[k], Window: w}
	c.byID[k] = n
	c.known = append(c.known, n)
	if !n.Single {
		n.Why = "held-by-another"
	}
	c.fresh = append(c.fresh, n)
	return n
}

func idKey(id pii.Identifier) string {
	if id.Category.Global() {
		return "g\x00" + string(id.Category) + "\x00" + id.Value.Reveal()
	}
	return "l\x00" + id.Domain + "\x00" + id.Value.Reveal()
}

// recordID tells records apart across datasets: by key, or by digest where there is none.
func recordID(f *pii.Found) string {
	if len(f.Key) > 0 {
		return f.Dataset.String() + "\x00k" + f.Key.ID()
	}
	return f.Dataset.String() + "\x00d" + string(f.Digest[:])
}

// add puts a record in, or betters what is known of it, and gives its index.
func (c *closer) add(f *pii.Found, h Holding, via []Link, conf float64) int {
	id := recordID(f)
	if i, ok := c.recs[id]; ok {
		r := c.out.Records[i]
		if rank(h) > rank(r.Holding) {
			if rank(h) >= rank(Joint) {
				c.things = nil
			}
			if r.Holding == HeldByOther {
				r.Hits = nil // the other's own: the telephone of both stays hers whose record it is, whatever else in it is about the subject
			}
			r.Holding, r.Via, r.fresh = h, via, true
			r.Confidence = conf
		} else if h == r.Holding {
			r.Confidence = max(r.Confidence, conf)
		}
		return i
	}
	r := &Record{Dataset: f.Dataset, Key: f.Key, Digest: f.Digest, Equals: max(f.Equals, 1), Holding: h, Via: via, Confidence: conf, Fields: f.Fields, Owner: -1, fresh: true}
	if rank(h) >= rank(Joint) {
		c.things = nil
	}
	c.within[r.Dataset] = append(c.within[r.Dataset], len(c.out.Records))
	c.out.Records = append(c.out.Records, r)
	c.recs[id] = len(c.out.Records) - 1
	return len(c.out.Records) - 1
}

func rank(h Holding) int {
	return slices.Index([]Holding{HeldByOther, Unsure, Mention, Joint, Hers}, h)
}

// finish orders the result, so that the same estate gives the same closure.
func (c *closer) finish() *Closure {
	c.out.Known = c.known
	at := make([]int, len(c.out.Records))
	order := make([]int, len(c.out.Records))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(i, j int) int {
		a, b := c.out.Records[i], c.out.Records[j]
		return cmp.Or(cmp.Compare(a.Dataset.String(), b.Dataset.String()), a.Key.Compare(b.Key), slices.Compare(a.Digest[:], b.Digest[:]))
	})
	sorted := make([]*Record, len(order))
	for to, from := range order {
		sorted[to], at[from] = c.out.Records[from], to
	}
	c.referrers(at)
	for _, r := range sorted {
		if r.Owner >= 0 {
			r.Owner = at[r.Owner]
		}
		c.undecided(r)
	}
	c.out.Records = sorted
	slices.SortFunc(c.out.Questions, func(a, b Question) int { return cmp.Compare(a.ID, b.ID) })
	slices.SortFunc(c.out.Decided, func(a, b Decided) int { return cmp.Compare(a.Decision, b.Decision) })
	slices.SortFunc(c.out.Gaps, func(a, b pii.Gap) int {
		return cmp.Or(cmp.Compare(a.Code, b.Code), cmp.Compare(a.At.String(), b.At.String()))
	})
	return &c.out
}

// referrers keeps those whose record did not turn out to be hers. It is done while recs still gives the order of finding.
func (c *closer) referrers(at []int) {
	kept := c.out.Referrers[:0]
	for _, f := range c.out.Referrers {
		i, ok := c.recs[recordID(f.Record)]
		if ok && c.out.Records[i].Holding == Hers {
			continue
		}
		f.To = at[f.To]
		kept = append(kept, f)
	}
	c.out.Referrers = kept
}

// undecided counts a record that was reached over something too unsure to act on.
func (c *closer) undecided(r *Record) {
	if r.Holding == HeldByOther || len(r.Via) == 0 {
		return
	}
	last := r.Via[len(r.Via)-1]
	if r.Confidence < c.lim.Change(last.Category) {
		c.out.Undecided[last.Dataset.In(last.Field)]++
	}
}
