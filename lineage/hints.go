package lineage

import (
	"fmt"
	"slices"
	"strings"

	"vestige/pii"
)

// hints is what the names of all tables and the declared references of a source tell about the others. Applications that share a database put a word before
// the names of their tables, and a column that is declared to refer to a table in one of them is often called the same in another, where nothing is declared.
type hints struct {
	apps     map[string][]string  // by source, the words that begin the names of many of its tables
	declared map[string][]pii.Ref // by source, application and name, what fields so called are declared to refer to
	room     []pii.Nat            // for what is weighed and not kept
}

// Evidence of hints, in nats; fromApp is how many tables, and which share of a source's, make a word an application's.
const (
	oneApp      = 2.0
	otherApp    = -3.0
	byDeclared  = 8.0
	fromApp     = 5
	shareOfApps = 0.2
)

func hintsOf(looks []Look) *hints {
	h := &hints{apps: map[string][]string{}, declared: map[string][]pii.Ref{}, room: make([]pii.Nat, 0, 8)}
	tables := map[string]map[string]int{} // source, first word
	total := map[string]int{}
	seen := map[*Node]bool{}
	for i := range looks {
		n := looks[i].Node
		if ws := words(n.Dataset.Ref.Dataset); !seen[n] && len(ws) > 1 {
			if tables[n.Dataset.Ref.Source] == nil {
				tables[n.Dataset.Ref.Source] = map[string]int{}
			}
			tables[n.Dataset.Ref.Source][ws[0]]++
		}
		if !seen[n] {
			total[n.Dataset.Ref.Source]++
		}
		seen[n] = true
	}
	for source, by := range tables {
		for w, k := range by {
			if k >= fromApp && float64(k) >= shareOfApps*float64(total[source]) && k < total[source] {
				h.apps[source] = append(h.apps[source], w)
			}
		}
	}
	for n := range seen {
		for _, r := range n.Dataset.References {
			if name := strings.Join(words(r.Fields[0]), "_"); len(r.Fields) == 1 && len(trimKeys(words(r.Fields[0]))) > 0 {
				k := h.app(r.From.Source, words(r.From.Dataset)) + "\x00" + name
				if to := r.To.In(r.ToFields[0]); !slices.Contains(h.declared[k], to) {
					h.declared[k] = append(h.declared[k], to)
				}
			}
		}
	}
	return h
}

// app names the application that a dataset of a source is of, by the words of its name.
func (h *hints) app(source string, name []string) string {
	if len(name) > 0 && slices.Contains(h.apps[source], name[0]) {
		return source + "\x00" + name[0]
	}
	return source + "\x00"
}

// add appends what the hints say of a child and its parent.
func (h *hints) add(nats []pii.Nat, c, p *Look) []pii.Nat {
	source := c.Node.Dataset.Ref.Source
	if source != p.Node.Dataset.Ref.Source {
		return nats
	}
	if len(h.apps[source]) > 0 {
		switch a := h.app(source, c.words()); {
		case a != h.app(source, p.words()):
			nats = append(nats, pii.Nat{Text: "the names of the tables are those of two applications", Nats: otherApp})
		case a != source+"\x00":
			nats = append(nats, pii.Nat{Text: "the names of the tables are those of one application", Nats: oneApp})
		}
	}
	if len(h.declared) == 0 || soleKey(c) {
		return nats // a key is called what keys are called
	}
	if to := h.declared[h.app(source, c.words())+"\x00"+strings.Join(words(c.Field.Field.Name), "_")]; len(to) == 1 && to[0] == p.ref() {
		nats = append(nats, pii.Nat{Text: fmt.Sprintf("fields called %q are declared to refer to it", c.Field.Field.Name), Nats: byDeclared})
	}
	return nats
}
