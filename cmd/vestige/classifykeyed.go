package main

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"vestige/classifiers"
	"vestige/classifiers/dictionary"
	"vestige/internal/decode"
	"vestige/internal/doc"
	"vestige/pii"
)

// object is the members that an object of a file has, in all its records together, with the fields below each.
type object struct {
	names  []string
	fields map[string][]string
}

// keyed finds the objects whose members are called by people, and gives the categories of the members' names. {"byname":{"Ann Lee":{…}}} has its names as
// parts of the fields' names, where nobody looks for values.
func (g *gathered) keyed(least float64) map[string]pii.Category {
	out := map[string]pii.Category{}
	for _, o := range g.objects() {
		if c := g.callers(o, least); c != "" {
			for _, n := range o.names {
				out[n] = c
			}
		}
	}
	return out
}

func (g *gathered) objects() map[string]*object {
	out := map[string]*object{}
	for _, path := range slices.Sorted(maps.Keys(g.paths)) {
		segments, literal := doc.Split(path)
		at := ""
		for i, s := range segments {
			if literal[i] && !doc.Dynamic(s) {
				o := out[at]
				if o == nil {
					o = &object{fields: map[string][]string{}}
					out[at] = o
				}
				if _, known := o.fields[s]; !known {
					o.names = append(o.names, s)
				}
				o.fields[s] = append(o.fields[s], strings.Join(segments[i+1:], "."))
			}
			at += "." + s
		}
	}
	return out
}

// callers gives the category of an object's members, "" where they are no people: those of names that are known, and capitalised words of no language below
// which the same fields stand each time.
func (g *gathered) callers(o *object, least float64) pii.Category {
	if len(o.names) < 2 {
		return ""
	}
	titled, alike := 0, true
	counts := g.set.NewGather(classifiers.Context{Ref: pii.Ref{Source: "file", Dataset: g.file, Field: "{@}"}, Field: pii.Field{Name: "{@}", Column: "{@}", Type: pii.Text}})
	for _, n := range o.names {
		counts.Value([]byte(n))
		if calledSo(n) {
			titled++
		}
		alike = alike && o.fields[n][0] != "" && slices.Contains(o.fields[o.names[0]], o.fields[n][0])
	}
	p := g.set.Weigh(counts.Stats())
	switch group, _, _ := strings.Cut(string(p.Category), "."); {
	case p.Confidence >= least && p.Category.Personal() && (group == "identity" || group == "online"):
		return p.Category
	case titled == len(o.names) && alike:
		return "identity.name"
	}
	return ""
}

// calledSo tells whether a name is two to four capitalised words of which none is of a language, or a town.
func calledSo(name string) bool {
	words := strings.Fields(name)
	for _, w := range words {
		first, _ := utf8.DecodeRuneInString(w)
		e := dictionary.Find([]byte(w))
		if !unicode.IsUpper(first) || e.Kinds&(dictionary.Common|dictionary.Word) != 0 || e.City > max(e.Given, e.Family) {
			return false
		}
	}
	return len(words) >= 2 && len(words) <= 4
}

// unnamed writes the names of fields without those of people in them, each once.
func unnamed(fields []classifiedField, keyed map[string]pii.Category) (out []classifiedField) {
	at := map[string]int{}
	for _, f := range fields {
		segments, literal := doc.Split(f.Field)
		name := ""
		for i, s := range segments {
			switch {
			case literal[i] && keyed[s] != "":
				name += ".{}"
			case literal[i]:
				name += "." + doc.Escape(s)
			default:
				name += s
			}
		}
		if !strings.Contains(name, "{}") {
			out = append(out, f)
			continue
		}
		f.Field = strings.TrimPrefix(name, ".")
		k := f.Field + " " + string(f.Category)
		if i, ok := at[k]; ok {
			out[i].Values += f.Values
			continue
		}
		at[k], out = len(out), append(out, f)
	}
	return out
}

// members gives the holes for the names of JSON members that are people's. Those of one record stay apart by a number.
func (r *redaction) members(it *decode.Item) (out []hole) {
	if len(r.keyed) == 0 || it.Kind != decode.Record {
		return nil
	}
	for at := 0; ; {
		i := bytes.IndexByte(it.Raw[at:], '"')
		if i < 0 {
			return out
		}
		start := at + i
		for at = start + 1; at < len(it.Raw) && it.Raw[at] != '"'; at++ {
			if it.Raw[at] == '\\' {
				at++
			}
		}
		if at++; at > len(it.Raw) {
			return out
		}
		var name string
		if behind := bytes.TrimLeft(it.Raw[at:], " \t\r\n"); len(behind) == 0 || behind[0] != ':' || json.Unmarshal(it.Raw[start:at], &name) != nil {
			continue
		}
		if c := r.keyed[name]; c != "" {
			out = append(out, hole{start + 1, at - 1, "[" + string(c) + " " + strconv.Itoa(len(out)+1) + "]"})
		}
	}
}
