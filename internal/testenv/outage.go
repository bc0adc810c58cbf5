package testenv

import (
	"fmt"
	"io"
	"testing"
)

// kept is the shell that runs a server until its standard input ends, then ends it by the signal and removes its folder. Meanwhile it kills the server, and starts it
// again on the same data, as it is told. A server that stands still has no more children while these are killed.
func kept(signal string) string {
	return `run() { "$@" >>"$KEEP/log" 2>&1 </dev/null & pid=$!; }
run "$@"
while read -r word; do
	case $word in
	kill) kill -STOP $pid; pkill -KILL -P $pid; kill -KILL $pid; wait $pid ;;
	start) run "$@" ;;
	esac
done
` + signal + `; wait $pid; rm -rf "$KEEP"`
}

// Outage kills a server that this test binary has started ("postgres", "mariadb", "mysql", "elasticsearch", "s3") as kill -9 does. The function given starts it again
// on the data that it had, and waits until it answers. A server that meets a child of the one before that is not gone yet ends by itself, and is started once more.
func Outage(t testing.TB, name string) (back func()) {
	t.Helper()
	var lifeline io.Writer
	var ready func() error
	switch name {
	case "postgres":
		lifeline, ready = shared.lifeline, func() error { return shared.ready("") }
	case "mariadb":
		lifeline, ready = sharedMariaDB.lifeline, sharedMariaDB.ready
	case "mysql":
		lifeline, ready = sharedMySQL.lifeline, sharedMySQL.ready
	case "elasticsearch":
		lifeline, ready = elastic.lifeline, func() error { return elastic.ready("") }
	case "s3":
		lifeline, ready = sharedGateway.lifeline, func() error { return sharedGateway.ready("") }
	}
	tell := func(word string) {
		if _, err := fmt.Fprintln(lifeline, word); err != nil {
			t.Errorf("%s %s: %v", word, name, err)
		}
	}
	tell("kill")
	return func() {
		t.Helper()
		tell("start")
		err := ready()
		for again := 0; err != nil && again < 2; again++ {
			t.Logf("%s does not come back, and is started once more: %v", name, err)
			tell("kill")
			tell("start")
			err = ready()
		}
		if err != nil {
			t.Fatalf("%s does not come back: %v", name, err)
		}
	}
}
