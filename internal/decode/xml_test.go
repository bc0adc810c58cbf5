package decode_test

import (
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"vestige/internal/decode"
)

// lines gives the records of a text as lines: name@path=value.
func recordsOf(t *testing.T, p *decode.Pool, ext string, r io.Reader) (out []string, s decode.Summary) {
	t.Helper()
	s, err := p.Decode(t.Context(), decode.Options{Ext: ext}, r, func(it *decode.Item) error {
		line := it.Code
		for i, v := range it.Values {
			if it.Kind != decode.Record {
				continue
			}
			if i > 0 {
				line += " "
			}
			if line += v.Name; v.Path != "" {
				line += "@" + v.Path
			}
			if v.Null {
				line += "=null"
			} else {
				line += fmt.Sprintf("=%q", v.Bytes)
			}
		}
		if it.Kind == decode.Record || it.Kind == decode.Gap {
			out = append(out, line)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out, s
}

// TestXML reads documents of many shapes.
func TestXML(t *testing.T) {
	p := pools(t)["inside"]
	for name, c := range map[string]struct {
		file string
		want []string
		gap  string
	}{
		"a list": {`<cs><c id="1"><m>a</m></c><c id="2"><m>b</m><m>c</m></c></cs>`, []string{`c.@id="1" c.m="a"`, `c.@id="2" c.m="b" c.m@c.m[1]="c"`}, ""},
		"lists in a list": {`<export at="noon"><made>today</made><customers><customer><m>a</m></customer><customer><m>b</m></customer></customers><orders><order o="1"/></orders></export>`,
			[]string{`export.@at="noon"`, `made="today"`, `customer.m="a"`, `customer.m="b"`, `order.@o="1"`}, ""},
		"a document":              {`<person><name>Ann</name><phone>1</phone><phone>2</phone></person>`, []string{`person.name="Ann" person.phone="1" person.phone@person.phone[1]="2"`}, ""},
		"records with lists only": {`<cs><c><o i="1"/><o i="2"/></c><c><o i="3"/><o i="4"/></c></cs>`, []string{`c.o.@i="1" c.o.@i@c.o[1].@i="2"`, `c.o.@i="3" c.o.@i@c.o[1].@i="4"`}, ""},
		"one is left":             {`<customers><customer><m>a</m><n>b</n></customer></customers>`, []string{`customer.m="a" customer.n="b"`}, ""},
		"mixed":                   {`<n>a <b>c</b> d <!-- e --> f</n>`, []string{`n="a " n.b="c" n.{comment}="e" n@n{text}[1]=" d  f"`}, ""},
		"empty":                   {`<n><a/><b></b><c x=""/></n>`, []string{`n.a=null n.b=null n.c.@x=null`}, ""},
		"entities":                {`<n><a>&lt;&#65;&#x42;&amp;amp;</a></n>`, []string{`n.a="<AB&amp;"`}, ""},
		"an entity of its own":    {"<!DOCTYPE n [<!ENTITY x 'ann'>]><ns><n><a>&x;</a></n><n><a>b</a></n></ns>", []string{"bad-xml", "bad-xml", `n.a="b"`}, ""},
		"namespaces":              {`<x:ns xmlns:x="urn:a"><x:n y:id="1" id="2"/><n/></x:ns>`, []string{`n.@id="1" n.@id@n.@id[1]="2"`, `n=null`}, ""},
		"cut":                     {`<ns><n>a</n><n>b</n><n>c`, []string{`n="a"`, `n="b"`, "bad-xml"}, decode.GapTruncated},
		"crossed tags":            {`<ns><n>a</n><n><a></n></a><n>c</n></ns>`, []string{`n="a"`, "bad-xml", `n="c"`}, ""},
		"another set":             {`<?xml version="1.0" encoding="windows-1251"?><ns><n>a</n><n>b</n></ns>`, []string{"bad-xml", `n="a"`, `n="b"`}, ""},
		"fragments":               {"<e><m>a</m></e>\n<e><m>b</m></e>\n", []string{`e.m="a"`, `e.m="b"`}, ""},
		"too deep":                {strings.Repeat("<a>", 300) + strings.Repeat("</a>", 300), []string{"bad-xml"}, ""},
	} {
		got, s := recordsOf(t, p, ".xml", strings.NewReader(c.file))
		if d := cmp.Diff(c.want, got); d != "" || s.Gap != c.gap {
			t.Errorf("%s: gap %q, %s", name, s.Gap, d)
		}
	}
}

// TestXMLBomb says that entities that stand for entities are not followed.
func TestXMLBomb(t *testing.T) {
	file := `<!DOCTYPE l [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]><l><t>&b;</t><t>x</t></l>`
	got, _ := recordsOf(t, pools(t)["inside"], ".xml", strings.NewReader(file))
	if d := cmp.Diff([]string{"bad-xml", "bad-xml", `t="x"`}, got); d != "" {
		t.Error(d)
	}
}
