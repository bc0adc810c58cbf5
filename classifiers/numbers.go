package classifiers

import (
	"math"

	"vestige/pii"
)

// numbers sums up whole numbers and times of a column.
type numbers struct {
	ints, times     int64
	min, max, last  int64
	first, final    int64 // days of the earliest and latest time
	falls           bool
	begun, dated    bool
	births, seconds int64
	decades         uint32
}

func (n *numbers) add(v []byte) {
	if day, ok := parseDay(v); ok {
		n.addTime(v, day)
		return
	}
	x, ok := parseInt(v)
	if !ok {
		return
	}
	n.ints++
	if !n.begun {
		n.begun, n.min, n.max = true, x, x
	} else {
		n.falls = n.falls || x < n.last
		n.min, n.max = min(n.min, x), max(n.max, x)
	}
	n.last = x
}

func (n *numbers) addTime(v []byte, d date) {
	at := d.day*86400 + d.clock(v)
	if !n.dated {
		n.dated, n.first, n.final = true, at, at
	} else if n.ints == 0 {
		n.falls = n.falls || at < n.last
	}
	n.times++
	n.last = at
	n.first, n.final = min(n.first, at), max(n.final, at)
	if at%60 != 0 {
		n.seconds++
	}
	if d.year >= 1905 && d.year <= 2014 {
		n.births++
	}
	if k := (d.year - 1900) / 10; k >= 0 && k < 32 && d.year >= 1900 {
		n.decades |= 1 << k
	}
}

// stats gives the figures; numbers are rounded outwards to two digits, so that they tell of no value.
func (n *numbers) stats() pii.Stats {
	return pii.Stats{
		Ints: n.ints, Min: round(n.min, false), Max: round(n.max, true), Monotone: !n.falls && n.ints+n.times > 1,
		Times: n.times, FirstTime: n.first * 1e6, LastTime: n.final * 1e6,
	}
}

func round(x int64, up bool) int64 {
	unit := int64(1)
	for y := x; y >= 100 || y <= -100; y /= 10 {
		unit *= 10
	}
	r := x / unit * unit
	switch {
	case r == x:
	case up && x > 0 && r <= math.MaxInt64-unit:
		r += unit
	case !up && x < 0 && r >= math.MinInt64+unit:
		r -= unit
	}
	return r
}

func parseInt(v []byte) (x int64, ok bool) {
	neg := len(v) > 1 && v[0] == '-'
	if neg {
		v = v[1:]
	}
	if len(v) == 0 || len(v) > 18 {
		return 0, false
	}
	for _, b := range v {
		if !IsDigit(b) {
			return 0, false
		}
		x = x*10 + int64(b-'0')
	}
	if neg {
		x = -x
	}
	return x, true
}

// date is a day that a value begins with.
type date struct {
	year int
	day  int64 // since 1970
	end  int   // bytes read
}

// parseDay reads 2006-01-02, 2006/01/02, 02.01.2006, 02/01/2006 and 20060102-free forms with signs, at the beginning of a value; also 2.1.2006 and 1/2/2006.
func parseDay(v []byte) (date, bool) {
	if len(v) < 8 || !IsDigit(v[0]) {
		return date{}, false
	}
	if short := v[1] == '.' || v[1] == '/' || v[1] == '-'; short || (v[2] == '.' || v[2] == '/' || v[2] == '-') && v[4] == v[2] {
		return shortDay(v)
	}
	if !IsDigit(v[1]) {
		return date{}, false
	}
	if len(v) >= 10 && IsDigit(v[2]) && IsDigit(v[3]) && (v[4] == '-' || v[4] == '/' || v[4] == '.') && v[7] == v[4] {
		return makeDay(number(v[0:4]), number(v[5:7]), number(v[8:10]), 10)
	}
	if len(v) >= 10 && (v[2] == '.' || v[2] == '/' || v[2] == '-') && v[5] == v[2] {
		d, m, y := number(v[0:2]), number(v[3:5]), number(v[6:10])
		if v[2] != '.' && m > 12 {
			d, m = m, d
		}
		return makeDay(y, m, d, 10)
	}
	return date{}, false
}

// shortDay reads a day whose day or month has one digit, the year last.
func shortDay(v []byte) (date, bool) {
	i := 1
	if IsDigit(v[1]) {
		i = 2
	}
	k := i + 2
	if v[k] != v[i] {
		k++
	}
	if k+5 > len(v) || v[k] != v[i] || k+5 < len(v) && IsDigit(v[k+5]) {
		return date{}, false
	}
	d, m, y := number(v[:i]), number(v[i+1:k]), number(v[k+1:k+5])
	if v[i] != '.' && m > 12 {
		d, m = m, d
	}
	return makeDay(y, m, d, k+5)
}

func number(v []byte) int {
	x := 0
	for _, b := range v {
		if !IsDigit(b) {
			return -1
		}
		x = x*10 + int(b-'0')
	}
	return x
}

func makeDay(y, m, d, end int) (date, bool) {
	if y < 1800 || y > 2200 || m < 1 || m > 12 || d < 1 || d > 31 {
		return date{}, false
	}
	yy, mm := y, m // days from civil, after Hinnant
	if mm <= 2 {
		yy--
		mm += 12
	}
	era := yy / 400
	yoe := yy - era*400
	doy := (153*(mm-3)+2)/5 + d - 1
	doe := yoe*365 + yoe/4 - yoe/100 + doy
	return date{y, int64(era*146097 + doe - 719468), end}, true
}

// parseClock tells whether a time of day other than midnight stands behind the day.
func parseClock(v []byte, d date) (int64, bool) {
	s := d.clock(v)
	return s, s != 0
}

// clock gives the seconds since midnight that stand behind the day, 0 where there are none.
func (d date) clock(v []byte) int64 {
	i := d.end
	if len(v) < i+6 || (v[i] != ' ' && v[i] != 'T' && v[i] != 't') || v[i+3] != ':' {
		return 0
	}
	h, m, s := number(v[i+1:i+3]), number(v[i+4:i+6]), 0
	if len(v) >= i+9 && v[i+6] == ':' {
		s = number(v[i+7 : i+9])
	}
	if h < 0 || h > 24 || m < 0 || m > 59 || s < 0 || s > 60 {
		return 0
	}
	return int64(h*3600 + m*60 + s)
}
