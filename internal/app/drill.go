package app

import (
	"cmp"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"vestige/audit"
	"vestige/catalog"
	"vestige/connectors"
	"vestige/internal/db"
	"vestige/internal/errkind"
	"vestige/internal/keys"
	"vestige/lineage"
	"vestige/pii"
)

// Drilled is what a drill showed of one source.
type Drilled struct {
	Source  string      `json:"source"`
	Dataset string      `json:"dataset,omitempty"` // where somebody was planted
	Outcome string      `json:"outcome"`           // proven, failed, skipped
	Why     string      `json:"why,omitempty"`     // of one that is not proven
	Steps   []DrillStep `json:"steps"`
}

// DrillStep is one thing that a drill proves.
type DrillStep struct {
	Step    string `json:"step"` // sweep, plant, find, erase, verify, remove
	OK      bool   `json:"ok"`
	Records int64  `json:"records"`
	Text    string `json:"text,omitempty"`
}

// Drill plants a marked person in each source that allows it, and proves that she is found, erased and found no more. Whatever happens, what was planted is removed;
// what a drill that was killed has left is removed by the next one. A source that fails is an alert. Without names it is all sources that the configuration lets be drilled.
func (a *App) Drill(ctx context.Context, by string, names []string, tell func(source, step string)) ([]Drilled, error) {
	asked := len(names) > 0
	if !asked {
		names = slices.Sorted(maps.Keys(a.Sources))
	}
	out := []Drilled{}
	for _, name := range names {
		src, err := a.Source(name)
		if err != nil {
			return nil, err
		}
		d := a.drill(ctx, by, src, func(step string) { tell(name, step) })
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if err := a.drilled(ctx, by, &d); err != nil {
			return nil, err
		}
		out = append(out, d)
	}
	return out, nil
}

// drilled writes down what a drill showed, and raises or ends its alert.
func (a *App) drilled(ctx context.Context, by string, d *Drilled) error {
	if d.Outcome == "skipped" {
		return nil
	}
	return a.DB.Write(ctx, func(tx db.Tx) error {
		at := pii.Ref{Source: d.Source, Dataset: d.Dataset}
		err := a.Catalog.Settled(ctx, tx, "drill", d.Source, func(open pii.Ref) bool { return d.Outcome == "failed" && open == at })
		if err == nil && d.Outcome == "failed" {
			err = a.Catalog.PutAlert(ctx, tx, catalog.Alert{Code: "drill", At: at, Text: d.Why})
		}
		if err != nil {
			return err
		}
		return a.Audit.Append(ctx, tx, audit.Entry{Actor: by, Action: "source.drill", Object: d.Source, Facts: audit.Facts(map[string]any{"outcome": d.Outcome, "dataset": d.Dataset})})
	})
}

// drilling is the drill of one source.
type drilling struct {
	a     *App
	src   *connectors.Source
	by    string
	tell  func(string)
	mark  []pii.Identifier
	graph *lineage.Graph
	node  *lineage.Node
	may   []*lineage.Node // further datasets that somebody can be planted in
	put   map[string]bool // the values that were planted
	out   *Drilled
}

func (a *App) drill(ctx context.Context, by string, src *connectors.Source, tell func(string)) Drilled {
	out := Drilled{Source: src.Name(), Outcome: "skipped", Steps: []DrillStep{}}
	x := &drilling{a: a, src: src, by: by, tell: tell, out: &out}
	if why, err := x.prepare(ctx); err != nil {
		out.Outcome, out.Why = "failed", err.Error()
		return out
	} else if why != "" {
		out.Why = why
		return out
	}
	defer func() {
		if out.Outcome == "proven" {
			return
		}
		if n, err := x.remove(context.WithoutCancel(ctx)); err != nil {
			x.failed("remove", n, "what was planted could not be removed ("+err.Error()+"), after "+out.Why)
		} else if n > 0 {
			x.step("remove", n)
		}
	}()
	x.prove(ctx)
	return out
}

// prepare chooses where somebody is planted; why says why nobody can be.
func (x *drilling) prepare(ctx context.Context) (why string, err error) {
	setting := x.a.Config.Sources[x.src.Name()].Drill
	switch {
	case setting == "" || setting == "false":
		return "the configuration does not say drill: true, or which dataset", nil
	case x.src.ReadOnly():
		return "the source is read-only", nil
	case !slices.Contains(x.src.Abilities(), "plant"):
		return "nothing can be planted in a source of type " + x.src.Spec().Name, nil
	}
	g, err := x.a.Catalog.Graph(ctx)
	if err != nil {
		return "", err
	}
	if x.may = drillable(g, x.src, setting); len(x.may) == 0 {
		return "", errkind.Coded(errkind.NotFound, "no-such-dataset", "there is no dataset %s that people can be planted in: one with an address of e-mail and a key, whose records may be deleted", strings.TrimPrefix(setting, "true"))
	}
	x.graph = g
	x.at(x.may[0])
	address, err := x.a.drillAddress(ctx, x.src.Name())
	x.mark = []pii.Identifier{{Category: "contact.email", Value: pii.NewValue(address)}}
	return "", err
}

// drillAddress gives the address of the person who is planted in a source. It is always the same one, so that what a killed drill has left is found by the next.
func (a *App) drillAddress(ctx context.Context, source string) (address string, err error) {
	err = a.DB.Write(ctx, func(tx db.Tx) error {
		_, key, err := a.Keys.Standing(ctx, tx, keys.Sketch)
		if err != nil {
			return err
		}
		h := hmac.New(sha256.New, key)
		h.Write([]byte("drill\x00" + source))
		address = "vestige-drill-" + hex.EncodeToString(h.Sum(nil)[:8]) + "@drill.example"
		return nil
	})
	return address, err
}

func (x *drilling) at(n *lineage.Node) {
	x.node, x.out.Dataset = n, n.Dataset.Ref.Dataset
}

// drillable gives the dataset of the setting; where it is only "true" all that somebody could be planted in, first those that are most surely of people.
func drillable(g *lineage.Graph, src *connectors.Source, setting string) (out []*lineage.Node) {
	for i := range g.Nodes {
		n := &g.Nodes[i]
		ref := n.Dataset.Ref
		switch {
		case ref.Source != src.Name() || n.Gone != 0 || n.Dataset.Gap != nil || emailField(n) == nil || len(n.Dataset.Key) == 0 || !slices.Contains(src.Methods(n.Dataset), pii.Delete):
		case setting == ref.Dataset || setting == "true" && !refersToPeople(g, n):
			out = append(out, n)
		}
	}
	slices.SortStableFunc(out, func(a, b *lineage.Node) int {
		return cmp.Or(cmp.Compare(b.Person, a.Person), cmp.Compare(len(a.Dataset.Fields), len(b.Dataset.Fields)))
	})
	return out
}

// emailField gives the field that a planted address goes into: a column, or a place in a document.
func emailField(n *lineage.Node) *lineage.FieldNode {
	for i := range n.Fields {
		f := &n.Fields[i]
		if f.Category == "contact.email" && f.Dense && f.Form == "" && writable(n.Dataset, f.Field) && f.Confidence >= .9 && (f.Field.Length == 0 || f.Field.Length >= 44) {
			return f
		}
	}
	return nil
}

// writable tells whether a planted record can have a value in a field: one of a column, or of a record that is a document or a line of pairs, with a name of its own.
func writable(d pii.Dataset, f pii.Field) bool {
	return !f.Generated && (f.Path == "" || f.Column == "" || d.Format == "log") && !strings.Contains(f.Name, "{")
}

// refersToPeople tells whether a record needs somebody whom it belongs to: a planted one would be another person's.
func refersToPeople(g *lineage.Graph, n *lineage.Node) bool {
	for _, e := range g.Out(n.Dataset.Ref) {
		p := g.Node(e.To)
		if p == nil || p.Person < .5 || e.To == n.Dataset.Ref {
			continue
		}
		if f := n.Dataset.Field(e.Fields[0]); f != nil && f.NotNull {
			return true
		}
	}
	return false
}

// prove goes through the steps; it ends with the first that fails.
func (x *drilling) prove(ctx context.Context) {
	left, err := x.erase(ctx)
	if err != nil {
		x.failed("sweep", left, err.Error())
		return
	}
	if left > 0 {
		x.step("sweep", left)
	}
	if err := x.plantSomewhere(ctx); err != nil {
		if errkind.Code(err) == "cannot-plant" {
			x.out.Outcome, x.out.Why = "skipped", err.Error()
			return
		}
		x.failed("plant", 0, err.Error())
		return
	}
	x.step("plant", 1)
	_, cl, err := x.a.closure(ctx, x.by, x.mark)
	if err != nil {
		x.failed("find", 0, err.Error())
		return
	}
	if n := x.hers(cl); n != 1 {
		x.failed("find", n, "the planted person was not found as the owner of her record")
		return
	}
	if at := x.strangers(cl); at != nil {
		x.failed("find", 1, "what was planted leads to records in "+at.String()+" that were there before; they stay as they are")
		return
	}
	x.step("find", 1)
	n, err := x.erase(ctx)
	if err != nil || n == 0 {
		x.failed("erase", n, fmt.Sprintf("her records were not erased: %v", err))
		return
	}
	x.step("erase", n)
	x.verify(ctx)
}

// verify searches every dataset that the source has now, whatever its fields are and whether the catalog knows it.
func (x *drilling) verify(ctx context.Context) {
	found, err := x.search(ctx, pii.Within)
	if err != nil {
		x.failed("verify", 0, err.Error())
		return
	}
	if len(found) > 0 {
		var where []string
		for _, at := range found {
			where = append(where, at.dataset.Ref.Dataset)
		}
		x.failed("verify", int64(len(found)), "what was erased is still to be found in "+strings.Join(where, ", "))
		return
	}
	x.step("verify", 0)
	x.out.Outcome = "proven"
}

// search looks for the planted address in all datasets.
func (x *drilling) search(ctx context.Context, mode pii.Mode) (out []trace, err error) {
	needles := pii.Needles{Terms: []pii.Term{{Mode: mode, Category: "contact.email", Values: []pii.Value{x.mark[0].Value}}}}
	for d, err := range x.src.DiscoverBut(ctx, func(*pii.Dataset) bool { return true }) {
		if err != nil {
			return nil, err
		}
		if d.Gap != nil || d.Kind == pii.View {
			continue
		}
		at := trace{dataset: d}
		for f, err := range x.src.Search(ctx, d, needles) {
			if err != nil {
				return nil, errkind.Wrap(errkind.Of(err), err, "%s", d.Ref)
			}
			if f.Gap == nil {
				at.found = append(at.found, f)
			}
		}
		if len(at.found) > 0 {
			out = append(out, at)
		}
	}
	return out, nil
}

func (x *drilling) step(name string, n int64) {
	x.tell(name)
	x.out.Steps = append(x.out.Steps, DrillStep{Step: name, OK: true, Records: n})
}

func (x *drilling) failed(name string, n int64, why string) {
	x.tell(name)
	x.out.Steps = append(x.out.Steps, DrillStep{Step: name, Records: n, Text: why})
	x.out.Outcome, x.out.Why = "failed", name+": "+why
}

// hers counts the records of the dataset that are hers.
func (x *drilling) hers(cl *lineage.Closure) (n int64) {
	for _, r := range cl.Records {
		if r.Dataset == x.node.Dataset.Ref && r.Holding == lineage.Hers {
			n++
		}
	}
	return n
}

// planted tells whether a record surely comes of the planting: it holds the planted address, or refers to one that does by a reference that the system declares.
// What a value beside the address has led to, or is referred to, was there before and is somebody's.
func (x *drilling) planted(r *lineage.Record) bool {
	for _, l := range r.Via {
		switch l.How {
		case "given", "identifier":
		case "reference":
			if !slices.ContainsFunc(x.graph.Edges, func(e lineage.Edge) bool { return e.ID == l.Edge && e.Declared && l.Dataset == e.From }) {
				return false
			}
		default:
			return false
		}
	}
	return !r.Upward
}

// strangers gives the place of a record that the closure takes to be hers and that was there before.
func (x *drilling) strangers(cl *lineage.Closure) *pii.Ref {
	for _, r := range cl.Records {
		if r.Holding == lineage.Hers && !x.planted(r) {
			return &r.Dataset
		}
	}
	return nil
}

// erase deletes what is hers in the source, as the closure finds it, and nothing else; records that others refer to come after those.
func (x *drilling) erase(ctx context.Context) (done int64, err error) {
	for range 6 {
		g, cl, e := x.a.closure(ctx, x.by, x.mark)
		if e != nil {
			return done, e
		}
		acts := map[pii.Ref]*pii.Act{}
		for _, r := range cl.Records {
			if r.Dataset.Source != x.src.Name() || r.Holding != lineage.Hers || !x.planted(r) {
				continue
			}
			if acts[r.Dataset] == nil {
				acts[r.Dataset] = &pii.Act{Dataset: g.Node(r.Dataset).Dataset, Method: pii.Delete}
			}
			acts[r.Dataset].Targets = append(acts[r.Dataset].Targets, pii.Target{Key: r.Key, Digest: r.Digest, Equals: r.Equals})
		}
		if len(acts) == 0 {
			return done, nil
		}
		before := done
		err = nil
		for ref, act := range acts {
			got, e := x.src.Erase(ctx, pii.Unit{ID: "drill", Acts: []pii.Act{*act}})
			if e != nil {
				err = errors.Join(err, errkind.Wrap(errkind.Of(e), e, "%s", ref))
				continue
			}
			for _, r := range got {
				done += r.Affected + r.FoundDone
			}
		}
		if done == before {
			break
		}
	}
	return done, err
}
