package memory_test

import (
	"context"
	"fmt"

	"vestige/connectors"
	"vestige/connectors/memory"
	"vestige/pii"
)

// A source is opened on a connector's Spec, whatever the system. What it finds prints without values.
func Example() {
	sys := memory.New(memory.Faults{})
	sys.Create(memory.Table{Name: "users", Key: []string{"id"}, Fields: []pii.Field{
		{Name: "id", Column: "id", Type: pii.Int}, {Name: "mail", Column: "mail", Type: pii.Text},
	}})
	sys.Insert("users", [][]byte{[]byte("1"), []byte("Ann@example.com")}, [][]byte{[]byte("2"), []byte("bob@example.com")})

	ctx := context.Background()
	source, err := connectors.Open(ctx, connectors.Env{}, "shop", sys.Spec(), nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = source.Close() }()
	for d, err := range source.Discover(ctx) {
		if err != nil {
			fmt.Println(err)
			return
		}
		m := pii.Match{Dataset: d, Terms: []pii.Term{{Field: "mail", Mode: pii.Equal, Category: "contact.email", Values: []pii.Value{pii.NewValue("ann@example.com")}}}}
		for found, err := range source.Locate(ctx, m) {
			fmt.Println(found.Dataset, found.Key, found.Hits[0].Field, err)
		}
	}
	// Output:
	// shop/users [[redacted 1 bytes]] mail <nil>
}
