package connectors

import (
	"context"

	"vestige/internal/errkind"
)

// Watcher tells of changes in a system by itself. Without it changes are seen at the next scan, or when somebody sends a signal.
type Watcher interface {
	// Watch calls tell with the name of a dataset whose shape has changed, as soon as that is committed, until the context ends. Where the system has not been
	// prepared nothing is told, and that is no error.
	Watch(ctx context.Context, tell func(dataset string)) error
	// Trigger gives the statements, for an administrator of the system, after which it tells. It is asked of the type alone, without a connection.
	Trigger() string
}

// Watch tells of changes until the context ends; Unsupported where the connector cannot.
func (s *Source) Watch(ctx context.Context, tell func(dataset string)) error {
	if !has[Watcher](s.spec) {
		return errkind.Coded(errkind.Unsupported, "no-watcher", "a source of type %s tells of no changes", s.spec.Name)
	}
	w, ok, err := as[Watcher](ctx, s, Scan)
	if err != nil || !ok {
		return err
	}
	return s.wrap(w.Watch(ctx, tell))
}
