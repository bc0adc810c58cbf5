package scanner

import (
	"cmp"
	"context"
	"slices"
	"strconv"

	"vestige/catalog"
	"vestige/internal/clock"
	"vestige/internal/db"
	"vestige/internal/errkind"
	"vestige/lineage"
	"vestige/pii"
)

// Related is what looking at all sources together found.
type Related struct {
	References int       `json:"references"` // declared and inferred
	Inferred   int       `json:"inferred"`
	Copies     int       `json:"copies"`
	Islands    []pii.Ref `json:"islands"` // datasets of personal data that no identifier leads to
}

// Relate looks at all fields of all sources together: it infers references and copies from sketches, recognises identifiers and their digests in
// fields that share values with known ones, and says whose the identifiers in each record are. It reads nothing of the sources but
// values to be looked up where only samples were read, and one runs at a time.
func (s *Scanner) Relate(ctx context.Context) (Related, error) {
	looked, err := s.probed(ctx)
	if err != nil {
		return Related{}, err
	}
	s.related.Lock()
	defer s.related.Unlock()
	for {
		r, err := s.relate(ctx, looked)
		if errkind.Code(err) != catalog.CodeMoved {
			return r, err
		}
	}
}

// relate is one attempt: where another process has stored something since the catalog was read, nothing is written.
func (s *Scanner) relate(ctx context.Context, looked lookedInto) (Related, error) {
	at, err := s.cat.Revision(ctx)
	if err != nil {
		return Related{}, err
	}
	w, err := s.world(ctx)
	if err != nil {
		return Related{}, err
	}
	changed := w.spread()
	lineage.Persons(w.nodes)
	inferred := looked.infer(w.looks, s.key)
	copies := lineage.Copies(w.looks)
	known := lineage.Merge(lineage.Declared(w.nodes), lineage.Told(w.looks, w.flows), nil)
	edges := w.decide(lineage.Merge(known, lineage.Parts(w.nodes, w.looks, inferred), copies))
	lineage.Assign(w.nodes, edges)
	r := Related{References: len(edges), Inferred: len(inferred), Copies: len(copies), Islands: lineage.Islands(w.nodes, edges)}
	edges = append(edges, w.decide(lineage.Views(w.looks))...)
	for i := range w.nodes {
		w.nodes[i].Island = slices.Contains(r.Islands, w.nodes[i].Dataset.Ref)
	}
	return r, s.store.Write(ctx, func(tx db.Tx) error {
		if err := s.cat.Unmoved(ctx, tx, at); err != nil {
			return err
		}
		return s.keepWorld(ctx, tx, w, edges, changed, r)
	})
}

// world is everything that the catalog knows, as inference wants it.
type world struct {
	nodes     []lineage.Node
	looks     []lineage.Look
	proposals map[pii.Ref]pii.Proposal
	decided   map[string]pii.Decision // of references, by edge
	flows     []lineage.Flow          // that were told
}

func (s *Scanner) world(ctx context.Context) (*world, error) {
	w := &world{proposals: map[pii.Ref]pii.Proposal{}, decided: map[string]pii.Decision{}}
	var err error
	if w.nodes, err = s.cat.Nodes(ctx, ""); err != nil {
		return nil, err
	}
	entries, err := s.cat.Proposals(ctx, catalog.Filter{})
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		w.proposals[e.Ref] = e.Proposal
	}
	sketches, err := s.cat.Sketches(ctx, "")
	if err != nil {
		return nil, err
	}
	ds, err := s.cat.Decisions(ctx, catalog.Query{})
	if err != nil {
		return nil, err
	}
	for _, d := range ds {
		if d.Edge != "" && !d.Reopened {
			w.decided[d.Edge] = d.Decision
		}
	}
	if w.flows, err = s.cat.Flows(ctx, pii.Ref{}); err != nil {
		return nil, err
	}
	w.look(sketches, s.keyID)
	return w, nil
}

// look lays the sketches beside their fields; those of another key cannot be compared and are left out.
func (w *world) look(sketches []catalog.Sketch, keyID string) {
	plain, derived := map[pii.Ref]*catalog.Sketch{}, map[pii.Ref][]lineage.Sketch{}
	for i := range sketches {
		switch sk := &sketches[i]; {
		case sk.Key != keyID:
		case sk.Form == "":
			plain[sk.Field] = sk
		default:
			derived[sk.Field] = append(derived[sk.Field], sk.Sketch)
		}
	}
	for i := range w.nodes {
		n := &w.nodes[i]
		if n.Gone != 0 {
			continue
		}
		for j := range n.Fields {
			ref := n.Dataset.Ref.In(n.Fields[j].Field.Name)
			l := lineage.Look{Node: n, Field: &n.Fields[j], Exam: w.proposals[ref].Examined, Values: derived[ref]}
			if sk := plain[ref]; sk != nil {
				l.Sketch = &sk.Sketch
				l.Exam.Unique = l.Exam.Unique && sk.Full
			}
			w.looks = append(w.looks, l)
		}
	}
}

// spread recognises, in fields that are not decided, global identifiers by the values they share with fields that surely hold them, and digests
// by the digests of known ones. It gives the fields that changed.
func (w *world) spread() map[pii.Ref]bool {
	changed := map[pii.Ref]bool{}
	known := lineage.KnownIdentifiers(w.looks)
	for i := range w.looks {
		l := &w.looks[i]
		if l.Sketch == nil || l.Field.Decided {
			continue
		}
		cat, form, nat, ok := lineage.Recognise(l, known)
		if !ok {
			continue
		}
		ref := l.Node.Dataset.Ref.In(l.Field.Field.Name)
		p := w.proposals[ref]
		p.Category, p.Form, p.Dense, p.Confidence, p.Contains = cat, form, true, 0.98, nil
		p.Nats = append(slices.Clone(p.Nats), nat)
		w.proposals[ref], changed[ref] = p, true
		l.Field.Category, l.Field.Form, l.Field.Dense, l.Field.Confidence, l.Field.Contains = cat, form, true, p.Confidence, nil
	}
	return changed
}

// decide lays what people said of references over those found: a rejected one is left out, an accepted one is sure.
func (w *world) decide(edges []lineage.Edge) []lineage.Edge {
	out := edges[:0]
	for _, e := range edges {
		d, ok := w.decided[e.ID]
		switch {
		case ok && d.Verdict == pii.Reject:
			continue
		case ok && (d.Verdict == pii.Accept || d.Verdict == pii.Changed):
			e.Confidence = 1
			if d.Kind != "" {
				e.Kind, e.Decided = lineage.Role(d.Kind), true
			}
		}
		out = append(out, e)
	}
	return out
}

// keepWorld stores what was related, and raises what a person should look at.
func (s *Scanner) keepWorld(ctx context.Context, tx db.Tx, w *world, edges []lineage.Edge, changed map[pii.Ref]bool, r Related) error {
	for _, n := range w.nodes {
		if n.Gone != 0 {
			continue
		}
		var ps []pii.Proposal
		for _, f := range n.Fields {
			if ref := n.Dataset.Ref.In(f.Field.Name); changed[ref] {
				ps = append(ps, w.proposals[ref])
			}
		}
		if err := s.cat.PutDataset(ctx, tx, n, ps); err != nil {
			return err
		}
	}
	slices.SortFunc(edges, func(a, b lineage.Edge) int { return cmp.Compare(a.ID, b.ID) })
	if err := s.cat.PutEdges(ctx, tx, "", edges); err != nil {
		return err
	}
	for _, at := range r.Islands {
		a := catalog.Alert{Code: "island", At: at, Text: "the dataset holds personal data, and no identifier or reference leads to it", Opened: clock.Micros()}
		if err := s.cat.PutAlert(ctx, tx, a); err != nil {
			return err
		}
	}
	if err := s.settle(ctx, tx, w, edges, r.Islands); err != nil {
		return err
	}
	return s.unmapped(ctx, tx, w)
}

// unmapped raises fields that are proposed to hold personal data and that nobody has decided, one alert a dataset.
func (s *Scanner) unmapped(ctx context.Context, tx db.Tx, w *world) error {
	for _, n := range w.nodes {
		k := 0
		for _, f := range n.Fields {
			if catalog.Waits(&f) {
				k++
			}
		}
		if k == 0 || n.Gone != 0 {
			continue
		}
		a := catalog.Alert{Code: "unmapped", At: n.Dataset.Ref, Text: plural(k) + " proposed to hold personal data and not decided", Opened: clock.Micros()}
		if err := s.cat.PutAlert(ctx, tx, a); err != nil {
			return err
		}
	}
	return nil
}

func plural(k int) string {
	if k == 1 {
		return "1 field is"
	}
	return strconv.Itoa(k) + " fields are"
}
