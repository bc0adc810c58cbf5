// Package requests keeps what people ask for: intake, identity, clocks, and the course of a request from received to closed. What has to be done is done by
// plans; a request follows its plan from state to state, by one table of transitions, each with actor, time and reason. Identifiers are sealed under the
// request's own key, which is destroyed when the request ends.
package requests

import (
	"context"
	"crypto/rand"
	_ "embed" // for the schema
	"encoding/binary"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"time"

	"vestige/audit"
	"vestige/forms"
	"vestige/internal/clock"
	"vestige/internal/db"
	"vestige/internal/errkind"
	"vestige/internal/keys"
	"vestige/lineage"
	"vestige/pii"
	"vestige/plans"
	"vestige/policies"
)

//go:embed schema.sql
var schema string

// Schema gives the tables of this room.
func Schema() db.Schema { return db.SchemaOf("requests", schema) }

// Service takes requests in and brings them to their end. It is safe for concurrent use.
type Service struct {
	db     db.DB
	keys   *keys.Ring
	audit  *audit.Log
	engine *plans.Engine
	policy *policies.Policy
}

// New makes a service over an engine.
func New(e *plans.Engine) *Service {
	return &Service{db: e.DB, keys: e.Keys, audit: e.Audit, engine: e, policy: e.Policy}
}

// Intake is a request as it comes in.
type Intake struct {
	ID          string // REQ- and eight digits; issued where it is empty
	Type        policies.Type
	Regime      string // gdpr, ccpa …
	Identifiers []pii.Identifier
	Subjects    [][]pii.Identifier // of a batch: those of each subject, in place of Identifiers
	Verified    string             // how the identity was checked; empty where it still is to be
	Channel     string
	By          string
	Received    time.Time // in the time zone in which it was received; zero for now
	Export      bool      // an erasure that is to begin with an export
	Apart       bool      // it is not joined to an open one: what came back is erased again, whatever else is asked for
}

// Request is a request as it stands.
type Request struct {
	ID       string        `json:"id"`
	Type     policies.Type `json:"type"`
	Regime   string        `json:"regime"`
	State    State         `json:"state"`
	Resume   State         `json:"resume,omitempty"`
	Reason   string        `json:"reason,omitempty"`
	Received int64         `json:"received"`
	// The clocks, in microseconds since 1970, 0 for a step that the regime does not have.
	Acknowledge int64          `json:"acknowledge,omitempty"`
	Respond     int64          `json:"respond"`
	Inform      int64          `json:"inform,omitempty"`
	Extended    int64          `json:"extended,omitempty"`  // until when the regime allows an extension
	Prolonged   int64          `json:"prolonged,omitempty"` // when it was extended until then
	Verified    string         `json:"verified,omitempty"`
	Channel     string         `json:"channel,omitempty"`
	By          string         `json:"by"`
	Subject     []pii.Category `json:"subject"`            // what she is known by
	Subjects    int            `json:"subjects,omitempty"` // of a batch: how many people it is about
	Plan        string         `json:"plan,omitempty"`
	Export      string         `json:"export,omitempty"` // the plan of an export
	WithExport  bool           `json:"withExport,omitempty"`
	Waits       int64          `json:"waits,omitempty"` // since when its clock stands
	followed    int64          // the line of its plan's journal up to which it has followed
	Updated     int64          `json:"updated"`
	Joined      bool           `json:"joined,omitempty"` // the intake was a second one of the same person and was joined to this request
}

// Change is one line of a request's history.
type Change struct {
	N      int64  `json:"n"`
	At     int64  `json:"at"`
	By     string `json:"by"`
	Was    State  `json:"was"`
	State  State  `json:"state"`
	Reason string `json:"reason,omitempty"`
}

var idForm = regexp.MustCompile(`^REQ-[0-9]{8}$`)

// kindOf gives the kind of plan that a type of request needs; ok is false where it needs none.
func kindOf(t policies.Type) (plans.Kind, bool) {
	switch t {
	case policies.Erasure:
		return plans.Erasure, true
	case policies.Access, policies.Portability, policies.KnowCategories:
		return plans.Export, true
	}
	return "", false
}

// Intake takes a request in. A second one of the same person and type, while the first is open, is joined to the first, whose clock goes on; it takes nothing
// from the checks of the first.
func (s *Service) Intake(ctx context.Context, in Intake) (*Request, error) {
	var out *Request
	due, err := s.prepare(&in)
	if err != nil {
		return nil, err
	}
	err = s.db.Write(ctx, func(tx db.Tx) error {
		out, err = s.take(ctx, tx, in, due)
		return err
	})
	return out, err
}

// prepare checks an intake, brings it into normal form and gives its clocks.
func (s *Service) prepare(in *Intake) (due policies.Deadline, err error) {
	if err := s.validate(in); err != nil {
		return due, err
	}
	regime, err := policies.FindRegime(in.Regime)
	if err != nil {
		return due, err
	}
	return policies.Due(regime, in.Type, in.Received, s.policy.Holidays...)
}

// take joins a prepared intake to the open request that it belongs to, or makes a new one.
func (s *Service) take(ctx context.Context, tx db.Tx, in Intake, due policies.Deadline) (*Request, error) {
	var prints []string
	if len(in.Subjects) == 0 { // another request of one of many is not joined to that of all
		var err error
		if prints, err = s.fingerprints(ctx, tx, in.Identifiers); err != nil {
			return nil, err
		}
		if !in.Apart {
			if out, err := s.join(ctx, tx, &in, prints); out != nil || err != nil {
				return out, err
			}
		}
	}
	return s.insert(ctx, tx, &in, due, prints)
}

func (s *Service) validate(in *Intake) error {
	if len(in.Subjects) == 1 && len(in.Identifiers) == 0 {
		in.Identifiers, in.Subjects = in.Subjects[0], nil
	}
	switch {
	case in.ID != "" && !idForm.MatchString(in.ID):
		return errkind.Coded(errkind.Invalid, "request-id", "a request's id is REQ- and eight digits")
	case !slices.Contains(policies.Types(), in.Type):
		return errkind.Coded(errkind.Invalid, "request-type", "there is no type of request %q", in.Type)
	case in.By == "":
		return errkind.Coded(errkind.Invalid, "request-actor", "somebody takes the request in")
	case len(in.Subjects) > 0:
		if err := in.batch(); err != nil {
			return err
		}
	}
	if in.Regime == "" {
		in.Regime = "gdpr"
	}
	if in.Received.IsZero() {
		in.Received = clock.Now()
	}
	if len(in.Subjects) > 0 {
		return nil
	}
	return normalise(in.Identifiers)
}

// normalise brings what is given of one person into normal form. Together it has to single her out.
func normalise(ids []pii.Identifier) error {
	for i, id := range ids {
		norm, ok := forms.Normal(id.Category, []byte(id.Value.Reveal()))
		if !ok || !id.Category.Identifier() && !lineage.Describes(id.Category) {
			return errkind.Coded(errkind.Invalid, "no-such-shape", "identifier %d does not have the shape of %s", i+1, id.Category)
		}
		ids[i].Value = pii.NewValue(string(norm))
	}
	if !lineage.SinglesOut(ids) {
		return errkind.Coded(errkind.Invalid, "no-identifier", "a person is known by an identifier, or by a full name and a date of birth together")
	}
	return nil
}

// fingerprints gives what tells that two requests are of one person: her identifiers, or, where none was given, her name and her date of birth together.
func (s *Service) fingerprints(ctx context.Context, tx db.Tx, given []pii.Identifier) (out []string, err error) {
	ids := slices.DeleteFunc(slices.Clone(given), func(id pii.Identifier) bool { return !id.Category.Identifier() })
	if len(ids) == 0 {
		ids = []pii.Identifier{lineage.Compound(given)}
	}
	for _, id := range ids {
		all, err := s.keys.Fingerprints(ctx, tx, keys.Suppression, id.Category, []byte(id.Value.Reveal()))
		if err != nil {
			return nil, err
		}
		if len(all) == 0 {
			one, err := s.keys.Fingerprint(ctx, tx, keys.Suppression, id.Category, []byte(id.Value.Reveal()))
			if err != nil {
				return nil, err
			}
			all = []string{one}
		}
		out = append(out, all...)
	}
	return out, nil
}

// join finds the open request of the same person and type.
func (s *Service) join(ctx context.Context, tx db.Tx, in *Intake, prints []string) (*Request, error) {
	for _, f := range prints {
		var id string
		err := tx.QueryRow(ctx, `SELECT r.id FROM request r JOIN request_fingerprint f ON f.request = r.id WHERE f.fingerprint = $1 AND r.kind = $2
			AND r.state NOT IN ($3, $4, $5) ORDER BY r.received LIMIT 1`, f, string(in.Type), string(Closed), string(Denied), string(Withdrawn)).Scan(&id)
		if errkind.Of(err) == errkind.NotFound {
			continue
		}
		if err != nil {
			return nil, err
		}
		out, err := load(ctx, tx, id)
		if err != nil {
			return nil, err
		}
		out.Joined = true
		return out, s.note(ctx, tx, out, out.State, in.By, "a second request of the same person was joined")
	}
	return nil, nil
}

func (s *Service) insert(ctx context.Context, tx db.Tx, in *Intake, due policies.Deadline, prints []string) (*Request, error) {
	if in.ID == "" {
		id, err := issue(ctx, tx)
		if err != nil {
			return nil, err
		}
		in.ID = id
	}
	key := keys.ID(keys.Request, in.ID)
	if err := s.keys.Create(ctx, tx, key); err != nil {
		if errkind.Of(err) == errkind.Conflict {
			return nil, errkind.Coded(errkind.Conflict, "request-exists", "there is a request %s already", in.ID)
		}
		return nil, err
	}
	box, err := s.keys.Seal(ctx, tx, key, "request/"+in.ID, in.encode())
	if err != nil {
		return nil, err
	}
	r := &Request{ID: in.ID, State: Received}
	cats, count := in.categories()
	subject, err := json.Marshal(cats)
	if err != nil {
		return nil, err
	}
	_, err = tx.Exec(ctx, `INSERT INTO request (id, kind, regime, state, resume, reason, received, acknowledge, respond, inform, extended, verified, channel, actor, subject, sealed, plan, export, with_export, waits, followed, updated, subjects)
		VALUES ($1, $2, $3, $4, '', '', $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, '', '', $15, 0, 0, $16, $17)`,
		in.ID, string(in.Type), in.Regime, string(Received), in.Received.UnixMicro(), micros(due.Acknowledge), micros(due.Respond), micros(due.Inform), micros(due.Extended),
		in.Verified, in.Channel, in.By, string(subject), box, in.Export, clock.Micros(), count)
	if err != nil {
		return nil, err
	}
	for _, f := range prints {
		if _, err := tx.Exec(ctx, "INSERT INTO request_fingerprint (request, fingerprint) VALUES ($1, $2) ON CONFLICT DO NOTHING", in.ID, f); err != nil {
			return nil, err
		}
	}
	if err := s.note(ctx, tx, r, "", in.By, ""); err != nil {
		return nil, err
	}
	if r, err = load(ctx, tx, in.ID); err != nil {
		return nil, err
	}
	next := Identifying
	if in.Verified != "" {
		next = Scoping
	}
	return r, s.move(ctx, tx, r, next, in.By, "")
}

// issue gives an id that no request has.
func issue(ctx context.Context, tx db.Tx) (string, error) {
	for {
		var b [8]byte
		_, _ = rand.Read(b[:])
		id := fmt.Sprintf("REQ-%08d", binary.BigEndian.Uint64(b[:])%100_000_000)
		var n int64
		if err := tx.QueryRow(ctx, "SELECT COUNT(*) FROM request WHERE id = $1", id).Scan(&n); err != nil || n == 0 {
			return id, err
		}
	}
}

func micros(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMicro()
}

// identifier is how an identifier is written into what is sealed.
type identifier struct{ Category, Value, Domain string }

func encoded(ids []pii.Identifier) (out []identifier) {
	for _, id := range ids {
		out = append(out, identifier{string(id.Category), id.Value.Reveal(), id.Domain})
	}
	return out
}

func decoded(ids []identifier) (out []pii.Identifier) {
	for _, x := range ids {
		out = append(out, pii.Identifier{Category: pii.Category(x.Category), Value: pii.NewValue(x.Value), Domain: x.Domain})
	}
	return out
}

// unsealed opens what a request is about.
func (s *Service) unsealed(ctx context.Context, id string) (plain []byte, err error) {
	err = s.db.Read(ctx, func(tx db.Tx) error {
		var box []byte
		if err := tx.QueryRow(ctx, "SELECT sealed FROM request WHERE id = $1", id).Scan(&box); err != nil {
			return err
		}
		if box == nil {
			return errkind.Coded(errkind.NotFound, "key-destroyed", "the request has ended; what was sealed for it is gone")
		}
		var err error
		plain, err = s.keys.Open(ctx, tx, keys.ID(keys.Request, id), "request/"+id, box)
		return err
	})
	return plain, err
}

// identifiers opens what a request of one person is about.
func (s *Service) identifiers(ctx context.Context, id string) ([]pii.Identifier, error) {
	plain, err := s.unsealed(ctx, id)
	if err != nil {
		return nil, err
	}
	var ids []identifier
	if json.Unmarshal(plain, &ids) != nil {
		return nil, errkind.New(errkind.Conflict, "the identifiers of the request cannot be read")
	}
	return decoded(ids), nil
}
