package outsider

import (
	"fmt"
	"strings"

	"vestige/internal/demo/company"
)

// database judges one database, table by table.
func (j *judge) database(before, after *database) {
	if before.schema != after.schema {
		j.collateral(before.file, "has another schema")
	}
	if after.dangling > before.dangling {
		j.collateral(before.file, "has references to nothing")
	}
	if after.integrity != "ok" {
		j.collateral(before.file, "is damaged")
	}
	for _, t := range before.tables {
		now := after.table(t.name)
		switch {
		case now == nil:
			j.collateral(before.file+"/"+t.name, "is gone")
		case t.words != nil:
			j.index(before, after, t, now)
		case t.keyed:
			j.keyed(before.file, t, now)
		default:
			j.sequence(j.table(before.file, t), t.rows, now.rows)
		}
	}
	for _, t := range after.tables {
		if before.table(t.name) == nil {
			j.collateral(after.file+"/"+t.name, "is new")
		}
	}
}

// stretch is a run of records that are told apart by their order.
type stretch struct {
	place
	key func(i int) company.Location
}

func (j *judge) table(file string, t *table) stretch {
	return stretch{place{file + "/" + t.name, t.columns}, func(i int) company.Location {
		return company.Location{Source: file, Dataset: t.name, Key: fmt.Sprintf("#%d", i)}
	}}
}

func (j *judge) keyed(file string, before, after *table) {
	now := map[string]*record{}
	for i := range after.rows {
		now[after.rows[i].name] = &after.rows[i]
	}
	where := place{file + "/" + before.name, before.columns}
	for i, r := range before.rows {
		f := j.fate(j.truth[company.Location{Source: file, Dataset: before.name, Key: r.name}])
		j.one(f, where.at(i), before.columns, r, now[r.name])
		delete(now, r.name)
	}
	for range now {
		j.collateral(where.location, "has a new record")
	}
}

// sequence judges records without a key: those of before are sought in after, in order.
func (j *judge) sequence(s stretch, before, after []record) {
	last, ahead := map[string]int{}, map[string][]int{}
	for i, r := range before {
		last[r.print()] = i
	}
	for k, r := range after {
		p := r.print()
		ahead[p] = append(ahead[p], k)
	}
	k := 0
	for i, r := range before {
		f := j.fate(j.truth[s.key(i)])
		at, fresh := j.partner(f, s.columns, r, after, k, ahead, func(p string) bool { n, ok := last[p]; return ok && n > i })
		for range fresh {
			j.collateral(s.location, "has a new record")
		}
		if at < 0 {
			j.one(f, s.at(i), s.columns, r, nil)
			continue
		}
		j.one(f, s.at(i), s.columns, r, &after[at])
		k = at + 1
	}
	for range len(after) - k {
		j.collateral(s.location, "has a new record")
	}
}

// partner finds what has become of a record, from position k on: its place, or -1, and how many records before that
// place are new.
func (j *judge) partner(f fate, columns []string, r record, after []record, k int, ahead map[string][]int, later func(string) bool) (at, fresh int) {
	if k < len(after) && same(r, after[k]) {
		return k, 0
	}
	if k < len(after) && f.touched && !f.asIs && r.name == after[k].name && !later(after[k].print()) && len(j.lens(f).compare(columns, r, after[k]).wrong) == 0 {
		return k, 0
	}
	if f.mayGo {
		return -1, 0
	}
	for _, n := range ahead[r.print()] {
		if n > k {
			return n, n - k
		}
	}
	if k < len(after) && !later(after[k].print()) {
		return k, 0
	}
	return -1, 0
}

// index judges a full-text index: it must know what its table holds, and no more.
func (j *judge) index(db, now *database, before, after *table) {
	source := j.indexed(db, before)
	if source == nil {
		return
	}
	was, is := rowsByName(source), rowsByName(now.table(source.name))
	where := place{db.file + "/" + before.name, nil}
	i := 0
	for doc, words := range before.words {
		i++
		name := fmt.Sprint(doc)
		if words == after.words[doc] {
			if _, kept := is[name]; !kept && words != "" {
				j.report.Fragments++
				j.left(where.location, []string{"words of a record that is gone"})
			}
			continue
		}
		old, existed := was[name]
		if row, kept := is[name]; existed && kept && same(old, row) {
			j.collateral(where.location, "has forgotten a record")
		}
	}
	for doc, words := range after.words {
		if _, kept := is[fmt.Sprint(doc)]; !kept && before.words[doc] != words {
			j.collateral(where.location, "has words of no record")
		}
	}
	j.phrases(where, after)
}

// phrases looks for identifiers among the words, which the index keeps without their punctuation.
func (j *judge) phrases(where place, after *table) {
	for _, words := range after.words {
		for _, n := range j.single {
			phrase := strings.Join(strings.FieldsFunc(n.text, func(r rune) bool { return !wordy(r) || r == '_' }), " ")
			if len(phrase) > 6 && strings.Contains(words+" ", " "+phrase+" ") && !j.near(words, phrase) {
				j.report.Fragments++
				j.left(where.location, []string{n.category})
			}
		}
	}
}

// near says whether the phrase is there only as a part of somebody else's identifier.
func (j *judge) near(words, phrase string) bool {
	for _, f := range j.foreign {
		other := strings.Join(strings.FieldsFunc(f, func(r rune) bool { return !wordy(r) || r == '_' }), " ")
		if strings.Contains(other, phrase) {
			words = strings.ReplaceAll(words+" ", " "+other+" ", " ")
		}
	}
	return !strings.Contains(words+" ", " "+phrase+" ")
}

// indexed gives the table whose records the index is over: the one with the same keys.
func (j *judge) indexed(db *database, index *table) *table {
	for _, t := range db.tables {
		if !t.keyed || t.words != nil || len(t.rows) != len(index.words) {
			continue
		}
		rows, all := rowsByName(t), true
		for doc := range index.words {
			_, ok := rows[fmt.Sprint(doc)]
			all = all && ok
		}
		if all && strings.Contains(db.schema, "AFTER DELETE ON "+quoted(t.name)) {
			return t
		}
	}
	return nil
}

func rowsByName(t *table) map[string]record {
	out := map[string]record{}
	if t == nil {
		return out
	}
	for _, r := range t.rows {
		out[r.name] = r
	}
	return out
}
