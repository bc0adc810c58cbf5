package plans

import (
	"context"
	"crypto/ed25519"
	"encoding/json"
	"slices"

	"vestige/audit"
	"vestige/connectors"
	"vestige/internal/clock"
	"vestige/internal/db"
	"vestige/internal/errkind"
	"vestige/internal/keys"
	"vestige/pii"
)

// PredicateType names what an attestation states.
const PredicateType = "https://vestige.example/attestation/v1"

// Attested is what an attestation states of a request that has ended. It holds no value of anybody's data.
type Attested struct {
	Request    string           `json:"request"`
	Kind       Kind             `json:"kind"`
	Regime     string           `json:"regime,omitempty"`
	Plan       string           `json:"plan"`
	Hash       string           `json:"hash"`
	Commitment string           `json:"commitment"` // to the sealed part that was approved
	Made       int64            `json:"made"`
	Finished   int64            `json:"finished"`
	Deadline   int64            `json:"deadline,omitempty"`
	InTime     *bool            `json:"inTime,omitempty"`
	Batch      *Batch           `json:"batch,omitempty"` // of many: how many they were, and who is left to requests of their own
	Steps      []AttestedStep   `json:"steps"`
	Units      []UnitInfo       `json:"units"` // with the receipts of the systems
	Looks      []AttestedLook   `json:"looks"` // the last looks, by round
	Kept       []AttestedStay   `json:"kept"`
	Held       []Place          `json:"heldByAnother"`
	Mentions   []Place          `json:"mentions"`
	Gaps       []Gap            `json:"gapsAccepted"`
	Checks     []Report         `json:"checks"` // the looks afterwards
	Rungs      []SourceRungs    `json:"rungs"`
	Approvals  []Approval       `json:"approvals"`
	Answers    []Answer         `json:"answers"`
	Export     *ExportInfo      `json:"export,omitempty"`
	Told       []Told           `json:"told,omitempty"` // the recipients of the data, with receipts
	MasterKey  string           `json:"masterKey"`      // apart, beside the data
	Checkpoint audit.Checkpoint `json:"checkpoint"`
	LogKey     string           `json:"logKey"`
}

// AttestedStep is a step with what was done.
type AttestedStep struct {
	ID        string     `json:"id"`
	Dataset   pii.Ref    `json:"dataset"`
	Method    pii.Method `json:"method"`
	Planned   int64      `json:"planned"`
	Affected  int64      `json:"affected"`
	FoundDone int64      `json:"foundDone"`
}

// AttestedLook is the commitment to what a last look found.
type AttestedLook struct {
	Round      int64  `json:"round"`
	At         int64  `json:"at"`
	Commitment string `json:"commitment"`
}

// AttestedStay is what is kept, why, and until when.
type AttestedStay struct {
	Dataset pii.Ref `json:"dataset"`
	Records int64   `json:"records"`
	Basis   string  `json:"basis"`
	Until   int64   `json:"until,omitempty"`
}

// attesting signs what was done, closes the plan and destroys what was sealed for it, in one unit of work.
func (r *run) attesting(ctx context.Context) (*Result, error) {
	if wait, err := r.telling(ctx); wait != nil || err != nil {
		return wait, err
	}
	file, err := r.attest(ctx, r.s)
	if err != nil {
		return nil, err
	}
	refusal, err := r.refusal(ctx, r.s)
	if err != nil {
		return nil, err
	}
	err = r.move(ctx, Closed, mover{}, func(tx db.Tx) error {
		_, err := tx.Exec(ctx, "INSERT INTO plan_attestation (plan, at, file) VALUES ($1, $2, $3) ON CONFLICT (plan) DO UPDATE SET at = excluded.at, file = excluded.file", r.s.ID, clock.Micros(), file)
		if err != nil {
			return err
		}
		if err := r.suppress(ctx, tx, refusal); err != nil {
			return err
		}
		return r.destroy(ctx, tx, r.s, Closed)
	})
	if err != nil {
		return nil, err
	}
	return &Result{}, r.wipe(ctx, r.s)
}

// attest makes the signed statement.
func (e *Engine) attest(ctx context.Context, s *Status) ([]byte, error) {
	checkpoint, err := e.Audit.Checkpoint(ctx)
	if err != nil {
		return nil, err
	}
	rungs := e.ladder(ctx, s)
	var a *Attested
	var key ed25519.PrivateKey
	err = e.DB.Write(ctx, func(tx db.Tx) error { // the key is made on first use
		if s, err = e.load(ctx, tx, s.ID); err != nil {
			return err
		}
		if a, err = e.attested(ctx, tx, s); err != nil {
			return err
		}
		_, key, err = e.Keys.Signer(ctx, tx, keys.Attestation)
		return err
	})
	if err != nil {
		return nil, err
	}
	a.Rungs = rungs
	a.Checkpoint, a.LogKey = checkpoint, e.Audit.Verifier()
	body, err := json.Marshal(a)
	if err != nil {
		return nil, err
	}
	return audit.Sign(key, audit.Statement{PredicateType: PredicateType, Predicate: body, Subject: []audit.Resource{{Name: s.ID, Digest: map[string]string{"sha256": s.Hash}}}})
}

// ladder looks how far the ladder was climbed in each source that the plan touched. Where a system does not answer, what was said beforehand stays, with a state that
// nobody knows: a statement waits for no system.
func (e *Engine) ladder(ctx context.Context, s *Status) []SourceRungs {
	out := []SourceRungs{}
	for _, planned := range s.Open.Rungs {
		var datasets []pii.Dataset
		for _, st := range s.Open.Steps {
			if st.Dataset.Source == planned.Source && st.Method != pii.Retain && !slices.ContainsFunc(datasets, func(d pii.Dataset) bool { return d.Ref == st.Dataset }) {
				datasets = append(datasets, pii.Dataset{Ref: st.Dataset})
			}
		}
		rungs, err := e.source(planned.Source).Ladder(ctx, datasets)
		if err != nil {
			rungs = slices.Clone(planned.Rungs)
			for i := range rungs {
				rungs[i] = rungs[i].Unseen(err)
			}
		}
		out = append(out, SourceRungs{planned.Source, rungs})
	}
	return out
}

func (e *Engine) attested(ctx context.Context, tx db.Tx, s *Status) (*Attested, error) {
	o := &s.Open
	a := &Attested{
		Request: s.Request, Kind: s.Kind, Regime: o.Regime, Plan: s.ID, Hash: s.Hash, Commitment: o.Commitment, Made: s.Made, Finished: clock.Micros(), Deadline: s.Deadline(),
		Batch: o.Batch, Units: s.Units, Held: o.Held, Mentions: o.Mentions, Rungs: o.Rungs, Approvals: s.Approvals, MasterKey: "beside the data", Looks: []AttestedLook{}, Kept: []AttestedStay{},
		Gaps: []Gap{}, Answers: []Answer{}, Steps: []AttestedStep{}, Checks: []Report{},
	}
	if e.Keys.Master().Apart() {
		a.MasterKey = "apart"
	}
	if a.Deadline > 0 {
		in := a.Finished <= a.Deadline
		a.InTime = &in
	}
	for _, st := range o.Steps {
		if st.Method == pii.Retain {
			a.Kept = append(a.Kept, AttestedStay{st.Dataset, st.Records, st.Basis, st.Until})
			continue
		}
		a.Steps = append(a.Steps, stepDone(s, st))
	}
	for _, g := range o.Gaps {
		if g.Accepted != "" {
			a.Gaps = append(a.Gaps, g)
		}
	}
	if err := attestLooks(ctx, tx, s, a); err != nil {
		return nil, err
	}
	if err := attestAnswers(ctx, tx, s, a); err != nil {
		return nil, err
	}
	checks, err := reports(ctx, tx, s.ID)
	a.Checks = append(a.Checks, checks...)
	if err == nil {
		a.Export, err = exportOf(ctx, tx, s.ID)
	}
	if err == nil {
		a.Told, err = e.tellings(ctx, tx, s)
	}
	return a, err
}

// stepDone sums the receipts of a step's dataset and method.
func stepDone(s *Status, st Step) AttestedStep {
	out := AttestedStep{ID: st.ID, Dataset: st.Dataset, Method: st.Method, Planned: st.Records}
	for _, u := range s.Units {
		for _, x := range u.Receipts {
			if u.Kind == "erase" && x.Dataset == st.Dataset && x.Method == st.Method {
				out.Affected, out.FoundDone = out.Affected+x.Affected, out.FoundDone+x.FoundDone
			}
		}
	}
	return out
}

func attestLooks(ctx context.Context, tx db.Tx, s *Status, a *Attested) error {
	return each(ctx, tx, func(r db.Rows) error {
		var l AttestedLook
		var text string
		var o Open
		if err := r.Scan(&l.Round, &l.At, &text); err != nil {
			return err
		}
		err := json.Unmarshal([]byte(text), &o)
		l.Commitment = o.Commitment
		for _, g := range o.Gaps { // accepted between approval and the last look
			if g.Accepted != "" && !slices.ContainsFunc(a.Gaps, func(x Gap) bool { return x.ID == g.ID }) {
				a.Gaps = append(a.Gaps, g)
			}
		}
		a.Looks = append(a.Looks, l)
		return err
	}, "SELECT round, at, open FROM plan_look WHERE plan = $1 ORDER BY round", s.ID)
}

func attestAnswers(ctx context.Context, tx db.Tx, s *Status, a *Attested) error {
	return each(ctx, tx, func(r db.Rows) error {
		x := Answer{}
		var verdict string
		err := r.Scan(&x.Request, &x.ID, &verdict, &x.Reason, &x.By, &x.Review)
		x.Verdict = pii.Verdict(verdict)
		a.Answers = append(a.Answers, x)
		return err
	}, "SELECT request, question, verdict, reason, actor, review FROM plan_answer WHERE request = $1 OR request = '' ORDER BY at, question", s.Request)
}

// Attestation gives the signed statement of a closed plan, a file to be handed on.
func (e *Engine) Attestation(ctx context.Context, id string) (file []byte, err error) {
	err = e.DB.Read(ctx, func(tx db.Tx) error {
		err := tx.QueryRow(ctx, "SELECT file FROM plan_attestation WHERE plan = $1", id).Scan(&file)
		if errkind.Of(err) == errkind.NotFound {
			return errkind.Coded(errkind.NotFound, "no-attestation", "the plan is not closed")
		}
		return err
	})
	return file, err
}

// AttestationKey gives the public key by which attestations are checked, for auditors.
func (e *Engine) AttestationKey(ctx context.Context) (public ed25519.PublicKey, err error) {
	err = e.DB.Write(ctx, func(tx db.Tx) error {
		_, key, err := e.Keys.Signer(ctx, tx, keys.Attestation)
		if err == nil {
			public = key.Public().(ed25519.PublicKey)
		}
		return err
	})
	return public, err
}

// ReadAttestation checks an attestation with nothing but the public key, and gives what it states. It works offline.
func ReadAttestation(file []byte, public ed25519.PublicKey) (*Attested, error) {
	st, err := audit.VerifyAttestation(file, public)
	if err != nil {
		return nil, err
	}
	var a Attested
	if st.PredicateType != PredicateType || json.Unmarshal(st.Predicate, &a) != nil {
		return nil, errkind.Coded(errkind.Invalid, "other-predicate", "the statement is not one of an erasure or export")
	}
	if len(st.Subject) != 1 || st.Subject[0].Digest["sha256"] != a.Hash {
		return nil, errkind.Coded(errkind.Conflict, "attestation-invalid", "the statement is about another plan")
	}
	return &a, nil
}

// RungsOf gives what remains of erased data in a source, as the plan named it.
func (a *Attested) RungsOf(source string) []connectors.Rung {
	for _, r := range a.Rungs {
		if r.Source == source {
			return r.Rungs
		}
	}
	return nil
}
