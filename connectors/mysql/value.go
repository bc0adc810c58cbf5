package mysql

import (
	"database/sql/driver"
	"encoding/hex"
	"math"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"vestige/pii"
)

// sort says how a column's values are read, written and compared.
type sort byte

const (
	textSort sort = iota
	bytesSort
	intSort
	unsignedSort
	boolSort // TINYINT(1), as which BOOLEAN is kept
	bitSort
	yearSort
	floatSort
	doubleSort
	decimalSort
	dateSort
	momentSort // DATETIME and TIMESTAMP
	timeSort
	jsonSort
	spaceSort // spatial ones
	enumSort  // ENUM and SET, which order by number and compare by name
)

// sortOf reads a column's type as the server writes it.
func sortOf(native string) sort {
	low := strings.ToLower(native)
	word := low
	if i := strings.IndexAny(low, "( "); i >= 0 {
		word = low[:i]
	}
	switch word {
	case "tinyint":
		if strings.HasPrefix(low, "tinyint(1)") && !strings.Contains(low, "unsigned") {
			return boolSort
		}
		fallthrough
	case "smallint", "mediumint", "int", "bigint":
		if strings.Contains(low, "unsigned") {
			return unsignedSort
		}
		return intSort
	case "binary", "varbinary", "blob", "tinyblob", "mediumblob", "longblob", "vector":
		return bytesSort
	case "geometry", "point", "linestring", "polygon", "multipoint", "multilinestring", "multipolygon", "geometrycollection", "geomcollection":
		return spaceSort
	case "enum", "set":
		return enumSort
	}
	return map[string]sort{"bit": bitSort, "year": yearSort, "float": floatSort, "double": doubleSort, "real": doubleSort, "decimal": decimalSort, "numeric": decimalSort,
		"date": dateSort, "datetime": momentSort, "timestamp": momentSort, "time": timeSort, "json": jsonSort}[word]
}

// fieldType gives the type of fields for a sort.
func (s sort) fieldType() pii.FieldType {
	switch s {
	case bytesSort:
		return pii.Bytes
	case intSort, unsignedSort, bitSort, yearSort:
		return pii.Int
	case boolSort:
		return pii.Bool
	case floatSort, doubleSort, decimalSort:
		return pii.Float
	case dateSort, momentSort, timeSort:
		return pii.Time
	case jsonSort:
		return pii.JSON
	}
	return pii.Text
}

// expr reads a column such that nothing of its value is lost on the way: FLOAT is written in six digits, and spatial values have no text of their own.
func (c *column) expr() string {
	switch c.sort {
	case floatSort:
		return "CAST(" + quote(c.name) + " AS DOUBLE)"
	case spaceSort:
		return "ST_AsText(" + quote(c.name) + ")"
	}
	return quote(c.name)
}

// append writes a value in canonical form.
func (s sort) append(b []byte, v driver.Value) []byte {
	switch v := v.(type) {
	case exact:
		return append(b, v...)
	case []byte:
		return s.appendBytes(b, v)
	case string:
		return s.appendBytes(b, []byte(v))
	case int64:
		switch {
		case s == boolSort && v == 0:
			return append(b, "false"...)
		case s == boolSort && v == 1:
			return append(b, "true"...)
		case s == yearSort && v < 1000:
			return append(b, strconv.FormatInt(10000+v, 10)[1:]...)
		}
		return strconv.AppendInt(b, v, 10)
	case uint64:
		return strconv.AppendUint(b, v, 10)
	case float32:
		return appendFloat(b, float64(v), 32)
	case float64:
		if s == floatSort {
			return appendFloat(b, v, 32)
		}
		return appendFloat(b, v, 64)
	}
	return b
}

func (s sort) appendBytes(b, v []byte) []byte {
	switch {
	case s == bitSort:
		n := uint64(0)
		for _, c := range v {
			n = n<<8 | uint64(c)
		}
		return strconv.AppendUint(b, n, 10)
	case s == momentSort && len(v) >= 19:
		b = append(append(append(b, v[:10]...), 'T'), v[11:19]...)
		if part := strings.TrimRight(string(v[19:]), "0"); len(part) > 1 {
			b = append(b, part...)
		}
		return append(b, 'Z')
	}
	return append(b, v...)
}

// appendFloat writes a number in the fewest digits that read back, without an exponent up to 10^21 as JSON does.
func appendFloat(b []byte, f float64, bits int) []byte {
	if a := math.Abs(f); a == 0 || a >= 1e-6 && a < 1e21 {
		return strconv.AppendFloat(b, f, 'f', -1, bits)
	}
	return strconv.AppendFloat(b, f, 'g', -1, bits)
}

var (
	isDate    = regexp.MustCompile(`^\d{4}-\d\d-\d\d$`)
	isMoment  = regexp.MustCompile(`^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d(\.\d{1,6})?)Z?$`)
	isTime    = regexp.MustCompile(`^-?\d{1,3}:\d\d:\d\d(\.\d{1,6})?$`)
	isDecimal = regexp.MustCompile(`^-?\d{1,65}(\.\d{1,38})?$`)
)

// literal writes a canonical text as SQL, to be compared with the column or put into it; ok is false where the column cannot hold it.
func (c *column) literal(s string) (string, bool) {
	switch c.sort {
	case boolSort:
		switch s {
		case "true":
			return "1", true
		case "false":
			return "0", true
		}
		fallthrough
	case intSort:
		n, err := strconv.ParseInt(s, 10, 64)
		return strconv.FormatInt(n, 10), err == nil && strconv.FormatInt(n, 10) == s
	case unsignedSort, bitSort:
		n, err := strconv.ParseUint(s, 10, 64)
		return strconv.FormatUint(n, 10), err == nil && strconv.FormatUint(n, 10) == s
	case yearSort:
		n, err := strconv.ParseUint(s, 10, 16)
		return strconv.FormatUint(n, 10), err == nil && len(s) == 4
	case floatSort:
		f, err := strconv.ParseFloat(s, 32)
		return strconv.FormatFloat(f, 'e', -1, 64), err == nil && !math.IsInf(f, 0) && !math.IsNaN(f)
	case doubleSort:
		f, err := strconv.ParseFloat(s, 64)
		return strconv.FormatFloat(f, 'e', -1, 64), err == nil && !math.IsInf(f, 0) && !math.IsNaN(f)
	case decimalSort:
		return s, isDecimal.MatchString(s)
	case dateSort:
		return text(s), isDate.MatchString(s)
	case momentSort:
		m := isMoment.FindStringSubmatch(s)
		if m == nil {
			return "", false
		}
		return text(m[1] + " " + m[2]), true
	case timeSort:
		return text(s), isTime.MatchString(s)
	case bytesSort:
		return "x'" + hex.EncodeToString([]byte(s)) + "'", true
	case spaceSort:
		return "ST_GeomFromText(" + text(s) + ")", utf8.ValidString(s)
	}
	return text(s), utf8.ValidString(s)
}

// escapes are what stands for itself in no string of SQL; the session's sql_mode leaves the backslash its meaning.
var escapes = strings.NewReplacer("\\", "\\\\", "'", "\\'", "\"", "\\\"", "\x00", "\\0", "\n", "\\n", "\r", "\\r", "\x1a", "\\Z")

// text writes a string as SQL.
func text(s string) string { return "'" + escapes.Replace(s) + "'" }

// null and the others tell the stored classes apart in a digest.
func class(v driver.Value) byte {
	if v == nil {
		return 'n'
	}
	return 'v'
}
