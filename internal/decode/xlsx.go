package decode

import (
	"errors"
	"io"

	"github.com/xuri/excelize/v2"
)

// The sizes of a workbook: packed, and all of it unpacked. It is unpacked in memory and never onto the disk.
const (
	maxWorkbook = 64 << 20
	maxUnpacked = 512 << 20
)

// workbook reads the rows of the sheets of an Excel file. The first row that has cells names the columns; fields are called sheet.column where there are
// several sheets. Rows cannot be taken out of it: formulas, names, charts and pivot tables refer to them.
func (c *container) workbook() error {
	if c.o.Size > maxWorkbook {
		c.info.Format = XLSX
		return errors.Join(c.out.info(c.info), faulty(GapLarge, io.ErrShortBuffer))
	}
	f, err := excelize.OpenReader(io.NewSectionReader(c.at, 0, c.o.Size), excelize.Options{UnzipSizeLimit: maxUnpacked, UnzipXMLSizeLimit: maxUnpacked})
	if err != nil {
		c.info.Format, c.end = Other, GapFormat // it is packed as ZIP and holds something else
		return c.out.info(c.info)
	}
	defer func() { _ = f.Close() }()
	c.info.Format = XLSX
	if err := c.out.info(c.info); err != nil {
		return err
	}
	if c.o.Write {
		return errRefused
	}
	sheets, cells := f.GetSheetList(), false
	for _, name := range sheets {
		prefix := ""
		if len(sheets) > 1 {
			prefix = name + "."
		}
		some, err := c.sheet(f, name, prefix)
		if cells = cells || some; err != nil {
			return err
		}
	}
	if !cells { // nobody keeps a workbook without a cell: its sheets are not where it says
		return faulty(GapCorrupt, io.ErrUnexpectedEOF)
	}
	return nil
}

// sheet tells whether the sheet has any cell.
func (c *container) sheet(f *excelize.File, name, prefix string) (cells bool, err error) {
	rows, err := f.Rows(name)
	if err != nil {
		return false, nil // a sheet of charts has no rows
	}
	defer func() { _ = rows.Close() }()
	var head []string
	for rows.Next() {
		row, err := rows.Columns()
		if err != nil {
			return cells, faulty(GapCorrupt, err)
		}
		if empty(row) {
			continue
		}
		cells = true
		switch {
		case head == nil && hasHeader([][]string{row}):
			head = columnNames(row)
			continue
		case len(head) < len(row):
			head = append(head, columnNames(make([]string, len(row)))[len(head):]...)
		}
		for i, name := range head {
			var v []byte
			if i < len(row) && row[i] != "" {
				v = []byte(row[i])
			}
			c.add(prefix+name, "", Text, v)
		}
		if _, err := c.record(); err != nil {
			return cells, err
		}
	}
	return cells, faulty(GapCorrupt, rows.Error())
}

func empty(cells []string) bool {
	for _, s := range cells {
		if s != "" {
			return false
		}
	}
	return true
}
