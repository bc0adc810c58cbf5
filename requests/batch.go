package requests

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"vestige/internal/db"
	"vestige/internal/errkind"
	"vestige/pii"
	"vestige/plans"
	"vestige/policies"
)

// MostSubjects is how many people one request can be about.
const MostSubjects = 100_000

// batch checks the intake of many subjects. One line that cannot be meant refuses the whole, by its number, before anything is begun.
func (in *Intake) batch() error {
	switch {
	case len(in.Identifiers) > 0:
		return errkind.Coded(errkind.Invalid, "batch", "a request is about one person or about a batch")
	case in.Type != policies.Erasure:
		return errkind.Coded(errkind.Unsupported, "batch", "a batch is erased; a request of the type %s is about one person", in.Type)
	case in.Export:
		return errkind.Coded(errkind.Unsupported, "batch", "an export is about one person")
	case len(in.Subjects) > MostSubjects:
		return errkind.Coded(errkind.Invalid, "batch", "a batch has at most %d subjects", MostSubjects)
	}
	for i, ids := range in.Subjects {
		if err := normalise(ids); err != nil {
			return errkind.Coded(errkind.Invalid, errkind.Code(err), "subject %d: %s", i+1, err.Error())
		}
	}
	return nil
}

// categories gives by what the subjects are known, and how many they are.
func (in *Intake) categories() (cats []pii.Category, count int) {
	for _, id := range in.Identifiers {
		cats = append(cats, id.Category)
	}
	for _, ids := range in.Subjects {
		for _, id := range ids {
			if !slices.Contains(cats, id.Category) {
				cats = append(cats, id.Category)
			}
		}
	}
	return cats, max(1, len(in.Subjects))
}

// encode gives what is sealed of an intake.
func (in *Intake) encode() []byte {
	var v any = encoded(in.Identifiers)
	if len(in.Subjects) > 0 {
		var all [][]identifier
		for _, ids := range in.Subjects {
			all = append(all, encoded(ids))
		}
		v = all
	}
	b, err := json.Marshal(v)
	if err != nil {
		return nil // strings always encode
	}
	return b
}

// subjects opens whom a batch is about.
func (s *Service) subjects(ctx context.Context, id string) (out [][]pii.Identifier, err error) {
	plain, err := s.unsealed(ctx, id)
	if err != nil {
		return nil, err
	}
	var all [][]identifier
	if json.Unmarshal(plain, &all) != nil {
		return nil, errkind.New(errkind.Conflict, "the identifiers of the request cannot be read")
	}
	for _, ids := range all {
		out = append(out, decoded(ids))
	}
	return out, nil
}

// Own is a subject of a batch who has a request of her own instead.
type Own struct {
	Subject int    `json:"subject"`
	Request string `json:"request"`
	Why     string `json:"why"`
	State   State  `json:"state"` // how far that has come
}

// Ended is how many subjects of a batch have come to a state, by the batch itself or by requests of their own. Together they are all of them.
type Ended struct {
	State    State `json:"state"`
	Nothing  bool  `json:"nothing,omitempty"` // nothing of them is in any system
	Subjects int   `json:"subjects"`
}

// Ends says of everybody in a batch how far she has come.
func Ends(r *Request, b *plans.Batch, own []Own) (out []Ended) {
	add := func(e Ended) {
		i := slices.IndexFunc(out, func(o Ended) bool { return o.State == e.State && o.Nothing == e.Nothing })
		switch {
		case e.Subjects <= 0:
		case i < 0:
			out = append(out, e)
		default:
			out[i].Subjects += e.Subjects
		}
	}
	add(Ended{State: r.State, Subjects: b.Subjects - len(b.Nothing) - len(own)})
	add(Ended{State: r.State, Nothing: true, Subjects: len(b.Nothing)})
	for _, o := range own {
		add(Ended{State: o.State, Subjects: 1})
	}
	return out
}

// Finish brings a request whose plan has ended to its end. Of a batch it plans the requests of those whom it left out: what they share with others of it is settled by
// then. It can be ended anywhere, and done again.
func (s *Service) Finish(ctx context.Context, id, by string) error {
	r, err := s.Follow(ctx, id)
	if err != nil || r.Subjects == 0 || r.State != Closed {
		return err
	}
	left, err := s.unplanned(ctx, id)
	for _, own := range left {
		_, oerr := s.Plan(ctx, own, by)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		err = errors.Join(err, oerr) // the others are planned nevertheless
	}
	return err
}

// unplanned gives the requests of those whom a batch left out that wait for a plan.
func (s *Service) unplanned(ctx context.Context, id string) ([]string, error) {
	return s.listed(ctx, "SELECT DISTINCT o.id FROM request_left l JOIN request o ON o.id = l.own WHERE l.request = $1 AND o.state = $2 ORDER BY 1", id, string(Scoping))
}

// listed gives the ids that a query finds.
func (s *Service) listed(ctx context.Context, sql string, args ...any) (ids []string, err error) {
	err = s.db.Read(ctx, func(tx db.Tx) error {
		ids, err = db.Strings(ctx, tx, sql, args...)
		return err
	})
	return ids, err
}

// Unfinished gives the requests that have yet to be brought to their end: those that stand behind a plan that has ended, and batches that have ended while somebody whom they
// left out waits for the plan of her own.
func (s *Service) Unfinished(ctx context.Context) ([]string, error) {
	return s.listed(ctx, `SELECT r.id FROM request r JOIN plan p ON p.id = r.plan WHERE p.state = $1 AND r.state NOT IN ($2, $3, $4, $5)
		UNION SELECT l.request FROM request_left l JOIN request r ON r.id = l.request JOIN request o ON o.id = l.own WHERE r.state = $2 AND o.state = $6 ORDER BY 1`,
		string(plans.Closed), string(Closed), string(Denied), string(Withdrawn), string(Waiting), string(Scoping))
}

// crowd is from how many people on, who are left out since they meet others of their batch, one more batch is made of them: planned one by one each of them would have all systems read anew.
const crowd = 10

// apart takes in requests of their own for the subjects whom the plan of a batch leaves out, with the clock of the batch, so that nobody is forgotten. Whoever has
// one already keeps it. Of many who met others there is one, a batch again, of which some may be left out in turn. Where this one plans only few, all of them may meet, and each batch
// would plan the first and leave the others to the next: they have requests of their own at once.
func (s *Service) apart(ctx context.Context, r *Request, p *plans.Status, by string) error {
	if p.Open.Batch == nil || len(p.Open.Batch.Left) == 0 || p.State.Terminal() {
		return nil
	}
	own, err := s.Own(ctx, r.ID)
	if err != nil {
		return err
	}
	subjects, err := s.subjects(ctx, r.ID)
	if err != nil {
		return err
	}
	have := map[int]bool{}
	for _, o := range own {
		have[o.Subject] = true
	}
	var met, single []plans.Left
	for _, l := range p.Open.Batch.Left {
		switch {
		case have[l.Subject]:
		case l.Why == plans.Entangled:
			met = append(met, l)
		default:
			single = append(single, l)
		}
	}
	if min(len(met), p.Open.Batch.Planned) < crowd {
		single, met = append(single, met...), nil
	}
	if len(met) > 0 {
		if err := s.own(ctx, r, subjects, met, by); err != nil {
			return err
		}
	}
	for i := range single {
		if err := s.own(ctx, r, subjects, single[i:i+1], by); err != nil {
			return err
		}
	}
	return nil
}

// own takes in the request of one subject or of several, in one unit of work with the lines that say whose it is: whoever ends between the two would leave a request that nobody
// knows of, and of two who do it at once the second finds it done, for whom it is.
func (s *Service) own(ctx context.Context, r *Request, subjects [][]pii.Identifier, left []plans.Left, by string) error {
	return s.db.Write(ctx, func(tx db.Tx) error {
		if _, err := held(ctx, tx, r.ID); err != nil {
			return err
		}
		left, err := without(ctx, tx, r.ID, left)
		if err != nil || len(left) == 0 {
			return err
		}
		in := Intake{Type: r.Type, Regime: r.Regime, Verified: orElse(r.Verified, "with "+r.ID), Channel: r.Channel, By: by, Received: timeOf(r.Received)}
		for _, l := range left {
			in.Subjects = append(in.Subjects, subjects[l.Subject-1])
		}
		due, err := s.prepare(&in)
		if err != nil {
			return err
		}
		one, err := s.take(ctx, tx, in, due)
		if err != nil {
			return err
		}
		for i, l := range left {
			place := i + 1
			if one.Subjects == 0 {
				place = 0
			}
			if _, err := tx.Exec(ctx, "INSERT INTO request_left (request, subject, own, why, place) VALUES ($1, $2, $3, $4, $5)", r.ID, l.Subject, one.ID, l.Why, place); err != nil {
				return err
			}
		}
		who := fmt.Sprintf("subject %d", left[0].Subject)
		if len(left) > 1 {
			who = fmt.Sprintf("%d subjects", len(left))
		}
		return s.note(ctx, tx, one, one.State, by, fmt.Sprintf("%s of %s: %s", who, r.ID, left[0].Why))
	})
}

// without leaves out who has a request of her own.
func without(ctx context.Context, tx db.Tx, request string, left []plans.Left) (out []plans.Left, err error) {
	for _, l := range left {
		var there int64
		if err := tx.QueryRow(ctx, "SELECT COUNT(*) FROM request_left WHERE request = $1 AND subject = $2", request, l.Subject).Scan(&there); err != nil {
			return nil, err
		}
		if there == 0 {
			out = append(out, l)
		}
	}
	return out, nil
}

// Own gives the subjects of a batch who have requests of their own. Whoever was left out of a batch of such, too, stands with the request in which something is done of her.
func (s *Service) Own(ctx context.Context, id string) (out []Own, err error) {
	err = s.db.Read(ctx, func(tx db.Tx) error {
		rows, err := tx.Query(ctx, `WITH RECURSIVE way (subject, own, place, why) AS (SELECT subject, own, place, why FROM request_left WHERE request = $1
			UNION ALL SELECT w.subject, l.own, l.place, l.why FROM way w JOIN request_left l ON l.request = w.own AND l.subject = w.place)
			SELECT w.subject, w.own, w.why, r.state FROM way w JOIN request r ON r.id = w.own LEFT JOIN request_left l ON l.request = w.own AND l.subject = w.place
			WHERE l.own IS NULL ORDER BY w.subject`, id)
		if err != nil {
			return err
		}
		defer func() { _ = rows.Close() }()
		for rows.Next() {
			var o Own
			if err := rows.Scan(&o.Subject, &o.Request, &o.Why, &o.State); err != nil {
				return err
			}
			out = append(out, o)
		}
		return rows.Err()
	})
	return out, err
}

// ReadBatch reads the subjects of a batch from CSV: a line for each person, a column for each kind of identifier, named in the first line. parse makes an
// identifier of a column's name and a value.
func ReadBatch(text []byte, parse func(category, value string) (pii.Identifier, error)) (out [][]pii.Identifier, err error) {
	r := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(text, []byte("\xef\xbb\xbf"))))
	r.TrimLeadingSpace, r.FieldsPerRecord = true, -1
	head, err := r.Read()
	if err != nil {
		return nil, errkind.Coded(errkind.Invalid, "batch", "the first line names the columns: contact.email, contact.phone …")
	}
	for {
		cells, err := r.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		var broken *csv.ParseError
		if errors.As(err, &broken) {
			return nil, errkind.Coded(errkind.Invalid, "batch", "line %d is not CSV", broken.Line)
		}
		if err != nil {
			return nil, err
		}
		at, _ := r.FieldPos(0)
		if len(cells) > len(head) {
			return nil, errkind.Coded(errkind.Invalid, "batch", "line %d is not one of the columns that the first line names", at)
		}
		var ids []pii.Identifier
		for i, cell := range cells {
			if cell = strings.TrimSpace(cell); cell == "" {
				continue
			}
			id, err := parse(strings.TrimSpace(head[i]), cell)
			if err != nil {
				return nil, errkind.Coded(errkind.Invalid, errkind.Code(err), "line %d: %s", at, err.Error())
			}
			ids = append(ids, id)
		}
		if len(ids) == 0 {
			return nil, errkind.Coded(errkind.Invalid, "no-identifier", "line %d names nobody", at)
		}
		out = append(out, ids)
	}
	if len(out) == 0 {
		return nil, errkind.Coded(errkind.Invalid, "batch", "the batch is empty")
	}
	return out, nil
}

func orElse(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

func timeOf(micros int64) time.Time { return time.UnixMicro(micros).UTC() }
