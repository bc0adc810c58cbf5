package sqlite

import (
	"context"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"vestige/connectors/relational"
	"vestige/internal/errkind"
)

var (
	_ relational.Speller   = (*system)(nil)
	_ relational.Defaulter = (*system)(nil)
	_ relational.Writer    = (*system)(nil)
)

// numeral is a text that a column of numbers makes a number of.
var numeral = regexp.MustCompile(`^[ \t\n\v\f\r]*[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?[ \t\n\v\f\r]*$`)

// Spell gives what a column's affinity makes of a value: section 3 of SQLite's "Datatypes".
func (s *system) Spell(_ context.Context, rc *relational.Column, v relational.Value) (relational.Value, error) {
	c := rc.Own.(*column)
	if c.affinity == textAffinity {
		switch v.(type) {
		case int64, float64:
			return string(appendValue(nil, v)), nil
		}
	}
	if c.affinity == blobAffinity || c.affinity == textAffinity {
		return v, nil
	}
	if text, ok := v.(string); ok {
		if !numeral.MatchString(text) {
			return v, nil
		}
		text = strings.TrimSpace(text)
		f, _ := strconv.ParseFloat(text, 64)
		v = f
		if n, err := strconv.ParseInt(text, 10, 64); err == nil {
			v = n
		}
	}
	return c.number(v), nil
}

// number gives a number the class that the column keeps it in.
func (c *column) number(v relational.Value) relational.Value {
	switch n := v.(type) {
	case int64:
		if c.affinity == realAffinity {
			return float64(n)
		}
	case float64:
		if c.affinity != realAffinity && n == math.Trunc(n) && math.Abs(n) < 1<<62 {
			return int64(n)
		}
	}
	return v
}

// Default computes a column's default, where it is a constant.
func (s *system) Default(ctx context.Context, t *relational.Table, rc *relational.Column) (relational.Value, bool, error) {
	l := readerOf(t).l
	got, err := s.c.all(ctx, "SELECT dflt_value FROM pragma_table_xinfo(?, ?) WHERE name=?", l.table, l.schema, rc.Name)
	if err != nil || len(got) == 0 {
		return nil, false, err
	}
	if got[0][0] == nil {
		return nil, true, nil
	}
	text := asText(got[0][0])
	if strings.ContainsAny(text, "(") || strings.HasPrefix(strings.ToUpper(text), "CURRENT_") {
		return nil, false, nil
	}
	value, err := s.c.all(ctx, "SELECT "+text)
	if err != nil || len(value) != 1 {
		return nil, false, err
	}
	v, err := s.Spell(ctx, rc, value[0][0])
	return v, err == nil, err
}

// Writes tells where a table's triggers write, by their text.
func (s *system) Writes(ctx context.Context, t *relational.Table) (map[string][]string, error) {
	got, err := s.triggers(ctx, t.Dataset)
	out := map[string][]string{}
	for _, g := range got {
		for _, name := range writes(g.sql) {
			to, err := s.d.layout(ctx, s.c, s.d.display(readerOf(t).l.schema, name))
			if errkind.Of(err) == errkind.NotFound && err != nil {
				continue
			}
			if err != nil {
				return nil, err
			}
			if at := s.d.display(to.schema, to.table); !slices.Contains(out[g.name], at) {
				out[g.name] = append(out[g.name], at)
			}
		}
	}
	return out, err
}
