package cio

import (
	"context"
	"io"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"ciomirror/catalog"
)

// drip is an answer whose body brings a byte a second, for ever.
func drip(ctx context.Context) *http.Response {
	resp := reply(200, "")
	resp.Body = dripping{ctx}
	return resp
}

type dripping struct{ ctx context.Context }

func (d dripping) Read(p []byte) (int, error) {
	select {
	case <-time.After(time.Second):
		p[0] = ' '
		return 1, nil
	case <-d.ctx.Done():
		return 0, d.ctx.Err()
	}
}

func (dripping) Close() error { return nil }

// API-6: the limit is on the whole attempt, so a body that keeps coming is no excuse.
func TestAttemptEndsInTime(t *testing.T) {
	for name, rt := range map[string]answers{
		"no headers": func(r *http.Request) (*http.Response, error) {
			<-r.Context().Done()
			return nil, r.Context().Err()
		},
		"a byte a second": func(r *http.Request) (*http.Response, error) { return drip(r.Context()), nil },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				start := time.Now()
				c := newClient(t, rt, func(o *Options) { o.Timeout, o.Jitter = 10*time.Second, func() float64 { return 0 } })
				_, err := collect(t.Context(), c, catalog.Walk{Entity: things()})
				e := asError(t, err)
				if took := time.Since(start); took != maxTries*10*time.Second || e.Attempts != maxTries {
					t.Errorf("%d attempts in %v", e.Attempts, took)
				}
				if !strings.Contains(err.Error(), "within 10s") || !e.Temporary() {
					t.Errorf("error %v", err)
				}
			})
		})
	}
}

// API-6 over sockets: a server that accepts and says nothing stalls the handshake.
func TestAttemptEndsInTimeDuringTheHandshake(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			defer conn.Close()
		}
	}()
	t.Cleanup(func() { l.Close(); <-done })
	c := overSockets(t, "https://"+l.Addr().String(), func(o *Options) {
		o.Timeout, o.Jitter = 30*time.Millisecond, func() float64 { return 0 }
	})
	_, err = c.Do(t.Context(), "POST", "/v1/send/email", nil, map[string]any{"to": "x"})
	e := asError(t, err)
	if e.Unknown {
		t.Errorf("nothing was sent before the handshake ended, yet: %v", err)
	}
	if e.Attempts != maxTries {
		t.Errorf("%d attempts", e.Attempts)
	}
}

// API-5 over sockets: reset in the body, short Content-Length, broken gzip.
func TestBrokenBodyIsReadAgain(t *testing.T) {
	const page = `{"things":[{"id":1},{"id":2}],"next":""}`
	hijack := func(w http.ResponseWriter, text string, reset bool) {
		conn, _, err := w.(http.Hijacker).Hijack()
		if err != nil {
			return
		}
		_, _ = io.WriteString(conn, text)
		if reset {
			_ = conn.(*net.TCPConn).SetLinger(0)
		}
		conn.Close()
	}
	for name, broken := range map[string]func(http.ResponseWriter){
		"reset": func(w http.ResponseWriter) {
			hijack(w, "HTTP/1.1 200 OK\r\nContent-Length: 40\r\n\r\n"+page[:20], true)
		},
		"short content": func(w http.ResponseWriter) {
			hijack(w, "HTTP/1.1 200 OK\r\nContent-Length: 400\r\n\r\n"+page, false)
		},
		"chunk without an end": func(w http.ResponseWriter) {
			hijack(w, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n28\r\n"+page+"\r\n", false)
		},
		"broken gzip": func(w http.ResponseWriter) {
			w.Header().Set("Content-Encoding", "gzip")
			_, _ = io.WriteString(w, page)
		},
		"no answer": func(w http.ResponseWriter) { hijack(w, "", true) },
		"no HTTP":   func(w http.ResponseWriter) { hijack(w, "SSH-2.0-OpenSSH_9.2\r\n", false) },
	} {
		t.Run(name, func(t *testing.T) {
			var n atomic.Int32
			s := serve(t, func(w http.ResponseWriter, r *http.Request) {
				if n.Add(1) <= 2 {
					broken(w)
					return
				}
				_, _ = io.WriteString(w, page)
			})
			c := overSockets(t, s.URL, func(o *Options) { o.Jitter = func() float64 { return 0 } })
			pages, err := collect(t.Context(), c, catalog.Walk{Entity: things()})
			if err != nil || len(pages) != 1 || len(pages[0]) != 2 || n.Load() != 3 {
				t.Errorf("%d requests, pages %v, %v", n.Load(), pages, err)
			}
		})
	}
}
