package elasticsearch_test

import (
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"
	"testing"

	"vestige/connectors"
	"vestige/connectors/elasticsearch"
	"vestige/internal/errkind"
	"vestige/internal/testenv"
	"vestige/pii"
)

// world is a test's part of a cluster with the connector opened on it.
type world struct {
	*testing.T
	testenv.Search
	source *connectors.Source
}

func newWorld(t *testing.T) *world {
	t.Helper()
	return worldOn(t, testenv.Elasticsearch(t))
}

func worldOn(t *testing.T, s testenv.Search) *world {
	t.Helper()
	w := &world{T: t, Search: s}
	w.source = w.open(config(s))
	return w
}

// onBoth runs a test on Elasticsearch and on OpenSearch.
func onBoth(t *testing.T, test func(w *world)) {
	t.Helper()
	t.Run("Elasticsearch", func(t *testing.T) { test(worldOn(t, testenv.Elasticsearch(t))) })
	t.Run("OpenSearch", func(t *testing.T) { test(worldOn(t, testenv.OpenSearch(t))) })
}

func (w *world) open(cfg connectors.Config) *connectors.Source {
	w.Helper()
	s, err := connectors.Open(w.Context(), connectors.Env{}, "search", elasticsearch.Spec(), cfg)
	if err != nil {
		w.Fatal(err)
	}
	w.Cleanup(func() { _ = s.Close() })
	return s
}

// create makes an index of one shard with a mapping and settings.
func (w *world) create(name, mapping, settings string) {
	w.Helper()
	if settings != "" {
		settings = "," + settings
	}
	w.Do(w, "PUT", "/"+w.Prefix+name, `{"settings":{"number_of_shards":1,"number_of_replicas":0`+settings+`},"mappings":`+mapping+`}`)
}

// put writes a document, visible at once.
func (w *world) put(index, id, source string) {
	w.Helper()
	w.Do(w, "PUT", "/"+w.Prefix+index+"/_doc/"+id+"?refresh=true", source)
}

// all discovers the datasets by name, without the prefix.
func (w *world) all(s *connectors.Source) map[string]pii.Dataset {
	w.Helper()
	out := map[string]pii.Dataset{}
	for d, err := range s.Discover(w.Context()) {
		if err != nil {
			w.Fatal(err)
		}
		out[strings.TrimPrefix(d.Ref.Dataset, w.Prefix)] = d
	}
	return out
}

func (w *world) dataset(name string) pii.Dataset {
	w.Helper()
	d, ok := w.all(w.source)[name]
	if !ok {
		w.Fatalf("the dataset %s is not discovered", name)
	}
	return d
}

// read gives the ids of a dataset's documents, its gaps and the values of one field.
func (w *world) read(q connectors.Query, field string) (ids, gaps, values []string) {
	w.Helper()
	for b, err := range w.source.Read(w.Context(), q) {
		if err != nil {
			w.Fatal(err)
		}
		if b.Gap != nil {
			gaps = append(gaps, b.Gap.Code)
			continue
		}
		for i := range b.Len() {
			ids = append(ids, b.Key(i)[1].Reveal())
		}
		if c := b.Column(field); c != nil {
			for i := range c.Len() {
				v, _ := c.Value(i)
				values = append(values, string(v))
			}
		}
	}
	slices.Sort(ids)
	return ids, gaps, values
}

// locate gives the ids of the documents in which a field has exactly a value.
func (w *world) locate(ds pii.Dataset, field, value string) (ids []string) {
	w.Helper()
	m := pii.Match{Dataset: ds, Terms: []pii.Term{{Field: field, Mode: pii.Exact, Values: []pii.Value{pii.NewValue(value)}}}}
	for f, err := range w.source.Locate(w.Context(), m) {
		if err != nil {
			w.Fatal(err)
		}
		ids = append(ids, f.Key[1].Reveal())
	}
	slices.Sort(ids)
	return ids
}

func (w *world) same(what string, got, want []string) {
	w.Helper()
	if !slices.Equal(got, want) {
		w.Errorf("%s: %q, want %q", what, got, want)
	}
}

// target makes the target of a document that has the source.
func (w *world) target(index, id, routing, source string, changes ...pii.Change) pii.Target {
	k := pii.Key{pii.NewValue(w.Prefix + index), pii.NewValue(id), {}}
	if routing != "" {
		k[2] = pii.NewValue(routing)
	}
	return pii.Target{Key: k, Digest: sha256.Sum256([]byte(source)), Changes: changes}
}

func (w *world) erase(ds pii.Dataset, m pii.Method, targets ...pii.Target) (pii.Receipt, error) {
	w.Helper()
	got, err := w.source.Erase(w.Context(), pii.Unit{ID: "u", Acts: []pii.Act{{Dataset: ds, Method: m, Targets: targets}}})
	if err != nil {
		return pii.Receipt{}, err
	}
	return got[0], nil
}

// stored gives the very bytes of a document's _source.
func (w *world) stored(index, id string) string {
	w.Helper()
	return string(w.Do(w, "GET", "/"+w.Prefix+index+"/_source/"+id, ""))
}

func TestIndexesOfOnePatternAreOneDataset(t *testing.T) {
	onBoth(t, func(w *world) {
		for i, name := range []string{"logs-2026.11.20-000001", "logs-2026.11.21-000002", "logs-2026.11.22"} {
			w.create(name, `{"properties":{"mail":{"type":"keyword"}}}`, "")
			w.put(name, fmt.Sprint(i), `{"mail":"ann@example.com"}`)
		}
		w.create("logs-2025.01.01", `{"properties":{"mail":{"type":"long"}}}`, "")
		all := w.all(w.source)
		if len(all) != 2 || all["logs-2025.01.01"].Ref.Dataset == "" {
			w.Fatalf("%d datasets are discovered, want logs-{} and the one of another mapping", len(all))
		}
		ids, _, _ := w.read(connectors.Query{Dataset: all["logs-{}"]}, "")
		w.same("the documents of the pattern", ids, []string{"0", "1", "2"})
		w.same("located in all of them", w.locate(all["logs-{}"], "mail", "ann@example.com"), []string{"0", "1", "2"})
	})
}

func TestHiddenAndClosedIndexes(t *testing.T) {
	onBoth(t, func(w *world) {
		w.create("hidden", `{}`, `"index.hidden":true`)
		w.put("hidden", "1", `{"mail":"ann@example.com"}`)
		w.create("closed-000001", `{}`, "")
		w.create("closed-000002", `{}`, "")
		w.put("closed-000002", "1", `{"mail":"ann@example.com"}`)
		w.Do(w, "POST", "/"+w.Prefix+"closed-000001/_close", "")
		w.create("shut", `{}`, "")
		w.Do(w, "POST", "/"+w.Prefix+"shut/_close", "")
		all := w.all(w.source)
		ids, gaps, _ := w.read(connectors.Query{Dataset: all["hidden"]}, "")
		w.same("hidden", append(ids, gaps...), []string{"1"})
		ids, gaps, _ = w.read(connectors.Query{Dataset: all["closed-{}"]}, "")
		w.same("one of two closed", append(ids, gaps...), []string{"1", "index-closed"})
		if all["shut"].Gap == nil || all["shut"].Gap.Code != "index-closed" {
			w.Errorf("a closed index has the gap %v", all["shut"].Gap)
		}
	})
}

func TestWhatTheMappingAddsIsNoField(t *testing.T) {
	onBoth(t, func(w *world) {
		w.create("people", `{"dynamic":false,"properties":{"name":{"type":"text","copy_to":"everything","fields":{"raw":{"type":"keyword"}}},"everything":{"type":"text"},
		"also":{"type":"alias","path":"name"},"raw":{"type":"object","enabled":false},"user":{"properties":{"mail":{"type":"keyword"}}},"never":{"type":"ip"}}}`, "")
		w.put("people", "1", `{"name":"Ann","raw":{"phone":"+1 202 555 0101"},"undeclared":["x","y"],"user.mail":"ann@example.com"}`)
		w.put("people", "2", `{"user":[{"mail":"bob@example.com"},{"mail":"eve@example.com"}]}`)
		ds := w.dataset("people")
		var names []string
		for _, f := range ds.Fields {
			names = append(names, f.Name)
		}
		slices.Sort(names)
		w.same("fields", names, []string{"_id", "_index", "_routing", "name", "never", "raw.phone", "undeclared[]", "user[].mail", `user\.mail`})
		for field, value := range map[string]string{"raw.phone": "+1 202 555 0101", "undeclared[]": "y", `user\.mail`: "ann@example.com", "name": "Ann"} {
			w.same(field, w.locate(ds, field, value), []string{"1"})
		}
		w.same("an element of an array", w.locate(ds, "user[].mail", "eve@example.com"), []string{"2"})
	})
}

func TestRuntimeFieldsAreNoFields(t *testing.T) {
	w := newWorld(t) // OpenSearch has none
	w.create("i", `{"dynamic":"runtime","runtime":{"day":{"type":"keyword"}},"properties":{"v":{"type":"keyword"}}}`, "")
	w.put("i", "1", `{"mail":"Ann@example.com","v":"x"}`)
	ds := w.dataset("i")
	var names []string
	for _, f := range ds.Fields {
		names = append(names, f.Name)
	}
	slices.Sort(names)
	w.same("fields", names, []string{"_id", "_index", "_routing", "mail", "v"})
	w.same("located", w.find(ds, equal("mail", "contact.email", "ann@example.com")), []string{"1"})
	w.create("shadow", `{"runtime":{"v":{"type":"long"}},"properties":{"v":{"type":"keyword"}}}`, "")
	w.put("shadow", "1", `{"v":"ann@example.com"}`)
	w.same("located behind a runtime field", w.find(w.dataset("shadow"), exactly("v", "ann@example.com")), []string{"1"})
}

func TestAFieldMappedAfterItsDocumentsIsRead(t *testing.T) {
	onBoth(t, func(w *world) {
		w.create("i", `{"dynamic":false}`, "")
		w.put("i", "old", `{"mail":"ann@example.com"}`)
		w.Do(w, "PUT", "/"+w.Prefix+"i/_mapping", `{"properties":{"mail":{"type":"keyword"}}}`)
		w.put("i", "new", `{"mail":"ann@example.com"}`)
		w.same("located", w.locate(w.dataset("i"), "mail", "ann@example.com"), []string{"new", "old"})
	})
}

func TestDocumentsThatWaitForARefresh(t *testing.T) {
	w := newWorld(t)
	w.create("i", `{"properties":{"mail":{"type":"keyword"}}}`, `"refresh_interval":"-1"`)
	w.put("i", "1", `{"mail":"bob@example.com"}`)
	w.Do(t, "PUT", "/"+w.Prefix+"i/_doc/2", `{"mail":"ann@example.com"}`)
	ds := w.dataset("i")
	w.same("located", w.locate(ds, "mail", "ann@example.com"), []string{"2"})
	w.source = w.open(as(w.Search, "scanner")) // who may not refresh
	_, gaps, _ := w.read(connectors.Query{Dataset: ds}, "")
	w.same("for who may not refresh", gaps, []string{"unrefreshed"})
}

func TestRewritingKeepsEveryOtherByte(t *testing.T) {
	onBoth(t, func(w *world) {
		w.create("i", `{"dynamic":false}`, "")
		const before = `{ "b" : [ 1.0, {"mail":"ann@example.com"} , {"mail":"bob@example.com"}],"a":"\u00e9\/" , "n": 1e2, "long":123456789012345678901234567890}`
		w.put("i", "1", before)
		ds := w.dataset("i")
		r, err := w.erase(ds, pii.Redact, w.target("i", "1", "", before, pii.Change{Path: "b[1].mail", Old: pii.NewValue("ann@example.com"), New: pii.NewValue("[x]")}))
		if err != nil || r.Affected != 1 {
			w.Fatal(r.Affected, err)
		}
		want := strings.Replace(before, "ann@example.com", "[x]", 1)
		w.same("the document", []string{w.stored("i", "1")}, []string{want})
		element := w.target("i", "1", "", want, pii.Change{Path: "b[1]", Old: pii.Value{}})
		if _, err = w.erase(ds, pii.Detach, element); err != nil {
			w.Fatal(err)
		}
		want = strings.Replace(want, `, {"mail":"[x]"}`, "", 1)
		w.same("without the element", []string{w.stored("i", "1")}, []string{want})
	})
}

func TestLineEndsInADocument(t *testing.T) {
	onBoth(t, func(w *world) {
		w.create("i", `{"dynamic":false}`, "")
		const before = "{\n \"mail\":\"ann@example.com\",\r\n \"note\":\"a\\nb\"}"
		w.put("i", "1", before)
		if _, err := w.erase(w.dataset("i"), pii.Redact, w.target("i", "1", "", before, pii.Change{Path: "mail", Old: pii.NewValue("ann@example.com"), New: pii.NewValue("[x]")})); err != nil {
			w.Fatal(err)
		}
		w.same("the document", []string{w.stored("i", "1")}, []string{"{  \"mail\":\"[x]\",   \"note\":\"a\\nb\"}"})
	})
}

func TestBothSpellingsOfADottedName(t *testing.T) {
	onBoth(t, func(w *world) {
		w.create("i", `{}`, "")
		const before = `{"user.mail":"ann@example.com","user":{"mail":"bob@example.com"}}`
		w.put("i", "1", before)
		if _, err := w.erase(w.dataset("i"), pii.Nullify, w.target("i", "1", "", before, pii.Change{Path: `user\.mail`, Old: pii.NewValue("ann@example.com")})); err != nil {
			w.Fatal(err)
		}
		w.same("the document", []string{w.stored("i", "1")}, []string{`{"user":{"mail":"bob@example.com"}}`})
	})
}

func TestOneIdUnderTwoRoutings(t *testing.T) {
	onBoth(t, func(w *world) {
		w.Do(w, "PUT", "/"+w.Prefix+"i", `{"settings":{"number_of_shards":3,"number_of_replicas":0}}`)
		for _, routing := range []string{"a", "b", "c", "d"} {
			w.Do(w, "PUT", "/"+w.Prefix+"i/_doc/1?refresh=true&routing="+routing, `{"of":"`+routing+`"}`)
		}
		ds := w.dataset("i")
		ids, _, before := w.read(connectors.Query{Dataset: ds}, "of")
		if len(ids) < 2 {
			w.Fatalf("%d documents have the id, want two at least", len(ids))
		}
		r, err := w.erase(ds, pii.Delete, w.target("i", "1", before[0], `{"of":"`+before[0]+`"}`))
		if err != nil || r.Affected != 1 {
			w.Fatal(r.Affected, err)
		}
		_, _, after := w.read(connectors.Query{Dataset: ds}, "of")
		slices.Sort(after)
		want := slices.Sorted(slices.Values(before[1:]))
		w.same("what stays", after, want)
	})
}

func TestHostileIds(t *testing.T) {
	onBoth(t, func(w *world) {
		w.create("i", `{}`, "")
		ids := []string{"a/b", "a%2Fb", "a#b", "a?b", "100%", `q"uote`, "line\nend", "ünï", " ", strings.Repeat("x", 512)}
		var body strings.Builder
		for _, id := range ids {
			fmt.Fprintf(&body, "{\"index\":{\"_id\":%q}}\n{\"v\":%q}\n", id, id)
		}
		w.Do(w, "POST", "/"+w.Prefix+"i/_bulk?refresh=true", body.String())
		ds := w.dataset("i")
		for k, id := range ids {
			got, err := w.erase(ds, pii.Delete, w.target("i", id, "", fmt.Sprintf(`{"v":%q}`, id)))
			if err != nil || got.Affected != 1 {
				w.Errorf("id %d: affected %d, %v", k, got.Affected, err)
			}
			left, _, _ := w.read(connectors.Query{Dataset: ds}, "")
			if len(left) != len(ids)-k-1 {
				w.Errorf("after deleting id %d there are %d documents, want %d", k, len(left), len(ids)-k-1)
			}
		}
	})
}

func TestBlocksAndPipelines(t *testing.T) {
	onBoth(t, func(w *world) {
		const source = `{"mail":"ann@example.com"}`
		for _, block := range []string{"write", "read_only", "read_only_allow_delete"} {
			w.create(block, `{}`, "")
			w.put(block, "1", source)
			w.Do(w, "PUT", "/"+w.Prefix+block+"/_settings", `{"index.blocks.`+block+`":true}`)
			ds := w.dataset(block)
			target := w.target(block, "1", "", source)
			findings, err := w.source.Check(w.Context(), pii.Unit{Acts: []pii.Act{{Dataset: ds, Method: pii.Delete, Targets: []pii.Target{target}}}})
			if err != nil || !slices.ContainsFunc(findings, func(f pii.Finding) bool { return f.Code == "index-blocked" && f.Blocking }) {
				w.Errorf("%s: the findings are %v, %v", block, findings, err)
			}
			if _, err := w.erase(ds, pii.Delete, target); errkind.Of(err) != errkind.Permission {
				w.Errorf("%s: erasing ends with %v", block, err)
			}
			w.Do(w, "PUT", "/"+w.Prefix+block+"/_settings", `{"index.blocks.`+block+`":null}`)
		}
		w.create("final", `{}`, `"index.final_pipeline":"none-such"`)
		if m := w.source.Methods(w.dataset("final")); !slices.Equal(m, []pii.Method{pii.Delete}) {
			w.Errorf("under a final pipeline the methods are %v", m)
		}
		w.create("default", `{}`, "")
		w.put("default", "1", source)
		w.Do(w, "PUT", "/"+w.Prefix+"default/_settings", `{"index.default_pipeline":"none-such"}`)
		change := pii.Change{Path: "mail", Old: pii.NewValue("ann@example.com"), New: pii.NewValue("[x]")}
		if _, err := w.erase(w.dataset("default"), pii.Redact, w.target("default", "1", "", source, change)); err != nil {
			w.Errorf("past a default pipeline: %v", err)
		}
	})
}

func TestSourcesThatAreNotWhole(t *testing.T) {
	onBoth(t, func(w *world) {
		w.create("none", `{"_source":{"enabled":false}}`, "")
		w.create("less", `{"_source":{"excludes":["phone"]}}`, "")
		w.put("less", "1", `{"mail":"ann@example.com","phone":"+1 202 555 0101"}`)
		all := w.all(w.source)
		if g := all["none"].Gap; g == nil || g.Code != "source-disabled" {
			w.Errorf("without _source the gap is %v", g)
		}
		ids, gaps, _ := w.read(connectors.Query{Dataset: all["less"]}, "")
		w.same("without a field", append(ids, gaps...), []string{"1", "source-excluded"})
		if m := w.source.Methods(all["less"]); !slices.Equal(m, []pii.Method{pii.Delete}) {
			w.Errorf("what lacks fields has the methods %v", m)
		}
	})
}

func TestLimitedUsers(t *testing.T) {
	w := newWorld(t)
	w.create("open", `{}`, "")
	w.put("open", "1", `{"mail":"ann@example.com"}`)
	w.create("secret-000001", `{}`, "")
	w.put("secret-000001", "1", `{"mail":"ann@example.com"}`)
	all := w.all(w.open(as(w.Search, "limited")))
	if g := all["secret-{}"].Gap; g == nil || g.Code != "permission" || all["open"].Gap != nil {
		t.Errorf("what may not be seen has the gap %v", g)
	}
	for d := range w.all(w.open(as(w.Search, "blind"))) {
		if d == "" {
			t.Error("a dataset without a name")
		}
	}
	scanner := w.all(w.open(as(w.Search, "scanner")))
	for _, name := range []string{"open", "secret-{}"} {
		if scanner[name].Gap != nil {
			t.Errorf("the scanner has the gap %v", scanner[name].Gap)
		}
	}
	ds := w.dataset("open")
	w.source = w.open(as(w.Search, "scanner"))
	unit := pii.Unit{Acts: []pii.Act{{Dataset: ds, Method: pii.Delete, Targets: []pii.Target{w.target("open", "1", "", `{"mail":"ann@example.com"}`)}}}}
	findings, err := w.source.Check(t.Context(), unit)
	if err != nil || !slices.ContainsFunc(findings, func(f pii.Finding) bool { return f.Code == connectors.FindingPrivilege && f.Blocking }) {
		t.Errorf("a scanner's findings are %v, %v", findings, err)
	}
	if _, err := w.source.Erase(t.Context(), unit); errkind.Of(err) != errkind.Permission {
		t.Errorf("a scanner erases with %v", err)
	}
	w.source = w.open(as(w.Search, "eraser"))
	if r, err := w.source.Erase(t.Context(), unit); err != nil || r[0].Affected != 1 {
		t.Errorf("an eraser erases with %v", err)
	}
	if _, err := w.source.Purge(t.Context(), []pii.Dataset{w.dataset("secret-{}")}); err != nil {
		t.Errorf("an eraser purges with %v", err)
	}
}

func TestAMissingIndexIsNotMade(t *testing.T) {
	onBoth(t, func(w *world) {
		const source = `{"mail":"ann@example.com"}`
		w.create("i-1", `{}`, "")
		w.create("i-2", `{}`, "")
		w.put("i-2", "1", source)
		ds := w.dataset("i-{}")
		w.Do(w, "DELETE", "/"+w.Prefix+"i-2", "")
		r, err := w.erase(ds, pii.Redact, w.target("i-2", "1", "", source, pii.Change{Path: "mail", New: pii.NewValue("[x]")}))
		if err != nil || r.FoundDone != 1 {
			w.Errorf("a document of an index that is gone: %d done, %v", r.FoundDone, err)
		}
		if _, err := w.Try("GET", "/"+w.Prefix+"i-2", ""); err == nil {
			w.Error("the index that was gone is there again")
		}
	})
}

func TestGoingOnFromACursor(t *testing.T) {
	onBoth(t, func(w *world) {
		w.create("i", `{}`, "")
		for i := range 30 {
			w.put("i", fmt.Sprint(100+i), `{"v":1}`)
		}
		ids, _, _ := w.read(connectors.Query{Dataset: w.dataset("i"), From: w.Prefix + "i#0#9"}, "")
		if len(ids) != 20 || ids[0] != "110" {
			w.Errorf("from behind the tenth there are %d documents, the first %q", len(ids), ids[0])
		}
	})
}

func TestFatDocumentsAreReadInSmallPages(t *testing.T) {
	w := newWorld(t)
	w.create("fat", `{"dynamic":false}`, "")
	for i := range 60 {
		w.Do(t, "PUT", fmt.Sprintf("/%sfat/_doc/%d", w.Prefix, i), `{"v":"`+strings.Repeat("x", 1<<20)+`"}`)
	}
	ids, gaps, _ := w.read(connectors.Query{Dataset: w.dataset("fat")}, "")
	if len(ids) != 60 || len(gaps) != 0 {
		t.Errorf("%d of 60 documents are read, with the gaps %v", len(ids), gaps)
	}
}
