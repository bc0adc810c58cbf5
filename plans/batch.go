package plans

import (
	"context"
	"slices"

	"vestige/internal/errkind"
	"vestige/lineage"
	"vestige/pii"
)

// A batch is many subjects in one plan: a consent that expired, an opt-out of thousands, what came back with a restored system. Each has a closure of her own,
// which is what it would be in a request of her own; only the looks are made together, and what is found is planned, done and verified as one.

// Batch is what the open part of a plan says of its subjects. They are named by number: which line of the request each stands in.
type Batch struct {
	Subjects int    `json:"subjects"`
	Planned  int    `json:"planned"`           // of whom something is found, and done
	Nothing  []int  `json:"nothing,omitempty"` // of whom nothing is found
	Left     []Left `json:"left,omitempty"`    // who need a request of their own
}

// Entangled is why someone is left out who meets another subject in a record that has to be thought of for both.
const Entangled = "entangled"

// Left is a subject whom a plan of many leaves out, and why.
type Left struct {
	Subject int    `json:"subject"`
	Why     string `json:"why"` // question, entangled, or a code
}

// Subject is one of many in the sealed part of a plan.
type Subject struct {
	N      int // as the request counts them, from 1
	Start  []pii.Identifier
	Known  []pii.Identifier // all that single her out
	Shared []pii.Identifier // hers and others'
	Was    []pii.Identifier // hers and others', before something was erased
	Left   bool             // nothing of hers is done by this plan
}

// atATime is how many subjects look together: what is found of them is held in memory until they have come to their end.
const atATime = 10_000

// many is a batch being closed over.
type many struct {
	*Engine
	g       *lineage.Graph
	lim     lineage.Limits
	answers map[string]pii.Verdict
	all     []Subject
	closed  []*lineage.Closure // by place in all; nil for those that are left
	batch   Batch
	passes  int
}

// closeMany closes over every subject of a batch. What it gives is one closure of all that can be planned, with the subjects as they turned out.
func (e *Engine) closeMany(ctx context.Context, g *lineage.Graph, lim lineage.Limits, a asked, answers map[string]pii.Verdict) (*lineage.Closure, []Subject, *Batch, error) {
	subjects := a.subjects
	m := &many{Engine: e, g: g, lim: lim, answers: answers, all: slices.Clone(subjects), closed: make([]*lineage.Closure, len(subjects))}
	m.batch.Subjects = len(subjects)
	if err := m.close(ctx); err != nil {
		return nil, nil, nil, err
	}
	m.part()
	e.Log.InfoContext(ctx, "closed over many", "subjects", len(subjects), "looks", m.passes, "left", len(m.batch.Left))
	return m.merged(), m.all, &m.batch, nil
}

// close closes over every subject. She is left out of whom something is to be asked.
func (m *many) close(ctx context.Context) error {
	for from := 0; from < len(m.all); from += atATime {
		part := m.all[from:min(from+atATime, len(m.all))]
		errs := make([]error, len(part))
		look := newGather(Look(m.Sources))
		look.closures(ctx, len(part), func(i int) {
			m.closed[from+i], errs[i] = lineage.CloseAgain(ctx, m.g, look, m.lim, part[i].Start, m.answers, lineage.Earlier{Shared: part[i].Was})
		})
		m.passes += look.passes
		for i, err := range errs {
			if err != nil {
				return err
			}
			cl := m.closed[from+i]
			part[i].Left = false
			part[i].Known, part[i].Shared = told(cl)
			if slices.ContainsFunc(cl.Questions, func(q lineage.Question) bool { return q.Answer == "" }) {
				m.leave(from+i, "question")
			}
		}
	}
	return ctx.Err()
}

// told gives what singles the subject of a closure out, and what others have too.
func told(cl *lineage.Closure) (single, shared []pii.Identifier) {
	for _, k := range cl.Known {
		if k.Single {
			single = append(single, k.Identifier)
		} else {
			shared = append(shared, k.Identifier)
		}
	}
	return single, shared
}

// leave takes a subject out of the plan.
func (m *many) leave(who int, why string) {
	m.closed[who], m.all[who].Left = nil, true
	m.batch.Left = append(m.batch.Left, Left{m.all[who].N, why})
}

// part leaves out who meets another subject in a record that has to be thought of for both: who owns it with her, or holds in it what is the other's too. Erased one
// after the other, the second one takes what the first has to leave. So of those who meet the first is planned, and the others have requests of their own, after it.
func (m *many) part() {
	met := map[int][]int{}
	m.meetings(func(a, b int) { met[a], met[b] = append(met[a], b), append(met[b], a) })
	for who := range m.all {
		if m.closed[who] != nil && slices.ContainsFunc(met[who], func(o int) bool { return o < who && m.closed[o] != nil }) {
			m.leave(who, Entangled)
		}
	}
}

// meetings tells of every two subjects who meet in a record that has to be thought of for both.
func (m *many) meetings(see func(a, b int)) {
	type holder struct {
		who  int
		hers bool
	}
	owners := map[string][]holder{}
	for pass := range 2 { // owners first, then those who meet them
		for who, cl := range m.closed {
			if cl == nil {
				continue
			}
			for _, r := range cl.Records {
				owns := r.Holding == lineage.Hers || r.Holding == lineage.Joint
				if owns != (pass == 0) || r.Holding == lineage.Mention || r.Holding == lineage.Unsure {
					continue
				}
				id := bareID(r)
				for _, had := range owners[id] {
					if had.who != who && (!owns || !had.hers || r.Holding != lineage.Hers) {
						see(had.who, who)
					}
				}
				if owns {
					owners[id] = append(owners[id], holder{who, r.Holding == lineage.Hers})
				}
			}
		}
	}
}

// bareID tells records apart by dataset and key, or by digest where there is none.
func bareID(r *lineage.Record) string {
	if len(r.Key) > 0 {
		return r.Dataset.String() + "\x00k" + r.Key.ID()
	}
	return r.Dataset.String() + "\x00d" + string(r.Digest[:])
}

// numbered brings the identifiers of every subject into normal form, and counts the subjects as the request does.
func numbered(g *lineage.Graph, in [][]pii.Identifier) (out []Subject, err error) {
	for i, ids := range in {
		start, err := Normalise(g, ids)
		if err != nil {
			return nil, errkind.Coded(errkind.Of(err), errkind.Code(err), "subject %d: %s", i+1, err.Error())
		}
		out = append(out, Subject{N: i + 1, Start: start})
	}
	return out, nil
}

// joinSubjects adds what a later look knows of each subject.
func joinSubjects(all, more []Subject) []Subject {
	at := map[int]int{}
	for i, s := range all {
		at[s.N] = i
	}
	for _, s := range more {
		i, ok := at[s.N]
		if !ok {
			at[s.N] = len(all)
			all = append(all, s)
			continue
		}
		all[i].Known, all[i].Left = union(all[i].Known, s.Known), s.Left
		all[i].Shared, all[i].Was = union(all[i].Shared, s.Shared), union(all[i].Was, s.Was)
	}
	return all
}

// startOfAll has every subject of a batch start from all that singles her out, and not from what may be another's by now: what is bound to a time or not sure.
func startOfAll(all *Sealed) (out []Subject) {
	bound := map[string]bool{}
	for _, b := range all.Bound {
		bound[string(b.Category)+"\x00"+b.Value.Reveal()] = true
	}
	for _, s := range all.Subjects {
		if s.Left {
			continue
		}
		known := slices.DeleteFunc(slices.Clone(s.Known), func(k pii.Identifier) bool { return bound[string(k.Category)+"\x00"+k.Value.Reveal()] })
		s.Start, s.Was = union(slices.Clone(s.Start), known), union(slices.Clone(s.Was), s.Shared)
		out = append(out, s)
	}
	return out
}

// going gives the subjects of whom something is done.
func going(all []Subject) []Subject {
	return slices.DeleteFunc(slices.Clone(all), func(s Subject) bool { return s.Left })
}
