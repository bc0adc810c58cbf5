package mysql

import (
	"context"
	"database/sql/driver"
	"math"
	"math/big"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"vestige/connectors/relational"
	"vestige/internal/errkind"
)

var (
	_ relational.Speller  = (*system)(nil)
	_ relational.Streamer = (*system)(nil)
	_ relational.Writer   = (*system)(nil)
)

// Spell gives what a column makes of a text: decimals and fractions of a second rounded as the column is declared, names of an ENUM as that spells them,
// a SET in its own order, short bytes filled up. Documents and shapes are spelt by the server.
func (s *system) Spell(ctx context.Context, rc *relational.Column, v relational.Value) (relational.Value, error) {
	if v == nil {
		return nil, nil
	}
	c, text := rc.Own.(*column), string(v.(exact))
	var out string
	ok := true
	switch c.sort {
	case boolSort, intSort, unsignedSort, bitSort, floatSort, doubleSort:
		out, ok = c.spellNumber(text)
	case decimalSort:
		out, ok = spellDecimal(text, c.declared(1))
	case momentSort:
		out, ok = spellMoment(text, c.declared(0))
	case timeSort:
		out, ok = spellTime(text, c.declared(0))
	case enumSort:
		out, ok = c.spellNames(text)
	case bytesSort:
		out = text
		if n := c.declared(0); strings.HasPrefix(strings.ToLower(c.native), "binary") && len(text) < n {
			out = text + strings.Repeat("\x00", n-len(text))
		}
	case jsonSort, spaceSort:
		return s.spelt(ctx, c, text)
	default:
		out = text
		if strings.HasPrefix(strings.ToLower(c.native), "char") {
			out = strings.TrimRight(text, " ")
		}
	}
	if !ok {
		return nil, unfit(c)
	}
	return exact(out), nil
}

func unfit(c *column) error {
	return errkind.Coded(errkind.Conflict, "type", "a value does not fit the type of the column %s", c.name)
}

// spelt asks the server to write a document or a shape.
func (s *system) spelt(ctx context.Context, c *column, text string) (relational.Value, error) {
	lit, ok := c.literal(text)
	switch {
	case !ok:
		return nil, unfit(c)
	case c.sort == spaceSort:
		lit = "ST_AsText(" + lit + ")"
	case s.c.mariadb || !strings.EqualFold(c.native, "json"):
		return exact(text), nil // kept as a text
	default:
		lit = "CAST(" + lit + " AS JSON)"
	}
	got, err := s.c.all(ctx, "SELECT "+lit)
	switch k := errkind.Of(err); {
	case err != nil && (k == errkind.Canceled || k == errkind.Transient):
		return nil, err
	case err != nil || len(got) != 1 || got[0][0] == nil:
		return nil, unfit(c)
	}
	return exact(asText(got[0][0])), nil
}

// declared gives the number at a place in the brackets of the type, 0 where there is none.
func (c *column) declared(place int) int {
	_, rest, _ := strings.Cut(c.native, "(")
	inside, _, _ := strings.Cut(rest, ")")
	parts := strings.Split(inside, ",")
	if place >= len(parts) {
		return 0
	}
	n, _ := strconv.Atoi(strings.TrimSpace(parts[place]))
	return n
}

// spellNumber writes a number as Read does.
func (c *column) spellNumber(text string) (string, bool) {
	lit, ok := c.literal(text)
	if !ok {
		return "", false
	}
	var v driver.Value
	var err error
	switch c.sort {
	case floatSort, doubleSort:
		v, err = strconv.ParseFloat(lit, map[sort]int{floatSort: 32, doubleSort: 64}[c.sort])
	case unsignedSort, bitSort:
		return lit, true
	default:
		v, err = strconv.ParseInt(lit, 10, 64)
	}
	return string(c.sort.append(nil, v)), err == nil
}

// spellDecimal rounds half away from nought, as the servers do with decimals.
func spellDecimal(text string, places int) (string, bool) {
	r, ok := new(big.Rat).SetString(text)
	if !ok || !isDecimal.MatchString(text) {
		return "", false
	}
	out := r.FloatString(places)
	if strings.Trim(out, "-0.") == "" {
		out = strings.TrimPrefix(out, "-")
	}
	return out, true
}

// spellMoment rounds to the digits that the column has of a second.
func spellMoment(text string, digits int) (string, bool) {
	m := isMoment.FindStringSubmatch(text)
	if m == nil {
		return "", false
	}
	at, err := time.Parse("2006-01-02 15:04:05.999999", m[1]+" "+m[2])
	if err != nil { // a date that is not whole, or none: it has no fraction to be rounded
		return string(momentSort.append(nil, m[1]+" "+m[2])), len(m[3]) == 0
	}
	at = at.Add(half(digits)).Truncate(2 * half(digits))
	return string(momentSort.append(nil, at.Format("2006-01-02 15:04:05.000000"))), true
}

// half is half of the least part of a second that so many digits tell apart.
func half(digits int) time.Duration {
	return time.Second / time.Duration(math.Pow10(min(digits, 6))) / 2
}

var clockTime = regexp.MustCompile(`^(-?)(\d{1,3}):(\d\d):(\d\d)(\.\d{1,6})?$`)

// spellTime rounds, and writes two digits of the hour at least.
func spellTime(text string, digits int) (string, bool) {
	m := clockTime.FindStringSubmatch(text)
	if m == nil {
		return "", false
	}
	h, _ := strconv.Atoi(m[2])
	min, _ := strconv.Atoi(m[3])
	sec, _ := strconv.Atoi(m[4])
	frac, _ := strconv.ParseFloat("0"+m[5]+"0", 64)
	if min > 59 || sec > 59 {
		return "", false
	}
	t := time.Duration(h)*time.Hour + time.Duration(min)*time.Minute + time.Duration(sec)*time.Second + time.Duration(math.Round(frac*1e6))*time.Microsecond
	t = (t + half(digits)).Truncate(2 * half(digits))
	out := m[1] + pad(int64(t/time.Hour), 2) + ":" + pad(int64(t/time.Minute%60), 2) + ":" + pad(int64(t/time.Second%60), 2)
	if digits > 0 {
		out += "." + pad(int64(t%time.Second/time.Microsecond), 6)[:digits]
	}
	return out, true
}

func pad(n int64, width int) string {
	s := strconv.FormatInt(n, 10)
	return strings.Repeat("0", max(0, width-len(s))) + s
}

// spellNames writes a member of an ENUM, or a SET of them, as the type does.
func (c *column) spellNames(text string) (string, bool) {
	names := c.names()
	if !strings.HasPrefix(strings.ToLower(c.native), "set") {
		i := slices.IndexFunc(names, func(n string) bool { return strings.EqualFold(n, strings.TrimRight(text, " ")) })
		return text, i < 0 || names[i] == text // what a collation takes for a name is left to the server
	}
	if text == "" {
		return "", true
	}
	want := strings.Split(text, ",")
	var out []string
	for _, n := range names {
		if slices.Contains(want, n) {
			out = append(out, n)
		}
	}
	return strings.Join(out, ","), !slices.ContainsFunc(want, func(w string) bool { return !slices.Contains(names, w) })
}

// names gives the members of an ENUM or a SET, as its type lists them.
func (c *column) names() (out []string) {
	_, rest, _ := strings.Cut(c.native, "(")
	for len(rest) > 0 && rest[0] == '\'' {
		end := 1
		for end < len(rest) && (rest[end] != '\'' || end+1 < len(rest) && rest[end+1] == '\'') {
			if rest[end] == '\'' {
				end++
			}
			end++
		}
		out = append(out, strings.ReplaceAll(rest[1:min(end, len(rest))], "''", "'"))
		rest = strings.TrimPrefix(rest[min(end+1, len(rest)):], ",")
	}
	return out
}

// Stream is Where for rows of which only some columns are kept.
func (s *system) Stream(ctx context.Context, t *relational.Table, columns []string, tuples [][]relational.Value, only []string, see func(relational.Row) error) error {
	r := readerOf(t)
	keep := map[int]bool{}
	for _, name := range only {
		keep[t.Place(name)] = true
	}
	for part := range slices.Chunk(r.l.among(columns, tuples), keysPerQuery) {
		if err := s.streamed(ctx, r, columns, part, keep, see); err != nil {
			return err
		}
	}
	return nil
}

func (s *system) streamed(ctx context.Context, r *reader, columns, lists []string, keep map[int]bool, see func(relational.Row) error) error {
	rs, err := s.c.query(ctx, r.selects+" WHERE ("+r.l.exprs(columns)+") IN ("+strings.Join(lists, ", ")+")"+s.lock)
	if err != nil {
		return err
	}
	defer rs.close()
	for {
		ok, err := rs.next()
		if !ok || err != nil {
			return err
		}
		row := relational.Row{Values: make([]relational.Value, len(rs.values)), Digest: r.digest(rs.values), ID: r.keyOf(rs.values).ID()}
		for i, v := range rs.values {
			if v != nil && keep[i] {
				row.Values[i] = exact(r.bytes(i, v))
			}
		}
		if err := see(row); err != nil {
			return err
		}
	}
}

// Writes tells which tables of the servers a trigger's text names.
func (s *system) Writes(ctx context.Context, t *relational.Table) (map[string][]string, error) {
	l := readerOf(t).l
	out := map[string][]string{}
	got, err := s.c.all(ctx, "SELECT trigger_name, action_statement FROM information_schema.triggers WHERE event_object_schema="+text(l.schema)+" AND "+s.c.is("event_object_table", l.table))
	if err != nil || len(got) == 0 {
		return out, err
	}
	tables, err := s.c.all(ctx, "SELECT table_name FROM information_schema.tables WHERE table_type<>'VIEW' AND table_schema="+text(l.schema)+" ORDER BY table_name")
	for _, r := range got {
		for _, table := range tables {
			if name := asText(table[0]); name != l.table && mentions(asText(r[1]), name) {
				out[asText(r[0])] = append(out[asText(r[0])], s.c.d.display(place{l.schema, name}))
			}
		}
	}
	return out, err
}
