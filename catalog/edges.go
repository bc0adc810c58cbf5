package catalog

import (
	"context"
	"slices"
	"strings"

	"vestige/internal/db"
	"vestige/internal/errkind"
	"vestige/lineage"
	"vestige/pii"
)

// PutEdges replaces the references of the child datasets of a source, or of all where source is empty, by those found now. A reference that
// somebody decided on stays whether or not it is found again, and the decision is laid over it.
func (c *Catalog) PutEdges(ctx context.Context, tx db.Tx, source string, edges []lineage.Edge) error {
	if _, err := c.bump(ctx, tx); err != nil {
		return err
	}
	touched, err := c.dropEdges(ctx, tx, source)
	if err != nil {
		return err
	}
	kept, err := c.keptEdges(ctx, tx)
	if err != nil {
		return err
	}
	for _, e := range edges {
		if source != "" && e.From.Source != source {
			return errkind.Coded(errkind.Invalid, "no-such-source", "the reference %s does not start in source %s", e.ID, source)
		}
		if e.ID == "" {
			e.ID = lineage.EdgeID(e.From, e.Fields, e.To, e.ToFields)
		}
		if old, ok := kept[e.ID]; ok { // what a person said of it is no opinion of the machine
			e.Kind, e.Confidence, e.Decided = old.Kind, old.Confidence, false
		}
		if err := c.putEdge(ctx, tx, e); err != nil {
			return err
		}
		touched[e.From.Of()] = true
	}
	return c.putEdgeDocs(ctx, tx, touched)
}

// putEdgeDocs writes the references of some child datasets into the graph.
func (c *Catalog) putEdgeDocs(ctx context.Context, tx db.Tx, from map[pii.Ref]bool) error {
	all, err := c.edgesWith(ctx, tx, "")
	if err != nil {
		return err
	}
	hold := map[pii.Ref][]lineage.Edge{}
	for _, r := range all {
		if r.Holds {
			hold[r.From.Of()] = append(hold[r.From.Of()], r.Edge)
		}
	}
	for _, ref := range sortedRefs(from) {
		if err := c.putEdgeDoc(ctx, tx, ref, hold[ref]); err != nil {
			return err
		}
	}
	return nil
}

func sortedRefs(set map[pii.Ref]bool) []pii.Ref {
	refs := make([]pii.Ref, 0, len(set))
	for r := range set {
		refs = append(refs, r)
	}
	slices.SortFunc(refs, compareRefs)
	return refs
}

// dropEdges removes the undecided references of a source and gives the datasets that had any.
func (c *Catalog) dropEdges(ctx context.Context, tx db.Tx, source string) (map[pii.Ref]bool, error) {
	refs, err := collect(ctx, tx, func(row db.Row) (r pii.Ref, err error) { return r, row.Scan(&r.Source, &r.Dataset) },
		"SELECT DISTINCT from_source, from_dataset FROM edge WHERE $1 = '' OR from_source = $1", source)
	if err != nil {
		return nil, err
	}
	touched := map[pii.Ref]bool{}
	for _, r := range refs {
		touched[r] = true
	}
	_, err = tx.Exec(ctx, `DELETE FROM edge WHERE ($1 = '' OR from_source = $1)
		AND NOT EXISTS (SELECT 1 FROM decision WHERE decision.target = 'edge:' || edge.id AND decision.verdict <> '')`, source)
	if err == nil {
		_, err = tx.Exec(ctx, "DELETE FROM edge_to WHERE NOT EXISTS (SELECT 1 FROM edge WHERE edge.id = edge_to.id)")
	}
	return touched, err
}

// keptEdges gives the references that somebody decided on as the machine last saw them.
func (c *Catalog) keptEdges(ctx context.Context, tx db.Tx) (map[string]lineage.Edge, error) {
	docs, err := collect(ctx, tx, scanBytes, "SELECT machine FROM edge "+decidedEdges)
	kept := map[string]lineage.Edge{}
	for _, doc := range docs {
		var e lineage.Edge
		if err := decode(doc, &e); err != nil {
			return nil, err
		}
		kept[e.ID] = e
	}
	return kept, err
}

func (c *Catalog) putEdge(ctx context.Context, tx db.Tx, e lineage.Edge) error {
	doc, err := encode(e)
	if err != nil {
		return err
	}
	if err := putEdgeEnd(ctx, tx, e); err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `INSERT INTO edge (id, from_source, from_dataset, machine) VALUES ($1, $2, $3, $4)
		ON CONFLICT (id) DO UPDATE SET from_source = excluded.from_source, from_dataset = excluded.from_dataset, machine = excluded.machine`,
		e.ID, e.From.Source, e.From.Dataset, doc)
	return err
}

// putEdgeDoc writes the graph document of a child dataset's references, where it is another than before.
func (c *Catalog) putEdgeDoc(ctx context.Context, tx db.Tx, from pii.Ref, hold []lineage.Edge) error {
	id := edgeID(from)
	if len(hold) == 0 {
		return c.dropDoc(ctx, tx, id)
	}
	doc, err := encode(hold)
	if err != nil {
		return err
	}
	olds, err := collect(ctx, tx, scanText, "SELECT hash FROM graph_doc WHERE id = $1", id)
	if err != nil || len(olds) > 0 && olds[0] == hashDoc(id, doc).String() {
		return err
	}
	return c.putDoc(ctx, tx, id, doc)
}

// dropDoc removes a document where there is one.
func (c *Catalog) dropDoc(ctx context.Context, tx db.Tx, id string) error {
	ids, err := collect(ctx, tx, scanText, "SELECT id FROM graph_doc WHERE id = $1 AND hash <> ''", id)
	if err != nil || len(ids) == 0 {
		return err
	}
	return c.putDoc(ctx, tx, id, nil)
}

// Reference is an edge with what was decided of it. One that does not hold was rejected and is no part of the graph.
type Reference struct {
	lineage.Edge
	Holds    bool      `json:"holds"`
	Decision *Decision `json:"decision,omitempty"`
}

// References gives the edges that start or end in a dataset, or in a source where ref names no more, rejected ones included.
func (c *Catalog) References(ctx context.Context, ref pii.Ref) (rs []Reference, err error) {
	err = c.read(ctx, func(tx db.Tx) error {
		where, args := "", []any(nil)
		if ref.Dataset != "" {
			where = "WHERE from_source = $1 AND from_dataset = $2 OR id IN (SELECT id FROM edge_to WHERE source = $1 AND dataset = $2)"
			args = []any{ref.Source, ref.Dataset}
		}
		all, err := c.edgesWith(ctx, tx, where, args...)
		for _, r := range all {
			if within(ref, r.From) || within(ref, r.To) {
				rs = append(rs, r)
			}
		}
		return err
	})
	return rs, err
}

// decidedEdges chooses the edges that somebody decided on, by the decisions: they are few beside the edges.
const decidedEdges = "WHERE id IN (SELECT substr(target, 6) FROM decision WHERE " + onEdges + ")"

// onEdges chooses the decisions on edges.
const onEdges = "verdict <> '' AND substr(target, 1, 5) = 'edge:'"

// DecidedReferences gives the edges that somebody decided on, rejected ones included.
func (c *Catalog) DecidedReferences(ctx context.Context) (rs []Reference, err error) {
	err = c.read(ctx, func(tx db.Tx) error {
		rs, err = c.edgesWith(ctx, tx, decidedEdges)
		return err
	})
	return rs, err
}

// ReferenceFilter chooses a page of the references at a dataset.
type ReferenceFilter struct {
	At     pii.Ref
	Toward bool   // those that lead to it, else those that start in it
	Either bool   // both
	After  string // the id behind which the page begins
	Limit  int
}

// ReferencesAt gives a page of the references at a dataset, by id, rejected ones included, and how many there are altogether.
func (c *Catalog) ReferencesAt(ctx context.Context, f ReferenceFilter) (rs []Reference, all int64, err error) {
	from := "FROM edge WHERE from_source = $1 AND from_dataset = $2"
	if f.Toward {
		from = "FROM edge_to WHERE source = $1 AND dataset = $2"
	}
	if f.Either {
		from = "FROM (SELECT id FROM edge WHERE from_source = $1 AND from_dataset = $2 UNION SELECT id FROM edge_to WHERE source = $1 AND dataset = $2) AS there WHERE id <> ''"
	}
	err = c.read(ctx, func(tx db.Tx) error {
		if err := tx.QueryRow(ctx, "SELECT count(*) "+from, f.At.Source, f.At.Dataset).Scan(&all); err != nil {
			return err
		}
		rs, err = c.edgesWith(ctx, tx, "WHERE id IN (SELECT id "+from+" AND id > $3 ORDER BY id LIMIT $4)", f.At.Source, f.At.Dataset, f.After, f.Limit)
		return err
	})
	return rs, all, err
}

func within(scope, r pii.Ref) bool {
	return (scope.Source == "" || scope.Source == r.Source) && (scope.Dataset == "" || scope.Dataset == r.Dataset)
}

func (c *Catalog) edgesWith(ctx context.Context, tx db.Tx, where string, args ...any) ([]Reference, error) {
	docs, err := collect(ctx, tx, scanBytes, "SELECT machine FROM edge "+where+" ORDER BY id", args...)
	if err != nil {
		return nil, err
	}
	rs := make([]Reference, len(docs))
	for i, doc := range docs {
		if err := decode(doc, &rs[i].Edge); err != nil {
			return nil, err
		}
	}
	said, err := c.saidOf(ctx, tx, rs)
	for i := range rs {
		r := &rs[i]
		r.Holds = true
		if r.Decision = said[r.ID]; r.Decision != nil {
			r.Holds = r.Decision.overEdge(&r.Edge)
		}
	}
	slices.SortFunc(rs, func(a, b Reference) int { return strings.Compare(a.ID, b.ID) })
	return rs, err
}

// saidOf gives what was decided of references, by their ids.
func (c *Catalog) saidOf(ctx context.Context, tx db.Tx, rs []Reference) (map[string]*Decision, error) {
	said := map[string]*Decision{}
	if len(rs) > 500 { // all of them at once are fewer than questions for each part
		ds, err := collect(ctx, tx, scanDecision, selectDecision+" WHERE "+onEdges)
		for i := range ds {
			said[ds[i].Edge] = &ds[i]
		}
		return said, err
	}
	if len(rs) == 0 {
		return said, nil
	}
	var w conditions
	marks := make([]string, len(rs))
	for i := range rs {
		marks[i] = w.arg("edge:" + rs[i].ID)
	}
	ds, err := collect(ctx, tx, scanDecision, selectDecision+" WHERE verdict <> '' AND target IN ("+strings.Join(marks, ", ")+")", w.args...)
	for i := range ds {
		said[ds[i].Edge] = &ds[i]
	}
	return said, err
}

func (c *Catalog) edge(ctx context.Context, tx db.Tx, id string) (e lineage.Edge, err error) {
	docs, err := collect(ctx, tx, scanBytes, "SELECT machine FROM edge WHERE id = $1", id)
	if err != nil {
		return e, err
	}
	if len(docs) == 0 {
		return e, errkind.Coded(errkind.NotFound, "no-such-reference", "the catalog has no reference %s", id)
	}
	return e, decode(docs[0], &e)
}
