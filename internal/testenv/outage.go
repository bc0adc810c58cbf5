package testenv

import "testing"

// Outage kills a server that this test binary has started ("postgres", "mariadb", "mysql", "elasticsearch", "s3") as kill -9 does. The function given starts it again
// on the data that it had, and waits until it answers. A server that meets a child of the one before that is not gone yet ends by itself, and is started once more.
func Outage(t testing.TB, name string) (back func()) {
	t.Helper()
	var k *keep
	var ready func(*keep) error
	switch name {
	case "postgres":
		k, ready = shared.keep, shared.ready
	case "mariadb":
		k, ready = sharedMariaDB.keep, sharedMariaDB.ready
	case "mysql":
		k, ready = sharedMySQL.keep, sharedMySQL.ready
	case "elasticsearch":
		k, ready = elastic.keep, elastic.ready
	case "s3":
		k, ready = sharedGateway.keep, sharedGateway.ready
	}
	tell := func(word string) {
		if err := k.tell(word); err != nil {
			t.Errorf("%s %s: %v", word, name, err)
		}
	}
	tell("kill")
	return func() {
		t.Helper()
		tell("start")
		err := ready(k)
		for again := 0; err != nil && again < 2; again++ {
			t.Logf("%s does not come back, and is started once more: %v", name, err)
			tell("kill")
			tell("start")
			err = ready(k)
		}
		if err != nil {
			t.Fatalf("%s does not come back: %v", name, err)
		}
	}
}
