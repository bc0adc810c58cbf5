package web

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"vestige/accounts"
	"vestige/internal/errkind"
	"vestige/pii"
)

// mostAsked is how many values one call can ask of.
const mostAsked = 1000

func (s *Server) apiSuppressedRoutes() {
	s.api("POST", "/suppressed", accounts.AskSuppressed, s.apiSuppressed, call{
		Says: "Says of each identifier whether somebody with it was erased or opted out. Nothing is kept of what is asked.", Takes: suppressedIn{}, Gives: suppressedOut{},
	})
}

// suppressedIn is what an application asks.
type suppressedIn struct {
	Identifiers []struct {
		Category pii.Category `json:"category"`
		Value    string       `json:"value"`
		Domain   string       `json:"domain,omitempty"` // of a number that means something only inside a value domain
	} `json:"identifiers"`
}

// suppressedOut answers in the order of the question.
type suppressedOut struct {
	Suppressed []bool `json:"suppressed"`
}

func (s *Server) apiSuppressed(c *gin.Context) {
	var in suppressedIn
	if err := bind(c, &in); err != nil {
		s.fail(c, err)
		return
	}
	if len(in.Identifiers) == 0 || len(in.Identifiers) > mostAsked {
		s.fail(c, errkind.Coded(errkind.Invalid, "bad-body", "ask of 1 to %d identifiers at once", mostAsked))
		return
	}
	var ids []pii.Identifier
	for _, x := range in.Identifiers {
		ids = append(ids, pii.Identifier{Category: x.Category, Value: pii.NewValue(x.Value), Domain: x.Domain})
	}
	yes, err := s.svc.Plans.Suppressed(c.Request.Context(), ids)
	if err != nil {
		s.fail(c, err)
		return
	}
	c.JSON(http.StatusOK, suppressedOut{yes})
}
