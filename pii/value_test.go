package pii_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"vestige/pii"
)

const secret = "zoy@example.com" // of letters that stand in no address of memory

type exported struct{ Mail pii.Value }

type unexported struct {
	mail pii.Value
	next *unexported
}

// carriers gives a value in everything that it travels in.
func carriers() map[string]any {
	v := pii.NewValue(secret)
	b := pii.NewBatch(pii.Ref{Source: "s", Dataset: "d"}, []pii.Field{{Name: "mail", Column: "mail"}})
	b.AppendAt(0, []byte(secret), "prefs."+secret)
	b.EndRecord(pii.Key{v}, pii.Digest{1})
	return map[string]any{
		"value": v, "pointer": &v, "slice": []pii.Value{v}, "array": [1]pii.Value{v}, "map": map[string]pii.Value{"k": v}, "any": []any{v},
		"exported field": exported{v}, "pointer to exported": &exported{v}, "unexported field": unexported{mail: v}, "nested": unexported{next: &unexported{mail: v}},
		"slice of structs": []unexported{{mail: v}}, "key": pii.Key{v}, "term": pii.Term{Values: []pii.Value{v}}, "match": pii.Match{Keys: []pii.Key{{v}}},
		"change": pii.Change{Old: v, New: v}, "target": pii.Target{Key: pii.Key{v}, Changes: []pii.Change{{Old: v}}}, "unit": pii.Unit{Acts: []pii.Act{{Targets: []pii.Target{{Key: pii.Key{v}}}}}},
		"found":   pii.Found{Key: pii.Key{v}, Fields: map[string][]pii.Located{"mail": {{Value: v}}}},
		"subject": pii.Subject{Identifiers: []pii.Identifier{{Category: "contact.email", Value: v}}},
		"receipt": pii.Receipt{Image: v}, "secret": pii.Secret(v), "batch": b, "batch in a struct": struct{ b *pii.Batch }{b}, "column": b.Columns()[0], "columns": b.Columns(),
		"error": fmt.Errorf("row %v: %w", v, errors.New("no")),
	}
}

func TestValueDoesNotLeak(t *testing.T) {
	t.Parallel()
	hexed, quoted := fmt.Sprintf("%x", secret), fmt.Sprintf("%d", []byte(secret))
	for name, c := range carriers() {
		check := func(how, out string) {
			t.Helper()
			if strings.Contains(out, secret[:3]) || strings.Contains(out, hexed) || strings.Contains(strings.ToLower(out), hexed[:8]) || strings.Contains(out, quoted[1:9]) {
				t.Errorf("%s by %s: %s", name, how, out)
			}
		}
		for _, verb := range strings.Fields("%v %+v %#v %s %q %x %X %d %c %U %t %e %o %p %T %10v %-20s %.3s") {
			check(verb, fmt.Sprintf(verb, c))
		}
		check("Sprint", fmt.Sprint(c)+fmt.Sprintln(c))
		out, err := json.Marshal(c)
		check("json", fmt.Sprint(string(out), err))
		var text bytes.Buffer
		for _, h := range []slog.Handler{slog.NewTextHandler(&text, nil), slog.NewJSONHandler(&text, nil)} {
			l := slog.New(h)
			l.Info("x", "value", c)
			l.With("with", c).Info("x", slog.Group("g", "inside", c))
		}
		check("slog", text.String())
	}
}

// Batches in structs of fields that no method is called on are printed by their memory; what a batch holds must not be readable there.
func TestValueSays(t *testing.T) {
	t.Parallel()
	if got := fmt.Sprint(pii.NewValue(secret)); got != "[redacted 15 bytes]" {
		t.Error(got)
	}
	if got := fmt.Sprint(pii.Value{}); got != "[null]" {
		t.Error(got)
	}
	if pii.NewValue("").Null() || !(pii.Value{}).Null() || pii.NewValue("").Equal(pii.Value{}) {
		t.Error("an empty value is not NULL")
	}
	if !pii.NewValue("a").Equal(pii.NewValue("a")) || pii.NewValue("a").Compare(pii.NewValue("b")) >= 0 || (pii.Value{}).Compare(pii.NewValue("")) >= 0 {
		t.Error("values are compared by their strings, NULL first")
	}
}

func keys() *rapid.Generator[pii.Key] {
	return rapid.Custom(func(t *rapid.T) (k pii.Key) {
		for range rapid.IntRange(0, 4).Draw(t, "parts") {
			if rapid.IntRange(0, 4).Draw(t, "null") == 0 {
				k = append(k, pii.Value{})
			} else {
				k = append(k, pii.NewValue(rapid.StringMatching(`[0-9:;-]{0,4}`).Draw(t, "part")))
			}
		}
		return k
	})
}

func TestParseKeyOfNothing(t *testing.T) {
	t.Parallel()
	for _, id := range []string{"-", "3:ab", "-1:a", ":", "x:a", "99999999999999999999:a"} {
		if _, ok := pii.ParseKey(id); ok {
			t.Errorf("%q is taken for a key", id)
		}
	}
}

func TestKeyID(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		a, b := keys().Draw(t, "a"), keys().Draw(t, "b")
		if a.Equal(b) != (a.ID() == b.ID()) {
			t.Fatalf("%q and %q", a.ID(), b.ID())
		}
		if back, ok := pii.ParseKey(a.ID()); !ok || !back.Equal(a) {
			t.Fatalf("%q does not come back", a.ID())
		}
		if x, y := a.Compare(b), b.Compare(a); (x > 0) != (y < 0) || (x == 0) != a.Equal(b) {
			t.Fatal("the order is not one")
		}
	})
}
