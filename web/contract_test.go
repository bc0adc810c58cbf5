package web_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"vestige/accounts"
	"vestige/catalog"
)

// contract is the description of the API as a stranger reads it.
type contract struct {
	Paths      map[string]map[string]operation `json:"paths"`
	Components struct {
		Schemas   map[string]schema   `json:"schemas"`
		Responses map[string]response `json:"responses"`
	} `json:"components"`
}

type operation struct {
	Description string              `json:"description"`
	Parameters  []parameter         `json:"parameters"`
	Body        *response           `json:"requestBody"`
	Responses   map[string]response `json:"responses"`
}

type parameter struct {
	Name     string `json:"name"`
	In       string `json:"in"`
	Required bool   `json:"required"`
}

type response struct {
	Ref     string `json:"$ref"`
	Content map[string]struct {
		Schema schema `json:"schema"`
	} `json:"content"`
}

type schema struct {
	Ref        string            `json:"$ref"`
	Type       any               `json:"type"`
	Properties map[string]schema `json:"properties"`
	Items      *schema           `json:"items"`
	Additional *schema           `json:"additionalProperties"`
}

// try is one call that is made up.
type try struct {
	query  url.Values
	path   map[string]string
	header map[string]string
	body   string
	typed  bool // the body says that it is JSON
}

// marker stands in what is made up, and in no answer that refuses it.
const marker = "zq9w7marker"

// strangeTexts are at the edges of what a text can be.
func strangeTexts() []string {
	return []string{"", " ", marker, strings.Repeat(marker, 700), "-1", "0", "99999999999999999999", "1e999", "NaN", "null", "true", "\x00" + marker, "\xff\xfe" + marker, "../../" + marker, "'; DROP TABLE field; -- " + marker,
		"<script>" + marker + "</script>", "%" + marker, "{" + marker + "}", "shop/users#" + marker, "shop/" + marker, marker + "\r\nX-Bad: 1", "𝕦𝕟𝕚" + marker, "*" + marker, "a:b:" + marker, "(" + marker}
}

// strangeBodies are at the edges of what a body can be.
func strangeBodies() []string {
	return []string{"", "null", "[]", "{}", "0", `"` + marker + `"`, "{", `{"` + marker + `":1}`, strings.Repeat("[", 3000), `{"a":` + strings.Repeat(`{"a":`, 3000), "\xff" + marker, strings.Repeat(" ", 1<<16) + "{}"}
}

// TestContract calls every operation of the description as every role with what is right, at the edges and wrong. Nothing is answered with a fault of the server or
// otherwise than described, no refusal repeats what was sent, and who lacks the right is refused whatever she sends.
func TestContract(t *testing.T) {
	e, c, ada, paths := busy(t)
	var doc contract
	must(t, json.Unmarshal([]byte(c.stranger().get("/api/v1/openapi.json").body), &doc))
	k := &caller{t: t, doc: &doc, some: examples(t, e, paths), statuses: map[int]int{}, reached: map[string]bool{}}
	whole := []*person{ada}
	roles := map[*person][]accounts.Role{ada: everything, c.stranger(): nil}
	for _, r := range accounts.Roles() {
		roles[c.as(e.staff, "one-"+string(r.Role), r.Role)] = []accounts.Role{r.Role}
	}
	for p, has := range roles {
		k.roles = has
		for _, path := range slices.Sorted(maps.Keys(doc.Paths)) {
			for method, op := range doc.Paths[path] {
				k.op, k.method, k.at = op, strings.ToUpper(method), path
				for _, x := range k.tries(slices.Contains(whole, p)) {
					k.call(p, x)
				}
			}
		}
	}
	t.Logf("%d calls of %d operations, by status %v", k.calls, len(k.reached), k.statuses)
	if k.calls < 2000 || k.good < 100 || len(k.reached) < 30 {
		t.Errorf("%d calls, %d of them answered as wished, of %d operations", k.calls, k.good, len(k.reached))
	}
}

// caller makes calls of one operation.
type caller struct {
	t           *testing.T
	doc         *contract
	some        map[string]string
	roles       []accounts.Role
	op          operation
	method, at  string
	calls, good int
	statuses    map[int]int
	reached     map[string]bool // operations that were answered as wished
}

// examples are values of parameters that mean something, by name, and of those in a path by what stands before them.
func examples(t *testing.T, e *estate, paths map[string]string) map[string]string {
	runs, err := e.cat.Runs(t.Context(), "shop", 2)
	must(t, err)
	es, err := e.cat.Proposals(t.Context(), catalog.Filter{Source: "shop", States: []catalog.State{catalog.Proposed}, Limit: 1})
	must(t, err)
	refs, err := e.cat.References(t.Context(), es[0].Ref.Of())
	must(t, err)
	out := map[string]string{"at": es[0].Ref.String(), "q": "is:pii", "source": "shop", "to": es[0].Ref.Of().String(), "from": "contact.email", "limit": "3", "facets": "1", "a": runs[0].ID, "b": runs[0].ID,
		"runs": runs[0].ID, "requests": strings.TrimPrefix(paths["request"], "/requests/"), "plans": strings.TrimPrefix(paths["plan"], "/plans/"), "schedules": "nightly", "include": "*", "hops": "2", "state": "read"}
	if len(refs) > 0 {
		out["id"] = refs[0].ID
	}
	return out
}

// tries makes calls up: a right one, and, where many are wanted, one for each parameter and member that is strange.
func (k *caller) tries(many bool) (out []try) {
	right := k.right()
	out = append(out, right)
	texts, bodies := strangeTexts(), strangeBodies()
	if !many {
		texts, bodies = texts[2:3], bodies[5:6]
	}
	for _, p := range k.op.Parameters {
		for _, text := range texts {
			x := right.clone()
			switch p.In {
			case "query":
				x.query.Set(p.Name, text)
			case "path":
				if text == "" || text == " " || strings.Contains(text, "..") {
					continue
				}
				x.path[p.Name] = text
			case "header":
				if strings.ContainsAny(text, "\x00\r\n") {
					continue
				}
				x.header[p.Name] = text
			}
			out = append(out, x)
		}
		x := right.clone()
		x.query.Del(p.Name)
		delete(x.header, p.Name)
		out = append(out, x)
	}
	if k.op.Body == nil {
		return out
	}
	for _, b := range bodies {
		x := right.clone()
		x.body = b
		out = append(out, x)
	}
	return append(out, k.members(right, texts)...)
}

// members makes each member of the body strange in turn.
func (k *caller) members(right try, texts []string) (out []try) {
	wrong := []any{nil, true, -1, math.MaxInt64, 1.5e300, []any{}, map[string]any{}, []any{map[string]any{marker: marker}}}
	for _, text := range texts {
		wrong = append(wrong, text)
	}
	for name := range k.resolve(k.op.Body.Content["application/json"].Schema).Properties {
		for _, v := range wrong {
			var body map[string]any
			must(k.t, json.Unmarshal([]byte(right.body), &body))
			body[name] = v
			b, err := json.Marshal(body)
			must(k.t, err)
			x := right.clone()
			x.body = string(b)
			out = append(out, x)
		}
	}
	return out
}

func (x try) clone() try {
	x.query, x.path, x.header = maps.Clone(x.query), maps.Clone(x.path), maps.Clone(x.header)
	return x
}

// right makes a call that means something.
func (k *caller) right() try {
	x := try{query: url.Values{}, path: map[string]string{}, header: map[string]string{}, typed: true}
	for _, p := range k.op.Parameters {
		switch p.In {
		case "query":
			if v := k.some[p.Name]; v != "" && (p.Required || p.Name != "state") {
				x.query.Set(p.Name, v)
			}
			if p.Name == "at" && !strings.Contains(k.at, "field") {
				x.query.Set("at", k.some["to"])
			}
		case "path":
			kind := strings.Split(strings.TrimPrefix(k.at, "/api/v1/"), "/")[0]
			x.path[p.Name] = k.some[kind]
			if x.path[p.Name] == "" {
				x.path[p.Name] = "none"
			}
		case "header":
			if p.Name == "If-Match" {
				x.header[p.Name] = `"0"`
			}
		}
	}
	if k.op.Body != nil {
		b, err := json.Marshal(k.example(k.op.Body.Content["application/json"].Schema, 0))
		must(k.t, err)
		x.body = string(b)
	}
	return x
}

func (k *caller) resolve(s schema) schema {
	if name, ok := strings.CutPrefix(s.Ref, "#/components/schemas/"); ok {
		return k.doc.Components.Schemas[name]
	}
	return s
}

// example makes a value of a schema.
func (k *caller) example(s schema, deep int) any {
	s = k.resolve(s)
	switch {
	case deep > 4:
		return nil
	case s.is("object"):
		out := map[string]any{}
		for name, p := range s.Properties {
			if v, ok := k.some[name]; ok && k.resolve(p).is("string") {
				out[name] = v
			} else if v := k.example(p, deep+1); v != "" {
				out[name] = v
			}
		}
		return out
	case s.is("array"):
		if s.Items == nil || deep > 3 {
			return []any{}
		}
		if v := k.example(*s.Items, deep+1); v != "" {
			return []any{v}
		}
		return []any{}
	case s.is("string"):
		return ""
	case s.is("boolean"):
		return false
	case s.is("integer"), s.is("number"):
		return 1
	}
	return nil
}

func (s schema) is(kind string) bool {
	if list, ok := s.Type.([]any); ok {
		return slices.Contains(list, any(kind))
	}
	return s.Type == kind
}

func (k *caller) call(p *person, x try) {
	k.t.Helper()
	path := k.at
	for name, v := range x.path {
		path = strings.ReplaceAll(path, "{"+name+"}", url.PathEscape(v))
	}
	if len(x.query) > 0 {
		path += "?" + x.query.Encode()
	}
	a := p.do(k.method, path, x.body, func(r *http.Request) {
		r.Header.Set("Content-Type", "application/json")
		for name, v := range x.header {
			r.Header.Set(name, v)
		}
	})
	k.calls++
	if k.statuses[a.status]++; a.status < 300 {
		k.reached[k.method+" "+k.at] = true
	}
	if err := k.wrong(a); err != "" {
		k.t.Errorf("%s %.120q as %v with %.160q is answered by %d: %s\n%.200s", k.method, path, k.roles, x.body, a.status, err, a.body)
	}
}

// wrong says what an answer should not be.
func (k *caller) wrong(a answer) string {
	_, rest, _ := strings.Cut(k.op.Description, "`")
	right, _, _ := strings.Cut(rest, "`")
	may := accounts.Has(k.roles, accounts.Right(right))
	kind, _, _ := strings.Cut(a.header.Get("Content-Type"), ";")
	want, described := k.op.Responses[fmt.Sprint(a.status)]
	switch {
	case a.status >= 500 && a.status != http.StatusNotImplemented:
		return "a fault of the server"
	case !may && k.roles == nil && a.status != http.StatusUnauthorized, !may && k.roles != nil && a.status != http.StatusForbidden:
		return "who has no right is not refused"
	case a.status < 400 && !described:
		return "nobody described it"
	case a.status >= 400 && kind != "application/problem+json":
		return "it is no problem as described"
	case a.status >= 400 && strings.Contains(a.body, marker):
		return "it repeats what was sent"
	}
	if a.status >= 400 {
		want = k.doc.Components.Responses["problem"]
	} else {
		k.good++
	}
	content, ok := want.Content[kind]
	if !ok {
		return "its type is " + kind
	}
	if kind != "application/json" && kind != "application/problem+json" {
		return ""
	}
	var v any
	if err := json.Unmarshal([]byte(a.body), &v); err != nil {
		return "it is no JSON"
	}
	return k.fits(content.Schema, v, "")
}

// fits says where a value is not as its schema wants it.
func (k *caller) fits(s schema, v any, at string) string {
	s = k.resolve(s)
	switch x := v.(type) {
	case nil:
		return ""
	case map[string]any:
		if s.Type != nil && !s.is("object") {
			return at + " is an object"
		}
		for name, m := range x {
			p, ok := s.Properties[name]
			switch {
			case !ok && s.Additional != nil:
				p = *s.Additional
			case !ok && s.Properties != nil:
				return at + "." + name + " is not described"
			}
			if err := k.fits(p, m, at+"."+name); err != "" {
				return err
			}
		}
	case []any:
		if s.Type != nil && !s.is("array") {
			return at + " is a list"
		}
		for _, m := range x {
			if s.Items != nil {
				if err := k.fits(*s.Items, m, at+"[]"); err != "" {
					return err
				}
			}
		}
	case string:
		if s.Type != nil && !s.is("string") {
			return at + " is a text"
		}
	case bool:
		if s.Type != nil && !s.is("boolean") {
			return at + " is a boolean"
		}
	case float64:
		if s.Type != nil && !s.is("number") && (!s.is("integer") || x != math.Trunc(x)) {
			return at + " is a number"
		}
	}
	return ""
}
