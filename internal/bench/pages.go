package main

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"

	"vestige/internal/clock"
)

// pages measures every page and every call of the table of routes over 1,000,000 fields, twenty people asking at once. The estate is made first, in this process; a
// process of its own serves it, so that its memory is that of a server.
func pages(ctx context.Context, dir string, z scale) (fs []figure, err error) {
	n := z.of(50_000)
	if kept, _ := ctx.Value(keptIn{}).(string); kept != "" {
		dir = kept
	}
	dir = filepath.Join(dir, fmt.Sprintf("estate%d", n))
	if _, err := os.Stat(filepath.Join(dir, "made")); err != nil {
		start, cpu := clock.Now(), processor()
		if err := makeEstate(ctx, dir, n); err != nil {
			return nil, err
		}
		if err := os.WriteFile(filepath.Join(dir, "made"), nil, 0o600); err != nil {
			return nil, err
		}
		fs = append(fs, plain(fmt.Sprintf("an estate of %d fields is made (%.0f s of a processor)", n*perSet, (processor()-cpu).Seconds()), clock.Since(start).Seconds(), " s"))
	}
	only, _ := ctx.Value(onlyPages{}).(string)
	out, err := apart(ctx, task{Walk: &walk{Dir: dir, Datasets: n, Only: only}})
	if err != nil {
		return fs, err
	}
	for _, p := range out.Pages {
		fs = append(fs, p.figure())
	}
	for _, p := range out.Pages {
		if p.Path == "/" && p.Kind == pageKind {
			fs = append(fs, atMost("what comes over the wire before the first page stands: page, styles, scripts, compressed", float64(p.Wire+out.Static)/1000, 150, " KB"))
		}
	}
	return append(fs, atMost(fmt.Sprintf("memory of a server of %d fields after all of that, at most (%.0f MB with the files of the index that the system maps)", n*perSet, out.Peak), out.Anon, 1024, " MB")), nil
}

// keptIn and onlyPages are the keys of the context under which stand the folder that keeps the estate, and a part of the addresses that are asked.
type (
	keptIn    struct{}
	onlyPages struct{}
)

// kind is what is wanted of an address.
type kind string

const (
	pageKind   kind = "page"
	callKind   kind = "call"
	searchKind kind = "search"
	wholeKind  kind = "whole" // writes out the estate, or a large part of it
	changeKind kind = "change"
)

// asked is what an address answered: times in milliseconds, sizes in bytes.
type asked struct {
	Kind        kind
	Path        string
	Status      int
	First       float64 // after a change of the catalog, asked by one alone
	Alone       float64 // the median, asked by one alone
	P50, P99    float64 // asked by many at once
	CPU         float64 // processor time of one answer, among many
	Plain, Wire int     // size, and as it was sent
}

func (p asked) figure() figure {
	name := fmt.Sprintf("%s %s (%d KB, %d sent; first %.0f ms, alone %.1f, processor %.1f, p50 %.0f)", p.Kind, clipped(p.Path), p.Plain/1000, p.Wire/1000, p.First, p.Alone, p.CPU, p.P50)
	if p.Status != http.StatusOK && p.Kind != changeKind {
		return figure{name, fmt.Sprint(p.Status), "200", false}
	}
	if p.Kind == wholeKind {
		return plain(name, p.First, " ms")
	}
	return atMost(name, p.P99, map[kind]float64{pageKind: 200, callKind: 200, searchKind: 100, changeKind: 50}[p.Kind], " ms")
}

func clipped(path string) string {
	path = strings.NewReplacer("%2F", "/", "%23", "#", "%3A", ":", "%3E", ">").Replace(path)
	if len(path) > 70 {
		return path[:70] + "…"
	}
	return path
}
