package catalog_test

import (
	"os"
	"testing"

	"github.com/blevesearch/bleve/v2"
	"github.com/blevesearch/bleve/v2/document"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	bleveindex "github.com/blevesearch/bleve_index_api"

	"vestige/catalog"
	"vestige/internal/db"
	"vestige/internal/errkind"
	"vestige/lineage"
	"vestige/pii"
)

func estate(b *bundle) {
	b.put("shop/users", "id none.key .9 int", "mail contact.email .97", "name identity.name .9")
	b.put("shop/orders", "id none.key .9 int", "user_id none.key .9 int", "note - ")
	b.put("crm/people", "mail contact.email .8", "born demographic.birth_date .7 time")
	b.write(func(tx db.Tx) error {
		return b.PutEdges(b.ctx, tx, "shop", []lineage.Edge{{ID: "e1", From: parse("shop/orders"), Fields: []string{"user_id"},
			To: parse("shop/users"), ToFields: []string{"id"}, Kind: lineage.Owns, Confidence: .9}})
	})
}

func graph(b *bundle) *lineage.Graph {
	b.t.Helper()
	g, err := b.Graph(b.ctx)
	b.must(err)
	return g
}

func TestGraphIsWhatWasPut(t *testing.T) {
	b := open(t)
	estate(b)
	g := graph(b)
	if len(g.Nodes) != 3 || len(g.Edges) != 1 {
		t.Fatalf("%d nodes and %d edges", len(g.Nodes), len(g.Edges))
	}
	want, _ := node("shop/users", "id none.key .9 int", "mail contact.email .97", "name identity.name .9")
	want.Fields[1].Put, want.Fields[2].Put = true, true
	if diff := cmp.Diff(&want, g.Node(parse("shop/users")), cmpopts.EquateEmpty()); diff != "" {
		t.Error(diff)
	}
	if in := g.In(parse("shop/users")); len(in) != 1 || in[0].ID != "e1" {
		t.Errorf("references to users: %v", in)
	}
}

// refuses checks that neither graph nor search is answered, and that Reindex mends it.
func refuses(t *testing.T, b *bundle, before *lineage.Graph, search bool) {
	t.Helper()
	if _, err := b.Graph(b.ctx); errkind.Of(err) != errkind.Conflict || errkind.Code(err) != "index-stale" {
		t.Fatalf("the graph of an altered index: %v", err)
	}
	if _, err := b.Search(b.ctx, "mail", catalog.Page{}); search && errkind.Code(err) != "index-stale" {
		t.Fatalf("a search without an index: %v", err)
	}
	b.must(b.Reindex(b.ctx))
	if diff := cmp.Diff(before, graph(b), cmpopts.IgnoreUnexported(lineage.Graph{})); diff != "" {
		t.Error(diff)
	}
}

// tamper changes the index by Bleve itself, behind the catalog's back.
func tamper(t *testing.T, change func(x bleve.Index)) func(string) {
	return func(path string) {
		x, err := bleve.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		change(x)
		if err := x.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

func rewrite(t *testing.T, x bleve.Index, id, body string) {
	d := document.NewDocument(id)
	d.AddField(document.NewTextFieldCustom("graph", nil, []byte("y"), bleveindex.IndexField, nil))
	d.AddField(document.NewTextFieldCustom("doc", nil, []byte(body), bleveindex.StoreField, nil))
	batch := x.NewBatch()
	if err := batch.IndexAdvanced(d); err != nil {
		t.Fatal(err)
	}
	if err := x.Batch(batch); err != nil {
		t.Fatal(err)
	}
}

func TestTamperedIndexIsRefusedAndMended(t *testing.T) {
	body := `{"dataset":{"ref":"shop/users","kind":"table","fields":null},"fields":null,"person":0}`
	for name, change := range map[string]func(x bleve.Index){
		"a dataset deleted":      func(x bleve.Index) { _ = x.Delete("n/shop/users") },
		"the references deleted": func(x bleve.Index) { _ = x.Delete("e/shop/orders") },
		"a dataset altered":      func(x bleve.Index) { rewrite(t, x, "n/shop/users", body) },
		"a dataset added":        func(x bleve.Index) { rewrite(t, x, "n/shop/else", body) },
		"one put for another": func(x bleve.Index) {
			_ = x.Delete("n/shop/users")
			rewrite(t, x, "n/shop/else", body)
		},
	} {
		t.Run(name, func(t *testing.T) {
			b := open(t)
			estate(b)
			before := graph(b)
			b.reopen(tamper(t, change))
			refuses(t, b, before, false)
		})
	}
}

func TestIndexRemoved(t *testing.T) {
	t.Run("while closed", func(t *testing.T) {
		b := open(t)
		estate(b)
		before := graph(b)
		b.reopen(func(path string) { _ = os.RemoveAll(path) })
		refuses(t, b, before, true)
	})
	t.Run("while open", func(t *testing.T) {
		b := open(t)
		estate(b)
		before := graph(b)
		b.must(os.Rename(b.dir+"/index", t.TempDir()+"/away"))
		refuses(t, b, before, true)
	})
	t.Run("broken", func(t *testing.T) {
		b := open(t)
		estate(b)
		before := graph(b)
		b.reopen(func(path string) { b.must(os.WriteFile(path+"/store/root.bolt", []byte("no such thing"), 0o600)) })
		refuses(t, b, before, true)
	})
}

func TestIndexBehindIsBroughtForward(t *testing.T) {
	b := open(t)
	estate(b)
	old := t.TempDir()
	b.reopen(func(path string) { b.must(os.CopyFS(old, os.DirFS(path))) })
	b.put("shop/late", "phone contact.phone .9")
	b.decide(pii.Decision{Field: parse("shop/users#name"), Verdict: pii.Reject, Reason: "a product"})
	want := graph(b)
	b.reopen(func(path string) { // as after a crash that lost what the index had not written
		b.must(os.RemoveAll(path))
		b.must(os.CopyFS(path, os.DirFS(old)))
	})
	if diff := cmp.Diff(want, graph(b), cmpopts.IgnoreUnexported(lineage.Graph{})); diff != "" {
		t.Error(diff)
	}
	if got := b.names("is:pii source:shop"); got != "shop/late#phone shop/users#mail" {
		t.Errorf("found %s", got)
	}
}

// TestIndexAheadIsBegunAnew has an index that knows more than its store: a power cut took what was stored last, or the store comes from a backup.
func TestIndexAheadIsBegunAnew(t *testing.T) {
	a, b := open(t), open(t)
	estate(a)
	estate(b)
	want := graph(a)
	b.put("shop/more", "x contact.email .9")
	graph(b)
	a.must(a.Catalog.Close())
	a.reopenWith(b)
	if diff := cmp.Diff(want, graph(a), cmpopts.IgnoreUnexported(lineage.Graph{})); diff != "" {
		t.Error(diff)
	}
	if got := a.names("is:pii source:shop"); got != "shop/users#mail shop/users#name" {
		t.Errorf("found %s", got)
	}
}

// reopenWith opens the catalog over the index of another one.
func (b *bundle) reopenWith(other *bundle) {
	b.t.Helper()
	other.must(other.Catalog.Close())
	c, err := catalog.Open(b.ctx, b.db, other.dir)
	b.must(err)
	b.Catalog = c
}

func TestRebuiltIndexAnswersAsBefore(t *testing.T) {
	b := open(t)
	estate(b)
	b.decide(pii.Decision{Field: parse("crm/people#mail"), Verdict: pii.Accept})
	b.write(func(tx db.Tx) error { return b.Tombstone(b.ctx, tx, parse("shop/orders")) })
	queries := []string{"", "is:pii", "mail", "category:contact", "is:dataset", "source:shop -type:int", "name:us*", "conf:>0.8", "is:gone"}
	var before []catalog.Result
	for _, q := range queries {
		before = append(before, b.search(q))
	}
	was := graph(b)
	b.must(b.Reindex(b.ctx))
	for i, q := range queries {
		if diff := cmp.Diff(before[i], b.search(q)); diff != "" {
			t.Errorf("%s: %s", q, diff)
		}
	}
	if diff := cmp.Diff(was, graph(b), cmpopts.IgnoreUnexported(lineage.Graph{})); diff != "" {
		t.Error(diff)
	}
}

func TestRolledBackUnitLeavesNothing(t *testing.T) {
	b := open(t)
	estate(b)
	before := graph(b)
	n, ps := node("shop/never", "mail contact.email .9")
	err := b.db.Write(b.ctx, func(tx db.Tx) error {
		b.must(b.PutDataset(b.ctx, tx, n, ps))
		return errkind.New(errkind.Invalid, "changed my mind")
	})
	if err == nil {
		t.Fatal("the unit committed")
	}
	if diff := cmp.Diff(before, graph(b), cmpopts.IgnoreUnexported(lineage.Graph{})); diff != "" {
		t.Error(diff)
	}
}
