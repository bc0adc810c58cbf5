package requests

import (
	"fmt"
	"slices"
	"strings"

	"vestige/plans"
)

// State is where a request is.
type State string

// The states. Closed, Denied and Withdrawn are terminal.
const (
	Received    State = "received"
	Identifying State = "identifying" // it is being made sure that the person is who she says
	Scoping     State = "scoping"     // what there is of her is being found
	Planned     State = "planned"     // waits for approval
	Approved    State = "approved"
	Exporting   State = "exporting"
	Cooling     State = "cooling" // begins with the soft deletes; can be undone
	Executing   State = "executing"
	Checking    State = "checking"
	Attesting   State = "attesting"
	Closed      State = "closed"
	Denied      State = "denied"
	Withdrawn   State = "withdrawn"
	Waiting     State = "waiting" // for the person, a third party or manual work
	Blocked     State = "blocked" // an open required gap, or something only a person can mend
)

// Terminal tells whether nothing comes after the state.
func (s State) Terminal() bool { return s == Closed || s == Denied || s == Withdrawn }

// Transition is one way from a state to another.
type Transition struct {
	From, To State
	Who      string // person, machine
	When     string
}

// Transitions gives every way there is. Nothing else moves a request, and the diagram of docs/requests.md is made from it.
func Transitions() []Transition {
	t := []Transition{
		{Received, Identifying, "person", "the identity is to be checked"},
		{Received, Scoping, "person", "the identity was checked at intake"},
		{Identifying, Scoping, "person", "the identity is sure"},
		{Scoping, Planned, "machine", "a plan is made"},
		{Scoping, Closed, "person", "done by other means, for types without a plan"},
		{Planned, Planned, "machine", "the plan is made anew"},
		{Planned, Approved, "person", "the plan is approved by its hash"},
		{Approved, Planned, "machine", "the last look found what the approval does not cover"},
		{Approved, Exporting, "machine", "the last look holds"},
		{Approved, Attesting, "machine", "an export is written"},
		{Exporting, Cooling, "machine", "what was to be exported is exported"},
		{Cooling, Executing, "machine", "the window has ended"},
		{Cooling, Approved, "machine", "another erasure came between: the last look is made again"},
		{Executing, Checking, "machine", "every unit is done"},
		{Checking, Executing, "machine", "records arrived on approved routes"},
		{Checking, Attesting, "machine", "nothing is left"},
		{Attesting, Closed, "machine", "the attestation is signed"},
	}
	for _, from := range []State{Approved, Executing, Checking} {
		t = append(t, Transition{from, Blocked, "machine", "a person has to do something"}, Transition{Blocked, from, "machine", "run again"})
	}
	t = append(t, Transition{Blocked, Planned, "machine", "the plan is made anew"})
	for _, from := range []State{Received, Identifying, Scoping, Planned, Approved} {
		t = append(t, Transition{from, Waiting, "person", "something is awaited"}, Transition{Waiting, from, "person", "it has come"})
	}
	for _, from := range []State{Received, Identifying, Scoping, Planned, Approved, Exporting, Cooling, Waiting, Blocked} {
		t = append(t, Transition{from, Withdrawn, "person", "the person withdraws; nothing irreversible has been done"})
	}
	for _, from := range []State{Received, Identifying, Scoping, Planned, Approved, Waiting, Blocked} {
		t = append(t, Transition{from, Denied, "person", "it is refused, with a reason"})
	}
	return t
}

// May tells whether there is a way from one state to another.
func May(from, to State) bool {
	return slices.ContainsFunc(Transitions(), func(t Transition) bool { return t.From == from && t.To == to })
}

// path gives the states through which a request follows its plan from one state to another; nil where there is no way. A machine does not stop in
// between, and so the history has each of them.
func path(from, to State) []State {
	before := map[State]State{from: ""}
	queue := []State{from}
	for len(queue) > 0 {
		s := queue[0]
		queue = queue[1:]
		for _, t := range Transitions() {
			if _, seen := before[t.To]; seen || t.From != s || (t.Who != "machine" && s != from) {
				continue
			}
			before[t.To] = s
			if t.To == to {
				var out []State
				for at := to; at != from; at = before[at] {
					out = append([]State{at}, out...)
				}
				return out
			}
			queue = append(queue, t.To)
		}
	}
	return nil
}

// stateOf says where a request is whose plan is in a state.
func stateOf(s plans.State) State {
	return map[plans.State]State{
		plans.Planned: Planned, plans.Approved: Approved, plans.Exporting: Exporting, plans.Cooling: Cooling, plans.Executing: Executing, plans.Purging: Executing,
		plans.Checking: Checking, plans.Attesting: Attesting, plans.Closed: Closed, plans.Blocked: Blocked, plans.Superseded: Planned,
		plans.Cancelled: Withdrawn, plans.Denied: Denied, plans.Failed: Blocked,
	}[s]
}

// Markdown gives docs/requests.md.
func Markdown() string {
	var b strings.Builder
	b.WriteString("# The states of a request\n\nMade from the table of transitions in package requests; every transition is kept with actor, time and reason.\n\n```mermaid\nstateDiagram-v2\n    [*] --> received\n")
	for _, t := range Transitions() {
		fmt.Fprintf(&b, "    %s --> %s\n", t.From, t.To)
	}
	for _, s := range []State{Closed, Denied, Withdrawn} {
		fmt.Fprintf(&b, "    %s --> [*]\n", s)
	}
	b.WriteString("```\n\n| from | to | who | when |\n|---|---|---|---|\n")
	for _, t := range Transitions() {
		fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", t.From, t.To, t.Who, t.When)
	}
	b.WriteString("\n`closed` needs every step verified, or retained with a basis, every required gap accepted or answered, and every question answered. On `closed`, `denied` and\n" +
		"`withdrawn` the identifiers, keys of records, undo images and sealed plans of the request are destroyed with its key; fingerprints, counts and the attestation stay.\n")
	return b.String()
}
