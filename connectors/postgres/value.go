package postgres

import (
	"encoding/binary"
	"encoding/hex"
	"math"
	"net/netip"
	"strconv"
	"time"

	"vestige/internal/errkind"
)

// form says how a value's binary form becomes text.
type form uint8

const (
	asCast form = iota // the server makes it text
	asText
	asBool
	asInt
	asOID
	asFloat4
	asFloat8
	asNumeric
	asBytes
	asUUID
	asDate
	asTimestamp
	asTimestamptz
	asJSONB
	asInet
	asPadded
)

// builtin are PostgreSQL's own types that are decoded here, by oid.
var builtin = map[uint32]form{
	16: asBool, 17: asBytes, 18: asText, 19: asText, 20: asInt, 21: asInt, 23: asInt, 25: asText, 26: asOID, 114: asText, 700: asFloat4, 701: asFloat8,
	869: asInet, 650: asInet, 1042: asPadded, 1043: asText, 1082: asDate, 1114: asTimestamp, 1184: asTimestamptz, 1700: asNumeric, 2950: asUUID, 3802: asJSONB,
}

// appendValue writes a value's canonical text: numbers as JSON does without an exponent up to 10^21, times in RFC 3339, in UTC with a Z where they are moments.
func appendValue(dst []byte, f form, v []byte) ([]byte, error) {
	switch n := len(v); {
	case f == asCast || f == asText || f == asBytes:
		return append(dst, v...), nil
	case f == asPadded:
		for n > 0 && v[n-1] == ' ' {
			n--
		}
		return append(dst, v[:n]...), nil
	case f == asBool && n == 1:
		return strconv.AppendBool(dst, v[0] != 0), nil
	case f == asInt && n == 8:
		return strconv.AppendInt(dst, int64(binary.BigEndian.Uint64(v)), 10), nil
	case f == asInt && n == 4:
		return strconv.AppendInt(dst, int64(int32(binary.BigEndian.Uint32(v))), 10), nil
	case f == asInt && n == 2:
		return strconv.AppendInt(dst, int64(int16(binary.BigEndian.Uint16(v))), 10), nil
	case f == asOID && n == 4:
		return strconv.AppendUint(dst, uint64(binary.BigEndian.Uint32(v)), 10), nil
	case f == asFloat4 && n == 4:
		return appendFloat(dst, float64(math.Float32frombits(binary.BigEndian.Uint32(v))), 32), nil
	case f == asFloat8 && n == 8:
		return appendFloat(dst, math.Float64frombits(binary.BigEndian.Uint64(v)), 64), nil
	case f == asUUID && n == 16:
		return appendUUID(dst, v), nil
	case f == asDate && n == 4:
		return appendDate(dst, int32(binary.BigEndian.Uint32(v))), nil
	case f == asTimestamp && n == 8:
		return appendTime(dst, int64(binary.BigEndian.Uint64(v)), ""), nil
	case f == asTimestamptz && n == 8:
		return appendTime(dst, int64(binary.BigEndian.Uint64(v)), "Z"), nil
	case f == asJSONB && n > 1 && v[0] == 1:
		return append(dst, v[1:]...), nil
	case f == asNumeric && n >= 8:
		return appendNumeric(dst, v)
	case f == asInet && n >= 8:
		return appendInet(dst, v)
	}
	return dst, garbled()
}

func garbled() error {
	return errkind.Coded(errkind.Transient, "garbled", "a value has another form than its type, as when a table changes while it is read")
}

// appendFloat writes a number in the fewest digits that read back.
func appendFloat(b []byte, f float64, bits int) []byte {
	if n := int64(f); float64(n) == f && n != 0 && n < 1<<53 && n > -1<<53 {
		return strconv.AppendInt(b, n, 10)
	}
	switch a := math.Abs(f); {
	case math.IsNaN(f):
		return append(b, "NaN"...)
	case math.IsInf(f, 1):
		return append(b, "Infinity"...)
	case math.IsInf(f, -1):
		return append(b, "-Infinity"...)
	case a == 0 || a >= 1e-6 && a < 1e21:
		return strconv.AppendFloat(b, f, 'f', -1, bits)
	}
	return strconv.AppendFloat(b, f, 'g', -1, bits)
}

func appendUUID(dst, v []byte) []byte {
	for i, part := range [][2]int{{0, 4}, {4, 6}, {6, 8}, {8, 10}, {10, 16}} {
		if i > 0 {
			dst = append(dst, '-')
		}
		dst = hex.AppendEncode(dst, v[part[0]:part[1]])
	}
	return dst
}

// epoch is where PostgreSQL counts from, in seconds since 1970.
const epoch = 946684800

func appendDate(dst []byte, days int32) []byte {
	switch days {
	case math.MaxInt32:
		return append(dst, "infinity"...)
	case math.MinInt32:
		return append(dst, "-infinity"...)
	}
	y, m, d := civil(int64(days) + epoch/86400)
	return appendEra(appendYMD(dst, y, m, d), y)
}

// appendTime writes microseconds since 2000 with as many digits as needed.
func appendTime(dst []byte, micros int64, zone string) []byte {
	switch micros {
	case math.MaxInt64:
		return append(dst, "infinity"...)
	case math.MinInt64:
		return append(dst, "-infinity"...)
	}
	seconds, rest := micros/1e6, micros%1e6
	if rest < 0 {
		seconds, rest = seconds-1, rest+1e6
	}
	seconds += epoch
	days, of := seconds/86400, seconds%86400
	if of < 0 {
		days, of = days-1, of+86400
	}
	y, m, d := civil(days)
	dst = append(appendYMD(dst, y, m, d), 'T')
	dst = append(appendTwo(dst, int(of/3600)), ':')
	dst = append(appendTwo(dst, int(of/60%60)), ':')
	dst = appendTwo(dst, int(of%60))
	if rest > 0 {
		dst = append(dst, '.')
		for unit := int64(100000); rest > 0; unit /= 10 {
			dst = append(dst, byte('0'+rest/unit))
			rest %= unit
		}
	}
	return appendEra(append(dst, zone...), y)
}

// civil gives the date of a day since 1970 in the Gregorian calendar.
func civil(days int64) (year, month, day int) {
	t := time.Unix(days*86400, 0).UTC()
	return t.Year(), int(t.Month()), t.Day()
}

func appendYMD(dst []byte, y, m, d int) []byte {
	if y <= 0 {
		y = 1 - y
	}
	for limit := 1000; limit > 1 && y < limit; limit /= 10 {
		dst = append(dst, '0')
	}
	dst = append(strconv.AppendInt(dst, int64(y), 10), '-')
	dst = append(appendTwo(dst, m), '-')
	return appendTwo(dst, d)
}

func appendEra(dst []byte, y int) []byte {
	if y <= 0 {
		return append(dst, " BC"...)
	}
	return dst
}

func appendTwo(dst []byte, n int) []byte { return append(dst, byte('0'+n/10), byte('0'+n%10)) }

// appendNumeric writes digits of base 10,000 with all decimal places that the value has.
func appendNumeric(dst, v []byte) ([]byte, error) {
	at := func(i int) int { return int(int16(binary.BigEndian.Uint16(v[2*i:]))) }
	digits, weight, scale := at(0), at(1), at(3)
	switch sign := binary.BigEndian.Uint16(v[4:]); sign {
	case 0xC000:
		return append(dst, "NaN"...), nil
	case 0xD000:
		return append(dst, "Infinity"...), nil
	case 0xF000:
		return append(dst, "-Infinity"...), nil
	case 0x4000:
		dst = append(dst, '-')
	}
	if digits < 0 || len(v) != 8+2*digits {
		return dst, garbled()
	}
	group := func(i int) int {
		if i < 0 || i >= digits {
			return 0
		}
		return at(4 + i)
	}
	if weight < 0 {
		dst = append(dst, '0')
	}
	for i := 0; i <= weight; i++ {
		if i == 0 {
			dst = strconv.AppendInt(dst, int64(group(0)), 10)
			continue
		}
		dst = appendFour(dst, group(i), 4)
	}
	if scale <= 0 {
		return dst, nil
	}
	dst = append(dst, '.')
	for i := weight + 1; scale > 0; i, scale = i+1, scale-4 {
		dst = appendFour(dst, group(i), min(4, scale))
	}
	return dst, nil
}

// appendFour writes the first n of four decimal digits.
func appendFour(dst []byte, v, n int) []byte {
	for unit := 1000; n > 0; unit, n = unit/10, n-1 {
		dst = append(dst, byte('0'+v/unit%10))
	}
	return dst
}

// appendInet writes an address, with its mask where that is not a whole host's or the type is cidr.
func appendInet(dst, v []byte) ([]byte, error) {
	size := int(v[3])
	if len(v) != 4+size || size != 4 && size != 16 {
		return dst, garbled()
	}
	addr, _ := netip.AddrFromSlice(v[4:])
	dst = addr.AppendTo(dst)
	if v[2] != 0 || int(v[1]) != 8*size {
		dst = strconv.AppendInt(append(dst, '/'), int64(v[1]), 10)
	}
	return dst, nil
}
