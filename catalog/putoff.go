package catalog

import (
	"context"
	"slices"
	"strings"

	"vestige/internal/db"
	"vestige/pii"
	"vestige/policies"
)

// putOff is what people put off for one reason. It is little, and is gathered from the decisions themselves.
type putOff struct {
	groups []*Group
	fields map[string][]pii.Ref // by group, in their order
}

// putOff gives it as a filter asks for it, which is gathered once for a revision.
func (c *Catalog) putOff(ctx context.Context, tx db.Tx, f GroupFilter) (putOff, error) {
	return remembered(ctx, c, tx, strings.Join([]string{"put-off:" + f.Reason, f.Source, string(f.Category)}, "\x00"), func() (putOff, error) {
		all, err := collect(ctx, tx, scanPutOff, `SELECT field.type, field.category, field.confidence, decision.doc FROM decision
			JOIN field ON field.source = decision.source AND field.dataset = decision.dataset AND field.name = decision.field
			WHERE decision.verdict = 'defer' AND field.state = 'deferred' AND ($1 = '' OR decision.source = $1)`, f.Source)
		slices.SortFunc(all, func(a, b putOffField) int { return compareRefs(a.decision.Field, b.decision.Field) })
		return gathered(all, f, c.policy.Cost), err
	})
}

// putOffField is a field that somebody put off.
type putOffField struct {
	decision   pii.Decision
	typ        pii.FieldType
	category   pii.Category
	confidence float64
}

func scanPutOff(row db.Row) (x putOffField, err error) {
	var doc []byte
	if err = row.Scan(&x.typ, &x.category, &x.confidence, &doc); err == nil {
		err = decode(doc, &x.decision)
	}
	return x, err
}

func gathered(all []putOffField, f GroupFilter, cost policies.Cost) (out putOff) {
	l := line{groups: map[string]*standing{}}
	n, touched := map[string]int64{}, map[string]bool{}
	out.fields = map[string][]pii.Ref{}
	for _, x := range all {
		if !strings.HasPrefix(x.decision.Reason, f.Reason) || f.Category != "" && !f.Category.Covers(x.category) {
			continue
		}
		ref := x.decision.Field
		row := groupRow{name: spelling(ref.Field), typ: string(x.typ), category: string(x.category), source: ref.Source, band: bandOf(x.confidence)}
		n[row.String()]++
		id := l.put(waiting{Deferred, row, n[row.String()]})
		out.fields[id], touched[id] = append(out.fields[id], ref), true
	}
	l.place(touched, cost)
	out.groups = l.order
	return out
}

// fieldsPutOff gives the fields of one of its groups behind a place.
func (c *Catalog) fieldsPutOff(ctx context.Context, tx db.Tx, f GroupFilter, g *Group, after pii.Ref, limit int) (es []Entry, err error) {
	off, err := c.putOff(ctx, tx, f)
	if err != nil {
		return nil, err
	}
	refs := off.fields[g.ID]
	from := slices.IndexFunc(refs, func(r pii.Ref) bool { return compareRefs(r, after) > 0 })
	if from < 0 {
		return nil, nil
	}
	for _, r := range refs[from:min(len(refs), from+max(1, limit))] {
		found, err := collect(ctx, tx, scanEntry, selectEntry+" WHERE source = $1 AND dataset = $2 AND name = $3", r.Source, r.Dataset, r.Field)
		if err != nil {
			return nil, err
		}
		es = append(es, found...)
	}
	return es, c.attach(ctx, tx, es)
}
