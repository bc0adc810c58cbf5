package elasticsearch

import (
	"bytes"
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/elastic/elastic-transport-go/v8/elastictransport"

	"vestige/connectors"
	"vestige/internal/clock"
	"vestige/internal/errkind"
)

const (
	attempts  = 6         // of a call that only reads
	bodyLimit = 128 << 20 // of one answer
	pageLimit = 32 << 20  // of one with several documents
)

// errTooLarge says that an answer is larger than bodyLimit; a smaller page is asked for.
var errTooLarge = errkind.Coded(errkind.Unsupported, "answer-too-large", "an answer of the cluster is too large to be taken in")

// client speaks with the cluster. It knows calls and errors, and nothing of documents.
type client struct {
	transport *elastictransport.Client
	http      *http.Transport
	limit     time.Duration // of one call, unless it says otherwise

	mu      sync.Mutex
	product product
}

// product is what answers.
type product struct {
	known      bool
	opensearch bool
	version    string
}

// dial prepares the client; nothing is connected yet.
func dial(env connectors.Env, cfg connectors.Config) (*client, error) {
	limit, err := time.ParseDuration(cmp.Or(cfg["timeout"].Reveal(), "60s"))
	if err != nil || limit <= 0 {
		return nil, errkind.New(errkind.Invalid, "the option timeout is no duration like 60s")
	}
	t := &http.Transport{
		Proxy: http.ProxyFromEnvironment, MaxIdleConnsPerHost: 16, IdleConnTimeout: 90 * time.Second, TLSHandshakeTimeout: 10 * time.Second,
		DisableCompression: !yes(cfg["compress"].Reveal()), // unpacking costs three times of what reading does
		ForceAttemptHTTP2:  false,
	}
	if file := cfg["ca"].Reveal(); file != "" {
		if !filepath.IsAbs(file) {
			file = filepath.Join(env.Base, file)
		}
		pem, err := os.ReadFile(file)
		pool := x509.NewCertPool()
		if err != nil || !pool.AppendCertsFromPEM(pem) {
			return nil, errkind.New(errkind.Invalid, "the option ca names no file with certificates")
		}
		t.TLSClientConfig = &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}
	}
	var urls []*url.URL
	for text := range strings.SplitSeq(cfg["url"].Reveal(), ",") {
		u, err := url.Parse(strings.TrimRight(strings.TrimSpace(text), "/"))
		if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
			return nil, errkind.New(errkind.Invalid, "the option url is no address like https://search.example.com:9200")
		}
		urls = append(urls, u)
	}
	// The transport would send a bulk four times within a millisecond where a connection breaks: what is tried again is decided here.
	options := []elastictransport.Option{
		elastictransport.WithURLs(urls...), elastictransport.WithTransport(t), elastictransport.WithDisableRetry(), elastictransport.WithUserAgent("vestige"),
	}
	if user := cfg["user"].Reveal(); user != "" {
		options = append(options, elastictransport.WithBasicAuth(user, cfg["password"].Reveal()))
	}
	if key := cfg["api_key"].Reveal(); key != "" {
		options = append(options, elastictransport.WithAPIKey(key))
	}
	tr, err := elastictransport.NewClient(options...)
	if err != nil {
		return nil, errkind.New(errkind.Invalid, "the options do not make a client")
	}
	return &client{transport: tr, http: t, limit: limit}, nil
}

func yes(s string) bool {
	switch strings.ToLower(s) {
	case "yes", "true", "on", "1":
		return true
	}
	return false
}

func (c *client) close() { c.http.CloseIdleConnections() }

// call is one request.
type call struct {
	method string
	path   string
	body   []byte
	once   bool          // it writes: a failure is not tried again, but looked at
	lines  bool          // the body is NDJSON
	into   *bytes.Buffer // for the answer, in place of a new one
	most   int64         // bytes of the answer; 0 for bodyLimit
	limit  time.Duration // in place of the client's

	check func(body []byte) error // says whether an answer of status 200 is one
}

// at makes a path of segments, each escaped.
func at(segments ...string) string {
	var b strings.Builder
	for _, s := range segments {
		b.WriteString("/" + strings.ReplaceAll(url.PathEscape(s), "%2C", ","))
	}
	return b.String()
}

// do makes a call and gives the answer's body.
func (c *client) do(ctx context.Context, q call) ([]byte, error) {
	began := clock.Now()
	for n := 1; ; n++ {
		body, err := c.try(ctx, q)
		if err == nil || ctx.Err() != nil || q.once || n == attempts || clock.Since(began) > max(c.limit, q.limit) || errkind.Of(err) != errkind.Transient {
			return body, err
		}
		if err := pause(ctx, n); err != nil {
			return nil, err
		}
	}
}

// pause waits before another attempt, each time twice as long.
func pause(ctx context.Context, n int) error {
	return clock.Wait(ctx, time.Duration(50<<n+rand.IntN(100))*time.Millisecond)
}

// get is do, decoded.
func (c *client) get(ctx context.Context, path string, into any) error {
	body, err := c.do(ctx, call{method: http.MethodGet, path: path})
	if err != nil {
		return err
	}
	return decoded(body, into)
}

func decoded(body []byte, into any) error {
	if json.Unmarshal(body, into) != nil {
		return errkind.New(errkind.Internal, "an answer of the cluster is not what was expected")
	}
	return nil
}

func (c *client) try(ctx context.Context, q call) ([]byte, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	limit := q.limit
	if limit == 0 {
		limit = c.limit
	}
	inner, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	req, err := http.NewRequestWithContext(inner, q.method, q.path, bytes.NewReader(q.body))
	if err != nil {
		return nil, errkind.New(errkind.Invalid, "a name does not make a path")
	}
	req.Header.Set("Content-Type", map[bool]string{false: "application/json", true: "application/x-ndjson"}[q.lines])
	resp, err := c.transport.Perform(req)
	if err != nil {
		return nil, unanswered(ctx, err)
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := q.taken(resp)
	if err != nil {
		if errors.Is(err, errTooLarge) {
			return nil, err
		}
		return nil, unanswered(ctx, err)
	}
	c.meet(resp.Header, nil)
	switch {
	case resp.StatusCode >= 400:
		return nil, refusal(resp.StatusCode, body)
	case q.check != nil:
		return body, q.check(body)
	}
	return body, nil
}

// taken reads an answer, in bounded memory.
func (q call) taken(resp *http.Response) ([]byte, error) {
	room, most := q.into, cmp.Or(q.most, bodyLimit)
	if room == nil {
		room = new(bytes.Buffer)
	}
	room.Reset()
	room.Grow(int(max(0, min(resp.ContentLength, most))) + bytes.MinRead)
	_, err := room.ReadFrom(io.LimitReader(resp.Body, most+1))
	if err == nil && int64(room.Len()) > most {
		err = errTooLarge
	}
	return room.Bytes(), err
}

// unanswered gives the error of a call that had no answer. The library's own text may hold the address with what was asked.
func unanswered(ctx context.Context, err error) error {
	var authority x509.UnknownAuthorityError
	var host x509.HostnameError
	var expired x509.CertificateInvalidError
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.As(err, &authority), errors.As(err, &host), errors.As(err, &expired):
		return errkind.Coded(errkind.Invalid, "certificate", "the cluster's certificate is not trusted: see the option ca")
	}
	return errkind.Coded(errkind.Transient, "unreachable", "the cluster does not answer, or not in time")
}

// refused is what is kept of an answer that is an error: the reasons quote values and whole documents.
type refused struct {
	Type string `json:"type"`
	Root []struct {
		Type string `json:"type"`
	} `json:"root_cause"`
}

func typeOf(body []byte) string {
	var answer struct {
		Error json.RawMessage `json:"error"`
	}
	var e refused
	if json.Unmarshal(body, &answer) != nil || json.Unmarshal(answer.Error, &e) != nil {
		return ""
	}
	if len(e.Root) > 0 && e.Type == "search_phase_execution_exception" {
		return e.Root[0].Type
	}
	return e.Type
}

func refusal(status int, body []byte) error { return asError(status, typeOf(body)) }

// asError gives kind and text for a status and the type of an error.
func asError(status int, typ string) error {
	what := typ
	if strings.Trim(typ, "abcdefghijklmnopqrstuvwxyz_") != "" || typ == "" {
		what = "an error without a type"
	}
	switch {
	case typ == "cluster_block_exception":
		return errkind.Coded(errkind.Permission, codeBlocked, "the index is blocked for this (status %d)", status)
	case typ == "index_closed_exception":
		return errkind.Coded(errkind.Unsupported, gapClosed, "the index is closed")
	case status == 401 || status == 403:
		return errkind.New(errkind.Permission, "the cluster does not allow it (status %d, %s)", status, what)
	case status == 404:
		return errkind.New(errkind.NotFound, "the cluster does not have it (%s)", what)
	case status == 409:
		return errkind.New(errkind.Conflict, "the document has changed (%s)", what)
	case status == 429 || status >= 502 && status <= 504:
		return errkind.New(errkind.Transient, "the cluster is too busy, or a part of it is away (status %d, %s)", status, what)
	case status == 405 || status == 400 || status == 413:
		return errkind.New(errkind.Invalid, "the cluster refuses the request (status %d, %s)", status, what)
	}
	return errkind.New(errkind.Internal, "the cluster failed (status %d, %s)", status, what)
}

// meet learns from an answer what answers.
func (c *client) meet(h http.Header, p *product) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case p != nil:
		c.product = *p
	case h.Get("X-Elastic-Product") == "Elasticsearch":
		c.product.known = true
	}
}

// who gives what answers. Elasticsearch says so with each answer, OpenSearch in that of its root.
func (c *client) who(ctx context.Context) (product, error) {
	c.mu.Lock()
	p := c.product
	c.mu.Unlock()
	if p.known {
		return p, nil
	}
	var root struct {
		Version struct{ Distribution, Number string }
	}
	err := c.get(ctx, "/", &root)
	c.mu.Lock()
	p = c.product
	c.mu.Unlock()
	switch {
	case p.known: // by the header, whatever the answer was
		return p, nil
	case err != nil:
		return p, err
	case root.Version.Distribution == "opensearch":
		p = product{known: true, opensearch: true, version: root.Version.Number}
		c.meet(nil, &p)
		return p, nil
	}
	return p, errkind.New(errkind.Unsupported, "what answers is neither Elasticsearch nor OpenSearch")
}
