package app

import (
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
	a    *App
	src  *connectors.Source
	by   string
	tell func(string)
	mark []pii.Identifier
	node *lineage.Node
	out  *Drilled
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
	x.node = x.a.drillAt(g, x.src, setting)
	if x.node == nil {
		return "", errkind.Coded(errkind.NotFound, "no-such-dataset", "there is no dataset %s that people can be planted in: one with an address of e-mail and a key, whose records may be deleted", strings.TrimPrefix(setting, "true"))
	}
	x.out.Dataset = x.node.Dataset.Ref.Dataset
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

// drillAt gives the dataset of the setting; where it is only "true" the one that is most surely of people.
func (a *App) drillAt(g *lineage.Graph, src *connectors.Source, setting string) (best *lineage.Node) {
	for i := range g.Nodes {
		n := &g.Nodes[i]
		ref := n.Dataset.Ref
		named := setting == ref.Dataset
		switch {
		case ref.Source != src.Name() || n.Gone != 0 || n.Dataset.Gap != nil || emailField(n) == nil || len(n.Dataset.Key) == 0 || !slices.Contains(src.Methods(n.Dataset), pii.Delete):
		case named:
			return n
		case setting == "true" && refersToPeople(g, n):
		case setting == "true" && (best == nil || n.Person > best.Person || n.Person == best.Person && len(n.Dataset.Fields) < len(best.Dataset.Fields)):
			best = n
		}
	}
	return best
}

// emailField gives the field that a planted address goes into.
func emailField(n *lineage.Node) *lineage.FieldNode {
	for i := range n.Fields {
		f := &n.Fields[i]
		if f.Category == "contact.email" && f.Dense && f.Form == "" && f.Field.Path == "" && !f.Field.Generated && f.Confidence >= .9 && (f.Field.Length == 0 || f.Field.Length >= 44) {
			return f
		}
	}
	return nil
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
	if err := x.plant(ctx); err != nil {
		x.failed("plant", 0, err.Error())
		return
	}
	x.step("plant", 1)
	cl, err := x.find(ctx)
	switch n := hers(cl, x.node.Dataset.Ref); {
	case err != nil:
		x.failed("find", 0, err.Error())
		return
	case n != 1:
		x.failed("find", n, "the planted person was not found as the owner of her record")
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
		for _, act := range found {
			where = append(where, act.Dataset.Ref.Dataset)
		}
		x.failed("verify", int64(len(found)), "what was erased is still to be found in "+strings.Join(where, ", "))
		return
	}
	x.step("verify", 0)
	x.out.Outcome = "proven"
}

// search looks for the planted address in all datasets; the targets of an act are the records that hold it.
func (x *drilling) search(ctx context.Context, mode pii.Mode) (out []pii.Act, err error) {
	needles := pii.Needles{Terms: []pii.Term{{Mode: mode, Category: "contact.email", Values: []pii.Value{x.mark[0].Value}}}}
	for d, err := range x.src.DiscoverBut(ctx, func(*pii.Dataset) bool { return true }) {
		if err != nil {
			return nil, err
		}
		if d.Gap != nil || d.Kind == pii.View {
			continue
		}
		act := pii.Act{Dataset: d, Method: pii.Delete}
		for f, err := range x.src.Search(ctx, d, needles) {
			if err != nil {
				return nil, errkind.Wrap(errkind.Of(err), err, "%s", d.Ref)
			}
			if f.Gap == nil {
				act.Targets = append(act.Targets, pii.Target{Key: f.Key, Digest: f.Digest, Equals: f.Equals})
			}
		}
		if len(act.Targets) > 0 {
			out = append(out, act)
		}
	}
	return out, nil
}

// remove takes away what a failed drill has left: her records, and copies that the system made of them, known by a field that is the planted address and nothing else.
func (x *drilling) remove(ctx context.Context) (n int64, err error) {
	if n, err = x.erase(ctx); err != nil {
		return n, err
	}
	copies, err := x.search(ctx, pii.Equal)
	for _, act := range copies {
		got, e := x.src.Erase(ctx, pii.Unit{ID: "drill", Acts: []pii.Act{act}})
		err = errors.Join(err, e)
		for _, r := range got {
			n += r.Affected
		}
	}
	if left, e := x.search(ctx, pii.Within); e == nil && err == nil && len(left) > 0 {
		err = errkind.New(errkind.Conflict, "the address stands in %s still", left[0].Dataset.Ref)
	}
	return n, err
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

func (x *drilling) find(ctx context.Context) (*lineage.Closure, error) {
	_, cl, err := x.a.closure(ctx, x.by, x.mark)
	return cl, err
}

// hers counts the records of a dataset that are hers.
func hers(cl *lineage.Closure, at pii.Ref) (n int64) {
	if cl == nil {
		return 0
	}
	for _, r := range cl.Records {
		if r.Dataset == at && r.Holding == lineage.Hers {
			n++
		}
	}
	return n
}

// erase deletes what is hers in the source, as the closure finds it; records that others refer to come after those.
func (x *drilling) erase(ctx context.Context) (done int64, err error) {
	for range 6 {
		g, cl, e := x.a.closure(ctx, x.by, x.mark)
		if e != nil {
			return done, e
		}
		acts := map[pii.Ref]*pii.Act{}
		for _, r := range cl.Records {
			if r.Dataset.Source != x.src.Name() || r.Holding != lineage.Hers {
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

// plant adds her record: an address, what the dataset has of a person, and what it does not do without.
func (x *drilling) plant(ctx context.Context) error {
	d := x.node.Dataset
	values := map[string]pii.Value{}
	var model map[string]pii.Value
	for _, f := range d.Fields {
		if f.Path != "" || f.Generated {
			continue
		}
		fn := x.node.Field(f.Name)
		switch {
		case fn != nil && fn.Category == "contact.email" && fn.Form == "" && fn.Dense:
			values[f.Name] = x.mark[0].Value
		case f.Default || !f.NotNull && !keyed(d, f.Name) || serial(d, f):
			if v, ok := invented(fn); ok && !unique(d, f.Name) && f.Type == pii.Text {
				values[f.Name] = fitting(v, f)
			}
		default:
			if v, ok := invented(fn); ok && !unique(d, f.Name) {
				values[f.Name] = fitting(v, f)
				continue
			}
			if v, ok := made(d, f); ok {
				values[f.Name] = fitting(v, f)
				continue
			}
			if model == nil {
				var err error
				if model, err = x.sample(ctx); err != nil {
					return err
				}
			}
			if v, ok := model[f.Name]; ok {
				values[f.Name] = v
			}
		}
	}
	return x.src.Plant(ctx, d, values)
}

// sample reads one record, whose fields of lists and states a planted one may share.
func (x *drilling) sample(ctx context.Context) (map[string]pii.Value, error) {
	out := map[string]pii.Value{}
	for b, err := range x.src.Sample(ctx, connectors.Query{Dataset: x.node.Dataset, Bare: true}, 1) {
		if err != nil {
			return nil, err
		}
		cols := b.Columns()
		for i := range cols {
			if cols[i].Len() > 0 && cols[i].Field.Path == "" {
				if v, record := cols[i].Value(0); v != nil && record == 0 {
					out[cols[i].Field.Name] = pii.NewValue(string(v))
				}
			}
		}
		if len(out) > 0 {
			break
		}
	}
	return out, nil
}

func keyed(d pii.Dataset, name string) bool { return slices.Contains(d.Key, name) }

// serial tells whether the system numbers a field by itself, as a rowid.
func serial(d pii.Dataset, f pii.Field) bool {
	return len(d.Key) == 1 && d.Key[0] == f.Name && f.Type == pii.Int
}

func unique(d pii.Dataset, name string) bool {
	return keyed(d, name) || slices.ContainsFunc(d.Unique, func(u []string) bool { return slices.Contains(u, name) })
}

// invented gives what a planted person is called and where she lives: nobody is.
func invented(f *lineage.FieldNode) (string, bool) {
	if f == nil || !f.Dense || f.Form != "" {
		return "", false
	}
	v, ok := map[pii.Category]string{"identity.name": "Vestige Drill", "identity.given_name": "Vestige", "identity.family_name": "Drill", "contact.phone": "+1 202-555-0100",
		"contact.street": "Drill Street 1", "contact.city": "Drillham", "contact.postcode": "00000", "contact.address": "Drill Street 1, 00000 Drillham", "demographic.birth_date": "1900-01-01"}[f.Category]
	return v, ok
}

// made gives a value of a field's type that nothing else has.
func made(d pii.Dataset, f pii.Field) (string, bool) {
	refers := slices.ContainsFunc(d.References, func(r pii.Reference) bool { return slices.Contains(r.Fields, f.Name) })
	limited := slices.ContainsFunc(d.Constraints, func(c pii.Constraint) bool {
		return (c.Kind == "check" || c.Kind == "enum") && slices.Contains(c.Fields, f.Name)
	})
	native := strings.ToLower(f.Native)
	switch {
	case refers || limited || strings.HasPrefix(native, "enum"):
		return "", false
	case native == "uuid":
		return "00000000-0000-4000-8000-0000000d811e", true
	case unique(d, f.Name) && f.Type == pii.Int:
		return "2000000011", true
	case unique(d, f.Name) && f.Type == pii.Text:
		return "vestige-drill", true
	case f.Type == pii.Time && strings.Contains(native, "date") && !strings.Contains(native, "time"):
		return "2000-01-01", true
	case f.Type == pii.Time:
		return "2000-01-01T00:00:00Z", true
	case f.Type == pii.JSON:
		return "{}", true
	case f.Type == pii.Bool:
		return "false", true
	}
	return "", false
}

func fitting(v string, f pii.Field) pii.Value {
	if f.Length > 0 && len(v) > f.Length {
		v = v[:f.Length]
	}
	return pii.NewValue(v)
}
