// Package errkind gives every error a kind, which decides what happens next: an HTTP status in web, an exit code in cmd,
// a retry or a stop in plans. The text of an error never holds a value of anybody's data; a driver that wraps what a
// server said strips the values first.
package errkind

import (
	"context"
	"errors"
	"fmt"
)

// Kind says what sort of failure an error is.
type Kind uint8

// The kinds. Internal is that of every error nobody gave a kind to.
const (
	Internal    Kind = iota
	Invalid          // the input is wrong; trying again without changing it is useless
	NotFound         // what was named does not exist, or may not be known to exist
	Conflict         // the state is not what was expected; look again, then decide
	Permission       // the credentials do not allow it
	Unsupported      // the system or format cannot do it
	Transient        // the same call may succeed later
	Canceled         // the caller gave up
)

var names = [...]string{"internal", "invalid", "not-found", "conflict", "permission", "unsupported", "transient", "canceled"}

// String gives the kind's stable name, which is stored and shown in JSON.
func (k Kind) String() string {
	if int(k) < len(names) {
		return names[k]
	}
	return "internal"
}

// NoObjects is the code of a dataset of objects that are all gone, which is no failure to look.
const NoObjects = "no-objects"

// Error is an error with a kind, a stable code and a text for people. It may wrap a cause.
type Error struct {
	Kind Kind
	Code string // stable, for example "no-such-dataset"; may be empty
	Text string
	Err  error // printed behind the text

	cause error // already within the text
}

// Error gives the text, and the cause behind a colon.
func (e *Error) Error() string {
	switch {
	case e.Err == nil:
		return e.Text
	case e.Text == "":
		return e.Err.Error()
	}
	return e.Text + ": " + e.Err.Error()
}

// Unwrap gives the cause.
func (e *Error) Unwrap() error {
	if e.Err != nil {
		return e.Err
	}
	return e.cause
}

// New makes an error of a kind; a %w verb in the format wraps as fmt.Errorf does.
func New(k Kind, format string, args ...any) error {
	err := fmt.Errorf(format, args...)
	return &Error{Kind: k, Text: err.Error(), cause: errors.Unwrap(err)}
}

// Coded makes an error of a kind with a stable code.
func Coded(k Kind, code, format string, args ...any) error {
	return &Error{Kind: k, Code: code, Text: fmt.Sprintf(format, args...)}
}

// Wrap adds a kind and what the caller knows ("open shop") to a cause; nil stays nil.
func Wrap(k Kind, err error, format string, args ...any) error {
	if err == nil {
		return nil
	}
	return &Error{Kind: k, Text: fmt.Sprintf(format, args...), Err: err}
}

// Of gives the kind of an error: the outermost one given, Canceled for an ended context, else Internal.
func Of(err error) Kind {
	var e *Error
	switch {
	case errors.As(err, &e):
		return e.Kind
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return Canceled
	}
	return Internal
}

// Code gives the stable code of an error, or its kind's name where it has none.
func Code(err error) string {
	kind := Of(err)
	for e := (*Error)(nil); errors.As(err, &e); err = e.Unwrap() {
		if e.Code != "" {
			return e.Code
		}
	}
	return kind.String()
}
