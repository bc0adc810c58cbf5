package elasticsearch

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"iter"
	"maps"
	"math/rand/v2"
	"path"
	"slices"
	"strings"

	"vestige/internal/doc"
	"vestige/internal/errkind"
	"vestige/pii"
)

// The codes of gaps and findings that only this system has.
const (
	gapClosed    = "index-closed"
	gapSource    = "source-disabled"
	gapExcluded  = "source-excluded"
	gapDenied    = "permission"
	gapStale     = "unrefreshed"
	gapFiltered  = "document-security"
	gapTooLarge  = "record-too-large"
	codeBlocked  = "index-blocked"
	noRewrite    = "no-rewrite" // the kind of a constraint: documents can be deleted, not changed
	probeRecords = 40
)

// Discover yields the datasets of the source's indexes, and as gaps those that are closed, hidden from the user or without documents.
func (d *Driver) Discover(ctx context.Context) iter.Seq2[pii.Dataset, error] {
	return func(yield func(pii.Dataset, error) bool) {
		all, err := d.look(ctx, strings.Join(d.patterns, ","))
		if err != nil {
			yield(pii.Dataset{}, err)
			return
		}
		groups, order := map[string][]*index{}, []string{}
		for _, x := range all {
			if !d.ours(x) {
				continue
			}
			if groups[x.group] == nil {
				order = append(order, x.group)
			}
			groups[x.group] = append(groups[x.group], x)
		}
		filtered, err := d.filtered(ctx)
		if err != nil {
			yield(pii.Dataset{}, err)
			return
		}
		for _, name := range order {
			ds, err := d.dataset(ctx, name, groups[name])
			if err != nil {
				yield(pii.Dataset{}, err)
				return
			}
			if ds.Gap == nil && filtered(groups[name]) {
				ds.Gap = &pii.Gap{Code: gapFiltered, At: ds.Ref, Text: "the user's role shows only some documents or fields: nothing tells what is hidden", Records: -1}
			}
			if !yield(ds, nil) {
				return
			}
		}
		d.unseen(ctx, all, yield)
	}
}

// unseen yields the indexes that the cluster has and the user may not see: they vanish from every answer without a hint.
func (d *Driver) unseen(ctx context.Context, all []*index, yield func(pii.Dataset, error) bool) {
	unknown := func(name, text string) bool {
		ref := pii.Ref{Source: d.env.Name, Dataset: name}
		return yield(pii.Dataset{Ref: ref, Kind: pii.Index, Records: -1, Bytes: -1, Gap: &pii.Gap{Code: gapDenied, At: ref, Text: text, Records: -1}}, nil)
	}
	names, err := d.everything(ctx)
	switch {
	case errkind.Of(err) == errkind.Permission && err != nil:
		unknown(strings.Join(d.patterns, ","), "the cluster's own list may not be read (privilege monitor): whether there are indexes that the user may not see is not known")
		return
	case err != nil:
		yield(pii.Dataset{}, err)
		return
	}
	seen := map[string]bool{}
	for _, x := range all {
		seen[x.name] = true
	}
	hidden := map[string]bool{}
	for _, name := range names {
		if seen[name] || ownOfSystem(name, nil) || !slices.ContainsFunc(d.patterns, func(p string) bool { ok, _ := path.Match(p, name); return ok }) {
			continue
		}
		if p := patternOf(name); !hidden[p] && !seen[p] {
			hidden[p] = true
			if !unknown(p, "the user may not see it") {
				return
			}
		}
	}
}

// filtered tells of a dataset whether the user's roles hide documents or fields of it.
func (d *Driver) filtered(ctx context.Context) (func([]*index) bool, error) {
	var got struct {
		Indices []struct {
			Names      []string
			Privileges []string
			Fields     []any `json:"field_security"`
			Query      []any
		}
	}
	err := d.c.get(ctx, "/_security/user/_privileges", &got)
	switch errkind.Of(err) {
	case errkind.Canceled, errkind.Transient:
		if err != nil {
			return nil, err
		}
	}
	if err != nil { // there is no security, or another product's
		return func([]*index) bool { return false }, nil
	}
	covers := func(names []string, x *index) bool {
		return slices.ContainsFunc(names, func(n string) bool { ok, _ := path.Match(n, x.name); return ok || n == x.stream })
	}
	return func(members []*index) bool {
		return slices.ContainsFunc(members, func(x *index) bool {
			narrow, wide := false, false
			for _, p := range got.Indices {
				if covers(p.Names, x) {
					narrow = narrow || len(p.Query) > 0 || someFields(p.Fields)
					wide = wide || len(p.Query) == 0 && !someFields(p.Fields) && (slices.Contains(p.Privileges, "read") || slices.Contains(p.Privileges, "all"))
				}
			}
			return narrow && !wide // of two roles the wider counts
		})
	}, nil
}

// someFields tells whether a privilege is for some fields alone.
func someFields(security []any) bool {
	return slices.ContainsFunc(security, func(f any) bool {
		m, ok := f.(map[string]any)
		grant, _ := m["grant"].([]any)
		except, _ := m["except"].([]any)
		return !ok || !slices.Contains(grant, any("*")) || len(except) > 0
	})
}

// dataset describes the indexes of one group.
func (d *Driver) dataset(ctx context.Context, name string, members []*index) (pii.Dataset, error) {
	ds := pii.Dataset{Ref: pii.Ref{Source: d.env.Name, Dataset: name}, Kind: pii.Index, Key: []string{indexField, idField, routingField}}
	version, schema := sha256.New(), sha256.New()
	var open []*index
	for _, x := range members {
		if code, text := x.unreadable(); code != "" {
			ds.Gap = &pii.Gap{Code: code, At: ds.Ref, Text: text, Records: -1} // what can be read beside it is yielded by Read all the same
			continue
		}
		s, err := d.stats(ctx, x.name)
		if errkind.Of(err) == errkind.Permission && err != nil {
			ds.Records, ds.Bytes, version = -1, -1, nil
		} else if err != nil {
			return ds, err
		}
		open = append(open, x)
		if _, _ = fmt.Fprintln(schema, x.schema); version != nil {
			ds.Records, ds.Bytes = ds.Records+s.docs, ds.Bytes+s.bytes
			_, _ = fmt.Fprintln(version, x.uuid, x.schema, s.shards)
		}
		if why := x.rewritable(); why != "" && ds.Constraints == nil {
			ds.Constraints = []pii.Constraint{{Kind: noRewrite, Text: why}}
		}
	}
	if len(open) < len(members) && len(open) > 0 {
		ds.Gap = nil // Read tells of each index that it cannot give
	}
	if version != nil && len(open) == len(members) {
		ds.Version = hex.EncodeToString(version.Sum(nil)[:16])
	}
	ds.Schema = hex.EncodeToString(schema.Sum(nil)[:16])
	ds.Comment = d.comment(members)
	seen, err := d.probe(ctx, open)
	if err != nil {
		return ds, err
	}
	ds.Fields = fieldsOf(open, seen)
	return ds, nil
}

// unreadable says why an index gives no documents.
func (x *index) unreadable() (code, text string) {
	switch {
	case x.closed:
		return gapClosed, "the index is closed"
	case x.denied != nil && errkind.Code(x.denied) == codeBlocked:
		return codeBlocked, "the index's description is blocked"
	case x.denied != nil:
		return gapDenied, "the index's description may not be read"
	case x.source == sourceDisabled:
		return gapSource, "the index keeps no _source: what its documents hold cannot be read back"
	case slices.Contains(x.blocked(), "read"):
		return codeBlocked, "reading the index is blocked"
	}
	return "", ""
}

// rewritable says why documents cannot be written again, "" where they can.
func (x *index) rewritable() string {
	switch {
	case x.source == sourceExcluded:
		return "_source lacks fields, which writing a document again would lose"
	case x.source == sourceSynthetic:
		return "_source is synthetic: it is not what was written"
	case x.setting("index.final_pipeline") != "" && x.setting("index.final_pipeline") != "_none":
		return "a final pipeline would change what is written"
	}
	return ""
}

func (d *Driver) comment(members []*index) string {
	var aliases []string
	for _, x := range members {
		aliases = append(aliases, x.aliases...)
	}
	slices.Sort(aliases)
	text := fmt.Sprintf("%d indexes", len(members))
	if len(members) == 1 {
		text = "1 index"
	}
	if members[0].stream != "" {
		text = "data stream of " + text
	}
	if aliases = slices.Compact(aliases); len(aliases) > 0 {
		text += ", aliases " + strings.Join(aliases[:min(len(aliases), 8)], ", ")
	}
	return text
}

// probe gives the paths that some documents of the first and last indexes have, with a kind of value each.
func (d *Driver) probe(ctx context.Context, open []*index) (map[string]doc.Kind, error) {
	seen := map[string]doc.Kind{}
	some := open
	if len(some) > 4 {
		some = slices.Concat(open[:2], open[len(open)-2:])
	}
	var w doc.Walker
	for _, x := range some {
		u := &urn{d: d, random: rand.New(rand.NewPCG(1, 0xe1a57))}
		err := u.add(ctx, x)
		if err == nil && u.total > 0 {
			err = u.draw(ctx, probeRecords, func(h *hit) error {
				_ = w.Walk(h.source, func(l doc.Leaf) bool {
					if k, ok := seen[l.Name]; !ok || k == doc.Null {
						seen[l.Name] = l.Kind
					} else if k != l.Kind && l.Kind != doc.Null {
						seen[l.Name] = doc.String
					}
					return true
				})
				return nil
			})
		}
		if err != nil && errkind.Of(err) != errkind.Permission {
			return nil, err
		}
	}
	return seen, nil
}

// fieldsOf joins what the mapping declares with what documents have: the mapping knows no arrays, and not what it does not index.
func fieldsOf(open []*index, seen map[string]doc.Kind) []pii.Field {
	fields := addressFields()
	byPath, covered := map[string]bool{}, map[string]bool{}
	for _, name := range slices.Sorted(maps.Keys(seen)) {
		l, ok := leafIn(open, name)
		byPath[dotted(name)] = true
		covered[strings.ReplaceAll(name, "[]", "")] = true
		fields = append(fields, fieldOf(name, l, ok, seen[name]))
	}
	var rest []string
	declared := map[string]leaf{}
	for _, x := range open {
		for p, l := range x.leaves {
			name := l.name()
			if _, again := declared[name]; again || byPath[p] || x.copies[p] || covered[name] || below(byPath, covered, p, name) {
				continue
			}
			declared[name] = l
			rest = append(rest, name)
		}
	}
	slices.Sort(rest)
	for _, name := range rest {
		fields = append(fields, fieldOf(name, declared[name], true, doc.Null))
	}
	return fields
}

// below tells whether documents have something inside of what the mapping calls one field.
func below(byPath, covered map[string]bool, p, name string) bool {
	for q := range byPath {
		if strings.HasPrefix(q, p+".") {
			return true
		}
	}
	for q := range covered {
		if strings.HasPrefix(q, name+".") || strings.HasPrefix(q, name+"{") {
			return true
		}
	}
	return false
}

func addressFields() []pii.Field {
	return []pii.Field{
		{Name: indexField, Column: indexField, Type: pii.Text, NotNull: true, Generated: true, Comment: "the concrete index"},
		{Name: idField, Column: idField, Type: pii.Text, NotNull: true, Generated: true, Indexed: true, Native: "_id"},
		{Name: routingField, Column: routingField, Type: pii.Text, Generated: true, Comment: "where the document is kept, if not by its _id"},
	}
}

// leafIn gives what the mappings say of a field; ok only where all that know it agree.
func leafIn(open []*index, name string) (leaf, bool) {
	for i := len(open) - 1; i >= 0; i-- {
		if l, ok := open[i].leafAt(name); ok {
			return l, true
		}
	}
	return leaf{}, false
}

func fieldOf(name string, l leaf, mapped bool, k doc.Kind) pii.Field {
	f := pii.Field{Name: name, Path: name, Type: kindType(k)}
	if mapped {
		f.Type, f.Native, f.Indexed = l.typeOf(), l.kind, l.way != byReading
	}
	if mapped && l.path != dotted(name) { // inside of what is flattened
		f.Type = kindType(k)
	}
	if k == doc.Member {
		f.Type, f.Native, f.Indexed = pii.Text, "", false
	}
	return f
}

func kindType(k doc.Kind) pii.FieldType {
	switch k {
	case doc.Number:
		return pii.Float
	case doc.Bool:
		return pii.Bool
	case doc.Null:
		return pii.AnyOne
	}
	return pii.Text
}
