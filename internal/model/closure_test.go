package model_test

import (
	"context"
	"iter"
	"testing"

	"vestige/connectors"
	"vestige/pii"
)

// look finds records through the connectors.
type look map[string]*connectors.Source

func (l look) Look(ctx context.Context, m pii.Match) iter.Seq2[*pii.Found, error] {
	return l[m.Dataset.Ref.Source].Locate(ctx, m)
}

// TestClosure compares the product's closure with the model's over random estates.
func TestClosure(t *testing.T) {
	t.Parallel()
	trial{name: "closure", try: closes}.run(t, many(40, 2000))
}
