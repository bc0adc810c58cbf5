package main

import (
	"runtime"
	"runtime/debug"
	"strings"

	"vestige/connectors"
	"vestige/internal/app"
	"vestige/internal/errkind"
)

type connectorsCmd struct {
	Name string `arg:"" optional:"" help:"Show one, with its documentation."`
}

// Help teaches the command.
func (connectorsCmd) Help() string {
	return `Lists the connectors, what each can do by itself, and the options of a source.

Example:
  vestige connectors sqlite`
}

// connectorView is a connector as it is listed.
type connectorView struct {
	Name      string       `json:"name"`
	Title     string       `json:"title"`
	Abilities []string     `json:"abilities"`
	Options   []optionView `json:"options"`
	Doc       string       `json:"doc,omitempty"`
}

type optionView struct {
	Name     string `json:"name"`
	Doc      string `json:"doc"`
	Default  string `json:"default,omitempty"`
	Required bool   `json:"required"`
	Secret   bool   `json:"secret"`
	PerRole  bool   `json:"perRole"`
	Example  string `json:"example,omitempty"`
}

// Run carries the command out.
func (x connectorsCmd) Run(c *call) error {
	views := []connectorView{}
	for _, s := range app.Specs() {
		if x.Name == "" || x.Name == s.Name {
			views = append(views, viewOf(s, x.Name != ""))
		}
	}
	if len(views) == 0 {
		return errkind.New(errkind.NotFound, "no connector is named %q", x.Name)
	}
	return c.print(views, func() {
		for _, v := range views {
			c.showConnector(v)
		}
	})
}

func viewOf(s connectors.Spec, whole bool) connectorView {
	v := connectorView{Name: s.Name, Title: s.Title, Abilities: s.Abilities(), Options: []optionView{}}
	if whole {
		v.Doc = s.Doc
	}
	for _, o := range s.Options {
		v.Options = append(v.Options, optionView{o.Name, o.Doc, o.Default, o.Required, o.Secret, o.PerRole, o.Example})
	}
	return v
}

func (c *call) showConnector(v connectorView) {
	c.printf("%s  %s\n  %s\n", c.bold(v.Name), v.Title, c.dim(strings.Join(v.Abilities, " · ")))
	var rows [][]string
	for _, o := range v.Options {
		def := o.Default
		if o.Required {
			def = "(required)"
		}
		rows = append(rows, []string{o.Name, def, o.Doc})
	}
	c.table([]string{"option", "default", ""}, rows)
	if v.Doc != "" {
		c.printf("\n%s\n", v.Doc)
	}
	c.printf("\n")
}

// version is that of a release; the linker puts it in (see the Makefile).
var version = "devel"

type versionCmd struct{}

// Help teaches the command.
func (versionCmd) Help() string {
	return `Says which build this is.

Example:
  vestige version --json`
}

// versionView is a build.
type versionView struct {
	Version  string `json:"version"`
	Revision string `json:"revision,omitempty"`
	Go       string `json:"go"`
	Platform string `json:"platform"`
}

// Run carries the command out.
func (versionCmd) Run(c *call) error {
	v := thisBuild()
	return c.print(v, func() { c.printf("vestige %s %s %s\n", v.Version, v.Go, v.Platform) })
}

// thisBuild reads off the binary what it was built from.
func thisBuild() versionView {
	v := versionView{Version: version, Go: runtime.Version(), Platform: runtime.GOOS + "/" + runtime.GOARCH}
	if b, ok := debug.ReadBuildInfo(); ok {
		if version == "devel" && b.Main.Version != "" && b.Main.Version != "(devel)" {
			v.Version = b.Main.Version
		}
		for _, s := range b.Settings {
			if s.Key == "vcs.revision" {
				v.Revision = s.Value
			}
		}
	}
	return v
}
