package requests_test

import (
	"flag"
	"os"
	"slices"
	"testing"

	"vestige/requests"
)

var update = flag.Bool("update", false, "write docs/requests.md anew")

func TestDiagram(t *testing.T) {
	const path = "../docs/requests.md"
	if *update {
		if err := os.WriteFile(path, []byte(requests.Markdown()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	b, err := os.ReadFile(path)
	if err != nil || string(b) != requests.Markdown() {
		t.Errorf("%s is not what the table of transitions gives: go test ./requests -update", path)
	}
}

// TestTable holds the table to what has to be true of it, whatever it says in detail.
func TestTable(t *testing.T) {
	ts := requests.Transitions()
	reached := []requests.State{requests.Received}
	for i := 0; i < len(reached); i++ {
		for _, x := range ts {
			if x.From == reached[i] && !slices.Contains(reached, x.To) {
				reached = append(reached, x.To)
			}
		}
	}
	for _, x := range ts {
		if x.From.Terminal() {
			t.Errorf("%s is terminal and leads on to %s", x.From, x.To)
		}
		if !slices.Contains(reached, x.To) {
			t.Errorf("%s cannot be reached", x.To)
		}
		if (x.From == requests.Executing || x.From == requests.Checking || x.From == requests.Attesting) && (x.To == requests.Withdrawn || x.To == requests.Denied) {
			t.Errorf("%s is irreversible and leads to %s", x.From, x.To)
		}
		if x.To == requests.Closed && x.From != requests.Attesting && x.From != requests.Scoping {
			t.Errorf("%s closes a request without an attestation", x.From)
		}
	}
	if requests.May(requests.Blocked, requests.Closed) || requests.May(requests.Planned, requests.Executing) {
		t.Error("a request may leave out its approval")
	}
}
