package plans_test

import (
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"

	"vestige/pii"
	"vestige/plans"
)

// TestThousands erases most of the people of one estate in one run: many in a batch, and beside it some by requests of their own that begin together. Nobody who was
// erased is left anywhere, and every record of the others is what it was, but for the mentions of who is gone.
func TestThousands(t *testing.T) {
	people, batch, single := 60, 30, 4
	if os.Getenv("VESTIGE_DEEP") != "" {
		people, batch, single = 2_400, 1_900, 100
	}
	e := newEstate(people, "")
	before := strings.Split(e.content(), "\n")
	w := newWorld(t, e.sources()...)
	ask := plans.Ask{Request: "REQ-00000001", Kind: plans.Erasure, By: "olga"}
	gone := map[int]bool{}
	for i := range batch {
		gone[i] = true
		ask.Subjects = append(ask.Subjects, []pii.Identifier{{Category: "contact.email", Value: pii.NewValue(mailOf(i))}})
	}
	many, err := w.engine.Plan(t.Context(), ask)
	w.must(err)
	if b := many.Open.Batch; b.Planned != batch || len(b.Left)+len(b.Nothing) > 0 {
		t.Fatalf("%d of %d are planned, %d left, nothing of %d", b.Planned, batch, len(b.Left), len(b.Nothing))
	}
	ids := []string{w.approve(many).ID}
	for k := range single {
		i := batch + 2*k // not beside one another
		gone[i] = true
		s, err := w.engine.Plan(t.Context(), plans.Ask{Request: fmt.Sprintf("REQ-%08d", k+2), Kind: plans.Erasure, By: "olga", Identifiers: []pii.Identifier{{Category: "contact.email", Value: pii.NewValue(mailOf(i))}}})
		w.must(err)
		ids = append(ids, w.approve(s).ID)
	}
	var wg sync.WaitGroup
	at := make(chan bool, 4) // who waits for her turn asks for it again and again
	for _, id := range ids {
		wg.Go(func() {
			at <- true
			finish(t, w, id)
			<-at
		})
	}
	wg.Wait()
	marks := map[string]bool{} // what stands for who is gone; a customer's number does so in the shop alone
	for i := range gone {
		marks["desk"+mailOf(i)], marks["shop"+mailOf(i)], marks["shop"+fmt.Sprint(idOf(i))] = true, true, true
	}
	names := func(line string) bool {
		for _, word := range strings.FieldsFunc(line, func(r rune) bool { return r == '|' || r == ' ' || r == ',' }) {
			if marks[line[:4]+word] {
				return true
			}
		}
		return false
	}
	after := map[string]int{}
	for line := range strings.Lines(e.content()) {
		if line = strings.TrimSuffix(line, "\n"); names(line) {
			t.Errorf("somebody is left in %s", line)
		}
		after[line]++
	}
	changed := 0
	for _, line := range before {
		switch {
		case !names(line) && after[line] == 0:
			t.Errorf("a record of another is gone or changed: %s", line)
		case !names(line):
			after[line]--
		case strings.Contains(line, "A friend"):
			changed++
		}
	}
	rest := 0
	for _, n := range after {
		rest += n
	}
	if rest > changed {
		t.Errorf("%d records are new, of %d that could have been changed", rest, changed)
	}
}
