package catalog

import (
	"context"
	"sync"

	"vestige/internal/db"
)

// memory keeps what was counted at the latest revision: counts change with revisions alone, and many ask for the same.
type memory struct {
	mu   sync.Mutex
	at   int64
	kept map[string]*counting
}

// counting is one thing that is counted, by whoever asks first; others wait for it.
type counting struct {
	once  sync.Once
	value any
	err   error
}

// memories is how many things are kept.
const memories = 256

// remembered gives what was counted at the revision of the snapshot, or counts it.
func remembered[T any](ctx context.Context, c *Catalog, tx db.Tx, name string, count func() (T, error)) (T, error) {
	var at int64
	if err := tx.QueryRow(ctx, "SELECT revision FROM catalog_revision WHERE id = 1").Scan(&at); err != nil {
		var none T
		return none, err
	}
	k := c.memory.counting(at, name)
	if k == nil { // an older snapshot than what is kept
		return count()
	}
	k.once.Do(func() { k.value, k.err = count() })
	if k.err != nil { // whoever counted may have given up: that is not what others are told
		c.memory.forget(name, k)
		return count()
	}
	return k.value.(T), nil
}

func (m *memory) counting(at int64, name string) *counting {
	m.mu.Lock()
	defer m.mu.Unlock()
	if at < m.at {
		return nil
	}
	if at > m.at || m.kept == nil || len(m.kept) > memories {
		m.at, m.kept = at, map[string]*counting{}
	}
	k := m.kept[name]
	if k == nil {
		k = &counting{}
		m.kept[name] = k
	}
	return k
}

func (m *memory) forget(name string, k *counting) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.kept[name] == k {
		delete(m.kept, name)
	}
}
