package web

import (
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"

	"vestige/accounts"
	"vestige/internal/errkind"
	"vestige/pii"
	"vestige/plans"
	"vestige/policies"
	"vestige/requests"
)

func (s *Server) apiRequestRoutes() {
	s.api("GET", "/requests", accounts.ReadRequests, s.apiRequests, call{Says: "Lists requests in the order of the queue: by deadline.", Query: paged("ended", "1 for those that have ended too"), Gives: list[*requests.Request]{}})
	s.api("GET", "/requests/:id", accounts.ReadRequests, s.apiRequest, call{Says: "Gives a request with its history.", Gives: requestDoc{}})
	s.api("POST", "/requests", accounts.WorkRequests, s.apiIntake, call{Says: "Takes a request in.", Takes: intakeIn{}, Gives: requests.Request{}, Status: http.StatusCreated})
	s.api("POST", "/requests/:id/approve", accounts.Approve, s.apiApprove, call{Says: "Approves the plan of a request by its hash.", Takes: approveIn{}, Gives: requestDoc{}})
	for _, x := range []struct{ act, says string }{
		{"identify", "Says how the person's identity was checked."}, {"plan", "Finds what there is of the person and makes the plan, or makes it anew."},
		{"answer", "Answers a question or a gap; the plan is made anew."}, {"run", "Has the approved plan carried out by whoever works on the store."},
		{"pause", "Stops the request behind the unit that it is at."}, {"go-on", "Takes the stop off."}, {"wait", "Stops the clock until something has come."},
		{"resume", "Goes on where wait stopped."}, {"extend", "Moves the deadline to the end that the regime allows, once, with the reason that the person is told."}, {"deny", "Ends the request with a refusal."}, {"withdraw", "Ends a request that the person no longer wants."}, {"told", "Says that a recipient of the data was told of the erasure, and how, or why it is impossible."}, {"undo", "Takes soft deletes back and cancels."},
	} {
		s.api("POST", "/requests/:id/"+x.act, accounts.WorkRequests, s.apiAct(x.act), call{Says: x.says, Takes: deed{}, Gives: requestDoc{}})
	}
}

// requestDoc is a request as programs see it.
type requestDoc struct {
	*requests.Request
	History []requests.Change `json:"history"`
	Halt    *requests.Halt    `json:"halt,omitempty"`
	Told    []plans.Told      `json:"told,omitempty"` // recipients of the data, and how far the telling has come
}

func requestDocOf(v requestView) requestDoc {
	return requestDoc{v.Request, append([]requests.Change{}, v.History...), v.Halt, v.Told}
}

// intakeIn is a request as a program sends it.
type intakeIn struct {
	Type        policies.Type `json:"type"`
	Regime      string        `json:"regime"`
	Identifiers []intakeID    `json:"identifiers,omitempty"`
	Subjects    [][]intakeID  `json:"subjects,omitempty"` // of a batch: those of each person, in place of identifiers
	Verified    string        `json:"verified,omitempty"`
	Channel     string        `json:"channel,omitempty"`
	Export      bool          `json:"export,omitempty"`
}

// intakeID is an identifier as a program sends it.
type intakeID struct {
	Category pii.Category `json:"category"`
	Value    string       `json:"value"`
}

// approveIn names the plan that is approved.
type approveIn struct {
	Hash string `json:"hash"`
}

func (s *Server) apiRequests(c *gin.Context) {
	all, err := s.svc.Requests.List(c.Request.Context(), c.Query("ended") == "1")
	either(s, c, paging(c, all, func(r *requests.Request) string { return r.ID }), err)
}

func (s *Server) apiRequest(c *gin.Context) {
	v, err := s.requestView(c.Request.Context(), c.Param("id"))
	either(s, c, requestDocOf(v), err)
}

func (s *Server) apiIntake(c *gin.Context) {
	var in intakeIn
	if err := bind(c, &in); err != nil {
		s.fail(c, err)
		return
	}
	x := requests.Intake{Type: in.Type, Regime: in.Regime, Verified: in.Verified, Channel: orElse(in.Channel, "API"), By: by(c).Name, Export: in.Export}
	for _, id := range in.Identifiers {
		if err := known(&x, id.Category, strings.TrimSpace(id.Value)); err != nil {
			s.fail(c, err)
			return
		}
	}
	for _, ids := range in.Subjects {
		var one requests.Intake
		for _, id := range ids {
			if err := known(&one, id.Category, strings.TrimSpace(id.Value)); err != nil {
				s.fail(c, err)
				return
			}
		}
		x.Subjects = append(x.Subjects, one.Identifiers)
	}
	s.once(c, func() (int, any, error) {
		r, err := s.svc.Requests.Intake(c.Request.Context(), x)
		return http.StatusCreated, r, err
	})
}

func (s *Server) apiApprove(c *gin.Context) {
	var in approveIn
	if err := bind(c, &in); err != nil {
		s.fail(c, err)
		return
	}
	s.once(c, func() (int, any, error) {
		if _, err := s.svc.Requests.Approve(c.Request.Context(), c.Param("id"), in.Hash, by(c).Name); err != nil {
			return 0, nil, err
		}
		v, err := s.requestView(c.Request.Context(), c.Param("id"))
		return http.StatusOK, requestDocOf(v), err
	})
}

func (s *Server) apiAct(what string) gin.HandlerFunc {
	return func(c *gin.Context) {
		var d deed
		if err := bind(c, &d); err != nil {
			s.fail(c, err)
			return
		}
		d.Request, d.By, d.Steward = c.Param("id"), by(c).Name, by(c).May(accounts.Decide)
		if what == "answer" && d.Verdict != "accept" && d.Verdict != "reject" {
			s.fail(c, errkind.Coded(errkind.Invalid, "no-such-verdict", "an answer is accept or reject"))
			return
		}
		s.once(c, func() (int, any, error) {
			if err := s.carry(c.Request.Context(), what, d); err != nil {
				return 0, nil, err
			}
			v, err := s.requestView(c.Request.Context(), d.Request)
			return http.StatusOK, requestDocOf(v), err
		})
	}
}
