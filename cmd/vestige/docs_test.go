package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
)

func TestJSONIsDocumented(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "..", "docs", "json.md"))
	if err != nil {
		t.Fatal(err)
	}
	if string(text) != jsonDoc() {
		t.Error("docs/json.md is stale: make generate")
	}
}

// TestHelpTeaches holds every command to a line of help, and every one at the top to an example.
func TestHelpTeaches(t *testing.T) {
	k, err := parser(&call{cli: &cli{}})
	if err != nil {
		t.Fatal(err)
	}
	documented := ""
	for _, p := range printed() {
		documented += p.command + " "
	}
	for _, n := range k.Model.Children {
		if n.Hidden {
			continue
		}
		if n.Help == "" || !strings.Contains(n.Detail, "Example:\n  ") {
			t.Errorf("%s teaches nothing: it needs a line of help and an example", n.Name)
		}
		for _, sub := range n.Children {
			if sub.Type == kong.CommandNode && sub.Help == "" {
				t.Errorf("%s %s has no help", n.Name, sub.Name)
			}
		}
		switch n.Name {
		case "demo", "serve", "init", "completion":
		default:
			if !strings.Contains(documented, n.Name) {
				t.Errorf("what %s prints as JSON is not documented: name its type in printed", n.Name)
			}
		}
	}
}
