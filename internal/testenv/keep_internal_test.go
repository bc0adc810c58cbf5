package testenv

import (
	"errors"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// TestEnded starts a server that ends at once: it is not waited for, though it was to have had a day.
func TestEnded(t *testing.T) {
	dir := t.TempDir()
	cmd := exec.CommandContext(t.Context(), "/bin/sh", "-c", kept("kill -KILL $pid"), "keeper", "/bin/sh", "-c", "echo no room; exit 3")
	cmd.Env = append(cmd.Environ(), "KEEP="+dir)
	_, err := hold(cmd, dir, func(k *keep) error {
		return k.until(24*60*60*20, 50*time.Millisecond, func() error { return errors.New("refused") })
	})
	if err == nil || !strings.Contains(err.Error(), "has ended") || !strings.Contains(err.Error(), "no room") {
		t.Errorf("a server that ended at once: %v", err)
	}
}

// TestKept kills a server and starts it again: it counts as ended only where nobody asked for another one.
func TestKept(t *testing.T) {
	cmd := exec.CommandContext(t.Context(), "/bin/sh", "-c", kept("kill -KILL $pid"), "keeper", "/bin/sh", "-c", "sleep 1000")
	cmd.Env = append(cmd.Environ(), "KEEP="+t.TempDir())
	k, err := hold(cmd, t.TempDir(), func(*keep) error { return nil })
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = k.in.Close() }()
	for _, word := range []string{"kill", "start", "kill"} {
		if err := k.tell(word); err != nil {
			t.Fatal(err)
		}
	}
	err = k.until(24*60*60*20, 50*time.Millisecond, func() error { return errors.New("refused") })
	if err == nil || k.ended.Load() != 2 {
		t.Errorf("killed twice, it has ended %d times: %v", k.ended.Load(), err)
	}
}
