package doc_test

import (
	"testing"

	"vestige/internal/doc"
	"vestige/pii"
)

// TestMake makes documents of fields, and leaves out what has no place.
func TestMake(t *testing.T) {
	fields := []pii.Field{{Name: "mail", Path: "mail"}, {Name: "user.contact[].mail", Path: "user.contact[].mail"}, {Name: "user.contact[].kind", Path: "user.contact[].kind"},
		{Name: "age", Path: "age", Type: pii.Int}, {Name: "prefs.{}.lang", Path: "prefs.{}.lang"}, {Name: "tags[]", Path: "tags[]"}, {Name: "mail.domain", Path: "mail.domain"},
		{Name: `a\.b`, Path: `a\.b`, Type: pii.Bool}, {Name: "n[].m[]", Path: "n[].m[]"}, {Name: "absent", Path: "absent"}, {Name: "column"}}
	values := map[string]pii.Value{}
	for _, f := range fields {
		values[f.Name] = pii.NewValue("x\"y")
	}
	values["age"], values[`a\.b`] = pii.NewValue("42"), pii.NewValue("true")
	delete(values, "absent")
	got, err := doc.Make(fields, values)
	want := `{"a.b":true,"age":42,"mail":"x\"y","n":[{"m":["x\"y"]}],"tags":["x\"y"],"user":{"contact":[{"kind":"x\"y","mail":"x\"y"}]}}`
	if err != nil || string(got) != want {
		t.Errorf("%s %v, want %s", got, err, want)
	}
	if _, err := doc.Make(fields, nil); err == nil {
		t.Error("a document of nothing is made")
	}
	list, err := doc.Make([]pii.Field{{Name: "[].mail", Path: "[].mail"}}, map[string]pii.Value{"[].mail": pii.NewValue("a")})
	if err != nil || string(list) != `[{"mail":"a"}]` {
		t.Errorf("%s %v", list, err)
	}
}
