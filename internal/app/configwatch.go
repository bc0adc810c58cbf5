package app

import (
	"maps"
	"net"
	"net/mail"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"vestige/watch"

	"github.com/goccy/go-yaml/ast"
)

// Notify is the configuration of one way in which people are told of alerts.
type Notify struct {
	Name    string   `json:"name"`
	Type    string   `json:"type"` // mail, webhook, command
	To      []string `json:"to,omitempty"`
	From    string   `json:"from,omitempty"`
	Server  string   `json:"server,omitempty"`
	User    string   `json:"user,omitempty"`
	TLS     string   `json:"tls,omitempty"`
	URL     string   `json:"-"` // it may hold a secret
	Run     string   `json:"-"`
	Codes   []string `json:"codes,omitempty"`
	Sources []string `json:"sources,omitempty"`
	Secret  string   `json:"-"` // a password or a signing secret, as written
}

// schedules reads the section of that name.
func (r *reader) schedules(c *Config, n ast.Node) {
	r.each(n, "schedules", func(name string, at *ast.MappingValueNode) {
		x := watch.Schedule{Name: name, Enabled: true}
		keys := map[string]func(v ast.Node){
			"cron":    func(v ast.Node) { x.Cron = r.text(v, "cron") },
			"zone":    func(v ast.Node) { x.Zone = r.text(v, "zone") },
			"sources": func(v ast.Node) { x.Sources = r.list(v, "sources") },
			"quiet":   func(v ast.Node) { x.Quiet = r.list(v, "quiet") },
			"include": func(v ast.Node) { x.Scope.Include = r.list(v, "include") },
			"exclude": func(v ast.Node) { x.Scope.Exclude = r.list(v, "exclude") },
			"full":    func(v ast.Node) { x.Scope.Full = r.yes(v, "full") },
			"again":   func(v ast.Node) { x.Scope.Again = r.yes(v, "again") },
			"enabled": func(v ast.Node) { x.Enabled = r.yes(v, "enabled") },
		}
		r.keys(at.Value, "schedule "+name, keys)
		if err := x.Validate(); err != nil && r.err == nil {
			r.fail(at.Key, "schedule %s: %v", name, err)
		}
		c.Schedules = append(c.Schedules, x)
	})
}

// keys reads a mapping whose keys are known.
func (r *reader) keys(n ast.Node, what string, keys map[string]func(ast.Node)) {
	known := slices.Sorted(maps.Keys(keys))
	r.each(n, what, func(key string, at *ast.MappingValueNode) {
		if set := keys[key]; set != nil {
			set(at.Value)
			return
		}
		r.unknown(at.Key, what, key, known)
	})
}

// notify reads the section of that name.
func (r *reader) notify(c *Config, n ast.Node) {
	r.each(n, "notify", func(name string, at *ast.MappingValueNode) {
		x := Notify{Name: name}
		secret := func(what string) func(v ast.Node) {
			return func(v ast.Node) {
				if x.Secret = r.text(v, what); r.err == nil && !indirect(x.Secret) {
					r.fail(v, "%s never stands in the file itself: write env:NAME, file:PATH or exec:COMMAND", what)
				}
			}
		}
		keys := map[string]func(v ast.Node){
			"type":     func(v ast.Node) { x.Type = r.text(v, "type") },
			"to":       func(v ast.Node) { x.To = r.list(v, "to") },
			"from":     func(v ast.Node) { x.From = r.text(v, "from") },
			"server":   func(v ast.Node) { x.Server = r.text(v, "server") },
			"user":     func(v ast.Node) { x.User = r.text(v, "user") },
			"password": secret("password"),
			"tls":      func(v ast.Node) { x.TLS = r.text(v, "tls") },
			"url":      func(v ast.Node) { x.URL = r.text(v, "url") },
			"secret":   secret("secret"),
			"run":      func(v ast.Node) { x.Run = r.text(v, "run") },
			"codes":    func(v ast.Node) { x.Codes = r.list(v, "codes") },
			"sources":  func(v ast.Node) { x.Sources = r.list(v, "sources") },
		}
		r.keys(at.Value, "notify "+name, keys)
		if what := x.lacks(); what != "" && r.err == nil {
			r.fail(at.Key, "notify %s: %s", name, what)
		}
		c.Notify[name] = x
	})
}

// lacks says what is missing or wrong, "" for nothing.
func (x *Notify) lacks() string {
	switch x.Type {
	case "mail":
		if !slices.Contains([]string{"", "starttls", "always", "never"}, x.TLS) {
			return "tls is starttls, always or never"
		}
		host, port, err := net.SplitHostPort(x.Server)
		if _, perr := strconv.ParseUint(port, 10, 16); perr != nil || host == "" || err != nil {
			return "server is host:port"
		}
		if len(x.To) == 0 {
			return "to names at least one address"
		}
		for _, a := range append([]string{x.From}, x.To...) {
			if p, err := mail.ParseAddress(a); err != nil || p.Address != a {
				return "from and to are addresses, without names"
			}
		}
	case "webhook":
		u, err := url.Parse(x.URL)
		if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
			return "url is an address that begins with https://"
		}
		if x.Secret == "" {
			return "a webhook needs a secret, by which its receiver knows us: env:NAME, file:PATH or exec:COMMAND"
		}
	case "command":
		if x.Run == "" {
			return "run is the command"
		}
	default:
		return "type is mail, webhook or command"
	}
	return ""
}

// duration reads "8d" or what Go writes of a duration.
func (r *reader) duration(n ast.Node, what string) time.Duration {
	text := r.text(n, what)
	if days, ok := strings.CutSuffix(text, "d"); ok {
		if k, err := strconv.Atoi(days); err == nil && k > 0 {
			return time.Duration(k) * 24 * time.Hour
		}
	}
	d, err := time.ParseDuration(text)
	if err != nil || d <= 0 {
		r.fail(n, "%s is a time, as in 8d or 36h", what)
	}
	return d
}
