package watch

import (
	"cmp"
	"context"
	"slices"

	"vestige/catalog"
	"vestige/internal/errkind"
	"vestige/pii"
)

// Change is a field that is another after a run than after one before.
type Change struct {
	At   pii.Ref            `json:"at"`
	How  string             `json:"how"` // new, changed, gone
	Was  *catalog.ItemField `json:"was,omitempty"`
	Is   *catalog.ItemField `json:"is,omitempty"`
	Whys []string           `json:"whys,omitempty"` // of a change: type, category
}

// Comparison is what two runs of a source say differently.
type Comparison struct {
	Source  string      `json:"source"`
	From    catalog.Run `json:"from"`
	To      catalog.Run `json:"to"`
	New     int         `json:"new"` // fields
	Changed int         `json:"changed"`
	Gone    int         `json:"gone"`
	Same    int         `json:"same"`
	NewSets []string    `json:"newDatasets"`
	Lost    []string    `json:"goneDatasets"`
	Changes []Change    `json:"changes"`
}

// Compare says what is new, changed and gone between two runs of one source, the earlier one first whichever is named first. What a run did not look at is as the
// runs before it left it.
func (s *Service) Compare(ctx context.Context, a, b string) (out Comparison, err error) {
	from, err := s.Catalog.Run(ctx, a)
	if err != nil {
		return out, err
	}
	to, err := s.Catalog.Run(ctx, b)
	if err != nil {
		return out, err
	}
	if from.Source != to.Source {
		return out, errkind.Coded(errkind.Invalid, "other-source", "runs of one source are compared with each other")
	}
	if from.Started > to.Started {
		from, to = to, from
	}
	before, err := s.Catalog.AsOf(ctx, from)
	if err != nil {
		return out, err
	}
	after, err := s.Catalog.AsOf(ctx, to)
	if err != nil {
		return out, err
	}
	out = Comparison{Source: from.Source, From: *from, To: *to, NewSets: []string{}, Lost: []string{}, Changes: []Change{}}
	for name, now := range after {
		was, known := before[name]
		known = known && was.State != "gone"
		switch {
		case now.State == "gone" && known:
			out.Lost = append(out.Lost, name)
		case now.State != "gone" && !known:
			out.NewSets = append(out.NewSets, name)
		}
		out.fields(name, was.Fields, now.Fields)
	}
	slices.Sort(out.NewSets)
	slices.Sort(out.Lost)
	slices.SortFunc(out.Changes, func(x, y Change) int {
		return cmp.Or(cmp.Compare(x.At.Dataset, y.At.Dataset), cmp.Compare(x.At.Field, y.At.Field))
	})
	return out, nil
}

// fields compares those of one dataset.
func (c *Comparison) fields(dataset string, was, is []catalog.ItemField) {
	old := map[string]*catalog.ItemField{}
	for i := range was {
		old[was[i].Name] = &was[i]
	}
	add := func(how string, was, is *catalog.ItemField, name string, whys ...string) {
		c.Changes = append(c.Changes, Change{pii.Ref{Source: c.Source, Dataset: dataset, Field: name}, how, was, is, whys})
	}
	for i := range is {
		now := &is[i]
		before := old[now.Name]
		delete(old, now.Name)
		switch whys := differ(before, now); {
		case before == nil:
			c.New++
			add("new", nil, now, now.Name)
		case len(whys) > 0:
			c.Changed++
			add("changed", before, now, now.Name, whys...)
		default:
			c.Same++
		}
	}
	for name, before := range old {
		c.Gone++
		add("gone", before, nil, name)
	}
}

func differ(was, is *catalog.ItemField) (whys []string) {
	if was == nil {
		return nil
	}
	if was.Type != is.Type {
		whys = append(whys, "type")
	}
	if was.Category != is.Category {
		whys = append(whys, "category")
	}
	return whys
}
