package elasticsearch_test

import (
	"bytes"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"vestige/forms"
	"vestige/pii"
)

// exactly is a term for one value byte by byte, equal one for a value of a category in normal form.
func exactly(field, value string) pii.Term {
	return pii.Term{Field: field, Mode: pii.Exact, Values: []pii.Value{pii.NewValue(value)}}
}

func equal(field string, c pii.Category, value string, relatives ...string) pii.Term {
	return pii.Term{Field: field, Mode: pii.Equal, Category: c, Values: []pii.Value{pii.NewValue(value)}, Forms: relatives}
}

// find gives the ids of the documents that a term finds.
func (w *world) find(ds pii.Dataset, terms ...pii.Term) (ids []string) {
	w.Helper()
	for f, err := range w.source.Locate(w.Context(), pii.Match{Dataset: ds, Terms: terms}) {
		if err != nil {
			w.Fatal(err)
		}
		if f.Gap != nil {
			w.Fatalf("there is a gap: %v", f.Gap)
		}
		ids = append(ids, f.Key[1].Reveal())
	}
	slices.Sort(ids)
	return ids
}

// TestLocatingWhereQueriesAreSilent has the situations in which a query answers 200 with no hits.
func TestLocatingWhereQueriesAreSilent(t *testing.T) {
	long := strings.Repeat("l", 300) + "@example.com"
	cases := []struct {
		name, mapping, source string
		term                  pii.Term
	}{
		{"over ignore_above", `{"properties":{"v":{"type":"keyword","ignore_above":20}}}`, `{"v":"` + long + `"}`, exactly("v", long)},
		{"one element over ignore_above", `{"properties":{"v":{"type":"keyword","ignore_above":20}}}`, `{"v":["x","` + long + `"]}`, exactly("v[]", long)},
		{"nested over ignore_above", `{"properties":{"n":{"type":"nested","properties":{"v":{"type":"keyword","ignore_above":20}}}}}`, `{"n":[{"v":"x"},{"v":"` + long + `"}]}`, exactly("n[].v", long)},
		{"a text over its keyword", `{"properties":{"v":{"type":"text","fields":{"k":{"type":"keyword","ignore_above":256}}}}}`, `{"v":"` + long + `"}`, exactly("v", long)},
		{"spaces over ignore_above", `{}`, `{"v":"ann@example.com` + strings.Repeat(" ", 300) + `"}`, equal("v", "contact.email", "ann@example.com")},
		{"spaces over ignore_above below", `{}`, `{"u":{"v":"ann@example.com` + strings.Repeat(" ", 300) + `"}}`, equal("u.v", "contact.email", "ann@example.com")},
		{"nested", `{"properties":{"n":{"type":"nested","properties":{"v":{"type":"keyword"}}}}}`, `{"n":[{"v":"x"},{"v":"ann@example.com"}]}`, exactly("n[].v", "ann@example.com")},
		{"nested, otherwise written", `{"properties":{"n":{"type":"nested","properties":{"v":{"type":"keyword"}}}}}`, `{"n":[{"v":"x"},{"v":"Ann@EXAMPLE.com "}]}`, equal("n[].v", "contact.email", "ann@example.com")},
		{"twice nested", `{"properties":{"n":{"type":"nested","properties":{"m":{"type":"nested","properties":{"v":{"type":"keyword"}}}}}}}`, `{"n":{"m":{"v":"ann@example.com"}}}`, exactly("n.m.v", "ann@example.com")},
		{"not indexed", `{"properties":{"v":{"type":"keyword","index":false,"doc_values":false}}}`, `{"v":"ann@example.com"}`, exactly("v", "ann@example.com")},
		{"a text that is not", `{"properties":{"v":{"type":"text","index":false}}}`, `{"v":"ann@example.com"}`, exactly("v", "ann@example.com")},
		{"enabled false", `{"properties":{"v":{"type":"object","enabled":false}}}`, `{"v":{"w":"ann@example.com"}}`, exactly("v.w", "ann@example.com")},
		{"dynamic false", `{"dynamic":false}`, `{"v":"ann@example.com"}`, exactly("v", "ann@example.com")},
		{"flattened", `{"properties":{"v":{"type":"FLAT"}}}`, `{"v":{"w":"ann@example.com","z":["Ann@example.com"]}}`, equal("v.w", "contact.email", "ann@example.com")},
		{"flattened over ignore_above", `{"properties":{"v":{"type":"FLAT","ignore_above":5}}}`, `{"v":{"w":"ann@example.com"}}`, exactly("v.w", "ann@example.com")},
		{"simple analyzer", `{"properties":{"v":{"type":"text","analyzer":"simple"}}}`, `{"v":"+1 202 555 0101"}`, exactly("v", "+1 202 555 0101")},
		{"whitespace analyzer", `{"properties":{"v":{"type":"text","analyzer":"whitespace"}}}`, `{"v":"ann@example.com,"}`, exactly("v", "ann@example.com,")},
		{"a text, otherwise written", `{"properties":{"v":{"type":"text"}}}`, `{"v":"mailto:ANN@example.com"}`, equal("v", "contact.email", "ann@example.com")},
		{"two analyzers", `{"properties":{"v":{"type":"text","analyzer":"keyword","search_analyzer":"standard"}}}`, `{"v":"Ann Example"}`, exactly("v", "Ann Example")},
		{"nothing but punctuation", `{"properties":{"v":{"type":"text"}}}`, `{"v":"%"}`, exactly("v", "%")},
		{"positions left out", `{"properties":{"v":{"type":"text","index_options":"docs"}}}`, `{"v":"Ann Example"}`, exactly("v", "Ann Example")},
		{"a normalizer", `{"properties":{"v":{"type":"keyword","normalizer":"lowercase"}}}`, `{"v":"Ann@Example.com"}`, exactly("v", "Ann@Example.com")},
		{"a normalizer and spaces", `{"properties":{"v":{"type":"keyword","normalizer":"lowercase"}}}`, `{"v":" ANN\u0130@Example.com"}`, equal("v", "contact.email", "anni@example.com")},
		{"upper case", `{}`, `{"v":"  ANN@EXAMPLE.com"}`, equal("v", "contact.email", "ann@example.com")},
		{"mailto", `{"properties":{"v":{"type":"keyword"}}}`, `{"v":"MailTo: ann@example.com"}`, equal("v", "contact.email", "ann@example.com")},
		{"beyond ASCII", `{"properties":{"v":{"type":"keyword"}}}`, `{"v":"MU\u0308LLER@example.com"}`, equal("v", "contact.email", "müller@example.com")},
		{"every sign", `{"properties":{"v":{"type":"keyword"}}}`, `{"v":"A.?+*|{}[]()\"#@&<>~^-\\/:;,$%!'=_` + "`" + `@example.com"}`, equal("v", "contact.email", `a.?+*|{}[]()"#@&<>~^-\/:;,$%!'=_`+"`@example.com")},
		{"a telephone", `{}`, `{"v":"+1 (202) 555-0101 ext. 7"}`, equal("v", "contact.phone", "+12025550101")},
		{"a telephone at home", `{"properties":{"v":{"type":"keyword"}}}`, `{"v":"030/23125 001"}`, equal("v", "contact.phone", "+493023125001")},
		{"a card", `{"properties":{"v":{"type":"keyword"}}}`, `{"v":"4111-1111 1111.1111"}`, equal("v", "finance.card", "4111111111111111")},
		{"a name", `{}`, `{"v":"  Example,\tANN"}`, equal("v", "identity.name", "ann example")},
		{"a device", `{"properties":{"v":{"type":"keyword"}}}`, `{"v":"{6BA7B810-9DAD-11D1-80B4-00C04FD430C8}"}`, equal("v", "online.device_id", "6ba7b810-9dad-11d1-80b4-00c04fd430c8")},
		{"a digest", `{"properties":{"v":{"type":"keyword"}}}`, `{"v":"` + strings.ToUpper(string(forms.Apply(forms.SHA256, "contact.email", []byte("ann@example.com"))[0])) + `"}`, equal("v", "contact.email", "ann@example.com", forms.SHA256)},
		{"an address of the network", `{"properties":{"v":{"type":"ip"}}}`, `{"v":"::FFFF:192.0.2.1"}`, equal("v", "online.ip", "192.0.2.1")},
		{"a number with zeros", `{"properties":{"v":{"type":"long"}}}`, `{"v":"0042"}`, exactly("v", "0042")},
		{"a malformed number", `{"properties":{"v":{"type":"long","ignore_malformed":true}}}`, `{"v":"ann@example.com"}`, exactly("v", "ann@example.com")},
		{"composed otherwise", `{"properties":{"v":{"type":"keyword"}}}`, `{"v":"a\u0308nn@example.com"}`, exactly("v", "a\u0308nn@example.com")},
		{"beside a false positive", `{"properties":{"v":{"type":"text"}}}`, `{"v":"ann@example.com"}`, exactly("v", "ann@example.com")},
		{"under a member of a name", `{}`, `{"prefs":{"12345678":"ann@example.com"}}`, exactly("prefs.{}", "ann@example.com")},
	}
	onBoth(t, func(w *world) {
		flat := "flattened"
		if w.User == "" {
			flat = "flat_object"
		}
		var body strings.Builder
		name := func(i int) string { return "case" + string(rune('a'+i/26)) + string(rune('a'+i%26)) }
		for i, c := range cases {
			mapping := strings.ReplaceAll(c.mapping, "FLAT", flat)
			if flat == "flat_object" {
				mapping = strings.Replace(mapping, `"flat_object","ignore_above":5`, `"flat_object"`, 1)
			}
			w.create(name(i), mapping, "")
			for id, source := range map[string]string{"hers": c.source, "other": `{"other":"ann example.com"}`, "like": `{"v":"ann example.com"}`} {
				if id != "like" || strings.HasPrefix(c.mapping, `{"properties":{"v":{"type":"text"}`) {
					fmt.Fprintf(&body, "{\"index\":{\"_index\":%q,\"_id\":%q}}\n%s\n", w.Prefix+name(i), id, source)
				}
			}
		}
		if got := string(w.Do(w, "POST", "/_bulk?refresh=true&filter_path=errors,items.*.error", body.String())); strings.Contains(got, `"errors":true`) {
			w.Fatalf("the documents are refused: %.500s", got)
		}
		all := w.all(w.source)
		for i, c := range cases {
			if got := w.find(all[name(i)], c.term); !slices.Equal(got, []string{"hers"}) {
				w.Errorf("%s: located %q", c.name, got)
			}
		}
	})
}

// counted gives a way to the server that counts the bytes of its answers.
func counted(t *testing.T, to string) (way string, n *atomic.Int64) {
	t.Helper()
	n = new(atomic.Int64)
	proxy := through(t, to)
	proxy.ModifyResponse = func(r *http.Response) error {
		r.Body = &counting{r.Body, n}
		return nil
	}
	s := httptest.NewServer(proxy)
	t.Cleanup(s.Close)
	return s.URL, n
}

func through(t *testing.T, to string) *httputil.ReverseProxy {
	t.Helper()
	u, err := url.Parse(to)
	if err != nil {
		t.Fatal(err)
	}
	proxy := httputil.NewSingleHostReverseProxy(u)
	proxy.ErrorLog = log.New(io.Discard, "", 0)
	return proxy
}

type counting struct {
	io.ReadCloser
	n *atomic.Int64
}

func (c *counting) Read(p []byte) (int, error) {
	k, err := c.ReadCloser.Read(p)
	c.n.Add(int64(k))
	return k, err
}

// meddled opens the source on a way to the server on which before is called with each request. Where it says so, the answer is lost.
func (w *world) meddled(before func(path string, body []byte) (lose bool)) {
	w.Helper()
	proxy := through(w.T, w.URL)
	s := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return
		}
		lose := before(r.URL.Path, body)
		r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
		if lose {
			proxy.ServeHTTP(httptest.NewRecorder(), r)
			panic(http.ErrAbortHandler)
		}
		proxy.ServeHTTP(rw, r)
	}))
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	w.Cleanup(s.Close)
	cfg := config(w.Search)
	cfg["url"] = pii.NewValue(s.URL)
	w.source = w.open(cfg)
}

// TestLocatingReadsNoMoreThanItMust: where a path through the index is found to be good, the documents are not read.
func TestLocatingReadsNoMoreThanItMust(t *testing.T) {
	onBoth(t, func(w *world) {
		w.create("people", `{"properties":{"phone":{"type":"keyword"},"n":{"type":"nested","properties":{"v":{"type":"keyword"}}},"note":{"type":"text"},"ip":{"type":"ip"},"sha":{"type":"keyword"}}}`, "")
		const n = 2000
		var body strings.Builder
		for i := range n {
			mail := fmt.Sprintf("Person%d@Example.com", i)
			fmt.Fprintf(&body, "{\"index\":{\"_id\":\"%d\"}}\n", i)
			fmt.Fprintf(&body, `{"mail":%q,"phone":"+1 2%02d 555 01%02d","n":[{"v":"x"},{"v":"id-%d"}],"no":%d,"note":"about number %d","ip":"192.0.%d.%d","sha":"%s","pad":%q}`+"\n",
				mail, i/100, i%100, i, i, i, i/200, i%200, forms.Apply(forms.SHA256, "contact.email", []byte(strings.ToLower(mail)))[0], strings.Repeat("lorem ipsum ", 80))
		}
		w.Do(w, "POST", "/"+w.Prefix+"people/_bulk?refresh=true&filter_path=errors", body.String())
		cfg := config(w.Search)
		way, read := counted(w.T, w.URL)
		cfg["url"] = pii.NewValue(way)
		w.source = w.open(cfg)
		ds := w.dataset("people")
		for _, term := range []pii.Term{
			exactly("_id", "77"), exactly("mail", "Person77@Example.com"), exactly("n[].v", "id-77"), exactly("no", "77"), exactly("note", "about number 77"), equal("ip", "online.ip", "192.0.0.77"),
			equal("mail", "contact.email", "person77@example.com"), equal("phone", "contact.phone", "+12005550177"), equal("n[].v", "online.handle", "id-77"), equal("sha", "contact.email", "person77@example.com", forms.SHA256),
		} {
			w.same(term.Field+" at first", w.find(ds, term), []string{"77"})
			before := read.Load()
			w.same(term.Field, w.find(ds, term), []string{"77"})
			if got := read.Load() - before; got > int64(body.Len())/20 {
				w.Errorf("%s, mode %d: %d of %d bytes are read to find one document", term.Field, term.Mode, got, body.Len())
			}
		}
	})
}
