package outsider

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"vestige/internal/demo/company"
)

// judge compares two snapshots by the truth.
type judge struct {
	truth   map[company.Location]*company.Record
	erased  map[company.Person]bool
	single  []needle                    // mean one of the erased wherever they stand
	of      map[company.Person][]needle // every value of an erased person, for records that are hers
	names   map[company.Person][]needle // the full name, for records that mention her
	foreign []string                    // identifiers of everybody else, in lower case
	report  Report
}

// Judge says what an erasure of the people left, and what it broke.
func Judge(before, after *Snapshot, truth *company.Truth, erased []company.Person) Report {
	j := newJudge(truth, erased)
	for _, d := range before.databases {
		j.database(d, after.database(d.file))
	}
	j.bucket(before, after)
	j.bytes(before, after)
	slices.Sort(j.report.Left)
	slices.Sort(j.report.Collateral)
	j.report.Recall = 1
	if j.report.Fragments > 0 {
		j.report.Recall = float64(j.report.Gone) / float64(j.report.Fragments)
	}
	return j.report
}

func newJudge(truth *company.Truth, erased []company.Person) *judge {
	j := &judge{
		truth: map[company.Location]*company.Record{}, erased: map[company.Person]bool{},
		of: map[company.Person][]needle{}, names: map[company.Person][]needle{},
	}
	for _, p := range erased {
		j.erased[p] = true
	}
	for _, r := range truth.Records {
		j.truth[r.At] = r
	}
	for _, s := range truth.Subjects {
		if !j.erased[s.ID] {
			for _, id := range s.Identifiers {
				if len(id.Value) > 7 {
					j.foreign = append(j.foreign, strings.ToLower(id.Value))
				}
			}
			continue
		}
		j.learn(s)
	}
	return j
}

// learn takes the values of one erased person. A number like 10042 means her only in a column or beside a word, both of
// which the truth gives record by record.
func (j *judge) learn(s company.Subject) {
	for _, id := range s.Identifiers {
		switch {
		case id.Single:
			j.single = append(j.single, needlesFor(id)...)
		case strings.Trim(id.Value, "0123456789") != "":
			j.of[s.ID] = append(j.of[s.ID], needlesFor(id)...)
		}
	}
	for _, a := range s.Attributes {
		n := needle{category: a.Category, text: strings.ToLower(a.Value)}
		j.of[s.ID] = append(j.of[s.ID], n)
		if a.Value == s.Name {
			j.names[s.ID] = append(j.names[s.ID], n)
		}
	}
}

// others says whether a text holds an identifier of somebody who was not erased.
func (j *judge) others(text string) bool {
	low := strings.ToLower(text)
	for _, f := range j.foreign {
		if strings.Contains(low, f) && len(find(low, []needle{{text: f}})) > 0 {
			return true
		}
	}
	return false
}

// fate is what the erasure of all these people together makes of one record.
type fate struct {
	rec      *company.Record
	touched  bool // some of the erased are in it
	mustGo   bool
	mayGo    bool
	mayStay  bool // changed
	asIs     bool // kept or held: not one byte changes
	shell    bool
	involved []company.Person
}

func (j *judge) fate(rec *company.Record) fate {
	f := fate{rec: rec}
	if rec == nil {
		return f
	}
	owners := 0
	for p := range rec.Expect {
		if j.erased[p] {
			f.involved = append(f.involved, p)
		}
	}
	slices.Sort(f.involved)
	for _, p := range rec.Owners {
		if j.erased[p] {
			owners++
		}
	}
	f.touched = len(f.involved) > 0
	everyOwner := owners > 0 && owners == len(rec.Owners)
	for _, p := range f.involved {
		switch rec.Expect[p] {
		case company.Gone:
			f.mustGo = rec.Also == ""
			f.mayGo, f.mayStay = true, rec.Also != ""
		case company.Stays:
			f.asIs = rec.Kept != "" || !everyOwner
			f.mustGo = !f.asIs
			f.mayGo = f.mustGo
		case company.Shell:
			f.shell, f.mayStay = true, true
		case company.Detached:
			f.mayGo = f.mayGo || (everyOwner && slices.Contains(rec.Owners, p))
			f.mayStay = true
		case company.Redacted:
			f.mayStay = true
		}
	}
	if f.mustGo {
		f.mayStay, f.mayGo = false, true
	}
	return f
}

// lens gives the words and fields that are the erased people's in one record.
func (j *judge) lens(f fate) *lens {
	l := &lens{needles: j.single, fields: map[string]bool{}, shell: f.shell, others: j.others}
	if !f.touched {
		return l
	}
	l.needles = slices.Clone(j.single)
	for _, p := range f.involved {
		for _, t := range f.rec.Tokens[p] {
			l.needles = append(l.needles, tokenNeedle(t))
		}
		l.needles = append(l.needles, j.names[p]...)
		if e := f.rec.Expect[p]; e == company.Gone || e == company.Shell {
			l.needles = append(l.needles, j.of[p]...)
		}
		for _, field := range f.rec.Fields[p] {
			l.fields[field] = true
		}
	}
	return l
}

// fragments counts what of the erased people's a record holds, by category.
func (l *lens) fragments(columns []string, r record) (n int, categories []string) {
	seen := map[string]bool{}
	for i, c := range r.cells {
		if i < len(columns) && l.fields[columns[i]] && c != nil && c != "" {
			if _, number := c.(int64); number {
				n++
				seen["identity.customer_number"] = true
			}
		}
		var text string
		switch v := c.(type) {
		case string:
			text = v
		case []byte:
			text = string(v)
		default:
			continue
		}
		for _, s := range find(text, l.needles) {
			n++
			seen[s.category] = true
		}
	}
	return n, slices.Sorted(maps.Keys(seen))
}

// place is where a record is, for the report: which one, without a value.
type place struct {
	location string
	columns  []string
}

func (p place) at(i int) string { return fmt.Sprintf("%s record %d", p.location, i) }

// one judges one record; after is nil when there is none.
func (j *judge) one(f fate, where string, columns []string, before record, after *record) {
	l := j.lens(f)
	had, _ := l.fragments(columns, before)
	if f.asIs {
		had = 0
	}
	if f.mustGo && had == 0 {
		had = 1 // the record itself
	}
	j.report.Fragments += had
	if after == nil {
		j.report.Gone += had
		if !f.mayGo {
			j.collateral(where, "is gone")
		}
		return
	}
	if !f.touched || f.asIs {
		if !same(before, *after) {
			j.collateral(where, "differs"+named(differing(columns, before, *after)))
			return
		}
		if f.asIs {
			return
		}
	}
	j.stayed(f, l, where, columns, had, before, *after)
}

// stayed judges a record that is still there and is somehow the erased people's.
func (j *judge) stayed(f fate, l *lens, where string, columns []string, had int, before, after record) {
	have, categories := l.fragments(columns, after)
	if f.mustGo {
		have, categories = max(have, 1), append(categories, "the record")
	}
	v := l.compare(columns, before, after)
	for _, c := range v.left {
		categories = append(categories, "field "+c)
	}
	if len(v.left) > 0 && have == 0 {
		have, had = 1, max(had, 1)
	}
	if f.mayGo && f.mayStay && have > 0 && same(before, after) {
		categories = append(categories, "the record")
	}
	j.report.Gone += max(had-have, 0)
	if have > 0 {
		j.left(where, categories)
	}
	if len(v.wrong) > 0 && !f.mustGo {
		j.collateral(where, "differs"+named(v.wrong))
	}
}

// differing are the columns in which two versions are not equal.
func differing(columns []string, before, after record) []string {
	var out []string
	for i, c := range columns {
		if i >= len(before.cells) || i >= len(after.cells) || !equal(before.cells[i], after.cells[i]) {
			out = append(out, c)
		}
	}
	return out
}

func named(columns []string) string {
	var out []string
	for _, c := range columns {
		if c != "" {
			out = append(out, c)
		}
	}
	if out == nil {
		return ""
	}
	return " in " + strings.Join(out, ", ")
}

func (j *judge) left(where string, categories []string) {
	slices.Sort(categories)
	j.report.Left = append(j.report.Left, where+": "+strings.Join(slices.Compact(categories), ", "))
}

func (j *judge) collateral(where, what string) {
	j.report.Collateral = append(j.report.Collateral, where+" "+what)
}
