package relational_test

import (
	"testing"

	"vestige/connectors/relational"
	"vestige/pii"
)

func TestHiddenBy(t *testing.T) {
	stamp := func(name string) pii.Field {
		return pii.Field{Name: name, Column: name, Type: pii.Time, Native: "timestamp"}
	}
	flag := func(name string, typ pii.FieldType, notNull, dflt bool) pii.Field {
		return pii.Field{Name: name, Column: name, Type: typ, NotNull: notNull, Default: dflt}
	}
	always := stamp("deleted_at")
	always.NotNull = true
	computed := stamp("deleted_at")
	computed.Generated = true
	hour := stamp("deleted_at")
	hour.Native = "time"
	short := pii.Field{Name: "deleted_at", Column: "deleted_at", Type: pii.Text, Length: 10}
	for name, c := range map[string]struct {
		fields []pii.Field
		want   string
	}{
		"a time":                    {[]pii.Field{stamp("id2"), stamp("deletedAt")}, "deletedAt"},
		"another language":          {[]pii.Field{stamp("geloescht_am")}, "geloescht_am"},
		"a time before a flag":      {[]pii.Field{flag("is_deleted", pii.Bool, true, true), stamp("deleted_on")}, "deleted_on"},
		"a flag":                    {[]pii.Field{flag("is_deleted", pii.Bool, true, true)}, "is_deleted"},
		"a flag that is a number":   {[]pii.Field{flag("Deleted", pii.Int, true, true)}, "Deleted"},
		"a flag that has to be set": {[]pii.Field{flag("deleted", pii.Bool, true, false)}, ""},
		"a count":                   {[]pii.Field{flag("deleted_at", pii.Int, false, false)}, ""},
		"a time that is always set": {[]pii.Field{always}, ""},
		"a computed one":            {[]pii.Field{computed}, ""},
		"a time of day":             {[]pii.Field{hour}, ""},
		"a text too short for it":   {[]pii.Field{short}, ""},
		"a time to come":            {[]pii.Field{stamp("delete_at"), stamp("loeschdatum"), stamp("archived_at")}, ""},
		"a part of the key":         {[]pii.Field{stamp("deleted_at")}, "deleted_at"},
	} {
		key := []string{"id"}
		if name == "a part of the key" {
			key, c.want = []string{"id", "deleted_at"}, ""
		}
		got := ""
		if f := relational.HiddenBy(key, c.fields); f != nil {
			got = f.Name
		}
		if got != c.want {
			t.Errorf("%s: hidden by %q, want %q", name, got, c.want)
		}
	}
	if relational.HiddenBy(nil, []pii.Field{stamp("deleted_at")}) != nil {
		t.Error("a table without a key has a field that hides its records")
	}
}
