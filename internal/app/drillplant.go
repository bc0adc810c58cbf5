package app

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"vestige/connectors"
	"vestige/internal/errkind"
	"vestige/lineage"
	"vestige/pii"
)

// This file has what a drill plants, and how what is left of it is taken away.

// plantSomewhere plants her in the first dataset that takes her.
func (x *drilling) plantSomewhere(ctx context.Context) (err error) {
	for _, n := range x.may {
		x.at(n)
		if err = x.plant(ctx); errkind.Code(err) != "cannot-plant" {
			return err
		}
	}
	return err
}

// plant adds her record: an address, what the dataset has of a person, and what it does not do without.
func (x *drilling) plant(ctx context.Context) error {
	d := x.node.Dataset
	values := map[string]pii.Value{}
	var model map[string]pii.Value
	for _, f := range d.Fields {
		fn := x.node.Field(f.Name)
		mail := fn != nil && fn.Category == "contact.email" && fn.Form == "" && fn.Dense
		if mail && hole.MatchString(f.Name) {
			values[f.Name] = x.mark[0].Value
		}
		if !writable(d, f) {
			continue
		}
		own, invents := x.invented(fn)
		needed := !f.Default && (f.NotNull || keyed(d, f.Name)) && !serial(d, f)
		switch made, ok := made(d, f); {
		case mail:
			values[f.Name] = x.mark[0].Value
		case invents && !unique(d, f.Name) && (needed || f.Type == pii.Text && !fn.Category.Identifier()):
			values[f.Name] = fitting(own, f)
		case !needed:
		case ok:
			values[f.Name] = fitting(made, f)
		default:
			if model == nil {
				var err error
				if model, err = x.sample(ctx); err != nil {
					return err
				}
			}
			if v, ok := model[f.Name]; ok {
				values[f.Name] = x.unlike(fn, f, v)
			}
		}
	}
	x.put = map[string]bool{}
	for _, v := range values {
		x.put[v.Reveal()] = true
	}
	return x.src.Plant(ctx, d, values)
}

// hole names a field that is a part of an object's key.
var hole = regexp.MustCompile(`^\{\d+\}$`)

// unlike gives the value of a field in somebody's record where it is one of a list or a state that many share. One that singles her out, or that other records
// refer to, is never planted: it is given other digits and letters.
func (x *drilling) unlike(fn *lineage.FieldNode, f pii.Field, v pii.Value) pii.Value {
	if !slices.ContainsFunc(x.graph.In(x.node.Dataset.Ref), func(e *lineage.Edge) bool { return slices.Contains(e.ToFields, f.Name) }) && (fn == nil || !fn.Category.Identifier()) {
		return v
	}
	out, digest := []byte(v.Reveal()), sha256.Sum256([]byte(x.mark[0].Value.Reveal()+"\x00"+f.Name))
	for i, c := range out {
		switch n := digest[i%len(digest)] + byte(i/len(digest)); {
		case c >= '0' && c <= '9' && i == 0:
			out[i] = '1' + n%9
		case c >= '0' && c <= '9':
			out[i] = '0' + n%10
		case c >= 'a' && c <= 'z':
			out[i] = 'a' + n%26
		case c >= 'A' && c <= 'Z':
			out[i] = 'A' + n%26
		}
	}
	return pii.NewValue(string(out))
}

// sample reads one record, whose fields of lists and states a planted one may share.
func (x *drilling) sample(ctx context.Context) (map[string]pii.Value, error) {
	out := map[string]pii.Value{}
	for b, err := range x.src.Sample(ctx, connectors.Query{Dataset: x.node.Dataset, Bare: true}, 1) {
		if err != nil {
			return nil, err
		}
		cols := b.Columns()
		for i := range cols {
			if cols[i].Len() > 0 && cols[i].Field.Path == "" {
				if v, record := cols[i].Value(0); v != nil && record == 0 {
					out[cols[i].Field.Name] = pii.NewValue(string(v))
				}
			}
		}
		if len(out) > 0 {
			break
		}
	}
	return out, nil
}

func keyed(d pii.Dataset, name string) bool { return slices.Contains(d.Key, name) }

// serial tells whether the system numbers a field by itself, as a rowid.
func serial(d pii.Dataset, f pii.Field) bool {
	return len(d.Key) == 1 && d.Key[0] == f.Name && f.Type == pii.Int
}

func unique(d pii.Dataset, name string) bool {
	return keyed(d, name) || slices.ContainsFunc(d.Unique, func(u []string) bool { return slices.Contains(u, name) })
}

// invented gives what a planted person is called and where she lives: nobody is. Her telephone is one of the numbers that no area gives away.
func (x *drilling) invented(f *lineage.FieldNode) (string, bool) {
	if f == nil || !f.Dense || f.Form != "" {
		return "", false
	}
	if f.Category == "contact.phone" {
		n := sha256.Sum256([]byte(x.mark[0].Value.Reveal()))
		return fmt.Sprintf("+1 %d%d%d-555-01%02d", 2+n[0]%7, 2+n[1]%7, 2+n[2]%7, n[3]%100), true
	}
	v, ok := map[pii.Category]string{"identity.name": "Vestige Drill", "identity.given_name": "Vestige", "identity.family_name": "Drill",
		"contact.street": "Drill Street 1", "contact.city": "Drillham", "contact.postcode": "00000", "contact.address": "Drill Street 1, 00000 Drillham", "demographic.birth_date": "1900-01-01"}[f.Category]
	return v, ok
}

// made gives a value of a field's type that nothing else has.
func made(d pii.Dataset, f pii.Field) (string, bool) {
	refers := slices.ContainsFunc(d.References, func(r pii.Reference) bool { return slices.Contains(r.Fields, f.Name) })
	limited := slices.ContainsFunc(d.Constraints, func(c pii.Constraint) bool {
		return (c.Kind == "check" || c.Kind == "enum") && slices.Contains(c.Fields, f.Name)
	})
	native := strings.ToLower(f.Native)
	switch {
	case refers || limited || strings.HasPrefix(native, "enum"):
		return "", false
	case native == "uuid":
		return "00000000-0000-4000-8000-0000000d811e", true
	case unique(d, f.Name) && f.Type == pii.Int:
		return "2000000011", true
	case unique(d, f.Name) && f.Type == pii.Text:
		return "vestige-drill", true
	case f.Type == pii.Time && strings.Contains(native, "date") && !strings.Contains(native, "time"):
		return "2000-01-01", true
	case f.Type == pii.Time:
		return "2000-01-01T00:00:00Z", true
	case f.Type == pii.JSON:
		return "{}", true
	case f.Type == pii.Bool:
		return "false", true
	}
	return "", false
}

func fitting(v string, f pii.Field) pii.Value {
	if f.Length > 0 && len(v) > f.Length {
		v = v[:f.Length]
	}
	return pii.NewValue(v)
}

// trace is where the planted address stands in a dataset.
type trace struct {
	dataset pii.Dataset
	found   []*pii.Found
}

// remove takes away what a failed drill has left: her records, and copies that the system made of them. A record in which nothing stands but what was planted
// goes; from any other the address is taken out, and the rest of it stays.
func (x *drilling) remove(ctx context.Context) (n int64, err error) {
	if n, err = x.erase(ctx); err != nil {
		return n, err
	}
	copies, err := x.search(ctx, pii.Within)
	for _, at := range copies {
		got, e := x.clean(ctx, at)
		n += got
		err = errors.Join(err, e)
	}
	if left, e := x.search(ctx, pii.Within); e == nil && err == nil && len(left) > 0 {
		err = errkind.New(errkind.Conflict, "the address stands in %s still", left[0].dataset.Ref)
	}
	return n, err
}

// clean takes the planted address out of the records of a dataset.
func (x *drilling) clean(ctx context.Context, at trace) (n int64, err error) {
	var acts []pii.Act
	for _, f := range at.found {
		target := pii.Target{Key: f.Key, Digest: f.Digest, Equals: f.Equals}
		only, err := x.nothingElse(ctx, at.dataset, f)
		if err != nil {
			return 0, err
		}
		method := pii.Delete
		if !only {
			method = pii.Redact
			for _, h := range f.Hits {
				column := h.Field
				if field := at.dataset.Field(h.Field); field != nil {
					column = field.Column
				}
				target.Changes = append(target.Changes, pii.Change{Field: column, Path: h.Path, Start: h.Start, End: h.End, New: pii.NewValue("[drill]")})
			}
		}
		acts = append(acts, pii.Act{Dataset: at.dataset, Method: method, Targets: []pii.Target{target}})
	}
	got, err := x.src.Erase(ctx, pii.Unit{ID: "drill", Acts: acts})
	for _, r := range got {
		n += r.Affected
	}
	return n, err
}

// nothingElse tells whether a record holds what was planted and its key, and nothing else.
func (x *drilling) nothingElse(ctx context.Context, d pii.Dataset, f *pii.Found) (bool, error) {
	if len(f.Key) == 0 {
		return false, nil
	}
	var want []string
	for _, field := range d.Fields {
		if field.Path == "" && !keyed(d, field.Name) {
			want = append(want, field.Name)
		}
	}
	for found, err := range x.src.Locate(ctx, pii.Match{Dataset: d, Keys: []pii.Key{f.Key}, Want: want}) {
		if err != nil {
			return false, err
		}
		for _, values := range found.Fields {
			for _, v := range values {
				if !v.Value.Null() && !x.put[v.Value.Reveal()] {
					return false, nil
				}
			}
		}
	}
	return true, nil
}
