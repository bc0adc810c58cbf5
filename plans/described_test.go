package plans_test

import (
	"log/slog"
	"os"
	"path/filepath"
	"testing"

	"vestige/connectors"
	"vestige/connectors/bucket"
	"vestige/pii"
	"vestige/plans"
)

// TestDescribedInDocuments knows somebody by a name and a date of birth alone: the look afterwards finds both in one document, deeper in it too, and takes no namesake for her.
func TestDescribedInDocuments(t *testing.T) {
	dir := t.TempDir()
	w := newWorld(t, newEstate(10, "").sources()...)
	s, err := w.engine.Plan(t.Context(), plans.Ask{Request: "REQ-00000001", Kind: plans.Erasure, By: "olga", Identifiers: []pii.Identifier{
		{Category: "identity.name", Value: pii.NewValue("Lee;Ann-Marie/O'Hara")}, {Category: "demographic.birth_date", Value: pii.NewValue("1980-02-03")},
	}})
	w.must(err)
	w.must(os.WriteFile(filepath.Join(dir, "people.ndjson"), []byte(`{"n":1,"who":{"name":"Ann-Marie O'Hara Lee"},"born":"1980-02-03"}
{"n":2,"who":{"name":"Ann-Marie O'Hara Lee"},"born":"1981-02-03"}
{"n":3,"who":{"name":"Ann-Marie Lee"},"born":"1980-02-03"}
`), 0o600))
	src, err := connectors.Open(t.Context(), connectors.Env{Log: slog.New(slog.DiscardHandler), Base: dir, Temp: t.TempDir()}, "files", bucket.Spec(), connectors.Config{"path": pii.NewValue(".")})
	w.must(err)
	t.Cleanup(func() { _ = src.Close() })
	w.sources["files"] = src
	r, err := w.engine.Verify(t.Context(), s.ID, nil)
	w.must(err)
	if len(r.Residues) != 1 || r.Residues[0].Records != 1 || r.Residues[0].At.Source != "files" || len(r.Skipped) > 0 {
		t.Errorf("found %+v, skipped %+v", r.Residues, r.Skipped)
	}
}
