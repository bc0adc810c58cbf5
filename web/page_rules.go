package web

import (
	"context"
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
	"vestige/policies"
)

func (s *Server) ruleRoutes() {
	s.get("/rules", accounts.ReadCatalog, s.rules)
	s.get("/rules/noise.csv", accounts.ReadCatalog, s.noiseCSV)
	s.get("/rules/costs.csv", accounts.ReadCatalog, s.costsCSV)
	s.api("GET", "/rules/costs", accounts.ReadCatalog, s.apiCosts, call{Says: "Lists the kinds of personal data with what a miss costs, the threshold that follows, and how often people agreed.", Gives: list[costRow]{}})
	s.api("GET", "/rules/noise", accounts.ReadCatalog, s.apiNoise, call{Says: "Lists the rules that take proposals for noise.", Gives: list[noiseRow]{}})
	if s.svc.DB == nil || s.svc.Audit == nil {
		return
	}
	s.post("/rules/noise", accounts.Decide, s.writeNoise)
	s.post("/rules/noise/:id/end", accounts.Decide, s.endNoise)
	s.post("/rules/noise/:id/renew", accounts.Decide, s.renewNoise)
	s.api("POST", "/rules/noise/try", accounts.Decide, s.apiTryNoise, call{Says: "Says what a rule would do to the fields as they are, and does nothing.", Takes: noiseIn{}, Gives: catalog.Trial{}})
	s.api("POST", "/rules/noise", accounts.Decide, s.apiWriteNoise, call{Says: "Writes a rule that takes proposals for noise; no decision is touched by it.", Takes: noiseIn{}, Gives: noiseRow{}, Status: http.StatusCreated})
	s.api("DELETE", "/rules/noise/:id", accounts.Decide, s.apiEndNoise, call{Says: "Ends a rule.", Gives: noiseRow{}})
	s.api("PUT", "/rules/noise/:id/until", accounts.Decide, s.apiRenewNoise, call{Says: "Says until which day a rule holds that somebody has looked at again.", Takes: untilIn{}, Gives: noiseRow{}})
}

// noiseIn is a rule as somebody sends it.
type noiseIn struct {
	Source   string  `json:"source,omitempty"`
	Dataset  string  `json:"dataset,omitempty"`
	Field    string  `json:"field,omitempty"`
	Category string  `json:"category,omitempty"` // that is proposed
	Below    float64 `json:"below,omitempty"`    // only proposals under this confidence
	As       string  `json:"as,omitempty"`       // none.other where nothing is said
	Reason   string  `json:"reason"`
	Until    string  `json:"until,omitempty"` // its last day, 2027-06-30
}

// untilIn is a day as somebody sends it, "" for no end.
type untilIn struct {
	Until string `json:"until"`
}

func dayOf(text string) (d policies.Date, err error) {
	if text = strings.TrimSpace(text); text == "" {
		return d, nil
	}
	if d.UnmarshalText([]byte(text)) != nil {
		return d, errkind.Coded(errkind.Invalid, "bad-rule", "a day is written 2027-06-30")
	}
	return d, nil
}

func (in noiseIn) rule() (policies.Noise, error) {
	until, err := dayOf(in.Until)
	n := policies.Noise{Match: policies.Match{Source: in.Source, Dataset: in.Dataset, Field: in.Field, Category: pii.Category(in.Category)},
		Below: in.Below, As: pii.Category(in.As), Reason: strings.TrimSpace(in.Reason), Until: until}
	if err == nil {
		err = n.Validate()
	}
	return n, err
}

// noiseOf reads a rule from a form, or from an address that fills one in.
func noiseOf(get func(string) string) (in noiseIn, err error) {
	in = noiseIn{Source: get("source"), Dataset: get("dataset"), Field: get("field"), Category: get("category"), As: get("as"), Reason: get("reason"), Until: get("until")}
	if text := get("below"); text != "" {
		if in.Below, err = strconv.ParseFloat(text, 64); err != nil {
			err = errkind.Coded(errkind.Invalid, "bad-rule", "below is between 0 and 1")
		}
	}
	return in, err
}

// noiseHref gives the form of a rule about fields like one, filled in.
func noiseHref(e catalog.Entry) string {
	v := url.Values{"source": {e.Ref.Source}, "field": {e.Ref.Field}}
	if e.Judged.Category.Personal() {
		v.Set("category", string(e.Judged.Category))
	}
	return "/rules?" + v.Encode()
}

// noiseRow is a rule as it is listed.
type noiseRow struct {
	noiseIn
	ID      string `json:"id"`
	Says    string `json:"says"`
	By      string `json:"by,omitempty"` // "" for one of a policy file
	At      int64  `json:"at,omitempty"`
	Ended   int64  `json:"ended,omitempty"`
	EndedBy string `json:"endedBy,omitempty"`
	State   string `json:"state"` // holds, over, ended
	Written bool   `json:"written"`
}

func rowOfNoise(r catalog.NoiseRule) noiseRow {
	row := noiseRow{ID: r.ID, Says: r.Text(), By: r.By, At: r.At, Ended: r.Ended, EndedBy: r.EndedBy, State: "holds", Written: r.By != ""}
	row.noiseIn = noiseIn{r.Match.Source, r.Match.Dataset, r.Match.Field, string(r.Match.Category), r.Below, string(r.Kind()), r.Reason, ""}
	if r.Until != (policies.Date{}) {
		row.Until = r.Until.String()
	}
	switch {
	case r.Over():
		row.State = "over"
	case r.Ended != 0:
		row.State = "ended"
	}
	return row
}

// costRow is what follows from the cost of missing a kind.
type costRow struct {
	Category  pii.Category `json:"category"`
	Miss      float64      `json:"miss"`      // in false alarms
	Threshold float64      `json:"threshold"` // from which probability on a field is proposed
	Decided   int64        `json:"decided"`   // fields proposed as it on which people decided
	Precision float64      `json:"precision"` // how many of them they accepted; -1 where there are none
}

// rulesView is what the page of rules is given.
type rulesView struct {
	Miss  float64
	From  float64
	Costs []costRow // those that differ, or on which people decided
	Noise []noiseRow
	Form  noiseIn
	Trial *catalog.Trial
	Says  string
	Wrong string
	Kinds []pii.CategoryInfo
	None  []pii.CategoryInfo
	Undo  undoBar
	May   bool
}

func (s *Server) rules(c *gin.Context) {
	ctx := c.Request.Context()
	v := rulesView{May: s.svc.DB != nil && s.svc.Audit != nil && by(c).May(accounts.Decide), Kinds: personalKinds()}
	for _, k := range pii.Categories() {
		if !k.Category.Personal() {
			v.None = append(v.None, k)
		}
	}
	var err error
	if v.Noise, err = s.noise(ctx); err == nil {
		v.Costs, err = s.costs(ctx)
	}
	if err != nil {
		s.fail(c, err)
		return
	}
	cost := s.svc.Catalog.Cost()
	v.Miss, v.From = cost.Miss, cost.Threshold("")
	v.Costs = slices.DeleteFunc(v.Costs, func(r costRow) bool { return r.Decided == 0 && r.Miss == v.Miss })
	status := http.StatusOK
	if v.Form, err = noiseOf(c.Query); err == nil && c.Query("try") != "" && v.May {
		err = s.tryNoise(ctx, &v)
	}
	if err != nil {
		if errkind.Of(err) != errkind.Invalid {
			s.fail(c, err)
			return
		}
		v.Wrong, status = err.Error(), http.StatusBadRequest
	}
	s.show(c, status, "rules", view{Title: "Rules", Nav: "review", Crumbs: []link{{"Review", "/review"}}, Body: v,
		Twins: []link{{"JSON", apiRoot + "/rules/noise"}, {"CSV", "/rules/noise.csv"}, {"Costs CSV", "/rules/costs.csv"}}})
}

func (s *Server) tryNoise(ctx context.Context, v *rulesView) error {
	n, err := v.Form.rule()
	if err != nil {
		return err
	}
	t, err := s.svc.Catalog.TryNoise(ctx, n)
	v.Trial, v.Says = &t, n.Text()
	return err
}

func (s *Server) noise(ctx context.Context) (out []noiseRow, err error) {
	all, err := s.svc.Catalog.Noise(ctx)
	for _, r := range all {
		out = append(out, rowOfNoise(r))
	}
	return out, err
}

func (s *Server) costs(ctx context.Context) (out []costRow, err error) {
	judged, err := s.judged(ctx)
	at := map[pii.Category]judgedRow{}
	for _, j := range judged {
		at[j.Proposed] = j
	}
	cost := s.svc.Catalog.Cost()
	for _, k := range personalKinds() {
		j, ok := at[k.Category]
		if !ok {
			j.Share = -1
		}
		out = append(out, costRow{k.Category, cost.Of(k.Category), cost.Threshold(k.Category), j.Count, j.Share})
	}
	return out, err
}

// changeNoise writes a rule, or ends or renews one, with its entry in the log; what follows is judged soon, and in part at once.
func (s *Server) changeNoise(c *gin.Context, what string, f func(db.Tx, string) (catalog.NoiseRule, error)) (row noiseRow, err error) {
	ctx, a := c.Request.Context(), by(c)
	err = s.svc.DB.Write(ctx, func(tx db.Tx) error {
		r, err := f(tx, a.Name)
		if err != nil {
			return err
		}
		row = rowOfNoise(r)
		facts := map[string]any{"rule": row.Says, "until": row.Until}
		if a.Token != "" {
			facts["token"] = a.Token
		}
		return s.svc.Audit.Append(ctx, tx, audit.Entry{Actor: a.Name, Action: "catalog.noise." + what, Object: r.ID, Facts: audit.Facts(facts)})
	})
	if err == nil {
		err = s.svc.Catalog.CatchUp(ctx, likeAtOnce)
	}
	return row, err
}

func (s *Server) putNoise(c *gin.Context, in noiseIn) (noiseRow, error) {
	n, err := in.rule()
	if err != nil {
		return noiseRow{}, err
	}
	return s.changeNoise(c, "write", func(tx db.Tx, by string) (catalog.NoiseRule, error) {
		return s.svc.Catalog.PutNoise(c.Request.Context(), tx, n, by)
	})
}

func (s *Server) stopNoise(c *gin.Context) (noiseRow, error) {
	return s.changeNoise(c, "end", func(tx db.Tx, by string) (catalog.NoiseRule, error) {
		return s.svc.Catalog.EndNoise(c.Request.Context(), tx, c.Param("id"), by)
	})
}

func (s *Server) keepNoise(c *gin.Context, until string) (noiseRow, error) {
	day, err := dayOf(until)
	if err != nil {
		return noiseRow{}, err
	}
	return s.changeNoise(c, "renew", func(tx db.Tx, by string) (catalog.NoiseRule, error) {
		return s.svc.Catalog.RenewNoise(c.Request.Context(), tx, c.Param("id"), by, day)
	})
}

func (s *Server) writeNoise(c *gin.Context) {
	in, err := noiseOf(c.PostForm)
	var row noiseRow
	if err == nil {
		row, err = s.putNoise(c, in)
	}
	s.back(c, err, "/rules#"+url.PathEscape(row.ID))
}

func (s *Server) endNoise(c *gin.Context) {
	_, err := s.stopNoise(c)
	s.back(c, err, "/rules")
}

func (s *Server) renewNoise(c *gin.Context) {
	_, err := s.keepNoise(c, c.PostForm("until"))
	s.back(c, err, "/rules")
}

func (s *Server) apiNoise(c *gin.Context) {
	all, err := s.noise(c.Request.Context())
	either(s, c, items(all), err)
}

func (s *Server) apiCosts(c *gin.Context) {
	all, err := s.costs(c.Request.Context())
	either(s, c, items(all), err)
}

func (s *Server) apiTryNoise(c *gin.Context) {
	var in noiseIn
	var t catalog.Trial
	err := bind(c, &in)
	if err == nil {
		var n policies.Noise
		if n, err = in.rule(); err == nil {
			t, err = s.svc.Catalog.TryNoise(c.Request.Context(), n)
		}
	}
	either(s, c, t, err)
}

func (s *Server) apiWriteNoise(c *gin.Context) {
	var in noiseIn
	if err := bind(c, &in); err != nil {
		s.fail(c, err)
		return
	}
	s.once(c, func() (int, any, error) {
		row, err := s.putNoise(c, in)
		return http.StatusCreated, row, err
	})
}

func (s *Server) apiEndNoise(c *gin.Context) {
	row, err := s.stopNoise(c)
	either(s, c, row, err)
}

func (s *Server) apiRenewNoise(c *gin.Context) {
	var in untilIn
	var row noiseRow
	err := bind(c, &in)
	if err == nil {
		row, err = s.keepNoise(c, in.Until)
	}
	either(s, c, row, err)
}

func (s *Server) noiseCSV(c *gin.Context) {
	all, err := s.noise(c.Request.Context())
	if err != nil {
		s.fail(c, err)
		return
	}
	w := sheet(c, "noise", "id", "state", "source", "dataset", "field", "category", "below", "as", "reason", "until", "by", "at")
	for _, r := range all {
		below := ""
		if r.Below > 0 {
			below = number(r.Below)
		}
		w.row(r.ID, r.State, r.Source, r.Dataset, r.Field, r.Category, below, r.As, r.Reason, r.Until, r.By, stamp(r.At))
	}
	w.end()
}

func (s *Server) costsCSV(c *gin.Context) {
	all, err := s.costs(c.Request.Context())
	if err != nil {
		s.fail(c, err)
		return
	}
	w := sheet(c, "costs", "category", "miss", "threshold", "decided", "precision")
	for _, r := range all {
		precision := ""
		if r.Precision >= 0 {
			precision = number(r.Precision)
		}
		w.row(string(r.Category), number(r.Miss), number(r.Threshold), count(r.Decided), precision)
	}
	w.end()
}
