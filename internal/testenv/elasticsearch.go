package testenv

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/crypto/bcrypt"
)

// Search is a cluster of one node, with security on, and a prefix of names of indexes that is one test's own.
type Search struct {
	URL      string // without credentials
	User     string // may do everything
	Password string
	Prefix   string // ends in a dash; what begins with it is removed with the test
	Repo     string // a folder that snapshots may be written to, "" where the server takes none
	Data     string // the folder of the server's data
}

// SearchUsers are the further users of the Elasticsearch server, all with Search.Password. Their roles are what the connector's page asks for, or less.
var SearchUsers = []string{"scanner", "eraser", "limited", "blind", "masked", "narrowed"}

// searchRoles is roles.yml: scanner and eraser have the least privileges, limited may not see what is called *secret* or *forbidden*, blind reads without looking at the cluster,
// masked sees no field called phone and narrowed only documents of one kind.
const searchRoles = `
scanner:
  cluster: [monitor]
  indices: [{names: ['*'], privileges: [read, view_index_metadata, monitor]}]
eraser:
  cluster: [monitor, monitor_snapshot]
  indices: [{names: ['*'], privileges: [read, view_index_metadata, monitor, index, delete, maintenance, manage]}]
limited:
  cluster: [monitor]
  indices: [{names: ['/@&~(.*(secret|forbidden).*)/'], privileges: [read, view_index_metadata, monitor, index, delete, maintenance]}]
blind:
  indices: [{names: ['*'], privileges: [read]}]
masked:
  cluster: [monitor]
  indices: [{names: ['*'], privileges: [read, view_index_metadata, monitor, index, delete, maintenance], field_security: {grant: ['*'], except: ['phone']}}]
narrowed:
  cluster: [monitor]
  indices: [{names: ['*'], privileges: [read, view_index_metadata, monitor, index, delete, maintenance], query: '{"term": {"kind": "open"}}'}]
`

// javaOptions are for a server that lives for a minute or two: compiling code a second time, better, costs more than it gives.
const javaOptions = "-Xms512m\n-Xmx512m\n-XX:+UseSerialGC\n-XX:TieredStopAtLevel=1\n"

// searchServer is a search server of this test binary.
type searchServer struct {
	once   sync.Once
	opened Search
	err    error
	next   atomic.Int64
	keep   *keep
}

var elastic, opensearch searchServer

// Elasticsearch gives a cluster with a prefix of its own on a server of this test binary's own.
func Elasticsearch(t testing.TB) Search {
	t.Helper()
	home, java := Cached("elasticsearch-8.19.16"), jdk17()
	if home == "" || java == "" {
		MustRun(t, "elasticsearch")
	}
	return elastic.use(t, func() error { return elastic.elasticsearch(home, java) })
}

// OpenSearch gives the same on an OpenSearch, which has no users here.
func OpenSearch(t testing.TB) Search {
	t.Helper()
	home, java := Cached("opensearch-2.19.1"), jdk17()
	if home == "" || java == "" {
		MustRun(t, "opensearch")
	}
	return opensearch.use(t, func() error { return opensearch.opensearch(home, java) })
}

// jdk17 gives the folder of a Java that both servers run on.
func jdk17() string {
	found, _ := filepath.Glob("/usr/lib/jvm/*17*/bin/java")
	if slices.Sort(found); len(found) > 0 {
		return filepath.Dir(filepath.Dir(found[0]))
	}
	return os.Getenv("ES_JAVA_HOME")
}

func (s *searchServer) use(t testing.TB, start func() error) Search {
	t.Helper()
	s.once.Do(func() {
		for range 3 { // another process may take a port between the look and the start
			if s.err = start(); s.err == nil {
				return
			}
		}
	})
	if s.err != nil {
		t.Fatalf("start the search server: %v", s.err)
	}
	own := s.opened
	own.Prefix = letters(s.next.Add(1)) + "-"
	t.Cleanup(func() { own.remove() })
	return own
}

// letters writes a number without digits, which names of indexes would be grouped by.
func letters(n int64) string {
	text := []byte("t")
	for ; n > 0; n /= 26 {
		text = append(text, byte('a'+n%26))
	}
	return string(text)
}

func (s *searchServer) elasticsearch(home, java string) error {
	return s.start(home, "elasticsearch", java, func(dir string) ([]string, []string, error) {
		conf := filepath.Join(dir, "config")
		hash, err := bcrypt.GenerateFromPassword([]byte(s.opened.Password), bcrypt.MinCost)
		if err != nil {
			return nil, nil, err
		}
		users, roles := "", ""
		for _, u := range append(slices.Clone(SearchUsers), "tester") {
			users += u + ":" + strings.Replace(string(hash), "$2b$", "$2a$", 1) + "\n"
			roles += map[bool]string{true: "superuser", false: u}[u == "tester"] + ":" + u + "\n"
		}
		files := map[string]string{"users": users, "users_roles": roles, "roles.yml": searchRoles, "jvm.options": javaOptions + "-Djava.io.tmpdir=${ES_TMPDIR}\n"}
		for name, text := range files {
			if err := os.WriteFile(filepath.Join(conf, name), []byte(text), 0o644); err != nil {
				return nil, nil, err
			}
		}
		s.opened.User = "tester"
		return []string{"ES_JAVA_HOME=" + java, "ES_PATH_CONF=" + conf, "ES_TMPDIR=" + filepath.Join(dir, "tmp")}, []string{
			"-E", "xpack.security.enabled=true", "-E", "xpack.security.transport.ssl.enabled=false", "-E", "xpack.security.http.ssl.enabled=false",
			"-E", "xpack.security.enrollment.enabled=false", "-E", "xpack.license.self_generated.type=trial",
			"-E", "indices.merge.disk.check_interval=0s", // else no segment is merged on a machine whose disk is nearly full
		}, nil
	})
}

func (s *searchServer) opensearch(home, java string) error {
	return s.start(home, "opensearch", java, func(dir string) ([]string, []string, error) {
		conf := filepath.Join(dir, "config")
		err := os.WriteFile(filepath.Join(conf, "jvm.options"), []byte(javaOptions), 0o644)
		return []string{"OPENSEARCH_JAVA_HOME=" + java, "OPENSEARCH_PATH_CONF=" + conf, "OPENSEARCH_TMPDIR=" + filepath.Join(dir, "tmp")}, nil, err
	})
}

// start copies the configuration, lets prepare change it, and runs the server until the test binary ends.
func (s *searchServer) start(home, name, java string, prepare func(dir string) (env, args []string, err error)) error {
	dir, err := os.MkdirTemp("", "vestige-"+name+"-")
	if err != nil {
		return err
	}
	for _, sub := range []string{"data", "repo", "logs", "tmp"} {
		if err := os.Mkdir(filepath.Join(dir, sub), 0o755); err != nil {
			return err
		}
	}
	if err := os.CopyFS(filepath.Join(dir, "config"), os.DirFS(filepath.Join(home, "config"))); err != nil {
		return err
	}
	s.opened = Search{Password: rand.Text(), Repo: filepath.Join(dir, "repo"), Data: filepath.Join(dir, "data")}
	env, args, err := prepare(dir)
	if err != nil {
		return err
	}
	port, err := freePort()
	if err != nil {
		return err
	}
	s.opened.URL = fmt.Sprintf("http://127.0.0.1:%d", port)
	transport, err := freePort()
	if err != nil {
		return err
	}
	return s.run(dir, env, append([]string{
		filepath.Join(home, "bin", name), "-E", "discovery.type=single-node", "-E", "http.port=" + strconv.Itoa(port), "-E", "transport.port=" + strconv.Itoa(transport),
		"-E", "network.host=127.0.0.1", "-E", "path.data=" + s.opened.Data, "-E", "path.logs=" + filepath.Join(dir, "logs"), "-E", "path.repo=" + s.opened.Repo,
		"-E", "cluster.routing.allocation.disk.threshold_enabled=false", "-E", "action.destructive_requires_name=false", "-E", "cluster.max_shards_per_node=5000",
	}, args...))
}

// searchKeeper runs the server, which starts a child.
func searchKeeper() string { return kept("kill -TERM $pid; pkill -KILL -P $pid") }

func (s *searchServer) run(dir string, env, args []string) error {
	cmd := exec.Command("/bin/sh", append([]string{"-c", searchKeeper(), "keeper"}, args...)...)
	cmd.Env = append(os.Environ(), append(env, "KEEP="+dir)...)
	paths := []string{dir}
	err := filepath.WalkDir(dir, func(path string, _ os.DirEntry, err error) error {
		paths = append(paths, path)
		return err
	})
	if err == nil {
		err = unprivileged(cmd, paths...)
	}
	if err != nil {
		return err
	}
	s.keep, err = hold(cmd, dir, s.ready)
	return err
}

func (s *searchServer) ready(k *keep) error {
	return k.until(12000, 50*time.Millisecond, func() error {
		text, err := s.opened.Try("GET", "/_cluster/health?wait_for_status=yellow&wait_for_no_initializing_shards=true&timeout=30s", "")
		if err == nil && !bytes.Contains(text, []byte(`"timed_out":false`)) {
			err = errors.New("not ready")
		}
		return err
	})
}

// remove deletes the test's indexes.
func (s Search) remove() {
	text, err := s.Try("GET", "/_resolve/index/"+s.Prefix+"*?expand_wildcards=all", "")
	var found struct {
		Indices []struct{ Name string }
	}
	if err != nil || json.Unmarshal(text, &found) != nil {
		return
	}
	for part := range slices.Chunk(found.Indices, 20) {
		var names []string
		for _, i := range part {
			names = append(names, i.Name)
		}
		_, _ = s.Try("DELETE", "/"+strings.Join(names, ",")+"?expand_wildcards=all", "")
	}
}

// Do asks the server, as its administrator; an answer of 400 and more ends the test.
func (s Search) Do(t testing.TB, method, path, body string) []byte {
	t.Helper()
	text, err := s.Try(method, path, body)
	if err != nil {
		t.Fatalf("%s %s: %v", method, path, err)
	}
	return text
}

// Try asks the server, as its administrator.
func (s Search) Try(method, path, body string) ([]byte, error) {
	u, err := url.Parse(s.URL + path)
	if err != nil {
		return nil, err
	}
	req := &http.Request{Method: method, URL: u, Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(strings.NewReader(body)), ContentLength: int64(len(body))}
	if s.User != "" {
		req.SetBasicAuth(s.User, s.Password)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode >= 400 {
		err = fmt.Errorf("status %d: %s", resp.StatusCode, text[:min(len(text), 600)])
	}
	return text, err
}
