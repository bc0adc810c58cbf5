package main

import (
	"bufio"
	"compress/gzip"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/parquet-go/parquet-go"

	"vestige/internal/decode"
	"vestige/scanner"
)

// visit is a record of the objects.
type visit struct {
	ID    int64   `parquet:"id"`
	Mail  string  `parquet:"mail"`
	Phone string  `parquet:"phone"`
	City  string  `parquet:"city,dict"`
	At    string  `parquet:"at"`
	Page  string  `parquet:"page"`
	Spent float64 `parquet:"spent"`
	Note  string  `parquet:"note"`
}

func visitOf(i int) visit {
	return visit{
		int64(i), fmt.Sprintf("person%d@example.com", i%50_000), fmt.Sprintf("+1 202 555 01%02d", i%100), []string{"Leeds", "Bremen", "Turin", "Porto"}[i%4],
		fmt.Sprintf("2026-03-%02dT10:%02d:%02dZ", i%28+1, i%60, i%59), fmt.Sprintf("/products/%d", i%5000), float64(i%1000) / 4, fmt.Sprintf("The parcel of order %d has not arrived yet, could you have another look?", i),
	}
}

func (v *visit) cells() []string {
	return []string{strconv.FormatInt(v.ID, 10), v.Mail, v.Phone, v.City, v.At, v.Page, strconv.FormatFloat(v.Spent, 'f', -1, 64), v.Note}
}

// visitBytes is about what a record has, written as CSV.
const visitBytes = 172

// objects measures a full scan of Parquet and packed CSV beside decoding them and looking at nothing.
func objects(ctx context.Context, dir string, z scale) ([]figure, error) {
	const each = 200
	size := map[scale]int{usual: 512 << 20, tenth: 32 << 20, whole: 2 << 30}[z]
	folder := filepath.Join(dir, "lake")
	if err := lake(folder, each, size/visitBytes/each/2); err != nil {
		return nil, err
	}
	var c contest
	var libs []took
	peak := 0.0
	err := c.run(z.rounds(), func(int) (took, error) {
		lib, err := timed(os.Getpid(), func() error { return byLibraries(folder) })
		if err != nil {
			return took{}, err
		}
		libs = append(libs, lib)
		return timed(os.Getpid(), func() error { return decodeAll(ctx, folder) })
	}, func(i int) (took, error) {
		out, err := apart(ctx, task{Connector: "bucket", Config: map[string]string{"path": folder}, Temp: dir, Steps: []step{{Data: filepath.Join(dir, fmt.Sprint("lake-", i)), Options: scanner.Options{Full: true}}}})
		if err != nil {
			return took{}, err
		}
		peak = max(peak, out.Peak)
		return out.Steps[0], nil
	})
	if err != nil {
		return nil, err
	}
	what := fmt.Sprintf("%d Parquet and %d gzip CSV objects of %d MB in all, unpacked: ", each, each, size>>20)
	return []figure{
		atMost(what+"full scan until all evidence is in the store, in decoding only, by the wall", ratio(c.ours, c.bare, wall), 1.5, " ×"),
		plain(what+"full scan by processor time, in the same", ratio(c.ours, c.bare, total), " ×"),
		plain(what+"full scan, in the formats' libraries alone, in one process", ratio(c.ours, libs, wall), " ×"),
		plain(what+"decoding only, as the product does, in its child process", median(walls(c.bare)), " s"),
		plain(what+"full scan", median(walls(c.ours)), " s"),
		plain(what+"decoding only, processor time", median(cpus(c.bare)), " s"),
		plain(what+"full scan, processor time of the scanning process and its children", median(cpus(c.ours)), " s"),
		atMost(what+"peak memory of the scan, child processes included", peak, 300, " MB"),
	}, nil
}

// lake writes the objects, with so many records each.
func lake(folder string, each, records int) error {
	for n := range each {
		path := func(kind, ext string) string { return filepath.Join(folder, kind, fmt.Sprintf("part-%04d.%s", n, ext)) }
		err := written(path("visits", "parquet"), func(w io.Writer) error { return writeParquet(w, n*records, records) })
		if err == nil {
			err = written(path("exports", "csv.gz"), func(w io.Writer) error { return writeCSV(w, n*records, records) })
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func written(path string, f func(io.Writer) error) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	w := bufio.NewWriterSize(file, 1<<20)
	return errors.Join(f(w), w.Flush(), file.Close())
}

func writeParquet(to io.Writer, from, records int) error {
	w := parquet.NewGenericWriter[visit](to, parquet.Compression(&parquet.Snappy))
	list := make([]visit, 0, 1024)
	for i := range records {
		if list = append(list, visitOf(from+i)); len(list) == cap(list) || i == records-1 {
			if _, err := w.Write(list); err != nil {
				return err
			}
			list = list[:0]
		}
	}
	return w.Close()
}

func writeCSV(to io.Writer, from, records int) error {
	packed, err := gzip.NewWriterLevel(to, gzip.BestSpeed)
	if err != nil {
		return err
	}
	w := csv.NewWriter(packed)
	if err := w.Write([]string{"id", "mail", "phone", "city", "at", "page", "spent", "note"}); err != nil {
		return err
	}
	for i := range records {
		v := visitOf(from + i)
		if err := w.Write(v.cells()); err != nil {
			return err
		}
	}
	w.Flush()
	return errors.Join(w.Error(), packed.Close())
}

// eachObject opens every object.
func eachObject(folder string, f func(path string, file *os.File, size int64) error) error {
	return filepath.WalkDir(folder, func(path string, e os.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		file, err := os.Open(path)
		if err != nil {
			return err
		}
		defer func() { _ = file.Close() }()
		info, err := file.Stat()
		if err != nil {
			return err
		}
		return f(path, file, info.Size())
	})
}

// decodeAll decodes as the product does, and looks at nothing.
func decodeAll(ctx context.Context, folder string) (err error) {
	pool := decode.NewPool(decode.Config{})
	defer func() { err = errors.Join(err, pool.Close()) }()
	nothing := func(*decode.Item) error { return nil }
	return eachObject(folder, func(path string, file *os.File, size int64) error {
		var s decode.Summary
		var err error
		if strings.HasSuffix(path, ".parquet") {
			s, err = pool.DecodeAt(ctx, decode.Options{Ext: ".parquet"}, file, size, nothing)
		} else {
			s, err = pool.Decode(ctx, decode.Options{Ext: ".csv"}, file, nothing)
		}
		if err == nil && s.Gap != "" {
			err = errors.New(s.Gap)
		}
		return err
	})
}

// byLibraries decodes as a program would that does nothing else and trusts the files.
func byLibraries(folder string) error {
	return eachObject(folder, func(path string, file *os.File, size int64) error {
		if strings.HasSuffix(path, ".parquet") {
			return allRows(file)
		}
		unpacked, err := gzip.NewReader(bufio.NewReaderSize(file, 1<<16))
		if err != nil {
			return err
		}
		r := csv.NewReader(unpacked)
		r.ReuseRecord = true
		for err == nil {
			_, err = r.Read()
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		return err
	})
}

func allRows(file *os.File) error {
	r := parquet.NewReader(file)
	defer func() { _ = r.Close() }()
	list := make([]parquet.Row, 256)
	for {
		if _, err := r.ReadRows(list); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
	}
}
