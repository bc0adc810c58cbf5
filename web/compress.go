package web

import (
	"compress/gzip"
	"net/http"
	"slices"
	"strings"
	"sync"

	"github.com/gin-gonic/gin"
)

// compressed are the types of answers that become smaller. A stream of events is none of them: it has to arrive as it is written.
var compressed = []string{"text/html", "text/css", "text/javascript", "text/csv", "application/json", "application/problem+json", "application/yaml", "application/x-ndjson", "image/svg+xml"}

// enough is the size from which an answer is worth it.
const enough = 1000

// zips are writers to be used again: each holds a window of its own.
var zips = sync.Pool{New: func() any { w, _ := gzip.NewWriterLevel(nil, gzip.BestSpeed); return w }}

// compress sends answers compressed to whoever takes that. What is looked up of values (an answer to a POST) is sent as it is: its size beside what somebody typed says nothing then.
func (s *Server) compress(c *gin.Context) {
	if c.Request.Method != http.MethodGet || !takesGzip(c.GetHeader("Accept-Encoding")) {
		c.Next()
		return
	}
	w := &zipped{ResponseWriter: c.Writer}
	c.Writer = w
	defer w.end()
	c.Next()
}

func takesGzip(accept string) bool {
	for part := range strings.SplitSeq(accept, ",") {
		name, q, _ := strings.Cut(part, ";")
		if n := strings.ToLower(strings.TrimSpace(name)); (n == "gzip" || n == "*") && !slices.Contains([]string{"q=0", "q=0.0", "q=0.00", "q=0.000"}, strings.ReplaceAll(q, " ", "")) {
			return true
		}
	}
	return false
}

// zipped decides at the first write whether it compresses: by the type, the status, and how much is written at once.
type zipped struct {
	gin.ResponseWriter
	to      *gzip.Writer
	decided bool
}

func (w *zipped) Write(b []byte) (int, error) {
	if !w.decided {
		w.decide(len(b))
	}
	if w.to == nil {
		return w.ResponseWriter.Write(b)
	}
	return w.to.Write(b)
}

// WriteString writes text.
func (w *zipped) WriteString(s string) (int, error) { return w.Write([]byte(s)) }

func (w *zipped) decide(first int) {
	w.decided = true
	h := w.Header()
	name, _, _ := strings.Cut(h.Get("Content-Type"), ";")
	if !slices.Contains(compressed, name) {
		return
	}
	h.Add("Vary", "Accept-Encoding")
	if first < enough || h.Get("Content-Encoding") != "" || w.Status() == http.StatusNoContent || w.Status() == http.StatusNotModified {
		return
	}
	h.Set("Content-Encoding", "gzip")
	h.Del("Content-Length")
	w.to, _ = zips.Get().(*gzip.Writer)
	w.to.Reset(w.ResponseWriter)
}

// Unwrap gives the writer beneath, for those who set deadlines.
func (w *zipped) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// Flush sends on what was written so far.
func (w *zipped) Flush() {
	if w.to != nil {
		_ = w.to.Flush() // a client that is gone is no error of ours
	}
	w.ResponseWriter.Flush()
}

func (w *zipped) end() {
	if w.to != nil {
		_ = w.to.Close()
		zips.Put(w.to)
		w.to = nil
	}
}
