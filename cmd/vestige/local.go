package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"vestige/internal/app"
	"vestige/internal/errkind"
	"vestige/store"
)

// endpoint is where a running serve takes command lines from, as it stands in the data directory, for its owner alone.
type endpoint struct {
	Address string `json:"address"`
	Token   string `json:"token"`
}

const endpointFile = "endpoint.json"

// remote is a command line for another process.
type remote struct {
	Args   []string `json:"args"`
	Dir    string   `json:"dir"`
	By     string   `json:"by"`
	TTY    bool     `json:"tty"`
	Colour bool     `json:"colour"`
	Width  int      `json:"width"`
	Input  []byte   `json:"input,omitempty"`
}

// frame is a piece of what a remote command line writes; the last one has its exit code.
type frame struct {
	Out  []byte `json:"out,omitempty"`
	Err  []byte `json:"err,omitempty"`
	Code *int   `json:"code,omitempty"`
}

// beside has the holder of the data directory carry the command line out, where it is a serve; otherwise it names the holder.
func (c *call) beside(held *store.HeldError) int {
	c.clear()
	b, err := os.ReadFile(filepath.Join(held.Dir, endpointFile))
	var e endpoint
	if err != nil || json.Unmarshal(b, &e) != nil || slices.Contains(c.args, "serve") {
		return c.fail(held, exitFailed)
	}
	code, err := c.forward(e)
	if err != nil {
		return c.fail(errkind.New(errkind.Transient, "%s, and cannot be reached: %v", held.Error(), err), exitFailed)
	}
	return code
}

func (c *call) forward(e endpoint) (int, error) {
	r := remote{Args: c.args, Dir: c.dir, By: c.by(), TTY: c.tty, Colour: c.colour, Width: c.width}
	if slices.Contains(c.args, "-") || slices.Contains(c.args, "suppressed") || slices.ContainsFunc(c.args, func(a string) bool { return strings.HasSuffix(a, "=-") }) {
		in, err := io.ReadAll(io.LimitReader(c.in, 64<<20))
		if err != nil {
			return 0, err
		}
		r.Input = in
	}
	body, err := json.Marshal(r)
	if err != nil {
		return 0, err
	}
	req, err := http.NewRequestWithContext(c.ctx, http.MethodPost, "http://"+e.Address+"/local/run", bytes.NewReader(body))
	if err != nil {
		return 0, err
	}
	req.Header.Set("Authorization", "Bearer "+e.Token)
	res, err := (&http.Client{Transport: &http.Transport{Proxy: nil}}).Do(req)
	if err != nil {
		return 0, errors.New("no answer at " + e.Address)
	}
	defer func() { _ = res.Body.Close() }()
	if res.StatusCode != http.StatusOK {
		return 0, errors.New(res.Status)
	}
	return c.copyFrames(res.Body)
}

func (c *call) copyFrames(r io.Reader) (int, error) {
	d := json.NewDecoder(r)
	for {
		var f frame
		if err := d.Decode(&f); err != nil {
			return 0, errors.New("it went away in the middle")
		}
		_, _ = c.out.Write(f.Out)
		_, _ = c.err.Write(f.Err)
		if f.Code != nil {
			return *f.Code, nil
		}
	}
}

// local serves command lines of this machine's user over loopback, guarded by a token.
type local struct {
	app   *app.App
	token string
}

// listenLocal opens the endpoint and writes where it is. The function given back takes it away.
func listenLocal(ctx context.Context, a *app.App) (func(), error) {
	secret := make([]byte, 32)
	_, _ = rand.Read(secret)
	l := &local{app: a, token: hex.EncodeToString(secret)}
	ln, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, errkind.Wrap(errkind.Permission, err, "open the local endpoint")
	}
	file := filepath.Join(a.Config.Data, endpointFile)
	text, err := json.Marshal(endpoint{ln.Addr().String(), l.token})
	if err == nil {
		_ = os.Remove(file)
		err = os.WriteFile(file, text, 0o600)
	}
	if err != nil {
		_ = ln.Close()
		return nil, errkind.Wrap(errkind.Permission, err, "write where the local endpoint is")
	}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /local/run", l.run)
	srv := &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second}
	go func() { _ = srv.Serve(ln) }()
	return func() {
		_ = os.Remove(file)
		ctx, stop := context.WithTimeout(context.Background(), 5*time.Second)
		defer stop()
		if srv.Shutdown(ctx) != nil {
			_ = srv.Close()
		}
	}, nil
}

func (l *local) run(w http.ResponseWriter, r *http.Request) {
	token := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
	if subtle.ConstantTimeCompare([]byte(token), []byte(l.token)) != 1 || r.Header.Get("Origin") != "" {
		http.Error(w, "no such right", http.StatusUnauthorized)
		return
	}
	var in remote
	d := json.NewDecoder(http.MaxBytesReader(w, r.Body, 128<<20))
	d.DisallowUnknownFields()
	if err := d.Decode(&in); err != nil || !filepath.IsAbs(in.Dir) {
		http.Error(w, "not a command line", http.StatusBadRequest)
		return
	}
	out := &framer{to: json.NewEncoder(w), flush: http.NewResponseController(w).Flush}
	c := &call{ctx: r.Context(), in: bytes.NewReader(in.Input), dir: in.Dir, args: in.Args, tty: in.TTY, colour: in.Colour, width: in.Width, shared: l.app, user: in.By,
		out: writer(func(b []byte) { out.send(frame{Out: b}) }), err: writer(func(b []byte) { out.send(frame{Err: b}) })}
	code := l.carry(c)
	out.send(frame{Code: &code})
}

// carry keeps a panic of one command from taking the others along.
func (l *local) carry(c *call) (code int) {
	defer func() {
		if r := recover(); r != nil {
			_, _ = fmt.Fprintln(c.err, "vestige: internal error")
			l.app.Log.Error("a command panicked")
			code = exitFailed
		}
	}()
	return run(c)
}

// framer writes frames, one line each.
type framer struct {
	mu    sync.Mutex
	to    *json.Encoder
	flush func() error
}

func (f *framer) send(x frame) {
	f.mu.Lock()
	defer f.mu.Unlock()
	_ = f.to.Encode(x)
	_ = f.flush()
}

// writer is a function as an io.Writer.
type writer func([]byte)

// Write passes the bytes on.
func (w writer) Write(b []byte) (int, error) {
	w(b)
	return len(b), nil
}
