package policies

import (
	"bytes"
	"encoding"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"vestige/internal/errkind"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
)

// Load reads policy files, one after the other, over the default.
func Load(files ...string) (*Policy, error) {
	p := Default()
	for _, file := range files {
		text, err := os.ReadFile(file)
		if errors.Is(err, os.ErrNotExist) {
			return nil, errkind.New(errkind.NotFound, "no policy file %s", file)
		}
		if err != nil {
			return nil, errkind.Wrap(errkind.Permission, err, "read a policy")
		}
		if err := p.Add(file, text); err != nil {
			return nil, err
		}
	}
	return p, nil
}

// Add reads the text of one more policy file; name is what errors call it.
func (p *Policy) Add(name string, text []byte) error {
	next := *p
	next.Retain, next.Noise, next.Holidays, next.Recipients = nil, nil, nil, nil
	if err := Decode(name, text, &next); err != nil {
		return err
	}
	next.Retain = append(p.Retain, next.Retain...)
	next.Noise = append(p.Noise, next.Noise...)
	next.Holidays = append(p.Holidays, next.Holidays...)
	next.Recipients = append(p.Recipients, next.Recipients...)
	if err := next.Validate(); err != nil {
		return errkind.Wrap(errkind.Invalid, err, "%s", name)
	}
	*p = next
	return nil
}

// Decode reads one YAML document of settings. A key that the type does not have, a key written twice and a value of the wrong type are
// refused, with file, line and column. An empty document leaves everything as it is.
func Decode(name string, text []byte, into any) error {
	var content any
	if yaml.Unmarshal(text, &content) == nil && content == nil {
		return nil
	}
	d := yaml.NewDecoder(bytes.NewReader(text), yaml.Strict())
	err := d.Decode(into)
	if err == nil {
		var more any
		if d.Decode(&more) == nil {
			return errkind.New(errkind.Invalid, "%s: there is a second document in the file", name)
		}
		return nil
	}
	var at yaml.Error
	if errors.As(err, &at) && at.GetToken() != nil {
		pos := at.GetToken().Position
		return errkind.New(errkind.Invalid, "%s:%d:%d: %s", name, pos.Line, pos.Column, at.GetMessage())
	}
	return errkind.New(errkind.Invalid, "%s: %v", name, err)
}

// at reads a scalar; an error says where it stands.
func at(n ast.Node, into encoding.TextUnmarshaler) error {
	if err := into.UnmarshalText([]byte(n.GetToken().Value)); err != nil {
		return &yaml.SyntaxError{Message: err.Error(), Token: n.GetToken()}
	}
	return nil
}

// Days is a span of time, written "7d", "36h" or "90s".
type Days time.Duration

// UnmarshalText reads it.
func (d *Days) UnmarshalText(text []byte) error {
	s := string(text)
	if n, ok := strings.CutSuffix(s, "d"); ok {
		days, err := strconv.ParseUint(n, 10, 16)
		if err != nil {
			return errors.New("a span is written 7d, 36h or 90s")
		}
		*d = Days(time.Duration(days) * 24 * time.Hour)
		return nil
	}
	span, err := time.ParseDuration(s)
	if err != nil || span < 0 {
		return errors.New("a span is written 7d, 36h or 90s")
	}
	*d = Days(span)
	return nil
}

// UnmarshalYAML reads it, and says where it cannot.
func (d *Days) UnmarshalYAML(n ast.Node) error { return at(n, d) }

// MarshalText writes it as it is read.
func (d Days) MarshalText() ([]byte, error) {
	const day = 24 * time.Hour
	if span := time.Duration(d); span%day == 0 {
		return fmt.Appendf(nil, "%dd", span/day), nil
	}
	return []byte(time.Duration(d).String()), nil
}

// Date is a day, written 2026-12-25.
type Date struct {
	Year  int
	Month time.Month
	Day   int
}

// UnmarshalText reads it.
func (d *Date) UnmarshalText(text []byte) error {
	t, err := time.Parse(time.DateOnly, string(text))
	if err != nil {
		return errors.New("a day is written 2026-12-25")
	}
	*d = dateOf(t)
	return nil
}

// UnmarshalYAML reads it, and says where it cannot.
func (d *Date) UnmarshalYAML(n ast.Node) error { return at(n, d) }

// MarshalText writes it as it is read.
func (d Date) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// String writes it as it is read.
func (d Date) String() string { return fmt.Sprintf("%04d-%02d-%02d", d.Year, d.Month, d.Day) }

func dateOf(t time.Time) Date { y, m, day := t.Date(); return Date{y, m, day} }
