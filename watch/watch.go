// Package watch sees to it that sources are looked at again and again, and that people hear of what was found: schedules, the queue of runs, signals
// that something has changed, alerts that go out.
//
// Everything that is to be done stands in the store: a schedule with its next time, a run that waits, an event that nobody was told of yet. Work does it,
// in as many processes as there are; one that dies leaves its runs to the others, or to itself when it is started again. A run is paused or
// cancelled by a wish in the store, at which whoever does it looks every second.
package watch

import (
	"context"
	"crypto/rand"
	_ "embed"
	"encoding/hex"
	"log/slog"
	"sync"
	"time"

	"vestige/audit"
	"vestige/catalog"
	"vestige/events"
	"vestige/internal/db"
	"vestige/internal/errkind"
	"vestige/pii"
	"vestige/scanner"
)

//go:embed schema.sql
var schema string

// Schema gives the tables of this room.
func Schema() db.Schema { return db.SchemaOf("watch", schema) }

// Deps are what a Service works with.
type Deps struct {
	DB      db.DB
	Catalog *catalog.Catalog
	Audit   *audit.Log
	Outbox  *events.Outbox
	// Sources gives the names of the sources that are configured.
	Sources func() []string
	// Scan does a run that was asked for, by its id.
	Scan func(ctx context.Context, by, source, run string) (scanner.Report, error)
	// Relate looks at all sources together, after runs.
	Relate func(context.Context) error
	// Listen tells of changes in a source until the context ends; nil, or an error of the kind Unsupported, where the system cannot.
	Listen func(ctx context.Context, source string, tell func(dataset string)) error
	// Stale is after how long a source without a schedule counts as not looked at; 0 for eight days.
	Stale time.Duration
	// Every is how often it is looked what there is to do; 0 for two seconds.
	Every time.Duration
	Log   *slog.Logger
}

// Service is the watch over the sources of one catalog. It is safe for concurrent use.
type Service struct {
	Deps
	holder string // names this process among those that do runs

	mu   sync.Mutex
	busy map[string]chan struct{} // sources that are being read whole, here
}

// New makes a Service, and has the alerts of the catalog told to the outbox.
func New(d Deps) *Service {
	if d.Every == 0 {
		d.Every = 2 * time.Second
	}
	if d.Stale == 0 {
		d.Stale = 8 * 24 * time.Hour
	}
	if d.Log == nil {
		d.Log = slog.New(slog.DiscardHandler)
	}
	var id [8]byte
	_, _ = rand.Read(id[:])
	s := &Service{Deps: d, holder: hex.EncodeToString(id[:]), busy: map[string]chan struct{}{}}
	d.Catalog.OnAlert(s.opened)
	return s
}

// opened lays an alert down for the outside. It is called in the unit of work that opens it.
func (s *Service) opened(ctx context.Context, tx db.Tx, a catalog.Alert) error {
	if s.Outbox == nil {
		return nil
	}
	return s.Outbox.Put(ctx, tx, events.Event{Type: "alert.opened", Code: a.Code, Source: a.At.Source, Where: a.At.String(), Text: a.Text, At: a.Opened})
}

// note writes into the log who asked for what, in the unit of work in which it is done.
func (s *Service) note(ctx context.Context, tx db.Tx, by, action, object string, facts map[string]any) error {
	return s.Audit.Append(ctx, tx, audit.Entry{Actor: by, Action: action, Object: object, Facts: audit.Facts(facts)})
}

// known refuses a source that is not configured.
func (s *Service) known(source string) error {
	for _, name := range s.Sources() {
		if name == source {
			return nil
		}
	}
	return errkind.Coded(errkind.NotFound, "no-such-source", "no source of this name is configured")
}

// alert raises an alert about a source.
func (s *Service) alert(ctx context.Context, tx db.Tx, code, source, text string) error {
	return s.Catalog.PutAlert(ctx, tx, catalog.Alert{Code: code, At: pii.Ref{Source: source}, Text: text})
}
