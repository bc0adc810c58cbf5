package pii

import (
	"fmt"
	"log/slog"
	"slices"
	"strconv"
	"strings"
)

// Value is one piece of somebody's data. It prints as its length, whatever the verb, the logger or the encoder: the string is
// behind a pointer, because fmt does not call methods on values in unexported fields and would print a plain string there.
// The zero Value is NULL.
type Value struct{ s *string }

// NewValue holds s.
func NewValue(s string) Value { return Value{&s} }

// Null tells whether there is no value at all, which is not the same as an empty one.
func (v Value) Null() bool { return v.s == nil }

// Reveal gives the string. Its callers are held to a list in internal/archtest.
func (v Value) Reveal() string {
	if v.s == nil {
		return ""
	}
	return *v.s
}

// Len gives the length in bytes.
func (v Value) Len() int { return len(v.Reveal()) }

// Equal compares the strings; == would compare pointers. NULL equals NULL.
func (v Value) Equal(w Value) bool { return v.Null() == w.Null() && v.Reveal() == w.Reveal() }

// Compare orders values, NULL first.
func (v Value) Compare(w Value) int {
	switch {
	case v.Null() && w.Null():
		return 0
	case v.Null():
		return -1
	case w.Null():
		return 1
	}
	return strings.Compare(*v.s, *w.s)
}

func (v Value) redacted() string {
	if v.s == nil {
		return "[null]"
	}
	return fmt.Sprintf("[redacted %d bytes]", len(*v.s))
}

// Format prints the length for every verb.
func (v Value) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(v.redacted())) }

// String gives the length only.
func (v Value) String() string { return v.redacted() }

// LogValue gives the length only.
func (v Value) LogValue() slog.Value { return slog.StringValue(v.redacted()) }

// MarshalText gives the length only; what has to be stored is sealed by internal/keys.
func (v Value) MarshalText() ([]byte, error) { return []byte(v.redacted()), nil }

// Key tells one record of a dataset from all others: the values of the dataset's Key fields, in that order.
type Key []Value

// Equal compares two keys part by part.
func (k Key) Equal(l Key) bool { return k.Compare(l) == 0 }

// Compare orders keys part by part.
func (k Key) Compare(l Key) int {
	for i := range min(len(k), len(l)) {
		if c := k[i].Compare(l[i]); c != 0 {
			return c
		}
	}
	return len(k) - len(l)
}

// ID gives a string that is equal for equal keys and only for them. It holds the values: never print or store it in clear.
func (k Key) ID() string {
	var b []byte
	for _, v := range k {
		if v.Null() {
			b = append(b, "-;"...)
			continue
		}
		b = append(strconv.AppendInt(b, int64(v.Len()), 10), ':')
		b = append(b, v.Reveal()...)
	}
	return string(b)
}

// ParseKey reads what ID wrote; ok is false for anything else.
func ParseKey(id string) (k Key, ok bool) {
	for id != "" {
		if strings.HasPrefix(id, "-;") {
			k, id = append(k, Value{}), id[2:]
			continue
		}
		size, rest, found := strings.Cut(id, ":")
		n, err := strconv.Atoi(size)
		if !found || err != nil || n < 0 || n > len(rest) {
			return nil, false
		}
		k, id = append(k, NewValue(rest[:n])), rest[n:]
	}
	return slices.Clip(k), true
}

// Secret is a credential. It prints as a Value does.
type Secret = Value
