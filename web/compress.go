package web

import (
	"net/http"

	"github.com/klauspost/compress/gzhttp"
	"github.com/klauspost/compress/gzip"

	"vestige/internal/errkind"
)

// compressed are the types of answers that become smaller. A stream of events is none of them: it has to arrive as it is written.
var compressed = []string{"text/html", "text/css", "text/javascript", "text/csv", "application/json", "application/problem+json", "application/yaml", "application/x-ndjson", "image/svg+xml"}

// padding is up to how many bytes an answer is longer than it has to be, depending on how it begins. A page holds no token, but beside what an address asked for it
// holds names of the estate, and who sees nothing but sizes is told less of them.
const padding = 32

// compress sends what somebody asks for by GET compressed to whoever takes that. What is looked up of values (an answer to a POST) is sent as it is: its size
// beside what somebody typed says nothing then.
func compress(all http.Handler) (http.Handler, error) {
	wrap, err := gzhttp.NewWrapper(gzhttp.ContentTypes(compressed), gzhttp.CompressionLevel(gzip.BestSpeed), gzhttp.EnableZstd(false), gzhttp.RandomJitter(padding, 0, false))
	if err != nil {
		return nil, errkind.Wrap(errkind.Internal, err, "compress answers")
	}
	small := wrap(all)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet {
			small(w, r)
			return
		}
		all.ServeHTTP(w, r)
	}), nil
}
