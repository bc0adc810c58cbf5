package catalog

import (
	"context"
	"maps"
	"slices"
	"strconv"
	"strings"

	"vestige/internal/db"
	"vestige/lineage"
	"vestige/pii"
)

// share is what one dataset adds to the counters.
type share struct {
	Combos map[string]int64 `json:"c,omitempty"`
	Groups map[string]int64 `json:"g,omitempty"` // by state and group, which a line end parts
	counts Counts
}

// add counts a field.
func (p *share) add(n *lineage.Node, f *lineage.FieldNode, s State, reopened bool) {
	if p.Combos == nil {
		p.Combos, p.Groups = map[string]int64{}, map[string]int64{}
	}
	category, confidence := counts(f)
	k := combo{Source: n.Dataset.Ref.Source, Category: category, Also: joinCategories(alsoOf(f)), State: s, Type: string(f.Field.Type), Reopened: reopened}
	p.Combos[k.String()]++
	p.counts.add(s, category, 1)
	if s == Proposed || s == Deferred {
		p.Groups[string(s)+"\n"+groupRow{spelling(f.Field.Name), string(f.Field.Type), string(category), n.Dataset.Ref.Source, bandOf(confidence)}.String()]++
	}
}

// alsoOf gives the further categories that a field holds within its text.
func alsoOf(f *lineage.FieldNode) (out []pii.Category) {
	for _, c := range f.Contains {
		if c.Category.Personal() && c.Confidence >= Find && !slices.Contains(out, c.Category) {
			out = append(out, c.Category)
		}
	}
	return out
}

// groupRow is fields of one name in one spelling, one type, category, source and band: those of several sources are a group.
type groupRow struct {
	name, typ, category, source string
	band                        Band
}

func (g groupRow) String() string {
	return strings.Join([]string{g.name, g.typ, g.category, g.source, strconv.Itoa(int(g.band))}, "\x1f")
}

func parseGroupRow(s string) (g groupRow, ok bool) {
	p := strings.Split(s, "\x1f")
	if len(p) != 5 {
		return g, false
	}
	band, err := strconv.Atoi(p[4])
	return groupRow{p[0], p[1], p[2], p[3], Band(band)}, err == nil
}

func bandOf(confidence float64) Band {
	for b := Sure; b > Weak; b-- {
		if confidence >= bandFrom[b] {
			return b
		}
	}
	return Weak
}

// recount puts what a dataset adds to the counters in the place of what it added before. The unit of work has taken its revision, which the queue follows by.
func (c *Catalog) recount(ctx context.Context, tx db.Tx, n *lineage.Node, now share) error {
	ref := n.Dataset.Ref.Of()
	var was share
	olds, err := collect(ctx, tx, scanBytes, "SELECT doc FROM dataset_part WHERE source = $1 AND name = $2", ref.Source, ref.Dataset)
	if err == nil && len(olds) > 0 {
		err = decode(olds[0], &was)
	}
	if err != nil {
		return err
	}
	if err := counted(ctx, tx, was.Combos, now.Combos, func(k string, d int64) (string, []any) {
		return "INSERT INTO field_count (combo, n) VALUES ($1, $2) ON CONFLICT (combo) DO UPDATE SET n = field_count.n + excluded.n", []any{k, d}
	}); err != nil {
		return err
	}
	if err := counted(ctx, tx, was.Groups, now.Groups, func(k string, d int64) (string, []any) {
		state, grp, _ := strings.Cut(k, "\n")
		return `INSERT INTO field_group (state, grp, n, changed) VALUES ($1, $2, $3, (SELECT revision FROM catalog_revision WHERE id = 1))
			ON CONFLICT (state, grp) DO UPDATE SET n = field_group.n + excluded.n, changed = excluded.changed`, []any{state, grp, d}
	}); err != nil {
		return err
	}
	doc, err := encode(now)
	if err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, "INSERT INTO dataset_part (source, name, doc) VALUES ($1, $2, $3) ON CONFLICT (source, name) DO UPDATE SET doc = excluded.doc", ref.Source, ref.Dataset, doc); err != nil {
		return err
	}
	brief, err := encode(briefOf(n))
	if err != nil {
		return err
	}
	k := now.counts
	_, err = tx.Exec(ctx, `INSERT INTO dataset_count (source, name, fields, personal, proposed, deferred, accepted, rejected, clean, unexamined, gone, gaps, missed, brief)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14) ON CONFLICT (source, name) DO UPDATE SET fields = excluded.fields, personal = excluded.personal,
		proposed = excluded.proposed, deferred = excluded.deferred, accepted = excluded.accepted, rejected = excluded.rejected, clean = excluded.clean,
		unexamined = excluded.unexamined, gone = excluded.gone, gaps = excluded.gaps, missed = excluded.missed, brief = excluded.brief`,
		ref.Source, ref.Dataset, k.Fields, k.PII, k.Proposed, k.Deferred, k.Accepted, k.Rejected, k.Clean, k.Unexamined, k.Gone, int64(len(n.Gaps)), n.Gone, brief)
	return err
}

// counted writes by how much each counter differs, in one order, so that two writers never wait for each other.
func counted(ctx context.Context, tx db.Tx, was, now map[string]int64, statement func(string, int64) (string, []any)) error {
	diff := maps.Clone(now)
	if diff == nil {
		diff = map[string]int64{}
	}
	for k, n := range was {
		diff[k] -= n
	}
	for _, k := range slices.Sorted(maps.Keys(diff)) {
		if diff[k] == 0 {
			continue
		}
		sql, args := statement(k, diff[k])
		if _, err := tx.Exec(ctx, sql, args...); err != nil {
			return err
		}
	}
	return nil
}

// storedCombos gives the counters of the store, with the revision that they are of.
func (c *Catalog) storedCombos(ctx context.Context) (out []combo, at int64, err error) {
	err = c.read(ctx, func(tx db.Tx) error {
		if err := tx.QueryRow(ctx, "SELECT revision FROM catalog_revision WHERE id = 1").Scan(&at); err != nil {
			return err
		}
		out, err = combosIn(ctx, tx)
		return err
	})
	return out, at, err
}

func combosIn(ctx context.Context, tx db.Tx) (out []combo, err error) {
	rows, err := tx.Query(ctx, "SELECT combo, n FROM field_count WHERE n <> 0")
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var text string
		var n int64
		if err := rows.Scan(&text, &n); err != nil {
			return nil, err
		}
		if k, ok := parseCombo(text); ok {
			k.n = n
			out = append(out, k)
		}
	}
	return out, rows.Err()
}

// countAnew makes the counters of a catalog that has none, or not all: one from before they were kept.
func (c *Catalog) countAnew(ctx context.Context) error {
	var sets, have, edges, ends int64
	look := func(tx db.Tx) error {
		for sql, into := range map[string]*int64{"SELECT count(*) FROM dataset": &sets, "SELECT count(*) FROM dataset_part": &have, "SELECT count(*) FROM edge": &edges, "SELECT count(*) FROM edge_to": &ends} {
			if err := tx.QueryRow(ctx, sql).Scan(into); err != nil {
				return err
			}
		}
		return nil
	}
	if err := c.read(ctx, look); err != nil || sets == have && edges == ends {
		return err
	}
	return c.db.Write(ctx, func(tx db.Tx) error {
		if err := db.Lock(ctx, tx, "catalog counters"); err != nil {
			return err
		}
		if err := look(tx); err != nil || sets == have && edges == ends {
			return err
		}
		if err := c.recountAll(ctx, tx); err != nil {
			return err
		}
		return c.endsAnew(ctx, tx)
	})
}

func (c *Catalog) recountAll(ctx context.Context, tx db.Tx) error {
	refs, err := collect(ctx, tx, scanSet, "SELECT source, name FROM dataset")
	if err != nil {
		return err
	}
	for _, ref := range refs {
		if err := c.relay(ctx, tx, ref); err != nil {
			return err
		}
	}
	return nil
}

func (c *Catalog) endsAnew(ctx context.Context, tx db.Tx) error {
	docs, err := collect(ctx, tx, scanBytes, "SELECT machine FROM edge")
	if err != nil {
		return err
	}
	for _, doc := range docs {
		var e lineage.Edge
		if err := decode(doc, &e); err != nil {
			return err
		}
		if err := putEdgeEnd(ctx, tx, e); err != nil {
			return err
		}
	}
	return nil
}

func putEdgeEnd(ctx context.Context, tx db.Tx, e lineage.Edge) error {
	_, err := tx.Exec(ctx, `INSERT INTO edge_to (id, source, dataset) VALUES ($1, $2, $3) ON CONFLICT (id) DO UPDATE SET source = excluded.source, dataset = excluded.dataset`, e.ID, e.To.Source, e.To.Dataset)
	return err
}
