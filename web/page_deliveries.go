package web

import (
	"net/http"
	"net/url"
	"strconv"

	"github.com/gin-gonic/gin"

	"vestige/accounts"
	"vestige/events"
)

func (s *Server) deliveryRoutes() {
	if s.svc.Watch == nil || s.svc.Watch.Outbox == nil {
		return
	}
	s.get("/deliveries", accounts.ReadCatalog, s.deliveries)
	s.get("/deliveries.csv", accounts.ReadCatalog, s.deliveriesCSV)
	s.get("/deliveries/:id", accounts.ReadCatalog, s.delivery)
	s.post("/deliveries/:id/again", accounts.HandleAlerts, s.deliverAgain)
}

// deliveriesView is what the page of deliveries is given.
type deliveriesView struct {
	All      []events.Delivery
	State    string
	States   map[string]int64
	Channels []events.Channel
	Next     string
}

// deliveryRows is how many deliveries a page shows.
const deliveryRows = 100

func (s *Server) deliveries(c *gin.Context) {
	ctx := c.Request.Context()
	v := deliveriesView{State: c.Query("state"), Channels: s.svc.Watch.Outbox.Channels()}
	before, _ := strconv.ParseInt(c.Query("before"), 10, 64)
	var err error
	if v.All, err = s.svc.Watch.Outbox.Deliveries(ctx, v.State, before, deliveryRows+1); err == nil {
		v.States, err = s.svc.Watch.Outbox.States(ctx)
	}
	if err != nil {
		s.fail(c, err)
		return
	}
	if len(v.All) > deliveryRows {
		v.All = v.All[:deliveryRows]
		v.Next = "/deliveries?" + url.Values{"state": {v.State}, "before": {strconv.FormatInt(v.All[deliveryRows-1].Made, 10)}}.Encode()
	}
	s.show(c, http.StatusOK, "deliveries", view{Title: "Deliveries", Nav: "alerts", Crumbs: []link{{"Alerts", "/alerts"}}, Body: v,
		Twins: []link{{"JSON", apiRoot + "/deliveries?state=" + url.QueryEscape(v.State)}, {"CSV", "/deliveries.csv?state=" + url.QueryEscape(v.State)}}})
}

func (s *Server) deliveriesCSV(c *gin.Context) {
	all, err := s.svc.Watch.Outbox.Deliveries(c.Request.Context(), c.Query("state"), 0, scansMost)
	if err != nil {
		s.fail(c, err)
		return
	}
	w := sheet(c, "deliveries", "delivery", "channel", "kind", "made", "alerts", "state", "attempts", "last failure", "next", "ended")
	for _, d := range all {
		w.row(d.ID, d.Channel, d.Kind, stamp(d.Made), count(d.Count), d.State, count(d.Attempts), d.Code, stamp(d.Due), stamp(d.Ended))
	}
	w.end()
}

func (s *Server) delivery(c *gin.Context) {
	d, err := s.svc.Watch.Outbox.Delivery(c.Request.Context(), c.Param("id"))
	if err != nil {
		s.fail(c, err)
		return
	}
	s.show(c, http.StatusOK, "delivery", view{Title: "Delivery to " + d.Channel, Nav: "alerts", Crumbs: []link{{"Alerts", "/alerts"}, {"Deliveries", "/deliveries"}}, Body: d,
		Twins: []link{{"JSON", apiRoot + "/deliveries/" + d.ID}}})
}

func (s *Server) deliverAgain(c *gin.Context) {
	s.back(c, s.svc.Watch.TryAgain(c.Request.Context(), by(c).Name, c.Param("id")), "/deliveries/"+url.PathEscape(c.Param("id")))
}
