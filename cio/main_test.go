package cio

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"ciomirror/catalog"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// canary is the key of all tests. It must be seen in one header, and nowhere else.
const canary = "canary-0123456789abcdef01234567"

// answers is a transport made of a function. It is no simulator: each test says
// what comes back, byte for byte.
type answers func(*http.Request) (*http.Response, error)

func (f answers) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	return f(r)
}

// reply makes a response; headers are pairs of name and value.
func reply(status int, body string, headers ...string) *http.Response {
	h := http.Header{}
	for i := 0; i < len(headers); i += 2 {
		h.Set(headers[i], headers[i+1])
	}
	return &http.Response{StatusCode: status, Header: h, Body: io.NopCloser(strings.NewReader(body))}
}

// sequence gives one answer after the other, and the last one for ever. It counts
// the requests.
type sequence struct {
	mu       sync.Mutex
	replies  []func() (*http.Response, error)
	requests []*http.Request
	times    []time.Time
}

func (s *sequence) RoundTrip(r *http.Request) (*http.Response, error) {
	s.mu.Lock()
	n := min(len(s.requests), len(s.replies)-1)
	s.requests = append(s.requests, r)
	s.times = append(s.times, time.Now())
	s.mu.Unlock()
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	return s.replies[n]()
}

func (s *sequence) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.requests)
}

func says(status int, body string, headers ...string) func() (*http.Response, error) {
	return func() (*http.Response, error) { return reply(status, body, headers...), nil }
}

func breaks(err error) func() (*http.Response, error) {
	return func() (*http.Response, error) { return nil, err }
}

func inTurn(replies ...func() (*http.Response, error)) *sequence {
	return &sequence{replies: replies}
}

// times repeats an answer.
func times(n int, reply func() (*http.Response, error), then ...func() (*http.Response, error)) *sequence {
	s := &sequence{}
	for range n {
		s.replies = append(s.replies, reply)
	}
	s.replies = append(s.replies, then...)
	return s
}

const testBase = "http://api.test"

// newClient makes a client that paces like the real one, on a base of its own.
func newClient(t testing.TB, rt http.RoundTripper, change ...func(*Options)) *Client {
	t.Helper()
	o := Options{BaseURL: testBase, Transport: rt, Now: time.Now, Jitter: func() float64 { return 0.5 }, Version: "test"}
	for _, f := range change {
		f(&o)
	}
	c, err := New(canary, o)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// fast takes the pacing out of tests that are about something else.
func fast(o *Options) { o.Rate = 1e9 }

// things is a list of the test's own, with every knob of a list.
func things() *catalog.Entity {
	return &catalog.Entity{
		Name: "things", Key: []string{"id"},
		List:   catalog.List{Path: "/v1/things", Items: "things", Paged: true, Size: 100, Sort: "asc"},
		Fields: []catalog.Field{{Name: "id", Types: []catalog.Kind{catalog.Integer}, Doc: "id"}},
	}
}

// parts is a list under a parent.
func parts() *catalog.Entity {
	return &catalog.Entity{
		Name: "parts", Key: []string{"thing_id", "id"},
		Parent: &catalog.Parent{Entity: "things", Param: "thing_id", Field: "thing_id"},
		List:   catalog.List{Path: "/v1/things/{thing_id}/parts", Items: "parts", Paged: true},
		Fields: []catalog.Field{
			{Name: "thing_id", Types: []catalog.Kind{catalog.Integer}, Marks: catalog.FromParent, Doc: "thing"},
			{Name: "id", Types: []catalog.Kind{catalog.Integer}, Doc: "id"},
		},
	}
}

// collect walks to the end. It returns the pages' records as texts.
func collect(ctx context.Context, c *Client, w catalog.Walk) (pages [][]string, err error) {
	for page, e := range c.Pages(ctx, w) {
		if e != nil {
			if err != nil {
				return pages, fmt.Errorf("a second error: %w", e)
			}
			err = e
			continue
		}
		if err != nil {
			return pages, errors.New("a page after an error")
		}
		var items []string
		for _, item := range page.Items {
			items = append(items, string(item))
		}
		pages = append(pages, items)
	}
	return pages, err
}

func asError(t testing.TB, err error) *Error {
	t.Helper()
	e, ok := errors.AsType[*Error](err)
	if !ok {
		t.Fatalf("%v (%T) is no *Error", err, err)
	}
	return e
}

// class names the class of an error, and checks that there is at most one.
func classes(t testing.TB, err error) string {
	t.Helper()
	var found []string
	for _, s := range []error{catalog.ErrUnauthorized, catalog.ErrForbidden, catalog.ErrNotFound, catalog.ErrContract} {
		if errors.Is(err, s) {
			found = append(found, s.Error())
		}
	}
	if len(found) > 1 {
		t.Errorf("%v is of %d classes: %v", err, len(found), found)
	}
	return strings.Join(found, "|")
}

// serve starts a real server, for what only sockets do.
func serve(t *testing.T, h http.HandlerFunc) *httptest.Server {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s
}

// overSockets is a client with a transport of its own, closed after the test.
func overSockets(t *testing.T, base string, change ...func(*Options)) *Client {
	t.Helper()
	c := newClient(t, nil, append([]func(*Options){fast, func(o *Options) { o.BaseURL = base }}, change...)...)
	t.Cleanup(c.CloseIdleConnections)
	return c
}

func query(pairs ...string) url.Values {
	v := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		v.Set(pairs[i], pairs[i+1])
	}
	return v
}
