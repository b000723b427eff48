package sim

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// call is one request on its way through the simulator.
type call struct {
	ctx    context.Context
	method string
	path   string // escaped, without the /api alias
	vars   []string
	query  url.Values
	header http.Header
	host   string
	body   []byte
	serial int64 // how many requests there were before
	now    int64 // virtual milliseconds
	route  *route
}

// sec is the virtual time in Unix seconds.
func (c *call) sec() int64 { return c.now / 1000 }

// id is the i-th variable of the path as a number.
func (c *call) id(i int) (int64, bool) {
	n, err := strconv.ParseInt(c.vars[i], 10, 64)
	return n, err == nil
}

// reply is an answer before it goes onto the wire.
type reply struct {
	status int
	body   []byte
	kind   string // content type; JSON when empty
	header [][2]string
	delay  time.Duration
	hang   bool
	reset  bool // the connection breaks half-way through the body
}

func ok(body []byte) *reply { return &reply{status: http.StatusOK, body: body} }

func (r *reply) with(key, value string) *reply {
	r.header = append(r.header, [2]string{key, value})
	return r
}

// setHeader writes the headers that the API sends. There is no ETag, no request
// id, and no sign of the rate limit on an ordinary answer.
func (r *reply) setHeader(h http.Header) {
	kind := r.kind
	if kind == "" {
		kind = "application/json; charset=utf-8"
	}
	h.Set("Content-Type", kind)
	h.Set("Cache-Control", "must-revalidate,no-cache,no-store")
	h.Set("Pragma", "no-cache")
	h.Set("Expires", "0")
	h.Set("Via", "1.1 google")
	h.Set("Strict-Transport-Security", "max-age=31536000")
	h.Set("X-Frame-Options", "SAMEORIGIN")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "strict-origin-when-cross-origin")
	h.Set("Access-Control-Allow-Origin", "https://fly.customer.io")
	for _, kv := range r.header {
		h.Set(kv[0], kv[1])
	}
}

// maxBody is the largest request body read: above what any endpoint takes.
const maxBody = 32 << 20

var errBodyTooLarge = errors.New("the request body exceeds 32 MB")

func readBody(body io.ReadCloser) ([]byte, error) {
	if body == nil {
		return nil, nil
	}
	defer body.Close()
	b, err := io.ReadAll(io.LimitReader(body, maxBody+1))
	if err == nil && len(b) > maxBody {
		err = errBodyTooLarge
	}
	return b, err
}

// ServeHTTP answers the App API under /v1 (and its alias /v1/api), and the admin
// endpoints.
func (s *Sim) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := readBody(r.Body)
	if err != nil {
		http.Error(w, "request body: "+err.Error(), http.StatusBadRequest)
		return
	}
	p := s.answer(r.Context(), r, body)
	if s.hold(r.Context(), p) != nil {
		panic(http.ErrAbortHandler) // nobody is there any more
	}
	p.setHeader(w.Header())
	w.WriteHeader(p.status)
	if p.reset {
		w.Write(p.body[:len(p.body)/2])
		_ = http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	}
	if len(p.body) == 0 {
		return
	}
	// Flushing in the middle makes the body chunked, like the API's.
	w.Write(p.body[:1])
	_ = http.NewResponseController(w).Flush() // who cannot flush sends it in one piece
	w.Write(p.body[1:])
}

// hold waits as long as the answer is late, or until the caller gives up.
func (s *Sim) hold(ctx context.Context, p *reply) error {
	if p.hang {
		<-ctx.Done()
		return ctx.Err()
	}
	if p.delay <= 0 {
		return ctx.Err()
	}
	t := time.NewTimer(p.delay)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}

// Transport answers requests in the process, without sockets, so that it works
// inside a testing/synctest bubble. A hanging answer lasts until the request's
// context ends.
func (s *Sim) Transport() http.RoundTripper { return transport{s} }

type transport struct{ s *Sim }

func (t transport) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := readBody(r.Body)
	if err != nil {
		return nil, fmt.Errorf("read the request body: %w", err)
	}
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	p := t.s.answer(r.Context(), r, body)
	if err := t.s.hold(r.Context(), p); err != nil {
		return nil, err
	}
	res := &http.Response{
		Status: strconv.Itoa(p.status) + " " + http.StatusText(p.status), StatusCode: p.status,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Header: http.Header{},
		ContentLength: -1, TransferEncoding: []string{"chunked"}, Request: r,
	}
	p.setHeader(res.Header)
	sent := &answerBody{ctx: r.Context(), rest: p.body}
	if p.reset {
		sent.rest = p.body[:len(p.body)/2]
		sent.end = &net.OpError{Op: "read", Net: "tcp", Err: syscall.ECONNRESET}
	}
	res.Body = sent
	return res, nil
}

// answerBody is a response body that ends with the request's context, as one from
// a connection does.
type answerBody struct {
	ctx  context.Context
	rest []byte
	end  error
}

func (b *answerBody) Read(p []byte) (int, error) {
	if err := b.ctx.Err(); err != nil {
		return 0, err
	}
	if len(b.rest) == 0 {
		if b.end != nil {
			return 0, b.end
		}
		return 0, io.EOF
	}
	n := copy(p, b.rest)
	b.rest = b.rest[n:]
	return n, nil
}

func (b *answerBody) Close() error { return nil }

// answer takes a request through fault, key, limit, route and handler.
func (s *Sim) answer(ctx context.Context, r *http.Request, body []byte) *reply {
	c := &call{ctx: ctx, method: r.Method, path: r.URL.EscapedPath(), query: r.URL.Query(), header: r.Header, host: r.Host, body: body}
	if c.host == "" {
		c.host = r.URL.Host
	}
	if !strings.HasPrefix(c.path, "/v1/") {
		return s.admin(c)
	}
	if rest, ok := strings.CutPrefix(c.path, "/v1/api/"); ok {
		c.path = "/v1/" + rest
	}
	found := c.find()
	c.serial = s.traffic.note(c)
	s.mu.Lock()
	c.now = s.settle()
	s.mu.Unlock()

	strike := s.strike(c)
	p := strike.instead(c, &s.gate)
	if p == nil {
		p = s.admit(c)
	}
	if p == nil {
		p = found
	}
	if p == nil {
		p = s.handle(c)
	}
	if p.status == http.StatusTooManyRequests {
		s.traffic.limited()
	}
	strike.spoil(c, p)
	p.delay += s.o.Latency
	return p
}

// handle runs the handler under the lock that it needs.
func (s *Sim) handle(c *call) *reply {
	if c.method == http.MethodGet && !c.route.alone {
		s.mu.RLock()
		defer s.mu.RUnlock()
	} else {
		s.mu.Lock()
		defer s.mu.Unlock()
	}
	return c.route.do(s, c)
}

// admit checks region, key and scope, and then the limits.
func (s *Sim) admit(c *call) *reply {
	if c.route == nil {
		return nil
	}
	key, found := strings.CutPrefix(c.header.Get("Authorization"), "Bearer ")
	if s.o.wrongHost(c.host) || !found || key != s.o.Key {
		return &reply{status: http.StatusUnauthorized, body: []byte(`{"errors":[{"detail":"unauthorized (reference ` +
			c.reference() + `)","status":"401","code":"invalid_credentials"}]}`)}
	}
	for _, entity := range s.o.Forbidden {
		if entity == c.route.entity {
			if c.route.send() {
				return c.sendError(http.StatusForbidden, "this key may not send "+strings.TrimPrefix(entity, "transactional_")+" messages")
			}
			return c.fail(http.StatusForbidden, "forbidden: the key lacks the scope for this resource")
		}
	}
	return s.gate.pass(c)
}
