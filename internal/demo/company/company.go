// Package company makes the demo company: a small shop with synthetic people in two SQLite databases and a folder of
// objects, together with the truth about every record of theirs.
//
// Generate writes shop.db, crm.db and objects/ below a directory. Each seed is another company: other people, other names
// of tables, columns and objects, other sizes. What makes erasing hard in life is in every one of them; each such
// Difficulty has a name and can be left out, so that a test can show what it is that a tool cannot do. One person, the
// walk subject (Company.Walk), has all of them.
//
// The truth is written down while the records are made, never derived from them afterwards, and says of each record whose
// it is, who is mentioned in it and what an ideal erasure makes of it. Package outsider judges by it.
//
// Everybody here is invented: addresses of mail are at reserved domains, telephones in ranges kept for fiction, cards are
// test cards, and addresses of machines come from ranges for documentation and benchmarks. The package uses nothing of
// the product, so that the product cannot mark its own work.
package company

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
)

// Options say which company to make.
type Options struct {
	// Seed chooses the company; the same seed gives the same company, byte for byte in the objects.
	Seed uint64
	// People is how many customers it has: 200 when zero, never fewer than 24.
	People int
	// Without leaves difficulties out, for everyone.
	Without []Difficulty
}

// Names of the files that Generate writes below its directory.
const (
	ShopFile    = "shop.db"
	CRMFile     = "crm.db"
	ObjectsRoot = "objects"
)

// Company is what Generate has written, and the truth about it.
type Company struct {
	Dir     string
	Options Options
	// Name is what the company calls itself.
	Name string
	// Walk is the person who has every difficulty that was not left out.
	Walk Person
	// Truth says of each record whose it is.
	Truth *Truth
	// Tables maps what a table is for ("users", "crm.customers") to its name in the database.
	Tables map[string]string
	// Columns maps what a column is for ("users.email") to its name in the table.
	Columns map[string]string
}

// Generate writes the company below dir, which is made if need be and must not hold one already.
func Generate(ctx context.Context, dir string, opts Options) (*Company, error) {
	opts = opts.withDefaults()
	if _, err := os.Stat(filepath.Join(dir, ShopFile)); err == nil {
		return nil, fmt.Errorf("company: %s already exists", ShopFile)
	}
	if err := os.MkdirAll(filepath.Join(dir, ObjectsRoot), 0o755); err != nil {
		return nil, fmt.Errorf("company: %w", err)
	}
	b := newBuilder(opts)
	b.build()
	if err := b.write(ctx, dir); err != nil {
		return nil, fmt.Errorf("company: %w", err)
	}
	return b.company(dir), nil
}

const (
	defaultPeople = 200
	leastPeople   = 24
)

func (o Options) withDefaults() Options {
	if o.People == 0 {
		o.People = defaultPeople
	}
	o.People = max(o.People, leastPeople)
	return o
}
