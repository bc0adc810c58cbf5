// Package exchange is how a team arrives and leaves: what other catalogs and pipelines know of datasets comes in, and goes out in the same forms.
//
// Read understands a manifest of dbt (and the file of its sources), events of OpenLineage, and CSV, by what stands in them. It finds the places that a
// file names in the catalog and compares: the Changes say row by row what would be new, what is so already, what the catalog does not have, and what is
// wrong. Nothing is written before Apply, which writes all of it or none. A file that was written here changes nothing where it is read again.
//
// Three things come in. A card is who answers for a place and what it is. A flow is what is made from what: where its values arrive as they are, and
// come from a key, it is a reference that plans follow (lineage.Told), which a person may reject. A decision is what dbt's meta says of a column; it
// is made by who brings the file, in the way in which all decisions are made, and so Changes only lists them.
package exchange

import (
	"bytes"
	"cmp"
	"context"
	"slices"
	"strings"

	"vestige/catalog"
	"vestige/internal/db"
	"vestige/internal/errkind"
	"vestige/lineage"
	"vestige/pii"
)

// Options say how a file is read.
type Options struct {
	By      string
	Sources map[string]string // what the file calls a namespace, and the source that it is
	Gentle  bool              // what a person wrote is left as it is: for events, which come by themselves
}

// Row is one thing that a file says, compared with what there is.
type Row struct {
	Where string   `json:"where"` // in the file
	Name  string   `json:"name"`  // the place as the file has it
	At    *pii.Ref `json:"at,omitempty"`
	Input *pii.Ref `json:"input,omitempty"` // of a flow, which ends at At
	What  string   `json:"what"`            // owner, description, flow
	Was   string   `json:"was,omitempty"`
	Then  string   `json:"then,omitempty"`
	Does  string   `json:"does,omitempty"` // add, change, remove; nothing where it is so already
	Left  string   `json:"left,omitempty"` // why it is left out
	Error string   `json:"error,omitempty"`
}

// Decision is what a file says of what a field holds.
type Decision struct {
	Where    string `json:"where"`
	Field    string `json:"field"`
	Verdict  string `json:"verdict"`
	Category string `json:"category,omitempty"`
	Reason   string `json:"reason,omitempty"`
}

// Changes are what a file would do.
type Changes struct {
	Format    string     `json:"format"` // csv, dbt, openlineage
	Rows      []Row      `json:"rows"`
	Decisions []Decision `json:"decisions,omitempty"`
	New       int        `json:"new"`   // rows that change something
	Same      int        `json:"same"`  // rows that are so already
	Left      int        `json:"left"`  // rows about what the catalog does not have
	Wrong     int        `json:"wrong"` // rows that cannot be taken: while there is one, nothing is

	cards []catalog.Card
	flows []lineage.Flow
}

// The most that a file may be, and how many of its rows.
const (
	Longest = 64 << 20
	most    = 200_000
)

// Read reads a file and compares it with the catalog.
func Read(ctx context.Context, cat *catalog.Catalog, text []byte, o Options) (*Changes, error) {
	f, err := parse(text)
	if err != nil {
		return nil, err
	}
	if len(f.cards)+len(f.flows)+len(f.decisions) > most {
		return nil, errkind.Coded(errkind.Invalid, "bad-file", "a file says at most %d things", most)
	}
	p, err := newPlaces(ctx, cat, o.Sources)
	if err != nil {
		return nil, err
	}
	p.strict = f.strict
	x := &reading{Changes: &Changes{Format: f.format, Rows: []Row{}}, ctx: ctx, cat: cat, places: p, o: o}
	for _, step := range []func(file) error{x.cardsOf, x.flowsOf, x.decisionsOf} {
		if err := step(f); err != nil {
			return nil, err
		}
	}
	return x.Changes, nil
}

// Apply writes what Read found, in the caller's unit of work. The decisions of a file are the caller's to make.
func (c *Changes) Apply(ctx context.Context, tx db.Tx, cat *catalog.Catalog) error {
	if c.Wrong > 0 {
		return errkind.Coded(errkind.Invalid, "bad-file", "%d rows of the file cannot be taken, so nothing of it is", c.Wrong)
	}
	for _, k := range c.cards {
		if err := cat.PutCard(ctx, tx, k); err != nil {
			return err
		}
	}
	for _, f := range c.flows {
		if err := cat.PutFlow(ctx, tx, f); err != nil {
			return err
		}
	}
	return nil
}

// Flows tells whether flows are among what is written, so that references have to be worked out anew.
func (c *Changes) Flows() bool { return len(c.flows) > 0 }

// Shown gives the first rows that are more than so already: wrong ones, then what changes, then what is left out.
func (c *Changes) Shown() (out []Row) {
	for _, which := range []func(Row) bool{
		func(r Row) bool { return r.Error != "" }, func(r Row) bool { return r.Error == "" && r.Does != "" }, func(r Row) bool { return r.Left != "" },
	} {
		for _, r := range c.Rows {
			if which(r) && len(out) < shown {
				out = append(out, r)
			}
		}
	}
	return out
}

const shown = 300

// file is what stands in one, in its own names.
type file struct {
	format    string
	strict    bool // every place must be in the catalog
	cards     []card
	flows     []flow
	decisions []decision
}

// name is a place as a file has it.
type name struct{ Namespace, Dataset, Field string }

func (n name) set() name { n.Field = ""; return n }

// String writes it as people do.
func (n name) String() string {
	text := n.Dataset
	if n.Namespace != "" {
		text = n.Namespace + "/" + text
	}
	if n.Field != "" {
		text += "#" + n.Field
	}
	return text
}

// card is what a file says of a place; nil is nothing, and empty takes away.
type card struct {
	where              string
	at                 name
	owner, description *string
}

type flow struct {
	where         string
	input, output name
	same          bool
	origin, job   string // origin where the file keeps that of another
	at            int64
}

type decision struct {
	where                     string
	at                        name
	verdict, category, reason string
}

// parse tells by its beginning what a file is.
func parse(text []byte) (f file, err error) {
	text = bytes.TrimSpace(bytes.TrimPrefix(text, []byte("\ufeff")))
	switch {
	case len(text) > Longest:
		return f, errkind.Coded(errkind.Invalid, "bad-file", "a file has at most %d MB", Longest>>20)
	case len(text) == 0:
		return f, errkind.Coded(errkind.Invalid, "bad-file", "the file is empty")
	case text[0] == '{' && bytes.Contains(text, []byte(`"nodes"`)) || text[0] == '{' && bytes.Contains(text, []byte(`"sources"`)):
		return manifestOf(text)
	case text[0] == '{' || text[0] == '[':
		return eventsOf(text)
	case bytes.HasPrefix(text, []byte("version:")) || bytes.HasPrefix(text, []byte("sources:")):
		return sourcesOf(text)
	}
	return rowsOf(text)
}

// IsDecisions tells whether a text is CSV of decisions alone, which is read by those who make them.
func IsDecisions(text []byte) bool {
	line, _, _ := bytes.Cut(bytes.TrimPrefix(text, []byte("\ufeff")), []byte("\n"))
	return !bytes.ContainsAny(line, "{[:") && slices.ContainsFunc(strings.Split(string(line), ","), func(h string) bool {
		return strings.EqualFold(strings.Trim(strings.TrimSpace(h), `"`), "verdict")
	})
}

// reading compares a file with the catalog.
type reading struct {
	*Changes
	ctx    context.Context //nolint:containedctx // it lives as long as Read
	cat    *catalog.Catalog
	places *places
	o      Options
}

func (x *reading) add(r Row) {
	switch {
	case r.Error != "":
		x.Wrong++
	case r.Left != "":
		x.Left++
	case r.Does != "":
		x.New++
	default:
		x.Same++
	}
	x.Rows = append(x.Rows, r)
}

// missing gives the row of a place that was not found.
func (x *reading) missing(f file, r Row, why string) {
	if f.strict {
		r.Error = why
	} else {
		r.Left = why
	}
	x.add(r)
}

// cardsOf compares owners and descriptions.
func (x *reading) cardsOf(f file) error {
	old, err := x.cat.Cards(x.ctx, pii.Ref{})
	if err != nil {
		return err
	}
	was, line := map[pii.Ref]catalog.Card{}, map[pii.Ref]string{}
	for _, k := range old {
		was[k.At] = k
	}
	for _, k := range f.cards {
		ref, why, err := x.places.find(x.ctx, k.at)
		if err != nil {
			return err
		}
		r := Row{Where: k.where, Name: k.at.String(), What: "owner and description"}
		switch {
		case why != "":
			x.missing(f, r, why)
			continue
		case line[ref] != "" && f.format == "csv":
			r.Error = "it stands at " + line[ref] + " already"
			x.add(r)
			continue
		}
		line[ref] = k.where
		x.card(f, k, ref, was)
	}
	return nil
}

// card adds the rows of one card, and keeps what is to be written of it.
func (x *reading) card(f file, k card, ref pii.Ref, was map[pii.Ref]catalog.Card) {
	old := was[ref]
	now, changes := old, false
	now.At, now.Origin, now.By, now.Time = ref, f.format, x.o.By, 0
	kept := x.o.Gentle && old.Origin != "" && old.Origin != f.format
	for _, part := range []struct {
		what string
		says *string
		is   *string
	}{{"owner", k.owner, &now.Owner}, {"description", k.description, &now.Description}} {
		if part.says == nil || kept && *part.is != "" {
			continue
		}
		r := Row{Where: k.where, Name: k.at.String(), At: &ref, What: part.what, Was: *part.is, Then: *part.says}
		if r.Does = doing(r.Was, r.Then); r.Does != "" {
			*part.is, changes = *part.says, true
		}
		if err := now.Validate(); err != nil {
			r.Error = err.Error()
		}
		x.add(r)
	}
	if changes {
		x.cards, was[ref] = append(x.cards, now), now
	}
}

func doing(was, then string) string {
	switch {
	case was == then:
		return ""
	case was == "":
		return "add"
	case then == "":
		return "remove"
	}
	return "change"
}

// flowsOf compares flows. One that leads through what the catalog does not have leads from what that is made from.
func (x *reading) flowsOf(f file) error {
	if len(f.flows) == 0 {
		return nil
	}
	old, err := x.cat.Flows(x.ctx, pii.Ref{})
	if err != nil {
		return err
	}
	t := through{reading: x, f: f, into: map[name][]flow{}, onward: map[name]bool{}, told: map[string]lineage.Flow{}, done: map[string]bool{}}
	for _, k := range old {
		t.told[k.ID()] = k
	}
	for _, k := range f.flows {
		t.into[k.output] = append(t.into[k.output], k)
		t.onward[k.input] = true
	}
	for _, k := range f.flows {
		out, why, err := x.places.find(x.ctx, k.output)
		if err != nil {
			return err
		}
		if why != "" {
			if !t.onward[k.output] {
				x.missing(f, Row{Where: k.where, Name: k.input.String() + " → " + k.output.String(), What: "flow"}, why)
			}
			continue
		}
		if err := t.follow(k, out, k, map[name]bool{k.output: true}); err != nil {
			return err
		}
	}
	return nil
}

// through follows flows through places that the catalog does not have.
type through struct {
	*reading
	f      file
	into   map[name][]flow // by what is made
	onward map[name]bool   // something is made from it
	told   map[string]lineage.Flow
	done   map[string]bool
}

// follow adds the flow from step's input to out, or from what that input is made from.
func (t *through) follow(k flow, out pii.Ref, step flow, seen map[name]bool) error {
	in, why, err := t.places.find(t.ctx, step.input)
	if err != nil {
		return err
	}
	if why == "" {
		return t.one(k, step, in, out)
	}
	before := t.into[step.input]
	if len(before) == 0 || seen[step.input] {
		t.missing(t.f, Row{Where: k.where, Name: step.input.String() + " → " + k.output.String(), At: &out, What: "flow"}, why)
		return nil
	}
	seen[step.input] = true
	for _, b := range before {
		b.same = b.same && step.same
		if err := t.follow(k, out, b, seen); err != nil {
			return err
		}
	}
	return nil
}

// one compares a flow between two places of the catalog. A flow between fields is one between their datasets too.
func (t *through) one(k, step flow, in, out pii.Ref) error {
	if in.Field != "" && out.Field != "" {
		sets, of := flow{input: step.input.set()}, k
		of.output = k.output.set()
		if err := t.one(of, sets, in.Of(), out.Of()); err != nil {
			return err
		}
	}
	if (in.Field == "") != (out.Field == "") {
		t.add(Row{Where: k.where, Name: step.input.String() + " → " + k.output.String(), What: "flow", Error: "a flow leads from a dataset to another one, or from a field to another one"})
		return nil
	}
	now := lineage.Flow{Input: in, Output: out, Same: step.same, Origin: cmp.Or(k.origin, t.f.format), Job: k.job, By: t.o.By, At: k.at}
	if in == out || t.done[now.ID()] {
		return nil
	}
	t.done[now.ID()] = true
	r := Row{Where: k.where, Name: step.input.String() + " → " + k.output.String(), At: &out, Input: &in, What: "flow", Then: how(now.Same)}
	old, told := t.told[now.ID()]
	known, err := t.places.known(t.ctx, in, out)
	switch {
	case err != nil:
		return err
	case told && old.Same == now.Same, !told && known:
	case told && t.o.Gentle && old.Origin != now.Origin:
	case told:
		r.Was, r.Does = how(old.Same), "change"
	default:
		r.Does = "add"
	}
	if r.Does != "" {
		t.flows = append(t.flows, now)
	}
	t.add(r)
	return nil
}

// How a flow changes values, as files and pages have it.
const (
	Same    = "same"
	Changed = "changed"
)

func how(same bool) string {
	if same {
		return Same
	}
	return Changed
}

// decisionsOf lists the decisions of a file by the places of the catalog; one that was not found keeps its own name, which whoever makes it refuses.
func (x *reading) decisionsOf(f file) error {
	for _, d := range f.decisions {
		set, why, err := x.places.find(x.ctx, d.at.set())
		if err != nil {
			return err
		}
		at := d.at.String()
		if why == "" {
			at = set.In(d.at.Field).String()
		}
		x.Decisions = append(x.Decisions, Decision{d.where, at, d.verdict, d.category, d.reason})
	}
	return nil
}
