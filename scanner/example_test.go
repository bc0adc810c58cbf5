package scanner_test

import (
	"context"
	"fmt"
	"log/slog"
	"os"

	"vestige/catalog"
	"vestige/classifiers"
	allclassifiers "vestige/classifiers/all"
	"vestige/connectors"
	"vestige/connectors/memory"
	"vestige/internal/db"
	"vestige/pii"
	"vestige/scanner"
	"vestige/store"
)

// A scan reads a source into the catalog and tells as it goes what it finds; Relate then looks at all sources together.
func ExampleScanner_Scan() {
	ctx := context.Background()
	sys := memory.New(memory.Faults{})
	sys.Create(memory.Table{Name: "users", Key: []string{"id"}, Fields: []pii.Field{{Name: "id", Column: "id", Type: pii.Int}, {Name: "mail", Column: "mail", Type: pii.Text}}})
	for i := range 40 {
		sys.Insert("users", [][]byte{fmt.Appendf(nil, "%d", 52_000+37*i), fmt.Appendf(nil, "ann%d@example.com", i)})
	}
	if err := scanOnce(ctx, sys); err != nil {
		fmt.Println(err)
	}
	// Output:
	// shop/users#mail contact.email
	// done: 40 records of 1 datasets, 0 gaps
}

func scanOnce(ctx context.Context, sys *memory.System) error {
	dir, err := os.MkdirTemp("", "example")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	st, err := store.Open(ctx, store.Options{Dir: dir, Command: "example", Schemas: []db.Schema{catalog.Schema()}})
	if err != nil {
		return err
	}
	defer func() { _ = st.Close() }()
	c, err := catalog.Open(ctx, st.DB(), dir)
	if err != nil {
		return err
	}
	defer func() { _ = c.Close() }()
	set, err := classifiers.NewSet(allclassifiers.All(), classifiers.Options{Examples: true})
	if err != nil {
		return err
	}
	log := slog.New(slog.DiscardHandler)
	source, err := connectors.Open(ctx, connectors.Env{Log: log}, "shop", sys.Spec(), nil)
	if err != nil {
		return err
	}
	defer func() { _ = source.Close() }()

	s := scanner.New(c, st.DB(), set, []byte("a key for sketches"), "k1", log)
	r, err := s.Scan(ctx, source, scanner.Options{}, func(e scanner.Event) {
		for _, p := range e.Found {
			if p.Category.Global() {
				fmt.Println(p.Field, p.Category)
			}
		}
	})
	if err != nil {
		return err
	}
	fmt.Printf("%s: %d records of %d datasets, %d gaps\n", r.Outcome, r.Progress.Records, r.Progress.Datasets, len(r.Gaps))
	_, err = s.Relate(ctx)
	return err
}
