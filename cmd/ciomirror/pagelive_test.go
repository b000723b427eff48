package main

import (
	"bufio"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"ciomirror/store"
)

// A run under way is told as it goes, until it ends or the server stops.
func TestALiveRunIsTold(t *testing.T) {
	v := newVisitor(t, "campaigns")
	stop := make(chan struct{})
	h, _ := v.pageOf(v.open, stop)
	s := httptest.NewServer(h)
	defer s.Close()
	start := func() (store.Run, *bufio.Scanner) {
		t.Helper()
		run, err := v.m.StartRun(t.Context(), store.Claim{Mode: "a test", Holder: "test"})
		if err != nil {
			t.Fatal(err)
		}
		v.see(fmt.Sprintf("/runs/%d", run.ID()), "goes on", "load this page again")
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, fmt.Sprintf("%s/runs/%d/events", s.URL, run.ID()), nil)
		if err != nil {
			t.Fatal(err)
		}
		answer, err := s.Client().Do(r)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = answer.Body.Close() })
		return run, bufio.NewScanner(answer.Body)
	}
	until := func(lines *bufio.Scanner, word string) {
		t.Helper()
		for lines.Scan() {
			if strings.Contains(lines.Text(), word) {
				return
			}
		}
		t.Fatalf("the stream ended without %q: %v", word, lines.Err())
	}
	run, lines := start()
	until(lines, "No table is done yet")
	if err := run.Report(t.Context(), store.EntityReport{Entity: "snippets", Status: store.Complete, Rows: 77_777}); err != nil {
		t.Fatal(err)
	}
	until(lines, "77\u202f777")
	if err := run.Finish(t.Context(), store.Complete, nil); err != nil {
		t.Fatal(err)
	}
	until(lines, "event: end")
	for lines.Scan() { // the stream ends by itself
	}
	run, lines = start()
	until(lines, "event: run")
	head := httptest.NewRequestWithContext(t.Context(), http.MethodHead, fmt.Sprintf("/runs/%d/events", run.ID()), nil)
	h.ServeHTTP(httptest.NewRecorder(), head) // does not wait for the run
	close(stop)
	for lines.Scan() { // and with the server
	}
}

// piped is a listener with one connection of which nobody reads ahead: a write waits
// until the other end takes it.
type piped struct {
	conn chan net.Conn
	done chan struct{}
}

func (p piped) Accept() (net.Conn, error) {
	select {
	case c := <-p.conn:
		return c, nil
	case <-p.done:
		return nil, net.ErrClosed
	}
}

func (p piped) Close() error   { close(p.done); return nil }
func (p piped) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)} }

// A browser that stopped reading a live run does not hold the server.
func TestAStalledLiveViewEndsWithTheServer(t *testing.T) {
	v := newVisitor(t, "campaigns")
	stop := make(chan struct{})
	h, _ := v.pageOf(v.open, stop)
	run, err := v.m.StartRun(t.Context(), store.Claim{Mode: "a test", Holder: "test"})
	if err != nil {
		t.Fatal(err)
	}
	browser, there := net.Pipe()
	l := piped{conn: make(chan net.Conn, 1), done: make(chan struct{})}
	l.conn <- there
	s := &http.Server{Handler: h, ReadHeaderTimeout: time.Minute}
	served := make(chan error, 1)
	go func() { served <- s.Serve(l) }()
	if _, err := fmt.Fprintf(browser, "GET /runs/%d/events HTTP/1.1\r\nHost: page\r\n\r\n", run.ID()); err != nil {
		t.Fatal(err)
	}
	if _, err := browser.Read(make([]byte, 1)); err != nil { // and no more: the rest of the event waits
		t.Fatal(err)
	}
	close(stop)
	if err := s.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
	if err := <-served; !errors.Is(err, http.ErrServerClosed) {
		t.Error(err)
	}
}
