package testenv

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"sync/atomic"
	"time"
)

// kept is the shell that runs a server until its standard input ends, then ends it by the signal and removes its folder. Meanwhile it kills the server, and starts it
// again on the same data, as it is told, and writes a line whenever the server has ended. A server that stands still has no more children while these are killed.
func kept(signal string) string {
	return `run() {
	rm -f "$KEEP/keeper"
	{ "$@" >>"$KEEP/log" 2>&1 </dev/null & echo $! >"$KEEP/keeper.new"; mv "$KEEP/keeper.new" "$KEEP/keeper"; wait $!; echo ended; } &
	watch=$!
	until [ -s "$KEEP/keeper" ]; do sleep 0.01; done
	read -r pid <"$KEEP/keeper"
}
run "$@"
while read -r word; do
	case $word in
	kill) kill -STOP $pid; pkill -KILL -P $pid; kill -KILL $pid; wait $watch ;;
	start) run "$@" ;;
	esac
done
` + signal + `; wait $watch; rm -rf "$KEEP"`
}

// keep is the hold that a test binary has on a server. The server ends with the binary, however that ends: a shell waits for the end of a pipe.
type keep struct {
	in    io.WriteCloser // closed by the end of the process alone
	began atomic.Int64   // how often the server was started
	ended atomic.Int64   // how often it has ended
}

// hold starts the shell of a server, and waits until the server answers. The end of the server's log, in the folder, says why it does not.
func hold(cmd *exec.Cmd, dir string, ready func(k *keep) error) (*keep, error) {
	k := &keep{}
	var err error
	if k.in, err = cmd.StdinPipe(); err != nil {
		return nil, err
	}
	cmd.Stdout = k
	k.began.Store(1)
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	go func() {
		_ = cmd.Wait()
		k.ended.Add(1 << 32)
	}()
	if err := ready(k); err != nil {
		log, _ := os.ReadFile(filepath.Join(dir, "log"))
		_ = k.in.Close()
		return nil, fmt.Errorf("%w: %s", err, bytes.TrimSpace(log[max(0, len(log)-4000):]))
	}
	return k, nil
}

// Write takes what the shell says: a line for each end of the server.
func (k *keep) Write(p []byte) (int, error) {
	for _, b := range p {
		if b == '\n' {
			k.ended.Add(1)
		}
	}
	return len(p), nil
}

// tell has the shell kill the server, or start it again.
func (k *keep) tell(word string) error {
	if word == "start" {
		k.began.Add(1)
	}
	_, err := fmt.Fprintln(k.in, word)
	return err
}

// until asks a server again and again until it answers; for one that has ended by itself nobody waits.
func (k *keep) until(tries int, rest time.Duration, ask func() error) (err error) {
	for range tries {
		over := k.ended.Load() >= k.began.Load()
		if err = ask(); err == nil {
			return nil
		}
		if over {
			return fmt.Errorf("the server has ended: %w", err)
		}
		<-time.After(rest)
	}
	return err
}
