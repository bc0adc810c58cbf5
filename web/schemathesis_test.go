package web_test

import (
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"vestige/accounts"
	"vestige/internal/testenv"
)

// TestSchemathesis has the API asked by its own description, as each role and as nobody: with what is described and with what is not. No call may fail on our
// side, and no answer may have a status, a type or a shape that the description does not name. It asks thousands of times, and so only where VESTIGE_DEEP is set.
func TestSchemathesis(t *testing.T) {
	if os.Getenv("VESTIGE_DEEP") == "" {
		t.Skip("VESTIGE_DEEP is not set")
	}
	program := testenv.Cached(filepath.Join("schemathesis", "bin", "schemathesis"))
	if program == "" {
		testenv.MustRun(t, "schemathesis")
	}
	e, c, _, _ := busy(t)
	at, err := url.Parse(c.srv.URL)
	must(t, err)
	ask := func(t *testing.T, more ...string) {
		cmd := exec.CommandContext(t.Context(), program, append([]string{"run", c.srv.URL + "/api/v1/openapi.json", "--phases", "coverage,fuzzing", "-n", "4", "--continue-on-failure",
			"--checks", "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance", "--generation-database", "none", "--suppress-health-check", "all", "--no-color"}, more...)...)
		cmd.Dir = t.TempDir() // it keeps what it has seen where it stands
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%v\n%s", err, out)
		}
	}
	t.Run("nobody", func(t *testing.T) { ask(t) })
	for _, r := range accounts.Roles() {
		t.Run(string(r.Role), func(t *testing.T) {
			p := c.as(e.staff, "fuzzer-"+string(r.Role), r.Role)
			var cookies []string
			for _, k := range p.http.Jar.Cookies(at) {
				cookies = append(cookies, "-H", "Cookie: "+k.Name+"="+k.Value)
			}
			ask(t, cookies...)
		})
	}
}
