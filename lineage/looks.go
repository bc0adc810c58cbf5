package lineage

import (
	"context"
	"slices"

	"vestige/internal/errkind"
	"vestige/pii"
)

// wanted lists the fields that the closure reads from a record: those by which it goes on, and what tells people apart.
func (g *Graph) wanted(n *Node) []string {
	out := slices.Clone(g.several[n.Dataset.Ref])
	for i := range n.Fields {
		f := &n.Fields[i]
		if slices.Contains(out, f.Field.Name) {
			continue
		}
		if (f.Dense && f.Category.Personal()) || f.Role != "" || f.Domain != "" || timeLike(f) || slices.Contains(n.Dataset.Key, f.Field.Name) || underKeys(n, f.Field.Name) || f.Field.Type == pii.Text && !f.Category.Personal() && unitOf(f) != "" {
			out = append(out, f.Field.Name)
		}
	}
	return out
}

func timeLike(f *FieldNode) bool { return f.Field.Type == pii.Time || f.Category == "none.date" }

// run performs a look. What the system could not show becomes a gap of the closure; an error of the whole system too, so that others are still looked at.
func (c *closer) run(ctx context.Context, n *Node, m pii.Match, each func(*pii.Found) error) error {
	c.out.Looked++
	for f, err := range c.look.Look(ctx, m) {
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case errkind.Code(err) == errkind.NoObjects:
			return nil // whoever erased the last one left nothing to look at
		case err != nil:
			c.gap(pii.Gap{Code: "unreachable", At: n.Dataset.Ref, Text: errkind.Of(err).String(), Records: -1})
			return nil
		case f.Gap != nil:
			c.gap(*f.Gap)
			continue
		}
		if err := each(f); err != nil {
			return err
		}
	}
	return nil
}

func (c *closer) gap(g pii.Gap) {
	if !slices.Contains(c.out.Gaps, g) {
		c.out.Gaps = append(c.out.Gaps, g)
	}
}
