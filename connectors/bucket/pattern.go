package bucket

import (
	"regexp"
	"strings"
)

// versionsMark ends the name of the dataset of old versions of a pattern's objects. No key's own pattern ends so: braces in a key are holes.
const versionsMark = "{versions}"

// ofVersions gives the pattern of a dataset, and whether it is that of old versions.
func ofVersions(dataset string) (pattern string, old bool) {
	return strings.CutSuffix(dataset, versionsMark)
}

// hole stands in a pattern for a part of a key that holds a value.
const hole = "{}"

// isExt tells whether the end of a name, dot included, says what kind of file it is.
var isExt = regexp.MustCompile(`(?i)\.(csv|tsv|ndjson|jsonl|json|log|txt|gz|zst|bz2|zip|xml|html?|md|ya?ml|pdf|docx?|xlsx?|pptx?|png|jpe?g|gif|webp|svg|parquet|avro|orc|eml|vcf|ics|db|sqlite|sql|bak|tmp|mp[34]|wav|bin|dat)$`)

// splitExt cuts the endings of a name off: "a.csv.gz" is "a" and ".csv.gz".
func splitExt(name string) (stem, ext string) {
	stem = name
	for {
		loc := isExt.FindStringIndex(stem)
		if loc == nil || loc[0] == 0 {
			return stem, ext
		}
		stem, ext = stem[:loc[0]], stem[loc[0]:]+ext
	}
}

// generalise gives the pattern of one segment of a key, and the values that stand at its holes. The rule looks at the segment alone, so
// that every key has one pattern: a partition's value, whatever has an at sign, dates, numbers, UUIDs and long hex are holes.
func generalise(segment string, last bool) (pattern string, values []string) {
	stem, ext := segment, ""
	if last {
		stem, ext = splitExt(segment)
	}
	if name, value, ok := strings.Cut(stem, "="); ok && isWord(name) {
		return name + "=" + hole + ext, []string{value}
	}
	if strings.ContainsAny(stem, "@{}") || strings.Contains(stem, "%40") {
		return hole + ext, []string{stem}
	}
	var b strings.Builder
	for i := 0; i < len(stem); {
		n := valueLen(stem, i)
		if n == 0 {
			b.WriteByte(stem[i])
			i++
			continue
		}
		b.WriteString(hole)
		values = append(values, stem[i:i+n])
		i += n
	}
	return b.String() + ext, values
}

func isWord(s string) bool {
	for i := range len(s) {
		if c := s[i]; !(c|0x20 >= 'a' && c|0x20 <= 'z' || c == '_' || c == '-' || c >= '0' && c <= '9' && i > 0) {
			return false
		}
	}
	return s != ""
}

var (
	uuidShape = regexp.MustCompile(`^(?i)[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`)
	timeShape = regexp.MustCompile(`^\d{4}[-_]?(?:[QqHh][1-4]|[Kk]?[Ww]\d{2})|^\d{4}[-_.]\d{2}([-_.]\d{2}([T_-]\d{2}[-_:.]?\d{2}([-_:.]?\d{2})?Z?)?)?`)
	hexShape  = regexp.MustCompile(`^(?i)[0-9a-f]{16,}`)
	shapeMark = regexp.MustCompile(`~[0-9a-f]{6}$`)
	digits    = regexp.MustCompile(`^\d+`)
)

// valueLen gives the length of the value that begins at i; 0 where none does.
func valueLen(s string, i int) int {
	after := i > 0 && isAlnum(s[i-1])
	if !isAlnum(s[i]) || after && !isDigit(s[i]) || after && isDigit(s[i-1]) {
		return 0
	}
	for _, shape := range []*regexp.Regexp{uuidShape, timeShape, hexShape, digits} {
		loc := shape.FindStringIndex(s[i:])
		if loc == nil {
			continue
		}
		end := i + loc[1]
		switch {
		case shape == hexShape && !strings.ContainsAny(s[i:end], "0123456789"):
		case shape == digits && after && loc[1] < 4: // "v2" is a name
		case shape != digits && (after || end < len(s) && isAlnum(s[end])):
		default:
			return loc[1]
		}
	}
	return 0
}

func isAlnum(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' || isDigit(c) }
func isDigit(c byte) bool { return c >= '0' && c <= '9' }

// matcherOf gives what tells whether a key has the pattern, and the values at its holes.
func matcherOf(pattern string) *regexp.Regexp {
	pattern, _ = ofVersions(pattern)
	pattern = shapeMark.ReplaceAllString(pattern, "")
	parts := strings.Split(pattern, hole)
	for i := range parts {
		parts[i] = regexp.QuoteMeta(parts[i])
	}
	return regexp.MustCompile(`^` + strings.Join(parts, `([^/]*?)`) + `$`)
}

// harmless tells values that may be shown: dates, and short numbers as partitions have them.
func harmless(v string) bool {
	return len(v) <= 4 && len(digits.FindString(v)) == len(v) || timeShape.FindString(v) == v
}

// shown gives a key without the values that might be somebody's.
func shown(pattern string, values []string) string {
	for _, v := range values {
		if !harmless(v) {
			v = "\x00"
		}
		pattern = strings.Replace(pattern, hole, v, 1)
	}
	return strings.ReplaceAll(pattern, "\x00", hole)
}
