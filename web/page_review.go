package web

import (
	"context"
	"errors"
	"math/rand/v2"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/gin-gonic/gin"

	"vestige/accounts"
	"vestige/audit"
	"vestige/catalog"
	"vestige/internal/db"
	"vestige/internal/errkind"
	"vestige/pii"
)

func (s *Server) reviewRoutes() {
	s.get("/review", accounts.ReadCatalog, s.review)
	s.get("/review/evidence", accounts.ReadCatalog, s.reviewEvidence)
	s.get("/review/group", accounts.Decide, s.reviewSample)
	s.post("/review/group", accounts.Decide, s.decideGroup)
	s.post("/review/suppress", accounts.Decide, s.suppressGroup)
}

// How much a page of the queue shows, and how much one decision of a group takes at once.
const (
	reviewGroups = 80
	reviewFields = 100
	groupLimit   = 500
	sampleSize   = 5
)

// queue is which part of what waits is looked at.
type queue struct {
	State    catalog.State
	Source   string
	Category pii.Category
	Off      bool // what was suppressed
	Second   bool // what somebody wants a second person to look at
}

func queueOf(c *gin.Context) queue {
	q := queue{State: catalog.Proposed, Source: c.Query("source"), Category: pii.Category(c.Query("category"))}
	switch c.Query("show") {
	case "deferred":
		q.State = catalog.Deferred
	case "second":
		q.State, q.Second = catalog.Deferred, true
	case "suppressed":
		q.Off = true
	}
	return q
}

func (q queue) filter() catalog.GroupFilter {
	f := catalog.GroupFilter{State: q.State, Source: q.Source, Category: q.Category, Suppressed: q.Off}
	if q.Second {
		f.Reason = strings.TrimSpace(secondReview)
	}
	return f
}

// Show names the part, as the address has it.
func (q queue) Show() string {
	switch {
	case q.Second:
		return "second"
	case q.Off:
		return "suppressed"
	case q.State == catalog.Deferred:
		return "deferred"
	}
	return ""
}

// Href gives the address of a place in the queue.
func (q queue) Href(group, at string) string {
	v := url.Values{}
	for name, value := range map[string]string{"show": q.Show(), "source": q.Source, "category": string(q.Category), "group": group, "at": at} {
		if value != "" {
			v.Set(name, value)
		}
	}
	if len(v) == 0 {
		return "/review"
	}
	return "/review?" + v.Encode()
}

// reviewView is what the page of the queue is given.
type reviewView struct {
	Queue   queue
	Groups  []*catalog.Group
	More    int // groups that are not listed
	Group   *catalog.Group
	Fields  []reviewRow
	Rest    int64 // fields of the group that are not listed
	Field   *fieldView
	Seen    string
	Total   catalog.Counts
	Decided int64
	Waiting int64
	Next    string // where to go when this one is decided
	Before  string // the group before
	Behind  string // the group behind
	Here    string
	Reasons []string
	Kinds   []pii.CategoryInfo
	Sources []catalog.SourceInfo
	Undo    undoBar
	May     bool
}

// decideForm is what the form of a decision is given.
type decideForm struct {
	At, Seen, Back string
	Category       pii.Category // that is proposed
	Reasons        []string
}

// Form gives the form of the field that is looked at; decided, it goes on to the next.
func (v reviewView) Form() decideForm {
	return decideForm{v.Field.Ref.String(), v.Seen, v.Next, v.Field.Judged.Category, reasonsOf}
}

type reviewRow struct {
	fieldRow
	Seen    string
	Dataset string
	Href    string
	On      bool
}

func (s *Server) review(c *gin.Context) {
	v, err := s.reviewView(c.Request.Context(), queueOf(c), c.Query("group"), c.Query("at"))
	if err != nil {
		s.fail(c, err)
		return
	}
	v.Undo, v.May = undoOf(c), by(c).May(accounts.Decide)
	s.show(c, http.StatusOK, "review", view{Title: "Review", Nav: "review", Body: v, Module: "review.js", Wide: true,
		Twins: []link{{"JSON", "/api/v1/review/groups"}, {"CSV", "/decisions.csv?show=waiting"}}})
}

func (s *Server) reviewView(ctx context.Context, q queue, group, at string) (v reviewView, err error) {
	v.Queue, v.Reasons, v.Kinds = q, reasonsOf, personalKinds()
	if v.Sources, err = s.svc.Catalog.Sources(ctx); err != nil {
		return v, err
	}
	v.Total = total(v.Sources)
	v.Decided, v.Waiting = v.Total.Accepted+v.Total.Rejected, v.Total.Proposed+v.Total.Deferred
	all, err := s.svc.Catalog.Groups(ctx, q.filter())
	if err != nil {
		return v, err
	}
	if len(all) == 0 {
		return v, nil
	}
	i := max(0, slices.IndexFunc(all, func(g *catalog.Group) bool { return g.ID == group }))
	v.around(all, i)
	return v, s.reviewGroup(ctx, &v, all[i].ID, at)
}

// around lists the groups near the one that is looked at.
func (v *reviewView) around(all []*catalog.Group, i int) {
	from := max(0, min(i-reviewGroups/2, len(all)-reviewGroups))
	v.Groups = all[from:min(len(all), from+reviewGroups)]
	v.More = len(all) - len(v.Groups)
	if i > 0 {
		v.Before = v.Queue.Href(all[i-1].ID, "")
	}
	if i+1 < len(all) {
		v.Behind = v.Queue.Href(all[i+1].ID, "")
	}
}

// reviewGroup fills in the fields of a group, and the one that is looked at.
func (s *Server) reviewGroup(ctx context.Context, v *reviewView, id, at string) error {
	g, es, err := s.svc.Catalog.Group(ctx, v.Queue.filter(), id, pii.Ref{}, reviewFields)
	if err != nil {
		return err
	}
	v.Group, v.Rest = g, g.Fields-int64(len(es))
	name := s.names(ctx)
	on := 0
	for i, e := range es {
		r := reviewRow{fieldRow: fieldRow{Entry: e, Name: e.Ref.Field, Top: sensitivity(e.Category)}, Seen: stampOf(e), Dataset: name(e.Ref.Of()), Href: v.Queue.Href(g.ID, e.Ref.String())}
		if e.Ref.String() == at {
			on = i
		}
		v.Fields = append(v.Fields, r)
	}
	v.Here = v.Queue.Href(g.ID, "")
	if len(v.Fields) == 0 {
		return nil
	}
	v.Fields[on].On = true
	v.Next = orElse(v.Behind, v.Queue.Href("", ""))
	if on+1 < len(v.Fields) {
		v.Next = v.Fields[on+1].Href
	} else if on > 0 {
		v.Next = v.Fields[0].Href
	}
	f, err := s.fieldView(ctx, es[on].Ref.String())
	v.Field, v.Seen = &f, stampOf(es[on])
	return err
}

func personalKinds() (out []pii.CategoryInfo) {
	for _, k := range pii.Categories() {
		if k.Category.Personal() {
			out = append(out, k)
		}
	}
	return out
}

// reviewEvidence gives the right pane alone, for the script that fetches the next ones ahead.
func (s *Server) reviewEvidence(c *gin.Context) {
	f, err := s.fieldView(c.Request.Context(), c.Query("at"))
	if err != nil {
		s.fail(c, err)
		return
	}
	v := reviewView{Field: &f, Seen: stampOf(f.Entry), May: by(c).May(accounts.Decide), Reasons: reasonsOf, Here: "/review", Next: "/review"}
	s.show(c, http.StatusOK, "evidence", view{Title: f.Name, Body: v, Part: true})
}

// sampleView is what the page before a decision on a whole group is given.
type sampleView struct {
	Group   *catalog.Group
	Queue   queue
	Verdict pii.Verdict
	Sample  []reviewRow
	Sets    int
	Now     int64 // how many are decided at once
	Back    string
	Reasons []string
	Reason  string
	Kinds   []pii.CategoryInfo
}

// reviewSample shows five fields of a group, taken at random, before all of them are decided.
func (s *Server) reviewSample(c *gin.Context) {
	verdict, err := verdictOf(c.Query("verdict"))
	q := queueOf(c)
	var g *catalog.Group
	var es []catalog.Entry
	if err == nil {
		g, es, err = s.svc.Catalog.Group(c.Request.Context(), q.filter(), c.Query("group"), pii.Ref{}, groupLimit)
	}
	if err != nil {
		s.fail(c, err)
		return
	}
	v := sampleView{Group: g, Queue: q, Verdict: verdict, Now: int64(len(es)), Back: q.Href(g.ID, ""), Reasons: reasonsOf, Reason: c.Query("reason"), Kinds: personalKinds()}
	sets := map[pii.Ref]bool{}
	for _, e := range es {
		sets[e.Ref.Of()] = true
	}
	v.Sets = len(sets)
	rand.Shuffle(len(es), func(i, j int) { es[i], es[j] = es[j], es[i] })
	name := s.names(c.Request.Context())
	for _, e := range es[:min(sampleSize, len(es))] {
		v.Sample = append(v.Sample, reviewRow{fieldRow: fieldRow{Entry: e, Name: e.Ref.Field}, Dataset: name(e.Ref.Of())})
	}
	s.show(c, http.StatusOK, "sample", view{Title: sentence(string(verdict)) + " a group", Nav: "review", Crumbs: []link{{"Review", v.Back}}, Body: v})
}

// decideGroup decides on every field of a group, up to a limit, and refuses where the group is not what was shown.
func (s *Server) decideGroup(c *gin.Context) {
	ctx, q := c.Request.Context(), queueOf(c)
	verdict, err := verdictOf(c.PostForm("verdict"))
	var g *catalog.Group
	var es []catalog.Entry
	if err == nil {
		g, es, err = s.svc.Catalog.Group(ctx, q.filter(), c.PostForm("group"), pii.Ref{}, groupLimit)
	}
	if err == nil && strconv.FormatInt(g.Fields, 10) != c.PostForm("fields") {
		err = errkind.Coded(errkind.Conflict, "decided-meanwhile", "the group has changed since it was shown: look again, then decide")
	}
	wishes := make([]wish, 0, len(es))
	for _, e := range es {
		var w wish
		if err == nil {
			w, err = wishOf(e.Ref.String(), string(verdict), c.PostForm("category"), c.PostForm("reason"), stampOf(e))
		}
		wishes = append(wishes, w)
	}
	var m made
	if err == nil {
		m, err = s.decide(ctx, by(c), wishes)
	}
	var conflict *meanwhile
	if errors.As(err, &conflict) {
		err = conflict.error
	}
	if err != nil {
		s.fail(c, err)
		return
	}
	to := q.Href("", "")
	if g.Fields > int64(len(es)) {
		to = q.Href(g.ID, "")
	}
	c.Redirect(http.StatusSeeOther, with(to, "undo", m.Batch))
}

// suppressGroup takes a group out of the queue, or puts it back.
func (s *Server) suppressGroup(c *gin.Context) {
	ctx, a := c.Request.Context(), by(c)
	group, reason := c.PostForm("group"), c.PostForm("reason")
	err := s.svc.DB.Write(ctx, func(tx db.Tx) error {
		if err := s.svc.Catalog.Suppress(ctx, tx, group, reason, a.Name); err != nil {
			return err
		}
		return s.svc.Audit.Append(ctx, tx, audit.Entry{Actor: a.Name, Action: "catalog.suppress", Object: group, Facts: audit.Facts(map[string]any{"on": reason != ""})})
	})
	if err != nil {
		s.fail(c, err)
		return
	}
	c.Redirect(http.StatusSeeOther, orElse(local(c.PostForm("back")), "/review"))
}
