package requests_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"vestige/connectors/memory"
	"vestige/internal/db"
	"vestige/internal/errkind"
	"vestige/pii"
	"vestige/plans"
	"vestige/policies"
	"vestige/requests"
)

// TestReadBatch reads people from CSV, and refuses what is none by its line, without a value of it.
func TestReadBatch(t *testing.T) {
	parse := func(category, value string) (pii.Identifier, error) {
		if category != "contact.email" && category != "contact.phone" {
			return pii.Identifier{}, errkind.Coded(errkind.Invalid, "no-such-category", "there is no such category")
		}
		return pii.Identifier{Category: pii.Category(category), Value: pii.NewValue(value)}, nil
	}
	out, err := requests.ReadBatch([]byte("\xef\xbb\xbfcontact.email, contact.phone\nann@example.com\n\n ,\"+1 202 555 0101\"\n"), parse)
	if err != nil || len(out) != 2 || out[0][0].Value.Reveal() != "ann@example.com" || out[1][0].Category != "contact.phone" {
		t.Errorf("read %v, %v", out, err)
	}
	for name, c := range map[string]struct{ text, code, line string }{
		"nothing":             {"", "batch", ""},
		"nobody":              {"contact.email\n", "batch", ""},
		"a cell too many":     {"contact.email\nann@example.com,bea@example.com\n", "batch", "line 2 "},
		"a quote in a cell":   {"contact.email\nann\"@example.com\n", "batch", "line 2 "},
		"a quote left open":   {"contact.email\nbea@example.com\n\"ann@example.com\n", "batch", "line 3 "},
		"an empty line of it": {"contact.email,contact.phone\nann@example.com\n,\n", "no-identifier", "line 3 "},
		"an unknown column":   {"shoe.size\nann@example.com\n", "no-such-category", "line 2:"},
	} {
		_, err := requests.ReadBatch([]byte(c.text), parse)
		if errkind.Code(err) != c.code || !strings.Contains(err.Error(), c.line) || strings.Contains(err.Error(), "ann") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestEverybodyOfABatchEnds has in a batch a telephone of two people, and somebody whom no system knows: when it has ended, it says of each how far she has come.
func TestEverybodyOfABatchEnds(t *testing.T) {
	eachDesk(t, func(t *testing.T, d *desk) {
		r := d.batch(mail(1), mail(2), mail(3), "nobody@nowhere.example", "+12025550101")
		p, err := d.service.Plan(t.Context(), r.ID, "olga")
		d.must(err)
		ends := func() string {
			r, err := d.service.Show(t.Context(), r.ID)
			d.must(err)
			own, err := d.service.Own(t.Context(), r.ID)
			d.must(err)
			return fmt.Sprint(requests.Ends(r, p.Open.Batch, own))
		}
		if got := ends(); got != "[{planned false 3} {planned true 1} {scoping false 1}]" {
			t.Errorf("planned: %s", got)
		}
		_, err = d.service.Approve(t.Context(), r.ID, p.Hash, "alma")
		d.must(err)
		res, err := d.service.Run(t.Context(), r.ID, nil)
		d.must(err)
		d.must(d.service.Finish(t.Context(), r.ID, "olga"))
		if got := ends(); got != "[{closed false 3} {closed true 1} {planned false 1}]" {
			t.Errorf("%s (%s): %s", res.State, res.Reason, got)
		}
	}, family)
}

// TestABatchWhoseProcessEnds ends the process when the plan of a batch has ended, before the request has followed it, and before those whom it left out have plans: another
// process is told of the batch, and brings it to its end.
func TestABatchWhoseProcessEnds(t *testing.T) {
	eachDesk(t, func(t *testing.T, d *desk) {
		r := d.batch(mail(2), mail(3), "+12025550101", "+12025550103")
		p, err := d.service.Plan(t.Context(), r.ID, "olga")
		d.must(err)
		_, err = d.service.Approve(t.Context(), r.ID, p.Hash, "alma")
		d.must(err)
		states := func() (out []requests.State) {
			one, err := d.service.Show(t.Context(), r.ID)
			d.must(err)
			own, err := d.service.Own(t.Context(), r.ID)
			d.must(err)
			out = append(out, one.State)
			for _, o := range own {
				out = append(out, o.State)
			}
			return out
		}
		stands := func(when string, waits bool, want ...requests.State) {
			t.Helper()
			ids, err := d.service.Unfinished(t.Context())
			d.must(err)
			if got := states(); !slices.Equal(got, want) || waits != slices.Equal(ids, []string{r.ID}) || !waits && len(ids) > 0 {
				t.Errorf("%s: %v, waiting %v, want %v", when, got, ids, want)
			}
		}
		stands("approved", false, "approved", "scoping", "scoping")
		ctx, end := context.WithCancel(t.Context())
		destroyed := d.engine.Destroyed
		d.engine.Destroyed = func(ctx context.Context) error { // the last thing that a plan does
			end()
			return destroyed(ctx)
		}
		if _, err := d.service.Run(ctx, r.ID, nil); err == nil {
			t.Fatal("the process did not end")
		}
		d.engine.Destroyed = destroyed
		stands("ended before it was followed", true, "approved", "scoping", "scoping")
		d.service = requests.New(d.engine)
		_, err = d.service.Follow(t.Context(), r.ID)
		d.must(err)
		stands("ended before anybody was planned", true, "closed", "scoping", "scoping")
		own, err := d.service.Own(t.Context(), r.ID)
		d.must(err)
		_, err = d.service.Plan(t.Context(), own[0].Request, "vestige")
		d.must(err)
		first, err := d.service.Show(t.Context(), own[0].Request)
		d.must(err)
		stands("ended between the two", true, "closed", "planned", "scoping")
		d.must(d.service.Finish(t.Context(), r.ID, "vestige"))
		stands("at the end", false, "closed", "planned", "planned")
		if again, err := d.service.Show(t.Context(), own[0].Request); err != nil || again.Plan != first.Plan {
			t.Errorf("whoever had a plan was planned again: %v", err)
		}
	}, family)
}

// TestABatchThatLeavesEverybodyOut has requests of their own for all of a batch: it has nothing to do by itself, and ends.
func TestABatchThatLeavesEverybodyOut(t *testing.T) {
	eachDesk(t, func(t *testing.T, d *desk) {
		r := d.batch("+12025550101", "+12025550103")
		p, err := d.service.Plan(t.Context(), r.ID, "olga")
		d.must(err)
		_, err = d.service.Approve(t.Context(), r.ID, p.Hash, "alma")
		d.must(err)
		res, err := d.service.Run(t.Context(), r.ID, nil)
		if err != nil || res.State != plans.Closed || len(p.Open.Batch.Left) != 2 || len(p.Open.Steps) != 0 {
			t.Errorf("%s (%s), %v: %+v", res.State, res.Reason, err, p.Open.Batch)
		}
	}, family)
}

// TestEverybodyLeftOutHasARequest ends the process while those whom a batch leaves out are taken in: before anything is carried out, all of them are.
func TestEverybodyLeftOutHasARequest(t *testing.T) {
	eachDesk(t, func(t *testing.T, d *desk) {
		r := d.batch(mail(2), "+12025550101", "+12025550103")
		p, err := d.service.Plan(t.Context(), r.ID, "olga")
		d.must(err)
		d.must(d.store.DB().Write(t.Context(), func(tx db.Tx) error {
			_, err := tx.Exec(t.Context(), "DELETE FROM request_left WHERE subject = 3")
			return err
		}))
		_, err = d.service.Approve(t.Context(), r.ID, p.Hash, "alma")
		d.must(err)
		_, err = d.service.Run(t.Context(), r.ID, nil)
		d.must(err)
		if own, err := d.service.Own(t.Context(), r.ID); err != nil || len(own) != 2 {
			t.Errorf("%v have requests of their own, %v", own, err)
		}
	}, family)
}

// TestNoRequestOfNobody ends the process at each unit of work of planning a batch: whoever has a request of her own by then is the batch's, and at the end each has one.
func TestNoRequestOfNobody(t *testing.T) {
	eachDesk(t, func(t *testing.T, d *desk) {
		r := d.batch(mail(2), "+12025550101", "+12025550103")
		engine := *d.engine
		writes := &ending{DB: d.engine.DB}
		engine.DB = writes
		for n := 1; ; n++ {
			writes.left = n
			_, err := requests.New(&engine).Plan(t.Context(), r.ID, "olga")
			all, lerr := d.service.List(t.Context(), true)
			d.must(lerr)
			own, oerr := d.service.Own(t.Context(), r.ID)
			d.must(oerr)
			if len(all) != 1+len(own) {
				t.Fatalf("ended at %d: %d requests, %d of them those of the batch's", n, len(all), len(own))
			}
			if err == nil && len(own) == 2 {
				return
			}
			if err == nil || n > 100 {
				t.Fatalf("%d have requests of their own, %v", len(own), err)
			}
		}
	}, family)
}

// ending is a store whose process ends after some units of work.
type ending struct {
	db.DB
	left int
}

func (e *ending) Write(ctx context.Context, f func(tx db.Tx) error) error {
	if e.left--; e.left < 0 {
		return context.Canceled
	}
	return e.DB.Write(ctx, f)
}

// family adds members, of whom the first two have one telephone, and so have the third and the fourth.
func family(s *memory.System) {
	text := func(n string) pii.Field { return pii.Field{Name: n, Column: n, Type: pii.Text} }
	s.Create(memory.Table{Name: "members", Key: []string{"id"}, Fields: []pii.Field{{Name: "id", Column: "id", Type: pii.Int, NotNull: true}, text("full_name"), text("email"), text("phone")}})
	for i := range 24 {
		phone := fmt.Sprintf("+1202555%04d", 100+[]int{1, 1, 3, 3}[min(i, 3)]+max(0, i-3))
		s.Insert("members", [][]byte{fmt.Append(nil, 900+7*i), fmt.Appendf(nil, "%s Miller", []string{"Ann", "Bob", "Cleo", "Dan"}[i%4]), fmt.Appendf(nil, "m%d@example.org", i), []byte(phone)})
	}
}

// batch takes in several people, each by an address or a telephone.
func (d *desk) batch(known ...string) *requests.Request {
	d.t.Helper()
	in := requests.Intake{Type: policies.Erasure, By: "olga", Verified: "list"}
	for _, v := range known {
		id := pii.Identifier{Category: "contact.email", Value: pii.NewValue(v)}
		if v[0] == '+' {
			id.Category = "contact.phone"
		}
		in.Subjects = append(in.Subjects, []pii.Identifier{id})
	}
	r, err := d.service.Intake(d.t.Context(), in)
	d.must(err)
	return r
}

// TestManyWhoMeetAreABatchAgain leaves out the second of each of twelve pairs: they are one more batch, which is planned when the first has ended, and everybody is accounted for.
func TestManyWhoMeetAreABatchAgain(t *testing.T) {
	eachDesk(t, func(t *testing.T, d *desk) {
		known := []string{mail(2)}
		for i := range 12 {
			known = append(known, fmt.Sprintf("h%d@example.org", 2*i), fmt.Sprintf("h%d@example.org", 2*i+1))
		}
		r := d.batch(known...)
		carried := func(id string) {
			one, err := d.service.Show(t.Context(), id)
			d.must(err)
			p, err := d.engine.Show(t.Context(), one.Plan)
			d.must(err)
			_, err = d.service.Approve(t.Context(), id, p.Hash, "alma")
			d.must(err)
			_, err = d.service.Run(t.Context(), id, nil)
			d.must(err)
			d.must(d.service.Finish(t.Context(), id, "olga"))
		}
		p, err := d.service.Plan(t.Context(), r.ID, "olga")
		d.must(err)
		own, err := d.service.Own(t.Context(), r.ID)
		d.must(err)
		all, err := d.service.List(t.Context(), true)
		d.must(err)
		if len(own) != 12 || len(all) != 2 || own[0].Request != own[11].Request || own[0].Why != plans.Entangled {
			t.Fatalf("%d are left out, %d requests: %+v", len(own), len(all), own)
		}
		carried(r.ID)
		carried(own[0].Request)
		one, err := d.service.Show(t.Context(), r.ID)
		d.must(err)
		own, err = d.service.Own(t.Context(), r.ID)
		d.must(err)
		if got := fmt.Sprint(requests.Ends(one, p.Open.Batch, own)); got != "[{closed false 25}]" {
			t.Errorf("at the end: %s", got)
		}
		if tenants, leases := len(d.system.Rows("tenants")), len(d.system.Rows("leases")); tenants != 36 || leases != 18 {
			t.Errorf("%d tenants and %d leases are left", tenants, leases)
		}
	}, homes)
}

// TestManyWhoAllMeet plans the first of twelve of whom every two share a record: the others have requests of their own, in place of a batch each that would plan one more of them.
func TestManyWhoAllMeet(t *testing.T) {
	eachDesk(t, func(t *testing.T, d *desk) {
		var known []string
		for i := range 12 {
			known = append(known, fmt.Sprintf("h%d@example.org", 2*i))
		}
		r := d.batch(known...)
		p, err := d.service.Plan(t.Context(), r.ID, "olga")
		d.must(err)
		all, err := d.service.List(t.Context(), true)
		d.must(err)
		if b := p.Open.Batch; b.Planned != 1 || len(b.Left) != 11 || len(all) != 12 {
			t.Errorf("%d requests, of %+v", len(all), *b)
		}
	}, func(s *memory.System) {
		homes(s)
		for i := range 12 {
			for j := range i {
				s.Insert("leases", [][]byte{fmt.Append(nil, 700_000+12*i+j), fmt.Append(nil, 90_000+14*i), fmt.Append(nil, 90_000+14*j)})
			}
		}
	})
}

// TestTwoTakeInWhomABatchLeavesOut has another process take in the first of those whom a batch leaves out, after it was seen that nobody had: the others are taken in nevertheless.
func TestTwoTakeInWhomABatchLeavesOut(t *testing.T) {
	eachDesk(t, func(t *testing.T, d *desk) {
		var known []string
		for i := range 24 {
			known = append(known, fmt.Sprintf("h%d@example.org", i))
		}
		r := d.batch(known...)
		p, err := d.service.Plan(t.Context(), r.ID, "olga")
		d.must(err)
		first := d.batch(mail(2))
		d.must(d.store.DB().Write(t.Context(), func(tx db.Tx) error {
			_, err := tx.Exec(t.Context(), "DELETE FROM request_left WHERE request = $1", r.ID)
			return err
		}))
		engine := *d.engine
		engine.DB = &beside{DB: d.engine.DB, act: func(tx db.Tx) error {
			_, err := tx.Exec(t.Context(), "INSERT INTO request_left (request, subject, own, why) VALUES ($1, $2, $3, $4)", r.ID, p.Open.Batch.Left[0].Subject, first.ID, plans.Entangled)
			return err
		}}
		_, err = requests.New(&engine).Run(t.Context(), r.ID, nil)
		d.must(err)
		if own, err := d.service.Own(t.Context(), r.ID); err != nil || len(own) != 12 || own[0].Request != first.ID {
			t.Errorf("%d have requests of their own, %v: %+v", len(own), err, own)
		}
	}, homes)
}

// beside is a store in which somebody else does something before the first unit of work.
type beside struct {
	db.DB
	act func(tx db.Tx) error
}

func (b *beside) Write(ctx context.Context, f func(tx db.Tx) error) error {
	if act := b.act; act != nil {
		b.act = nil
		if err := b.DB.Write(ctx, act); err != nil {
			return err
		}
	}
	return b.DB.Write(ctx, f)
}

// homes adds people of whom every two have a lease together.
func homes(s *memory.System) {
	number := func(n string, not bool) pii.Field { return pii.Field{Name: n, Column: n, Type: pii.Int, NotNull: not} }
	text := func(n string) pii.Field { return pii.Field{Name: n, Column: n, Type: pii.Text} }
	s.Create(memory.Table{Name: "tenants", Key: []string{"id"}, Fields: []pii.Field{number("id", true), text("full_name"), text("email")}})
	of := func(name string) pii.Reference {
		return pii.Reference{To: pii.Ref{Dataset: "tenants"}, Fields: []string{name}, ToFields: []string{"id"}, OnDelete: pii.Restrict}
	}
	s.Create(memory.Table{Name: "leases", Key: []string{"id"}, Fields: []pii.Field{number("id", true), number("tenant_id", false), number("second_tenant_id", false)},
		References: []pii.Reference{of("tenant_id"), of("second_tenant_id")}})
	for i := range 60 {
		s.Insert("tenants", [][]byte{fmt.Append(nil, 90_000+7*i), fmt.Appendf(nil, "%s Miller", []string{"Ann", "Bob", "Cleo", "Dan"}[i%4]), fmt.Appendf(nil, "h%d@example.org", i)})
		if i%2 > 0 {
			s.Insert("leases", [][]byte{fmt.Append(nil, 600_000+i), fmt.Append(nil, 90_000+7*(i-1)), fmt.Append(nil, 90_000+7*i)})
		}
	}
}
