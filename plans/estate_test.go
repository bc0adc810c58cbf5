package plans_test

import (
	"context"
	"fmt"
	"log/slog"
	"sort"
	"strings"
	"testing"

	"vestige/connectors"
	"vestige/connectors/memory"
	"vestige/pii"
)

// estate is two small systems: a shop with customers, orders and invoices, and a help desk that knows people by their address alone.
type estate struct {
	shop, desk *memory.System
	people     int
}

func row(vs ...any) [][]byte {
	out := make([][]byte, len(vs))
	for i, v := range vs {
		if v != nil {
			out[i] = []byte(fmt.Sprint(v))
		}
	}
	return out
}

func field(name string, t pii.FieldType, notNull bool) pii.Field {
	return pii.Field{Name: name, Column: name, Type: t, NotNull: notNull}
}

func newEstate(people int, hidden string) *estate {
	e := &estate{shop: memory.New(memory.Faults{}), desk: memory.New(memory.Faults{}), people: people}
	customer := []pii.Reference{{To: pii.Ref{Dataset: "customers"}, Fields: []string{"customer_id"}, ToFields: []string{"id"}, OnDelete: pii.Restrict}}
	fields := []pii.Field{field("id", pii.Int, true), field("email", pii.Text, true), field("first_name", pii.Text, false), field("last_name", pii.Text, false), field("phone", pii.Text, false)}
	if hidden != "" {
		fields = append(fields, field(hidden, pii.Time, false))
	}
	e.shop.Create(memory.Table{Name: "customers", Fields: fields, Key: []string{"id"}, Unique: [][]string{{"email"}}, SoftDelete: hidden})
	e.shop.Create(memory.Table{Name: "orders", Fields: []pii.Field{field("id", pii.Int, true), field("customer_id", pii.Int, true), field("amount", pii.Float, false)}, Key: []string{"id"}, References: customer})
	e.shop.Create(memory.Table{Name: "invoices", Fields: []pii.Field{field("id", pii.Int, true), field("customer_id", pii.Int, true), field("total", pii.Float, false)}, Key: []string{"id"}, References: customer})
	e.desk.Create(memory.Table{Name: "tickets", Fields: []pii.Field{field("id", pii.Int, true), field("requester_email", pii.Text, false), field("body", pii.Text, false)}, Key: []string{"id"}})
	for i := range people {
		e.person(i, hidden != "")
	}
	return e
}

func mailOf(i int) string {
	return fmt.Sprintf("%s.%s%d@example.com", strings.ToLower(given[i%len(given)]), strings.ToLower(family[i%len(family)]), i)
}

func idOf(i int) int { return 52_000 + 37*i }

var (
	given  = []string{"Anna", "Bruno", "Clara", "David", "Elena", "Felix", "Greta"}
	family = []string{"Meyer", "Schmidt", "Weber", "Wagner", "Becker", "Hoffmann", "Koch", "Richter", "Klein", "Wolf", "Neumann"}
)

func (e *estate) person(i int, hidden bool) {
	c := []any{idOf(i), mailOf(i), given[i%len(given)], family[i%len(family)], fmt.Sprintf("+1 202 555 %04d", 100+i)}
	if hidden {
		c = append(c, nil)
	}
	e.shop.Insert("customers", row(c...))
	for k := range 3 {
		e.shop.Insert("orders", row(900_000+10*i+k, idOf(i), 19.5+float64(k)))
	}
	e.desk.Insert("tickets", row(70_000+i, mailOf(i), "The parcel has not come, please call."))
	if i%5 == 0 {
		e.desk.Insert("tickets", row(80_000+i, mailOf((i+1)%e.people), "A friend, "+mailOf(i)+", has told me of the shop."))
	}
}

func (e *estate) sources() []*connectors.Source {
	env := connectors.Env{Log: slog.New(slog.DiscardHandler)}
	var out []*connectors.Source
	for _, x := range []struct {
		name string
		sys  *memory.System
	}{{"desk", e.desk}, {"shop", e.shop}} {
		s, err := connectors.Open(context.Background(), env, x.name, x.sys.Spec(), connectors.Config{})
		if err != nil {
			panic(err)
		}
		out = append(out, s)
	}
	return out
}

// content gives everything that both systems hold, so that two ends can be compared.
func (e *estate) content() string {
	var lines []string
	for name, sys := range map[string]*memory.System{"shop": e.shop, "desk": e.desk} {
		for _, table := range []string{"customers", "orders", "invoices", "tickets"} {
			for _, r := range sys.Rows(table) {
				var b strings.Builder
				fmt.Fprintf(&b, "%s/%s", name, table)
				for _, v := range r {
					fmt.Fprintf(&b, "|%s", v)
				}
				lines = append(lines, b.String())
			}
		}
	}
	sort.Strings(lines)
	return strings.Join(lines, "\n")
}

// left gives the lines in which a text stands.
func (e *estate) left(text string) (out []string) {
	for line := range strings.Lines(e.content()) {
		if contains([]byte(line), text) {
			out = append(out, strings.TrimSpace(line))
		}
	}
	return out
}

func TestEstate(t *testing.T) {
	if got := len(newEstate(40, "").left(mailOf(5))); got != 3 {
		t.Errorf("the person stands in %d records of the estate, want 3", got)
	}
}
