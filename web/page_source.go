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
)

func (s *Server) sourceRoutes() {
	s.get("/source", accounts.ReadCatalog, s.source)
	s.get("/sources.csv", accounts.ReadCatalog, s.sourcesCSV)
	s.get("/browse", accounts.ReadCatalog, s.browse)
	s.get("/browse.csv", accounts.ReadCatalog, s.browseCSV)
}

// sourceView is what the page of a source is given.
type sourceView struct {
	catalog.SourceInfo
	Examined int64
	Parts    []segment
	Runs     []catalog.Run
	Spark    []spark
	Sets     []datasetRow
	Gaps     []pii.Gap
	Alerts   []catalog.Alert
	Open     int    // alerts
	Title    string // of the connector
	Can      []string
}

// spark is one run in the picture of the last ones: how long it took beside the longest.
type spark struct {
	X, Y, H float64
	Class   string
	Text    string
}

func (s *Server) source(c *gin.Context) {
	ref, err := pii.ParseRef(c.Query("at"))
	if err != nil || ref.Source == "" {
		err = errkind.Coded(errkind.Invalid, "bad-reference", "the name of a source is wanted")
	}
	var v sourceView
	if err == nil {
		v, err = s.sourceView(c.Request.Context(), ref.Source)
	}
	if err != nil {
		s.fail(c, err)
		return
	}
	s.show(c, http.StatusOK, "source", view{Title: v.Name, Nav: "browse", Crumbs: []link{{"Catalog", "/browse"}}, Body: v,
		Twins: []link{{"JSON", "/api/v1/datasets?source=" + url.QueryEscape(v.Name)}, {"CSV", "/browse.csv?source=" + url.QueryEscape(v.Name)}}})
}

func (s *Server) sourceView(ctx context.Context, name string) (v sourceView, err error) {
	if v.SourceInfo, err = s.sourceInfo(ctx, name); err != nil {
		return v, err
	}
	v.Examined, v.Parts = v.Fields-v.Unexamined, segments(v.Counts)
	if v.Runs, err = s.svc.Catalog.Runs(ctx, name, 10); err != nil {
		return v, err
	}
	v.Spark = sparks(v.Runs)
	if v.Sets, err = s.datasets(ctx, name); err != nil {
		return v, err
	}
	for _, d := range v.Sets {
		v.Gaps = append(v.Gaps, d.Gaps...)
	}
	all, err := s.svc.Catalog.Alerts(ctx, false)
	for _, a := range all {
		if a.At.Source == name {
			v.Alerts = append(v.Alerts, a)
		}
	}
	v.Open, v.Alerts = len(v.Alerts), v.Alerts[:min(8, len(v.Alerts))]
	for _, spec := range s.svc.Connectors {
		if spec.Name == v.Connector {
			v.Title, v.Can = spec.Title, spec.Abilities()
		}
	}
	return v, err
}

func (s *Server) sourceInfo(ctx context.Context, name string) (catalog.SourceInfo, error) {
	all, err := s.svc.Catalog.Sources(ctx)
	for _, x := range all {
		if x.Name == name {
			return x, nil
		}
	}
	if err == nil {
		err = errkind.Coded(errkind.NotFound, "no-such-source", "no source of this name is in the catalog")
	}
	return catalog.SourceInfo{}, err
}

func sparks(runs []catalog.Run) (out []spark) {
	longest := int64(1)
	for _, r := range runs {
		longest = max(longest, r.Ended-r.Started)
	}
	for i, r := range runs {
		h := max(2, 24*float64(max(0, r.Ended-r.Started))/float64(longest))
		out = append(out, spark{X: float64(9-i) * 9, Y: 26 - h, H: h, Class: orElse(r.Outcome, "running"), Text: when(r.Started) + ": " + orElse(r.Outcome, "running") + ", " + took(r.Started, r.Ended)})
	}
	return out
}

// datasetRow is a dataset in a list.
type datasetRow struct {
	Ref     pii.Ref         `json:"ref"`
	Name    string          `json:"name"`
	Kind    pii.DatasetKind `json:"kind"`
	Format  string          `json:"format,omitempty"`
	Records int64           `json:"records"`
	Bytes   int64           `json:"bytes"`
	Person  float64         `json:"person"`
	Top     int             `json:"sensitivity"`
	Kinds   []pii.Category  `json:"categories"`
	Gaps    []pii.Gap       `json:"gaps,omitempty"`
	Gone    int64           `json:"gone,omitempty"`
	catalog.Counts
	Parts []segment `json:"-"`
}

// datasets gives the datasets of a source with what is counted of each, those with the most personal data first.
func (s *Server) datasets(ctx context.Context, source string) ([]datasetRow, error) {
	nodes, err := s.svc.Catalog.Nodes(ctx, source)
	if err != nil {
		return nil, err
	}
	entries, err := s.svc.Catalog.Proposals(ctx, catalog.Filter{Source: source})
	if err != nil {
		return nil, err
	}
	of := map[pii.Ref][]catalog.Entry{}
	for _, e := range entries {
		of[e.Ref.Of()] = append(of[e.Ref.Of()], e)
	}
	out := make([]datasetRow, 0, len(nodes))
	for i := range nodes {
		out = append(out, rowOf(&nodes[i], of[nodes[i].Dataset.Ref]))
	}
	slices.SortStableFunc(out, func(a, b datasetRow) int {
		return cmp.Or(cmp.Compare(a.Ref.Source, b.Ref.Source), cmp.Compare(b.PII, a.PII), cmp.Compare(a.Name, b.Name))
	})
	return out, nil
}

func rowOf(n *lineage.Node, entries []catalog.Entry) datasetRow {
	d := n.Dataset
	r := datasetRow{
		Ref: d.Ref, Name: catalog.DisplayDataset(n), Kind: d.Kind, Format: d.Format, Records: d.Records, Bytes: d.Bytes,
		Person: n.Person, Gaps: n.Gaps, Gone: n.Gone, Kinds: []pii.Category{},
	}
	for _, e := range entries {
		tally(&r.Counts, e)
		if !counted(e) {
			continue
		}
		for _, k := range kinds(e) {
			r.Top = max(r.Top, sensitivity(k))
			if !slices.Contains(r.Kinds, k) {
				r.Kinds = append(r.Kinds, k)
			}
		}
	}
	slices.SortFunc(r.Kinds, func(a, b pii.Category) int {
		return cmp.Or(cmp.Compare(sensitivity(b), sensitivity(a)), cmp.Compare(a, b))
	})
	r.Datasets, r.Parts = 1, segments(r.Counts)
	return r
}

// counted tells whether a field counts as personal data to be mapped.
func counted(e catalog.Entry) bool {
	return e.State == catalog.Proposed || (e.State == catalog.Accepted || e.State == catalog.Deferred) && e.Category.Personal()
}

// kinds gives the personal categories of a field: its own, and those found within its text.
func kinds(e catalog.Entry) (out []pii.Category) {
	if e.Category.Personal() {
		out = append(out, e.Category)
	}
	for _, k := range e.Proposal.Contains {
		if k.Category.Personal() && k.Confidence >= catalog.Find && !slices.Contains(out, k.Category) {
			out = append(out, k.Category)
		}
	}
	return out
}

func tally(n *catalog.Counts, e catalog.Entry) {
	at := map[catalog.State]*int64{
		catalog.Proposed: &n.Proposed, catalog.Deferred: &n.Deferred, catalog.Accepted: &n.Accepted, catalog.Rejected: &n.Rejected,
		catalog.Clean: &n.Clean, catalog.Unexamined: &n.Unexamined, catalog.Gone: &n.Gone,
	}[e.State]
	if at != nil {
		*at++
	}
	if e.State != catalog.Gone {
		n.Fields++
	}
	if counted(e) {
		n.PII++
	}
}

// shelf is what the page of the catalog is given.
type shelf struct {
	Sources []catalog.SourceInfo
	Source  string
	Filter  string
	Sets    []datasetRow
	Choose  bool // there are too many to show those of every source
	All     int
	From    int
	Prev    string
	Next    string
}

// shelfRows is how many datasets a page shows.
const shelfRows = 100

// shelfAll is up to how many datasets those of all sources are listed together.
const shelfAll = 2000

func (s *Server) browse(c *gin.Context) {
	b, err := s.shelf(c.Request.Context(), c.Query("source"), c.Query("name"))
	if err != nil {
		s.fail(c, err)
		return
	}
	from, _ := strconv.Atoi(c.Query("from"))
	b.From = min(max(0, from), len(b.Sets))
	page := func(from int) string {
		return "/browse?" + url.Values{"source": {b.Source}, "name": {b.Filter}, "from": {strconv.Itoa(from)}}.Encode()
	}
	if b.From > 0 {
		b.Prev = page(max(0, b.From-shelfRows))
	}
	if b.From+shelfRows < len(b.Sets) {
		b.Next = page(b.From + shelfRows)
	}
	b.Sets = b.Sets[b.From:min(len(b.Sets), b.From+shelfRows)]
	q := url.Values{"source": {b.Source}}.Encode()
	s.show(c, http.StatusOK, "browse", view{Title: "Catalog", Nav: "browse", Body: b, Twins: []link{{"JSON", "/api/v1/datasets?" + q}, {"CSV", "/browse.csv?" + q}}})
}

func (s *Server) shelf(ctx context.Context, source, filter string) (b shelf, err error) {
	b.Source, b.Filter = source, filter
	if b.Sources, err = s.svc.Catalog.Sources(ctx); err != nil {
		return b, err
	}
	if source == "" && total(b.Sources).Datasets > shelfAll {
		b.Choose = true
		return b, nil
	}
	if b.Sets, err = s.datasets(ctx, source); err != nil {
		return b, err
	}
	b.All = len(b.Sets)
	if filter != "" {
		b.Sets = slices.DeleteFunc(b.Sets, func(d datasetRow) bool { return !strings.Contains(strings.ToLower(d.Name), strings.ToLower(filter)) })
	}
	return b, nil
}

func (s *Server) browseCSV(c *gin.Context) {
	sets, err := s.datasets(c.Request.Context(), c.Query("source"))
	if err != nil {
		s.fail(c, err)
		return
	}
	w := sheet(c, "datasets", "source", "dataset", "kind", "format", "records", "bytes", "fields", "personal", "accepted", "proposed", "deferred", "rejected", "clean", "unexamined", "categories", "gaps")
	for _, d := range sets {
		var gaps []string
		for _, g := range d.Gaps {
			gaps = append(gaps, g.Code)
		}
		w.row(d.Ref.Source, d.Name, string(d.Kind), d.Format, count(d.Records), count(d.Bytes), count(d.Fields), count(d.PII), count(d.Accepted), count(d.Proposed), count(d.Deferred),
			count(d.Rejected), count(d.Clean), count(d.Unexamined), joined(d.Kinds), strings.Join(gaps, " "))
	}
	w.end()
}

func (s *Server) sourcesCSV(c *gin.Context) {
	all, err := s.svc.Catalog.Sources(c.Request.Context())
	if err != nil {
		s.fail(c, err)
		return
	}
	w := sheet(c, "sources", "source", "connector", "scanned", "datasets", "fields", "personal", "accepted", "proposed", "deferred", "rejected", "clean", "unexamined", "gone")
	for _, x := range all {
		w.row(x.Name, x.Connector, stamp(x.Scanned), count(x.Datasets), count(x.Fields), count(x.PII), count(x.Accepted), count(x.Proposed), count(x.Deferred), count(x.Rejected), count(x.Clean), count(x.Unexamined), count(x.Gone))
	}
	w.end()
}

// stamp writes a time for programs, "" for never.
func stamp(at int64) string {
	if at == 0 {
		return ""
	}
	return moment(at).Format("2006-01-02T15:04:05Z")
}
