package app_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"vestige/internal/app"
)

// TestConfigFiles reads every file of testdata: the first line of a *.bad.yaml says which error it has to give.
func TestConfigFiles(t *testing.T) {
	files, err := filepath.Glob(filepath.Join("testdata", "*.yaml"))
	if err != nil || len(files) < 10 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	for _, f := range files {
		t.Run(filepath.Base(f), func(t *testing.T) {
			text, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			_, err = app.ParseConfig(filepath.Base(f), text, app.Specs())
			first, _, _ := strings.Cut(string(text), "\n")
			want, bad := strings.CutPrefix(first, "# error: ")
			switch {
			case bad && err == nil:
				t.Errorf("no error, want %q", want)
			case bad && !strings.Contains(err.Error(), want):
				t.Errorf("%q, want %q", err, want)
			case !bad && err != nil:
				t.Error(err)
			}
			if bad != strings.HasSuffix(f, ".bad.yaml") {
				t.Error("the name of a file that is refused ends in .bad.yaml")
			}
		})
	}
}

func TestConfigDefaultsAndPaths(t *testing.T) {
	c, err := app.ParseConfig(filepath.Join("testdata", "x.yaml"), []byte("policies: [law.yaml]\n"), app.Specs())
	if err != nil {
		t.Fatal(err)
	}
	base, _ := filepath.Abs("testdata")
	if c.Data != filepath.Join(base, "data") || c.Policies[0] != filepath.Join(base, "law.yaml") || c.SingleApprover {
		t.Errorf("%+v", c)
	}
}

func TestSecretsAreNotShown(t *testing.T) {
	text := "sources:\n  s: {type: sqlite, path: \"env:VESTIGE_NO_SUCH_VARIABLE\"}\n"
	c, err := app.ParseConfig(filepath.Join(t.TempDir(), "vestige.yaml"), []byte(text), app.Specs())
	if err != nil {
		t.Fatal(err)
	}
	if got := c.Sources["s"].Shown()["path"]; got != "env:VESTIGE_NO_SUCH_VARIABLE" {
		t.Errorf("shown as %q", got)
	}
	if _, err := app.Open(t.Context(), c, app.Options{Command: "test"}); err == nil || !strings.Contains(err.Error(), "VESTIGE_NO_SUCH_VARIABLE is not set") {
		t.Errorf("an unset variable: %v", err)
	}
}

func TestIdentifiers(t *testing.T) {
	for text, want := range map[string]string{
		"email=a@example.com": "contact.email", "contact.email=a@example.com": "contact.email", "phone=1": "contact.phone",
		"crm/policies#policy_no=1": "identity.number", "identity.number@crm/policies#policy_no=1": "identity.number",
	} {
		id, err := app.ParseIdentifier(text)
		if err != nil || string(id.Category) != want {
			t.Errorf("%s: %s, %v", text, id.Category, err)
		}
		if want == "identity.number" && id.Domain != "crm/policies#policy_no" {
			t.Errorf("%s is a number of %q", text, id.Domain)
		}
	}
	for _, text := range []string{"", "email", "email=", "contact.emial=a@example.com", "crm/policies#=a@example.com"} {
		if _, err := app.ParseIdentifier(text); err == nil {
			t.Errorf("%q is taken", text)
		} else if strings.Contains(err.Error(), "a@example.com") {
			t.Errorf("the error of %q has the value", text)
		}
	}
}
