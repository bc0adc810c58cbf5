package consent_test

import (
	"crypto/sha256"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"vestige/consent"
	"vestige/internal/db"
	"vestige/internal/keys"
	"vestige/pii"
	"vestige/store"
	"vestige/store/storetest"
)

func id(c pii.Category, value, domain string) pii.Identifier {
	return pii.Identifier{Category: c, Value: pii.NewValue(value), Domain: domain}
}

// TestSuppressions remembers an erasure, under a key that is then renewed, on both kinds of store: what was hers is known again, and nothing else is.
func TestSuppressions(t *testing.T) {
	storetest.Each(t, suppressions, keys.Schema(), consent.Schema())
}

func suppressions(t *testing.T, st *store.Store) {
	path := filepath.Join(t.TempDir(), "master")
	if err := os.WriteFile(path, []byte(strings.Repeat("01", 32)), 0o600); err != nil {
		t.Fatal(err)
	}
	m, err := keys.OpenMaster(t.Context(), "file:"+path, "/nowhere")
	if err != nil {
		t.Fatal(err)
	}
	ring := keys.NewRing(m, keys.Table{}, 1)
	s := consent.New(st.DB(), ring)
	mail, number := id("contact.email", "ann@example.com", ""), id("identity.number", "42", "shop/customers.id")
	at := pii.Ref{Source: "shop", Dataset: "customers"}
	gone := consent.Record{Dataset: at, Key: pii.Key{pii.NewValue("42")}, Digest: sha256.Sum256([]byte("as it was"))}
	kept := consent.Record{Dataset: pii.Ref{Source: "shop", Dataset: "invoices"}, Key: pii.Key{pii.NewValue("7")}}
	shell := consent.Record{Dataset: at, Key: pii.Key{pii.NewValue("42")}, Fields: []string{"id"}}
	storetest.Write(t, st, func(tx db.Tx) error {
		err := s.Add(t.Context(), tx, consent.Refusal{Request: "REQ-00000001", Kind: consent.Erasure, At: 1000, People: []consent.Person{{Subject: 3, Known: []pii.Identifier{mail, number}}}, Gone: []consent.Record{gone}, Stays: []consent.Record{kept, shell}})
		if err == nil {
			_, _, err = ring.Renew(t.Context(), tx, keys.Suppression)
		}
		if err == nil {
			err = s.Add(t.Context(), tx, consent.Refusal{Request: "REQ-00000002", Kind: consent.OptOut, At: 2000, People: []consent.Person{{Known: []pii.Identifier{id("contact.email", "out@example.com", "")}}}})
		}
		return err
	})
	asked := []pii.Identifier{mail, number, id("identity.customer_number", "42", "shop/customers.id"), id("identity.number", "42", "crm/people.id"), id("contact.email", "joann@example.com", ""), id("contact.email", "out@example.com", "")}
	yes, err := s.Has(t.Context(), asked)
	if err != nil || !slices.Equal(yes, []bool{true, true, true, false, false, true}) {
		t.Errorf("suppressed: %v, %v", yes, err)
	}
	w, err := s.Watch(t.Context(), 0)
	if err != nil {
		t.Fatal(err)
	}
	if got := w.Hit("contact.email", "", []byte("ann@example.com")); len(got) != 1 || got[0] != (consent.Subject{Request: "REQ-00000001", N: 3, At: 1000}) {
		t.Errorf("her address is that of %+v", got)
	}
	if got := w.Hit("contact.email", "", []byte("out@example.com")); len(got) > 0 {
		t.Errorf("who opted out counts as erased: %+v", got)
	}
	if !w.Asks("contact.email", "") || w.Asks("contact.phone", "") || !w.Asks("identity.number", "shop/customers.id") || w.Asks("identity.number", "crm/people.id") {
		t.Error("other fields are asked than those that can hold something of hers")
	}
	other := gone
	other.Digest = sha256.Sum256([]byte("as it is"))
	for _, c := range []struct {
		r           consent.Record
		erased, all bool
		fields      []string
	}{{gone, true, false, []string{"id"}}, {other, false, false, []string{"id"}}, {kept, false, true, nil}, {consent.Record{Dataset: kept.Dataset, Key: gone.Key}, false, false, nil}} {
		erased, all, fields, err := w.Was(t.Context(), c.r)
		if err != nil || erased != c.erased || all != c.all || !slices.Equal(fields, c.fields) {
			t.Errorf("%s was erased %v, stays %v %v, %v", c.r.Dataset, erased, all, fields, err)
		}
	}
	if w, err = s.Watch(t.Context(), 1001); err != nil || !w.Empty() {
		t.Errorf("an erasure from before counts: %v", err)
	}
	storetest.Write(t, st, func(tx db.Tx) error {
		n, err := s.Lift(t.Context(), tx, []pii.Identifier{mail})
		if n != 1 {
			t.Errorf("%d fingerprints were lifted", n)
		}
		return err
	})
	if yes, err = s.Has(t.Context(), asked[:2]); err != nil || !slices.Equal(yes, []bool{false, true}) {
		t.Errorf("after lifting: %v, %v", yes, err)
	}
}
