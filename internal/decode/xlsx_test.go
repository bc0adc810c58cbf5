package decode_test

import (
	"bytes"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"

	"vestige/internal/decode"
)

// workbookOf gives a workbook of two sheets.
func workbookOf(t testing.TB) []byte {
	t.Helper()
	f := excelize.NewFile()
	defer func() { _ = f.Close() }()
	if _, err := f.NewSheet("More"); err != nil {
		t.Fatal(err)
	}
	for sheet, rows := range map[string][][]any{
		"Sheet1": {{"id", "mail", "note"}, {1, "ann@example.com", "x"}, {}, {2, "bob@example.com"}},
		"More":   {{1, "eve@example.com"}, {2, "x", "y"}},
	} {
		for i, row := range rows {
			cell, err := excelize.CoordinatesToCellName(1, i+1)
			if err == nil {
				err = f.SetSheetRow(sheet, cell, &row)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	var b bytes.Buffer
	if err := f.Write(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestWorkbook(t *testing.T) {
	got, _, s := readAt(t, pools(t)["child"], decode.Options{}, workbookOf(t))
	want := []string{
		`0 Sheet1.id="1" Sheet1.mail="ann@example.com" Sheet1.note="x"`, `1 Sheet1.id="2" Sheet1.mail="bob@example.com" Sheet1.note=null`,
		`2 More.column 1="1" More.column 2="eve@example.com"`, `3 More.column 1="2" More.column 2="x" More.column 3="y"`,
	}
	if d := cmp.Diff(want, got); d != "" || s.Gap != "" || s.Info.Format != decode.XLSX {
		t.Error(d, s.Gap, s.Info.Format)
	}
}
