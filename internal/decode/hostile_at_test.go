package decode_test

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	"vestige/internal/decode"
)

// containers gives a good file of each format that is read at places.
func containers(t *testing.T) map[string][]byte {
	return map[string][]byte{"parquet": people(t, 3, 20), "xlsx": workbookOf(t), "avro": avroOf(t, "deflate", 45)}
}

// peak gives the most memory that a child of this process has had, in MiB, and fails where that is more than a file may cost.
func peak(t *testing.T) (most int) {
	t.Helper()
	for _, status := range glob("/proc/[0-9]*/status") {
		text, err := os.ReadFile(status)
		if err != nil || !bytes.Contains(text, fmt.Appendf(nil, "\nPPid:\t%d\n", os.Getpid())) {
			continue
		}
		kib := 0
		if _, line, ok := bytes.Cut(text, []byte("VmHWM:")); ok {
			_, _ = fmt.Sscan(string(line), &kib)
		}
		most = max(most, kib>>10)
	}
	if most > 700 {
		t.Errorf("a child has had %d MiB", most)
	}
	return most
}

func glob(pattern string) []string {
	found, _ := filepath.Glob(pattern)
	return found
}

// TestMutatedContainers damages a file of each format in 400 ways: each time there is an end, records or a gap, and a rewriting that says whether it is one.
func TestMutatedContainers(t *testing.T) {
	p := pools(t)["child"]
	for name, good := range containers(t) {
		t.Run(name, func(t *testing.T) {
			random := rand.New(rand.NewPCG(7, uint64(len(good))))
			failed := 0
			for i := range 400 {
				file := append(bytes.Clone(good[:4]), mutate(random, good[4:])...)
				ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
				records := 0
				var first decode.Edit
				s, err := p.DecodeAt(ctx, decode.Options{}, bytes.NewReader(file), int64(len(file)), func(it *decode.Item) error {
					if it.Kind == decode.Record {
						if records++; records == 1 {
							first = decode.Edit{Ordinal: it.Ordinal, Digest: it.Digest, Delete: true}
						}
					}
					return nil
				})
				if err != nil || s.Gap == decode.GapSlow {
					t.Fatalf("mutation %d: %v %s", i, err, s.Gap)
				}
				if s.Gap == decode.GapFailed {
					failed++
				}
				if records == 0 && s.Gap == "" {
					t.Fatalf("mutation %d: neither a record nor a gap", i)
				}
				if records > 0 {
					var out bytes.Buffer
					s, err := p.RewriteAt(ctx, decode.Options{Edits: []decode.Edit{first}}, bytes.NewReader(file), int64(len(file)), &out)
					if err != nil || s.Gap == decode.GapSlow || s.Gap == "" && s.Refused == "" && s.Met != 1 || name == "xlsx" && s.Refused == "" && s.Gap == "" {
						t.Fatalf("mutation %d: rewriting: %v %+v", i, err, s)
					}
				}
				cancel()
			}
			t.Logf("the decoder failed in %d of 400, the largest child has had %d MiB", failed, peak(t))
		})
	}
}
