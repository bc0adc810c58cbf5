package bucket_test

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"vestige/pii"
)

// texts gives every text and attribute of a document by another reader, in order; what is only space between elements is left out.
func texts(t *testing.T, b []byte) (out []string) {
	t.Helper()
	d := xml.NewDecoder(bytes.NewReader(b))
	run := ""
	flush := func() {
		if run = strings.Trim(run, " \n\t"); run != "" {
			out = append(out, run)
		}
		run = ""
	}
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return out
		}
		if err != nil {
			t.Fatalf("%q: %v", b, err)
		}
		switch token := token.(type) {
		case xml.StartElement:
			flush()
			out = append(out, "<"+token.Name.Local)
			for _, a := range token.Attr {
				out = append(out, a.Name.Local+"="+a.Value)
			}
		case xml.EndElement:
			flush()
			out = append(out, ">")
		case xml.CharData:
			run += string(token)
		}
	}
}

// TestRandomXML deletes and redacts a person in documents written in every way, and compares what is left by another reader.
func TestRandomXML(t *testing.T) {
	random := rand.New(rand.NewPCG(11, 7))
	pick := func(of ...string) string { return of[random.IntN(len(of))] }
	value := func(hers bool) (written, meant string) {
		if hers {
			return pick("ann@example.com", "ann&#64;example.com", "ann&#x40;example.com", "<![CDATA[ann@example.com]]>", "ann@<![CDATA[example]]>.com"), ann
		}
		v := pick("joann@example.com", "ANN@example.com.test", "a&amp;b", "x &lt;y&gt; ü😀", "<![CDATA[<&>]]>", "1")
		return v, ""
	}
	dir := t.TempDir()
	path := filepath.Join(dir, "people.xml")
	for round := range 25 {
		var whole, deleted, redacted strings.Builder
		add := func(text string, hers bool, with string) {
			whole.WriteString(text)
			if !hers {
				deleted.WriteString(text)
			}
			redacted.WriteString(with)
		}
		head := pick("", "<?xml version='1.0'?>\n", "\ufeff<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!DOCTYPE people>\n") + pick("<people>", "<p:people xmlns:p=\"urn:p\">")
		add(head, false, head)
		hers := 0
		for i := range 2 + random.IntN(6) {
			mine := random.IntN(3) == 0
			if mine {
				hers++
			}
			written, _ := value(mine)
			other, _ := value(false)
			space := pick("", "\n  ", "\t")
			form := pick("<person id='%d'><name>%s</name><mail>%s</mail></person>", "<person id=\"%d\">\n    <mail note='a'>%[3]s</mail><mail/>\n    <x:y xmlns:x='urn:x'>%[2]s</x:y>\n  </person>", "<person id=\"%d\"><!-- one --><to>%[3]s<b>%[2]s</b></to></person>")
			add(space+fmt.Sprintf(form, i, other, written), mine, space+fmt.Sprintf(form, i, other, map[bool]string{true: "[x]", false: written}[mine]))
		}
		tail := pick("", "\n") + "</" + map[bool]string{true: "p:people", false: "people"}[strings.Contains(head, "p:people")] + ">\n"
		add(tail, false, tail)
		for method, want := range map[pii.Method]string{pii.Delete: deleted.String(), pii.Redact: redacted.String()} {
			put(t, path, []byte(whole.String()))
			s := source(t, dir)
			d := datasets(t, s)["people.xml"]
			found := find(t, s, d, ann)
			if len(found) != hers {
				t.Fatalf("round %d: %d of %d found in %q", round, len(found), hers, whole.String())
			}
			u := deleting(d, found)
			if method == pii.Redact {
				u = redacting(d, found)
			}
			if _, err := s.Erase(t.Context(), u); err != nil {
				t.Fatalf("round %d: %v: %q", round, err, whole.String())
			}
			_ = s.Close()
			left, err := os.ReadFile(path)
			if os.IsNotExist(err) && !strings.Contains(want, "<person") {
				continue // nothing was left but the list
			}
			if err != nil || string(left) != want || !slices.Equal(texts(t, left), texts(t, []byte(want))) {
				t.Fatalf("round %d, %s: %v\n%q became\n%q, want\n%q", round, method, err, whole.String(), left, want)
			}
		}
	}
}
