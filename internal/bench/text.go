package main

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"vestige/classifiers"
	"vestige/classifiers/all"
	"vestige/pii"
)

// patterns are what ripgrep looks for: a regular expression for each of the kinds of data that can be written as one. It checks no check digit and
// weighs nothing, so that it does less.
const patterns = `[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+\.[A-Za-z]{2,}
\b(?:[0-9]{1,3}\.){3}[0-9]{1,3}\b
(?:\+|00)[1-9][0-9 ()/.-]{7,17}[0-9]
\b(?:[0-9]{4}[ -]?){3}[0-9]{1,7}\b
\b[A-Z]{2}[0-9]{2}(?: ?[A-Z0-9]{4}){2,7}\b
\b[0-9]{3}-[0-9]{2}-[0-9]{4}\b
\b[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}\b
\b(?:[0-9a-fA-F]{2}[:-]){5}[0-9a-fA-F]{2}\b
`

// text measures the classifiers over mixed text, beside ripgrep over the same file.
func text(ctx context.Context, dir string, z scale) ([]figure, error) {
	size := 256 << 20
	if z == tenth {
		size /= 10
	}
	body := mixed(size)
	path, rules := filepath.Join(dir, "mixed.txt"), filepath.Join(dir, "patterns")
	if err := os.WriteFile(path, body, 0o600); err != nil {
		return nil, err
	}
	if err := os.WriteFile(rules, []byte(patterns), 0o600); err != nil {
		return nil, err
	}
	set, err := newSet()
	if err != nil {
		return nil, err
	}
	ours, err := pass(set, body)
	if err != nil {
		return nil, err
	}
	fs := []figure{atLeast(fmt.Sprintf("classification of %d MB of mixed text, a core", size>>20), ours, 200, " MB/s")}
	theirs, err := ripgrep(ctx, path, size, "--file="+rules)
	if err != nil {
		return fs, err
	}
	fs = append(fs, plain("ripgrep with eight of the patterns over the same text, a core", theirs, " MB/s"), plain("classification as a share of ripgrep", ours/theirs, ""))
	more, err := identifiers(ctx, body, path)
	return append(append(fs, more...), wholeColumns(set)...), err
}

// identifiers measures the kinds of the first five patterns alone, beside ripgrep with those five in one alternation.
func identifiers(ctx context.Context, body []byte, path string) ([]figure, error) {
	var some []classifiers.Classifier
	for _, c := range all.All() {
		if slices.Contains([]string{"email", "ip", "phone", "card", "iban"}, c.Name) {
			some = append(some, c)
		}
	}
	set, err := classifiers.NewSet(some, classifiers.Options{Examples: true})
	if err != nil {
		return nil, err
	}
	ours, err := pass(set, body)
	if err != nil {
		return nil, err
	}
	theirs, err := ripgrep(ctx, path, len(body), "--regexp="+strings.Join(strings.Split(patterns, "\n")[:5], "|"))
	if err != nil {
		return nil, err
	}
	return []figure{
		atLeast("the kinds of five of the patterns alone over the same text, a core", ours, 300, " MB/s"),
		plain("ripgrep with those five in one alternation", theirs, " MB/s"),
		atLeast("those kinds as a share of ripgrep", ours/theirs, 1, ""),
	}, nil
}

// pass goes over a text and gives the speed, in megabytes a second of processor time.
func pass(set *classifiers.Set, body []byte) (float64, error) {
	hits, start := 0, processor()
	for rest := body; len(rest) > 0; {
		var piece []byte
		piece, rest = cut(rest)
		set.Text(piece, func(*classifiers.Classifier, classifiers.Hit) { hits++ })
	}
	if hits == 0 {
		return 0, fmt.Errorf("nothing was found in %d bytes", len(body))
	}
	return float64(len(body)) / 1e6 / (processor() - start).Seconds(), nil
}

// wholeColumns measures columns of 10,000 values, all different: one that the first values settle, and one of texts, which are all looked at.
func wholeColumns(set *classifiers.Set) (fs []figure) {
	const values, rounds = 10_000, 20
	for _, c := range []struct {
		name, format string
		aim          float64
	}{
		{"e-mail addresses", "ann.lee%d@example.com", 600},
		{"texts of 80 bytes, the slowest", "The parcel of order %d has not arrived yet, could you have another look at this?", 5000},
	} {
		batch := pii.NewBatch(pii.Ref{Source: "s", Dataset: "d"}, []pii.Field{{Name: "c"}})
		for i := range values {
			batch.Append(0, fmt.Appendf(nil, c.format, i))
			batch.EndRecord(nil, pii.Digest{})
		}
		judged, start := int64(0), processor()
		for range rounds {
			g := set.NewGather(classifiers.Context{})
			g.Add(&batch.Columns()[0])
			judged = g.Stats().Judged
		}
		took := (processor() - start).Seconds() * 1e6 / rounds
		fs = append(fs, atMost(fmt.Sprintf("a column of %d %s; %d looked at closely", values, c.name, judged), took, c.aim, " µs"))
	}
	return fs
}

// cut takes about a megabyte off, up to the end of a line.
func cut(text []byte) (piece, rest []byte) {
	if len(text) <= 1<<20 {
		return text, nil
	}
	n := 1<<20 + bytes.IndexByte(text[1<<20:], '\n') + 1
	return text[:n], text[n:]
}

func ripgrep(ctx context.Context, path string, size int, rules string) (float64, error) {
	rg := exec.CommandContext(ctx, "rg", "--threads=1", "--count-matches", "--no-config", "--no-unicode", rules, path)
	if out, err := rg.CombinedOutput(); err != nil {
		return 0, fmt.Errorf("rg: %w: %s", err, bytes.TrimSpace(out))
	}
	return float64(size) / 1e6 / (rg.ProcessState.UserTime() + rg.ProcessState.SystemTime()).Seconds(), nil
}

// mixed makes n bytes of prose, log lines, CSV and JSON, with something personal in about every tenth line.
func mixed(n int) []byte {
	rng := rand.New(rand.NewPCG(1, 2))
	var b bytes.Buffer
	b.Grow(n + 200)
	for b.Len() < n {
		switch k := rng.IntN(1e6); rng.IntN(10) {
		case 0:
			fmt.Fprintf(&b, "2026-03-01T10:%02d:%02dZ INFO login user=%d mail=ann.lee%d@example.com ip=192.0.2.%d\n", k%60, k%59, k, k, k%250)
		case 1, 2:
			fmt.Fprintf(&b, "2026-03-01T10:%02d:%02d.%03dZ DEBUG http: GET /api/v1/orders/%d?page=%d took %dms status=200 bytes=%d\n", k%60, k%59, k%999, k, k%9, k%100, k)
		case 3, 4:
			fmt.Fprintf(&b, "%d,shipped,%d.%02d,EUR,2026-02-%02d,SKU-%05d,\"Trail shoe, blue\",%d\n", k, k%900, k%100, 1+k%28, k%99999, k%7)
		case 5, 6:
			fmt.Fprintf(&b, "{\"id\":%d,\"type\":\"view\",\"path\":\"/products/%d\",\"ts\":%d,\"ok\":true,\"tags\":[\"new\",\"sale\"]}\n", k, k%5000, 1700000000+k)
		default:
			b.WriteString("The parcel has not arrived yet, could you have another look at this? Vielen Dank für die schnelle Antwort aus Ihrem Haus.\n")
		}
	}
	return b.Bytes()[:n]
}
