package catalog

import (
	"bytes"
	"context"
	"slices"
	"strings"
	"unicode/utf8"

	"vestige/internal/clock"
	"vestige/internal/db"
	"vestige/internal/errkind"
	"vestige/lineage"
	"vestige/pii"
)

// A node's document in graph and index is "n/" and its reference, that of its references "e/".
func nodeID(r pii.Ref) string { return "n/" + r.Of().String() }
func edgeID(r pii.Ref) string { return "e/" + r.Of().String() }

// PutDataset stores what a scan found of a dataset: its node, and a proposal for each field that was looked at this time. A field of the
// node without one keeps the proposal it had. Decisions are laid over the node, found again by the system's own id of the field, by its
// place, or by type and sketch (put the sketches first); what contradicts one reopens it with an alert. A tombstone is taken off. A node read
// from the catalog may be put back: what was decided of its fields is taken for no opinion of the machine. Where nothing is new nothing is written.
func (c *Catalog) PutDataset(ctx context.Context, tx db.Tx, n lineage.Node, proposals []pii.Proposal) error {
	ref := n.Dataset.Ref.Of()
	if ref.Source == "" || ref.Dataset == "" {
		return errkind.Coded(errkind.Invalid, "no-such-dataset", "a dataset needs a source and a name")
	}
	olds, err := collect(ctx, tx, scanBytes, "SELECT machine FROM dataset WHERE source = $1 AND name = $2", ref.Source, ref.Dataset)
	if err != nil {
		return err
	}
	if n.Gone = 0; len(olds) > 0 {
		if n.Fields, err = undecided(n.Fields, proposals, olds[0]); err != nil {
			return err
		}
		doc, err := encode(n)
		if err != nil || len(proposals) == 0 && bytes.Equal(doc, olds[0]) {
			return err
		}
	}
	if _, err := c.bump(ctx, tx); err != nil {
		return err
	}
	if err := c.putMachine(ctx, tx, n); err != nil {
		return err
	}
	props, err := c.proposalsOf(ctx, tx, ref)
	if err != nil {
		return err
	}
	for _, p := range proposals {
		props[p.Field.Field] = p
	}
	if err := c.rehome(ctx, tx, &n); err != nil {
		return err
	}
	if err := c.contradict(ctx, tx, &n, props); err != nil {
		return err
	}
	return c.lay(ctx, tx, n, props)
}

// undecided gives the fields as the machine sees them: in the place of what was decided, or learned from people, stands what is proposed now, else what stood there before.
func undecided(fields []lineage.FieldNode, proposals []pii.Proposal, before []byte) ([]lineage.FieldNode, error) {
	if !slices.ContainsFunc(fields, func(f lineage.FieldNode) bool { return f.Decided || f.Swayed || f.Put }) {
		return fields, nil
	}
	var old lineage.Node
	if err := decode(before, &old); err != nil {
		return nil, err
	}
	fields = slices.Clone(fields)
	for i := range fields {
		f := &fields[i]
		people := f.Decided || f.Swayed
		f.Decided, f.Swayed, f.Put, f.Suspect, f.Suspected = false, false, false, "", 0
		if !people {
			continue
		}
		if was := old.Field(f.Field.Name); was != nil {
			f.Category, f.Confidence, f.Dense, f.Contains = was.Category, was.Confidence, was.Dense, was.Contains
		}
		for _, p := range proposals {
			if p.Field.Field == f.Field.Name {
				f.Category, f.Confidence, f.Dense, f.Contains = p.Category, p.Confidence, p.Dense, p.Contains
			}
		}
	}
	return fields, nil
}

func (c *Catalog) putMachine(ctx context.Context, tx db.Tx, n lineage.Node) error {
	doc, err := encode(n)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `INSERT INTO dataset (source, name, machine, run, gone) VALUES ($1, $2, $3, '', $4)
		ON CONFLICT (source, name) DO UPDATE SET machine = excluded.machine, gone = excluded.gone`,
		n.Dataset.Ref.Source, n.Dataset.Ref.Dataset, doc, n.Gone)
	return err
}

func (c *Catalog) machine(ctx context.Context, tx db.Tx, ref pii.Ref) (n lineage.Node, err error) {
	var doc []byte
	err = tx.QueryRow(ctx, "SELECT machine FROM dataset WHERE source = $1 AND name = $2", ref.Source, ref.Dataset).Scan(&doc)
	if errkind.Of(err) == errkind.NotFound {
		return n, errkind.Coded(errkind.NotFound, "no-such-dataset", "the catalog has no dataset %s", ref.Of())
	}
	if err != nil {
		return n, err
	}
	return n, decode(doc, &n)
}

// lay writes fields and graph document of a node, with the decisions that hold over what the machine says.
func (c *Catalog) lay(ctx context.Context, tx db.Tx, n lineage.Node, props map[string]pii.Proposal) error {
	ref := n.Dataset.Ref.Of()
	decided, err := c.decisionsAt(ctx, tx, ref)
	if err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, "DELETE FROM field WHERE source = $1 AND dataset = $2", ref.Source, ref.Dataset); err != nil {
		return err
	}
	n.Fields = slices.Clone(n.Fields)
	j, err := c.courtOf(ctx, tx, &n)
	if err != nil {
		return err
	}
	var rows []any
	var part share
	for i := range n.Fields {
		f := &n.Fields[i]
		d, p, like := decided[f.Field.Name], props[f.Field.Name], likenessOf(f)
		v := j.judge(ref.In(f.Field.Name), f, &p, d.says())
		v.lay(f)
		d.over(f)
		s := state(&n, f, d)
		part.add(&n, f, s, d.Verdict != "" && s == Proposed)
		row, err := fieldRow(ref, f, s, like, p)
		if err != nil {
			return err
		}
		rows = append(rows, row...)
	}
	if err := putFields(ctx, tx, rows); err != nil {
		return err
	}
	doc, err := encode(n)
	if err == nil {
		err = c.putDoc(ctx, tx, nodeID(ref), doc)
	}
	if err != nil {
		return err
	}
	return c.recount(ctx, tx, &n, part)
}

// relay lays the decisions anew over a dataset as the machine last saw it.
func (c *Catalog) relay(ctx context.Context, tx db.Tx, ref pii.Ref) error {
	n, err := c.machine(ctx, tx, ref)
	if err != nil {
		return err
	}
	props, err := c.proposalsOf(ctx, tx, ref)
	if err != nil {
		return err
	}
	return c.lay(ctx, tx, n, props)
}

// Tombstone marks a dataset that a scan missed. It stays in the graph, with its decisions, until it is seen again; its fields no longer
// count as personal data to be mapped. The first time raises an alert.
func (c *Catalog) Tombstone(ctx context.Context, tx db.Tx, ref pii.Ref) error {
	if _, err := c.bump(ctx, tx); err != nil {
		return err
	}
	n, err := c.machine(ctx, tx, ref)
	if err != nil || n.Gone != 0 {
		return err
	}
	n.Gone = clock.Micros()
	if err := c.putMachine(ctx, tx, n); err != nil {
		return err
	}
	if err := c.relay(ctx, tx, ref); err != nil {
		return err
	}
	return c.PutAlert(ctx, tx, Alert{Code: "gone", At: ref.Of(), Text: "the dataset was not found by the last scan"})
}

// Node gives a dataset as it counts now, decisions included, from the store.
func (c *Catalog) Node(ctx context.Context, ref pii.Ref) (n lineage.Node, err error) {
	err = c.read(ctx, func(tx db.Tx) error {
		docs, err := collect(ctx, tx, scanBytes, "SELECT doc FROM graph_doc WHERE id = $1 AND hash <> ''", nodeID(ref))
		if err != nil {
			return err
		}
		if len(docs) == 0 {
			return errkind.Coded(errkind.NotFound, "no-such-dataset", "the catalog has no dataset %s", ref.Of())
		}
		return decode(docs[0], &n)
	})
	return n, err
}

// Nodes gives every dataset of a source, or of all sources where it is empty, ordered by reference; tombstones are among them.
func (c *Catalog) Nodes(ctx context.Context, source string) (ns []lineage.Node, err error) {
	err = c.read(ctx, func(tx db.Tx) error {
		start := "n/"
		if source != "" {
			start += source + "/"
		}
		docs, err := collect(ctx, tx, scanBytes,
			"SELECT doc FROM graph_doc WHERE substr(id, 1, $1) = $2 AND hash <> ''", utf8.RuneCountInString(start), start)
		if err != nil {
			return err
		}
		ns = make([]lineage.Node, len(docs))
		for i := range docs {
			if err := decode(docs[i], &ns[i]); err != nil {
				return err
			}
		}
		return nil
	})
	slices.SortFunc(ns, func(a, b lineage.Node) int { return compareRefs(a.Dataset.Ref, b.Dataset.Ref) })
	return ns, err
}

func compareRefs(a, b pii.Ref) int {
	if c := strings.Compare(a.Source, b.Source); c != 0 {
		return c
	}
	if c := strings.Compare(a.Dataset, b.Dataset); c != 0 {
		return c
	}
	return strings.Compare(a.Field, b.Field)
}

func scanBytes(row db.Row) (b []byte, err error) { err = row.Scan(&b); return b, err }
