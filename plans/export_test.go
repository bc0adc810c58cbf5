package plans_test

import (
	"archive/zip"
	"bytes"
	"encoding/csv"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"filippo.io/age"

	"vestige/internal/clock"
	"vestige/internal/errkind"
	"vestige/pii"
	"vestige/plans"
)

func TestExport(t *testing.T) {
	e := newEstate(40, "")
	w := newWorld(t, e.sources()...)
	before := e.content()
	e.desk.Insert("tickets", row(79_000, mailOf(her), "Please write to "+mailOf(9)+" instead, or call +1 202 555 0105. "+
		"My flatmate Peter Miller, DE89 3704 0044 0532 0130 00, pays from 192.0.2.44 with 4111 1111 1111 1111, and Thomas Edison is long dead."))
	id, err := age.GenerateX25519Identity()
	w.must(err)
	s := w.approve(w.plan(plans.Export, mailOf(her)))
	if r := w.run(s.ID); r.Reason != "export" {
		t.Errorf("a run of an export says %s: %s", r.State, r.Reason)
	}
	path := filepath.Join(t.TempDir(), "export.age")
	if _, err := w.engine.Export(t.Context(), s.ID, plans.ExportTo{Path: path, By: "olga"}); errkind.Code(err) != "recipients" {
		t.Errorf("an export for nobody: %v", err)
	}
	info, err := w.engine.Export(t.Context(), s.ID, plans.ExportTo{Path: path, Recipients: []string{id.Recipient().String()}, By: "olga"})
	w.must(err)
	if info.Expires <= clock.Micros() || info.Bytes == 0 {
		t.Errorf("the export is kept as %+v", info)
	}
	raw, err := os.ReadFile(path)
	w.must(err)
	if contains(raw, mailOf(her)) || !bytes.HasPrefix(raw, []byte("age-encryption.org")) {
		t.Error("the file on the disk is not encrypted")
	}
	files := opened(t, raw, id)
	var m plans.Manifest
	w.must(json.Unmarshal(files["manifest.json"], &m))
	records := map[string]int64{}
	for _, d := range m.Datasets {
		records[d.Dataset] = d.Records
		var rows []map[string]any
		w.must(json.Unmarshal(files[d.JSON], &rows))
		table, err := csv.NewReader(bytes.NewReader(files[d.CSV])).ReadAll()
		w.must(err)
		if int64(len(rows)) != d.Records || int64(len(table)) != d.Records+1 {
			t.Errorf("%s has %d records in JSON, %d lines in CSV and %d in the manifest", d.Dataset, len(rows), len(table), d.Records)
		}
	}
	if records["shop/customers"] != 1 || records["shop/orders"] != 3 || records["desk/tickets"] != 2 {
		t.Errorf("the export has %v", records)
	}
	all := string(bytes.Join([][]byte{files[m.Datasets[0].JSON], files[m.Datasets[1].JSON], files[m.Datasets[2].JSON]}, nil))
	for i := range e.people {
		if i != her && strings.Contains(all, mailOf(i)) {
			t.Errorf("the export has the address of person %d", i)
		}
	}
	for _, other := range []string{"Peter", "0532", "192.0.2.44", "4111 1111"} {
		if strings.Contains(all, other) {
			t.Errorf("the export shows %s of another person", other)
		}
	}
	if !strings.Contains(all, "is long dead") {
		t.Error("the export lacks what names nobody")
	}
	if !strings.Contains(all, mailOf(her)) || !strings.Contains(all, "+1 202 555 0105") || !strings.Contains(all, "[another person]") {
		t.Error("the export lacks what is hers, or does not say that something was left out")
	}
	if w.show(s.ID).State != plans.Closed || !strings.HasPrefix(e.content(), before[:100]) {
		t.Errorf("after the export the plan is %s", w.show(s.ID).State)
	}
	destroyed(t, w, s.Request)
}

// opened decrypts an export and gives its files.
func opened(t *testing.T, raw []byte, id age.Identity) map[string][]byte {
	t.Helper()
	r, err := age.Decrypt(bytes.NewReader(raw), id)
	if err != nil {
		t.Fatal(err)
	}
	plain, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	z, err := zip.NewReader(bytes.NewReader(plain), int64(len(plain)))
	if err != nil {
		t.Fatal(err)
	}
	out := map[string][]byte{}
	for _, f := range z.File {
		rc, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		if out[f.Name], err = io.ReadAll(rc); err != nil {
			t.Fatal(err)
		}
	}
	return out
}

// TestExportFirst has an erasure wait until what was asked for with it is written.
func TestExportFirst(t *testing.T) {
	e := newEstate(40, "")
	w := newWorld(t, e.sources()...)
	erase := w.approve(w.plan(plans.Erasure, mailOf(her)))
	export := w.approve(w.plan(plans.Export, mailOf(her)))
	if r := w.run(erase.ID); r.State != plans.Exporting || r.Reason != "export-first" {
		t.Fatalf("the erasure went on to %s: %s", r.State, r.Reason)
	}
	path := filepath.Join(t.TempDir(), "export.age")
	_, err := w.engine.Export(t.Context(), export.ID, plans.ExportTo{Path: path, Passphrase: pii.NewValue("correct horse battery staple"), By: "olga"})
	w.must(err)
	w.run(erase.ID)
	finished(t, e, w, erase.ID)
	w.policy.Windows.Export = 0
	if gone, err := w.engine.Expire(t.Context()); err != nil || len(gone) != 0 {
		t.Errorf("an export whose window is open expires: %v, %v", gone, err)
	}
}

// TestExportExpires removes the file when its window is over.
func TestExportExpires(t *testing.T) {
	e := newEstate(40, "")
	w := newWorld(t, e.sources()...)
	w.policy.Windows.Export = 0
	s := w.approve(w.plan(plans.Export, mailOf(her)))
	path := filepath.Join(t.TempDir(), "export.age")
	_, err := w.engine.Export(t.Context(), s.ID, plans.ExportTo{Path: path, Passphrase: pii.NewValue("correct horse battery staple"), By: "olga"})
	w.must(err)
	gone, err := w.engine.Expire(t.Context())
	w.must(err)
	if _, err := os.Stat(path); len(gone) != 1 || !os.IsNotExist(err) {
		t.Errorf("of the exports that have expired %v are gone, and the file: %v", gone, err)
	}
	if x, err := w.engine.Exported(t.Context(), s.ID); err != nil || x.Gone == 0 {
		t.Errorf("the store does not say that the export is gone: %+v, %v", x, err)
	}
}
