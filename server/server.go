package server

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"runtime"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/sync/semaphore"

	"ciomirror/catalog"
	"ciomirror/connector"
)

// Executor answers requests: a *connector.Connector.
type Executor interface {
	Execute(ctx context.Context, r connector.Request) (connector.Envelope, error)
}

// Mirror tells what there is to search.
type Mirror interface {
	// Status fails with ErrNotSynced while there is no mirror.
	Status(ctx context.Context) (Status, error)
}

// ErrNotSynced lies beneath an error of the Mirror or of the Executor when nothing
// was copied yet. It is answered with 400, not 503, which clients would retry.
var ErrNotSynced = errors.New("the mirror is empty")

// Options are the parts of a server.
type Options struct {
	Catalog   *catalog.Catalog
	Connector Executor
	Mirror    Mirror
	// Operators are those of the filter, for describe and the OpenAPI document.
	Operators []Operator
	Identity  Identity
	// Token is what callers must show; "" lets everybody in who can reach a loopback
	// address. It has at least MinToken characters.
	Token string
	// Hosts are names by which the server may be called, besides localhost.
	Hosts []string
	// Pages answers what nothing else does, MCP what is under /mcp: both behind the
	// guard. Nil means that there is none.
	Pages, MCP http.Handler
	// Collectors are metrics of what stands beside the server.
	Collectors []prometheus.Collector
	// Version of the program, for the document and the metrics.
	Version string
	// Now is the clock, Random the source of tokens and request ids.
	Now    func() time.Time
	Random io.Reader
	Log    *slog.Logger
}

// MinToken is the least length of a token. A shorter one can be guessed.
const MinToken = 16

func (o Options) validate() error {
	var faults []error
	fault := func(bad bool, text string) {
		if bad {
			faults = append(faults, errors.New(text))
		}
	}
	fault(o.Catalog == nil, "no Catalog")
	fault(o.Connector == nil, "no Connector")
	fault(o.Mirror == nil, "no Mirror")
	fault(o.Now == nil, "no clock (Now)")
	fault(o.Random == nil, "no source of randomness (Random)")
	fault(o.Log == nil, "no Log")
	fault(o.Identity.ConnectorID == "" || o.Identity.WorkspaceID == "" || o.Identity.OrganizationID == "" || o.Identity.Workspace == "", "no Identity")
	fault(o.Token != "" && len(o.Token) < MinToken, fmt.Sprintf("the token has less than %d characters", MinToken))
	return errors.Join(faults...)
}

// Server answers HTTP requests. It may be used from several goroutines.
type Server struct {
	o        Options
	tokens   tokens
	metrics  *metrics
	document []byte
	status   memory
	turns    chan struct{}       // held by searches under way
	bodies   *semaphore.Weighted // bytes of requests under way
	handler  http.Handler
}

// New makes a server that is not listening yet.
func New(o Options) (*Server, error) {
	if err := o.validate(); err != nil {
		return nil, fmt.Errorf("make a server: %w", err)
	}
	s := &Server{o: o, turns: make(chan struct{}, runtime.GOMAXPROCS(0)), bodies: semaphore.NewWeighted(MaxBodies)}
	var err error
	if s.tokens, err = newTokens(o.Token, o.Now, o.Random); err != nil {
		return nil, fmt.Errorf("make a server: %w", err)
	}
	s.metrics = newMetrics(s)
	routes := s.routes()
	if s.document, err = s.openAPI(routes); err != nil {
		return nil, fmt.Errorf("make the OpenAPI document: %w", err)
	}
	s.handler = s.guard(s.mux(routes))
	return s, nil
}

// Handler is everything that the server answers, guarded.
func (s *Server) Handler() http.Handler { return s.handler }

// The bounds of a connection. A request that is longer or slower is cut off, so that
// nobody can hold the server by asking.
const (
	maxHeader  = 64 << 10
	headerTime = 10 * time.Second
	readTime   = time.Minute       // the largest body, over a line of 4 Mbit/s
	writeTime  = 150 * time.Second // an answer and the work for it
	idleTime   = 2 * time.Minute
	stopTime   = 15 * time.Second // for answers under way when the server stops
)

// ErrOpen says that a server without a token is not to listen where others reach it.
var ErrOpen = errors.New("listening beyond this machine needs a token: whoever reaches the port could read the whole workspace")

// MayListen refuses an address that others reach when there is no token.
func (s *Server) MayListen(a net.Addr) error {
	if s.o.Token == "" && !onLoopback(a) {
		return ErrOpen
	}
	return nil
}

// Serve answers on a listener until the context ends; then it lets the answers under
// way come to an end. It closes the listener.
func (s *Server) Serve(ctx context.Context, l net.Listener) error {
	if err := s.MayListen(l.Addr()); err != nil {
		return errors.Join(err, l.Close())
	}
	// A request does not end because the server is told to stop.
	base := context.WithoutCancel(ctx)
	h := &http.Server{
		Handler:           s.handler,
		ReadHeaderTimeout: headerTime, ReadTimeout: readTime, WriteTimeout: writeTime, IdleTimeout: idleTime,
		MaxHeaderBytes: maxHeader,
		ErrorLog:       slog.NewLogLogger(s.o.Log.Handler(), slog.LevelDebug),
		BaseContext:    func(net.Listener) context.Context { return base },
	}
	ended := make(chan error, 1)
	go func() { ended <- h.Serve(l) }()
	select {
	case err := <-ended:
		return fmt.Errorf("serve: %w", err)
	case <-ctx.Done():
	}
	patience, cancel := context.WithTimeout(base, stopTime)
	defer cancel()
	if h.Shutdown(patience) != nil {
		_ = h.Close() // cut off what takes longer
	}
	if err := <-ended; !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serve: %w", err)
	}
	return nil
}

func onLoopback(a net.Addr) bool {
	p, err := netip.ParseAddrPort(a.String())
	return err == nil && p.Addr().Unmap().IsLoopback()
}
