package catalog_test

import (
	"context"
	"fmt"
	"os"

	"vestige/catalog"
	"vestige/internal/db"
	"vestige/lineage"
	"vestige/pii"
	"vestige/store"
)

func Example() {
	ctx := context.Background()
	dir, err := os.MkdirTemp("", "catalog")
	check(err)
	defer func() { _ = os.RemoveAll(dir) }()
	s, err := store.Open(ctx, store.Options{Dir: dir, Schemas: []db.Schema{catalog.Schema()}})
	check(err)
	defer func() { _ = s.Close() }()
	c, err := catalog.Open(ctx, s.DB(), dir)
	check(err)
	defer func() { _ = c.Close() }()

	// What a scan found: a dataset whose one field is proposed to hold e-mail addresses.
	users := pii.Ref{Source: "shop", Dataset: "users"}
	mail := pii.Field{Name: "mail", Column: "mail", Type: pii.Text}
	check(s.DB().Write(ctx, func(tx db.Tx) error {
		return c.PutDataset(ctx, tx, lineage.Node{
			Dataset: pii.Dataset{Ref: users, Kind: pii.Table, Fields: []pii.Field{mail}},
			Fields:  []lineage.FieldNode{{Field: mail, Category: "contact.email", Confidence: .97, Dense: true, Examined: true}},
		}, nil)
	}))
	// What a person says of it.
	check(s.DB().Write(ctx, func(tx db.Tx) error {
		return c.Decide(ctx, tx, pii.Decision{Field: users.In("mail"), Verdict: pii.Accept, By: "u1"})
	}))

	found, err := c.Search(ctx, "is:pii category:contact", catalog.Page{})
	check(err)
	for _, hit := range found.Hits {
		fmt.Println(hit.Ref, hit.Category, hit.State)
	}
	wrong, err := c.Search(ctx, "category:email", catalog.Page{})
	check(err)
	fmt.Println(wrong.Total, wrong.Notes)
	graph, err := c.Graph(ctx)
	check(err)
	fmt.Println(graph.Node(users).Field("mail").Decided)
	// Output:
	// shop/users#mail contact.email accepted
	// 0 [no category is named email; did you mean contact.email?]
	// true
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}
