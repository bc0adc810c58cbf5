package classifiers

import (
	"strings"

	"vestige/pii"
)

// Table proposes what each field of a dataset holds, both passes. values gives the samples of the field of that index, nil for NULL; it may be
// nil itself, and then names and types decide alone.
func (s *Set) Table(d *pii.Dataset, values func(field int, yield func([]byte))) []pii.Proposal {
	var stats []*Stats
	var first []pii.Proposal
	g := s.NewGather(Context{})
	for i, f := range d.Fields {
		g.Reset(Context{Ref: d.Ref.In(f.Name), Field: f, Dataset: d}, nil)
		if values != nil {
			values(i, func(v []byte) { g.Value(v) })
		}
		stats = append(stats, g.Stats())
		first = append(first, s.Weigh(stats[i]))
	}
	return s.Again(first, stats, d)
}

// typeWords are beginnings of the words by which systems call their types.
var typeWords = []struct {
	typ   pii.FieldType
	words string
}{
	{pii.Bool, "bool boolean booleanfield bit( bit check nullboolean nullbooleanfield tinybool checkbox yesno"},
	{pii.Bytes, "blob clob_ bytea varbinary binary image longblob mediumblob tinyblob raw bytes long raw"},
	{pii.JSON, "json jsonb object variant struct map hstore xml"},
	{pii.Time, "timestamp timestamptz timestamp_ntz timestamptz datetime datetime2 datetimeoffset datetimetz date time smalldatetime datefield datetimefield timefield localdate localdatetime offsetdatetime zoneddatetime instant datetimeutc datetime_immutable date_immutable dateonly timestamps"},
	{pii.Float, "float float4 float8 float64 double real decimal numeric bignumeric money number( dec smallmoney decimalfield floatfield bigdecimal currency"},
	{pii.Int, "int bigint smallint tinyint mediumint integer serial bigserial long short byte number int2 int4 int8 int64 int32 year integerfield positiveintegerfield positivesmallintegerfield smallintegerfield bigintegerfield autofield bigautofield increments bigincrements unsignedinteger unsignedbiginteger unsignedtinyinteger unsignedsmallinteger tinyinteger smallinteger biginteger smallserial"},
}

// TypeOf reads a system's own word for a type ("varchar(80)", "bigint unsigned"): text where the word is not known.
func TypeOf(native string) pii.FieldType {
	n := strings.ToLower(strings.TrimSpace(native))
	if strings.HasSuffix(n, "[]") || strings.HasPrefix(n, "interval") {
		return pii.AnyOne
	}
	if strings.HasPrefix(n, "tinyint(1)") {
		return pii.Bool
	}
	for _, t := range typeWords {
		for _, w := range strings.Fields(t.words) {
			if rest, ok := strings.CutPrefix(n, w); ok && (rest == "" || w[len(w)-1] == '(' || rest[0] < 'a' || rest[0] > 'z') {
				return t.typ
			}
		}
	}
	return pii.Text
}
