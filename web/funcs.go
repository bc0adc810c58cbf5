package web

import (
	"fmt"
	"html/template"
	"math"
	"net/url"
	"strconv"
	"strings"
	"time"

	"vestige/catalog"
	"vestige/internal/clock"
	"vestige/pii"
)

// funcs are the words that templates know.
func (r *renderer) funcs() template.FuncMap {
	return template.FuncMap{
		"asset":    func(name string) string { return "/static/" + r.hash + "/" + name },
		"made":     r.made,
		"num":      grouped,
		"percent":  percent,
		"share":    func(x float64) string { return strconv.FormatFloat(x*100, 'f', -1, 64) },
		"when":     when,
		"iso":      func(at int64) string { return moment(at).Format(time.RFC3339) },
		"ago":      ago,
		"took":     took,
		"lasts":    lasts,
		"rate":     func(x float64) int64 { return int64(x + .5) },
		"bytes":    sized,
		"plural":   plural,
		"nats":     func(x float64) string { return fmt.Sprintf("%+.1f", x) },
		"conf":     func(x float64) string { return fmt.Sprintf("%.2f", x) },
		"short":    short,
		"noise":    noiseHref,
		"ends":     strings.HasSuffix,
		"title":    sentence,
		"at":       at,
		"set":      func(source, dataset string) pii.Ref { return pii.Ref{Source: source, Dataset: dataset} },
		"part":     url.PathEscape,
		"search":   func(q string) string { return "/search?q=" + url.QueryEscape(q) },
		"sens":     sensitivity,
		"level":    func(n int) string { return levels[min(max(n, 0), 4)] },
		"info":     func(c pii.Category) pii.CategoryInfo { i, _ := c.Info(); return i },
		"state":    func(s catalog.State) stateWord { return stateWords[s] },
		"steps":    func(n int) []bool { return []bool{n > 0, n > 1, n > 2, n > 3} },
		"times":    func(a, b float64) string { return strconv.FormatFloat(a*b, 'f', 1, 64) },
		"plus":     func(a, b float64) string { return strconv.FormatFloat(a+b, 'f', 1, 64) },
		"add":      func(a, b int) int { return a + b },
		"int64":    func(n int) int64 { return int64(n) },
		"sum":      func(a, b int64) int64 { return a + b },
		"soft":     soft,
		"doc":      func(code string) string { return reasons[code] },
		"yes":      func(b *bool) bool { return b != nil && *b },
		"linktext": linkText,
		"has":      contains,
	}
}

// at gives the address of the page of a place.
func at(r pii.Ref) string {
	kind := "source"
	switch {
	case r.Field != "":
		kind = "field"
	case r.Dataset != "":
		kind = "dataset"
	}
	return "/" + kind + "?at=" + url.QueryEscape(r.String())
}

func grouped(n int64) string {
	s := strconv.FormatInt(n, 10)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// percent never says 100 % of what is not whole, nor 0 % of what is there.
func percent(part, whole int64) string {
	if whole == 0 {
		return "–"
	}
	p := float64(part) / float64(whole) * 100
	switch {
	case part == whole:
		return "100 %"
	case p > 99.9:
		return "99.9 %"
	case part > 0 && p < 0.1:
		return "0.1 %"
	}
	return strconv.FormatFloat(p, 'f', 1, 64) + " %"
}

func moment(at int64) time.Time { return time.UnixMicro(at).UTC() }

func when(at int64) string {
	if at == 0 {
		return "never"
	}
	return moment(at).Format("2006-01-02 15:04")
}

func ago(at int64) string {
	if at == 0 {
		return "never"
	}
	switch d := clock.Since(moment(at)); {
	case d < time.Minute:
		return "just now"
	case d < time.Hour:
		return fmt.Sprintf("%d min ago", int(d.Minutes()))
	case d < 48*time.Hour:
		return fmt.Sprintf("%d h ago", int(d.Hours()))
	default:
		return plural(int64(d.Hours()/24), "day", "days") + " ago"
	}
}

func took(from, to int64) string {
	if to == 0 {
		return "running"
	}
	d := time.Duration(to-from) * time.Microsecond
	if d < time.Minute {
		return fmt.Sprintf("%.1f s", d.Seconds())
	}
	return d.Round(time.Second).String()
}

// lasts says how long a number of microseconds is.
func lasts(micros int64) string {
	switch d := time.Duration(micros) * time.Microsecond; {
	case micros < 0:
		return "unknown"
	case d < time.Second:
		return fmt.Sprintf("%d ms", d.Milliseconds())
	case d < time.Minute:
		return fmt.Sprintf("%.1f s", d.Seconds())
	default:
		return d.Round(time.Second).String()
	}
}

func sized(n int64) string {
	if n < 0 {
		return "unknown"
	}
	x, unit := float64(n), 0
	for x >= 1024 && unit < 4 {
		x, unit = x/1024, unit+1
	}
	return strconv.FormatFloat(math.Round(x*10)/10, 'f', -1, 64) + " " + []string{"B", "KiB", "MiB", "GiB", "TiB"}[unit]
}

func plural(n int64, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return grouped(n) + " " + many
}

func short(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return string(r[:n-1]) + "…"
	}
	return s
}

func sentence(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

// soft lets long names break where they have joints.
func soft(s string) template.HTML {
	s = template.HTMLEscapeString(s)
	return template.HTML(strings.NewReplacer("_", "_<wbr>", ".", ".<wbr>", "/", "/<wbr>").Replace(s)) //nolint:gosec // escaped above, and <wbr> is ours
}

func sensitivity(c pii.Category) int {
	i, _ := c.Info()
	return i.Sensitivity
}

var levels = [...]string{"none", "low", "medium", "high", "very high"}

// stateWord is how a state is said and explained.
type stateWord struct{ Class, Text, Why string }

var stateWords = map[catalog.State]stateWord{
	catalog.Proposed:   {"proposed", "proposed", "the machine proposes personal data, and nobody has decided"},
	catalog.Accepted:   {"accepted", "accepted", "a person says what it holds"},
	catalog.Rejected:   {"rejected", "rejected", "a person says that it holds nothing personal"},
	catalog.Deferred:   {"deferred", "deferred", "a person saw it and put it off; it counts as proposed"},
	catalog.Clean:      {"clean", "clean", "examined, and nothing personal found"},
	catalog.Unexamined: {"unexamined", "not examined", "nobody looked, and the examination says why"},
	catalog.Gone:       {"gone", "gone", "its dataset was missed by a scan"},
}

// reasons say why a field was not examined, by code.
var reasons = map[string]string{
	"no-records": "the dataset held no record when it was read",
	"no-values":  "it held no value when it was read",
	"budget":     "the scan's budget was used up before all was read",
	"timeout":    "reading took longer than the scan allows",
	"unreadable": "it could not be read",
	"corrupt":    "what is stored there is damaged",
	"permission": "the credentials do not allow to read it",
	"new":        "no scan has looked at it yet",
}
