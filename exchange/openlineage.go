package exchange

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"vestige/catalog"
	"vestige/internal/errkind"
	"vestige/lineage"
	"vestige/pii"
)

// olEvent is what is read and written of an event of OpenLineage 1 or 2: of a run, of a job, or of a dataset.
type olEvent struct {
	EventType string      `json:"eventType,omitempty"`
	EventTime string      `json:"eventTime"`
	Producer  string      `json:"producer"`
	SchemaURL string      `json:"schemaURL"`
	Job       *olName     `json:"job,omitempty"`
	Dataset   *olDataset  `json:"dataset,omitempty"`
	Inputs    []olDataset `json:"inputs,omitempty"`
	Outputs   []olDataset `json:"outputs,omitempty"`
}

type olName struct {
	Namespace string `json:"namespace"`
	Name      string `json:"name"`
}

type olDataset struct {
	Namespace string    `json:"namespace"`
	Name      string    `json:"name"`
	Facets    *olFacets `json:"facets,omitempty"`
}

func (d olDataset) name() name { return name{Namespace: d.Namespace, Dataset: d.Name} }

type olFacets struct {
	Documentation *olText    `json:"documentation,omitempty"`
	Ownership     *olOwners  `json:"ownership,omitempty"`
	Schema        *olSchema  `json:"schema,omitempty"`
	ColumnLineage *olColumns `json:"columnLineage,omitempty"`
}

// olFacet is what every facet has.
type olFacet struct {
	Producer string `json:"_producer"`
	Schema   string `json:"_schemaURL"`
}

type olText struct {
	olFacet
	Description string `json:"description"`
}

type olOwners struct {
	olFacet
	Owners []olOwner `json:"owners"`
}

type olOwner struct {
	Name string `json:"name"`
}

type olSchema struct {
	olFacet
	Fields []olField `json:"fields"`
}

type olField struct {
	Name        string `json:"name"`
	Description string `json:"description,omitempty"`
	Owner       string `json:"vestige_owner,omitempty"` // the standard has no owners of fields
}

type olColumns struct {
	olFacet
	Fields map[string]olColumn `json:"fields"`
}

type olColumn struct {
	InputFields    []olInput `json:"inputFields"`
	Transformation string    `json:"transformationType,omitempty"` // of version 1.0
}

type olInput struct {
	Namespace       string  `json:"namespace"`
	Name            string  `json:"name"`
	Field           string  `json:"field"`
	Transformations []olHow `json:"transformations,omitempty"`
}

type olHow struct {
	Type    string `json:"type"`
	Subtype string `json:"subtype,omitempty"`
	Masking bool   `json:"masking,omitempty"`
}

// eventsOf reads events: one, an array of them, or one in each line.
func eventsOf(text []byte) (f file, err error) {
	f.format = "openlineage"
	var all []olEvent
	if text[0] == '[' {
		err = json.Unmarshal(text, &all)
	} else {
		d := json.NewDecoder(bytes.NewReader(text))
		for {
			var e olEvent
			if err = d.Decode(&e); err != nil {
				break
			}
			all = append(all, e)
		}
		if errors.Is(err, io.EOF) {
			err = nil
		}
	}
	if err != nil || len(all) == 0 || slices.ContainsFunc(all, func(e olEvent) bool { return e.EventTime == "" || e.Job == nil && e.Dataset == nil }) {
		return f, errkind.Coded(errkind.Invalid, "bad-file", "these are no events of OpenLineage, nor a manifest.json of dbt")
	}
	for i, e := range all {
		f.event("event "+strconv.Itoa(i+1), e)
	}
	return f, nil
}

// event adds what one event says. One of a run that failed says nothing.
func (f *file) event(where string, e olEvent) {
	if e.EventType == "FAIL" || e.EventType == "ABORT" {
		return
	}
	if e.Dataset != nil {
		f.facets(where, *e.Dataset)
	}
	if e.Job == nil {
		return
	}
	at, _ := time.Parse(time.RFC3339Nano, e.EventTime)
	k := flow{where: where, job: clip(e.Job.Namespace + " " + e.Job.Name), at: max(0, at.UnixMicro())}
	if o, job, ok := strings.Cut(e.Job.Name, ":"); e.Job.Namespace == ourJobs && ok { // what was told to us, and told on
		k.origin, k.job = told(o), clip(job)
	}
	for _, d := range e.Inputs {
		f.facets(where, d)
	}
	for _, out := range e.Outputs {
		f.facets(where, out)
		for _, in := range e.Inputs {
			k.input, k.output, k.same = in.name(), out.name(), false
			f.flows = append(f.flows, k)
		}
		f.columns(k, out)
	}
}

// columns adds the flows between fields. What only decides which records there are, or in which order, carries no value.
func (f *file) columns(k flow, out olDataset) {
	if out.Facets == nil || out.Facets.ColumnLineage == nil {
		return
	}
	fields := out.Facets.ColumnLineage.Fields
	for _, col := range sortedKeys(fields) {
		for _, in := range fields[col].InputFields {
			carries, same := carried(in.Transformations, fields[col].Transformation)
			if !carries {
				continue
			}
			k.input, k.output, k.same = name{in.Namespace, in.Name, in.Field}, out.name(), same
			k.output.Field = col
			f.flows = append(f.flows, k)
		}
	}
}

// carried tells whether values go from one field to the other, and whether they arrive as they are.
func carried(how []olHow, old string) (carries, same bool) {
	if len(how) == 0 {
		return true, old == "IDENTITY"
	}
	same = true
	for _, h := range how {
		if h.Type == "INDIRECT" {
			continue
		}
		carries = true
		same = same && h.Subtype == "IDENTITY" && !h.Masking
	}
	return carries, carries && same
}

// facets adds what is said of a dataset and its fields.
func (f *file) facets(where string, d olDataset) {
	x := d.Facets
	if x == nil {
		return
	}
	k := card{where: where, at: d.name()}
	if x.Documentation != nil {
		k.description = said(x.Documentation.Description)
	}
	if x.Ownership != nil {
		var all []string
		for _, o := range x.Ownership.Owners {
			if s := words(o.Name); s != "" {
				all = append(all, s)
			}
		}
		k.owner = said(strings.Join(all, ", "))
	}
	if k.owner != nil || k.description != nil {
		f.cards = append(f.cards, k)
	}
	if x.Schema == nil {
		return
	}
	for _, field := range x.Schema.Fields {
		k := card{where, name{d.Namespace, d.Name, field.Name}, said(field.Owner), said(field.Description)}
		if k.owner != nil || k.description != nil {
			f.cards = append(f.cards, k)
		}
	}
}

// What stands in the events that are written here.
const (
	producer = "https://vestige.example/catalog"
	schemas  = "https://openlineage.io/spec/"
	ourJobs  = "vestige"
)

// OpenLineage writes what is known of flows as events, one in a line: what was told, views with what they read, copies that were found; and in a last
// event for each dataset its owner and description. The same catalog gives the same bytes.
func OpenLineage(w io.Writer, g *lineage.Graph, flows []lineage.Flow, cards []catalog.Card, scanned func(source string) int64) error {
	into, known := map[string][]lineage.Flow{}, map[string]bool{}
	for i := range g.Nodes {
		if n := &g.Nodes[i]; n.Gone == 0 {
			edges := append(g.Out(n.Dataset.Ref), g.Shown(n.Dataset.Ref)...)
			for _, f := range within(n, edges) {
				f.At = scanned(f.Output.Source)
				known[f.ID()] = true
				into[eventKey(f)] = append(into[eventKey(f)], f)
			}
		}
	}
	for _, f := range flows {
		if !known[f.ID()] {
			into[eventKey(f)] = append(into[eventKey(f)], f)
		}
	}
	e := json.NewEncoder(w)
	for _, k := range sortedKeys(into) {
		if err := e.Encode(eventOf(into[k])); err != nil {
			return err
		}
	}
	return cardEvents(e, cards)
}

// eventKey names the event that a flow stands in: those of one job into one dataset, told by one.
func eventKey(f lineage.Flow) string {
	return strings.Join([]string{f.Output.Of().String(), f.Origin, f.Job, strconv.FormatInt(f.At, 10)}, "\x00")
}

func eventOf(flows []lineage.Flow) olEvent {
	slices.SortFunc(flows, func(a, b lineage.Flow) int {
		return strings.Compare(a.Output.String()+"\x00"+a.Input.String(), b.Output.String()+"\x00"+b.Input.String())
	})
	f := flows[0]
	out := olDataset{Namespace: f.Output.Source, Name: f.Output.Dataset}
	e := olEvent{EventTime: stamp(f.At), Producer: producer, SchemaURL: schemas + "2-0-2/OpenLineage.json#/$defs/JobEvent", Job: jobOf(f)}
	fields := map[string]olColumn{}
	for _, f := range flows {
		in := olDataset{Namespace: f.Input.Source, Name: f.Input.Dataset}
		if !slices.Contains(e.Inputs, in) {
			e.Inputs = append(e.Inputs, in)
		}
		if f.Input.Field == "" {
			continue
		}
		sub := map[bool]string{true: "IDENTITY", false: "TRANSFORMATION"}[f.Same]
		col := fields[f.Output.Field]
		col.InputFields = append(col.InputFields, olInput{in.Namespace, in.Name, f.Input.Field, []olHow{{Type: "DIRECT", Subtype: sub}}})
		fields[f.Output.Field] = col
	}
	if len(fields) > 0 {
		out.Facets = &olFacets{ColumnLineage: &olColumns{olFacet{producer, schemas + "facets/1-2-0/ColumnLineageDatasetFacet.json"}, fields}}
	}
	e.Outputs = []olDataset{out}
	return e
}

// jobOf names what makes a flow. That of an event that came in keeps its own name; others get one that says where they are from.
func jobOf(f lineage.Flow) *olName {
	if namespace, job, ok := strings.Cut(f.Job, " "); f.Origin == "openlineage" && ok {
		return &olName{namespace, job}
	}
	return &olName{ourJobs, f.Origin + ":" + first(f.Job, f.Output.Of().String())}
}

func stamp(micros int64) string { return time.UnixMicro(micros).UTC().Format(time.RFC3339Nano) }

// cardEvents writes owners and descriptions, one event of a dataset each.
func cardEvents(e *json.Encoder, cards []catalog.Card) error {
	of := map[pii.Ref][]catalog.Card{}
	var order []pii.Ref
	for _, k := range cards {
		set := k.At.Of()
		if of[set] == nil {
			order = append(order, set)
		}
		of[set] = append(of[set], k)
	}
	slices.SortFunc(order, func(a, b pii.Ref) int { return strings.Compare(a.String(), b.String()) })
	for _, set := range order {
		d, last := olDataset{Namespace: set.Source, Name: set.Dataset, Facets: &olFacets{}}, int64(0)
		for _, k := range of[set] {
			last = max(last, k.Time)
			d.Facets.card(k)
		}
		if err := e.Encode(olEvent{EventTime: stamp(last), Producer: producer, SchemaURL: schemas + "2-0-2/OpenLineage.json#/$defs/DatasetEvent", Dataset: &d}); err != nil {
			return err
		}
	}
	return nil
}

func (x *olFacets) card(k catalog.Card) {
	if k.At.Field != "" {
		if x.Schema == nil {
			x.Schema = &olSchema{olFacet: olFacet{producer, schemas + "facets/1-1-1/SchemaDatasetFacet.json"}}
		}
		x.Schema.Fields = append(x.Schema.Fields, olField{k.At.Field, k.Description, k.Owner})
		return
	}
	if k.Description != "" {
		x.Documentation = &olText{olFacet{producer, schemas + "facets/1-0-1/DocumentationDatasetFacet.json"}, k.Description}
	}
	if k.Owner != "" {
		x.Ownership = &olOwners{olFacet{producer, schemas + "facets/1-0-1/OwnershipDatasetFacet.json"}, []olOwner{{k.Owner}}}
	}
}

func sortedKeys[T any](m map[string]T) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// Scanned gives when a source was last scanned, which is when what is known of it was known.
func Scanned(infos []catalog.SourceInfo) func(source string) int64 {
	at := map[string]int64{}
	for _, s := range infos {
		at[s.Name] = s.Scanned
	}
	return func(source string) int64 { return at[source] }
}
