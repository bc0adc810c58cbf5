package bucket_test

import (
	"bytes"
	"encoding/xml"
	"strings"
	"testing"

	"vestige/connectors/connectortest"
	"vestige/internal/decode"
	"vestige/internal/testenv"
	"vestige/pii"
)

// lacksXML is what a list of elements cannot hold: without an element it has no fields, and there is no character for a zero byte.
var lacksXML = []connectortest.Need{connectortest.NeedEmpty, connectortest.NeedNUL, connectortest.NeedType(pii.JSON)}

// inXML calls the fields as those of an XML file are called.
func inXML(s connectortest.System) connectortest.System {
	s.Field = func(field string) string { return "record." + field }
	return s
}

func TestConnectorOnXML(t *testing.T) {
	connectortest.Run(t, func(t *testing.T, f connectortest.Fixture) connectortest.System {
		t.Helper()
		return inXML(system(t, f, ".xml", lacksXML, writeElements, readElements))
	})
}

func TestConnectorOnS3WithXML(t *testing.T) {
	connectortest.Run(t, func(t *testing.T, f connectortest.Fixture) connectortest.System {
		t.Helper()
		return inXML(onServer(t, f, testenv.Unversioned, ".xml", lacksXML, writeElements, readElements))
	})
}

// writeElements writes a list of records. NULL is an element that is left out, and "" one with an empty text.
func writeElements(d connectortest.Dataset) []byte {
	var b bytes.Buffer
	b.WriteString("<?xml version=\"1.0\"?>\n<" + d.Name + ">\n")
	for _, row := range d.Rows {
		b.WriteString("  <record>")
		for i, f := range d.Fields {
			switch {
			case row[i] == nil:
				continue
			case len(row[i]) == 0:
				b.WriteString("<" + f.Name + "><![CDATA[]]></" + f.Name + ">")
			default:
				b.WriteString("<" + f.Name + ">" + string(decode.EscapeXML(row[i], false)) + "</" + f.Name + ">")
			}
		}
		b.WriteString("</record>\n")
	}
	b.WriteString("</" + d.Name + ">\n")
	return b.Bytes()
}

// readElements reads by the library's own decoder, which keeps no difference between an element that is empty and one of an empty text: that is marked before it reads.
func readElements(t *testing.T, d connectortest.Dataset, b []byte) (rows []connectortest.Row) {
	t.Helper()
	if len(b) == 0 {
		return nil
	}
	var list struct {
		Records []struct {
			Fields []struct {
				XMLName xml.Name
				Text    string `xml:",chardata"`
			} `xml:",any"`
		} `xml:"record"`
	}
	if err := xml.Unmarshal(bytes.ReplaceAll(b, []byte("<![CDATA[]]>"), []byte("\u2400")), &list); err != nil {
		t.Fatal(err)
	}
	for _, r := range list.Records {
		row := make(connectortest.Row, len(d.Fields))
		for i, f := range d.Fields {
			for _, have := range r.Fields {
				if have.XMLName.Local == f.Name && have.Text != "" {
					row[i] = []byte(strings.TrimSuffix(have.Text, "\u2400"))
				}
			}
		}
		rows = append(rows, row)
	}
	return rows
}
