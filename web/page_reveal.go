package web

import (
	"context"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"

	"github.com/gin-gonic/gin"

	"vestige/accounts"
	"vestige/audit"
	"vestige/catalog"
	"vestige/connectors"
	"vestige/internal/errkind"
	"vestige/pii"
)

func (s *Server) revealRoutes() { s.post("/field/reveal", accounts.Reveal, s.reveal) }

// How much a reveal shows: some values, and of a long one the beginning.
const (
	revealed   = 5
	revealLong = 200
)

// revealView is what the page of revealed values is given.
type revealView struct {
	Ref    pii.Ref
	Name   string
	Reason string
	Values []string
	Sample int // records that were looked at
}

// reveal reads some values of a field, now, for one who has the right and says why. The log has it before anything is read; nothing is kept.
func (s *Server) reveal(c *gin.Context) {
	ctx, reason := c.Request.Context(), strings.TrimSpace(c.PostForm("reason"))
	ref, err := place(c.PostForm("at"), true)
	if err == nil && (len(reason) < 5 || len(reason) > 500) {
		err = errkind.Coded(errkind.Invalid, "no-reason", "say why the values have to be seen, in 5 to 500 letters")
	}
	v := revealView{Ref: ref, Reason: reason}
	if err == nil {
		err = s.revealed(ctx, c, &v)
	}
	if err != nil {
		s.fail(c, err)
		return
	}
	c.Header("Referrer-Policy", "no-referrer")
	s.show(c, http.StatusOK, "reveal", view{Title: v.Name, Nav: "browse", Body: v,
		Crumbs: []link{{"Catalog", "/browse"}, {ref.Source, at(pii.Ref{Source: ref.Source})}, {ref.Dataset, at(ref.Of())}, {v.Name, at(ref)}}})
}

func (s *Server) revealed(ctx context.Context, c *gin.Context, v *revealView) error {
	n, err := s.svc.Catalog.Node(ctx, v.Ref.Of())
	if err != nil {
		return err
	}
	f := n.Field(v.Ref.Field)
	if f == nil {
		return errkind.Coded(errkind.NotFound, "no-such-field", "the catalog has no field of this name")
	}
	v.Name = catalog.Display(&n, f)
	src := s.svc.Source(v.Ref.Source)
	if src == nil {
		return errkind.Coded(errkind.Unsupported, "no-connection", "this server has no connection to the source: it is not in its configuration")
	}
	e := audit.Entry{Actor: by(c).Name, Action: "value.reveal", Object: "field:" + v.Ref.String(), Facts: audit.Facts(map[string]any{"reason": v.Reason, "values": revealed})}
	if err := s.noted(ctx, e); err != nil {
		return err
	}
	v.Values, v.Sample, err = some(ctx, src, n.Dataset, v.Ref.Field)
	return err
}

// some reads records at random and gives the first values of the field that differ.
func some(ctx context.Context, src *connectors.Source, d pii.Dataset, field string) (out []string, records int, err error) {
	q := connectors.Query{Dataset: d, Fields: []string{field}, Seed: rand.Uint64(), Bare: true}
	for b, err := range src.Sample(ctx, q, 8*revealed) {
		if err != nil {
			return nil, 0, err
		}
		if b.Gap != nil {
			continue
		}
		records += b.Len()
		col := b.Column(field)
		if col == nil {
			continue
		}
		for i := range col.Len() {
			raw, _ := col.Value(i)
			if text := short(strings.ToValidUTF8(string(raw), "\uFFFD"), revealLong); raw != nil && len(out) < revealed && !slices.Contains(out, text) {
				out = append(out, text)
			}
		}
	}
	return out, records, nil
}
