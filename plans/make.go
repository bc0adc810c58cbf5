package plans

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"iter"
	"net/mail"
	"slices"
	"strings"
	"time"

	"vestige/audit"
	"vestige/connectors"
	"vestige/forms"
	"vestige/internal/clock"
	"vestige/internal/db"
	"vestige/internal/errkind"
	"vestige/internal/keys"
	"vestige/lineage"
	"vestige/pii"
)

// Look lets a closure look records up where they are.
type Look map[string]*connectors.Source

// Look asks the source that a match is about.
func (s Look) Look(ctx context.Context, m pii.Match) iter.Seq2[*pii.Found, error] {
	if src := s[m.Dataset.Ref.Source]; src != nil {
		return src.Locate(ctx, m)
	}
	return func(yield func(*pii.Found, error) bool) {
		yield(nil, errkind.Coded(errkind.NotFound, "no-such-source", "source %s is not configured", m.Dataset.Ref.Source))
	}
}

// asked is what a plan is built from, besides the estate itself.
type asked struct {
	Ask
	start    []pii.Identifier
	many     bool            // it is a batch,
	subjects []Subject       // of these, in place of start
	was      lineage.Earlier // what is known of her from before something was erased; of many each subject has her own
	salt     []byte
	previous string
}

// Plan finds everything of a person, builds the plan and stores it under the request, whose key is made where there is none. Earlier plans of
// the request that nobody has begun to carry out are superseded.
func (e *Engine) Plan(ctx context.Context, a Ask) (*Status, error) {
	g, err := e.Graph(ctx)
	if err != nil {
		return nil, err
	}
	salt := make([]byte, 32)
	_, _ = rand.Read(salt)
	of := asked{Ask: a, salt: salt, many: len(a.Subjects) > 0}
	if of.many {
		of.subjects, err = numbered(g, a.Subjects)
	} else {
		of.start, err = Normalise(g, a.Identifiers)
	}
	if err != nil {
		return nil, err
	}
	if of.was, err = e.begun(ctx, a.Request, of.subjects); err != nil {
		return nil, err
	}
	p, err := e.build(ctx, g, of)
	if err != nil {
		return nil, err
	}
	return e.store(ctx, p, a.By, nil)
}

// Replan builds a plan anew from the identifiers of an earlier one: after an answer, a decision, a scan.
func (e *Engine) Replan(ctx context.Context, id, by string) (*Status, error) {
	s, sealed, err := e.unsealed(ctx, id)
	if err != nil {
		return nil, err
	}
	if s.State != Planned && s.State != Approved && (s.State != Blocked || s.Resume != Approved) {
		return nil, errkind.Coded(errkind.Conflict, "plan-begun", "a plan in the state %s is not replaced", s.State)
	}
	p, err := e.again(ctx, s, sealed.Was, sealed.Start, sealed.Salt, s.Hash, sealed.Subjects...)
	if err != nil {
		return nil, err
	}
	return e.store(ctx, p, by, s)
}

// again builds from another start what a plan was built from; of a batch, from the start of each subject.
func (e *Engine) again(ctx context.Context, s *Status, was lineage.Earlier, start []pii.Identifier, salt []byte, previous string, subjects ...Subject) (*Plan, error) {
	g, err := e.Graph(ctx)
	if err != nil {
		return nil, err
	}
	a := Ask{Request: s.Request, Kind: s.Kind, Regime: s.Open.Regime, Deadline: s.Deadline(), By: s.By, Now: s.Open.CoolDown == 0}
	return e.build(ctx, g, asked{Ask: a, was: was, start: start, many: s.Open.Batch != nil, subjects: subjects, salt: salt, previous: previous})
}

func (e *Engine) unsealed(ctx context.Context, id string) (s *Status, sealed *Sealed, err error) {
	err = e.DB.Read(ctx, func(tx db.Tx) error {
		if s, err = e.load(ctx, tx, id); err != nil {
			return err
		}
		sealed, err = e.sealedOf(ctx, tx, s)
		return err
	})
	return s, sealed, err
}

// store keeps a new plan; what it replaces is superseded in the same unit of work.
func (e *Engine) store(ctx context.Context, p *Plan, by string, old *Status) (*Status, error) {
	var out *Status
	err := e.DB.Write(ctx, func(tx db.Tx) error {
		if err := e.ensureKey(ctx, tx, p.Open.Request); err != nil {
			return err
		}
		id, err := e.keep(ctx, tx, p, by)
		if err != nil {
			return err
		}
		if err := e.supersede(ctx, tx, p, id, by); err != nil {
			return err
		}
		out, err = e.load(ctx, tx, id)
		return err
	})
	return out, err
}

// ensureKey makes the key of a request that has none yet; a request that has ended gets no second one.
func (e *Engine) ensureKey(ctx context.Context, tx db.Tx, request string) error {
	_, err := e.Keys.Seal(ctx, tx, keys.ID(keys.Request, request), "probe", nil)
	if errkind.Of(err) != errkind.NotFound {
		return err
	}
	var n int64
	if err := tx.QueryRow(ctx, "SELECT COUNT(*) FROM plan WHERE request = $1", request).Scan(&n); err != nil {
		return err
	}
	if n > 0 {
		return errkind.Coded(errkind.Conflict, "request-closed", "the request has ended; what was sealed for it is gone")
	}
	return e.Keys.Create(ctx, tx, keys.ID(keys.Request, request))
}

func (e *Engine) supersede(ctx context.Context, tx db.Tx, p *Plan, id, by string) error {
	var old []string
	err := each(ctx, tx, func(r db.Rows) error {
		var o string
		err := r.Scan(&o)
		old = append(old, o)
		return err
	}, "SELECT id FROM plan WHERE request = $1 AND kind = $2 AND id <> $3 AND (state IN ($4, $5) OR (state = $6 AND resume = $7))",
		p.Open.Request, string(p.Open.Kind), id, string(Planned), string(Approved), string(Blocked), string(Approved))
	for _, o := range old {
		if err == nil {
			_, err = tx.Exec(ctx, "UPDATE plan SET state = $1, next = $2, sealed = NULL, updated = $3 WHERE id = $4", string(Superseded), id, clock.Micros(), o)
		}
		if err == nil {
			err = journal(ctx, tx, o, Entry{By: by, State: string(Superseded), Reason: id})
		}
	}
	return err
}

// build closes over the estate and makes the plan. It stores nothing.
func (e *Engine) build(ctx context.Context, g *lineage.Graph, a asked) (*Plan, error) {
	answers, accepted, err := e.answers(ctx, a.Request)
	if err != nil {
		return nil, err
	}
	decisions, err := e.Decisions(ctx, answers)
	if err != nil {
		return nil, err
	}
	lim := lineage.Limits{Find: e.Policy.Act.Find, Change: e.Policy.Change, Hub: e.Policy.Limits.Hub, Skip: e.Skip}
	cl, subjects, batch, err := e.closeOver(ctx, g, lim, a, answers)
	if err != nil {
		return nil, err
	}
	now := clock.Micros()
	in := Input{
		Request: a.Request, Kind: a.Kind, Regime: a.Regime, Now: now, Deadline: a.Deadline, CoolDown: e.coolDown(a, now), Approvers: "another", Previous: a.previous,
		Graph: g, Closure: cl, Start: a.start, Subjects: subjects, Batch: batch, Was: a.was, Change: e.Policy.Change, Tolerance: Tolerance{e.Policy.Tolerance.Percent, e.Policy.Tolerance.AtLeast}, Salt: a.salt,
		Basis: e.basis(now), Accepted: accepted, Decisions: decisions, Recipients: e.Policy.Recipients, Retain: e.Policy.Retain,
		Methods:    func(d pii.Dataset) []pii.Method { return e.source(d.Ref.Source).Methods(d) },
		Statements: func(name string, u pii.Unit) []string { return e.source(name).Statements(u) },
		Rungs:      func(d pii.Dataset) []connectors.Rung { return e.source(d.Ref.Source).Rungs(d) },
	}
	if e.Policy.SingleApprover {
		in.Approvers = "single-approver"
	}
	p, err := Build(in)
	if err == nil && a.Kind == Erasure {
		err = e.foresee(ctx, p)
	}
	return p, err
}

// closeOver finds everything of the subject, or of all subjects of a batch.
func (e *Engine) closeOver(ctx context.Context, g *lineage.Graph, lim lineage.Limits, a asked, answers map[string]pii.Verdict) (*lineage.Closure, []Subject, *Batch, error) {
	if a.many {
		return e.closeMany(ctx, g, lim, a, answers)
	}
	cl, err := lineage.CloseAgain(ctx, g, Look(e.Sources), lim, a.start, answers, a.was)
	return cl, nil, nil, err
}

// basis asks the policy why records are kept. The dates of records are theirs alone to know: the end given is the latest that there can be.
func (e *Engine) basis(now int64) func(pii.Ref, []pii.Category) (Basis, bool) {
	return func(d pii.Ref, cs []pii.Category) (Basis, bool) {
		b, ok := e.Policy.Basis(d, cs)
		if !ok {
			return Basis{}, false
		}
		out := Basis{Text: b.Text}
		if b.Article != "" {
			out.Text += " (" + b.Article + ")"
		}
		if until := b.Until(time.UnixMicro(now).UTC()); !until.IsZero() {
			out.Until = until.UnixMicro()
		}
		return out, true
	}
}

// coolDown gives the end of the cool-down for a plan that starts now: the policy's window, less where the deadline is near, never below the minimum.
func (e *Engine) coolDown(a asked, now int64) int64 {
	window, least := time.Duration(e.Policy.Windows.CoolDown).Microseconds(), time.Duration(e.Policy.Windows.Minimum).Microseconds()
	if a.Kind == Export || window <= 0 || a.Now {
		return 0
	}
	if a.Deadline > 0 && now+window > a.Deadline {
		window = max(min(least, window), a.Deadline-now)
	}
	return now + window
}

// none stands for a source that is not configured any more: it can do nothing.
var none = connectors.Over(connectors.Env{}, "none", connectors.Spec{Name: "none"}, nil)

func (e *Engine) source(name string) *connectors.Source {
	if s := e.Sources[name]; s != nil {
		return s
	}
	return none
}

// answers gives what was answered in a request, and which gaps are accepted in it or for the estate.
func (e *Engine) answers(ctx context.Context, request string) (map[string]pii.Verdict, map[string]string, error) {
	verdicts, accepted := map[string]pii.Verdict{}, map[string]string{}
	now := clock.Micros()
	err := e.DB.Read(ctx, func(tx db.Tx) error {
		return each(ctx, tx, func(r db.Rows) error {
			var id, verdict, reason string
			var review int64
			if err := r.Scan(&id, &verdict, &reason, &review); err != nil {
				return err
			}
			verdicts[id] = pii.Verdict(verdict)
			if pii.Verdict(verdict) == pii.Accept && (review == 0 || review > now) {
				accepted[id] = reason
			}
			return nil
		}, "SELECT question, verdict, reason, review FROM plan_answer WHERE request = $1 OR request = '' ORDER BY request", request)
	})
	return verdicts, accepted, err
}

// Answer is what a person says to a question or a gap.
type Answer struct {
	Request string      `json:"request,omitempty"` // empty for a gap of the estate, which has a date of review
	ID      string      `json:"id"`
	Verdict pii.Verdict `json:"verdict"` // accept (yes, it is hers; the gap is accepted) or reject
	Reason  string      `json:"reason"`
	By      string      `json:"by"`
	Review  int64       `json:"review,omitempty"`
	// Remember makes it a decision: nobody is asked again about the same doubt there, whoever the person is.
	Remember bool `json:"remember,omitempty"`
}

// Answer keeps an answer. It takes effect in the next plan, and for a gap in the last look of an approved one.
func (e *Engine) Answer(ctx context.Context, a Answer) error {
	switch {
	case a.Verdict != pii.Accept && a.Verdict != pii.Reject:
		return errkind.Coded(errkind.Invalid, "verdict", "an answer accepts or rejects")
	case a.ID == "" || a.By == "" || a.Reason == "":
		return errkind.Coded(errkind.Invalid, "answer", "an answer has a question, a person and a reason")
	case a.Request == "" && a.Review <= clock.Micros():
		return errkind.Coded(errkind.Invalid, "review", "a gap of the estate is accepted until a date of review, which lies ahead")
	}
	referred := false
	err := e.DB.Write(ctx, func(tx db.Tx) error {
		places, err := a.places(ctx, tx)
		if err == nil && a.Remember {
			referred, err = e.remember(ctx, tx, a, places)
		}
		var ids []string
		for _, at := range places {
			if err == nil {
				ids = append(ids, at.ID)
				_, err = tx.Exec(ctx, `INSERT INTO plan_answer (request, question, verdict, reason, actor, at, review) VALUES ($1, $2, $3, $4, $5, $6, $7)
					ON CONFLICT (request, question) DO UPDATE SET verdict = excluded.verdict, reason = excluded.reason, actor = excluded.actor, at = excluded.at, review = excluded.review`,
					a.Request, at.ID, string(a.Verdict), a.Reason, a.By, clock.Micros(), a.Review)
			}
		}
		if err != nil {
			return err
		}
		return e.Audit.Append(ctx, tx, audit.Entry{Actor: a.By, Subject: a.Request, Action: "plan.answer", Object: a.ID,
			Facts: audit.Facts(map[string]any{"verdict": a.Verdict, "review": a.Review, "ids": ids, "remember": a.Remember})})
	})
	if err != nil || !referred {
		return err
	}
	return e.Relate(ctx)
}

// places gives what an answer is kept for: of a question as a whole each place that the newest plan with the question shows, so that one that is found later is asked
// about; else what it names.
func (a Answer) places(ctx context.Context, tx db.Tx) ([]lineage.Doubt, error) {
	var out []lineage.Doubt
	err := each(ctx, tx, func(r db.Rows) error {
		var text string
		var o Open
		if err := r.Scan(&text); err != nil || len(out) > 0 {
			return err
		}
		err := json.Unmarshal([]byte(text), &o)
		for _, q := range o.Questions {
			for _, at := range q.Places {
				if q.ID == a.ID || at.ID == a.ID {
					out = append(out, at)
				}
			}
		}
		return err
	}, "SELECT open FROM plan WHERE request = $1 ORDER BY made DESC, id", a.Request)
	if len(out) == 0 {
		out = []lineage.Doubt{{ID: a.ID}}
	}
	return out, err
}

// typed gives the identifier that was typed in: of "Ann Lee <ann@example.com>" the address. A sentence around an address is none.
func typed(id pii.Identifier) string {
	v := strings.TrimSpace(id.Value.Reveal())
	if id.Category != "contact.email" || !strings.ContainsAny(v, " \t\n<>") {
		return v
	}
	a, err := mail.ParseAddress(v)
	if err != nil {
		return ""
	}
	return a.Address
}

// Normalise brings what is given of a person into normal form, and finds the value domain of a local identifier where there is only one that it can mean. Together it has
// to single her out: an identifier, or a full name and a date of birth.
func Normalise(g *lineage.Graph, in []pii.Identifier) ([]pii.Identifier, error) {
	if len(in) == 0 {
		return nil, errkind.Coded(errkind.Invalid, "no-identifier", "a person is known by at least one identifier")
	}
	var out []pii.Identifier
	for _, id := range in {
		if !id.Category.Identifier() && !lineage.Describes(id.Category) {
			return nil, errkind.Coded(errkind.Invalid, "no-identifier", "%s is not a category that singles out a person", id.Category)
		}
		id, err := ofField(g, id)
		if err != nil {
			return nil, err
		}
		norm, ok := forms.Normal(id.Category, []byte(typed(id)))
		if !ok {
			return nil, errkind.Coded(errkind.Invalid, "no-such-shape", "the value does not have the shape of %s", id.Category)
		}
		id.Value = pii.NewValue(string(norm))
		if id.Category.Identifier() && !id.Category.Global() && id.Domain == "" {
			ds := domains(g, id.Category)
			if len(ds) != 1 {
				return nil, errkind.Coded(errkind.Invalid, "which-domain", "%d value domains have %s: name one of %v", len(ds), id.Category, ds)
			}
			id.Domain = ds[0]
		}
		out = append(out, id)
	}
	if !lineage.SinglesOut(out) {
		return nil, errkind.Coded(errkind.Invalid, "no-identifier", "a person is known by an identifier, or by a full name and a date of birth together")
	}
	return out, nil
}

// ofField finds what a value means whose value domain is named by a field: a policy's number in the table of policies. Any field of the domain names it.
func ofField(g *lineage.Graph, id pii.Identifier) (pii.Identifier, error) {
	at, err := pii.ParseRef(id.Domain)
	if id.Domain == "" || err != nil || at.Field == "" {
		return id, nil //nolint:nilerr // it is the name of a domain
	}
	var f *lineage.FieldNode
	if n := g.Node(at); n != nil {
		f = n.Field(at.Field)
	}
	switch {
	case f == nil:
		return id, errkind.Coded(errkind.NotFound, "no-such-field", "%s is no field that was examined", at)
	case f.Dense && f.Category.Global() && id.Category == "identity.number":
		id.Category, id.Domain = f.Category, ""
	case f.Domain == "":
		return id, errkind.Coded(errkind.Invalid, "which-domain", "the values of %s tell nobody apart: no reference leads to them, and they are no identifiers", at)
	default:
		id.Domain = f.Domain
	}
	return id, nil
}

func domains(g *lineage.Graph, c pii.Category) (out []string) {
	for i := range g.Nodes {
		for _, f := range g.Nodes[i].Fields {
			if f.Category == c && f.Domain != "" && !slices.Contains(out, f.Domain) {
				out = append(out, f.Domain)
			}
		}
	}
	slices.Sort(out)
	return out
}
