package model_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"vestige/classifiers"
	allclassifiers "vestige/classifiers/all"
	"vestige/events"
	"vestige/internal/db"
	"vestige/pii"
	"vestige/plans"
)

// messages is a channel to the outside that keeps what it is sent.
type messages struct{ got []events.Message }

func (m *messages) Send(_ context.Context, msg events.Message) error {
	m.got = append(m.got, msg)
	return nil
}

// TestMistake15ToldOnceAWeek has what others are to be told leave with the first round of deliveries after the unit of work that it is about, and not without it.
func TestMistake15ToldOnceAWeek(t *testing.T) {
	s := newShop(t)
	out := &messages{}
	box := events.New(s.store.DB(), []events.Channel{{Name: "processor", Kind: "webhook", Sender: out}})
	failed := fmt.Errorf("rolled back")
	for _, end := range []error{failed, nil} {
		_ = s.store.DB().Write(t.Context(), func(tx db.Tx) error {
			ok(t, box.Put(t.Context(), tx, events.Event{Type: "alert.opened", Code: "unmapped", Source: "shop", Where: "shop/customers"}))
			return end
		})
	}
	ok(t, box.Gather(t.Context()))
	if n, err := box.Deliver(t.Context()); err != nil || n != 1 || len(out.got) != 1 || len(out.got[0].Events) != 1 {
		t.Errorf("%d deliveries of %v: %v", n, out.got, err)
	}
}

func TestMistake16WholeObjects(t *testing.T) {
	s := newShop(t, "CREATE TABLE visits (id INTEGER PRIMARY KEY, customer_id INTEGER NOT NULL REFERENCES customers (id))", "INSERT INTO visits VALUES ({i}, {id})",
		"UPDATE visits SET customer_id = 0 WHERE customer_id = 5009", "UPDATE customers SET id = 0 WHERE id = 5009")
	folder := filepath.Join(s.dir, "files")
	old := time.Date(2020, 2, 3, 4, 5, 6, 0, time.UTC)
	write := func(key, text string) {
		path := filepath.Join(folder, filepath.FromSlash(key))
		ok(t, os.MkdirAll(filepath.Dir(path), 0o755))
		ok(t, os.WriteFile(path, []byte(text), 0o640))
		ok(t, os.Chtimes(path, old, old))
	}
	var csv, untouched strings.Builder
	csv.WriteString("email,score\r\n")
	untouched.WriteString("email,score\r\n")
	for i := range customers {
		fmt.Fprintf(&csv, "%s,%d.50\r\n", mail(i), i)
		if i != her {
			fmt.Fprintf(&untouched, "%s,%d.50\r\n", mail(i), i)
		}
		write("mail/"+mail(i)+"/a.txt", "hello\n")
		write("mail/"+mail(i)+".example.org/a.txt", "hello\n") // a key that hers is the beginning of
	}
	write("scores.csv", csv.String())
	s.open("files", "bucket", "path", "files")
	s.scan()
	s.gone(her)
	s.is("39|0", "SELECT count(*), sum(customer_id = 0) FROM visits")
	now, err := os.ReadFile(filepath.Join(folder, "scores.csv"))
	ok(t, err)
	if string(now) != untouched.String() {
		t.Errorf("the file is %.200q", now)
	}
	info, err := os.Stat(filepath.Join(folder, "scores.csv"))
	ok(t, err)
	if info.Mode().Perm() != 0o640 || !info.ModTime().Equal(old) {
		t.Errorf("the file has mode %s and time %s", info.Mode(), info.ModTime())
	}
	kept, err := filepath.Glob(filepath.Join(folder, "mail", "*", "a.txt"))
	ok(t, err)
	if len(kept) != 2*customers-1 {
		t.Errorf("%d of the mails are there, want %d", len(kept), 2*customers-1)
	}
}

func TestMistake17TombstoneKeepsTheAddress(t *testing.T) {
	s := newShop(t,
		"CREATE TABLE repairs (id INTEGER PRIMARY KEY, customer_id INTEGER NOT NULL REFERENCES customers (id), approved_by INTEGER NOT NULL REFERENCES customers (id))",
		"INSERT INTO repairs VALUES ({i}, {id}, {next})")
	s.gone(her)
	s.is("1", "SELECT count(*) FROM customers WHERE id = 5009")
	s.is("0", "SELECT count(*) FROM customers WHERE lower(email) LIKE '%"+strings.SplitN(mail(her), "@", 2)[0]+"%' OR full_name = '"+person(her)+"'")
	for _, folder := range []string{"shop.db", "store"} {
		if files := s.holding(folder, mail(her)); len(files) > 0 {
			t.Errorf("her address stands in %v", files)
		}
	}
	again := s.plan(plans.Erasure, "REQ-00000099", mail(her))
	for _, st := range again.Open.Steps {
		if st.Dataset.Dataset == "customers" && st.Records > 0 {
			t.Errorf("her address leads to the shell: %+v", st)
		}
	}
}

func TestMistake18NothingSeenIsClean(t *testing.T) {
	s := newShop(t, "CREATE TABLE leads (id INTEGER PRIMARY KEY, remark TEXT)")
	n, err := s.catalog.Node(t.Context(), pii.Ref{Source: "shop", Dataset: "leads"})
	ok(t, err)
	if f := n.Field("remark"); f == nil || f.Reason != "no-records" {
		t.Errorf("a field of which nothing was seen is %+v", f)
	}
}

// propose gives what the classifiers make of a column.
func propose(t *testing.T, name string, values ...string) pii.Proposal {
	t.Helper()
	set, err := classifiers.NewSet(allclassifiers.All(), classifiers.Options{Examples: true})
	ok(t, err)
	d := pii.Dataset{Ref: pii.Ref{Source: "s", Dataset: "things"}, Kind: pii.Table, Fields: []pii.Field{{Name: name, Column: name, Type: pii.Text}}}
	return set.Table(&d, func(_ int, yield func([]byte)) {
		for _, v := range values {
			yield([]byte(v))
		}
	})[0]
}

func TestMistake19OneHitInFifty(t *testing.T) {
	var notes, browsers []string
	for i := range 50 {
		notes = append(notes, fmt.Sprintf("parcel %d was left at the door", i))
		browsers = append(browsers, []string{"Chrome 119", "Firefox 120", "Edge 118", "Opera 104"}[i%4])
	}
	notes[31] = "please write to anna.meyer@example.com instead"
	browsers[17] = "Safari"
	if p := propose(t, "remark", notes...); len(p.Contains) == 0 || p.Contains[0].Category != "contact.email" {
		t.Errorf("one address in fifty texts: %s, %+v", p.Category, p.Contains)
	}
	if p := propose(t, "client_app", browsers...); pii.Category("identity").Covers(p.Category) && p.Confidence >= 0.5 {
		t.Errorf("browsers are %s, %.2f", p.Category, p.Confidence)
	}
}

func TestMistake20SubstringsInNames(t *testing.T) {
	for name, values := range map[string][]string{"acid_level": {"5.5", "6.1", "7.0"}, "ACADEMIC_YEAR_CODE": {"AY21", "AY22", "AY23"}, "email_verified": {"true", "false", "true"}, "passenger_count": {"1", "4", "2"}} {
		if p := propose(t, name, values...); p.Category.Personal() && p.Confidence >= 0.5 {
			t.Errorf("%s is %s, %.2f", name, p.Category, p.Confidence)
		}
	}
}
