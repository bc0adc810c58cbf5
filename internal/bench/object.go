package main

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"vestige/scanner"
)

// object measures the peak of memory, children included, of a scan of one large object; a process of its own does it.
func object(ctx context.Context, dir string, z scale) ([]figure, error) {
	size := int64(2 << 30)
	if z == tenth {
		size /= 10
	}
	folder := filepath.Join(dir, "objects")
	if err := os.Mkdir(folder, 0o700); err != nil {
		return nil, err
	}
	if err := large(filepath.Join(folder, "events.ndjson"), size); err != nil {
		return nil, err
	}
	t := task{Connector: "bucket", Config: map[string]string{"path": folder}, Temp: dir, Steps: []step{{Data: filepath.Join(dir, "data"), Options: scanner.Options{Full: true}}}}
	out, err := apart(ctx, t)
	if err != nil {
		return nil, err
	}
	return []figure{
		atMost(fmt.Sprintf("peak memory of a full scan of an object of %d MB, child process included", size>>20), out.Peak, 200, " MB"),
		plain("that scan, by the wall", float64(size)/1e6/out.Steps[0].Wall, " MB/s"),
	}, nil
}

// large writes lines of JSON.
func large(path string, size int64) (err error) {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer func() {
		if e := f.Close(); err == nil {
			err = e
		}
	}()
	w := bufio.NewWriterSize(f, 1<<20)
	for i, n := 0, int64(0); n < size; i++ {
		k, err := fmt.Fprintf(w, "{\"id\":%d,\"at\":\"2026-03-01T10:%02d:%02dZ\",\"user\":{\"mail\":\"ann.lee%d@example.com\",\"city\":\"Leeds\"},\"page\":\"/products/%d\",\"text\":\"The parcel of order %d has not arrived yet, could you have another look?\",\"tags\":[\"new\",\"sale\"]}\n", i, i%60, i%59, i%100000, i%5000, i)
		if err != nil {
			return err
		}
		n += int64(k)
	}
	return w.Flush()
}

// watch follows this process and its children until the context ends, and gives the sum of the peaks of each, in megabytes.
func watch(ctx context.Context) (mb float64) {
	tick := time.NewTicker(500 * time.Millisecond)
	defer tick.Stop()
	peaks := map[string]float64{}
	for {
		family := []string{"self"}
		lists, _ := filepath.Glob("/proc/self/task/*/children")
		for _, list := range lists {
			text, _ := os.ReadFile(list)
			family = append(family, strings.Fields(string(text))...)
		}
		for _, pid := range family {
			if mb := highWater(pid); mb > 0 { // the latest: a child has its parent's memory until it runs
				peaks[pid] = mb
			}
		}
		select {
		case <-ctx.Done():
			for _, p := range peaks {
				mb += p
			}
			return mb
		case <-tick.C:
		}
	}
}

// highWater is the most memory that a process ever had, in megabytes.
func highWater(pid string) float64 {
	text, _ := os.ReadFile("/proc/" + pid + "/status")
	_, rest, _ := strings.Cut(string(text), "VmHWM:")
	fields := strings.Fields(rest)
	if len(fields) == 0 {
		return 0
	}
	kb, _ := strconv.ParseFloat(fields[0], 64)
	return kb / 1000
}
