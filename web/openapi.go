package web

import (
	"encoding"
	"encoding/json"
	"maps"
	"net/http"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/gin-gonic/gin"

	"vestige/accounts"
)

func (s *Server) openAPIRoutes() {
	s.get(apiRoot+"/openapi.json", accounts.Public, func(c *gin.Context) { c.Data(http.StatusOK, "application/json", s.description()) })
}

// obj is an object of JSON.
type obj = map[string]any

// OpenAPI describes every call of the API, from the table of routes and the types of what is sent and answered. There is nothing in it that the
// router does not do.
func (s *Server) OpenAPI() []byte { return s.description() }

func (s *Server) description() []byte {
	d := describer{schemas: obj{}, names: map[string]reflect.Type{}}
	problem := d.schema(reflect.TypeFor[Problem]())
	paths := obj{}
	for _, r := range s.table {
		if r.Call == nil {
			continue
		}
		path := regexp.MustCompile(`:(\w+)`).ReplaceAllString(r.Path, "{$1}")
		if paths[path] == nil {
			paths[path] = obj{}
		}
		paths[path].(obj)[strings.ToLower(r.Method)] = d.operation(r)
	}
	out := obj{
		"openapi": "3.1.0",
		"info":    obj{"title": "Vestige", "version": "1", "description": "What the catalog's pages do, for programs. No answer holds a value of anybody's data. Times are microseconds since 1970.", "license": obj{"name": "Apache-2.0", "identifier": "Apache-2.0"}},
		"servers": []obj{{"url": "/"}}, "paths": paths,
		"security": []obj{{"token": []string{}}, {"session": []string{}}},
		"components": obj{
			"schemas":         d.schemas,
			"securitySchemes": obj{"token": obj{"type": "http", "scheme": "bearer"}, "session": obj{"type": "apiKey", "in": "cookie", "name": s.cookieName()}},
			"responses":       obj{"problem": obj{"description": "What went wrong, as RFC 9457 wants it", "content": obj{"application/problem+json": obj{"schema": problem}}}},
		},
	}
	b, _ := json.MarshalIndent(out, "", " ") // it is made of strings alone
	return b
}

// describer turns types into schemas; named structs become components.
type describer struct {
	schemas obj
	names   map[string]reflect.Type
}

func (d *describer) operation(r route) obj {
	status := r.Call.Status
	if status == 0 {
		status = http.StatusOK
	}
	answer := obj{"description": http.StatusText(status), "content": obj{orElse(r.Call.Type, "application/json"): obj{"schema": d.schema(reflect.TypeOf(r.Call.Gives))}}}
	op := obj{"summary": r.Call.Says, "operationId": operationID(r), "description": "Needs the right `" + string(r.Right) + "`.", "responses": obj{strconv.Itoa(status): answer, "default": obj{"$ref": "#/components/responses/problem"}}}
	var params []obj
	for _, m := range regexp.MustCompile(`:(\w+)`).FindAllStringSubmatch(r.Path, -1) {
		params = append(params, obj{"name": m[1], "in": "path", "required": true, "schema": obj{"type": "string"}})
	}
	for _, name := range slices.Sorted(maps.Keys(r.Call.Query)) {
		p := obj{"name": name, "in": "query", "description": r.Call.Query[name], "schema": obj{"type": "string"}}
		if name == "at" && r.Path != apiRoot+"/lineage" || slices.Contains([]string{"id", "from", "to"}, name) {
			p["required"] = true
		}
		params = append(params, p)
	}
	if r.Call.Match {
		params = append(params, obj{"name": "If-Match", "in": "header", "required": true, "description": "the ETag of what the decision is over", "schema": obj{"type": "string"}})
	}
	if r.Method == http.MethodPost {
		params = append(params, obj{"name": "Idempotency-Key", "in": "header", "description": "names the call, so that sending it again changes nothing", "schema": obj{"type": "string", "maxLength": 200}})
	}
	if len(params) > 0 {
		op["parameters"] = params
	}
	if r.Call.Takes != nil {
		op["requestBody"] = obj{"required": true, "content": obj{"application/json": obj{"schema": d.schema(reflect.TypeOf(r.Call.Takes))}}}
	}
	return op
}

func operationID(r route) string {
	words := regexp.MustCompile(`[a-zA-Z]+`).FindAllString(strings.TrimPrefix(r.Path, apiRoot), -1)
	return strings.ToLower(r.Method) + "-" + strings.Join(words, "-")
}

var texts = reflect.TypeFor[encoding.TextMarshaler]()

// schema gives the schema of a type.
func (d *describer) schema(t reflect.Type) obj {
	switch {
	case t == nil:
		return obj{}
	case t == reflect.TypeFor[json.RawMessage]():
		return obj{}
	case t.Implements(texts) || reflect.PointerTo(t).Implements(texts):
		return obj{"type": "string"}
	}
	switch t.Kind() {
	case reflect.Pointer:
		return d.schema(t.Elem())
	case reflect.String:
		return obj{"type": "string"}
	case reflect.Bool:
		return obj{"type": "boolean"}
	case reflect.Float32, reflect.Float64:
		return obj{"type": "number"}
	case reflect.Slice, reflect.Array:
		if t.Elem().Kind() == reflect.Uint8 {
			return obj{"type": "string", "contentEncoding": "base64"}
		}
		return obj{"type": []string{"array", "null"}, "items": d.schema(t.Elem())}
	case reflect.Map:
		return obj{"type": []string{"object", "null"}, "additionalProperties": d.schema(t.Elem())}
	case reflect.Struct:
		return d.component(t)
	case reflect.Interface:
		return obj{}
	}
	return obj{"type": "integer"}
}

var odd = regexp.MustCompile(`[^A-Za-z0-9]+`)

// component names a struct among the components, and gives a reference to it.
func (d *describer) component(t reflect.Type) obj {
	if t.Name() == "" {
		return d.object(t)
	}
	path := t.PkgPath()[strings.LastIndexByte(t.PkgPath(), '/')+1:]
	name := path + "." + t.Name()
	if i := strings.IndexByte(t.Name(), '['); i >= 0 {
		arg := t.Name()[i+1:]
		name = path + "." + t.Name()[:i] + "." + strings.Trim(odd.ReplaceAllString(arg[strings.LastIndexByte(arg, '/')+1:], "."), ".")
	}
	if d.names[name] == nil {
		d.names[name] = t
		d.schemas[name] = d.object(t)
	}
	return obj{"$ref": "#/components/schemas/" + name}
}

func (d *describer) object(t reflect.Type) obj {
	props := obj{}
	d.members(t, props)
	return obj{"type": "object", "properties": props}
}

// members gathers what encoding/json writes of a struct.
func (d *describer) members(t reflect.Type, props obj) {
	for i := range t.NumField() {
		f := t.Field(i)
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		inner := f.Type
		if inner.Kind() == reflect.Pointer {
			inner = inner.Elem()
		}
		switch {
		case name == "-", !f.IsExported() && !f.Anonymous:
		case f.Anonymous && name == "" && inner.Kind() == reflect.Struct:
			outer := obj{}
			d.members(inner, outer)
			for k, v := range outer {
				if props[k] == nil {
					props[k] = v
				}
			}
		default:
			props[orElse(name, f.Name)] = d.schema(f.Type)
		}
	}
}
