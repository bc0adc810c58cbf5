package web

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"
)

// How often what is watched is looked at, how often a silent stream says that it lives, and how long one lasts before the browser opens another.
const (
	liveLook = time.Second
	liveBeat = 15 * time.Second
	liveFor  = 30 * time.Minute
)

// stream sends an event whenever what tell gives is another than before, until the browser goes away or it is over.
func (s *Server) stream(c *gin.Context, tell func(context.Context) (state string, over bool, err error)) {
	ctx, stop := context.WithTimeout(c.Request.Context(), liveFor)
	defer stop()
	rc := http.NewResponseController(c.Writer)
	_ = rc.SetWriteDeadline(time.Time{}) // a writer without deadlines has none to take off
	c.Header("Content-Type", "text/event-stream")
	c.Header("X-Accel-Buffering", "no")
	c.Status(http.StatusOK)
	t := time.NewTicker(liveLook)
	defer t.Stop()
	last, quiet := c.GetHeader("Last-Event-ID"), liveBeat // it says at once that it lives
	for {
		state, over, err := tell(ctx)
		if err != nil {
			return
		}
		switch {
		case state != last:
			_, _ = fmt.Fprintf(c.Writer, "id: %s\ndata: %s\n\n", state, state) // a client that is gone ends the context
			last, quiet = state, 0
		case quiet >= liveBeat:
			_, _ = fmt.Fprint(c.Writer, ": still here\n\n")
			quiet = 0
		}
		_ = rc.Flush()
		if over {
			return
		}
		select {
		case <-ctx.Done():
			return
		case <-s.ending:
			return
		case <-t.C:
			quiet += liveLook
		}
	}
}

// requestEvents tells when a request or its plan has moved.
func (s *Server) requestEvents(c *gin.Context) {
	id := c.Param("id")
	if _, err := s.svc.Requests.Show(c.Request.Context(), id); err != nil {
		s.fail(c, err)
		return
	}
	s.stream(c, func(ctx context.Context) (string, bool, error) { return s.requestState(ctx, id) })
}

func (s *Server) requestState(ctx context.Context, id string) (string, bool, error) {
	r, err := s.svc.Requests.Show(ctx, id)
	if err != nil {
		return "", true, err
	}
	entries := int64(0)
	if p, perr := s.planner(); perr == nil && r.Plan != "" {
		all, err := p.Journal(ctx, r.Plan)
		if err != nil {
			return "", true, err
		}
		if n := len(all); n > 0 {
			entries = all[n-1].N
		}
	}
	return fmt.Sprintf("%s.%d.%d", r.State, r.Updated, entries), r.State.Terminal(), nil
}
