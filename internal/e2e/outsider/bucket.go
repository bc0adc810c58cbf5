package outsider

import (
	"bytes"
	"fmt"
	"path"
	"strings"

	"vestige/internal/demo/company"
)

// bucket judges the objects.
func (j *judge) bucket(before, after *Snapshot) {
	for _, o := range before.objects {
		j.object(o, after.object(o.key))
	}
	for _, o := range after.objects {
		if before.object(o.key) == nil {
			j.collateral(shown(o.key), "is new")
		}
	}
	for _, folder := range after.folders {
		if spans := find(path.Base(folder), j.single); len(spans) > 0 && after.empty(folder) {
			j.report.Fragments++
			j.left("a folder of objects", []string{spans[0].category})
		}
	}
}

// empty says that a folder holds no object; what stands in the key of an object is judged with it.
func (s *Snapshot) empty(folder string) bool {
	for _, o := range s.objects {
		if strings.HasPrefix(o.key, folder+"/") {
			return false
		}
	}
	return true
}

// shown is the key of an object as a report may show it.
func shown(key string) string {
	parts := strings.Split(key, "/")
	for i, p := range parts {
		if strings.Contains(p, "@") {
			parts[i] = "{contact.email}"
		}
	}
	return company.ObjectsRoot + "/" + strings.Join(parts, "/")
}

func (j *judge) object(before, after *object) {
	where := shown(before.key)
	if rec := j.truth[company.Location{Source: company.ObjectsRoot, Dataset: before.key}]; rec != nil {
		j.whole(where, j.fate(rec), before, after)
		return
	}
	s := stretch{place{where, nil}, func(i int) company.Location { return before.location(i) }}
	if after == nil {
		j.vanished(s, before)
		return
	}
	if after.broken != nil {
		j.collateral(where, "cannot be read")
		return
	}
	j.outside(s, before, after)
	j.sequence(s, before.records, after.records)
}

// location is what the truth calls a record of the object.
func (o *object) location(i int) company.Location {
	l := company.Location{Source: company.ObjectsRoot, Dataset: o.key, Key: fmt.Sprintf("#%d", i)}
	if o.keyed {
		l.Key = o.records[i].name
	}
	return l
}

// whole judges an object that is one record, its key included.
func (j *judge) whole(where string, f fate, before, after *object) {
	was := record{cells: []any{before.key, string(before.plain)}}
	if after == nil {
		j.one(f, where, nil, was, nil)
		return
	}
	j.one(f, where, nil, was, &record{cells: []any{after.key, string(after.plain)}})
	if !f.touched {
		j.unchanged(where, before, after)
	}
}

// vanished judges an object that is not there: right only if it held nothing but theirs.
func (j *judge) vanished(s stretch, o *object) {
	lost := false
	for i, r := range o.records {
		f := j.fate(j.truth[s.key(i)])
		if !f.mayGo && !(o.format == "csv" && i == 0) {
			lost = true
			continue
		}
		f.mayGo = true
		j.one(f, s.at(i), nil, r, nil)
	}
	if lost {
		j.collateral(s.location, "is gone")
	}
}

// outside judges what of an object is not in its records: mode, time, and the bytes of one without their data.
func (j *judge) outside(s stretch, before, after *object) {
	for i := range before.records {
		if j.fate(j.truth[s.key(i)]).touched {
			if before.mode != after.mode {
				j.collateral(s.location, "has another mode")
			}
			return
		}
	}
	j.unchanged(s.location, before, after)
}

func (j *judge) unchanged(where string, before, after *object) {
	if before.mode != after.mode {
		j.collateral(where, "has another mode")
	}
	if !before.modified.Equal(after.modified) {
		j.collateral(where, "has another time")
	}
	if !bytes.Equal(before.raw, after.raw) && bytes.Equal(before.plain, after.plain) {
		j.collateral(where, "is compressed anew")
	}
}

// bytes searches the files themselves for identifiers that mean one of the erased wherever they stand, beyond those that
// the records show: in free pages, in a journal, between records.
func (j *judge) bytes(_, after *Snapshot) {
	for _, d := range after.databases {
		j.residue(d.file, d.raw, d.textStored)
	}
	for _, o := range after.objects {
		var known bytes.Buffer
		for _, r := range o.records {
			known.WriteString(r.name)
			for _, c := range r.cells {
				fmt.Fprintf(&known, "\x00%v\x00", c)
			}
		}
		j.residue(shown(o.key), o.plain, known.Bytes())
	}
}

func (j *judge) residue(where string, raw, known []byte) {
	raw, known = lowered(raw), lowered(known)
	var categories []string
	for _, n := range j.single {
		if len(n.text) < 7 {
			continue
		}
		if rest := bytes.Count(raw, []byte(n.text)) - bytes.Count(known, []byte(n.text)); rest > 0 {
			j.report.Fragments += rest
			categories = append(categories, n.category)
		}
	}
	if categories != nil {
		j.left(where+" (bytes)", categories)
	}
}

// lowered changes ASCII letters only: the bytes of a database are not text.
func lowered(raw []byte) []byte {
	out := bytes.Clone(raw)
	for i, c := range out {
		if c >= 'A' && c <= 'Z' {
			out[i] = c + 'a' - 'A'
		}
	}
	return out
}
