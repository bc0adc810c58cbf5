package web_test

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"vestige/accounts"
	"vestige/pii"
	"vestige/policies"
	"vestige/requests"
)

// TestSuppressed has an application ask of a person before and after she opted out. Its token can do nothing else. A batch comes in by the API as well.
func TestSuppressed(t *testing.T) {
	e := demo(t)
	c, svc := officed(t, e)
	c.as(e.staff, "shop", accounts.Application)
	token, _, err := e.staff.NewToken(t.Context(), accounts.Actor{ID: userOf(t, e, "shop").ID, Name: "shop", Roles: []accounts.Role{accounts.Application}, Session: "here"}, "shop", []accounts.Role{accounts.Application}, time.Hour)
	must(t, err)
	call := func(method, path, body string) answer {
		return c.do(method, path, func(r *http.Request) {
			r.Header.Set("Authorization", "Bearer "+token)
			r.Header.Set("Content-Type", "application/json")
			r.Body, r.ContentLength = io.NopCloser(strings.NewReader(body)), int64(len(body))
		})
	}
	ask := func() string {
		t.Helper()
		a := call("POST", "/api/v1/suppressed", `{"identifiers":[{"category":"contact.email","value":"OUT@example.com"},{"category":"contact.email","value":"in@example.com"}]}`)
		if a.status != 200 {
			t.Fatalf("it is answered with %d: %s", a.status, a.body)
		}
		return strings.Join(strings.Fields(a.body), "")
	}
	if got := ask(); got != `{"suppressed":[false,false]}` {
		t.Errorf("before: %s", got)
	}
	r, err := svc.Intake(t.Context(), requests.Intake{Type: policies.OptOut, Regime: "ccpa", By: "olga", Verified: "session", Identifiers: []pii.Identifier{{Category: "contact.email", Value: pii.NewValue("out@example.com")}}})
	must(t, err)
	_, err = svc.Resolve(t.Context(), r.ID, "olga", "no longer sold")
	must(t, err)
	if got := ask(); got != `{"suppressed":[true,false]}` {
		t.Errorf("after: %s", got)
	}
	for _, bad := range []string{`{"identifiers":[]}`, `{"identifiers":[{"category":"demographic.gender","value":"f"}]}`, `{"values":[]}`} {
		if a := call("POST", "/api/v1/suppressed", bad); a.status != 400 || strings.Contains(a.body, "example.com") {
			t.Errorf("%s is answered with %d", bad, a.status)
		}
	}
	if a := call("GET", "/api/v1/sources", ""); a.status != 403 {
		t.Errorf("the application's token lists sources: %d", a.status)
	}
	olga := c.as(e.staff, "olga", accounts.Operator)
	take := func(body string) answer {
		return olga.do("POST", "/api/v1/requests", body, func(r *http.Request) { r.Header.Set("Content-Type", "application/json") })
	}
	many := `{"type":"erasure","regime":"gdpr","verified":"list","subjects":[[{"category":"contact.email","value":"a@example.com"}],[{"category":"contact.email","value":"b@example.com"}]]}`
	if a := take(many); a.status != 201 || !strings.Contains(a.body, `"subjects":2`) || strings.Contains(a.body, "example.com") {
		t.Errorf("a batch is answered with %d: %s", a.status, a.body)
	}
	if a := take(strings.Replace(many, "erasure", "access", 1)); a.status == 201 {
		t.Error("an export of many is taken in")
	}
}
