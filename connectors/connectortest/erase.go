package connectortest

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"

	"vestige/connectors"
	"vestige/internal/errkind"
	"vestige/pii"
)

func eraseChecks() []check {
	return []check{
		{"erase/neighbours", eraseNeighbours},
		{"erase/composite-keys", eraseCompositeKeys},
		{"erase/other-fields", eraseOtherFields},
		{"erase/spans", eraseSpans},
		{"erase/documents", eraseDocuments},
		{"erase/soft", eraseSoft},
		{"erase/undo", eraseUndo},
		{"erase/equal-records", eraseEqualRecords},
		{"erase/not-null", eraseNotNull},
		{"erase/changed-since", eraseChangedSince},
		{"erase/all-or-nothing", eraseAllOrNothing},
		{"erase/unsupported", eraseUnsupported},
		{"purge/changes-nothing", purgeChangesNothing},
	}
}

// eraseNeighbours: deleting the subject's record leaves those that differ only in case, accents, Unicode form or space, or that hold her address.
func eraseNeighbours(b *bench) {
	able[connectors.Eraser](b, "erase")
	r := b.start(Fixture{Datasets: []Dataset{accounts()}})
	want := r.Peek(r.real)
	equal(b, "what the fixture says", want["accounts"], r.fixed("accounts").Rows)
	for _, v := range []string{subject, neighbours[2], neighbours[7], neighbours[0]} {
		got := r.erase(unit(r.act("accounts", pii.Delete, r.where("accounts", "mail", v).target())))
		if got[0].Affected != 1 || got[0].FoundDone != 0 {
			b.Errorf("deleting one record affects %d and finds %d done", got[0].Affected, got[0].FoundDone)
		}
		if got[0].Unit != "unit-1" || got[0].At == 0 {
			b.Errorf("a receipt has no unit or no time")
		}
		want = want.edit("accounts", drop(0, v))
		r.holds("after deleting one of many that look alike", want)
	}
}

// eraseCompositeKeys: a record with a key of several fields is told from those whose parts only look alike when joined.
func eraseCompositeKeys(b *bench) {
	able[connectors.Eraser](b, "erase")
	d := Dataset{Name: "visits", Fields: []Field{{Name: "site", Type: pii.Text, NotNull: true}, {Name: "mail", Type: pii.Text, NotNull: true}, {Name: "page", Type: pii.Text}}, Key: []string{"site", "mail"}}
	d.Rows = []Row{R("a", "bc@example.com", "1"), R("ab", "c@example.com", "2"), R("abc", "@example.com", "3"), R("ab", "bc@example.com", "4"), R("a", "c@example.com", "5"), R("a,b", "c", "6"), R("a", "b,c", "7")}
	r := b.start(Fixture{Datasets: []Dataset{d}})
	want := r.Peek(r.real)
	equal(b, "what the fixture says", want["visits"], r.fixed("visits").Rows)
	for _, page := range []string{"2", "7"} {
		if got := r.erase(unit(r.act("visits", pii.Delete, r.where("visits", "page", page).target()))); got[0].Affected != 1 {
			b.Errorf("deleting one record by a key of two fields affects %d, want 1", got[0].Affected)
		}
		want = want.edit("visits", drop(2, page))
		r.holds("after deleting by a key of two fields", want)
	}
}

// changing gives the methods of a dataset that change whole fields, with what they put there; no value is NULL.
func (r *rig) changing(name string) map[pii.Method][]string {
	r.Helper()
	out := map[pii.Method][]string{}
	for _, m := range as[connectors.Eraser](r, connectors.Erase).Methods(r.dataset(name)) {
		switch m {
		case pii.Nullify, pii.Detach:
			if !slices.Contains(r.meet().lacks, NeedNulls) {
				out[m] = nil
			}
		case pii.Pseudonymise:
			out[m] = []string{"subject-1"}
		case pii.Redact:
			out[m] = []string{"[redacted]"}
		}
	}
	return out
}

// eraseOtherFields: a method that changes a field changes that field of that record and nothing else.
func eraseOtherFields(b *bench) {
	able[connectors.Eraser](b, "erase")
	r := b.start(Fixture{Datasets: []Dataset{accounts()}})
	methods := r.changing("accounts")
	if len(methods) == 0 {
		b.Skipf("the connector lacks the methods that change fields")
	}
	for m, to := range methods {
		r := b.start(Fixture{Datasets: []Dataset{accounts()}})
		want := r.Peek(r.real)
		ann := r.where("accounts", "mail", subject)
		got := r.erase(unit(r.act("accounts", m, ann.target(r.change("accounts", "name", ann, to...)))))
		if got[0].Affected != 1 {
			b.Errorf("%s of one field affects %d records", m, got[0].Affected)
		}
		r.holds("after "+string(m), want.edit("accounts", set(0, subject, 1, to...)))
	}
}

// eraseSpans: several spans of one text are replaced at once, by the bytes that they had before any of them.
func eraseSpans(b *bench) {
	able[connectors.Eraser](b, "erase")
	d := accounts()
	text := "é " + subject + ", again " + subject + " and Ann@example.com."
	d.Rows[7] = R(subject, "Ann", text, 7)
	r := b.start(Fixture{Datasets: []Dataset{d}})
	if _, ok := r.changing("accounts")[pii.Redact]; !ok {
		b.Skipf("the connector lacks the method %q", pii.Redact)
	}
	want := r.Peek(r.real)
	ann := r.where("accounts", "mail", subject)
	var changes []pii.Change
	for at := 0; ; {
		i := bytes.Index([]byte(text[at:]), []byte(subject))
		if i < 0 {
			break
		}
		c := r.change("accounts", "note", ann, "[x]")
		c.Start, c.End, c.Old = at+i, at+i+len(subject), pii.NewValue(subject)
		changes = append(changes, c)
		at = c.End
	}
	u := unit(r.act("accounts", pii.Redact, ann.target(changes...)))
	r.erase(u)
	want = want.edit("accounts", set(0, subject, 2, "é [x], again [x] and Ann@example.com."))
	r.holds("after redacting two spans", want)
	if got := r.erase(u); got[0].Affected != 0 || got[0].FoundDone != 1 {
		b.Errorf("redacting again affects %d and finds %d done, want 0 and 1", got[0].Affected, got[0].FoundDone)
	}
	r.holds("after redacting again", want)
}

// eraseDocuments: a change inside a document leaves every other byte of it.
func eraseDocuments(b *bench) {
	able[connectors.Eraser](b, "erase")
	b.need(NeedType(pii.JSON))
	const before = `{ "b" : [ 1.0, {"mail":"` + subject + `"} ],"a":"\u00e9" , "n": 1e3}`
	const after = `{ "b" : [ 1.0, {"mail":"[x]"} ],"a":"\u00e9" , "n": 1e3}`
	d := Dataset{Name: "docs", Fields: []Field{{Name: "id", Type: pii.Text}, {Name: "doc", Type: pii.JSON}}, Key: []string{"id"}}
	d.Rows = []Row{R("1", before), R("2", before), R("3", `{}`)}
	r := b.start(Fixture{Datasets: []Dataset{d}})
	want := r.Peek(r.real)
	rec := r.where("docs", "id", "2")
	c := pii.Change{Field: r.field("docs", "doc").Column, Path: "b[1].mail", Old: pii.NewValue(subject), New: pii.NewValue("[x]")}
	if _, ok := r.changing("docs")[pii.Redact]; !ok {
		b.Skipf("the connector lacks the method %q", pii.Redact)
	}
	u := unit(r.act("docs", pii.Redact, rec.target(c)))
	r.erase(u)
	want = want.edit("docs", set(0, "2", 1, after))
	r.holds("after changing a document", want)
	if got := r.erase(u); got[0].FoundDone != 1 {
		b.Errorf("changing the document again finds %d done, want 1", got[0].FoundDone)
	}
}

// marks are the fields by which systems hide records, with what stands in one that is hidden.
var marks = []struct {
	Field
	set string
}{
	{Field{Name: "deleted_at", Type: pii.Time}, "2026-01-01T00:00:00Z"},
	{Field{Name: "deleted_at", Type: pii.Text}, "2026-01-01T00:00:00Z"},
	{Field{Name: "is_deleted", Type: pii.Bool}, "true"},
}

// hidden does something with accounts that have a field for soft deletes, set for one record already: with each type that the system has.
func hidden(b *bench, do func(r *rig)) {
	for _, f := range marks {
		if slices.Contains(b.meet().lacks, NeedType(f.Type)) {
			continue
		}
		d := accounts()
		d.Fields, d.SoftDelete = append(d.Fields, f.Field), f.Name
		for i := range d.Rows {
			d.Rows[i] = append(d.Rows[i], nil)
		}
		d.Rows[2][4] = []byte(f.set)
		do(b.start(Fixture{Datasets: []Dataset{d}}))
	}
}

// soft hides the subject's record, and gives the unit and the image.
func (r *rig) soft() (pii.Unit, []byte) {
	r.Helper()
	if !slices.Contains(as[connectors.Eraser](r, connectors.Erase).Methods(r.dataset("accounts")), pii.SoftDelete) {
		r.Errorf("the dataset has a field for soft deletes, and soft-delete is not among its methods")
		r.Skipf("the connector lacks the method %q", pii.SoftDelete)
	}
	u := unit(r.act("accounts", pii.SoftDelete, r.where("accounts", "mail", subject).target()))
	u.Acts[0].At = 1_780_000_000_000_000
	var before []byte
	if im, ok := r.driver(connectors.Erase).(connectors.Imager); ok {
		var err error
		if before, err = im.Image(context.Background(), u); err != nil || before == nil {
			r.Fatalf("there is no image before a soft delete: %v", err)
		}
	}
	receipts := r.erase(u)
	if receipts[0].Affected != 1 || receipts[0].Image.Null() {
		r.Errorf("a soft delete affects %d records, or has no image", receipts[0].Affected)
	}
	if before != nil {
		return u, before
	}
	return u, []byte(receipts[0].Image.Reveal())
}

// eraseSoft: a soft delete hides that record and keeps everything else of it, and of all others.
func eraseSoft(b *bench) {
	able[connectors.Eraser](b, "erase")
	b.need(NeedSoftDelete)
	hidden(b, func(r *rig) {
		before := r.Peek(r.real)
		u, _ := r.soft()
		after := r.Peek(r.real)
		changed := difference(ids(after["accounts"]), ids(before["accounts"]))
		if len(changed) > 1 || len(after["accounts"]) < len(before["accounts"])-1 {
			b.Errorf("a soft delete of one record changes %d", len(changed))
		}
		for _, row := range after["accounts"] {
			if string(row[0]) == subject && row[4] == nil {
				b.Errorf("a soft delete leaves the record as it was")
			}
		}
		if got := r.erase(u); got[0].Affected != 0 || got[0].FoundDone != 1 {
			b.Errorf("a soft delete once more affects %d and finds %d done, want 0 and 1", got[0].Affected, got[0].FoundDone)
		}
		u.Acts[0].Method = pii.Delete
		if got := r.erase(u); got[0].Affected == 0 {
			b.Errorf("what was soft-deleted is not deleted after")
		}
	})
}

// eraseUndo: undoing a soft delete gives back exactly what it took, and again changes nothing.
func eraseUndo(b *bench) {
	able[connectors.Eraser](b, "erase")
	able[connectors.Undoer](b, "undo")
	b.need(NeedSoftDelete)
	hidden(b, func(r *rig) {
		before := r.Peek(r.real)
		u, image := r.soft()
		for _, want := range []int64{1, 0} {
			got, err := as[connectors.Undoer](r, connectors.Erase).Undo(context.Background(), u, image)
			if err != nil {
				b.Fatalf("undo: %v", err)
			}
			r.unchanged("after undoing", before)
			if b.Failed() {
				return
			}
			if len(got) != 1 || min(got[0].Affected, 1) != want {
				b.Errorf("undo has the receipts %v, want one that affects %d", got, want)
			}
		}
	})
}

// eraseEqualRecords: of records that nothing tells apart all are deleted, or none where their number is another than was found.
func eraseEqualRecords(b *bench) {
	able[connectors.Eraser](b, "erase")
	b.need(NeedKeyless)
	d := Dataset{Name: "visits", Fields: F("mail", "page")}
	for i := range 9 {
		d.Rows = append(d.Rows, R(mail(i/3), "home"))
	}
	r := b.start(Fixture{Datasets: []Dataset{d}})
	ds := r.dataset("visits")
	if len(ds.Key) > 0 || !slices.Contains(as[connectors.Eraser](r, connectors.Erase).Methods(ds), pii.Delete) {
		b.Skipf("the system lacks datasets without any key, or the connector does not delete from them")
	}
	target := r.where("visits", "mail", mail(1)).target()
	target.Equals = 2
	isKind(b, "another number of equal records", r.refused("another number of equal records", unit(r.act("visits", pii.Delete, target))), errkind.Conflict)
	target.Equals = 3
	want := r.Peek(r.real)
	u := unit(r.act("visits", pii.Delete, target))
	if got := r.erase(u); got[0].Affected != 3 {
		b.Errorf("deleting three equal records affects %d", got[0].Affected)
	}
	want = want.edit("visits", drop(0, mail(1)))
	r.holds("after deleting equal records", want)
	if got := r.erase(u); got[0].Affected != 0 || got[0].FoundDone != 3 {
		b.Errorf("again, it affects %d and finds %d done, want 0 and 3", got[0].Affected, got[0].FoundDone)
	}
}

// eraseNotNull: a field that may not be NULL gives a conflict, not half a change.
func eraseNotNull(b *bench) {
	able[connectors.Eraser](b, "erase")
	b.need(NeedNotNull)
	d := accounts()
	d.Fields[1].NotNull = true
	r := b.start(Fixture{Datasets: []Dataset{d}})
	if _, ok := r.changing("accounts")[pii.Nullify]; !ok {
		b.Skipf("the connector lacks the method %q", pii.Nullify)
	}
	ann := r.where("accounts", "mail", subject)
	u := unit(r.act("accounts", pii.Nullify, ann.target(r.change("accounts", "note", ann), r.change("accounts", "name", ann))))
	isKind(b, "NULL where it may not be", r.refused("NULL where it may not be", u), errkind.Conflict)
}

// eraseChangedSince: a record that is no longer what was found is a conflict, whether it is to be deleted or changed.
func eraseChangedSince(b *bench) {
	able[connectors.Eraser](b, "erase")
	r := b.start(Fixture{Datasets: []Dataset{accounts()}})
	methods := r.changing("accounts")
	ann := r.where("accounts", "mail", subject)
	stale := ann
	stale.digest[31] ^= 1
	units := map[string]pii.Unit{"deleting a changed record": unit(r.act("accounts", pii.Delete, stale.target()))}
	for m, to := range methods {
		units[string(m)+" of a changed record"] = unit(r.act("accounts", m, stale.target(r.change("accounts", "name", ann, to...))))
		c := r.change("accounts", "name", ann, to...)
		c.Old = pii.NewValue("something else")
		units[string(m)+" of another value"] = unit(r.act("accounts", m, ann.target(c)))
	}
	for what, u := range units {
		isKind(b, what, r.refused(what, u), errkind.Conflict)
	}
}

// eraseAllOrNothing: where the system has transactions, and Spec says so, a unit that fails at its end leaves nothing of its beginning.
func eraseAllOrNothing(b *bench) {
	able[connectors.Eraser](b, "erase")
	if b.meet().spec.Transactional && slices.Contains(b.meet().lacks, NeedTransactions) {
		b.Errorf("Spec.Transactional promises what the system lacks")
	}
	b.need(NeedTransactions)
	r := b.start(Fixture{Datasets: []Dataset{accounts(), people(5, 12)}})
	stale := r.where("accounts", "mail", subject)
	stale.digest[31] ^= 1
	all, _ := r.read("people")
	u := unit(
		r.act("people", pii.Delete, all[0].target(), all[3].target()),
		r.act("accounts", pii.Delete, r.where("accounts", "mail", "bob@example.com").target(), stale.target()),
	)
	isKind(b, "a unit with one bad target", r.refused("a unit with one bad target", u), errkind.Conflict)
}

// eraseUnsupported: a method that the dataset does not have is refused, and changes nothing.
func eraseUnsupported(b *bench) {
	able[connectors.Eraser](b, "erase")
	r := b.start(Fixture{Datasets: []Dataset{accounts()}})
	u := unit(r.act("accounts", pii.Notify, r.where("accounts", "mail", subject).target()))
	isKind(b, "a method that the system does not have", r.refused("a method that the system does not have", u), errkind.Unsupported, errkind.Invalid)
}

// purgeChangesNothing: going down the ladder leaves every record where it is.
func purgeChangesNothing(b *bench) {
	able[connectors.Residuer](b, "residue")
	r := b.start(Fixture{Datasets: []Dataset{accounts()}})
	before := r.Peek(r.real)
	residuer := as[connectors.Residuer](r, connectors.Erase)
	if _, err := residuer.Purge(context.Background(), []pii.Dataset{r.dataset("accounts")}); err != nil {
		b.Errorf("purge: %v", err)
	}
	r.unchanged("after Purge", before)
	for _, rung := range residuer.Rungs(r.dataset("accounts")) {
		reached := []string{"by-erase", "by-purge", "by-system", "never", "unknown"}
		if !slices.Contains(reached, rung.Reached) || rung.Text == "" {
			b.Errorf("the rung %q", fmt.Sprint(rung))
		}
	}
	if l, ok := residuer.(connectors.Ladder); ok {
		climbed(b, l, residuer, r.dataset("accounts"))
	}
	r.unchanged("after Ladder", before)
}

// climbed asks how far the ladder was climbed: every rung that was promised is there, and what was looked at has a state and says what was seen.
func climbed(b *bench, l connectors.Ladder, residuer connectors.Residuer, d pii.Dataset) {
	got, err := l.Ladder(context.Background(), []pii.Dataset{d})
	if err != nil {
		b.Errorf("ladder: %v", err)
		return
	}
	looked := 0
	for _, rung := range residuer.Rungs(d) {
		i := slices.IndexFunc(got, func(x connectors.Rung) bool { return x.Name == rung.Name })
		if i < 0 {
			b.Errorf("the ladder does not say how the rung %s stands", rung.Name)
			continue
		}
		states := []string{"", connectors.RungReached, connectors.RungWaiting, connectors.RungKept, connectors.RungUnknown}
		if x := got[i]; !slices.Contains(states, x.State) || (x.State == "") != (x.Proof == "") || strings.Contains(x.Proof, subject) || strings.Contains(x.Proof, "could not be looked at") && !strings.HasSuffix(x.Proof, ": permission") {
			b.Errorf("the rung %+v", x)
		} else if x.State != "" {
			looked++
		}
	}
	if looked == 0 {
		b.Errorf("no rung was looked at")
	}
}
