package masking

import (
	"bytes"
	"regexp"
	"strconv"
	"time"
)

// day is how a date may begin in a value or stand in a text.
var days = []struct {
	re      *regexp.Regexp
	y, m, d int // groups
}{
	{regexp.MustCompile(`^(\d{4})([-/.])(\d{1,2})([-/.])(\d{1,2})`), 1, 3, 5},
	{regexp.MustCompile(`^(\d{1,2})(\.)(\d{1,2})(\.)(\d{4})`), 5, 3, 1},
	{regexp.MustCompile(`^(\d{1,2})([/-])(\d{1,2})([/-])(\d{4})`), 5, 0, 0}, // day or month first: told by which is above 12
	{regexp.MustCompile(`^(\d{4})()(\d{2})()(\d{2})(?:T|$)`), 1, 3, 5},
	{regexp.MustCompile(`^(\d{2})([/])([A-Z][a-z]{2})([/])(\d{4})`), 5, 3, 1},
}

// monthOnly is a month of a year.
var monthOnly = regexp.MustCompile(`^((?:19|20)\d\d)-(\d\d)$`)

var months = []string{"", "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"}

// moved moves the date with which a value begins, or a moment written as seconds or milliseconds since 1970; what stands behind it stays. ok is false where there is none.
func moved(v []byte, by int) (out []byte, ok bool) {
	lead := len(v) - len(bytes.TrimLeft(v, " "))
	out, n := movedAt(v[lead:], by)
	if n > 0 {
		return append(append(bytes.Clone(v[:lead]), out...), v[lead+n:]...), true
	}
	if g := monthOnly.FindSubmatch(v); g != nil && number(g[2]) > 0 && number(g[2]) < 13 {
		t := time.Date(number(g[1]), time.Month(number(g[2])), 15, 0, 0, 0, 0, time.UTC).AddDate(0, 0, by)
		return append(append(pad(t.Year(), 4), '-'), pad(int(t.Month()), 2)...), true
	}
	if f, err := strconv.ParseInt(string(v), 10, 64); err == nil {
		for unit := int64(1); unit <= 1e9; unit *= 1000 {
			if s := f / unit; s > 1e8 && s < 4e9 && (unit > 1 || len(v) <= 10) {
				return strconv.AppendInt(nil, f+int64(by)*86400*unit, 10), true
			}
		}
	}
	return v, false
}

// movedAt moves the date that a text begins with, and gives how many bytes it had; 0 where there is none.
func movedAt(v []byte, by int) ([]byte, int) {
	if len(v) < 8 || v[0] < '0' || v[0] > '9' {
		return nil, 0
	}
	for _, f := range days {
		g := f.re.FindSubmatch(v)
		if g == nil {
			continue
		}
		yi, mi, di := f.y, f.m, f.d
		if mi == 0 {
			di, mi = 3, 1
			if number(g[1]) > 12 {
				di, mi = 1, 3
			}
		}
		y, mo, d := number(g[yi]), number(g[mi]), number(g[di])
		for i, name := range months {
			if i > 0 && name == string(g[mi]) {
				mo = i
			}
		}
		t := time.Date(y, time.Month(mo), d, 0, 0, 0, 0, time.UTC)
		if y < 1800 || y > 2200 || t.Day() != d || int(t.Month()) != mo {
			continue
		}
		t = t.AddDate(0, 0, by)
		parts := [6][]byte{1: g[1], 3: g[3], 5: g[5]}
		parts[yi], parts[di] = pad(t.Year(), 4), pad(t.Day(), len(g[di]))
		if len(g[mi]) == 3 {
			parts[mi] = []byte(months[t.Month()])
		} else {
			parts[mi] = pad(int(t.Month()), len(g[mi]))
		}
		out := bytes.Join([][]byte{parts[1], g[2], parts[3], g[4], parts[5]}, nil)
		return out, len(g[1]) + len(g[2]) + len(g[3]) + len(g[4]) + len(g[5])
	}
	return nil, 0
}

func number(b []byte) int {
	n, err := strconv.Atoi(string(b))
	if err != nil {
		return 0
	}
	return n
}

func pad(n, to int) []byte {
	out := strconv.AppendInt(nil, int64(n), 10)
	for len(out) < to {
		out = append([]byte{'0'}, out...)
	}
	return out
}
