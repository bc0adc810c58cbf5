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
	sheets := f.GetSheetList()
	for _, name := range sheets {
		prefix := ""
		if len(sheets) > 1 {
			prefix = name + "."
		}
		if err := c.sheet(f, name, prefix); err != nil {
			return err
		}
	}
	return nil
}

func (c *container) sheet(f *excelize.File, name, prefix string) error {
	rows, err := f.Rows(name)
	if err != nil {
		return nil // a sheet of charts has no rows
	}
	defer func() { _ = rows.Close() }()
	var head []string
	for rows.Next() {
		cells, err := rows.Columns()
		if err != nil {
			return faulty(GapCorrupt, err)
		}
		switch {
		case empty(cells):
			continue
		case head == nil && hasHeader([][]string{cells}):
			head = columnNames(cells)
			continue
		case len(head) < len(cells):
			head = append(head, columnNames(make([]string, len(cells)))[len(head):]...)
		}
		for i, name := range head {
			var v []byte
			if i < len(cells) && cells[i] != "" {
				v = []byte(cells[i])
			}
			c.add(prefix+name, "", Text, v)
		}
		if _, err := c.record(); err != nil {
			return err
		}
	}
	return faulty(GapCorrupt, rows.Error())
}

func empty(cells []string) bool {
	for _, s := range cells {
		if s != "" {
			return false
		}
	}
	return true
}
