package web

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/gin-gonic/gin"

	"vestige/accounts"
	"vestige/audit"
	"vestige/catalog"
	"vestige/internal/db"
	"vestige/internal/errkind"
	"vestige/lineage"
	"vestige/pii"
)

func (s *Server) referenceRoutes() {
	s.get("/reference", accounts.ReadCatalog, s.reference)
	if s.svc.DB != nil && s.svc.Audit != nil {
		s.post("/reference/decide", accounts.Decide, s.decideReference)
	}
}

// referenceView is what the page of a reference is given.
type referenceView struct {
	catalog.Reference
	Child, Parent string
	Bars          evidence
	Events        []catalog.Event
	Version       int64
	May           bool
	Kinds         []lineage.Role
	Undo          undoBar
}

var roles = []lineage.Role{lineage.Owns, lineage.Mentions, lineage.Shared, lineage.Derives}

func (s *Server) reference(c *gin.Context) {
	v, err := s.referenceView(c.Request.Context(), c.Query("id"))
	if err != nil {
		s.fail(c, err)
		return
	}
	v.May, v.Undo = s.svc.DB != nil && by(c).May(accounts.Decide), undoOf(c)
	s.show(c, http.StatusOK, "reference", view{Title: "Reference", Nav: "lineage", Body: v, Crumbs: []link{{"Lineage", "/lineage"}, {v.Child, "/lineage?at=" + url.QueryEscape(v.From.String())}},
		Twins: []link{{"JSON", apiRoot + "/reference?id=" + url.QueryEscape(v.ID)}}})
}

func (s *Server) referenceView(ctx context.Context, id string) (v referenceView, err error) {
	if v.Reference, v.Version, err = s.svc.Catalog.Reference(ctx, id); err != nil {
		return v, err
	}
	name := s.names(ctx)
	v.Child, v.Parent, v.Kinds, v.Bars = name(v.From), name(v.To), roles, bars(v.Evidence)
	v.Events, err = s.svc.Catalog.Events(ctx, catalog.Query{Target: "edge:" + id, Limit: 50})
	return v, err
}

// verdictIn is what somebody says of a reference.
type verdictIn struct {
	Verdict pii.Verdict  `json:"verdict"`
	Kind    lineage.Role `json:"kind,omitempty"` // owns, mentions, shared or derives; of a changed one
	Reason  string       `json:"reason,omitempty"`
}

// decideEdge writes a decision on a reference, over the version that was seen, with its entry of the log.
func (s *Server) decideEdge(ctx context.Context, a accounts.Actor, id string, in verdictIn, version int64) (batch string, err error) {
	in.Reason = strings.TrimSpace(in.Reason)
	v, err := verdictOf(string(in.Verdict))
	switch {
	case err != nil:
		return "", err
	case v == pii.Reject && in.Reason == "":
		return "", errkind.Coded(errkind.Invalid, "no-reason", "a rejection needs a reason")
	case len(in.Reason) > 1000:
		return "", errkind.Coded(errkind.Invalid, "long-reason", "a reason has at most 1,000 bytes")
	case v != pii.Changed:
		in.Kind = ""
	}
	batch = catalog.Batch()
	err = s.svc.DB.Write(ctx, func(tx db.Tx) error {
		d, err := s.svc.Catalog.DecideAt(ctx, tx, pii.Decision{ID: catalog.BatchID(batch, 0), Edge: id, Verdict: v, Kind: string(in.Kind), Reason: in.Reason, By: a.Name}, version)
		if err != nil {
			return err
		}
		return s.svc.Audit.Append(ctx, tx, audit.Entry{Actor: a.Name, Action: "catalog.decide", Object: "reference:" + id, Facts: audit.Facts(map[string]any{"verdict": d.Verdict, "kind": d.Kind})})
	})
	if err == nil {
		s.wake()
	}
	return batch, err
}

func (s *Server) decideReference(c *gin.Context) {
	id := c.PostForm("id")
	version, err := strconv.ParseInt(c.PostForm("seen"), 10, 64)
	if err != nil {
		err = errkind.Coded(errkind.Conflict, "no-version", "the form does not say over what it decides")
	}
	var batch string
	if err == nil {
		batch, err = s.decideEdge(c.Request.Context(), by(c), id, verdictIn{pii.Verdict(c.PostForm("verdict")), lineage.Role(c.PostForm("kind")), c.PostForm("reason")}, version)
	}
	if err != nil {
		s.fail(c, err)
		return
	}
	c.Redirect(http.StatusSeeOther, with("/reference?id="+url.QueryEscape(id), "undo", batch))
}

// referenceDoc is a reference as programs see it.
type referenceDoc struct {
	catalog.Reference
	Version int64 `json:"version"`
}

func (s *Server) apiReferenceRoutes() {
	byID := map[string]string{"id": "the reference, by the id that lists of references give"}
	s.api("GET", "/reference", accounts.ReadCatalog, s.apiReference, call{Says: "Gives a reference with evidence and decision; its ETag names what a decision is over.", Query: byID, Gives: referenceDoc{}})
	if s.svc.DB != nil && s.svc.Audit != nil {
		s.api("PUT", "/reference/decision", accounts.Decide, s.apiDecideReference, call{Says: "Accepts, rejects or changes the kind of a reference, over the version that If-Match names.", Query: byID, Takes: verdictIn{}, Gives: referenceDoc{}, Match: true})
	}
}

func (s *Server) apiReference(c *gin.Context) {
	r, version, err := s.svc.Catalog.Reference(c.Request.Context(), c.Query("id"))
	if err == nil {
		c.Header("ETag", `"`+strconv.FormatInt(version, 10)+`"`)
	}
	either(s, c, referenceDoc{r, version}, err)
}

func (s *Server) apiDecideReference(c *gin.Context) {
	var in verdictIn
	tag, err := ifMatch(c)
	version := int64(0)
	if err == nil {
		if version, err = strconv.ParseInt(tag, 10, 64); err != nil {
			err = errkind.Coded(errkind.Conflict, "decided-meanwhile", "this is no version of the reference")
		}
	}
	if err == nil {
		err = bind(c, &in)
	}
	if err == nil {
		_, err = s.decideEdge(c.Request.Context(), by(c), c.Query("id"), in, version)
	}
	if err != nil {
		code := status(err)
		if code == http.StatusConflict {
			code = http.StatusPreconditionFailed
		}
		s.answer(c, code, err)
		return
	}
	s.apiReference(c)
}
