package watch

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"vestige/catalog"
	"vestige/internal/clock"
	"vestige/internal/db"
	"vestige/pii"
)

// grace is how late a scan may be and still count as in time.
const grace = 5 * time.Minute

// Tick asks for the runs that are due by now, and tells of those that were missed. It gives how many schedules were due.
func (s *Service) Tick(ctx context.Context) (n int, err error) {
	now := clock.Now()
	var due []Schedule
	err = s.DB.Read(ctx, func(tx db.Tx) error {
		due, err = s.schedules(ctx, tx, " WHERE enabled = TRUE AND due <= $1", now.UnixMicro())
		return err
	})
	for _, x := range due {
		if err == nil {
			err = s.fire(ctx, x, now)
		}
	}
	return len(due), err
}

// fire asks for the runs of one schedule, unless another process has done so.
func (s *Service) fire(ctx context.Context, x Schedule, now time.Time) error {
	last, times := x.passed(now)
	next, err := x.After(now)
	if err != nil {
		return err
	}
	missed := times - 1
	if now.Sub(last) > grace {
		missed = times
	}
	return s.DB.Write(ctx, func(tx db.Tx) error {
		n, err := tx.Exec(ctx, "UPDATE watch_schedule SET last = $1, due = $2, missed = missed + $3 WHERE name = $4 AND due = $5", last.UnixMicro(), next.UnixMicro(), missed, x.Name, x.Due)
		if err != nil || n == 0 {
			return err
		}
		for _, source := range s.of(x) {
			if err := s.ask(ctx, tx, x, source, now); err != nil {
				return err
			}
			if missed == 0 {
				continue
			}
			text := fmt.Sprintf("the schedule %s was due %s since %s UTC while nobody was there to scan; one scan makes up for it", x.Name, times64(missed), time.UnixMicro(x.Due).UTC().Format("2006-01-02 15:04"))
			if err := s.alert(ctx, tx, "schedule-missed", source, text); err != nil {
				return err
			}
		}
		return nil
	})
}

func times64(n int64) string {
	if n == 1 {
		return "once"
	}
	return fmt.Sprintf("%d times", n)
}

// passed gives the last time, up to now, at which the schedule was due, and how many such times there were since it was done; it stops counting at a thousand.
func (x *Schedule) passed(now time.Time) (last time.Time, times int64) {
	last, times = time.UnixMicro(x.Due).UTC(), 1
	for times < 1000 {
		next, err := x.After(last)
		if err != nil || next.After(now) {
			break
		}
		last, times = next, times+1
	}
	return last, times
}

// of gives the sources of a schedule that are configured.
func (s *Service) of(x Schedule) (out []string) {
	for _, name := range s.Sources() {
		if len(x.Sources) == 0 || slices.Contains(x.Sources, name) {
			out = append(out, name)
		}
	}
	return out
}

// ask puts a run into the queue, not before the maintenance window is over.
func (s *Service) ask(ctx context.Context, tx db.Tx, x Schedule, source string, now time.Time) error {
	r := catalog.Run{Source: source, Scope: x.Scope, Origin: "schedule:" + x.Name, By: "schedule " + x.Name}
	if end := x.Awake(now); end.After(now) {
		r.Later, r.Note = end.UnixMicro(), quietNote(end)
	}
	_, err := s.Catalog.Ask(ctx, tx, r)
	return err
}

func quietNote(end time.Time) string {
	return "a maintenance window lasts until " + end.UTC().Format("2006-01-02 15:04") + " UTC"
}

// stale raises an alert for each source that was not looked at for too long, and gives how many there are.
func (s *Service) stale(ctx context.Context) (n int, err error) {
	infos, err := s.Catalog.Sources(ctx)
	if err != nil {
		return 0, err
	}
	all, err := s.Schedules(ctx)
	if err != nil {
		return 0, err
	}
	late := map[string]string{}
	for _, info := range infos {
		if s.known(info.Name) != nil {
			continue
		}
		since := time.UnixMicro(max(info.Scanned, info.Added)).UTC()
		if limit := s.limit(all, info.Name, since); clock.Since(since) > limit {
			late[info.Name] = "no scan has come to its end since " + since.Format("2006-01-02 15:04") + " UTC"
		}
	}
	return len(late), s.DB.Write(ctx, func(tx db.Tx) error {
		for source, text := range late {
			if err := s.alert(ctx, tx, "scan-stale", source, text); err != nil {
				return err
			}
		}
		return s.Catalog.Settled(ctx, tx, "scan-stale", "", func(r pii.Ref) bool { return late[r.Source] != "" })
	})
}

// limit gives for how long nobody need look at a source: until its schedule was due twice, and an hour.
func (s *Service) limit(all []Schedule, source string, since time.Time) time.Duration {
	least := time.Duration(0)
	for _, x := range all {
		if !x.Enabled || !x.Scope.Whole() || len(x.Sources) > 0 && !slices.Contains(x.Sources, source) {
			continue
		}
		if two := x.Next(since, 2); len(two) == 2 {
			if d := two[1].Sub(since) + time.Hour; least == 0 || d < least {
				least = d
			}
		}
	}
	if least == 0 {
		return s.Stale
	}
	return least
}

// scheduleOf gives the name of the schedule that asked for a run, "" for none.
func scheduleOf(r *catalog.Run) string {
	name, ok := strings.CutPrefix(r.Origin, "schedule:")
	if !ok {
		return ""
	}
	return name
}
