package river_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"vestige/internal/clock"
	"vestige/internal/db"
	"vestige/jobs"
	"vestige/jobs/jobstest"
	"vestige/jobs/river"
	"vestige/store"
	"vestige/store/storetest"
)

func open(t *testing.T, s *store.Store, handlers []jobs.Handler) jobs.Queue {
	t.Helper()
	q, err := river.Open(t.Context(), s.DB(), river.Options{Handlers: handlers})
	if err != nil {
		t.Fatal(err)
	}
	return q
}

func TestSuiteOnSQLite(t *testing.T) {
	jobstest.Run(t, func(t *testing.T) *store.Store { return storetest.SQLite(t, jobs.Schema()) }, open)
}

func TestSuiteOnPostgres(t *testing.T) {
	jobstest.Run(t, func(t *testing.T) *store.Store { return storetest.Postgres(t, jobs.Schema()) }, open)
}

// TestMain lets the test binary stand in for a process that is killed at work.
func TestMain(m *testing.M) {
	if dir, dsn := os.Getenv("VESTIGE_TEST_DIR"), os.Getenv("VESTIGE_TEST_DSN"); dir != "" || dsn != "" {
		if err := victim(store.Options{Dir: dir, DSN: dsn, Schemas: []db.Schema{jobs.Schema()}}); err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// victim enqueues four jobs and never finishes three of them; one is cancelled while it runs.
func victim(o store.Options) error {
	ctx := context.Background()
	s, err := store.Open(ctx, o)
	if err != nil {
		return err
	}
	started := make(chan int64, 4)
	q, err := river.Open(ctx, s.DB(), river.Options{Timeout: time.Second, Handlers: []jobs.Handler{{Kind: "crash", Work: func(ctx context.Context, r jobs.Run) error {
		started <- r.ID
		select {} // deaf to its context
	}}, {Kind: "easy", Work: func(context.Context, jobs.Run) error { return nil }}}})
	if err != nil {
		return err
	}
	err = s.DB().Write(ctx, func(tx db.Tx) (err error) {
		for _, kind := range []string{"crash", "crash", "crash", "easy"} {
			if _, err = q.Enqueue(ctx, tx, jobs.Job{Kind: kind}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	go func() {
		ids := []int64{<-started, <-started, <-started}
		err := s.DB().Write(ctx, func(tx db.Tx) error { return q.Cancel(ctx, tx, ids[2]) })
		fmt.Println(ids[0], ids[1], ids[2], err)
	}()
	return q.Work(ctx)
}

// crash runs the victim until its jobs run, kills it, and gives the ids.
func crash(t *testing.T, env string) (ids [3]int64) {
	t.Helper()
	child := exec.Command(os.Args[0])
	child.Env = append(os.Environ(), env)
	out, err := child.StdoutPipe()
	if err == nil {
		err = child.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	line, _ := bufio.NewReader(out).ReadString('\n')
	_ = child.Process.Kill()
	_ = child.Wait()
	if n, err := fmt.Sscanf(line, "%d %d %d <nil>", &ids[0], &ids[1], &ids[2]); n != 3 {
		t.Fatalf("the victim said %q: %v", line, err)
	}
	return ids
}

// revive works what the victim left, and gives how long that took.
func revive(t *testing.T, s *store.Store, ids [3]int64) time.Duration {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	begin := clock.Now()
	q, err := river.Open(ctx, s.DB(), river.Options{Timeout: time.Second, Handlers: []jobs.Handler{{Kind: "crash", Work: func(context.Context, jobs.Run) error { return nil }}}})
	if err != nil {
		t.Fatal(err)
	}
	work, end := context.WithCancel(ctx)
	done := make(chan error, 1)
	go func() { done <- q.Work(work) }()
	for i, want := range []jobs.State{jobs.Done, jobs.Done, jobs.Cancelled} {
		st, err := jobs.Wait(ctx, s.DB(), q, ids[i], nil)
		if err != nil || st.State != want {
			t.Errorf("job %d of a killed process is %+v, want %s: %v", i, st, want, err)
		}
	}
	took := clock.Since(begin)
	end()
	if err := <-done; err != nil {
		t.Error(err)
	}
	return took
}

// Two seconds are promised, of which ten times as many are given to a machine that does much else; a rescue takes longer than that.
func TestAKilledProcessOnSQLiteIsResumedAtOnce(t *testing.T) {
	dir := t.TempDir()
	ids := crash(t, "VESTIGE_TEST_DIR="+dir)
	s := storetest.Open(t, store.Options{Dir: dir, Schemas: []db.Schema{jobs.Schema()}})
	if took := revive(t, s, ids); took > 20*time.Second {
		t.Errorf("the jobs of a killed process were resumed after %v", took)
	}
}

func TestAKilledProcessOnPostgresIsRescued(t *testing.T) {
	if testing.Short() {
		t.Skip("a rescue takes the better part of a minute")
	}
	t.Parallel()
	s := storetest.Postgres(t, jobs.Schema())
	var dsn string
	storetest.Read(t, s, func(tx db.Tx) error { dsn = s.DB().(*db.PostgresDB).Pool().Config().ConnString(); return nil })
	ids := crash(t, "VESTIGE_TEST_DSN="+dsn)
	t.Logf("rescued after %v", revive(t, s, ids))
}

// TestNoErrorTextIsStored looks in the raw files for what handlers said.
func TestNoErrorTextIsStored(t *testing.T) {
	dir := t.TempDir()
	s := storetest.Open(t, store.Options{Dir: dir, Schemas: []db.Schema{jobs.Schema()}})
	const marker = "somebody@people.example"
	q := open(t, s, []jobs.Handler{
		{Kind: "fails", Work: func(context.Context, jobs.Run) error { return fmt.Errorf("no %s", marker) }},
		{Kind: "stops", Work: func(context.Context, jobs.Run) error { return jobs.Stop(fmt.Errorf("no %s", marker)) }},
		{Kind: "panics", Work: func(context.Context, jobs.Run) error { panic(marker) }},
	})
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- q.Work(ctx) }()
	for _, kind := range []string{"fails", "stops", "panics"} {
		var id int64
		storetest.Write(t, s, func(tx db.Tx) (err error) {
			id, err = q.Enqueue(ctx, tx, jobs.Job{Kind: kind, MaxAttempts: 1})
			return err
		})
		if st, err := jobs.Wait(ctx, s.DB(), q, id, nil); err != nil || st.State != jobs.Failed {
			t.Errorf("%s: %+v, %v", kind, st, err)
		}
	}
	cancel()
	if err := <-done; err != nil && !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	files, _ := filepath.Glob(filepath.Join(dir, "*"))
	for _, f := range files {
		if text, _ := os.ReadFile(f); bytes.Contains(text, []byte(marker)) {
			t.Errorf("%s holds what a handler said", filepath.Base(f))
		}
	}
}
