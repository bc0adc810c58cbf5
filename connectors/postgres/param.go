package postgres

import (
	"encoding/hex"
	"math"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"vestige/pii"
)

// param binds a value of the column's canonical text. The server reads it by the type's own rules.
func (c *column) param(v pii.Value) param {
	if v.Null() {
		return param{nil, c.oid}
	}
	return c.bound(v.Reveal())
}

// bound is param of a text. bpchar and names are given their own type, since comparing as text would heed trailing spaces.
func (c *column) bound(s string) param {
	if c.t.form == asBytes {
		return param{append([]byte(`\x`), hex.EncodeToString([]byte(s))...), c.t.oid}
	}
	return param{[]byte(s), c.t.oid}
}

var (
	numeral = regexp.MustCompile(`^-?[0-9]+(\.[0-9]+)?([eE][-+]?[0-9]{1,3})?$`)
	uuidish = regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$`)
	dateish = regexp.MustCompile(`^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|1[0-9]|2[0-8])$`)
	timeish = regexp.MustCompile(`^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|1[0-9]|2[0-8])T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\.[0-9]{1,6})?Z?$`)
)

// exact tells whether values that are equal byte by byte as canonical text are equal for the type too, and can be asked for by param.
func (c *column) exact() bool {
	switch c.t.form {
	case asText:
		return !c.t.json && c.t.class != 'e'
	case asBool, asInt, asOID, asFloat8, asNumeric, asBytes, asUUID, asPadded:
		return true
	}
	return false
}

// accepts tells whether a canonical text can be a value of the column at all: what cannot is not asked for, since the server would refuse the statement.
func (c *column) accepts(v pii.Value) bool {
	if v.Null() {
		return false
	}
	s := v.Reveal()
	switch c.t.form {
	case asBool:
		return s == "true" || s == "false"
	case asInt:
		bits := map[uint32]int{20: 64, 21: 16, 23: 32}[c.t.oid]
		n, err := strconv.ParseInt(s, 10, bits)
		return err == nil && strconv.FormatInt(n, 10) == s
	case asOID:
		_, err := strconv.ParseUint(s, 10, 32)
		return err == nil
	case asFloat4, asFloat8:
		f, err := strconv.ParseFloat(s, 64)
		return err == nil && !math.IsInf(f, 0) && numeral.MatchString(s)
	case asNumeric:
		return numeral.MatchString(s) && !strings.ContainsAny(s, "eE")
	case asUUID:
		return uuidish.MatchString(s)
	case asDate:
		return dateish.MatchString(s) || plausible(s)
	case asTimestamp, asTimestamptz:
		return timeish.MatchString(s) || plausible(s)
	case asBytes:
		return true
	}
	return utf8.ValidString(s) && !strings.ContainsRune(s, 0)
}

// plausible lets the last days of months, eras and infinities pass that the patterns leave out: they come from keys that were read.
func plausible(s string) bool {
	return strings.HasSuffix(s, "infinity") || strings.HasSuffix(s, " BC") || len(s) > 9 && s[0] >= '0' && s[0] <= '9' && strings.Count(s, "-") == 2 && realDay(s)
}

// realDay tells whether the day stands in its month.
func realDay(s string) bool {
	parts := strings.SplitN(s, "-", 3)
	y, _ := strconv.Atoi(parts[0])
	m, _ := strconv.Atoi(parts[1])
	day, _, _ := strings.Cut(parts[2], "T")
	d, err := strconv.Atoi(day)
	if err != nil || m < 1 || m > 12 || d < 1 {
		return false
	}
	last := []int{31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31}[m-1]
	if m == 2 && y%4 == 0 && (y%100 != 0 || y%400 == 0) {
		last = 29
	}
	return d <= last
}
