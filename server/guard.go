package server

import (
	"encoding/hex"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"runtime/debug"
	"slices"
	"strings"
)

// open are the paths that need no token: probes have none, and the token call brings
// its own secret. They tell nothing of the workspace.
var open = []string{"/healthz", "/readyz", appTokenPath, cloudTokenPath, oldTokenPath}

// guard stands before every route. Its order matters: what a wrong host or origin
// sends is not looked at further, not even its token.
func (s *Server) guard(next http.Handler) http.Handler {
	crossOrigin := http.NewCrossOriginProtection()
	return s.observe(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("X-Frame-Options", "DENY")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'") // a page sets its own
		h.Set("Cache-Control", "no-store")
		switch f := s.refusal(r, crossOrigin); {
		case f != nil:
			if f.status == http.StatusRequestEntityTooLarge || f.status == http.StatusUnauthorized {
				refuseBody(r)
			}
			writeFailure(w, f)
		default:
			b := bounded(w, r, s.bodies)
			defer b.release()
			r.Body = b
			next.ServeHTTP(w, r)
		}
	}))
}

// refusal says why a request is not let in; nil lets it in.
func (s *Server) refusal(r *http.Request, crossOrigin *http.CrossOriginProtection) *failure {
	if !s.called(r.Host) {
		return fail(http.StatusForbidden, "wrong_host", "Host",
			fmt.Sprintf("this server is not called %q; call it by its address or localhost, or start it with --host NAME for another name", r.Host)).
			with("allowed", append([]string{"localhost", "127.0.0.1", "[::1]"}, s.o.Hosts...)).with("example", "Host: localhost:8686")
	}
	// The standard check lets reads through, since other sites cannot see the answer.
	// With the right of a browser on this machine even asking is too much.
	if origin, given := r.Header["Origin"]; given && !sameOrigin(origin, r.Host) || crossOrigin.Check(r) != nil || foreign(r) && !followed(r) {
		return fail(http.StatusForbidden, "cross_origin", "Origin",
			"another web site sent this request; pages of this server, links to its page and programs that send no Origin may ask").
			with("allowed", []string{"no Origin", "http://" + r.Host}).with("example", "curl http://localhost:8686/readyz")
	}
	if most := mostOf(r.URL.Path); r.ContentLength > most {
		return tooLarge(most)
	}
	if !slices.Contains(open, r.URL.Path) && !s.tokens.opens(shown(r)) {
		return fail(http.StatusUnauthorized, "unauthorized", "Authorization",
			"the token is missing, wrong or expired; send the token of the server's --token-file, or one that "+appTokenPath+" issued for it").
			with("allowed", []string{"Bearer TOKEN", "Basic, the token as password"}).with("example", "Authorization: Bearer TOKEN")
	}
	return nil
}

// called reports whether a Host header names this server. A page of another site can
// reach a loopback address under a name of its own (DNS rebinding), never under a bare
// address; so beyond this machine, where there is a token, any address will do.
func (s *Server) called(host string) bool {
	name := host
	if h, _, err := net.SplitHostPort(host); err == nil {
		name = h
	}
	name = strings.TrimSuffix(strings.TrimPrefix(name, "["), "]")
	if a, err := netip.ParseAddr(name); err == nil {
		return s.o.Token != "" || a.Unmap().IsLoopback()
	}
	name = strings.TrimSuffix(strings.ToLower(name), ".")
	return name == "localhost" || slices.ContainsFunc(s.o.Hosts, func(h string) bool { return strings.EqualFold(h, name) })
}

// sameOrigin compares hosts alone: behind a proxy that ends TLS the scheme differs.
func sameOrigin(origin []string, host string) bool {
	if len(origin) != 1 {
		return false
	}
	u, err := url.Parse(origin[0])
	return err == nil && u.Host != "" && strings.EqualFold(u.Host, host)
}

// foreign reports whether a browser says that a page of another site, or of another
// port or name of this one, made it ask.
func foreign(r *http.Request) bool {
	site := r.Header.Get("Sec-Fetch-Site")
	return site == "cross-site" || site == "same-site"
}

// followed reports whether a person followed a link to the page, in a chat or a wiki:
// the answer fills the window, where the site with the link cannot see it. Nobody has
// links to what is for programs, and a page that sends its reader here by itself, to
// make us work, has no click to show.
func followed(r *http.Request) bool {
	return r.Method == http.MethodGet && r.Header.Get("Sec-Fetch-Mode") == "navigate" && r.Header.Get("Sec-Fetch-Dest") == "document" &&
		r.Header.Get("Sec-Fetch-User") == "?1" &&
		!strings.HasPrefix(r.URL.Path, "/api/") && r.URL.Path != "/mcp"
}

// shown is the secret that a request shows: a bearer or, for browsers, a password.
func shown(r *http.Request) string {
	if _, password, ok := r.BasicAuth(); ok {
		return password
	}
	scheme, secret, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return ""
	}
	return strings.TrimSpace(secret)
}

// observe measures and names every answer, and makes a crash of a handler an answer
// that says nothing of the program's inside.
func (s *Server) observe(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		begun := s.o.Now()
		a := &answer{ResponseWriter: w, status: http.StatusOK, route: "none"}
		id := s.requestID()
		w.Header().Set("X-Request-Id", id)
		defer func() {
			crash := recover()
			if crash != nil {
				a.crashed(s, id, crash)
			}
			took := s.o.Now().Sub(begun)
			s.metrics.request(a.route, method(r.Method), a.status, took)
			s.o.Log.Debug("answered", "request", id, "method", method(r.Method), "route", a.route, "status", a.status, "ms", took.Milliseconds())
			if crash != nil && a.cut {
				panic(http.ErrAbortHandler) // half an answer must not pass for a whole one
			}
		}()
		next.ServeHTTP(a, r)
	})
}

func (s *Server) requestID() string {
	b := make([]byte, 8)
	if _, err := io.ReadFull(s.o.Random, b); err != nil {
		return "unknown" // an answer without a name is better than none
	}
	return hex.EncodeToString(b)
}

// answer is a ResponseWriter that remembers what was answered, and by which route.
type answer struct {
	http.ResponseWriter
	status int
	begun  bool
	cut    bool   // a crash ended it in the middle
	route  string // a template, never an id
}

// crashed answers for a handler that crashed. Only the log learns why.
func (a *answer) crashed(s *Server, id string, crash any) {
	if crash != any(http.ErrAbortHandler) { // a handler that gave up on purpose
		s.o.Log.Error("a handler crashed", "request", id, "route", a.route, "panic", fmt.Sprint(crash), "stack", string(debug.Stack()))
	}
	if a.cut = a.begun; !a.begun {
		writeFailure(a, internal(id))
	}
	a.status = http.StatusInternalServerError
}

// WriteHeader implements http.ResponseWriter.
func (a *answer) WriteHeader(status int) {
	if !a.begun {
		a.status, a.begun = status, true
	}
	a.ResponseWriter.WriteHeader(status)
}

// Write implements http.ResponseWriter.
func (a *answer) Write(b []byte) (int, error) {
	a.begun = true
	return a.ResponseWriter.Write(b)
}

// Unwrap lets http.ResponseController reach what can flush.
func (a *answer) Unwrap() http.ResponseWriter { return a.ResponseWriter }

// method keeps the number of different methods small, whatever callers send.
func method(m string) string {
	switch m {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions:
		return m
	}
	return "other"
}

// answers notes which route answers.
func answers(w http.ResponseWriter, route string) {
	if a, ok := w.(*answer); ok {
		a.route = route
	}
}
