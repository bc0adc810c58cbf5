// Package plans turns a closure into a plan, and a plan into what was done. Build is pure: the same input gives the same plan, byte for byte. A plan has
// an open part, which everyone sees and the proof keeps, and a sealed part with identifiers, keys and values, which is encrypted under the request's
// key. It is approved by its hash, executed step by step with a journal written before each act, and verified without its own map.
package plans

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"

	"vestige/connectors"
	"vestige/lineage"
	"vestige/pii"
)

// Kind is what a plan is for.
type Kind string

// The kinds of plan.
const (
	Erasure Kind = "erasure"
	Export  Kind = "export"
)

// Open is the part of a plan that everyone sees. It holds no value of anybody's data.
type Open struct {
	Version    int                `json:"version"`
	Request    string             `json:"request"`
	Kind       Kind               `json:"kind"`
	Regime     string             `json:"regime"`
	Revision   int64              `json:"revision"` // of the graph it was built from
	Made       int64              `json:"made"`     // microseconds since 1970
	Deadline   int64              `json:"deadline"`
	Subject    []Count            `json:"subject"`         // identifiers by category
	Batch      *Batch             `json:"batch,omitempty"` // of a plan of many subjects
	Steps      []Step             `json:"steps"`
	Gaps       []Gap              `json:"gaps"`
	Questions  []lineage.Question `json:"questions"`
	Decided    []Decided          `json:"decided,omitempty"` // what was not asked, since somebody had decided on it
	Held       []Place            `json:"held"`              // held by another: not touched
	Mentions   []Place            `json:"mentions"`          // records of others that name the subject and are changed
	Lint       []Finding          `json:"lint"`
	Tolerance  Tolerance          `json:"tolerance"`
	Rungs      []SourceRungs      `json:"rungs"`
	CoolDown   int64              `json:"coolDownUntil"`  // microseconds since 1970; 0 for none
	Approvers  string             `json:"approvers"`      // another, single-approver
	Tell       []Tell             `json:"tell,omitempty"` // to whom data was given, who are told
	Previous   string             `json:"previous,omitempty"`
	Commitment string             `json:"commitment"` // to the sealed part, salted
}

// Count is how many of a category.
type Count struct {
	Category pii.Category `json:"category"`
	Count    int          `json:"count"`
}

// Step is one act at one dataset. Steps are in the order in which they run.
type Step struct {
	ID         string         `json:"id"`
	Dataset    pii.Ref        `json:"dataset"`
	Method     pii.Method     `json:"method"`
	Records    int64          `json:"records"`
	Fields     []string       `json:"fields,omitempty"` // that are changed; none where records go
	Key        []string       `json:"key"`              // by which fields records are told apart
	Why        []Route        `json:"why"`
	Basis      string         `json:"basis,omitempty"` // of what is kept
	Until      int64          `json:"until,omitempty"` // when the basis ends, microseconds since 1970
	After      []string       `json:"after,omitempty"`
	Undo       string         `json:"undo"`
	Effects    []pii.Effect   `json:"effects,omitempty"` // what the system will do by itself
	Statements []string       `json:"statements,omitempty"`
	Categories []pii.Category `json:"categories"`
	Dry        *int64         `json:"dryRun,omitempty"` // records that the system itself counts; none where it cannot look beforehand
	Look       string         `json:"look"`             // how records were found: reference, index, full read
}

// Route is how records of a step were reached, with how many came that way.
type Route struct {
	Links   []lineage.Link `json:"links"`
	Records int64          `json:"records"`
}

// Gap is a gap with what it means for the request.
type Gap struct {
	pii.Gap
	ID       string `json:"id"`
	Required bool   `json:"required"` // the request cannot complete while it is open
	Accepted string `json:"accepted,omitempty"`
}

// Place is a dataset with how many records.
type Place struct {
	Dataset pii.Ref        `json:"dataset"`
	Records int64          `json:"records"`
	Fields  []string       `json:"fields,omitempty"`
	Why     string         `json:"why"`
	Links   []lineage.Link `json:"links,omitempty"`
}

// Decided is a doubt that was not asked about, with whose decision that is.
type Decided struct {
	lineage.Decided
	By string `json:"by"`
	At int64  `json:"at"`
}

// Finding is what lint says of a plan. Codes have a page each.
type Finding struct {
	Code string  `json:"code"`
	At   pii.Ref `json:"at"`
	Step string  `json:"step,omitempty"`
	Text string  `json:"text"`
}

// Tolerance bounds how many keys may arrive on approved routes between approval and the last look.
type Tolerance struct {
	Percent int   `json:"percent"`
	AtLeast int64 `json:"atLeast"`
}

// Allows tells whether a count may have become another one.
func (t Tolerance) Allows(was, is int64) bool {
	d := is - was
	if d < 0 {
		d = -d
	}
	return d <= max(t.AtLeast, was*int64(t.Percent)/100)
}

// SourceRungs is what remains of erased data in a source, and when it goes.
type SourceRungs struct {
	Source string            `json:"source"`
	Rungs  []connectors.Rung `json:"rungs"`
}

// Plan is an open part, its hash, and the sealed part while it can be read.
type Plan struct {
	Open   Open
	Hash   string
	Sealed *Sealed

	findings []pii.Finding // what the sources said of it
}

// Bytes gives the canonical form of the open part, over which the hash is made.
func (o *Open) Bytes() []byte {
	b, err := json.Marshal(o)
	if err != nil {
		return nil // no type of an Open can fail
	}
	return b
}

// HashOf gives the hash of an open part: what an approver approves.
func HashOf(o *Open) string {
	h := sha256.Sum256(o.Bytes())
	return hex.EncodeToString(h[:])
}

// Commit gives the commitment to a sealed part: its salted SHA-256.
func Commit(salt, sealed []byte) string {
	h := sha256.New()
	h.Write(salt)
	h.Write(sealed)
	return hex.EncodeToString(h.Sum(nil))
}
