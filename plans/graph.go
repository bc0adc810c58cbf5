package plans

import (
	"context"

	"vestige/internal/errkind"
	"vestige/lineage"
)

// Graph gives the graph that plans are made from. Where somebody has decided on a reference and what follows from that is not worked out yet, it is worked out first: a plan that
// goes by a rejected reference would take what is somebody else's.
func (e *Engine) Graph(ctx context.Context) (*lineage.Graph, error) {
	g, owed, err := e.graph(ctx)
	if err != nil || !owed {
		return g, err
	}
	if err := e.Relate(ctx); err != nil {
		return nil, err
	}
	if g, owed, err = e.graph(ctx); err == nil && owed {
		return nil, errkind.Coded(errkind.Conflict, "references-owed", "references were decided on, and what follows from that is not worked out yet: try again in a moment")
	}
	return g, err
}

// graph gives the graph as it is, and tells whether what follows from decisions on references is missing in it.
func (e *Engine) graph(ctx context.Context) (*lineage.Graph, bool, error) {
	g, err := e.Catalog.Graph(ctx)
	if err != nil {
		return nil, false, err
	}
	refs, err := e.Catalog.DecidedReferences(ctx)
	decided := make([]lineage.Edge, len(refs))
	for i, r := range refs {
		decided[i] = r.Edge
	}
	return g, g.Owes(decided), err
}
