package plans

import (
	"encoding/json"

	"vestige/lineage"
	"vestige/pii"
)

// Sealed is the part of a plan that holds values: it exists in memory and under the request's key, and nowhere else.
type Sealed struct {
	Salt     []byte
	Start    []pii.Identifier        // as given in the request
	Subjects []Subject               // of a batch, in place of Start
	Known    []pii.Identifier        // all that single her out, for verification
	Shared   []pii.Identifier        // hers and others': not searched for
	Was      lineage.Earlier         // what was known of her before something was erased
	Bound    []pii.Identifier        // of Known: hers for a time only, or not surely: no later look starts from them
	Traits   []pii.Identifier        // names, addresses, dates of birth
	Steps    map[string][]pii.Target // by step
	Spelled  []pii.Identifier        // as her identifiers stood in her records, for what keeps fingerprints of them
	Held     []Holder                // places held by another, so that verification knows them
	Kept     []Holder                // places kept with a basis
}

// Holder is a record that stays.
type Holder struct {
	Dataset pii.Ref
	Key     pii.Key
	Digest  pii.Digest
	Step    string
	Fields  []string // in which her identifiers stay; nil for all
}

// plain is the form in which sealed parts are encrypted; a Value's own encoding hides it.
type plain struct {
	Salt    []byte
	Start   []plainID
	Many    []plainSubject `json:",omitempty"`
	Known   []plainID
	Shared  []plainID
	Before  []plainID `json:",omitempty"`
	Called  []plainID `json:",omitempty"`
	Bound   []plainID
	Traits  []plainID
	Spelled []plainID
	Steps   map[string][]plainTarget
	Held    []plainHolder
	Kept    []plainHolder
}

type plainID struct{ C, V, D string }

type plainSubject struct {
	N    int
	L    bool
	S, K []plainID
	H, B []plainID `json:",omitempty"`
}

type plainTarget struct {
	K []*string
	D []byte
	E int
	X []plainChange
}

type plainChange struct {
	F, P string
	S, E int
	O, N *string
	M    bool
}

type plainHolder struct {
	R pii.Ref
	K []*string
	D []byte
	S string
	F []string
}

// Encode gives the bytes to be sealed. They hold values: they go to internal/keys and nowhere else.
func (s *Sealed) Encode() []byte {
	p := plain{Salt: s.Salt, Start: plainIDs(s.Start), Known: plainIDs(s.Known), Shared: plainIDs(s.Shared), Before: plainIDs(s.Was.Shared), Called: plainIDs(s.Was.Traits), Bound: plainIDs(s.Bound), Traits: plainIDs(s.Traits), Spelled: plainIDs(s.Spelled), Steps: map[string][]plainTarget{}}
	for id, ts := range s.Steps {
		for _, t := range ts {
			p.Steps[id] = append(p.Steps[id], plainOf(t))
		}
	}
	p.Held, p.Kept = plainHolders(s.Held), plainHolders(s.Kept)
	for _, x := range s.Subjects {
		p.Many = append(p.Many, plainSubject{x.N, x.Left, plainIDs(x.Start), plainIDs(x.Known), plainIDs(x.Shared), plainIDs(x.Was)})
	}
	b, err := json.Marshal(p)
	if err != nil {
		return nil // no type of plain can fail
	}
	return b
}

// DecodeSealed reads what Encode wrote.
func DecodeSealed(b []byte) (*Sealed, error) {
	var p plain
	if err := json.Unmarshal(b, &p); err != nil {
		return nil, errSealed
	}
	s := &Sealed{Salt: p.Salt, Start: ids(p.Start), Known: ids(p.Known), Shared: ids(p.Shared), Was: lineage.Earlier{Shared: ids(p.Before), Traits: ids(p.Called)}, Bound: ids(p.Bound), Traits: ids(p.Traits), Spelled: ids(p.Spelled), Steps: map[string][]pii.Target{}}
	for id, ts := range p.Steps {
		for _, t := range ts {
			s.Steps[id] = append(s.Steps[id], t.target())
		}
	}
	s.Held, s.Kept = holders(p.Held), holders(p.Kept)
	for _, x := range p.Many {
		s.Subjects = append(s.Subjects, Subject{N: x.N, Left: x.L, Start: ids(x.S), Known: ids(x.K), Shared: ids(x.H), Was: ids(x.B)})
	}
	return s, nil
}

func plainIDs(in []pii.Identifier) (out []plainID) {
	for _, i := range in {
		out = append(out, plainID{string(i.Category), i.Value.Reveal(), i.Domain})
	}
	return out
}

func ids(in []plainID) (out []pii.Identifier) {
	for _, i := range in {
		out = append(out, pii.Identifier{Category: pii.Category(i.C), Value: pii.NewValue(i.V), Domain: i.D})
	}
	return out
}

func plainKey(k pii.Key) (out []*string) {
	for _, v := range k {
		out = append(out, plainValue(v))
	}
	return out
}

func plainValue(v pii.Value) *string {
	if v.Null() {
		return nil
	}
	s := v.Reveal()
	return &s
}

func value(s *string) pii.Value {
	if s == nil {
		return pii.Value{}
	}
	return pii.NewValue(*s)
}

func key(in []*string) (k pii.Key) {
	for _, s := range in {
		k = append(k, value(s))
	}
	return k
}

func plainOf(t pii.Target) plainTarget {
	p := plainTarget{K: plainKey(t.Key), D: t.Digest[:], E: t.Equals}
	for _, c := range t.Changes {
		p.X = append(p.X, plainChange{c.Field, c.Path, c.Start, c.End, plainValue(c.Old), plainValue(c.New), c.Member})
	}
	return p
}

func (p plainTarget) target() pii.Target {
	t := pii.Target{Key: key(p.K), Equals: p.E}
	copy(t.Digest[:], p.D)
	for _, c := range p.X {
		t.Changes = append(t.Changes, pii.Change{Field: c.F, Path: c.P, Start: c.S, End: c.E, Old: value(c.O), New: value(c.N), Member: c.M})
	}
	return t
}

func plainHolders(in []Holder) (out []plainHolder) {
	for _, h := range in {
		out = append(out, plainHolder{h.Dataset, plainKey(h.Key), h.Digest[:], h.Step, h.Fields})
	}
	return out
}

func holders(in []plainHolder) (out []Holder) {
	for _, p := range in {
		h := Holder{Dataset: p.R, Key: key(p.K), Step: p.S, Fields: p.F}
		copy(h.Digest[:], p.D)
		out = append(out, h)
	}
	return out
}
