package lineage_test

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"vestige/internal/errkind"
	"vestige/lineage"
	"vestige/pii"
)

// only leaves the parts on that reach records by identifiers and references alone.
var only = []lineage.Part{lineage.Text, lineage.Members, lineage.Agree, lineage.Windows, lineage.CoOwners, lineage.Hashes, lineage.Names, lineage.Upward}

// drawn is a random estate: tables of addresses, and tables that refer to other ones.
type drawn struct {
	tables []drawnTable
}

type drawnTable struct {
	parent int // -1 for a table of addresses
	rows   [][]string
}

func draw(t *rapid.T) drawn {
	var d drawn
	for i := range rapid.IntRange(1, 5).Draw(t, "tables") {
		tb := drawnTable{parent: rapid.IntRange(-1, i-1).Draw(t, "parent")}
		width := rapid.IntRange(1, 3).Draw(t, "addresses")
		for range rapid.IntRange(1, 6).Draw(t, "rows") {
			if tb.parent >= 0 {
				to := rapid.IntRange(1, len(d.tables[tb.parent].rows)).Draw(t, "to")
				tb.rows = append(tb.rows, []string{fmt.Sprint(to)})
				continue
			}
			var row []string
			for range width {
				row = append(row, fmt.Sprintf("u%d@example.com", rapid.IntRange(0, 9).Draw(t, "who")))
			}
			tb.rows = append(tb.rows, row)
		}
		d.tables = append(d.tables, tb)
	}
	return d
}

// naive says which records are reached from an address, by trying everything until nothing is new.
func (d drawn) naive(start string) (out []string) {
	known, hers := map[string]bool{start: true}, map[[2]int]bool{}
	for changed := true; changed; {
		changed = false
		for i, tb := range d.tables {
			for j, row := range tb.rows {
				if hers[[2]int{i, j}] {
					continue
				}
				reached := slices.ContainsFunc(row, func(v string) bool { return tb.parent < 0 && known[v] })
				for k := range d.tables[max(0, tb.parent)].rows {
					reached = reached || tb.parent >= 0 && row[0] == fmt.Sprint(k+1) && hers[[2]int{tb.parent, k}]
				}
				if !reached {
					continue
				}
				hers[[2]int{i, j}], changed = true, true
				for _, v := range row {
					known[v] = known[v] || tb.parent < 0
				}
			}
		}
	}
	for at := range hers {
		out = append(out, fmt.Sprintf("hers s/t%d %d", at[0], at[1]+1))
	}
	slices.Sort(out)
	return out
}

func (d drawn) estate(t testing.TB) *estate {
	e := newEstate(t)
	for i, tb := range d.tables {
		fields := []string{"id none.key int"}
		if tb.parent >= 0 {
			fields = append(fields, fmt.Sprintf("ref none.key int >s/t%d.id", tb.parent))
		} else {
			for k := range tb.rows[0] {
				fields = append(fields, fmt.Sprintf("mail%c contact.email", 'a'+k))
			}
		}
		made := e.table(fmt.Sprintf("s/t%d", i), fields...)
		for j, row := range tb.rows {
			values := []any{j + 1}
			for _, v := range row {
				values = append(values, v)
			}
			made.add(values...)
		}
	}
	return e
}

// TestCloseReachesWhatANaiveSearchReaches compares both on random estates.
func TestCloseReachesWhatANaiveSearchReaches(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		d := draw(rt)
		e := d.estate(t)
		start := fmt.Sprintf("u%d@example.com", rapid.IntRange(0, 9).Draw(rt, "start"))
		got, want := told(e.close(e.open(), mail(start), only...)), d.naive(start)
		if !slices.Equal(got, want) {
			rt.Fatalf("from %s: got %v, want %v", start, got, want)
		}
	})
}

// all makes every difficulty's tables in one estate, sources apart.
func all(t testing.TB) *estate {
	e := newEstate(t)
	names := []string{}
	for name := range difficulties {
		names = append(names, name)
	}
	slices.Sort(names)
	for i, name := range names {
		part := newEstate(t)
		difficulties[name].make(part)
		for _, tb := range part.tables {
			tb.move(fmt.Sprintf("s%d", i))
			e.tables = append(e.tables, tb)
		}
	}
	return e
}

// move puts a table and what it refers to into sources of another name.
func (tb *table) move(prefix string) {
	tb.ref.Source = prefix + tb.ref.Source
	for i := range tb.refs {
		tb.refs[i].From.Source, tb.refs[i].To.Source = prefix+tb.refs[i].From.Source, prefix+tb.refs[i].To.Source
	}
	for i := range tb.guess {
		g := &tb.guess[i]
		g.From.Source, g.To.Source = prefix+g.From.Source, prefix+g.To.Source
		g.ID = lineage.EdgeID(g.From, g.Fields, g.To, g.ToFields)
	}
}

// TestTheSameEstateGivesTheSameClosure closes over all difficulties again and again.
func TestTheSameEstateGivesTheSameClosure(t *testing.T) {
	t.Parallel()
	e := all(t)
	g := e.open()
	write := func() string {
		c := e.close(g, mail(users1))
		b, err := json.Marshal([]any{c.Questions, c.Gaps, c.Undecided})
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range c.Records {
			via, _ := json.Marshal(r.Via)
			b = append(b, fmt.Sprintln(r.Holding, r.Dataset, r.Key[0].Reveal(), r.Owner, len(r.Hits), string(via))...)
		}
		return string(b)
	}
	first := write()
	for range 5 {
		if write() != first {
			t.Fatal("the same estate gives another closure")
		}
	}
	if n := strings.Count(first, "\n"); n < 30 {
		t.Errorf("only %d records were reached", n)
	}
}

// TestNothingOfAClosurePrintsAValue prints and encodes all that a closure has.
func TestNothingOfAClosurePrintsAValue(t *testing.T) {
	t.Parallel()
	e := all(t)
	c := e.close(e.open(), mail(users1))
	var text strings.Builder
	fmt.Fprintf(&text, "%v %+v %#v", c, *c, c)
	for _, r := range c.Records {
		fmt.Fprintf(&text, "%+v %#v", *r, r)
		b, err := json.Marshal(r.Via)
		text.Write(b)
		if err != nil {
			t.Error(err)
		}
	}
	for _, k := range c.Known {
		fmt.Fprintf(&text, "%+v %#v", *k, k)
	}
	for _, x := range []any{c.Questions, c.Gaps, c.Undecided} {
		b, err := json.Marshal(x)
		text.Write(b)
		if err != nil {
			t.Error(err)
		}
	}
	for _, v := range []string{"ann@", "Ann Lee", "ann lee", "lee@", "+1202", "Elm Street", digest(users1)} {
		if strings.Contains(text.String(), v) {
			t.Errorf("%q is printed", v)
		}
	}
}

// TestAnswers asks about two people of one address without dates, and follows what is answered.
func TestAnswers(t *testing.T) {
	t.Parallel()
	e := newEstate(t)
	difficulties["an address that is another's now"].make(e)
	e.table("news/undated", "id none.key int", "email contact.email").add(1, "lee@example.com")
	g := e.open()
	closed := func(start string, answers map[string]pii.Verdict) *lineage.Closure {
		c, err := lineage.Close(t.Context(), g, e, lineage.Limits{Find: .5, Change: limits.Change, Skip: map[lineage.Part]bool{lineage.Windows: true}}, []pii.Identifier{mail(start)}, answers)
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	open := closed(users1, nil)
	if len(open.Questions) != 1 || open.Questions[0].Yes.Records != 3 || len(open.Questions[0].Places) != 2 {
		t.Fatalf("questions: %+v", open.Questions)
	}
	for verdict, want := range map[pii.Verdict]lineage.Holding{pii.Accept: lineage.Hers, pii.Reject: lineage.HeldByOther, pii.Defer: lineage.Unsure} {
		q := open.Questions[0]
		line := fmt.Sprintf("%s news/undated 1", want)
		if got := told(closed(users1, map[string]pii.Verdict{q.Places[0].ID: verdict})); !slices.Contains(got, line) {
			t.Errorf("after %s: %v", verdict, got)
		}
		if got := closed(users1, map[string]pii.Verdict{q.ID: verdict}); len(got.Questions) != 1 || got.Questions[0].Yes.Records != 3 {
			t.Errorf("an answer that was given for no place counts: %+v", got.Questions)
		}
	}
}

// TestTwoAtOnePlace has two addresses that another has too, in one field: each is a doubt by itself. The question reads as it should.
func TestTwoAtOnePlace(t *testing.T) {
	t.Parallel()
	e := newEstate(t)
	users(e).add(3, "lee@example.com", "Dan Poe").add(4, "ray@example.com", "Eve Orr")
	e.table("shop/addresses_had", "id none.key int", "user_id identity.number int >shop/users.id", "email contact.email").add(11, 1, "lee@example.com").add(12, 3, "lee@example.com").add(13, 1, "ray@example.com").add(14, 4, "ray@example.com")
	e.table("news/undated", "id none.key int", "email contact.email").add(1, "lee@example.com").add(2, "ray@example.com")
	g := e.open()
	closed := func(answers map[string]pii.Verdict) *lineage.Closure {
		c, err := lineage.Close(t.Context(), g, e, lineage.Limits{Find: .5, Change: limits.Change, Skip: map[lineage.Part]bool{lineage.Windows: true}}, []pii.Identifier{mail(users1)}, answers)
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	open := closed(nil)
	if len(open.Questions) != 1 || len(open.Questions[0].Places) != 2 || open.Questions[0].Places[0].ID == open.Questions[0].Places[1].ID {
		t.Fatalf("questions: %+v %v", open.Questions, told(open))
	}
	q := open.Questions[0]
	if want := "Records of news/undated hold a contact.email that the person shares with somebody else, and nothing in them says whose they are."; q.Text != want {
		t.Errorf("asked %q", q.Text)
	}
	got := told(closed(map[string]pii.Verdict{q.Places[0].ID: pii.Accept}))
	if !slices.Contains(got, "hers news/undated 1") || !slices.Contains(got, "unsure news/undated 2") {
		t.Errorf("after one answer: %v", got)
	}
}

// TestEveryDoubtIsAsked has records that nobody can tell apart: the question of each is in the closure, and its text is whole.
func TestEveryDoubtIsAsked(t *testing.T) {
	t.Parallel()
	for name, d := range difficulties {
		start := d.start
		if start.Category == "" {
			start = mail(users1)
		}
		e := newEstate(t)
		d.make(e)
		asked(t, name, e.close(e.open(), start))
	}
}

// asked tells a closure in which a record waits for a question that is not asked, or one is asked in broken words.
func asked(t *testing.T, name string, c *lineage.Closure) {
	t.Helper()
	for _, r := range c.Records {
		if r.Holding == lineage.Unsure && !slices.ContainsFunc(c.Questions, func(q lineage.Question) bool { return q.ID == r.Question }) {
			t.Errorf("%s: %s %s waits for a question that nobody asks", name, r.Dataset, r.Key[0].Reveal())
		}
	}
	for _, q := range c.Questions {
		if strings.Contains(q.Text, "%") || strings.Contains(q.Text, "{at}") {
			t.Errorf("%s: asked %q", name, q.Text)
		}
	}
}

// TestQuestionNamesItsField asks about a field of an odd name as it is called.
func TestQuestionNamesItsField(t *testing.T) {
	t.Parallel()
	e := newEstate(t)
	users(e)
	tb := e.table("portal/people", "id identity.number int", "100%d{at} none.key int ~shop/users.id", "email contact.email", "name identity.name").add(9, 1, "zed@example.org", "Zed Orr")
	crowd(tb, 8, func(i int) []any {
		return []any{i, i, fmt.Sprintf("u%d@example.net", i), fmt.Sprintf("Cy Fox%c", 'a'+i%26)}
	})
	c := e.close(e.open(), mail(users1))
	if len(c.Questions) != 1 || !strings.HasPrefix(c.Questions[0].Text, "Records of portal/people refer to the person by 100%d{at}, as the scan inferred") {
		t.Errorf("asked %+v", c.Questions)
	}
}

// TestTextBesideAThing has a text that names her and refers, by two fields, to what a record of hers refers to: it is about her where few have to do with that, and
// not where a town has.
func TestTextBesideAThing(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{"few": "mentions shop/notes 1: Ann Lee", "many": "unsure shop/notes 1"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := newEstate(t)
			users(e)
			places := e.table("geo/places", "id none.key int", "country none.code", "zip none.code").add(1, "XA", "1000").add(2, "XA", "1001")
			orders := e.table("geo/orders", "id none.key int", "user_id identity.number int >shop/users.id", "country none.code", "zip none.code").add(1, 1, "XA", "1000").add(2, 2, "XA", "1001")
			notes := e.table("shop/notes", "id none.key int", "country none.code", "zip none.code", "body none.text").add(1, "XA", "1000", "Ann Lee called")
			crowd(notes, 50, func(i int) []any {
				if name == "many" {
					return []any{i, "XA", "1000", "nobody called"}
				}
				return []any{i, "XA", fmt.Sprint(i), "nobody called"}
			})
			for _, tb := range []*table{orders, notes} {
				tb.refs = append(tb.refs, pii.Reference{From: tb.ref, Fields: []string{"country", "zip"}, To: places.ref, ToFields: []string{"country", "zip"}, OnDelete: pii.Restrict})
			}
			if got := told(e.close(e.open(), mail(users1))); !slices.Contains(got, want) {
				t.Errorf("got %v, want %s", got, want)
			}
		})
	}
}

// failing lets one dataset fail.
type failing struct {
	*estate
	at  pii.Ref
	err error
}

func (f failing) Look(ctx context.Context, m pii.Match) iter.Seq2[*pii.Found, error] {
	if m.Dataset.Ref != f.at {
		return f.estate.Look(ctx, m)
	}
	return func(yield func(*pii.Found, error) bool) { yield(nil, f.err) }
}

// TestWhatCannotBeLookedAtIsAGap has one dataset that does not answer: the others are looked at, and it is named.
func TestWhatCannotBeLookedAtIsAGap(t *testing.T) {
	t.Parallel()
	e := newEstate(t)
	difficulties["the items of an order"].make(e)
	g := e.open()
	at := pii.Ref{Source: "shop", Dataset: "items"}
	c, err := lineage.Close(t.Context(), g, failing{e, at, errkind.New(errkind.Transient, "no answer")}, limits, []pii.Identifier{mail(users1)}, nil)
	if err != nil {
		t.Fatal(err)
	}
	same(t, told(c), []string{anns, "hers shop/orders 31"})
	if len(c.Gaps) != 1 || c.Gaps[0].Code != "unreachable" || c.Gaps[0].At != at {
		t.Errorf("gaps: %+v", c.Gaps)
	}
}

func TestCloseRefuses(t *testing.T) {
	t.Parallel()
	e := newEstate(t)
	users(e)
	g := e.open()
	if _, err := lineage.Close(t.Context(), g, e, limits, nil, nil); errkind.Of(err) != errkind.Invalid {
		t.Errorf("without an identifier: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := lineage.Close(ctx, g, e, limits, []pii.Identifier{mail(users1)}, nil); err == nil {
		t.Error("a context that has ended is no reason to stop")
	}
}

// TestUnsureFields has fields between find and change, which are counted, and below find, which are not searched.
func TestUnsureFields(t *testing.T) {
	t.Parallel()
	e := newEstate(t)
	users(e)
	e.table("a/maybe", "id none.key int", "x contact.email conf=0.7").add(1, users1).add(2, users1)
	e.table("a/hardly", "id none.key int", "x contact.email conf=0.3").add(1, users1)
	c := e.close(e.open(), mail(users1), lineage.Text)
	same(t, told(c), []string{anns, "hers a/maybe 1", "hers a/maybe 2"})
	at := pii.Ref{Source: "a", Dataset: "maybe", Field: "x"}
	if len(c.Undecided) != 1 || c.Undecided[at] != 2 {
		t.Errorf("undecided: %v", c.Undecided)
	}
}

// TestReferrers has a record of somebody else that refers to one of hers: it decides whether hers can go.
func TestReferrers(t *testing.T) {
	t.Parallel()
	e := newEstate(t)
	difficulties["a record that refers to itself"].make(e)
	c := e.close(e.open(), mail(users1))
	if len(c.Referrers) != 1 || c.Referrers[0].Record.Key[0].Reveal() != "2" || c.Records[c.Referrers[0].To].Key[0].Reveal() != "1" {
		t.Errorf("referrers: %d", len(c.Referrers))
	}
}
