package web

import (
	"cmp"
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/gin-gonic/gin"

	"vestige/accounts"
	"vestige/catalog"
	"vestige/internal/errkind"
	"vestige/lineage"
	"vestige/pii"
	"vestige/plans"
)

func (s *Server) datasetRoutes() {
	s.get("/dataset", accounts.ReadCatalog, s.dataset)
	s.get("/dataset.csv", accounts.ReadCatalog, s.datasetCSV)
}

// datasetView is what the page of a dataset is given.
type datasetView struct {
	Node     lineage.Node
	Name     string
	Row      datasetRow
	Fields   []fieldRow
	Parents  referenceRows // what its fields refer to
	Children referenceRows // what refers to it
	Examined int64         // fields
	Last     int64         // when one was last examined
	From     int
	All      int
	Prev     string
	Next     string
	Plans    []planReach // that reach it, of the latest
	Said     []fieldRow  // what was last decided of its fields
	Card     catalog.Card
	Cards    map[string]catalog.Card // of its fields
	Flows    []flowRow
	Decides  bool // who looks may decide
}

// planReach is a plan with what it does at a dataset.
type planReach struct {
	*plans.Status
	Step plans.Step
}

// latestPlans is how many plans are looked through for those that reach a dataset.
const latestPlans = 200

// fieldRow is a field in a list.
type fieldRow struct {
	catalog.Entry
	Name   string
	Node   lineage.FieldNode
	Kinds  []pii.Category // with those found within its text
	Within bool           // its categories stand within text
	Top    int
	Key    bool
}

// referenceRow is a reference as seen from one of its ends.
type referenceRow struct {
	catalog.Reference
	Other   pii.Ref
	Name    string   // of the other end
	Mine    []string // fields at this end
	Theirs  []string
	ToOther bool // this end refers to the other
}

// fieldRows is how many fields a page shows.
const fieldRows = 200

func (s *Server) dataset(c *gin.Context) {
	v, err := s.datasetView(c.Request.Context(), c.Query("at"))
	if err != nil {
		s.fail(c, err)
		return
	}
	ref := v.Node.Dataset.Ref
	if s.svc.Plans != nil && by(c).May(accounts.ReadPlans) {
		if v.Plans, err = s.reaching(c.Request.Context(), ref); err != nil {
			s.fail(c, err)
			return
		}
	}
	for toward, into := range map[bool]*referenceRows{false: &v.Parents, true: &v.Children} {
		if *into, err = s.referencesAt(c, ref, toward); err != nil {
			s.fail(c, err)
			return
		}
	}
	v.Decides = s.svc.DB != nil && s.svc.Audit != nil && by(c).May(accounts.Decide)
	from, _ := strconv.Atoi(c.Query("from"))
	v.All, v.From = len(v.Fields), min(max(0, from), len(v.Fields))
	page := func(from int) string { return at(ref) + "&from=" + strconv.Itoa(from) }
	if v.From > 0 {
		v.Prev = page(max(0, v.From-fieldRows))
	}
	if v.From+fieldRows < v.All {
		v.Next = page(v.From + fieldRows)
	}
	v.Fields = v.Fields[v.From:min(v.All, v.From+fieldRows)]
	q := url.QueryEscape(ref.String())
	s.show(c, http.StatusOK, "dataset", view{Title: v.Name, Nav: "browse", Body: v,
		Crumbs: []link{{"Catalog", "/browse"}, {ref.Source, at(pii.Ref{Source: ref.Source})}},
		Twins:  []link{{"JSON", "/api/v1/dataset?at=" + q}, {"CSV", "/dataset.csv?at=" + q}}})
}

// place reads a reference to a dataset or a field.
func place(text string, field bool) (pii.Ref, error) {
	ref, err := pii.ParseRef(text)
	if err != nil || ref.Dataset == "" || (ref.Field != "") != field {
		return ref, errkind.Coded(errkind.Invalid, "bad-reference", "a place is written source/dataset, or source/dataset#field")
	}
	return ref, nil
}

func (s *Server) datasetView(ctx context.Context, text string) (v datasetView, err error) {
	ref, err := place(text, false)
	if err != nil {
		return v, err
	}
	if v.Node, err = s.svc.Catalog.Node(ctx, ref); err != nil {
		return v, err
	}
	entries, err := s.svc.Catalog.Proposals(ctx, catalog.Filter{Source: ref.Source, Dataset: ref.Dataset})
	if err != nil {
		return v, err
	}
	v.Name, v.Row = catalog.DisplayDataset(&v.Node), rowOf(&v.Node, entries)
	v.Fields = fieldsOf(&v.Node, entries)
	v.Examined = v.Row.Fields - v.Row.Unexamined
	for _, e := range entries {
		v.Last = max(v.Last, e.Proposal.Examined.At)
	}
	v.Said = lastSaid(v.Fields)
	return v, s.told(ctx, ref, &v)
}

// flowRow is what was told to be made from what, as seen from a dataset.
type flowRow struct {
	lineage.Flow
	Other  pii.Ref // the dataset at the other end
	Name   string
	Onward bool // it leads away from here
	Mine   string
	Theirs string
}

// told adds what people said of a dataset beside decisions: owners, descriptions, flows.
func (s *Server) told(ctx context.Context, ref pii.Ref, v *datasetView) error {
	cards, err := s.svc.Catalog.Cards(ctx, ref)
	if err != nil {
		return err
	}
	v.Cards = map[string]catalog.Card{}
	for _, k := range cards {
		if k.At.Field == "" {
			v.Card = k
		} else {
			v.Cards[k.At.Field] = k
		}
	}
	flows, err := s.svc.Catalog.Flows(ctx, ref)
	name := s.names(ctx)
	for _, f := range flows {
		r := flowRow{Flow: f, Other: f.Input.Of(), Mine: f.Output.Field, Theirs: f.Input.Field}
		if f.Input.Of() == ref {
			r.Other, r.Mine, r.Theirs, r.Onward = f.Output.Of(), f.Input.Field, f.Output.Field, true
		}
		r.Name = name(r.Other)
		v.Flows = append(v.Flows, r)
	}
	return err
}

// lastSaid gives the fields on which people decided last.
func lastSaid(all []fieldRow) []fieldRow {
	out := slices.DeleteFunc(slices.Clone(all), func(f fieldRow) bool { return f.Decision == nil })
	slices.SortStableFunc(out, func(a, b fieldRow) int { return cmp.Compare(b.Decision.At, a.Decision.At) })
	return out[:min(len(out), 20)]
}

// reaching gives the latest plans that have a step at a dataset.
func (s *Server) reaching(ctx context.Context, ref pii.Ref) (out []planReach, err error) {
	all, err := s.svc.Plans.Plans(ctx, "")
	for _, p := range all[:min(len(all), latestPlans)] {
		for _, st := range p.Open.Steps {
			if st.Dataset == ref && len(out) < 20 {
				out = append(out, planReach{p, st})
			}
		}
	}
	return out, err
}

// fieldsOf gives the fields of a dataset: personal ones first, the most sensitive before others, then what nobody looked at, then the rest.
func fieldsOf(n *lineage.Node, entries []catalog.Entry) []fieldRow {
	out := make([]fieldRow, 0, len(entries))
	for _, e := range entries {
		out = append(out, fieldOf(n, e))
	}
	class := func(r fieldRow) int {
		switch {
		case counted(r.Entry):
			return 0
		case r.State == catalog.Unexamined:
			return 1
		case r.State == catalog.Rejected:
			return 2
		}
		return 3
	}
	slices.SortStableFunc(out, func(a, b fieldRow) int {
		if d := cmp.Compare(class(a), class(b)); d != 0 || class(a) > 0 {
			return cmp.Or(d, cmp.Compare(a.Name, b.Name))
		}
		return cmp.Or(cmp.Compare(b.Top, a.Top), cmp.Compare(b.Confidence, a.Confidence), cmp.Compare(a.Name, b.Name))
	})
	return out
}

func fieldOf(n *lineage.Node, e catalog.Entry) fieldRow {
	r := fieldRow{Entry: e, Name: e.Ref.Field, Key: slices.Contains(n.Dataset.Key, e.Ref.Field)}
	if f := n.Field(e.Ref.Field); f != nil {
		r.Node, r.Name = *f, catalog.Display(n, f)
	}
	if counted(e) {
		r.Kinds = kinds(e)
		r.Within = !e.Category.Personal()
	}
	for _, k := range r.Kinds {
		r.Top = max(r.Top, sensitivity(k))
	}
	return r
}

// referenceRows is a page of the references at one end in a dataset.
type referenceRows struct {
	Rows        []referenceRow
	All         int64
	First, Next string
}

// referencePage is how many references of each kind a page shows.
const referencePage = 50

// referencesAt gives those that start in a dataset, or lead to it, behind the one that the address names.
func (s *Server) referencesAt(c *gin.Context, ref pii.Ref, toward bool) (out referenceRows, err error) {
	which := map[bool]string{false: "parents", true: "children"}[toward]
	f := catalog.ReferenceFilter{At: ref, Toward: toward, After: c.Query(which), Limit: referencePage + 1}
	rs, all, err := s.svc.Catalog.ReferencesAt(c.Request.Context(), f)
	if f.After != "" {
		out.First = at(ref) + "#" + which
	}
	if len(rs) > referencePage {
		rs = rs[:referencePage]
		out.Next = at(ref) + "&" + which + "=" + url.QueryEscape(rs[referencePage-1].ID) + "#" + which
	}
	name := s.names(c.Request.Context())
	for _, r := range rs {
		out.Rows = append(out.Rows, referenceFrom(r, !toward, name))
	}
	out.All = all
	return out, err
}

// referenceFrom gives a reference as seen from its start, or from its end.
func referenceFrom(r catalog.Reference, start bool, name func(pii.Ref) string) referenceRow {
	if start {
		return referenceRow{Reference: r, Other: r.To, Name: name(r.To), Mine: r.Fields, Theirs: r.ToFields, ToOther: true}
	}
	return referenceRow{Reference: r, Other: r.From, Name: name(r.From), Mine: r.ToFields, Theirs: r.Fields}
}

// referencesOf gives the references at a field.
func (s *Server) referencesOf(ctx context.Context, at pii.Ref) (parents, children []referenceRow, err error) {
	all, err := s.svc.Catalog.References(ctx, at.Of())
	name := s.names(ctx)
	for _, r := range all {
		if r.From == at.Of() && slices.Contains(r.Fields, at.Field) {
			parents = append(parents, referenceFrom(r, true, name))
		}
		if r.To == at.Of() && slices.Contains(r.ToFields, at.Field) {
			children = append(children, referenceFrom(r, false, name))
		}
	}
	return parents, children, err
}

// names gives datasets' names as people read them. Only one with a placeholder has another than its own, and is read.
func (s *Server) names(ctx context.Context) func(pii.Ref) string {
	known := map[pii.Ref]string{}
	return func(ref pii.Ref) string {
		if !strings.Contains(ref.Dataset, "{") {
			return ref.Dataset
		}
		if known[ref] == "" {
			known[ref] = ref.Dataset
			if n, err := s.svc.Catalog.Node(ctx, ref); err == nil {
				known[ref] = catalog.DisplayDataset(&n)
			}
		}
		return known[ref]
	}
}

func (s *Server) datasetCSV(c *gin.Context) {
	v, err := s.datasetView(c.Request.Context(), c.Query("at"))
	if err != nil {
		s.fail(c, err)
		return
	}
	w := sheet(c, "fields", "source", "dataset", "field", "type", "state", "category", "also", "confidence", "sensitivity", "examined", "how", "reason", "values", "nulls", "distinct")
	for _, f := range v.Fields {
		x := f.Proposal.Examined
		var also []pii.Category
		for _, k := range f.Kinds {
			if k != f.Category {
				also = append(also, k)
			}
		}
		w.row(f.Ref.Source, v.Name, f.Name, string(f.Type), string(f.State), string(f.Category), joined(also), number(f.Confidence), strconv.Itoa(f.Top), stamp(x.At), x.How, x.Reason, count(x.Values), count(x.Nulls), count(x.Distinct))
	}
	w.end()
}
