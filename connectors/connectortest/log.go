package connectortest

import (
	"context"
	"log/slog"
	"strings"
	"sync"
)

// logbook keeps every line that a driver logs, so that a check can search it for values.
type logbook struct {
	mu    *sync.Mutex
	text  *strings.Builder
	inner slog.Handler
}

func newLogbook() *logbook {
	mu, text := &sync.Mutex{}, &strings.Builder{}
	return &logbook{mu, text, slog.NewTextHandler(text, &slog.HandlerOptions{Level: slog.LevelDebug})}
}

// Enabled lets every level through: a value in a debug line has leaked, too.
func (l *logbook) Enabled(context.Context, slog.Level) bool { return true }

// Handle keeps the line.
func (l *logbook) Handle(ctx context.Context, r slog.Record) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.inner.Handle(ctx, r)
}

// WithAttrs gives a handler that writes into the same book.
func (l *logbook) WithAttrs(attrs []slog.Attr) slog.Handler {
	return &logbook{l.mu, l.text, l.inner.WithAttrs(attrs)}
}

// WithGroup gives a handler that writes into the same book.
func (l *logbook) WithGroup(name string) slog.Handler {
	return &logbook{l.mu, l.text, l.inner.WithGroup(name)}
}

// String gives all lines so far.
func (l *logbook) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}
