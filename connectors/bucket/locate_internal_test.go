package bucket

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"

	"github.com/parquet-go/parquet-go"

	"vestige/connectors"
	"vestige/pii"
)

// metered is a folder that counts what is read of its files.
type metered struct {
	*folder
	read *atomic.Int64
}

// Open opens a file whose bytes are counted.
func (m metered) Open(ctx context.Context, o object) (file, error) {
	f, err := m.folder.Open(ctx, o)
	if err != nil {
		return nil, err
	}
	return meteredFile{f.(localFile), m.read}, nil
}

type meteredFile struct {
	localFile
	read *atomic.Int64
}

// Read counts.
func (f meteredFile) Read(p []byte) (int, error) {
	n, err := f.localFile.Read(p)
	f.read.Add(int64(n))
	return n, err
}

// ReadAt counts.
func (f meteredFile) ReadAt(p []byte, off int64) (int, error) {
	n, err := f.localFile.ReadAt(p, off)
	f.read.Add(int64(n))
	return n, err
}

type order struct {
	ID   int64  `parquet:"id"`
	Mail string `parquet:"mail"`
	Note string `parquet:"note"`
}

func orders(t *testing.T, n int) []byte {
	t.Helper()
	random := rand.New(rand.NewPCG(1, uint64(n)))
	var b bytes.Buffer
	w := parquet.NewGenericWriter[order](&b, parquet.BloomFilters(parquet.SplitBlockFilter(10, "mail")))
	for i := range 300 {
		o := order{ID: int64(n*300 + i), Mail: fmt.Sprintf("p%x@example.com", random.Uint64()), Note: fmt.Sprintf("%0120x", random.Uint64())}
		for range 4 {
			o.Note += fmt.Sprintf("%x", random.Uint64())
		}
		if n == 777 && i == 5 {
			o.Mail = "ann@example.com"
		}
		if _, err := w.Write([]order{o}); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestLocateReadsLittle looks for one subject in 1,000 Parquet objects, once by a column with a Bloom filter and once by one with statistics: less than a
// twentieth of their bytes is read, and the answer is that of reading all.
func TestLocateReadsLittle(t *testing.T) {
	dir := t.TempDir()
	total := int64(0)
	for n := range 1000 {
		b := orders(t, n)
		total += int64(len(b))
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("part-%05d.parquet", n)), b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	opened, err := open(t.Context(), connectors.Env{Name: "files", Log: slog.New(slog.DiscardHandler)}, connectors.Config{"path": pii.NewValue(dir)})
	if err != nil {
		t.Fatal(err)
	}
	d := opened.(*Driver)
	defer func() { _ = d.Close() }()
	var ds pii.Dataset
	for found, err := range d.Discover(t.Context()) {
		if ds = found; err != nil {
			t.Fatal(err)
		}
	}
	read := new(atomic.Int64)
	d.objs = metered{d.objs.(*folder), read}
	for field, value := range map[string]string{"mail": "ann@example.com", "id": "233105"} {
		m := pii.Match{Dataset: ds, Want: []string{"id"}, Terms: []pii.Term{{Field: field, Mode: pii.Exact, Values: []pii.Value{pii.NewValue(value)}}}}
		if !d.CanLocate(m) {
			t.Fatal("the connector does not say that it can")
		}
		read.Store(0)
		n := 0
		for f, err := range d.Locate(t.Context(), m) {
			if err != nil || f.Gap != nil {
				t.Fatal(err, f)
			}
			n++
		}
		if share := float64(read.Load()) / float64(total); n != 1 || share > 0.05 {
			t.Errorf("%s: %d found, %.1f %% of %d bytes read", field, n, 100*share, total)
		} else {
			t.Logf("%s: %.2f %% of %d bytes read", field, 100*share, total)
		}
	}
}
