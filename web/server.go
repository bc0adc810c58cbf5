// Package web shows the catalog to people and to programs: pages that work without any script, and beside each list a JSON and a CSV twin.
//
// New takes a Config and the Services that it shows; nothing else of the program is known here, and no service knows gin. There is one file per
// resource: page_dataset.go has the routes of the dataset's pages at the top, then handlers, then what its template is given; api_dataset.go
// answers the same question as JSON. Both call the same service and share no format switch. Templates and static files are embedded.
//
// Every route stands in one table with the right that it needs (routes.go), and who has which right stands in another (accounts.Grants): a route
// without a right cannot be registered. Every change is a plain form that works without a script, answered by a redirect; a form that another
// site sends is refused, as is a request whose Host is not one of ours. Without TLS the interface is served on loopback alone. No page, log line
// or problem holds a value of anybody's data; what a person typed is repeated in her own form and nowhere else.
package web

import (
	"context"
	"crypto/tls"
	"embed"
	"errors"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/gin-gonic/gin"

	"vestige/accounts"
	"vestige/audit"
	"vestige/catalog"
	"vestige/classifiers"
	"vestige/connectors"
	"vestige/internal/db"
	"vestige/internal/errkind"
	"vestige/requests"
	"vestige/watch"
)

//go:embed templates static
var assets embed.FS

// Config is how the server presents itself.
type Config struct {
	// Hosts are the names under which it is reached besides those of loopback, without a port.
	Hosts []string
	// TLS is the certificate it is served with; without one it is served on loopback alone.
	TLS *tls.Config
	// Version is shown to people.
	Version string
	// Notice is a line above every page ("Demo: synthetic people"); empty for none.
	Notice string
	// Anonymous is what one may do who has not signed in. It is for a demo on loopback; otherwise nobody may do anything.
	Anonymous []accounts.Role
	// Assets are templates and static files to be read at each request instead of the embedded ones, for those who work on them.
	Assets fs.FS
	// Log gets one line for each request: the route, never the address with what was asked.
	Log *slog.Logger
}

// Services is what is shown. What is nil is left out, and the page says so.
type Services struct {
	Catalog  *catalog.Catalog
	DB       db.DB             // of the units of work in which people decide
	Audit    *audit.Log        // gets every act and every refusal
	Accounts *accounts.Service // nil where nobody can sign in
	Plans    Plans
	Requests *requests.Service
	Watch    *watch.Service // nil where scans are looked at alone
	// Later has the plan of a request carried out by whoever works on the store.
	Later func(ctx context.Context, request string) error
	// Relate works out what follows from decisions: references between fields of one kind. It is called after they are made, once for many.
	Relate     func(context.Context) error
	Connectors []connectors.Spec
	// Source gives the connection to a source, nil where there is none; without it no value can be revealed.
	Source      func(name string) *connectors.Source
	Classifiers []classifiers.Classifier
	// Base is the folder that relative paths of a new source start from.
	Base string
	// AddSource writes a new source into the configuration and has it served; nil where that is not possible. It returns before the source is there.
	AddSource func(ctx context.Context, by, name, connector string, options map[string]string) error
	// Local answers everything under /local/, by any method: the endpoint of commands that run beside a server. It guards itself.
	Local http.Handler
}

// Server is the web interface. It is safe for concurrent use.
type Server struct {
	cfg     Config
	svc     Services
	engine  *gin.Engine
	handler http.Handler // the engine, whose answers are compressed
	table   []route
	pages   *renderer
	cross   *http.CrossOriginProtection
	nobody  strangers

	ending  chan struct{} // closed when the server ends, so that streams end too
	decided chan struct{} // something was decided, and what follows is not worked out yet
	graphs  graphs
}

// New makes a server. It is not reached before Serve, or through Handler.
func New(cfg Config, svc Services) (*Server, error) {
	if svc.Catalog == nil {
		return nil, errkind.New(errkind.Invalid, "the web interface needs a catalog")
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	s := &Server{cfg: cfg, svc: svc, cross: http.NewCrossOriginProtection(), decided: make(chan struct{}, 1), ending: make(chan struct{})}
	var err error
	if s.pages, err = newRenderer(cfg.Assets); err != nil {
		return nil, err
	}
	gin.SetMode(gin.ReleaseMode)
	s.engine = gin.New()
	s.engine.HandleMethodNotAllowed = true
	s.engine.RedirectTrailingSlash = false
	s.engine.Use(s.identify, s.record, s.recover, s.secure, s.ours, s.samePlace, s.bounded, s.who)
	s.engine.NoRoute(s.notFound)
	s.engine.NoMethod(s.notAllowed)
	s.routes()
	s.handler, err = compress(s.engine)
	return s, err
}

// local hands over to the endpoint of commands, whose work may take as long as a scan does.
func (s *Server) local(c *gin.Context) {
	rc := http.NewResponseController(c.Writer)
	_ = rc.SetReadDeadline(time.Time{}) // a writer without deadlines has none to take off
	_ = rc.SetWriteDeadline(time.Time{})
	s.svc.Local.ServeHTTP(c.Writer, c.Request)
}

// warm reads into memory what searches and pictures need, so that nobody waits for it.
func (s *Server) warm(ctx context.Context) {
	err := s.svc.Catalog.Warm(ctx)
	if err == nil {
		_, err = s.graph(ctx)
	}
	if err != nil && ctx.Err() == nil {
		s.cfg.Log.Warn("reading ahead failed: the page that needs it reads anew", "kind", errkind.Of(err).String(), "code", errkind.Code(err))
	}
}

// Handler gives the whole interface, for tests and for servers of one's own.
func (s *Server) Handler() http.Handler { return s.handler }

// Listen opens an address for Serve; without TLS it must be one of loopback.
func Listen(ctx context.Context, cfg Config, addr string) (net.Listener, error) {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", addr)
	if err != nil {
		return nil, errkind.Wrap(errkind.Conflict, err, "listen")
	}
	if tcp, ok := l.Addr().(*net.TCPAddr); cfg.TLS == nil && (!ok || !tcp.IP.IsLoopback()) {
		_ = l.Close()
		return nil, errkind.Coded(errkind.Invalid, "not-loopback", "without TLS the interface is served on loopback alone, for example on 127.0.0.1:7420")
	}
	if cfg.TLS != nil {
		l = tls.NewListener(l, cfg.TLS)
	}
	return l, nil
}

// Serve answers on a listener of Listen until the context ends, then lets requests that are under way finish.
func (s *Server) Serve(ctx context.Context, l net.Listener) error {
	srv := &http.Server{
		Handler: s.handler, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 30 * time.Second, WriteTimeout: 2 * time.Minute, IdleTimeout: time.Minute,
		MaxHeaderBytes: 64 << 10, ErrorLog: slog.NewLogLogger(slog.DiscardHandler, slog.LevelError),
	}
	done := make(chan error, 1)
	go func() { done <- srv.Serve(l) }()
	work, stop := context.WithCancel(ctx)
	var all sync.WaitGroup
	all.Go(func() { s.warm(work) })
	all.Go(func() { s.follow(work) })
	all.Go(func() { s.follows(work) })
	defer all.Wait()
	defer stop()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
	}
	close(s.ending)
	end, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	if srv.Shutdown(end) != nil {
		_ = srv.Close()
	}
	if err := <-done; !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}
