package sqlite

import (
	"database/sql/driver"
	"fmt"
	"math"
	"strconv"
	"strings"
)

// storage gives the values of every storage class that are written as s; a whole number comes last.
func storage(s string) []driver.Value {
	out := []driver.Value{s, []byte(s)}
	if f, err := strconv.ParseFloat(s, 64); err == nil && formatFloat(f) == s {
		out = append(out, f)
	}
	if n, err := strconv.ParseInt(s, 10, 64); err == nil && strconv.FormatInt(n, 10) == s {
		out = append(out, n)
	}
	return out
}

func appendValue(b []byte, v driver.Value) []byte {
	switch v := v.(type) {
	case string:
		return append(b, v...)
	case []byte:
		return append(b, v...)
	case int64:
		return strconv.AppendInt(b, v, 10)
	case float64:
		return appendFloat(b, v)
	case nil:
		return b
	}
	return fmt.Append(b, v)
}

// appendFloat writes a number in the fewest digits that read back, without an exponent up to 10^21 as JSON does.
func appendFloat(b []byte, f float64) []byte {
	if a := math.Abs(f); a == 0 || a >= 1e-6 && a < 1e21 {
		return strconv.AppendFloat(b, f, 'f', -1, 64)
	}
	return strconv.AppendFloat(b, f, 'g', -1, 64)
}

func formatFloat(f float64) string { return string(appendFloat(nil, f)) }

func class(v driver.Value) byte {
	switch v.(type) {
	case string:
		return 't'
	case []byte:
		return 'b'
	case int64:
		return 'i'
	case float64:
		return 'f'
	}
	return 'n'
}

// names writes columns for SQL.
func names(list []string) string {
	quoted := make([]string, len(list))
	for i, n := range list {
		quoted[i] = quote(n)
	}
	return strings.Join(quoted, ", ")
}
