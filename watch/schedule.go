package watch

import (
	"context"
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"time"
	_ "time/tzdata" // zones, on machines that have none

	"vestige/catalog"
	"vestige/internal/clock"
	"vestige/internal/db"
	"vestige/internal/errkind"

	"github.com/adhocore/gronx"
)

// Schedule says when sources are scanned.
type Schedule struct {
	Name    string        `json:"name"`
	Cron    string        `json:"cron"`              // five fields, or @hourly, @daily, @weekly, @monthly
	Zone    string        `json:"zone,omitempty"`    // of the cron and the windows: Europe/Berlin; "" for UTC
	Sources []string      `json:"sources,omitempty"` // all where none is named
	Quiet   []string      `json:"quiet,omitempty"`   // maintenance windows: what is due in one waits, what runs is paused
	Scope   catalog.Scope `json:"scope"`
	Enabled bool          `json:"enabled"`
	File    bool          `json:"file,omitempty"` // it stands in the configuration, and is changed there
	By      string        `json:"by,omitempty"`
	Last    int64         `json:"last,omitempty"` // when it was due last
	Due     int64         `json:"due,omitempty"`  // when it is next
	Missed  int64         `json:"missed,omitempty"`
	Version int64         `json:"version"`
}

// written is what of a schedule is one document.
type written struct {
	Cron    string        `json:"cron"`
	Zone    string        `json:"zone,omitempty"`
	Sources []string      `json:"sources,omitempty"`
	Quiet   []string      `json:"quiet,omitempty"`
	Scope   catalog.Scope `json:"scope"`
	By      string        `json:"by,omitempty"`
}

var nameRE = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9 ._-]{0,59}$`)

// Validate says what is wrong with a schedule.
func (x *Schedule) Validate() error {
	x.Name, x.Cron, x.Zone = strings.TrimSpace(x.Name), strings.TrimSpace(x.Cron), strings.TrimSpace(x.Zone)
	if !nameRE.MatchString(x.Name) {
		return errkind.Coded(errkind.Invalid, "bad-name", "a schedule's name has up to 60 letters, digits, spaces, dots, dashes and underscores")
	}
	if !gronx.IsValid(x.Cron) || len(strings.Fields(x.Cron)) > 5 {
		return errkind.Coded(errkind.Invalid, "bad-cron", "when is written as five fields (minute, hour, day, month, weekday), for example “15 2 * * *”, or as @hourly, @daily, @weekly, @monthly")
	}
	if _, err := x.place(); err != nil {
		return err
	}
	_, err := x.windows()
	return err
}

func (x *Schedule) place() (*time.Location, error) {
	if x.Zone == "" {
		return time.UTC, nil
	}
	at, err := time.LoadLocation(x.Zone)
	if err != nil || x.Zone == "Local" {
		return nil, errkind.Coded(errkind.Invalid, "bad-zone", "a time zone is named as in Europe/Berlin")
	}
	return at, nil
}

func (x *Schedule) windows() (out []quiet, err error) {
	for _, text := range x.Quiet {
		q, err := parseQuiet(text)
		if err != nil {
			return nil, err
		}
		out = append(out, q)
	}
	return out, nil
}

// After gives the first time after t at which the schedule is due. An hour that the clocks skip has no time in it, one that they repeat counts once.
func (x *Schedule) After(t time.Time) (time.Time, error) {
	at, err := x.place()
	if err != nil {
		return time.Time{}, err
	}
	next, err := gronx.NextTickAfter(x.Cron, t.In(at), false)
	if err != nil {
		return time.Time{}, errkind.Coded(errkind.Invalid, "never-due", "there is no such time in the next years")
	}
	return next.UTC(), nil
}

// Next gives the next times at which it is due.
func (x *Schedule) Next(from time.Time, n int) (out []time.Time) {
	for range n {
		t, err := x.After(from)
		if err != nil {
			return out
		}
		out, from = append(out, t), t
	}
	return out
}

// Awake gives the first time from t on that is in no maintenance window.
func (x *Schedule) Awake(t time.Time) time.Time {
	at, err := x.place()
	qs, err2 := x.windows()
	if err != nil || err2 != nil {
		return t
	}
	return awake(qs, t.In(at)).UTC()
}

const selectSchedule = "SELECT name, doc, file, enabled, last, due, missed, version FROM watch_schedule"

func scanSchedule(row db.Row) (x Schedule, err error) {
	var doc []byte
	var w written
	if err = row.Scan(&x.Name, &doc, &x.File, &x.Enabled, &x.Last, &x.Due, &x.Missed, &x.Version); err != nil {
		return x, err
	}
	if err = json.Unmarshal(doc, &w); err != nil {
		return x, errkind.Wrap(errkind.Internal, err, "decode a schedule")
	}
	x.Cron, x.Zone, x.Sources, x.Quiet, x.Scope, x.By = w.Cron, w.Zone, w.Sources, w.Quiet, w.Scope, w.By
	return x, nil
}

func (s *Service) schedules(ctx context.Context, tx db.Tx, where string, args ...any) (out []Schedule, err error) {
	rows, err := tx.Query(ctx, selectSchedule+where+" ORDER BY name", args...)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		x, err := scanSchedule(rows)
		if err != nil {
			return nil, err
		}
		out = append(out, x)
	}
	return out, rows.Err()
}

// Schedules gives every schedule, by name.
func (s *Service) Schedules(ctx context.Context) (out []Schedule, err error) {
	err = s.DB.Read(ctx, func(tx db.Tx) error { out, err = s.schedules(ctx, tx, ""); return err })
	return out, err
}

// Schedule gives one schedule.
func (s *Service) Schedule(ctx context.Context, name string) (x Schedule, err error) {
	err = s.DB.Read(ctx, func(tx db.Tx) error { x, err = s.one(ctx, tx, name); return err })
	return x, err
}

func (s *Service) one(ctx context.Context, tx db.Tx, name string) (x Schedule, err error) {
	all, err := s.schedules(ctx, tx, " WHERE name = $1", name)
	if err == nil && len(all) == 0 {
		err = errkind.Coded(errkind.NotFound, "no-such-schedule", "there is no schedule of this name")
	}
	if err != nil {
		return x, err
	}
	return all[0], nil
}

// PutSchedule makes a schedule, or changes one that does not stand in the configuration. Where version is not negative it is the one that was seen: a
// schedule that somebody else has changed meanwhile is a conflict.
func (s *Service) PutSchedule(ctx context.Context, by string, x Schedule, version int64) (Schedule, error) {
	if err := x.Validate(); err != nil {
		return x, err
	}
	for _, name := range x.Sources {
		if err := s.known(name); err != nil {
			return x, err
		}
	}
	x.By, x.File = by, false
	err := s.DB.Write(ctx, func(tx db.Tx) error {
		old, err := s.one(ctx, tx, x.Name)
		switch {
		case errkind.Of(err) == errkind.NotFound && version <= 0:
			old = Schedule{}
		case err != nil:
			return err
		case old.File:
			return errkind.Coded(errkind.Conflict, "schedule-in-file", "this schedule stands in the configuration, and is changed there")
		case version >= 0 && version != old.Version:
			return errkind.Coded(errkind.Conflict, "changed-meanwhile", "someone else changed the schedule meanwhile: look again")
		}
		x.Last, x.Missed, x.Version = old.Last, old.Missed, old.Version
		if err := s.keep(ctx, tx, &x); err != nil {
			return err
		}
		return s.note(ctx, tx, by, "schedule.put", x.Name, map[string]any{"cron": x.Cron, "zone": x.Zone, "enabled": x.Enabled})
	})
	return x, err
}

// keep stores a schedule with its next time.
func (s *Service) keep(ctx context.Context, tx db.Tx, x *Schedule) error {
	due, err := x.After(clock.Now())
	if err != nil {
		return err
	}
	x.Due, x.Version = due.UnixMicro(), x.Version+1
	doc, err := json.Marshal(written{x.Cron, x.Zone, x.Sources, x.Quiet, x.Scope, x.By})
	if err != nil {
		return errkind.Wrap(errkind.Internal, err, "encode a schedule")
	}
	_, err = tx.Exec(ctx, `INSERT INTO watch_schedule (name, doc, file, enabled, last, due, missed, version) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
		ON CONFLICT (name) DO UPDATE SET doc = excluded.doc, file = excluded.file, enabled = excluded.enabled, due = excluded.due, version = excluded.version`,
		x.Name, doc, x.File, x.Enabled, x.Last, x.Due, x.Missed, x.Version)
	return err
}

// RemoveSchedule takes a schedule away; runs that it asked for stay.
func (s *Service) RemoveSchedule(ctx context.Context, by, name string) error {
	return s.DB.Write(ctx, func(tx db.Tx) error {
		old, err := s.one(ctx, tx, name)
		if err != nil {
			return err
		}
		if old.File {
			return errkind.Coded(errkind.Conflict, "schedule-in-file", "this schedule stands in the configuration, and is changed there")
		}
		if _, err := tx.Exec(ctx, "DELETE FROM watch_schedule WHERE name = $1", name); err != nil {
			return err
		}
		return s.note(ctx, tx, by, "schedule.remove", name, nil)
	})
}

// Adopt brings the schedules of the configuration into the store. One that is as it was keeps its time, so that what was missed meanwhile is seen; one that
// no longer stands there is taken away.
func (s *Service) Adopt(ctx context.Context, file []Schedule) error {
	for i := range file {
		if err := file[i].Validate(); err != nil {
			return errkind.Wrap(errkind.Of(err), err, "schedule %s", file[i].Name)
		}
	}
	return s.DB.Write(ctx, func(tx db.Tx) error {
		there, err := s.schedules(ctx, tx, "")
		if err != nil {
			return err
		}
		for _, old := range there {
			if old.File && !slices.ContainsFunc(file, func(x Schedule) bool { return x.Name == old.Name }) {
				if _, err := tx.Exec(ctx, "DELETE FROM watch_schedule WHERE name = $1", old.Name); err != nil {
					return err
				}
			}
		}
		for _, x := range file {
			i := slices.IndexFunc(there, func(o Schedule) bool { return o.Name == x.Name })
			if i >= 0 && there[i].File && same(there[i], x) {
				continue
			}
			if x.File, x.By = true, ""; i >= 0 {
				x.Last, x.Missed, x.Version = there[i].Last, there[i].Missed, there[i].Version
			}
			if err := s.keep(ctx, tx, &x); err != nil {
				return err
			}
		}
		return nil
	})
}

func same(a, b Schedule) bool {
	x, _ := json.Marshal(written{a.Cron, a.Zone, a.Sources, a.Quiet, a.Scope, ""})
	y, _ := json.Marshal(written{b.Cron, b.Zone, b.Sources, b.Quiet, b.Scope, ""})
	return string(x) == string(y) && a.Enabled == b.Enabled
}
