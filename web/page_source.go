package web

import (
	"cmp"
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/gin-gonic/gin"

	"vestige/accounts"
	"vestige/catalog"
	"vestige/connectors"
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
	All      int64  // datasets; more than are listed
	More     string // where those that are not listed begin
	Gaps     []pii.Gap
	GapSets  int64 // datasets of which something could not be read
	GapsMore bool  // there are others than those of Gaps
	Alerts   []catalog.Alert
	Open     int    // alerts
	Title    string // of the connector
	Can      []string

	Watched   bool          // a scan can be asked for
	Schedules []scheduleRow // that scan it
	Trigger   string        // a statement by which the system tells of changes
}

// foremost is how many of its datasets the page of a source shows.
const foremost = 25

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
	if v.Sets, v.All, v.More, err = s.datasets(ctx, catalog.SetFilter{Source: name, Limit: foremost}); err != nil {
		return v, err
	}
	lack, n, _, err := s.datasets(ctx, catalog.SetFilter{Source: name, Gaps: true, Limit: foremost})
	if err != nil {
		return v, err
	}
	v.GapsMore = n > int64(len(lack))
	for v.GapSets = n; len(lack) > 0; lack = lack[1:] {
		v.Gaps = append(v.Gaps, lack[0].Gaps...)
	}
	v.Alerts, v.Open, err = s.openAlerts(ctx, name, 8)
	if err == nil {
		err = s.watched(ctx, &v)
	}
	for _, spec := range s.svc.Connectors {
		if spec.Name == v.Connector {
			v.Title, v.Can = spec.Title, spec.Abilities()
			if w, ok := spec.Type.(connectors.Watcher); ok && v.Watched {
				v.Trigger = w.Trigger()
			}
		}
	}
	return v, err
}

// watched says when the source is scanned, and whether somebody can ask for it.
func (s *Server) watched(ctx context.Context, v *sourceView) error {
	if s.svc.Watch == nil || !slices.Contains(s.svc.Watch.Sources(), v.Name) {
		return nil
	}
	v.Watched = true
	all, err := s.scheduleRows(ctx)
	for _, x := range all {
		if len(x.Sources) == 0 || slices.Contains(x.Sources, v.Name) {
			v.Schedules = append(v.Schedules, x)
		}
	}
	return err
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
		out = append(out, spark{X: float64(len(runs)-1-i) * 9, Y: 26 - h, H: h, Class: orElse(r.Outcome, "running"), Text: when(r.Started) + ": " + orElse(r.Outcome, "running") + ", " + took(r.Started, r.Ended)})
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

// datasets gives a page of datasets with what is counted of each, how many there are, and where the next page begins.
func (s *Server) datasets(ctx context.Context, f catalog.SetFilter) (out []datasetRow, all int64, next string, err error) {
	sets, all, next, err := s.svc.Catalog.Sets(ctx, f)
	out = make([]datasetRow, 0, len(sets))
	for i := range sets {
		out = append(out, rowOfSet(&sets[i]))
	}
	return out, all, next, err
}

func rowOfSet(x *catalog.Set) datasetRow {
	r := datasetRow{Ref: x.Ref, Name: x.Name, Kind: x.Kind, Format: x.Format, Records: x.Records, Bytes: x.Bytes, Person: x.Person, Gaps: x.Gaps, Gone: x.Gone, Kinds: x.Kinds, Counts: x.Counts, Parts: segments(x.Counts)}
	for _, k := range x.Kinds {
		r.Top = max(r.Top, sensitivity(k))
	}
	return r
}

func (r *datasetRow) sortKinds() {
	slices.SortFunc(r.Kinds, func(a, b pii.Category) int {
		return cmp.Or(cmp.Compare(sensitivity(b), sensitivity(a)), cmp.Compare(a, b))
	})
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
	r.sortKinds()
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
	Gaps    bool // those alone of which something could not be read
	Sets    []datasetRow
	Choose  bool // there are too many to show those of every source
	All     int64
	First   string
	Next    string
}

// shelfRows is how many datasets a page shows.
const shelfRows = 100

func (s *Server) browse(c *gin.Context) {
	b, err := s.shelf(c.Request.Context(), catalog.SetFilter{Source: c.Query("source"), Name: c.Query("name"), Gaps: c.Query("gaps") == "1", After: c.Query("after"), Limit: shelfRows})
	if err != nil {
		s.fail(c, err)
		return
	}
	q := url.Values{"source": {b.Source}}.Encode()
	s.show(c, http.StatusOK, "browse", view{Title: "Catalog", Nav: "browse", Body: b, Twins: []link{{"JSON", "/api/v1/datasets?" + q}, {"CSV", "/browse.csv?" + q}}})
}

func (s *Server) shelf(ctx context.Context, f catalog.SetFilter) (b shelf, err error) {
	b.Source, b.Filter, b.Gaps = f.Source, f.Name, f.Gaps
	if b.Sources, err = s.svc.Catalog.Sources(ctx); err != nil {
		return b, err
	}
	var next string
	if b.Sets, b.All, next, err = s.datasets(ctx, f); err != nil {
		return b, err
	}
	page := func(after string) string {
		q := url.Values{"source": {b.Source}, "name": {b.Filter}, "after": {after}}
		if b.Gaps {
			q.Set("gaps", "1")
		}
		return "/browse?" + q.Encode()
	}
	if f.After != "" {
		b.First = page("")
	}
	if next != "" {
		b.Next = page(next)
	}
	return b, nil
}

func (s *Server) browseCSV(c *gin.Context) {
	f := catalog.SetFilter{Source: c.Query("source"), Name: c.Query("name"), Limit: 500}
	sets, _, next, err := s.datasets(c.Request.Context(), f)
	if err != nil {
		s.fail(c, err)
		return
	}
	w := sheet(c, "datasets", "source", "dataset", "kind", "format", "records", "bytes", "fields", "personal", "accepted", "proposed", "deferred", "rejected", "clean", "unexamined", "categories", "gaps")
	for {
		for _, d := range sets {
			w.set(d)
		}
		if f.After = next; next == "" {
			break
		}
		if sets, _, next, err = s.datasets(c.Request.Context(), f); err != nil {
			w.cut()
			return
		}
	}
	w.end()
}

// set writes a dataset.
func (t *table) set(d datasetRow) {
	var gaps []string
	for _, g := range d.Gaps {
		gaps = append(gaps, g.Code)
	}
	t.row(d.Ref.Source, d.Name, string(d.Kind), d.Format, count(d.Records), count(d.Bytes), count(d.Fields), count(d.PII), count(d.Accepted), count(d.Proposed), count(d.Deferred),
		count(d.Rejected), count(d.Clean), count(d.Unexamined), joined(d.Kinds), strings.Join(gaps, " "))
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
