package model

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// Content is what a system's own client reads of each table: rows of values, nil for NULL.
type Content map[*Table][][]*string

// Judge says what is wrong with what an erasure of the subject left, given what the systems held before, in the order of the records. Each record that is not hers has to
// be there still, with the same values but for what was about her alone; each that is hers has to be gone, or to be a shell with nothing of hers because
// something that stays refers to it and cannot let go.
func (e *Estate) Judge(before, after Content) (wrong []string) {
	j := &judge{Estate: e, before: before, after: after, holdings: e.Truth(e.Subject)}
	for _, t := range e.Tables {
		if t.Form != "view" {
			j.table(t)
		}
	}
	return j.wrong
}

type judge struct {
	*Estate
	before, after Content
	holdings      map[*Row]Holding
	wrong         []string
}

func (j *judge) say(t *Table, r *Row, format string, args ...any) {
	j.wrong = append(j.wrong, fmt.Sprintf("%s %s: %s", t.Ref(), t.label(r), fmt.Sprintf(format, args...)))
}

// table finds for each record that stays its likeness among what is there now. What is over has to be shells of hers.
func (j *judge) table(t *Table) {
	left := slices.Clone(j.after[t])
	for _, exact := range []bool{true, false} {
		for i, r := range t.Rows {
			if j.holdings[r] == Hers || j.exact(t, r) != exact {
				continue
			}
			at := slices.IndexFunc(left, func(now []*string) bool { return j.stays(t, r, j.before[t][i], now) == "" })
			if at < 0 {
				j.say(t, r, "%s", j.why(t, r, j.before[t][i], left))
				continue
			}
			left = slices.Delete(left, at, at+1)
		}
	}
	for i, r := range t.Rows {
		if j.holdings[r] != Hers {
			continue
		}
		if at := slices.IndexFunc(left, func(now []*string) bool { return j.shell(t, r, j.before[t][i], now) }); at >= 0 {
			left = slices.Delete(left, at, at+1)
		} else if slices.ContainsFunc(left, func(now []*string) bool { return same(now, j.before[t][i]) }) {
			j.say(t, r, "left as it was")
		}
	}
	if len(left) > 0 {
		j.wrong = append(j.wrong, fmt.Sprintf("%s: %d records are there that should not be, the first %s", t.Ref(), len(left), shown(left[0])))
	}
}

// exact tells whether a record has nothing of hers alone.
func (j *judge) exact(_ *Table, r *Row) bool {
	return !slices.ContainsFunc(r.Cells, func(c Cell) bool { return len(j.hersIn(c)) > 0 })
}

// hersIn gives the pieces of a cell that are about her alone.
func (j *judge) hersIn(c Cell) (out []Part) {
	for _, p := range c.Parts {
		if len(p.Of) == 1 && p.Of[0] == j.Subject {
			out = append(out, p)
		}
	}
	return out
}

// eithers gives the pieces of a text that are about a namesake and are what she is called too: in a record that names her they may go.
func (j *judge) eithers(c Cell) (out []Part) {
	for _, p := range c.Parts {
		if !p.Single && p.Text == j.Names[j.Subject] && *c.V != p.Text && !slices.Contains(p.Of, j.Subject) {
			out = append(out, p)
		}
	}
	return out
}

// stays tells what is wrong with a record that stays, "" for nothing.
func (j *judge) stays(t *Table, r *Row, before, now []*string) string {
	mention := j.holdings[r] != Not && j.holdings[r] != Doubtful
	for i, c := range r.Cells {
		hers, either := j.hersIn(c), j.eithers(c)
		if !mention || len(hers)+len(either) == 0 {
			if !same(before[i:i+1], now[i:i+1]) && (now[i] != nil || !j.ledToHers(t, r, t.Fields[i].Name)) {
				return "collateral in " + t.Fields[i].Name
			}
			continue
		}
		if why := j.without(t, t.Fields[i], c, hers, either, before[i], now[i]); why != "" {
			return why
		}
	}
	return ""
}

// ledToHers tells whether a field referred to a record of hers: that one is gone, and the reference may be too.
func (j *judge) ledToHers(t *Table, r *Row, field string) bool {
	w := &world{Estate: j.Estate}
	return slices.ContainsFunc(t.Refs, func(ref Ref) bool {
		return slices.Contains(ref.Fields, field) && slices.ContainsFunc(w.parents(t, r, ref), func(p *Row) bool { return j.holdings[p] == Hers })
	})
}

// without tells what is wrong with a value that named her.
func (j *judge) without(t *Table, f Field, c Cell, hers, either []Part, before, now *string) string {
	if same([]*string{before}, []*string{now}) && len(hers) == 0 {
		return ""
	}
	if now == nil {
		if rest := others(c, append(hers, either...)); rest != "" {
			return "collateral in " + f.Name + ": more than hers is gone"
		}
		return ""
	}
	for _, p := range hers {
		if strings.Contains(beside(c, p, *now), strings.ToLower(p.Text)) && !(p.Local && (*now == p.Text && j.shellOf(t, f, p.Text) || *now != p.Text)) {
			return "left in " + f.Name
		}
	}
	if f.Type == "json" {
		return j.document(f, c, *now)
	}
	rest := *now
	for _, piece := range pieces(*c.V, append(hers, either...)) {
		k := strings.Index(rest, piece)
		if k < 0 {
			return "collateral in " + f.Name + ": the text around her is changed"
		}
		rest = rest[k+len(piece):]
	}
	return ""
}

// beside gives what is left of a value, in small letters, without the longer pieces of others: an address of somebody else can hold hers.
func beside(c Cell, hers Part, now string) string {
	now = strings.ToLower(now)
	for _, p := range c.Parts {
		if len(p.Text) > len(hers.Text) && !slices.Equal(p.Of, hers.Of) {
			now = strings.ReplaceAll(now, strings.ToLower(p.Text), "")
		}
	}
	return now
}

// document holds the parts of others against what is left of a document.
func (j *judge) document(f Field, c Cell, now string) string {
	if !json.Valid([]byte(now)) {
		return "collateral in " + f.Name + ": no document any more"
	}
	for _, p := range c.Parts {
		if !slices.Contains(p.Of, j.Subject) && !strings.Contains(now, p.Text) {
			return "collateral in " + f.Name + ": another's is gone"
		}
	}
	return ""
}

// others gives what a cell holds besides what is hers.
func others(c Cell, hers []Part) string {
	return strings.TrimSpace(strings.Join(pieces(*c.V, hers), ""))
}

// pieces cuts what is hers out of a text.
func pieces(text string, hers []Part) []string {
	out := []string{text}
	for _, p := range hers {
		var next []string
		for _, s := range out {
			next = append(next, strings.Split(s, p.Text)...)
		}
		out = next
	}
	return out
}

// shell tells whether what is there now is left of a record of hers for the sake of one that stays: nothing of hers but its key stands in it.
func (j *judge) shell(t *Table, r *Row, before, now []*string) bool {
	if len(t.Key) == 0 || !j.needed(t, now) {
		return false
	}
	for i, f := range t.Fields {
		key := slices.Contains(t.Key, f.Name)
		if key && !same(before[i:i+1], now[i:i+1]) {
			return false
		}
		for _, p := range j.hersIn(r.Cells[i]) {
			if !key && !p.Local && now[i] != nil && strings.Contains(strings.ToLower(*now[i]), strings.ToLower(p.Text)) {
				return false
			}
		}
	}
	return true
}

// needed tells whether a record that is there now refers to this one by a declared reference.
func (j *judge) needed(t *Table, now []*string) bool {
	for _, c := range j.Tables {
		for _, ref := range c.Refs {
			if ref.To != t.Ref() || !ref.Declared {
				continue
			}
			for _, row := range j.after[c] {
				if at := c.At(ref.Fields[0]); row[at] != nil && same(row[at:at+1], now[t.At(ref.ToFields[0]):t.At(ref.ToFields[0])+1]) && !(c == t && same(row, now)) {
					return true
				}
			}
		}
	}
	return false
}

// shellOf tells whether a number by which a record that stays names her leads to what is left of a record of hers.
func (j *judge) shellOf(t *Table, f Field, number string) bool {
	for _, ref := range t.Refs {
		if ref.Fields[0] != f.Name || !ref.Declared {
			continue
		}
		to := j.Table(ref.To)
		for _, row := range j.after[to] {
			if v := row[to.At(ref.ToFields[0])]; v != nil && *v == number {
				return true
			}
		}
	}
	return false
}

// why says what is wrong with the likeliest of the records that are there.
func (j *judge) why(t *Table, r *Row, before []*string, left [][]*string) string {
	for _, now := range left {
		if len(t.Key) > 0 && same(now[t.At(t.Key[0]):][:1], before[t.At(t.Key[0]):][:1]) {
			if w := j.stays(t, r, before, now); w != "" {
				return w + ": " + shown(before) + " is " + shown(now)
			}
		}
	}
	if len(t.Key) == 0 && len(left) > 0 {
		return j.stays(t, r, before, left[0])
	}
	return "collateral: gone"
}

func same(a, b []*string) bool {
	return slices.EqualFunc(a, b, func(x, y *string) bool { return (x == nil) == (y == nil) && (x == nil || *x == *y) })
}

func shown(row []*string) string {
	var out []string
	for _, v := range row {
		if v == nil {
			out = append(out, "NULL")
		} else {
			out = append(out, *v)
		}
	}
	return strings.Join(out, "|")
}
