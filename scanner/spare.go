package scanner

import (
	"sync"

	"vestige/classifiers"
	"vestige/lineage"
)

// spare keeps the memory of columns between examinations: tables that have grown to their size once. A sync.Pool would let the collector take it away several times a
// second, which costs more than all that it saves.
type spare struct {
	mu       sync.Mutex
	columns  []*column
	digests  []*lineage.Sketcher
	rooms    []*room
	memories []*classifiers.Memory
}

// mostSpare bounds what is kept, in columns and in sketchers: some 150 and 64 KB each.
const mostSpare = 160

// pop takes the last one, nil where there is none.
func pop[T any](s *spare, list *[]*T) *T {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := len(*list)
	if n == 0 {
		return nil
	}
	v := (*list)[n-1]
	*list = (*list)[:n-1]
	return v
}

func push[T any](s *spare, list *[]*T, more ...*T) {
	s.mu.Lock()
	defer s.mu.Unlock()
	*list = append(*list, more[:min(len(more), mostSpare-len(*list))]...)
}
