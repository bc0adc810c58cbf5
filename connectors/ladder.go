package connectors

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"vestige/internal/clock"
	"vestige/internal/errkind"
	"vestige/pii"
)

// The states of a rung.
const (
	RungReached = "reached" // nothing of what was erased is left on it
	RungWaiting = "waiting" // it goes by itself, when it is due where that is known
	RungKept    = "kept"    // it stays until somebody does something
	RungUnknown = "unknown" // the system cannot tell
)

// Ladder looks, after an erasure and its purge, how far the ladder was climbed. Without it the states follow from what Rungs says beforehand.
type Ladder interface {
	// Ladder gives the rungs of the system as they stand now for these datasets. It reads the system's own state and no record. A rung that it cannot look at
	// is unknown, with the reason as its proof; an error is for a system that does not answer at all.
	Ladder(ctx context.Context, datasets []pii.Dataset) ([]Rung, error)
}

// Backup is a copy of a system that is made outside of it, as somebody has registered it.
type Backup struct {
	Name string        `json:"name"`
	Keep time.Duration `json:"keep"` // how long one is kept
}

// Register tells of the backups of the source.
func (s *Source) Register(backups []Backup) { s.backups = slices.Clone(backups) }

// registered puts the registered backups in the place of what the connector says of backups in general. since is when something was erased, 0 beforehand.
func (s *Source) registered(rungs []Rung, since int64) []Rung {
	if len(s.backups) == 0 {
		return rungs
	}
	rungs = slices.DeleteFunc(slices.Clone(rungs), func(r Rung) bool { return r.Name == "backups" })
	for _, b := range s.backups {
		r := Rung{Name: "backups", Reached: "by-expiry", Text: fmt.Sprintf("%s: each copy is kept for %s, and holds until then what was there when it was made; a copy that is restored is erased again by replay", b.Name, days(b.Keep))}
		if since > 0 {
			r.State, r.Due, r.Proof = RungWaiting, since+b.Keep.Microseconds(), "registered in the configuration"
		}
		rungs = append(rungs, r)
	}
	return rungs
}

func days(d time.Duration) string {
	if n := int64(d / (24 * time.Hour)); n > 0 {
		return fmt.Sprintf("%d days", n)
	}
	return d.String()
}

// Ladder gives the rungs as they stand after an erasure, with state, due date and proof.
func (s *Source) Ladder(ctx context.Context, datasets []pii.Dataset) ([]Rung, error) {
	var d pii.Dataset
	if len(datasets) > 0 {
		d = datasets[0]
	}
	rungs := s.still(Erase)
	a, ok, err := as[Ladder](ctx, s, Erase)
	if err != nil {
		return nil, err
	}
	var out []Rung
	if ok {
		if out, err = a.Ladder(ctx, datasets); err != nil {
			return nil, s.wrap(err)
		}
	} else if r, is := rungs.(Residuer); is {
		out = r.Rungs(d)
	} else {
		out = s.Rungs(d)
	}
	out = slices.Clone(out)
	for i := range out {
		if out[i].State == "" {
			out[i].State = stateOf(out[i].Reached)
		}
	}
	return s.registered(out, clock.Micros()), nil
}

// stateOf gives the state that follows, after erasing and purging, from what a connector said beforehand.
func stateOf(reached string) string {
	switch reached {
	case "by-erase", "by-purge":
		return RungReached
	case "by-system", "by-expiry":
		return RungWaiting
	case "never":
		return RungKept
	}
	return RungUnknown
}

// Stands sets a rung's state and proof.
func (r Rung) Stands(state, proof string, args ...any) Rung {
	r.State, r.Proof = state, fmt.Sprintf(proof, args...)
	return r
}

// Unseen sets a rung that could not be looked at, with the code of the reason.
func (r Rung) Unseen(err error) Rung {
	return r.Stands(RungUnknown, "could not be looked at: %s", errkind.Code(err))
}

// LookAt has each rung looked at. One that cannot be looked at says why.
func LookAt(ctx context.Context, rungs []Rung, look func(Rung) (Rung, error)) ([]Rung, error) {
	for i, r := range rungs {
		seen, err := look(r)
		if err != nil {
			seen = r.Unseen(err)
		}
		rungs[i] = seen
	}
	return rungs, ctx.Err()
}

// ParseBackup reads how long copies are kept: 35d, 12w, 13m (of 31 days), 7y (of 366 days), or a duration as 36h.
func ParseBackup(name, keep string) (Backup, error) {
	b := Backup{Name: name}
	units := map[byte]time.Duration{'d': 24 * time.Hour, 'w': 7 * 24 * time.Hour, 'm': 31 * 24 * time.Hour, 'y': 366 * 24 * time.Hour}
	keep = strings.TrimSpace(keep)
	n := int64(0)
	if len(keep) > 1 && units[keep[len(keep)-1]] > 0 {
		if _, err := fmt.Sscanf(keep[:len(keep)-1], "%d", &n); err == nil && n > 0 && n < 10000 && fmt.Sprint(n) == keep[:len(keep)-1] {
			b.Keep = time.Duration(n) * units[keep[len(keep)-1]]
			return b, nil
		}
	}
	d, err := time.ParseDuration(keep)
	if err != nil || d <= 0 {
		return b, errkind.Coded(errkind.Invalid, "config", "how long a backup is kept is written 35d, 12w, 13m or 7y")
	}
	b.Keep = d
	return b, nil
}
